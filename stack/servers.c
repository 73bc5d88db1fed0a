/*
 * servers.c - which DNS servers are asked, in which order: the configured ones, then those that
 * were learnt, in the order in which they became known, until their time is over.
 *
 * lwIP has one list of servers, in which places are its own; it is written anew whenever ours
 * changes. A question under way goes on with whatever stands in the place that it asks next.
 *
 * Limits: LIMIT_DNS_SERVERS configured, LIMIT_LEARNT_DNS_SERVERS learnt; further ones are passed
 * over while these last.
 *
 * Guarded by the stack lock.
 */
#include <errno.h>

#include "lwip/dns.h"

#include "stack/internal.h"

struct server {
    struct netaddr address;
    const struct interface *interface; /* that it was learnt by; NULL: configured */
    int64_t until_ns;                  /* by the stack's clock; INT64_MAX: for ever */
};

static struct {
    struct server list[STACK_DNS_SERVERS];
    unsigned count;
} servers;

static ip_addr_t to_lwip(const struct server *server)
{
    ip_addr_t out;

    if (netaddr_is_v4(&server->address)) {
        ip4_addr_t v4 = netaddr_to_ip4(&server->address);
        ip_addr_copy_from_ip4(out, v4);
    } else {
        ip6_addr_t v6 = netaddr_to_ip6(&server->address);
        if (server->interface != NULL) {
            ip6_addr_assign_zone(&v6, IP6_UNICAST, &server->interface->netifs[0]);
        }
        ip_addr_copy_from_ip6(out, v6);
    }
    return out;
}

static void publish(void)
{
    for (unsigned i = 0; i < STACK_DNS_SERVERS; i++) {
        if (i < servers.count) {
            ip_addr_t address = to_lwip(&servers.list[i]);
            dns_setserver((u8_t)i, &address);
        } else {
            dns_setserver((u8_t)i, NULL);
        }
    }
    resolver_set_available_locked(servers.count != 0);
}

static void remove_at(unsigned place)
{
    servers.count--;
    for (unsigned i = place; i < servers.count; i++) {
        servers.list[i] = servers.list[i + 1];
    }
}

void servers_start_locked(const struct netaddr *configured, size_t count)
{
    servers.count = 0;
    for (size_t i = 0; i < count && i < LIMIT_DNS_SERVERS; i++) {
        servers.list[servers.count++] =
            (struct server){.address = configured[i], .until_ns = INT64_MAX};
    }
    publish();
}

void servers_stop_locked(void)
{
    servers.count = 0;
    publish();
}

static unsigned learnt_count(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < servers.count; i++) {
        count += servers.list[i].interface != NULL;
    }
    return count;
}

void servers_learn_locked(const struct interface *interface, const struct netaddr *address,
                          int64_t until_ns)
{
    bool over = until_ns <= clock_now_ns();

    for (unsigned i = 0; i < servers.count; i++) {
        struct server *server = &servers.list[i];

        if (server->interface == NULL && netaddr_equal(&server->address, address)) {
            return;
        }
        if (server->interface != interface || !netaddr_equal(&server->address, address)) {
            continue;
        }
        server->until_ns = until_ns;
        if (over) {
            remove_at(i);
            publish();
        }
        return;
    }
    if (!over && learnt_count() < LIMIT_LEARNT_DNS_SERVERS) {
        servers.list[servers.count++] = (struct server){*address, interface, until_ns};
        publish();
    }
}

/* Ends those learnt servers that an interface taught (NULL: any), if their time is over by then. */
static void end_learnt(const struct interface *interface, int64_t now_ns)
{
    bool news = false;

    for (unsigned i = servers.count; i-- > 0;) {
        const struct server *server = &servers.list[i];

        if (server->interface != NULL && server->until_ns <= now_ns &&
            (interface == NULL || server->interface == interface)) {
            remove_at(i);
            news = true;
        }
    }
    if (news) {
        publish();
    }
}

void servers_forget_locked(const struct interface *interface)
{
    end_learnt(interface, INT64_MAX);
}

void servers_tick_locked(void)
{
    end_learnt(NULL, clock_now_ns());
}

int servers_get_locked(unsigned number, struct netaddr *address)
{
    if (number >= servers.count) {
        return -ENOENT;
    }
    *address = servers.list[number].address;
    return 0;
}
