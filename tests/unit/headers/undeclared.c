/* What the library does not have is not declared: a program may define it itself. */
#include <stdlib.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <ws2tcpip.h>

static int WSARecvMsg(void)
{
    return 1;
}

static int select(void)
{
    return 2;
}

static int WSAEventSelect(void)
{
    return 3;
}

static int GetAddrInfoExW(void)
{
    return 4;
}

int use(void)
{
    return WSARecvMsg() + select() + WSAEventSelect() + GetAddrInfoExW();
}
