/*
 * main.c - runs one test of libuv's, or lists them
 *
 *   tests        names, one a line
 *   tests NAME   that test; ends as it says: 0, or 7 when the test finds that it does not
 *                apply
 *
 * libuv's own runner starts each test as a process by CreateProcess(); here the script does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uv.h"

#define TESTS(TEST)                   \
    TEST(getsockname_udp)             \
    TEST(udp_alloc_cb_fail)           \
    TEST(udp_bind)                    \
    TEST(udp_bind_reuseaddr)          \
    TEST(udp_connect)                 \
    TEST(udp_connect6)                \
    TEST(udp_create_early)            \
    TEST(udp_create_early_bad_bind)   \
    TEST(udp_create_early_bad_domain) \
    TEST(udp_dgram_too_big)           \
    TEST(udp_dual_stack)              \
    TEST(udp_ipv6_only)               \
    TEST(udp_mmsg)                    \
    TEST(udp_multicast_interface)     \
    TEST(udp_multicast_interface6)    \
    TEST(udp_multicast_join)          \
    TEST(udp_multicast_join6)         \
    TEST(udp_multicast_ttl)           \
    TEST(udp_no_autobind)             \
    TEST(udp_open)                    \
    TEST(udp_open_bound)              \
    TEST(udp_open_connect)            \
    TEST(udp_open_twice)              \
    TEST(udp_options)                 \
    TEST(udp_options6)                \
    TEST(udp_ref)                     \
    TEST(udp_ref2)                    \
    TEST(udp_ref3)                    \
    TEST(udp_send_and_recv)           \
    TEST(udp_send_hang_loop)          \
    TEST(udp_send_immediate)          \
    TEST(udp_send_unreachable)        \
    TEST(udp_sendmmsg_error)          \
    TEST(udp_try_send)

#define DECLARE(name) int run_test_##name(void);
#define ROW(name)     {#name, run_test_##name},

TESTS(DECLARE)

static const struct {
    const char *name;
    int (*run)(void);
} tests[] = {TESTS(ROW)};

#define COUNT (sizeof(tests) / sizeof(tests[0]))

int main(int argc, char **argv)
{
    if (argc == 1) {
        for (size_t i = 0; i < COUNT; i++) {
            puts(tests[i].name);
        }
        return 0;
    }
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(tests[i].name, argv[1]) == 0) {
            return tests[i].run();
        }
    }
    fprintf(stderr, "no test is called %s\n", argv[1]);
    return 2;
}
