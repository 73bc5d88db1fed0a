/*
 * live_fixture.c - the pcap driver on one end of a veth pair, and a packet socket on the other one.
 */
#include "tests/net/live_fixture.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "drivers/pcap/pcap.h"
#include "tests/support/kernel.h"
#include "tests/support/runner.h"

/* Local experimental EtherType (IEEE 802). */
static const uint8_t ethertype[2] = {0x88, 0xb5};

const char *const livefix_switched[2] = {"off", "on"};

struct link *livefix_link;
int livefix_wire = -1;

void livefix_set_up(void)
{
    const char *why = kernel_enter_veth();

    if (why != NULL) {
        runner_skip(why);
    }
    livefix_wire = kernel_capture();
}

void livefix_tear_down(void)
{
    if (livefix_link != NULL) {
        livefix_link->ops->close(livefix_link);
    }
    livefix_link = NULL;
    kernel_close_all();
}

int livefix_try(const struct link_option *options, size_t count, char *error)
{
    return winlwip_pcap_driver.open(options, count, &livefix_link, error);
}

void livefix_open(const char *key, const char *value, const char *key2, const char *value2)
{
    const struct link_option options[] = {{"device", KERNEL_VETH}, {key, value}, {key2, value2}};
    char error[LINK_ERROR_BYTES] = "";
    size_t count = key == NULL ? 1 : key2 == NULL ? 2 : 3;

    ck_assert_msg(livefix_try(options, count, error) == 0, "%s", error);
}

/* --- Frames --- */

void livefix_make(struct livefix_frame *frame, unsigned number, size_t bytes)
{
    memset(frame->data, 0x02, 12);
    memcpy(frame->data + 12, ethertype, 2);
    memcpy(frame->data + 14, &number, sizeof(number));
    for (size_t i = 14 + sizeof(number); i < bytes; i++) {
        frame->data[i] = (uint8_t)(number * 151 + i * 7);
    }
    frame->bytes = bytes;
}

/* A size that differs from frame to frame. */
static size_t livefix_size(unsigned number)
{
    return 60 + number * 37 % 1400;
}

void livefix_put(unsigned number)
{
    struct livefix_frame frame;

    livefix_make(&frame, number, livefix_size(number));
    ck_assert_int_eq(write(livefix_wire, frame.data, frame.bytes), (ssize_t)frame.bytes);
}

bool livefix_is_ours(const struct link_frame *frame)
{
    return frame->bytes >= 18 && memcmp(frame->data + 12, ethertype, 2) == 0;
}

unsigned livefix_number(const struct link_frame *frame)
{
    unsigned number;

    memcpy(&number, frame->data + 14, sizeof(number));
    return number;
}

void livefix_check(const struct link_frame *frame)
{
    struct livefix_frame expected;
    unsigned number = livefix_number(frame);

    livefix_make(&expected, number, livefix_size(number));
    ck_assert_uint_eq(frame->bytes, expected.bytes);
    ck_assert_uint_eq(frame->original_bytes, expected.bytes);
    ck_assert_mem_eq(frame->data, expected.data, expected.bytes);
    ck_assert_uint_eq(frame->encapsulation, LINK_ETHERNET);
    ck_assert_uint_eq(frame->flags, 0);
    ck_assert_uint_eq(((uintptr_t)frame->data + 14) % 4, 0);
}

int64_t livefix_now_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

bool livefix_readable(int timeout_ms)
{
    struct pollfd entry = {.fd = livefix_link->fd, .events = POLLIN};

    return poll(&entry, 1, timeout_ms) == 1;
}

int livefix_receive(struct link_frame *frames)
{
    int count = 0;

    while (count == 0) {
        ck_assert_msg(livefix_readable(LIVEFIX_PATIENCE_MS), "nothing came");
        count = livefix_link->ops->receive(livefix_link, frames, LIVEFIX_BURST);
        ck_assert_int_le(count, LIVEFIX_BURST);
    }
    return count;
}

unsigned livefix_next(void)
{
    static struct link_frame frames[LIVEFIX_BURST];
    static int count, at;

    for (;;) {
        while (at < count && !livefix_is_ours(&frames[at])) {
            at++;
        }
        if (at < count) {
            break;
        }
        count = livefix_receive(frames);
        ck_assert_int_gt(count, 0);
        at = 0;
    }
    return livefix_number(&frames[at++]);
}

/* --- Sending --- */

unsigned livefix_send_parts(const struct iovec *parts, unsigned count)
{
    const struct link_packet packet = {.parts = parts, .part_count = count};

    return livefix_link->ops->send(livefix_link, &packet, 1);
}

unsigned livefix_send(struct livefix_frame *frame)
{
    return livefix_send_parts(&(struct iovec){frame->data, frame->bytes}, 1);
}

void livefix_expect(const struct livefix_frame *expected)
{
    static uint8_t seen[65536];
    size_t bytes;

    do {
        bytes = kernel_capture_frame(livefix_wire, seen, sizeof(seen), LIVEFIX_PATIENCE_MS);
        ck_assert_uint_gt(bytes, 0);
    } while (memcmp(seen + 12, ethertype, 2) != 0);
    ck_assert_uint_eq(bytes, expected->bytes);
    ck_assert_mem_eq(seen, expected->data, bytes);
}
