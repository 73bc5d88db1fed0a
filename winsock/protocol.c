/*
 * protocol.c - descriptions of protocols. No state.
 */
#include "winsock/protocol.h"

#include <stdbool.h>
#include <string.h>

#include <ws2tcpip.h>

#include "config/limits.h"
#include "winsock/name.h"
#include "winsock/wide.h"

/* An IP header without options and extension headers. */
#define IP4_HEADER_BYTES 20
#define IP6_HEADER_BYTES 40

uint32_t protocol_largest_message(int family, int type)
{
    bool v4 = family == AF_INET;

    switch (type) {
    case SOCK_RAW:
        return LIMIT_PACKET_LENGTH_BYTES - (v4 ? IP4_HEADER_BYTES : IP6_HEADER_BYTES);
    case SOCK_DGRAM:
        return v4 ? LIMIT_PAYLOAD4_BYTES : LIMIT_PAYLOAD6_BYTES;
    default:
        return 0;
    }
}

/* All but the text, which differs in its characters. Raw: WB 7.8. */
#define FILL(info, af, kind, number) \
    do { \
        bool datagram = (kind) != SOCK_STREAM; \
        bool raw = (kind) == SOCK_RAW; \
        memset((info), 0, sizeof(*(info))); \
        (info)->dwServiceFlags1 = \
            XP1_IFS_HANDLES | \
            (datagram ? XP1_SUPPORT_BROADCAST | XP1_SUPPORT_MULTIPOINT | XP1_MESSAGE_ORIENTED | \
                            XP1_CONNECTIONLESS \
                      : XP1_GUARANTEED_DELIVERY | XP1_GUARANTEED_ORDER | XP1_GRACEFUL_CLOSE | \
                            XP1_EXPEDITED_DATA); \
        (info)->dwProviderFlags = PFL_MATCHES_PROTOCOL_ZERO | (raw ? PFL_HIDDEN : 0); \
        (info)->ProtocolChain.ChainLen = BASE_PROTOCOL; \
        (info)->iVersion = 2; \
        (info)->iAddressFamily = (af); \
        (info)->iMaxSockAddr = name_size(af); \
        (info)->iMinSockAddr = name_size(af); \
        (info)->iSocketType = (kind); \
        (info)->iProtocol = raw ? 0 : (number); \
        (info)->iProtocolMaxOffset = raw ? IPPROTO_RAW : 0; \
        (info)->dwMessageSize = protocol_largest_message((af), (kind)); \
    } while (0)

static const char *text_of(int family, int type)
{
    if (type == SOCK_RAW) {
        return family == AF_INET ? "winlwip RAW/IP" : "winlwip RAW/IPv6";
    }
    if (type != SOCK_STREAM) {
        return family == AF_INET ? "winlwip UDP/IP" : "winlwip UDP/IPv6";
    }
    return family == AF_INET ? "winlwip TCP/IP" : "winlwip TCP/IPv6";
}

void protocol_describe_a(int family, int type, int protocol, WSAPROTOCOL_INFOA *info)
{
    FILL(info, family, type, protocol);
    strcpy(info->szProtocol, text_of(family, type));
}

void protocol_describe_w(int family, int type, int protocol, WSAPROTOCOL_INFOW *info)
{
    FILL(info, family, type, protocol);
    wide_from_utf8(text_of(family, type), info->szProtocol, WSAPROTOCOL_LEN + 1);
}
