/*
 * resolver.c - lwIP's DNS client for callers that wait.
 *
 * Objects. An inquiry is one call that waits; it lives on its thread's stack and has one question
 * for each family. Questions stand in a table, since lwIP can't be told to forget one: a caller
 * that gives up detaches its inquiry, and the question stays until lwIP is done with it. lwIP calls
 * found() exactly once for each, from the input of an answer or from its timer, and always under
 * the stack lock; the last one wakes the waiting thread.
 *
 * Servers. The configured ones come first, behind them what interfaces have learnt. They may change
 * at any time; a question goes on to the server that then has its number.
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
 * Limits: LIMIT_DNS_QUESTIONS questions and kept answers, LIMIT_DNS_SERVERS servers. lwIP gives one
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
#define PATIENCE_NS (LIMIT_DNS_SERVERS * 8 * NS_PER_S)

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

/* Servers that were configured, or learnt by an interface in one of two ways. */
struct servers {
    struct netaddr list[LIMIT_DNS_SERVERS];
    size_t count;
};

static struct {
    struct servers configured;
    struct servers learnt[LIMIT_INTERFACES + 1][2]; /* by index; from advertisements, from DHCP */
    bool started;
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

static void set_server(unsigned number, const struct netaddr *address)
{
    ip_addr_t server;

    if (netaddr_is_v4(address)) {
        ip4_addr_t v4 = netaddr_to_ip4(address);
        ip_addr_copy_from_ip4(server, v4);
    } else {
        ip6_addr_t v6 = netaddr_to_ip6(address);
        ip_addr_copy_from_ip6(server, v6);
    }
    dns_setserver((u8_t)number, &server);
}

static void keep(struct servers *servers, const struct netaddr *list, size_t count)
{
    servers->count = count < LIMIT_DNS_SERVERS ? count : LIMIT_DNS_SERVERS;
    for (size_t i = 0; i < servers->count; i++) {
        servers->list[i] = list[i];
    }
}

/* Puts servers behind those that are there already, each once. */
static void append(struct servers *all, const struct servers *more)
{
    for (size_t i = 0; i < more->count && all->count < LIMIT_DNS_SERVERS; i++) {
        bool known = false;

        for (size_t j = 0; j < all->count; j++) {
            known |= netaddr_equal(&all->list[j], &more->list[i]);
        }
        if (!known) {
            all->list[all->count++] = more->list[i];
        }
    }
}

/* Tells lwIP which servers there are now. */
static void choose_servers(void)
{
    struct servers all = state.configured;

    for (uint32_t i = 1; i <= LIMIT_INTERFACES; i++) {
        append(&all, &state.learnt[i][1]);
        append(&all, &state.learnt[i][0]);
    }
    for (unsigned i = 0; i < LIMIT_DNS_SERVERS; i++) {
        if (i < all.count) {
            set_server(i, &all.list[i]);
        } else {
            dns_setserver((u8_t)i, NULL);
        }
    }
    state.open = all.count != 0;
    atomic_store(&available, all.count != 0);
}

void resolver_open_locked(const struct netaddr *servers, size_t count)
{
    memset(state.learnt, 0, sizeof(state.learnt));
    keep(&state.configured, servers, count);
    state.started = true;
    state.busy_until_ns = 0;
    choose_servers();
}

void resolver_learn_locked(const struct interface *interface, bool v4,
                           const struct netaddr *servers, size_t count)
{
    keep(&state.learnt[interface->index][v4], servers, count);
    if (state.started) {
        choose_servers();
    }
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

bool resolver_timer_busy_locked(void)
{
    return state.busy_until_ns != 0; /* asked in every turn: without a look at the clock */
}

void resolver_close(void)
{
    stack_lock();
    state.started = false;
    state.open = false;
    atomic_store(&available, false);
    for (u8_t i = 0; i < LIMIT_DNS_SERVERS; i++) {
        dns_setserver(i, NULL);
    }
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

int resolver_server_locked(unsigned number, struct netaddr *server)
{
    const ip_addr_t *address = dns_getserver((u8_t)number);

    if (number >= LIMIT_DNS_SERVERS || ip_addr_isany_val(*address)) {
        return -ENOENT;
    }
    *server = netaddr_from_lwip(address);
    return 0;
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
