/*
 * test_replies.c - what WSARecvMsg returned, handed to WSASendMsg as it is, is the reply (C17): for
 * every combination of options, every kind of socket and destination.
 */
#include "tests/contract/contract.h"

#include <string.h>

#include <mstcpip.h>

#include "tests/support/control.h"

/* The options that make control messages, by both names. */
static const struct {
    int of4, of6;
} options[] = {
    {IP_PKTINFO, IPV6_PKTINFO},
    {IP_RECVTTL, IPV6_HOPLIMIT},
    {IP_RECVTOS, IPV6_RECVTCLASS},
    {IP_RECVECN, IPV6_RECVECN},
    {IP_PKTINFO_EX, IPV6_PKTINFO_EX},
    {IP_RECVIF, IPV6_RECVIF},
    {IP_RECVDSTADDR, IPV6_RECVDSTADDR},
    {IP_ORIGINAL_ARRIVAL_IF, IP_ORIGINAL_ARRIVAL_IF},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))
#define WITH_TIMESTAMP (1u << OPTIONS)
#define SETS (WITH_TIMESTAMP << 1)

/* How a datagram comes. */
static const struct way {
    const char *bind; /* NULL: dual-stack */
    const char *to;   /* NULL: our address */
    unsigned family;  /* of the datagram: of world_families */
} ways[] = {
    {"0.0.0.0", NULL, 0},
    {"192.0.2.1", NULL, 0},
    {"0.0.0.0", "239.1.2.3", 0},
    {"0.0.0.0", "255.255.255.255", 0},
    {"0.0.0.0", "192.0.2.255", 0},
    {"::", NULL, 1},
    {"2001:db8::1", NULL, 1},
    {"::", "ff05::1:3", 1},
    {NULL, NULL, 0},
    {NULL, NULL, 1},
    {NULL, "239.1.2.3", 0},
    {NULL, "192.0.2.255", 0},
    {NULL, "ff05::1:3", 1},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static void set_options(SOCKET s, const struct way *way, unsigned set)
{
    bool v6_socket = way->bind == NULL || strchr(way->bind, ':') != NULL;
    TIMESTAMPING_CONFIG config = {
        .Flags = (set & WITH_TIMESTAMP) != 0 ? TIMESTAMPING_FLAG_RX : 0};
    DWORD bytes;

    for (unsigned i = 0; i < OPTIONS; i++) {
        world_set(s, IPPROTO_IP, options[i].of4, set >> i & 1);
        if (v6_socket) {
            world_set(s, IPPROTO_IPV6, options[i].of6, set >> i & 1);
        }
    }
    ck_assert_int_eq(WSAIoctl(s, SIO_TIMESTAMPING, &config, sizeof(config), NULL, 0, &bytes, NULL,
                              NULL), 0);
}

/* Receives and replies with the same message; asserts how many control messages there were. */
static void reply(SOCKET s, unsigned messages)
{
    char data[64];
    _Alignas(8) char control[512];
    SOCKADDR_STORAGE name;
    WSABUF buffer = {.len = sizeof(data), .buf = data};
    WSAMSG message = {.name = (LPSOCKADDR)&name, .namelen = sizeof(name), .lpBuffers = &buffer,
                      .dwBufferCount = 1, .Control = {.len = sizeof(control), .buf = control}};
    DWORD bytes = 0;
    unsigned found = 0;

    ck_assert_int_eq(world.recvmsg(s, &message, &bytes, NULL, NULL), 0);
    for (WSACMSGHDR *header = WSA_CMSG_FIRSTHDR(&message); header != NULL;
         header = WSA_CMSG_NXTHDR(&message, header)) {
        found++;
    }
    ck_assert_uint_eq(found, messages);
    buffer.len = bytes;
    ck_assert_msg(WSASendMsg(s, &message, 0, &bytes, NULL, NULL) == 0, "WSASendMsg: %d",
                  WSAGetLastError());
}

START_TEST(c17_every_message_is_a_reply)
{
    const struct way *way = &ways[_i];
    const struct world_family *family = &world_families[way->family];
    uint16_t port;
    SOCKET s = way->bind != NULL ? world_socket(way->bind, &port) : world_dual_socket(&port);
    struct frame_spec spec = {.src = family->peer, .dst = way->to != NULL ? way->to : family->us,
                              .dst_port = port, .src_port = 5555, .text = "ping", .ttl = 3,
                              .tos = 0xbb};
    struct frame_view view;

    if (way->to != NULL && strcmp(way->to, family->group) == 0) {
        world_join(s, family);
    }
    if (way->to != NULL && strchr(way->to, '5') != NULL && way->family == 0) {
        memset(spec.dst_mac, 0xff, 6);
    }
    for (unsigned set = 0; set < SETS; set++) {
        set_options(s, way, set);
        world_inject(&spec);
        reply(s, (unsigned)__builtin_popcount(set));
        world_next_sent(0, &view);
        ck_assert_str_eq(view.src, family->us);
        ck_assert_str_eq(view.dst, family->peer);
        ck_assert_uint_eq(view.src_port, port);
        ck_assert_uint_eq(view.dst_port, 5555);
        ck_assert_uint_eq(view.payload_bytes, 4);
        ck_assert_uint_eq(view.ttl, 128);
        ck_assert_uint_eq(view.tos, 0);
    }
}
END_TEST

/* A joined payload goes back as one datagram: how it was cut is for receives only. */
START_TEST(c17_c32_reply_to_joined_datagrams)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct winlwip_stats stats;
    struct frame_view view;

    world_set(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 65535);
    deliver(FAMILY, port, "one");
    deliver(FAMILY, port, "two");
    world_settle(&stats);
    reply(s, 1);
    world_next_sent(0, &view);
    ck_assert_uint_eq(view.payload_bytes, 6);
    ck_assert_mem_eq(view.payload, "onetwo", 6);
}
END_TEST

Suite *suite_contract_replies(void)
{
    Suite *suite = suite_create("replies");
    TCase *tcase = tcase_create("replies");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, c17_every_message_is_a_reply, 0, WAYS);
    tcase_add_loop_test(tcase, c17_c32_reply_to_joined_datagrams, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
