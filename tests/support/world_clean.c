/*
 * world_clean.c - what must be gone after the last WSACleanup(). Looks inside the library.
 */
#include "tests/support/world.h"

#include "stack/stack.h"
#include "tests/support/world_internal.h"
#include "winsock/handle.h"

static unsigned open_handles;

static void count_handle(uintptr_t value, void *unused)
{
    (void)value;
    (void)unused;
    open_handles++;
}

void world_assert_clean(void)
{
    static const enum handle_kind kinds[] = {HANDLE_SOCKET, HANDLE_DESCRIPTOR, HANDLE_EVENT,
                                             HANDLE_PORT};

    ck_assert(!stack_running());
    open_handles = 0;
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        handle_each(kinds[i], count_handle, NULL);
    ck_assert_uint_eq(open_handles, 0);
}
