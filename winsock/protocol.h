/*
 * protocol.h - what SO_PROTOCOL_INFO and WSAEnumProtocols say about a protocol.
 */
#ifndef WINSOCK_PROTOCOL_H
#define WINSOCK_PROTOCOL_H

#include <winsock2.h>

/* Describes the protocol of sockets of a family, type and protocol. *info is written as a whole. */
void protocol_describe_a(int family, int type, int protocol, WSAPROTOCOL_INFOA *info);
void protocol_describe_w(int family, int type, int protocol, WSAPROTOCOL_INFOW *info);

/* SO_MAX_MSG_SIZE of a socket, bytes; 0 for streams. */
uint32_t protocol_largest_message(int family, int type);

#endif
