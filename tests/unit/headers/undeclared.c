/* What the library does not have is not declared: a program may define it itself. */
#include <stdlib.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <ws2tcpip.h>

static int WSARecvMsg(void)
{
    return 1;
}

static int WSAConnectByNameA(void)
{
    return 2;
}

static int WSAAsyncSelect(void)
{
    return 3;
}

static int GetAddrInfoExW(void)
{
    return 4;
}

int use(void)
{
    return WSARecvMsg() + WSAConnectByNameA() + WSAAsyncSelect() + GetAddrInfoExW();
}
