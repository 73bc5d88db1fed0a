/*
 * send.c - "winlwip send": a Winsock program that sends with WSASendMsg.
 *
 * What stands in the header of the packet is said by control messages: source and interface by
 * pktinfo, TTL, TOS and ECN each by its own. A datagram whose next hop is not known yet waits in
 * the stack for ARP or neighbour discovery, so the program drives the stack for --linger
 * milliseconds after the last one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "stack/netaddr.h"
#include "tools/address.h"
#include "tools/interface.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/wsa.h"

#define PAYLOAD_MAX_BYTES 65536
#define LINGER_LIVE_MS 1000

/* Longest wait in one WSAPoll() while lingering. */
#define LINGER_SLICE_MS 50

/* A number that was not given. */
#define UNSET (-1L)

struct send_options {
    SOCKADDR_INET to;
    bool has_to;
    SOCKADDR_INET bind;
    bool has_bind;
    struct netaddr source;
    bool has_source;
    const char *interface; /* NULL: not given */
    char *payload;         /* owned */
    size_t payload_bytes;
    long ttl;
    long tos;
    long ecn;
    long segment;
    bool broadcast;
    bool trace;
    unsigned long count;
    unsigned long interval_ms;
    long linger_ms;
};

/* --- Options --- */

static const char *set_to(void *target, const char *value)
{
    struct send_options *options = target;

    options->has_to = strchr(value, ':') != NULL && address_parse(value, &options->to);
    return options->has_to ? NULL : "ADDR:PORT or [ADDR6]:PORT";
}

static const char *set_bind(void *target, const char *value)
{
    struct send_options *options = target;

    options->has_bind = address_parse(value, &options->bind);
    return options->has_bind ? NULL : "ADDR:PORT, [ADDR6]:PORT or PORT";
}

static const char *set_source(void *target, const char *value)
{
    struct send_options *options = target;

    options->has_source = netaddr_parse(value, &options->source) == 0;
    return options->has_source ? NULL : "an IPv4 or IPv6 address";
}

static const char *set_interface(void *target, const char *value)
{
    ((struct send_options *)target)->interface = value;
    return NULL;
}

static const char *only_one_payload(const struct send_options *options)
{
    return options->payload != NULL ? "only one of --text, --hex and --file" : NULL;
}

static const char *set_text(void *target, const char *value)
{
    struct send_options *options = target;

    if (only_one_payload(options) != NULL) {
        return only_one_payload(options);
    }
    options->payload = strdup(value);
    options->payload_bytes = strlen(value);
    return options->payload != NULL ? NULL : "more memory than there is";
}

static const char *set_hex(void *target, const char *value)
{
    struct send_options *options = target;
    size_t length = strlen(value);

    if (only_one_payload(options) != NULL) {
        return only_one_payload(options);
    }
    if (length % 2 != 0 || strspn(value, "0123456789abcdefABCDEF") != length) {
        return "an even number of hexadecimal digits";
    }
    options->payload = malloc(length / 2 + 1);
    if (options->payload == NULL) {
        return "more memory than there is";
    }
    options->payload_bytes = length / 2;
    for (size_t i = 0; i < length / 2; i++) {
        char pair[3] = {value[2 * i], value[2 * i + 1], '\0'};

        options->payload[i] = (char)strtoul(pair, NULL, 16);
    }
    return NULL;
}

static const char *set_file(void *target, const char *value)
{
    struct send_options *options = target;
    FILE *file;

    if (only_one_payload(options) != NULL) {
        return only_one_payload(options);
    }
    file = fopen(value, "re");
    if (file == NULL) {
        return "a file that can be read";
    }
    options->payload = malloc(PAYLOAD_MAX_BYTES);
    if (options->payload != NULL) {
        options->payload_bytes = fread(options->payload, 1, PAYLOAD_MAX_BYTES, file);
    }
    fclose(file);
    if (options->payload_bytes == PAYLOAD_MAX_BYTES) {
        return "a file that fits a datagram";
    }
    return options->payload != NULL ? NULL : "more memory than there is";
}

/* Reads a number for a control message. */
static bool set_small(const char *value, unsigned long max, long *out)
{
    unsigned long number;

    if (!option_number(value, 0, max, &number)) {
        return false;
    }
    *out = (long)number;
    return true;
}

static const char *set_ttl(void *target, const char *value)
{
    return set_small(value, 255, &((struct send_options *)target)->ttl) ? NULL
                                                                        : "a number from 0 to 255";
}

static const char *set_tos(void *target, const char *value)
{
    return set_small(value, 255, &((struct send_options *)target)->tos) ? NULL
                                                                        : "a number from 0 to 255";
}

static const char *set_ecn(void *target, const char *value)
{
    return set_small(value, 3, &((struct send_options *)target)->ecn) ? NULL
                                                                      : "a number from 0 to 3";
}

static const char *set_segment(void *target, const char *value)
{
    return set_small(value, PAYLOAD_MAX_BYTES, &((struct send_options *)target)->segment)
               ? NULL : "a number of bytes up to 65536";
}

static const char *set_broadcast(void *target, const char *value)
{
    (void)value;
    ((struct send_options *)target)->broadcast = true;
    return NULL;
}

static const char *set_count(void *target, const char *value)
{
    return option_number(value, 1, UINT32_MAX, &((struct send_options *)target)->count)
               ? NULL : "a number from 1";
}

static const char *set_interval(void *target, const char *value)
{
    return option_number(value, 0, 3600000, &((struct send_options *)target)->interval_ms)
               ? NULL : "a number of milliseconds up to 3600000";
}

static const char *set_linger(void *target, const char *value)
{
    return set_small(value, 3600000, &((struct send_options *)target)->linger_ms)
               ? NULL : "a number of milliseconds up to 3600000";
}

static const char *set_trace(void *target, const char *value)
{
    (void)value;
    ((struct send_options *)target)->trace = true;
    return NULL;
}

static const struct tool_option datagram_table[] = {
    {"to", "ADDR:PORT", "destination, also [ADDR6]:PORT; needed", set_to},
    {"text", "TEXT", "payload; default: empty", set_text},
    {"hex", "DIGITS", "payload in hexadecimal", set_hex},
    {"file", "FILE", "payload from a file", set_file},
    {"source", "ADDR", "source address, by IP_PKTINFO or IPV6_PKTINFO", set_source},
    {"interface", "INTERFACE", "interface to leave from, index or name, by pktinfo too",
     set_interface},
    {"ttl", "N", "TTL or hop limit", set_ttl},
    {"tos", "N", "TOS or traffic class, decimal or 0x..", set_tos},
    {"ecn", "N", "ECN bits, 0 to 3", set_ecn},
    {"segment", "BYTES", "cut the payload into datagrams of BYTES\n(UDP_SEND_MSG_SIZE)",
     set_segment},
    {NULL, NULL, NULL, NULL},
};

static const struct tool_option run_table[] = {
    {"bind", "ADDR:PORT", "bind the socket there first", set_bind},
    {"broadcast", NULL, "permit broadcast destinations (SO_BROADCAST)", set_broadcast},
    {"count", "N", "send it N times; default: 1", set_count},
    {"interval", "MS", "milliseconds between two; default: 0", set_interval},
    {"linger", "MS", "drive the stack that long after the last one, so that the\n"
     "next hop can be resolved; default: 1000, without a live\nlink 0", set_linger},
    {"trace", NULL, "on standard error: each station of each received frame", set_trace},
    {NULL, NULL, NULL, NULL},
};

static void print_tail(void)
{
    puts("\nExamples:\n"
         "  winlwip send --tap tap0 --address 192.0.2.1/24 --to 192.0.2.2:5000 --text hello\n"
         "  winlwip send --config lab.conf --to '[2001:db8::2]:5000' --hex 00ff --ttl 3 --ecn 1\n"
         "  winlwip send --config lab.conf --to 239.1.2.3:5000 --interface eth1 --file message");
    interface_print_drivers();
}

/* --- Sending --- */

/* The control data of one datagram, built message by message. */
struct control {
    size_t used;
    char bytes[WSA_CMSG_SPACE(sizeof(IN6_PKTINFO)) + 4 * WSA_CMSG_SPACE(sizeof(INT))]
        __attribute__((aligned(8)));
};

static void control_add(struct control *control, int level, int type, const void *data,
                        size_t bytes)
{
    WSACMSGHDR *header = (WSACMSGHDR *)(void *)(control->bytes + control->used);

    header->cmsg_len = WSA_CMSG_LEN(bytes);
    header->cmsg_level = level;
    header->cmsg_type = type;
    memcpy(WSA_CMSG_DATA(header), data, bytes);
    control->used += WSA_CMSG_SPACE(bytes);
}

static void control_add_int(struct control *control, bool v6, int type4, int type6, long value)
{
    INT number = (INT)value;

    if (value != UNSET) {
        control_add(control, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? type6 : type4, &number,
                    sizeof(number));
    }
}

static void control_add_pktinfo(struct control *control, bool v6,
                                const struct send_options *options, unsigned interface)
{
    if (v6) {
        IN6_PKTINFO info = {.ipi6_ifindex = interface};

        if (options->has_source) {
            memcpy(&info.ipi6_addr, options->source.bytes, sizeof(info.ipi6_addr));
        }
        control_add(control, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    } else {
        IN_PKTINFO info = {.ipi_ifindex = interface};

        if (options->has_source) {
            info.ipi_addr.s_addr = netaddr_v4(&options->source);
        }
        control_add(control, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    }
}

static void control_build(struct control *control, const struct send_options *options,
                          unsigned interface)
{
    bool v6 = options->to.si_family == AF_INET6;

    memset(control, 0, sizeof(*control));
    if (options->has_source || interface != 0) {
        control_add_pktinfo(control, v6, options, interface);
    }
    control_add_int(control, v6, IP_TTL, IPV6_HOPLIMIT, options->ttl);
    control_add_int(control, v6, IP_TOS, IPV6_TCLASS, options->tos);
    control_add_int(control, v6, IP_ECN, IPV6_ECN, options->ecn);
    if (options->segment != UNSET) {
        DWORD bytes = (DWORD)options->segment;
        control_add(control, IPPROTO_UDP, UDP_SEND_MSG_SIZE, &bytes, sizeof(bytes));
    }
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Drives the stack for that long: a poll for what never is asked for waits inside it. */
static void drive(SOCKET s, long ms)
{
    int64_t end = now_ms() + ms;

    for (int64_t left = ms; left > 0; left = end - now_ms()) {
        WSAPOLLFD polled = {.fd = s, .events = 0};

        WSAPoll(&polled, 1, left < LINGER_SLICE_MS ? (int)left : LINGER_SLICE_MS);
        if (polled.revents != 0) { /* an ICMP error waits to be received: the poll does not */
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
    }
}

/* Says what was sent; the source is that of --source, else what the socket is bound to. */
static enum tool_status report(SOCKET s, const struct send_options *options, DWORD sent)
{
    SOCKADDR_INET from;
    int length = sizeof(from);
    char local[ADDRESS_TEXT_BYTES];
    char remote[ADDRESS_TEXT_BYTES];

    if (getsockname(s, (struct sockaddr *)&from, &length) != 0) {
        return tool_fail(TOOL_FAILED, "getsockname: %s", wsa_name(WSAGetLastError()));
    }
    if (options->has_source && from.si_family == AF_INET6) {
        memcpy(&from.Ipv6.sin6_addr, options->source.bytes, sizeof(from.Ipv6.sin6_addr));
    } else if (options->has_source) {
        from.Ipv4.sin_addr.s_addr = netaddr_v4(&options->source);
    }
    printf("sent %u byte%s from %s to %s\n", (unsigned)sent, sent == 1 ? "" : "s",
           address_text(&from, local), address_text(&options->to, remote));
    fflush(stdout);
    return TOOL_OK;
}

static enum tool_status send_one(SOCKET s, struct send_options *options, struct control *control)
{
    WSABUF payload = {.len = (ULONG)options->payload_bytes,
                      .buf = options->payload != NULL ? options->payload : (char *)""};
    WSAMSG message = {
        .name = (LPSOCKADDR)&options->to,
        .namelen = address_bytes(&options->to),
        .lpBuffers = &payload,
        .dwBufferCount = 1,
        .Control = {.len = (ULONG)control->used,
                    .buf = control->used > 0 ? control->bytes : NULL},
    };
    DWORD sent = 0;
    char remote[ADDRESS_TEXT_BYTES];

    if (WSASendMsg(s, &message, 0, &sent, NULL, NULL) != 0) {
        return tool_fail(TOOL_FAILED, "sending to %s: %s", address_text(&options->to, remote),
                         wsa_name(WSAGetLastError()));
    }
    return report(s, options, sent);
}

static enum tool_status prepare(SOCKET s, const struct send_options *options)
{
    DWORD on = 1;
    char text[ADDRESS_TEXT_BYTES];

    if (options->broadcast &&
        setsockopt(s, SOL_SOCKET, SO_BROADCAST, (const char *)&on, sizeof(on)) != 0) {
        return tool_fail(TOOL_FAILED, "setting SO_BROADCAST: %s", wsa_name(WSAGetLastError()));
    }
    if (options->has_bind &&
        bind(s, (const struct sockaddr *)&options->bind, address_bytes(&options->bind)) != 0) {
        return tool_fail(TOOL_FAILED, "binding %s: %s", address_text(&options->bind, text),
                         wsa_name(WSAGetLastError()));
    }
    return TOOL_OK;
}

/* Everything between WSAStartup() and WSACleanup(). */
static enum tool_status run_started(struct send_options *options,
                                    const struct interface_options *interfaces)
{
    unsigned interface = 0;
    struct control control;
    enum tool_status status;
    SOCKET s;

    if (options->interface != NULL) {
        interface = interface_index(interfaces, options->interface);
        if (interface == 0) {
            return tool_fail(TOOL_FAILED, "there is no interface %s", options->interface);
        }
    }
    s = socket(options->to.si_family, SOCK_DGRAM, IPPROTO_UDP);
    if (s == INVALID_SOCKET) {
        return tool_fail(TOOL_FAILED, "opening a socket: %s", wsa_name(WSAGetLastError()));
    }
    status = prepare(s, options);
    control_build(&control, options, interface);
    for (unsigned long i = 0; status == TOOL_OK && i < options->count; i++) {
        if (i > 0) {
            drive(s, (long)options->interval_ms);
        }
        status = send_one(s, options, &control);
    }
    if (options->linger_ms == UNSET) {
        options->linger_ms = interfaces->live ? LINGER_LIVE_MS : 0;
    }
    if (status == TOOL_OK) {
        drive(s, options->linger_ms);
    }
    closesocket(s);
    return status;
}

static enum tool_status check(const struct send_options *options,
                              const struct interface_options *interfaces)
{
    if (!options->has_to) {
        return tool_fail(TOOL_USAGE, "send needs --to: see winlwip send --help");
    }
    if (options->has_bind && options->bind.si_family != options->to.si_family) {
        return tool_fail(TOOL_USAGE, "--bind and --to are of different families");
    }
    if (options->has_source &&
        netaddr_is_v4(&options->source) != (options->to.si_family == AF_INET)) {
        return tool_fail(TOOL_USAGE, "--source and --to are of different families");
    }
    return interface_check(interfaces);
}

enum tool_status tool_send(int argc, char **argv)
{
    struct send_options options = {.ttl = UNSET, .tos = UNSET, .ecn = UNSET, .segment = UNSET,
                                   .count = 1, .linger_ms = UNSET};
    static struct interface_options interfaces;
    const struct option_group groups[] = {
        {"Datagram", datagram_table, &options},
        {"Run", run_table, &options},
        {"Interface", interface_option_table, &interfaces},
    };
    const struct option_command command = {
        "send", "Sends a datagram with WSASendMsg and says what was sent.", groups, 3, print_tail, {NULL, NULL, NULL}};
    enum tool_status status;
    bool done;

    status = options_parse(&command, argc, argv, &done);
    if (status == TOOL_OK && !done) {
        status = check(&options, &interfaces);
    }
    if (status != TOOL_OK || done) {
        goto out;
    }
    if (options.trace) {
        trace_start();
    }
    status = interface_start(&interfaces);
    if (status != TOOL_OK) {
        goto out;
    }
    status = run_started(&options, &interfaces);
    interface_stop(&interfaces);
    trace_stop();
out:
    free(options.payload);
    return status;
}
