/*
 * cmsg.h - control messages: what is known of a received datagram, and wishes for one to be sent.
 *
 * Pure functions over byte buffers. Layout: a WSACMSGHDR of 16 bytes, the data at once behind it,
 * padding up to a multiple of 8 (C34). Buffers need no alignment.
 *
 * Messages of one datagram come in the order of the bits below. (Windows promises none;
 * winsock-facts 8.)
 */
#ifndef WINSOCK_CMSG_H
#define WINSOCK_CMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/endpoint.h"

/*
 * What a socket asked to be told; one set for IPv4 datagrams, one for IPv6 datagrams. The data of
 * RECVIF and RECVDSTADDR are documented nowhere: an index like that of ORIGINAL_ARRIVAL_IF, and the
 * bare address.
 */
#define CMSG_PKTINFO 0x001u     /* IP_PKTINFO; IPV6_PKTINFO */
#define CMSG_TTL 0x002u         /* IP_RECVTTL; IPV6_HOPLIMIT */
#define CMSG_TOS 0x004u         /* IP_RECVTOS; IPV6_RECVTCLASS */
#define CMSG_ECN 0x008u         /* IP_RECVECN; IPV6_RECVECN */
#define CMSG_PKTINFO_EX 0x010u  /* IP_PKTINFO_EX; IPV6_PKTINFO_EX */
#define CMSG_RECVIF 0x020u      /* IP_RECVIF; IPV6_RECVIF: ULONG, index */
#define CMSG_RECVDSTADDR 0x040u /* IP_RECVDSTADDR; IPV6_RECVDSTADDR: IN_ADDR; IN6_ADDR */
#define CMSG_ARRIVAL_IF 0x080u  /* IP_ORIGINAL_ARRIVAL_IF: ULONG, index */
#define CMSG_TIMESTAMP 0x100u   /* SIO_TIMESTAMPING: UINT64, timestamp_counter() of the arrival */
#define CMSG_COALESCED 0x200u   /* UDP_COALESCED_INFO: always there when segment_size is not 0 */

/* Room for every message of one datagram, bytes. */
#define CMSG_ALL_BYTES 320u

/*
 * Writes the messages of a datagram that the set asks for (C25-C31). Each is written whole or not
 * at all; one that does not fit sets *truncated, and smaller ones behind it may still fit (C20).
 * Which protocol's messages they are depends on the datagram alone (C27).
 * buffer: room for capacity bytes; may be NULL when capacity is 0.
 * Returns the bytes used: the sum of the padded messages, at most capacity.
 */
size_t cmsg_write(const struct datagram_meta *meta, uint32_t set, void *buffer, size_t capacity,
                  bool *truncated);

/* Do all messages fit into capacity bytes? */
bool cmsg_fits(const struct datagram_meta *meta, uint32_t set, size_t capacity);

/* What the control data of a send asks for. A number below 0: not asked for. */
struct cmsg_wishes {
    struct netaddr source;    /* wildcard: not asked for */
    uint32_t interface_index; /* 0: not asked for */
    int ttl;                  /* 0..255 */
    int tos;                  /* 0..255 */
    int ecn;                  /* 0..2 */
    int dont_fragment;        /* 0, 1 */
    int64_t segment_bytes;    /* UDP_SEND_MSG_SIZE; 0: one datagram */
    int64_t timestamp_id;     /* SO_TIMESTAMP_ID */
};

/*
 * Reads the control data of a send to an IPv4 (v4) or IPv6 destination.
 *
 * So that a received message can be handed over as the reply (C17), messages that exist only on
 * receive are passed over, and so are TTL, hop limit, TOS, traffic class and ECN when they still
 * stand as cmsg_write() left them: it puts a mark, computed from type and value, into the four
 * bytes of padding behind such a message. A message that the program wrote or changed has no such
 * mark and counts. Messages of the other IP version are passed over when other_version_ok, which a
 * socket that speaks both asks for.
 *
 * Returns 0; WSAEINVAL: a length contradicts the buffer or the type, a value is out of range, the
 * type is unknown, or ECN is 3 (congestion experienced), which a sender may not claim.
 */
int cmsg_parse(const void *buffer, size_t length, bool v4, bool other_version_ok,
               struct cmsg_wishes *wishes);

#endif
