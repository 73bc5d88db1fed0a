/*
 * operation_flags.c - flags of completed receives, for WSAGetOverlappedResult().
 *
 * What that call has to tell of flags stands nowhere in an OVERLAPPED. A socket keeps them for its last
 * completions that had any; most have none, and most sockets keep nothing. Guarded by socket.lock.
 */
#include "winsock/operation.h"

#include <stdlib.h>

#include "config/limits.h"
#include "winsock/socket.h"

struct kept_flags {
    unsigned next;
    struct {
        const OVERLAPPED *overlapped;
        DWORD flags;
    } entries[LIMIT_KEPT_FLAGS];
};

void op_keep_flags_locked(struct socket *socket, const OVERLAPPED *overlapped, DWORD flags)
{
    struct socket_extra *extra = flags != 0 ? socket_extra_locked(socket) : socket->extra;
    struct kept_flags *kept = extra != NULL ? extra->kept_flags : NULL;

    if (extra != NULL && kept == NULL && flags != 0) {
        kept = extra->kept_flags = calloc(1, sizeof(*kept));
    }
    if (kept == NULL) {
        return;
    }
    for (unsigned i = 0; i < LIMIT_KEPT_FLAGS; i++) {
        if (kept->entries[i].overlapped == overlapped) {
            kept->entries[i].flags = flags;
            return;
        }
    }
    if (flags != 0) {
        kept->entries[kept->next].overlapped = overlapped;
        kept->entries[kept->next].flags = flags;
        kept->next = (kept->next + 1) % LIMIT_KEPT_FLAGS;
    }
}

DWORD op_flags_locked(const struct socket *socket, const OVERLAPPED *overlapped)
{
    const struct kept_flags *kept = socket->extra != NULL ? socket->extra->kept_flags : NULL;

    for (unsigned i = 0; kept != NULL && i < LIMIT_KEPT_FLAGS; i++) {
        if (kept->entries[i].overlapped == overlapped) {
            return kept->entries[i].flags;
        }
    }
    return 0;
}
