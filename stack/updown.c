/*
 * updown.c - interfaces that go down and come up again while the stack runs (C39).
 *
 * lwIP forgets neighbours of a netif that goes down and reports groups anew when it comes up; what
 * routers have said is forgotten here. Addresses and memberships stay. Coming up, a live interface
 * looks for duplicates of its addresses again (RFC 4862, 5.4: it may be on another link now), and
 * asks for routers and for a lease. Routes and own addresses of an interface that is down do
 * not exist for senders (route.c), and its frames end in link.c. The endpoints that hear on it are
 * told; a driver that fails for good does the same, without return.
 *
 * Guarded by the stack lock.
 */
#include <errno.h>
#include <string.h>

#include "lwip/nd6.h"

#include "stack/internal.h"
#include "stack/loop.h"

static struct interface *find(const char *name)
{
    for (uint32_t i = 1; i <= interface_count(); i++) {
        if (strcmp(interface_at(i)->name, name) == 0) {
            return interface_at(i);
        }
    }
    return NULL;
}

void interface_set_down_locked(struct interface *interface)
{
    interface->down = true;
    lease_down_locked(interface);
    for (unsigned i = 0; i < interface->netif_count; i++) {
        netif_set_down(&interface->netifs[i]);
    }
    router_forget_locked(interface);
}

void interface_set_up_locked(struct interface *interface)
{
    struct netif *netif = &interface->netifs[0];

    interface->down = false;
    duplicate_retry_locked(interface);
    for (unsigned i = 0; i < LWIP_IPV6_NUM_ADDRESSES && !interface->link->replay; i++) {
        if (!ip6_addr_isinvalid(netif_ip6_addr_state(netif, i))) {
            netif_ip6_addr_set_state(netif, i, IP6_ADDR_TENTATIVE);
        }
    }
    for (unsigned i = 0; i < interface->netif_count; i++) {
        netif_set_up(&interface->netifs[i]);
        interface_announce4_locked(&interface->netifs[i]);
    }
    nd6_clear_destination_cache(); /* its routes are there again */
    lease_up_locked(interface); /* without memory there is no address, as without a server */
}

static int set_locked(const char *name, bool up)
{
    if (!stack_running()) {
        return -ENETDOWN;
    }
    struct interface *interface = find(name);
    if (interface == NULL) {
        return -ENODEV;
    }
    if (interface->link == NULL) {
        return -EINVAL;
    }
    timers_run_locked(); /* lwIP's clocks stand at the present when reports are made due */
    if (interface->down == !up) {
        return 0;
    }
    if (up) {
        interface_set_up_locked(interface);
    } else {
        interface_set_down_locked(interface);
    }
    shortcut_forget_locked();
    endpoint_refresh_all_locked();
    return 0;
}

int stack_set_interface(const char *name, bool up)
{
    stack_lock();
    int error = set_locked(name, up);
    stack_unlock();
    loop_timers_changed(); /* reports are due after the return */
    return error;
}

int winlwip_interface_set(const char *name, bool up)
{
    return name != NULL && stack_set_interface(name, up) == 0 ? 0 : -1;
}
