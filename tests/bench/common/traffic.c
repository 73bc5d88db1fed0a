/*
 * traffic.c - makes and checks the frames of the benchmarks.
 *
 * Everything about frame number n follows from n by a mixing function, so that the check needs no
 * table, which would push the frames' neighbours out of the caches.
 */
#include "tests/bench/common/traffic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Memory that the frames fill at least, and their number: both more than the caches hold, and
 * 65,536 beside those of the warm-up.
 */
#define ARENA_BYTES (64u << 20)
#define FRAMES_MIN  73728u

#define CACHE_LINE 64u
#define UDP_HEADER 8u
#define IP_HEADER  20u
#define TTL        57
#define SEED       0x77696e6c77697021u

/* The finalizer of splitmix64: each bit of n changes half of the bits of the result. */
static uint64_t mix(uint64_t n)
{
    n += SEED;
    n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9u;
    n = (n ^ n >> 27) * 0x94d049bb133111ebu;
    return n ^ n >> 31;
}

unsigned traffic_socket(const struct traffic *traffic, size_t n)
{
    return (unsigned)(mix(n) >> 32) % traffic->sockets;
}

static unsigned source_of(size_t n)
{
    return (unsigned)mix(n) % TRAFFIC_SOURCES;
}

static uint16_t source_port_of(size_t n)
{
    return (uint16_t)(40000 + source_of(n));
}

/* Differs from frame to frame, and no bit of it is part of the socket's or source's choice. */
static uint8_t tos_of(size_t n)
{
    return (uint8_t)(mix(n) >> 16 & 0xfc);
}

/* Word number i of the payload; word 0 is the frame's number. */
static uint64_t word_of(size_t n, size_t i)
{
    return i == 0 ? n : n * 0x9e3779b97f4a7c15u + i * 0xd1b54a32d192ed03u;
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

/* Sum of 16-bit words (RFC 1071), an even number of bytes. */
static uint64_t sum_of(const uint8_t *at, size_t bytes, uint64_t sum)
{
    for (size_t i = 0; i < bytes; i += 2) {
        sum += (unsigned)at[i] << 8 | at[i + 1];
    }
    return sum;
}

static uint16_t checksum(uint64_t sum)
{
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static void put_ip(uint8_t *at, const struct traffic *traffic, size_t n)
{
    memset(at, 0, IP_HEADER);
    at[0] = 0x45;
    at[1] = tos_of(n);
    put16(at + 2, (unsigned)(IP_HEADER + UDP_HEADER + traffic->payload_bytes));
    put16(at + 4, n & 0xffff);
    at[8] = TTL;
    at[9] = 17;
    put32(at + 12, TRAFFIC_FIRST_SOURCE + source_of(n));
    put32(at + 16, TRAFFIC_OUR_ADDRESS);
    put16(at + 10, checksum(sum_of(at, IP_HEADER, 0)));
}

/* The payload must stand behind the header already. */
static void put_udp(uint8_t *at, const struct traffic *traffic, size_t n)
{
    size_t bytes = UDP_HEADER + traffic->payload_bytes;

    put16(at, source_port_of(n));
    put16(at + 2, TRAFFIC_FIRST_PORT + traffic_socket(traffic, n));
    put16(at + 4, (unsigned)bytes);
    put16(at + 6, 0);
    /* The pseudo header: addresses, protocol, length (RFC 768). */
    uint64_t sum = sum_of(at - 8, 8, 17 + bytes);
    unsigned result = checksum(sum_of(at, bytes, sum));
    put16(at + 6, result != 0 ? result : 0xffff);
}

static void put_frame(const struct traffic *traffic, size_t n)
{
    static const uint8_t ethernet[TRAFFIC_IP_AT] = {0x02, 0x00, 0x5e, 0x10, 0x00, 0x01, 0x02,
                                                    0x00, 0x5e, 0x10, 0x01, 0x00, 0x08, 0x00};
    uint8_t *frame = traffic_frame(traffic, n);

    for (size_t i = 0; i < traffic->payload_bytes / 8; i++) {
        uint64_t word = word_of(n, i);
        memcpy(frame + TRAFFIC_PAYLOAD_AT + 8 * i, &word, 8);
    }
    memcpy(frame, ethernet, sizeof(ethernet));
    put_ip(frame + TRAFFIC_IP_AT, traffic, n);
    put_udp(frame + TRAFFIC_UDP_AT, traffic, n);
}

int traffic_shape(struct traffic *traffic, size_t payload_bytes, unsigned sockets)
{
    if (payload_bytes < TRAFFIC_PAYLOAD_MIN || payload_bytes > TRAFFIC_PAYLOAD_MAX ||
        payload_bytes % 8 != 0 || sockets == 0 || sockets > TRAFFIC_SOCKETS_MAX) {
        return -EINVAL;
    }
    traffic->payload_bytes = payload_bytes;
    traffic->sockets = sockets;
    traffic->frame_bytes = TRAFFIC_PAYLOAD_AT + payload_bytes;
    traffic->slot_bytes = (traffic->frame_bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    traffic->count = ARENA_BYTES / traffic->slot_bytes / TRAFFIC_BURST * TRAFFIC_BURST;
    if (traffic->count < FRAMES_MIN) {
        traffic->count = FRAMES_MIN;
    }
    traffic->arena = NULL;
    return 0;
}

int traffic_init(struct traffic *traffic, size_t payload_bytes, unsigned sockets)
{
    int error = traffic_shape(traffic, payload_bytes, sockets);

    if (error != 0) {
        return error;
    }
    traffic->arena = mmap(NULL, traffic->count * traffic->slot_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (traffic->arena == MAP_FAILED) {
        return -ENOMEM;
    }
    for (size_t n = 0; n < traffic->count; n++) {
        put_frame(traffic, n);
    }
    return 0;
}

void traffic_fini(struct traffic *traffic)
{
    munmap(traffic->arena, traffic->count * traffic->slot_bytes);
}

static const char *check_payload(size_t n, const struct traffic_received *received)
{
    uint64_t wrong = 0;

    for (size_t i = 0; i < received->bytes / 8; i++) {
        uint64_t word;
        memcpy(&word, (const uint8_t *)received->payload + 8 * i, 8);
        wrong |= word ^ word_of(n, i);
    }
    return wrong == 0 ? NULL : "payload differs";
}

const char *traffic_glance(const struct traffic *traffic, size_t n,
                           const struct traffic_received *received)
{
    uint64_t serial;

    if (received->bytes != traffic->payload_bytes) {
        return "length differs";
    }
    memcpy(&serial, received->payload, sizeof(serial));
    if (serial != n) {
        return "it is another one";
    }
    if (received->source != TRAFFIC_FIRST_SOURCE + source_of(n)) {
        return "source address differs";
    }
    if (received->source_port != source_port_of(n)) {
        return "source port differs";
    }
    if (received->destination != TRAFFIC_OUR_ADDRESS) {
        return "destination address differs";
    }
    if (received->ttl != -1 && received->ttl != TTL) {
        return "TTL differs";
    }
    if (received->tos != -1 && received->tos != tos_of(n)) {
        return "TOS differs";
    }
    return NULL;
}

const char *traffic_check(const struct traffic *traffic, size_t n,
                          const struct traffic_received *received)
{
    const char *wrong = traffic_glance(traffic, n, received);

    return wrong != NULL ? wrong : check_payload(n, received);
}
