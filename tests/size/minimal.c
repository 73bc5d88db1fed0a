/*
 * minimal.c - the least that a program for winlwip does: it is linked to be measured by
 * tests/size/check, and answers each datagram with itself when it is run.
 *
 * Configured by struct: loopback, and a TAP if it is given a name for one. No background thread.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include <string.h>

#include "include/winlwip.h"

WINLWIP_NO_FILES
WINLWIP_DRIVERS(&winlwip_tap_driver)
WINLWIP_WRAPPERS(NULL)

static int start(const char *tap)
{
    const struct winlwip_option device = {"device", tap};
    const struct winlwip_interface interface = {
        .driver = "tap", .addresses = "192.0.2.1/24", .options = &device, .option_count = 1};
    const struct winlwip_config config = {
        .interfaces = &interface, .interface_count = tap != NULL, .no_background = true};
    WSADATA data;

    return winlwip_configure(&config) != 0 || WSAStartup(MAKEWORD(2, 2), &data) != 0;
}

static SOCKET bound_socket(LPFN_WSARECVMSG *recvmsg)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(7)};
    GUID id = WSAID_WSARECVMSG;
    DWORD bytes;
    SOCKET s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);

    if (s == INVALID_SOCKET || bind(s, (struct sockaddr *)&name, sizeof(name)) != 0 ||
        WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), recvmsg, sizeof(*recvmsg),
                 &bytes, NULL, NULL) != 0) {
        return INVALID_SOCKET;
    }
    return s;
}

int main(int count, char **arguments)
{
    LPFN_WSARECVMSG recvmsg;

    if (start(count > 1 ? arguments[1] : NULL) != 0) {
        return 1;
    }
    SOCKET s = bound_socket(&recvmsg);
    while (s != INVALID_SOCKET) {
        char data[2048], control[128];
        struct sockaddr_in from;
        DWORD bytes;
        WSABUF buffer = {sizeof(data), data};
        WSAMSG message = {(struct sockaddr *)&from, sizeof(from), &buffer, 1,
                          {sizeof(control), control}, 0};

        if (recvmsg(s, &message, &bytes, NULL, NULL) != 0) {
            break;
        }
        sendto(s, data, (int)bytes, 0, (struct sockaddr *)&from, sizeof(from));
    }
    WSACleanup();
    return 1;
}
