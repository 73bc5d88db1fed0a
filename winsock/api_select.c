/*
 * api_select.c - select (WB 15.1-15.7, 14.8).
 *
 * Each membership of a set becomes one item of a wait. The sets are read before anything is
 * written: a program may pass one set twice (WB 15.5), and a call that fails leaves all of them as
 * they were (WB 15.2). Only the entries that a set counts are touched, however many (WB 15.6).
 */
#include "winsock/api.h"

#include <stddef.h>
#include <stdlib.h>

#include "config/limits.h"
#include "stack/loop.h"
#include "winsock/memory.h"
#include "winsock/socket.h"
#include "winsock/wait.h"

/* Memberships that are waited for without allocating. */
#define MEMBERS_INLINE 64u

enum { READ, WRITE, EXCEPT, SETS };

/*
 * What each set waits for. Nothing is exceptional about a datagram socket but its end, which every
 * item reports.
 */
static const uint32_t wanted[SETS] = {[READ] = WAIT_READABLE, [WRITE] = WAIT_WRITABLE};

struct selection {
    fd_set *sets[SETS];
    u_int counts[SETS]; /* of members, in the order of the sets */
    u_int total;
    SOCKET *values;     /* of all members, as the sets had them */
    struct wait_item *items;
};

/* Checks the sets' memory and counts. Returns 0, WSAEINVAL (nothing to wait for), WSAEFAULT. */
static int measure(struct selection *selection)
{
    for (unsigned i = 0; i < SETS; i++) {
        fd_set *set = selection->sets[i];
        if (set == NULL) {
            continue;
        }
        if (memory_writable(set, sizeof(set->fd_count)) != 0) {
            return WSAEFAULT;
        }
        u_int count = set->fd_count;
        if (count > LIMIT_HANDLES ||
            memory_writable(set, offsetof(fd_set, fd_array) + count * sizeof(SOCKET)) != 0) {
            return WSAEFAULT;
        }
        selection->counts[i] = count;
        selection->total += count;
    }
    return selection->total != 0 ? 0 : WSAEINVAL;
}

/* Looks all members up. Returns 0 or WSAENOTSOCK; close_members() is due in either case. */
static int open_members(struct selection *selection)
{
    u_int at = 0;
    int error = 0;

    for (unsigned i = 0; i < SETS; i++) {
        for (u_int j = 0; j < selection->counts[i]; j++, at++) {
            SOCKET s = selection->sets[i]->fd_array[j];
            struct socket *socket = socket_get(s);
            selection->values[at] = s;
            selection->items[at] = (struct wait_item){.socket = socket, .wanted = wanted[i]};
            if (socket == NULL) {
                error = WSAENOTSOCK;
            }
        }
    }
    return error;
}

static void close_members(const struct selection *selection)
{
    for (u_int i = 0; i < selection->total; i++) {
        if (selection->items[i].socket != NULL) {
            socket_put(selection->items[i].socket);
        }
    }
}

/* A socket that was closed meanwhile ends a wait to read or write, but is no exception. */
static bool is_ready(unsigned set, const struct wait_item *item)
{
    return item->ready != 0 && (set != EXCEPT || item->ready != WAIT_GONE);
}

/* Is s among the first count entries, which are all ready? */
static bool is_listed(const fd_set *set, u_int count, SOCKET s)
{
    for (u_int i = 0; i < count; i++) {
        if (set->fd_array[i] == s) {
            return true;
        }
    }
    return false;
}

/* Has a socket been closed of which nothing but its end was to be heard? */
static bool lost(const struct selection *selection)
{
    u_int first_exception = selection->counts[READ] + selection->counts[WRITE];

    for (u_int i = 0; i < first_exception; i++) {
        if (selection->items[i].ready != 0) {
            return false;
        }
    }
    for (u_int i = first_exception; i < selection->total; i++) {
        if (selection->items[i].ready == WAIT_GONE) {
            return true;
        }
    }
    return false;
}

/* Leaves in each set those that are ready, once each. Returns how many memberships that makes. */
static int report(const struct selection *selection)
{
    u_int at = 0;
    int ready = 0;

    for (unsigned i = 0; i < SETS; i++) {
        fd_set *set = selection->sets[i];
        u_int kept = 0;
        for (u_int j = 0; j < selection->counts[i]; j++, at++) {
            SOCKET s = selection->values[at];
            if (is_ready(i, &selection->items[at]) && !is_listed(set, kept, s)) {
                set->fd_array[kept++] = s;
            }
        }
        if (set != NULL) {
            set->fd_count = kept;
        }
        ready += (int)kept;
    }
    return ready;
}

/* Returns 0, WSAEFAULT, WSAEINVAL. */
static int read_timeout(const struct timeval *timeout, int64_t *deadline_ns)
{
    *deadline_ns = LOOP_FOREVER;
    if (timeout == NULL) {
        return 0;
    }
    if (memory_readable(timeout, sizeof(*timeout)) != 0) {
        return WSAEFAULT;
    }
    if (timeout->tv_sec < 0 || timeout->tv_usec < 0) {
        return WSAEINVAL;
    }
    int64_t wait_ns = timeout->tv_sec * INT64_C(1000000000) + timeout->tv_usec * INT64_C(1000);
    *deadline_ns = wait_ns == 0 ? 0 : loop_now_ns() + wait_ns;
    return 0;
}

static int wait_and_report(struct selection *selection, int64_t deadline_ns, int *ready)
{
    int error = open_members(selection);

    if (error == 0) {
        error = wait_for_sockets(selection->items, selection->total, deadline_ns);
    }
    if (error == 0 && lost(selection)) {
        error = WSAENOTSOCK;
    }
    if (error == 0) {
        *ready = report(selection);
    }
    close_members(selection);
    return error;
}

static int run(struct selection *selection, int64_t deadline_ns, int *ready)
{
    struct wait_item items[MEMBERS_INLINE];
    SOCKET values[MEMBERS_INLINE];
    void *block = NULL;

    if (selection->total > MEMBERS_INLINE) {
        block = malloc(selection->total * (sizeof(*items) + sizeof(*values)));
        if (block == NULL) {
            return WSAENOBUFS;
        }
        selection->items = block;
        selection->values = (SOCKET *)(selection->items + selection->total);
    } else {
        selection->items = items;
        selection->values = values;
    }
    int error = wait_and_report(selection, deadline_ns, ready);
    selection->items = NULL; /* they lived in this frame */
    selection->values = NULL;
    free(block);
    return error;
}

int select(int count, fd_set *read_set, fd_set *write_set, fd_set *except_set,
           const struct timeval *timeout)
{
    struct selection selection = {.sets = {read_set, write_set, except_set}};
    int64_t deadline_ns = 0;
    int ready = 0;
    int error = api_check_started();

    (void)count; /* WB 15.7 */
    if (error == 0) {
        error = measure(&selection);
    }
    if (error == 0) {
        error = read_timeout(timeout, &deadline_ns);
    }
    if (error == 0) {
        error = run(&selection, deadline_ns, &ready);
    }
    return api_result(error) == 0 ? ready : SOCKET_ERROR;
}

int __WSAFDIsSet(SOCKET s, fd_set *set) /* NOLINT: the name is Windows' */
{
    return winlwip_fd_isset(s, set);
}
