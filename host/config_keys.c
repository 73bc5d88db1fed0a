/*
 * config_keys.c - the keys of the sections [winlwip] and [interface NAME], and the checks of their
 * values.
 *
 * A table a section; config_set() looks a key up in it and calls the key's function. What stands in
 * no table is a driver's or a wrapper's in an interface's section, and an error in [winlwip].
 *
 * Limits: config/limits.h (addresses of an interface, DNS servers).
 */
#include "host/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/limits.h"
#include "host/values.h"

/* RFC 791: every host takes 576 bytes. */
#define MTU_MIN_BYTES 576u
#define MTU_MAX_BYTES 65535u

/* The most that max-pending may be: each takes about 400 bytes. */
#define PENDING_MAX 1000000u

/* The longest wait for addresses: by then every client has asked often. */
#define WAIT_MAX_MS 600000u

/* How the value of a key is taken. Returns 0, or -errno after config_fail(). */
typedef int (*config_key_fn)(struct config *config, const char *value);

struct config_key {
    const char *name;
    config_key_fn set;
    bool repeatable;
};

/* --- Keys of [winlwip] --- */

static int set_switch(struct config *config, const char *key, const char *value, bool *out)
{
    if (value_switch(value, out) != 0) {
        return config_fail(config, config->line, -EINVAL, "%s is \"on\" or \"off\", not \"%s\"",
                           key, value);
    }
    return 0;
}

static int set_probe(struct config *config, const char *value)
{
    return set_switch(config, "probe", value, &config->probe);
}

static int set_background(struct config *config, const char *value)
{
    return set_switch(config, "background", value, &config->background);
}

static int set_early(struct config *config, const char *value)
{
    return set_switch(config, "early", value, &config->early);
}

static int add_dns_server(struct config *config, const char *text, const char *unused)
{
    struct netaddr server;
    (void)unused;

    if (netaddr_parse(text, &server) != 0 || netaddr_is_any(&server) ||
        netaddr_is_multicast(&server)) {
        return config_fail(config, config->line, -EINVAL, "\"%s\" is no address of a DNS server",
                           text);
    }
    if (config->dns_server_count == LIMIT_DNS_SERVERS) {
        return config_fail(config, config->line, -EINVAL, "more than %d DNS servers",
                           LIMIT_DNS_SERVERS);
    }
    config->dns_servers[config->dns_server_count++] = server;
    return 0;
}

static int set_dns(struct config *config, const char *value)
{
    return config_each_of_list(config, value, add_dns_server, NULL);
}

static int set_raw(struct config *config, const char *value)
{
    config->raw_admin = strcmp(value, "admin") == 0;
    if (!config->raw_admin && strcmp(value, "any") != 0) {
        return config_fail(config, config->line, -EINVAL, "raw is \"any\" or \"admin\", not \"%s\"",
                           value);
    }
    return 0;
}

static int set_max_pending(struct config *config, const char *value)
{
    if (value_number(value, 1, PENDING_MAX, &config->max_pending) != 0) {
        return config_fail(config, config->line, -EINVAL,
                           "max-pending is a number from 1 to %u, not \"%s\"", PENDING_MAX, value);
    }
    return 0;
}

static int set_wait(struct config *config, const char *value)
{
    config->has_wait = true;
    if (value_number(value, 0, WAIT_MAX_MS, &config->wait_ms) != 0) {
        return config_fail(config, config->line, -EINVAL,
                           "wait is a number of milliseconds from 0 to %u, not \"%s\"", WAIT_MAX_MS,
                           value);
    }
    return 0;
}

static const struct config_key winlwip_keys[] = {
    {"probe", set_probe, false},
    {"background", set_background, false},
    {"early", set_early, false},
    {"raw", set_raw, false},
    {"dns", set_dns, true},
    {"max-pending", set_max_pending, false},
    {"wait", set_wait, false},
    {NULL, NULL, false},
};

/* --- Keys of [interface NAME] --- */

static int set_driver(struct config *config, const char *value)
{
    if (*value == '\0') {
        return config_fail(config, config->line, -EINVAL, "driver has no value");
    }
    config_current(config)->driver = strdup(value);
    return config_current(config)->driver == NULL ? config_fail_memory(config) : 0;
}

static int set_mac(struct config *config, const char *value)
{
    struct config_interface *interface = config_current(config);
    static const uint8_t none[6];

    if (value_mac(value, interface->mac) != 0) {
        return config_fail(config, config->line, -EINVAL,
                           "\"%s\" is no MAC address, as in 02:00:5e:10:00:01", value);
    }
    if ((interface->mac[0] & 1) != 0 || memcmp(interface->mac, none, sizeof(none)) == 0) {
        return config_fail(config, config->line, -EINVAL,
                           "MAC address %s is not that of one station", value);
    }
    interface->has_mac = true;
    return 0;
}

/* Link-scoped addresses may stand on several interfaces, others on one. */
static int check_address_new(struct config *config, const struct stack_address *address,
                             const char *text)
{
    for (size_t i = 0; i < config->interface_count; i++) {
        const struct config_interface *interface = &config->interfaces[i];

        if (interface != config_current(config) && netaddr_is_link_scoped(&address->address)) {
            continue;
        }
        for (size_t j = 0; j < interface->address_count; j++) {
            if (netaddr_equal(&interface->addresses[j].address, &address->address)) {
                return config_fail(config, config->line, -EINVAL,
                                   "address %s is given twice, first on interface %s", text,
                                   interface->name);
            }
        }
    }
    return 0;
}

/*
 * Is there room for more addresses of a family? One place of the IPv6 addresses is the link-local
 * one's, which the stack makes; the address from a DHCP server takes one of IPv4.
 */
static int check_address_room(struct config *config, bool v4)
{
    const struct config_interface *interface = config_current(config);
    size_t limit = v4 ? LIMIT_ADDRESSES : LIMIT_ADDRESSES - 1;
    size_t count = v4 && interface->dhcp ? 1 : 0;

    for (size_t i = 0; i < interface->address_count; i++) {
        count += netaddr_is_v4(&interface->addresses[i].address) == v4;
    }
    if (count >= limit) {
        return config_fail(config, config->line, -EINVAL,
                           "more than %zu %s addresses on an interface", limit,
                           v4 ? "IPv4" : "IPv6");
    }
    return 0;
}

/* Takes "dhcp" or "auto", whose flag is *out. */
static int set_origin(struct config *config, const char *word, bool *out)
{
    int status = 0;

    if (*out) {
        return config_fail(config, config->line, -EINVAL, "address %s is given twice", word);
    }
    if (out == &config_current(config)->dhcp) {
        status = check_address_room(config, true);
    }
    *out = status == 0;
    return status;
}

static int add_address(struct config *config, const char *text, const char *unused)
{
    struct config_interface *interface = config_current(config);
    struct stack_address address;
    struct stack_address *grown;
    int status;
    (void)unused;

    if (strcmp(text, "dhcp") == 0) {
        return set_origin(config, text, &interface->dhcp);
    }
    if (strcmp(text, "auto") == 0) {
        return set_origin(config, text, &interface->autoconf);
    }
    if (value_prefixed(text, &address) != 0) {
        return config_fail(config, config->line, -EINVAL,
                           "\"%s\" is no address with prefix length, as in 192.0.2.1/24 or "
                           "2001:db8::1/64, nor \"dhcp\" or \"auto\"", text);
    }
    if (value_unfit(&address) != NULL) {
        return config_fail(config, config->line, -EINVAL, "%s is %s", text, value_unfit(&address));
    }
    status = check_address_new(config, &address, text);
    if (status == 0) {
        status = check_address_room(config, netaddr_is_v4(&address.address));
    }
    if (status != 0) {
        return status;
    }
    grown = reallocarray(interface->addresses, interface->address_count + 1, sizeof(*grown));
    if (grown == NULL) {
        return config_fail_memory(config);
    }
    interface->addresses = grown;
    grown[interface->address_count++] = address;
    return 0;
}

static int set_addresses(struct config *config, const char *value)
{
    return config_each_of_list(config, value, add_address, NULL);
}

static int set_gateway_of(struct config *config, const char *value, bool v4, struct netaddr *out,
                          unsigned *line)
{
    struct netaddr address;

    if (netaddr_parse(value, &address) != 0 || netaddr_is_v4(&address) != v4) {
        return config_fail(config, config->line, -EINVAL, "\"%s\" is no IPv%c address", value,
                           v4 ? '4' : '6');
    }
    if (netaddr_is_any(&address) || netaddr_is_multicast(&address) ||
        netaddr_is_loopback(&address)) {
        return config_fail(config, config->line, -EINVAL, "%s can't be a gateway", value);
    }
    *out = address;
    *line = config->line;
    return 0;
}

static int set_gateway4(struct config *config, const char *value)
{
    struct config_interface *interface = config_current(config);

    return set_gateway_of(config, value, true, &interface->gateway4, &interface->gateway4_line);
}

static int set_gateway6(struct config *config, const char *value)
{
    struct config_interface *interface = config_current(config);

    return set_gateway_of(config, value, false, &interface->gateway6, &interface->gateway6_line);
}

static int set_mtu(struct config *config, const char *value)
{
    if (value_number(value, MTU_MIN_BYTES, MTU_MAX_BYTES, &config_current(config)->mtu) != 0) {
        return config_fail(config, config->line, -EINVAL,
                           "mtu is a number from %u to %u, not \"%s\"", MTU_MIN_BYTES,
                           MTU_MAX_BYTES, value);
    }
    return 0;
}

static size_t count_routes(const struct config *config)
{
    size_t count = 0;

    for (size_t i = 0; i < config->interface_count; i++) {
        count += config->interfaces[i].route_count;
    }
    return count;
}

static int add_route(struct config *config, const char *text)
{
    struct config_interface *interface = config_current(config);
    struct stack_route route;

    if (value_route(text, &route) != 0) {
        return config_fail(config, config->line, -EINVAL,
                           "\"%s\" is no route, as in 198.51.100.0/24 via 192.0.2.254", text);
    }
    if (netaddr_is_any(&route.router) || netaddr_is_multicast(&route.router) ||
        netaddr_is_loopback(&route.router)) {
        return config_fail(config, config->line, -EINVAL, "no router has the address in \"%s\"",
                           text);
    }
    if (count_routes(config) == LIMIT_ROUTES) {
        return config_fail(config, config->line, -EINVAL, "more than %d routes", LIMIT_ROUTES);
    }
    interface->route_lines[interface->route_count] = config->line;
    interface->routes[interface->route_count++] = route;
    return 0;
}

/* Routes have blanks inside: commas alone divide a list of them. */
static int set_routes(struct config *config, const char *value)
{
    char *copy = strdup(value);
    char *rest = NULL;
    int status = 0;

    if (copy == NULL) {
        return config_fail_memory(config);
    }
    for (char *text = strtok_r(copy, ",", &rest); text != NULL && status == 0;
         text = strtok_r(NULL, ",", &rest)) {
        status = add_route(config, text + strspn(text, " \t"));
    }
    free(copy);
    return status;
}

static int set_up(struct config *config, const char *value)
{
    bool up = true;
    int status = set_switch(config, "up", value, &up);

    config_current(config)->down = !up;
    return status;
}

static const struct config_key interface_keys[] = {
    {"driver", set_driver, false},
    {"mac", set_mac, false},
    {"address", set_addresses, true},
    {"gateway", set_gateway4, false},
    {"gateway6", set_gateway6, false},
    {"route", set_routes, true},
    {"mtu", set_mtu, false},
    {"up", set_up, false},
    {NULL, NULL, false},
};

int config_add_option(struct config *config, const char *key, const char *value)
{
    struct config_interface *interface = config_current(config);
    struct link_option option = {strdup(key), strdup(value)};
    struct link_option *grown;

    grown = reallocarray(interface->options, interface->option_count + 1, sizeof(*grown));
    if (grown != NULL) {
        interface->options = grown;
    }
    if (grown == NULL || option.key == NULL || option.value == NULL) {
        free((char *)option.key);
        free((char *)option.value);
        return config_fail_memory(config);
    }
    grown[interface->option_count++] = option;
    return 0;
}

/* The key of a table that ends with a NULL name, or its end. */
static const struct config_key *find_key(const struct config_key *keys, const char *name)
{
    while (keys->name != NULL && strcmp(keys->name, name) != 0) {
        keys++;
    }
    return keys;
}

bool config_knows(enum config_place place, const char *key)
{
    const struct config_key *keys = place == CONFIG_IN_WINLWIP ? winlwip_keys : interface_keys;

    return find_key(keys, key)->name != NULL;
}

int config_set(struct config *config, const char *key, const char *value)
{
    const struct config_key *keys;
    const struct config_key *found;
    unsigned bit;

    if (config->place == CONFIG_NOWHERE) {
        return config_fail(config, config->line, -EINVAL, "key \"%s\" in front of any section",
                           key);
    }
    if (config->place == CONFIG_IN_HOSTS) {
        return config_set_host(config, key, value);
    }
    keys = config->place == CONFIG_IN_WINLWIP ? winlwip_keys : interface_keys;
    found = find_key(keys, key);
    if (found->name == NULL && config->place == CONFIG_IN_WINLWIP) {
        return config_fail(config, config->line, -EINVAL, "unknown key \"%s\" in [winlwip]", key);
    }
    if (found->name == NULL) {
        return config_add_option(config, key, value);
    }
    bit = 1u << (found - keys);
    if ((config->keys_seen & bit) != 0 && !found->repeatable) {
        return config_fail(config, config->line, -EINVAL, "key \"%s\" is given twice", key);
    }
    config->keys_seen |= bit;
    return found->set(config, value);
}
