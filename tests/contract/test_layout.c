/*
 * test_layout.c - control messages as they stand in memory, byte by byte (C34).
 */
#include "tests/contract/contract.h"

#include <string.h>

static struct received received;

_Static_assert(sizeof(WSACMSGHDR) == 16, "16-byte header");
_Static_assert(WSA_CMSG_LEN(4) == 20 && WSA_CMSG_SPACE(4) == 24, "an INT");
_Static_assert(WSA_CMSG_LEN(8) == 24 && WSA_CMSG_SPACE(8) == 24, "IN_PKTINFO");
_Static_assert(WSA_CMSG_LEN(12) == 28 && WSA_CMSG_SPACE(12) == 32, "12 bytes");
_Static_assert(WSA_CMSG_LEN(20) == 36 && WSA_CMSG_SPACE(20) == 40, "IN6_PKTINFO");

/* One message as it has to stand in memory; data in the machine's (little-endian) order. */
static void assert_message(const uint8_t *at, uint64_t length, int level, int type,
                           const void *data)
{
    uint64_t cmsg_len;
    int cmsg_level, cmsg_type;

    memcpy(&cmsg_len, at, 8);
    memcpy(&cmsg_level, at + 8, 4);
    memcpy(&cmsg_type, at + 12, 4);
    ck_assert_uint_eq(cmsg_len, length);
    ck_assert_int_eq(cmsg_level, level);
    ck_assert_int_eq(cmsg_type, type);
    ck_assert_mem_eq(at + 16, data, length - 16);
}

START_TEST(c34_layout_of_an_ipv4_pktinfo)
{
    static const uint8_t data[8] = {192, 0, 2, 1, WORLD_FIRST_INDEX, 0, 0, 0};
    uint16_t port;
    SOCKET s = world_socket("0.0.0.0", &port);

    world_set(s, IPPROTO_IP, IP_PKTINFO, 1);
    deliver(&world_families[0], port, "x");
    world_receive(s, &received);
    ck_assert_uint_eq(received.control_len, 24);
    assert_message(received.control_bytes, 24, 0, 19, data);
    ck_assert_uint_eq(received.control_bytes[24], 0xa5);
}
END_TEST

START_TEST(c34_layout_of_an_ipv6_pktinfo)
{
    static const uint8_t data[20] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1, [16] = WORLD_FIRST_INDEX};
    uint16_t port;
    SOCKET s = world_socket("::", &port);

    world_set(s, IPPROTO_IPV6, IPV6_PKTINFO, 1);
    deliver(&world_families[1], port, "x");
    world_receive(s, &received);
    ck_assert_uint_eq(received.control_len, 40);
    assert_message(received.control_bytes, 36, 41, 19, data);
    ck_assert_uint_eq(received.control_bytes[40], 0xa5);
}
END_TEST

static const struct {
    bool six;
    int option, type;
    int value;
} integers[] = {
    {false, 21, 4, 0x4d},  {false, 40, 3, 0x39}, {false, 50, 50, 1},
    {true, 21, 21, 0x4d}, {true, 40, 39, 0x39}, {true, 50, 50, 1},
};

START_TEST(c34_layout_of_integers)
{
    const struct world_family *family = &world_families[integers[_i].six];
    uint16_t port;
    SOCKET s = world_socket(family->us, &port);

    world_set(s, family->level, integers[_i].option, 1);
    world_inject(&(struct frame_spec){.src = family->peer, .dst = family->us, .dst_port = port,
                                      .text = "x", .ttl = 0x4d, .tos = 0x39});
    world_receive(s, &received);
    ck_assert_uint_eq(received.control_len, 24);
    assert_message(received.control_bytes, 20, family->level, integers[_i].type,
                   &integers[_i].value);
    ck_assert_uint_eq(received.control_bytes[24], 0xa5);
}
END_TEST

/* The padding behind the last message may be missing: WSA_CMSG_LEN bytes are room enough. */
START_TEST(c34_no_room_for_the_last_padding)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    world_set(s, FAMILY->level, FAMILY->recvttl, 1);
    deliver(FAMILY, port, "x");
    world_receive_into(s, &(struct receive_room){.control = WSA_CMSG_LEN(sizeof(INT))}, &received);
    ck_assert_int_eq(received.result, 0);
    ck_assert_uint_eq(received.flags, 0);
    ck_assert_uint_eq(received.control_len, WSA_CMSG_LEN(sizeof(INT)));
    ck_assert_uint_eq(received.control_bytes[received.control_len], 0xa5);
}
END_TEST

Suite *suite_contract_layout(void)
{
    Suite *suite = suite_create("control_layout");
    TCase *tcase = tcase_create("control_layout");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_test(tcase, c34_layout_of_an_ipv4_pktinfo);
    tcase_add_test(tcase, c34_layout_of_an_ipv6_pktinfo);
    tcase_add_loop_test(tcase, c34_layout_of_integers, 0,
                        (int)(sizeof(integers) / sizeof(integers[0])));
    tcase_add_loop_test(tcase, c34_no_room_for_the_last_padding, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
