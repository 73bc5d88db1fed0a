/*
 * overlapped.c - posts overlapped calls and collects their completions.
 *
 * State: the operations and handles that the teardown frees, and how many completions were seen.
 * All of it belongs to the thread that runs the test.
 */
#include "tests/contract/overlapped.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/world_internal.h"

#define HANDLES_MAX 512

#define OFFSET_SENTINEL 0xdead3
#define OFFSET_HIGH_SENTINEL 0xdead4

static struct posted *all;
static HANDLE handles[HANDLES_MAX];
static unsigned handle_count;
static unsigned completions;

/* What an outcome is in the three vocabularies (C35, C61, C70; winsock-facts 1.2). */
static const struct outcome_row {
    int wsa;
    DWORD win32;
    ULONG_PTR status;
} outcomes[] = {
    {0, ERROR_SUCCESS, 0},
    {WSAEMSGSIZE, ERROR_MORE_DATA, 0x80000005},
    {WSA_OPERATION_ABORTED, ERROR_OPERATION_ABORTED, 0xC0000120},
    {WSAECONNRESET, ERROR_PORT_UNREACHABLE, 0xC000023F},
    {WSAENETRESET, ERROR_HOST_UNREACHABLE, 0xC000A012},
    {WSAEHOSTUNREACH, ERROR_HOST_UNREACHABLE, 0xC000023D},
    {WSAENETUNREACH, ERROR_NETWORK_UNREACHABLE, 0xC000023C},
    {WSAENETDOWN, 59, 0xC00000C4}, /* ERROR_UNEXP_NET_ERR */
};
#define OUTCOMES (sizeof(outcomes) / sizeof(outcomes[0]))

ULONG_PTR overlapped_status(int error)
{
    for (size_t i = 0; i < OUTCOMES; i++) {
        if (outcomes[i].wsa == error) {
            return outcomes[i].status;
        }
    }
    ck_abort_msg("no status is known for %d", error);
}

/* Two outcomes share a Win32 code: the status tells them apart. */
static int wsa_of(ULONG_PTR status)
{
    for (size_t i = 0; i < OUTCOMES; i++) {
        if (outcomes[i].status == status) {
            return outcomes[i].wsa;
        }
    }
    ck_abort_msg("Internal is %#lx", (unsigned long)status);
}

static DWORD win32_of(ULONG_PTR status)
{
    for (size_t i = 0; i < OUTCOMES; i++) {
        if (outcomes[i].status == status) {
            return outcomes[i].win32;
        }
    }
    ck_abort_msg("Internal is %#lx", (unsigned long)status);
}

/* --- fixtures --- */

void overlapped_setup_one(void)
{
    world_setup_one();
}

void overlapped_setup_two(void)
{
    world_setup_two();
}

void overlapped_teardown(void)
{
    while (handle_count > 0) {
        CloseHandle(handles[--handle_count]);
    }
    world_teardown();
    while (all != NULL) {
        struct posted *posted = all;

        all = posted->next;
        free(posted);
    }
}

void overlapped_track(HANDLE handle)
{
    ck_assert_ptr_nonnull(handle);
    ck_assert_uint_lt(handle_count, HANDLES_MAX);
    handles[handle_count++] = handle;
}

HANDLE overlapped_event(BOOL manual_reset)
{
    HANDLE event = CreateEventA(NULL, manual_reset, FALSE, NULL);

    overlapped_track(event);
    return event;
}

HANDLE overlapped_port(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);

    overlapped_track(port);
    return port;
}

void channel_make(struct channel *channel, SOCKET s, enum way way)
{
    *channel = (struct channel){.way = way, .s = s};
    if (way == WAY_PORT) {
        channel->completion_port = overlapped_port();
        ck_assert_ptr_eq(
            CreateIoCompletionPort((HANDLE)s, channel->completion_port, CHANNEL_KEY, 0),
            channel->completion_port);
    }
}

void channel_open(struct channel *channel, const char *address, enum way way)
{
    uint16_t port;

    channel_make(channel, world_socket(address, &port), way);
    channel->port = port;
}

void channel_queue(const struct channel *channel, const struct world_family *family,
                   const char *text)
{
    deliver(family, channel->port, text);
    world_settle(&(struct winlwip_stats){0});
}

/* --- calls --- */

struct posted *posted_new(struct channel *channel, enum posted_call call)
{
    struct posted *posted = calloc(1, sizeof(*posted));

    ck_assert_ptr_nonnull(posted);
    posted->next = all;
    all = posted;
    posted->channel = channel;
    posted->call = call;
    posted->overlapped = (WSAOVERLAPPED){.Internal = UNTOUCHED,
                                         .InternalHigh = UNTOUCHED,
                                         .Offset = OFFSET_SENTINEL,
                                         .OffsetHigh = OFFSET_HIGH_SENTINEL};
    if (channel->way == WAY_EVENT) {
        posted->overlapped.hEvent = overlapped_event(FALSE);
    }
    memset(posted->data, 0xa5, sizeof(posted->data));
    memset(posted->control, 0xa5, sizeof(posted->control));
    memset(&posted->name, 0xa5, sizeof(posted->name));
    posted->bytes = UNTOUCHED;
    posted->namelen = sizeof(posted->name);
    posted->buffer = (WSABUF){.len = sizeof(posted->data), .buf = posted->data};
    posted->message = (WSAMSG){.name = (LPSOCKADDR)&posted->name,
                               .namelen = sizeof(posted->name),
                               .lpBuffers = &posted->buffer,
                               .dwBufferCount = 1};
    if (call == CALL_RECVMSG) {
        posted->message.Control = (WSABUF){.len = sizeof(posted->control), .buf = posted->control};
    }
    return posted;
}

void posted_free(struct posted *posted)
{
    struct posted **link = &all;

    while (*link != posted) {
        link = &(*link)->next;
    }
    *link = posted->next;
    free(posted);
}

void posted_text(struct posted *posted, const char *text)
{
    posted->buffer.len = (ULONG)strlen(text);
    memcpy(posted->data, text, strlen(text));
}

void posted_to(struct posted *posted, const char *address, uint16_t port)
{
    posted->namelen = world_name(address, port, &posted->name);
    posted->message.namelen = posted->namelen;
}

static void note(struct posted *posted, int outcome, DWORD transferred, DWORD flags)
{
    ck_assert(HasOverlappedIoCompleted(&posted->overlapped));
    posted->channel->under_way--;
    posted->channel->crowded = posted->channel->crowded && posted->channel->under_way != 0;
    posted->times++;
    posted->order = ++completions;
    posted->outcome = outcome;
    posted->transferred = transferred;
    posted->result_flags = flags;
}

static void CALLBACK routine(DWORD error, DWORD transferred, LPWSAOVERLAPPED overlapped,
                             DWORD flags)
{
    struct posted *posted = (struct posted *)overlapped;

    note(posted, (int)error, transferred, flags);
    if (posted->then != NULL) {
        posted->then(posted);
    }
}

static int start_receive(struct posted *posted, LPWSAOVERLAPPED_COMPLETION_ROUTINE completion)
{
    SOCKET s = posted->channel->s;
    const WSAMSG *message = &posted->message;

    switch (posted->call) {
    case CALL_RECVMSG:
        return world.recvmsg(s, &posted->message, &posted->bytes, &posted->overlapped, completion);
    case CALL_RECVFROM:
        return WSARecvFrom(s, message->lpBuffers, message->dwBufferCount, &posted->bytes,
                           &posted->flags, message->name, &posted->namelen, &posted->overlapped,
                           completion);
    default:
        return WSARecv(s, message->lpBuffers, message->dwBufferCount, &posted->bytes,
                       &posted->flags, &posted->overlapped, completion);
    }
}

static int start_send(struct posted *posted, LPWSAOVERLAPPED_COMPLETION_ROUTINE completion)
{
    SOCKET s = posted->channel->s;
    const WSAMSG *message = &posted->message;

    switch (posted->call) {
    case CALL_SENDMSG:
        return WSASendMsg(s, &posted->message, posted->flags, &posted->bytes, &posted->overlapped,
                          completion);
    case CALL_SENDTO:
        return WSASendTo(s, message->lpBuffers, message->dwBufferCount, &posted->bytes,
                         posted->flags, message->name, posted->namelen, &posted->overlapped,
                         completion);
    default:
        return WSASend(s, message->lpBuffers, message->dwBufferCount, &posted->bytes, posted->flags,
                       &posted->overlapped, completion);
    }
}

int posted_start(struct posted *posted)
{
    LPWSAOVERLAPPED_COMPLETION_ROUTINE completion =
        posted->channel->way == WAY_ROUTINE ? routine : NULL;

    WSASetLastError((int)UNTOUCHED);
    posted->result = posted->call < CALL_SENDMSG ? start_receive(posted, completion)
                                                 : start_send(posted, completion);
    posted->error = WSAGetLastError();
    if (posted->result == 0 || posted->error == WSA_IO_PENDING) {
        posted->channel->under_way++;
        posted->channel->crowded |= posted->channel->under_way > 1;
    }
    return posted->result;
}

void posted_pends(struct posted *posted)
{
    ck_assert_int_eq(posted_start(posted), SOCKET_ERROR);
    ck_assert_int_eq(posted->error, WSA_IO_PENDING);
    posted_pending(posted);
}

struct posted *posted_receive(struct channel *channel)
{
    struct posted *posted = posted_new(channel, CALL_RECVMSG);

    posted_pends(posted);
    return posted;
}

void posted_completes(struct posted *posted)
{
    ck_assert_msg(posted_start(posted) == 0, "failed: %d", posted->error);
    ck_assert_int_eq(posted->error, 0);
}

void posted_fails(struct posted *posted, int error)
{
    ck_assert_int_eq(posted_start(posted), SOCKET_ERROR);
    ck_assert_int_eq(posted->error, error);
    ck_assert_uint_eq(posted->bytes, UNTOUCHED);
    ck_assert_uint_eq(posted->overlapped.Internal, UNTOUCHED);
    ck_assert_uint_eq(posted->overlapped.InternalHigh, UNTOUCHED);
    posted_nothing_more(posted);
}

/* --- completions --- */

/* What WSAGetOverlappedResult() says, or of a closed socket the OVERLAPPED. False: incomplete. */
static bool take_result(struct posted *posted)
{
    DWORD transferred = UNTOUCHED, flags = UNTOUCHED;
    int error = 0;

    if (!WSAGetOverlappedResult(posted->channel->s, &posted->overlapped, &transferred, FALSE,
                                &flags)) {
        error = WSAGetLastError();
        ck_assert_int_ne(error, 0);
        if (error == WSA_IO_INCOMPLETE) {
            ck_assert_uint_eq(transferred, UNTOUCHED);
            return false;
        }
        ck_assert_uint_eq(flags, UNTOUCHED); /* C52 */
    }
    if (error == WSAENOTSOCK) {
        if (!HasOverlappedIoCompleted(&posted->overlapped)) {
            return false;
        }
        error = wsa_of(posted->overlapped.Internal);
        transferred = (DWORD)posted->overlapped.InternalHigh;
    }
    note(posted, error, transferred, flags);
    return true;
}

/* Takes one packet. False: there is none. */
static bool take_packet(HANDLE port, DWORD timeout_ms)
{
    DWORD transferred = UNTOUCHED, error;
    ULONG_PTR key = UNTOUCHED;
    LPOVERLAPPED overlapped = (LPOVERLAPPED)1;
    BOOL taken;

    SetLastError(UNTOUCHED);
    taken = GetQueuedCompletionStatus(port, &transferred, &key, &overlapped, timeout_ms);
    error = GetLastError();
    if (overlapped == NULL) {
        ck_assert_int_eq(taken, FALSE);
        ck_assert_uint_eq(error, WAIT_TIMEOUT);
        return false;
    }
    ck_assert_uint_eq(key, CHANNEL_KEY);
    if (taken) {
        ck_assert_uint_eq(error, UNTOUCHED); /* C48 */
        ck_assert_uint_eq(overlapped->Internal, 0);
    } else {
        ck_assert_uint_eq(error, win32_of(overlapped->Internal));
    }
    note((struct posted *)overlapped, wsa_of(overlapped->Internal), transferred, UNTOUCHED);
    return true;
}

static void poll_result(struct posted *posted)
{
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    while (!take_result(posted)) {
        ck_assert_msg(world_now_ms() < end, "it never completed");
        world_pause();
    }
}

void posted_wait(struct posted *posted)
{
    const struct channel *channel = posted->channel;

    switch (channel->way) {
    case WAY_EVENT:
        ck_assert_uint_eq(WaitForSingleObject(posted->overlapped.hEvent, WORLD_PATIENCE_MS),
                          WAIT_OBJECT_0);
        ck_assert_msg(take_result(posted), "the event was set before the end");
        break;
    case WAY_ROUTINE:
        while (posted->times == 0) {
            ck_assert_uint_eq(SleepEx(WORLD_PATIENCE_MS, TRUE), WAIT_IO_COMPLETION);
        }
        break;
    case WAY_PORT:
        while (posted->times == 0) {
            ck_assert_msg(take_packet(channel->completion_port, WORLD_PATIENCE_MS), "no packet");
        }
        break;
    case WAY_HANDLE:
        ck_assert_uint_eq(WaitForSingleObject((HANDLE)channel->s, WORLD_PATIENCE_MS),
                          WAIT_OBJECT_0);
        if (!channel->crowded) {
            ck_assert_msg(take_result(posted), "the socket was signaled before the end");
            break;
        }
        poll_result(posted); /* it may have been another one's end */
        break;
    default:
        poll_result(posted);
    }
}

void posted_pending(struct posted *posted)
{
    DWORD transferred = UNTOUCHED, flags = UNTOUCHED;

    ck_assert_uint_eq(__atomic_load_n(&posted->overlapped.Internal, __ATOMIC_ACQUIRE), 0x103);
    ck_assert_uint_eq(posted->overlapped.InternalHigh, UNTOUCHED);
    ck_assert_int_eq(WSAGetOverlappedResult(posted->channel->s, &posted->overlapped, &transferred,
                                            FALSE, &flags),
                     FALSE);
    ck_assert_int_eq(WSAGetLastError(), WSA_IO_INCOMPLETE);
    ck_assert_uint_eq(transferred, UNTOUCHED);
    ck_assert_uint_eq(flags, UNTOUCHED);
}

void posted_assert(struct posted *posted, int error, DWORD bytes)
{
    ck_assert_uint_eq(posted->times, 1);
    ck_assert_int_eq(posted->outcome, error);
    ck_assert_uint_eq(posted->transferred, bytes);
    ck_assert_uint_eq(posted->overlapped.Internal, overlapped_status(error));
    ck_assert_uint_eq(posted->overlapped.InternalHigh, bytes);
    ck_assert_uint_eq(posted->overlapped.Offset, OFFSET_SENTINEL);
    ck_assert_uint_eq(posted->overlapped.OffsetHigh, OFFSET_HIGH_SENTINEL);
    if (posted->channel->way == WAY_ROUTINE) {
        ck_assert_uint_eq(posted->result_flags, 0);
    }
}

void posted_nothing_more(struct posted *posted)
{
    unsigned before = posted->times;

    switch (posted->channel->way) {
    case WAY_EVENT:
        ck_assert_uint_eq(WaitForSingleObject(posted->overlapped.hEvent, 0), WAIT_TIMEOUT);
        break;
    case WAY_ROUTINE:
        ck_assert_uint_eq(SleepEx(0, TRUE), 0);
        break;
    case WAY_PORT:
        ck_assert_msg(!take_packet(posted->channel->completion_port, 0), "one packet too many");
        break;
    default:
        break;
    }
    ck_assert_uint_eq(posted->times, before);
}

void posted_ends(struct posted *posted, int error, DWORD bytes)
{
    posted_wait(posted);
    posted_assert(posted, error, bytes);
    posted_nothing_more(posted);
}

void posted_receives(struct posted *posted, const char *text)
{
    size_t bytes = strlen(text);

    posted_ends(posted, 0, (DWORD)bytes);
    ck_assert_mem_eq(posted->data, text, bytes);
    ck_assert_uint_eq((uint8_t)posted->data[bytes], 0xa5);
}

void posted_assert_name(struct posted *posted, const char *address, uint16_t port)
{
    SOCKADDR_STORAGE expected;
    int bytes = world_name(address, port, &expected);

    ck_assert_int_eq(posted->call == CALL_RECVMSG ? posted->message.namelen : posted->namelen,
                     bytes);
    ck_assert_mem_eq(&posted->name, &expected, (size_t)bytes);
    ck_assert_uint_eq(((const uint8_t *)&posted->name)[bytes], 0xa5);
}

void posted_untouched(struct posted *posted)
{
    static const uint8_t fill[POSTED_DATA_BYTES] = {[0 ... POSTED_DATA_BYTES - 1] = 0xa5};

    ck_assert_mem_eq(posted->data, fill, sizeof(posted->data));
    ck_assert_mem_eq(posted->control, fill, sizeof(posted->control));
    ck_assert_mem_eq(&posted->name, fill, sizeof(posted->name));
    ck_assert_int_eq(posted->namelen, sizeof(posted->name));
    ck_assert_int_eq(posted->message.namelen, sizeof(posted->name));
    ck_assert_uint_eq(posted->message.dwFlags, 0);
    if (posted->call == CALL_RECVMSG) {
        ck_assert_uint_eq(posted->message.Control.len, sizeof(posted->control));
    }
    ck_assert_uint_eq(posted->flags, 0);
}
