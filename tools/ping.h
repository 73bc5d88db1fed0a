/*
 * ping.h - between the run of "winlwip ping" and its output.
 */
#ifndef TOOLS_PING_H
#define TOOLS_PING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <winsock2.h>
#include <ws2tcpip.h>

/* An ICMP message that came. */
struct ping_answer {
    const uint8_t *icmp; /* at least its header, of 8 bytes; borrowed */
    size_t bytes;        /* of the message */
    SOCKADDR_INET from;
    int ttl;             /* -1: not told */
};

struct ping_totals {
    unsigned long sent, received;
    double least_ms, most_ms, sum_ms; /* of the replies' times */
};

/* Writes an address without its port into text[ADDRESS_HOST_BYTES]; returns text. */
char *ping_host_text(const SOCKADDR_INET *address, char *text);

/* Each prints one line, as text or as a JSON object, and flushes it. */
void ping_tell_reply(bool json, const struct ping_answer *answer, unsigned long sequence,
                     double rtt_ms);
void ping_tell_error(bool json, const struct ping_answer *answer, unsigned long sequence);
void ping_tell_timeout(bool json, unsigned long sequence);
void ping_tell_summary(bool json, const char *address, const struct ping_totals *totals);

#endif
