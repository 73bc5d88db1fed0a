/*
 * output.c - runs of the same sends by several ways out, compared.
 *
 * State: the frames of the first run and of the one under way.
 */
#include "tests/contract/output.h"

#include <stdlib.h>
#include <string.h>

#include "lwip/stats.h"
#include "stack/loop.h"

enum { ETHERNET = 14 };

struct log {
    size_t count, room;
    struct {
        size_t bytes;
        uint8_t *data;
    } * frames;
};

static struct log logs[2];
static enum output_mode current;

enum output_mode output_current_mode(void)
{
    return current;
}

SOCKET output_socket(const char *address, uint16_t port)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, port, &name);
    SOCKET s = WSASocketA(name.ss_family, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);

    ck_assert_uint_ne(s, INVALID_SOCKET);
    if (strcmp(address, "::") == 0) {
        world_set(s, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    }
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, bytes), 0);
    return s;
}

void output_answer(void)
{
    struct frame_view view;

    while (world_next_sent_within(0, &view, 0)) {
    }
    loop_poll();
}

unsigned output_lwip_sends(void)
{
    return (unsigned)(lwip_stats.etharp.cachehit + lwip_stats.nd6.cachehit);
}

bool output_goes_early(SOCKET s, const struct world_family *family)
{
    enum { SENDS = 8, MOST_EARLY = 4 }; /* a tick may fall in between: two that go lwIP's way */
    SOCKADDR_STORAGE name;
    int bytes = world_name(family->peer, 7777, &name);
    unsigned before = output_lwip_sends();

    for (unsigned i = 0; i < SENDS; i++) {
        ck_assert_int_eq(sendto(s, "way", 3, 0, (struct sockaddr *)&name, bytes), 3);
    }
    return output_lwip_sends() - before <= MOST_EARLY;
}

/* --- logs --- */

static void log_clear(struct log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        free(log->frames[i].data);
    }
    log->count = 0;
}

static void log_add(struct log *log, const uint8_t *data, size_t bytes)
{
    if (log->count == log->room) {
        log->room = log->room * 2 + 64;
        log->frames = realloc(log->frames, log->room * sizeof(*log->frames));
        ck_assert_ptr_nonnull(log->frames);
    }
    uint8_t *copy = malloc(bytes);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, data, bytes);
    log->frames[log->count].data = copy;
    log->frames[log->count++].bytes = bytes;
}

static uint32_t get(const uint8_t *at, unsigned bytes)
{
    uint32_t value = 0;

    while (bytes-- > 0) {
        value = value << 8 | *at++;
    }
    return value;
}

static void put(uint8_t *at, unsigned bytes, uint32_t value)
{
    while (bytes-- > 0) {
        at[bytes] = (uint8_t)value;
        value >>= 8;
    }
}

/*
 * Has IPv4's identifications count from that of the first packet, -1: this one; the header's
 * checksum, which frame_parse() has found good, goes with them. Those of IPv6's fragments are random.
 */
static void normalise(uint8_t *ip, int32_t *first)
{
    if (ip[0] >> 4 == 6) {
        if (ip[6] == FRAME_FRAGMENT) {
            put(ip + 44, 4, 0);
        }
        return;
    }
    if (*first < 0) {
        *first = (int32_t)get(ip + 4, 2);
    }
    put(ip + 4, 2, get(ip + 4, 2) - (uint32_t)*first);
    put(ip + 10, 2, 0);
}

/* Reports of groups and questions for routers leave at random times. */
static bool is_random(const struct frame_view *view)
{
    return view->protocol == FRAME_IGMP ||
           (view->protocol == FRAME_ICMP6 && view->icmp_type != 135 && view->icmp_type != 136);
}

static void log_fill(struct log *log)
{
    struct link *link = memlink_link(world.link[0]);
    int32_t first = -1;
    size_t bytes;
    const uint8_t *data;

    for (size_t i = 0; (data = memlink_sent_frame(world.link[0], i, &bytes)) != NULL; i++) {
        struct frame_view view;
        const char *error = frame_parse(data, bytes, link->ip_only, &view);
        ck_assert_msg(error == NULL, "frame %zu is wrong: %s", i, error);
        if (is_random(&view)) {
            continue;
        }
        log_add(log, data, bytes);
        if (view.family != 0) {
            normalise(log->frames[log->count - 1].data + (link->ip_only ? 0 : ETHERNET), &first);
        }
    }
}

static void log_compare(const struct log *expected, const struct log *found)
{
    for (size_t i = 0; i < expected->count && i < found->count; i++) {
        size_t bytes = expected->frames[i].bytes;
        ck_assert_msg(bytes == found->frames[i].bytes, "mode %d: frame %zu has %zu bytes, not %zu",
                      current, i, found->frames[i].bytes, bytes);
        for (size_t k = 0; k < bytes; k++) {
            ck_assert_msg(expected->frames[i].data[k] == found->frames[i].data[k],
                          "mode %d: frame %zu, byte %zu: %02x, not %02x", current, i, k,
                          found->frames[i].data[k], expected->frames[i].data[k]);
        }
    }
    ck_assert_msg(expected->count == found->count, "mode %d: %zu frames, not %zu", current,
                  found->count, expected->count);
}

static void run(const struct world_options *base, output_scenario scenario,
                const struct world_family *family, struct log *log)
{
    static const uint8_t offload[OUTPUT_MODES] = {
        [OUTPUT_SUM] = LINK_OFFLOAD_SUM,
        [OUTPUT_SUPER] = LINK_OFFLOAD_SUM | LINK_OFFLOAD_SEGMENT,
    };
    struct world_options options = *base;

    options.no_background = true;
    options.no_early = current == OUTPUT_LWIP;
    options.link[0].offload = offload[current];
    world_start(&options);
    scenario(family);
    log_fill(log);
    world_teardown();
}

void output_both_ways(void)
{
    ck_assert_int_eq(unsetenv("WORLD_NO_EARLY"), 0);
    ck_assert_int_eq(unsetenv("WORLD_OFFLOAD"), 0);
}

void output_same(const struct world_options *options, output_scenario scenario,
                 const struct world_family *family)
{
    for (current = OUTPUT_LWIP; current < OUTPUT_MODES; current++) {
        struct log *log = &logs[current != OUTPUT_LWIP];
        run(options, scenario, family, log);
        if (current != OUTPUT_LWIP) {
            log_compare(&logs[0], log);
            log_clear(log);
        }
    }
    log_clear(&logs[0]);
    for (unsigned i = 0; i < 2; i++) {
        free(logs[i].frames);
        logs[i] = (struct log){0};
    }
}
