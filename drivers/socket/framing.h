/*
 * framing.h - frames in a stream of bytes, each behind its length: 32 bits, big-endian, of the
 * frame alone. Pure: nothing here knows of a socket. Private to drivers/socket.
 */
#ifndef DRIVERS_SOCKET_FRAMING_H
#define DRIVERS_SOCKET_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "config/limits.h"
#include "stack/link.h"

enum {
    FRAMING_LENGTH_BYTES = 4,
    FRAMING_FRAME_BYTES = FRAMING_LENGTH_BYTES + LINK_FRAME_MAX_BYTES,
    /* A burst of Ethernet frames, or four of the longest ones. */
    FRAMING_ARENA_BYTES = 256 * 1024,
    /* Pieces of one batch: lengths and parts of packets. Each packet of ours has two or three. */
    FRAMING_PIECES = 256,
};

/* --- reading --- */

/* Bytes that came. Frames are lent where they lie, those of arena[begin..end) are not lent yet. */
struct framing_input {
    size_t begin, end;
    uint8_t arena[FRAMING_ARENA_BYTES];
};

enum framing_found {
    FRAMING_NOTHING, /* no whole frame */
    FRAMING_FRAME,
    FRAMING_GARBAGE, /* a length that no frame has: where the next frame begins is unknown */
};

/*
 * Where the next bytes are to be read to; *room is never 0 while framing_next() finds nothing.
 * Moves the beginning of an unfinished frame to the front: frames that were lent are dead then.
 */
void *framing_room(struct framing_input *input, size_t *room);

/* So many bytes have come there. */
void framing_came(struct framing_input *input, size_t bytes);

/* What is next, without taking it. */
enum framing_found framing_next(const struct framing_input *input);

/*
 * Takes what is next. A frame is lent as link.h says. Garbage is told as a frame of no bytes,
 * marked CUT and OVERSIZE, with the length as original_bytes; it stays where it is.
 */
enum framing_found framing_take(struct framing_input *input, struct link_frame *frame);

/*
 * Forgets all that is left: no more will come. Of a frame that was under way what is there is lent,
 * marked CUT, and true returned; it stays until the next framing_room().
 */
bool framing_end(struct framing_input *input, struct link_frame *frame);

/* --- writing --- */

/* What is left to write of a frame that was cut: bytes[begin..end). */
struct framing_rest {
    size_t begin, end;
    uint8_t bytes[FRAMING_FRAME_BYTES];
};

/* Packets put together for one write: pieces that point to the packets and to lengths[]. */
struct framing_batch {
    unsigned packet_count, piece_count;
    struct iovec pieces[FRAMING_PIECES];
    size_t packet_bytes[LIMIT_BURST_FRAMES]; /* of each, with its length in front */
    uint32_t lengths[LIMIT_BURST_FRAMES];    /* as they are sent */
};

/*
 * Puts together as many of the packets as a batch holds. Returns how many; 0 when the first one
 * has too many parts or bytes to be sent at all. The packets must outlive the batch.
 */
unsigned framing_gather(struct framing_batch *batch, const struct link_packet *packets,
                        unsigned count);

/*
 * Of a batch so many bytes were written; `rest` is empty. Returns how many packets that concerns:
 * of the last one the remainder is kept in `rest`, if there is any.
 */
unsigned framing_wrote(const struct framing_batch *batch, size_t written,
                       struct framing_rest *rest);

#endif
