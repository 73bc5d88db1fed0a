/*
 * calls.c - the calls that start operations, and their synchronous twins.
 *
 * Each overlapped call finds an operation, fills what its form needs, and hands it over. Arrays of
 * buffers stand on the stack and are spoilt when the call has returned (C49).
 */
#include "tests/stress/stress.h"

#include <string.h>

#define PARTS 6u /* buffers of a scattered receive: more than an operation has room for */
#define SEND_MAX_BYTES 72u

/* A port of the host that nobody is bound to: below those that are given out. */
#define NOBODYS_PORT 9

static LPFN_WSARECVMSG receive_message;

void calls_find_extensions(SOCKET s)
{
    GUID id = WSAID_WSARECVMSG;
    DWORD bytes;

    if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &receive_message,
                 sizeof(receive_message), &bytes, NULL, NULL) != 0) {
        stress_fail(NULL, "no WSARecvMsg: %d", WSAGetLastError());
    }
}

/* --- receives --- */

/* The room of a receive in one piece or in several. Returns how many. */
static DWORD divide(struct worker *worker, struct op *op, WSABUF *parts)
{
    uint32_t done = 0;

    if (worker_random(worker, 8) != 0) {
        parts[0] = (WSABUF){op->capacity, (char *)op->data};
        return 1;
    }
    for (unsigned i = 0; i < PARTS; i++) {
        uint32_t end = op->capacity * (i + 1) / PARTS;
        parts[i] = (WSABUF){end - done, (char *)op->data + done};
        done = end;
    }
    return PARTS;
}

static int call_recvmsg(struct op *op, WSABUF *parts, DWORD count, LPDWORD bytes)
{
    op->message = (WSAMSG){
        .name = (struct sockaddr *)&op->name,
        .namelen = sizeof(op->name),
        .lpBuffers = parts,
        .dwBufferCount = count,
        .Control = {sizeof(op->control), (char *)op->control},
    };
    return receive_message(op->sock->s, &op->message, bytes, &op->overlapped, op_routine(op));
}

void call_receive(struct worker *worker, struct sock *sock)
{
    enum stress_call call = CALL_RECVMSG + worker_random(worker, 3);
    struct op *op = op_take(worker, sock, call);
    WSABUF parts[PARTS];
    int result;

    if (op == NULL) {
        return;
    }
    op->capacity = worker_random(worker, 8) == 0 ? PAYLOAD_HEAD_BYTES + worker_random(worker, 8)
                                                 : STRESS_DATA_BYTES;
    op->flags = 0;
    op->name_bytes = sizeof(op->name);
    LPDWORD bytes = worker_random(worker, 2) != 0 ? &op->bytes : NULL;
    DWORD count = divide(worker, op, parts);
    if (call == CALL_RECVMSG) {
        result = call_recvmsg(op, parts, count, bytes);
    } else if (call == CALL_RECV) {
        result = WSARecv(sock->s, parts, count, bytes, &op->flags, &op->overlapped, op_routine(op));
    } else {
        result = WSARecvFrom(sock->s, parts, count, bytes, &op->flags, (struct sockaddr *)&op->name,
                             &op->name_bytes, &op->overlapped, op_routine(op));
    }
    op_posted(worker, op, result);
    memset(parts, 0xee, sizeof(parts));
    atomic_store(&engine.victims[sock->seat], op);
}

void call_receive_plain(struct worker *worker, struct sock *sock)
{
    uint8_t data[STRESS_DATA_BYTES];

    if (worker->blocking) {
        return;
    }
    worker->blocking = true;
    int got = recv(sock->s, (char *)data, sizeof(data), 0);
    int error = got >= 0 ? 0 : WSAGetLastError();
    worker->blocking = false;
    switch (error) {
    case 0:
        payload_check(sock->seat, data, (uint32_t)got, sizeof(data), false);
        count_up(&worker->sync_datagrams);
        break;
    case WSAEMSGSIZE:
        payload_check(sock->seat, data, sizeof(data), sizeof(data), true);
        count_up(&worker->sync_datagrams);
        break;
    case WSAETIMEDOUT:
    case WSAECONNRESET:
    case WSAEINTR:
    case WSAENETDOWN:
        break;
    default:
        if (!sock_is_gone(sock, error)) {
            stress_fail(NULL, "recv: %d", error);
        }
    }
}

/* --- sends --- */

/* Where a datagram goes, and the stream that it belongs to. */
struct target {
    unsigned stream;
    SOCKADDR_STORAGE name;
};

static void take_group(struct target *target)
{
    struct sockaddr_in *name = (struct sockaddr_in *)&target->name;

    name->sin_port = htons(STRESS_GROUP_PORT);
    inet_pton(AF_INET, engine.options.group, &name->sin_addr);
    target->stream = STREAM_GROUP;
}

static void take_peer(struct target *target, uint16_t port)
{
    struct sockaddr_in *name = (struct sockaddr_in *)&target->name;

    name->sin_port = htons(port);
    inet_pton(AF_INET, engine.options.peer, &name->sin_addr);
    target->stream = STREAM_ECHO;
}

static void choose_target(struct worker *worker, const struct sock *sock, struct target *target)
{
    unsigned nets = engine.options.group != NULL ? NETS : NETS - 1;

    *target = (struct target){.stream = sock->seat, .name = sock->name};
    if (sock->connected) {
        return;
    }
    if (sock->net == NET_GROUP4) {
        take_group(target);
        return;
    }
    if (sock->net == NET_LINK4 && engine.options.peer != NULL && worker_random(worker, 2) == 0) {
        take_peer(target, engine.options.peer_port);
        return;
    }
    unsigned seat = worker_random(worker, STRESS_SEATS / nets) * nets + sock->net;
    const struct sock *other = atomic_load(&engine.seats[seat]);
    if (other != NULL) {
        target->stream = seat;
        target->name = other->name;
    }
}

static uint32_t choose_length(struct worker *worker)
{
    return PAYLOAD_HEAD_BYTES + worker_random(worker, SEND_MAX_BYTES - PAYLOAD_HEAD_BYTES);
}

static int call_sendmsg(struct op *op, WSABUF *buffer, struct target *target)
{
    WSAMSG message = {
        .name = (struct sockaddr *)&target->name,
        .namelen = op->sock->name_bytes,
        .lpBuffers = buffer,
        .dwBufferCount = 1,
    };

    return WSASendMsg(op->sock->s, &message, 0, &op->bytes, &op->overlapped, op_routine(op));
}

void call_send(struct worker *worker, struct sock *sock)
{
    enum stress_call call = sock->connected ? CALL_SEND : CALL_SENDMSG;
    struct target target;
    int result;

    if (call == CALL_SENDMSG && worker_random(worker, 2) != 0) {
        call = CALL_SENDTO;
    }
    struct op *op = op_take(worker, sock, call);
    if (op == NULL) {
        return;
    }
    choose_target(worker, sock, &target);
    op->capacity = choose_length(worker);
    payload_make(target.stream, op->data, op->capacity);
    WSABUF buffer = {op->capacity, (char *)op->data};
    if (call == CALL_SENDMSG) {
        result = call_sendmsg(op, &buffer, &target);
    } else if (call == CALL_SEND) {
        result = WSASend(sock->s, &buffer, 1, &op->bytes, 0, &op->overlapped, op_routine(op));
    } else {
        result = WSASendTo(sock->s, &buffer, 1, &op->bytes, 0, (struct sockaddr *)&target.name,
                           sock->name_bytes, &op->overlapped, op_routine(op));
    }
    op_posted(worker, op, result);
}

static void send_plain(struct sock *sock, const void *data, uint32_t bytes,
                       const SOCKADDR_STORAGE *name)
{
    if (sendto(sock->s, data, (int)bytes, 0, (const struct sockaddr *)name, sock->name_bytes) < 0) {
        int error = WSAGetLastError();
        if (error != WSAENETDOWN && error != WSAENOBUFS && !sock_is_gone(sock, error)) {
            stress_fail(NULL, "sendto: %d", error);
        }
    }
}

void call_send_plain(struct worker *worker, struct sock *sock)
{
    uint8_t data[SEND_MAX_BYTES];
    uint32_t length = choose_length(worker);
    struct target target;

    choose_target(worker, sock, &target);
    payload_make(target.stream, data, length);
    send_plain(sock, data, length, &target.name);
}

void call_send_nowhere(struct worker *worker, struct sock *sock)
{
    static const uint8_t data[8];
    struct target target = {.name = sock->name};

    if (sock->net == NET_GROUP4 || sock->connected) {
        return;
    }
    ((struct sockaddr_in *)&target.name)->sin_port = htons(NOBODYS_PORT);
    if (sock->net == NET_LINK4 && engine.options.peer != NULL && worker_random(worker, 2) == 0) {
        take_peer(&target, NOBODYS_PORT);
    }
    send_plain(sock, data, sizeof(data), &target.name);
}

/* --- ioctls --- */

void call_ioctl(struct worker *worker, struct sock *sock)
{
    static const DWORD codes[] = {FIONREAD, SIO_UDP_CONNRESET, 0xdeadbeef, SIO_ADDRESS_LIST_CHANGE};
    struct op *op = op_take(worker, sock, CALL_IOCTL);
    BOOL on = TRUE;

    if (op == NULL) {
        return;
    }
    DWORD code = codes[worker_random(worker, 16) % 5 % 4];
    bool sets = code == SIO_UDP_CONNRESET;
    bool gets = code == FIONREAD;
    op_posted(worker, op,
              WSAIoctl(sock->s, code, sets ? &on : NULL, sets ? sizeof(on) : 0,
                       gets ? op->data : NULL, gets ? sizeof(u_long) : 0, &op->bytes,
                       &op->overlapped, op_routine(op)));
}
