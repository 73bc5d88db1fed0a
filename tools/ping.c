/*
 * ping.c - "winlwip ping": a Winsock program with a raw socket, which sends ICMP or ICMPv6 echo
 * requests and tells what comes back.
 *
 * The stack builds the IP header, and over IPv6 the checksum; over IPv4 the program computes it. A
 * receive brings the IP header over IPv4 and none over IPv6, so the TTL is read from the control
 * message that is the same for both. One request is under way at a time: the next one is sent when
 * the interval is over, and a reply that is later than the timeout counts as lost.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "stack/netaddr.h"
#include "tools/address.h"
#include "tools/interface.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/ping.h"
#include "tools/wsa.h"

/* Bytes of an ICMP header, and of the largest packet. */
#define ICMP_BYTES 8
#define PACKET_BYTES 65536
#define SIZE_MAX_BYTES 65400

/* Longest wait in one WSAPoll() between two requests. */
#define SLICE_MS 50

struct ping_options {
    char address[ADDRESS_TEXT_BYTES]; /* without its scope */
    const char *scope;                /* NULL: none */
    SOCKADDR_INET to;
    bool has_to;
    unsigned long count;
    unsigned long interval_ms;
    unsigned long timeout_ms;
    unsigned long size_bytes;
    unsigned long ttl; /* 0: the stack's */
    bool json;
    bool trace;
};

/* What differs between the families. */
struct family {
    int level;
    int protocol;
    int set_ttl, report_ttl, ttl_type; /* options, and the type of the control message */
    uint8_t request, reply;            /* ICMP types */
    size_t quoted_bytes; /* of the header in an error's quotation; IPv4: read from it */
};

static const struct family family4 = {
    IPPROTO_IP, IPPROTO_ICMP, IP_TTL, IP_RECVTTL, IP_TTL, 8, 0, 0};
static const struct family family6 = {
    IPPROTO_IPV6, IPPROTO_ICMPV6, IPV6_UNICAST_HOPS, IPV6_HOPLIMIT, IPV6_HOPLIMIT, 128, 129, 40};

/* A run under way. */
struct ping {
    const struct ping_options *options;
    const struct family *family;
    SOCKET socket;
    LPFN_WSARECVMSG receive_message;
    uint16_t id;
    uint8_t *packet; /* PACKET_BYTES */
    struct ping_totals totals;
};

/* --- Options --- */

static const char *set_address(void *target, const char *value)
{
    struct ping_options *options = target;
    size_t length = strcspn(value, "%");
    struct netaddr address;

    if (length >= sizeof(options->address)) {
        return "an IPv4 or IPv6 address";
    }
    memcpy(options->address, value, length);
    options->scope = value[length] == '%' ? value + length + 1 : NULL;
    if (netaddr_parse(options->address, &address) != 0) {
        return "an IPv4 or IPv6 address, as in 192.0.2.1, 2001:db8::1 or fe80::1%2";
    }
    if (netaddr_is_v4(&address)) {
        options->to.Ipv4.sin_family = AF_INET;
        options->to.Ipv4.sin_addr.s_addr = netaddr_v4(&address);
    } else {
        options->to.Ipv6.sin6_family = AF_INET6;
        memcpy(&options->to.Ipv6.sin6_addr, address.bytes, sizeof(options->to.Ipv6.sin6_addr));
    }
    options->has_to = true;
    return NULL;
}

static const char *set_count(void *target, const char *value)
{
    return option_number(value, 1, UINT16_MAX, &((struct ping_options *)target)->count)
               ? NULL
               : "a number from 1 to 65535";
}

static const char *set_interval(void *target, const char *value)
{
    return option_number(value, 0, 3600000, &((struct ping_options *)target)->interval_ms)
               ? NULL
               : "milliseconds, at most 3600000";
}

static const char *set_timeout(void *target, const char *value)
{
    return option_number(value, 1, 3600000, &((struct ping_options *)target)->timeout_ms)
               ? NULL
               : "milliseconds from 1 to 3600000";
}

static const char *set_size(void *target, const char *value)
{
    return option_number(value, 0, SIZE_MAX_BYTES, &((struct ping_options *)target)->size_bytes)
               ? NULL
               : "bytes, at most 65400";
}

static const char *set_ttl(void *target, const char *value)
{
    return option_number(value, 1, 255, &((struct ping_options *)target)->ttl)
               ? NULL
               : "a number from 1 to 255";
}

static const char *set_json(void *target, const char *value)
{
    (void)value;
    ((struct ping_options *)target)->json = true;
    return NULL;
}

static const char *set_trace(void *target, const char *value)
{
    (void)value;
    ((struct ping_options *)target)->trace = true;
    return NULL;
}

static const struct tool_option ping_table[] = {
    {"count", "N", "echo requests to send; default: 4", set_count},
    {"interval", "MS", "from one request to the next; default: 1000", set_interval},
    {"size", "BYTES", "of data in a request; default: 56", set_size},
    {"ttl", "N", "TTL or hop limit of the requests, 1 to 255; default: 128", set_ttl},
    {"timeout", "MS", "how long to wait for each reply; default: 1000", set_timeout},
    {"json", NULL, "one JSON object a line: type \"reply\", \"error\", \"timeout\",\n"
     "and at the end \"summary\"", set_json},
    {"trace", NULL, "on standard error: each station of each received frame", set_trace},
    {NULL, NULL, NULL, NULL},
};

static void print_tail(void)
{
    puts("\nADDRESS is IPv4 or IPv6; %INTERFACE, by index or name, follows a link-local one.\n"
         "The exit status is 0 when there was a reply.\n"
         "\nExamples:\n"
         "  winlwip ping 127.0.0.1\n"
         "  winlwip ping --tap tap0 --address 192.0.2.1/24 --count 10 --interval 200 192.0.2.2\n"
         "  winlwip ping --config lab.conf --size 4000 --json 2001:db8::2");
    interface_print_drivers();
}

/* --- Messages --- */

/* RFC 1071, as it stands in the message. */
static uint16_t checksum(const uint8_t *data, size_t bytes)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < bytes; i++) {
        sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static unsigned get16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static enum tool_status send_request(struct ping *ping, unsigned long sequence)
{
    uint8_t *icmp = ping->packet;
    size_t bytes = ICMP_BYTES + ping->options->size_bytes;
    char text[ADDRESS_HOST_BYTES];

    memset(icmp, 0, ICMP_BYTES);
    icmp[0] = ping->family->request;
    put16(icmp + 4, ping->id);
    put16(icmp + 6, (unsigned)sequence);
    for (size_t i = ICMP_BYTES; i < bytes; i++) {
        icmp[i] = (uint8_t)i;
    }
    if (ping->family == &family4) {
        put16(icmp + 2, checksum(icmp, bytes));
    }
    if (sendto(ping->socket, (const char *)icmp, (int)bytes, 0,
               (const struct sockaddr *)&ping->options->to,
               address_bytes(&ping->options->to)) == SOCKET_ERROR) {
        return tool_fail(TOOL_FAILED, "sending to %s: %s", ping_host_text(&ping->options->to, text),
                         wsa_name(WSAGetLastError()));
    }
    ping->totals.sent++;
    return TOOL_OK;
}

static int ttl_of(WSAMSG *message, const struct family *family)
{
    INT ttl = -1;

    for (WSACMSGHDR *header = WSA_CMSG_FIRSTHDR(message); header != NULL;
         header = WSA_CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level == family->level && header->cmsg_type == family->ttl_type) {
            memcpy(&ttl, WSA_CMSG_DATA(header), sizeof(ttl));
        }
    }
    return ttl;
}

/* Bytes of the IPv4 header at data, at least those that every one has. */
static size_t header_bytes4(const uint8_t *data)
{
    return (size_t)(data[0] & 15) * 4;
}

/* Receives one message. Returns whether there is one that can be looked at. */
static bool receive(struct ping *ping, struct ping_answer *answer)
{
    char control[WSA_CMSG_SPACE(sizeof(INT))] __attribute__((aligned(8)));
    WSABUF buffer = {.len = PACKET_BYTES, .buf = (char *)ping->packet};
    WSAMSG message = {
        .name = (LPSOCKADDR)&answer->from,
        .namelen = sizeof(answer->from),
        .lpBuffers = &buffer,
        .dwBufferCount = 1,
        .Control = {.len = sizeof(control), .buf = control},
    };
    DWORD bytes;

    if (ping->receive_message(ping->socket, &message, &bytes, NULL, NULL) != 0 || bytes == 0) {
        return false;
    }
    size_t header = ping->family == &family4 ? header_bytes4(ping->packet) : 0;
    if (bytes < header + ICMP_BYTES) {
        return false;
    }
    answer->icmp = ping->packet + header;
    answer->bytes = bytes - header;
    answer->ttl = ttl_of(&message, ping->family);
    return true;
}

static bool is_request_of(const struct ping *ping, const uint8_t *icmp, uint8_t type,
                          unsigned long sequence)
{
    return icmp[0] == type && get16(icmp + 4) == ping->id && get16(icmp + 6) == sequence;
}

/* Does an ICMP error quote that request? */
static bool quotes_request(const struct ping *ping, const struct ping_answer *answer,
                           unsigned long sequence)
{
    const uint8_t *quoted = answer->icmp + ICMP_BYTES;
    size_t left = answer->bytes - ICMP_BYTES;
    uint8_t type = answer->icmp[0];
    bool error = ping->family == &family4 ? type == 3 || type == 11 || type == 12 : type < 128;

    if (!error || left == 0) {
        return false;
    }
    size_t header = ping->family == &family4 ? header_bytes4(quoted) : ping->family->quoted_bytes;
    return left >= header + ICMP_BYTES &&
           is_request_of(ping, quoted + header, ping->family->request, sequence);
}

/* --- The run --- */

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Waits until the socket is readable or the time comes. Drives the stack meanwhile. */
static bool wait_until(struct ping *ping, double end_ms)
{
    WSAPOLLFD polled = {.fd = ping->socket, .events = POLLRDNORM};
    double left_ms = end_ms - now_ms();

    return WSAPoll(&polled, 1, left_ms > 0 ? (int)left_ms + 1 : 0) == 1;
}

static void count_reply(struct ping *ping, double rtt_ms)
{
    struct ping_totals *totals = &ping->totals;

    totals->least_ms = totals->received == 0 || rtt_ms < totals->least_ms ? rtt_ms
                                                                          : totals->least_ms;
    totals->most_ms = rtt_ms > totals->most_ms ? rtt_ms : totals->most_ms;
    totals->sum_ms += rtt_ms;
    totals->received++;
}

/* Waits for what becomes of the request that was sent at start_ms. */
static void await_answer(struct ping *ping, unsigned long sequence, double start_ms)
{
    double end_ms = start_ms + (double)ping->options->timeout_ms;
    struct ping_answer answer;

    while (wait_until(ping, end_ms)) {
        double rtt_ms = now_ms() - start_ms;
        if (!receive(ping, &answer)) {
            continue;
        }
        if (is_request_of(ping, answer.icmp, ping->family->reply, sequence)) {
            count_reply(ping, rtt_ms);
            ping_tell_reply(ping->options->json, &answer, sequence, rtt_ms);
            return;
        }
        if (quotes_request(ping, &answer, sequence)) {
            ping_tell_error(ping->options->json, &answer, sequence);
            return;
        }
    }
    ping_tell_timeout(ping->options->json, sequence);
}

/* Lets the rest of the interval pass; what comes meanwhile belongs to no request any more. */
static void rest(struct ping *ping, double end_ms)
{
    struct ping_answer late;

    while (now_ms() < end_ms) {
        double slice_ms = now_ms() + SLICE_MS;
        if (wait_until(ping, slice_ms < end_ms ? slice_ms : end_ms)) {
            receive(ping, &late);
        }
    }
}

static enum tool_status run(struct ping *ping)
{
    enum tool_status status = TOOL_OK;

    for (unsigned long i = 1; i <= ping->options->count && status == TOOL_OK; i++) {
        double start_ms = now_ms();
        status = send_request(ping, i);
        if (status == TOOL_OK) {
            await_answer(ping, i, start_ms);
        }
        if (status == TOOL_OK && i < ping->options->count) {
            rest(ping, start_ms + (double)ping->options->interval_ms);
        }
    }
    if (ping->totals.sent != 0) {
        ping_tell_summary(ping->options->json, ping->options->address, &ping->totals);
    }
    if (status == TOOL_OK && ping->totals.received == 0) {
        return tool_fail(TOOL_FAILED, "no reply from %s", ping->options->address);
    }
    return status;
}

/* --- Start --- */

static bool set_option(const struct ping *ping, int option, DWORD value)
{
    return setsockopt(ping->socket, ping->family->level, option, (const char *)&value,
                      sizeof(value)) == 0;
}

static enum tool_status open_socket(struct ping *ping)
{
    GUID id = WSAID_WSARECVMSG;
    DWORD bytes;

    ping->socket = socket(ping->options->to.si_family, SOCK_RAW, ping->family->protocol);
    if (ping->socket == INVALID_SOCKET) {
        return tool_fail(TOOL_FAILED, "opening a raw socket: %s", wsa_name(WSAGetLastError()));
    }
    if (WSAIoctl(ping->socket, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id),
                 &ping->receive_message, sizeof(ping->receive_message), &bytes, NULL, NULL) != 0 ||
        !set_option(ping, ping->family->report_ttl, 1) ||
        (ping->options->ttl != 0 &&
         !set_option(ping, ping->family->set_ttl, (DWORD)ping->options->ttl))) {
        return tool_fail(TOOL_FAILED, "preparing a raw socket: %s", wsa_name(WSAGetLastError()));
    }
    return TOOL_OK;
}

/* Everything between WSAStartup() and WSACleanup(). */
static enum tool_status run_started(struct ping_options *options,
                                    const struct interface_options *interfaces)
{
    struct ping ping = {
        .options = options,
        .family = options->to.si_family == AF_INET ? &family4 : &family6,
        .socket = INVALID_SOCKET,
        .id = (uint16_t)getpid(),
        .packet = malloc(PACKET_BYTES),
    };
    enum tool_status status = TOOL_OK;

    if (options->scope != NULL && options->to.si_family == AF_INET6) {
        options->to.Ipv6.sin6_scope_id = interface_index(interfaces, options->scope);
        if (options->to.Ipv6.sin6_scope_id == 0) {
            status = tool_fail(TOOL_FAILED, "there is no interface %s", options->scope);
        }
    }
    if (status == TOOL_OK && ping.packet == NULL) {
        status = tool_fail(TOOL_FAILED, "out of memory");
    }
    if (status == TOOL_OK) {
        status = open_socket(&ping);
    }
    if (status == TOOL_OK) {
        status = run(&ping);
    }
    if (ping.socket != INVALID_SOCKET) {
        closesocket(ping.socket);
    }
    free(ping.packet);
    return status;
}

enum tool_status tool_ping(int argc, char **argv)
{
    static struct ping_options options = {
        .count = 4, .interval_ms = 1000, .timeout_ms = 1000, .size_bytes = 56};
    static struct interface_options interfaces;
    const struct option_group groups[] = {
        {"Requests and output", ping_table, &options},
        {"Interface", interface_option_table, &interfaces},
    };
    const struct option_command command = {
        "ping", "Sends ICMP echo requests by a raw socket and tells each reply with its time and "
        "TTL.", groups, 2, print_tail, {"ADDRESS", set_address, &options}};
    enum tool_status status;
    bool done;

    status = options_parse(&command, argc, argv, &done);
    if (status == TOOL_OK && !done) {
        status = options.has_to ? interface_check(&interfaces)
                                : tool_fail(TOOL_USAGE, "ping needs an ADDRESS: see winlwip ping "
                                            "--help");
    }
    if (status != TOOL_OK || done) {
        return status;
    }
    if (options.trace) {
        trace_start();
    }
    status = interface_start(&interfaces);
    if (status != TOOL_OK) {
        return status;
    }
    status = run_started(&options, &interfaces);
    interface_stop(&interfaces);
    trace_stop();
    return status;
}
