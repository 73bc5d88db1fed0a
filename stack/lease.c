/*
 * lease.c - IPv4 addresses from DHCP servers, by lwIP's client.
 *
 * Objects. An interface with address = dhcp has lwIP's client on its first netif, by which all its
 * input comes; configured addresses stand on the others. struct lease holds what lwIP does not keep
 * of an answer: DNS servers, times.
 *
 * Events. Answers come from udp.c, time from timers.c, interfaces go down and come up in updown.c.
 * After each of them settle() compares the netif with what the rest of the room knows of the
 * interface, and tells of the difference: ways out are forgotten, endpoints whose address has gone
 * are down until it is back.
 *
 * The way of an answer. It may be for an address that we do not have yet, or for all while we have
 * none: the guard lets both pass for this port while a client here waits
 * (lease_hears_foreign_locked()), and nothing else. dhcp_message.c looks at it before lwIP does. No
 * socket sees it: the port is the client's, as it is bound by a service on Windows.
 *
 * The end. A lease is given back by a datagram to its server, whose link-layer address has to be
 * asked for first: lease_close() runs before the loop stops, and waits a little.
 *
 * What lwIP leaves out is done in after_answer() and settle(): a lease without end that follows one
 * with an end, the server that has taken a lease over, an address that outlives its lease when
 * nobody confirms it after the interface was down.
 *
 * Without a server lwIP makes an address of 169.254.0.0/16 after a while, which ends when a lease
 * comes or the interface goes down.
 *
 * Guarded by the stack lock, but for lease_close(), which takes it.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "lwip/acd.h"
#include "lwip/autoip.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/mem.h"
#include "lwip/prot/acd.h"
#include "lwip/prot/dhcp.h"
#include "lwip/udp.h"

#include "stack/dhcp_message.h"
#include "stack/internal.h"
#include "stack/loop.h"
#include "stack/lwip_hooks.h"
#include "stack/routes.h"
#include "stack/watch.h"

/* The longest answer that is read: what fits a frame of an Ethernet. */
enum { ANSWER_MAX_BYTES = 1472 };

/* How long the end of the stack waits for a server's link-layer address, milliseconds. */
enum { RELEASE_WAIT_MS = 300, RELEASE_LOOK_MS = 5 };

/* The largest part of a packet that every host takes (RFC 791, 3.1). */
enum { MTU_MIN_BYTES = 576 };

/* The client of an interface, or NULL. */
static struct dhcp *client_of(const struct interface *interface)
{
    return interface->dhcp ? netif_dhcp_data(&interface->netifs[0]) : NULL;
}

static unsigned state_of(const struct interface *interface)
{
    const struct dhcp *client = client_of(interface);

    return client != NULL ? client->state : DHCP_STATE_OFF;
}

/* Is the address of the first netif a lease that holds, or is about to be confirmed? */
static bool is_leased(const struct interface *interface)
{
    return interface->lease.server != 0 && (dhcp_supplied_address(&interface->netifs[0]) ||
                                            state_of(interface) == DHCP_STATE_REBOOTING);
}

/* lwIP's maker of addresses without a server, of an interface, or NULL. */
static struct autoip *maker_of(struct interface *interface)
{
    return interface->dhcp ? netif_autoip_data(&interface->netifs[0]) : NULL;
}

/* Ends an address without a server, and the look whether it is free. */
static void stop_maker(struct interface *interface)
{
    struct autoip *maker = maker_of(interface);

    if (maker != NULL) {
        acd_stop(&maker->acd);
        autoip_stop(&interface->netifs[0]);
    }
}

/* --- what a lease changes --- */

static void set_mtu(struct interface *interface, unsigned mtu)
{
    for (unsigned i = 0; i < interface->netif_count; i++) {
        interface->netifs[i].mtu = (u16_t)mtu;
    }
}

/* Puts the servers of a lease behind those that are known, or ends them. */
static void tell_servers(const struct interface *interface, const struct lease *lease, bool last)
{
    for (unsigned i = 0; i < lease->dns_count; i++) {
        struct netaddr server = netaddr_from_v4(lease->dns[i]);

        servers_learn_locked(interface, &server, last ? 0 : INT64_MAX);
    }
}

static void take_lease(struct interface *interface, const struct dhcp_message *message)
{
    struct lease before = interface->lease;
    struct timespec now;

    stop_maker(interface);

    clock_gettime(CLOCK_REALTIME, &now);
    interface->lease = (struct lease){
        .server = message->server,
        .seconds = message->lease_s,
        .obtained_ns = clock_now_ns(),
        .obtained_s = now.tv_sec,
        .dns_count = message->dns_count,
    };
    memcpy(interface->lease.dns, message->dns, sizeof(interface->lease.dns));
    if (before.dns_count != message->dns_count ||
        memcmp(before.dns, message->dns, sizeof(before.dns)) != 0) {
        tell_servers(interface, &before, true);
        tell_servers(interface, &interface->lease, false);
    }
    bool narrow = message->mtu >= MTU_MIN_BYTES && message->mtu < interface->mtu;
    set_mtu(interface, narrow ? message->mtu : interface->mtu);
}

static void lose_lease(struct interface *interface)
{
    struct netif *netif = &interface->netifs[0];

    tell_servers(interface, &interface->lease, true);
    interface->lease = (struct lease){.server = 0};
    set_mtu(interface, interface->mtu);
    if (!ip4_addr_isany(netif_ip4_addr(netif))) {
        netif_set_addr(netif, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4);
    }
}

/* Tells the rest of the room what has become of the interface's address. */
static void settle(struct interface *interface)
{
    if (interface->lease.server != 0 && !is_leased(interface)) {
        lose_lease(interface);
    }
    if (interface_refresh4_locked(interface)) {
        interface_announce4_locked(&interface->netifs[0]);
        shortcut_forget_locked();
        endpoint_refresh_all_locked();
        watch_tell_locked();
    }
}

static void settle_all(void)
{
    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        if (interface_at(i)->dhcp) {
            settle(interface_at(i));
        }
    }
}

/* --- answers --- */

bool lease_hears_foreign_locked(const struct interface *interface)
{
    switch (state_of(interface)) {
    case DHCP_STATE_SELECTING:
    case DHCP_STATE_REQUESTING:
    case DHCP_STATE_REBOOTING:
        return true;
    default:
        return false;
    }
}

bool lease_has_port_locked(uint16_t port)
{
    for (uint32_t i = 1; port == DHCP_PORT_CLIENT && i <= interface_count(); i++) {
        if (interface_at(i)->dhcp) {
            return true;
        }
    }
    return false;
}

bool lease_wants_locked(const struct frame_info *frame, const struct datagram_meta *meta)
{
    return meta->destination_port == DHCP_PORT_CLIENT && meta->source_port == DHCP_PORT_SERVER &&
           netaddr_is_v4(&meta->destination) && !frame->looped &&
           client_of(frame->interface) != NULL;
}

/* May the address be ours, or is it already that of another netif? */
static bool address_is_free(const struct interface *interface, uint32_t address)
{
    struct netaddr wanted = netaddr_from_v4(address);

    return ip4_addr_get_u32(netif_ip4_addr(&interface->netifs[0])) == address ||
           interface_of_address(&wanted) == NULL;
}

static void after_answer(struct interface *interface, unsigned before,
                         const struct dhcp_message *message)
{
    struct dhcp *client = client_of(interface);

    if (message->type != DHCP_MESSAGE_ACK || client->state != DHCP_STATE_BOUND ||
        before == DHCP_STATE_BOUND) {
        return;
    }
    if (message->lease_s == DHCP_LEASE_FOREVER) {
        client->t0_timeout = 0;
        client->t1_renew_time = 0;
        client->t2_rebind_time = 0;
    }
    ip_addr_set_ip4_u32(&client->server_ip_addr, message->server);
    take_lease(interface, message);
}

enum winlwip_fate lease_input_locked(struct interface *interface, struct pbuf *p, unsigned offset,
                                     const struct datagram_meta *meta)
{
    static uint8_t bytes[ANSWER_MAX_BYTES]; /* under the stack lock */
    struct dhcp_message message;
    unsigned before = state_of(interface);

    if (meta->length > sizeof(bytes)) {
        pbuf_free(p);
        return WINLWIP_FATE_DROP_DHCP_MALFORMED;
    }
    pbuf_copy_partial(p, bytes, (u16_t)meta->length, (u16_t)(offset + 8));
    if (!dhcp_message_read(bytes, meta->length, &message) ||
        (message.type != DHCP_MESSAGE_NAK && !address_is_free(interface, message.address))) {
        pbuf_free(p);
        return WINLWIP_FATE_DROP_DHCP_MALFORMED;
    }
    pbuf_remove_header(p, offset);
    udp_input(p, &interface->netifs[0]);
    after_answer(interface, before, &message);
    settle(interface);
    return WINLWIP_FATE_DHCP;
}

u32_t hook_dhcp_term(u32_t offered_s, u32_t usual_s, u32_t lease_s)
{
    u32_t term_s = offered_s != 0 && offered_s < lease_s ? offered_s : usual_s;

    return term_s != 0 ? term_s : 1;
}

/* --- time --- */

/* The nearer of two numbers of periods; 0: none. */
static uint32_t nearer(uint32_t a, uint32_t b)
{
    return b != 0 && (a == 0 || b < a) ? b : a;
}

uint32_t lease_request_periods_locked(void)
{
    uint32_t periods = 0;

    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        const struct dhcp *client = client_of(interface_at(i));

        if (client != NULL && !interface_is_down(interface_at(i))) {
            periods = nearer(periods, client->request_timeout);
        }
    }
    return periods;
}

uint32_t lease_term_periods_locked(void)
{
    uint32_t periods = 0;

    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        const struct dhcp *client = client_of(interface_at(i));

        if (client == NULL || client->state == DHCP_STATE_OFF) {
            continue;
        }
        if (client->t0_timeout > client->lease_used) {
            periods = nearer(periods, client->t0_timeout - client->lease_used);
        }
        periods = nearer(nearer(periods, client->t1_renew_time), client->t2_rebind_time);
    }
    return periods;
}

void lease_request_timer(void)
{
    dhcp_fine_tmr();
    settle_all();
}

void lease_term_timer(void)
{
    dhcp_coarse_tmr();
    settle_all();
}

uint32_t lease_probe_periods_locked(void)
{
    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        const struct autoip *maker = maker_of(interface_at(i));

        if (maker == NULL) {
            continue;
        }
        if (maker->acd.lastconflict != 0 ||
            (maker->acd.state != ACD_STATE_OFF && maker->acd.state != ACD_STATE_ONGOING &&
             maker->acd.state != ACD_STATE_PASSIVE_ONGOING)) {
            return 1;
        }
    }
    return 0;
}

void lease_probe_timer(void)
{
    acd_tmr();
    settle_all();
}

bool lease_is_awaited(const struct interface *interface)
{
    return interface->dhcp && !interface_is_down(interface) &&
           ip4_addr_isany(netif_ip4_addr(&interface->netifs[0]));
}

/* --- life --- */

int lease_up_locked(struct interface *interface)
{
    struct netif *netif = &interface->netifs[0];

    if (!interface->dhcp) {
        return 0;
    }
    if (state_of(interface) != DHCP_STATE_OFF) {
        dhcp_network_changed_link_up(netif);
        return 0;
    }
    return dhcp_start(netif) == ERR_OK ? 0 : -ENOMEM;
}

void lease_down_locked(struct interface *interface)
{
    stop_maker(interface);
    if (interface->dhcp) {
        settle(interface);
    }
}

int lease_open_locked(void)
{
    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        int error = interface_at(i)->down ? 0 : lease_up_locked(interface_at(i));

        if (error != 0) {
            return error;
        }
    }
    return 0;
}

void lease_cleanup_locked(struct interface *interface)
{
    struct netif *netif = &interface->netifs[0];

    if (interface->dhcp && interface->netif_count != 0) {
        dhcp_release_and_stop(netif);
        dhcp_cleanup(netif);
        struct autoip *maker = maker_of(interface);
        if (maker != NULL) {
            stop_maker(interface);
            acd_remove(netif, &maker->acd);
            autoip_remove_struct(netif);
            mem_free(maker);
        }
    }
}

/* Asks for link-layer addresses that are not known. Returns whether any is missing. */
static bool ask_for_servers(bool first)
{
    bool missing = false;

    stack_lock();
    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        struct interface *interface = interface_at(i);
        struct netaddr server = netaddr_from_v4(interface->lease.server);
        struct route_choice way;
        struct eth_addr *mac;
        const ip4_addr_t *known;

        if (interface->lease.server == 0 || interface_is_down(interface) ||
            !routes_best_locked(&server, interface, &way)) {
            continue;
        }
        ip4_addr_t hop = netaddr_to_ip4(&way.next_hop);
        if (etharp_find_addr(&interface->netifs[0], &hop, &mac, &known) >= 0) {
            continue;
        }
        missing = true;
        if (first) {
            etharp_query(&interface->netifs[0], &hop, NULL);
        }
    }
    stack_unlock();
    return missing;
}

void lease_close(void)
{
    struct loop_waiter waiter;
    int64_t end_ns = loop_now_ns() + RELEASE_WAIT_MS * NS_PER_MS;
    bool first = true;

    loop_waiter_init(&waiter);
    while (ask_for_servers(first) && loop_now_ns() < end_ns) {
        first = false;
        loop_wait(&waiter, loop_now_ns() + RELEASE_LOOK_MS * NS_PER_MS);
    }
    loop_waiter_fini(&waiter);
    stack_lock();
    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        if (interface_at(i)->dhcp) {
            dhcp_release_and_stop(&interface_at(i)->netifs[0]);
            settle(interface_at(i));
        }
    }
    stack_unlock();
}
