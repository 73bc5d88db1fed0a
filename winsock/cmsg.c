/*
 * cmsg.c - writes and reads control messages. No state.
 */
#include "winsock/cmsg.h"

#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "winsock/timestamp.h"

#define HEADER_BYTES sizeof(WSACMSGHDR)
#define ALIGNMENT 8u

_Static_assert(sizeof(WSACMSGHDR) == 16, "a header is 16 bytes, as on 64-bit Windows");

static size_t padded(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

/*
 * The mark behind a received number. It depends on type and value, so that a buffer that is used
 * again for messages of the program's own does not carry it by accident.
 */
static uint32_t received_mark(int type, int value)
{
    return ((uint32_t)value << 8 | (uint32_t)type) * 0x9e3779b1u ^ 0x72637664u;
}

/* A place in a control buffer that is being filled. */
struct writer {
    uint8_t *next;
    size_t room;
    bool v4; /* of what datagram */
    bool truncated;
};

/*
 * Writes one message with its padding, as far as the buffer has room for the latter. mark: what
 * stands in the padding, if it has room for that. Always inlined: bytes is a constant then, and
 * what is left are a few stores.
 */
static inline __attribute__((always_inline)) void put(struct writer *writer, int level, int type,
                                                      const void *data, size_t bytes,
                                                      uint32_t mark)
{
    const WSACMSGHDR header = {HEADER_BYTES + bytes, level, type};
    const size_t length = HEADER_BYTES + bytes;
    const size_t padding = padded(length) - length;
    size_t tail = padding;

    if (writer->room < length + padding) {
        if (writer->room < length) {
            writer->truncated = true;
            return;
        }
        tail = writer->room - length;
    }
    memcpy(writer->next, &header, HEADER_BYTES);
    memcpy(writer->next + HEADER_BYTES, data, bytes);
    if (padding != 0 && tail == sizeof(mark)) {
        memcpy(writer->next + length, &mark, sizeof(mark));
    } else if (padding != 0) {
        memset(writer->next + length, 0, tail);
    }
    writer->next += length + tail;
    writer->room -= length + tail;
}

static inline void put_number(struct writer *writer, int level, int type, INT value)
{
    put(writer, level, type, &value, sizeof(value), received_mark(type, value));
}

static IN_PKTINFO pktinfo4(const struct datagram_meta *meta)
{
    IN_PKTINFO info = {.ipi_ifindex = meta->interface_index};

    info.ipi_addr.s_addr = netaddr_v4(&meta->destination);
    return info;
}

static IN6_PKTINFO pktinfo6(const struct datagram_meta *meta)
{
    IN6_PKTINFO info = {.ipi6_ifindex = meta->interface_index};

    memcpy(&info.ipi6_addr, meta->destination.bytes, sizeof(info.ipi6_addr));
    return info;
}

/* The level of messages that exist for both versions. */
static int level_of(const struct writer *writer)
{
    return writer->v4 ? IPPROTO_IP : IPPROTO_IPV6;
}

static inline void put_pktinfo(struct writer *writer, const struct datagram_meta *meta)
{
    if (writer->v4) {
        IN_PKTINFO info = pktinfo4(meta);
        put(writer, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info), 0);
    } else {
        IN6_PKTINFO info = pktinfo6(meta);
        put(writer, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info), 0);
    }
}

/* The scope is that of sin6_scope_id: the interface of a link-scoped address. */
static void put_pktinfo_ex(struct writer *writer, const struct datagram_meta *meta)
{
    if (writer->v4) {
        IN_PKTINFO_EX info = {.pkt_info = pktinfo4(meta)};
        put(writer, IPPROTO_IP, IP_PKTINFO_EX, &info, sizeof(info), 0);
    } else {
        IN6_PKTINFO_EX info = {.pkt_info = pktinfo6(meta)};
        if (netaddr_is_link_scoped(&meta->destination)) {
            info.scope_id.Value = meta->interface_index;
        }
        put(writer, IPPROTO_IPV6, IPV6_PKTINFO_EX, &info, sizeof(info), 0);
    }
}

static inline void put_ttl(struct writer *writer, const struct datagram_meta *meta)
{
    put_number(writer, level_of(writer), writer->v4 ? IP_TTL : IPV6_HOPLIMIT, meta->ttl);
}

static inline void put_tos(struct writer *writer, const struct datagram_meta *meta)
{
    put_number(writer, level_of(writer), writer->v4 ? IP_TOS : IPV6_TCLASS, meta->tos);
}

static inline void put_ecn(struct writer *writer, const struct datagram_meta *meta)
{
    put_number(writer, level_of(writer), IP_ECN, meta->tos & 3); /* IPV6_ECN is the same number */
}

static void put_index(struct writer *writer, const struct datagram_meta *meta, int type)
{
    ULONG index = meta->interface_index;

    put(writer, level_of(writer), type, &index, sizeof(index), 0);
}

static void put_recvif(struct writer *writer, const struct datagram_meta *meta)
{
    put_index(writer, meta, IP_RECVIF); /* IPV6_RECVIF is the same number */
}

static void put_arrival_if(struct writer *writer, const struct datagram_meta *meta)
{
    put_index(writer, meta, IP_ORIGINAL_ARRIVAL_IF);
}

static void put_recvdstaddr(struct writer *writer, const struct datagram_meta *meta)
{
    if (writer->v4) {
        uint32_t address = netaddr_v4(&meta->destination);
        put(writer, IPPROTO_IP, IP_RECVDSTADDR, &address, sizeof(address), 0);
    } else {
        put(writer, IPPROTO_IPV6, IPV6_RECVDSTADDR, meta->destination.bytes, 16, 0);
    }
}

static void put_timestamp(struct writer *writer, const struct datagram_meta *meta)
{
    UINT64 counter = timestamp_counter(meta->arrival_ns);

    put(writer, SOL_SOCKET, SO_TIMESTAMP, &counter, sizeof(counter), 0);
}

static void put_coalesced(struct writer *writer, const struct datagram_meta *meta)
{
    DWORD bytes = meta->segment_size;

    put(writer, IPPROTO_UDP, UDP_COALESCED_INFO, &bytes, sizeof(bytes), 0);
}

/* What programs usually ask for; in the order of the bits it comes before all others. */
#define CMSG_USUAL (CMSG_PKTINFO | CMSG_TTL | CMSG_TOS | CMSG_ECN)

/*
 * By value: what no pointer leads to stays in registers. Inlined for each version, so that nothing
 * depends on it any more.
 */
static inline __attribute__((always_inline)) struct writer put_usual(
    struct writer writer, const struct datagram_meta *meta, uint32_t set)
{
    if ((set & CMSG_PKTINFO) != 0) {
        put_pktinfo(&writer, meta);
    }
    if ((set & CMSG_TTL) != 0) {
        put_ttl(&writer, meta);
    }
    if ((set & CMSG_TOS) != 0) {
        put_tos(&writer, meta);
    }
    if ((set & CMSG_ECN) != 0) {
        put_ecn(&writer, meta);
    }
    return writer;
}

/* The writers of the others, by the number of the bit in the set. */
static void (*const writers[])(struct writer *writer, const struct datagram_meta *meta) = {
    NULL,       NULL,            NULL,           NULL,          put_pktinfo_ex,
    put_recvif, put_recvdstaddr, put_arrival_if, put_timestamp, put_coalesced,
};

/* The messages that are not usual. */
static __attribute__((noinline)) struct writer put_others(struct writer writer,
                                                          const struct datagram_meta *meta,
                                                          uint32_t set)
{
    for (; set != 0; set &= set - 1) {
        writers[__builtin_ctz(set)](&writer, meta);
    }
    return writer;
}

size_t cmsg_write(const struct datagram_meta *meta, uint32_t set, void *buffer, size_t capacity,
                  bool *truncated)
{
    struct writer writer = {.next = buffer, .room = capacity};

    if (meta->segment_size != 0) {
        set |= CMSG_COALESCED;
    } else {
        set &= ~CMSG_COALESCED;
    }
    if (netaddr_is_v4(&meta->destination)) {
        writer.v4 = true;
        writer = put_usual(writer, meta, set);
    } else {
        writer = put_usual(writer, meta, set);
    }
    if ((set & ~CMSG_USUAL) != 0) {
        writer = put_others(writer, meta, set & ~CMSG_USUAL);
    }
    *truncated = writer.truncated;
    return capacity - writer.room;
}

bool cmsg_fits(const struct datagram_meta *meta, uint32_t set, size_t capacity)
{
    uint8_t scratch[CMSG_ALL_BYTES];
    bool truncated;

    cmsg_write(meta, set, scratch, capacity < sizeof(scratch) ? capacity : sizeof(scratch),
               &truncated);
    return !truncated;
}

/* One message of a send, with its data still in the caller's buffer. */
struct message {
    int level;
    int type;
    const uint8_t *data;
    size_t bytes;     /* of data */
    uint32_t mark;    /* the padding behind it, 0 when the buffer ends before */
};

typedef int (*message_reader)(const struct message *message, struct cmsg_wishes *wishes);

static int read_pktinfo4(const struct message *message, struct cmsg_wishes *wishes)
{
    IN_PKTINFO info;

    memcpy(&info, message->data, sizeof(info));
    wishes->source = netaddr_from_v4(info.ipi_addr.s_addr);
    wishes->interface_index = info.ipi_ifindex;
    return 0;
}

static int read_pktinfo6(const struct message *message, struct cmsg_wishes *wishes)
{
    IN6_PKTINFO info;

    memcpy(&info, message->data, sizeof(info));
    wishes->source = netaddr_from_v6(&info.ipi6_addr);
    wishes->interface_index = info.ipi6_ifindex;
    return 0;
}

/* Reads a number of 0..limit unless it is one that was received. */
static int read_number(const struct message *message, int limit, int *out)
{
    INT value;

    memcpy(&value, message->data, sizeof(value));
    if (message->mark == received_mark(message->type, value)) {
        return 0;
    }
    if (value < 0 || value > limit) {
        return WSAEINVAL;
    }
    *out = value;
    return 0;
}

static int read_ttl(const struct message *message, struct cmsg_wishes *wishes)
{
    return read_number(message, 255, &wishes->ttl);
}

static int read_tos(const struct message *message, struct cmsg_wishes *wishes)
{
    return read_number(message, 255, &wishes->tos);
}

static int read_ecn(const struct message *message, struct cmsg_wishes *wishes)
{
    return read_number(message, 2, &wishes->ecn);
}

static int read_dont_fragment(const struct message *message, struct cmsg_wishes *wishes)
{
    INT value;

    memcpy(&value, message->data, sizeof(value));
    wishes->dont_fragment = value != 0;
    return 0;
}

static int64_t dword_of(const struct message *message)
{
    DWORD value;

    memcpy(&value, message->data, sizeof(value));
    return value;
}

static int read_segment_bytes(const struct message *message, struct cmsg_wishes *wishes)
{
    wishes->segment_bytes = dword_of(message);
    return 0;
}

static int read_timestamp_id(const struct message *message, struct cmsg_wishes *wishes)
{
    wishes->timestamp_id = dword_of(message);
    return 0;
}

/* The types that are known. No reader: it exists only on receive and is not looked at. */
static const struct message_kind {
    int level;
    int type;
    size_t bytes;
    message_reader read;
} kinds[] = {
    {IPPROTO_IP, IP_PKTINFO, sizeof(IN_PKTINFO), read_pktinfo4},
    {IPPROTO_IP, IP_TTL, sizeof(INT), read_ttl},
    {IPPROTO_IP, IP_TOS, sizeof(INT), read_tos},
    {IPPROTO_IP, IP_ECN, sizeof(INT), read_ecn},
    {IPPROTO_IPV6, IPV6_PKTINFO, sizeof(IN6_PKTINFO), read_pktinfo6},
    {IPPROTO_IPV6, IPV6_HOPLIMIT, sizeof(INT), read_ttl},
    {IPPROTO_IPV6, IPV6_TCLASS, sizeof(INT), read_tos},
    {IPPROTO_IPV6, IPV6_ECN, sizeof(INT), read_ecn},
    {IPPROTO_IP, IP_DONTFRAGMENT, sizeof(INT), read_dont_fragment},
    {IPPROTO_IPV6, IPV6_DONTFRAG, sizeof(INT), read_dont_fragment},
    {IPPROTO_UDP, UDP_SEND_MSG_SIZE, sizeof(DWORD), read_segment_bytes},
    {SOL_SOCKET, SO_TIMESTAMP_ID, sizeof(UINT32), read_timestamp_id},
    {IPPROTO_IP, IP_PKTINFO_EX, 0, NULL},
    {IPPROTO_IPV6, IPV6_PKTINFO_EX, 0, NULL},
    {IPPROTO_IP, IP_ORIGINAL_ARRIVAL_IF, 0, NULL},
    {IPPROTO_IPV6, IP_ORIGINAL_ARRIVAL_IF, 0, NULL},
    {IPPROTO_IP, IP_RECVIF, 0, NULL},
    {IPPROTO_IPV6, IPV6_RECVIF, 0, NULL},
    {IPPROTO_IP, IP_RECVDSTADDR, 0, NULL},
    {IPPROTO_IPV6, IPV6_RECVDSTADDR, 0, NULL},
    {IPPROTO_UDP, UDP_COALESCED_INFO, 0, NULL},
    {SOL_SOCKET, SO_TIMESTAMP, 0, NULL},
};

static const struct message_kind *find_kind(const struct message *message)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].level == message->level && kinds[i].type == message->type) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* Is it about the IP version that the datagram is not of? */
static bool of_other_version(const struct message *message, bool v4)
{
    return message->level == (v4 ? IPPROTO_IPV6 : IPPROTO_IP);
}

static int take_message(const struct message *message, bool v4, bool other_version_ok,
                        struct cmsg_wishes *wishes)
{
    const struct message_kind *kind = find_kind(message);

    if (kind == NULL) {
        return WSAEINVAL;
    }
    if (kind->read == NULL) {
        return 0;
    }
    if (message->bytes != kind->bytes) {
        return WSAEINVAL;
    }
    if (of_other_version(message, v4)) {
        return other_version_ok ? 0 : WSAEINVAL;
    }
    return kind->read(message, wishes);
}

int cmsg_parse(const void *buffer, size_t length, bool v4, bool other_version_ok,
               struct cmsg_wishes *wishes)
{
    const uint8_t *next = buffer;

    *wishes = (struct cmsg_wishes){
        .ttl = -1,
        .tos = -1,
        .ecn = -1,
        .dont_fragment = -1,
        .segment_bytes = -1,
        .timestamp_id = -1,
    };
    while (length >= HEADER_BYTES) {
        WSACMSGHDR header;
        memcpy(&header, next, HEADER_BYTES);
        if (header.cmsg_len < HEADER_BYTES || header.cmsg_len > length) {
            return WSAEINVAL;
        }
        struct message message = {
            .level = header.cmsg_level,
            .type = header.cmsg_type,
            .data = next + HEADER_BYTES,
            .bytes = header.cmsg_len - HEADER_BYTES,
        };
        size_t space = padded(header.cmsg_len);
        if (space > length) {
            space = length;
        }
        if (space - header.cmsg_len >= sizeof(message.mark)) {
            memcpy(&message.mark, next + header.cmsg_len, sizeof(message.mark));
        }
        int error = take_message(&message, v4, other_version_ok, wishes);
        if (error != 0) {
            return error;
        }
        next += space;
        length -= space;
    }
    return 0;
}
