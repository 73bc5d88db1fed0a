/*
 * wsa.c - names of the Winsock errors that datagram calls can give.
 */
#include "tools/wsa.h"

#include <stddef.h>
#include <stdio.h>
#include <winsock2.h>

#define NAMED(code) {code, #code}

static const struct {
    int code;
    const char *name;
} names[] = {
    NAMED(WSAEINTR),          NAMED(WSAEACCES),         NAMED(WSAEFAULT),
    NAMED(WSAEINVAL),         NAMED(WSAEMFILE),         NAMED(WSAEWOULDBLOCK),
    NAMED(WSAEINPROGRESS),    NAMED(WSAENOTSOCK),       NAMED(WSAEDESTADDRREQ),
    NAMED(WSAEMSGSIZE),       NAMED(WSAENOPROTOOPT),    NAMED(WSAEPROTONOSUPPORT),
    NAMED(WSAESOCKTNOSUPPORT), NAMED(WSAEOPNOTSUPP),    NAMED(WSAEAFNOSUPPORT),
    NAMED(WSAEADDRINUSE),     NAMED(WSAEADDRNOTAVAIL),  NAMED(WSAENETDOWN),
    NAMED(WSAENETUNREACH),    NAMED(WSAENETRESET),      NAMED(WSAECONNRESET),
    NAMED(WSAENOBUFS),        NAMED(WSAENOTCONN),       NAMED(WSAESHUTDOWN),
    NAMED(WSAETIMEDOUT),      NAMED(WSAEHOSTUNREACH),   NAMED(WSASYSNOTREADY),
    NAMED(WSAVERNOTSUPPORTED), NAMED(WSANOTINITIALISED),
};

const char *wsa_name(int error)
{
    static char text[32];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].code == error) {
            return names[i].name;
        }
    }
    snprintf(text, sizeof(text), "error %d", error);
    return text;
}
