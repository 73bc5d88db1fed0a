/*
 * protocol.h - what SO_PROTOCOL_INFO and WSAEnumProtocols say about a protocol.
 */
#ifndef WINSOCK_PROTOCOL_H
#define WINSOCK_PROTOCOL_H

#include <winsock2.h>

/* Describes the protocol of sockets of a family, type and protocol. *info is written as a whole. */
void protocol_describe_a(int family, int type, int protocol, WSAPROTOCOL_INFOA *info);
void protocol_describe_w(int family, int type, int protocol, WSAPROTOCOL_INFOW *info);

/* Largest message of a socket of that family and type, bytes of payload; 0: it has no messages. */
uint32_t protocol_message_bytes(int family, int type);

#endif
