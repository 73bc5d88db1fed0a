/*
 * hello.c - a datagram over loopback, received by WSARecvMsg: compiled as C and as C++, in every way
 * in which an installed library can be found
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <winlwip.h>

#include <stdio.h>
#include <string.h>

/* With -fshort-wchar these are UTF-16, as on Windows. */
#ifdef WIDE
static const WCHAR greeting[] = L"hello";
#endif

int main(void)
{
    WSADATA wsa;
    struct sockaddr_in at;
    int bytes = sizeof(at);
    char text[16];
    DWORD got, id_bytes, flags = 0;
    GUID id = WSAID_WSARECVMSG;
    LPFN_WSARECVMSG receive;
    WSABUF data;
    WSAMSG message;
    SOCKET s;

#ifdef WIDE
    if (sizeof(greeting) != 6 * sizeof(WCHAR)) {
        return 1;
    }
#endif
    if (WSAStartup(MAKEWORD(2, 2), &wsa) != 0) {
        return 2;
    }
    s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    memset(&at, 0, sizeof(at));
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(s, (struct sockaddr *)&at, sizeof(at)) != 0 ||
        getsockname(s, (struct sockaddr *)&at, &bytes) != 0 ||
        sendto(s, "hello", 5, 0, (struct sockaddr *)&at, bytes) != 5 ||
        WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &receive, sizeof(receive),
                 &id_bytes, NULL, NULL) != 0) {
        return 3;
    }
    data.len = sizeof(text);
    data.buf = text;
    memset(&message, 0, sizeof(message));
    message.lpBuffers = &data;
    message.dwBufferCount = 1;
    message.dwFlags = flags;
    if (receive(s, &message, &got, NULL, NULL) != 0 || got != 5) {
        return 4;
    }
    printf("%.5s from winlwip %s\n", text, winlwip_version());
    return WSACleanup();
}
