/*
 * test_superframes.c - datagrams of a superframe in the receive queue (C32; C16, C11, C35): nothing
 * but UDP_COALESCED_INFO may tell that they came together.
 */
#include "tests/contract/superframes.h"

#include <string.h>

#include "config/limits.h"
#include "tests/contract/quote.h"
#include "tests/contract/raw.h"

static struct received received;
static uint8_t payload[1 << 16];

static void setup_payload(void)
{
    world_pattern(payload, sizeof(payload), 9);
}

static void setup_early(void)
{
    setup_payload();
    world_setup_one();
}

static void setup_cut(void)
{
    setup_payload();
    feed_setup_cut();
}

static void settle(void)
{
    struct winlwip_stats stats;

    world_settle(&stats);
}

/* Receives, and asserts which bytes of payload come and what is told. */
static void expect(SOCKET s, const struct receive_room *room, size_t at, size_t bytes, DWORD size)
{
    world_receive_into(s, room, &received);
    ck_assert_msg(received.result == 0, "WSARecvMsg: %d", received.error);
    ck_assert_uint_eq(received.flags, 0);
    world_assert_payload(&received, payload + at, bytes);
    ck_assert_uint_eq(feed_told(&received), size);
}

START_TEST(c32_superframe_comes_as_single_datagrams)
{
    uint16_t port;
    SOCKET s = feed_open(FEED_FAMILY, 0, &port);
    struct winlwip_stats stats;

    world_set(s, FEED_FAMILY->level, FEED_FAMILY->pktinfo, 1);
    feed_run(FEED, FEED_FAMILY, port, payload, 34, 10);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 4);
    ck_assert_uint_eq(stats.datagrams, 4);
    ck_assert_uint_eq(stats.copies_queued, 4);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_uint_eq(feed_queued(s), 34 - i * 10);
        expect(s, NULL, i * 10, i < 3 ? 10 : 4, 0);
        world_assert_name(&received, FEED_FAMILY->peer, FRAME_PEER_PORT);
        world_assert_pktinfo(&received, FEED_FAMILY->us, WORLD_FIRST_INDEX);
    }
    ck_assert_uint_eq(feed_queued(s), 0);
    world_assert_empty(s);
}
END_TEST

START_TEST(c32_superframe_in_one_receive)
{
    uint16_t port;
    SOCKET s = feed_open(FEED_FAMILY, 65535, &port);

    feed_run(FEED, FEED_FAMILY, port, payload, 34, 10);
    settle();
    expect(s, NULL, 0, 34, 10);
    world_assert_name(&received, FEED_FAMILY->peer, FRAME_PEER_PORT);
    ck_assert_uint_eq(feed_queued(s), 0);
    world_assert_empty(s);
}
END_TEST

/* A superframe that holds one datagram is one. */
START_TEST(c32_superframe_of_one)
{
    uint16_t port;
    SOCKET s = feed_open(FEED_FAMILY, 65535, &port);

    feed_run(FEED, FEED_FAMILY, port, payload, 10, 10);
    settle();
    expect(s, NULL, 0, 10, 0);
}
END_TEST

START_TEST(c32_superframes_and_single_datagrams_join)
{
    const struct {
        enum feed feed;
        size_t bytes, segment;
    } runs[] = {{FEED_SINGLE, 10, 10}, {FEED, 30, 10}, {FEED_SINGLE, 10, 10}, {FEED, 24, 10},
                {FEED, 20, 10}, {FEED, 14, 7}, {FEED_SINGLE, 7, 7}, {FEED, 20, 5}};
    uint16_t port;
    SOCKET s = feed_open(FEED_FAMILY, 65535, &port);
    size_t at = 0;

    for (unsigned i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        feed_run(runs[i].feed, FEED_FAMILY, port, payload + at, runs[i].bytes, runs[i].segment);
        at += runs[i].bytes;
    }
    settle();
    expect(s, NULL, 0, 74, 10);      /* ends with the shorter one */
    expect(s, NULL, 74, 27, 10);     /* 10, 10, 7 */
    expect(s, NULL, 101, 19, 7);     /* 7, 7, 5 */
    expect(s, NULL, 120, 15, 5);
    world_assert_empty(s);
}
END_TEST

START_TEST(c32_superframe_within_limit_and_room)
{
    const struct receive_room room = {.data = 25}, none = {.no_control = true};
    uint16_t port;
    SOCKET s = feed_open(FEED_FAMILY, 29, &port);

    feed_run(FEED, FEED_FAMILY, port, payload, 94, 10);
    settle();
    expect(s, NULL, 0, 20, 10);
    world_set(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 5); /* each is longer */
    expect(s, NULL, 20, 10, 0);
    world_set(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 65535); /* C28 */
    expect(s, &room, 30, 20, 10);
    expect(s, &none, 50, 10, 0);
    expect(s, &room, 60, 20, 10);
    ck_assert_uint_eq(feed_queued(s), 14);
    expect(s, NULL, 80, 14, 10);
    world_assert_empty(s);
}
END_TEST

START_TEST(c32_superframe_longer_than_a_receive_joins)
{
    const unsigned most = LIMIT_COALESCED_DATAGRAMS;
    uint16_t port;
    SOCKET s = feed_open(FEED_FAMILY, 65535, &port);

    feed_run(FEED, FEED_FAMILY, port, payload, (most + 6) * 3, 3);
    settle();
    expect(s, NULL, 0, most * 3, 3);
    ck_assert_uint_eq(feed_queued(s), 6 * 3);
    expect(s, NULL, most * 3, 6 * 3, 3);
}
END_TEST

START_TEST(c11_c32_peeks_into_a_superframe)
{
    const struct receive_room peek = {.flags = MSG_PEEK};
    uint16_t port;
    SOCKET s = feed_open(FEED_FAMILY, 65535, &port);

    feed_run(FEED, FEED_FAMILY, port, payload, 34, 10);
    settle();
    expect(s, &peek, 0, 10, 0);
    expect(s, &peek, 0, 10, 0);
    world_set(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 0);
    expect(s, NULL, 0, 10, 0);
    expect(s, &peek, 10, 10, 0);
    world_set(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 65535);
    expect(s, &peek, 10, 10, 0);
    expect(s, NULL, 10, 24, 10);
    world_assert_empty(s);
}
END_TEST

/* A datagram that is too long for its receive is cut alone; the next one comes whole. */
START_TEST(c16_c32_truncation_inside_a_superframe)
{
    const struct receive_room room = {.data = 6};
    uint16_t port;
    SOCKET s = feed_open(FEED_FAMILY, 65535, &port);

    feed_run(FEED, FEED_FAMILY, port, payload, 34, 10);
    settle();
    world_receive_into(s, &room, &received);
    ck_assert_int_eq(received.error, WSAEMSGSIZE);
    ck_assert_uint_eq(received.flags, MSG_TRUNC);
    ck_assert_uint_eq(received.bytes, 6);
    ck_assert_uint_eq(feed_told(&received), 0);
    expect(s, NULL, 10, 24, 10);
}
END_TEST

/* SO_RCVBUF counts each datagram as if it came alone: the short last one may fit alone. */
START_TEST(c32_superframe_in_a_full_queue)
{
    uint16_t port;
    SOCKET s = feed_open(FEED_FAMILY, 0, &port);
    struct winlwip_stats stats;

    world_set(s, SOL_SOCKET, SO_RCVBUF, 100);
    feed_run(FEED_SINGLE, FEED_FAMILY, port, payload, 15, 15);
    feed_run(FEED, FEED_FAMILY, port, payload + 15, 93, 10); /* 8 of 9, and the 3 bytes */
    feed_run(FEED, FEED_FAMILY, port, payload, 20, 10);      /* none */
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DELIVERED], 10);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_QUEUE_FULL], 3);
    ck_assert_uint_eq(stats.datagrams, 13);
    ck_assert_uint_eq(stats.copies_queued, 10);
    ck_assert_uint_eq(stats.copies_dropped, 3);
    ck_assert_uint_eq(feed_queued(s), 98);
    expect(s, NULL, 0, 15, 0);
    for (unsigned i = 0; i < 8; i++) {
        expect(s, NULL, 15 + i * 10, 10, 0);
    }
    expect(s, NULL, 15 + 90, 3, 0);
    world_assert_empty(s);
}
END_TEST

START_TEST(c32_superframe_in_a_small_buffer)
{
    uint16_t port;
    SOCKET s = feed_open(FEED_FAMILY, 0, &port);
    struct winlwip_stats stats;

    world_set(s, SOL_SOCKET, SO_RCVBUF, 5);
    feed_run(FEED, FEED_FAMILY, port, payload, 34, 10); /* an empty queue takes any size, once */
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_QUEUE_FULL], 3);
    expect(s, NULL, 0, 10, 0);
    world_assert_empty(s);
    world_set(s, SOL_SOCKET, SO_RCVBUF, 0);
    feed_run(FEED, FEED_FAMILY, port, payload, 34, 10);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_QUEUE_FULL], 7);
    world_assert_empty(s);
}
END_TEST

START_TEST(c35_c32_errors_between_superframes)
{
    uint16_t port;
    SOCKET s = feed_open(FEED_FAMILY, 65535, &port);

    quote_provoke(s, FEED_FAMILY);
    feed_run(FEED, FEED_FAMILY, port, payload, 30, 10);
    quote_refuse(FEED_FAMILY, port);
    feed_run(FEED, FEED_FAMILY, port, payload + 30, 30, 10);
    settle();
    expect(s, &(struct receive_room){.no_control = true}, 0, 10, 0);
    expect(s, NULL, 10, 20, 10);
    quote_expect_error(s, WSAECONNRESET, FEED_FAMILY->peer, QUOTE_PORT);
    expect(s, NULL, 30, 30, 10);
    world_assert_empty(s);
}
END_TEST

/* Each receive tells again of what it leaves (WB 15.15). */
START_TEST(c32_superframe_tells_fd_read_again)
{
    uint16_t port;
    SOCKET s = feed_open(FEED_FAMILY, 0, &port);
    WSAEVENT event = WSACreateEvent();
    WSANETWORKEVENTS events;

    ck_assert_int_eq(WSAEventSelect(s, event, FD_READ), 0);
    feed_run(FEED, FEED_FAMILY, port, payload, 24, 10);
    settle();
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
        ck_assert_int_eq(WSAEnumNetworkEvents(s, event, &events), 0);
        ck_assert_int_eq(events.lNetworkEvents, FD_READ);
        expect(s, NULL, i * 10, i < 2 ? 10 : 4, 0);
    }
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    ck_assert(WSACloseEvent(event));
}
END_TEST

/* Several are entitled to a group's datagrams: each gets each of them. */
START_TEST(c32_superframe_for_several_sockets)
{
    uint16_t port;
    SOCKET first = world_socket(FEED_FAMILY->any, &port), sockets[2] = {first};
    struct frame_spec spec = {.src = FEED_FAMILY->peer, .dst = FEED_FAMILY->group,
                              .payload = payload, .payload_bytes = 25};
    struct winlwip_stats stats;
    SOCKADDR_STORAGE name;

    closesocket(first);
    for (unsigned i = 0; i < 2; i++) {
        sockets[i] = socket(FEED_FAMILY->af, SOCK_DGRAM, 0);
        world_set(sockets[i], SOL_SOCKET, SO_REUSEADDR, 1);
        int bytes = world_name(FEED_FAMILY->any, port, &name);
        ck_assert_int_eq(bind(sockets[i], (struct sockaddr *)&name, bytes), 0);
        world_join(sockets[i], FEED_FAMILY);
        world_set_nonblocking(sockets[i]);
    }
    spec.dst_port = port;
    world_inject_superframe(&spec, 10, 0);
    world_settle(&stats);
    ck_assert_uint_eq(stats.datagrams, 3);
    ck_assert_uint_eq(stats.copies_queued, 6);
    for (unsigned i = 0; i < 2; i++) {
        for (size_t at = 0; at < 25; at += 10) {
            world_receive(sockets[i], &received);
            world_assert_payload(&received, payload + at, at < 20 ? 10 : 5);
            ck_assert_uint_eq(received.flags, MSG_MCAST);
        }
        closesocket(sockets[i]);
    }
}
END_TEST

START_TEST(c32_superframe_for_nobody)
{
    struct winlwip_stats stats;
    struct frame_view view;

    feed_run(FEED, FEED_FAMILY, 9, payload, 25, 10);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_NO_SOCKET], 3);
    for (unsigned i = 0; i < 3; i++) { /* each is answered */
        world_next_sent(0, &view);
        ck_assert_uint_eq(view.icmp_type, FEED_FAMILY->af == AF_INET ? 3 : 1);
    }
}
END_TEST

/* Raw sockets see complete packets, also where the superframe left the checksum to the hardware. */
START_TEST(c22_c32_superframe_at_a_raw_socket)
{
    size_t header = raw_header_bytes(FEED_FAMILY);
    uint16_t port;
    SOCKET udp = feed_open(FEED_FAMILY, 65535, &port);
    SOCKET raw = raw_open(FEED_FAMILY->af, IPPROTO_UDP, FEED_FAMILY->us);
    struct frame_spec spec = {.src = FEED_FAMILY->peer, .dst = FEED_FAMILY->us, .dst_port = port,
                              .id = 0xffff, .payload = payload, .payload_bytes = 25,
                              .transport_checksum_xor = 0x1234};

    world_inject_superframe(&spec, 10, LINK_FRAME_SUM_PENDING);
    settle();
    for (size_t at = 0; at < 25; at += 10) {
        uint8_t udp_bytes = at < 20 ? 18 : 13;
        world_receive(raw, &received);
        ck_assert_uint_eq(received.bytes, header + udp_bytes);
        const uint8_t *p = received.data + header;
        ck_assert_mem_eq(p + 8, payload + at, udp_bytes - 8u);
        ck_assert_uint_eq(p[5], udp_bytes);
        uint8_t ours[16], theirs[16];
        size_t width = frame_address(FEED_FAMILY->us, ours) == 4 ? 4 : 16;
        frame_address(FEED_FAMILY->peer, theirs);
        uint8_t sum[36 + 18] = {0};
        memcpy(sum, theirs, width);
        memcpy(sum + width, ours, width);
        sum[2 * width + 1] = 17;
        sum[2 * width + 3] = udp_bytes;
        memcpy(sum + 2 * width + 4, p, udp_bytes);
        ck_assert_uint_eq(frame_checksum(sum, 2 * width + 4 + udp_bytes, 0), 0);
        if (header != 0) {
            ck_assert_uint_eq(frame_checksum(received.data, header, 0), 0);
            ck_assert_uint_eq(received.data[5], (uint8_t)(0xff + at / 10));
        }
    }
    expect(udp, NULL, 0, 25, 10);
}
END_TEST

/* What was verified already is not looked at again; a superframe with a wrong sum is one frame. */
START_TEST(c32_superframe_checksums)
{
    static const struct {
        uint8_t flags;
        bool wrong, none, dropped4, dropped6;
    } cases[] = {
        {0, .wrong = true, .dropped4 = true, .dropped6 = true},
        {LINK_FRAME_SUM_VERIFIED, .wrong = true},
        {LINK_FRAME_SUM_PENDING, .wrong = true},
        {0, .none = true, .dropped6 = true},
        {LINK_FRAME_SUM_VERIFIED, .none = true},
    };
    uint16_t port;
    SOCKET s = feed_open(FAMILY, 65535, &port);
    uint64_t dropped = 0;
    struct winlwip_stats stats;

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool drops = FAMILY->af == AF_INET ? cases[i].dropped4 : cases[i].dropped6;
        struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                                  .payload = payload, .payload_bytes = 25,
                                  .no_checksum = cases[i].none,
                                  .transport_checksum_xor = cases[i].wrong ? 0x1234 : 0};
        if (drops) {
            world_inject_bad_superframe(&spec, 10, cases[i].flags);
            dropped++;
        } else {
            world_inject_superframe(&spec, 10, cases[i].flags);
        }
        world_settle(&stats);
        ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_UDP_CHECKSUM], dropped);
        if (!drops) {
            expect(s, NULL, 0, 25, 10);
        }
        world_assert_empty(s);
    }
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase, c32_superframe_comes_as_single_datagrams, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c32_superframe_in_one_receive, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c32_superframe_of_one, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c32_superframes_and_single_datagrams_join, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c32_superframe_within_limit_and_room, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c32_superframe_longer_than_a_receive_joins, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c11_c32_peeks_into_a_superframe, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c16_c32_truncation_inside_a_superframe, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c32_superframe_in_a_full_queue, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c32_superframe_in_a_small_buffer, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c35_c32_errors_between_superframes, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c32_superframe_tells_fd_read_again, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c32_superframe_for_several_sockets, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c32_superframe_for_nobody, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c22_c32_superframe_at_a_raw_socket, 0, FEED_LOOPS);
    tcase_add_loop_test(tcase, c32_superframe_checksums, 0, WORLD_FAMILIES);
}

Suite *suite_contract_superframes(void)
{
    Suite *suite = suite_create("superframes");
    TCase *early = tcase_create("delivered whole");
    TCase *cut = tcase_create("cut for lwIP");

    tcase_add_checked_fixture(early, setup_early, world_teardown);
    tcase_add_checked_fixture(cut, setup_cut, world_teardown);
    add_tests(early);
    add_tests(cut);
    suite_add_tcase(suite, early);
    suite_add_tcase(suite, cut);
    return suite;
}
