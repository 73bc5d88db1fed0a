/*
 * ping_output.c - what "winlwip ping" says: lines of text, or of JSON.
 */
#include <jansson.h>
#include <stdio.h>

#include "tools/address.h"
#include "tools/ping.h"

/* Writes one JSON object as a line and drops it. */
static void print_json(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    putchar('\n');
    fflush(stdout);
    json_decref(object);
}

char *ping_host_text(const SOCKADDR_INET *address, char *text)
{
    const void *bytes = address->si_family == AF_INET6 ? (const void *)&address->Ipv6.sin6_addr
                                                       : (const void *)&address->Ipv4.sin_addr;

    return address_host_text(address->si_family, bytes, text);
}

void ping_tell_reply(bool json, const struct ping_answer *answer, unsigned long sequence,
                     double rtt_ms)
{
    char from[ADDRESS_HOST_BYTES];

    ping_host_text(&answer->from, from);
    if (json) {
        print_json(json_pack("{s:s, s:I, s:s, s:I, s:i, s:f}", "type", "reply", "sequence",
                             (json_int_t)sequence, "from", from, "bytes",
                             (json_int_t)answer->bytes, "ttl", answer->ttl, "rtt_ms", rtt_ms));
        return;
    }
    printf("%zu bytes from %s: seq=%lu ttl=%d time=%.3f ms\n", answer->bytes, from, sequence,
           answer->ttl, rtt_ms);
    fflush(stdout);
}

void ping_tell_error(bool json, const struct ping_answer *answer, unsigned long sequence)
{
    char from[ADDRESS_HOST_BYTES];

    ping_host_text(&answer->from, from);
    if (json) {
        print_json(json_pack("{s:s, s:I, s:s, s:i, s:i}", "type", "error", "sequence",
                             (json_int_t)sequence, "from", from, "icmp_type", answer->icmp[0],
                             "icmp_code", answer->icmp[1]));
        return;
    }
    printf("error from %s: seq=%lu ICMP type %u code %u\n", from, sequence, answer->icmp[0],
           answer->icmp[1]);
    fflush(stdout);
}

void ping_tell_timeout(bool json, unsigned long sequence)
{
    if (json) {
        print_json(json_pack("{s:s, s:I}", "type", "timeout", "sequence", (json_int_t)sequence));
        return;
    }
    printf("no reply: seq=%lu\n", sequence);
    fflush(stdout);
}

void ping_tell_summary(bool json, const char *address, const struct ping_totals *totals)
{
    double lost = 100.0 * (double)(totals->sent - totals->received) / (double)totals->sent;
    double average_ms = totals->received != 0 ? totals->sum_ms / (double)totals->received : 0;

    if (json) {
        json_t *object = json_pack("{s:s, s:s, s:I, s:I, s:f}", "type", "summary", "address",
                                   address, "sent", (json_int_t)totals->sent,
                                   "received", (json_int_t)totals->received, "loss_percent", lost);
        if (totals->received != 0) {
            json_object_set_new(object, "min_ms", json_real(totals->least_ms));
            json_object_set_new(object, "avg_ms", json_real(average_ms));
            json_object_set_new(object, "max_ms", json_real(totals->most_ms));
        }
        print_json(object);
        return;
    }
    printf("%lu sent, %lu received, %.1f%% lost", totals->sent, totals->received, lost);
    if (totals->received != 0) {
        printf("; min/avg/max %.3f/%.3f/%.3f ms", totals->least_ms, average_ms, totals->most_ms);
    }
    putchar('\n');
    fflush(stdout);
}
