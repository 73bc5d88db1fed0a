/* A client that waits for network events, and says errors by FormatMessage(). */
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#include <stdio.h>
#include <strsafe.h>

#define MAX_PEERS 8

static void PrintLastError(LPCTSTR where, DWORD error)
{
    LPVOID lpMsgBuf = NULL;
    TCHAR line[256];

    FormatMessage(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
                      FORMAT_MESSAGE_IGNORE_INSERTS,
                  NULL, error, MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT), (LPTSTR)&lpMsgBuf, 0,
                  NULL);
    if (FAILED(StringCchPrintf(line, ARRAYSIZE(line), TEXT("%s failed with %u: %s"), where,
                               (unsigned)error,
                               lpMsgBuf != NULL ? (LPCTSTR)lpMsgBuf : TEXT("unknown")))) {
        line[0] = TEXT('\0');
    }
    OutputDebugString(line);
    fputs(line, stderr);
    LocalFree(lpMsgBuf);
}

int main(void)
{
    SOCKET sock[MAX_PEERS];
    WSAEVENT events[WSA_MAXIMUM_WAIT_EVENTS];
    WSADATA wsaData;
    DWORD count = 0, index;
    ULONGLONG start = GetTickCount64();

    if (WSAStartup(MAKEWORD(2, 2), &wsaData) != 0) {
        return 1;
    }
    for (count = 0; count < MAX_PEERS; count++) {
        SOCKADDR_IN sin;

        sock[count] = WSASocketA(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
        memset(&sin, 0, sizeof sin);
        sin.sin_family = AF_INET;
        sin.sin_port = htons((u_short)(9000 + count));
        sin.sin_addr.S_un.S_addr = htonl(INADDR_LOOPBACK);
        if (bind(sock[count], (SOCKADDR *)&sin, sizeof(sin)) == SOCKET_ERROR) {
            PrintLastError(TEXT("bind"), WSAGetLastError());
            return 1;
        }
        events[count] = WSACreateEvent();
        if (events[count] == WSA_INVALID_EVENT ||
            WSAEventSelect(sock[count], events[count], FD_READ | FD_WRITE | FD_CLOSE) != 0) {
            return 1;
        }
    }
    while (GetTickCount64() - start < 60 * 1000) {
        WSANETWORKEVENTS ne;

        index = WSAWaitForMultipleEvents(count, events, FALSE, 1000, FALSE);
        if (index == WSA_WAIT_FAILED) {
            PrintLastError(TEXT("WSAWaitForMultipleEvents"), GetLastError());
            break;
        }
        if (index == WSA_WAIT_TIMEOUT) {
            continue;
        }
        index -= WSA_WAIT_EVENT_0;
        if (WSAEnumNetworkEvents(sock[index], events[index], &ne) == SOCKET_ERROR) {
            break;
        }
        if ((ne.lNetworkEvents & FD_READ) && ne.iErrorCode[FD_READ_BIT] == 0) {
            char data[1500];
            struct sockaddr_in peer;
            int len = sizeof(peer);
            WSABUF b = {sizeof(data), data};
            DWORD got, flags = 0;

            if (WSARecvFrom(sock[index], &b, 1, &got, &flags, (struct sockaddr *)&peer, &len, NULL,
                            NULL) == SOCKET_ERROR &&
                WSAGetLastError() != WSAEWOULDBLOCK) {
                PrintLastError(TEXT("WSARecvFrom"), WSAGetLastError());
            } else {
                printf("%s:%u\n", inet_ntoa(peer.sin_addr), ntohs(peer.sin_port));
            }
        }
    }
    while (count-- > 0) {
        WSAEventSelect(sock[count], NULL, 0);
        WSACloseEvent(events[count]);
        closesocket(sock[count]);
    }
    return WSACleanup();
}
