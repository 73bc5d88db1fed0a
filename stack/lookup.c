/*
 * lookup.c - who hears which datagram.
 *
 * A unicast goes to the most specific endpoint: connected to its source before not connected, bound
 * to its destination before wildcard, bound earlier before later. A multicast or broadcast goes to
 * every endpoint that is entitled to it; each copy is counted by what the socket made of it. A raw
 * endpoint is asked by the same rules, each for itself and without ports.
 *
 * An ICMP error is for those that can have sent the datagram which it embeds. Who sent where is
 * not kept, so of several endpoints that share a port all are told, unless one is connected to the
 * peer.
 *
 * Guarded by the stack lock. No state of its own.
 */
#include "stack/endpoint_table.h"

static bool family_hears(const struct endpoint *endpoint, const struct netaddr *target)
{
    switch (endpoint->family) {
    case ENDPOINT_V4:
        return netaddr_is_v4(target);
    case ENDPOINT_V6:
        return !netaddr_is_v4(target);
    default:
        /* "::" hears both; a mapped address has made the socket an IPv4 one. */
        return claim_of(endpoint_bound_address(endpoint), ENDPOINT_DUAL) == CLAIM_BOTH ||
               netaddr_is_v4(endpoint_bound_address(endpoint)) == netaddr_is_v4(target);
    }
}

/* C23: a connected endpoint hears only its peer. */
static bool peer_matches(const struct endpoint *endpoint, const struct datagram_meta *meta)
{
    if (!endpoint->connected) {
        return true;
    }
    const struct endpoint_name *peer = &endpoint->extra->peer;
    return (peer->port == meta->source_port || endpoint_is_raw(endpoint)) &&
           netaddr_equal(&peer->address, &meta->source) &&
           (peer->scope == 0 || !netaddr_is_link_scoped(&meta->source) ||
            peer->scope == meta->interface_index);
}

static bool scope_matches(const struct endpoint *endpoint, const struct datagram_meta *meta)
{
    return endpoint->scope == 0 || endpoint->scope == meta->interface_index;
}

static bool interface_listed(const struct endpoint *endpoint, const struct datagram_meta *meta)
{
    uint32_t list = endpoint->interface_list[netaddr_is_v4(&meta->destination)];

    return (list >> meta->interface_index & 1) != 0;
}

/* What unicasts, multicasts and broadcasts have to meet alike. */
static bool may_hear(const struct endpoint *endpoint, const struct datagram_meta *meta)
{
    return family_hears(endpoint, &meta->destination) && peer_matches(endpoint, meta) &&
           interface_listed(endpoint, meta);
}

/* 0: not for this endpoint; else the larger the better. */
static unsigned unicast_score(const struct endpoint *endpoint, const struct datagram_meta *meta)
{
    bool wildcard = netaddr_is_any(&endpoint->local);

    if (endpoint->sharing == ENDPOINT_SHARE_MULTICAST || !may_hear(endpoint, meta) ||
        !scope_matches(endpoint, meta) ||
        !(wildcard || netaddr_equal(&endpoint->local, &meta->destination))) {
        return 0;
    }
    return 1 + (endpoint->connected ? 2 : 0) + (wildcard ? 0 : 1);
}

/*
 * Most endpoints are bound to the wildcard and nothing else limits what they hear. To know that
 * beforehand saves the look-up of a datagram all its questions.
 */
void endpoint_refresh_plain_locked(struct endpoint *endpoint)
{
    static const uint8_t families[] = {
        [ENDPOINT_V4] = ENDPOINT_PLAIN_V4,
        [ENDPOINT_V6] = ENDPOINT_PLAIN_V6,
        [ENDPOINT_DUAL] = ENDPOINT_PLAIN_V4 | ENDPOINT_PLAIN_V6,
    };
    bool plain = !endpoint->connected && endpoint->sharing != ENDPOINT_SHARE_MULTICAST &&
                 endpoint->scope == 0 && netaddr_is_any(endpoint_bound_address(endpoint)) &&
                 netaddr_is_any(&endpoint->local) &&
                 (endpoint->family != ENDPOINT_DUAL ||
                  claim_of(endpoint_bound_address(endpoint), ENDPOINT_DUAL) == CLAIM_BOTH) &&
                 endpoint->interface_list[0] == ENDPOINT_EVERY_INTERFACE &&
                 endpoint->interface_list[1] == ENDPOINT_EVERY_INTERFACE;

    endpoint->plain = plain ? families[endpoint->family] : 0;
}

/* Is the endpoint bound to the wildcard or to an address of the interface of arrival? */
static bool local_is_on(const struct endpoint *endpoint, const struct interface *interface)
{
    return netaddr_is_any(endpoint_bound_address(endpoint)) ||
           (interface != NULL && interface_has_address(interface, endpoint_bound_address(endpoint)));
}

/* Is the endpoint entitled to this multicast or broadcast? */
static bool cast_matches(const struct endpoint *endpoint, const struct datagram_meta *meta)
{
    const struct interface *interface = interface_at(meta->interface_index);

    if (!may_hear(endpoint, meta) || !local_is_on(endpoint, interface)) {
        return false;
    }
    if (meta->flags & DATAGRAM_MULTICAST) {
        bool loop = endpoint->multicast_loop[netaddr_is_v4(&meta->destination)];
        return (loop || !(meta->flags & DATAGRAM_LOOPED)) &&
               membership_hears(endpoint->memberships, &meta->destination, interface,
                                &meta->source);
    }
    return endpoint->receive_broadcast;
}

/* Gives one copy to an endpoint that is held, and counts it by what became of it. */
static enum endpoint_verdict deliver_held(struct endpoint *endpoint, struct datagram *datagram)
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
    if (trace_wanted() && verdict <= ENDPOINT_DIRECT) {
        bool raw = endpoint_is_raw(endpoint);
        trace_station(frame_current(),
                      verdict == ENDPOINT_DIRECT ? WINLWIP_TRACE_DELIVER : WINLWIP_TRACE_QUEUE, 0,
                      datagram->meta->length, "%s %u",
                      raw ? "raw socket of protocol" : "socket on port",
                      raw ? endpoint->extra->protocol : endpoint->port);
    }
    return verdict;
}

enum endpoint_verdict endpoint_deliver_copy_locked(struct endpoint *endpoint,
                                                   struct datagram *datagram)
{
    endpoint->events->hold(endpoint->owner, true);
    enum endpoint_verdict verdict = deliver_held(endpoint, datagram);
    endpoint->events->release(endpoint->owner);
    return verdict;
}

void endpoint_tally_add(struct endpoint_tally *tally, enum endpoint_verdict verdict)
{
    switch (verdict) {
    case ENDPOINT_QUEUED:
    case ENDPOINT_DIRECT:
        tally->taken++;
        break;
    case ENDPOINT_FULL:
        tally->full++;
        break;
    default:
        tally->refused++;
        break;
    }
}

enum winlwip_fate endpoint_tally_fate(const struct endpoint_tally *tally)
{
    if (tally->taken != 0) {
        return WINLWIP_FATE_DELIVERED;
    }
    if (tally->full != 0) {
        return WINLWIP_FATE_DROP_QUEUE_FULL;
    }
    return tally->refused != 0 ? WINLWIP_FATE_DROP_NO_MEMORY : WINLWIP_FATE_DROP_NO_SOCKET;
}

static enum winlwip_fate deliver_to_all(const struct datagram_meta *meta, struct datagram *datagram)
{
    struct endpoint_tally tally = {0};

    for (struct endpoint *e = endpoint_by_port[meta->destination_port]; e != NULL; e = e->next) {
        if (cast_matches(e, meta)) {
            endpoint_tally_add(&tally, endpoint_deliver_copy_locked(e, datagram));
        }
    }
    return endpoint_tally_fate(&tally);
}

struct endpoint *endpoint_find_unicast_locked(const struct datagram_meta *meta)
{
    struct endpoint *first = endpoint_by_port[meta->destination_port];
    struct endpoint *best = NULL;
    unsigned best_score = 0;

    for (struct endpoint *e = first; e != NULL; e = e->next) {
        unsigned score = unicast_score(e, meta);
        if (score > best_score) {
            best = e;
            best_score = score;
        }
    }
    return best;
}

static enum winlwip_fate deliver_to_one(const struct datagram_meta *meta, struct datagram *datagram)
{
    struct endpoint *best = endpoint_find_unicast_locked(meta);
    struct endpoint_tally tally = {0};

    if (best != NULL) {
        datagram->exclusive = true;
        endpoint_tally_add(&tally, endpoint_deliver_copy_locked(best, datagram));
    }
    return endpoint_tally_fate(&tally);
}

void endpoint_deliver_superframe_locked(struct endpoint *endpoint, struct datagram *all)
{
    const struct datagram_outcome *outcome = &all->outcome;
    uint32_t count = datagram_count(all->meta);

    endpoint->events->deliver(endpoint->owner, all);
    stack_counters.datagrams += count;
    stack_counters.copies += count;
    stack_counters.copies_queued += outcome->queued;
    stack_counters.copies_direct += outcome->direct;
    stack_counters.copies_dropped += (uint64_t)outcome->full + outcome->refused;
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

bool endpoint_hears_locked(const struct endpoint *endpoint, const struct datagram_meta *meta)
{
    return addressed_to_all(meta) ? cast_matches(endpoint, meta)
                                  : unicast_score(endpoint, meta) != 0;
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

/* --- ICMP errors --- */

/* 0: can't have sent what this would be the reply to; else the larger the likelier. */
static unsigned sender_score(const struct endpoint *endpoint, const struct datagram_meta *reply)
{
    return endpoint->has_sent ? unicast_score(endpoint, reply) : 0;
}

bool endpoint_can_have_sent_locked(const struct datagram_meta *reply)
{
    for (struct endpoint *e = endpoint_by_port[reply->destination_port]; e != NULL; e = e->next) {
        if (sender_score(e, reply) != 0) {
            return true;
        }
    }
    return false;
}

enum winlwip_fate endpoint_error_locked(const struct datagram_meta *reply,
                                        const struct endpoint_error *error)
{
    unsigned told = 0, full = 0;
    bool to_connected = false;
    struct endpoint *first = endpoint_by_port[reply->destination_port];

    for (struct endpoint *e = first; e != NULL && !to_connected; e = e->next) {
        to_connected = e->connected && sender_score(e, reply) != 0;
    }
    for (struct endpoint *e = first; e != NULL; e = e->next) {
        if (sender_score(e, reply) == 0 || e->connected != to_connected) {
            continue;
        }
        told++;
        full += e->events->error(e->owner, error) == ENDPOINT_FULL;
    }
    if (told == 0) {
        return WINLWIP_FATE_DROP_ICMP_UNMATCHED;
    }
    return full == told ? WINLWIP_FATE_DROP_QUEUE_FULL : WINLWIP_FATE_DELIVERED;
}
