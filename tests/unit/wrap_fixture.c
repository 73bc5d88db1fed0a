/*
 * wrap_fixture.c - a link in memory with a wrapper round it.
 */
#include "tests/unit/wrap_fixture.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define OPTIONS_MAX 12

/* What a slow machine may need, ms. */
#define GENEROUS_MS 20000

struct memlink *wrapfix_inner;
struct link *wrapfix_link;

static char option_text[512];
static struct link_option option_list[OPTIONS_MAX];

void wrapfix_setup(void)
{
    wrapfix_inner = NULL;
    wrapfix_link = NULL;
}

void wrapfix_teardown(void)
{
    if (wrapfix_link != NULL) {
        wrapfix_link->ops->close(wrapfix_link);
    }
    memlink_free(wrapfix_inner);
    wrapfix_setup();
}

/* "a=1 b=2" to option_list. Returns how many. */
static size_t split_options(const char *text)
{
    char *rest = NULL;
    size_t count = 0;

    snprintf(option_text, sizeof(option_text), "%s", text);
    for (char *one = strtok_r(option_text, " ", &rest); one != NULL;
         one = strtok_r(NULL, " ", &rest)) {
        char *equals = strchr(one, '=');

        ck_assert_ptr_nonnull(equals);
        ck_assert_uint_lt(count, OPTIONS_MAX);
        *equals = '\0';
        option_list[count++] = (struct link_option){one, equals + 1};
    }
    return count;
}

void wrapfix_open(const struct link_wrapper *wrapper, const struct memlink_options *inner,
                  const char *options)
{
    static const struct memlink_options live = {.real_time = true};
    char error[LINK_ERROR_BYTES] = "";
    size_t count = split_options(options);

    wrapfix_teardown();
    wrapfix_inner = memlink_new(inner != NULL ? inner : &live);
    ck_assert_msg(wrapper->wrap(memlink_link(wrapfix_inner), "eth0", option_list, count,
                                &wrapfix_link, error) == 0, "%s", error);
}

int wrapfix_refused(const struct link_wrapper *wrapper, const char *options, char *error)
{
    size_t count = split_options(options);
    struct memlink *inner = memlink_new(NULL);
    struct link *link = NULL;
    int status = wrapper->wrap(memlink_link(inner), "eth0", option_list, count, &link, error);

    ck_assert_int_lt(status, 0);
    ck_assert_ptr_null(strchr(error, '\n'));
    ck_assert(!memlink_closed(inner));
    memlink_free(inner);
    return status;
}

void wrapfix_close(void)
{
    wrapfix_link->ops->close(wrapfix_link);
    wrapfix_link = NULL;
    ck_assert(memlink_closed(wrapfix_inner));
}

void wrapfix_fill(uint8_t data[WRAPFIX_BYTES], uint32_t number)
{
    for (unsigned i = 0; i < WRAPFIX_BYTES; i++) {
        data[i] = (uint8_t)(i * 7 + number);
    }
    memcpy(data + 14, &number, sizeof(number));
}

void wrapfix_push(uint32_t first, unsigned count, int64_t time_ns)
{
    uint8_t data[WRAPFIX_BYTES];
    const struct link_frame frame = {.data = data, .bytes = WRAPFIX_BYTES,
                                     .original_bytes = WRAPFIX_BYTES, .time_ns = time_ns,
                                     .flags = LINK_FRAME_SUM_VERIFIED};

    for (unsigned i = 0; i < count; i++) {
        wrapfix_fill(data, first + i);
        memlink_push_described(wrapfix_inner, &frame);
    }
}

void wrapfix_send(uint32_t first, unsigned count)
{
    uint8_t data[WRAPFIX_BYTES];
    const struct iovec parts[] = {{data, 20}, {data + 20, WRAPFIX_BYTES - 20}};
    const struct link_packet packet = {.parts = parts, .part_count = 2};

    for (unsigned i = 0; i < count; i++) {
        wrapfix_fill(data, first + i);
        ck_assert_uint_eq(wrapfix_link->ops->send(wrapfix_link, &packet, 1), 1);
        memset(data, 0xee, sizeof(data));
    }
}

uint32_t wrapfix_number(const uint8_t *data, size_t bytes)
{
    uint8_t expected[WRAPFIX_BYTES];
    uint32_t number;

    ck_assert_uint_eq(bytes, WRAPFIX_BYTES);
    memcpy(&number, data + 14, sizeof(number));
    wrapfix_fill(expected, number);
    ck_assert_mem_eq(data, expected, bytes);
    return number;
}

int wrapfix_receive(uint32_t *numbers, unsigned room, unsigned max)
{
    struct link_frame frames[64];
    unsigned total = 0;

    ck_assert_uint_le(max, 64);
    for (;;) {
        int count = wrapfix_link->ops->receive(wrapfix_link, frames, max);

        ck_assert_int_le(count, (int)max);
        if (count <= 0) {
            return total > 0 ? (int)total : count;
        }
        for (int i = 0; i < count; i++) {
            ck_assert_uint_lt(total, room);
            numbers[total++] = wrapfix_number(frames[i].data, frames[i].bytes);
            memset(frames[i].data, 0xdd, frames[i].bytes); /* as whoever is lent it may */
        }
    }
}

unsigned wrapfix_wait(uint32_t *numbers, unsigned count)
{
    unsigned total = 0;

    while (total < count && wrapfix_readable(GENEROUS_MS)) {
        int came = wrapfix_receive(numbers + total, count - total, 32);

        ck_assert_int_ge(came, 0);
        total += (unsigned)came;
    }
    return total;
}

bool wrapfix_readable(int wait_ms)
{
    struct pollfd fd = {.fd = wrapfix_link->fd, .events = POLLIN};

    return poll(&fd, 1, wait_ms) == 1;
}

const char *wrapfix_report(void)
{
    static char text[1024];

    ck_assert_uint_lt(wrapfix_link->ops->report(wrapfix_link, text, sizeof(text)), sizeof(text));
    return text;
}

int64_t wrapfix_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}
