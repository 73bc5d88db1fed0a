/*
 * recv.c - "winlwip recv": a Winsock program that shows what WSARecvMsg returns.
 *
 * One thread, non-blocking sockets: WSAPoll() drives the stack until some socket has something,
 * each such socket is asked for one datagram, and so on until the end of a replay (WSAENETDOWN on
 * every socket), --count, --timeout, or SIGINT or SIGTERM. The signals only set a flag: WSAPoll()
 * is called for POLL_SLICE_MS at most, so that the closing lines are printed in any case.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/interface.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/receiver.h"
#include "tools/wsa.h"

#define RECEIVERS_MAX 64
#define POLL_SLICE_MS 100

/* SO_RCVBUF unless told otherwise, bytes: a replay is faster than the printing of lines. */
#define QUEUE_BYTES (4u << 20)

struct recv_options {
    struct receiver receivers[RECEIVERS_MAX];
    size_t receiver_count;
    const char *joins[RECEIVER_JOINS_MAX];
    size_t join_count;
    unsigned long buffer_bytes;
    unsigned long control_bytes;
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

    if (options->receiver_count == RECEIVERS_MAX) {
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
     "(UDP_RECV_MAX_COALESCED_SIZE)", set_coalesce},
    {"timestamps", NULL, "times of arrival (SIO_TIMESTAMPING), 10,000,000 a second", set_timestamps},
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
         "Examples:\n"
         "  winlwip recv --pcap dns.pcapng --mac 02:00:5e:10:00:01 --address 192.0.2.1/24 \\\n"
         "      --bind 53 --stats\n"
         "  winlwip recv --tap tap0 --address 192.0.2.1/24 --address 2001:db8::1/64 \\\n"
         "      --bind '[::]:5000' --dual --bind 0.0.0.0:5001,join=239.1.2.3\n"
         "  winlwip recv --config lab.conf --bind 192.0.2.1:5000,buffer=64 --count 10 --json");
    interface_print_drivers();
}

/* --- The run --- */

static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    stopped = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = stop};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

struct run {
    struct recv_options *options;
    const struct interface_options *interfaces;
    const struct output *output;
    struct receiver_buffers buffers;
    struct datagram_totals totals;
    int64_t last_ms; /* of the last datagram, or the start */
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Joins the sockets of its family to a group of --join. */
static enum tool_status join_all(struct run *run, const char *group)
{
    struct recv_options *options = run->options;

    for (size_t i = 0; i < options->receiver_count; i++) {
        struct receiver *receiver = &options->receivers[i];

        if (receiver_fits_group(receiver, group) &&
            receiver_join(receiver, group, run->interfaces) != TOOL_OK) {
            return TOOL_FAILED;
        }
    }
    return TOOL_OK;
}

static enum tool_status open_all(struct run *run)
{
    struct recv_options *options = run->options;
    enum tool_status status = TOOL_OK;
    size_t payload = 1;
    size_t control = 1;

    for (size_t i = 0; status == TOOL_OK && i < options->receiver_count; i++) {
        struct receiver *receiver = &options->receivers[i];

        if (!receiver->own_buffer) {
            receiver->buffer_bytes = options->buffer_bytes;
        }
        if (!receiver->own_control) {
            receiver->control_bytes = options->control_bytes;
        }
        payload = receiver->buffer_bytes > payload ? receiver->buffer_bytes : payload;
        control = receiver->control_bytes > control ? receiver->control_bytes : control;
        status = receiver_open(receiver, &options->settings, run->interfaces);
    }
    for (size_t i = 0; status == TOOL_OK && i < options->join_count; i++) {
        status = join_all(run, options->joins[i]);
    }
    run->buffers.payload = malloc(payload);
    run->buffers.control = malloc(control);
    if (status == TOOL_OK && (run->buffers.payload == NULL || run->buffers.control == NULL)) {
        return tool_fail(TOOL_FAILED, "out of memory");
    }
    return status;
}

static void show(struct run *run, struct datagram *datagram)
{
    datagram->number = run->totals.count + 1;
    datagram->interface_name = interface_name(run->interfaces, datagram->interface);
    datagram_count(&run->totals, datagram);
    run->output->datagram(datagram, run->options->hex);
    run->last_ms = now_ms();
}

/* Asks one socket for one datagram. Returns false when the run has failed. */
static bool serve(struct run *run, struct receiver *receiver)
{
    struct datagram datagram;

    switch (receiver_receive(receiver, &run->buffers, &datagram)) {
    case RECEIVER_DATAGRAM:
        show(run, &datagram);
        return true;
    case RECEIVER_ENDED:
        receiver->ended = true;
        return true;
    case RECEIVER_FAILED:
        return false;
    default:
        return true;
    }
}

/* Have --count, --timeout or a signal ended the run? */
static bool is_over(const struct run *run)
{
    const struct recv_options *options = run->options;

    if (stopped || (options->count > 0 && run->totals.count >= options->count)) {
        return true;
    }
    return options->timeout_ms > 0 &&
           now_ms() - run->last_ms >= (int64_t)options->timeout_ms;
}

/* The sockets that something can still come to, for WSAPoll(). */
static ULONG collect(const struct recv_options *options, WSAPOLLFD *polled, size_t *indexes)
{
    ULONG count = 0;

    for (size_t i = 0; i < options->receiver_count; i++) {
        if (!options->receivers[i].ended) {
            indexes[count] = i;
            polled[count++] = (WSAPOLLFD){.fd = options->receivers[i].socket,
                                          .events = POLLRDNORM};
        }
    }
    return count;
}

/* Milliseconds that WSAPoll() may take: a slice, less when --timeout comes first. */
static int slice_ms(const struct run *run)
{
    int64_t left = run->last_ms + (int64_t)run->options->timeout_ms - now_ms();

    if (run->options->timeout_ms == 0 || left > POLL_SLICE_MS) {
        return POLL_SLICE_MS;
    }
    return left > 0 ? (int)left : 0;
}

static enum tool_status receive_all(struct run *run)
{
    WSAPOLLFD polled[RECEIVERS_MAX];
    size_t indexes[RECEIVERS_MAX];
    ULONG count;

    run->last_ms = now_ms();
    while (!is_over(run) && (count = collect(run->options, polled, indexes)) > 0) {
        if (WSAPoll(polled, count, slice_ms(run)) == SOCKET_ERROR) {
            int error = WSAGetLastError();

            if (error == WSAENETDOWN) {
                return TOOL_OK;
            }
            return tool_fail(TOOL_FAILED, "WSAPoll: %s", wsa_name(error));
        }
        for (ULONG i = 0; i < count && !is_over(run); i++) {
            if (polled[i].revents != 0 && !serve(run, &run->options->receivers[indexes[i]])) {
                return TOOL_FAILED;
            }
        }
    }
    return TOOL_OK;
}

/* Everything between WSAStartup() and WSACleanup(). */
static enum tool_status run_started(struct run *run)
{
    struct winlwip_stats stats;
    enum tool_status status = open_all(run);

    if (status == TOOL_OK) {
        run->output->begin();
        status = receive_all(run);
        run->output->end(&run->totals, winlwip_stats(&stats) == 0 ? &stats : NULL,
                         run->options->stats);
    }
    free(run->buffers.payload);
    free(run->buffers.control);
    return status;
}

static enum tool_status check(const struct recv_options *options,
                              const struct interface_options *interfaces)
{
    if (options->receiver_count == 0) {
        return tool_fail(TOOL_USAGE, "recv needs --bind: see winlwip recv --help");
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
        .settings.queue_bytes = QUEUE_BYTES,
    };
    static struct interface_options interfaces;
    const struct option_group groups[] = {
        {"Interface", interface_option_table, &interfaces},
        {"Sockets", socket_table, &options},
        {"Run and output", run_table, &options},
    };
    const struct option_command command = {
        "recv", "Receives datagrams with WSARecvMsg and shows each as the call returned it, until "
        "the end\nof the replay, SIGINT or SIGTERM.", groups, 3, print_tail};
    struct run run = {.options = &options, .interfaces = &interfaces};
    enum tool_status status;
    bool done;

    status = options_parse(&command, argc, argv, &done);
    if (status == TOOL_OK && !done) {
        status = check(&options, &interfaces);
    }
    if (status != TOOL_OK || done) {
        goto out;
    }
    run.output = options.json ? &output_json : &output_table;
    if (options.trace) {
        trace_start();
    }
    catch_signals();
    status = interface_start(&interfaces);
    if (status != TOOL_OK) {
        goto out;
    }
    status = run_started(&run);
    for (size_t i = 0; i < options.receiver_count; i++) {
        if (options.receivers[i].socket != INVALID_SOCKET) {
            closesocket(options.receivers[i].socket);
        }
        options.receivers[i].socket = INVALID_SOCKET;
    }
    WSACleanup();
    trace_stop();
    interface_free(&interfaces);
out:
    for (size_t i = 0; i < options.receiver_count; i++) {
        receiver_free(&options.receivers[i]);
    }
    return status;
}
