/*
 * own_driver.c - a program that brings its own driver (wire.c) and drives the stack itself: it asks
 * a question over the wire, plays the other host, and prints the answer.
 */
#include <winsock2.h>
#include <ws2tcpip.h>

#include <stdbool.h>
#include <stdio.h>

#include <winlwip.h>

#include "wire.h"

WINLWIP_NO_FILES /* configured by struct alone: needs no libinih */
WINLWIP_DRIVERS(NULL) /* its driver is its own */
WINLWIP_WRAPPERS(NULL)

static bool start(struct link *link)
{
    struct winlwip_interface interface = {
        .name = "wire0", .addresses = "192.0.2.1/24", .link = link};
    struct winlwip_config config = {
        .interfaces = &interface, .interface_count = 1, .no_background = true};
    WSADATA data;

    /* From here on the link is the stack's, even if the start fails. */
    if (winlwip_configure(&config) != 0 || WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        fprintf(stderr, "%s\n", winlwip_startup_error());
        return false;
    }
    return true;
}

int main(void)
{
    int far;
    struct link *link = wire_open(&far);

    if (link == NULL || !start(link)) {
        return 1;
    }
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(7)};
    char data[64];
    u_long yes = 1;
    SOCKET s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);

    inet_pton(AF_INET, "192.0.2.9", &peer.sin_addr);
    ioctlsocket(s, FIONBIO, &yes);
    sendto(s, "anybody there?", 14, 0, (struct sockaddr *)&peer, sizeof(peer));
    printf("%d bytes over the wire\n", wire_reflect(far));
    printf("%d packet taken in\n", winlwip_drive());
    int bytes = recv(s, data, sizeof(data), 0);
    if (bytes > 0) {
        printf("answer: %.*s\n", bytes, data);
    }
    WSACleanup();
    return bytes > 0 ? 0 : 1;
}
