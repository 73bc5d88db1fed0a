/*
 * test_waits.c - waits for several kinds of objects: 64 of them, all of them, sockets, threads,
 * duplicates, and events that several users share (C05, C51, C53).
 */
#include "tests/contract/overlapped.h"

#include <stdatomic.h>
#include <string.h>

#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

/* --- 64 objects --- */

struct wide_wait {
    HANDLE objects[MAXIMUM_WAIT_OBJECTS];
    BOOL all, alertable;
    DWORD result;
};

static void run_wide_wait(void *argument)
{
    struct wide_wait *wait = argument;

    wait->result = WaitForMultipleObjectsEx(MAXIMUM_WAIT_OBJECTS, wait->objects, wait->all,
                                            WORLD_PATIENCE_MS, wait->alertable);
}

static void fill(struct wide_wait *wait, BOOL manual_reset)
{
    for (unsigned i = 0; i < MAXIMUM_WAIT_OBJECTS; i++) {
        wait->objects[i] = overlapped_event(manual_reset);
    }
}

START_TEST(any_of_64_objects)
{
    struct wide_wait wait = {.alertable = _i != 0};
    struct worker *worker;

    fill(&wait, FALSE);
    for (unsigned i = 0; i < MAXIMUM_WAIT_OBJECTS; i += 21) {
        worker = worker_start(run_wide_wait, &wait);
        worker_blocked(worker);
        SetEvent(wait.objects[i]);
        worker_join(worker);
        ck_assert_uint_eq(wait.result, WAIT_OBJECT_0 + i);
        ck_assert_uint_eq(WaitForSingleObject(wait.objects[i], 0), WAIT_TIMEOUT);
    }
    for (unsigned i = MAXIMUM_WAIT_OBJECTS; i-- > 30;) {
        SetEvent(wait.objects[i]);
    }
    run_wide_wait(&wait);
    ck_assert_uint_eq(wait.result, WAIT_OBJECT_0 + 30); /* the lowest */
}
END_TEST

/* Signals are taken when the wait is satisfied, and all at once. */
START_TEST(all_of_64_objects)
{
    struct wide_wait wait = {.all = TRUE, .alertable = _i != 0};
    struct worker *worker;

    fill(&wait, FALSE);
    worker = worker_start(run_wide_wait, &wait);
    for (unsigned i = 0; i < MAXIMUM_WAIT_OBJECTS - 1; i++) {
        SetEvent(wait.objects[i]);
    }
    worker_blocked(worker);
    ck_assert_uint_eq(WaitForSingleObject(wait.objects[5], 0), WAIT_OBJECT_0); /* was still set */
    SetEvent(wait.objects[63]);
    worker_blocked(worker);
    SetEvent(wait.objects[5]);
    worker_join(worker);
    ck_assert_uint_eq(wait.result, WAIT_OBJECT_0);
    for (unsigned i = 0; i < MAXIMUM_WAIT_OBJECTS; i++) {
        ck_assert_uint_eq(WaitForSingleObject(wait.objects[i], 0), WAIT_TIMEOUT);
    }
}
END_TEST

/* Two waits for all of the same objects: one gets them, the other nothing. */
START_TEST(two_waits_for_the_same_objects)
{
    static struct wide_wait waits[2];
    struct worker *workers[2];
    unsigned winner;

    fill(&waits[0], FALSE);
    waits[0].all = waits[1].all = TRUE;
    for (unsigned i = 0; i < MAXIMUM_WAIT_OBJECTS; i++) {
        waits[1].objects[MAXIMUM_WAIT_OBJECTS - 1 - i] = waits[0].objects[i];
    }
    for (unsigned i = 0; i < 2; i++) {
        workers[i] = worker_start(run_wide_wait, &waits[i]);
        worker_blocked(workers[i]);
    }
    for (unsigned i = 0; i < MAXIMUM_WAIT_OBJECTS; i++) {
        SetEvent(waits[0].objects[i]);
    }
    while (!worker_done(workers[0]) && !worker_done(workers[1])) {
        world_pause();
    }
    winner = worker_done(workers[0]) ? 0 : 1;
    worker_join(workers[winner]);
    worker_blocked(workers[1 - winner]);
    for (unsigned i = 0; i < MAXIMUM_WAIT_OBJECTS; i++) {
        SetEvent(waits[0].objects[i]);
    }
    worker_join(workers[1 - winner]);
    ck_assert_uint_eq(waits[0].result, WAIT_OBJECT_0);
    ck_assert_uint_eq(waits[1].result, WAIT_OBJECT_0);
}
END_TEST

/* --- kinds of objects --- */

static DWORD WINAPI wait_and_end(LPVOID event)
{
    WaitForSingleObject(event, INFINITE);
    return 7;
}

/* Event, socket and thread in one wait: for any, then for all. */
START_TEST(c05_objects_of_all_kinds)
{
    struct channel channel;
    struct posted *posted;
    HANDLE event = overlapped_event(TRUE), go = overlapped_event(TRUE);
    HANDLE thread = CreateThread(NULL, 0, wait_and_end, go, 0, NULL);
    HANDLE objects[3];

    overlapped_track(thread);
    channel_open(&channel, FAMILY->us, WAY_HANDLE);
    posted = posted_receive(&channel);
    objects[0] = event;
    objects[1] = (HANDLE)channel.s;
    objects[2] = thread;
    ck_assert_uint_eq(WaitForMultipleObjects(3, objects, FALSE, 1), WAIT_TIMEOUT);
    deliver(FAMILY, channel.port, "signals");
    ck_assert_uint_eq(WaitForMultipleObjects(3, objects, FALSE, WORLD_PATIENCE_MS),
                      WAIT_OBJECT_0 + 1);
    posted_receives(posted, "signals");
    ck_assert_uint_eq(WaitForMultipleObjects(3, objects, TRUE, 1), WAIT_TIMEOUT);
    SetEvent(go);
    ck_assert_uint_eq(WaitForSingleObject(thread, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
    SetEvent(event);
    ck_assert_uint_eq(WSAWaitForMultipleEvents(3, objects, TRUE, 0, FALSE), WSA_WAIT_EVENT_0);
    ck_assert_uint_eq(WaitForMultipleObjects(3, objects, TRUE, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
}
END_TEST

/* The handle is reset by a call without event, and by no other (WB 11.2). */
START_TEST(c51_wb11_2_the_handle_of_a_socket)
{
    struct channel channel;
    struct posted *posted, *with_event;

    channel_open(&channel, FAMILY->us, WAY_HANDLE);
    posted = posted_receive(&channel);
    ck_assert_uint_eq(WaitForSingleObject((HANDLE)channel.s, 0), WAIT_TIMEOUT);
    deliver(FAMILY, channel.port, "one");
    posted_receives(posted, "one");
    ck_assert_uint_eq(WaitForSingleObject((HANDLE)channel.s, 0), WAIT_OBJECT_0);
    with_event = posted_new(&channel, CALL_RECVMSG);
    with_event->overlapped.hEvent = overlapped_event(FALSE);
    posted_pends(with_event);
    ck_assert_uint_eq(WaitForSingleObject((HANDLE)channel.s, 0), WAIT_OBJECT_0);
    posted_receive(&channel);
    ck_assert_uint_eq(WaitForSingleObject((HANDLE)channel.s, 0), WAIT_TIMEOUT);
    deliver(FAMILY, channel.port, "by event");
    ck_assert_uint_eq(WaitForSingleObject(with_event->overlapped.hEvent, WORLD_PATIENCE_MS),
                      WAIT_OBJECT_0);
    ck_assert_uint_eq(WaitForSingleObject((HANDLE)channel.s, 0), WAIT_TIMEOUT);
    deliver(FAMILY, channel.port, "by handle");
    ck_assert_uint_eq(WaitForSingleObject((HANDLE)channel.s, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
}
END_TEST

static HANDLE copy_of(HANDLE handle)
{
    HANDLE copy = NULL;

    ck_assert_int_eq(DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, 0,
                                     FALSE, DUPLICATE_SAME_ACCESS),
                     TRUE);
    overlapped_track(copy);
    ck_assert_ptr_ne(copy, handle);
    return copy;
}

/* A duplicate is the same object; the object lives until the last handle is closed. */
START_TEST(c05_duplicates)
{
    struct channel channel;
    struct posted *posted;
    HANDLE event = overlapped_event(TRUE), copy = copy_of(event), socket_copy, port_copy;
    OVERLAPPED_ENTRY entry;
    ULONG count;

    SetEvent(event);
    ck_assert_uint_eq(WaitForSingleObject(copy, 0), WAIT_OBJECT_0);
    ResetEvent(copy);
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    channel_open(&channel, FAMILY->us, WAY_EVENT);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->overlapped.hEvent = event;
    posted_pends(posted);
    ck_assert_int_eq(CloseHandle(event), TRUE);
    deliver(FAMILY, channel.port, "by its copy");
    ck_assert_uint_eq(WaitForSingleObject(copy, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
    socket_copy = copy_of((HANDLE)channel.s);
    ck_assert_uint_ne(WaitForSingleObject(socket_copy, 0), WAIT_FAILED);
    port_copy = copy_of(overlapped_port());
    ck_assert_int_eq(PostQueuedCompletionStatus(port_copy, 1, 2, NULL), TRUE);
    ck_assert_int_eq(GetQueuedCompletionStatusEx(port_copy, &entry, 1, &count, 0, FALSE), TRUE);
    /* An event that is closed while an operation has it is set unseen. */
    posted = posted_new(&channel, CALL_RECVMSG);
    posted_pends(posted);
    ck_assert_int_eq(CloseHandle(posted->overlapped.hEvent), TRUE);
    deliver(FAMILY, channel.port, "unseen");
    world_settle(&(struct winlwip_stats){0});
    ck_assert_uint_eq(posted->overlapped.InternalHigh, 6);
}
END_TEST

/* --- shared events --- */

/* One event for the operations of two sockets and for the network events of a third. */
START_TEST(c51_an_event_of_several_sockets_and_of_wsaeventselect)
{
    struct channel channels[2];
    struct posted *posted[2];
    uint16_t port;
    SOCKET selected = world_socket(FAMILY->us, &port);
    HANDLE event = overlapped_event(FALSE);
    WSANETWORKEVENTS happened;
    char byte;

    ck_assert_int_eq(WSAEventSelect(selected, event, FD_READ), 0);
    for (unsigned i = 0; i < 2; i++) {
        channel_open(&channels[i], FAMILY->us, WAY_POLL);
        posted[i] = posted_new(&channels[i], CALL_RECVMSG);
        posted[i]->overlapped.hEvent = event;
        posted_pends(posted[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        deliver(FAMILY, channels[i].port, "operation");
        ck_assert_uint_eq(WaitForSingleObject(event, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
        posted_ends(posted[i], 0, 9);
        ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    }
    deliver(FAMILY, port, "x");
    ck_assert_uint_eq(WaitForSingleObject(event, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
    ck_assert_int_eq(WSAEnumNetworkEvents(selected, NULL, &happened), 0);
    ck_assert_int_eq(happened.lNetworkEvents, FD_READ);
    ck_assert_int_eq(recv(selected, &byte, 1, 0), 1);
}
END_TEST

/* One event for OVERLAPPED and WSAEventSelect of the same socket (client-behaviours 3.14). */
START_TEST(c51_an_event_for_both_uses_of_one_socket)
{
    struct channel channel;
    struct posted *posted;
    HANDLE event = overlapped_event(TRUE);
    WSANETWORKEVENTS happened;

    channel_open(&channel, FAMILY->us, WAY_POLL);
    ck_assert_int_eq(WSAEventSelect(channel.s, event, FD_READ), 0);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->overlapped.hEvent = event;
    posted_pends(posted);
    deliver(FAMILY, channel.port, "taken");
    ck_assert_uint_eq(WaitForSingleObject(event, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
    posted_ends(posted, 0, 5);
    /* What a posted receive takes is no FD_READ (winsock-facts 5.17). */
    ck_assert_int_eq(WSAEnumNetworkEvents(channel.s, event, &happened), 0);
    ck_assert_int_eq(happened.lNetworkEvents, 0);
    deliver(FAMILY, channel.port, "queued");
    ck_assert_uint_eq(WaitForSingleObject(event, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
    ck_assert_int_eq(WSAEnumNetworkEvents(channel.s, event, &happened), 0);
    ck_assert_int_eq(happened.lNetworkEvents, FD_READ);
    /* An overlapped receive arms it again, as it leaves data (C69). */
    deliver(FAMILY, channel.port, "another");
    world_settle(&(struct winlwip_stats){0});
    ck_assert_int_eq(WSAEnumNetworkEvents(channel.s, event, &happened), 0);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted_completes(posted);
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
    ck_assert_int_eq(WSAEnumNetworkEvents(channel.s, event, &happened), 0);
    ck_assert_int_eq(happened.lNetworkEvents, FD_READ);
}
END_TEST

/* C69: WSARecvMsg arms FD_READ again, as the other calls do. */
START_TEST(c69_an_overlapped_receive_arms_fd_read)
{
    struct channel channel;
    HANDLE event = overlapped_event(FALSE);
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    ck_assert_int_eq(WSAEventSelect(channel.s, event, FD_READ), 0);
    deliver(CHANNEL_FAMILY, channel.port, "a");
    deliver(CHANNEL_FAMILY, channel.port, "b");
    world_settle(&(struct winlwip_stats){0});
    while (WaitForSingleObject(event, 0) == WAIT_OBJECT_0) {
        WSANETWORKEVENTS happened;
        ck_assert_int_eq(WSAEnumNetworkEvents(channel.s, event, &happened), 0);
    }
    posted = posted_new(&channel, CALL_RECVMSG);
    posted_completes(posted);
    posted_receives(posted, "a");
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0);
}
END_TEST

Suite *suite_contract_waits(void)
{
    Suite *suite = suite_create("waits");
    TCase *tcase = tcase_create("waits");

    tcase_add_checked_fixture(tcase, overlapped_setup_one, overlapped_teardown);
    tcase_add_loop_test(tcase, any_of_64_objects, 0, 2);
    tcase_add_loop_test(tcase, all_of_64_objects, 0, 2);
    tcase_add_test(tcase, two_waits_for_the_same_objects);
    tcase_add_loop_test(tcase, c05_objects_of_all_kinds, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c51_wb11_2_the_handle_of_a_socket, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c05_duplicates, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c51_an_event_of_several_sockets_and_of_wsaeventselect, 0,
                        WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c51_an_event_for_both_uses_of_one_socket, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c69_an_overlapped_receive_arms_fd_read, 0, OVERLAPPED_LOOPS);
    suite_add_tcase(suite, tcase);
    return suite;
}
