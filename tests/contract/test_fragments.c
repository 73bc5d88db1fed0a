/*
 * test_fragments.c - datagrams that arrive in pieces: delivered once, whole, or dropped (C24).
 */
#include "tests/contract/contract.h"

#include <stdlib.h>
#include <string.h>

static struct received received;
static uint8_t payload[65535];

/* Fragments in the order that the test wants: index of frame number i of n. */
static size_t in_order(size_t i, size_t n)
{
    (void)n;
    return i;
}

static size_t reversed(size_t i, size_t n)
{
    return n - 1 - i;
}

/* The even ones, then the odd ones. */
static size_t interleaved(size_t i, size_t n)
{
    size_t even = (n + 1) / 2;

    return i < even ? i * 2 : (i - even) * 2 + 1;
}

static size_t (*const orders[])(size_t, size_t) = {in_order, reversed, interleaved};
#define ORDERS 3

static void inject_list(const struct frame_list *list, size_t (*order)(size_t, size_t))
{
    for (size_t i = 0; i < list->count; i++)
        memlink_push(world.link[0], &list->frames[order(i, list->count)]);
}

static void inject_fragments(const struct frame_spec *spec, size_t piece,
                             size_t (*order)(size_t, size_t))
{
    struct frame_list list;

    frame_fragments(spec, piece, &list);
    inject_list(&list, order);
    frame_list_free(&list);
}

static const size_t sizes[] = {9, 16, 1473, 3000, 9000, 40000};
#define SIZES ((int)(sizeof(sizes) / sizeof(sizes[0])))

START_TEST(c24_delivered_once_whole)
{
    const struct world_family *family = &world_families[_i % 2];
    size_t (*order)(size_t, size_t) = orders[_i / 2 % ORDERS];
    uint16_t port;
    SOCKET s = world_socket(family->us, &port);
    struct winlwip_stats stats;
    struct frame_spec spec = {.src = family->peer, .dst = family->us, .dst_port = port,
                              .payload = payload};

    world_set_nonblocking(s);
    for (int i = 0; i < SIZES; i++) {
        world_pattern(payload, sizes[i], (unsigned)i);
        spec.payload_bytes = sizes[i];
        spec.id = (uint32_t)(100 + i);
        inject_fragments(&spec, sizes[i] < 1400 ? 8 : 1400, order);
        world_settle(&stats);
        world_receive(s, &received);
        world_assert_payload(&received, payload, sizes[i]);
        world_assert_name(&received, family->peer, FRAME_PEER_PORT);
        ck_assert_uint_eq(received.flags, 0);
        world_assert_empty(s);
        ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], (uint64_t)i + 1);
        ck_assert_uint_eq(stats.frames_held, 0);
    }
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED] + stats.fate[WINLWIP_FATE_FRAGMENT],
                      stats.frames_received);
}
END_TEST

START_TEST(c24_metadata_of_a_reassembled_datagram)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                              .payload = payload, .payload_bytes = 4000, .ttl = 44, .tos = 0x20};

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    world_set(s, FAMILY->level, FAMILY->recvttl, 1);
    world_set(s, FAMILY->level, FAMILY->recvtos, 1);
    inject_fragments(&spec, 1400, in_order);
    world_receive(s, &received);
    ck_assert_uint_eq(received.bytes, 4000);
    world_assert_pktinfo(&received, FAMILY->us, WORLD_FIRST_INDEX);
    ck_assert_int_eq(FAMILY->af == AF_INET ? received.control.ttl : received.control.hop_limit, 44);
    ck_assert_int_eq(FAMILY->af == AF_INET ? received.control.tos : received.control.tclass, 0x20);
}
END_TEST

START_TEST(c24_the_largest_datagram)
{
    const struct world_family *family = &world_families[_i % 2];
    uint16_t port;
    SOCKET s = world_socket(family->us, &port);
    struct winlwip_stats stats;
    struct frame_spec spec = {.src = family->peer, .dst = family->us, .dst_port = port,
                              .payload = payload, .payload_bytes = family->largest};

    world_pattern(payload, family->largest, 3);
    inject_fragments(&spec, 1480, orders[_i / 2]);
    world_settle(&stats);
    world_receive(s, &received);
    world_assert_payload(&received, payload, family->largest);
    ck_assert_uint_eq(stats.frames_held, 0);
}
END_TEST

START_TEST(c24_one_byte_more_is_dropped)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct winlwip_stats stats;
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                              .payload = payload, .payload_bytes = FAMILY->largest + 1};
    struct frame_list list;

    world_set_nonblocking(s);
    frame_fragments(&spec, 1480, &list);
    inject_list(&list, in_order);
    world_settle(&stats);
    world_assert_empty(s);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 0);
    ck_assert_uint_ge(stats.fate[WINLWIP_FATE_DROP_FRAGMENT_TOO_BIG], 1);
    frame_list_free(&list);
    deliver(FAMILY, port, "alive");
    world_settle(&stats);
    world_receive(s, &received);
    world_assert_text(&received, "alive");
}
END_TEST

/* The sizes on both sides of every 16-bit edge, in every order: no assertion inside lwIP. */
START_TEST(c24_around_the_edge)
{
    static const int beyond[] = {-9, -8, -1, 1, 2, 7, 8, 9, 16, 20};
    const struct world_family *family = &world_families[_i % 2];
    uint16_t port;
    SOCKET s = world_socket(family->us, &port);
    struct winlwip_stats stats;
    struct frame_spec spec = {.src = family->peer, .dst = family->us, .dst_port = port,
                              .payload = payload};

    world_set_nonblocking(s);
    for (unsigned i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
        int bytes = (int)family->largest + beyond[i];
        spec.payload_bytes = (size_t)bytes;
        if (spec.payload_bytes + 8 > 65535)
            continue;
        spec.id++;
        inject_fragments(&spec, 1480, orders[_i / 2]);
        world_settle(&stats);
        world_receive_into(s, NULL, &received);
        ck_assert_int_eq(received.error, beyond[i] > 0 ? WSAEWOULDBLOCK : 0);
    }
}
END_TEST

/* Pieces of one datagram of 64 bytes (72 of IP payload): offset, bytes, and whether more follow. */
struct piece {
    uint32_t offset, bytes;
    bool more;
};

static const struct {
    const char *what;
    struct piece pieces[5];
    bool delivered_or_not; /* either is right, a torn datagram is not */
} conflicts[] = {
    {"overlap at the front", {{0, 40, true}, {32, 40, false}}, false},
    {"overlap at the back", {{32, 40, false}, {0, 40, true}}, false},
    {"inside another", {{0, 48, true}, {8, 16, true}, {48, 24, false}}, true},
    {"around another", {{8, 16, true}, {0, 48, true}, {48, 24, false}}, true},
    {"the same piece twice", {{0, 40, true}, {0, 40, true}, {40, 32, false}}, true},
    {"two ends", {{40, 24, false}, {0, 40, true}, {40, 32, false}}, true},
    {"behind the end", {{40, 32, false}, {0, 40, true}, {64, 8, true}}, true},
    {"the end twice", {{40, 32, false}, {40, 32, false}, {0, 40, true}}, true},
};
#define CONFLICTS ((int)(sizeof(conflicts) / sizeof(conflicts[0])))

START_TEST(overlapping_fragments)
{
    const struct world_family *family = &world_families[_i % 2];
    const int row = _i / 2;
    uint16_t port;
    SOCKET s = world_socket(family->us, &port);
    struct winlwip_stats stats;
    struct frame_spec spec = {.src = family->peer, .dst = family->us, .dst_port = port, .id = 9,
                              .payload = payload, .payload_bytes = 64, .fragment = true};

    world_pattern(payload, 64, 1);
    world_set_nonblocking(s);
    for (unsigned i = 0; conflicts[row].pieces[i].bytes != 0; i++) {
        spec.offset = conflicts[row].pieces[i].offset;
        spec.piece_bytes = conflicts[row].pieces[i].bytes;
        spec.more = conflicts[row].pieces[i].more;
        world_inject(&spec);
    }
    world_settle(&stats);
    world_receive_into(s, NULL, &received);
    if (received.result == 0 && conflicts[row].delivered_or_not)
        world_assert_payload(&received, payload, received.bytes);
    else
        ck_assert_msg(received.error == WSAEWOULDBLOCK, "%s: %d", conflicts[row].what,
                      received.error);
    deliver(family, port, "alive");
    world_settle(&stats);
    while (recv(s, (char *)received.data, 100, 0) > 0)
        received.bytes = 0;
    ck_assert_mem_eq(received.data, "alive", 5);
}
END_TEST

START_TEST(fragments_of_two_datagrams_do_not_mix)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                              .payload_bytes = 2000};
    struct frame_list a, b;
    static uint8_t other[2000];

    world_pattern(payload, 2000, 1);
    world_pattern(other, 2000, 99);
    spec.payload = payload;
    spec.id = 1;
    frame_fragments(&spec, 1400, &a);
    spec.payload = other;
    spec.id = 2;
    frame_fragments(&spec, 1400, &b);
    memlink_push(world.link[0], &a.frames[0]);
    memlink_push(world.link[0], &b.frames[0]);
    memlink_push(world.link[0], &b.frames[1]);
    memlink_push(world.link[0], &a.frames[1]);
    world_receive(s, &received);
    world_assert_payload(&received, other, 2000);
    world_receive(s, &received);
    world_assert_payload(&received, payload, 2000);
    frame_list_free(&a);
    frame_list_free(&b);
}
END_TEST

START_TEST(broken_sum_over_a_reassembled_datagram)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct winlwip_stats stats;
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                              .payload = payload, .payload_bytes = 2000,
                              .transport_checksum_xor = 0x1000};

    world_set_nonblocking(s);
    inject_fragments(&spec, 1400, in_order);
    world_settle(&stats);
    world_assert_empty(s);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_UDP_CHECKSUM], 1);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_FRAGMENT], 1);
}
END_TEST

/* A frame of the link's own clock at that many seconds. */
static void inject_at(const struct frame_spec *spec, int64_t seconds)
{
    static struct frame frame;

    frame_build(spec, &frame);
    memlink_push_described(world.link[0],
                           &(struct link_frame){.data = frame.data, .bytes = (uint32_t)frame.bytes,
                                                .original_bytes = (uint32_t)frame.bytes,
                                                .time_ns = (1700000000 + seconds) * 1000000000});
}

START_TEST(never_completed_times_out)
{
    uint16_t port;
    SOCKET s;
    struct winlwip_stats stats;
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us, .payload = payload,
                              .payload_bytes = 2000, .more = true, .piece_bytes = 1400};

    world_start(&(struct world_options){.links = 1, .link = {{.own_clock = true}}});
    s = world_socket(FAMILY->us, &port);
    spec.dst_port = port;
    inject_at(&spec, 0);
    world_settle(&stats);
    ck_assert_uint_eq(stats.frames_held, 1);
    /* Two minutes later by the capture's clock (RFC 8200: 60 seconds). */
    inject_at(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                                   .text = "later"},
              120);
    world_receive(s, &received);
    world_assert_text(&received, "later");
    world_settle(&stats);
    ck_assert_uint_eq(stats.frames_held, 0);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_REASSEMBLY_TIMEOUT], 1);
    world_teardown();
}
END_TEST

START_TEST(floods_of_first_fragments)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct winlwip_stats stats;
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                              .payload = payload, .payload_bytes = 2000, .more = true,
                              .piece_bytes = 1400};

    for (unsigned i = 0; i < 3000; i++) {
        spec.id = i + 1;
        world_inject(&spec);
    }
    world_settle(&stats);
    ck_assert_uint_lt(stats.frames_held, 1000);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 0);
    /* The newest still has a chance. */
    spec.more = false;
    spec.offset = 1400;
    spec.piece_bytes = 0;
    world_inject(&spec);
    deliver(FAMILY, port, "alive");
    world_receive(s, &received);
    if (received.bytes == 2000)
        world_receive(s, &received);
    world_assert_text(&received, "alive");
}
END_TEST

Suite *suite_contract_fragments(void)
{
    Suite *suite = suite_create("fragments");
    TCase *tcase = tcase_create("fragments"), *bare = tcase_create("fragments_bare");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, c24_delivered_once_whole, 0, ORDERS * WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c24_metadata_of_a_reassembled_datagram, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c24_the_largest_datagram, 0, ORDERS * WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c24_one_byte_more_is_dropped, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c24_around_the_edge, 0, ORDERS * WORLD_FAMILIES);
    tcase_add_loop_test(tcase, overlapping_fragments, 0, CONFLICTS * WORLD_FAMILIES);
    tcase_add_loop_test(tcase, fragments_of_two_datagrams_do_not_mix, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, broken_sum_over_a_reassembled_datagram, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, floods_of_first_fragments, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);

    tcase_add_loop_test(bare, never_completed_times_out, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, bare);
    return suite;
}
