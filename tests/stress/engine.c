/*
 * engine.c - phases: the stack is started, threads work, the stack is taken away, and everything
 * must have been told.
 *
 * Theory of operation
 *
 * A run is a row of phases of a second or two. In each the main thread starts the stack and a
 * thread for every worker, replaces those that end, and looks at the stack's counters. In the
 * middle it restarts the stack under the threads' feet; at the end it cleans up while they work,
 * tells them that the phase is over, and joins them. A thread that ends so has to have been told of
 * all that it had started. What was left by threads that ended earlier, and packets, the main
 * thread collects then; what is pending still is lost.
 *
 * In every fourth phase nobody closes a socket and nobody restarts. Before it ends sending stops,
 * and the datagrams that were received have to be as many as the stack says it delivered.
 *
 * Who ended what: before and after each deed that aborts operations it is written down (struct
 * deed), and every operation remembers what was over before it started.
 */
#include "tests/stress/stress.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "include/winlwip.h"
#include "stack/stack.h"

struct engine engine;

/* Chance of a thread to end, one of so many steps. */
#define STEPS_OF_A_LIFE 600u
#define LEDGER_PATIENCE_MS 20000
#define CALM_PHASE 4u
#define WATCH_MS 100

static struct {
    bool running;
    bool by_handle;
    pthread_t thread;
    HANDLE handle;
} threads[STRESS_THREADS_MAX];

void engine_startup(void)
{
    WSADATA data;

    engine.options.configure();
    int error = WSAStartup(MAKEWORD(2, 2), &data);

    if (error != 0) {
        stress_fail(NULL, "WSAStartup: %d %s", error, winlwip_startup_error());
    }
}

void engine_cleanup(void)
{
    deed_begin(&engine.cleanups);
    if (WSACleanup() != 0) {
        stress_fail(NULL, "WSACleanup: %d", WSAGetLastError());
    }
    deed_end(&engine.cleanups);
}

/* --- threads --- */

static void live(struct worker *worker)
{
    worker_self = worker;
    while (!atomic_load(&engine.over)) {
        worker_step(worker);
        if (worker_random(worker, STEPS_OF_A_LIFE) != 0) {
            continue;
        }
        enum stress_exit how = worker_random(worker, EXITS);
        if (how == EXIT_ROUTINE) { /* the next one will */
            worker->exit_in_routine = true;
        } else {
            if (how == EXIT_RETURN) {
                collect_routines(worker);
            }
            worker_leave(worker, how);
            return;
        }
    }
    worker->exit_in_routine = false;
    worker_drain(worker);
}

static void *live_by_pthread(void *worker)
{
    live(worker);
    return NULL;
}

static DWORD WINAPI live_by_handle(LPVOID worker)
{
    live(worker);
    return 0;
}

static void start_thread(unsigned i)
{
    struct worker *worker = &engine.workers[i];

    worker->life++;
    worker->nested = 0;
    worker->inside_count = 0;
    worker->blocking = false;
    worker->exit_in_routine = false;
    atomic_store(&worker->left, false);
    threads[i].running = true;
    threads[i].by_handle = worker->life % 2 == 0;
    if (threads[i].by_handle) {
        threads[i].handle = CreateThread(NULL, 0, live_by_handle, worker, 0, NULL);
    }
    if (threads[i].by_handle ? threads[i].handle == NULL
                             : pthread_create(&threads[i].thread, NULL, live_by_pthread, worker)) {
        stress_fail(NULL, "no thread");
    }
}

static void join_thread(unsigned i)
{
    if (threads[i].by_handle) {
        if (WaitForSingleObject(threads[i].handle, INFINITE) != WAIT_OBJECT_0 ||
            !CloseHandle(threads[i].handle)) {
            stress_fail(NULL, "no end of a thread: %u", (unsigned)GetLastError());
        }
    } else {
        pthread_join(threads[i].thread, NULL);
    }
    threads[i].running = false;
}

/* New threads for those that have ended. */
static void replace_threads(void)
{
    for (unsigned i = 0; i < engine.options.threads; i++) {
        if (atomic_load(&engine.workers[i].left)) {
            join_thread(i);
            start_thread(i);
        }
    }
}

/* --- counters --- */

static void check_balance(const struct winlwip_stats *stats)
{
    uint64_t sum = stats->frames_held;

    for (unsigned i = 0; i < WINLWIP_FATE_COUNT; i++) {
        sum += stats->fate[i];
    }
    if (stats->frames_received + stats->frames_looped != sum) {
        stress_fail(NULL, "%" PRIu64 " frames, and %" PRIu64 " fates",
                    stats->frames_received + stats->frames_looped, sum);
    }
    if (stats->copies_queued + stats->copies_direct + stats->copies_dropped != stats->copies) {
        stress_fail(NULL, "the copies do not add up");
    }
}

static void watch(void)
{
    struct winlwip_stats stats;

    if (winlwip_stats(&stats) == 0) {
        check_balance(&stats);
    }
}

/* All that the stack delivered in a calm phase has been received, once. */
static void settle_accounts(uint64_t received_before)
{
    int64_t end = stress_now_ms() + LEDGER_PATIENCE_MS;
    struct winlwip_stats stats;
    uint64_t delivered, received;

    atomic_store(&engine.settle, true);
    do {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        replace_threads();
        received = report_datagrams() - received_before;
        if (winlwip_stats(&stats) != 0) {
            stress_fail(NULL, "no stack");
        }
        check_balance(&stats);
        delivered = stats.copies_direct + stats.copies_queued;
        if (received > delivered || stress_now_ms() > end) {
            stress_fail(NULL, "%" PRIu64 " datagrams were delivered, %" PRIu64 " received",
                        delivered, received);
        }
    } while (received != delivered);
}

/* --- phases --- */

static void begin_phase(unsigned number)
{
    atomic_store(&engine.phase, number);
    atomic_store(&engine.over, false);
    atomic_store(&engine.settle, false);
    atomic_store(&engine.calm, number % CALM_PHASE == CALM_PHASE - 1);
    for (unsigned i = 0; i < STRESS_PORTS; i++) {
        engine.ports[i] = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, i * 4);
        if (engine.ports[i] == NULL) {
            stress_fail(NULL, "no port: %u", (unsigned)GetLastError());
        }
    }
    engine_startup();
    for (unsigned i = 0; i < STRESS_SEATS; i++) { /* of a calm phase none is ever closed */
        if (sock_get(i) == NULL) {
            stress_fail(NULL, "no socket for seat %u: %d", i, WSAGetLastError());
        }
    }
    for (unsigned i = 0; i < engine.options.threads; i++) {
        start_thread(i);
    }
}

/* Half a phase: until its time is over, or so many operations have been collected. */
static void supervise(void)
{
    int64_t until_ms = stress_now_ms() + engine.options.phase_ms / 2;
    uint64_t until_total = report_total() + engine.options.phase_operations / 2;
    int64_t next_watch = 0;

    while (stress_now_ms() < until_ms && report_total() < until_total) {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        replace_threads();
        atomic_store(&engine.now_ms, (uint32_t)stress_now_ms());
        if (stress_now_ms() >= next_watch) {
            watch();
            next_watch = stress_now_ms() + WATCH_MS;
        }
    }
}

static void check_sums(void)
{
    for (unsigned way = 0; way < WAYS; way++) {
        uint64_t out = 0;
        for (unsigned end = 0; end < ENDS; end++) {
            out += report_out(way, end);
        }
        if (report_in(way) != out) {
            stress_fail(NULL, "%s: %" PRIu64 " in, %" PRIu64 " out", stress_ways[way],
                        report_in(way), out);
        }
    }
}

static void end_phase(void)
{
    engine_cleanup();
    atomic_store(&engine.over, true);
    for (unsigned i = 0; i < engine.options.threads; i++) {
        join_thread(i);
    }
    if (stack_running()) {
        stress_fail(NULL, "the stack still runs");
    }
    collect_rest();
    check_sums();
    for (unsigned i = 0; i < engine.options.threads; i++) {
        ops_check_untouched(&engine.workers[i]);
    }
    for (unsigned i = 0; i < STRESS_PORTS; i++) {
        if (!CloseHandle(engine.ports[i])) {
            stress_fail(NULL, "a port can't be closed: %u", (unsigned)GetLastError());
        }
    }
    socks_free();
}

static void run_phase(unsigned number)
{
    uint64_t received = report_datagrams();

    begin_phase(number);
    supervise();
    if (!atomic_load(&engine.calm)) {
        engine_cleanup();
        engine_startup();
    }
    supervise();
    if (atomic_load(&engine.calm)) {
        settle_accounts(received);
    }
    end_phase();
}

static void find_extensions(void)
{
    engine_startup();
    SOCKET s = WSASocketA(AF_INET, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    calls_find_extensions(s);
    closesocket(s);
    WSACleanup();
}

bool stress_run(const struct stress_options *options)
{
    int64_t start = stress_now_ms();
    unsigned number = 0;

    engine.options = *options;
    worker_self = &engine.workers[options->threads];
    workers_make();
    for (unsigned i = 0; i < STRESS_SHARED_EVENTS; i++) {
        engine.shared[i] = CreateEventA(NULL, i % 2 == 0, FALSE, NULL);
    }
    find_extensions();
    while (stress_now_ms() < start + (int64_t)options->seconds * 1000) {
        run_phase(number++);
        if (options->progress != NULL) {
            options->progress((unsigned)((stress_now_ms() - start) / 1000));
        }
    }
    for (unsigned i = 0; i < STRESS_SHARED_EVENTS; i++) {
        CloseHandle(engine.shared[i]);
    }
    bool good = report_print();
    workers_free();
    return good;
}
