/*
 * timers.c - lwIP's periodic work, run only while there is some.
 *
 * lwIP wants its *_tmr functions called at fixed periods for ever, ten times a second for the
 * multicast protocols. Here each has a predicate that says whether it has work. A timer without
 * work is not due, so an idle process wakes once a second while it has live links, and never while
 * it has none. Periods are counted on the stack's clock: in a replay they pass as the capture says.
 *
 * A timer that knows in how many periods it has something to do is not waited for any earlier; with
 * what others wake up for it runs all the same.
 *
 * A timer without work is moved along by timers_run_locked(), which therefore runs *before*
 * anything that may give a timer work: a frame, a join. Otherwise the first period would be short.
 * So what is known of the next due time holds from one run to the next: that is asked before every
 * sleep. Calls that give work outside of a turn say so in addition (loop_timers_changed()).
 *
 * Guarded by the stack lock.
 */
#include <stdatomic.h>

#include "lwip/acd.h"
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/etharp.h"
#include "lwip/igmp.h"
#include "lwip/ip4_frag.h"
#include "lwip/ip6_frag.h"
#include "lwip/mld6.h"
#include "lwip/nd6.h"
#include "lwip/priv/nd6_priv.h"

#include "stack/internal.h"
#include "stack/loop.h"
#include "stack/routes.h"

/* A gap in a capture runs at most so many periods of a timer: by then everything has expired. */
enum { TIMERS_CATCH_UP = 600 };

static uint32_t always(void)
{
    return interface_count() > 1 ? 1 : 0;
}

static uint32_t reassembling(void)
{
    return link_frames_held() != 0 ? 1 : 0;
}

static void run_arp(void)
{
    shortcut_forget_locked();
    etharp_tmr();
    duplicate_tick_locked();
}

static void run_nd(void)
{
    shortcut_forget_locked();
    nd6_tmr();
    routes_tick_locked();
    servers_tick_locked();
}

static struct timer {
    void (*run)(void);
    uint32_t (*periods)(void); /* in how many it has something to do; 0: it has no work */
    int64_t period_ns;
    int64_t last_ns;
} timers[] = {
    {ip_reass_tmr, reassembling, IP_TMR_INTERVAL * NS_PER_MS, 0},
    {ip6_reass_tmr, reassembling, IP6_REASS_TMR_INTERVAL * NS_PER_MS, 0},
    {run_arp, always, ARP_TMR_INTERVAL * NS_PER_MS, 0},
    {run_nd, always, ND6_TMR_INTERVAL * NS_PER_MS, 0},
    {igmp_tmr, multicast_timer_periods_locked, IGMP_TMR_INTERVAL * NS_PER_MS, 0},
    {resolver_timer, resolver_timer_periods_locked, DNS_TMR_INTERVAL * NS_PER_MS, 0},
    {lease_request_timer, lease_request_periods_locked, DHCP_FINE_TIMER_MSECS * NS_PER_MS, 0},
    {lease_probe_timer, lease_probe_periods_locked, ACD_TMR_INTERVAL * NS_PER_MS, 0},
    {lease_term_timer, lease_term_periods_locked, DHCP_COARSE_TIMER_SECS * NS_PER_S, 0},
    {mld6_tmr, multicast_timer_periods_locked, MLD6_TMR_INTERVAL * NS_PER_MS, 0},
};

enum { TIMER_COUNT = sizeof(timers) / sizeof(timers[0]) };

/* What timers_due_ns_locked() said last. */
#define DUE_UNKNOWN INT64_MIN
static _Atomic int64_t known_due_ns = DUE_UNKNOWN;

void timers_start(void)
{
    timers_forget_due();
    for (unsigned i = 0; i < TIMER_COUNT; i++) {
        timers[i].last_ns = clock_now_ns();
    }
}

static void timer_run(struct timer *timer, int64_t now_ns)
{
    for (unsigned i = 0; i < TIMERS_CATCH_UP; i++) {
        if (timer->periods() == 0) {
            break;
        }
        if (now_ns - timer->last_ns < timer->period_ns) {
            return;
        }
        timer->last_ns += timer->period_ns;
        timer->run();
    }
    timer->last_ns = now_ns;
}

void timers_run_locked(void)
{
    int64_t now_ns = clock_now_ns();

    timers_forget_due();
    for (unsigned i = 0; i < TIMER_COUNT; i++) {
        timer_run(&timers[i], now_ns);
    }
}

int64_t timers_due_ns_locked(void)
{
    int64_t due_ns = atomic_load_explicit(&known_due_ns, memory_order_relaxed);

    if (due_ns != DUE_UNKNOWN) {
        return due_ns;
    }
    due_ns = LOOP_FOREVER;
    for (unsigned i = 0; i < TIMER_COUNT; i++) {
        const struct timer *timer = &timers[i];
        int64_t periods = timer->periods();

        if (periods != 0) {
            int64_t at_ns = timer->last_ns + timer->period_ns * periods;
            due_ns = at_ns < due_ns ? at_ns : due_ns;
        }
    }
    atomic_store_explicit(&known_due_ns, due_ns, memory_order_relaxed);
    return due_ns;
}

bool timers_know_due_ns(int64_t *due_ns)
{
    *due_ns = atomic_load_explicit(&known_due_ns, memory_order_relaxed);
    return *due_ns != DUE_UNKNOWN;
}

void timers_forget_due(void)
{
    atomic_store_explicit(&known_due_ns, DUE_UNKNOWN, memory_order_relaxed);
}

void timers_expire_reassembly_locked(void)
{
    for (unsigned i = 0; i <= IP_REASS_MAXAGE || i <= IPV6_REASS_MAXAGE; i++) {
        ip_reass_tmr();
        ip6_reass_tmr();
    }
}
