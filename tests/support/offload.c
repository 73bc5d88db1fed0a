/*
 * offload.c - a device's share of sending: checksums and cutting. Without a line of the library.
 *
 * No state.
 */
#include "tests/support/offload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/frames.h"

enum { ETHERNET = 14, UDP = 8, SUM_IN_UDP = 6, MOST_DATAGRAMS = 64 };

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "offload: %s\n", what);
        abort();
    }
}

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* The sum of the pseudo header of a UDP packet, not inverted, folded. */
static uint16_t pseudo_sum(const uint8_t *ip, size_t udp_bytes)
{
    bool v4 = ip[0] >> 4 == 4;

    return (uint16_t)~frame_checksum(ip + (v4 ? 12 : 8), v4 ? 8 : 32,
                                     (uint32_t)(FRAME_UDP + udp_bytes));
}

/* Fills a UDP checksum in. */
static void finish_sum(uint8_t *ip, uint8_t *udp, size_t udp_bytes)
{
    uint16_t sum;

    put16(udp + SUM_IN_UDP, pseudo_sum(ip, udp_bytes));
    sum = frame_checksum(udp, udp_bytes, 0);
    put16(udp + SUM_IN_UDP, sum != 0 ? sum : 0xffff);
}

/* Makes the headers of one of the frames of a superframe out of those of the whole. */
static void finish_headers(uint8_t *ip, uint8_t *udp, size_t udp_bytes, unsigned number)
{
    if (ip[0] >> 4 == 4) {
        put16(ip + 2, 20 + udp_bytes);
        put16(ip + 4, (size_t)get16(ip + 4) + number);
        put16(ip + 10, 0);
        put16(ip + 10, frame_checksum(ip, 20, 0));
    } else {
        put16(ip + 4, udp_bytes);
    }
    put16(udp + 4, udp_bytes);
    finish_sum(ip, udp, udp_bytes);
}

static void cut(const struct link_packet *packet, const uint8_t *frame, size_t head, size_t ip_at,
                size_t bytes, offload_taker take, void *context)
{
    static _Thread_local uint8_t piece[FRAME_MAX_BYTES];
    size_t segment = packet->segment_bytes;
    unsigned number = 0;

    for (size_t at = head; at < bytes; at += segment) {
        size_t left = bytes - at < segment ? bytes - at : segment;

        must(number < MOST_DATAGRAMS, "too many datagrams in a superframe");
        memcpy(piece, frame, head);
        memcpy(piece + head, frame + at, left);
        finish_headers(piece + ip_at, piece + head - UDP, UDP + left, number++);
        take(context, piece, head + left);
    }
    must(number > 1, "a superframe of one datagram");
}

void offload_finish(const struct link_packet *packet, bool ip_only, uint8_t *frame, size_t bytes,
                    offload_taker take, void *context)
{
    size_t ip_at = ip_only ? 0 : ETHERNET;
    size_t udp_at = packet->sum_start;
    uint8_t *ip = frame + ip_at;

    must(bytes >= udp_at + UDP, "sum_start is behind the end");
    must(udp_at == ip_at + (ip[0] >> 4 == 4 ? 20 : 40), "sum_start is not the UDP header");
    must(packet->sum_offset == SUM_IN_UDP, "sum_offset is not that of UDP");
    must(get16(frame + udp_at + 4) == bytes - udp_at, "the UDP length is not that of the whole");
    must(get16(frame + udp_at + SUM_IN_UDP) == pseudo_sum(ip, bytes - udp_at),
         "the sum of the pseudo header is wrong");
    if (packet->segment_bytes != 0) {
        must(packet->is_v6 == (ip[0] >> 4 == 6), "is_v6 contradicts the packet");
        cut(packet, frame, udp_at + UDP, ip_at, bytes, take, context);
        return;
    }
    finish_sum(ip, frame + udp_at, bytes - udp_at);
    take(context, frame, bytes);
}
