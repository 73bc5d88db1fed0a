/*
 * config_check.c - what only the whole of a configuration can tell.
 */
#include "host/config.h"

#include <errno.h>

#include "host/values.h"

/* RFC 8200 section 5: every IPv6 link carries 1280 bytes. */
#define MTU_MIN_IPV6_BYTES 1280u

/*
 * A gateway is a neighbour: in the network of an address, or link-local. Networks that a server or
 * a router will name are not known yet.
 */
static bool gateway_reachable(const struct config_interface *interface,
                              const struct netaddr *gateway)
{
    if (netaddr_is_any(gateway) || netaddr_is_link_scoped(gateway)) {
        return true;
    }
    if (netaddr_is_v4(gateway) ? interface->dhcp : interface->autoconf) {
        return true;
    }
    for (size_t i = 0; i < interface->address_count; i++) {
        const struct stack_address *own = &interface->addresses[i];

        if (netaddr_in_prefix(gateway, &own->address, own->prefix_bits)) {
            return true;
        }
    }
    return false;
}

static int check_gateway(struct config *config, const struct config_interface *interface,
                         const struct netaddr *gateway, unsigned line)
{
    struct config_interface at = *interface;
    char text[NETADDR_TEXT_BYTES];

    if (gateway_reachable(interface, gateway)) {
        return 0;
    }
    at.line = line;
    return config_fail_interface(config, &at, -EINVAL,
                                 "gateway %s is in no network of interface %s",
                                 netaddr_text(gateway, text), interface->name);
}

static int check_routes(struct config *config, const struct config_interface *interface)
{
    for (size_t i = 0; i < interface->route_count; i++) {
        int status = check_gateway(config, interface, &interface->routes[i].router,
                                   interface->route_lines[i]);

        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static bool has_ipv6(const struct config_interface *interface)
{
    if (interface->autoconf) {
        return true;
    }
    for (size_t i = 0; i < interface->address_count; i++) {
        if (!netaddr_is_v4(&interface->addresses[i].address)) {
            return true;
        }
    }
    return false;
}

int config_finish(struct config *config)
{
    for (size_t i = 0; i < config->interface_count; i++) {
        const struct config_interface *interface = &config->interfaces[i];
        int status;

        if (interface->driver == NULL && interface->link == NULL) {
            return config_fail_interface(config, interface, -EINVAL,
                                         "no driver is named");
        }
        if (interface->mtu != 0 && interface->mtu < MTU_MIN_IPV6_BYTES && has_ipv6(interface)) {
            return config_fail_interface(config, interface, -EINVAL,
                                         "mtu %u is below the %u bytes that IPv6 needs",
                                         interface->mtu, MTU_MIN_IPV6_BYTES);
        }
        status = check_gateway(config, interface, &interface->gateway4, interface->gateway4_line);
        if (status == 0) {
            status = check_gateway(config, interface, &interface->gateway6,
                                   interface->gateway6_line);
        }
        if (status == 0) {
            status = check_routes(config, interface);
        }
        if (status != 0) {
            return status;
        }
    }
    return 0;
}
