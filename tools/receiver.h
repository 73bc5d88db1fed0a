/*
 * receiver.h - one socket of "winlwip recv": what --bind says of it, and its opening.
 */
#ifndef TOOLS_RECEIVER_H
#define TOOLS_RECEIVER_H

#include <stdbool.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include "tools/interface.h"

struct receive_call;

#define RECEIVER_JOINS_MAX 8

/* What WSARecvMsg is offered unless options say otherwise, bytes. */
#define RECEIVER_BUFFER_BYTES 65536
#define RECEIVER_CONTROL_BYTES 512

struct receiver {
    SOCKADDR_INET address;
    char *text;                            /* of --bind, cut into the strings below */
    const char *name;                      /* "" when it has none */
    const char *joins[RECEIVER_JOINS_MAX]; /* GROUP[%INTERFACE] */
    size_t join_count;
    unsigned long buffer_bytes;
    unsigned long control_bytes;
    bool own_buffer;                       /* the two were given in --bind itself */
    bool own_control;

    SOCKET socket;
    unsigned port;                         /* host byte order, from getsockname() */
    LPFN_WSARECVMSG receive;
    struct receive_call *calls;            /* of receive, made by receive_calls_new() */
    size_t call_count;
    size_t oldest;                         /* of them, for the mode that takes them in turn */
    bool ended;                            /* nothing can come any more */
};

/* What all sockets have in common. */
struct receiver_settings {
    bool dual;                 /* IPV6_V6ONLY off */
    bool timestamps;           /* SIO_TIMESTAMPING */
    unsigned long queue_bytes; /* SO_RCVBUF */
    unsigned long coalesce_bytes; /* UDP_RECV_MAX_COALESCED_SIZE; 0: left alone */
};

/* Reads "ADDR:PORT[,key=value...]". Returns NULL, or what it has to look like. */
const char *receiver_parse(struct receiver *receiver, const char *value);

/* Closes the socket if it is still open, then frees what receives may have written to. */
void receiver_free(struct receiver *receiver);

/* Opens, binds and joins. Returns TOOL_OK, or TOOL_FAILED after one line on standard error. */
enum tool_status receiver_open(struct receiver *receiver, const struct receiver_settings *settings,
                               const struct interface_options *interfaces);

/* Joins GROUP[%INTERFACE]. Returns as receiver_open(). */
enum tool_status receiver_join(struct receiver *receiver, const char *group,
                               const struct interface_options *interfaces);

/* Is group of the socket's family? */
bool receiver_fits_group(const struct receiver *receiver, const char *group);

#endif
