/*
 * recv.c - "winlwip recv": a Winsock program that shows what WSARecvMsg returns.
 *
 * One thread. How it receives is --mode's affair (receive.h); it goes on until the end of a replay
 * (WSAENETDOWN on every socket), --count, --timeout, or SIGINT or SIGTERM (run.h).
 */
#include <stdio.h>

#include "tools/interface.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/receive.h"
#include "tools/receiver.h"
#include "tools/run.h"

/* SO_RCVBUF unless told otherwise, bytes: a replay is faster than the printing of lines. */
#define QUEUE_BYTES (4u << 20)

/* Receives that are posted on each socket unless told otherwise, and at most. */
#define PENDING 16
#define PENDING_MAX 1024

struct recv_options {
    struct receiver receivers[RUN_RECEIVERS_MAX];
    size_t receiver_count;
    const char *joins[RECEIVER_JOINS_MAX];
    size_t join_count;
    unsigned long buffer_bytes;
    unsigned long control_bytes;
    const struct receive_mode *mode;
    unsigned long pending;    /* 0: not given */
    unsigned long count;      /* 0: no limit */
    unsigned long timeout_ms; /* 0: none */
    struct receiver_settings settings;
    bool json;
    bool trace;
    bool stats;
    bool hex;
};

/* --- Options --- */

static const char *set_bind(void *target, const char *value)
{
    struct recv_options *options = target;

    if (options->receiver_count == RUN_RECEIVERS_MAX) {
        return "fewer sockets";
    }
    return receiver_parse(&options->receivers[options->receiver_count++], value);
}

static const char *set_join(void *target, const char *value)
{
    struct recv_options *options = target;

    if (options->join_count == RECEIVER_JOINS_MAX) {
        return "fewer groups";
    }
    options->joins[options->join_count++] = value;
    return NULL;
}

static const char *set_buffer(void *target, const char *value)
{
    return option_number(value, 0, 1u << 20, &((struct recv_options *)target)->buffer_bytes)
               ? NULL : "a number of bytes up to 1048576";
}

static const char *set_control(void *target, const char *value)
{
    return option_number(value, 0, 1u << 20, &((struct recv_options *)target)->control_bytes)
               ? NULL : "a number of bytes up to 1048576";
}

static const char *set_queue(void *target, const char *value)
{
    struct recv_options *options = target;

    return option_number(value, 1, 1u << 30, &options->settings.queue_bytes)
               ? NULL : "a number of bytes up to 1073741824";
}

static const char *set_mode(void *target, const char *value)
{
    struct recv_options *options = target;

    options->mode = receive_mode_find(value);
    return options->mode != NULL ? NULL : "sync, event, apc or port";
}

static const char *set_pending(void *target, const char *value)
{
    return option_number(value, 1, PENDING_MAX, &((struct recv_options *)target)->pending)
               ? NULL : "a number from 1 to 1024";
}

static const char *set_count(void *target, const char *value)
{
    return option_number(value, 1, UINT32_MAX, &((struct recv_options *)target)->count)
               ? NULL : "a number from 1";
}

static const char *set_timeout(void *target, const char *value)
{
    return option_number(value, 1, UINT32_MAX, &((struct recv_options *)target)->timeout_ms)
               ? NULL : "a number of milliseconds from 1";
}

static const char *set_dual(void *target, const char *value)
{
    (void)value;
    ((struct recv_options *)target)->settings.dual = true;
    return NULL;
}

static const char *set_coalesce(void *target, const char *value)
{
    struct recv_options *options = target;

    return option_number(value, 1, UINT32_MAX, &options->settings.coalesce_bytes)
               ? NULL : "a number of bytes from 1";
}

static const char *set_timestamps(void *target, const char *value)
{
    (void)value;
    ((struct recv_options *)target)->settings.timestamps = true;
    return NULL;
}

static const char *set_json(void *target, const char *value)
{
    (void)value;
    ((struct recv_options *)target)->json = true;
    return NULL;
}

static const char *set_trace(void *target, const char *value)
{
    (void)value;
    ((struct recv_options *)target)->trace = true;
    return NULL;
}

static const char *set_stats(void *target, const char *value)
{
    (void)value;
    ((struct recv_options *)target)->stats = true;
    return NULL;
}

static const char *set_hex(void *target, const char *value)
{
    (void)value;
    ((struct recv_options *)target)->hex = true;
    return NULL;
}

static const struct tool_option socket_table[] = {
    {"bind", "ADDR:PORT", "open a socket there; also [ADDR6]:PORT, or PORT for all\n"
     "IPv4 addresses. May be repeated, and each may go on with\n"
     ",join=GROUP[%INTERFACE] ,buffer=BYTES ,control=BYTES\n"
     ",name=TEXT (shown with --json)", set_bind},
    {"join", "GROUP[%INTERFACE]", "join all sockets of its family to a multicast group; may\n"
     "be repeated. INTERFACE is an index or a name", set_join},
    {"buffer", "BYTES", "payload buffer handed to WSARecvMsg; default: 65536", set_buffer},
    {"control", "BYTES", "control buffer handed to WSARecvMsg; default: 512", set_control},
    {"queue", "BYTES", "receive queue of each socket (SO_RCVBUF);\ndefault: 4194304", set_queue},
    {"dual", NULL, "IPv6 sockets take IPv4 too (IPV6_V6ONLY off)", set_dual},
    {"coalesce", "BYTES", "join queued datagrams of one flow up to BYTES\n"
     "(UDP_RECV_MAX_COALESCED_SIZE); a receive that waits\n"
     "already gets a datagram alone", set_coalesce},
    {"timestamps", NULL, "times of arrival (SIO_TIMESTAMPING), 10,000,000 a second",
     set_timestamps},
    {NULL, NULL, NULL, NULL},
};

static const struct tool_option mode_table[] = {
    {"mode", "MODE", "sync: WSAPoll, then receives that don't wait (default)\n"
     "event: overlapped, WSAWaitForMultipleEvents,\n"
     "  WSAGetOverlappedResult\n"
     "apc: overlapped, completion routines, SleepEx\n"
     "port: overlapped, a completion port,\n"
     "  GetQueuedCompletionStatusEx", set_mode},
    {"pending", "N", "overlapped receives that wait on each socket;\ndefault: 16", set_pending},
    {NULL, NULL, NULL, NULL},
};

static const struct tool_option run_table[] = {
    {"count", "N", "end after N datagrams; default: no limit", set_count},
    {"timeout", "MS", "end after MS milliseconds without a datagram;\ndefault: never", set_timeout},
    {"json", NULL, "one JSON object a line instead of the table", set_json},
    {"hex", NULL, "payload in hexadecimal even when it is text", set_hex},
    {"trace", NULL, "on standard error: each station of each frame, to its\n"
     "delivery or the reason why it was dropped", set_trace},
    {"stats", NULL, "all counters of the stack at the end; with --json as a\n"
     "last object", set_stats},
    {NULL, NULL, NULL, NULL},
};

static void print_tail(void)
{
    puts("\nThe table: source; destination as IP_PKTINFO or IPV6_PKTINFO gives it, with the local\n"
         "port; interface; TTL or hop limit; TOS or traffic class; ECN; flags of WSAMSG; bytes\n"
         "returned; control messages in their order (IPv6's IPV6_HOPLIMIT as HLIM, IPV6_TCLASS as\n"
         "TCL; the size of each joined datagram as COAL, seconds since the first one shown as\n"
         "TIME); the start of the payload, after [WSAEMSGSIZE] when the call said so.\n"
         "The lines below it say how many datagrams had which flag and where all frames ended.\n"
         "\n"
         "All modes show the same: each socket's datagrams in the order of their arrival. That\n"
         "of datagrams for several sockets, when one wait brings more than one, is told by apc\n"
         "and port alone, as long as --pending receives suffice; sync and event go by the order\n"
         "of --bind. A replay as fast as possible brings them one by one: all modes are alike.\n"
         "\n"
         "Examples:\n"
         "  winlwip recv --pcap dns.pcapng --mac 02:00:5e:10:00:01 --address 192.0.2.1/24 \\\n"
         "      --bind 53 --stats\n"
         "  winlwip recv --tap tap0 --address 192.0.2.1/24 --address 2001:db8::1/64 \\\n"
         "      --bind '[::]:5000' --dual --bind 0.0.0.0:5001,join=239.1.2.3\n"
         "  winlwip recv --config lab.conf --bind 192.0.2.1:5000,buffer=64 --count 10 --json");
    interface_print_drivers();
}

/* --- The run --- */

/* Joins the sockets of its family to a group of --join. */
static enum tool_status join_all(struct recv_options *options, const char *group,
                                 const struct interface_options *interfaces)
{
    for (size_t i = 0; i < options->receiver_count; i++) {
        struct receiver *receiver = &options->receivers[i];

        if (receiver_fits_group(receiver, group) &&
            receiver_join(receiver, group, interfaces) != TOOL_OK) {
            return TOOL_FAILED;
        }
    }
    return TOOL_OK;
}

static enum tool_status open_all(struct recv_options *options,
                                 const struct interface_options *interfaces)
{
    enum tool_status status = TOOL_OK;

    for (size_t i = 0; status == TOOL_OK && i < options->receiver_count; i++) {
        struct receiver *receiver = &options->receivers[i];

        if (!receiver->own_buffer) {
            receiver->buffer_bytes = options->buffer_bytes;
        }
        if (!receiver->own_control) {
            receiver->control_bytes = options->control_bytes;
        }
        status = receiver_open(receiver, &options->settings, interfaces);
    }
    for (size_t i = 0; status == TOOL_OK && i < options->join_count; i++) {
        status = join_all(options, options->joins[i], interfaces);
    }
    return status;
}

/* Everything between WSAStartup() and WSACleanup(). */
static enum tool_status run_started(struct recv_options *options,
                                    const struct interface_options *interfaces)
{
    struct run run = {
        .receivers = options->receivers,
        .receiver_count = options->receiver_count,
        .pending = options->pending != 0 ? options->pending : PENDING,
        .count_limit = options->count,
        .timeout_ms = options->timeout_ms,
        .hex = options->hex,
        .interfaces = interfaces,
        .output = options->json ? &output_json : &output_table,
    };
    struct winlwip_stats stats;
    enum tool_status status = open_all(options, interfaces);

    if (status == TOOL_OK) {
        run.output->begin();
        status = receive_all(&run, options->mode);
        run.output->end(&run.totals, winlwip_stats(&stats) == 0 ? &stats : NULL, options->stats);
    }
    return status;
}

static enum tool_status check(const struct recv_options *options,
                              const struct interface_options *interfaces)
{
    if (options->receiver_count == 0) {
        return tool_fail(TOOL_USAGE, "recv needs --bind: see winlwip recv --help");
    }
    if (options->pending != 0 && !options->mode->posts) {
        return tool_fail(TOOL_USAGE, "--pending needs --mode event, apc or port");
    }
    for (size_t i = 0; i < options->join_count; i++) {
        bool fits = false;

        for (size_t j = 0; j < options->receiver_count; j++) {
            fits |= receiver_fits_group(&options->receivers[j], options->joins[i]);
        }
        if (!fits) {
            return tool_fail(TOOL_USAGE, "--join %s: expected GROUP[%%INTERFACE], a multicast "
                             "address of the family of some --bind", options->joins[i]);
        }
    }
    return interface_check(interfaces);
}

enum tool_status tool_recv(int argc, char **argv)
{
    static struct recv_options options = {
        .buffer_bytes = RECEIVER_BUFFER_BYTES,
        .control_bytes = RECEIVER_CONTROL_BYTES,
        .mode = &receive_sync,
        .settings.queue_bytes = QUEUE_BYTES,
    };
    static struct interface_options interfaces;
    const struct option_group groups[] = {
        {"Interface", interface_option_table, &interfaces},
        {"Sockets", socket_table, &options},
        {"Receiving", mode_table, &options},
        {"Run and output", run_table, &options},
    };
    const struct option_command command = {
        "recv", "Receives datagrams with WSARecvMsg and shows each as the call returned it, until "
        "the end\nof the replay, SIGINT or SIGTERM.", groups, 4, print_tail, {NULL, NULL, NULL}};
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
    run_hold_signals();
    status = interface_start(&interfaces);
    if (status != TOOL_OK) {
        goto out;
    }
    status = run_started(&options, &interfaces);
    for (size_t i = 0; i < options.receiver_count; i++) {
        if (options.receivers[i].socket != INVALID_SOCKET) {
            closesocket(options.receivers[i].socket);
        }
        options.receivers[i].socket = INVALID_SOCKET;
    }
    interface_stop(&interfaces);
    trace_stop();
out:
    for (size_t i = 0; i < options.receiver_count; i++) {
        receiver_free(&options.receivers[i]);
    }
    return status;
}
