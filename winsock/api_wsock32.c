/*
 * api_wsock32.c - setsockopt and getsockopt as wsock32.dll has them: with the option numbers of
 * Windows Sockets 1.1.
 *
 * A number alone does not tell which version of Winsock it is of (3 is IP_MULTICAST_TTL there and
 * IP_TOS here), nor does the version that WSAStartup was asked for: programs ask for 1.1 and are
 * compiled with winsock2.h. The function that is called tells.
 */
#include <ws2tcpip.h>
#include <winlwip/wsock32.h>

/* The option of level IPPROTO_IP that has a number, of Windows Sockets 1.1, by that number. */
static const int ip_options[] = {
    [0] = 0,
    [1] = IP_OPTIONS,
    [2] = IP_MULTICAST_IF,
    [3] = IP_MULTICAST_TTL,
    [4] = IP_MULTICAST_LOOP,
    [5] = IP_ADD_MEMBERSHIP,
    [6] = IP_DROP_MEMBERSHIP,
    [7] = IP_TTL,
    [8] = IP_TOS,
    [9] = IP_DONTFRAGMENT,
};

/* Numbers that Windows Sockets 1.1 does not have are taken for those of Winsock 2. */
static int winsock2_name(int level, int name)
{
    if (level == IPPROTO_IP && name >= 0 && name < (int)ARRAYSIZE(ip_options)) {
        return ip_options[name];
    }
    return name;
}

int winlwip_setsockopt11(SOCKET s, int level, int name, const char *value, int length)
{
    return setsockopt(s, level, winsock2_name(level, name), value, length);
}

int winlwip_getsockopt11(SOCKET s, int level, int name, char *value, int *length)
{
    return getsockopt(s, level, winsock2_name(level, name), value, length);
}
