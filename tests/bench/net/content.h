/*
 * content.h - the datagrams of the kernel benchmarks: what they hold, how they look as frames, and
 * the check of what came out.
 *
 * A datagram is known by its serial number; every byte of its payload follows from that. So a
 * loss, a repetition, a swap and a changed byte all show as a payload that differs.
 */
#ifndef BENCH_NET_CONTENT_H
#define BENCH_NET_CONTENT_H

#include <stddef.h>
#include <stdint.h>

/* What stands before the payload: Ethernet, IPv4 without options, UDP. */
#define CONTENT_HEADER_BYTES 42u

/* Longest payload of a datagram or of several in one superframe, bytes. */
#define CONTENT_MAX_BYTES 65507u

/* A flow, in host byte order. */
struct flow {
    uint32_t source, destination;
    uint16_t source_port, destination_port;
    uint8_t ttl, tos;
};

/* A receive: one datagram, or the segments of several with segment_bytes each. */
struct seen {
    const uint8_t *payload;
    size_t bytes;
    size_t segment_bytes;      /* 0: one datagram */
    uint32_t source, destination;
    uint16_t source_port;
    int ttl, tos;              /* -1: not told */
};

/* Writes the payload of datagram number serial. bytes: a multiple of 8. */
void content_fill(uint8_t *payload, size_t bytes, uint64_t serial);

/* Writes the payloads of several datagrams, one behind the other. */
void content_fill_many(uint8_t *payload, size_t bytes, unsigned count, uint64_t serial);

/*
 * Is this a receive of the flow's datagrams serial, serial + 1, ..., of bytes each? Returns how
 * many they are; ends the row when anything differs. who: for the message.
 */
unsigned content_check(const char *who, const struct seen *seen, const struct flow *flow,
                       size_t bytes, uint64_t serial);

/*
 * Reads an Ethernet frame of IPv4 and UDP: what content_check() looks at, payload left in the
 * frame. segment_bytes: of a superframe, else 0. Ends the row when it is something else.
 */
void content_read_frame(const char *who, const uint8_t *frame, size_t bytes, size_t segment_bytes,
                        struct seen *seen);

/*
 * Writes the headers of a frame whose payload of so many bytes stands at CONTENT_HEADER_BYTES.
 * pending: the UDP checksum is left to the receiver, and the sum of the pseudo header stands
 * there.
 */
void content_write_headers(uint8_t *frame, size_t payload_bytes, const struct flow *flow,
                           const uint8_t target_mac[6], const uint8_t source_mac[6], int pending);

/* Where in the frame the UDP header begins, and how far behind that the checksum stands. */
#define CONTENT_SUM_START 34u
#define CONTENT_SUM_OFFSET 6u

#endif
