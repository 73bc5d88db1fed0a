/*
 * bind.c - who may have which name.
 *
 * A new name is compared with each one that is bound on its port, by a table (winsock-facts 4.8):
 * sharing mode, and wildcard or specific address, on either side. "::" with both families counts as
 * less specific than 0.0.0.0 (WB 5.14). Ports of the dynamic range are given out at random.
 *
 * Raw endpoints have no ports; any number of them may have one name.
 *
 * Guarded by the stack lock. No state of its own.
 */
#include <errno.h>

#include "stack/endpoint_table.h"
#include "stack/random.h"

enum claim claim_of(const struct netaddr *address, enum endpoint_family family)
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

/* Towards others a port that is shared for multicasts is not shared at all. */
static enum endpoint_sharing row_of(enum endpoint_sharing sharing)
{
    return sharing == ENDPOINT_SHARE_MULTICAST ? ENDPOINT_SHARE_DEFAULT : sharing;
}

/* What binding name beside an endpoint that is bound already gives: 0 or an errno. */
static int bind_beside(const struct endpoint *first, const struct endpoint_name *name,
                       enum endpoint_family family, enum endpoint_sharing sharing)
{
    enum claim claim_first = claim_of(endpoint_bound_address(first), first->family);
    enum claim claim_second = claim_of(&name->address, family);

    if (!names_overlap(endpoint_bound_address(first), claim_first, first->scope, &name->address,
                       claim_second, name->scope)) {
        return 0;
    }
    /* Equal claims: both specific or both wide. Else the larger claim is the wide one. */
    bool first_is_specific = claim_first == claim_second ? claim_first == CLAIM_ADDRESS
                                                         : claim_first > claim_second;
    bool second_is_specific = claim_first == claim_second ? claim_first == CLAIM_ADDRESS
                                                          : claim_second > claim_first;
    if (first->sharing == ENDPOINT_SHARE_MULTICAST && sharing == ENDPOINT_SHARE_MULTICAST) {
        return 0;
    }
    return sharing_table[row_of((enum endpoint_sharing)first->sharing)][first_is_specific][row_of(sharing)]
                        [second_is_specific];
}

static int bind_check(const struct endpoint_name *name, enum endpoint_family family,
                      enum endpoint_sharing sharing)
{
    if (resolver_has_port_locked(name->port) || lease_has_port_locked(name->port)) {
        return -EADDRINUSE; /* an answer is on its way to it */
    }
    for (const struct endpoint *e = endpoint_by_port[name->port]; e != NULL; e = e->next) {
        int error = bind_beside(e, name, family, sharing);
        if (error != 0) {
            return -error;
        }
    }
    return 0;
}

bool endpoint_port_bound_locked(uint16_t port)
{
    return endpoint_by_port[port] != NULL;
}

uint16_t endpoint_free_port_locked(void)
{
    unsigned range = PORTS - ENDPOINT_PORT_DYNAMIC_FIRST;
    unsigned start = stack_random32() % range;

    for (unsigned i = 0; i < range; i++) {
        unsigned port = ENDPOINT_PORT_DYNAMIC_FIRST + (start + i) % range;
        if (endpoint_by_port[port] == NULL && !resolver_has_port_locked((uint16_t)port)) {
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
    struct endpoint **at = &endpoint_by_port[endpoint->port];

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
    if (!endpoint_is_raw(endpoint) && name.port == 0) {
        name.port = endpoint_free_port_locked();
        if (name.port == 0) {
            return -ENOBUFS;
        }
    }
    /* A raw endpoint shares its protocol with all others (C22). */
    int error = endpoint_is_raw(endpoint) ? 0 : bind_check(&name, family, sharing);
    if (error != 0) {
        return error;
    }
    endpoint->port = name.port;
    endpoint->scope = name.scope;
    endpoint->local = name.address;
    endpoint->family = (uint8_t)family;
    endpoint->sharing = (uint8_t)sharing;
    endpoint_refresh_plain_locked(endpoint);
    if (endpoint_is_raw(endpoint)) {
        error = raw_link_locked(endpoint);
        endpoint->is_bound = error == 0;
        return error;
    }
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
        bound->address = endpoint->local;
        bound->port = endpoint->port;
        bound->scope = endpoint->scope;
        endpoint_refresh_state_locked(endpoint);
    }
    stack_unlock();
    return error;
}
