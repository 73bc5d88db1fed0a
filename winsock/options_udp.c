/*
 * options_udp.c - the options of level IPPROTO_UDP.
 */

#include <winsock2.h>
#include <ws2tcpip.h>

#include "winsock/options.h"
#include "winsock/options_table.h"

/* UDP_CHECKSUM_COVERAGE: are datagrams sent with a checksum? */
static uint32_t get_checksum(const struct socket *socket)
{
    return socket->options->no_checksum == 0;
}

static int set_checksum(struct socket *socket, uint32_t *value) /* NOLINT: the table's signature */
{
    lock_take(&socket->lock);
    struct socket_options *own = options_own_locked(socket);
    if (own != NULL) {
        own->no_checksum = *value == 0;
    }
    lock_give(&socket->lock);
    return own != NULL ? 0 : WSAENOBUFS;
}

static const struct option_row rows[] = {
    {UDP_NOCHECKSUM, OPTION_UDP4, OPTION_BOOL, .at = AT(no_checksum)},
    {UDP_CHECKSUM_COVERAGE, OPTION_UDP4, OPTION_BOOL, .get = get_checksum, .set = set_checksum},
    {UDP_SEND_MSG_SIZE, OPTION_UDP, OPTION_DWORD, .at = AT(send_segment_bytes)},
    {UDP_RECV_MAX_COALESCED_SIZE, OPTION_UDP, OPTION_DWORD,
     .at = AT_SOCKET(receive.coalesced_bytes)},
};

const struct option_table options_of_udp = OPTION_TABLE(IPPROTO_UDP, rows);
