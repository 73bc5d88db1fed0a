/*
 * receiver.c - one socket of "winlwip recv".
 */
#include "tools/receiver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mstcpip.h>

#include "stack/netaddr.h"
#include "tools/address.h"
#include "tools/receive.h"
#include "tools/wsa.h"

/* Largest sizes that --buffer and --control take, bytes. */
#define BYTES_MAX (1u << 20)

/* --- Parsing --- */

static const char *take_join(struct receiver *receiver, const char *value)
{
    if (receiver->join_count == RECEIVER_JOINS_MAX) {
        return "fewer groups";
    }
    if (!receiver_fits_group(receiver, value)) {
        return "join=GROUP[%INTERFACE] with a multicast address of the socket's family";
    }
    receiver->joins[receiver->join_count++] = value;
    return NULL;
}

static const char *take_buffer(struct receiver *receiver, const char *value)
{
    receiver->own_buffer = true;
    return option_number(value, 0, BYTES_MAX, &receiver->buffer_bytes) ? NULL
                                                                        : "buffer=BYTES";
}

static const char *take_control(struct receiver *receiver, const char *value)
{
    receiver->own_control = true;
    return option_number(value, 0, BYTES_MAX, &receiver->control_bytes) ? NULL
                                                                         : "control=BYTES";
}

static const char *take_name(struct receiver *receiver, const char *value)
{
    receiver->name = value;
    return NULL;
}

static const struct {
    const char *key;
    const char *(*take)(struct receiver *receiver, const char *value);
} bind_keys[] = {
    {"join=", take_join},
    {"buffer=", take_buffer},
    {"control=", take_control},
    {"name=", take_name},
};

static const char *take_key(struct receiver *receiver, const char *word)
{
    for (size_t i = 0; i < sizeof(bind_keys) / sizeof(bind_keys[0]); i++) {
        size_t length = strlen(bind_keys[i].key);

        if (strncmp(word, bind_keys[i].key, length) == 0) {
            return bind_keys[i].take(receiver, word + length);
        }
    }
    return "only join=, buffer=, control= and name= behind the address";
}

const char *receiver_parse(struct receiver *receiver, const char *value)
{
    const char *expected = NULL;
    char *rest = NULL;
    char *word;

    *receiver = (struct receiver){.socket = INVALID_SOCKET, .name = "", .text = strdup(value)};
    if (receiver->text == NULL) {
        return "more memory than there is";
    }
    word = strtok_r(receiver->text, ",", &rest);
    if (word == NULL || !address_parse(word, &receiver->address)) {
        return "ADDR:PORT, [ADDR6]:PORT or PORT, then ,key=value";
    }
    while (expected == NULL && (word = strtok_r(NULL, ",", &rest)) != NULL) {
        expected = take_key(receiver, word);
    }
    return expected;
}

void receiver_free(struct receiver *receiver)
{
    if (receiver->socket != INVALID_SOCKET) {
        closesocket(receiver->socket);
    }
    receive_calls_free(receiver);
    free(receiver->text);
}

/* --- Groups --- */

/* Splits GROUP[%INTERFACE]; *interface is "" when there is none. False when GROUP is no group. */
static bool split_group(const char *text, struct netaddr *group, const char **interface)
{
    size_t length = strcspn(text, "%");
    char address[NETADDR_TEXT_BYTES];

    if (length >= sizeof(address)) {
        return false;
    }
    memcpy(address, text, length);
    address[length] = '\0';
    *interface = text[length] == '%' ? text + length + 1 : "";
    return netaddr_parse(address, group) == 0 && netaddr_is_multicast(group);
}

bool receiver_fits_group(const struct receiver *receiver, const char *group)
{
    struct netaddr address;
    const char *interface;

    return split_group(group, &address, &interface) &&
           netaddr_is_v4(&address) == (receiver->address.si_family == AF_INET);
}

static int join4(SOCKET s, const struct netaddr *group, unsigned index)
{
    struct ip_mreq request;

    /* An interface address in 0.0.0.0/24 means the interface with that index. */
    request.imr_multiaddr.s_addr = netaddr_v4(group);
    request.imr_interface.s_addr = (ULONG)htonl(index);
    return setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, (const char *)&request, sizeof(request));
}

static int join6(SOCKET s, const struct netaddr *group, unsigned index)
{
    struct ipv6_mreq request = {.ipv6mr_interface = index};

    memcpy(&request.ipv6mr_multiaddr, group->bytes, sizeof(request.ipv6mr_multiaddr));
    return setsockopt(s, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, (const char *)&request,
                      sizeof(request));
}

enum tool_status receiver_join(struct receiver *receiver, const char *group,
                               const struct interface_options *interfaces)
{
    struct netaddr address;
    const char *interface;
    unsigned index = 0;
    int failed;

    if (!split_group(group, &address, &interface)) {
        return tool_fail(TOOL_FAILED, "%s is no multicast address", group);
    }
    if (interface[0] != '\0') {
        index = interface_index(interfaces, interface);
        if (index == 0) {
            return tool_fail(TOOL_FAILED, "there is no interface %s", interface);
        }
    }
    failed = netaddr_is_v4(&address) ? join4(receiver->socket, &address, index)
                                     : join6(receiver->socket, &address, index);
    if (failed != 0) {
        return tool_fail(TOOL_FAILED, "joining %s: %s", group, wsa_name(WSAGetLastError()));
    }
    return TOOL_OK;
}

/* --- Opening --- */

struct switch_option {
    int level;
    int option;
    const char *name;
    DWORD value;
};

static const struct switch_option switches4[] = {
    {IPPROTO_IP, IP_PKTINFO, "IP_PKTINFO", 1},
    {IPPROTO_IP, IP_RECVTTL, "IP_RECVTTL", 1},
    {IPPROTO_IP, IP_RECVTOS, "IP_RECVTOS", 1},
    {IPPROTO_IP, IP_RECVECN, "IP_RECVECN", 1},
};

static const struct switch_option switches6[] = {
    {IPPROTO_IPV6, IPV6_PKTINFO, "IPV6_PKTINFO", 1},
    {IPPROTO_IPV6, IPV6_HOPLIMIT, "IPV6_HOPLIMIT", 1},
    {IPPROTO_IPV6, IPV6_RECVTCLASS, "IPV6_RECVTCLASS", 1},
    {IPPROTO_IPV6, IPV6_RECVECN, "IPV6_RECVECN", 1},
};

static enum tool_status set_switches(SOCKET s, const struct switch_option *switches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct switch_option *o = &switches[i];

        if (setsockopt(s, o->level, o->option, (const char *)&o->value, sizeof(o->value)) != 0) {
            return tool_fail(TOOL_FAILED, "setting %s: %s", o->name, wsa_name(WSAGetLastError()));
        }
    }
    return TOOL_OK;
}

static enum tool_status ask_for_timestamps(SOCKET s)
{
    TIMESTAMPING_CONFIG config = {.Flags = TIMESTAMPING_FLAG_RX};
    DWORD bytes;

    if (WSAIoctl(s, SIO_TIMESTAMPING, &config, sizeof(config), NULL, 0, &bytes, NULL, NULL) != 0) {
        return tool_fail(TOOL_FAILED, "asking for timestamps: %s", wsa_name(WSAGetLastError()));
    }
    return TOOL_OK;
}

static enum tool_status set_options(const struct receiver *receiver,
                                    const struct receiver_settings *settings)
{
    const struct switch_option size = {SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF",
                                       (DWORD)settings->queue_bytes};
    const struct switch_option coalesce = {IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE,
                                           "UDP_RECV_MAX_COALESCED_SIZE",
                                           (DWORD)settings->coalesce_bytes};
    const struct switch_option v6only = {IPPROTO_IPV6, IPV6_V6ONLY, "IPV6_V6ONLY", 0};
    bool v6 = receiver->address.si_family == AF_INET6;
    enum tool_status status = set_switches(receiver->socket, &size, 1);

    if (status == TOOL_OK && v6 && settings->dual) {
        status = set_switches(receiver->socket, &v6only, 1);
    }
    if (status == TOOL_OK && v6) {
        status = set_switches(receiver->socket, switches6, 4);
    }
    if (status == TOOL_OK && (!v6 || settings->dual)) {
        status = set_switches(receiver->socket, switches4, 4);
    }
    if (status == TOOL_OK && settings->coalesce_bytes != 0) {
        status = set_switches(receiver->socket, &coalesce, 1);
    }
    if (status == TOOL_OK && settings->timestamps) {
        status = ask_for_timestamps(receiver->socket);
    }
    return status;
}

/* The extension pointer of WSARecvMsg, which has no exported name. */
static enum tool_status find_receive(struct receiver *receiver)
{
    GUID id = WSAID_WSARECVMSG;
    DWORD bytes;

    if (WSAIoctl(receiver->socket, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id),
                 &receiver->receive, sizeof(receiver->receive), &bytes, NULL, NULL) != 0) {
        return tool_fail(TOOL_FAILED, "asking for WSARecvMsg: %s", wsa_name(WSAGetLastError()));
    }
    return TOOL_OK;
}

static enum tool_status bind_socket(struct receiver *receiver)
{
    SOCKADDR_INET bound;
    int length = sizeof(bound);
    char text[ADDRESS_TEXT_BYTES];

    if (bind(receiver->socket, (const struct sockaddr *)&receiver->address,
             address_bytes(&receiver->address)) != 0) {
        return tool_fail(TOOL_FAILED, "binding %s: %s", address_text(&receiver->address, text),
                         wsa_name(WSAGetLastError()));
    }
    if (getsockname(receiver->socket, (struct sockaddr *)&bound, &length) != 0) {
        return tool_fail(TOOL_FAILED, "getsockname: %s", wsa_name(WSAGetLastError()));
    }
    receiver->port = address_port(&bound);
    return TOOL_OK;
}

enum tool_status receiver_open(struct receiver *receiver, const struct receiver_settings *settings,
                               const struct interface_options *interfaces)
{
    enum tool_status status;

    receiver->socket = socket(receiver->address.si_family, SOCK_DGRAM, IPPROTO_UDP);
    if (receiver->socket == INVALID_SOCKET) {
        return tool_fail(TOOL_FAILED, "opening a socket: %s", wsa_name(WSAGetLastError()));
    }
    status = set_options(receiver, settings);
    if (status == TOOL_OK) {
        status = find_receive(receiver);
    }
    if (status == TOOL_OK) {
        status = bind_socket(receiver);
    }
    for (size_t i = 0; status == TOOL_OK && i < receiver->join_count; i++) {
        status = receiver_join(receiver, receiver->joins[i], interfaces);
    }
    return status;
}
