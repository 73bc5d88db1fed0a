/*
 * test_pcap_link.c - the pcap driver on an interface, without a stack: what it lends and takes, and
 * what it says when it can't.
 *
 * One end of a veth pair is the link's, by the other one a packet socket sends and receives frames
 * of an EtherType that nobody else uses; what the kernel says for itself is passed over.
 */
#include "tests/net/net.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "drivers/pcap/pcap.h"
#include "tests/support/kernel.h"
#include "tests/support/runner.h"
#include "tests/support/veth.h"

#define PATIENCE_MS 5000
#define BURST 32
#define SMALLEST_BUFFER "524288"

/* Local experimental EtherType (IEEE 802). */
static const uint8_t ethertype[2] = {0x88, 0xb5};

static const char *const switched[] = {"off", "on"};

static struct link *live;
static int wire; /* a packet socket on the other end */

static void set_up(void)
{
    const char *why = kernel_enter_veth();

    if (why != NULL)
        runner_skip(why);
    wire = kernel_capture();
}

static void tear_down(void)
{
    if (live != NULL)
        live->ops->close(live);
    live = NULL;
    kernel_close_all();
}

static int try_open(const struct link_option *options, size_t count, char *error)
{
    return pcap_driver.open(options, count, &live, error);
}

/* Opens the device with one option, or with two. */
static void open_live(const char *key, const char *value, const char *key2, const char *value2)
{
    const struct link_option options[] = {{"device", KERNEL_VETH}, {key, value}, {key2, value2}};
    char error[LINK_ERROR_BYTES] = "";
    size_t count = key == NULL ? 1 : key2 == NULL ? 2 : 3;

    ck_assert_msg(try_open(options, count, error) == 0, "%s", error);
}

/* --- Frames --- */

struct test_frame {
    size_t bytes;
    uint8_t data[1600];
};

/* The frame with this number; to another station, as a link in promiscuous mode sees it. */
static void make_frame(struct test_frame *frame, unsigned number, size_t bytes)
{
    memset(frame->data, 0x02, 12);
    memcpy(frame->data + 12, ethertype, 2);
    memcpy(frame->data + 14, &number, sizeof(number));
    for (size_t i = 14 + sizeof(number); i < bytes; i++)
        frame->data[i] = (uint8_t)(number * 151 + i * 7);
    frame->bytes = bytes;
}

/* A size that differs from frame to frame. */
static size_t size_of(unsigned number)
{
    return 60 + number * 37 % 1400;
}

static void put_on_wire(unsigned number)
{
    struct test_frame frame;

    make_frame(&frame, number, size_of(number));
    ck_assert_int_eq(write(wire, frame.data, frame.bytes), (ssize_t)frame.bytes);
}

static bool is_ours(const struct link_frame *frame)
{
    return frame->bytes >= 18 && memcmp(frame->data + 12, ethertype, 2) == 0;
}

static unsigned number_of(const struct link_frame *frame)
{
    unsigned number;

    memcpy(&number, frame->data + 14, sizeof(number));
    return number;
}

/* It is what was sent under its number. */
static void check_frame(const struct link_frame *frame)
{
    struct test_frame expected;
    unsigned number = number_of(frame);

    make_frame(&expected, number, size_of(number));
    ck_assert_uint_eq(frame->bytes, expected.bytes);
    ck_assert_uint_eq(frame->original_bytes, expected.bytes);
    ck_assert_mem_eq(frame->data, expected.data, expected.bytes);
    ck_assert_uint_eq(frame->encapsulation, LINK_ETHERNET);
    ck_assert_uint_eq(frame->flags, 0);
    ck_assert_uint_eq(((uintptr_t)frame->data + 14) % 4, 0);
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static bool wait_readable(int timeout_ms)
{
    struct pollfd entry = {.fd = live->fd, .events = POLLIN};

    return poll(&entry, 1, timeout_ms) == 1;
}

/* Receives a burst that is not empty, or what the link says instead. */
static int receive(struct link_frame *frames)
{
    int count = 0;

    while (count == 0) {
        ck_assert_msg(wait_readable(PATIENCE_MS), "nothing came");
        count = live->ops->receive(live, frames, BURST);
        ck_assert_int_le(count, BURST);
    }
    return count;
}

/* The number of our next frame, which is copied. */
static unsigned next_number(void)
{
    static struct link_frame frames[BURST];
    static int count, at;

    for (;;) {
        while (at < count && !is_ours(&frames[at]))
            at++;
        if (at < count)
            break;
        count = receive(frames);
        ck_assert_int_gt(count, 0);
        at = 0;
    }
    return number_of(&frames[at++]);
}

/*
 * The order of frames is not looked at: veth queues them for each processor apart, so a sender that
 * is moved to another one may overtake itself. What is lent in one burst is right, all of it together, and stays so while the kernel receives
 * more than the ring holds; and it may be written to.
 */
START_TEST(frames_are_lent_for_a_burst)
{
    struct link_frame frames[BURST];
    int64_t before_ns = now_ns(CLOCK_MONOTONIC);
    unsigned seen = 0;

    open_live("immediate", switched[_i], "buffer", SMALLEST_BUFFER);
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < BURST; i++)
            put_on_wire(i);
        int count = receive(frames);
        ck_assert_int_gt(count, 0);
        for (unsigned i = 0; i < 3000; i++)
            put_on_wire(BURST + i);
        for (int i = 0; i < count; i++) {
            if (!is_ours(&frames[i]))
                continue;
            check_frame(&frames[i]);
            ck_assert_int_ge(frames[i].time_ns, before_ns);
            ck_assert_int_le(frames[i].time_ns, now_ns(CLOCK_MONOTONIC));
            memset(frames[i].data, 0xff, frames[i].bytes);
            seen++;
        }
        while (wait_readable(20))
            ck_assert_int_ge(live->ops->receive(live, frames, BURST), 0);
    }
    ck_assert_uint_gt(seen, 0);
}
END_TEST

/* Readable while there are frames, and not when all are read. */
START_TEST(descriptor_is_level_triggered)
{
    struct link_frame frame;
    int64_t end_ns = now_ns(CLOCK_MONOTONIC) + PATIENCE_MS * INT64_C(1000000);

    open_live("immediate", switched[_i], "filter", "ether proto 0x88b5");
    ck_assert_int_eq(live->ops->receive(live, &frame, 1), 0);
    ck_assert(!wait_readable(0));
    for (unsigned i = 0; i < 3; i++)
        put_on_wire(i);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(wait_readable(PATIENCE_MS));
        while (live->ops->receive(live, &frame, 1) == 0)
            ck_assert_int_lt(now_ns(CLOCK_MONOTONIC), end_ns);
        check_frame(&frame);
    }
    ck_assert_int_eq(live->ops->receive(live, &frame, 1), 0);
    ck_assert(!wait_readable(0));
}
END_TEST

START_TEST(filter_is_in_force)
{
    open_live("filter", "ether proto 0x88b5 and ether[14] & 1 == 0", "immediate", switched[_i]);
    for (unsigned i = 0; i < 20; i++)
        put_on_wire(i);
    for (unsigned i = 0; i < 20; i += 2)
        ck_assert_uint_eq(next_number() % 2, 0);
}
END_TEST

/* --- Sending --- */

static unsigned send_parts(const struct iovec *parts, unsigned count)
{
    const struct link_packet packet = {.parts = parts, .part_count = count};

    return live->ops->send(live, &packet, 1);
}

static unsigned send_frame(struct test_frame *frame)
{
    return send_parts(&(struct iovec){frame->data, frame->bytes}, 1);
}

static void check_on_wire(const struct test_frame *expected)
{
    static uint8_t seen[65536];
    size_t bytes;

    do {
        bytes = kernel_capture_frame(wire, seen, sizeof(seen), PATIENCE_MS);
        ck_assert_uint_gt(bytes, 0);
    } while (memcmp(seen + 12, ethertype, 2) != 0);
    ck_assert_uint_eq(bytes, expected->bytes);
    ck_assert_mem_eq(seen, expected->data, bytes);
}

START_TEST(frames_are_sent)
{
    struct test_frame frame;

    open_live(NULL, NULL, NULL, NULL);
    make_frame(&frame, 1, 1514);
    ck_assert_uint_eq(send_frame(&frame), 1);
    check_on_wire(&frame);

    make_frame(&frame, 2, 300);
    struct iovec parts[] = {{frame.data, 14}, {frame.data + 14, 0}, {frame.data + 14, 28},
                            {frame.data + 42, 258}};
    ck_assert_uint_eq(send_parts(parts, 4), 1);
    check_on_wire(&frame);
}
END_TEST

START_TEST(frames_that_are_too_long_are_refused)
{
    struct test_frame frame;

    open_live(NULL, NULL, NULL, NULL);
    make_frame(&frame, 1, 1515);
    ck_assert_uint_eq(send_frame(&frame), 0);
    struct iovec parts[] = {{frame.data, 14}, {frame.data + 14, 1501}};
    ck_assert_uint_eq(send_parts(parts, 2), 0);
    frame.bytes = 1514;
    struct link_packet packets[] = {{.parts = &(struct iovec){frame.data, 1514}, .part_count = 1},
                                    {.parts = parts, .part_count = 2}};
    ck_assert_uint_eq(live->ops->send(live, packets, 2), 1);
    check_on_wire(&frame);
}
END_TEST

/* Neither ours, nor what the kernel sends by the same interface. */
START_TEST(outgoing_frames_do_not_come_back)
{
    struct test_frame frame;

    open_live("immediate", switched[_i], NULL, NULL);
    for (unsigned i = 0; i < 10; i++) {
        make_frame(&frame, i, 100);
        memset(frame.data, 0xff, 6);
        ck_assert_uint_eq(send_frame(&frame), 1);
    }
    int kernel = kernel_capture_on(KERNEL_VETH);
    ck_assert_int_eq(write(kernel, frame.data, frame.bytes), (ssize_t)frame.bytes);
    put_on_wire(77);
    ck_assert_uint_eq(next_number(), 77);
}
END_TEST

/* --- The interface --- */

/* The version of the ring of libpcap's socket, the only other packet socket of this process. */
static int ring_version(void)
{
    int version;

    for (int fd = 3; fd < 64; fd++) {
        socklen_t bytes = sizeof(version);

        if (fd != wire && getsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, &bytes) == 0)
            return version;
    }
    return -1;
}

/* Bytes of the one socket's memory that is mapped. */
static size_t ring_bytes(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long from = 0, to = 0;
    char line[512];

    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof(line), maps) != NULL && strstr(line, "socket:") == NULL)
        continue;
    fclose(maps);
    ck_assert_int_eq(sscanf(line, "%lx-%lx", &from, &to), 2);
    return to - from;
}

START_TEST(rings)
{
    open_live("immediate", switched[_i], NULL, NULL);
    ck_assert_int_eq(ring_version(), _i == 1 ? TPACKET_V2 : TPACKET_V3);
    ck_assert_uint_ge(ring_bytes(), 4 << 20);
    ck_assert_uint_lt(ring_bytes(), 6 << 20); /* slots are rounded up to what fits a page */
    live->ops->close(live);
    open_live("immediate", switched[_i], "buffer", SMALLEST_BUFFER);
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
    open_live("promiscuous", switched[_i], NULL, NULL);
    ck_assert_uint_eq(veth_promiscuity(KERNEL_VETH), own);
    ck_assert_uint_eq(veth_allmulti(KERNEL_VETH), !own);
    ck_assert_int_eq(link_has_mac(live), !own);
    if (!own)
        ck_assert_mem_eq(live->mac, mac, 6);
    ck_assert_uint_eq(live->mtu, 1500);
    ck_assert(!live->replay && !live->own_clock && !live->ip_only);
    live->ops->close(live);
    live = NULL;
    ck_assert_uint_eq(veth_promiscuity(KERNEL_VETH), 0);
    ck_assert_uint_eq(veth_allmulti(KERNEL_VETH), 0);
}
END_TEST

/* Down is no failure: nothing comes, nothing can be sent, until it is up again. */
START_TEST(down_and_up_again)
{
    struct link_frame frames[BURST];
    struct test_frame frame;
    int64_t end_ns = now_ns(CLOCK_MONOTONIC) + PATIENCE_MS * INT64_C(1000000);

    open_live("immediate", switched[_i], NULL, NULL);
    make_frame(&frame, 1, 100);
    veth_set_up(KERNEL_VETH, false);
    ck_assert(wait_readable(PATIENCE_MS));
    while (live->ops->receive(live, frames, BURST) > 0)
        ck_assert_int_lt(now_ns(CLOCK_MONOTONIC), end_ns);
    ck_assert_uint_eq(send_frame(&frame), 0);
    ck_assert_int_eq(live->ops->receive(live, frames, BURST), 0);

    veth_set_up(KERNEL_VETH, true);
    veth_wait(KERNEL_TAP);
    veth_wait(KERNEL_VETH);
    put_on_wire(5);
    ck_assert_uint_eq(next_number(), 5);
    ck_assert_uint_eq(send_frame(&frame), 1);
    check_on_wire(&frame);
    /* Nobody looks after the interface any more: the descriptor comes to rest. */
    while (wait_readable(300)) {
        ck_assert_int_ge(live->ops->receive(live, frames, BURST), 0);
        ck_assert_int_lt(now_ns(CLOCK_MONOTONIC), end_ns);
    }
}
END_TEST

/* However the descriptor wakes the reader, it is to learn that the interface is gone. */
static void until_gone(void)
{
    struct link_frame frames[BURST];
    int count;

    do {
        count = receive(frames);
    } while (count > 0);
    ck_assert_int_eq(count, -ENETDOWN);
    ck_assert_int_eq(live->ops->receive(live, frames, BURST), -ENETDOWN);
}

START_TEST(deleted)
{
    open_live("immediate", switched[_i], NULL, NULL);
    put_on_wire(1);
    ck_assert_uint_eq(next_number(), 1);
    veth_delete(KERNEL_VETH);
    until_gone();
}
END_TEST

/* The kernel wakes nobody then: the socket has told its error before. */
START_TEST(deleted_while_down)
{
    struct link_frame frames[BURST];

    open_live("immediate", switched[_i], NULL, NULL);
    veth_set_up(KERNEL_VETH, false);
    ck_assert(wait_readable(PATIENCE_MS));
    while (live->ops->receive(live, frames, BURST) > 0)
        continue;
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
    int result = try_open(refused[_i].options, refused[_i].count, error);
    ck_assert_msg(result == -refused[_i].code, "open returned %d: %.200s", result, error);
    ck_assert_ptr_nonnull(memchr(error, '\0', LINK_ERROR_BYTES));
    ck_assert_msg(strncmp(error, "pcap: ", 6) == 0 && strchr(error, '\n') == NULL, "%s", error);
    ck_assert_msg(strstr(error, refused[_i].word) != NULL, "no '%s' in: %s", refused[_i].word,
                  error);
    ck_assert_msg(strstr(error, refused[_i].advice) != NULL, "no '%s' in: %s", refused[_i].advice,
                  error);
    ck_assert_ptr_null(live);
}
END_TEST

/* In a child: what is said to a process without capabilities. Returns 0, or what was wrong. */
static int refused_without_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    const struct link_option option = {"device", KERNEL_VETH};
    char error[LINK_ERROR_BYTES] = "";

    if (syscall(SYS_capset, &header, none) != 0)
        return 1;
    if (try_open(&option, 1, error) != -EPERM)
        return 2;
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
    if (child == 0)
        _exit(refused_without_capabilities());
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

Suite *suite_net_pcap_link(void)
{
    Suite *suite = suite_create("pcap_link");
    TCase *tcase = tcase_create("pcap_link");

    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, frames_are_lent_for_a_burst, 0, 2);
    tcase_add_loop_test(tcase, descriptor_is_level_triggered, 0, 2);
    tcase_add_loop_test(tcase, filter_is_in_force, 0, 2);
    tcase_add_test(tcase, frames_are_sent);
    tcase_add_test(tcase, frames_that_are_too_long_are_refused);
    tcase_add_loop_test(tcase, outgoing_frames_do_not_come_back, 0, 2);
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
