/*
 * options_udp.c - the options of level IPPROTO_UDP.
 */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "winsock/options_table.h"

static const struct option_row rows[] = {
    {UDP_NOCHECKSUM, OPTION_UDP4, OPTION_BOOL, .offset = AT(no_checksum)},
};

const struct option_table options_of_udp = OPTION_TABLE(IPPROTO_UDP, rows);
