/*
 * pmtu.c - path MTUs, and how large a packet of ours may be.
 *
 * Theory of operation. lwIP keeps no path MTU for IPv4 and never forgets one for IPv6, so here is a
 * table for both: the destination and the interface give a slot, a newer path takes it from an
 * older one, and what was learnt is forgotten after ten minutes (RFC 1191, 6.3; RFC 8201, 4), when
 * a path may have grown again. icmp_error.c decides what is believed; values only ever shrink here,
 * down to what every path must carry.
 *
 * Guarded by the stack lock. Bound: LIMIT_PATHS.
 */
#include <string.h>

#include "stack/internal.h"
#include "stack/random.h"

/* Below these no path MTU goes: what every IPv4 host takes (RFC 791, 3.1), IPv6's least MTU. */
enum { MTU_MIN4 = 576, MTU_MIN6 = 1280 };

struct path {
    struct netaddr target;
    uint32_t interface_index; /* 0: the slot is free */
    uint32_t mtu_bytes;
    int64_t learnt_ns;
};

static struct {
    struct path paths[LIMIT_PATHS];
    uint64_t seed; /* so that nobody can aim at a slot */
} pmtu;

void pmtu_start(void)
{
    memset(&pmtu, 0, sizeof(pmtu));
    pmtu.seed = (uint64_t)stack_random32() << 32 | stack_random32() | 1;
}

static struct path *slot_of(const struct netaddr *target, uint32_t interface_index)
{
    uint64_t hash = (target->halves[0] ^ interface_index) * pmtu.seed;

    hash = (hash ^ hash >> 29 ^ target->halves[1]) * pmtu.seed;
    return &pmtu.paths[(hash >> 40) % LIMIT_PATHS];
}

static unsigned least_mtu(const struct netaddr *target)
{
    return netaddr_is_v4(target) ? MTU_MIN4 : MTU_MIN6;
}

unsigned pmtu_of_interface(const struct netif *netif, const struct netaddr *target)
{
    unsigned mtu_bytes = netaddr_is_v4(target) ? netif->mtu : netif_mtu6(netif);

    return mtu_bytes != 0 ? mtu_bytes : UINT16_MAX;
}

static bool is_path(const struct path *path, uint32_t interface_index,
                    const struct netaddr *target)
{
    return path->interface_index == interface_index && netaddr_equal(&path->target, target);
}

bool pmtu_is_known_locked(const struct netif *netif, const struct netaddr *target)
{
    uint32_t interface_index = interface_of_netif(netif)->index;

    return is_path(slot_of(target, interface_index), interface_index, target);
}

unsigned pmtu_of_path_locked(const struct netif *netif, const struct netaddr *target)
{
    uint32_t interface_index = interface_of_netif(netif)->index;
    unsigned mtu_bytes = pmtu_of_interface(netif, target);
    struct path *path = slot_of(target, interface_index);

    if (!is_path(path, interface_index, target)) {
        return mtu_bytes;
    }
    if (clock_now_ns() - path->learnt_ns > LIMIT_PATH_AGE_S * NS_PER_S) {
        path->interface_index = 0;
        return mtu_bytes;
    }
    return path->mtu_bytes < mtu_bytes ? path->mtu_bytes : mtu_bytes;
}

bool pmtu_learn_locked(const struct netif *netif, const struct netaddr *target, unsigned mtu_bytes)
{
    uint32_t interface_index = interface_of_netif(netif)->index;

    if (mtu_bytes < least_mtu(target)) {
        mtu_bytes = least_mtu(target);
    }
    if (mtu_bytes >= pmtu_of_path_locked(netif, target)) {
        return false;
    }
    *slot_of(target, interface_index) = (struct path){
        .target = *target,
        .interface_index = interface_index,
        .mtu_bytes = mtu_bytes,
        .learnt_ns = clock_now_ns(),
    };
    shortcut_forget_locked();
    return true;
}

unsigned pmtu_as_wished(const struct endpoint_send *send, unsigned mtu_bytes)
{
    uint32_t wanted = send->user_mtu_bytes;

    if (wanted == 0 || wanted >= mtu_bytes) {
        return mtu_bytes;
    }
    unsigned least_bytes = least_mtu(&send->destination.address);
    if (wanted < least_bytes) {
        wanted = least_bytes;
    }
    return wanted < mtu_bytes ? wanted : mtu_bytes;
}

unsigned pmtu_bound_locked(const struct netif *netif, const struct endpoint_send *send)
{
    const struct netaddr *target = &send->destination.address;
    bool by_interface =
        send->discovery == ENDPOINT_MTU_DONT || send->discovery == ENDPOINT_MTU_PROBE;

    return pmtu_as_wished(send, by_interface ? pmtu_of_interface(netif, target)
                                             : pmtu_of_path_locked(netif, target));
}
