/*
 * test_superframes_sent.c - cut sends (C62, UDP_SEND_MSG_SIZE) over links that take superframes, and
 * in bursts over those that don't: how many packets they are, and how they are counted.
 */
#include "tests/contract/output.h"

#include <string.h>

#include "tests/support/control.h"

static uint8_t payload[1 << 17];
static size_t base; /* frames that were sent before a test's own */

static size_t sent_count(void)
{
    return memlink_sent(world.link[0]) - base;
}

/* The packet of a test's frame, from 0. */
static struct memlink_packet packet_of(size_t index)
{
    return memlink_sent_packet(world.link[0], base + index);
}

/* Starts a host and opens a socket whose way to the peer is known. */
static SOCKET start(const struct world_family *family, uint8_t offload)
{
    struct world_options options = {.links = 1, .no_background = true};

    options.link[0].offload = offload;
    world_start(&options);
    SOCKET s = output_socket(family->us, 5000);
    ck_assert_int_eq(control_send(s, family->peer, 7777, "", 0, NULL, NULL), 0);
    output_answer();
    ck_assert(output_goes_early(s, family));
    base = memlink_sent(world.link[0]);
    world_pattern(payload, sizeof(payload), 21);
    return s;
}

static SOCKET start_super(const struct world_family *family)
{
    return start(family, LINK_OFFLOAD_SUM | LINK_OFFLOAD_SEGMENT);
}

static void send_cut(SOCKET s, const struct world_family *family, size_t bytes, DWORD segment)
{
    DWORD sent;

    world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, segment);
    ck_assert_int_eq(control_send(s, family->peer, 7777, payload, bytes, NULL, &sent), 0);
    ck_assert_uint_eq(sent, bytes);
}

/* Asserts that the next datagrams, from *index on, left as one packet. segment 0: ordinary. */
static void assert_packet(size_t *index, unsigned datagrams, unsigned segment)
{
    struct memlink_packet first = packet_of(*index);

    ck_assert_uint_eq(first.segment_bytes, segment);
    for (unsigned i = 0; i < datagrams; i++) {
        ck_assert_uint_eq(packet_of((*index)++).number, first.number);
    }
    if (*index < sent_count()) {
        ck_assert_uint_ne(packet_of(*index).number, first.number);
    }
}

START_TEST(c62_as_many_as_linux_takes)
{
    SOCKET s = start_super(FAMILY);
    size_t index = 0;

    send_cut(s, FAMILY, 150 * 100, 100);
    assert_packet(&index, 64, 100);
    assert_packet(&index, 64, 100);
    assert_packet(&index, 22, 100);
    ck_assert_uint_eq(sent_count(), index);
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

START_TEST(c62_as_long_as_a_packet_may_be)
{
    unsigned whole = (unsigned)(FAMILY->largest / 1400);
    SOCKET s = start_super(FAMILY);
    size_t index = 0;

    send_cut(s, FAMILY, 60 * 1400, 1400);
    assert_packet(&index, whole, 1400);
    assert_packet(&index, 60 - whole, 1400);
    ck_assert_uint_eq(sent_count(), index);
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

/* The last datagram alone is none, even a shorter one. */
START_TEST(c62_one_datagram_is_no_superframe)
{
    SOCKET s = start_super(FAMILY);
    size_t index = 0;

    send_cut(s, FAMILY, 64 * 100 + 1, 100);
    assert_packet(&index, 64, 100);
    assert_packet(&index, 1, 0);
    send_cut(s, FAMILY, 100, 100);
    assert_packet(&index, 1, 0);
    send_cut(s, FAMILY, 101, 100);
    assert_packet(&index, 2, 100);
    ck_assert_uint_eq(sent_count(), index);
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

/* A datagram that needs fragments is cut by this host. */
START_TEST(c62_fragments_are_no_superframe)
{
    SOCKET s = start_super(FAMILY);

    send_cut(s, FAMILY, 4000, 2000);
    ck_assert_uint_eq(sent_count(), 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(packet_of(i).segment_bytes, 0);
        ck_assert_uint_eq(packet_of(i).sum_start, 0);
    }
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

/* A device that cuts can't leave the checksums out (UDP_NOCHECKSUM). */
START_TEST(c62_without_checksums_is_no_superframe)
{
    SOCKET s = start_super(&world_families[0]);
    struct frame_view view;
    size_t bytes;

    world_set(s, IPPROTO_UDP, UDP_NOCHECKSUM, 1);
    send_cut(s, &world_families[0], 1200, 400);
    ck_assert_uint_eq(sent_count(), 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(packet_of(i).sum_start, 0);
        const uint8_t *data = memlink_sent_frame(world.link[0], base + i, &bytes);
        ck_assert_ptr_null(frame_parse(data, bytes, false, &view));
        ck_assert_uint_eq(view.ip_payload[6] << 8 | view.ip_payload[7], 0);
    }
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

/* Those of all datagrams but the ones that have none. */
START_TEST(wb2_5_checksums_are_left_to_the_device)
{
    SOCKET s = start(FAMILY, LINK_OFFLOAD_SUM);
    size_t udp_at = 14 + FAMILY->overhead - 8;

    send_cut(s, FAMILY, 1000, 0);
    send_cut(s, FAMILY, 0, 0);
    if (FAMILY->af == AF_INET) {
        world_set(s, IPPROTO_UDP, UDP_NOCHECKSUM, 1);
    }
    send_cut(s, FAMILY, 10, 0);
    ck_assert_uint_eq(packet_of(0).sum_start, udp_at);
    ck_assert_uint_eq(packet_of(1).sum_start, udp_at);
    ck_assert_uint_eq(packet_of(2).sum_start, FAMILY->af == AF_INET ? 0 : udp_at);
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

START_TEST(c62_counters_count_datagrams)
{
    struct winlwip_stats before, after;
    SOCKET s = start_super(FAMILY);

    ck_assert_int_eq(winlwip_stats(&before), 0);
    memlink_set_room(world.link[0], 2);
    send_cut(s, FAMILY, 200 * 100, 100);
    ck_assert_uint_eq(sent_count(), 128);
    ck_assert_int_eq(winlwip_stats(&after), 0);
    ck_assert_uint_eq(after.datagrams_sent - before.datagrams_sent, 200);
    ck_assert_uint_eq(after.frames_sent - before.frames_sent, 128);
    ck_assert_uint_eq(after.frames_unsent - before.frames_unsent, 72);
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

/* A link without offload gets the datagrams in bursts, not one by one. */
START_TEST(c62_bursts)
{
    struct winlwip_stats before, after;
    SOCKET s = start(FAMILY, 0);

    send_cut(s, FAMILY, 50 * 100, 100);
    ck_assert_uint_eq(sent_count(), 50);
    unsigned first = packet_of(0).call;
    ck_assert_uint_eq(packet_of(31).call, first);
    ck_assert_uint_eq(packet_of(32).call, first + 1);
    ck_assert_uint_eq(packet_of(49).call, first + 1);
    ck_assert_int_eq(winlwip_stats(&before), 0);
    memlink_set_room(world.link[0], 35);
    send_cut(s, FAMILY, 50 * 100, 100);
    ck_assert_int_eq(winlwip_stats(&after), 0);
    ck_assert_uint_eq(after.datagrams_sent - before.datagrams_sent, 50);
    ck_assert_uint_eq(after.frames_sent - before.frames_sent, 35);
    ck_assert_uint_eq(after.frames_unsent - before.frames_unsent, 15);
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

/* What the first send to a neighbour teaches serves the rest of the very same send. */
START_TEST(c62_the_first_datagram_teaches)
{
    SOCKET s = start_super(FAMILY);
    size_t index = 0;

    ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
    ck_assert_int_eq(winlwip_interface_set("mem0", true), 0);
    ck_assert_int_eq(control_send(s, FAMILY->peer, 7777, "", 0, NULL, NULL), 0);
    output_answer();
    base = memlink_sent(world.link[0]);
    send_cut(s, FAMILY, 10 * 100, 100);
    assert_packet(&index, 1, 0);
    assert_packet(&index, 9, 100);
    ck_assert_uint_eq(sent_count(), index);
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

Suite *suite_contract_superframes_sent(void)
{
    Suite *suite = suite_create("superframes_sent");
    TCase *tcase = tcase_create("superframes_sent");

    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, output_both_ways, world_teardown);
    tcase_add_loop_test(tcase, c62_as_many_as_linux_takes, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_as_long_as_a_packet_may_be, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_one_datagram_is_no_superframe, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_fragments_are_no_superframe, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c62_without_checksums_is_no_superframe);
    tcase_add_loop_test(tcase, wb2_5_checksums_are_left_to_the_device, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_counters_count_datagrams, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_bursts, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_the_first_datagram_teaches, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
