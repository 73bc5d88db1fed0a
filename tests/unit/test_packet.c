/*
 * test_packet.c - kept datagrams: what they hold, parts of superframes, and the bound on all.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <winsock2.h>

#include "config/limits.h"
#include "include/winlwip.h"
#include "stack/packet.h"
#include "tests/unit/suites.h"

static uint8_t payload[65507];

/* A stack without a thread of its own: its packets may be made without the stack lock then. */
static void setup(void)
{
    static const struct winlwip_config config = {.no_background = true};
    WSADATA data;

    ck_assert_int_eq(winlwip_configure(&config), 0);
    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &data), 0);
    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)(i * 7 + i / 256);
}

static void teardown(void)
{
    ck_assert_int_eq(WSACleanup(), 0);
}

static struct packet *keep(uint32_t length)
{
    struct datagram_meta meta = {.length = length};
    struct datagram datagram = {.meta = &meta, .data = payload, .exclusive = true};

    return datagram_keep(&datagram);
}

START_TEST(a_kept_datagram_holds_what_was_shown)
{
    static const uint32_t lengths[] = {0, 1, 64, 65, 1472, 1920, 1921, 8192, 8193, 20000,
                                       32700, 32800, 65507};

    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
            struct packet *packet = keep(lengths[i]);
            ck_assert_ptr_nonnull(packet);
            struct datagram view = packet_view(packet);
            ck_assert_uint_eq(view.meta->length, lengths[i]);
            ck_assert_int_eq(memcmp(view.data, payload, lengths[i]), 0);
            packet_put(packet);
        }
    }
}
END_TEST

START_TEST(parts_of_a_superframe)
{
    struct datagram_meta meta = {.length = 34, .segment_size = 10, .frame = 5, .ttl = 3}, part_meta;
    struct datagram all = {.meta = &meta, .data = payload};
    struct datagram part = datagram_part(&all, 10, 10, &part_meta);

    ck_assert_uint_eq(datagram_count(&meta), 4);
    ck_assert_uint_eq(part.meta->length, 10);
    ck_assert_uint_eq(part.meta->segment_size, 0);
    ck_assert_uint_eq(datagram_count(part.meta), 1);
    ck_assert_uint_eq(part.meta->frame, 6); /* each has the number of a frame of its own */
    ck_assert_uint_eq(part.meta->ttl, 3);
    ck_assert_ptr_eq(part.data, payload + 10);
    part = datagram_part(&all, 20, 14, &part_meta);
    ck_assert_uint_eq(part.meta->segment_size, 10);
    ck_assert_uint_eq(datagram_count(part.meta), 2);
    meta = (struct datagram_meta){.length = 34};
    part = datagram_part(&all, 0, 34, &part_meta); /* an ordinary one is what it is */
    ck_assert_ptr_eq(part.meta, &meta);
}
END_TEST

/* Keeps datagrams until no more can be. Returns how many. */
static size_t fill(struct packet **packets, size_t max, uint32_t length)
{
    size_t count = 0;

    while (count < max && (packets[count] = keep(length)) != NULL)
        count++;
    ck_assert_uint_lt(count, max);
    return count;
}

/* Blocks of one size that nobody uses any more make room for those of another. */
START_TEST(free_blocks_do_not_count_for_ever)
{
    static const uint32_t lengths[] = {65507, 1400, 8000, 20000};
    const size_t max = LIMIT_PACKET_BYTES / 1400 + 1;
    struct packet **packets = calloc(max, sizeof(struct packet *));

    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t count = fill(packets, max, lengths[i]);
        ck_assert_uint_gt(count * lengths[i], LIMIT_PACKET_BYTES / 2);
        ck_assert_uint_le(count * lengths[i], LIMIT_PACKET_BYTES);
        while (count != 0)
            packet_put(packets[--count]);
    }
    free(packets);
}
END_TEST

Suite *suite_packet(void)
{
    Suite *suite = suite_create("packet");
    TCase *tcase = tcase_create("packet");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_kept_datagram_holds_what_was_shown);
    tcase_add_test(tcase, parts_of_a_superframe);
    tcase_add_test(tcase, free_blocks_do_not_count_for_ever);
    suite_add_tcase(suite, tcase);
    return suite;
}
