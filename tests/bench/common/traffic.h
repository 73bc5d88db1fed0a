/*
 * traffic.h - the frames that all benchmark programs time, and the check of what came out.
 *
 * Every program makes the same frames from the same fixed seed: Ethernet, IPv4, UDP with valid
 * checksums, from 64 sources to 1..TRAFFIC_SOCKETS_MAX ports in random order, each with its own
 * number and pattern as payload. They lie one behind the other in memory, as in a driver's ring,
 * and fill more memory than the caches hold.
 */
#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

/* Addresses in host byte order: the station under test, 192.0.2.1/24, and its first peer. */
#define TRAFFIC_OUR_ADDRESS   0xc0000201u
#define TRAFFIC_NETMASK       0xffffff00u
#define TRAFFIC_FIRST_SOURCE  0xc0000220u
#define TRAFFIC_SOURCES       64u
#define TRAFFIC_OUR_MAC       {0x02, 0x00, 0x5e, 0x10, 0x00, 0x01}

/* The UDP port of socket 0; the others follow. */
#define TRAFFIC_FIRST_PORT   20000u
#define TRAFFIC_SOCKETS_MAX  10000u

/* Frames go in and datagrams come out in bursts of so many. */
#define TRAFFIC_BURST 32u

/* Bytes of UDP payload: room for number and first word of the pattern; what fits a frame. */
#define TRAFFIC_PAYLOAD_MIN 16u
#define TRAFFIC_PAYLOAD_MAX 1472u

/* What stands before the payload: Ethernet, IPv4 without options, UDP. */
#define TRAFFIC_IP_AT      14u
#define TRAFFIC_UDP_AT     34u
#define TRAFFIC_PAYLOAD_AT 42u

struct traffic {
    size_t payload_bytes;
    unsigned sockets;
    size_t count; /* frames, a multiple of TRAFFIC_BURST */
    size_t frame_bytes;
    size_t slot_bytes; /* from one frame to the next */
    uint8_t *arena;
};

/* A datagram as a program received it. Addresses and ports in host byte order. */
struct traffic_received {
    const void *payload;
    size_t bytes;
    uint32_t source;
    uint16_t source_port;
    uint32_t destination; /* from IP_PKTINFO */
    int ttl, tos;         /* -1: not asked for */
};

/*
 * Makes the frames. sockets: 1..TRAFFIC_SOCKETS_MAX; payload_bytes: a multiple of 8 within the
 * limits above. Returns 0 or -ENOMEM, -EINVAL; traffic_fini() frees them.
 */
int traffic_init(struct traffic *traffic, size_t payload_bytes, unsigned sockets);

/* Only says how the frames would be, for who has them from elsewhere. Returns 0 or -EINVAL. */
int traffic_shape(struct traffic *traffic, size_t payload_bytes, unsigned sockets);

void traffic_fini(struct traffic *traffic);

/* Frame number n, traffic.frame_bytes long, writable. */
static inline uint8_t *traffic_frame(const struct traffic *traffic, size_t n)
{
    return traffic->arena + n * traffic->slot_bytes;
}

/* The socket, from 0, to whose port frame number n goes. */
unsigned traffic_socket(const struct traffic *traffic, size_t n);

/*
 * Is this the datagram of frame number n, as far as its length, the number in its payload, its
 * source and its control messages tell? For loops that can't leave the check out of their time.
 * Returns NULL, or a sentence that says what is wrong (static string).
 */
const char *traffic_glance(const struct traffic *traffic, size_t n,
                           const struct traffic_received *received);

/*
 * Is this the datagram of frame number n, in every byte and address?
 * Returns NULL, or a sentence that says what is wrong (static string).
 */
const char *traffic_check(const struct traffic *traffic, size_t n,
                          const struct traffic_received *received);

#endif
