/*
 * api_adapter_info.c - GetAdaptersInfo and GetNetworkParams: what older programs ask of the IP Helper
 * instead of GetAdaptersAddresses(). IPv4 alone, addresses as text.
 *
 * Filled in: name, description, MAC address, index, type, addresses with masks, the gateway, DHCP's
 * server and lease; the host's name and DNS servers. Zero or empty: WINS, the domain.
 *
 * A list has its first member inside its record; the others stand behind all records. What has no
 * member is "0.0.0.0", as on Windows.
 *
 * No state.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <iphlpapi.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#include "config/limits.h"
#include "stack/stack.h"
#include "winsock/api.h"
#include "winsock/memory.h"
#include "winsock/resolve.h"

static void write_text(const struct netaddr *address, IP_ADDRESS_STRING *out)
{
    struct in_addr bytes = {.s_addr = address != NULL ? netaddr_v4(address) : INADDR_ANY};

    inet_ntop(AF_INET, &bytes, out->String, sizeof(out->String));
}

/* address: NULL for none; its prefix, in bits. */
static void write_member(IP_ADDR_STRING *out, const struct netaddr *address, unsigned prefix_bits)
{
    struct in_addr mask = {
        .s_addr = prefix_bits != 0 ? htonl(UINT32_MAX << (32 - prefix_bits)) : 0};

    *out = (IP_ADDR_STRING){.Next = NULL};
    write_text(address, &out->IpAddress);
    inet_ntop(AF_INET, &mask, out->IpMask.String, sizeof(out->IpMask.String));
}

/* IPv4 addresses come first in a view. */
static unsigned count_v4(const struct stack_view *view)
{
    unsigned count = 0;

    while (count < view->address_count && netaddr_is_v4(&view->addresses[count].address)) {
        count++;
    }
    return count;
}

static void write_lease(const struct stack_view *view, IP_ADAPTER_INFO *out)
{
    bool leased = !netaddr_is_any(&view->dhcp_server);

    out->DhcpEnabled = view->dhcp;
    write_member(&out->DhcpServer, leased ? &view->dhcp_server : NULL, leased ? 32 : 0);
    if (leased) {
        out->LeaseObtained = view->lease_obtained_s;
        out->LeaseExpires = view->lease_s == UINT32_MAX ? INT32_MAX
                                                        : view->lease_obtained_s + view->lease_s;
    }
}

/* Writes a record; members of its list of addresses beyond the first go to *more, which moves on. */
static void write_adapter(const struct stack_view *view, IP_ADAPTER_INFO *out, IP_ADDR_STRING **more)
{
    unsigned count = count_v4(view);
    IP_ADDR_STRING *member = &out->IpAddressList;

    *out = (IP_ADAPTER_INFO){
        .ComboIndex = view->index,
        .Description = "winlwip interface",
        .AddressLength = view->ethernet ? sizeof(view->mac) : 0,
        .Index = view->index,
        .Type = view->ethernet ? MIB_IF_TYPE_ETHERNET : MIB_IF_TYPE_OTHER,
    };
    strcpy(out->AdapterName, view->name);
    memcpy(out->Address, view->mac, out->AddressLength);
    write_member(member, count != 0 ? &view->addresses[0].address : NULL,
                 count != 0 ? view->addresses[0].prefix_bits : 0);
    for (unsigned i = 1; i < count; i++) {
        write_member(*more, &view->addresses[i].address, view->addresses[i].prefix_bits);
        member->Next = *more;
        member = (*more)++;
    }
    bool has_gateway = !netaddr_is_any(&view->gateway4);
    write_member(&out->GatewayList, has_gateway ? &view->gateway4 : NULL, has_gateway ? 32 : 0);
    write_lease(view, out);
    write_member(&out->PrimaryWinsServer, NULL, 0);
    write_member(&out->SecondaryWinsServer, NULL, 0);
}

/* Copies all interfaces but the loopback one. Returns how many; bytes: what their records take. */
static unsigned copy_interfaces(struct stack_view *views, size_t *bytes)
{
    unsigned count = 0;

    *bytes = 0;
    while (stack_view(STACK_LOOPBACK_INDEX + 1 + count, &views[count]) == 0) {
        unsigned addresses = count_v4(&views[count]);
        *bytes += sizeof(IP_ADAPTER_INFO) +
                  (addresses > 1 ? addresses - 1 : 0) * sizeof(IP_ADDR_STRING);
        count++;
    }
    return count;
}

/* Is there room for so many bytes at target? size: how many there are, and then are needed. */
static DWORD check_room(void *target, PULONG size, size_t bytes)
{
    ULONG given = *size;

    *size = (ULONG)bytes;
    if (target == NULL || given < bytes) {
        return ERROR_BUFFER_OVERFLOW;
    }
    return memory_writable(target, bytes) == 0 ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
}

static DWORD answer(PIP_ADAPTER_INFO target, PULONG size, struct stack_view *views)
{
    size_t bytes;
    unsigned count = copy_interfaces(views, &bytes);

    if (count == 0) {
        return ERROR_NO_DATA;
    }
    DWORD error = check_room(target, size, bytes);
    if (error == ERROR_SUCCESS) {
        IP_ADDR_STRING *more = (IP_ADDR_STRING *)&target[count];
        for (unsigned i = 0; i < count; i++) {
            write_adapter(&views[i], &target[i], &more);
            target[i].Next = i + 1 < count ? &target[i + 1] : NULL;
        }
    }
    return error;
}

DWORD GetAdaptersInfo(PIP_ADAPTER_INFO target, PULONG size)
{
    if (memory_writable(size, sizeof(*size)) != 0) {
        return ERROR_INVALID_PARAMETER;
    }
    struct stack_view *views = calloc(LIMIT_INTERFACES + 1, sizeof(*views));
    if (views == NULL) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    api_wake();
    DWORD error = answer(target, size, views);
    free(views);
    return error;
}

/* The IPv4 DNS servers. Returns how many; servers: room for STACK_DNS_SERVERS. */
static unsigned copy_servers(struct netaddr *servers)
{
    unsigned count = 0;

    for (unsigned i = 0; i < STACK_DNS_SERVERS && stack_dns_server(i, &servers[count]) == 0; i++) {
        count += netaddr_is_v4(&servers[count]);
    }
    return count;
}

DWORD GetNetworkParams(PFIXED_INFO target, PULONG size)
{
    struct netaddr servers[STACK_DNS_SERVERS];
    char name[RESOLVE_NAME_BYTES];

    if (memory_writable(size, sizeof(*size)) != 0) {
        return ERROR_INVALID_PARAMETER;
    }
    api_wake();
    unsigned count = copy_servers(servers);
    size_t beyond = count > 1 ? count - 1 : 0;
    DWORD error = check_room(target, size, sizeof(*target) + beyond * sizeof(IP_ADDR_STRING));
    if (error != ERROR_SUCCESS) {
        return error;
    }
    *target = (FIXED_INFO){.NodeType = BROADCAST_NODETYPE, .EnableDns = TRUE};
    resolve_own_name(name);
    snprintf(target->HostName, sizeof(target->HostName), "%.*s", MAX_HOSTNAME_LEN, name);
    IP_ADDR_STRING *member = &target->DnsServerList;
    IP_ADDR_STRING *more = (IP_ADDR_STRING *)(target + 1);
    write_member(member, count != 0 ? &servers[0] : NULL, 0);
    for (unsigned i = 1; i < count; i++) {
        write_member(more, &servers[i], 0);
        member->Next = more;
        member = more++;
    }
    return ERROR_SUCCESS;
}
