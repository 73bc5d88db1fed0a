/*
 * stack.c - the life of the stack, its lock, and the table of interfaces.
 *
 * Theory of operation. One lock, the stack lock, guards lwIP and everything in this room. It is
 * taken by whoever drives the stack for one bounded burst (loop.c), and by calls that send, bind or
 * join. Order of locks: stack lock, then a socket's, then the loop's.
 *
 * Interfaces are made at the start and stay until the stop; their addresses in memory are stable,
 * since netifs of lwIP are linked into its list.
 */
#include "stack/stack.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "lwip/init.h"
#include "lwip/nd6.h"
#include "lwip/stats.h"

#include "stack/internal.h"
#include "stack/loop.h"
#include "stack/routes.h"
#include "stack/turn.h"
#include "stack/watch.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool lock_held;

static struct {
    atomic_bool ended;
    atomic_bool running; /* written under the lock */
} state;

/* --- the lock --- */

void stack_lock(void)
{
    pthread_mutex_lock(&lock);
    lock_held = true;
}

bool stack_try_lock(void)
{
    if (pthread_mutex_trylock(&lock) != 0) {
        return false;
    }
    lock_held = true;
    return true;
}

void stack_unlock(void)
{
    lock_held = false;
    pthread_mutex_unlock(&lock);
}

#if !defined(LWIP_NOASSERT)
void stack_assert_locked(void)
{
    LWIP_ASSERT("the stack lock is held", lock_held);
}
#endif

/* --- interfaces --- */

struct interface_table interface_table;

struct interface *interface_of_address(const struct netaddr *address)
{
    for (unsigned i = 0; i < interface_table.count; i++) {
        if (interface_has_address(&interface_table.list[i], address)) {
            return &interface_table.list[i];
        }
    }
    return NULL;
}

/* --- the end of replays --- */

/* Nothing can arrive any more: every link is a finished replay or a dead device. */
static bool all_ended(void)
{
    bool means_down = false;

    for (unsigned i = 1; i < interface_table.count; i++) {
        const struct interface *interface = &interface_table.list[i];
        if (!interface->ended && !interface->failed) {
            return false;
        }
        means_down |= interface->failed || interface->link->end_is_down;
    }
    return means_down;
}

static void check_end_locked(void)
{
    if (!atomic_load(&state.ended) && all_ended()) {
        atomic_store(&state.ended, true);
        endpoint_network_down_locked();
    }
}

void interface_end_locked(struct interface *interface)
{
    interface->ended = true;
    /* The capture tells no more of time, and what is incomplete stays so. */
    timers_expire_reassembly_locked();
    check_end_locked();
    watch_tell_locked();
}

void interface_fail_locked(struct interface *interface)
{
    interface->failed = true;
    shortcut_forget_locked();
    check_end_locked();
    endpoint_refresh_all_locked();
    watch_tell_locked();
}

bool stack_ended(void)
{
    return atomic_load_explicit(&state.ended, memory_order_relaxed);
}

/* --- start and stop --- */

bool stack_running(void)
{
    return state.running;
}

static bool clock_is_that_of_frames(const struct stack_config *config)
{
    for (size_t i = 0; i < config->interface_count; i++) {
        if (!config->interfaces[i].link->own_clock) {
            return false;
        }
    }
    return config->interface_count != 0;
}

/* Closes the links of interfaces that were not opened: they belong to the stack all the same. */
static void close_links(const struct stack_config *config, size_t first)
{
    for (size_t i = first; i < config->interface_count; i++) {
        config->interfaces[i].link->ops->close(config->interfaces[i].link);
    }
}

static int open_interfaces(const struct stack_config *config)
{
    int error = interface_open_loopback(&interface_table.list[0]);
    if (error != 0) {
        close_links(config, 0);
        return error;
    }
    interface_table.count = 1;
    for (size_t i = 0; i < config->interface_count; i++) {
        struct interface *interface = &interface_table.list[interface_table.count];
        error = interface_open(interface, interface_table.count + 1, &config->interfaces[i]);
        interface_table.count++;
        if (error == 0) {
            error = loop_add_link(interface);
        }
        if (error != 0) {
            close_links(config, i + 1);
            return error;
        }
    }
    return 0;
}

static void close_interfaces(void)
{
    while (interface_table.count > 0) {
        struct interface *interface = &interface_table.list[interface_table.count - 1];
        if (interface->link != NULL) {
            loop_remove_link(interface);
        }
        interface_close(interface);
        interface_table.count--;
    }
    free(interface_table.list);
    interface_table.list = NULL;
}

static void init_lwip_once(void)
{
    static bool done;
    if (!done) {
        lwip_init();
        done = true;
    }
}

static int start_locked(const struct stack_config *config)
{
    init_lwip_once();
    stack_counters = (struct winlwip_stats){0};
    fate_mark();
    atomic_store(&state.ended, false);
    clock_start(clock_is_that_of_frames(config));
    timers_start();
    turn_start();
    routes_start();
    duplicate_start();

    interface_table.list = calloc(config->interface_count + 1, sizeof(struct interface));
    if (interface_table.list == NULL) {
        close_links(config, 0);
        return -ENOMEM;
    }
    int error = open_interfaces(config);
    if (error != 0) {
        goto no_interfaces;
    }
    error = endpoint_start();
    if (error != 0) {
        goto no_interfaces;
    }
    early_start(!config->no_early);
    ip_start();
    pmtu_start();
    shortcut_start(!config->no_early);
    error = udp_start();
    if (error != 0) {
        goto no_udp;
    }
    error = icmp_error_start();
    if (error != 0) {
        goto no_icmp;
    }
    error = lease_open_locked();
    if (error != 0) {
        goto no_lease;
    }
    nd6_tmr(); /* the probes for duplicate addresses go out now, not with the first tick */
    duplicate_tick_locked();
    resolver_open_locked(config->dns_servers, config->dns_server_count);
    state.running = true;
    return 0;

no_lease:
    icmp_error_stop();
no_icmp:
    udp_stop();
no_udp:
    endpoint_stop();
no_interfaces:
    close_interfaces();
    return error;
}

int stack_start(const struct stack_config *config)
{
    if (config->interface_count >= LIMIT_INTERFACES) {
        close_links(config, 0);
        return -EINVAL;
    }
    int error = loop_start(config->background);
    if (error != 0) {
        close_links(config, 0);
        return error;
    }
    stack_lock();
    error = state.running ? -EALREADY : start_locked(config);
    stack_unlock();
    if (error != 0) {
        loop_stop();
    } else {
        loop_timers_changed(); /* whoever drives has seen no stack yet */
    }
    return error;
}

/* pbufs of lwIP that nobody gave back. */
static unsigned lwip_outstanding(void)
{
    return (unsigned)(lwip_stats.memp[MEMP_PBUF]->used + lwip_stats.memp[MEMP_FRAG_PBUF]->used);
}

unsigned stack_stop(void)
{
    resolver_close();
    lease_close();
    loop_stop();
    stack_lock();
    state.running = false;
    turn_disturb();
    loopback_clear_locked();
    timers_expire_reassembly_locked();
    icmp_error_stop();
    udp_stop();
    close_interfaces();
    endpoint_stop();
    unsigned left = link_frames_held() + packet_outstanding() + lwip_outstanding();
    LWIP_ASSERT("every packet buffer was given back", left == 0);
    link_trim();
    packet_trim();
    stack_unlock();
    return left;
}

/* --- addresses --- */

static bool any_awaited(bool leases)
{
    bool found = false;

    stack_lock();
    for (unsigned i = 0; i < interface_table.count && !found; i++) {
        found = interface_is_tentative(&interface_table.list[i]) ||
                (leases && lease_is_awaited(&interface_table.list[i]));
    }
    stack_unlock();
    return found;
}

bool stack_awaits_address(uint32_t index)
{
    stack_lock();
    const struct interface *interface = interface_at(index);
    bool found = interface != NULL &&
                 (interface_awaits_router(interface) || lease_is_awaited(interface));
    stack_unlock();
    return found;
}

void stack_wait_addresses(unsigned timeout_ms, bool leases)
{
    enum { LOOK_MS = 50 };
    struct loop_waiter waiter;
    int64_t end_ns = loop_now_ns() + timeout_ms * NS_PER_MS;

    loop_waiter_init(&waiter);
    while (any_awaited(leases) && loop_now_ns() < end_ns) {
        loop_wait(&waiter, loop_now_ns() + LOOK_MS * NS_PER_MS);
    }
    loop_waiter_fini(&waiter);
}
