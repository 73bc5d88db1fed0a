/*
 * test_raw.c - raw sockets against the Linux kernel: pings both ways, other protocols, headers of our
 * own (C22).
 */
#include "tests/net/net.h"

#include <string.h>

#include "tests/contract/raw.h"
#include "tests/support/kernel.h"

static struct received received;
static struct kernel_received seen;
static uint8_t message[6000];

static const char *kernel_address(const struct world_family *family)
{
    return family->af == AF_INET ? KERNEL_ADDRESS4 : KERNEL_ADDRESS6;
}

static SOCKET open_ours(const struct world_family *family, int protocol)
{
    SOCKET s = raw_open(family->af, protocol, NULL);

    world_set(s, SOL_SOCKET, SO_RCVTIMEO, WORLD_PATIENCE_MS);
    world_set(s, SOL_SOCKET, SO_RCVBUF, 1 << 20);
    return s;
}

/* An echo request; over IPv6 whoever sends it fills in the checksum. */
static void make_echo(const struct world_family *family, unsigned sequence, size_t bytes)
{
    world_pattern(message, bytes, sequence);
    memset(message, 0, 8);
    message[0] = raw_echo_request(family);
    message[5] = 0x77;
    message[7] = (uint8_t)sequence;
    if (family->af == AF_INET) {
        uint16_t sum = frame_checksum(message, bytes, 0);
        message[2] = (uint8_t)(sum >> 8);
        message[3] = (uint8_t)sum;
    }
}

/* Receives until our echo reply comes; neighbour discovery stands between. */
static void receive_reply(SOCKET s, const struct world_family *family)
{
    do {
        world_receive(s, &received);
    } while (received.data[raw_header_bytes(family)] != raw_echo_reply(family));
}

START_TEST(c22_ping_the_kernel)
{
    static const size_t sizes[] = {8, 64, 1480, 1481, 5000};
    SOCKET s = open_ours(FAMILY, raw_icmp(FAMILY)), other = open_ours(FAMILY, raw_icmp(FAMILY));
    size_t header = raw_header_bytes(FAMILY);

    raw_connect(other, kernel_address(FAMILY));
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        make_echo(FAMILY, i + 1, sizes[i]);
        ck_assert_int_eq(raw_send(s, kernel_address(FAMILY), message, sizes[i]), (int)sizes[i]);
        receive_reply(s, FAMILY);
        ck_assert_uint_eq(received.bytes, header + sizes[i]);
        ck_assert_uint_eq(received.data[header + 7], i + 1);
        ck_assert_mem_eq(received.data + header + 8, message + 8, sizes[i] - 8);
        world_assert_name(&received, kernel_address(FAMILY), 0);
        receive_reply(other, FAMILY);
        ck_assert_uint_eq(received.bytes, header + sizes[i]);
    }
}
END_TEST

START_TEST(c22_the_kernel_pings)
{
    SOCKET s = open_ours(FAMILY, raw_icmp(FAMILY));
    int fd = kernel_raw_socket(kernel_address(FAMILY), raw_icmp(FAMILY));
    SOCKADDR_STORAGE name;
    int bytes = world_name(FAMILY->us, 0, &name);

    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, bytes), 0);
    make_echo(FAMILY, 9, 100);
    ck_assert_int_eq(kernel_send(fd, FAMILY->us, 0, message, 100), 0);
    do { /* a raw socket of the kernel sees more than our reply */
        ck_assert_int_eq(kernel_receive(fd, &seen, WORLD_PATIENCE_MS), 0);
    } while (seen.data[raw_header_bytes(FAMILY)] != raw_echo_reply(FAMILY));
    ck_assert_str_eq(seen.source, FAMILY->us);
    ck_assert_mem_eq(seen.data + raw_header_bytes(FAMILY) + 8, message + 8, 92);
    world_set_nonblocking(s); /* and ours does not see the request */
    while (recv(s, (char *)received.data, sizeof(received.data), 0) > 0)
        ck_assert_uint_ne(received.data[raw_header_bytes(FAMILY)], raw_echo_request(FAMILY));
}
END_TEST

START_TEST(c22_another_protocol_both_ways)
{
    SOCKET s[3];
    int fd = kernel_raw_socket(kernel_address(FAMILY), RAW_PROTOCOL);

    for (unsigned i = 0; i < 3; i++)
        s[i] = open_ours(FAMILY, RAW_PROTOCOL);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(raw_send(s[i], kernel_address(FAMILY), "question", 8), 8);
        ck_assert_int_eq(kernel_receive(fd, &seen, WORLD_PATIENCE_MS), 0);
        ck_assert_uint_eq(seen.bytes, raw_header_bytes(FAMILY) + 8);
        ck_assert_mem_eq(seen.data + raw_header_bytes(FAMILY), "question", 8);
    }
    ck_assert_int_eq(kernel_send(fd, FAMILY->us, 0, "answer", 6), 0);
    for (unsigned i = 0; i < 3; i++) {
        world_receive(s[i], &received);
        raw_assert_text(&received, FAMILY, "answer");
    }
}
END_TEST

/* The kernel accepts a header of our own: it verifies length and checksum. */
START_TEST(c22_a_header_of_our_own)
{
    SOCKET s = open_ours(&world_families[0], IPPROTO_RAW);
    int fd = kernel_raw_socket(KERNEL_ADDRESS4, RAW_PROTOCOL);
    uint8_t packet[25] = {0x45, [8] = 9, [9] = RAW_PROTOCOL};

    world_set(s, IPPROTO_IP, IP_HDRINCL, 1);
    frame_address(KERNEL_ADDRESS4, packet + 16);
    memcpy(packet + 20, "hello", 5);
    ck_assert_int_eq(raw_send(s, KERNEL_ADDRESS4, packet, sizeof(packet)), sizeof(packet));
    ck_assert_int_eq(kernel_receive(fd, &seen, WORLD_PATIENCE_MS), 0);
    ck_assert_uint_eq(seen.bytes, sizeof(packet));
    ck_assert_uint_eq(seen.data[8], 9);
    ck_assert_mem_eq(seen.data + 20, "hello", 5);
    ck_assert_str_eq(seen.source, "192.0.2.1");
}
END_TEST

Suite *suite_net_raw(void)
{
    Suite *suite = suite_create("raw_net");
    TCase *tcase = tcase_create("raw_net");

    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, net_set_up, net_tear_down);
    tcase_add_loop_test(tcase, c22_ping_the_kernel, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_the_kernel_pings, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c22_another_protocol_both_ways, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c22_a_header_of_our_own);
    suite_add_tcase(suite, tcase);
    return suite;
}
