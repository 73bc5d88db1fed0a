/*
 * resolver.c - lwIP's DNS client for callers that wait.
 *
 * Objects. An inquiry is one call that waits; it lives on its thread's stack and has one question
 * for each family. Questions stand in a table, since lwIP can't be told to forget one: a caller
 * that gives up detaches its inquiry, and the question stays until lwIP is done with it. lwIP calls
 * found() exactly once for each, from the input of an answer or from its timer, and always under
 * the stack lock; the last one wakes the waiting thread.
 *
 * Ports. Each of lwIP's questions has a random port of the dynamic range in a table of its own.
 * resolver_port_allowed() keeps it off ports that sockets have, resolver_has_port_locked() keeps
 * sockets off its ports. An answer passes our own look-up first, which finds no socket, and goes on
 * to lwIP; udp.c counts it.
 *
 * The end. resolver_close() takes the servers away and runs lwIP's timer until every question has
 * failed and every kept answer is forgotten, then waits until all callers have left: the loop that
 * they wait in is stopped after that.
 *
 * Locks: the stack lock guards everything but the count of callers, which stands under a mutex of
 * its own, a leaf.
 *
 * Limits: LIMIT_DNS_QUESTIONS questions and kept answers; servers: see servers.c. lwIP gives one
 * address of a family, the first of an answer; each server is asked four times within 7 seconds.
 */
#include "stack/resolver.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "lwip/dns.h"
#include "lwip/udp.h"

#include "stack/internal.h"
#include "stack/loop.h"

/* Longer than lwIP tries all servers; only a stack that nobody drives gets there. */
#define PATIENCE_NS (STACK_DNS_SERVERS * 8 * NS_PER_S)

/* Runs of lwIP's timer after which a question without server has failed, with some to spare. */
enum { RUNS_TO_FAIL = 8 };

struct inquiry {
    struct loop_waiter waiter;
    unsigned open; /* questions without an outcome */
    bool timed_out;
    bool found[RESOLVER_ADDRESSES];
    struct netaddr addresses[RESOLVER_ADDRESSES];
};

struct question {
    bool in_use;
    struct inquiry *inquiry; /* NULL: its caller gave up */
    unsigned place;          /* in the inquiry's addresses */
};

static struct {
    struct question questions[LIMIT_DNS_QUESTIONS];
    bool open;
    bool in_timer;         /* found() is called because lwIP gave up */
    int64_t busy_until_ns; /* by then lwIP has nothing left to time; 0: it has nothing now */
} state;

static atomic_bool available;

static pthread_mutex_t callers_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t callers_gone = PTHREAD_COND_INITIALIZER;
static unsigned callers; /* under callers_lock */

/* --- life --- */

void resolver_open_locked(const struct netaddr *servers, size_t count)
{
    state.busy_until_ns = 0;
    servers_start_locked(servers, count);
}

void resolver_set_available_locked(bool any)
{
    state.open = any;
    atomic_store(&available, any);
}

void resolver_timer(void)
{
    state.in_timer = true;
    dns_tmr();
    state.in_timer = false;
    if (clock_now_ns() >= state.busy_until_ns) {
        state.busy_until_ns = 0;
    }
}

uint32_t resolver_timer_periods_locked(void)
{
    return state.busy_until_ns != 0 ? 1 : 0; /* asked in every turn: without a look at the clock */
}

void resolver_close(void)
{
    stack_lock();
    servers_stop_locked();
    for (unsigned i = 0; i < LIMIT_DNS_TTL_S + RUNS_TO_FAIL; i++) {
        resolver_timer();
    }
    stack_unlock();

    pthread_mutex_lock(&callers_lock);
    while (callers != 0) {
        pthread_cond_wait(&callers_gone, &callers_lock);
    }
    pthread_mutex_unlock(&callers_lock);
}

bool resolver_available(void)
{
    return atomic_load_explicit(&available, memory_order_relaxed);
}

/* --- ports --- */

bool resolver_has_port_locked(uint16_t port)
{
    for (const struct udp_pcb *pcb = port >= ENDPOINT_PORT_DYNAMIC_FIRST ? udp_pcbs : NULL; pcb != NULL; pcb = pcb->next) {
        if (pcb->local_port == port) {
            return true;
        }
    }
    return false;
}

int resolver_port_allowed(uint16_t port)
{
    return port >= ENDPOINT_PORT_DYNAMIC_FIRST && !endpoint_port_bound_locked(port);
}

/* --- questions --- */

/* What lwIP calls when it has an outcome; address is NULL when there is none. */
static void found(const char *name, const ip_addr_t *address, void *context)
{
    struct question *question = context;
    struct inquiry *inquiry = question->inquiry;

    (void)name;
    question->in_use = false;
    if (inquiry == NULL) {
        return;
    }
    if (address != NULL) {
        inquiry->found[question->place] = true;
        inquiry->addresses[question->place] = netaddr_from_lwip(address);
    } else if (state.in_timer) {
        inquiry->timed_out = true;
    }
    if (--inquiry->open == 0) {
        loop_wake(&inquiry->waiter);
    }
}

static struct question *free_question(void)
{
    for (unsigned i = 0; i < LIMIT_DNS_QUESTIONS; i++) {
        if (!state.questions[i].in_use) {
            return &state.questions[i];
        }
    }
    return NULL;
}

/* Asks one question. The outcome may be there when it returns. Returns 0 or -ENOBUFS. */
static int ask(struct inquiry *inquiry, unsigned place, const char *name, u8_t type)
{
    struct question *question = free_question();
    ip_addr_t kept;

    /* lwIP tries random ports until one is free: there has to be one. */
    if (question == NULL || endpoint_free_port_locked() == 0) {
        return -ENOBUFS;
    }
    *question = (struct question){.in_use = true, .inquiry = inquiry, .place = place};
    inquiry->open++;
    err_t error = dns_gethostbyname_addrtype(name, &kept, found, question, type);
    if (error == ERR_INPROGRESS) {
        return 0;
    }
    question->in_use = false;
    inquiry->open--;
    if (error != ERR_OK) {
        return -ENOBUFS;
    }
    inquiry->found[place] = true;
    inquiry->addresses[place] = netaddr_from_lwip(&kept);
    return 0;
}

/* Asks what is wanted. Returns 0 when at least one question is on its way or answered. */
static int ask_all(struct inquiry *inquiry, const char *name, unsigned families)
{
    int error6 = -ENOBUFS;
    int error4 = -ENOBUFS;

    stack_lock();
    if (!state.open || clock_is_own()) {
        stack_unlock();
        return -ENETDOWN;
    }
    timers_run_locked();
    state.busy_until_ns =
        clock_now_ns() + PATIENCE_NS + (LIMIT_DNS_TTL_S + RUNS_TO_FAIL) * NS_PER_S;
    if ((families & RESOLVER_V6) != 0) {
        error6 = ask(inquiry, 0, name, LWIP_DNS_ADDRTYPE_IPV6);
    }
    if ((families & RESOLVER_V4) != 0) {
        error4 = ask(inquiry, 1, name, LWIP_DNS_ADDRTYPE_IPV4);
    }
    loopback_drain_locked();
    stack_unlock();
    loop_timers_changed();
    return error6 == 0 || error4 == 0 ? 0 : -ENOBUFS;
}

/* Waits until all questions have an outcome, and takes the inquiry out of those that have none. */
static void wait_for_outcome(struct inquiry *inquiry)
{
    int64_t deadline_ns = loop_now_ns() + PATIENCE_NS;
    bool waits = true;

    while (waits) {
        stack_lock();
        waits = inquiry->open != 0 && loop_now_ns() < deadline_ns;
        for (unsigned i = 0; i < LIMIT_DNS_QUESTIONS && !waits; i++) {
            if (state.questions[i].inquiry == inquiry) {
                state.questions[i].inquiry = NULL;
            }
        }
        inquiry->timed_out |= !waits && inquiry->open != 0;
        stack_unlock();
        if (waits) {
            loop_wait(&inquiry->waiter, deadline_ns);
        }
    }
}

/* Copies a name as it can be asked for, without a dot at the end. Returns 0 or -EINVAL. */
static int copy_name(const char *name, char *copy)
{
    size_t length = strlen(name);
    size_t label = 0;

    if (length > 0 && name[length - 1] == '.') {
        length--;
    }
    if (length == 0 || length > LIMIT_NAME_CHARS) {
        return -EINVAL;
    }
    for (size_t i = 0; i <= length; i++) {
        if (i < length && name[i] != '.') {
            if (name[i] <= ' ' || name[i] > '~' || ++label > LIMIT_LABEL_CHARS) {
                return -EINVAL;
            }
            continue;
        }
        if (label == 0) {
            return -EINVAL;
        }
        label = 0;
    }
    memcpy(copy, name, length);
    copy[length] = '\0';
    return 0;
}

static void count_caller(int change)
{
    pthread_mutex_lock(&callers_lock);
    callers += (unsigned)change;
    if (callers == 0) {
        pthread_cond_broadcast(&callers_gone);
    }
    pthread_mutex_unlock(&callers_lock);
}

int resolver_query(const char *name, unsigned families, struct netaddr *addresses, unsigned *count)
{
    struct inquiry inquiry = {.open = 0};
    char asked[LIMIT_NAME_CHARS + 1];

    *count = 0;
    if (copy_name(name, asked) != 0) {
        return -EINVAL;
    }
    count_caller(1);
    loop_waiter_init(&inquiry.waiter);
    int error = ask_all(&inquiry, asked, families);
    if (error == 0) {
        wait_for_outcome(&inquiry);
    }
    loop_waiter_fini(&inquiry.waiter);
    count_caller(-1);
    for (unsigned i = 0; i < RESOLVER_ADDRESSES; i++) {
        if (inquiry.found[i]) {
            addresses[(*count)++] = inquiry.addresses[i];
        }
    }
    if (error != 0 || *count != 0) {
        return error;
    }
    return inquiry.timed_out ? -ETIMEDOUT : -ENOENT;
}
