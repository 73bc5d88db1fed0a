/*
 * report.c - counts, tables, and the account of a failure.
 */
#include "tests/stress/stress.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define X(id, name) name,
const char *const stress_ways[WAYS] = {STRESS_WAYS(X)};
const char *const stress_ends[ENDS] = {STRESS_ENDS(X)};
const char *const stress_calls[CALLS] = {STRESS_CALLS(X)};
const char *const stress_exits[EXITS] = {STRESS_EXITS(X)};
static const char *const steps[STEPS] = {STRESS_STEPS(X)};
#undef X

int64_t stress_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- an operation's history --- */

/* A step in one word: milliseconds (as the main thread last looked), generation, worker, step. */
void op_note(struct op *op, enum op_step step)
{
    uint32_t at = atomic_fetch_add_explicit(&op->steps, 1, memory_order_relaxed);
    uint64_t generation = atomic_load_explicit(&op->state, memory_order_relaxed) / OP_PHASES;
    uint64_t worker = worker_self != NULL ? worker_self->number : 0xff;
    uint64_t now_ms = atomic_load_explicit(&engine.now_ms, memory_order_relaxed);
    uint64_t word = now_ms << 32 | (generation & 0xffff) << 16 | worker << 8 | (uint64_t)step;

    atomic_store_explicit(&op->history[at % STRESS_HISTORY], word, memory_order_relaxed);
}

static void print_history(struct op *op)
{
    uint32_t end = atomic_load(&op->steps);
    uint32_t first = end > STRESS_HISTORY ? end - STRESS_HISTORY : 0;

    fprintf(stderr, "  %s by %s, seat %u, life %u of worker %u, generation %u\n",
            stress_calls[op->call % CALLS], stress_ways[op->way % WAYS],
            op->sock != NULL ? op->sock->seat : 0, op->life, op->owner,
            atomic_load(&op->state) / OP_PHASES);
    for (uint32_t i = first; i < end; i++) {
        uint64_t word = atomic_load(&op->history[i % STRESS_HISTORY]);
        fprintf(stderr, "  %10u ms  generation %5u  worker %3u  %s\n", (unsigned)(word >> 32),
                (unsigned)(word >> 16 & 0xffff), (unsigned)(word >> 8 & 0xff),
                steps[(word & 0xff) % STEPS]);
    }
}

void stress_fail(struct op *op, const char *format, ...)
{
    static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
    va_list arguments;

    pthread_mutex_lock(&once); /* the first failure is told, and ends the process */
    fprintf(stderr, "FAILED after %u phases, at %u ms, worker %u: ", atomic_load(&engine.phase),
            (unsigned)stress_now_ms(), worker_self != NULL ? worker_self->number : 0xff);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    if (op != NULL) {
        print_history(op);
    }
    fprintf(stderr, "  --seed %llu\n", (unsigned long long)engine.options.seed);
    fflush(stdout);
    _exit(1);
}

/* --- counts --- */

uint64_t report_in(enum stress_way way)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i <= engine.options.threads; i++) {
        sum += count_of(&engine.workers[i].in[way]);
    }
    return sum;
}

uint64_t report_out(enum stress_way way, enum stress_end end)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i <= engine.options.threads; i++) {
        sum += count_of(&engine.workers[i].out[way][end]);
    }
    return sum;
}

static uint64_t out_of_way(enum stress_way way)
{
    uint64_t sum = 0;

    for (unsigned end = 0; end < ENDS; end++) {
        sum += report_out(way, end);
    }
    return sum;
}

static uint64_t out_of_end(enum stress_end end)
{
    uint64_t sum = 0;

    for (unsigned way = 0; way < WAYS; way++) {
        sum += report_out(way, end);
    }
    return sum;
}

uint64_t report_total(void)
{
    uint64_t sum = 0;

    for (unsigned way = 0; way < WAYS; way++) {
        sum += out_of_way(way);
    }
    return sum;
}

uint64_t report_datagrams(void)
{
    uint64_t sum = out_of_end(END_DATAGRAM) + out_of_end(END_TRUNCATED);

    for (unsigned i = 0; i <= engine.options.threads; i++) {
        sum += count_of(&engine.workers[i].sync_datagrams);
    }
    return sum;
}

/* --- tables --- */

static double percent(uint64_t part, uint64_t all)
{
    return all != 0 ? 100.0 * (double)part / (double)all : 0;
}

static void print_row(const char *name, const uint64_t *numbers, uint64_t sum, uint64_t total)
{
    printf("%-16s", name);
    for (unsigned way = 0; way < WAYS; way++) {
        printf("%14llu", (unsigned long long)numbers[way]);
    }
    printf("%10llu %6.2f %%\n", (unsigned long long)sum, percent(sum, total));
}

static void print_ends(uint64_t total)
{
    uint64_t numbers[WAYS];

    printf("%-16s", "");
    for (unsigned way = 0; way < WAYS; way++) {
        printf("%14s", stress_ways[way]);
    }
    printf("%10s\n", "all");
    for (unsigned end = 0; end < ENDS; end++) {
        for (unsigned way = 0; way < WAYS; way++) {
            numbers[way] = report_out(way, end);
        }
        print_row(stress_ends[end], numbers, out_of_end(end), total);
    }
    for (unsigned way = 0; way < WAYS; way++) {
        numbers[way] = out_of_way(way);
    }
    print_row("out", numbers, total, total);
    uint64_t in = 0;
    for (unsigned way = 0; way < WAYS; way++) {
        numbers[way] = report_in(way);
        in += numbers[way];
    }
    print_row("in", numbers, in, total);
    printf("%-16s", "");
    for (unsigned way = 0; way < WAYS; way++) {
        printf("%12.2f %%", percent(out_of_way(way), total));
    }
    printf("\n");
}

static void print_others(void)
{
    uint64_t refused = 0, sync = 0;

    for (unsigned call = 0; call < CALLS; call++) {
        uint64_t sum = 0;
        for (unsigned i = 0; i <= engine.options.threads; i++) {
            sum += count_of(&engine.workers[i].calls[call]);
        }
        printf("%s%s %llu", call != 0 ? ", " : "", stress_calls[call], (unsigned long long)sum);
    }
    printf("\nthreads ended:");
    for (unsigned how = 0; how < EXITS; how++) {
        uint64_t sum = 0;
        for (unsigned i = 0; i <= engine.options.threads; i++) {
            sum += count_of(&engine.workers[i].exits[how]);
        }
        printf(" %s %llu%s", stress_exits[how], (unsigned long long)sum,
               how + 1 < EXITS ? "," : "\n");
    }
    for (unsigned i = 0; i <= engine.options.threads; i++) {
        refused += count_of(&engine.workers[i].refused);
        sync += count_of(&engine.workers[i].sync_datagrams);
    }
    printf("calls refused %llu, datagrams received without OVERLAPPED %llu, restarts %u, "
           "interface down %u\n",
           (unsigned long long)refused, (unsigned long long)sync,
           atomic_load(&engine.cleanups.begun), atomic_load(&engine.downs.begun));
}

static bool has_share(const char *name, uint64_t part, uint64_t total)
{
    if (part == 0 || part * 100 < total * engine.options.least_percent) {
        printf("FAILED: %s came %llu times, less than %u %% or never\n", name,
               (unsigned long long)part, engine.options.least_percent);
        return false;
    }
    return true;
}

/* Has each its share? "More than one" needs none. */
static bool check_shares(uint64_t total)
{
    bool good = true;

    for (unsigned way = 0; way < WAYS; way++) {
        good &= has_share(stress_ways[way], out_of_way(way), total);
    }
    for (unsigned end = 0; end < ENDS; end++) {
        good &= end == END_SEVERAL || has_share(stress_ends[end], out_of_end(end), total);
    }
    return good;
}

bool report_print(void)
{
    uint64_t total = report_total();
    bool good = true;

    print_ends(total);
    print_others();
    for (unsigned way = 0; way < WAYS; way++) {
        if (report_in(way) != out_of_way(way)) {
            printf("FAILED: %s: in and out differ\n", stress_ways[way]);
            good = false;
        }
    }
    if (total < engine.options.min_operations) {
        printf("FAILED: %llu operations, fewer than %llu\n", (unsigned long long)total,
               (unsigned long long)engine.options.min_operations);
        good = false;
    }
    return check_shares(total) && good;
}
