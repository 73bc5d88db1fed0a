/*
 * updown.c - interfaces that go down and come up again while the stack runs (C39).
 *
 * lwIP forgets neighbours and routers of a netif that goes down and reports groups anew when it
 * comes up; addresses and memberships stay. Routes and own addresses of an interface that is down do
 * not exist for senders (route.c), and its frames end in link.c. The endpoints that hear on it are
 * told; a driver that fails for good does the same, without return.
 *
 * Guarded by the stack lock.
 */
#include <errno.h>
#include <string.h>

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
    interface->down = !up;
    shortcut_forget_locked();
    for (unsigned i = 0; i < interface->netif_count; i++) {
        if (up) {
            netif_set_up(&interface->netifs[i]);
        } else {
            netif_set_down(&interface->netifs[i]);
        }
    }
    if (up) {
        lease_up_locked(interface); /* without memory there is no address, as without a server */
    }
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
