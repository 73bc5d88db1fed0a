/* Sends many datagrams by one call, and takes many by one. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <stdio.h>

typedef struct {
    SOCKET Socket;
    LPFN_WSARECVMSG WSARecvMsg;
    LPFN_WSASENDMSG WSASendMsg;
    DWORD MaxSegment;
    unsigned UsoSupported : 1;
    unsigned UroSupported : 1;
} DATAPATH;

static void query_features(DATAPATH *d)
{
    DWORD size = 0;
    int len = sizeof(size);

    if (getsockopt(d->Socket, IPPROTO_UDP, UDP_SEND_MSG_SIZE, (char *)&size, &len) == NO_ERROR) {
        d->UsoSupported = TRUE;
    }
    size = 65507;
    if (setsockopt(d->Socket, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, (char *)&size,
                   sizeof(size)) == NO_ERROR) {
        d->UroSupported = TRUE;
    }
}

static int get_function(SOCKET s, GUID guid, void *function, DWORD bytes)
{
    DWORD returned = 0;

    return WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof(guid), function, bytes,
                    &returned, NULL, NULL);
}

static int send_batch(DATAPATH *d, const SOCKADDR_INET *to, WSABUF *buffers, ULONG count)
{
    CHAR control[WSA_CMSG_SPACE(sizeof(IN6_PKTINFO)) + WSA_CMSG_SPACE(sizeof(INT)) +
                 WSA_CMSG_SPACE(sizeof(DWORD))] = {0};
    WSAMSG msg = {0};
    PWSACMSGHDR cmsg;
    DWORD sent = 0;

    msg.name = (LPSOCKADDR)to;
    msg.namelen = to->si_family == AF_INET ? sizeof(SOCKADDR_IN) : sizeof(SOCKADDR_IN6);
    msg.lpBuffers = buffers;
    msg.dwBufferCount = count;
    msg.Control.buf = control;
    msg.Control.len = sizeof(control);
    cmsg = WSA_CMSG_FIRSTHDR(&msg);
    cmsg->cmsg_level = to->si_family == AF_INET ? (INT)IPPROTO_IP : (INT)IPPROTO_IPV6;
    cmsg->cmsg_type = to->si_family == AF_INET ? IP_ECN : IPV6_ECN;
    cmsg->cmsg_len = WSA_CMSG_LEN(sizeof(INT));
    *(PINT)(PVOID)WSA_CMSG_DATA(cmsg) = 2;
    msg.Control.len = WSA_CMSG_SPACE(sizeof(INT));
    if (d->UsoSupported && count > 1) {
        msg.Control.len += WSA_CMSG_SPACE(sizeof(DWORD));
        cmsg = WSA_CMSG_NXTHDR(&msg, cmsg);
        cmsg->cmsg_level = IPPROTO_UDP;
        cmsg->cmsg_type = UDP_SEND_MSG_SIZE;
        cmsg->cmsg_len = WSA_CMSG_LEN(sizeof(DWORD));
        *(PDWORD)(PVOID)WSA_CMSG_DATA(cmsg) = d->MaxSegment;
    }
    return d->WSASendMsg(d->Socket, &msg, 0, &sent, NULL, NULL);
}

int main(void)
{
    static char data[10][1200];
    WSADATA wsaData;
    DATAPATH d = {0};
    SOCKADDR_INET to = {0};
    WSABUF buffers[10];
    LARGE_INTEGER frequency, start, end;
    GUID send_msg = WSAID_WSASENDMSG, recv_msg = WSAID_WSARECVMSG;
    int i;

    if (WSAStartup(MAKEWORD(2, 2), &wsaData) != 0) {
        return 1;
    }
    d.Socket = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0,
                          WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    d.MaxSegment = sizeof(data[0]);
    query_features(&d);
    if (get_function(d.Socket, send_msg, &d.WSASendMsg, sizeof(d.WSASendMsg)) ||
        get_function(d.Socket, recv_msg, &d.WSARecvMsg, sizeof(d.WSARecvMsg))) {
        return 1;
    }
    to.Ipv4.sin_family = AF_INET;
    to.Ipv4.sin_port = htons(4433);
    inet_pton(AF_INET, "127.0.0.1", &to.Ipv4.sin_addr);
    for (i = 0; i < (int)_countof(buffers); i++) {
        buffers[i].buf = data[i];
        buffers[i].len = sizeof(data[i]);
    }
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&start);
    i = send_batch(&d, &to, buffers, _countof(buffers));
    QueryPerformanceCounter(&end);
    printf("%d, %.1f us\n", i,
           (double)(end.QuadPart - start.QuadPart) * 1e6 / (double)frequency.QuadPart);
    closesocket(d.Socket);
    return WSACleanup();
}
