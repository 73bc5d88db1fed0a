/*
 * netaddr.h - the one neutral address type of the stack's neighbours.
 *
 * An IPv4 address is held in its IPv4-mapped form (RFC 4291 section 2.5.5.2), so comparing,
 * hashing and copying do not ask for the family, and a dual-stack socket's name is already right.
 */
#ifndef STACK_NETADDR_H
#define STACK_NETADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes in network order, as on the wire. */
struct netaddr {
    union {
        uint8_t bytes[16];
        uint32_t words[4];
        uint64_t halves[2];
    };
};

/* The IPv4-mapped prefix as the third word of an address. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NETADDR_MAPPED_WORD 0xffff0000u
#else
#define NETADDR_MAPPED_WORD 0x0000ffffu
#endif

static inline bool netaddr_is_v4(const struct netaddr *a)
{
    return a->halves[0] == 0 && a->words[2] == NETADDR_MAPPED_WORD;
}

/* Bits in front of an address's own: the mapped prefix of IPv4. */
static inline unsigned netaddr_family_bits(const struct netaddr *a)
{
    return netaddr_is_v4(a) ? 96 : 0;
}

/*
 * Are the addresses of one family, and the same in so many bits of it (at most 32, 128)? Any thread.
 */
bool netaddr_in_prefix(const struct netaddr *a, const struct netaddr *prefix, unsigned bits);

static inline bool netaddr_equal(const struct netaddr *a, const struct netaddr *b)
{
    return a->halves[0] == b->halves[0] && a->halves[1] == b->halves[1];
}

/* word: an IPv4 address in network byte order. */
static inline struct netaddr netaddr_from_v4(uint32_t word)
{
    /* In halves: what is compared and copied by halves is best written so. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    struct netaddr a = {.halves = {0, (uint64_t)word << 32 | NETADDR_MAPPED_WORD}};
#else
    struct netaddr a = {.halves = {0, (uint64_t)NETADDR_MAPPED_WORD << 32 | word}};
#endif
    return a;
}

/* bytes: the 16 bytes of an IPv6 address in network order; need not be aligned. */
static inline struct netaddr netaddr_from_v6(const void *bytes)
{
    struct netaddr a;
    memcpy(a.bytes, bytes, sizeof(a.bytes));
    return a;
}

/* The IPv4 address of a mapped one, network byte order. */
static inline uint32_t netaddr_v4(const struct netaddr *a)
{
    return a->words[3];
}

/* Is it the wildcard of its family: 0.0.0.0 or "::"? */
static inline bool netaddr_is_any(const struct netaddr *a)
{
    return a->halves[0] == 0 && a->words[3] == 0 &&
           (a->words[2] == 0 || a->words[2] == NETADDR_MAPPED_WORD);
}

static inline bool netaddr_is_multicast(const struct netaddr *a)
{
    return netaddr_is_v4(a) ? (a->bytes[12] & 0xf0) == 0xe0 : a->bytes[0] == 0xff;
}

/* 127.0.0.0/8 or ::1. */
static inline bool netaddr_is_loopback(const struct netaddr *a)
{
    return netaddr_is_v4(a) ? a->bytes[12] == 127
                            : a->halves[0] == 0 && a->words[2] == 0 && a->bytes[12] == 0 &&
                                  a->bytes[13] == 0 && a->bytes[14] == 0 && a->bytes[15] == 1;
}

/* fe80::/10 or ff02::/16: meaningful only together with an interface. */
static inline bool netaddr_is_link_scoped(const struct netaddr *a)
{
    return (a->bytes[0] == 0xfe && (a->bytes[1] & 0xc0) == 0x80) ||
           (a->bytes[0] == 0xff && (a->bytes[1] & 0x0f) == 2);
}

/* Longest text of an address with its terminating zero ("a.b.c.d" when it is mapped). */
#define NETADDR_TEXT_BYTES 46

/* Writes the text form into buf[NETADDR_TEXT_BYTES] and returns buf. */
char *netaddr_text(const struct netaddr *a, char *buf);

/*
 * Reads "192.0.2.1" or "2001:db8::1" (no zone, no prefix length).
 * Returns 0, or -EINVAL and leaves *a alone.
 */
int netaddr_parse(const char *text, struct netaddr *a);

#endif
