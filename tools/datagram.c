/*
 * datagram.c - from a WSAMSG that WSARecvMsg filled to a struct datagram.
 */
#include "tools/datagram.h"

#include <string.h>

#include "tools/address.h"
#include "tools/datagram_decode.h"

_Static_assert(DATAGRAM_TEXT_BYTES == ADDRESS_TEXT_BYTES, "an address fits a datagram's text");

const char *const datagram_flag_names[] = {
#define X(id, name, brief) name,
    DATAGRAM_FLAGS(X)
#undef X
};

const char *const datagram_flag_briefs[] = {
#define X(id, name, brief) brief,
    DATAGRAM_FLAGS(X)
#undef X
};

static const DWORD flag_bits[] = {
#define X(id, name, brief) MSG_##id,
    DATAGRAM_FLAGS(X)
#undef X
};

/* Where the number of a control message goes. */
enum control_field {
    FIELD_NONE,
    FIELD_TTL,
    FIELD_TOS,
    FIELD_ECN,
    FIELD_PKTINFO4,
    FIELD_PKTINFO6,
    FIELD_SEGMENT,
    FIELD_TIMESTAMP,
};

static const struct control_kind {
    int level;
    int type;
    const char *level_name;
    const char *type_name;
    const char *brief;
    enum control_field field;
    size_t bytes; /* at least */
} kinds[] = {
    {IPPROTO_IP, IP_PKTINFO, "IPPROTO_IP", "IP_PKTINFO", "PKTINFO", FIELD_PKTINFO4,
     sizeof(IN_PKTINFO)},
    {IPPROTO_IP, IP_TTL, "IPPROTO_IP", "IP_TTL", "TTL", FIELD_TTL, sizeof(INT)},
    {IPPROTO_IP, IP_TOS, "IPPROTO_IP", "IP_TOS", "TOS", FIELD_TOS, sizeof(INT)},
    {IPPROTO_IP, IP_ECN, "IPPROTO_IP", "IP_ECN", "ECN", FIELD_ECN, sizeof(INT)},
    {IPPROTO_IPV6, IPV6_PKTINFO, "IPPROTO_IPV6", "IPV6_PKTINFO", "PKTINFO", FIELD_PKTINFO6,
     sizeof(IN6_PKTINFO)},
    {IPPROTO_IPV6, IPV6_HOPLIMIT, "IPPROTO_IPV6", "IPV6_HOPLIMIT", "HLIM", FIELD_TTL, sizeof(INT)},
    {IPPROTO_IPV6, IPV6_TCLASS, "IPPROTO_IPV6", "IPV6_TCLASS", "TCL", FIELD_TOS, sizeof(INT)},
    {IPPROTO_IPV6, IPV6_ECN, "IPPROTO_IPV6", "IPV6_ECN", "ECN", FIELD_ECN, sizeof(INT)},
    {IPPROTO_UDP, UDP_COALESCED_INFO, "IPPROTO_UDP", "UDP_COALESCED_INFO", "COAL", FIELD_SEGMENT,
     sizeof(DWORD)},
    {SOL_SOCKET, SO_TIMESTAMP, "SOL_SOCKET", "SO_TIMESTAMP", "TIME", FIELD_TIMESTAMP,
     sizeof(UINT64)},
};

static const struct control_kind *find_kind(const WSACMSGHDR *header, size_t bytes)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].level == header->cmsg_level && kinds[i].type == header->cmsg_type &&
            bytes >= kinds[i].bytes) {
            return &kinds[i];
        }
    }
    return NULL;
}

static void take_pktinfo(struct datagram *out, const struct control_kind *kind, const void *data)
{
    bool v6 = kind->field == FIELD_PKTINFO6;
    size_t address = v6 ? sizeof(IN6_ADDR) : sizeof(IN_ADDR);
    ULONG index;

    address_host_text(v6 ? AF_INET6 : AF_INET, data, out->destination);
    memcpy(&index, (const uint8_t *)data + address, sizeof(index));
    out->destination_is_v6 = v6;
    out->interface = index;
}

/* An INT or DWORD of 4 bytes, or a counter of 8. */
static int64_t number_of(const void *data, size_t bytes)
{
    int64_t wide;
    INT narrow;

    if (bytes == sizeof(wide)) {
        memcpy(&wide, data, sizeof(wide));
        return wide;
    }
    memcpy(&narrow, data, sizeof(narrow));
    return narrow;
}

static void take_number(struct datagram *out, enum control_field field, int64_t value)
{
    switch (field) {
    case FIELD_TTL:
        out->ttl = (int)value;
        break;
    case FIELD_TOS:
        out->tos = (int)value;
        break;
    case FIELD_ECN:
        out->ecn = (int)value;
        break;
    case FIELD_SEGMENT:
        out->segment_bytes = (uint32_t)value;
        break;
    case FIELD_TIMESTAMP:
        out->timestamp = (uint64_t)value;
        break;
    case FIELD_NONE:
    case FIELD_PKTINFO4:
    case FIELD_PKTINFO6:
        break;
    }
}

static void take_control(struct datagram *out, const WSACMSGHDR *header, const uint8_t *data,
                         size_t bytes)
{
    const struct control_kind *kind = find_kind(header, bytes);
    struct datagram_control *entry = &out->control[out->control_count++];

    *entry = (struct datagram_control){.level_number = header->cmsg_level, .brief = "?",
                                       .type_number = header->cmsg_type,
                                       .bytes = (uint32_t)bytes};
    if (kind == NULL) {
        return;
    }
    entry->level = kind->level_name;
    entry->type = kind->type_name;
    entry->brief = kind->brief;
    if (kind->field == FIELD_PKTINFO4 || kind->field == FIELD_PKTINFO6) {
        take_pktinfo(out, kind, data);
        return;
    }
    entry->has_value = true;
    entry->value = number_of(data, kind->bytes);
    entry->in_column = kind->field != FIELD_SEGMENT && kind->field != FIELD_TIMESTAMP;
    entry->is_time = kind->field == FIELD_TIMESTAMP;
    take_number(out, kind->field, entry->value);
}

void datagram_decode(struct datagram *out, const WSAMSG *message, DWORD bytes)
{
    WSAMSG walked = *message;
    WSACMSGHDR *header;

    out->ttl = out->tos = out->ecn = -1;
    out->bytes = bytes;
    out->payload = (const uint8_t *)message->lpBuffers[0].buf;
    address_text((const SOCKADDR_INET *)message->name, out->source);
    for (size_t i = 0; i < DATAGRAM_FLAG_COUNT; i++) {
        out->flags[i] = (message->dwFlags & flag_bits[i]) != 0;
    }
    for (header = WSA_CMSG_FIRSTHDR(&walked);
         header != NULL && out->control_count < DATAGRAM_CONTROL_MAX;
         header = WSA_CMSG_NXTHDR(&walked, header)) {
        if (header->cmsg_len < WSA_CMSG_LEN(0)) {
            break;
        }
        take_control(out, header, WSA_CMSG_DATA(header), header->cmsg_len - WSA_CMSG_LEN(0));
    }
}

void datagram_count(struct datagram_totals *totals, const struct datagram *datagram)
{
    totals->count++;
    for (size_t i = 0; i < DATAGRAM_FLAG_COUNT; i++) {
        totals->flags[i] += datagram->flags[i];
    }
}
