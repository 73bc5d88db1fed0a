/*
 * test_reach.c - reaching the call: start-up, sockets, the extension pointers (C01-C05).
 */
#include "tests/contract/contract.h"

#include <string.h>

#include "tests/support/world_internal.h"

static const GUID recvmsg_id = WSAID_WSARECVMSG, sendmsg_id = WSAID_WSASENDMSG;

static SOCKET open_udp(int af)
{
    SOCKET s = WSASocketA(af, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);

    ck_assert_uint_ne(s, INVALID_SOCKET);
    world_track(s);
    return s;
}

/* The ioctl with everything chosen by the caller. */
static int ask(SOCKET s, const GUID *id, void *out, DWORD out_bytes, DWORD *bytes)
{
    GUID copy = *id;

    return WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &copy, sizeof(copy), out, out_bytes,
                    bytes, NULL, NULL);
}

START_TEST(c01_recvmsg_by_ioctl)
{
    LPFN_WSARECVMSG function = NULL;
    DWORD bytes = 0;

    WSASetLastError(1234);
    ck_assert_int_eq(ask(world_socket("192.0.2.1", NULL), &recvmsg_id, &function,
                         sizeof(function), &bytes),
                     0);
    ck_assert_int_eq(WSAGetLastError(), 0);
    ck_assert_uint_eq(bytes, 8);
    ck_assert(function != NULL);
}
END_TEST

START_TEST(c01_sendmsg_exported_and_by_ioctl)
{
    LPFN_WSASENDMSG function = NULL;
    DWORD bytes = 0;
    uint16_t port;
    SOCKET s = world_socket("127.0.0.1", &port);
    SOCKADDR_STORAGE self;
    WSABUF buffer = {.len = 4, .buf = (char[]){"sent"}};
    WSAMSG message = {.name = (LPSOCKADDR)&self,
                      .namelen = world_name("127.0.0.1", port, &self),
                      .lpBuffers = &buffer,
                      .dwBufferCount = 1};
    static struct received received;

    ck_assert_int_eq(ask(s, &sendmsg_id, &function, sizeof(function), &bytes), 0);
    ck_assert_uint_eq(bytes, 8);
    ck_assert(function != NULL);
    world_set_nonblocking(s);
    for (unsigned i = 0; i < 2; i++) {
        LPFN_WSASENDMSG ways[] = {function, WSASendMsg};

        world_fails(ways[i](s, NULL, 0, &bytes, NULL, NULL), WSAEFAULT);
        ck_assert_int_eq(ways[i](s, &message, 0, &bytes, NULL, NULL), 0);
        ck_assert_uint_eq(bytes, 4);
        world_receive(s, &received);
        world_assert_text(&received, "sent");
    }
}
END_TEST

START_TEST(c02_pointer_outlives_its_socket)
{
    LPFN_WSARECVMSG function = NULL;
    DWORD bytes = 0;
    uint16_t port;
    SOCKET asked = open_udp(FAMILY->af), s;
    static struct received received;

    ck_assert_int_eq(ask(asked, &recvmsg_id, &function, sizeof(function), &bytes), 0);
    ck_assert_int_eq(closesocket(asked), 0);
    s = world_socket(FAMILY->us, &port);
    deliver(FAMILY, port, "good");
    world.recvmsg = function;
    world_receive(s, &received);
    world_assert_text(&received, "good");
}
END_TEST

START_TEST(c02_pointer_works_on_either_family)
{
    LPFN_WSARECVMSG function = NULL;
    DWORD bytes = 0;
    uint16_t port;
    const struct world_family *other = &world_families[1 - _i];
    SOCKET s = world_socket(other->us, &port);
    static struct received received;

    ck_assert_int_eq(ask(open_udp(FAMILY->af), &recvmsg_id, &function, sizeof(function), &bytes),
                     0);
    world.recvmsg = function;
    deliver(other, port, "other");
    world_receive(s, &received);
    world_assert_text(&received, "other");
}
END_TEST

START_TEST(c03_unknown_guid)
{
    /* Of nobody, and of extensions that do not exist here. */
    static const GUID unknown[] = {
        {0x12345678, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}}, WSAID_MULTIPLE_RIO, WSAID_ACCEPTEX,
        WSAID_CONNECTEX, WSAID_DISCONNECTEX, WSAID_TRANSMITFILE, WSAID_TRANSMITPACKETS,
    };

    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        DWORD bytes = 0xdeadbeef;
        uint64_t out = 0x1122334455667788;

        world_fails(ask(open_udp(FAMILY->af), &unknown[i], &out, sizeof(out), &bytes), WSAEINVAL);
        ck_assert_uint_eq(bytes, 0xdeadbeef);
        ck_assert_uint_eq(out, 0x1122334455667788);
    }
}
END_TEST

START_TEST(c03_short_output)
{
    DWORD bytes = 0;
    uint64_t out = 0x1122334455667788;

    world_fails(ask(open_udp(FAMILY->af), &recvmsg_id, &out, 7, &bytes), WSAEFAULT);
    ck_assert_uint_eq(out, 0x1122334455667788);
    world_fails(ask(open_udp(FAMILY->af), &recvmsg_id, NULL, 8, &bytes), WSAEFAULT);
}
END_TEST

START_TEST(c03_no_byte_count)
{
    uint64_t out = 0x1122334455667788;

    world_fails(ask(open_udp(FAMILY->af), &recvmsg_id, &out, sizeof(out), NULL), WSAEFAULT);
    ck_assert_uint_eq(out, 0x1122334455667788);
}
END_TEST

START_TEST(c04_before_startup)
{
    WSAMSG message = {0};
    DWORD bytes;
    char byte;

    /* Also with arguments that would be refused next. */
    world_fails(closesocket(INVALID_SOCKET), WSANOTINITIALISED);
    world_fails(recv(INVALID_SOCKET, &byte, 1, 0), WSANOTINITIALISED);
    world_fails(WSASendMsg(INVALID_SOCKET, &message, 0, &bytes, NULL, NULL), WSANOTINITIALISED);
    world_fails(WSACleanup(), WSANOTINITIALISED);
    WSASetLastError(0);
    ck_assert_uint_eq(WSASocketA(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, 0), INVALID_SOCKET);
    ck_assert_int_eq(WSAGetLastError(), WSANOTINITIALISED);
    WSASetLastError(0);
    ck_assert_uint_eq(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP), INVALID_SOCKET);
    ck_assert_int_eq(WSAGetLastError(), WSANOTINITIALISED);
}
END_TEST

START_TEST(c04_exempt_before_startup)
{
    struct in_addr address;
    uint8_t bytes[4] = {192, 0, 2, 1};

    memcpy(&address, bytes, 4);
    WSASetLastError(4321);
    ck_assert_int_eq(WSAGetLastError(), 4321);
    ck_assert_uint_eq(htons(0x1234), 0x3412);
    ck_assert_uint_eq(ntohl(0x01020304), 0x04030201);
    ck_assert_uint_eq(inet_addr("192.0.2.1"), address.s_addr);
    ck_assert_str_eq(inet_ntoa(address), "192.0.2.1");
    ck_assert_int_eq(inet_pton(AF_INET, "192.0.2.1", bytes), 1);
    ck_assert_int_eq(WSAGetLastError(), 4321);
}
END_TEST

START_TEST(c04_order_socket_before_arguments)
{
    SOCKET s = open_udp(AF_INET);
    DWORD bytes = 0;
    WSAMSG message = {0};

    world_fails(world.recvmsg(INVALID_SOCKET, NULL, NULL, NULL, NULL), WSAENOTSOCK);
    world_fails(WSASendMsg(INVALID_SOCKET, &message, 0, &bytes, NULL, NULL), WSAENOTSOCK);
    world_fails(WSASendTo(INVALID_SOCKET, NULL, 0, NULL, 0, NULL, 0, NULL, NULL), WSAENOTSOCK);
    world_fails(getpeername(INVALID_SOCKET, NULL, NULL), WSAENOTSOCK);
    world_fails(ask(INVALID_SOCKET, &recvmsg_id, NULL, 0, &bytes), WSAENOTSOCK);
    ck_assert_int_eq(closesocket(s), 0);
    world_fails(world.recvmsg(s, NULL, NULL, NULL, NULL), WSAENOTSOCK);
    world_fails(closesocket(s), WSAENOTSOCK);
}
END_TEST

START_TEST(c04_startups_are_counted)
{
    SOCKET s = open_udp(AF_INET);
    WSADATA data;

    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &data), 0);
    ck_assert_int_eq(WSACleanup(), 0);
    ck_assert_int_eq(WSAGetLastError(), 0);
    ck_assert_uint_ne(open_udp(AF_INET), INVALID_SOCKET);
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

START_TEST(c04_last_cleanup_closes_sockets)
{
    uint16_t port;
    SOCKET s = world_socket("192.0.2.1", &port);
    WSADATA data;
    char byte;
    LPFN_WSARECVMSG function = world.recvmsg;

    ck_assert_int_eq(WSACleanup(), 0);
    world_fails(function(s, NULL, NULL, NULL, NULL), WSANOTINITIALISED);
    world_assert_clean();
    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &data), 0);
    world_fails(recv(s, &byte, 1, 0), WSAENOTSOCK);
    world_fails(closesocket(s), WSAENOTSOCK);
}
END_TEST

static const struct {
    WORD asked;
    int result;
    WORD given;
} versions[] = {
    {0x0000, WSAVERNOTSUPPORTED, 0x0202}, {0x0500, WSAVERNOTSUPPORTED, 0x0202},
    {0x0001, 0, 0x0001},                  {0x0101, 0, 0x0101},
    {0x0201, 0, 0x0101},                  {0x0901, 0, 0x0101},
    {0x0002, 0, 0x0002},                  {0x0102, 0, 0x0102},
    {0x0202, 0, 0x0202},                  {0x0302, 0, 0x0202},
    {0x0003, 0, 0x0202},                  {0x0004, 0, 0x0202},
};

START_TEST(c04_versions)
{
    WSADATA data;
    bool old = versions[_i].given < 0x0200 && (versions[_i].given & 0xff) == 1;

    memset(&data, 0x5a, sizeof(data));
    ck_assert_int_eq(WSAStartup(versions[_i].asked, &data), versions[_i].result);
    ck_assert_uint_eq(data.wVersion, versions[_i].given);
    ck_assert_uint_eq(data.wHighVersion, 0x0202);
    ck_assert_str_eq(data.szDescription, "WinSock 2.0");
    ck_assert_str_eq(data.szSystemStatus, "Running");
    if (versions[_i].result != 0) {
        world_fails(WSACleanup(), WSANOTINITIALISED);
        return;
    }
    ck_assert_uint_eq(data.iMaxSockets, old ? 32767 : 0);
    ck_assert_uint_eq(data.iMaxUdpDg, old ? 65467 : 0);
    ck_assert_uint_eq(*(unsigned char *)&data.lpVendorInfo, 0x5a);
    ck_assert_int_eq(WSACleanup(), 0);
}
END_TEST

START_TEST(c04_startup_without_data)
{
    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), NULL), WSAEFAULT);
    world_fails(WSACleanup(), WSANOTINITIALISED);
}
END_TEST

START_TEST(c05_stream_socket_refused)
{
    SOCKET s = WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
    char data[8];
    WSABUF buffer = {.len = sizeof(data), .buf = data};
    WSAMSG message = {.lpBuffers = &buffer, .dwBufferCount = 1};
    DWORD bytes = 0xdeadbeef;

    if (s == INVALID_SOCKET) {
        /* Then no stream socket can ever reach the call. */
        ck_assert(WSAGetLastError() == WSAESOCKTNOSUPPORT ||
                  WSAGetLastError() == WSAEPROTONOSUPPORT);
        return;
    }
    world_fails(world.recvmsg(s, &message, &bytes, NULL, NULL), WSAEINVAL);
    message.dwFlags = MSG_PEEK;
    world_fails(world.recvmsg(s, &message, &bytes, NULL, NULL), WSAEOPNOTSUPP);
    ck_assert_uint_eq(bytes, 0xdeadbeef);
    message.dwFlags = 0;
    world_fails(WSASendMsg(s, &message, 0, &bytes, NULL, NULL), WSAEINVAL);
    closesocket(s);
}
END_TEST

START_TEST(c05_values_are_exact_ints)
{
    uint16_t port;
    SOCKET s = world_socket("192.0.2.1", &port);
    int narrow = (int)s;
    struct sockaddr_storage name;
    int bytes = sizeof(name);

    ck_assert_uint_eq((SOCKET)narrow, s);
    ck_assert_int_gt(narrow, 0);
    ck_assert_uint_eq(s % 4, 0);
    for (unsigned low = 1; low < 4; low++)
        world_fails(getsockname(s + low, (struct sockaddr *)&name, &bytes), WSAENOTSOCK);
    ck_assert_int_eq(getsockname(s, (struct sockaddr *)&name, &bytes), 0);
}
END_TEST

START_TEST(c05_closed_and_foreign_descriptors)
{
    char data[8];
    WSABUF buffer = {.len = sizeof(data), .buf = data};
    WSAMSG message = {.lpBuffers = &buffer, .dwBufferCount = 1};
    DWORD bytes = 0;
    SOCKET s = open_udp(AF_INET6);

    ck_assert_int_eq(closesocket(s), 0);
    world_fails(world.recvmsg(s, &message, &bytes, NULL, NULL), WSAENOTSOCK);
    world_fails(world.recvmsg(0, &message, &bytes, NULL, NULL), WSAENOTSOCK);
    world_fails(world.recvmsg(1, &message, &bytes, NULL, NULL), WSAENOTSOCK);
    world_fails(world.recvmsg((SOCKET)0x7ffffffc, &message, &bytes, NULL, NULL), WSAENOTSOCK);
    world_fails(world.recvmsg((SOCKET)0x100000000 + s, &message, &bytes, NULL, NULL), WSAENOTSOCK);
}
END_TEST

#define BAD 12345

/* WB 7.5 and 7.6: what WSASocket makes of its arguments; error 0: a socket of that family. */
static const struct {
    int af, type, protocol, error, made_af;
} creations[] = {
    {AF_INET, SOCK_DGRAM, 0, 0, AF_INET},
    {AF_INET6, SOCK_DGRAM, 0, 0, AF_INET6},
    {AF_INET, 0, IPPROTO_UDP, 0, AF_INET},
    {BAD, SOCK_STREAM, IPPROTO_TCP, WSAEAFNOSUPPORT, 0},
    {BAD, SOCK_DGRAM, IPPROTO_UDP, WSAEAFNOSUPPORT, 0},
    {AF_INET, BAD, IPPROTO_UDP, WSAESOCKTNOSUPPORT, 0},
    {BAD, BAD, IPPROTO_TCP, WSAESOCKTNOSUPPORT, 0},
    {AF_INET, SOCK_STREAM, BAD, WSAEPROTONOSUPPORT, 0},
    {BAD, SOCK_STREAM, BAD, WSAEAFNOSUPPORT, 0},
    {AF_INET, 0, BAD, WSAEPROTONOSUPPORT, 0},
    {AF_INET, SOCK_STREAM, IPPROTO_UDP, WSAEPROTONOSUPPORT, 0},
    {AF_INET, SOCK_DGRAM, IPPROTO_TCP, WSAEPROTONOSUPPORT, 0},
    {AF_UNSPEC, SOCK_DGRAM, 0, WSAEINVAL, 0},
    {AF_UNSPEC, SOCK_STREAM, BAD, WSAEPROTONOSUPPORT, 0},
    {AF_UNSPEC, BAD, IPPROTO_UDP, WSAESOCKTNOSUPPORT, 0},
};

START_TEST(wb7_5_socket_arguments)
{
    SOCKET s;
    SOCKADDR_STORAGE name;

    WSASetLastError(4321);
    s = WSASocketA(creations[_i].af, creations[_i].type, creations[_i].protocol, NULL, 0,
                   WSA_FLAG_OVERLAPPED);
    ck_assert_int_eq(WSAGetLastError(), creations[_i].error);
    if (creations[_i].error != 0) {
        ck_assert_uint_eq(s, INVALID_SOCKET);
        return;
    }
    ck_assert_uint_ne(s, INVALID_SOCKET);
    world_track(s);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name,
                          world_name(creations[_i].made_af == AF_INET ? "0.0.0.0" : "::", 0,
                                     &name)),
                     0);
}
END_TEST

Suite *suite_contract_reach(void)
{
    Suite *suite = suite_create("reach");
    TCase *host = tcase_create("reach"), *bare = tcase_create("reach_bare");

    tcase_add_checked_fixture(host, world_setup_one, world_teardown);
    tcase_add_test(host, c01_recvmsg_by_ioctl);
    tcase_add_test(host, c01_sendmsg_exported_and_by_ioctl);
    tcase_add_loop_test(host, c02_pointer_outlives_its_socket, 0, WORLD_FAMILIES);
    tcase_add_loop_test(host, c02_pointer_works_on_either_family, 0, WORLD_FAMILIES);
    tcase_add_loop_test(host, c03_unknown_guid, 0, WORLD_FAMILIES);
    tcase_add_loop_test(host, c03_short_output, 0, WORLD_FAMILIES);
    tcase_add_loop_test(host, c03_no_byte_count, 0, WORLD_FAMILIES);
    tcase_add_test(host, c04_order_socket_before_arguments);
    tcase_add_test(host, c04_startups_are_counted);
    tcase_add_test(host, c04_last_cleanup_closes_sockets);
    tcase_add_test(host, c05_stream_socket_refused);
    tcase_add_test(host, c05_values_are_exact_ints);
    tcase_add_test(host, c05_closed_and_foreign_descriptors);
    tcase_add_loop_test(host, wb7_5_socket_arguments, 0,
                        (int)(sizeof(creations) / sizeof(creations[0])));
    suite_add_tcase(suite, host);

    tcase_add_test(bare, c04_before_startup);
    tcase_add_test(bare, c04_exempt_before_startup);
    tcase_add_loop_test(bare, c04_versions, 0, (int)(sizeof(versions) / sizeof(versions[0])));
    tcase_add_test(bare, c04_startup_without_data);
    suite_add_tcase(suite, bare);
    return suite;
}
