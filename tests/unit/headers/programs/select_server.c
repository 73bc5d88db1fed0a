/* An echo server over select(), in the manner of Visual Studio's console projects. */
#define _WINSOCK_DEPRECATED_NO_WARNINGS
#define _CRT_SECURE_NO_WARNINGS
#include <SDKDDKVer.h>
#include <WinSock2.h>
#include <Ws2tcpip.h>
#include <stdio.h>
#include <stdlib.h>
#include <tchar.h>
#pragma comment(lib, "ws2_32.lib")

#define DEFAULT_PORT "27015"
#define DEFAULT_BUFLEN 512

static SOCKET OpenServer(const struct addrinfo *ai)
{
    SOCKET s = socket(ai->ai_family, ai->ai_socktype, ai->ai_protocol);
    BOOL reuse = TRUE;
    DWORD timeout = 2000;
    u_long mode = 1;

    if (s == INVALID_SOCKET) {
        printf("socket failed: %d\n", WSAGetLastError());
        return s;
    }
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, (const char *)&reuse, sizeof(reuse));
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof timeout);
    if (ioctlsocket(s, FIONBIO, &mode) != NO_ERROR ||
        bind(s, ai->ai_addr, (int)ai->ai_addrlen) == SOCKET_ERROR) {
        printf("bind failed: %ld\n", (long)WSAGetLastError());
        closesocket(s);
        return INVALID_SOCKET;
    }
    return s;
}

int _tmain(int argc, _TCHAR *argv[])
{
    WSADATA wsaData;
    struct addrinfo hints, *result = NULL, *ptr;
    SOCKET sockets[FD_SETSIZE];
    char buf[DEFAULT_BUFLEN], name[NI_MAXHOST];
    int iResult, count = 0, i;

    iResult = WSAStartup(MAKEWORD(2, 2), &wsaData);
    if (iResult != 0 || LOBYTE(wsaData.wVersion) != 2 || HIBYTE(wsaData.wVersion) != 2) {
        _tprintf(_T("WSAStartup failed: %d\n"), iResult);
        return 1;
    }
    ZeroMemory(&hints, sizeof(hints));
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_protocol = IPPROTO_UDP;
    hints.ai_flags = AI_PASSIVE;
    if (getaddrinfo(NULL, argc > 1 ? argv[1] : DEFAULT_PORT, &hints, &result) != 0) {
        WSACleanup();
        return 1;
    }
    for (ptr = result; ptr != NULL && count < FD_SETSIZE; ptr = ptr->ai_next) {
        if ((sockets[count] = OpenServer(ptr)) != INVALID_SOCKET) {
            count++;
        }
    }
    freeaddrinfo(result);
    for (;;) {
        fd_set readfds;
        struct timeval tv = {5, 0};

        FD_ZERO(&readfds);
        for (i = 0; i < count; i++) {
            FD_SET(sockets[i], &readfds);
        }
        iResult = select(0, &readfds, NULL, NULL, &tv);
        if (iResult == SOCKET_ERROR) {
            break;
        }
        for (i = 0; i < (int)readfds.fd_count; i++) {
            struct sockaddr_storage from;
            int fromlen = sizeof(from);
            int n = recvfrom(readfds.fd_array[i], buf, sizeof(buf), 0, (SOCKADDR *)&from, &fromlen);

            if (n == SOCKET_ERROR) {
                if (WSAGetLastError() == WSAECONNRESET || WSAGetLastError() == WSAEMSGSIZE) {
                    continue;
                }
                exit(EXIT_FAILURE);
            }
            if (getnameinfo((LPSOCKADDR)&from, fromlen, name, sizeof(name), NULL, 0,
                            NI_NUMERICHOST) == 0) {
                printf("%d bytes from %s\n", n, name);
            }
            sendto(readfds.fd_array[i], buf, n, 0, (LPSOCKADDR)&from, fromlen);
        }
    }
    for (i = 0; i < count; i++) {
        closesocket(sockets[i]);
    }
    WSACleanup();
    return 0;
}
