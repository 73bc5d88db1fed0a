/*
 * old_files.c - a program for old systems, with an inet_pton() of its own, that keeps what it receives
 * in a file: io.h and direct.h, and words of the compiler before any header
 */
#define _WIN32_WINNT 0x0501

__declspec(noinline) static unsigned __int32 __cdecl checksum(const unsigned __int8 *data, int size)
{
    unsigned __int64 sum = 0;
    while (size-- > 0) {
        sum += *data++;
    }
    return (unsigned __int32)sum;
}

#include <winsock2.h>
#include <ws2tcpip.h>
#include <direct.h>
#include <io.h>
#include <stdio.h>

static int inet_pton(int family, const char *text, void *to)
{
    SOCKADDR_STORAGE address;
    int size = sizeof(address);

    if (family != AF_INET ||
        WSAStringToAddressA((LPSTR)text, family, NULL, (LPSOCKADDR)&address, &size) != 0)
        return 0;
    memcpy(to, &((SOCKADDR_IN *)&address)->sin_addr, sizeof(IN_ADDR));
    return 1;
}

int main(int argc, char **argv)
{
    WSADATA wsa;
    SOCKADDR_IN at = {0};
    char buffer[2048];
    SOCKET s;
    int file, got;

    if (argc < 2 || WSAStartup(MAKEWORD(2, 2), &wsa) != 0)
        return 1;
    at.sin_family = AF_INET;
    at.sin_port = htons(7777);
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    s = socket(AF_INET, SOCK_DGRAM, 0);
    if (s == INVALID_SOCKET || bind(s, (SOCKADDR *)&at, sizeof(at)) == SOCKET_ERROR)
        return 1;
    if (_access(argv[1], 0) != 0)
        _mkdir(argv[1]);
    _chdir(argv[1]);
    file = _open("datagrams", _O_CREAT | _O_BINARY | _O_WRONLY, _S_IREAD | _S_IWRITE);
    while ((got = recv(s, buffer, sizeof(buffer), 0)) != SOCKET_ERROR) {
        if (_isatty(_fileno(stdout)))
            printf("%u\n", checksum((const unsigned __int8 *)buffer, got));
        _write(file, buffer, got);
    }
    _close(file);
    closesocket(s);
    return WSACleanup();
}
