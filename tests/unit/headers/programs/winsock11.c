/* A program of the nineties: windows.h alone, Windows Sockets 1.1, FAR pointers. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

#define GROUP_ADDRESS "234.5.6.7"

static BOOL InitWinsock(VOID)
{
    WSADATA wsaData;
    WORD wVersionRequested = MAKEWORD(1, 1);

    if (WSAStartup(wVersionRequested, (LPWSADATA)&wsaData) != 0) {
        return FALSE;
    }
    if (LOBYTE(wsaData.wVersion) != 1 || HIBYTE(wsaData.wVersion) != 1) {
        WSACleanup();
        return FALSE;
    }
    return TRUE;
}

static BOOL WINAPI PumpMessages(VOID)
{
    return FALSE;
}

int PASCAL Run(LPSTR lpszHost)
{
    SOCKET s;
    SOCKADDR_IN sinLocal, sinRemote;
    LPHOSTENT lphe;
    struct ip_mreq mreq;
    fd_set fds;
    struct timeval timeout = {1, 500000};
    u_long ulNonBlocking = 1L;
    char FAR *lpBuffer, szBuffer[256];
    int nTTL = 2, cb, cbFrom = sizeof(sinRemote);
    LINGER linger = {0, 0};

    s = socket(PF_INET, SOCK_DGRAM, 0);
    if (s == INVALID_SOCKET) {
        return WSAGetLastError();
    }
    sinLocal.sin_family = PF_INET;
    sinLocal.sin_port = htons(IPPORT_RESERVED + 1000);
    sinLocal.sin_addr.s_addr = INADDR_ANY;
    if (bind(s, (struct sockaddr FAR *)&sinLocal, sizeof(sinLocal)) == SOCKET_ERROR) {
        closesocket(s);
        return WSAGetLastError();
    }
    mreq.imr_multiaddr.s_addr = inet_addr(GROUP_ADDRESS);
    mreq.imr_interface.s_addr = INADDR_ANY;
    if (setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char FAR *)&mreq, sizeof(mreq)) != 0 ||
        setsockopt(s, IPPROTO_IP, IP_MULTICAST_TTL, (char FAR *)&nTTL, sizeof(nTTL)) != 0) {
        wprintf(L"no multicast\n");
    }
    setsockopt(s, SOL_SOCKET, SO_LINGER, (char FAR *)&linger, sizeof(linger));
    WSASetBlockingHook((FARPROC)PumpMessages);
    lphe = gethostbyname(lpszHost);
    if (lphe == (LPHOSTENT)NULL) {
        return WSAGetLastError();
    }
    sinRemote.sin_family = PF_INET;
    sinRemote.sin_port = sinLocal.sin_port;
    memcpy((char FAR *)&sinRemote.sin_addr, *(lphe->h_addr_list), lphe->h_length);
    lpBuffer = (char FAR *)GlobalAlloc(GPTR, 64);
    lstrcpyn(lpBuffer, TEXT("hello"), 64);
    sendto(s, lpBuffer, lstrlen(lpBuffer), 0, (LPSOCKADDR)&sinRemote, sizeof(sinRemote));
    GlobalFree((HGLOBAL)lpBuffer);
    WSAUnhookBlockingHook();
    ioctlsocket(s, FIONBIO, &ulNonBlocking);
    FD_ZERO(&fds);
    FD_SET(s, &fds);
    if (select(0, &fds, (fd_set FAR *)NULL, NULL, &timeout) == 1 && FD_ISSET(s, &fds)) {
        cb = recvfrom(s, szBuffer, sizeof(szBuffer) - 1, 0, (LPSOCKADDR)&sinRemote, &cbFrom);
        printf("%d bytes from %s\n", cb, inet_ntoa(sinRemote.sin_addr));
    }
    closesocket(s);
    return 0;
}

int main(int argc, char *argv[])
{
    int nError;

    if (!InitWinsock()) {
        return 1;
    }
    nError = Run(argc > 1 ? argv[1] : (LPSTR) "localhost");
    if (nError == WSAECONNRESET || nError == WSAEINTR) {
        fprintf(stderr, "error %d\n", nError);
    }
    WSACleanup();
    return nError;
}
