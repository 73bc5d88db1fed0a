/*
 * no_files.c - a program that can't read files and is started as if it could: prints why not.
 */
#include <winsock2.h>

#include <stdio.h>

#include <winlwip.h>

WINLWIP_NO_FILES

int main(void)
{
    WSADATA data;
    int error = WSAStartup(MAKEWORD(2, 2), &data);

    puts(winlwip_startup_error());
    return error == 0 ? 0 : 1;
}
