/*
 * thread_fixture.c - threads, events and copies of handles for tests.
 */
#include "tests/unit/thread_fixture.h"

#include "tests/support/world.h"

HANDLE fixture_start(LPTHREAD_START_ROUTINE function, LPVOID parameter, DWORD flags)
{
    HANDLE thread = CreateThread(NULL, 0, function, parameter, flags, NULL);

    ck_assert_ptr_nonnull(thread);
    return thread;
}

void fixture_wait(HANDLE object)
{
    ck_assert_uint_eq(WaitForSingleObject(object, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
}

HANDLE fixture_copy(HANDLE handle)
{
    HANDLE copy = NULL;

    ck_assert_int_eq(DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, 0,
                                     FALSE, DUPLICATE_SAME_ACCESS),
                     TRUE);
    ck_assert_ptr_ne(copy, handle);
    return copy;
}

HANDLE fixture_event(BOOL manual_reset)
{
    HANDLE event = CreateEventA(NULL, manual_reset, FALSE, NULL);

    ck_assert_ptr_nonnull(event);
    return event;
}

void fixture_close(HANDLE handle)
{
    ck_assert_int_eq(CloseHandle(handle), TRUE);
    fixture_fails(CloseHandle(handle), FALSE, ERROR_INVALID_HANDLE);
}
