/*
 * config_hosts.c - the section [hosts] of a configuration.
 */
#include "host/config.h"

#include <errno.h>
#include <string.h>

static int add_address(struct config *config, const char *text, const char *name)
{
    struct netaddr address;

    if (netaddr_parse(text, &address) != 0) {
        return config_fail(config, config->line, -EINVAL, "\"%s\" is no address of host %s", text,
                           name);
    }
    switch (hosts_add(&config->hosts, name, &address)) {
    case 0:
        return 0;
    case -ENOMEM:
        return config_fail_memory(config);
    case -ENOSPC:
        return config_fail(config, config->line, -EINVAL, "more than %d addresses of hosts",
                           LIMIT_HOSTS);
    default:
        return config_fail(config, config->line, -EINVAL,
                           "a host's name has 1 to %d characters", LIMIT_NAME_CHARS);
    }
}

int config_set_host(struct config *config, const char *name, const char *addresses)
{
    if (addresses[strspn(addresses, CONFIG_LIST_SEPARATORS)] == '\0') {
        return config_fail(config, config->line, -EINVAL, "host %s has no address", name);
    }
    return config_each_of_list(config, addresses, add_address, name);
}
