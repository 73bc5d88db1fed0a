/*
 * test_option_table.c - which options exist on which sockets, and what those do that no other test
 * looks at (WB 6.17-6.31, winsock-facts 1.7-1.11).
 */
#include "tests/contract/contract.h"

#include <pthread.h>
#include <string.h>

#include "tests/support/world_internal.h"

static SOCKET open_socket(int af, int type)
{
    SOCKET s = WSASocketA(af, type, 0, NULL, 0, WSA_FLAG_OVERLAPPED);

    ck_assert_uint_ne(s, INVALID_SOCKET);
    world_track(s);
    return s;
}

/* getsockopt() into 256 zeros. Returns 0 or the error. */
static int get(SOCKET s, int level, int name, void *value, int *bytes)
{
    *bytes = 256;
    memset(value, 0, 256);
    WSASetLastError(0);
    return getsockopt(s, level, name, value, bytes) == 0 ? 0 : WSAGetLastError();
}

static int set(SOCKET s, int level, int name, DWORD value, int bytes)
{
    WSASetLastError(0);
    return setsockopt(s, level, name, (const char *)&value, bytes) == 0 ? 0 : WSAGetLastError();
}

/*
 * What a get with much room gives, and what a set of the very same bytes gives, or GET_ONLY where
 * the get failed. Columns: UDP of the level's family, stream of that family.
 */
enum { GET_ONLY = -1 };

static const struct {
    int level, name;
    int udp_get, udp_set, stream_get, stream_set;
} validity[] = {
    {IPPROTO_IP, IP_OPTIONS, 0, 0, 0, 0},
    {IPPROTO_IP, IP_TOS, 0, 0, 0, 0},
    {IPPROTO_IP, IP_TTL, 0, 0, 0, 0},
    {IPPROTO_IP, IP_MULTICAST_IF, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, IP_MULTICAST_TTL, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, IP_MULTICAST_LOOP, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, IP_ADD_MEMBERSHIP, WSAENOPROTOOPT, GET_ONLY, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, IP_DROP_MEMBERSHIP, WSAENOPROTOOPT, GET_ONLY, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, IP_DONTFRAGMENT, 0, 0, 0, 0},
    {IPPROTO_IP, IP_PKTINFO, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, IP_RECVTTL, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, IP_RECEIVE_BROADCAST, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, IP_IFLIST, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, IP_GET_IFLIST, WSAEINVAL, GET_ONLY, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, IP_UNICAST_IF, 0, 0, 0, 0},
    {IPPROTO_IP, IP_RTHDR, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, IP_RECVRTHDR, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, IP_RECVTOS, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, IP_ECN, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, IP_WFP_REDIRECT_RECORDS, 0, 0, 0, 0},
    {IPPROTO_IP, IP_WFP_REDIRECT_CONTEXT, 0, 0, 0, 0},
    {IPPROTO_IP, IP_RECVERR, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IP, -1, WSAENOPROTOOPT, GET_ONLY, WSAENOPROTOOPT, GET_ONLY},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 0, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_MULTICAST_IF, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, WSAENOPROTOOPT, GET_ONLY, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, WSAENOPROTOOPT, GET_ONLY, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, IPV6_DONTFRAG, 0, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_PKTINFO, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, IPV6_HOPLIMIT, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, IPV6_PROTECTION_LEVEL, 0, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_V6ONLY, 0, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_UNICAST_IF, 0, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_RECVTCLASS, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, IPV6_HOPOPTS, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, IPV6_IFLIST, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, IPV6_GET_IFLIST, WSAEINVAL, GET_ONLY, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, IPV6_RTHDR, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, IPV6_RECVRTHDR, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, IPV6_ECN, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, IPV6_RECVERR, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_IPV6, -1, WSAENOPROTOOPT, GET_ONLY, WSAENOPROTOOPT, GET_ONLY},
    {SOL_SOCKET, SO_LINGER, WSAENOPROTOOPT, GET_ONLY, 0, 0},
    {SOL_SOCKET, SO_DONTLINGER, WSAENOPROTOOPT, GET_ONLY, 0, 0},
    {SOL_SOCKET, SO_KEEPALIVE, WSAENOPROTOOPT, GET_ONLY, 0, 0},
    {SOL_SOCKET, SO_OOBINLINE, WSAENOPROTOOPT, GET_ONLY, 0, 0},
    {SOL_SOCKET, SO_USELOOPBACK, WSAEINVAL, GET_ONLY, WSAEINVAL, GET_ONLY},
    {SOL_SOCKET, SO_SNDLOWAT, WSAEINVAL, GET_ONLY, WSAEINVAL, GET_ONLY},
    {SOL_SOCKET, SO_RCVLOWAT, WSAEINVAL, GET_ONLY, WSAEINVAL, GET_ONLY},
    {SOL_SOCKET, SO_RANDOMIZE_PORT, 0, 0, 0, 0},
    {SOL_SOCKET, SO_PORT_SCALABILITY, 0, 0, 0, 0},
    {SOL_SOCKET, SO_REUSE_UNICASTPORT, 0, 0, 0, 0},
    {SOL_SOCKET, SO_REUSE_MULTICASTPORT, 0, 0, WSAEINVAL, GET_ONLY},
    {SOL_SOCKET, SO_COMPARTMENT_ID, 0, 0, 0, 0},
    {IPPROTO_UDP, UDP_NOCHECKSUM, 0, 0, WSAEINVAL, GET_ONLY},
    {IPPROTO_UDP, UDP_CHECKSUM_COVERAGE, 0, 0, WSAEINVAL, GET_ONLY},
};

START_TEST(wb6_25_which_sockets_have_an_option)
{
    int level = validity[_i].level, name = validity[_i].name, bytes;
    int af = level == IPPROTO_IPV6 ? AF_INET6 : AF_INET;
    char value[256];

    for (int stream = 0; stream < 2; stream++) {
        SOCKET s = open_socket(af, stream ? SOCK_STREAM : SOCK_DGRAM);
        int get_error = stream ? validity[_i].stream_get : validity[_i].udp_get;
        int set_error = stream ? validity[_i].stream_set : validity[_i].udp_set;
        int error = get(s, level, name, value, &bytes);
        ck_assert_msg(error == get_error, "get: %d, not %d", error, get_error);
        if (set_error != GET_ONLY) {
            WSASetLastError(0);
            setsockopt(s, level, name, value, bytes);
            ck_assert_msg(WSAGetLastError() == set_error, "set: %d", WSAGetLastError());
        }
    }
}
END_TEST

/* C27: options of IPv4 exist on AF_INET6 sockets, those of IPv6 not on AF_INET ones. */
START_TEST(c27_options_of_the_other_version)
{
    SOCKET s4 = open_socket(AF_INET, SOCK_DGRAM), s6 = open_socket(AF_INET6, SOCK_DGRAM);
    char value[256];
    int bytes;

    ck_assert_int_eq(get(s6, IPPROTO_IP, IP_TTL, value, &bytes), 0);
    ck_assert_int_eq(get(s6, IPPROTO_IP, IP_UNICAST_IF, value, &bytes), 0);
    ck_assert_int_eq(set(s6, IPPROTO_IP, IP_IFLIST, 1, 4), 0);
    ck_assert_int_eq(get(s4, IPPROTO_IPV6, IPV6_UNICAST_HOPS, value, &bytes), WSAEINVAL);
    ck_assert_int_eq(get(s4, IPPROTO_IPV6, IPV6_V6ONLY, value, &bytes), 0); /* WB 5.17 */
}
END_TEST

START_TEST(values_that_are_refused)
{
    SOCKET s4 = open_socket(AF_INET, SOCK_DGRAM), s6 = open_socket(AF_INET6, SOCK_DGRAM);

    ck_assert_int_eq(set(s6, IPPROTO_IPV6, IPV6_PROTECTION_LEVEL, 10, 4), 0);
    ck_assert_int_eq(set(s6, IPPROTO_IPV6, IPV6_PROTECTION_LEVEL, 11, 4), WSAEINVAL);
    ck_assert_int_eq(set(s4, SOL_SOCKET, SO_COMPARTMENT_ID, 1, 4), 0);
    ck_assert_int_eq(set(s4, SOL_SOCKET, SO_COMPARTMENT_ID, 2, 4), WSAEINVAL);
    ck_assert_int_eq(set(s4, SOL_SOCKET, SO_REUSE_UNICASTPORT, 1, 4), 0);
    ck_assert_int_eq(set(s4, SOL_SOCKET, SO_RANDOMIZE_PORT, 1, 4), WSAEINVAL);
    ck_assert_int_eq(set(s4, SOL_SOCKET, SO_REUSE_UNICASTPORT, 0, 4), 0);
    ck_assert_int_eq(set(s4, SOL_SOCKET, SO_RANDOMIZE_PORT, 1, 4), 0);
    SOCKET bound = world_socket("0.0.0.0", NULL);
    ck_assert_int_eq(set(bound, SOL_SOCKET, SO_RANDOMIZE_PORT, 1, 4), WSAEINVAL);
    ck_assert_int_eq(set(bound, SOL_SOCKET, SO_REUSE_MULTICASTPORT, 1, 4), WSAEINVAL);
}
END_TEST

START_TEST(linger_of_a_stream)
{
    SOCKET s = open_socket(AF_INET, SOCK_STREAM);
    LINGER linger = {.l_onoff = 1, .l_linger = 30};
    DWORD dont = 9;
    int bytes = sizeof(linger);

    ck_assert_int_eq(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, bytes), 0);
    ck_assert_int_eq(getsockopt(s, SOL_SOCKET, SO_DONTLINGER, (char *)&dont, &bytes), 0);
    ck_assert_uint_eq(dont, 0);
    ck_assert_int_eq(set(s, SOL_SOCKET, SO_DONTLINGER, 1, 4), 0);
    ck_assert_int_eq(getsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, &bytes), 0);
    ck_assert_uint_eq(linger.l_onoff, 0);
    ck_assert_uint_eq(linger.l_linger, 30);
}
END_TEST

START_TEST(bsp_state)
{
    struct {
        CSADDR_INFO info;
        char names[64];
    } state;
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    SOCKADDR_STORAGE peer, us;
    int needed = (int)sizeof(CSADDR_INFO) + 2 * FAMILY->name_bytes, bytes = needed - 1;
    int name_bytes = world_name(FAMILY->peer, 4000, &peer);

    world_name(FAMILY->us, port, &us);
    ck_assert_int_eq(connect(s, (SOCKADDR *)&peer, name_bytes), 0);
    world_fails(getsockopt(s, SOL_SOCKET, SO_BSP_STATE, (char *)&state, &bytes), WSAEFAULT);
    bytes = sizeof(state);
    ck_assert_int_eq(getsockopt(s, SOL_SOCKET, SO_BSP_STATE, (char *)&state, &bytes), 0);
    ck_assert_int_eq(bytes, needed);
    ck_assert_int_eq(state.info.iSocketType, SOCK_DGRAM);
    ck_assert_int_eq(state.info.iProtocol, IPPROTO_UDP);
    ck_assert_int_eq(state.info.LocalAddr.iSockaddrLength, name_bytes);
    ck_assert_mem_eq(state.info.LocalAddr.lpSockaddr, &us, (size_t)name_bytes);
    ck_assert_int_eq(state.info.RemoteAddr.iSockaddrLength, name_bytes);
    ck_assert_mem_eq(state.info.RemoteAddr.lpSockaddr, &peer, (size_t)name_bytes);
}
END_TEST

START_TEST(bsp_state_without_names)
{
    static char state[256], zeros[64];
    SOCKET s = open_socket(FAMILY->af, SOCK_DGRAM);
    int bytes = sizeof(state);
    CSADDR_INFO *info = (CSADDR_INFO *)(void *)state;

    ck_assert_int_eq(getsockopt(s, SOL_SOCKET, SO_BSP_STATE, state, &bytes), 0);
    ck_assert_int_eq(info->LocalAddr.lpSockaddr->sa_family, FAMILY->af);
    ck_assert_mem_eq((char *)info->LocalAddr.lpSockaddr + 2, zeros,
                     (size_t)FAMILY->name_bytes - 2);
    ck_assert_mem_eq((char *)info->RemoteAddr.lpSockaddr + 2, zeros,
                     (size_t)FAMILY->name_bytes - 2);
}
END_TEST

static void *read_open_type(void *result)
{
    DWORD value = 77;
    int bytes = sizeof(value);

    getsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, (char *)&value, &bytes);
    *(DWORD *)result = value;
    return NULL;
}

START_TEST(wb6_31_open_type_is_the_threads)
{
    DWORD value = SO_SYNCHRONOUS_NONALERT, other = 77;
    int bytes = -1;
    pthread_t thread;

    ck_assert_int_eq(set(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, value, 2), WSAEFAULT);
    ck_assert_int_eq(set(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, value, 4), 0);
    value = 0;
    ck_assert_int_eq(getsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, (char *)&value, &bytes),
                     0);
    ck_assert_int_eq(bytes, 4);
    ck_assert_uint_eq(value, SO_SYNCHRONOUS_NONALERT);
    bytes = 2;
    world_fails(getsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, (char *)&value, &bytes),
                WSAEFAULT);
    world_fails(getsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, NULL, &bytes), WSAEFAULT);
    ck_assert_int_eq(pthread_create(&thread, NULL, read_open_type, &other), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_uint_eq(other, 0);
}
END_TEST

/* A socket of such a thread is not for overlapped calls: one with an OVERLAPPED blocks (C12). */
START_TEST(open_type_decides_what_socket_makes)
{
    WSAOVERLAPPED overlapped = {.hEvent = NULL};
    SOCKADDR_STORAGE name;
    char data[8];
    WSABUF buffer = {.len = sizeof(data), .buf = data};
    DWORD got = 0, flags = 0;

    ck_assert_int_eq(set(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, SO_SYNCHRONOUS_ALERT, 4), 0);
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    world_track(s);
    ck_assert_int_eq(bind(s, (SOCKADDR *)&name, world_name("127.0.0.1", 0, &name)), 0);
    int bytes = sizeof(name);
    ck_assert_int_eq(getsockname(s, (SOCKADDR *)&name, &bytes), 0);
    ck_assert_int_eq(sendto(s, "self", 4, 0, (SOCKADDR *)&name, bytes), 4);
    ck_assert_int_eq(WSARecv(s, &buffer, 1, &got, &flags, &overlapped, NULL), 0);
    ck_assert_uint_eq(got, 4);
    ck_assert_uint_eq(overlapped.InternalHigh, 4);
}
END_TEST

Suite *suite_contract_option_table(void)
{
    Suite *suite = suite_create("option_table");
    TCase *host = tcase_create("option_table");

    tcase_add_checked_fixture(host, world_setup_one, world_teardown);
    tcase_add_loop_test(host, wb6_25_which_sockets_have_an_option, 0,
                        (int)(sizeof(validity) / sizeof(validity[0])));
    tcase_add_test(host, c27_options_of_the_other_version);
    tcase_add_test(host, values_that_are_refused);
    tcase_add_test(host, linger_of_a_stream);
    tcase_add_loop_test(host, bsp_state, 0, WORLD_FAMILIES);
    tcase_add_loop_test(host, bsp_state_without_names, 0, WORLD_FAMILIES);
    tcase_add_test(host, wb6_31_open_type_is_the_threads);
    tcase_add_test(host, open_type_decides_what_socket_makes);
    suite_add_tcase(suite, host);
    return suite;
}
