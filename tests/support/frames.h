/*
 * frames.h - builds the frames that tests push into the stack, and takes apart those it sends.
 *
 * Written without a line of the library or of lwIP, so that a mistake there can't hide itself.
 * A struct frame_spec says what a packet holds; everything left out takes a sensible and *correct*
 * value, and the members whose names end in _add or _xor are lies put on top of the correct value:
 *
 *     struct frame f;
 *     frame_build(&(struct frame_spec){.src = "192.0.2.9", .dst = "192.0.2.1", .dst_port = port,
 *                                      .text = "hello", .ttl = 7}, &f);
 *
 * All functions here abort() on a spec that makes no sense: that is a defect of the test.
 */
#ifndef TESTS_FRAMES_H
#define TESTS_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longest frame that can be built: the longest IP packet, Ethernet, a VLAN tag, IPv6's 40 bytes. */
#define FRAME_MAX_BYTES (65535 + 40 + 18)

/* The MAC address that tests/support/world.c gives to interface 0 (and 1 with the last byte 2). */
extern const uint8_t frame_our_mac[6];
extern const uint8_t frame_our_second_mac[6];
/* The MAC address that frames come from unless they say otherwise. */
extern const uint8_t frame_peer_mac[6];
extern const uint8_t frame_broadcast_mac[6];

/* The UDP source port of a spec that names none. */
#define FRAME_PEER_PORT 40000

struct frame {
    size_t bytes;
    uint8_t data[FRAME_MAX_BYTES];
};

enum {
    FRAME_HOP_BY_HOP = 0,
    FRAME_ICMP = 1,
    FRAME_IGMP = 2,
    FRAME_TCP = 6,
    FRAME_UDP = 17,
    FRAME_ROUTING = 43,
    FRAME_FRAGMENT = 44,
    FRAME_ICMP6 = 58,
    FRAME_NO_NEXT = 59,
    FRAME_DESTINATION = 60,
};

/* One IPv6 extension header: next header and length come first and are filled in. */
struct frame_extension {
    uint8_t type;          /* FRAME_HOP_BY_HOP, FRAME_DESTINATION, FRAME_ROUTING */
    const void *body;      /* what follows the two bytes */
    size_t bytes;          /* of body */
    size_t total_bytes;    /* of the header, a multiple of 8; 0: as few as do. Zeros fill up */
    int length_add;        /* a lie about its length, units of 8 bytes */
    bool fragmentable;     /* stands behind the fragment header */
};

struct frame_spec {
    /* Link layer. All zero: our first MAC (or the group's, or broadcast) from the peer's. */
    uint8_t dst_mac[6];
    uint8_t src_mac[6];
    uint16_t vlan;         /* 802.1Q tag, 0: none */
    uint16_t ethertype;    /* 0: that of the family */
    bool ip_only;          /* no link-layer header at all */

    /* IP. The family is that of dst. Addresses are text. */
    const char *src;
    const char *dst;
    uint8_t ttl;           /* TTL or hop limit; 0: 64 */
    bool ttl_zero;         /* really 0 */
    uint8_t tos;           /* TOS or traffic class */
    uint32_t flow;         /* IPv6 flow label */
    uint32_t id;           /* IPv4 identification or IPv6 fragment identification */
    bool dont_fragment;
    const void *options;   /* IPv4 options; padded with zeros to a multiple of 4 */
    size_t options_bytes;
    const struct frame_extension *extensions;
    size_t extension_count;
    uint8_t protocol;      /* 0: UDP */

    /* Fragmentation: takes this piece of what follows the (unfragmentable) headers. */
    bool fragment;         /* makes a fragment even when offset is 0 and nothing follows */
    uint32_t offset;       /* bytes, a multiple of 8 */
    uint32_t piece_bytes;  /* 0: to the end */
    bool more;             /* more fragments */

    /* UDP */
    uint16_t src_port;     /* 0: FRAME_PEER_PORT */
    uint16_t dst_port;
    bool no_checksum;      /* checksum field 0 */

    /* ICMP and ICMPv6 (protocol FRAME_ICMP, FRAME_ICMP6) */
    uint8_t icmp_type;
    uint8_t icmp_code;
    uint32_t icmp_rest;    /* the four bytes after the checksum, host byte order */

    /* What the transport carries: text, or payload. */
    const char *text;
    const void *payload;
    size_t payload_bytes;

    /* Lies, added to (or xored into) the correct values. */
    int ip_version_add;
    int ip_header_words_add;
    int ip_length_add;     /* total length or payload length */
    uint16_t ip_checksum_xor;
    int udp_length_add;
    uint16_t transport_checksum_xor; /* of UDP, ICMP or ICMPv6 */
    int cut_bytes;         /* taken off the end of the finished frame */
    int trailer_bytes;     /* zeros put behind the packet (Ethernet padding) */
};

/* Builds one frame. */
void frame_build(const struct frame_spec *spec, struct frame *out);

/*
 * Puts the sum of the pseudo header in the place of a complete frame's checksum, as a sender does
 * that leaves the rest to the card: the checksum stands offset bytes behind start and covers
 * everything from there.
 */
void frame_leave_sum(struct frame *frame, size_t start, size_t offset);

/* Several frames on the heap. */
struct frame_list {
    size_t count;
    struct frame *frames;
};

/*
 * Splits the datagram of a spec into fragments of at most piece_bytes (rounded down to a multiple
 * of 8) of IP payload each, in order. The list is the caller's: frame_list_free().
 */
void frame_fragments(const struct frame_spec *spec, size_t piece_bytes, struct frame_list *out);
void frame_list_free(struct frame_list *list);

/* Bytes behind the headers that every fragment repeats: what fragments split. */
size_t frame_fragmentable_bytes(const struct frame_spec *spec);

struct frame_arp_spec {
    uint8_t dst_mac[6];    /* all zero: broadcast for a request, ours for a reply */
    uint16_t operation;    /* 1 request, 2 reply */
    uint8_t sender_mac[6]; /* all zero: the peer's */
    uint8_t target_mac[6];
    const char *sender;    /* IPv4 text */
    const char *target;
    uint16_t hardware;     /* 0: 1, Ethernet */
    uint8_t address_bytes; /* 0: 4 */
    int cut_bytes;
};

void frame_arp(const struct frame_arp_spec *spec, struct frame *out);

/* A neighbour solicitation for target from src (hop limit 255, to its solicited-node group). */
void frame_neighbour_solicitation(const char *src, const char *target, struct frame *out);

/* A solicited, overriding neighbour advertisement: target is at frame_peer_mac. Sent to dst. */
void frame_neighbour_advertisement(const char *target, const char *dst, struct frame *out);

/* A frame taken apart. Text addresses; integers in host byte order. */
struct frame_view {
    uint8_t dst_mac[6], src_mac[6];
    uint16_t ethertype;
    int family;            /* 4, 6, or 0 when it is not IP */
    char src[46], dst[46]; /* of IP; sender and target of ARP */
    uint8_t ttl, tos, protocol;
    uint32_t id;
    bool dont_fragment, more, fragment;
    uint32_t offset;       /* bytes */
    const uint8_t *ip_payload; /* behind the IP header and all extension headers */
    size_t ip_payload_bytes;
    uint16_t src_port, dst_port; /* UDP, whole or first fragment */
    const uint8_t *payload;      /* of UDP when it is not a fragment */
    size_t payload_bytes;
    uint8_t icmp_type, icmp_code;
    uint16_t arp_operation;
};

/*
 * Takes a frame apart and checks every length and checksum that can be checked.
 * ip_only: the bytes begin with the IP header.
 * Returns NULL, or a sentence that says what is wrong (static string).
 */
const char *frame_parse(const uint8_t *data, size_t bytes, bool ip_only, struct frame_view *view);

/*
 * Reads an address: 4 or 16 bytes in network order go to out[16].
 * Returns the family, 4 or 6; aborts when the text is no address.
 */
int frame_address(const char *text, uint8_t *out);

/* Writes 4 or 16 bytes of an address as text into out[46]. */
void frame_address_text(const uint8_t *address, size_t bytes, char *out);

/* Internet checksum of bytes, starting from a partial sum; result as it stands on the wire. */
uint16_t frame_checksum(const void *data, size_t bytes, uint32_t sum);

#endif
