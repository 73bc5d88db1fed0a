/*
 * content.c - payloads by serial number, frames, checks.
 */
#include "tests/bench/net/content.h"

#include <inttypes.h>
#include <string.h>

#include "tests/bench/net/row.h"

enum { IP_AT = 14, UDP_AT = 34, PROTOCOL_UDP = 17 };

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

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* --- payload --- */

static uint64_t word_of(uint64_t serial, size_t index)
{
    uint64_t word = (serial + 1) * UINT64_C(0x9e3779b97f4a7c15) + index;

    return word ^ (word * UINT64_C(0xbf58476d1ce4e5b9)) >> 29;
}

void content_fill(uint8_t *payload, size_t bytes, uint64_t serial)
{
    for (size_t i = 0; i < bytes / 8; i++) {
        uint64_t word = word_of(serial, i);
        memcpy(payload + 8 * i, &word, 8);
    }
}

void content_fill_many(uint8_t *payload, size_t bytes, unsigned count, uint64_t serial)
{
    for (unsigned i = 0; i < count; i++) {
        content_fill(payload + i * bytes, bytes, serial + i);
    }
}

/* --- checks --- */

static void check_payload(const char *who, const uint8_t *payload, size_t bytes, uint64_t serial)
{
    uint64_t wrong = 0;

    for (size_t i = 0; i < bytes / 8; i++) {
        uint64_t word;
        memcpy(&word, payload + 8 * i, 8);
        wrong |= word ^ word_of(serial, i);
    }
    if (wrong != 0) {
        row_fail("%s: datagram %" PRIu64 ": payload differs", who, serial);
    }
}

static const char *wrong_header(const struct seen *seen, const struct flow *flow)
{
    if (seen->source != flow->source || seen->source_port != flow->source_port) {
        return "source differs";
    }
    if (seen->destination != flow->destination) {
        return "destination differs";
    }
    if (seen->ttl != flow->ttl) {
        return "TTL differs";
    }
    return seen->tos != flow->tos ? "TOS differs" : NULL;
}

unsigned content_check(const char *who, const struct seen *seen, const struct flow *flow,
                       size_t bytes, uint64_t serial)
{
    const char *wrong = wrong_header(seen, flow);
    unsigned count = (unsigned)(seen->bytes / bytes);

    if (wrong != NULL) {
        row_fail("%s: datagram %" PRIu64 ": %s", who, serial, wrong);
    }
    if (count == 0 || seen->bytes % bytes != 0 ||
        (seen->segment_bytes == 0 ? count != 1 : seen->segment_bytes != bytes)) {
        row_fail("%s: datagram %" PRIu64 ": %zu bytes in segments of %zu", who, serial, seen->bytes,
                 seen->segment_bytes);
    }
    for (unsigned i = 0; i < count; i++) {
        check_payload(who, seen->payload + i * bytes, bytes, serial + i);
    }
    return count;
}

/* --- frames --- */

void content_read_frame(const char *who, const uint8_t *frame, size_t bytes, size_t segment_bytes,
                        struct seen *seen)
{
    const uint8_t *ip = frame + IP_AT, *udp = frame + UDP_AT;

    if (bytes < CONTENT_HEADER_BYTES || get16(frame + 12) != 0x0800 || ip[0] != 0x45 ||
        ip[9] != PROTOCOL_UDP || get16(udp + 4) != bytes - UDP_AT) {
        row_fail("%s: a frame of %zu bytes that nobody sent", who, bytes);
    }
    *seen = (struct seen){
        .payload = frame + CONTENT_HEADER_BYTES,
        .bytes = bytes - CONTENT_HEADER_BYTES,
        .segment_bytes = segment_bytes,
        .source = get32(ip + 12),
        .destination = get32(ip + 16),
        .source_port = (uint16_t)get16(udp),
        .ttl = ip[8],
        .tos = ip[1],
    };
}

static uint32_t add_words(uint32_t sum, const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i + 1 < bytes; i += 2) {
        sum += get16(data + i);
    }
    return bytes % 2 != 0 ? sum + ((uint32_t)data[bytes - 1] << 8) : sum;
}

static unsigned fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
}

static void write_udp(uint8_t *frame, unsigned udp_bytes, const struct flow *flow, int pending)
{
    uint8_t *udp = frame + UDP_AT;
    uint32_t sum = add_words(PROTOCOL_UDP + udp_bytes, frame + IP_AT + 12, 8);

    put16(udp, flow->source_port);
    put16(udp + 2, flow->destination_port);
    put16(udp + 4, udp_bytes);
    put16(udp + 6, 0);
    if (pending) {
        put16(udp + 6, fold(sum));
        return;
    }
    sum = fold(add_words(sum, udp, udp_bytes)) ^ 0xffff;
    put16(udp + 6, sum != 0 ? sum : 0xffff);
}

void content_write_headers(uint8_t *frame, size_t payload_bytes, const struct flow *flow,
                           const uint8_t target_mac[6], const uint8_t source_mac[6], int pending)
{
    unsigned udp_bytes = (unsigned)payload_bytes + 8;
    uint8_t *ip = frame + IP_AT;

    memcpy(frame, target_mac, 6);
    memcpy(frame + 6, source_mac, 6);
    put16(frame + 12, 0x0800);
    memset(ip, 0, 20);
    ip[0] = 0x45;
    ip[1] = flow->tos;
    put16(ip + 2, udp_bytes + 20);
    ip[8] = flow->ttl;
    ip[9] = PROTOCOL_UDP;
    put32(ip + 12, flow->source);
    put32(ip + 16, flow->destination);
    put16(ip + 10, fold(add_words(0, ip, 20)) ^ 0xffff);
    write_udp(frame, udp_bytes, flow, pending);
}
