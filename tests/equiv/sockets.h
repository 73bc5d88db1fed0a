/*
 * sockets.h - the sockets of a play: opens them by their roles, receives, and writes down what came.
 *
 * All functions write the records of what they did to sockets.out.
 */
#ifndef TESTS_EQUIV_SOCKETS_H
#define TESTS_EQUIV_SOCKETS_H

#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>

#include "tests/equiv/equiv.h"
#include "tests/equiv/record.h"

#define SOCKETS_MAX 40
#define SOCKETS_POSTED 8       /* receives of one socket */
#define SOCKETS_POSTED_BYTES 600 /* of data: some datagrams are longer */
#define SOCKETS_CONTROL_BYTES 512

/* A posted receive. */
struct sockets_posted {
    WSAOVERLAPPED overlapped; /* first: packets of a port name it */
    WSAMSG message;
    WSABUF buffer;
    SOCKADDR_STORAGE name;
    bool pending;
    char data[SOCKETS_POSTED_BYTES];
    _Alignas(8) char control[SOCKETS_CONTROL_BYTES];
};

struct sockets_one {
    SOCKET s; /* INVALID_SOCKET: closed */
    struct sockets_posted posted[SOCKETS_POSTED];
};

struct sockets {
    FILE *out;
    const struct plan_step *step; /* that is carried out */
    uint64_t frame;               /* number of the last frame that was fed */
    HANDLE port;
    WSAEVENT event; /* of WSAEventSelect(), for all */
    struct sockets_one one[SOCKETS_MAX];
};

extern struct sockets sockets;

/* Begins a record of the current step. */
struct record sockets_record(enum record_kind kind, unsigned role);

/* Prepares; closes what is open. */
void sockets_start(FILE *out);
void sockets_stop(void);

/* The steps of a program; see enum plan_kind. */
void sockets_open(unsigned role);
void sockets_close(unsigned role);
void sockets_option(unsigned role, const struct plan_option *option);
void sockets_group(unsigned role, bool join);
void sockets_connect(unsigned role, unsigned peer);
void sockets_shut(unsigned role);
void sockets_send(unsigned role, unsigned peer, unsigned value);

/* sockets_receive.c: the steps that receive. */
void sockets_read(unsigned role, enum plan_room room);
void sockets_drain(void);
void sockets_post(unsigned role, unsigned count);
void sockets_cancel(unsigned role);

/* Writes down which posted receives are complete: the port's in its order, then by events. */
void sockets_collect(void);

/* Writes down network events and the bytes that wait, of roles that are told. */
void sockets_look(void);

/* Posted receives of a role have no socket any more; they are complete. */
void sockets_collect_closed(unsigned role);

#endif
