/*
 * datagram_decode.h - the half of datagram.h that knows Winsock.
 */
#ifndef TOOLS_DATAGRAM_DECODE_H
#define TOOLS_DATAGRAM_DECODE_H

#include <winsock2.h>
#include <ws2tcpip.h>

#include "tools/datagram.h"

/*
 * Fills in what the message says; out was zeroed before, and its number, names and error stay as
 * they are. message has a name and at least one buffer, which hold bytes of payload.
 */
void datagram_decode(struct datagram *out, const WSAMSG *message, DWORD bytes);

#endif
