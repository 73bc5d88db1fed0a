/*
 * config_struct.c - a configuration from a program's struct: its strings go the way of the file's
 * keys, so that both forms mean the same and are checked by the same rules.
 */
#include "host/config.h"

#include <errno.h>
#include <stdio.h>

static int read_section(struct config *config, const struct winlwip_interface *from)
{
    char title[64];
    int length;

    if (from->name != NULL) {
        length = snprintf(title, sizeof(title), "interface %s", from->name);
    } else {
        length = snprintf(title, sizeof(title), "interface eth%zu", config->interface_count);
    }
    if (length < 0 || (size_t)length >= sizeof(title)) {
        return config_fail(config, 0, -EINVAL, "interface name has not 1 to %d characters",
                           CONFIG_NAME_MAX);
    }
    return config_section(config, title);
}

static int set_number(struct config *config, const char *key, unsigned value)
{
    char number[16];

    snprintf(number, sizeof(number), "%u", value);
    return config_set(config, key, number);
}

/* Keys whose member is NULL are not set. */
static int read_keys(struct config *config, const struct winlwip_interface *from)
{
    const struct {
        const char *key;
        const char *value;
    } keys[] = {
        {"driver", from->link == NULL ? from->driver : NULL},
        {"mac", from->mac},
        {"address", from->addresses},
        {"gateway", from->gateway4},
        {"gateway6", from->gateway6},
        {"route", from->routes},
        {"up", from->down ? "off" : NULL},
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        int status = keys[i].value == NULL ? 0 : config_set(config, keys[i].key, keys[i].value);

        if (status != 0) {
            return status;
        }
    }
    return from->mtu != 0 ? set_number(config, "mtu", from->mtu) : 0;
}

static int read_options(struct config *config, const struct winlwip_interface *from)
{
    for (size_t i = 0; i < from->option_count; i++) {
        const struct winlwip_option *option = &from->options[i];
        int status;

        if (option->key == NULL || option->value == NULL) {
            return config_fail(config, 0, -EINVAL, "option %zu lacks its key or value", i + 1);
        }
        status = config_add_option(config, option->key, option->value);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

/* What has a check: the bound of pending receives, DNS servers, hosts. */
static int read_checked(struct config *config, const struct winlwip_config *from)
{
    int status = config_section(config, "winlwip");

    if (status == 0 && from->max_pending != 0) {
        status = set_number(config, "max-pending", from->max_pending);
    }
    if (status == 0 && from->wait_ms != 0) {
        status = set_number(config, "wait", from->wait_ms);
    }
    if (status == 0 && from->dns != NULL) {
        status = config_set(config, "dns", from->dns);
    }
    if (status == 0) {
        status = config_section(config, "hosts");
    }
    for (size_t i = 0; i < from->host_count && status == 0; i++) {
        const struct winlwip_option *host = &from->hosts[i];

        if (host->key == NULL || host->value == NULL) {
            return config_fail(config, 0, -EINVAL, "host %zu lacks its name or addresses", i + 1);
        }
        status = config_set(config, host->key, host->value);
    }
    return status;
}

int config_read_struct(struct config *config, const struct winlwip_config *from)
{
    int status;

    config->probe = from->probe;
    config->background = !from->no_background;
    config->early = !from->no_early;
    config->raw_admin = from->raw_admin;
    status = read_checked(config, from);
    if (status != 0) {
        return status;
    }
    for (size_t i = 0; i < from->interface_count; i++) {
        const struct winlwip_interface *interface = &from->interfaces[i];

        status = read_section(config, interface);
        if (status == 0) {
            status = read_keys(config, interface);
        }
        if (status == 0) {
            status = read_options(config, interface);
        }
        if (status != 0) {
            return status;
        }
        config->interfaces[i].link = interface->link;
    }
    return config_finish(config);
}
