/*
 * test_cmsg.c - control messages: written for a datagram, read for a send.
 */
#include <check.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "winsock/cmsg.h"
#include "tests/unit/suites.h"

#define ALL (CMSG_PKTINFO | CMSG_TTL | CMSG_TOS | CMSG_ECN)

/* Bytes behind a buffer that nobody may touch. */
#define GUARD 0x5a

static struct datagram_meta meta4(void)
{
    struct datagram_meta meta = {
        .source = netaddr_from_v4(htonl(0xc0000201)),
        .destination = netaddr_from_v4(htonl(0xc0000263)),
        .interface_index = 7,
        .ttl = 64,
        .tos = 0xb9,
    };
    return meta;
}

static struct datagram_meta meta6(void)
{
    static const uint8_t to[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 9};
    struct datagram_meta meta = meta4();

    meta.source = netaddr_from_v6(to);
    meta.destination = netaddr_from_v6(to);
    return meta;
}

/* A message as the macros find it. */
struct found {
    unsigned count;
    struct {
        int level, type;
        size_t bytes;
        UCHAR data[32];
    } at[8];
};

static void walk(void *buffer, size_t length, struct found *found)
{
    WSAMSG message = {.Control = {(ULONG)length, buffer}};
    WSACMSGHDR *header;

    memset(found, 0, sizeof(*found));
    for (header = WSA_CMSG_FIRSTHDR(&message); header != NULL;
         header = WSA_CMSG_NXTHDR(&message, header)) {
        ck_assert_uint_lt(found->count, 8);
        found->at[found->count].level = header->cmsg_level;
        found->at[found->count].type = header->cmsg_type;
        found->at[found->count].bytes = header->cmsg_len - sizeof(*header);
        memcpy(found->at[found->count].data, WSA_CMSG_DATA(header),
               header->cmsg_len - sizeof(*header));
        found->count++;
    }
}

static void assert_number(const struct found *found, unsigned i, int level, int type, INT value)
{
    INT number;

    ck_assert_uint_lt(i, found->count);
    ck_assert_int_eq(found->at[i].level, level);
    ck_assert_int_eq(found->at[i].type, type);
    ck_assert_uint_eq(found->at[i].bytes, 4);
    memcpy(&number, found->at[i].data, sizeof(number));
    ck_assert_int_eq(number, value);
}

static _Alignas(8) UCHAR buffer[CMSG_ALL_BYTES];

static size_t write_into(const struct datagram_meta *meta, uint32_t set, size_t capacity,
                         bool *truncated)
{
    memset(buffer, GUARD, sizeof(buffer));
    size_t used = cmsg_write(meta, set, buffer, capacity, truncated);
    ck_assert_uint_le(used, capacity);
    for (size_t i = used; i < sizeof(buffer); i++)
        ck_assert_msg(buffer[i] == GUARD, "byte %zu behind %zu was written", i, used);
    return used;
}

START_TEST(c25_pktinfo_holds_destination_and_interface)
{
    struct datagram_meta meta = meta4();
    struct found found;
    IN_PKTINFO info;
    bool truncated;

    size_t used = write_into(&meta, CMSG_PKTINFO, 64, &truncated);
    ck_assert_uint_eq(used, 24);
    ck_assert(!truncated);
    walk(buffer, used, &found);
    ck_assert_uint_eq(found.count, 1);
    ck_assert_int_eq(found.at[0].level, IPPROTO_IP);
    ck_assert_int_eq(found.at[0].type, IP_PKTINFO);
    ck_assert_uint_eq(found.at[0].bytes, 8);
    memcpy(&info, found.at[0].data, sizeof(info));
    ck_assert_uint_eq(info.ipi_addr.s_addr, htonl(0xc0000263));
    ck_assert_uint_eq(info.ipi_ifindex, 7);
}
END_TEST

START_TEST(c26_pktinfo_of_ipv6)
{
    struct datagram_meta meta = meta6();
    struct found found;
    IN6_PKTINFO info;
    bool truncated;

    size_t used = write_into(&meta, CMSG_PKTINFO, 64, &truncated);
    ck_assert_uint_eq(used, 40);
    walk(buffer, used, &found);
    ck_assert_uint_eq(found.count, 1);
    ck_assert_int_eq(found.at[0].level, IPPROTO_IPV6);
    ck_assert_int_eq(found.at[0].type, IPV6_PKTINFO);
    ck_assert_uint_eq(found.at[0].bytes, 20);
    memcpy(&info, found.at[0].data, sizeof(info));
    ck_assert_mem_eq(&info.ipi6_addr, meta.destination.bytes, 16);
    ck_assert_uint_eq(info.ipi6_ifindex, 7);
}
END_TEST

START_TEST(c29_c30_c31_numbers_of_ipv4)
{
    struct datagram_meta meta = meta4();
    struct found found;
    bool truncated;

    walk(buffer, write_into(&meta, CMSG_TTL | CMSG_TOS | CMSG_ECN, 128, &truncated), &found);
    ck_assert_uint_eq(found.count, 3);
    assert_number(&found, 0, IPPROTO_IP, IP_TTL, 64);
    assert_number(&found, 1, IPPROTO_IP, IP_TOS, 0xb9);
    assert_number(&found, 2, IPPROTO_IP, IP_ECN, 1);
}
END_TEST

START_TEST(c29_c30_c31_numbers_of_ipv6)
{
    struct datagram_meta meta = meta6();
    struct found found;
    bool truncated;

    walk(buffer, write_into(&meta, CMSG_TTL | CMSG_TOS | CMSG_ECN, 128, &truncated), &found);
    ck_assert_uint_eq(found.count, 3);
    assert_number(&found, 0, IPPROTO_IPV6, IPV6_HOPLIMIT, 64);
    assert_number(&found, 1, IPPROTO_IPV6, IPV6_TCLASS, 0xb9);
    assert_number(&found, 2, IPPROTO_IPV6, IPV6_ECN, 1);
}
END_TEST

START_TEST(c25_c29_c30_absent_when_not_asked_for)
{
    struct datagram_meta meta = meta4();
    bool truncated = true;

    ck_assert_uint_eq(write_into(&meta, 0, 128, &truncated), 0);
    ck_assert(!truncated);
    for (uint32_t set = 0; set <= ALL; set++) {
        struct found found;
        walk(buffer, write_into(&meta, set, 128, &truncated), &found);
        ck_assert_uint_eq(found.count, (unsigned)__builtin_popcount(set));
    }
}
END_TEST

START_TEST(c34_layout)
{
    struct datagram_meta meta = meta4();
    bool truncated;
    WSACMSGHDR header;

    ck_assert_uint_eq(write_into(&meta, ALL, 128, &truncated), 96); /* 4 of 24 */
    memcpy(&header, buffer + 24, sizeof(header));
    ck_assert_uint_eq(header.cmsg_len, WSA_CMSG_LEN(4));
    ck_assert_uint_eq(24, WSA_CMSG_SPACE(4));
    ck_assert_int_eq(header.cmsg_type, IP_TTL);
}
END_TEST

/* Every capacity: what is there is whole, and what is missing is told. */
START_TEST(c20_no_message_is_cut)
{
    struct datagram_meta meta = _i == 0 ? meta4() : meta6();
    size_t first = _i == 0 ? 24 : 36;

    for (size_t capacity = 0; capacity <= 128; capacity++) {
        struct found found;
        bool truncated;
        size_t used = write_into(&meta, ALL, capacity, &truncated);
        walk(buffer, used, &found);
        ck_assert_int_eq(truncated, found.count < 4);
        if (capacity < 20)
            ck_assert_uint_eq(found.count, 0);
        if (capacity >= first)
            ck_assert_uint_eq(found.at[0].bytes, first - 16);
        for (unsigned i = 0; i < found.count; i++)
            ck_assert(found.at[i].bytes == 4 || found.at[i].bytes == first - 16);
    }
}
END_TEST

START_TEST(c20_smaller_messages_behind_one_that_does_not_fit)
{
    struct datagram_meta meta = meta6();
    struct found found;
    bool truncated;

    walk(buffer, write_into(&meta, CMSG_PKTINFO | CMSG_TTL, 24, &truncated), &found);
    ck_assert(truncated);
    ck_assert_uint_eq(found.count, 1);
    assert_number(&found, 0, IPPROTO_IPV6, IPV6_HOPLIMIT, 64);
}
END_TEST

START_TEST(c20_no_buffer_at_all)
{
    struct datagram_meta meta = meta4();
    bool truncated = false;

    ck_assert_uint_eq(cmsg_write(&meta, ALL, NULL, 0, &truncated), 0);
    ck_assert(truncated);
}
END_TEST

/* Appends a message to the buffer and returns the new length. */
static size_t append(size_t at, int level, int type, const void *data, size_t bytes)
{
    WSACMSGHDR header = {WSA_CMSG_LEN(bytes), level, type};

    memset(buffer + at, 0, WSA_CMSG_SPACE(bytes));
    memcpy(buffer + at, &header, sizeof(header));
    memcpy(buffer + at + sizeof(header), data, bytes);
    return at + WSA_CMSG_SPACE(bytes);
}

static size_t append_number(size_t at, int level, int type, INT value)
{
    return append(at, level, type, &value, sizeof(value));
}

START_TEST(c62_wishes_of_ipv4)
{
    IN_PKTINFO info = {.ipi_ifindex = 3};
    struct cmsg_wishes wishes;

    info.ipi_addr.s_addr = htonl(0xc0000263);
    size_t length = append(0, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    length = append_number(length, IPPROTO_IP, IP_TTL, 5);
    length = append_number(length, IPPROTO_IP, IP_TOS, 0x28);
    length = append_number(length, IPPROTO_IP, IP_ECN, 2);
    ck_assert_int_eq(cmsg_parse(buffer, length, true, false, &wishes), 0);
    ck_assert_uint_eq(netaddr_v4(&wishes.source), htonl(0xc0000263));
    ck_assert_uint_eq(wishes.interface_index, 3);
    ck_assert_int_eq(wishes.ttl, 5);
    ck_assert_int_eq(wishes.tos, 0x28);
    ck_assert_int_eq(wishes.ecn, 2);
}
END_TEST

START_TEST(c62_nothing_asked_for)
{
    struct cmsg_wishes wishes;

    ck_assert_int_eq(cmsg_parse(NULL, 0, true, false, &wishes), 0);
    ck_assert(netaddr_is_any(&wishes.source));
    ck_assert_uint_eq(wishes.interface_index, 0);
    ck_assert_int_eq(wishes.ttl, -1);
    ck_assert_int_eq(wishes.tos, -1);
    ck_assert_int_eq(wishes.ecn, -1);
}
END_TEST

/* What was received, handed back as it is, asks for the source and nothing else. */
START_TEST(c17_received_numbers_do_not_count)
{
    for (int ttl = 0; ttl < 256; ttl++) {
        struct datagram_meta meta = _i == 0 ? meta4() : meta6();
        struct cmsg_wishes wishes;
        bool truncated;
        meta.ttl = (uint8_t)ttl;
        meta.tos = (uint8_t)(255 - ttl); /* ECN 3 among them, which could not be sent */
        size_t used = write_into(&meta, ALL, 128, &truncated);
        ck_assert_int_eq(cmsg_parse(buffer, used, _i == 0, false, &wishes), 0);
        ck_assert(netaddr_equal(&wishes.source, &meta.destination));
        ck_assert_uint_eq(wishes.interface_index, 7);
        ck_assert_int_eq(wishes.ttl, -1);
        ck_assert_int_eq(wishes.tos, -1);
        ck_assert_int_eq(wishes.ecn, -1);
    }
}
END_TEST

START_TEST(c17_a_changed_number_counts)
{
    struct datagram_meta meta = meta4();
    struct cmsg_wishes wishes;
    bool truncated;
    INT ttl = 12;

    size_t used = write_into(&meta, CMSG_TTL, 128, &truncated);
    memcpy(buffer + 16, &ttl, sizeof(ttl));
    ck_assert_int_eq(cmsg_parse(buffer, used, true, false, &wishes), 0);
    ck_assert_int_eq(wishes.ttl, 12);
}
END_TEST

START_TEST(c17_every_written_number_counts)
{
    static const int types[] = {IP_TTL, IP_TOS};

    for (int value = 0; value < 256; value++) {
        struct cmsg_wishes wishes;
        size_t length = append_number(0, IPPROTO_IP, types[_i], value);
        ck_assert_int_eq(cmsg_parse(buffer, length, true, false, &wishes), 0);
        ck_assert_int_eq(_i == 0 ? wishes.ttl : wishes.tos, value);
    }
}
END_TEST

START_TEST(c17_types_of_receives_are_passed_over)
{
    struct cmsg_wishes wishes;
    UINT64 stamp = 1;
    size_t length = append(0, SOL_SOCKET, SO_TIMESTAMP, &stamp, sizeof(stamp));

    length = append_number(length, IPPROTO_UDP, UDP_COALESCED_INFO, 100);
    length = append_number(length, IPPROTO_IP, IP_ORIGINAL_ARRIVAL_IF, 1);
    ck_assert_int_eq(cmsg_parse(buffer, length, true, false, &wishes), 0);
}
END_TEST

START_TEST(malformed_control_data_is_refused)
{
    struct cmsg_wishes wishes;
    WSACMSGHDR header;
    size_t length = append_number(0, IPPROTO_IP, IP_TTL, 5);

    memcpy(&header, buffer, sizeof(header));
    for (SIZE_T claimed = 0; claimed < 64; claimed++) {
        header.cmsg_len = claimed;
        memcpy(buffer, &header, sizeof(header));
        int error = cmsg_parse(buffer, length, true, false, &wishes);
        ck_assert_int_eq(error, claimed == 20 ? 0 : WSAEINVAL);
    }
    header.cmsg_len = SIZE_MAX;
    memcpy(buffer, &header, sizeof(header));
    ck_assert_int_eq(cmsg_parse(buffer, length, true, false, &wishes), WSAEINVAL);
}
END_TEST

START_TEST(values_out_of_range_are_refused)
{
    static const struct {
        int type;
        INT value;
    } bad[] = {{IP_TTL, 256}, {IP_TTL, -1}, {IP_TOS, 256}, {IP_ECN, 3}, {IP_ECN, -1}, {99, 0}};
    struct cmsg_wishes wishes;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        size_t length = append_number(0, IPPROTO_IP, bad[i].type, bad[i].value);
        ck_assert_int_eq(cmsg_parse(buffer, length, true, false, &wishes), WSAEINVAL);
    }
}
END_TEST

START_TEST(c27_messages_of_the_other_version)
{
    struct cmsg_wishes wishes;
    size_t length = append_number(0, IPPROTO_IPV6, IPV6_TCLASS, 8);

    ck_assert_int_eq(cmsg_parse(buffer, length, true, false, &wishes), WSAEINVAL);
    ck_assert_int_eq(cmsg_parse(buffer, length, true, true, &wishes), 0);
    ck_assert_int_eq(wishes.tos, -1);
    ck_assert_int_eq(cmsg_parse(buffer, length, false, true, &wishes), 0);
    ck_assert_int_eq(wishes.tos, 8);
}
END_TEST

/* What of all messages of a datagram is found, in the order of the bits. */
START_TEST(c33_every_message_once)
{
    static const struct {
        int level, type;
        size_t bytes;
    } expected[2][10] = {
        {{IPPROTO_IP, IP_PKTINFO, 8}, {IPPROTO_IP, IP_TTL, 4}, {IPPROTO_IP, IP_TOS, 4},
         {IPPROTO_IP, IP_ECN, 4}, {IPPROTO_IP, IP_PKTINFO_EX, 12}, {IPPROTO_IP, IP_RECVIF, 4},
         {IPPROTO_IP, IP_RECVDSTADDR, 4}, {IPPROTO_IP, IP_ORIGINAL_ARRIVAL_IF, 4},
         {SOL_SOCKET, SO_TIMESTAMP, 8}, {IPPROTO_UDP, UDP_COALESCED_INFO, 4}},
        {{IPPROTO_IPV6, IPV6_PKTINFO, 20}, {IPPROTO_IPV6, IPV6_HOPLIMIT, 4},
         {IPPROTO_IPV6, IPV6_TCLASS, 4}, {IPPROTO_IPV6, IPV6_ECN, 4},
         {IPPROTO_IPV6, IPV6_PKTINFO_EX, 24}, {IPPROTO_IPV6, IPV6_RECVIF, 4},
         {IPPROTO_IPV6, IPV6_RECVDSTADDR, 16}, {IPPROTO_IPV6, IP_ORIGINAL_ARRIVAL_IF, 4},
         {SOL_SOCKET, SO_TIMESTAMP, 8}, {IPPROTO_UDP, UDP_COALESCED_INFO, 4}},
    };
    struct datagram_meta meta = _i == 0 ? meta4() : meta6();
    WSACMSGHDR header;
    bool truncated;
    size_t at = 0;

    meta.segment_size = 100;
    size_t used = write_into(&meta, 0x3ff, sizeof(buffer), &truncated);
    ck_assert(!truncated);
    for (unsigned i = 0; i < 10 && at < used; i++) {
        memcpy(&header, buffer + at, sizeof(header));
        ck_assert_int_eq(header.cmsg_level, expected[_i][i].level);
        ck_assert_int_eq(header.cmsg_type, expected[_i][i].type);
        ck_assert_uint_eq(header.cmsg_len, WSA_CMSG_LEN(expected[_i][i].bytes));
        at += WSA_CMSG_SPACE(expected[_i][i].bytes);
    }
    ck_assert_uint_eq(at, used);
}
END_TEST

/* The data of the messages that hold more than a number of the header. */
START_TEST(c33_data_of_the_further_messages)
{
    static const uint8_t local[16] = {0xfe, 0x80, [15] = 9};
    struct datagram_meta meta = _i == 0 ? meta4() : meta6();
    struct found found;
    bool truncated;
    UINT64 stamp;
    SCOPE_ID scope;

    meta.arrival_ns = 123456789012345678;
    if (_i == 2) {
        meta.destination = netaddr_from_v6(local);
    }
    walk(buffer, write_into(&meta, CMSG_PKTINFO_EX | CMSG_RECVDSTADDR | CMSG_TIMESTAMP, 256,
                            &truncated), &found);
    ck_assert_uint_eq(found.count, 3);
    memcpy(&scope, found.at[0].data + found.at[0].bytes - 4, sizeof(scope));
    ck_assert_uint_eq(scope.Value, _i == 2 ? 7 : 0); /* as sin6_scope_id */
    ck_assert_mem_eq(found.at[0].data + found.at[0].bytes - 8, &meta.interface_index, 4);
    if (_i == 0) {
        ck_assert_mem_eq(found.at[0].data, &(uint32_t){htonl(0xc0000263)}, 4);
        ck_assert_mem_eq(found.at[1].data, &(uint32_t){htonl(0xc0000263)}, 4);
    } else {
        ck_assert_mem_eq(found.at[0].data, meta.destination.bytes, 16);
        ck_assert_mem_eq(found.at[1].data, meta.destination.bytes, 16);
    }
    memcpy(&stamp, found.at[2].data, sizeof(stamp));
    ck_assert_uint_eq(stamp, 1234567890123456u);
}
END_TEST

/* With a segment size the message is there whatever is asked for; without, never. */
START_TEST(c32_the_size_of_segments)
{
    struct datagram_meta meta = meta4();
    struct found found;
    bool truncated;

    walk(buffer, write_into(&meta, CMSG_COALESCED, 64, &truncated), &found);
    ck_assert_uint_eq(found.count, 0);
    meta.segment_size = 1200;
    walk(buffer, write_into(&meta, 0, 64, &truncated), &found);
    ck_assert_uint_eq(found.count, 1);
    assert_number(&found, 0, IPPROTO_UDP, UDP_COALESCED_INFO, 1200);
}
END_TEST

START_TEST(c32_does_it_fit)
{
    struct datagram_meta meta = meta4();

    ck_assert(cmsg_fits(&meta, 0, 0));
    ck_assert(!cmsg_fits(&meta, CMSG_PKTINFO, 23));
    ck_assert(cmsg_fits(&meta, CMSG_PKTINFO, 24));
    ck_assert(cmsg_fits(&meta, 0x3ff, CMSG_ALL_BYTES));
    ck_assert(cmsg_fits(&meta, 0x3ff, SIZE_MAX));
    meta = meta6();
    meta.segment_size = 1;
    ck_assert(cmsg_fits(&meta, 0x3ff, CMSG_ALL_BYTES));
}
END_TEST

START_TEST(c62_further_wishes)
{
    struct cmsg_wishes wishes;
    size_t length = append_number(0, IPPROTO_UDP, UDP_SEND_MSG_SIZE, -1);

    length = append_number(length, SOL_SOCKET, SO_TIMESTAMP_ID, -2);
    length = append_number(length, IPPROTO_IP, IP_DONTFRAGMENT, 5);
    ck_assert_int_eq(cmsg_parse(buffer, length, true, false, &wishes), 0);
    ck_assert_int_eq(wishes.segment_bytes, 0xffffffff);
    ck_assert_int_eq(wishes.timestamp_id, 0xfffffffe);
    ck_assert_int_eq(wishes.dont_fragment, 1);
    ck_assert_int_eq(cmsg_parse(buffer, 0, true, false, &wishes), 0);
    ck_assert_int_eq(wishes.segment_bytes, -1);
    ck_assert_int_eq(wishes.timestamp_id, -1);
    ck_assert_int_eq(wishes.dont_fragment, -1);
}
END_TEST

Suite *suite_cmsg(void)
{
    Suite *suite = suite_create("cmsg");
    TCase *tests = tcase_create("cmsg");

    tcase_set_timeout(tests, 10);
    tcase_add_test(tests, c25_pktinfo_holds_destination_and_interface);
    tcase_add_test(tests, c26_pktinfo_of_ipv6);
    tcase_add_test(tests, c29_c30_c31_numbers_of_ipv4);
    tcase_add_test(tests, c29_c30_c31_numbers_of_ipv6);
    tcase_add_test(tests, c25_c29_c30_absent_when_not_asked_for);
    tcase_add_test(tests, c34_layout);
    tcase_add_loop_test(tests, c20_no_message_is_cut, 0, 2);
    tcase_add_test(tests, c20_smaller_messages_behind_one_that_does_not_fit);
    tcase_add_test(tests, c20_no_buffer_at_all);
    tcase_add_test(tests, c62_wishes_of_ipv4);
    tcase_add_test(tests, c62_nothing_asked_for);
    tcase_add_loop_test(tests, c17_received_numbers_do_not_count, 0, 2);
    tcase_add_test(tests, c17_a_changed_number_counts);
    tcase_add_loop_test(tests, c17_every_written_number_counts, 0, 2);
    tcase_add_test(tests, c17_types_of_receives_are_passed_over);
    tcase_add_test(tests, malformed_control_data_is_refused);
    tcase_add_test(tests, values_out_of_range_are_refused);
    tcase_add_test(tests, c27_messages_of_the_other_version);
    tcase_add_loop_test(tests, c33_every_message_once, 0, 2);
    tcase_add_loop_test(tests, c33_data_of_the_further_messages, 0, 3);
    tcase_add_test(tests, c32_the_size_of_segments);
    tcase_add_test(tests, c32_does_it_fit);
    tcase_add_test(tests, c62_further_wishes);
    suite_add_tcase(suite, tests);
    return suite;
}
