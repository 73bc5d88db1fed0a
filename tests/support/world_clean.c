/*
 * world_clean.c - what must be gone after the last WSACleanup(). Looks inside the library.
 */
#include "tests/support/world.h"

#include "stack/stack.h"
#include "tests/support/world_internal.h"
#include "winsock/handle.h"

static void count_handle(uintptr_t value, void *object, void *count)
{
    (void)value, (void)object;
    ++*(unsigned *)count;
}

void world_assert_clean(void)
{
    unsigned open_handles = 0;

    ck_assert(!stack_running());
    handle_each(HANDLE_ANY, count_handle, &open_handles);
    ck_assert_uint_eq(open_handles, 0);
}
