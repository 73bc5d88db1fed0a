/*
 * capture.c - captures made at random, with the rows and counters that have to come of them.
 *
 * The expectation is computed from the generator's choices alone, never from the bytes, and with
 * nothing of the library: what the program prints is compared with what was meant.
 *
 * State: the random generator, seeded by capture_make().
 */
#include "tests/program/program.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/frames.h"
#include "tests/support/prng.h"

#define LARGEST_PAYLOAD 9000

static struct prng prng;

static unsigned below(unsigned limit)
{
    return prng_below(&prng, limit);
}

/* --- The capture file: classic pcap, microseconds, Ethernet, this machine's byte order. --- */

static void put_words(FILE *file, const uint32_t *words, size_t count)
{
    ck_assert_uint_eq(fwrite(words, sizeof(*words), count, file), count);
}

static void put_file_header(FILE *file)
{
    const uint32_t header[6] = {0xa1b2c3d4, 4u << 16 | 2, 0, 0, 262144, 1};

    put_words(file, header, 6);
}

/* kept: bytes that the capture kept of the frame. */
static void put_frame(FILE *file, struct capture_plan *plan, const struct frame *frame, size_t kept)
{
    uint64_t us = 1700000000000000u + plan->frames * 137;
    const uint32_t header[4] = {(uint32_t)(us / 1000000), (uint32_t)(us % 1000000),
                                (uint32_t)kept, (uint32_t)frame->bytes};

    put_words(file, header, 4);
    ck_assert_uint_eq(fwrite(frame->data, 1, kept, file), kept);
    plan->frames++;
}

/* --- Datagrams that are delivered --- */

static const struct {
    enum program_socket socket;
    const char *dst;
    bool broadcast_mac, broadcast, multicast;
} destinations[] = {
    {SOCKET_FOUR, "192.0.2.1", false, false, false},
    {SOCKET_FOUR, "192.0.2.1", true, true, false},
    {SOCKET_FOUR, "192.0.2.255", true, true, false},
    {SOCKET_FOUR, "255.255.255.255", true, true, false},
    {SOCKET_FOUR, "239.1.2.3", false, false, true},
    {SOCKET_SIX, "2001:db8::1", false, false, false},
    {SOCKET_SIX, "ff05::1:3", false, false, true},
    {SOCKET_SMALL, "192.0.2.1", false, false, false},
};

static bool is_six(const char *address)
{
    return strchr(address, ':') != NULL;
}

static void random_source(bool six, char *out)
{
    if (six)
        snprintf(out, 46, "2001:db8::%x", 0x10 + below(0xff00));
    else
        snprintf(out, 46, "192.0.2.%u", 2 + below(250));
}

static unsigned random_size(void)
{
    switch (below(10)) {
    case 0:
        return 0;
    case 1:
        return below(LARGEST_PAYLOAD);
    case 2:
        return 1400 + below(100);
    default:
        return below(200);
    }
}

static void expect_row(struct capture_plan *plan, unsigned destination,
                       const struct frame_spec *spec)
{
    enum program_socket socket = destinations[destination].socket;
    struct expected_row row = {.ttl = spec->ttl, .tos = spec->tos, .bytes = spec->payload_bytes,
                               .broadcast = destinations[destination].broadcast,
                               .multicast = destinations[destination].multicast};
    struct expected_row *rows;

    snprintf(row.source, sizeof(row.source), is_six(spec->src) ? "[%s]:%u" : "%s:%u", spec->src,
             spec->src_port);
    snprintf(row.destination, sizeof(row.destination), "%s", spec->dst);
    if (socket == SOCKET_SMALL) {
        row.no_control = true;
        row.truncated = row.bytes > SMALL_BUFFER_BYTES;
        row.bytes = row.truncated ? SMALL_BUFFER_BYTES : row.bytes;
    }
    row.payload = malloc(row.bytes + 1);
    rows = realloc(plan->rows[socket], (plan->row_count[socket] + 1) * sizeof(row));
    ck_assert(rows != NULL && row.payload != NULL);
    memcpy(row.payload, spec->payload, row.bytes);
    plan->rows[socket] = rows;
    rows[plan->row_count[socket]++] = row;
}

static void shuffle(struct frame_list *list, size_t *order)
{
    for (size_t i = 0; i < list->count; i++)
        order[i] = i;
    for (size_t i = list->count; i > 1; i--) {
        size_t other = below((unsigned)i), kept = order[i - 1];

        order[i - 1] = order[other];
        order[other] = kept;
    }
}

static void put_fragments(FILE *file, struct capture_plan *plan, const struct frame_spec *spec)
{
    struct frame_list list;
    size_t order[LARGEST_PAYLOAD / 64 + 2];

    frame_fragments(spec, 64 + 8 * below(170), &list);
    ck_assert_uint_le(list.count, sizeof(order) / sizeof(order[0]));
    shuffle(&list, order);
    for (size_t i = 0; i < list.count; i++)
        put_frame(file, plan, &list.frames[order[i]], list.frames[order[i]].bytes);
    plan->fates[WINLWIP_FATE_FRAGMENT] += list.count - 1;
    frame_list_free(&list);
}

/* A datagram to a random socket; source and payload are the caller's room. */
static unsigned random_datagram(struct capture_plan *plan, char *source, uint8_t *payload,
                                struct frame_spec *spec)
{
    unsigned i = below(sizeof(destinations) / sizeof(destinations[0]));
    bool printable = below(2) != 0;

    random_source(is_six(destinations[i].dst), source);
    *spec = (struct frame_spec){
        .src = source, .dst = destinations[i].dst, .ttl = (uint8_t)(1 + below(255)),
        .tos = (uint8_t)below(256), .src_port = (uint16_t)(1 + below(65535)),
        .dst_port = plan->ports[destinations[i].socket], .id = (uint32_t)plan->frames + 1,
        .payload = payload, .payload_bytes = random_size(),
        .trailer_bytes = (int)below(3) * 6};
    if (destinations[i].broadcast_mac)
        memcpy(spec->dst_mac, frame_broadcast_mac, 6);
    for (size_t at = 0; at < spec->payload_bytes; at++)
        payload[at] = (uint8_t)(printable ? ' ' + below(95) : prng_next(&prng));
    return i;
}

static void put_good(FILE *file, struct capture_plan *plan)
{
    static uint8_t payload[LARGEST_PAYLOAD];
    static struct frame frame;
    char source[46];
    struct frame_spec spec;
    unsigned destination = random_datagram(plan, source, payload, &spec);

    if (spec.payload_bytes > 1400 || below(8) == 0) {
        put_fragments(file, plan, &spec);
    } else {
        frame_build(&spec, &frame);
        put_frame(file, plan, &frame, frame.bytes);
    }
    plan->fates[WINLWIP_FATE_DELIVERED]++;
    expect_row(plan, destination, &spec);
}

/* --- Frames that are not --- */

static enum winlwip_fate spoil(struct frame_spec *spec)
{
    bool six = is_six(spec->dst);

    switch (below(six ? 5 : 6)) {
    case 0:
        spec->transport_checksum_xor = (uint16_t)(1 + below(65534));
        return WINLWIP_FATE_DROP_UDP_CHECKSUM;
    case 1:
        spec->dst_port = (uint16_t)(1 + below(1000));
        return WINLWIP_FATE_DROP_NO_SOCKET;
    case 2:
        memcpy(spec->dst_mac, "\x02\x11\x22\x33\x44\x55", 6);
        return WINLWIP_FATE_DROP_OTHER_MAC;
    case 3:
        memset(spec->dst_mac, 0, 6);
        memcpy(spec->dst_mac, frame_our_mac, 6);
        spec->dst = six ? "2001:db8::ffff" : "192.0.2.254";
        return WINLWIP_FATE_DROP_OTHER_HOST;
    case 4:
        spec->ethertype = (uint16_t)(0x8800 + below(200));
        return WINLWIP_FATE_DROP_ETHERTYPE;
    default:
        spec->ip_checksum_xor = (uint16_t)(1 + below(65534));
        return WINLWIP_FATE_DROP_IP_CHECKSUM;
    }
}

static void put_bad(FILE *file, struct capture_plan *plan)
{
    static uint8_t payload[LARGEST_PAYLOAD];
    static struct frame frame;
    char source[46];
    struct frame_spec spec;
    enum winlwip_fate fate;

    random_datagram(plan, source, payload, &spec);
    spec.payload_bytes %= 1400;
    if (below(7) == 0) {
        frame_build(&spec, &frame);
        put_frame(file, plan, &frame, 20 + below((unsigned)frame.bytes - 20));
        plan->fates[WINLWIP_FATE_DROP_SNAPLEN]++;
        return;
    }
    fate = spoil(&spec);
    frame_build(&spec, &frame);
    put_frame(file, plan, &frame, frame.bytes);
    plan->fates[fate]++;
}

void capture_make(uint64_t seed, unsigned count, FILE *file, struct capture_plan *plan)
{
    memset(plan, 0, sizeof(*plan));
    prng.state = seed;
    for (unsigned i = 0; i < SOCKET_COUNT; i++)
        plan->ports[i] = (uint16_t)(2000 + 20000 * i + below(20000));
    put_file_header(file);
    for (unsigned i = 0; i < count; i++) {
        if (below(4) == 0)
            put_bad(file, plan);
        else
            put_good(file, plan);
    }
    ck_assert_int_eq(fflush(file), 0);
}

void capture_plan_free(struct capture_plan *plan)
{
    for (unsigned i = 0; i < SOCKET_COUNT; i++) {
        for (size_t row = 0; row < plan->row_count[i]; row++)
            free(plan->rows[i][row].payload);
        free(plan->rows[i]);
    }
}
