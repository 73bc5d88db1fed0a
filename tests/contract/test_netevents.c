/*
 * test_netevents.c - WSAEventSelect and WSAEnumNetworkEvents on datagram sockets (WB 15.13-15.17,
 * 9.6, C69).
 */
#include "tests/contract/contract.h"

#include <string.h>

#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

#define UNWRITTEN ((int)0xabababab)

static struct received received;
static WSAEVENT event;

static void setup(void)
{
    world_setup_one();
    event = WSACreateEvent();
    ck_assert_ptr_nonnull(event);
}

static void teardown(void)
{
    ck_assert_int_eq(WSACloseEvent(event), TRUE);
    world_teardown();
}

static bool is_set(void)
{
    return WSAWaitForMultipleEvents(1, &event, FALSE, 0, FALSE) == WSA_WAIT_EVENT_0;
}

/* Enumerates and asserts what happened, and that nothing else was written. */
static void happened(SOCKET s, LONG wanted)
{
    WSANETWORKEVENTS events;

    memset(&events, 0xab, sizeof(events));
    ck_assert_int_eq(WSAEnumNetworkEvents(s, event, &events), 0);
    ck_assert_int_eq(events.lNetworkEvents, wanted);
    for (unsigned bit = 0; bit < FD_MAX_EVENTS; bit++) {
        ck_assert_int_eq(events.iErrorCode[bit], (wanted & (1 << bit)) != 0 ? 0 : UNWRITTEN);
    }
    ck_assert(!is_set());
}

/* Queues a datagram at the socket on port. */
static void arrive(const struct world_family *family, uint16_t port)
{
    deliver(family, port, "data");
    world_settle(&(struct winlwip_stats){0});
}

static void select_events(SOCKET s, LONG mask)
{
    ck_assert_int_eq(WSAEventSelect(s, event, mask), 0);
    ck_assert_int_eq(WSAGetLastError(), 0);
}

START_TEST(wb15_13_a_bound_socket_is_writable_once)
{
    SOCKET s = world_socket(FAMILY->us, NULL);

    select_events(s, FD_READ | FD_WRITE);
    ck_assert(is_set());
    happened(s, FD_WRITE);
    select_events(s, FD_READ | FD_WRITE);
    ck_assert(!is_set());
    happened(s, 0);
}
END_TEST

START_TEST(wb15_13_without_an_event_none_is_reset)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    WSANETWORKEVENTS events;

    select_events(s, FD_WRITE);
    ck_assert_int_eq(WSAEnumNetworkEvents(s, NULL, &events), 0);
    ck_assert_int_eq(events.lNetworkEvents, FD_WRITE);
    ck_assert(is_set());
    world_fails(WSAEnumNetworkEvents(s, NULL, NULL), WSAEFAULT);
    world_fails(WSAEnumNetworkEvents(s, (WSAEVENT)s, &events), WSAEINVAL);
}
END_TEST

START_TEST(wb15_14_an_unbound_socket_has_no_events)
{
    SOCKADDR_STORAGE peer;
    int bytes = world_name(FAMILY->peer, 7, &peer);
    SOCKET s = socket(FAMILY->af, SOCK_DGRAM, 0);

    world_track(s);
    select_events(s, FD_ALL_EVENTS);
    ck_assert(!is_set());
    happened(s, 0);
    ck_assert_int_eq(connect(s, (struct sockaddr *)&peer, bytes), 0);
    ck_assert(is_set());
    happened(s, FD_CONNECT | FD_WRITE);
}
END_TEST

START_TEST(wb15_14_a_bind_makes_writable)
{
    SOCKADDR_STORAGE any;
    int bytes = world_name(FAMILY->any, 0, &any);
    SOCKET s = socket(FAMILY->af, SOCK_DGRAM, 0);

    world_track(s);
    select_events(s, FD_WRITE);
    ck_assert(!is_set());
    ck_assert_int_eq(bind(s, (struct sockaddr *)&any, bytes), 0);
    ck_assert(is_set());
    happened(s, FD_WRITE);
}
END_TEST

START_TEST(wb15_15_c69_reading_is_told_again_by_every_receive)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    char byte;

    select_events(s, FD_READ);
    ck_assert(!is_set());
    arrive(FAMILY, port);
    ck_assert(is_set());
    happened(s, FD_READ);
    select_events(s, FD_READ); /* data are there still, but that was told */
    ck_assert(!is_set());
    arrive(FAMILY, port);
    ck_assert(is_set());
    happened(s, FD_READ);
    arrive(FAMILY, port);
    happened(s, FD_READ);

    world_receive(s, &received); /* by WSARecvMsg; two are left */
    ck_assert(is_set());
    happened(s, FD_READ);
    world_fails(recv(s, (char *)1, -1, 0), WSAEFAULT); /* such a call is none */
    ck_assert(!is_set());
    world_fails(recv(s, &byte, 1, MSG_PEEK), WSAEMSGSIZE);
    happened(s, FD_READ);
    world_fails(recv(s, &byte, 1, 0), WSAEMSGSIZE);
    happened(s, FD_READ);
    world_receive(s, &received); /* the last one */
    ck_assert(!is_set());
    happened(s, 0);
    world_fails(recv(s, &byte, 1, 0), WSAEWOULDBLOCK);
    happened(s, 0);
}
END_TEST

START_TEST(wb15_15_selecting_after_arrival)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    arrive(FAMILY, port);
    select_events(s, FD_READ);
    ck_assert(is_set());
    happened(s, FD_READ);
    select_events(s, FD_READ);
    happened(s, 0);
}
END_TEST

/* A waiting receive (here one that ignores the mode: C12) takes the datagram: nothing to read. */
static void receive_blocking(void *argument)
{
    char data[16];
    WSABUF buffer = {sizeof(data), data};
    WSAMSG message = {.lpBuffers = &buffer, .dwBufferCount = 1};
    OVERLAPPED overlapped = {0};
    DWORD bytes;

    ck_assert_int_eq(world.recvmsg(*(SOCKET *)argument, &message, &bytes, &overlapped, NULL), 0);
}

START_TEST(wb15_15_what_a_waiting_receive_takes_is_not_told)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(FAMILY->us, 5000, &name);
    SOCKET s = WSASocketA(FAMILY->af, SOCK_DGRAM, 0, NULL, 0, 0);

    world_track(s);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, bytes), 0);
    select_events(s, FD_READ);
    struct worker *worker = worker_start(receive_blocking, &s);
    worker_blocked(worker);
    deliver(FAMILY, 5000, "taken");
    worker_join(worker);
    happened(s, 0);
}
END_TEST

START_TEST(wb15_16_notes_outside_of_the_mask_stay)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    select_events(s, FD_READ);
    happened(s, 0);
    arrive(FAMILY, port);
    select_events(s, FD_WRITE);
    happened(s, FD_WRITE);
    select_events(s, FD_READ | FD_WRITE);
    happened(s, FD_READ);
}
END_TEST

START_TEST(wb15_16_a_send_changes_nothing)
{
    SOCKADDR_STORAGE peer;
    int bytes = world_name(FAMILY->peer, 7, &peer);
    SOCKET s = world_socket(FAMILY->us, NULL);

    select_events(s, FD_WRITE);
    ck_assert_int_eq(sendto(s, "x", 1, 0, (struct sockaddr *)&peer, bytes), 1);
    happened(s, FD_WRITE);
    ck_assert_int_eq(sendto(s, "x", 1, 0, (struct sockaddr *)&peer, bytes), 1);
    happened(s, 0);
}
END_TEST

START_TEST(wb15_17_wsapoll_tells_nothing_again)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    WSAPOLLFD entry = {.fd = s, .events = POLLRDNORM};

    select_events(s, FD_READ);
    arrive(FAMILY, port);
    happened(s, FD_READ);
    ck_assert_int_eq(WSAPoll(&entry, 1, 0), 1);
    happened(s, 0);
}
END_TEST

START_TEST(wb9_6_selection_makes_non_blocking)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    u_long mode[2] = {0, 0}; /* C42: the second is not looked at */
    DWORD bytes = 0xdeadbeef;
    char byte;

    select_events(s, FD_READ);
    world_fails(recv(s, &byte, 1, 0), WSAEWOULDBLOCK);
    world_fails(ioctlsocket(s, FIONBIO, mode), WSAEINVAL);
    world_fails(WSAIoctl(s, FIONBIO, mode, sizeof(*mode), NULL, 0, &bytes, NULL, NULL), WSAEINVAL);
    ck_assert_uint_eq(bytes, 0);
    ck_assert_int_eq(WSAEventSelect(s, NULL, 0), 0);
    world_fails(recv(s, &byte, 1, 0), WSAEWOULDBLOCK);
    ck_assert_int_eq(ioctlsocket(s, FIONBIO, mode), 0);
    world_set(s, SOL_SOCKET, SO_RCVTIMEO, 20);
    world_fails(recv(s, &byte, 1, 0), WSAETIMEDOUT);
}
END_TEST

START_TEST(bad_selections)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);

    world_fails(WSAEventSelect(s, NULL, FD_READ), WSAEINVAL);
    world_fails(WSAEventSelect(s, (WSAEVENT)s, FD_READ), WSAEINVAL);
    world_fails(WSAEventSelect(s, event, 1 << FD_MAX_EVENTS), WSAEINVAL);
    world_fails(WSAEventSelect((SOCKET)event, event, FD_READ), WSAENOTSOCK);
    select_events(s, FD_READ);
    select_events(s, 0);
    arrive(FAMILY, port);
    ck_assert(!is_set());
}
END_TEST

/* The event is closed first, the socket goes on using what nobody else can see any more. */
START_TEST(an_event_closed_under_its_socket)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    WSAEVENT other = WSACreateEvent();

    ck_assert_int_eq(WSAEventSelect(s, other, FD_READ), 0);
    ck_assert_int_eq(WSACloseEvent(other), TRUE);
    arrive(FAMILY, port);
    world_receive(s, &received);
}
END_TEST

/* C45: a wait for the event of a socket that is closed goes on, and can be ended by hand. */
static void wait_for_event(void *result)
{
    *(DWORD *)result = WSAWaitForMultipleEvents(1, &event, FALSE, WSA_INFINITE, TRUE);
}

START_TEST(c45_closed_while_a_wait_goes_on)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    DWORD result = WSA_WAIT_FAILED;

    select_events(s, FD_READ);
    struct worker *worker = worker_start(wait_for_event, &result);
    worker_blocked(worker);
    ck_assert_int_eq(closesocket(s), 0);
    worker_blocked(worker);
    ck_assert_int_eq(WSASetEvent(event), TRUE);
    worker_join(worker);
    ck_assert_uint_eq(result, WSA_WAIT_EVENT_0);
}
END_TEST

Suite *suite_contract_netevents(void)
{
    Suite *suite = suite_create("netevents");
    TCase *tcase = tcase_create("netevents");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, wb15_13_a_bound_socket_is_writable_once, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb15_13_without_an_event_none_is_reset, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb15_14_an_unbound_socket_has_no_events, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb15_14_a_bind_makes_writable, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb15_15_c69_reading_is_told_again_by_every_receive, 0,
                        WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb15_15_selecting_after_arrival, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb15_15_what_a_waiting_receive_takes_is_not_told, 0,
                        WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb15_16_notes_outside_of_the_mask_stay, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb15_16_a_send_changes_nothing, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb15_17_wsapoll_tells_nothing_again, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb9_6_selection_makes_non_blocking, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, bad_selections, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, an_event_closed_under_its_socket, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c45_closed_while_a_wait_goes_on, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
