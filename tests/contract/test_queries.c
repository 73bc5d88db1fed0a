/*
 * test_queries.c - what the host tells of its interfaces, addresses, routes and protocols (WB
 * 10.15, 10.16; winsock-facts 4.20; client-behaviours 3.11).
 */
#include "tests/contract/contract.h"

#include <iphlpapi.h>
#include <stdlib.h>
#include <string.h>

static SOCKET udp_socket(int family)
{
    SOCKET s = socket(family, SOCK_DGRAM, IPPROTO_UDP);

    ck_assert_uint_ne(s, INVALID_SOCKET);
    return s;
}

/* --- SIO_ROUTING_INTERFACE_QUERY --- */

START_TEST(wb10_15_route_to_the_peer)
{
    SOCKET s = udp_socket(FAMILY->af);
    SOCKADDR_STORAGE target, expected, out;
    int length = world_name(FAMILY->peer, 1234, &target);
    DWORD bytes = 0;

    world_name(FAMILY->us, 0, &expected);
    ck_assert_int_eq(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &target, (DWORD)length, &out,
                              sizeof(out), &bytes, NULL, NULL), 0);
    ck_assert_uint_eq(bytes, (DWORD)length);
    ck_assert_mem_eq(&out, &expected, (size_t)length);
    closesocket(s);
}
END_TEST

START_TEST(wb10_15_loopback)
{
    SOCKET s = udp_socket(FAMILY->af);
    SOCKADDR_STORAGE target, out;
    int length = world_name(FAMILY->loopback, 0, &target);
    DWORD bytes = 0;

    ck_assert_int_eq(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &target, (DWORD)length, &out,
                              (DWORD)length, &bytes, NULL, NULL), 0);
    ck_assert_uint_eq(bytes, (DWORD)length);
    ck_assert_mem_eq(&out, &target, (size_t)length);
    closesocket(s);
}
END_TEST

START_TEST(wb10_15_wrong_input)
{
    SOCKET s = udp_socket(FAMILY->af);
    SOCKADDR_STORAGE target, out;
    int length = world_name(FAMILY->any, 0, &target);
    DWORD bytes = 77;

    world_fails(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, NULL, (DWORD)length, &out, sizeof(out),
                         &bytes, NULL, NULL), WSAEINVAL);
    world_fails(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &target, (DWORD)length - 1, &out,
                         sizeof(out), &bytes, NULL, NULL), WSAEINVAL);
    world_fails(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &target, (DWORD)length, &out, sizeof(out),
                         &bytes, NULL, NULL), WSAEINVAL);
    world_name(FAMILY->peer, 0, &target);
    target.ss_family = AF_UNSPEC;
    world_fails(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &target, (DWORD)length, &out, sizeof(out),
                         &bytes, NULL, NULL), WSAEAFNOSUPPORT);
    closesocket(s);
}
END_TEST

START_TEST(wb10_15_short_output)
{
    SOCKET s = udp_socket(FAMILY->af);
    SOCKADDR_STORAGE target, out;
    int length = world_name(FAMILY->loopback, 0, &target);
    DWORD bytes = 0;

    world_fails(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &target, (DWORD)length, &out,
                         (DWORD)length - 1, &bytes, NULL, NULL), WSAEFAULT);
    ck_assert_uint_eq(bytes, (DWORD)length);
    world_fails(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &target, (DWORD)length, NULL, 0, &bytes,
                         NULL, NULL), WSAEFAULT);
    closesocket(s);
}
END_TEST

START_TEST(wb10_16_changes_do_not_wait)
{
    SOCKET s = udp_socket(FAMILY->af);
    SOCKADDR_STORAGE target;
    int length = world_name(FAMILY->peer, 0, &target);
    DWORD bytes = 77;

    world_set_nonblocking(s);
    world_fails(WSAIoctl(s, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, &bytes, NULL, NULL),
                WSAEWOULDBLOCK);
    world_fails(WSAIoctl(s, SIO_ROUTING_INTERFACE_CHANGE, &target, (DWORD)length, NULL, 0, &bytes,
                         NULL, NULL), WSAEWOULDBLOCK);
    closesocket(s);
}
END_TEST

START_TEST(a_blocking_wait_for_changes_is_refused)
{
    SOCKET s = udp_socket(AF_INET);
    DWORD bytes = 77;

    world_fails(WSAIoctl(s, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, &bytes, NULL, NULL),
                WSAEOPNOTSUPP);
    closesocket(s);
}
END_TEST

/* --- lists by ioctl --- */

START_TEST(interface_list)
{
    static const char *const addresses[] = {"127.0.0.1", "192.0.2.1", "198.51.100.1"};
    static const char *const masks[] = {"255.0.0.0", "255.255.255.0", "255.255.255.0"};
    SOCKET s = udp_socket(FAMILY->af);
    INTERFACE_INFO infos[8];
    DWORD bytes = 77;

    world_fails(WSAIoctl(s, SIO_GET_INTERFACE_LIST, NULL, 0, infos, 3 * sizeof(infos[0]) - 1,
                         &bytes, NULL, NULL), WSAEFAULT);
    ck_assert_uint_eq(bytes, 0);
    ck_assert_int_eq(WSAIoctl(s, SIO_GET_INTERFACE_LIST, NULL, 0, infos, sizeof(infos), &bytes,
                              NULL, NULL), 0);
    ck_assert_uint_eq(bytes, 3 * sizeof(infos[0]));
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(infos[i].iiAddress.Address.sa_family, AF_INET);
        ck_assert_uint_eq(infos[i].iiAddress.AddressIn.sin_addr.s_addr, inet_addr(addresses[i]));
        ck_assert_uint_eq(infos[i].iiNetmask.AddressIn.sin_addr.s_addr, inet_addr(masks[i]));
        ck_assert_uint_eq(infos[i].iiBroadcastAddress.AddressIn.sin_addr.s_addr, INADDR_NONE);
        ck_assert_uint_eq(infos[i].iiFlags,
                          IFF_UP | IFF_MULTICAST | (i == 0 ? IFF_LOOPBACK : IFF_BROADCAST));
    }
    closesocket(s);
}
END_TEST

START_TEST(address_list)
{
    SOCKET s = udp_socket(FAMILY->af);
    SOCKET_ADDRESS_LIST *list;
    SOCKADDR_STORAGE first, second;
    DWORD bytes = 0, needed;
    char buffer[1024];
    int length = world_name(FAMILY->us, 0, &first);
    bool seen[2] = {false, false};

    world_name(FAMILY->us_second, 0, &second);
    world_fails(WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, NULL, 0, &bytes, NULL, NULL),
                WSAEFAULT);
    needed = bytes;
    ck_assert_uint_gt(needed, sizeof(*list));
    world_fails(WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, buffer, needed - 1, &bytes, NULL,
                         NULL), WSAEFAULT);
    list = malloc(needed); /* exactly: the sanitizer sees a byte too many */
    ck_assert_int_eq(WSAIoctl(s, SIO_ADDRESS_LIST_QUERY, NULL, 0, list, needed, &bytes, NULL, NULL),
                     0);
    ck_assert_uint_eq(bytes, needed);
    ck_assert_int_eq(list->iAddressCount, FAMILY->af == AF_INET ? 2 : 4); /* and link-local ones */
    for (INT i = 0; i < list->iAddressCount; i++) {
        ck_assert_int_eq(list->Address[i].iSockaddrLength, length);
        seen[0] |= memcmp(list->Address[i].lpSockaddr, &first, (size_t)length) == 0;
        seen[1] |= memcmp(list->Address[i].lpSockaddr, &second, (size_t)length) == 0;
    }
    ck_assert(seen[0] && seen[1]);
    free(list);
    closesocket(s);
}
END_TEST

/* Those that can be reached come first, in the order in which they were given. */
START_TEST(address_list_is_sorted)
{
    static const char *const given[] = {"2001:db8:99::1", "2001:db8::9", "::ffff:203.0.113.1",
                                        "::ffff:192.0.2.9"};
    static const unsigned sorted[] = {1, 3, 0, 2};
    SOCKET s = udp_socket(AF_INET6);
    SOCKADDR_STORAGE names[4];
    union {
        SOCKET_ADDRESS_LIST list;
        char bytes[sizeof(SOCKET_ADDRESS_LIST) + 3 * sizeof(SOCKET_ADDRESS)];
    } in = {.list.iAddressCount = 4}, out;
    SOCKET_ADDRESS *entries = in.list.Address;
    DWORD bytes = 0;

    for (unsigned i = 0; i < 4; i++) {
        entries[i].iSockaddrLength = world_name(given[i], 0, &names[i]);
        entries[i].lpSockaddr = (LPSOCKADDR)&names[i];
    }
    ck_assert_int_eq(WSAIoctl(s, SIO_ADDRESS_LIST_SORT, &in, sizeof(in), &out, sizeof(out), &bytes,
                              NULL, NULL), 0);
    ck_assert_uint_eq(bytes, sizeof(out));
    entries = out.list.Address;
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_ptr_eq(entries[i].lpSockaddr, (LPSOCKADDR)&names[sorted[i]]);
    }
    in.list.iAddressCount = 5;
    world_fails(WSAIoctl(s, SIO_ADDRESS_LIST_SORT, &in, sizeof(in), &out, sizeof(out), &bytes, NULL,
                         NULL), WSAEFAULT);
    in.list.iAddressCount = -1;
    world_fails(WSAIoctl(s, SIO_ADDRESS_LIST_SORT, &in, sizeof(in), &out, sizeof(out), &bytes, NULL,
                         NULL), WSAEINVAL);
    closesocket(s);
}
END_TEST

/* --- the IP Helper --- */

/* Asks as programs do: for the size first. The list is freed with free(). */
static IP_ADAPTER_ADDRESSES *adapters(ULONG family, ULONG flags)
{
    ULONG bytes = 0, given;
    IP_ADAPTER_ADDRESSES *list;

    ck_assert_uint_eq(GetAdaptersAddresses(family, flags, NULL, NULL, &bytes),
                      ERROR_BUFFER_OVERFLOW);
    given = bytes - 1;
    list = malloc(bytes);
    ck_assert_uint_eq(GetAdaptersAddresses(family, flags, NULL, list, &given),
                      ERROR_BUFFER_OVERFLOW);
    ck_assert_uint_eq(given, bytes);
    ck_assert_uint_eq(GetAdaptersAddresses(family, flags, NULL, list, &bytes), ERROR_SUCCESS);
    return list;
}

static const IP_ADAPTER_ADDRESSES *adapter_named(const IP_ADAPTER_ADDRESSES *list, const char *name)
{
    while (list != NULL && strcmp(list->AdapterName, name) != 0) {
        list = list->Next;
    }
    ck_assert_ptr_nonnull(list);
    return list;
}

static const IP_ADAPTER_UNICAST_ADDRESS *unicast(const IP_ADAPTER_ADDRESSES *adapter,
                                                 const char *address)
{
    const IP_ADAPTER_UNICAST_ADDRESS *at = adapter->FirstUnicastAddress;
    SOCKADDR_STORAGE name;
    int length = world_name(address, 0, &name);

    while (at != NULL && (at->Address.iSockaddrLength != length ||
                          memcmp(at->Address.lpSockaddr, &name, (size_t)length) != 0)) {
        at = at->Next;
    }
    ck_assert_ptr_nonnull(at);
    return at;
}

START_TEST(adapters_tell_what_was_configured)
{
    IP_ADAPTER_ADDRESSES *list = adapters(AF_UNSPEC, 0);
    const IP_ADAPTER_ADDRESSES *mem0 = adapter_named(list, "mem0");
    const IP_ADAPTER_UNICAST_ADDRESS *address = unicast(mem0, "192.0.2.1");

    ck_assert_ptr_eq(list, mem0); /* loopback comes last */
    ck_assert_uint_eq(mem0->Length, sizeof(*mem0));
    ck_assert_uint_eq(mem0->IfType, IF_TYPE_ETHERNET_CSMACD);
    ck_assert_int_eq(mem0->OperStatus, IfOperStatusUp);
    ck_assert_uint_eq(mem0->Mtu, 1500);
    ck_assert_uint_eq(mem0->PhysicalAddressLength, 6);
    ck_assert_mem_eq(mem0->PhysicalAddress, frame_our_mac, 6);
    ck_assert_uint_eq(mem0->FriendlyName[0], 'm');
    ck_assert_uint_eq(mem0->FriendlyName[4], 0);
    ck_assert_uint_eq(address->Length, sizeof(*address));
    ck_assert_uint_eq(address->OnLinkPrefixLength, 24);
    ck_assert_int_eq(address->DadState, IpDadStatePreferred);
    ck_assert_int_eq(address->PrefixOrigin, IpPrefixOriginManual);
    ck_assert_uint_eq(unicast(mem0, "2001:db8::1")->OnLinkPrefixLength, 64);
    ck_assert_ptr_null(mem0->FirstPrefix);
    ck_assert_ptr_null(mem0->FirstGatewayAddress);

    const IP_ADAPTER_ADDRESSES *lo = adapter_named(list, "lo");
    ck_assert_uint_eq(lo->IfIndex, 1);
    ck_assert_uint_eq(lo->IfType, IF_TYPE_SOFTWARE_LOOPBACK);
    ck_assert_uint_eq(unicast(lo, "127.0.0.1")->OnLinkPrefixLength, 8);
    ck_assert_uint_eq(unicast(lo, "::1")->OnLinkPrefixLength, 128);
    ck_assert_ptr_null(lo->Next);
    free(list);
}
END_TEST

/* mDNS compares the two (client-behaviours 3.11). */
START_TEST(adapter_indexes_agree_with_pktinfo)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    struct received *received = malloc(sizeof(*received));
    IP_ADAPTER_ADDRESSES *list = adapters(AF_UNSPEC, 0);
    const IP_ADAPTER_ADDRESSES *mem1 = adapter_named(list, "mem1");

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    struct frame_spec spec = {
        .src = FAMILY->af == AF_INET ? "198.51.100.9" : "2001:db8:2::9",
        .dst = FAMILY->us_second, .dst_port = port, .text = "x"};
    memcpy(spec.dst_mac, frame_our_second_mac, sizeof(spec.dst_mac));
    world_inject_on(1, &spec);
    world_receive(s, received);
    world_assert_pktinfo(received, FAMILY->us_second,
                         FAMILY->af == AF_INET ? mem1->IfIndex : mem1->Ipv6IfIndex);
    ck_assert_uint_eq(if_nametoindex("mem1"), mem1->IfIndex);
    free(list);
    free(received);
}
END_TEST

START_TEST(adapters_by_family_and_flags)
{
    IP_ADAPTER_ADDRESSES *list =
        adapters((ULONG)FAMILY->af, GAA_FLAG_SKIP_FRIENDLY_NAME | GAA_FLAG_INCLUDE_PREFIX);
    const IP_ADAPTER_ADDRESSES *mem0 = adapter_named(list, "mem0");
    const IP_ADAPTER_PREFIX *prefix = mem0->FirstPrefix;

    for (const IP_ADAPTER_UNICAST_ADDRESS *at = mem0->FirstUnicastAddress; at; at = at->Next) {
        ck_assert_int_eq(at->Address.lpSockaddr->sa_family, FAMILY->af);
    }
    ck_assert_ptr_null(mem0->FriendlyName);
    ck_assert_ptr_nonnull(prefix);
    while (prefix != NULL) {
        if (FAMILY->af == AF_INET) {
            SOCKADDR_IN network;

            memcpy(&network, prefix->Address.lpSockaddr, sizeof(network));
            ck_assert_uint_eq(network.sin_addr.s_addr, inet_addr("192.0.2.0"));
            ck_assert_uint_eq(prefix->PrefixLength, 24);
        }
        prefix = prefix->Next;
    }
    free(list);
    list = adapters((ULONG)FAMILY->af, GAA_FLAG_SKIP_UNICAST);
    ck_assert_ptr_null(list->FirstUnicastAddress);
    free(list);
}
END_TEST

START_TEST(adapters_show_gateways_and_dns_servers)
{
    SOCKADDR_STORAGE name;
    IP_ADAPTER_ADDRESSES *list;
    int length;

    world_start(&(struct world_options){
        .links = 1, .gateway4 = "192.0.2.254", .gateway6 = "fe80::fe", .dns = "192.0.2.53"});
    list = adapters(AF_UNSPEC, GAA_FLAG_INCLUDE_GATEWAYS);
    length = world_name("192.0.2.53", 0, &name);
    ck_assert_ptr_nonnull(list->FirstDnsServerAddress);
    ck_assert_mem_eq(list->FirstDnsServerAddress->Address.lpSockaddr, &name, (size_t)length);
    ck_assert_ptr_null(list->FirstDnsServerAddress->Next);
    length = world_name("192.0.2.254", 0, &name);
    ck_assert_mem_eq(list->FirstGatewayAddress->Address.lpSockaddr, &name, (size_t)length);
    length = world_name("fe80::fe", 0, &name);
    ((SOCKADDR_IN6 *)&name)->sin6_scope_id = list->Ipv6IfIndex;
    ck_assert_mem_eq(list->FirstGatewayAddress->Next->Address.lpSockaddr, &name, (size_t)length);
    free(list);
}
END_TEST

/* Asks GetAdaptersInfo() or GetNetworkParams() for the size first. The answer is freed with free(). */
static void *ask(DWORD (*question)(void *, PULONG))
{
    ULONG bytes = 0, given;
    void *answer;

    ck_assert_uint_eq(question(NULL, &bytes), ERROR_BUFFER_OVERFLOW);
    given = bytes - 1;
    answer = malloc(bytes);
    ck_assert_uint_eq(question(answer, &given), ERROR_BUFFER_OVERFLOW);
    ck_assert_uint_eq(given, bytes);
    ck_assert_uint_eq(question(answer, &bytes), ERROR_SUCCESS);
    return answer;
}

static DWORD ask_adapters(void *target, PULONG bytes)
{
    return GetAdaptersInfo(target, bytes);
}

static DWORD ask_network(void *target, PULONG bytes)
{
    return GetNetworkParams(target, bytes);
}

START_TEST(old_questions)
{
    IP_ADAPTER_INFO *adapter;
    FIXED_INFO *network;
    char name[256];

    world_start(&(struct world_options){.links = 2, .gateway4 = "192.0.2.254",
                                        .dns = "192.0.2.53 2001:db8::53"});
    adapter = ask(ask_adapters);
    ck_assert_str_eq(adapter->AdapterName, "mem0");
    ck_assert_uint_eq(adapter->Index, WORLD_FIRST_INDEX);
    ck_assert_uint_eq(adapter->Type, MIB_IF_TYPE_ETHERNET);
    ck_assert_uint_eq(adapter->AddressLength, 6);
    ck_assert_str_eq(adapter->IpAddressList.IpAddress.String, "192.0.2.1");
    ck_assert_str_eq(adapter->IpAddressList.IpMask.String, "255.255.255.0");
    ck_assert_str_eq(adapter->GatewayList.IpAddress.String, "192.0.2.254");
    ck_assert_str_eq(adapter->DhcpServer.IpAddress.String, "0.0.0.0");
    ck_assert_ptr_nonnull(adapter->Next);
    ck_assert_str_eq(adapter->Next->AdapterName, "mem1");
    ck_assert_ptr_null(adapter->Next->Next);
    free(adapter);

    network = ask(ask_network);
    ck_assert_int_eq(gethostname(name, sizeof(name)), 0);
    ck_assert_str_eq(network->HostName, name);
    ck_assert_str_eq(network->DnsServerList.IpAddress.String, "192.0.2.53");
    ck_assert_ptr_null(network->DnsServerList.Next);
    free(network);
    ck_assert_uint_eq(GetAdaptersInfo(NULL, NULL), ERROR_INVALID_PARAMETER);
    ck_assert_uint_eq(GetNetworkParams(NULL, NULL), ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(adapters_refuse_nonsense)
{
    ULONG bytes = 0;

    ck_assert_uint_eq(GetAdaptersAddresses(99, 0, NULL, NULL, &bytes), ERROR_INVALID_PARAMETER);
    ck_assert_uint_eq(GetAdaptersAddresses(AF_UNSPEC, 0, NULL, NULL, NULL),
                      ERROR_INVALID_PARAMETER);
}
END_TEST

/* The IP Helper needs no WSAStartup(), and leaves Winsock as it was. */
START_TEST(adapters_without_startup)
{
    IP_ADAPTER_ADDRESSES records[16];
    ULONG bytes = sizeof(records);
    struct winlwip_stats stats;
    char name[IF_NAMESIZE];
    DWORD index = 0;
    WSADATA data;

    SetLastError(1234);
    ck_assert_uint_eq(GetAdaptersAddresses(AF_UNSPEC, 0, NULL, records, &bytes), ERROR_SUCCESS);
    ck_assert_str_eq(records[0].AdapterName, "lo");
    ck_assert_uint_eq(if_nametoindex("lo"), 1);
    ck_assert_ptr_eq(if_indextoname(1, name), name);
    ck_assert_str_eq(name, "lo");
    ck_assert_uint_eq(GetBestInterface(htonl(INADDR_LOOPBACK), &index), NO_ERROR);
    ck_assert_uint_eq(index, 1);
    ck_assert_uint_eq(GetLastError(), 1234);
    ck_assert_int_eq(WSACleanup(), SOCKET_ERROR); /* nobody has started Winsock */
    ck_assert_int_eq(WSAGetLastError(), WSANOTINITIALISED);
    ck_assert_uint_eq(socket(AF_INET, SOCK_DGRAM, 0), INVALID_SOCKET);
    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &data), 0);
    ck_assert_int_eq(winlwip_stats(&stats), 0);
    ck_assert_int_eq(WSACleanup(), 0);
    ck_assert_int_eq(winlwip_stats(&stats), -1); /* the start-up has taken the stack over */
    ck_assert_uint_eq(if_nametoindex("lo"), 1);
}
END_TEST

START_TEST(interface_names)
{
    char name[IF_NAMESIZE] = "untouched";

    ck_assert_uint_eq(if_nametoindex("mem0"), WORLD_FIRST_INDEX);
    ck_assert_uint_eq(if_nametoindex("lo"), 1);
    ck_assert_uint_eq(if_nametoindex("mem"), 0);
    ck_assert_uint_eq(if_nametoindex(NULL), 0);
    ck_assert_ptr_null(if_indextoname(9, name));
    ck_assert_ptr_null(if_indextoname(0, name));
    ck_assert_str_eq(name, "untouched");
    ck_assert_ptr_eq(if_indextoname(WORLD_SECOND_INDEX, name), name);
    ck_assert_str_eq(name, "mem1");
}
END_TEST

START_TEST(best_interface)
{
    SOCKADDR_STORAGE name;
    DWORD index = 0;

    ck_assert_uint_eq(GetBestInterface(inet_addr("198.51.100.77"), &index), NO_ERROR);
    ck_assert_uint_eq(index, WORLD_SECOND_INDEX);
    ck_assert_uint_eq(GetBestInterface(inet_addr("127.0.0.1"), &index), NO_ERROR);
    ck_assert_uint_eq(index, 1);
    ck_assert_uint_eq(GetBestInterface(inet_addr("203.0.113.1"), &index),
                      ERROR_NETWORK_UNREACHABLE);
    ck_assert_uint_eq(index, 1);
    world_name("2001:db8:2::77", 0, &name);
    ck_assert_uint_eq(GetBestInterfaceEx((struct sockaddr *)&name, &index), NO_ERROR);
    ck_assert_uint_eq(index, WORLD_SECOND_INDEX);
    name.ss_family = 99;
    ck_assert_uint_eq(GetBestInterfaceEx((struct sockaddr *)&name, &index),
                      ERROR_INVALID_PARAMETER);
    ck_assert_uint_eq(GetBestInterfaceEx(NULL, &index), ERROR_INVALID_PARAMETER);
}
END_TEST

/* --- protocols and byte order --- */

START_TEST(wb7_8_protocols_are_listed)
{
    WSAPROTOCOL_INFOA infos[8];
    WSAPROTOCOL_INFOW wide[8];
    INT udp[] = {IPPROTO_UDP, 0};
    DWORD bytes = 0, wide_bytes = sizeof(wide);

    world_fails(WSAEnumProtocolsA(udp, NULL, &bytes), WSAENOBUFS);
    ck_assert_uint_eq(bytes, 2 * sizeof(infos[0]));
    ck_assert_int_eq(WSAEnumProtocolsA(udp, infos, &bytes), 2);
    ck_assert_int_eq(infos[0].iAddressFamily, AF_INET);
    ck_assert_int_eq(infos[1].iAddressFamily, AF_INET6);
    ck_assert_int_eq(infos[1].iSocketType, SOCK_DGRAM);
    ck_assert_uint_eq(infos[0].dwServiceFlags1, 0x20609);
    ck_assert_int_eq(infos[1].iMaxSockAddr, 28);
    ck_assert_int_eq(WSAEnumProtocolsW(NULL, wide, &wide_bytes), 6);
    ck_assert_int_eq(wide[4].iProtocol, IPPROTO_UDP);
    ck_assert_uint_eq(wide[4].szProtocol[0], 'w');
    for (int i = 2; i < 6; i += 3) { /* WB 7.8: a raw socket's protocol is any */
        ck_assert_int_eq(wide[i].iSocketType, SOCK_RAW);
        ck_assert_int_eq(wide[i].iAddressFamily, i == 2 ? AF_INET : AF_INET6);
        ck_assert_int_eq(wide[i].iProtocol, 0);
        ck_assert_int_eq(wide[i].iProtocolMaxOffset, 255);
        ck_assert_uint_eq(wide[i].dwProviderFlags, PFL_MATCHES_PROTOCOL_ZERO | PFL_HIDDEN);
    }
    bytes = sizeof(infos);
    ck_assert_int_eq(WSAEnumProtocolsA(NULL, infos, &bytes), 6);
    ck_assert_int_eq(infos[2].iSocketType, SOCK_RAW);
    world_fails(WSAEnumProtocolsA(NULL, infos, NULL), WSAEFAULT);
}
END_TEST

START_TEST(byte_order_by_socket)
{
    SOCKET s = udp_socket(AF_INET);
    u_long wide = 0;
    u_short narrow = 0;

    ck_assert_int_eq(WSAHtonl(s, 0x01020304, &wide), 0);
    ck_assert_uint_eq(wide, htonl(0x01020304));
    ck_assert_int_eq(WSANtohl(s, wide, &wide), 0);
    ck_assert_uint_eq(wide, 0x01020304);
    ck_assert_int_eq(WSAHtons(s, 0x0102, &narrow), 0);
    ck_assert_uint_eq(narrow, htons(0x0102));
    ck_assert_int_eq(WSANtohs(s, narrow, &narrow), 0);
    ck_assert_uint_eq(narrow, 0x0102);
    world_fails(WSAHtonl(s, 1, NULL), WSAEFAULT);
    closesocket(s);
    world_fails(WSAHtonl(s, 1, &wide), WSAENOTSOCK);
}
END_TEST

Suite *suite_contract_queries(void)
{
    Suite *suite = suite_create("queries");
    TCase *tcase = tcase_create("queries"), *own = tcase_create("queries_own_start");

    tcase_add_checked_fixture(tcase, world_setup_two, world_teardown);
    tcase_add_loop_test(tcase, wb10_15_route_to_the_peer, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb10_15_loopback, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb10_15_wrong_input, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb10_15_short_output, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb10_16_changes_do_not_wait, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, a_blocking_wait_for_changes_is_refused);
    tcase_add_loop_test(tcase, interface_list, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, address_list, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, address_list_is_sorted);
    tcase_add_test(tcase, adapters_tell_what_was_configured);
    tcase_add_loop_test(tcase, adapter_indexes_agree_with_pktinfo, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, adapters_by_family_and_flags, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, adapters_refuse_nonsense);
    tcase_add_test(tcase, interface_names);
    tcase_add_test(tcase, best_interface);
    tcase_add_test(tcase, wb7_8_protocols_are_listed);
    tcase_add_test(tcase, byte_order_by_socket);
    suite_add_tcase(suite, tcase);

    tcase_add_checked_fixture(own, NULL, world_teardown);
    tcase_add_test(own, adapters_show_gateways_and_dns_servers);
    tcase_add_test(own, old_questions);
    tcase_add_test(own, adapters_without_startup);
    suite_add_tcase(suite, own);
    return suite;
}
