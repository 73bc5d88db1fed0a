/*
 * thread_fixture.h - threads, events and copies of handles for tests; each call must succeed.
 */
#ifndef TESTS_UNIT_THREAD_FIXTURE_H
#define TESTS_UNIT_THREAD_FIXTURE_H

#include <check.h>

#include <windows.h>
#include <winsock2.h>

/* Asserts that a call of kernel32 returns what means failure, with this last error. */
#define fixture_fails(call, failed, code)          \
    do {                                           \
        SetLastError(0);                           \
        ck_assert((call) == (failed));             \
        ck_assert_uint_eq(GetLastError(), (code)); \
    } while (0)

/* Starts a thread; flags are those of CreateThread(). */
HANDLE fixture_start(LPTHREAD_START_ROUTINE function, LPVOID parameter, DWORD flags);

/* Waits until an object is signaled, WORLD_PATIENCE_MS at most. */
void fixture_wait(HANDLE object);

/* Another handle of the same object. */
HANDLE fixture_copy(HANDLE handle);

/* An event that is not set; manual_reset as in CreateEvent(). */
HANDLE fixture_event(BOOL manual_reset);

/* Closes a handle, which is invalid afterwards. */
void fixture_close(HANDLE handle);

#endif
