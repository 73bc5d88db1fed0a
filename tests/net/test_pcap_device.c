/*
 * test_pcap_device.c - the pcap driver on an interface, without a stack: what it does to the
 * interface, what becomes of it when that goes down or away, and what it says when it can't open
 * one.
 */
#include "tests/net/net.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/net/live_fixture.h"
#include "tests/support/kernel.h"
#include "tests/support/veth.h"

#define PATIENCE_MS LIVEFIX_PATIENCE_MS
#define BURST LIVEFIX_BURST
#define SMALLEST_BUFFER LIVEFIX_SMALLEST_BUFFER

/* The version of the ring of libpcap's socket, the only other packet socket of this process. */
static int ring_version(void)
{
    int version;

    for (int fd = 3; fd < 64; fd++) {
        socklen_t bytes = sizeof(version);

        if (fd != livefix_wire && getsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, &bytes) == 0) {
            return version;
        }
    }
    return -1;
}

/* Bytes of the one socket's memory that is mapped. */
static size_t ring_bytes(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long from;
    char line[512], *end;

    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof(line), maps) != NULL && strstr(line, "socket:") == NULL) {
        continue;
    }
    fclose(maps);
    from = strtoul(line, &end, 16);
    ck_assert_int_eq(*end, '-');
    return strtoul(end + 1, NULL, 16) - from;
}

START_TEST(rings)
{
    livefix_open("immediate", livefix_switched[_i], NULL, NULL);
    ck_assert_int_eq(ring_version(), _i == 1 ? TPACKET_V2 : TPACKET_V3);
    ck_assert_uint_ge(ring_bytes(), 4 << 20);
    ck_assert_uint_lt(ring_bytes(), 6 << 20); /* slots are rounded up to what fits a page */
    livefix_link->ops->close(livefix_link);
    livefix_open("immediate", livefix_switched[_i], "buffer", SMALLEST_BUFFER);
    ck_assert_uint_ge(ring_bytes(), 1 << 19);
    ck_assert_uint_lt(ring_bytes(), 1 << 20);
}
END_TEST

START_TEST(modes_of_the_interface)
{
    bool own = _i == 1;
    uint8_t mac[6];

    veth_mac(KERNEL_VETH, mac);
    ck_assert_uint_eq(veth_promiscuity(KERNEL_VETH), 0);
    livefix_open("promiscuous", livefix_switched[_i], NULL, NULL);
    ck_assert_uint_eq(veth_promiscuity(KERNEL_VETH), own);
    ck_assert_uint_eq(veth_allmulti(KERNEL_VETH), !own);
    ck_assert_int_eq(link_has_mac(livefix_link), !own);
    if (!own) {
        ck_assert_mem_eq(livefix_link->mac, mac, 6);
    }
    ck_assert_uint_eq(livefix_link->mtu, 1500);
    ck_assert(!livefix_link->replay && !livefix_link->own_clock && !livefix_link->ip_only);
    livefix_link->ops->close(livefix_link);
    livefix_link = NULL;
    ck_assert_uint_eq(veth_promiscuity(KERNEL_VETH), 0);
    ck_assert_uint_eq(veth_allmulti(KERNEL_VETH), 0);
}
END_TEST

/* Down is no failure: nothing comes, nothing can be sent, until it is up again. */
START_TEST(down_and_up_again)
{
    struct link_frame frames[BURST];
    struct livefix_frame frame;
    int64_t end_ns = livefix_now_ns(CLOCK_MONOTONIC) + PATIENCE_MS * INT64_C(1000000);

    livefix_open("immediate", livefix_switched[_i], NULL, NULL);
    livefix_make(&frame, 1, 100);
    veth_set_up(KERNEL_VETH, false);
    ck_assert(livefix_readable(PATIENCE_MS));
    while (livefix_link->ops->receive(livefix_link, frames, BURST) > 0) {
        ck_assert_int_lt(livefix_now_ns(CLOCK_MONOTONIC), end_ns);
    }
    ck_assert_uint_eq(livefix_send(&frame), 0);
    ck_assert_int_eq(livefix_link->ops->receive(livefix_link, frames, BURST), 0);

    veth_set_up(KERNEL_VETH, true);
    veth_wait(KERNEL_TAP);
    veth_wait(KERNEL_VETH);
    livefix_put(5);
    ck_assert_uint_eq(livefix_next(), 5);
    ck_assert_uint_eq(livefix_send(&frame), 1);
    livefix_expect(&frame);
    /* Nobody looks after the interface any more: the descriptor comes to rest. */
    while (livefix_readable(300)) {
        ck_assert_int_ge(livefix_link->ops->receive(livefix_link, frames, BURST), 0);
        ck_assert_int_lt(livefix_now_ns(CLOCK_MONOTONIC), end_ns);
    }
}
END_TEST

/* However the descriptor wakes the reader, it is to learn that the interface is gone. */
static void until_gone(void)
{
    struct link_frame frames[BURST];
    int count;

    do {
        count = livefix_receive(frames);
    } while (count > 0);
    ck_assert_int_eq(count, -ENETDOWN);
    ck_assert_int_eq(livefix_link->ops->receive(livefix_link, frames, BURST), -ENETDOWN);
}

START_TEST(deleted)
{
    livefix_open("immediate", livefix_switched[_i], NULL, NULL);
    livefix_put(1);
    ck_assert_uint_eq(livefix_next(), 1);
    veth_delete(KERNEL_VETH);
    until_gone();
}
END_TEST

/* The kernel wakes nobody then: the socket has told its error before. */
START_TEST(deleted_while_down)
{
    struct link_frame frames[BURST];

    livefix_open("immediate", livefix_switched[_i], NULL, NULL);
    veth_set_up(KERNEL_VETH, false);
    ck_assert(livefix_readable(PATIENCE_MS));
    while (livefix_link->ops->receive(livefix_link, frames, BURST) > 0) {
        continue;
    }
    veth_delete(KERNEL_VETH);
    until_gone();
}
END_TEST

/* --- What is refused --- */

static const struct {
    struct link_option options[3];
    size_t count;
    int code;
    const char *word, *advice;
} refused[] = {
    {{{"device", "nosuch0"}}, 1, ENODEV, "no device 'nosuch0'", "'ip link'"},
    {{{"device", "lo"}}, 1, EINVAL, "'lo' is the loopback interface", "veth"},
    {{{"device", "wltun7"}}, 1, EPROTONOSUPPORT, "'wltun7' is no Ethernet", "65534"},
    {{{"device", "wldown0"}}, 1, ENETDOWN, "'wldown0' is down", "ip link set dev wldown0 up"},
    {{{"device", KERNEL_VETH}, {"filter", "udp port"}}, 2, EINVAL, "'filter' is 'udp port'",
     "syntax error"},
    {{{"device", KERNEL_VETH}, {"filter", "tcp and\nudp[x]"}}, 2, EINVAL,
     "'filter' is 'tcp and?udp[x]'", "'"},
};

START_TEST(refused_in_one_line)
{
    char error[LINK_ERROR_BYTES + 1];

    kernel_tun("wltun7");
    ck_assert_ptr_null(veth_make("wldown0", "wldown1"));
    memset(error, '#', sizeof(error));
    int result = livefix_try(refused[_i].options, refused[_i].count, error);
    ck_assert_msg(result == -refused[_i].code, "open returned %d: %.200s", result, error);
    ck_assert_ptr_nonnull(memchr(error, '\0', LINK_ERROR_BYTES));
    ck_assert_msg(strncmp(error, "pcap: ", 6) == 0 && strchr(error, '\n') == NULL, "%s", error);
    ck_assert_msg(strstr(error, refused[_i].word) != NULL, "no '%s' in: %s", refused[_i].word,
                  error);
    ck_assert_msg(strstr(error, refused[_i].advice) != NULL, "no '%s' in: %s", refused[_i].advice,
                  error);
    ck_assert_ptr_null(livefix_link);
}
END_TEST

/* In a child: what is said to a process without capabilities. Returns 0, or what was wrong. */
static int refused_without_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    const struct link_option option = {"device", KERNEL_VETH};
    char error[LINK_ERROR_BYTES] = "";

    if (syscall(SYS_capset, &header, none) != 0) {
        return 1;
    }
    if (livefix_try(&option, 1, error) != -EPERM) {
        return 2;
    }
    return strstr(error, "'" KERNEL_VETH "'") != NULL && strstr(error, "CAP_NET_RAW") != NULL &&
                   strstr(error, "setcap") != NULL
               ? 0
               : 3;
}

START_TEST(missing_right)
{
    int status;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        _exit(refused_without_capabilities());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

Suite *suite_net_pcap_device(void)
{
    Suite *suite = suite_create("pcap_device");
    TCase *tcase = tcase_create("pcap_device");

    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, livefix_set_up, livefix_tear_down);
    tcase_add_loop_test(tcase, rings, 0, 2);
    tcase_add_loop_test(tcase, modes_of_the_interface, 0, 2);
    tcase_add_loop_test(tcase, down_and_up_again, 0, 2);
    tcase_add_loop_test(tcase, deleted, 0, 2);
    tcase_add_loop_test(tcase, deleted_while_down, 0, 2);
    tcase_add_loop_test(tcase, refused_in_one_line, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tcase, missing_right);
    suite_add_tcase(suite, tcase);
    return suite;
}
