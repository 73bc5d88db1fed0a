/*
 * op.c - the life of one operation, and the judgement on its end.
 *
 * Theory of operation
 *
 *   free      the memory holds a pattern; whoever writes to it now is found out
 *   posted    set before the call, as the end may be told before the call returns
 *   told      whoever was told of the end takes it by a compare-and-swap: a second one fails
 *
 * Then its end is counted, the pattern written again, and with a new generation it is free. Only
 * the worker that owns the operation starts it; anybody may be told of its end. The ring of a
 * worker's operations is taken in turn, so the pattern is looked at a good while after.
 *
 * An operation that was aborted has to have been asked for: CancelIoEx() for this one or for all of
 * its socket, CancelIo() by its thread, the close of the socket, the end of its thread (but not on
 * a port without an event, C58), the end of the stack. If nobody was, that is a defect; if several
 * were it counts for none, unless CancelIoEx() said that it found just this one.
 */
#include "tests/stress/stress.h"

#include <stddef.h>
#include <string.h>

#include <ntstatus.h>

/* The part of an operation that the library may write to while it is pending. */
#define LENT_BYTES offsetof(struct op, state)
#define PATTERN 0xb5
#define OFFSET_PATTERN 0x5eed0ff5u

static uint32_t generation_of(uint32_t state)
{
    return state / OP_PHASES;
}

static enum op_phase phase_of(uint32_t state)
{
    return (enum op_phase)(state % OP_PHASES);
}

static uint32_t state_of(uint32_t generation, enum op_phase phase)
{
    return generation * OP_PHASES + phase;
}

bool op_is_posted(const struct op *op)
{
    return phase_of(atomic_load_explicit(&op->state, memory_order_relaxed)) == OP_POSTED;
}

static uint8_t pattern[LENT_BYTES]; /* written before there are threads */

static void check_untouched(struct op *op)
{
    if (memcmp(op, pattern, LENT_BYTES) != 0) {
        size_t at = 0;
        while (((const uint8_t *)op)[at] == PATTERN) {
            at++;
        }
        stress_fail(op, "byte %zu was written to after the end was collected", at);
    }
}

static void give_back(struct op *op)
{
    uint32_t generation = generation_of(atomic_load(&op->state));

    memcpy(op, pattern, LENT_BYTES);
    atomic_store(&op->state, state_of(generation + 1, OP_FREE));
}

void ops_prepare(struct worker *worker)
{
    memset(pattern, PATTERN, sizeof(pattern));
    for (unsigned i = 0; i < STRESS_OPS; i++) {
        struct op *op = &worker->ops[i];
        memcpy(op, pattern, LENT_BYTES);
        atomic_init(&op->state, state_of(1, OP_FREE));
        op->owner = worker->number;
        op->automatic = i % 2 != 0;
        op->event = CreateEventA(NULL, !op->automatic, FALSE, NULL);
    }
}

void ops_check_untouched(struct worker *worker)
{
    for (unsigned i = 0; i < STRESS_OPS; i++) {
        check_untouched(&worker->ops[i]);
    }
}

/* --- starting --- */

/* Ways that a socket allows, and how they are asked for. */
static void choose_way(struct worker *worker, struct op *op)
{
    static const enum stress_way ways[] = {WAY_EVENT, WAY_EVENT,   WAY_SHARED, WAY_ROUTINE,
                                           WAY_POLL,  WAY_ROUTINE, WAY_HANDLE};
    uint32_t dice = worker_random(worker, 14);
    HANDLE event = NULL;

    op->has_event = false;
    if (op->sock->port != NULL) {
        op->way = dice < 12 ? WAY_PORT : WAY_EVENT;
        op->has_event = dice >= 10;
        if (dice >= 10 && dice < 12) { /* an event beside the packet; nobody waits for it */
            event = engine.shared[0];
        } else if (dice >= 12) { /* instead of the packet */
            event = (HANDLE)((uintptr_t)op->event | 1); /* NOLINT: a handle is a number */
        }
    } else {
        op->way = ways[dice / 2];
        if (op->way == WAY_EVENT) {
            event = op->event;
        } else if (op->way == WAY_SHARED) {
            event = engine.shared[dice % STRESS_SHARED_EVENTS];
        } else if (op->way == WAY_ROUTINE) { /* for the caller's use then (C51) */
            event = (HANDLE)(uintptr_t)0x1234; /* NOLINT */
        }
    }
    op->overlapped.hEvent = event;
}

struct op *op_take(struct worker *worker, struct sock *sock, enum stress_call call)
{
    struct op *op = NULL;

    for (unsigned tries = 0; tries < 8 && op == NULL; tries++) {
        struct op *next = &worker->ops[worker->next_op++ % STRESS_OPS];
        if (phase_of(atomic_load(&next->state)) == OP_FREE) {
            op = next;
        }
    }
    if (op == NULL) {
        return NULL;
    }
    check_untouched(op);
    op->sock = sock;
    op->call = call;
    op->life = worker->life;
    op->capacity = 0;
    op->overlapped = (OVERLAPPED){.Offset = OFFSET_PATTERN, .OffsetHigh = OFFSET_PATTERN,
                                  .InternalHigh = OFFSET_PATTERN};
    choose_way(worker, op);
    op->one_done = atomic_load(&op->cancel.done);
    op->all_done = atomic_load(&sock->cancel_all.done);
    op->io_done = atomic_load(&sock->cancel_io[worker->number].done);
    op_note(op, STEP_POSTED);
    atomic_store(&op->state, state_of(generation_of(atomic_load(&op->state)), OP_POSTED));
    return op;
}

static void CALLBACK routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    struct op *op = CONTAINING_RECORD(overlapped, struct op, overlapped);
    struct worker *worker = worker_self;
    struct sock *sock = op->sock;

    (void)error;
    if (flags != 0) {
        stress_fail(op, "a routine got flags %#x (C53)", (unsigned)flags);
    }
    if (worker == NULL || op->owner != worker->number || op->life != worker->life) {
        stress_fail(op, "a routine was called by another thread (C53)");
    }
    for (unsigned i = 0; i < worker->inside_count; i++) {
        if (worker->inside[i] == sock) {
            stress_fail(op, "a routine was called inside another one of its socket (C54)");
        }
    }
    op_collect(op, STATUS_PENDING, bytes);
    if (worker->exit_in_routine) {
        worker->exit_in_routine = false;
        worker_leave(worker, EXIT_ROUTINE);
    }
    if (worker->inside_count == sizeof(worker->inside) / sizeof(worker->inside[0])) {
        return;
    }
    worker->inside[worker->inside_count++] = sock;
    if (worker_random(worker, 4) == 0) {
        worker_step(worker);
    }
    worker->inside_count--;
}

LPWSAOVERLAPPED_COMPLETION_ROUTINE op_routine(const struct op *op)
{
    return op->way == WAY_ROUTINE ? routine : NULL;
}

/* Errors that a call may fail with when others close, restart and take down. */
static bool may_be_refused(const struct op *op, int error)
{
    switch (error) {
    case WSAENOTSOCK:
    case WSANOTINITIALISED:
        return true;
    case WSAENETDOWN:
        return op->sock->net != NET_LOOPBACK4 && op->sock->net != NET_LOOPBACK6;
    case WSAECONNRESET: /* an ICMP error was queued: the receive is not started (C48) */
        return op->call <= CALL_RECVFROM;
    case WSAENOBUFS:
        return op->call == CALL_SEND || op->call == CALL_SENDTO || op->call == CALL_SENDMSG;
    default:
        return false;
    }
}

static void refuse(struct worker *worker, struct op *op, int error)
{
    uint32_t posted = state_of(generation_of(atomic_load(&op->state)), OP_POSTED);
    struct sock *sock = op->sock;

    op_note(op, STEP_REFUSED);
    if (!may_be_refused(op, error)) {
        stress_fail(op, "the call failed with %d", error);
    }
    if (!atomic_compare_exchange_strong(&op->state, &posted, posted - OP_POSTED + OP_TOLD)) {
        stress_fail(op, "the call failed with %d, but its end was told", error);
    }
    if (op->overlapped.Internal != 0 || op->overlapped.InternalHigh != OFFSET_PATTERN) {
        stress_fail(op, "the call failed with %d and wrote to its OVERLAPPED (C48)", error);
    }
    give_back(op);
    count_up(&worker->refused);
    sock_is_gone(sock, error);
}

void op_posted(struct worker *worker, struct op *op, int result)
{
    /* It may have been told, collected and freed meanwhile; started again only by this thread. */
    int error = result == 0 ? 0 : WSAGetLastError();

    if (error != 0 && error != WSA_IO_PENDING) {
        refuse(worker, op, error);
        return;
    }
    op_note(op, error == 0 ? STEP_AT_ONCE : STEP_PENDING);
    count_up(&worker->in[op->way]);
    count_up(&worker->calls[op->call]);
}

/* --- the end --- */

static bool may_have_ended(const struct deed *deed, uint32_t done)
{
    return atomic_load(&deed->begun) != done;
}

/* Who asked for the abortion? */
static enum stress_end find_cause(struct op *op, uint32_t generation)
{
    const struct sock *sock = op->sock;
    enum stress_end cause = ENDS;
    unsigned causes = 0;

    if (atomic_load(&op->cancelled) == generation) {
        return END_CANCEL_ONE;
    }
    if (may_have_ended(&op->cancel, op->one_done)) {
        cause = END_CANCEL_ONE;
        causes++;
    }
    if (may_have_ended(&sock->cancel_all, op->all_done)) {
        cause = END_CANCEL_ALL;
        causes++;
    }
    if (may_have_ended(&sock->cancel_io[op->owner], op->io_done)) {
        cause = END_CANCEL_IO;
        causes++;
    }
    if (atomic_load(&engine.workers[op->owner].ended) >= op->life &&
        (sock->port == NULL || op->has_event)) {
        cause = END_THREAD;
        causes++;
    }
    if (atomic_load(&sock->closing)) {
        cause = END_CLOSE;
        causes++;
    } else if (may_have_ended(&engine.cleanups, sock->cleanups)) {
        cause = END_CLEANUP;
        causes++;
    }
    if (causes == 0) {
        stress_fail(op, "it was aborted, and nobody had asked for that");
    }
    return causes == 1 ? cause : END_SEVERAL;
}

static bool is_receive(const struct op *op)
{
    return op->call == CALL_RECVMSG || op->call == CALL_RECV || op->call == CALL_RECVFROM;
}

static void check_receive(struct op *op, uint32_t bytes, bool truncated)
{
    int expected = op->sock->name_bytes;

    if (op->call == CALL_RECVMSG && op->message.namelen != expected) {
        stress_fail(op, "the name of the sender has %d bytes", op->message.namelen);
    }
    if (op->call == CALL_RECVFROM && op->name_bytes != expected) {
        stress_fail(op, "the name of the sender has %d bytes", op->name_bytes);
    }
    if (op->call == CALL_RECVMSG && truncated != ((op->message.dwFlags & MSG_TRUNC) != 0)) {
        stress_fail(op, "flags %#x", (unsigned)op->message.dwFlags);
    }
    if (op->call == CALL_RECVMSG && op->sock->pktinfo != (op->message.Control.len != 0)) {
        stress_fail(op, "%u bytes of control data", (unsigned)op->message.Control.len);
    }
    payload_check(op->sock->seat, op->data, bytes, op->capacity, truncated);
}

/* How did it end? The status is the one in the OVERLAPPED. */
static enum stress_end judge(struct op *op, uint32_t generation, uint32_t status, uint32_t bytes)
{
    switch ((NTSTATUS)status) {
    case STATUS_SUCCESS:
        if (op->call == CALL_IOCTL) {
            return END_CONTROL;
        }
        if (!is_receive(op)) {
            return bytes == op->capacity ? END_SENT : ENDS;
        }
        check_receive(op, bytes, false);
        return END_DATAGRAM;
    case STATUS_BUFFER_OVERFLOW:
        check_receive(op, bytes, true);
        return END_TRUNCATED;
    case STATUS_PORT_UNREACHABLE:
        return is_receive(op) && bytes == 0 ? END_ICMP : ENDS;
    case STATUS_UNEXPECTED_NETWORK_ERROR:
        return is_receive(op) && atomic_load(&engine.downs.begun) != 0 ? END_DOWN : ENDS;
    case STATUS_NOT_SUPPORTED:
        return op->call == CALL_IOCTL ? END_CONTROL : ENDS;
    case STATUS_CANCELLED:
        return find_cause(op, generation);
    default:
        return ENDS;
    }
}

void op_collect(struct op *op, uint32_t status, uint32_t bytes)
{
    uint32_t state = atomic_load(&op->state);
    uint32_t generation = generation_of(state);

    op_note(op, STEP_TOLD);
    if (phase_of(state) != OP_POSTED ||
        !atomic_compare_exchange_strong(&op->state, &state, state_of(generation, OP_TOLD))) {
        stress_fail(op, "its end was told twice");
    }
    uint32_t written = (uint32_t)__atomic_load_n(&op->overlapped.Internal, __ATOMIC_ACQUIRE);
    if (written == STATUS_PENDING) {
        stress_fail(op, "its end was told while it was pending");
    }
    if (status != STATUS_PENDING && status != written) {
        stress_fail(op, "status %#x was told, %#x stands in its OVERLAPPED", status, written);
    }
    if (bytes != op->overlapped.InternalHigh || op->overlapped.Offset != OFFSET_PATTERN) {
        stress_fail(op, "%u bytes were told, %u stand in its OVERLAPPED", bytes,
                    (unsigned)op->overlapped.InternalHigh);
    }
    enum stress_end end = judge(op, generation, written, bytes);
    if (end == ENDS) {
        stress_fail(op, "status %#x, %u bytes", written, bytes);
    }
    count_up(&worker_self->out[op->way][end]);
    op_note(op, STEP_COLLECTED);
    give_back(op);
}

void op_cancel_one(struct op *op, struct sock *sock)
{
    uint32_t state = atomic_load(&op->state);

    op_note(op, STEP_ASKED);
    deed_begin(&op->cancel);
    if (CancelIoEx((HANDLE)sock->s, &op->overlapped)) { /* NOLINT */
        op_note(op, STEP_FOUND);
        /* Unless it was told, and started again, meanwhile: then one of the two was found. */
        if (atomic_load(&op->state) == state) {
            atomic_store(&op->cancelled, generation_of(state));
        }
    } else {
        op_note(op, STEP_NOT_FOUND);
    }
    deed_end(&op->cancel);
}
