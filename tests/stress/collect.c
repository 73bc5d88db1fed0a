/*
 * collect.c - the ways to learn that an operation has ended.
 *
 * Operations with an event of their own, polled ones and those without any event are collected by
 * the worker that owns them; packets by whoever takes them; routines are op.c's, called by the
 * alertable waits here. While a wait calls routines those may collect and start operations: after
 * WAIT_IO_COMPLETION nothing that was known before the wait counts any more.
 */
#include "tests/stress/stress.h"

#include <stddef.h>

#include <ntstatus.h>

#define BATCH 16u
#define NESTED_MAX 3u

/* An event whose operation has ended is set without delay; milliseconds. */
#define PATIENCE_MS 10000u

/* Most waits only look: a millisecond is time for hundreds of operations. */
static DWORD short_wait_ms(struct worker *worker)
{
    return worker_random(worker, 32) == 0;
}

static struct op *op_of(LPOVERLAPPED overlapped)
{
    return CONTAINING_RECORD(overlapped, struct op, overlapped);
}

static uint32_t bytes_of(const struct op *op)
{
    return (uint32_t)op->overlapped.InternalHigh;
}

/* --- by looking --- */

/* Has the thread ended that was to be told by a routine, or by a packet that is not its own? */
static bool is_left_behind(const struct worker *worker, const struct op *op)
{
    return op->life != worker->life;
}

/*
 * An operation of an ended thread has ended with it (C58). A socket that was being closed at that
 * moment ends what is pending itself, perhaps a little later.
 */
static bool has_ended(struct op *op)
{
    const struct sock *sock = op->sock;

    if (HasOverlappedIoCompleted(&op->overlapped)) {
        return true;
    }
    if (!atomic_load(&sock->closing) && atomic_load(&engine.cleanups.begun) == sock->cleanups) {
        stress_fail(op, "it is pending, and the thread that started it has ended");
    }
    return false;
}

/* Its event has to be set, once, when an operation has ended. */
static void await_event(struct worker *worker, struct op *op)
{
    if (WaitForSingleObject(op->event, PATIENCE_MS) != WAIT_OBJECT_0) {
        stress_fail(op, "it has ended, and its event is not set");
    }
    if (op->automatic && worker_random(worker, 8) == 0 &&
        WaitForSingleObject(op->event, 0) != WAIT_TIMEOUT) {
        stress_fail(op, "its event was set twice, or a wait did not take the signal");
    }
}

/* What WSAGetOverlappedResult() says of an operation that has ended, the socket perhaps as well. */
static void check_result(struct op *op)
{
    DWORD bytes = 0xdeadbeef, flags = 0;
    NTSTATUS status = (NTSTATUS)(uint32_t)op->overlapped.Internal;
    BOOL good = WSAGetOverlappedResult(op->sock->s, &op->overlapped, &bytes, FALSE, &flags);
    int error = good ? 0 : WSAGetLastError();

    if (error == WSAENOTSOCK || error == WSANOTINITIALISED) {
        sock_is_gone(op->sock, error);
    } else if (good != (status >= 0) || bytes != bytes_of(op)) {
        stress_fail(op, "WSAGetOverlappedResult: %d, error %d, %u bytes", good, error,
                    (unsigned)bytes);
    }
}

static void look_at(struct worker *worker, struct op *op)
{
    bool left_behind = is_left_behind(worker, op);

    if (op->way == WAY_PORT || (op->way == WAY_ROUTINE && !left_behind)) {
        return;
    }
    if (left_behind ? !has_ended(op) : !HasOverlappedIoCompleted(&op->overlapped)) {
        return;
    }
    if (op->way == WAY_EVENT) {
        await_event(worker, op);
    } else if (worker_random(worker, 2) == 0) {
        check_result(op);
    }
    op_collect(op, STATUS_PENDING, bytes_of(op));
}

void collect_sweep(struct worker *worker, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct op *op = &worker->ops[(worker->next_op + i) % STRESS_OPS];
        if (op_is_posted(op)) {
            look_at(worker, op);
        }
    }
}

/* Waits until it ends, which may take long: one thread at a time does that. */
static int await_result(struct op *op, DWORD *bytes)
{
    DWORD flags;

    if (atomic_exchange(&engine.waiting, true)) {
        return WSA_IO_INCOMPLETE;
    }
    BOOL good = WSAGetOverlappedResult(op->sock->s, &op->overlapped, bytes, TRUE, &flags);
    int error = good ? 0 : WSAGetLastError();
    atomic_store(&engine.waiting, false);
    return error;
}

void collect_by_result(struct worker *worker)
{
    struct op *op = &worker->ops[worker_random(worker, STRESS_OPS)];
    DWORD bytes = 0xdeadbeef;

    if (!op_is_posted(op) || op->way != WAY_EVENT || is_left_behind(worker, op) ||
        atomic_load(&engine.calm)) {
        return;
    }
    int error = await_result(op, &bytes);
    if (error == WSA_IO_INCOMPLETE) {
        return;
    }
    if (error == WSAENOTSOCK || error == WSANOTINITIALISED) {
        sock_is_gone(op->sock, error);
    } else if (bytes != bytes_of(op)) {
        stress_fail(op, "WSAGetOverlappedResult: error %d, %u bytes", error, (unsigned)bytes);
    } else {
        op_collect(op, STATUS_PENDING, bytes);
    }
}

/* --- by events --- */

/* The next operations of the worker that have an event of their own. */
static unsigned find_with_events(struct worker *worker, struct op **ops, HANDLE *events,
                                 unsigned max)
{
    unsigned first = worker_random(worker, STRESS_OPS);
    unsigned count = 0;

    for (unsigned i = 0; i < STRESS_OPS && count < max; i++) {
        struct op *op = &worker->ops[(first + i) % STRESS_OPS];
        if (op_is_posted(op) && op->way == WAY_EVENT) {
            events[count] = op->event;
            ops[count++] = op;
        }
    }
    return count;
}

void collect_by_events(struct worker *worker)
{
    struct op *ops[WSA_MAXIMUM_WAIT_EVENTS];
    HANDLE events[WSA_MAXIMUM_WAIT_EVENTS];
    bool all = worker_random(worker, 8) == 0;
    bool alertable = worker->nested < NESTED_MAX && worker_random(worker, 2) == 0;
    unsigned count = find_with_events(worker, ops, events, all ? 2 : WSA_MAXIMUM_WAIT_EVENTS);

    if (count == 0) {
        return;
    }
    worker->nested++;
    DWORD told = WSAWaitForMultipleEvents(count, events, all, short_wait_ms(worker), alertable);
    worker->nested--;
    if (told == WSA_WAIT_FAILED) {
        if (WSAGetLastError() != WSANOTINITIALISED) {
            stress_fail(NULL, "WSAWaitForMultipleEvents: %d", WSAGetLastError());
        }
        return;
    }
    if (told == WSA_WAIT_TIMEOUT || told == WSA_WAIT_IO_COMPLETION) {
        return;
    }
    if (told >= count) {
        stress_fail(NULL, "WSAWaitForMultipleEvents: %#x for %u events", (unsigned)told, count);
    }
    for (unsigned i = all ? 0 : told; i <= (all ? count - 1 : told); i++) {
        op_collect(ops[i], STATUS_PENDING, bytes_of(ops[i]));
    }
}

void collect_by_shared_event(struct worker *worker)
{
    HANDLE event = engine.shared[worker_random(worker, STRESS_SHARED_EVENTS)];

    if (WaitForSingleObject(event, short_wait_ms(worker)) == WAIT_FAILED) {
        stress_fail(NULL, "WaitForSingleObject: %u", (unsigned)GetLastError());
    }
    collect_sweep(worker, STRESS_OPS);
}

void collect_by_handle(struct worker *worker, struct sock *sock)
{
    DWORD told = WaitForSingleObject((HANDLE)sock->s, short_wait_ms(worker)); /* NOLINT */

    if (told == WAIT_FAILED && GetLastError() != ERROR_INVALID_HANDLE) {
        stress_fail(NULL, "WaitForSingleObject: %u", (unsigned)GetLastError());
    }
    collect_sweep(worker, STRESS_OPS);
}

/* --- by packets --- */

static void check_key(struct op *op, ULONG_PTR key)
{
    if (key != (ULONG_PTR)op->sock) {
        stress_fail(op, "a packet with another socket's key");
    }
}

/* The error of a packet that GetQueuedCompletionStatus() fails with, as its status says (C55). */
static void check_packet_error(struct op *op, DWORD error)
{
    static const struct {
        NTSTATUS status;
        DWORD error;
    } rows[] = {
        {STATUS_BUFFER_OVERFLOW, ERROR_MORE_DATA},
        {STATUS_CANCELLED, ERROR_OPERATION_ABORTED},
        {STATUS_PORT_UNREACHABLE, ERROR_PORT_UNREACHABLE},
        {STATUS_NOT_SUPPORTED, ERROR_NOT_SUPPORTED},
        {STATUS_UNEXPECTED_NETWORK_ERROR, 59},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((uint32_t)rows[i].status == (uint32_t)op->overlapped.Internal) {
            if (rows[i].error == error) {
                return;
            }
        }
    }
    stress_fail(op, "GetQueuedCompletionStatus: %u", (unsigned)error);
}

static bool take_one(HANDLE port, DWORD timeout_ms)
{
    LPOVERLAPPED overlapped = NULL;
    ULONG_PTR key = 0;
    DWORD bytes = 0;
    BOOL good = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, timeout_ms);

    if (overlapped == NULL) {
        if (good || GetLastError() != WAIT_TIMEOUT) {
            stress_fail(NULL, "GetQueuedCompletionStatus: %u", (unsigned)GetLastError());
        }
        return false;
    }
    struct op *op = op_of(overlapped);
    if (!good) {
        check_packet_error(op, GetLastError());
    }
    check_key(op, key);
    op_collect(op, STATUS_PENDING, bytes);
    return true;
}

static void take_batch(HANDLE port, DWORD timeout_ms, bool alertable)
{
    OVERLAPPED_ENTRY entries[BATCH];
    ULONG count = 0;

    if (!GetQueuedCompletionStatusEx(port, entries, BATCH, &count, timeout_ms, alertable)) {
        DWORD error = GetLastError();
        if (error != WAIT_TIMEOUT && !(alertable && error == WAIT_IO_COMPLETION)) {
            stress_fail(NULL, "GetQueuedCompletionStatusEx: %u", (unsigned)error);
        }
        return;
    }
    for (ULONG i = 0; i < count; i++) {
        struct op *op = op_of(entries[i].lpOverlapped);
        check_key(op, entries[i].lpCompletionKey);
        op_collect(op, (uint32_t)entries[i].Internal, entries[i].dwNumberOfBytesTransferred);
    }
}

void collect_port(struct worker *worker, HANDLE port)
{
    DWORD timeout_ms = short_wait_ms(worker);
    bool alertable = worker->nested < NESTED_MAX && worker_random(worker, 4) == 0;

    if (worker_random(worker, 3) == 0) {
        take_one(port, timeout_ms);
        return;
    }
    worker->nested++;
    take_batch(port, timeout_ms, alertable);
    worker->nested--;
}

/* --- by routines --- */

static void wait_alertably(struct worker *worker)
{
    DWORD timeout_ms = short_wait_ms(worker);
    HANDLE event = engine.shared[worker_random(worker, STRESS_SHARED_EVENTS)];

    switch (worker_random(worker, 4)) {
    case 0:
        WaitForSingleObjectEx(event, timeout_ms, TRUE);
        break;
    case 1:
        take_batch(engine.ports[worker_random(worker, STRESS_PORTS)], timeout_ms, true);
        break;
    default:
        SleepEx(timeout_ms, TRUE);
    }
}

void collect_alertably(struct worker *worker)
{
    if (worker->nested >= NESTED_MAX) {
        return;
    }
    worker->nested++;
    if (worker_random(worker, 64) == 0) {
        struct sock *sock = sock_get(worker_random(worker, STRESS_SEATS));
        if (sock != NULL) {
            call_receive_plain(worker, sock);
        }
    } else {
        wait_alertably(worker);
    }
    worker->nested--;
}

/*
 * Every routine of the thread whose operation has ended is called by an alertable wait. Between the
 * status and the queue there may be a moment, in the thread that completes it.
 */
void collect_routines(struct worker *worker)
{
    int64_t end = stress_now_ms() + PATIENCE_MS;

    for (unsigned i = 0; i < STRESS_OPS; i++) {
        struct op *op = &worker->ops[i];
        if (!op_is_posted(op) || op->way != WAY_ROUTINE || is_left_behind(worker, op) ||
            !HasOverlappedIoCompleted(&op->overlapped)) {
            continue;
        }
        uint32_t state = atomic_load(&op->state);
        while (atomic_load(&op->state) == state) {
            SleepEx(1, TRUE);
            if (stress_now_ms() > end) {
                stress_fail(op, "it has ended, and its routine is not called");
            }
        }
    }
}

/* --- at the end --- */

static void collect_left(struct worker *worker, struct op *op)
{
    if (!op_is_posted(op)) {
        return;
    }
    if (op->way == WAY_PORT) {
        stress_fail(op, "all packets were taken, and there was none for it");
    }
    if (!HasOverlappedIoCompleted(&op->overlapped)) {
        stress_fail(op, "it is pending, and all sockets are closed");
    }
    if (op->way == WAY_ROUTINE && atomic_load(&worker->ended) < op->life) {
        stress_fail(op, "its routine was not called");
    }
    if (op->way == WAY_EVENT) {
        await_event(worker, op);
    }
    op_collect(op, STATUS_PENDING, bytes_of(op));
}

void collect_rest(void)
{
    for (unsigned i = 0; i < STRESS_PORTS; i++) {
        while (take_one(engine.ports[i], 0)) {
        }
    }
    for (unsigned i = 0; i < engine.options.threads; i++) {
        for (unsigned j = 0; j < STRESS_OPS; j++) {
            collect_left(&engine.workers[i], &engine.workers[i].ops[j]);
        }
    }
}
