/*
 * api_adapters.c - GetAdaptersAddresses: the interfaces in the records of the IP Helper.
 *
 * Windows answers with one block that holds everything. So does this: the same code that writes the
 * records first runs on no memory, to learn how much they take, and then on the caller's buffer,
 * both times over one copy of the interfaces.
 *
 * Filled in: names, addresses with prefix, origin and state, MAC address, MTU, type, state,
 * indexes, zone indexes of interface and link, LUID (type and index), DNS servers, and on request
 * prefixes and gateways. Names are those of the configuration. Both link speeds are "unknown" (all
 * ones). DHCP: whether, server, and what is left of the lease. Zero or empty: anycast and multicast
 * addresses, WINS, DHCPv6, DNS suffixes, metrics, network GUID.
 *
 * No state.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <iphlpapi.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include "stack/stack.h"
#include "winsock/api.h"
#include "winsock/memory.h"
#include "winsock/name.h"
#include "winsock/wide.h"

/* Alignment of every record. */
enum { RECORD_ALIGN = 8 };

/* Memory that is handed out from the front. */
struct arena {
    char *start; /* NULL: only counts */
    size_t used;
};

/* What a call asks for. */
struct adapters_request {
    ULONG family;
    ULONG flags;
};

/*
 * Takes bytes. Returns them as zeros, or NULL while the arena only counts: writers then leave out
 * what they would write, but take all the rest.
 */
static void *take(struct arena *arena, size_t bytes)
{
    char *taken = arena->start != NULL ? arena->start + arena->used : NULL;

    if (taken != NULL) {
        memset(taken, 0, bytes);
    }
    arena->used += (bytes + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
    return taken;
}

static bool wants(const struct adapters_request *request, const struct netaddr *address)
{
    return request->family == AF_UNSPEC ||
           (request->family == AF_INET) == netaddr_is_v4(address);
}

/* Makes a socket address; link-scoped ones carry the index of their interface. */
static void put_address(struct arena *arena, SOCKET_ADDRESS *target, const struct netaddr *address,
                        uint32_t index)
{
    int family = netaddr_is_v4(address) ? AF_INET : AF_INET6;
    struct endpoint_name name = {
        .address = *address,
        .scope = family == AF_INET6 && netaddr_is_link_scoped(address) ? index : 0,
    };
    void *sockaddr = take(arena, (size_t)name_size(family));

    if (sockaddr != NULL) {
        name_write(family, &name, sockaddr);
        *target = (SOCKET_ADDRESS){.lpSockaddr = sockaddr, .iSockaddrLength = name_size(family)};
    }
}

static PWCHAR put_wide(struct arena *arena, const char *text)
{
    size_t chars = wide_from_utf8(text, NULL, 0);
    PWCHAR wide = take(arena, chars * sizeof(WCHAR));

    if (wide != NULL) {
        wide_from_utf8(text, wide, chars);
    }
    return wide;
}

static PCHAR put_text(struct arena *arena, const char *text)
{
    PCHAR copy = take(arena, strlen(text) + 1);

    if (copy != NULL) {
        strcpy(copy, text);
    }
    return copy;
}

/* --- lists of an interface --- */

static IP_DAD_STATE dad_state_of(const struct stack_view_address *from)
{
    if (from->duplicate) {
        return IpDadStateDuplicate;
    }
    if (from->tentative) {
        return IpDadStateTentative;
    }
    return from->deprecated ? IpDadStateDeprecated : IpDadStatePreferred;
}

/* Where an address and its lower half come from (RFC 4291, 2.5.3 and 2.5.6). */
static void describe_origin(const struct stack_view *view, const struct stack_view_address *from,
                            IP_ADAPTER_UNICAST_ADDRESS *record)
{
    record->PrefixOrigin = IpPrefixOriginManual;
    record->SuffixOrigin = IpSuffixOriginManual;
    if (view->loopback) {
        record->PrefixOrigin = IpPrefixOriginWellKnown;
        record->SuffixOrigin = IpSuffixOriginWellKnown;
    } else if (from->leased) {
        record->PrefixOrigin = IpPrefixOriginDhcp;
        record->SuffixOrigin = IpSuffixOriginDhcp;
    } else if (!from->configured) {
        record->PrefixOrigin = netaddr_is_v4(&from->address) ||
                                       netaddr_is_link_scoped(&from->address)
                                   ? IpPrefixOriginWellKnown
                                   : IpPrefixOriginRouterAdvertisement;
        record->SuffixOrigin = IpSuffixOriginLinkLayerAddress;
    }
    record->DadState = dad_state_of(from);
}

static PIP_ADAPTER_UNICAST_ADDRESS put_unicast(struct arena *arena, const struct stack_view *view,
                                               const struct adapters_request *request)
{
    PIP_ADAPTER_UNICAST_ADDRESS first = NULL;
    PIP_ADAPTER_UNICAST_ADDRESS *tail = &first;

    for (unsigned i = 0; i < view->address_count; i++) {
        const struct stack_view_address *from = &view->addresses[i];
        SOCKET_ADDRESS address = {.lpSockaddr = NULL};

        if (!wants(request, &from->address)) {
            continue;
        }
        IP_ADAPTER_UNICAST_ADDRESS *record = take(arena, sizeof(*record));
        put_address(arena, &address, &from->address, view->index);
        if (record != NULL) {
            record->Length = sizeof(*record);
            record->Flags = view->loopback ? 0 : IP_ADAPTER_ADDRESS_DNS_ELIGIBLE;
            record->Address = address;
            record->ValidLifetime = from->leased ? view->lease_left_s : from->valid_s;
            record->PreferredLifetime = from->leased ? view->lease_left_s : from->preferred_s;
            record->LeaseLifetime = record->ValidLifetime;
            record->OnLinkPrefixLength = (UINT8)from->prefix_bits;
            describe_origin(view, from, record);
            *tail = record;
            tail = &record->Next;
        }
    }
    return first;
}

/* The address of the network that an address is in. */
static struct netaddr network_of(const struct stack_view_address *from)
{
    struct netaddr network = from->address;
    unsigned bits = from->prefix_bits + (netaddr_is_v4(&from->address) ? 96 : 0);

    for (unsigned i = 0; i < sizeof(network.bytes); i++) {
        unsigned kept = bits > 8 * i ? bits - 8 * i : 0;
        if (kept < 8) {
            network.bytes[i] &= (uint8_t)(0xff00u >> kept);
        }
    }
    return network;
}

static PIP_ADAPTER_PREFIX put_prefixes(struct arena *arena, const struct stack_view *view,
                                       const struct adapters_request *request)
{
    PIP_ADAPTER_PREFIX first = NULL;
    PIP_ADAPTER_PREFIX *tail = &first;

    for (unsigned i = 0; i < view->address_count; i++) {
        const struct stack_view_address *from = &view->addresses[i];
        struct netaddr network = network_of(from);
        SOCKET_ADDRESS address = {.lpSockaddr = NULL};

        if (!wants(request, &from->address)) {
            continue;
        }
        IP_ADAPTER_PREFIX *record = take(arena, sizeof(*record));
        put_address(arena, &address, &network, view->index);
        if (record != NULL) {
            record->Length = sizeof(*record);
            record->Address = address;
            record->PrefixLength = from->prefix_bits;
            *tail = record;
            tail = &record->Next;
        }
    }
    return first;
}

static PIP_ADAPTER_DNS_SERVER_ADDRESS put_dns(struct arena *arena, const struct stack_view *view,
                                              const struct adapters_request *request)
{
    PIP_ADAPTER_DNS_SERVER_ADDRESS first = NULL;
    PIP_ADAPTER_DNS_SERVER_ADDRESS *tail = &first;
    struct netaddr server;

    for (unsigned i = 0; !view->loopback && stack_dns_server(i, &server) == 0; i++) {
        SOCKET_ADDRESS address = {.lpSockaddr = NULL};

        if (!wants(request, &server)) {
            continue;
        }
        IP_ADAPTER_DNS_SERVER_ADDRESS *record = take(arena, sizeof(*record));
        put_address(arena, &address, &server, view->index);
        if (record != NULL) {
            record->Length = sizeof(*record);
            record->Address = address;
            *tail = record;
            tail = &record->Next;
        }
    }
    return first;
}

static PIP_ADAPTER_GATEWAY_ADDRESS put_gateways(struct arena *arena, const struct stack_view *view,
                                                const struct adapters_request *request)
{
    const struct netaddr *const gateways[] = {&view->gateway4, &view->gateway6};
    PIP_ADAPTER_GATEWAY_ADDRESS first = NULL;
    PIP_ADAPTER_GATEWAY_ADDRESS *tail = &first;

    for (unsigned i = 0; i < 2; i++) {
        SOCKET_ADDRESS address = {.lpSockaddr = NULL};

        if (netaddr_is_any(gateways[i]) || !wants(request, gateways[i])) {
            continue;
        }
        IP_ADAPTER_GATEWAY_ADDRESS *record = take(arena, sizeof(*record));
        put_address(arena, &address, gateways[i], view->index);
        if (record != NULL) {
            record->Length = sizeof(*record);
            record->Address = address;
            *tail = record;
            tail = &record->Next;
        }
    }
    return first;
}

/* --- an interface --- */

static bool has_family(const struct stack_view *view, bool v4)
{
    for (unsigned i = 0; i < view->address_count; i++) {
        if (netaddr_is_v4(&view->addresses[i].address) == v4) {
            return true;
        }
    }
    return false;
}

static bool is_listed(const struct stack_view *view, const struct adapters_request *request)
{
    return request->family == AF_UNSPEC || has_family(view, request->family == AF_INET);
}

static IFTYPE type_of(const struct stack_view *view)
{
    if (view->loopback) {
        return IF_TYPE_SOFTWARE_LOOPBACK;
    }
    return view->ethernet ? IF_TYPE_ETHERNET_CSMACD : IF_TYPE_OTHER;
}

/* What is not a list. */
static void describe(const struct stack_view *view, IP_ADAPTER_ADDRESSES *record)
{
    enum { SCOPE_INTERFACE = 1, SCOPE_LINK = 2 };
    bool v4 = has_family(view, true);
    bool v6 = has_family(view, false);

    record->Length = sizeof(*record);
    record->IfIndex = v4 ? view->index : 0;
    record->Ipv6IfIndex = v6 ? view->index : 0;
    record->Flags = (v4 ? IP_ADAPTER_IPV4_ENABLED : 0) | (v6 ? IP_ADAPTER_IPV6_ENABLED : 0) |
                    (view->dhcp ? IP_ADAPTER_DHCP_ENABLED : 0);
    record->IfType = type_of(view);
    record->OperStatus = view->up ? IfOperStatusUp : IfOperStatusDown;
    record->Mtu = view->mtu != 0 ? view->mtu : UINT32_MAX;
    if (view->ethernet) {
        memcpy(record->PhysicalAddress, view->mac, sizeof(view->mac));
        record->PhysicalAddressLength = sizeof(view->mac);
    }
    record->ZoneIndices[SCOPE_INTERFACE] = view->index;
    record->ZoneIndices[SCOPE_LINK] = view->index;
    record->TransmitLinkSpeed = UINT64_MAX;
    record->ReceiveLinkSpeed = UINT64_MAX;
    record->Luid.Info.IfType = record->IfType;
    record->Luid.Info.NetLuidIndex = view->index;
    record->CompartmentId = NET_IF_COMPARTMENT_ID_PRIMARY;
    record->ConnectionType = NET_IF_CONNECTION_DEDICATED;
    record->TunnelType = TUNNEL_TYPE_NONE;
}

static PIP_ADAPTER_ADDRESSES put_interface(struct arena *arena, const struct stack_view *view,
                                           const struct adapters_request *request)
{
    IP_ADAPTER_ADDRESSES filled = {.Next = NULL};
    PIP_ADAPTER_ADDRESSES record = take(arena, sizeof(*record));
    ULONG flags = request->flags;

    describe(view, &filled);
    if (!netaddr_is_any(&view->dhcp_server)) {
        put_address(arena, &filled.Dhcpv4Server, &view->dhcp_server, view->index);
    }
    filled.AdapterName = put_text(arena, view->name);
    filled.Description = put_wide(arena, view->loopback ? "winlwip loopback" : "winlwip interface");
    filled.DnsSuffix = put_wide(arena, "");
    if ((flags & GAA_FLAG_SKIP_FRIENDLY_NAME) == 0) {
        filled.FriendlyName = put_wide(arena, view->name);
    }
    if ((flags & GAA_FLAG_SKIP_UNICAST) == 0) {
        filled.FirstUnicastAddress = put_unicast(arena, view, request);
    }
    if ((flags & GAA_FLAG_SKIP_DNS_SERVER) == 0) {
        filled.FirstDnsServerAddress = put_dns(arena, view, request);
    }
    if ((flags & GAA_FLAG_INCLUDE_PREFIX) != 0) {
        filled.FirstPrefix = put_prefixes(arena, view, request);
    }
    if ((flags & GAA_FLAG_INCLUDE_GATEWAYS) != 0) {
        filled.FirstGatewayAddress = put_gateways(arena, view, request);
    }
    if (record != NULL) {
        *record = filled;
    }
    return record;
}

/* --- the call --- */

/* Copies all interfaces, loopback last. Returns how many. */
static unsigned copy_interfaces(struct stack_view *views)
{
    unsigned count = 0;

    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; stack_view(i, &views[count]) == 0; i++) {
        count++;
    }
    if (stack_view(STACK_LOOPBACK_INDEX, &views[count]) == 0) {
        count++;
    }
    return count;
}

/* Writes, or counts, the whole answer. Returns whether there is anything in it. */
static bool put_all(struct arena *arena, const struct stack_view *views, unsigned count,
                    const struct adapters_request *request)
{
    PIP_ADAPTER_ADDRESSES last = NULL;
    bool any = false;

    for (unsigned i = 0; i < count; i++) {
        if (!is_listed(&views[i], request)) {
            continue;
        }
        PIP_ADAPTER_ADDRESSES record = put_interface(arena, &views[i], request);
        if (last != NULL) {
            last->Next = record;
        }
        last = record;
        any = true;
    }
    return any;
}

static ULONG answer(const struct adapters_request *request, PIP_ADAPTER_ADDRESSES target,
                    PULONG size, struct stack_view *views)
{
    unsigned count = copy_interfaces(views);
    struct arena counted = {.start = NULL};
    ULONG given = *size;

    if (!put_all(&counted, views, count, request)) {
        return ERROR_NO_DATA;
    }
    *size = (ULONG)counted.used;
    if (target == NULL || given < counted.used) {
        return ERROR_BUFFER_OVERFLOW;
    }
    if (memory_writable(target, counted.used) != 0) {
        return ERROR_INVALID_PARAMETER;
    }
    struct arena arena = {.start = (char *)target};
    put_all(&arena, views, count, request);
    return ERROR_SUCCESS;
}

ULONG GetAdaptersAddresses(ULONG family, ULONG flags, PVOID reserved,
                           PIP_ADAPTER_ADDRESSES target, PULONG size)
{
    struct adapters_request request = {.family = family, .flags = flags};

    (void)reserved;
    if ((family != AF_UNSPEC && family != AF_INET && family != AF_INET6) ||
        memory_writable(size, sizeof(*size)) != 0) {
        return ERROR_INVALID_PARAMETER;
    }
    struct stack_view *views = calloc(LIMIT_INTERFACES + 1, sizeof(*views));
    if (views == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    api_wake();
    ULONG error = answer(&request, target, size, views);
    free(views);
    return error;
}
