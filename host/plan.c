/*
 * plan.c - opens what a configuration names.
 */
#include "host/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/drivers.h"
#include "host/wrap.h"

/*
 * A MAC address for an interface that was given none: locally administered, the same for a name in
 * a process, different between processes on one link (FNV-1a over both).
 */
static void derive_mac(const char *name, uint8_t mac[6])
{
    uint64_t hash = 0xcbf29ce484222325u;
    uint32_t process = (uint32_t)getpid();

    for (; *name != '\0'; name++) {
        hash = (hash ^ (uint8_t)*name) * 0x100000001b3u;
    }
    for (unsigned i = 0; i < sizeof(process); i++) {
        hash = (hash ^ (uint8_t)(process >> 8 * i)) * 0x100000001b3u;
    }
    mac[0] = 0x02;
    for (unsigned i = 1; i < 6; i++) {
        mac[i] = (uint8_t)(hash >> 8 * i);
    }
}

static int open_driver(struct config *config, const struct config_interface *from,
                       const struct link_driver *const *drivers, struct link **out)
{
    const struct link_driver *driver = drivers_find(drivers, from->driver);
    char error[LINK_ERROR_BYTES] = "";
    struct link_option *options;
    size_t option_count;
    int status;

    if (driver == NULL) {
        char known[128];

        drivers_list(drivers, known, sizeof(known));
        return config_fail_interface(config, from, -EINVAL,
                                     "unknown driver \"%s\": there are %s", from->driver, known);
    }
    status = wrap_driver_options(config, from, driver, &options, &option_count);
    if (status != 0) {
        return status;
    }
    status = driver->open(options, option_count, out, error);
    free(options);
    if (status != 0) {
        return config_fail_interface(config, from, status, "%s",
                                     error[0] != '\0' ? error : strerror(-status));
    }
    return 0;
}

/* Does the opened link allow what is configured? Returns 0, or -EINVAL with the text. */
static int check_link(struct config *config, const struct config_interface *from,
                      const struct link *link)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a driver that returns 0 has set it */
    unsigned most = link->mtu_most > link->mtu ? link->mtu_most : link->mtu;

    if (from->mtu > most) {
        return config_fail_interface(config, from, -EINVAL,
                                     "mtu %u is more than the %u of its %s", from->mtu, most,
                                     link->ops->driver);
    }
    if (from->has_mac && link_has_mac(link) && memcmp(from->mac, link->mac, 6) != 0) {
        return config_fail_interface(config, from, -EINVAL,
                                     "its %s has the mac %02x:%02x:%02x:%02x:%02x:%02x and takes "
                                     "no other", link->ops->driver, link->mac[0], link->mac[1],
                                     link->mac[2], link->mac[3], link->mac[4], link->mac[5]);
    }
    if (from->dhcp && (link->replay || link->ip_only)) {
        return config_fail_interface(config, from, -EINVAL,
                                     "address dhcp needs an Ethernet with a server on it; its %s is "
                                     "%s", link->ops->driver,
                                     link->replay ? "a replay" : "none");
    }
    return 0;
}

/* Undoes the opening of an interface. A program's own link stays open. */
static void close_interface(const struct config_interface *from, struct link *link)
{
    link = wrap_undo(from, link);
    if (from->link == NULL) {
        link->ops->close(link);
    }
}

/* Opens the link unless the program did, wraps it, and looks at what only an opened link tells. */
static int open_interface(struct config *config, const struct config_interface *from,
                          const struct link_driver *const *drivers, struct stack_interface *to)
{
    int status = 0;

    to->link = from->link;
    if (from->link == NULL) {
        status = open_driver(config, from, drivers, &to->link);
    }
    if (status != 0) {
        return status;
    }
    status = wrap_link(config, from, &to->link);
    if (status != 0) {
        if (from->link == NULL) {
            to->link->ops->close(to->link);
        }
        return status;
    }
    status = check_link(config, from, to->link);
    if (status != 0) {
        close_interface(from, to->link);
        return status;
    }
    to->name = from->name;
    to->mtu = from->mtu;
    to->addresses = from->addresses;
    to->address_count = from->address_count;
    to->dhcp = from->dhcp;
    to->gateway4 = from->gateway4;
    to->gateway6 = from->gateway6;
    to->routes = from->routes;
    to->route_count = from->route_count;
    to->autoconf = from->autoconf;
    to->down = from->down;
    if (from->has_mac) {
        memcpy(to->mac, from->mac, sizeof(to->mac));
    } else {
        derive_mac(from->name, to->mac);
    }
    return 0;
}

/* Will an address have to pass duplicate address detection? Replays have nobody to ask. */
static bool is_tentative(const struct stack_interface *interface)
{
    if (interface->down) {
        return false;
    }
    for (size_t i = 0; i < interface->address_count && !interface->link->replay; i++) {
        if (!netaddr_is_v4(&interface->addresses[i].address)) {
            return true;
        }
    }
    return false;
}

int plan_open(struct plan *plan, struct config *config, const struct link_driver *const *drivers)
{
    size_t count = config->interface_count;
    size_t opened;
    int status = 0;

    *plan = (struct plan){
        .stack = {.background = config->background, .no_early = !config->early},
    };
    plan->interfaces = calloc(count + 1, sizeof(*plan->interfaces));
    if (plan->interfaces == NULL) {
        return config_fail(config, 0, -ENOMEM, "out of memory");
    }
    for (opened = 0; opened < count; opened++) {
        status = open_interface(config, &config->interfaces[opened], drivers,
                                &plan->interfaces[opened]);
        if (status != 0) {
            goto close_links;
        }
        plan->tentative |= is_tentative(&plan->interfaces[opened]);
    }
    plan->stack.interfaces = plan->interfaces;
    plan->stack.interface_count = count;
    plan->stack.dns_servers = config->dns_servers;
    plan->stack.dns_server_count = config->dns_server_count;
    return 0;

close_links:
    while (opened-- > 0) {
        close_interface(&config->interfaces[opened], plan->interfaces[opened].link);
    }
    plan_free(plan);
    return status;
}

void plan_free(struct plan *plan)
{
    free(plan->interfaces);
    *plan = (struct plan){.interfaces = NULL};
}
