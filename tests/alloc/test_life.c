/*
 * test_life.c - one life of the library, from WSAStartup() to WSACleanup(), with each of its
 * allocations failing once.
 *
 * Whatever fails, no call does worse than an error, the first error of a life is one that speaks of
 * memory, the counters balance, and afterwards nothing is left.
 */
#include "tests/alloc/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <mstcpip.h>

#include "include/winlwip.h"
#include "tests/support/world_internal.h"

/* Polled sockets: more than WSAPoll() has room for without memory. */
#define POLLED 40

static char config_path[] = "/tmp/test_life.XXXXXX";
static int first_error; /* of the life under way; 0: none */

static void setup(void)
{
    static const char config[] = "[interface eth0]\n"
                                 "driver = pcap\n"
                                 "file = examples/demo.pcapng\n"
                                 "end = wait\n"
                                 "mac = 02:00:5e:10:00:01\n"
                                 "address = 192.0.2.1/24, 2001:db8::1/64\n";
    int fd = mkstemp(config_path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, config, sizeof(config) - 1), (int)sizeof(config) - 1);
    close(fd);
    setenv("WINLWIP_CONFIG", config_path, 1);
}

static void teardown(void)
{
    unlink(config_path);
}

/* Takes note of a call's outcome. Returns whether it worked. */
static bool worked(int result)
{
    if (result != SOCKET_ERROR) {
        return true;
    }
    ck_assert_int_ne(WSAGetLastError(), 0);
    if (first_error == 0) {
        first_error = WSAGetLastError();
    }
    return false;
}

static void set(SOCKET s, int level, int option, DWORD value)
{
    worked(setsockopt(s, level, option, (const char *)&value, sizeof(value)));
}

static SOCKADDR_IN name4(ULONG address, uint16_t port)
{
    SOCKADDR_IN name = {.sin_family = AF_INET, .sin_port = htons(port)};

    name.sin_addr.s_addr = htonl(address);
    return name;
}

static void join(SOCKET s)
{
    IP_MREQ group4 = {.imr_interface.s_addr = htonl(2)};
    IPV6_MREQ group6 = {.ipv6mr_interface = 2};
    struct group_source_req source = {.gsr_interface = 2};
    SOCKADDR_IN *group = (SOCKADDR_IN *)&source.gsr_group;

    group4.imr_multiaddr.s_addr = htonl(0xef010203);
    worked(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&group4, sizeof(group4)));
    group6.ipv6mr_multiaddr.s6_addr[0] = 0xff;
    group6.ipv6mr_multiaddr.s6_addr[1] = 0x15;
    worked(setsockopt(s, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, (char *)&group6, sizeof(group6)));
    *group = name4(0xe8010203, 0);
    *(SOCKADDR_IN *)&source.gsr_source = name4(0xc0000209, 0);
    worked(setsockopt(s, IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, (char *)&source, sizeof(source)));
}

/* A dual-stack socket on a port of the capture, with every option that has state. */
static SOCKET open_socket(void)
{
    SOCKADDR_IN6 any = {.sin6_family = AF_INET6, .sin6_port = htons(5000)};
    TIMESTAMPING_CONFIG stamps = {.Flags = TIMESTAMPING_FLAG_RX | TIMESTAMPING_FLAG_TX,
                                  .TxTimestampsBuffered = 16};
    SOCKET s = socket(AF_INET6, SOCK_DGRAM, 0);
    u_long on = 1;
    DWORD bytes;

    if (!worked(s == INVALID_SOCKET ? SOCKET_ERROR : 0)) {
        return s;
    }
    worked(ioctlsocket(s, (LONG)FIONBIO, &on));
    set(s, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    set(s, IPPROTO_IP, IP_PKTINFO, 1);
    set(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, 65535);
    worked(WSAIoctl(s, SIO_TIMESTAMPING, &stamps, sizeof(stamps), NULL, 0, &bytes, NULL, NULL));
    worked(bind(s, (struct sockaddr *)&any, sizeof(any)));
    join(s);
    return s;
}

/* To this host, to a neighbour, to a group; whole, cut, in fragments, in many buffers. */
static void send_all(SOCKET s)
{
    static char data[5000];
    static const ULONG targets[] = {0x7f000001, 0xc0000209, 0xef010203};
    WSABUF buffers[40];
    DWORD bytes;

    for (unsigned i = 0; i < 40; i++) {
        buffers[i] = (WSABUF){.len = 100, .buf = data + 100 * i};
    }
    for (unsigned i = 0; i < 3; i++) {
        SOCKADDR_IN6 to = {.sin6_family = AF_INET6, .sin6_port = htons(5000)};
        ULONG address = htonl(targets[i]);
        memset(to.sin6_addr.s6_addr + 10, 0xff, 2);
        memcpy(to.sin6_addr.s6_addr + 12, &address, 4);
        worked(sendto(s, data, sizeof(data), 0, (struct sockaddr *)&to, sizeof(to)));
        worked(WSASendTo(s, buffers, 40, &bytes, 0, (struct sockaddr *)&to, sizeof(to), NULL,
                         NULL));
        set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 999);
        worked(sendto(s, data, sizeof(data), 0, (struct sockaddr *)&to, sizeof(to)));
        set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 0);
    }
}

static void poll_many(SOCKET s)
{
    WSAPOLLFD polled[POLLED];

    for (unsigned i = 0; i < POLLED; i++) {
        polled[i] = (WSAPOLLFD){.fd = s, .events = POLLIN};
    }
    worked(WSAPoll(polled, POLLED, 0));
}

static LPFN_WSARECVMSG find_receive(SOCKET s)
{
    GUID id = WSAID_WSARECVMSG;
    LPFN_WSARECVMSG receive = NULL;
    DWORD bytes;

    worked(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &receive,
                    sizeof(receive), &bytes, NULL, NULL));
    return receive;
}

/* Receives what is there: own datagrams, and those of the capture. */
static void receive_all(SOCKET s, LPFN_WSARECVMSG receive)
{
    static char data[65536], control[512];

    for (unsigned i = 0; i < 200; i++) {
        SOCKADDR_STORAGE name;
        WSABUF buffer = {.len = sizeof(data), .buf = data};
        WSAMSG message = {.name = (LPSOCKADDR)&name, .namelen = sizeof(name),
                          .lpBuffers = &buffer, .dwBufferCount = 1,
                          .Control = {.len = sizeof(control), .buf = control}};
        DWORD bytes;
        if (receive(s, &message, &bytes, NULL, NULL) != 0 &&
            WSAGetLastError() == WSAEWOULDBLOCK) {
            return;
        }
    }
}

static void use_sockets(void)
{
    SOCKET s = open_socket(), stream = socket(AF_INET, SOCK_STREAM, 0);
    LPFN_WSARECVMSG receive;

    worked(stream == INVALID_SOCKET ? SOCKET_ERROR : 0);
    if (s == INVALID_SOCKET) {
        return;
    }
    receive = find_receive(s);
    send_all(s);
    poll_many(s);
    if (receive != NULL) {
        receive_all(s, receive);
    }
    worked(closesocket(s)); /* the stream is left to WSACleanup() */
}

/* From start to end. */
static void live_once(void)
{
    struct winlwip_stats stats;
    WSADATA data;

    first_error = WSAStartup(MAKEWORD(2, 2), &data);
    if (first_error != 0) {
        ck_assert_int_eq(first_error, WSASYSNOTREADY);
        ck_assert_str_ne(winlwip_startup_error(), "");
        world_assert_clean();
        return;
    }
    use_sockets();
    ck_assert_int_eq(winlwip_stats(&stats), 0);
    world_assert_balance(&stats);
    ck_assert_int_eq(WSACleanup(), 0);
    world_assert_clean();
    ck_assert_msg(first_error == 0 || first_error == WSAENOBUFS, "the first error is %d",
                  first_error);
}

/* _i 0: one allocation fails, and the next one works. 1: none works any more. */
START_TEST(every_allocation_fails_once)
{
    unsigned asked, nth = 0;
    long before;

    live_once(); /* what is made once for the process */
    ck_assert_int_eq(first_error, 0);
    before = alloc_live();
    do {
        alloc_arm(++nth, _i == 1);
        live_once();
        asked = alloc_disarm();
        ck_assert_msg(alloc_live() == before, "allocation %u of %u failed: %ld blocks are left",
                      nth, asked, alloc_live() - before);
    } while (asked >= nth);
    ck_assert_uint_gt(nth, 50);
}
END_TEST

Suite *suite_alloc(void)
{
    Suite *suite = suite_create("alloc");
    TCase *tcase = tcase_create("alloc");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, every_allocation_fails_once, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
