/*
 * replay.c - winlwip on a capture file: the pcap driver as fast as the stack reads, and
 * WSARecvMsg() with all control messages on sockets that don't block, in the order of the
 * datagrams.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "include/winlwip.h"
#include "tests/bench/common/replay.h"
#include "tests/bench/winlwip/memory_stack.h"

static struct {
    SOCKET sockets[REPLAY_SOCKETS];
    unsigned socket_count;
    struct sockaddr_in from;
    char payload[TRAFFIC_PAYLOAD_MAX];
    _Alignas(WSACMSGHDR) char control[MEASURE_CONTROL_ROOM];
} bench;

static int replay_open(const char *path)
{
    const struct winlwip_option option = {"file", path};
    const struct winlwip_interface interface = {
        .driver = "pcap",
        .mac = "02:00:5e:10:00:01",
        .addresses = "192.0.2.1/24",
        .options = &option,
        .option_count = 1,
    };
    const struct winlwip_config config = {.interfaces = &interface, .interface_count = 1};
    WSADATA data;

    bench.socket_count = 0;
    if (winlwip_configure(&config) != 0 || WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        return memory_stack_fail("winlwip", "starting the stack");
    }
    for (unsigned i = 0; i < REPLAY_SOCKETS; i++) {
        bench.sockets[i] = memory_stack_socket(i, MEASURE_PKTINFO_TTL_TOS, 0);
        if (bench.sockets[i] == INVALID_SOCKET) {
            return -1;
        }
        bench.socket_count = i + 1;
    }
    return 0;
}

static int next(const struct traffic *traffic, size_t n, struct traffic_received *received)
{
    WSABUF buffer = {sizeof(bench.payload), bench.payload};
    WSAMSG message = {
        .name = (struct sockaddr *)&bench.from,
        .namelen = sizeof(bench.from),
        .lpBuffers = &buffer,
        .dwBufferCount = 1,
        .Control = {sizeof(bench.control), bench.control},
    };
    DWORD bytes;

    if (memory_stack_recvmsg(bench.sockets[traffic_socket(traffic, n)], &message, &bytes, NULL,
                             NULL) != 0) {
        return memory_stack_fail("winlwip", "no datagram");
    }
    received->payload = bench.payload;
    received->bytes = bytes;
    received->source = ntohl(bench.from.sin_addr.s_addr);
    received->source_port = ntohs(bench.from.sin_port);
    memory_stack_read_control(&message, received);
    return 0;
}

static void replay_close(void)
{
    for (unsigned i = 0; i < bench.socket_count; i++) {
        closesocket(bench.sockets[i]);
    }
    WSACleanup();
}

int main(int argc, char **argv)
{
    static const struct replay_subject subject = {"winlwip", replay_open, next, replay_close};

    return replay_main(&subject, argc, argv);
}
