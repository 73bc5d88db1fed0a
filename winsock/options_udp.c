/*
 * options_udp.c - the options of level IPPROTO_UDP.
 */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "winsock/options_table.h"

static const struct option_row rows[] = {
    {UDP_NOCHECKSUM, OPTION_UDP4, OPTION_BOOL, .offset = AT(no_checksum)},
    {UDP_SEND_MSG_SIZE, OPTION_UDP, OPTION_DWORD, .offset = AT(send_segment_bytes)},
    {UDP_RECV_MAX_COALESCED_SIZE, OPTION_UDP, OPTION_DWORD,
     .offset = AT(receive_coalesced_bytes)},
};

const struct option_table options_of_udp = OPTION_TABLE(IPPROTO_UDP, rows);
