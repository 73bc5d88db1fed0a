/*
 * worker.c - what one thread does: any of a list of acts, by chance, again and again.
 *
 * A worker is a place with a ring of operations; threads come and go in it. The next thread of the
 * place inherits what the one before left behind. Acts are done inside completion routines, too.
 */
#define _GNU_SOURCE
#include "tests/stress/stress.h"

#include <pthread.h>
#include <stdlib.h>

#include "include/winlwip.h"

_Thread_local struct worker *worker_self;

uint32_t worker_random(struct worker *worker, uint32_t below)
{
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 7;
    worker->random ^= worker->random << 17;
    return (uint32_t)((worker->random >> 32) * below >> 32);
}

void workers_make(void)
{
    for (unsigned i = 0; i <= engine.options.threads; i++) {
        struct worker *worker = &engine.workers[i];
        worker->number = i;
        worker->random = (engine.options.seed + i + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
        worker->ops = calloc(STRESS_OPS, sizeof(*worker->ops));
        if (worker->ops == NULL) {
            stress_fail(NULL, "no memory");
        }
        ops_prepare(worker);
    }
}

void workers_free(void)
{
    for (unsigned i = 0; i <= engine.options.threads; i++) {
        struct worker *worker = &engine.workers[i];
        for (unsigned j = 0; j < STRESS_OPS; j++) {
            CloseHandle(worker->ops[j].event);
        }
        free(worker->ops);
        worker->ops = NULL;
    }
}

/* --- acts --- */

static void act_receive(struct worker *worker, struct sock *sock)
{
    call_receive(worker, sock);
}

static void act_send(struct worker *worker, struct sock *sock)
{
    if (!atomic_load(&engine.settle)) {
        call_send(worker, sock);
    }
}

static void act_send_plain(struct worker *worker, struct sock *sock)
{
    if (!atomic_load(&engine.settle)) {
        call_send_plain(worker, sock);
    }
}

static void act_send_nowhere(struct worker *worker, struct sock *sock)
{
    if (!atomic_load(&engine.settle)) {
        call_send_nowhere(worker, sock);
    }
}

static void act_cancel_one(struct worker *worker, struct sock *sock)
{
    struct op *own = &worker->ops[worker_random(worker, STRESS_OPS)];
    struct op *victim = atomic_load(&engine.victims[sock->seat]);

    if (worker_random(worker, 2) == 0) {
        if (op_is_posted(own)) {
            op_cancel_one(own, own->sock);
        }
    } else if (victim != NULL) {
        op_cancel_one(victim, sock);
    }
}

static void act_cancel_all(struct worker *worker, struct sock *sock)
{
    (void)worker;
    deed_begin(&sock->cancel_all);
    CancelIoEx((HANDLE)sock->s, NULL); /* NOLINT */
    deed_end(&sock->cancel_all);
}

static void act_cancel_io(struct worker *worker, struct sock *sock)
{
    deed_begin(&sock->cancel_io[worker->number]);
    CancelIo((HANDLE)sock->s); /* NOLINT */
    deed_end(&sock->cancel_io[worker->number]);
}

static void act_close(struct worker *worker, struct sock *sock)
{
    (void)worker;
    if (!atomic_load(&engine.calm)) {
        sock_replace(sock);
    }
}

static void act_down(struct worker *worker, struct sock *sock)
{
    (void)worker;
    (void)sock;
    if (!atomic_load(&engine.calm)) {
        deed_begin(&engine.downs);
        winlwip_interface_set(engine.options.link_name, false);
        winlwip_interface_set(engine.options.link_name, true);
        deed_end(&engine.downs);
    }
}

/* A start-up more, which may turn out to be the first, and its clean-up the last. */
static void act_startup(struct worker *worker, struct sock *sock)
{
    (void)sock;
    if (!worker->blocking && worker->nested == 0 && !atomic_load(&engine.calm)) {
        engine_startup();
        engine_cleanup();
    }
}

static void act_sweep(struct worker *worker, struct sock *sock)
{
    (void)sock;
    collect_sweep(worker, STRESS_OPS / 4);
}

static void act_alertable(struct worker *worker, struct sock *sock)
{
    (void)sock;
    collect_alertably(worker);
}

static void act_port(struct worker *worker, struct sock *sock)
{
    (void)sock;
    collect_port(worker, engine.ports[worker_random(worker, STRESS_PORTS)]);
}

static void act_events(struct worker *worker, struct sock *sock)
{
    (void)sock;
    collect_by_events(worker);
}

static void act_shared_event(struct worker *worker, struct sock *sock)
{
    (void)sock;
    collect_by_shared_event(worker);
}

static void act_handle(struct worker *worker, struct sock *sock)
{
    collect_by_handle(worker, sock);
}

static void act_result(struct worker *worker, struct sock *sock)
{
    (void)sock;
    collect_by_result(worker);
}

/* Acts and how often they are done, of ACTS_SUM. */
static const struct {
    uint32_t weight;
    void (*act)(struct worker *worker, struct sock *sock);
} acts[] = {
    {4600, act_receive},  {1500, act_send},      {250, act_send_plain}, {200, act_send_nowhere},
    {350, call_ioctl},    {1100, act_cancel_one}, {60, act_cancel_all}, {250, act_cancel_io},
    {20, act_close},      {6, act_down},         {4, act_startup},      {700, act_sweep},
    {400, act_alertable}, {800, act_port},       {100, act_events},     {10, act_shared_event},
    {10, act_handle},     {5, act_result},
};

#define ACTS (sizeof(acts) / sizeof(acts[0]))

static uint32_t acts_sum(void)
{
    static _Atomic uint32_t sum;
    uint32_t all = atomic_load_explicit(&sum, memory_order_relaxed);

    for (unsigned i = 0; all == 0 && i < ACTS; i++) {
        all = 0;
        for (unsigned j = 0; j < ACTS; j++) {
            all += acts[j].weight;
        }
    }
    atomic_store_explicit(&sum, all, memory_order_relaxed);
    return all;
}

void worker_step(struct worker *worker)
{
    struct sock *sock = sock_get(worker_random(worker, STRESS_SEATS));
    uint32_t dice = worker_random(worker, acts_sum());
    unsigned i = 0;

    if (sock == NULL) { /* perhaps there is no stack now */
        collect_sweep(worker, STRESS_OPS);
        collect_alertably(worker);
        return;
    }
    while (dice >= acts[i].weight) {
        dice -= acts[i++].weight;
    }
    acts[i].act(worker, sock);
}

/* --- ends --- */

void worker_leave(struct worker *worker, enum stress_exit how)
{
    count_up(&worker->exits[how]);
    atomic_store(&worker->ended, worker->life);
    atomic_store(&worker->left, true);
    switch (how) {
    case EXIT_RETURN:
        return;
    case EXIT_PTHREAD:
        pthread_exit(NULL);
    default:
        ExitThread(7);
    }
}

/* Are routines of this thread still to be called, or operations to be told? */
static bool has_unfinished(struct worker *worker)
{
    for (unsigned i = 0; i < STRESS_OPS; i++) {
        struct op *op = &worker->ops[i];
        if (op_is_posted(op) && op->way != WAY_PORT) {
            return true;
        }
    }
    return false;
}

void worker_drain(struct worker *worker)
{
    int64_t end = stress_now_ms() + 20000;

    while (has_unfinished(worker) && stress_now_ms() < end) {
        collect_sweep(worker, STRESS_OPS);
        SleepEx(1, TRUE);
        collect_port(worker, engine.ports[0]);
        collect_port(worker, engine.ports[1]);
    }
}
