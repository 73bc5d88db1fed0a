/*
 * endpoint.c - the endpoint table: who has which port, who hears which datagram.
 *
 * Theory of operation. lwIP's own table of UDP sockets is a list, and its rules are not those of
 * Windows; so bound endpoints stand here, in an array with one list for each of the 65,536 ports,
 * in the order in which they were bound. Finding the endpoint of a datagram costs one access to the
 * array and one for each socket on that port, however many sockets there are. The array is calloc'ed:
 * pages of ports that nobody uses are never touched.
 *
 *   - bind compares the new name with each one on the port by a table (winsock-facts 4.8): sharing
 *     mode and wildcard or specific address on either side. "::" with both families counts as less
 *     specific than 0.0.0.0 (WB 5.14).
 *   - a unicast datagram goes to the most specific endpoint: connected to its source before not
 *     connected, bound to its destination before wildcard, bound earlier before later.
 *   - a multicast or broadcast goes to every endpoint that is entitled to it.
 *
 * Everything is guarded by the stack lock. The public functions take it.
 */
#include <errno.h>
#include <stdlib.h>

#include "stack/internal.h"
#include "stack/loop.h"
#include "stack/random.h"

enum { PORTS = 65536, PORT_EPHEMERAL_FIRST = 49152 }; /* winsock-facts 1.1 */

struct endpoint {
    struct endpoint *next; /* on the same port */
    const struct endpoint_events *events;
    void *owner;
    struct endpoint_name bound; /* as given to bind, port filled in */
    struct netaddr local;       /* bound address, or the one that connect chose */
    struct endpoint_name peer;
    struct membership *memberships;
    enum endpoint_family family;
    enum endpoint_sharing sharing;
    bool is_bound;
    bool connected;
    bool multicast_loop;
    bool receive_broadcast;
    struct endpoint *next_all, *previous_all; /* every endpoint, for network_down */
};

static struct endpoint **by_port;
static struct endpoint *all_endpoints;

int endpoint_start(void)
{
    by_port = calloc(PORTS, sizeof(struct endpoint *));
    return by_port != NULL ? 0 : -ENOMEM;
}

void endpoint_stop(void)
{
    free(by_port);
    by_port = NULL;
}

bool endpoint_port_bound_locked(uint16_t port)
{
    return by_port[port] != NULL;
}

/* --- life --- */

int endpoint_new(const struct endpoint_events *events, void *owner, struct endpoint **out)
{
    struct endpoint *endpoint = malloc(sizeof(*endpoint));

    if (endpoint == NULL) {
        return -ENOMEM;
    }
    *endpoint = (struct endpoint){
        .events = events,
        .owner = owner,
        .multicast_loop = true,
        .receive_broadcast = true,
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
    stack_unlock();
    *out = endpoint;
    return 0;
}

static void unlink_port(struct endpoint *endpoint)
{
    struct endpoint **at = &by_port[endpoint->bound.port];

    while (*at != endpoint) {
        at = &(*at)->next;
    }
    *at = endpoint->next;
}

void endpoint_free(struct endpoint *endpoint)
{
    stack_lock();
    timers_run_locked();
    multicast_leave_all_locked(&endpoint->memberships);
    if (endpoint->is_bound) {
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
    stack_unlock();
    free(endpoint);
}

void endpoint_network_down_locked(void)
{
    for (struct endpoint *e = all_endpoints; e != NULL; e = e->next_all) {
        e->events->network_down(e->owner);
    }
}

/* --- bind --- */

/* How much of the address space a name claims. */
enum claim { CLAIM_BOTH, CLAIM_FAMILY, CLAIM_ADDRESS };

static enum claim claim_of(const struct netaddr *address, enum endpoint_family family)
{
    if (!netaddr_is_any(address)) {
        return CLAIM_ADDRESS;
    }
    return family == ENDPOINT_DUAL && !netaddr_is_v4(address) ? CLAIM_BOTH : CLAIM_FAMILY;
}

/* Can one datagram be meant for both names? */
static bool names_overlap(const struct netaddr *a, enum claim claim_a, uint32_t scope_a,
                          const struct netaddr *b, enum claim claim_b, uint32_t scope_b)
{
    if (claim_a == CLAIM_BOTH || claim_b == CLAIM_BOTH) {
        return true;
    }
    if (netaddr_is_v4(a) != netaddr_is_v4(b)) {
        return false;
    }
    if (claim_a == CLAIM_FAMILY || claim_b == CLAIM_FAMILY) {
        return true;
    }
    return netaddr_equal(a, b) && scope_a == scope_b;
}

/*
 * winsock-facts 4.8: what the second bind gets. Rows: the first socket's mode and whether its name
 * is the wider one (W) or not (S); columns: the same of the second. Equal claims of addresses are
 * S and S, equal claims of a family W and W.
 */
enum { OK, IN_USE = EADDRINUSE, DENIED = EACCES };

static const int sharing_table[3][2][3][2] = {
    /*                            second: default          reuse           exclusive
     *                                    W       S        W       S       W       S      */
    [ENDPOINT_SHARE_DEFAULT] = {{{IN_USE, OK}, {DENIED, OK}, {IN_USE, OK}},
                                {{OK, IN_USE}, {OK, DENIED}, {IN_USE, IN_USE}}},
    [ENDPOINT_SHARE_REUSE] = {{{IN_USE, OK}, {OK, OK}, {IN_USE, OK}},
                              {{OK, IN_USE}, {OK, OK}, {IN_USE, IN_USE}}},
    [ENDPOINT_SHARE_EXCLUSIVE] = {{{IN_USE, DENIED}, {DENIED, DENIED}, {IN_USE, DENIED}},
                                  {{OK, IN_USE}, {OK, DENIED}, {IN_USE, IN_USE}}},
};

/* What binding name beside an endpoint that is bound already gives: 0 or an errno. */
static int bind_beside(const struct endpoint *first, const struct endpoint_name *name,
                       enum endpoint_family family, enum endpoint_sharing sharing)
{
    enum claim claim_first = claim_of(&first->bound.address, first->family);
    enum claim claim_second = claim_of(&name->address, family);

    if (!names_overlap(&first->bound.address, claim_first, first->bound.scope, &name->address,
                       claim_second, name->scope)) {
        return 0;
    }
    /* Equal claims: both specific or both wide. Else the larger claim is the wide one. */
    bool first_is_specific = claim_first == claim_second ? claim_first == CLAIM_ADDRESS
                                                         : claim_first > claim_second;
    bool second_is_specific = claim_first == claim_second ? claim_first == CLAIM_ADDRESS
                                                          : claim_second > claim_first;
    return sharing_table[first->sharing][first_is_specific][sharing][second_is_specific];
}

static int bind_check(const struct endpoint_name *name, enum endpoint_family family,
                      enum endpoint_sharing sharing)
{
    for (const struct endpoint *e = by_port[name->port]; e != NULL; e = e->next) {
        int error = bind_beside(e, name, family, sharing);
        if (error != 0) {
            return -error;
        }
    }
    return 0;
}

/* A port of the dynamic range that nobody has, from a random start on; 0: none. */
static uint16_t free_port(void)
{
    unsigned range = PORTS - PORT_EPHEMERAL_FIRST;
    unsigned start = stack_random32() % range;

    for (unsigned i = 0; i < range; i++) {
        unsigned port = PORT_EPHEMERAL_FIRST + (start + i) % range;
        if (by_port[port] == NULL) {
            return (uint16_t)port;
        }
    }
    return 0;
}

/* Is the address ours, on the interface that the scope names? */
static bool address_is_bindable(const struct endpoint_name *name)
{
    if (netaddr_is_any(&name->address)) {
        return true;
    }
    if (name->scope != 0) {
        const struct interface *interface = interface_at(name->scope);
        return interface != NULL && interface_has_address(interface, &name->address);
    }
    return interface_of_address(&name->address) != NULL;
}

static void link_port(struct endpoint *endpoint)
{
    struct endpoint **at = &by_port[endpoint->bound.port];

    while (*at != NULL) {
        at = &(*at)->next;
    }
    endpoint->next = NULL;
    *at = endpoint;
}

static int bind_locked(struct endpoint *endpoint, struct endpoint_name name,
                       enum endpoint_family family, enum endpoint_sharing sharing)
{
    if (endpoint->is_bound) {
        return -EINVAL;
    }
    if (!address_is_bindable(&name)) {
        return -EADDRNOTAVAIL;
    }
    if (name.port == 0) {
        name.port = free_port();
        if (name.port == 0) {
            return -EADDRINUSE;
        }
    }
    int error = bind_check(&name, family, sharing);
    if (error != 0) {
        return error;
    }
    endpoint->bound = name;
    endpoint->local = name.address;
    endpoint->family = family;
    endpoint->sharing = sharing;
    endpoint->is_bound = true;
    link_port(endpoint);
    return 0;
}

int endpoint_bind(struct endpoint *endpoint, const struct endpoint_name *name,
                  enum endpoint_family family, enum endpoint_sharing sharing,
                  struct endpoint_name *bound)
{
    stack_lock();
    int error = bind_locked(endpoint, *name, family, sharing);
    if (error == 0) {
        *bound = endpoint->bound;
    }
    stack_unlock();
    return error;
}

/* --- connect, groups, switches --- */

static int connect_locked(struct endpoint *endpoint, const struct endpoint_name *peer)
{
    endpoint->local = endpoint->bound.address;
    endpoint->connected = false;
    if (peer == NULL) {
        return 0;
    }
    struct netaddr source = endpoint->bound.address;
    struct netif *netif;
    int error = route_find_locked(&peer->address, peer->scope, &source, &netif);
    if (error != 0) {
        return error == -EADDRNOTAVAIL ? error : -ENETUNREACH;
    }
    endpoint->local = source;
    endpoint->peer = *peer;
    endpoint->connected = true;
    return 0;
}

int endpoint_connect(struct endpoint *endpoint, const struct endpoint_name *peer,
                     struct endpoint_name *bound)
{
    stack_lock();
    int error = connect_locked(endpoint, peer);
    bound->address = endpoint->local;
    bound->port = endpoint->bound.port;
    bound->scope = endpoint->bound.scope;
    stack_unlock();
    return error;
}

/* The interface that a membership is for: as named, or the one that a route to the group names. */
static struct interface *group_interface(const struct netaddr *group, uint32_t index)
{
    if (index != 0) {
        return interface_at(index);
    }
    struct netaddr source = netaddr_is_v4(group) ? netaddr_from_v4(0) : (struct netaddr){0};
    struct netif *netif;
    if (route_find_locked(group, 0, &source, &netif) != 0) {
        return interface_at(STACK_LOOPBACK_INDEX);
    }
    return interface_of_netif(netif);
}

int endpoint_join(struct endpoint *endpoint, const struct netaddr *group, uint32_t interface_index)
{
    if (!netaddr_is_multicast(group)) {
        return -EINVAL;
    }
    stack_lock();
    timers_run_locked();
    struct interface *interface = group_interface(group, interface_index);
    int error = interface == NULL
                    ? -EADDRNOTAVAIL
                    : multicast_join_locked(&endpoint->memberships, group, interface);
    stack_unlock();
    loop_timers_changed();
    return error;
}

int endpoint_leave(struct endpoint *endpoint, const struct netaddr *group, uint32_t interface_index)
{
    if (!netaddr_is_multicast(group)) {
        return -EINVAL;
    }
    stack_lock();
    struct interface *interface = group_interface(group, interface_index);
    int error = interface == NULL
                    ? -EADDRNOTAVAIL
                    : multicast_leave_locked(&endpoint->memberships, group, interface);
    stack_unlock();
    return error;
}

void endpoint_set_multicast_loop(struct endpoint *endpoint, bool on)
{
    stack_lock();
    endpoint->multicast_loop = on;
    stack_unlock();
}

void endpoint_set_receive_broadcast(struct endpoint *endpoint, bool on)
{
    stack_lock();
    endpoint->receive_broadcast = on;
    stack_unlock();
}

bool endpoint_is_broadcast(const struct netaddr *address)
{
    bool found = false;

    if (!netaddr_is_v4(address)) {
        return false;
    }
    if (netaddr_v4(address) == IPADDR_BROADCAST) {
        return true;
    }
    stack_lock();
    for (uint32_t i = 1; i <= interface_count() && !found; i++) {
        found = interface_is_broadcast(interface_at(i), netaddr_v4(address));
    }
    stack_unlock();
    return found;
}

/* --- send --- */

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
    return udp_send_locked(&source, endpoint->bound.port, send);
}

int endpoint_send(struct endpoint *endpoint, const struct endpoint_send *send)
{
    stack_lock();
    int error = send_locked(endpoint, send);
    loopback_drain_locked();
    stack_unlock();
    return error;
}

/* --- delivery --- */

static bool family_hears(const struct endpoint *endpoint, const struct netaddr *target)
{
    switch (endpoint->family) {
    case ENDPOINT_V4:
        return netaddr_is_v4(target);
    case ENDPOINT_V6:
        return !netaddr_is_v4(target);
    default:
        /* "::" hears both; a mapped address has made the socket an IPv4 one. */
        return claim_of(&endpoint->bound.address, ENDPOINT_DUAL) == CLAIM_BOTH ||
               netaddr_is_v4(&endpoint->bound.address) == netaddr_is_v4(target);
    }
}

/* C23: a connected endpoint hears only its peer. */
static bool peer_matches(const struct endpoint *endpoint, const struct datagram_meta *meta)
{
    return !endpoint->connected ||
           (endpoint->peer.port == meta->source_port &&
            netaddr_equal(&endpoint->peer.address, &meta->source) &&
            (endpoint->peer.scope == 0 || !netaddr_is_link_scoped(&meta->source) ||
             endpoint->peer.scope == meta->interface_index));
}

static bool scope_matches(const struct endpoint *endpoint, const struct datagram_meta *meta)
{
    return endpoint->bound.scope == 0 || endpoint->bound.scope == meta->interface_index;
}

/* 0: not for this endpoint; else the larger the better. */
static unsigned unicast_score(const struct endpoint *endpoint, const struct datagram_meta *meta)
{
    bool wildcard = netaddr_is_any(&endpoint->local);

    if (!family_hears(endpoint, &meta->destination) || !peer_matches(endpoint, meta) ||
        !scope_matches(endpoint, meta) ||
        !(wildcard || netaddr_equal(&endpoint->local, &meta->destination))) {
        return 0;
    }
    return 1 + (endpoint->connected ? 2 : 0) + (wildcard ? 0 : 1);
}

/* Is the endpoint bound to the wildcard or to an address of the interface of arrival? */
static bool local_is_on(const struct endpoint *endpoint, const struct interface *interface)
{
    return netaddr_is_any(&endpoint->bound.address) ||
           (interface != NULL && interface_has_address(interface, &endpoint->bound.address));
}

/* Is the endpoint entitled to this multicast or broadcast? */
static bool cast_matches(const struct endpoint *endpoint, const struct datagram_meta *meta)
{
    const struct interface *interface = interface_at(meta->interface_index);

    if (!family_hears(endpoint, &meta->destination) || !peer_matches(endpoint, meta) ||
        !local_is_on(endpoint, interface)) {
        return false;
    }
    if (meta->flags & DATAGRAM_MULTICAST) {
        return multicast_is_member(endpoint->memberships, &meta->destination, interface) &&
               (endpoint->multicast_loop || !(meta->flags & DATAGRAM_LOOPED));
    }
    return endpoint->receive_broadcast;
}

/* Counts one copy by what the endpoint made of it. */
static enum endpoint_verdict deliver_copy(struct endpoint *endpoint, struct datagram *datagram)
{
    enum endpoint_verdict verdict = endpoint->events->deliver(endpoint->owner, datagram);

    stack_counters.copies++;
    switch (verdict) {
    case ENDPOINT_QUEUED:
        stack_counters.copies_queued++;
        break;
    case ENDPOINT_DIRECT:
        stack_counters.copies_direct++;
        break;
    default:
        stack_counters.copies_dropped++;
        break;
    }
    if (trace_function != NULL && verdict <= ENDPOINT_DIRECT) {
        trace_station(frame_current(),
                      verdict == ENDPOINT_DIRECT ? WINLWIP_TRACE_DELIVER : WINLWIP_TRACE_QUEUE, 0,
                      datagram->meta->length, "socket on port %u", endpoint->bound.port);
    }
    return verdict;
}

/* The fate of a datagram that had copies: the best of what became of them. */
static enum winlwip_fate fate_of(unsigned taken, unsigned full)
{
    if (taken != 0) {
        return WINLWIP_FATE_DELIVERED;
    }
    return full != 0 ? WINLWIP_FATE_DROP_QUEUE_FULL : WINLWIP_FATE_DROP_NO_MEMORY;
}

static enum winlwip_fate deliver_to_all(const struct datagram_meta *meta, struct datagram *datagram)
{
    unsigned taken = 0, full = 0, refused = 0;

    for (struct endpoint *e = by_port[meta->destination_port]; e != NULL; e = e->next) {
        if (!cast_matches(e, meta)) {
            continue;
        }
        switch (deliver_copy(e, datagram)) {
        case ENDPOINT_QUEUED:
        case ENDPOINT_DIRECT:
            taken++;
            break;
        case ENDPOINT_FULL:
            full++;
            break;
        default:
            refused++;
            break;
        }
    }
    return taken + full + refused == 0 ? WINLWIP_FATE_DROP_NO_SOCKET : fate_of(taken, full);
}

static enum winlwip_fate deliver_to_one(const struct datagram_meta *meta, struct datagram *datagram)
{
    struct endpoint *best = NULL;
    unsigned best_score = 0;

    for (struct endpoint *e = by_port[meta->destination_port]; e != NULL; e = e->next) {
        unsigned score = unicast_score(e, meta);
        if (score > best_score) {
            best = e;
            best_score = score;
        }
    }
    if (best == NULL) {
        return WINLWIP_FATE_DROP_NO_SOCKET;
    }
    enum endpoint_verdict verdict = deliver_copy(best, datagram);
    return fate_of(verdict <= ENDPOINT_DIRECT, verdict == ENDPOINT_FULL);
}

/* A unicast address in a link-layer broadcast is still one socket's; its flag is set all the same (C18). */
static bool addressed_to_all(const struct datagram_meta *meta)
{
    if (meta->flags & DATAGRAM_MULTICAST) {
        return true;
    }
    return (meta->flags & DATAGRAM_BROADCAST) && netaddr_is_v4(&meta->destination) &&
           interface_is_broadcast(interface_at(meta->interface_index),
                                  netaddr_v4(&meta->destination));
}

enum winlwip_fate endpoint_deliver_locked(const struct datagram_meta *meta,
                                          struct datagram *datagram)
{
    enum winlwip_fate fate = addressed_to_all(meta) ? deliver_to_all(meta, datagram)
                                                    : deliver_to_one(meta, datagram);
    if (fate != WINLWIP_FATE_DROP_NO_SOCKET) {
        stack_counters.datagrams++;
    }
    return fate;
}
