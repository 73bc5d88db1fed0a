/* ping over a raw socket. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <stdio.h>
#include <stdlib.h>
#include <intrin.h>

#pragma pack(push, 1)
typedef struct tagIPHDR {
    u_char VIHL;
    u_char TOS;
    short TotLen;
    short ID;
    short FlagOff;
    u_char TTL;
    u_char Protocol;
    u_short Checksum;
    struct in_addr iaSrc;
    struct in_addr iaDst;
} IPHDR, *PIPHDR;

typedef struct tagECHOREQUEST {
    u_char Type;
    u_char Code;
    u_short Checksum;
    u_short ID;
    u_short Seq;
    DWORD dwTime;
    char cData[32];
} ECHOREQUEST, *PECHOREQUEST;
#pragma pack(pop)

C_ASSERT(sizeof(IPHDR) == 20);

static __declspec(align(16)) char recvbuf[2048];
static __declspec(thread) int errors;

static __forceinline u_short checksum(const USHORT *buffer, int size)
{
    unsigned long cksum = 0;

    while (size > 1) {
        cksum += *buffer++;
        size -= sizeof(USHORT);
    }
    if (size) {
        cksum += *(const UCHAR *)buffer;
    }
    cksum = (cksum >> 16) + (cksum & 0xffff);
    cksum += (cksum >> 16);
    return (USHORT)(~cksum);
}

__declspec(noinline) static int ping(SOCKET raw, PSOCKADDR_IN dst, u_short seq)
{
    static ECHOREQUEST echoReq;
    union {
        PECHOREQUEST request;
        const USHORT *words;
    } p;
    struct sockaddr_in from;
    int fromlen = sizeof(from), n;
    PIPHDR ip = (PIPHDR)recvbuf;
    unsigned __int64 started = GetTickCount64();
    unsigned long bit = 0;

    echoReq.Type = 8;
    echoReq.Code = 0;
    echoReq.ID = (u_short)GetCurrentProcessId();
    echoReq.Seq = seq;
    echoReq.dwTime = GetTickCount();
    FillMemory(echoReq.cData, sizeof(echoReq.cData), 'E');
    echoReq.Checksum = 0;
    p.request = &echoReq;
    echoReq.Checksum = checksum(p.words, sizeof(ECHOREQUEST));
    if (sendto(raw, (LPSTR)&echoReq, sizeof(ECHOREQUEST), 0, (LPSOCKADDR)dst, sizeof(*dst)) ==
        SOCKET_ERROR) {
        errors++;
        return -1;
    }
    n = recvfrom(raw, recvbuf, sizeof(recvbuf), 0, (LPSOCKADDR)&from, &fromlen);
    if (n == SOCKET_ERROR) {
        return WSAGetLastError() == WSAETIMEDOUT ? 0 : -1;
    }
    printf("%d bytes from %s: TTL %d, %d ms, %s\n", n, inet_ntoa(from.sin_addr), ip->TTL,
           (int)(GetTickCount64() - started), (ip->VIHL >> 4) == 4 ? "IPv4" : "?");
    (void)bit;
    return 1;
}

int main(int argc, char **argv)
{
    WSADATA wsaData;
    WORD wVersionRequested = MAKEWORD(2, 0);
    LPHOSTENT lpHost;
    SOCKET rawSocket;
    SOCKADDR_IN dst;
    int timeout = 1000, ttl = 64, i;

    if (WSAStartup(wVersionRequested, &wsaData)) {
        return 1;
    }
    rawSocket = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    if (rawSocket == INVALID_SOCKET) {
        printf(WSAGetLastError() == WSAEACCES ? "not allowed\n" : "no socket\n");
        return 1;
    }
    setsockopt(rawSocket, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof(timeout));
    setsockopt(rawSocket, IPPROTO_IP, IP_TTL, (char *)&ttl, sizeof(ttl));
    lpHost = gethostbyname(argc > 1 ? argv[1] : "localhost");
    if (lpHost == NULL) {
        return 1;
    }
    memset(&dst, 0, sizeof(dst));
    CopyMemory(&dst.sin_addr, lpHost->h_addr, lpHost->h_length);
    dst.sin_family = AF_INET;
    for (i = 0; i < 4; i++) {
        if (ping(rawSocket, &dst, (u_short)i) < 0) {
            break;
        }
        _ReadWriteBarrier();
        Sleep(1000);
    }
    closesocket(rawSocket);
    WSACleanup();
    return errors;
}
