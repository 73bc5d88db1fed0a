/*
 * offload.h - what a device does with the packets that it is left to finish (stack/link.h).
 */
#ifndef TESTS_OFFLOAD_H
#define TESTS_OFFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/link.h"

/* Takes one finished frame. */
typedef void (*offload_taker)(void *context, const uint8_t *frame, size_t bytes);

/*
 * Finishes a packet whose bytes stand in one piece at frame: fills its checksum in, and cuts a
 * superframe into its frames, each of which goes to take. aborts on a packet that breaks the
 * contract of stack/link.h: wrong lengths, a wrong sum of the pseudo header, one datagram alone in a
 * superframe or more than Linux takes.
 */
void offload_finish(const struct link_packet *packet, bool ip_only, uint8_t *frame, size_t bytes,
                    offload_taker take, void *context);

#endif
