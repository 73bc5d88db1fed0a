/*
 * test_modes.c - "winlwip recv --mode" over a TAP: whatever the way of receiving, the rows are the
 * same.
 *
 * The program runs as its users start it; the kernel sends. Among sockets the order of a burst
 * depends on the way, so the next datagram for another one goes out when the row of the one before
 * has been read.
 */
#include "tests/net/net.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/kernel.h"
#include "tests/support/process.h"
#include "tests/support/runner.h"

#define PORT4 6004
#define PORT6 6006
#define PORT_SHORT 6008 /* with short buffers */

#define BURST 60
#define ROWS_MAX_BYTES 65536
#define PATIENCE_MS 20
#define ATTEMPTS 500

static const char *const modes[] = {
    "sync", "event", "apc", "port", "event --pending 1", "apc --pending 2", "port --pending 1",
};
#define MODES (sizeof(modes) / sizeof(modes[0]))

static const struct {
    const char *to;
    uint16_t port;
    size_t bytes;
} datagrams[] = {
    {"192.0.2.1", PORT4, 5},
    {"2001:db8::1", PORT6, 5},
    {"192.0.2.1", PORT4, 0},
    {"192.0.2.255", PORT4, 100},
    {"239.1.2.3", PORT4, 1000},
    {"ff15::1234", PORT6, 1000},
    {"192.0.2.1", PORT_SHORT, 16},
    {"192.0.2.1", PORT_SHORT, 17},
    {"192.0.2.1", PORT4, 9000},
    {"2001:db8::1", PORT6, 9000},
};
#define DATAGRAMS (sizeof(datagrams) / sizeof(datagrams[0]))

static struct {
    int four, six;
} kernel;

static void set_up(void)
{
    const char *why = kernel_enter();
    uint16_t port;

    if (why != NULL)
        runner_skip(why);
    kernel.four = kernel_socket(KERNEL_ADDRESS4, &port);
    kernel.six = kernel_socket(KERNEL_ADDRESS6, &port);
    kernel_join(kernel.four, "239.1.2.3"); /* so that the kernel has routes to the groups */
    kernel_join(kernel.six, "ff15::1234");
    kernel_set_ttl_tos(kernel.four, 7, 0x28);
    kernel_set_ttl_tos(kernel.six, 8, 0x2a);
}

/*
 * Until the host says that nobody has a port: its addresses are good, and the link works. The
 * socket is a new one, which no late answer to an earlier question can reach.
 */
static void until_it_answers(const char *from, const char *address)
{
    static struct kernel_received seen;
    uint16_t port;
    int fd = kernel_socket(from, &port);
    int result = -ETIMEDOUT;

    kernel_connect(fd, address, 9);
    for (unsigned i = 0; i < ATTEMPTS && result != -ECONNREFUSED; i++) {
        kernel_send(fd, address, 9, "anybody?", 8);
        result = kernel_receive(fd, &seen, PATIENCE_MS);
    }
    ck_assert_int_eq(result, -ECONNREFUSED);
}

static void send_one(size_t i)
{
    static uint8_t payload[9000];
    int fd = strchr(datagrams[i].to, ':') != NULL ? kernel.six : kernel.four;

    memset(payload, 'a' + (int)i, sizeof(payload));
    ck_assert_int_eq(kernel_send(fd, datagrams[i].to, datagrams[i].port, payload,
                                 datagrams[i].bytes), 0);
}

/* Appends the program's next row. */
static void add_row(const struct process *process, char *rows)
{
    size_t used = strlen(rows);

    process_line(process, rows + used, ROWS_MAX_BYTES - used);
}

static void send_all(const struct process *process, char *rows)
{
    char text[8];

    for (size_t i = 0; i < DATAGRAMS; i++) {
        send_one(i);
        add_row(process, rows);
    }
    for (unsigned i = 0; i < BURST; i++) {
        snprintf(text, sizeof(text), "%u", i);
        ck_assert_int_eq(kernel_send(kernel.four, "192.0.2.1", PORT4, text, strlen(text)), 0);
    }
    for (unsigned i = 0; i < BURST; i++)
        add_row(process, rows);
}

/*
 * Runs the program in a mode, sends everything and takes its rows; SIGTERM ends it. The heading
 * says that its sockets are open.
 */
static void take_rows(const char *mode, char *rows)
{
    struct process process;
    struct process_result result;

    process_start(&process, "recv --tap " KERNEL_TAP " --mac 02:00:5e:10:00:01 "
                  "--address 192.0.2.1/24 --address 2001:db8::1/64 --bind %d,join=239.1.2.3 "
                  "--bind [::]:%d,join=ff15::1234 --bind %d,buffer=16,control=40 --mode %s",
                  PORT4, PORT6, PORT_SHORT, mode);
    *rows = '\0';
    add_row(&process, rows);
    until_it_answers(KERNEL_ADDRESS4, "192.0.2.1");
    until_it_answers(KERNEL_ADDRESS6, "2001:db8::1");
    send_all(&process, rows);
    ck_assert_int_eq(kill(process.child, SIGTERM), 0);
    process_finish(&process, &result);
    ck_assert_msg(result.status == 0, "%s: status %d: %s", mode, result.status, result.errors);
    ck_assert_ptr_nonnull(strstr(result.output, "\n70 datagrams shown:"));
    ck_assert_str_eq(result.errors, "");
    process_result_free(&result);
}

START_TEST(rows_are_the_same_in_every_mode)
{
    static char expected[ROWS_MAX_BYTES], rows[ROWS_MAX_BYTES];

    take_rows(modes[0], expected);
    ck_assert_ptr_nonnull(strstr(expected, " TRUNC CTRUNC "));
    ck_assert_ptr_nonnull(strstr(expected, " MCAST "));
    for (size_t i = 1; i < MODES; i++) {
        take_rows(modes[i], rows);
        process_assert_same(modes[i], rows, expected);
    }
}
END_TEST

Suite *suite_net_modes(void)
{
    Suite *suite = suite_create("modes_net");
    TCase *tcase = tcase_create("modes_net");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, set_up, kernel_close_all);
    tcase_add_test(tcase, rows_are_the_same_in_every_mode);
    suite_add_tcase(suite, tcase);
    return suite;
}
