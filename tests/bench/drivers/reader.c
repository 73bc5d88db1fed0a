/*
 * reader.c - winlwip with one driver and one socket.
 */
#include "tests/bench/drivers/reader.h"

#include "include/winlwip.h"
#include "tests/bench/net/row.h"
#include "tests/bench/winlwip/memory_stack.h"

enum { OPTIONS_MAX = 8 };

static struct {
    SOCKET socket;
    WSAMSG messages[READER_BURST];
    WSABUF buffers[READER_BURST];
    DWORD bytes[READER_BURST];
    struct sockaddr_in from[READER_BURST];
} reader;

void reader_start(const char *driver, const struct reader_option *options, size_t count)
{
    struct winlwip_option copies[OPTIONS_MAX];
    struct winlwip_interface interface = {
        .name = "bench0",
        .driver = driver,
        .mac = "02:00:5e:10:00:01",
        .addresses = "192.0.2.1/24",
        .options = copies,
        .option_count = count,
    };
    const struct winlwip_config config = {
        .interfaces = &interface, .interface_count = 1, .no_background = true};
    WSADATA data;

    if (count > OPTIONS_MAX) {
        row_fail("%s: too many options", driver);
    }
    for (size_t i = 0; i < count; i++) {
        copies[i] = (struct winlwip_option){options[i].key, options[i].value};
    }
    if (winlwip_configure(&config) != 0 || WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        row_missing("%s", winlwip_startup_error());
    }
    reader.socket = memory_stack_socket(0, MEASURE_PKTINFO_TTL_TOS, 0);
    if (reader.socket == INVALID_SOCKET) {
        row_fail("%s: no socket", driver);
    }
}

bool reader_receive(unsigned slot)
{
    reader.buffers[slot] = (WSABUF){MEASURE_PAYLOAD_ROOM, (char *)measure_buffers.payload[slot]};
    reader.messages[slot] = (WSAMSG){
        .name = (struct sockaddr *)&reader.from[slot],
        .namelen = sizeof(reader.from[slot]),
        .lpBuffers = &reader.buffers[slot],
        .dwBufferCount = 1,
        .Control = {MEASURE_CONTROL_ROOM, (char *)measure_buffers.control[slot]},
    };
    if (memory_stack_recvmsg(reader.socket, &reader.messages[slot], &reader.bytes[slot], NULL, NULL) ==
        0) {
        return true;
    }
    if (WSAGetLastError() != WSAEWOULDBLOCK) {
        row_fail("WSARecvMsg: error %d", WSAGetLastError());
    }
    return false;
}

void reader_check(const struct traffic *traffic, unsigned slot, size_t n)
{
    struct traffic_received received = {
        .payload = measure_buffers.payload[slot],
        .bytes = reader.bytes[slot],
        .source = ntohl(reader.from[slot].sin_addr.s_addr),
        .source_port = ntohs(reader.from[slot].sin_port),
        .ttl = -1,
        .tos = -1,
    };

    memory_stack_read_control(&reader.messages[slot], &received);
    const char *wrong = traffic_check(traffic, n, &received);
    if (wrong != NULL) {
        row_fail("datagram %zu: %s", n, wrong);
    }
}

void reader_stop(void)
{
    closesocket(reader.socket);
    WSACleanup();
}
