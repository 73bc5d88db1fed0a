/*
 * test_socket.c - making and naming sockets, destinations, ioctls: what docs/differences.md
 * promises, and rows of WB 2, 4, 5, 7, 8 and 10.
 */
#include <check.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "tests/unit/suites.h"

static SOCKET udp4, udp6;
static SOCKADDR_IN loopback4;

static void setup(void)
{
    WSADATA data;

    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &data), 0);
    udp4 = socket(AF_INET, SOCK_DGRAM, 0);
    udp6 = socket(AF_INET6, SOCK_DGRAM, 0);
    ck_assert(udp4 != INVALID_SOCKET && udp6 != INVALID_SOCKET);
    loopback4 = (SOCKADDR_IN){.sin_family = AF_INET};
    loopback4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

static void teardown(void)
{
    ck_assert_int_eq(WSACleanup(), 0);
}

/* The error of a call that has to fail, or 0. */
#define ERROR_OF(call) ((call) == SOCKET_ERROR ? WSAGetLastError() : 0)

/* Binds to 127.0.0.1 and leaves the name in loopback4. */
static void bind_to_loopback(SOCKET s)
{
    int length = sizeof(loopback4);

    ck_assert_int_eq(bind(s, (SOCKADDR *)&loopback4, sizeof(loopback4)), 0);
    ck_assert_int_eq(getsockname(s, (SOCKADDR *)&loopback4, &length), 0);
}

static const struct {
    int family, type, protocol, error;
} kinds[] = {
    {99, SOCK_STREAM, IPPROTO_TCP, WSAEAFNOSUPPORT},
    {AF_INET, 99, IPPROTO_TCP, WSAESOCKTNOSUPPORT},
    {99, 99, IPPROTO_TCP, WSAESOCKTNOSUPPORT},
    {AF_INET, SOCK_STREAM, 99, WSAEPROTONOSUPPORT},
    {99, SOCK_STREAM, 99, WSAEAFNOSUPPORT},
    {AF_INET, 0, 99, WSAEPROTONOSUPPORT},
    {AF_INET, SOCK_STREAM, IPPROTO_UDP, WSAEPROTONOSUPPORT},
    {AF_INET, SOCK_DGRAM, IPPROTO_TCP, WSAEPROTONOSUPPORT},
    {AF_UNSPEC, SOCK_DGRAM, 0, WSAEINVAL},
    {AF_UNSPEC, SOCK_STREAM, 99, WSAEPROTONOSUPPORT},
    {AF_UNSPEC, 99, IPPROTO_UDP, WSAESOCKTNOSUPPORT},
    {AF_INET, SOCK_RDM, 0, WSAESOCKTNOSUPPORT},
    {AF_INET, SOCK_DGRAM, 0, 0},
    {AF_INET6, SOCK_DGRAM, IPPROTO_UDP, 0},
    {AF_INET, 0, IPPROTO_UDP, 0},
    {AF_INET, 0, 0, 0},
    {AF_UNSPEC, 0, IPPROTO_UDP, 0},
};

START_TEST(kinds_of_sockets)
{
    SOCKET s = socket(kinds[_i].family, kinds[_i].type, kinds[_i].protocol);

    ck_assert_int_eq(WSAGetLastError(), kinds[_i].error);
    ck_assert_int_eq(s == INVALID_SOCKET, kinds[_i].error != 0);
}
END_TEST

START_TEST(c05_streams)
{
    SOCKET s = socket(AF_INET, SOCK_STREAM, 0);
    GUID id = WSAID_WSARECVMSG;
    LPFN_WSARECVMSG receive_message;
    WSAMSG message = {.dwFlags = 0};
    DWORD bytes;
    char data[4];

    ck_assert_int_eq(bind(s, (SOCKADDR *)&loopback4, sizeof(loopback4)), 0);
    ck_assert_int_eq(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id),
                              &receive_message, sizeof(receive_message), &bytes, NULL, NULL),
                     0);
    ck_assert_int_eq(ERROR_OF(receive_message(s, &message, &bytes, NULL, NULL)), WSAEINVAL);
    message.dwFlags = MSG_PEEK;
    ck_assert_int_eq(ERROR_OF(receive_message(s, &message, &bytes, NULL, NULL)), WSAEOPNOTSUPP);
    ck_assert_int_eq(ERROR_OF(WSASendMsg(s, &message, 0, &bytes, NULL, NULL)), WSAEINVAL);
    ck_assert_int_eq(ERROR_OF(recv(s, data, 4, 0)), WSAEOPNOTSUPP);
    ck_assert_int_eq(ERROR_OF(send(s, data, 4, 0)), WSAEOPNOTSUPP);
    ck_assert_int_eq(ERROR_OF(connect(s, (SOCKADDR *)&loopback4, sizeof(loopback4))),
                     WSAEOPNOTSUPP);
    ck_assert_int_eq(ERROR_OF(sendto(s, data, 4, 0, (SOCKADDR *)&loopback4, sizeof(loopback4))),
                     WSAEOPNOTSUPP);
    ck_assert_int_eq(ERROR_OF(recvfrom(s, data, 4, 0, NULL, NULL)), WSAEOPNOTSUPP);
    ck_assert_int_eq(ERROR_OF(listen(s, SOMAXCONN)), WSAEOPNOTSUPP);
    ck_assert(accept(s, NULL, NULL) == INVALID_SOCKET);
    ck_assert_int_eq(WSAGetLastError(), WSAEOPNOTSUPP);
    ck_assert_int_eq(ERROR_OF(shutdown(s, SD_BOTH)), WSAENOTCONN); /* WB 8.6 */
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

START_TEST(wb7_12_listen)
{
    ck_assert_int_eq(ERROR_OF(listen(udp4, 1)), WSAEOPNOTSUPP);
    ck_assert_int_eq(ERROR_OF(listen(0, 1)), WSAENOTSOCK);
    ck_assert_int_eq(ERROR_OF(listen(0xdeadbeef, 1)), WSAENOTSOCK);
    WSASetLastError(0);
    ck_assert(WSAAccept(udp4, NULL, NULL, NULL, 0) == INVALID_SOCKET);
    ck_assert_int_eq(WSAGetLastError(), WSAEOPNOTSUPP);
    ck_assert(accept(0xdeadbeef, NULL, NULL) == INVALID_SOCKET);
    ck_assert_int_eq(WSAGetLastError(), WSAENOTSOCK);
}
END_TEST

START_TEST(wsaconnect_is_connect)
{
    SOCKADDR_IN peer;
    int length = sizeof(peer);

    bind_to_loopback(udp4);
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert_int_eq(WSAConnect(s, (SOCKADDR *)&loopback4, sizeof(loopback4), NULL, NULL, NULL,
                                NULL), 0);
    ck_assert_int_eq(getpeername(s, (SOCKADDR *)&peer, &length), 0);
    ck_assert_uint_eq(peer.sin_port, loopback4.sin_port);
    ck_assert_int_eq(ERROR_OF(WSAConnect(s, NULL, 16, NULL, NULL, NULL, NULL)), WSAEFAULT);
}
END_TEST

START_TEST(switches_of_icmp_errors)
{
    static const DWORD codes[] = {SIO_UDP_CONNRESET, SIO_UDP_NETRESET};
    BOOL off = FALSE;
    DWORD bytes = 77;

    for (DWORD length = 1; length <= sizeof(off); length += 3) {
        ck_assert_int_eq(WSAIoctl(udp4, codes[_i], &off, length, NULL, 0, &bytes, NULL, NULL), 0);
        ck_assert_uint_eq(bytes, 0);
    }
    ck_assert_int_eq(ERROR_OF(WSAIoctl(udp4, codes[_i], NULL, 4, NULL, 0, &bytes, NULL, NULL)),
                     WSAEFAULT);
}
END_TEST

START_TEST(c03_ioctl_errors)
{
    GUID unknown = {1, 2, 3, {4}};
    GUID known = WSAID_WSASENDMSG;
    void *out = &unknown;
    DWORD bytes = 77;
    u_long argument;

    ck_assert_int_eq(ERROR_OF(WSAIoctl(udp4, SIO_GET_EXTENSION_FUNCTION_POINTER, &unknown,
                                       sizeof(GUID), &out, sizeof(out), &bytes, NULL, NULL)),
                     WSAEINVAL);
    ck_assert_ptr_eq(out, &unknown);
    ck_assert_uint_eq(bytes, 77);
    ck_assert_int_eq(ERROR_OF(WSAIoctl(udp4, SIO_GET_EXTENSION_FUNCTION_POINTER, &known,
                                       sizeof(GUID), &out, sizeof(out) - 1, &bytes, NULL, NULL)),
                     WSAEFAULT);
    ck_assert_int_eq(ERROR_OF(WSAIoctl(udp4, SIO_GET_EXTENSION_FUNCTION_POINTER, &known,
                                       sizeof(GUID), &out, sizeof(out), NULL, NULL, NULL)),
                     WSAEFAULT);
    ck_assert_int_eq(ERROR_OF(WSAIoctl(udp4, 0xdeadbeef, NULL, 0, NULL, 0, &bytes, NULL, NULL)),
                     WSAEOPNOTSUPP);
    ck_assert_uint_eq(bytes, 0); /* WB 10.11 */
    bytes = 77;
    ck_assert_int_eq(ERROR_OF(WSAIoctl(udp4, FIONREAD, NULL, 0, &argument, 3, &bytes, NULL, NULL)),
                     WSAEFAULT);
    ck_assert_uint_eq(bytes, 77);
    ck_assert_int_eq(ERROR_OF(WSAIoctl(udp4, FIONBIO, &argument, 3, NULL, 0, &bytes, NULL, NULL)),
                     WSAEFAULT);
    ck_assert_int_eq(ERROR_OF(ioctlsocket(udp4, (LONG)FIONBIO, (u_long *)1)), WSAEFAULT);
}
END_TEST

START_TEST(c42_fionbio_reads_32_bits)
{
    u_long argument[2] = {0, 1};
    char data[4];

    bind_to_loopback(udp4);
    argument[0] = 1;
    argument[1] = 0;
    ck_assert_int_eq(ioctlsocket(udp4, (LONG)FIONBIO, argument), 0);
    ck_assert_int_eq(ERROR_OF(recv(udp4, data, 4, 0)), WSAEWOULDBLOCK);
}
END_TEST

START_TEST(c32_c62_sizes_of_the_udp_level)
{
    static const int options[] = {UDP_SEND_MSG_SIZE, UDP_RECV_MAX_COALESCED_SIZE};
    SOCKET stream = socket(AF_INET, SOCK_STREAM, 0);
    DWORD size = 7;
    int bytes = sizeof(size);
    char *value = (char *)&size;

    ck_assert_int_eq(getsockopt(udp4, IPPROTO_UDP, options[_i], value, &bytes), 0);
    ck_assert_uint_eq(size, 0);
    size = 1472;
    ck_assert_int_eq(ERROR_OF(setsockopt(udp4, IPPROTO_UDP, options[_i], value, 3)), WSAEFAULT);
    ck_assert_int_eq(setsockopt(udp4, IPPROTO_UDP, options[_i], value, 4), 0);
    size = 7;
    ck_assert_int_eq(getsockopt(udp4, IPPROTO_UDP, options[_i], value, &bytes), 0);
    ck_assert_uint_eq(size, 1472);
    ck_assert_int_eq(ERROR_OF(setsockopt(stream, IPPROTO_UDP, options[_i], value, 4)), WSAEINVAL);
    closesocket(stream);
}
END_TEST

START_TEST(longest_messages)
{
    static char data[65508];
    SOCKADDR_IN6 loopback6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
    DWORD longest;
    int length = sizeof(longest);

    loopback4.sin_port = htons(9);
    loopback6.sin6_addr.s6_addr[15] = 1;
    ck_assert_int_eq(sendto(udp4, data, 65507, 0, (SOCKADDR *)&loopback4, 16), 65507);
    ck_assert_int_eq(ERROR_OF(sendto(udp4, data, 65508, 0, (SOCKADDR *)&loopback4, 16)),
                     WSAEMSGSIZE);
    ck_assert_int_eq(sendto(udp6, data, 65487, 0, (SOCKADDR *)&loopback6, 28), 65487);
    ck_assert_int_eq(ERROR_OF(sendto(udp6, data, 65488, 0, (SOCKADDR *)&loopback6, 28)),
                     WSAEMSGSIZE);
    ck_assert_int_eq(getsockopt(udp6, SOL_SOCKET, SO_MAX_MSG_SIZE, (char *)&longest, &length), 0);
    ck_assert_uint_eq(longest, 65487);
}
END_TEST

START_TEST(flags_of_wsarecv)
{
    char data[2];
    WSABUF buffer = {sizeof(data), data};
    DWORD bytes = 0, flags = 0;

    bind_to_loopback(udp4);
    ck_assert_int_eq(sendto(udp4, "abc", 3, 0, (SOCKADDR *)&loopback4, sizeof(loopback4)), 3);
    ck_assert_int_eq(ERROR_OF(WSARecv(udp4, &buffer, 1, &bytes, &flags, NULL, NULL)), WSAEMSGSIZE);
    ck_assert_uint_eq(bytes, 2);
    ck_assert_uint_eq(flags, MSG_TRUNC);
}
END_TEST

START_TEST(destinations)
{
    SOCKADDR_IN nowhere = {.sin_family = AF_INET, .sin_port = htons(9)};
    SOCKADDR_IN6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
    WSABUF buffer = {1, (char *)"x"};
    WSAMSG message = {.lpBuffers = &buffer, .dwBufferCount = 1};
    DWORD bytes;

    mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
    mapped.sin6_addr.s6_addr[12] = 127;
    mapped.sin6_addr.s6_addr[15] = 1;
    ck_assert_int_eq(ERROR_OF(send(udp4, "x", 1, 0)), WSAENOTCONN);
    ck_assert_int_eq(ERROR_OF(sendto(udp4, "x", 1, 0, NULL, 0)), WSAEDESTADDRREQ);
    ck_assert_int_eq(ERROR_OF(WSASendMsg(udp4, &message, 0, &bytes, NULL, NULL)), WSAENOTCONN);
    ck_assert_int_eq(ERROR_OF(sendto(udp4, "x", 1, 0, (SOCKADDR *)&nowhere, 16)),
                     WSAEADDRNOTAVAIL);
    ck_assert_int_eq(ERROR_OF(sendto(udp4, "x", 1, 0, (SOCKADDR *)&loopback4, 15)), WSAEFAULT);
    ck_assert_int_eq(ERROR_OF(sendto(udp4, "x", -1, 0, (SOCKADDR *)&loopback4, 16)), WSAEFAULT);
    ck_assert_int_eq(ERROR_OF(sendto(udp4, "x", 1, 0, (SOCKADDR *)&mapped, 28)), WSAEAFNOSUPPORT);
    ck_assert_int_eq(ERROR_OF(sendto(udp6, "x", 1, 0, (SOCKADDR *)&mapped, 28)), WSAENETUNREACH);
    ck_assert_int_eq(sendto(udp4, "x", 1, 0, (SOCKADDR *)&loopback4, 16), 1); /* port 0: WB 2.13 */
    ck_assert_int_eq(WSAGetLastError(), 0);
}
END_TEST

/* WB 2.2, 2.3: a missing message binds nothing, a missing byte count does. */
START_TEST(when_a_send_binds)
{
    WSABUF buffer = {1, (char *)"x"};
    WSAMSG message = {
        .name = (SOCKADDR *)&loopback4,
        .namelen = sizeof(loopback4),
        .lpBuffers = &buffer,
        .dwBufferCount = 1,
    };
    SOCKADDR_IN name;
    DWORD bytes;
    int length = sizeof(name);

    loopback4.sin_port = htons(9);
    ck_assert_int_eq(ERROR_OF(WSASendMsg(udp4, NULL, 0, &bytes, NULL, NULL)), WSAEFAULT);
    ck_assert_int_eq(ERROR_OF(getsockname(udp4, (SOCKADDR *)&name, &length)), WSAEINVAL);
    ck_assert_int_eq(ERROR_OF(WSASendMsg(udp4, &message, 0, NULL, NULL, NULL)), WSAEFAULT);
    ck_assert_int_eq(getsockname(udp4, (SOCKADDR *)&name, &length), 0);
    ck_assert_uint_eq(name.sin_addr.s_addr, INADDR_ANY);
    ck_assert_uint_ne(name.sin_port, 0);
}
END_TEST

START_TEST(a_ttl_of_zero_is_the_default)
{
    DWORD zero = 0, on = 1, bytes;
    char control[64], data[4];
    WSABUF buffer = {sizeof(data), data};
    WSAMSG message = {
        .lpBuffers = &buffer,
        .dwBufferCount = 1,
        .Control = {sizeof(control), control},
    };
    GUID id = WSAID_WSARECVMSG;
    LPFN_WSARECVMSG receive_message;
    INT ttl;

    bind_to_loopback(udp4);
    ck_assert_int_eq(setsockopt(udp4, IPPROTO_IP, IP_TTL, (char *)&zero, 4), 0);
    ck_assert_int_eq(setsockopt(udp4, IPPROTO_IP, IP_RECVTTL, (char *)&on, 4), 0);
    ck_assert_int_eq(sendto(udp4, "x", 1, 0, (SOCKADDR *)&loopback4, sizeof(loopback4)), 1);
    ck_assert_int_eq(WSAIoctl(udp4, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id),
                              &receive_message, sizeof(receive_message), &bytes, NULL, NULL),
                     0);
    ck_assert_int_eq(receive_message(udp4, &message, &bytes, NULL, NULL), 0);
    memcpy(&ttl, control + sizeof(WSACMSGHDR), sizeof(ttl));
    ck_assert_int_eq(ttl, 128);
}
END_TEST

START_TEST(bind_errors)
{
    SOCKADDR_IN other = loopback4;
    SOCKET second = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_int_eq(ERROR_OF(bind(udp4, NULL, 0)), WSAEFAULT);
    ck_assert_int_eq(ERROR_OF(bind(udp4, NULL, 16)), WSAEFAULT);
    ck_assert_int_eq(ERROR_OF(bind(udp4, (SOCKADDR *)&other, 15)), WSAEFAULT);
    ck_assert_int_eq(ERROR_OF(bind(udp6, (SOCKADDR *)&other, 24)), WSAEFAULT);
    other.sin_family = 0xdead;
    ck_assert_int_eq(ERROR_OF(bind(udp4, (SOCKADDR *)&other, 16)), WSAEAFNOSUPPORT);
    other.sin_family = AF_INET;
    other.sin_addr.s_addr = htonl(0xc0000200);
    ck_assert_int_eq(ERROR_OF(bind(udp4, (SOCKADDR *)&other, 16)), WSAEADDRNOTAVAIL);
    bind_to_loopback(udp4);
    ck_assert_int_eq(ERROR_OF(bind(udp4, (SOCKADDR *)&loopback4, 16)), WSAEINVAL);
    ck_assert_int_eq(ERROR_OF(bind(second, (SOCKADDR *)&loopback4, 16)), WSAEADDRINUSE);
}
END_TEST

START_TEST(peers)
{
    SOCKADDR_STORAGE none = {.ss_family = AF_UNSPEC};
    SOCKADDR_IN zero = {.sin_family = AF_INET};
    SOCKADDR_IN name;
    int length = 0;

    ck_assert_int_eq(ERROR_OF(getpeername(INVALID_SOCKET, NULL, NULL)), WSAENOTSOCK);
    ck_assert_int_eq(ERROR_OF(getpeername(udp4, NULL, NULL)), WSAENOTCONN); /* WB 4.2 */
    loopback4.sin_port = htons(9);
    ck_assert_int_eq(connect(udp4, (SOCKADDR *)&loopback4, 16), 0);
    ck_assert_int_eq(ERROR_OF(getpeername(udp4, (SOCKADDR *)&name, NULL)), WSAEFAULT);
    ck_assert_int_eq(ERROR_OF(getpeername(udp4, (SOCKADDR *)&name, &length)), WSAEFAULT);
    ck_assert_int_eq(length, 0);
    length = 128;
    ck_assert_int_eq(getpeername(udp4, (SOCKADDR *)&name, &length), 0);
    ck_assert_int_eq(length, 16);
    ck_assert_mem_eq(&name, &loopback4, 16);
    ck_assert_int_eq(connect(udp4, (SOCKADDR *)&none, sizeof(none)), 0); /* WB 4.8 */
    ck_assert_int_eq(ERROR_OF(getpeername(udp4, (SOCKADDR *)&name, &length)), WSAENOTCONN);
    ck_assert_int_eq(connect(udp4, (SOCKADDR *)&loopback4, 16), 0);
    ck_assert_int_eq(connect(udp4, (SOCKADDR *)&zero, 16), 0);
    ck_assert_int_eq(ERROR_OF(getpeername(udp4, (SOCKADDR *)&name, &length)), WSAENOTCONN);
}
END_TEST

START_TEST(shutdowns)
{
    char data[4];

    ck_assert_int_eq(ERROR_OF(shutdown(udp4, 99)), WSAEINVAL);
    bind_to_loopback(udp4);
    ck_assert_int_eq(shutdown(udp4, SD_RECEIVE), 0);
    ck_assert_int_eq(ERROR_OF(recv(udp4, data, 4, 0)), WSAESHUTDOWN);
    ck_assert_int_eq(sendto(udp4, "x", 1, 0, (SOCKADDR *)&loopback4, 16), 1);
    ck_assert_int_eq(shutdown(udp4, SD_SEND), 0);
    ck_assert_int_eq(shutdown(udp4, SD_SEND), 0);
    ck_assert_int_eq(ERROR_OF(sendto(udp4, "x", 1, 0, (SOCKADDR *)&loopback4, 16)), WSAESHUTDOWN);
}
END_TEST

Suite *suite_socket(void)
{
    Suite *suite = suite_create("socket");
    TCase *tests = tcase_create("socket");

    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, kinds_of_sockets, 0, sizeof(kinds) / sizeof(kinds[0]));
    tcase_add_test(tests, c05_streams);
    tcase_add_test(tests, wb7_12_listen);
    tcase_add_test(tests, wsaconnect_is_connect);
    tcase_add_loop_test(tests, switches_of_icmp_errors, 0, 2);
    tcase_add_test(tests, c03_ioctl_errors);
    tcase_add_test(tests, c42_fionbio_reads_32_bits);
    tcase_add_loop_test(tests, c32_c62_sizes_of_the_udp_level, 0, 2);
    tcase_add_test(tests, longest_messages);
    tcase_add_test(tests, flags_of_wsarecv);
    tcase_add_test(tests, destinations);
    tcase_add_test(tests, when_a_send_binds);
    tcase_add_test(tests, a_ttl_of_zero_is_the_default);
    tcase_add_test(tests, bind_errors);
    tcase_add_test(tests, peers);
    tcase_add_test(tests, shutdowns);
    suite_add_tcase(suite, tests);
    return suite;
}
