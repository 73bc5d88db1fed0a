/*
 * sockets_receive.c - the receives of a play, at once and posted. State: sockets.c's.
 */
#include "tests/equiv/sockets.h"

#include <string.h>

#include "tests/support/control.h"
#include "tests/equiv/must.h"
#include "tests/support/world.h"

/* What a record has beside its values: the name, then the control messages. */
struct blob {
    size_t bytes;
    uint8_t data[sizeof(SOCKADDR_STORAGE) + WORLD_CONTROL_BYTES];
};

static void blob_add(struct blob *blob, const void *data, size_t bytes)
{
    MUST(blob->bytes + bytes <= sizeof(blob->data));
    memcpy(blob->data + blob->bytes, data, bytes);
    blob->bytes += bytes;
}

/* Adds control messages, all but those of one level and type. Returns the bytes added. */
static size_t blob_add_control(struct blob *blob, const uint8_t *control, size_t bytes, int level,
                               int type)
{
    size_t at = 0, before = blob->bytes;

    while (bytes - at >= sizeof(WSACMSGHDR)) {
        WSACMSGHDR header;
        memcpy(&header, control + at, sizeof(header));
        size_t space = (header.cmsg_len + 7) / 8 * 8;
        if (space > bytes - at || header.cmsg_len < sizeof(header)) {
            space = bytes - at;
        }
        if (header.cmsg_level != level || header.cmsg_type != type) {
            blob_add(blob, control + at, space);
        }
        at += space;
    }
    blob_add(blob, control + at, bytes - at);
    return blob->bytes - before;
}

/* The payload as a record has it: a hash, and the number of the frame that stands in it. */
static void tell_payload(struct record *record, const void *data, size_t bytes)
{
    record->value[6] = record_hash(data, bytes);
    if (bytes >= sizeof(record->value[7])) {
        memcpy(&record->value[7], data, sizeof(record->value[7]));
    }
}

/* --- at once --- */

static struct received received;

/* One receive that joined several datagrams is as many records, as if they had come alone. */
static void tell_joined(unsigned role, DWORD segment)
{
    unsigned count = 0;

    for (DWORD at = 0; at < received.bytes || count == 0; at += segment) {
        DWORD left = received.bytes - at;
        DWORD bytes = left < segment ? left : segment;
        struct record record = sockets_record(RECORD_RECEIVED, role);
        struct blob blob = {.bytes = 0};
        record.value[1] = (uint64_t)received.error;
        record.value[2] = bytes;
        record.value[3] = received.flags;
        record.value[4] = (uint64_t)received.namelen;
        blob_add(&blob, &received.name, (size_t)received.namelen);
        record.value[5] = blob_add_control(&blob, received.control_bytes, received.control_len,
                                           IPPROTO_UDP, UDP_COALESCED_INFO);
        tell_payload(&record, received.data + at, bytes);
        record.bytes = blob.bytes;
        record_write(sockets.out, &record, blob.data);
        count++;
    }
}

static void tell_received(unsigned role)
{
    bool delivered = received.result == 0 || received.error == WSAEMSGSIZE;
    DWORD segment = 0;

    if (!delivered) { /* what was not written stands there as it was before */
        struct record record = sockets_record(RECORD_RECEIVED, role);
        record.value[1] = (uint64_t)received.error;
        record_write(sockets.out, &record, NULL);
        return;
    }
    if (received.result == 0) {
        received.error = 0;
    }
    control_find(&received, IPPROTO_UDP, UDP_COALESCED_INFO, &segment, sizeof(segment));
    MUST(segment == 0 || segment < received.bytes); /* C32: a single datagram is told nothing */
    tell_joined(role, segment != 0 ? segment : received.bytes + 1);
}

/* Receives once. Returns false when there was nothing. */
static bool receive(unsigned role, const struct receive_room *room)
{
    world_receive_into(sockets.one[role].s, room, &received);
    bool nothing = received.result != 0 && received.error != WSAEMSGSIZE &&
                   received.error != WSAECONNRESET && received.error != WSAENETRESET &&
                   received.error != WSAEHOSTUNREACH && received.error != WSAENETUNREACH;
    tell_received(role);
    return !nothing;
}

static bool receives_at_once(unsigned role)
{
    return sockets.one[role].s != INVALID_SOCKET && roles[role].way == ROLE_QUEUE;
}

void sockets_read(unsigned role, enum plan_room room)
{
    static const struct receive_room rooms[PLAN_ROOMS] = {
        [PLAN_ROOM_DATA] = {.data = 16},
        [PLAN_ROOM_CONTROL] = {.control = 20},
        [PLAN_ROOM_BARE] = {.no_name = true, .no_control = true},
        [PLAN_ROOM_PEEK] = {.flags = MSG_PEEK},
    };

    /* What is joined depends on what has come together: only all of it can be compared. */
    if (receives_at_once(role) && !roles[role].joins) {
        receive(role, &rooms[room]);
    }
}

void sockets_drain(void)
{
    for (unsigned role = 0; role < role_count; role++) {
        while (receives_at_once(role) && receive(role, NULL)) {
        }
    }
}

void sockets_look(void)
{
    for (unsigned role = 0; role < role_first_raw; role++) {
        SOCKET s = sockets.one[role].s;
        struct record record = sockets_record(RECORD_LOOKED, role);
        WSANETWORKEVENTS events = {.lNetworkEvents = 0};
        u_long waiting = 0;
        if (!roles[role].told || s == INVALID_SOCKET) {
            continue;
        }
        record.value[1] = (uint64_t)WSAEnumNetworkEvents(s, NULL, &events);
        record.value[2] = (uint64_t)events.lNetworkEvents;
        record.value[3] = (uint64_t)ioctlsocket(s, (LONG)FIONREAD, &waiting);
        record.value[4] = waiting;
        record_write(sockets.out, &record, NULL);
    }
}

/* --- posted --- */

static void tell_posted(unsigned role, struct sockets_posted *posted, int error, DWORD bytes)
{
    struct record record = sockets_record(RECORD_COMPLETED, role);
    struct blob blob = {.bytes = 0};
    bool delivered = error == 0 || error == WSAEMSGSIZE || error == ERROR_MORE_DATA;

    record.value[1] = (uint64_t)error;
    record.value[2] = bytes;
    record.value[8] = (uint64_t)(posted - sockets.one[role].posted);
    if (delivered) {
        record.value[3] = posted->message.dwFlags;
        record.value[4] = (uint64_t)posted->message.namelen;
        record.value[5] = posted->message.Control.len;
        blob_add(&blob, &posted->name, (size_t)posted->message.namelen);
        blob_add(&blob, posted->control, posted->message.Control.len);
        tell_payload(&record, posted->data, bytes);
    }
    record.bytes = blob.bytes;
    record_write(sockets.out, &record, blob.data);
    posted->pending = false;
}

static void post(unsigned role, struct sockets_posted *posted)
{
    HANDLE event = posted->overlapped.hEvent;
    DWORD bytes = 0;

    posted->overlapped = (WSAOVERLAPPED){.hEvent = event};
    posted->buffer = (WSABUF){.len = sizeof(posted->data), .buf = posted->data};
    posted->message = (WSAMSG){
        .name = (SOCKADDR *)&posted->name,
        .namelen = sizeof(posted->name),
        .lpBuffers = &posted->buffer,
        .dwBufferCount = 1,
        .Control = {.len = sizeof(posted->control), .buf = posted->control},
    };
    int result = world.recvmsg(sockets.one[role].s, &posted->message, &bytes, &posted->overlapped,
                               NULL);
    if (result == 0 || WSAGetLastError() == WSA_IO_PENDING) {
        posted->pending = true;
        return;
    }
    tell_posted(role, posted, WSAGetLastError(), 0);
}

void sockets_post(unsigned role, unsigned count)
{
    struct sockets_one *one = &sockets.one[role];

    for (unsigned i = 0; i < SOCKETS_POSTED && count != 0; i++) {
        struct sockets_posted *posted = &one->posted[i];
        if (posted->pending || one->s == INVALID_SOCKET) {
            continue;
        }
        if (roles[role].way == ROLE_EVENT && posted->overlapped.hEvent == NULL) {
            posted->overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
        }
        post(role, posted);
        count--;
    }
}

void sockets_cancel(unsigned role)
{
    if (sockets.one[role].s != INVALID_SOCKET) {
        CancelIoEx((HANDLE)sockets.one[role].s, NULL);
    }
}

static void collect_port(void)
{
    ULONG_PTR key;
    DWORD bytes;
    LPOVERLAPPED overlapped;

    for (;;) {
        overlapped = NULL;
        BOOL good = GetQueuedCompletionStatus(sockets.port, &bytes, &key, &overlapped, 0);
        if (overlapped == NULL) {
            return;
        }
        tell_posted((unsigned)key, (struct sockets_posted *)overlapped,
                    good ? 0 : (int)GetLastError(), bytes);
    }
}

/* The event and the OVERLAPPED say the same; the latter tells whether it is over. */
static void collect_events(unsigned role)
{
    for (unsigned i = 0; i < SOCKETS_POSTED; i++) {
        struct sockets_posted *posted = &sockets.one[role].posted[i];
        if (!posted->pending || !HasOverlappedIoCompleted(&posted->overlapped)) {
            continue;
        }
        MUST(WaitForSingleObject(posted->overlapped.hEvent, 0) == WAIT_OBJECT_0);
        MUST(ResetEvent(posted->overlapped.hEvent));
        /* The status as it stands: STATUS_BUFFER_OVERFLOW is a datagram, too. */
        uint32_t status = (uint32_t)posted->overlapped.Internal;
        tell_posted(role, posted, status == 0x80000005u ? WSAEMSGSIZE : (int)status,
                    (DWORD)posted->overlapped.InternalHigh);
    }
}

void sockets_collect(void)
{
    collect_port();
    for (unsigned role = 0; role < role_count; role++) {
        if (roles[role].way == ROLE_EVENT) {
            collect_events(role);
        }
    }
}

void sockets_collect_closed(unsigned role)
{
    for (unsigned i = 0; i < SOCKETS_POSTED; i++) {
        struct sockets_posted *posted = &sockets.one[role].posted[i];
        MUST(!posted->pending); /* the socket is closed */
        if (posted->overlapped.hEvent != NULL) {
            CloseHandle(posted->overlapped.hEvent);
            posted->overlapped.hEvent = NULL;
        }
    }
}
