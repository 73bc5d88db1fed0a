/*
 * test_superframes_bad.c - superframes that are none: each ends as one frame, under a fate that
 * says why, and nothing of it reaches a socket (C32).
 */
#include "tests/contract/raw.h"
#include "tests/contract/superframes.h"

#include <stdlib.h>
#include <string.h>

#include "config/limits.h"

static uint8_t payload[1 << 16];

/* 25 bytes of payload, cut behind every 10 unless it says otherwise; what makes it wrong. */
struct bad {
    const char *what;
    enum winlwip_fate fate;
    struct frame_spec change; /* addresses and ports are filled in */
    size_t segment;           /* 0: 10 */
    uint8_t flags;
};

#define FATE(name) .fate = WINLWIP_FATE_DROP_##name

static const struct frame_extension hop_by_hop = {.type = FRAME_HOP_BY_HOP};

/* Of both families. */
static const struct bad bads[] = {
    {"segments longer than the payload", FATE(UDP_MALFORMED), .segment = 26},
    {"the longest segments", FATE(UDP_MALFORMED), .segment = 65535},
    {"no payload", FATE(UDP_MALFORMED), {.payload_bytes = SIZE_MAX}, .segment = 1},
    {"too many segments", FATE(UDP_MALFORMED), {.payload_bytes = LIMIT_SUPERFRAME_DATAGRAMS + 1},
     .segment = 1},
    {"UDP length longer than the packet", FATE(UDP_MALFORMED), {.udp_length_add = 1}},
    {"UDP length shorter than the packet", FATE(UDP_MALFORMED), {.udp_length_add = -1}},
    {"UDP length shorter than its header", FATE(UDP_MALFORMED), {.udp_length_add = -26}},
    {"IP length longer than the frame", FATE(IP_MALFORMED), {.ip_length_add = 1}},
    {"IP length longer than a sound frame", FATE(IP_MALFORMED), {.cut_bytes = 1}},
    {"cut inside UDP's header", FATE(IP_MALFORMED), {.cut_bytes = 25 + 4}},
    {"cut inside the IP header", FATE(IP_MALFORMED), {.cut_bytes = 25 + 8 + 4}},
    {"cut behind the link-layer header", FATE(RUNT), {.cut_bytes = -1}},
    {"cut inside the link-layer header", FATE(RUNT), {.cut_bytes = -2}},
    {"an IP version that there is not", FATE(IP_MALFORMED), {.ip_version_add = 1}},
    {"not UDP", FATE(IP_MALFORMED), {.protocol = 99}},
    {"a first fragment", FATE(IP_MALFORMED), {.fragment = true, .more = true, .piece_bytes = 24}},
    {"a last fragment", FATE(IP_MALFORMED), {.fragment = true, .offset = 8}},
    {"neither IPv4 nor IPv6", FATE(ETHERTYPE), {.ethertype = 0x88cc}},
    {"of unknown type", FATE(ETHERTYPE), .flags = LINK_FRAME_UNKNOWN_TYPE},
    {"cut by a capture", FATE(SNAPLEN), .flags = LINK_FRAME_CUT},
    {"a wrong checksum", FATE(UDP_CHECKSUM), {.transport_checksum_xor = 1}},
};

static const struct bad bads4[] = {
    {"options that are longer than the frame", FATE(IP_MALFORMED), {.ip_header_words_add = 10}},
    {"header length below 5", FATE(IP_MALFORMED), {.ip_header_words_add = -1}},
    {"total length below the header's", FATE(IP_MALFORMED), {.ip_length_add = -40}},
    {"header checksum", FATE(IP_CHECKSUM), {.ip_checksum_xor = 1}},
};

static const struct bad bads6[] = {
    {"an extension header", FATE(IP_MALFORMED),
     {.extensions = &hop_by_hop, .extension_count = 1}},
    {"no checksum", FATE(UDP_CHECKSUM), {.no_checksum = true}},
};

/* Payload of a spec in the tables: SIZE_MAX stands for none, 0 for the usual. */
static size_t payload_bytes(const struct bad *bad)
{
    return bad->change.payload_bytes == 0          ? 25
           : bad->change.payload_bytes == SIZE_MAX ? 0
                                                   : bad->change.payload_bytes;
}

/* Injects one, and asserts that it ends as one frame under its fate. */
static void inject(const struct world_family *family, uint16_t port, const struct bad *bad)
{
    struct winlwip_stats before, after;
    struct frame_spec spec = bad->change;
    size_t headers = 14 + family->overhead;

    spec.src = family->peer;
    spec.dst = family->us;
    spec.dst_port = port;
    spec.payload = payload;
    spec.payload_bytes = payload_bytes(bad);
    if (spec.cut_bytes < 0) { /* down to the link-layer header, or into it */
        spec.cut_bytes = (int)(headers + spec.payload_bytes) - 15 - spec.cut_bytes;
    }
    world_settle(&before);
    world_inject_bad_superframe(&spec, bad->segment != 0 ? bad->segment : 10, bad->flags);
    world_settle(&after);
    for (unsigned i = 0; i < WINLWIP_FATE_COUNT; i++) {
        ck_assert_msg(after.fate[i] - before.fate[i] == (i == bad->fate), "%s: %s %u, wanted %s",
                      bad->what, winlwip_fate_name(i), (unsigned)(after.fate[i] - before.fate[i]),
                      winlwip_fate_name(bad->fate));
    }
    ck_assert_uint_eq(after.copies, 0);
}

static void inject_all(const struct world_family *family, uint16_t port)
{
    const struct bad *own = family->af == AF_INET ? bads4 : bads6;
    unsigned own_count = family->af == AF_INET ? sizeof(bads4) / sizeof(bads4[0])
                                               : sizeof(bads6) / sizeof(bads6[0]);

    for (unsigned i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        inject(family, port, &bads[i]);
    }
    for (unsigned i = 0; i < own_count; i++) {
        inject(family, port, &own[i]);
    }
}

START_TEST(c32_bad_superframes)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);

    world_set_nonblocking(s);
    inject_all(FAMILY, port);
    world_assert_empty(s);
}
END_TEST

/* Not bad, but rare: options of IPv4, which every datagram of the superframe has. */
START_TEST(c32_superframe_with_options)
{
    /* Record route with nine places, four of them taken; and its end. */
    static const uint8_t options[40] = {7, 39, 20, 192, 0, 2, 77};
    static struct received received;
    static struct frame single;
    size_t options_bytes = _i == 0 ? 4 : sizeof(options);
    uint16_t port;
    SOCKET s = world_socket("192.0.2.1", &port);
    SOCKET raw = raw_open(AF_INET, IPPROTO_UDP, "192.0.2.1");
    struct frame_spec spec = {.src = "192.0.2.9", .dst = "192.0.2.1", .dst_port = port,
                              .id = 0xffff, .payload = payload, .payload_bytes = 25,
                              .options = _i == 0 ? (const uint8_t *)"\1\1\1" : options,
                              .options_bytes = options_bytes};

    world_inject_superframe(&spec, 10, LINK_FRAME_SUM_PENDING);
    for (unsigned i = 0; i < 3; i++) {
        spec.id = (0xffff + i) & 0xffff;
        spec.payload = payload + i * 10;
        spec.payload_bytes = i < 2 ? 10 : 5;
        frame_build(&spec, &single);
        world_receive(raw, &received);
        world_assert_payload(&received, single.data + 14, single.bytes - 14);
        world_receive(s, &received);
        world_assert_payload(&received, payload + i * 10, spec.payload_bytes);
    }
}
END_TEST

/* Every prefix of a superframe, in a heap block that ends where it does. */
START_TEST(c32_superframes_cut_anywhere)
{
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us, .payload = payload,
                              .payload_bytes = 25};
    int whole = 14 + (int)FAMILY->overhead + 25;
    struct winlwip_stats stats;
    SOCKET s = world_socket(FAMILY->any, &spec.dst_port);

    world_set_nonblocking(s);
    for (int cut = 1; cut < whole; cut++) {
        spec.cut_bytes = cut;
        world_inject_bad_superframe(&spec, 10, 0);
        world_inject_bad_superframe(&spec, 65535, LINK_FRAME_SUM_PENDING);
    }
    world_settle(&stats);
    ck_assert_uint_eq(stats.copies, 0);
    world_assert_empty(s);
}
END_TEST

/* Headers with any bytes in them. How many frames each counts as is not known; they balance. */
START_TEST(c32_superframes_of_any_bytes)
{
    struct frame *frame = malloc(sizeof(*frame));
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us, .payload = payload,
                              .payload_bytes = 200};
    SOCKET s = world_socket(FAMILY->any, &spec.dst_port);
    struct winlwip_stats stats;
    size_t pushed = 0;

    world_set_nonblocking(s);
    srand((unsigned)_i + 1);
    for (unsigned round = 0; round < 3000; round++) {
        frame_build(&spec, frame);
        for (int flips = rand() % 4; flips > 0; flips--) {
            frame->data[12 + (size_t)rand() % (30 + FAMILY->overhead)] = (uint8_t)rand();
        }
        frame->bytes -= rand() % 4 == 0 ? (size_t)rand() % frame->bytes : 0;
        memlink_push_superframe(world.link[0],
                                &(struct link_frame){
                                    .data = frame->data,
                                    .bytes = (uint32_t)frame->bytes,
                                    .original_bytes = (uint32_t)frame->bytes,
                                    .segment_bytes = (uint16_t)(rand() % 2 ? rand() : rand() % 99),
                                    .flags = (uint8_t)(rand() % 8 & ~LINK_FRAME_CUT)},
                                0);
        pushed++;
    }
    free(frame);
    while (!memlink_drained(world.link[0])) {
        Sleep(1);
    }
    ck_assert_int_eq(winlwip_stats(&stats), 0);
    ck_assert_uint_ge(stats.frames_received, pushed);
    ck_assert_uint_gt(stats.fate[WINLWIP_FATE_DELIVERED], 0);
    ck_assert_uint_gt(stats.fate[WINLWIP_FATE_DROP_IP_MALFORMED], 0);
    ck_assert_uint_gt(stats.fate[WINLWIP_FATE_DROP_UDP_MALFORMED], 0);
    world_assert_balance(&stats);
}
END_TEST

/* An interface that is down drops them, however many. */
START_TEST(c39_c32_superframe_while_down)
{
    uint16_t port;
    struct winlwip_stats stats;

    world_socket(FAMILY->any, &port);
    ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
    feed_run(FEED_SUPERFRAME, FAMILY, port, payload, 25, 10);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_INTERFACE_DOWN], 3);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase, c32_bad_superframes, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c32_superframe_with_options, 0, 2);
    tcase_add_loop_test(tcase, c32_superframes_cut_anywhere, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c32_superframes_of_any_bytes, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c39_c32_superframe_while_down, 0, WORLD_FAMILIES);
}

Suite *suite_contract_superframes_bad(void)
{
    Suite *suite = suite_create("superframes_bad");
    TCase *early = tcase_create("delivered whole");
    TCase *cut = tcase_create("cut for lwIP");

    tcase_add_checked_fixture(early, world_setup_one, world_teardown);
    tcase_add_checked_fixture(cut, feed_setup_cut, world_teardown);
    add_tests(early);
    add_tests(cut);
    suite_add_tcase(suite, early);
    suite_add_tcase(suite, cut);
    return suite;
}
