/*
 * threads.c - winlwip: completions a second of one port that several threads wait at.
 *
 *   threads --label 'ID VARIANT' [--threads N] [--sockets N] [--size BYTES] [--seconds N]
 *
 * Each thread waits in GetQueuedCompletionStatusEx() for a batch, looks at what came, and posts the
 * receives again. Whichever thread drives the stack reads the link, which lends frames as long as
 * receives are posted for them: one for each receive, so that nothing is ever queued or dropped.
 * While none is, the link's descriptor is not readable, and whoever posts again makes it so.
 *
 * Checked: every completion is of a datagram of its socket, whole, with the number of a frame that
 * was lent for it; as many completions as frames lent; nothing is left in the port.
 *
 * Prints a record of ns: the time of the whole divided by the completions, all threads together.
 * Exit status: 0; 1: something was lost or wrong; 2: bad options.
 */
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/common/bench.h"
#include "tests/bench/winlwip/memory_stack.h"

#include "stack/link.h"

#define THREADS_MAX 64u
#define POSTED_EACH 4u  /* on each of many sockets */
#define POSTED_LEAST 64u /* on all together */
#define BATCH 32u

struct reception {
    struct memory_receive receive; /* first: the OVERLAPPED has the same address */
    unsigned socket;
};

/* Frames of one socket: their numbers in the traffic, used in turn. */
struct lane {
    SOCKET s;
    atomic_uint credits; /* posted receives that no frame has been lent for */
    uint32_t *frames;    /* numbers of the frames that go to it, in bench.order */
    uint32_t count;
    uint32_t next;       /* the one to lend next, from 0; used by whoever holds the stack */
};

static struct {
    struct link link;
    struct traffic traffic;
    struct lane *lanes;
    uint32_t *order; /* the numbers of all frames, by socket */
    unsigned lane_at; /* where the link looks first; used under the stack lock */
    unsigned sockets, threads;
    struct reception *receptions;
    unsigned reception_count;
    HANDLE port;
    atomic_bool stop, wrong;
    _Atomic uint64_t lent, completed;
    atomic_uint credits; /* of all lanes */
} bench;

static int fail(const char *what)
{
    atomic_store(&bench.wrong, true);
    return memory_stack_fail("winlwip-threads", what);
}

/* --- the link --- */

static void make_readable(void)
{
    uint64_t one = 1;
    ssize_t written = write(bench.link.fd, &one, sizeof(one));

    (void)written;
}

/* No more to lend: the descriptor is emptied, and set again for what came meanwhile. */
static void make_unreadable(void)
{
    uint64_t count;
    ssize_t bytes = read(bench.link.fd, &count, sizeof(count));

    (void)bytes;
    if (atomic_load(&bench.credits) != 0 && !atomic_load(&bench.stop)) {
        make_readable();
    }
}

static size_t next_frame(struct lane *lane)
{
    size_t n = lane->frames[lane->next];

    lane->next = lane->next + 1 < lane->count ? lane->next + 1 : 0;
    return n;
}

static int lend(struct link *link, struct link_frame *out, unsigned max)
{
    uint32_t bytes = (uint32_t)bench.traffic.frame_bytes;
    unsigned count = 0;

    (void)link;
    for (unsigned looked = 0; looked < bench.sockets && count < max; looked++) {
        unsigned at = bench.lane_at;
        bench.lane_at = (at + 1) % bench.sockets;
        if (atomic_load(&bench.stop)) {
            break;
        }
        while (count < max && atomic_load(&bench.lanes[at].credits) != 0) {
            atomic_fetch_sub(&bench.lanes[at].credits, 1);
            atomic_fetch_sub(&bench.credits, 1);
            out[count++] = (struct link_frame){
                .data = traffic_frame(&bench.traffic, next_frame(&bench.lanes[at])),
                .bytes = bytes,
                .original_bytes = bytes,
                .encapsulation = LINK_ETHERNET,
            };
        }
    }
    atomic_fetch_add(&bench.lent, count);
    if (count == 0) {
        make_unreadable();
    }
    return (int)count;
}

static unsigned discard(struct link *link, const struct link_packet *packets, unsigned count)
{
    (void)link;
    (void)packets;
    return count;
}

static void close_link(struct link *link)
{
    close(link->fd);
}

/* --- the threads --- */

static int post(struct reception *reception)
{
    struct lane *lane = &bench.lanes[reception->socket];

    if (memory_stack_post(lane->s, &reception->receive, NULL) != 0) {
        atomic_store(&bench.wrong, true);
        return -1;
    }
    atomic_fetch_add(&lane->credits, 1);
    if (atomic_fetch_add(&bench.credits, 1) == 0) {
        make_readable();
    }
    return 0;
}

static int check(const OVERLAPPED_ENTRY *entry, const struct reception *reception)
{
    WSAMSG message = reception->receive.message;
    struct traffic_received received = {.ttl = -1, .tos = -1};
    uint64_t n;

    memcpy(&n, reception->receive.payload, sizeof(n));
    if (entry->Internal != 0 || entry->lpCompletionKey != reception->socket ||
        n >= bench.traffic.count || traffic_socket(&bench.traffic, n) != reception->socket) {
        return fail("a completion that is none");
    }
    received.payload = reception->receive.payload;
    received.bytes = entry->dwNumberOfBytesTransferred;
    received.source = ntohl(reception->receive.from.sin_addr.s_addr);
    received.source_port = ntohs(reception->receive.from.sin_port);
    memory_stack_read_control(&message, &received);
    const char *wrong = traffic_check(&bench.traffic, n, &received);
    return wrong == NULL ? 0 : fail(wrong);
}

/* Returns 0, 1 when the end was among the packets, -1. No packet at all is no error at the end. */
static int take_batch(DWORD timeout_ms)
{
    OVERLAPPED_ENTRY entries[BATCH];
    ULONG count;
    int outcome = 0;

    if (!GetQueuedCompletionStatusEx(bench.port, entries, BATCH, &count, timeout_ms, FALSE)) {
        return timeout_ms == 0 ? 1 : fail("waiting for packets");
    }
    for (ULONG i = 0; i < count; i++) {
        struct reception *reception = (struct reception *)entries[i].lpOverlapped;
        if (reception == NULL) {
            outcome = 1;
            continue;
        }
        if (check(&entries[i], reception) != 0) {
            return -1;
        }
        atomic_fetch_add_explicit(&bench.completed, 1, memory_order_relaxed);
        if (!atomic_load_explicit(&bench.stop, memory_order_relaxed) && post(reception) != 0) {
            return -1;
        }
    }
    return outcome;
}

static void *run_thread(void *unused)
{
    (void)unused;
    while (take_batch(INFINITE) == 0) {
    }
    PostQueuedCompletionStatus(bench.port, 0, 0, NULL); /* the end, for the next thread */
    return NULL;
}

/* --- the whole --- */

/* Sorts the numbers of the frames by the sockets that they go to. */
static void sort_frames(void)
{
    size_t count = bench.traffic.count;
    uint32_t *at = bench.order;

    for (size_t n = 0; n < count; n++) {
        bench.lanes[traffic_socket(&bench.traffic, n)].count++;
    }
    for (unsigned i = 0; i < bench.sockets; i++) {
        bench.lanes[i].frames = at;
        at += bench.lanes[i].count;
        bench.lanes[i].count = 0;
    }
    for (size_t n = 0; n < count; n++) {
        struct lane *lane = &bench.lanes[traffic_socket(&bench.traffic, n)];
        lane->frames[lane->count++] = (uint32_t)n;
    }
}

static int open_all(size_t size_bytes)
{
    static const struct link_ops ops = {
        .driver = "memory", .receive = lend, .send = discard, .close = close_link,
    };
    unsigned each = bench.sockets * POSTED_EACH < POSTED_LEAST ? POSTED_LEAST / bench.sockets
                                                               : POSTED_EACH;

    if (traffic_init(&bench.traffic, size_bytes, bench.sockets) != 0) {
        return fail("making frames");
    }
    bench.link = (struct link){.ops = &ops, .mtu = 1500};
    bench.link.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bench.reception_count = bench.sockets * each;
    bench.lanes = calloc(bench.sockets, sizeof(*bench.lanes));
    bench.receptions = calloc(bench.reception_count, sizeof(*bench.receptions));
    bench.order = calloc(bench.traffic.count, sizeof(*bench.order));
    if (bench.lanes == NULL || bench.order == NULL || bench.receptions == NULL ||
        bench.link.fd < 0 || memory_stack_open_link(&bench.traffic, &bench.link) != 0) {
        return fail("setting up");
    }
    sort_frames();
    bench.port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, bench.threads);
    for (unsigned i = 0; i < bench.sockets; i++) {
        SOCKET s = memory_stack_socket(i, MEASURE_PKTINFO, WSA_FLAG_OVERLAPPED);
        if (s == INVALID_SOCKET ||
            CreateIoCompletionPort((HANDLE)s, bench.port, i, 0) != bench.port) {
            return fail("joining the port");
        }
        bench.lanes[i].s = s;
    }
    for (unsigned i = 0; i < bench.reception_count; i++) {
        bench.receptions[i].socket = i / each;
        if (post(&bench.receptions[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

/*
 * Ends the threads by a packet that each hands on. A thread may be in the middle of lending at that
 * moment: what it brings in then stands behind that packet, and is collected afterwards.
 */
static int finish(pthread_t *threads)
{
    atomic_store(&bench.stop, true);
    PostQueuedCompletionStatus(bench.port, 0, 0, NULL);
    for (unsigned i = 0; i < bench.threads; i++) {
        pthread_join(threads[i], NULL);
    }
    while (take_batch(0) == 0) {
    }
    take_batch(0); /* behind the packet that the last thread handed on */
    if (atomic_load(&bench.completed) != atomic_load(&bench.lent)) {
        fprintf(stderr, "winlwip-threads: %llu frames lent, %llu completions\n",
                (unsigned long long)atomic_load(&bench.lent),
                (unsigned long long)atomic_load(&bench.completed));
        return fail("completions are missing");
    }
    return atomic_load(&bench.wrong) ? -1 : 0;
}

static int run(const char *label, size_t size_bytes, unsigned seconds)
{
    struct timespec time = {.tv_sec = seconds};
    pthread_t threads[THREADS_MAX] = {0};

    if (open_all(size_bytes) != 0) {
        return 1;
    }
    int64_t begin_ns = bench_now_ns();
    for (unsigned i = 0; i < bench.threads; i++) {
        if (pthread_create(&threads[i], NULL, run_thread, NULL) != 0) {
            return 1;
        }
    }
    nanosleep(&time, NULL);
    uint64_t completed = atomic_load(&bench.completed);
    int64_t took_ns = bench_now_ns() - begin_ns;
    if (finish(threads) != 0) {
        return 1;
    }
    for (unsigned i = 0; i < bench.sockets; i++) {
        closesocket(bench.lanes[i].s);
    }
    CloseHandle(bench.port);
    WSACleanup();
    bench_record(label, "winlwip", (double)took_ns / (double)completed);
    free(bench.lanes);
    free(bench.order);
    free(bench.receptions);
    traffic_fini(&bench.traffic);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"label", required_argument, NULL, 'l'},   {"threads", required_argument, NULL, 't'},
        {"sockets", required_argument, NULL, 'k'}, {"size", required_argument, NULL, 's'},
        {"seconds", required_argument, NULL, 'n'}, {0},
    };
    size_t size_bytes = 64, seconds = 1, threads = 1, sockets = 1;
    const char *label = NULL;
    int which, error = 0;

    while (error == 0 && (which = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (which) {
        case 'l':
            label = optarg;
            break;
        case 't':
            error = bench_number(optarg, THREADS_MAX, &threads);
            break;
        case 'k':
            error = bench_number(optarg, TRAFFIC_SOCKETS_MAX, &sockets);
            break;
        case 's':
            error = bench_number(optarg, MEASURE_PAYLOAD_ROOM, &size_bytes);
            break;
        case 'n':
            error = bench_number(optarg, 60, &seconds);
            break;
        default:
            error = -1;
        }
    }
    bench.threads = (unsigned)threads;
    bench.sockets = (unsigned)sockets;
    if (error != 0 || optind < argc || label == NULL) {
        fprintf(stderr, "usage: %s --label 'ID VARIANT' [--threads N] [--sockets N] [--size BYTES] "
                        "[--seconds N]\n", argv[0]);
        return 2;
    }
    return run(label, size_bytes, (unsigned)seconds);
}
