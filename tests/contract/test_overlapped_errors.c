/*
 * test_overlapped_errors.c - overlapped calls that fail: in the network (C35, C36, C70), for want
 * of one (C39, C70), and at once, without any indication (C48; WB 11.13).
 */
#include "tests/contract/overlapped.h"

#include <errno.h>
#include <string.h>

#include "tests/contract/quote.h"
#include "tests/support/world_internal.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* --- errors from the network --- */

/* What is told of a datagram that was sent: type and code in either family, and the outcome. */
static const struct {
    struct {
        uint8_t type, code;
    } icmp[WORLD_FAMILIES];
    int error;
} messages[] = {
    {{{3, 3}, {1, 4}}, WSAECONNRESET},
    {{{11, 0}, {3, 0}}, WSAENETRESET},
    {{{3, 1}, {1, 3}}, WSAEHOSTUNREACH},
    {{{3, 0}, {1, 0}}, WSAENETUNREACH},
};

static void tell(const struct channel *channel, unsigned family, unsigned message)
{
    quote_inject(&(struct quote_spec){.family = &world_families[family],
                                      .port = channel->port,
                                      .type = messages[message].icmp[family].type,
                                      .code = messages[message].icmp[family].code});
}

/* A pending receive ends with the error, the name is the peer's, and the socket goes on working. */
static void check_network_error(int loop, unsigned message)
{
    unsigned family = (unsigned)loop / WAYS % WORLD_FAMILIES;
    const struct world_family *f = &world_families[family];
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, f->us, (enum way)(loop % WAYS));
    quote_provoke(channel.s, f);
    posted = posted_receive(&channel);
    tell(&channel, family, message);
    posted_ends(posted, messages[message].error, 0);
    posted_assert_name(posted, f->peer, QUOTE_PORT);
    ck_assert_uint_eq(posted->message.dwFlags, 0);
    ck_assert_uint_eq((uint8_t)posted->data[0], 0xa5);
    posted = posted_receive(&channel);
    deliver(f, channel.port, "goes on");
    posted_receives(posted, "goes on");
}

START_TEST(c35_a_pending_receive_port_unreachable)
{
    check_network_error(_i, 0);
}
END_TEST

START_TEST(c35_a_pending_receive_host_or_net_unreachable)
{
    check_network_error(_i, 2 + (unsigned)_i / OVERLAPPED_LOOPS);
}
END_TEST

START_TEST(c36_c70_a_pending_receive_ttl_expired)
{
    check_network_error(_i, 1);
}
END_TEST

START_TEST(c35_every_overlapped_receive)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, FAMILY->us, WAY_PORT);
    for (enum posted_call call = CALL_RECVMSG; call < RECEIVE_CALLS; call++) {
        quote_provoke(channel.s, FAMILY);
        posted = posted_new(&channel, call);
        posted_pends(posted);
        quote_refuse(FAMILY, channel.port);
        posted_ends(posted, WSAECONNRESET, 0);
        if (call != CALL_RECV) {
            posted_assert_name(posted, FAMILY->peer, QUOTE_PORT);
        }
    }
}
END_TEST

/* One error ends one of the receives that wait, the first. */
START_TEST(c35_c50_one_error_ends_one_receive)
{
    struct channel channel;
    struct posted *first, *second;

    channel_open(&channel, FAMILY->us, WAY_EVENT);
    quote_provoke(channel.s, FAMILY);
    first = posted_receive(&channel);
    second = posted_receive(&channel);
    quote_refuse(FAMILY, channel.port);
    posted_ends(first, WSAECONNRESET, 0);
    posted_pending(second);
    deliver(FAMILY, channel.port, "second");
    posted_receives(second, "second");
}
END_TEST

/* An error that was queued fails the call itself: there is nothing to wait for (WB 11.13). */
START_TEST(c35_c48_an_error_that_was_queued)
{
    struct channel channel;
    struct posted *posted;
    struct winlwip_stats stats;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    quote_provoke(channel.s, CHANNEL_FAMILY);
    quote_refuse(CHANNEL_FAMILY, channel.port);
    deliver(CHANNEL_FAMILY, channel.port, "behind it");
    world_settle(&stats);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted_fails(posted, WSAECONNRESET);
    posted_assert_name(posted, CHANNEL_FAMILY->peer, QUOTE_PORT);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted_completes(posted);
    posted_receives(posted, "behind it");
}
END_TEST

/* --- no network --- */

START_TEST(c39_an_interface_goes_down_under_pending_receives)
{
    struct channel channel, wildcard;
    struct posted *posted[2], *waits;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    channel_open(&wildcard, CHANNEL_FAMILY->any, CHANNEL_WAY);
    posted[0] = posted_receive(&channel);
    posted[1] = posted_receive(&channel);
    waits = posted_receive(&wildcard);
    ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
    for (unsigned i = 0; i < 2; i++) {
        posted_wait(posted[i]);
        posted_assert(posted[i], WSAENETDOWN, 0);
        posted_untouched(posted[i]);
    }
    posted_nothing_more(posted[1]);
    posted_pending(waits);
    posted_fails(posted_new(&channel, CALL_RECVMSG), WSAENETDOWN);
    ck_assert_int_eq(winlwip_interface_set("mem0", true), 0);
    deliver(CHANNEL_FAMILY, channel.port, "back");
    deliver(CHANNEL_FAMILY, wildcard.port, "waited on");
    world_settle(&(struct winlwip_stats){0});
    posted[0] = posted_new(&channel, CALL_RECVMSG);
    posted_completes(posted[0]);
    posted_receives(posted[0], "back");
    posted_receives(waits, "waited on");
}
END_TEST

START_TEST(c39_a_driver_fails_under_a_pending_receive)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    posted = posted_receive(&channel);
    memlink_fail(world.link[0], -EIO);
    posted_ends(posted, WSAENETDOWN, 0);
    posted_fails(posted_new(&channel, CALL_RECVMSG), WSAENETDOWN);
}
END_TEST

/* The end of a capture file, as configured: everything is drained first, then WSAENETDOWN. */
START_TEST(c70_the_end_of_a_capture)
{
    struct channel channel;
    struct posted *posted[3];

    world_start(&(struct world_options){
        .links = 1, .link = {{.pull = CHANNEL_FAMILY->af == AF_INET, .end_is_down = true}}});
    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    for (unsigned i = 0; i < 3; i++) {
        posted[i] = posted_receive(&channel);
    }
    deliver(CHANNEL_FAMILY, channel.port, "one");
    deliver(CHANNEL_FAMILY, channel.port, "two");
    memlink_end(world.link[0]);
    for (unsigned i = 0; i < 3; i++) {
        posted_wait(posted[i]);
    }
    posted_assert(posted[0], 0, 3);
    ck_assert_mem_eq(posted[0]->data, "one", 3);
    posted_assert(posted[1], 0, 3);
    ck_assert_mem_eq(posted[1]->data, "two", 3);
    posted_assert(posted[2], WSAENETDOWN, 0);
    posted_untouched(posted[2]);
    posted_nothing_more(posted[2]);
    posted_fails(posted_new(&channel, CALL_RECVMSG), WSAENETDOWN);
}
END_TEST

START_TEST(c70_or_pending_receives_wait_on)
{
    struct channel channel;
    struct posted *posted;

    world_start(&(struct world_options){.links = 1});
    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    posted = posted_receive(&channel);
    deliver(CHANNEL_FAMILY, channel.port, "the last");
    memlink_end(world.link[0]);
    posted_receives(posted, "the last");
    posted = posted_receive(&channel);
    world_settle(&(struct winlwip_stats){0});
    posted_pending(posted);
    posted_nothing_more(posted);
}
END_TEST

/* --- calls that are not started (C48) --- */

static struct posted *bad_receive(struct channel *channel)
{
    struct posted *posted = posted_new(channel, CALL_RECVMSG);

    posted->message.dwFlags = 0;
    return posted;
}

START_TEST(c48_c07_c08_wb11_13_bad_arguments_give_no_indication)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    posted = bad_receive(&channel);
    posted->message.dwFlags = MSG_OOB;
    posted_fails(posted, WSAEOPNOTSUPP);
    posted = bad_receive(&channel);
    posted->message.name = NULL;
    posted_fails(posted, WSAEFAULT);
    posted = bad_receive(&channel);
    posted->message.namelen = CHANNEL_FAMILY->name_bytes - 1;
    posted_fails(posted, WSAEFAULT);
    posted = bad_receive(&channel);
    posted->message.Control.buf = NULL;
    posted_fails(posted, WSAEFAULT);
    posted = bad_receive(&channel);
    posted->buffer.buf = NULL;
    posted_fails(posted, WSAEFAULT);
    posted = posted_new(&channel, CALL_RECVFROM);
    posted->namelen = 1;
    posted_fails(posted, WSAEFAULT);
    posted = posted_new(&channel, CALL_RECV);
    posted->flags = MSG_OOB;
    posted_fails(posted, WSAEOPNOTSUPP);
    world_set_nonblocking(channel.s);
    world_assert_empty(channel.s);
}
END_TEST

/* The OVERLAPPED itself, and what else has to be checked before anything starts (C13). */
START_TEST(c48_c13_bad_overlappeds)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    char data[16] = "untouched";
    WSABUF buffer = {.len = sizeof(data), .buf = data};
    WSAMSG message = {.lpBuffers = &buffer, .dwBufferCount = 1};
    DWORD bytes = UNTOUCHED, flags = 0;
    static const ULONG_PTR bad[] = {8, 0xfff0, (ULONG_PTR)-16, (ULONG_PTR)1 << 63};

    deliver(FAMILY, port, "stays queued");
    world_settle(&(struct winlwip_stats){0});
    for (size_t i = 0; i < COUNT(bad); i++) {
        LPWSAOVERLAPPED overlapped = (LPWSAOVERLAPPED)bad[i];

        world_fails(world.recvmsg(s, &message, &bytes, overlapped, NULL), WSAEFAULT);
        world_fails(WSARecv(s, &buffer, 1, &bytes, &flags, overlapped, NULL), WSAEFAULT);
        world_fails(WSARecvFrom(s, &buffer, 1, &bytes, &flags, NULL, NULL, overlapped, NULL),
                    WSAEFAULT);
        world_fails(WSASend(s, &buffer, 1, &bytes, 0, overlapped, NULL), WSAEFAULT);
    }
    ck_assert_uint_eq(bytes, UNTOUCHED);
    ck_assert_str_eq(data, "untouched");
    ck_assert_int_eq(recv(s, data, sizeof(data), 0), 12);
}
END_TEST

START_TEST(c48_c14_the_state_of_the_socket)
{
    struct channel channel;
    struct posted *posted;
    SOCKET s;

    /* Not bound (C14, WB 1.20). */
    s = WSASocketA(CHANNEL_FAMILY->af, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
    world_track(s);
    channel_make(&channel, s, CHANNEL_WAY);
    for (enum posted_call call = CALL_RECVMSG; call < RECEIVE_CALLS; call++) {
        posted_fails(posted_new(&channel, call), WSAEINVAL);
    }
    /* Not connected (WB 2.15). */
    posted = posted_new(&channel, CALL_SEND);
    posted_text(posted, "to whom");
    posted_fails(posted, WSAENOTCONN);
    /* Shut down. */
    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    ck_assert_int_eq(shutdown(channel.s, SD_RECEIVE), 0);
    posted_fails(posted_new(&channel, CALL_RECVMSG), WSAESHUTDOWN);
    /* Closed. */
    closesocket(channel.s);
    for (enum posted_call call = CALL_RECVMSG; call < POSTED_CALLS; call++) {
        posted_fails(posted_new(&channel, call), WSAENOTSOCK);
    }
}
END_TEST

START_TEST(c48_sends_that_are_refused)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    posted = posted_new(&channel, CALL_SENDTO);
    posted_to(posted, CHANNEL_FAMILY->peer, 7);
    posted->namelen = 4;
    posted_fails(posted, WSAEFAULT);
    posted = posted_new(&channel, CALL_SENDMSG);
    posted_to(posted, CHANNEL_FAMILY->peer, 7);
    posted->buffer.buf = NULL;
    posted_fails(posted, WSAEFAULT);
    if (CHANNEL_FAMILY->af == AF_INET) {
        posted = posted_new(&channel, CALL_SENDTO);
        posted_text(posted, "without SO_BROADCAST");
        posted_to(posted, "255.255.255.255", 7);
        posted_fails(posted, WSAEACCES);
    }
}
END_TEST

/* kernel32's part needs no start; the rest says so before it looks at anything (C04). */
/* What the transport refuses, and not Winsock, is told by the completion: libuv relies on it. */
static void refused_later(struct posted *send, int error)
{
    ck_assert_int_eq(posted_start(send), SOCKET_ERROR);
    ck_assert_int_eq(send->error, WSA_IO_PENDING);
    ck_assert_uint_eq(send->bytes, UNTOUCHED);
    posted_ends(send, error, 0);
}

START_TEST(sends_that_the_transport_refuses)
{
    static char large[65536];
    static const char *const nowhere[WORLD_FAMILIES] = {"203.0.113.1", "2001:db8:ffff::1"};
    struct channel channel;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    for (enum posted_call call = CALL_SENDMSG; call <= CALL_SENDTO; call++) {
        struct posted *posted = posted_new(&channel, call);
        posted->buffer = (WSABUF){sizeof(large), large};
        posted_to(posted, CHANNEL_FAMILY->peer, 9);
        refused_later(posted, WSAEMSGSIZE);

        posted = posted_new(&channel, call);
        posted_text(posted, "lost");
        posted_to(posted, nowhere[_i / WAYS], 9);
        refused_later(posted, WSAENETUNREACH);
    }
}
END_TEST

START_TEST(c48_c04_before_the_start)
{
    struct posted *posted;
    struct channel channel = {.way = WAY_POLL, .s = 4};
    DWORD bytes = UNTOUCHED, flags;
    HANDLE port = overlapped_port();
    WSAOVERLAPPED ended = {.InternalHigh = 3};
    LPOVERLAPPED packet;
    ULONG_PTR key;

    for (enum posted_call call = CALL_RECVFROM; call < POSTED_CALLS; call++) {
        posted = posted_new(&channel, call);
        ck_assert_int_eq(posted_start(posted), SOCKET_ERROR);
        ck_assert_int_eq(posted->error, WSANOTINITIALISED);
        ck_assert_uint_eq(posted->overlapped.Internal, UNTOUCHED);
    }
    SetLastError(0);
    ck_assert_int_eq(WSAGetOverlappedResult(4, &ended, &bytes, FALSE, &flags), FALSE);
    ck_assert_int_eq(WSAGetLastError(), WSANOTINITIALISED);
    ck_assert_int_eq(GetOverlappedResult(NULL, &ended, &bytes, FALSE), TRUE);
    ck_assert_int_eq(PostQueuedCompletionStatus(port, 1, 2, &ended), TRUE);
    ck_assert_int_eq(GetQueuedCompletionStatus(port, &bytes, &key, &packet, 0), TRUE);
    ck_assert_ptr_eq(packet, &ended);
    ck_assert_uint_eq(SleepEx(0, TRUE), 0);
}
END_TEST

static void add_network_errors(TCase *tcase)
{
    tcase_add_loop_test(tcase, c35_a_pending_receive_port_unreachable, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c35_a_pending_receive_host_or_net_unreachable, 0,
                        OVERLAPPED_LOOPS * 2);
    tcase_add_loop_test(tcase, c36_c70_a_pending_receive_ttl_expired, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c35_every_overlapped_receive, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c35_c50_one_error_ends_one_receive, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c35_c48_an_error_that_was_queued, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c39_an_interface_goes_down_under_pending_receives, 0,
                        OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c39_a_driver_fails_under_a_pending_receive, 0, OVERLAPPED_LOOPS);
}

Suite *suite_contract_overlapped_errors(void)
{
    Suite *suite = suite_create("overlapped_errors");
    TCase *tcase = tcase_create("overlapped_errors"), *bare = tcase_create("overlapped_bare");

    tcase_add_checked_fixture(tcase, overlapped_setup_two, overlapped_teardown);
    add_network_errors(tcase);
    tcase_add_loop_test(tcase, c48_c07_c08_wb11_13_bad_arguments_give_no_indication, 0,
                        OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c48_c13_bad_overlappeds, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c48_c14_the_state_of_the_socket, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c48_sends_that_are_refused, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, sends_that_the_transport_refuses, 0, OVERLAPPED_LOOPS);
    suite_add_tcase(suite, tcase);

    tcase_add_checked_fixture(bare, NULL, overlapped_teardown);
    tcase_add_loop_test(bare, c70_the_end_of_a_capture, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(bare, c70_or_pending_receives_wait_on, 0, OVERLAPPED_LOOPS);
    tcase_add_test(bare, c48_c04_before_the_start);
    suite_add_tcase(suite, bare);
    return suite;
}
