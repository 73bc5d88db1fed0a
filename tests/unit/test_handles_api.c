/*
 * test_handles_api.c - duplicates of handles of all kinds, and what their closing closes.
 */
#include <check.h>
#include <stdatomic.h>

#include "tests/support/worker.h"
#include "tests/support/world.h"
#include "tests/support/world_internal.h"
#include "tests/unit/suites.h"
#include "tests/unit/thread_fixture.h"

static BOOL duplicate(HANDLE handle, HANDLE *copy, DWORD options)
{
    return DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), copy, 0, FALSE,
                           options);
}

static HANDLE new_port(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);

    ck_assert_ptr_nonnull(port);
    return port;
}

/* --- events --- */

/* In whatever order they go, each is the event as long as it is open. */
START_TEST(events)
{
    HANDLE first = fixture_event(FALSE);
    HANDLE second = fixture_copy(first);
    HANDLE third = fixture_copy(second);
    HANDLE both[2] = {second, third};

    ck_assert_int_eq(SetEvent(second), TRUE);
    ck_assert_uint_eq(WaitForSingleObject(first, 0), WAIT_OBJECT_0);
    ck_assert_uint_eq(WaitForSingleObject(third, 0), WAIT_TIMEOUT); /* the wait has reset it */
    fixture_close(first);
    fixture_fails(SetEvent(first), FALSE, ERROR_INVALID_HANDLE);
    fixture_fails(duplicate(first, &first, 0), FALSE, ERROR_INVALID_HANDLE);
    fixture_fails(WaitForMultipleObjects(2, both, TRUE, 0), WAIT_FAILED, ERROR_INVALID_PARAMETER);
    ck_assert_int_eq(SetEvent(third), TRUE);
    ck_assert_uint_eq(WaitForMultipleObjects(2, both, FALSE, 0), WAIT_OBJECT_0);
    fixture_close(second);
    ck_assert_int_eq(SetEvent((HANDLE)((uintptr_t)third | 3)), TRUE); /* C05 */
    ck_assert_uint_eq(WaitForSingleObject(third, 0), WAIT_OBJECT_0);
    fixture_close(third);
}
END_TEST

static void wait_for_event(void *event)
{
    ck_assert_uint_eq(WaitForSingleObject(event, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
}

/* A wait goes on although the handle that it was given is closed. */
START_TEST(a_wait_by_a_closed_handle)
{
    HANDLE event = fixture_event(TRUE);
    HANDLE copy = fixture_copy(event);
    struct worker *worker = worker_start(wait_for_event, copy);

    worker_blocked(worker);
    fixture_close(copy);
    ck_assert_int_eq(SetEvent(event), TRUE);
    worker_join(worker);
    fixture_close(event);
}
END_TEST

/* --- ports --- */

static void take_from_port(void *port)
{
    OVERLAPPED *overlapped;
    ULONG_PTR key;
    DWORD bytes;

    fixture_fails(GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE), FALSE,
                  ERROR_ABANDONED_WAIT_0);
}

static void take_packet(HANDLE port, DWORD expected)
{
    OVERLAPPED *overlapped;
    ULONG_PTR key;
    DWORD bytes = 0;

    ck_assert_int_eq(GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, 0), TRUE);
    ck_assert_uint_eq(bytes, expected);
}

/* The port and its packets stay, and who waits waits on, until the last handle is closed. */
START_TEST(ports)
{
    HANDLE first = new_port();
    HANDLE second = fixture_copy(first);
    struct worker *worker;

    ck_assert_int_eq(PostQueuedCompletionStatus(second, 1, 0, NULL), TRUE);
    ck_assert_int_eq(PostQueuedCompletionStatus(first, 2, 0, NULL), TRUE);
    fixture_close(first);
    take_packet(second, 1);
    take_packet(second, 2);
    first = fixture_copy(second);
    worker = worker_start(take_from_port, first);
    worker_blocked(worker);
    fixture_close(first);
    worker_blocked(worker);
    fixture_close(second);
    worker_join(worker);
}
END_TEST

/* --- sockets --- */

/* A receive, with its memory. */
struct receive {
    OVERLAPPED overlapped;
    char byte;
};

/* Starts a receive that waits. */
static void post(SOCKET s, struct receive *receive)
{
    WSABUF buffer = {.len = 1, .buf = &receive->byte};
    DWORD flags = 0;

    *receive = (struct receive){.byte = 0};
    world_fails(WSARecv(s, &buffer, 1, NULL, &flags, &receive->overlapped, NULL), WSA_IO_PENDING);
}

START_TEST(wb11_7_a_duplicate_of_a_socket_is_no_socket)
{
    SOCKET s = world_socket("127.0.0.1", NULL);
    HANDLE copy = fixture_copy((HANDLE)s);
    HANDLE copy_of_copy = fixture_copy(copy);
    SOCKET no_socket[2] = {(SOCKET)copy, (SOCKET)copy_of_copy};
    OVERLAPPED overlapped = {.Internal = 0};
    SOCKADDR_IN name;
    int name_length = sizeof(name);
    WSAPROTOCOL_INFOA info;
    DWORD bytes, flags;
    char byte;

    for (unsigned i = 0; i < 2; i++) {
        SOCKET n = no_socket[i];
        world_fails(recv(n, &byte, 1, 0), WSAENOTSOCK);
        world_fails(getsockname(n, (struct sockaddr *)&name, &name_length), WSAENOTSOCK);
        world_fails(WSADuplicateSocketA(n, GetCurrentProcessId(), &info), WSAENOTSOCK);
        world_fails(closesocket(n), WSAENOTSOCK);
        fixture_fails(WSAGetOverlappedResult(n, &overlapped, &bytes, FALSE, &flags), FALSE,
                      WSAENOTSOCK);
    }
    fixture_close(copy);
    fixture_close(copy_of_copy);
    ck_assert_int_eq(getsockname(s, (struct sockaddr *)&name, &name_length), 0);
}
END_TEST

/* What kernel32 does with a file it does with a duplicate. */
START_TEST(duplicates_of_sockets_in_kernel32)
{
    SOCKET s = world_socket("127.0.0.1", NULL);
    HANDLE copy = fixture_copy((HANDLE)s);
    HANDLE port = new_port();
    struct receive receive;
    OVERLAPPED *overlapped = &receive.overlapped, *told;
    ULONG_PTR key = 0;
    DWORD bytes;

    post(s, &receive);
    ck_assert_uint_eq(WaitForSingleObject(copy, 0), WAIT_TIMEOUT);
    ck_assert_int_eq(CancelIoEx(copy, overlapped), TRUE);
    ck_assert_uint_eq(WaitForSingleObject(copy, 0), WAIT_OBJECT_0);
    fixture_fails(GetOverlappedResult(copy, overlapped, &bytes, TRUE), FALSE,
                  ERROR_OPERATION_ABORTED);
    ck_assert_ptr_eq(CreateIoCompletionPort(copy, port, 77, 0), port);
    post(s, &receive);
    ck_assert_int_eq(CancelIo(copy), TRUE);
    fixture_fails(GetQueuedCompletionStatus(port, &bytes, &key, &told, WORLD_PATIENCE_MS), FALSE,
                  ERROR_OPERATION_ABORTED);
    ck_assert_uint_eq(key, 77);
    ck_assert_ptr_eq(told, overlapped);
    fixture_close(copy);
    fixture_close(port);
}
END_TEST

/* The socket ends with its last handle, whichever that is (WB 13.9). */
START_TEST(wb13_9_the_last_handle_closes_the_socket)
{
    SOCKET s = world_socket("127.0.0.1", NULL);
    HANDLE copy = fixture_copy((HANDLE)s);
    HANDLE last = fixture_copy(copy);
    struct receive receive;
    char byte;

    post(s, &receive);
    fixture_close(copy);
    ck_assert(!HasOverlappedIoCompleted(&receive.overlapped));
    ck_assert_int_eq(closesocket(s), 0);
    world_fails(recv(s, &byte, 1, 0), WSAENOTSOCK);
    ck_assert(!HasOverlappedIoCompleted(&receive.overlapped));
    ck_assert_uint_eq(WaitForSingleObject(last, 0), WAIT_TIMEOUT);
    fixture_close(last);
    ck_assert_uint_eq((DWORD)receive.overlapped.Internal, 0xC0000120); /* STATUS_CANCELLED */
}
END_TEST

struct poster {
    SOCKET s;
    struct receive receive;
};

static DWORD WINAPI post_and_end(LPVOID argument)
{
    struct poster *poster = argument;

    post(poster->s, &poster->receive);
    return 0;
}

/* The operations of a thread are found although only a duplicate is left of their socket. */
START_TEST(c58_c63_a_duplicate_keeps_operations)
{
    struct poster poster = {.s = world_socket("127.0.0.1", NULL)};
    struct receive waiting;
    SOCKET other = world_socket("127.0.0.1", NULL);
    HANDLE copy = fixture_copy((HANDLE)poster.s);
    HANDLE thread = fixture_start(post_and_end, &poster, CREATE_SUSPENDED);
    WSABUF buffer = {.len = 1, .buf = &waiting.byte};
    DWORD flags = 0;

    post(poster.s, &waiting);
    ck_assert_uint_eq(ResumeThread(thread), 1);
    fixture_wait(thread);
    ck_assert_uint_eq((DWORD)poster.receive.overlapped.Internal, 0xC0000120);
    ck_assert(!HasOverlappedIoCompleted(&waiting.overlapped));
    ck_assert_int_eq(closesocket(poster.s), 0);
    world_fails(WSARecv(other, &buffer, 1, NULL, &flags, &waiting.overlapped, NULL), WSAEINVAL);
    fixture_close(copy);
    fixture_close(thread);
}
END_TEST

/* The last clean-up leaves no handle of a socket open. */
START_TEST(a_clean_up_closes_duplicates)
{
    SOCKET s = world_socket("127.0.0.1", NULL);
    HANDLE copy = fixture_copy((HANDLE)s);
    struct receive receive;

    post(s, &receive);
    world_stop();
    ck_assert_uint_eq((DWORD)receive.overlapped.Internal, 0xC0000120);
    fixture_fails(WaitForSingleObject(copy, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
    fixture_fails(CloseHandle(copy), FALSE, ERROR_INVALID_HANDLE);
}
END_TEST

/* --- the call itself --- */

START_TEST(options)
{
    HANDLE event = fixture_event(TRUE);
    HANDLE copy = NULL;

    SetLastError(1234);
    ck_assert_int_eq(duplicate(event, &copy, DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ACCESS), TRUE);
    ck_assert_int_eq(SetEvent(copy), TRUE);
    ck_assert_uint_eq(GetLastError(), 1234);
    fixture_fails(SetEvent(event), FALSE, ERROR_INVALID_HANDLE);
    ck_assert_int_eq(duplicate(copy, NULL, DUPLICATE_CLOSE_SOURCE), TRUE);
    fixture_fails(SetEvent(copy), FALSE, ERROR_INVALID_HANDLE);
    fixture_fails(duplicate(copy, NULL, DUPLICATE_CLOSE_SOURCE), FALSE, ERROR_INVALID_HANDLE);
}
END_TEST

START_TEST(bad_arguments)
{
    HANDLE event = fixture_event(TRUE);
    HANDLE port = new_port();
    HANDLE self = GetCurrentProcess();
    HANDLE copy = event;

    fixture_fails(duplicate(event, NULL, 0), FALSE, ERROR_NOACCESS);
    fixture_fails(duplicate(event, (HANDLE *)8, 0), FALSE, ERROR_NOACCESS);
    fixture_fails(duplicate(event, &copy, 4), FALSE, ERROR_INVALID_PARAMETER);
    fixture_fails(DuplicateHandle(event, event, self, &copy, 0, FALSE, 0), FALSE,
                  ERROR_INVALID_HANDLE);
    fixture_fails(DuplicateHandle(self, event, NULL, &copy, 0, FALSE, 0), FALSE,
                  ERROR_INVALID_HANDLE);
    fixture_fails(duplicate(NULL, &copy, 0), FALSE, ERROR_INVALID_HANDLE);
    fixture_fails(duplicate(self, &copy, 0), FALSE,
                  ERROR_INVALID_HANDLE); /* a process is no object here */
    ck_assert_ptr_eq(copy, event);
    fixture_fails(WaitForSingleObject(port, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
    fixture_fails(WaitForSingleObject(self, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
    fixture_close(port);
    fixture_close(event);
}
END_TEST

/* --- what a handle is said to be --- */

static DWORD information(HANDLE handle)
{
    DWORD flags = 0xffffffff;

    ck_assert_int_eq(GetHandleInformation(handle, &flags), TRUE);
    return flags;
}

START_TEST(information_of_each_handle)
{
    HANDLE event = fixture_event(FALSE);
    HANDLE copy;

    ck_assert_uint_eq(information(event), 0);
    ck_assert_int_eq(DuplicateHandle(GetCurrentProcess(), event, GetCurrentProcess(), &copy, 0,
                                     TRUE, DUPLICATE_SAME_ACCESS),
                     TRUE);
    ck_assert_uint_eq(information(copy), HANDLE_FLAG_INHERIT);
    ck_assert_int_eq(SetHandleInformation(event, 0, HANDLE_FLAG_INHERIT), TRUE);
    ck_assert_uint_eq(information(event), 0); /* only what is in the mask counts */
    ck_assert_int_eq(SetHandleInformation(copy, HANDLE_FLAG_INHERIT, 0), TRUE);
    ck_assert_uint_eq(information(copy), 0);
    fixture_fails(SetHandleInformation(event, 4, 4), FALSE, ERROR_INVALID_PARAMETER);
    fixture_fails(GetHandleInformation(event, NULL), FALSE, ERROR_NOACCESS);
    fixture_close(event);
    fixture_fails(SetHandleInformation(event, HANDLE_FLAG_INHERIT, 0), FALSE, ERROR_INVALID_HANDLE);
    fixture_fails(GetHandleInformation(event, &(DWORD){0}), FALSE, ERROR_INVALID_HANDLE);
    fixture_close(copy);
}
END_TEST

START_TEST(a_protected_handle_stays_open)
{
    HANDLE event = fixture_event(FALSE);
    DWORD both = HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE;

    ck_assert_int_eq(SetHandleInformation(event, both, both), TRUE);
    fixture_fails(CloseHandle(event), FALSE, ERROR_INVALID_HANDLE);
    ck_assert_int_eq(SetEvent(event), TRUE);
    ck_assert_int_eq(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0), TRUE);
    ck_assert_uint_eq(information(event), HANDLE_FLAG_INHERIT);
    fixture_close(event);
    for (unsigned i = 0; i < 4; i++) { /* its slot is used anew, and knows nothing of it */
        event = fixture_event(FALSE);
        ck_assert_uint_eq(information(event), 0);
        fixture_close(event);
    }
}
END_TEST

/* Sockets are inherited unless they are made otherwise. */
START_TEST(information_of_sockets)
{
    SOCKET s = WSASocketW(AF_INET, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    SOCKET alone = WSASocketW(AF_INET, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_NO_HANDLE_INHERIT);
    ck_assert_uint_eq(information((HANDLE)s), HANDLE_FLAG_INHERIT);
    ck_assert_uint_eq(information((HANDLE)alone), 0);
    ck_assert_int_eq(SetHandleInformation((HANDLE)s, HANDLE_FLAG_INHERIT, 0), TRUE);
    ck_assert_uint_eq(information((HANDLE)s), 0);
    ck_assert_int_eq(closesocket(s), 0);
    ck_assert_int_eq(closesocket(alone), 0);
}
END_TEST

/* --- races --- */

enum { ROUNDS = 3000, COPIERS = 3 };

static HANDLE _Atomic original;
static atomic_bool over;

/* Copies whatever is there, and uses the copy. */
static DWORD WINAPI copy_again_and_again(LPVOID unused)
{
    DWORD copied = 0;

    (void)unused;
    while (!atomic_load(&over)) {
        HANDLE copy;
        if (duplicate(atomic_load(&original), &copy, 0)) {
            ck_assert_int_eq(PostQueuedCompletionStatus(copy, 1, 0, NULL), TRUE);
            ck_assert_int_eq(CloseHandle(copy), TRUE);
            copied++;
        }
    }
    return copied;
}

/* Ports that are closed while others copy them: a copy that was made works until it is closed. */
START_TEST(copies_while_the_original_is_closed)
{
    HANDLE threads[COPIERS];

    atomic_store(&original, NULL);
    atomic_store(&over, false);
    for (unsigned i = 0; i < COPIERS; i++) {
        threads[i] = CreateThread(NULL, 0, copy_again_and_again, NULL, 0, NULL);
        ck_assert_ptr_nonnull(threads[i]);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        HANDLE port = new_port();
        atomic_store(&original, port);
        if (i % 16 == 0) {
            SwitchToThread();
        }
        ck_assert_int_eq(CloseHandle(port), TRUE);
    }
    atomic_store(&over, true);
    ck_assert_uint_eq(WaitForMultipleObjects(COPIERS, threads, TRUE, WORLD_PATIENCE_MS),
                      WAIT_OBJECT_0);
    for (unsigned i = 0; i < COPIERS; i++) {
        fixture_close(threads[i]);
    }
}
END_TEST

Suite *suite_handles_api(void)
{
    Suite *suite = suite_create("handles_api");
    TCase *tests = tcase_create("handles_api");

    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, world_setup_loopback, world_teardown);
    tcase_add_test(tests, events);
    tcase_add_test(tests, a_wait_by_a_closed_handle);
    tcase_add_test(tests, ports);
    tcase_add_test(tests, wb11_7_a_duplicate_of_a_socket_is_no_socket);
    tcase_add_test(tests, duplicates_of_sockets_in_kernel32);
    tcase_add_test(tests, wb13_9_the_last_handle_closes_the_socket);
    tcase_add_test(tests, c58_c63_a_duplicate_keeps_operations);
    tcase_add_test(tests, a_clean_up_closes_duplicates);
    tcase_add_test(tests, options);
    tcase_add_test(tests, bad_arguments);
    tcase_add_test(tests, information_of_each_handle);
    tcase_add_test(tests, a_protected_handle_stays_open);
    tcase_add_test(tests, information_of_sockets);
    tcase_add_test(tests, copies_while_the_original_is_closed);
    suite_add_tcase(suite, tests);
    return suite;
}
