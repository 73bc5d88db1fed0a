/*
 * endpoint.c - the life of endpoints: making, connecting, joining, sending, freeing.
 *
 * Theory of operation. lwIP's own table of UDP sockets is a list, and its rules are not those of
 * Windows; so bound endpoints stand here, in an array with one list for each of the 65,536 ports,
 * in the order in which they were bound. Finding the endpoint of a datagram costs one access to the
 * array and one for each socket on that port, however many sockets there are. The array is calloc'ed:
 * pages of ports that nobody uses are never touched.
 *
 * bind.c decides who may have a name, lookup.c who hears a datagram. Raw endpoints have lists of
 * their own, one for each IP protocol (raw.c).
 *
 * Everything is guarded by the stack lock. The public functions take it.
 */
#include <errno.h>
#include <stdlib.h>

#include "stack/endpoint_table.h"
#include "stack/loop.h"
#include "stack/output.h"

struct endpoint **endpoint_by_port;
unsigned endpoint_count;
static struct endpoint *all_endpoints;

int endpoint_start(void)
{
    endpoint_by_port = calloc(PORTS, sizeof(struct endpoint *));
    return endpoint_by_port != NULL ? 0 : -ENOMEM;
}

void endpoint_stop(void)
{
    free(endpoint_by_port);
    endpoint_by_port = NULL;
}

/* --- life --- */

/* *extra is the endpoint's own when 0 is returned. */
static int endpoint_make(const struct endpoint_events *events, void *owner,
                         struct endpoint_extra *extra, struct endpoint **out)
{
    struct endpoint *endpoint = malloc(sizeof(*endpoint));

    if (endpoint == NULL) {
        return -ENOMEM;
    }
    *endpoint = (struct endpoint){
        .events = events,
        .owner = owner,
        .multicast_loop = {true, true},
        .interface_list = {ENDPOINT_EVERY_INTERFACE, ENDPOINT_EVERY_INTERFACE},
        .receive_broadcast = true,
        .is_raw = extra != NULL,
        .extra = extra,
    };
    stack_lock();
    if (!stack_running()) {
        stack_unlock();
        free(endpoint);
        return -ENETDOWN;
    }
    endpoint->next_all = all_endpoints;
    if (all_endpoints != NULL) {
        all_endpoints->previous_all = endpoint;
    }
    all_endpoints = endpoint;
    endpoint_count++;
    stack_unlock();
    *out = endpoint;
    return 0;
}

int endpoint_new(const struct endpoint_events *events, void *owner, struct endpoint **out)
{
    return endpoint_make(events, owner, NULL, out);
}

static struct endpoint_extra *make_extra(uint8_t protocol)
{
    struct endpoint_extra *extra = calloc(1, sizeof(*extra));

    if (extra != NULL) {
        extra->protocol = protocol;
        extra->checksum_offset = -1;
        extra->capture = ENDPOINT_CAPTURE_OFF;
    }
    return extra;
}

int endpoint_new_raw(const struct endpoint_events *events, void *owner, uint8_t protocol,
                     struct endpoint **out)
{
    struct endpoint_extra *extra = make_extra(protocol);

    if (extra == NULL) {
        return -ENOMEM;
    }
    int error = endpoint_make(events, owner, extra, out);
    if (error != 0) {
        free(extra);
    }
    return error;
}

static void unlink_port(struct endpoint *endpoint)
{
    struct endpoint **at = &endpoint_by_port[endpoint->port];

    while (*at != endpoint) {
        at = &(*at)->next;
    }
    *at = endpoint->next;
}

void endpoint_free(struct endpoint *endpoint)
{
    stack_lock();
    timers_run_locked();
    membership_leave_all_locked(&endpoint->memberships);
    capture_stop_locked(endpoint);
    if (endpoint->is_bound && endpoint_is_raw(endpoint)) {
        raw_unlink_locked(endpoint);
    } else if (endpoint->is_bound) {
        unlink_port(endpoint);
    }
    if (endpoint->previous_all != NULL) {
        endpoint->previous_all->next_all = endpoint->next_all;
    } else {
        all_endpoints = endpoint->next_all;
    }
    if (endpoint->next_all != NULL) {
        endpoint->next_all->previous_all = endpoint->previous_all;
    }
    endpoint_count--;
    stack_unlock();
    free(endpoint->extra);
    free(endpoint);
}

void endpoint_network_down_locked(void)
{
    for (struct endpoint *e = all_endpoints; e != NULL; e = e->next_all) {
        e->events->network_down(e->owner);
    }
}

static bool is_down(const struct endpoint *endpoint)
{
    if (!endpoint->is_bound || netaddr_is_any(&endpoint->local)) {
        return endpoint->is_bound && membership_all_down(endpoint->memberships);
    }
    const struct interface *interface = interface_of_address(&endpoint->local);
    return interface == NULL || interface_is_down(interface); /* NULL: a lease that was lost */
}

void endpoint_refresh_state_locked(struct endpoint *endpoint)
{
    bool down = is_down(endpoint);

    if (down != endpoint->down) {
        endpoint->down = down;
        if (endpoint->events->interface_state != NULL) {
            endpoint->events->interface_state(endpoint->owner, !down);
        }
    }
}

void endpoint_refresh_all_locked(void)
{
    for (struct endpoint *e = all_endpoints; e != NULL; e = e->next_all) {
        endpoint_refresh_state_locked(e);
        if (e->events->addresses_changed != NULL) {
            e->events->addresses_changed(e->owner);
        }
    }
}

/* --- connect, groups, switches --- */

static void disconnect_locked(struct endpoint *endpoint)
{
    endpoint->local = *endpoint_bound_address(endpoint);
    endpoint->connected = false;
}

static int connect_locked(struct endpoint *endpoint, const struct endpoint_name *peer,
                          uint32_t interface_index)
{
    disconnect_locked(endpoint);
    if (peer == NULL) {
        return 0;
    }
    if (endpoint->extra == NULL) {
        endpoint->extra = make_extra(0);
    }
    if (endpoint->extra == NULL) {
        return -ENOMEM;
    }
    struct netaddr source = endpoint->local;
    struct netif *netif;
    uint32_t scope = peer->scope != 0 ? peer->scope : interface_index;
    int error = route_find_locked(&peer->address, scope, &source, &netif);
    if (error != 0) {
        return error;
    }
    endpoint->extra->bound = endpoint->local;
    endpoint->extra->peer = *peer;
    endpoint->local = source;
    endpoint->connected = true;
    return 0;
}

int endpoint_connect(struct endpoint *endpoint, const struct endpoint_name *peer,
                     uint32_t interface_index, struct endpoint_name *bound)
{
    stack_lock();
    int error = connect_locked(endpoint, peer, interface_index);
    endpoint_refresh_plain_locked(endpoint);
    endpoint_refresh_state_locked(endpoint);
    bound->address = endpoint->local;
    bound->port = endpoint->port;
    bound->scope = endpoint->scope;
    stack_unlock();
    return error;
}

int endpoint_path_mtu(struct endpoint *endpoint, struct netaddr *peer, uint32_t *mtu_bytes)
{
    struct netif *netif;
    int error = -ENOTCONN;

    stack_lock();
    if (endpoint->connected) {
        struct netaddr source = endpoint->local;
        *peer = endpoint->extra->peer.address;
        error = route_find_locked(peer, endpoint->extra->peer.scope, &source, &netif);
    }
    if (error == 0) {
        *mtu_bytes = pmtu_of_path_locked(netif, peer);
    }
    stack_unlock();
    return error;
}

/* The interface that a membership is for: as named, or the one that a route to the group names. */
static struct interface *group_interface(const struct netaddr *group, uint32_t index)
{
    if (index != 0) {
        return interface_at(index);
    }
    return interface_of_netif(route_of_group_locked(group));
}

int endpoint_change_membership(struct endpoint *endpoint, enum endpoint_membership_change change,
                               const struct netaddr *group, uint32_t interface_index,
                               const struct netaddr *source)
{
    if (!netaddr_is_multicast(group)) {
        return -EINVAL;
    }
    stack_lock();
    timers_run_locked();
    struct interface *interface = group_interface(group, interface_index);
    int error = interface == NULL ? -EADDRNOTAVAIL
                                  : membership_change_locked(&endpoint->memberships, change, group,
                                                             interface, source);
    endpoint_refresh_state_locked(endpoint);
    stack_unlock();
    loop_timers_changed();
    return error;
}

int endpoint_set_filter(struct endpoint *endpoint, const struct netaddr *group,
                        uint32_t interface_index, const struct endpoint_filter *filter)
{
    if (!netaddr_is_multicast(group)) {
        return -EINVAL;
    }
    stack_lock();
    timers_run_locked();
    struct interface *interface = group_interface(group, interface_index);
    int error = interface == NULL ? -EADDRNOTAVAIL
                                  : membership_set_filter_locked(&endpoint->memberships, group,
                                                                 interface, filter);
    endpoint_refresh_state_locked(endpoint);
    stack_unlock();
    loop_timers_changed();
    return error;
}

int endpoint_get_filter(struct endpoint *endpoint, const struct netaddr *group,
                        uint32_t interface_index, struct endpoint_filter *filter)
{
    if (!netaddr_is_multicast(group)) {
        return -EINVAL;
    }
    stack_lock();
    const struct interface *interface = group_interface(group, interface_index);
    int error = interface == NULL ? -EADDRNOTAVAIL
                                  : membership_get_filter(endpoint->memberships, group, interface,
                                                          filter);
    stack_unlock();
    return error;
}

void endpoint_set_multicast_loop(struct endpoint *endpoint, bool v4, bool on)
{
    stack_lock();
    endpoint->multicast_loop[v4] = on;
    stack_unlock();
}

void endpoint_set_receive_broadcast(struct endpoint *endpoint, bool on)
{
    stack_lock();
    endpoint->receive_broadcast = on;
    stack_unlock();
}

_Static_assert(LIMIT_INTERFACES < 32, "interface lists have a bit for each index");

void endpoint_set_interface_list(struct endpoint *endpoint, bool v4, bool restricted,
                                 uint32_t list)
{
    stack_lock();
    endpoint->interface_list[v4] = restricted ? list : ENDPOINT_EVERY_INTERFACE;
    endpoint_refresh_plain_locked(endpoint);
    stack_unlock();
}

bool endpoint_has_interface(uint32_t index)
{
    stack_lock();
    bool found = index != 0 && interface_at(index) != NULL;
    stack_unlock();
    return found;
}

void endpoint_set_checksum_offset(struct endpoint *endpoint, int offset)
{
    stack_lock();
    if (endpoint_is_raw(endpoint)) {
        endpoint->extra->checksum_offset = offset;
    }
    stack_unlock();
}

uint32_t endpoint_interface_of(const struct netaddr *address)
{
    stack_lock();
    const struct interface *interface = interface_of_address(address);
    uint32_t index = interface != NULL ? interface->index : 0;
    stack_unlock();
    return index;
}

/* --- send --- */

/* Sends round lwIP. Returns false when it has to go lwIP's way. */
static bool send_early_locked(const struct endpoint *endpoint, const struct netaddr *source,
                              const struct endpoint_send *send)
{
    struct output_cursor at = {.part = send->parts};
    uint16_t port = endpoint->port;
    struct output_one one;

    if (endpoint_is_raw(endpoint)) {
        return false;
    }
    if (output_is_cut(send)) {
        return output_send_locked(source, port, send, at, send->length);
    }
    if (!output_make_locked(source, port, send, &one)) {
        return false;
    }
    output_hand_over_locked(&one);
    return true;
}

static int send_locked(struct endpoint *endpoint, const struct endpoint_send *send)
{
    struct netaddr source = send->source;

    if (netaddr_is_any(&source)) {
        source = endpoint->local;
    }
    /* "::" of a dual-stack socket says nothing about the source of an IPv4 datagram. */
    if (netaddr_is_any(&source) && netaddr_is_v4(&send->destination.address)) {
        source = netaddr_from_v4(0);
    }
    if (send_early_locked(endpoint, &source, send)) {
        endpoint->has_sent = true;
        return 0;
    }
    int error = endpoint_is_raw(endpoint)
                    ? raw_send_locked(endpoint, &source, send)
                    : udp_send_locked(&source, endpoint->port, send);
    if (error == 0) {
        endpoint->has_sent = true;
    } else if (error == -EADDRNOTAVAIL && endpoint->down) {
        error = -ENETDOWN; /* it was bound to a lease that was lost */
    }
    loopback_drain_locked();
    return error;
}

int endpoint_send(struct endpoint *endpoint, const struct endpoint_send *send)
{
    stack_lock();
    int error = send_locked(endpoint, send);
    stack_unlock();
    return error;
}
