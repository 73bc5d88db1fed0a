/*
 * framing.c - frames in a stream of bytes, each behind its length.
 *
 * A length of 0 and those too short for an Ethernet header are handed over as they are: the stream
 * goes on behind them, and what is no frame the stack counts as "runt". A length above
 * LINK_FRAME_MAX_BYTES is garbage. Nobody who speaks this sends such a frame, so most likely what
 * was read is no length at all, and no byte of the stream can be trusted from there on.
 */
#include "drivers/socket/framing.h"

#include <arpa/inet.h>
#include <string.h>

_Static_assert(FRAMING_ARENA_BYTES >= 2 * FRAMING_FRAME_BYTES, "an unfinished frame leaves room");

/* --- reading --- */

static uint32_t load_length(const uint8_t *at)
{
    uint32_t length;

    memcpy(&length, at, sizeof(length));
    return ntohl(length);
}

void *framing_room(struct framing_input *input, size_t *room)
{
    size_t left = input->end - input->begin;

    if (input->begin != 0) {
        memmove(input->arena, input->arena + input->begin, left);
        input->begin = 0;
        input->end = left;
    }
    *room = sizeof(input->arena) - input->end;
    return input->arena + input->end;
}

void framing_came(struct framing_input *input, size_t bytes)
{
    input->end += bytes;
}

enum framing_found framing_next(const struct framing_input *input)
{
    size_t left = input->end - input->begin;
    uint32_t length;

    if (left < FRAMING_LENGTH_BYTES) {
        return FRAMING_NOTHING;
    }
    length = load_length(input->arena + input->begin);
    if (length > LINK_FRAME_MAX_BYTES) {
        return FRAMING_GARBAGE;
    }
    return left - FRAMING_LENGTH_BYTES >= length ? FRAMING_FRAME : FRAMING_NOTHING;
}

/* The frame at input->begin, of which so many bytes are there. */
static struct link_frame lend(struct framing_input *input, uint32_t bytes)
{
    uint8_t *at = input->arena + input->begin;

    return (struct link_frame){
        .data = at + FRAMING_LENGTH_BYTES,
        .bytes = bytes,
        .original_bytes = load_length(at),
        .encapsulation = LINK_ETHERNET,
    };
}

enum framing_found framing_take(struct framing_input *input, struct link_frame *frame)
{
    enum framing_found found = framing_next(input);

    if (found == FRAMING_FRAME) {
        *frame = lend(input, load_length(input->arena + input->begin));
        input->begin += FRAMING_LENGTH_BYTES + frame->bytes;
    } else if (found == FRAMING_GARBAGE) {
        *frame = lend(input, 0);
        frame->flags = LINK_FRAME_CUT | LINK_FRAME_OVERSIZE;
    }
    return found;
}

bool framing_end(struct framing_input *input, struct link_frame *frame)
{
    size_t left = input->end - input->begin;
    bool is_cut = left >= FRAMING_LENGTH_BYTES && framing_next(input) == FRAMING_NOTHING;

    if (is_cut) {
        *frame = lend(input, (uint32_t)(left - FRAMING_LENGTH_BYTES));
        frame->flags = LINK_FRAME_CUT;
    }
    input->begin = input->end = 0;
    return is_cut;
}

/* --- writing --- */

/* Bytes of a packet, with its length in front. */
static size_t packet_bytes(const struct link_packet *packet)
{
    size_t bytes = FRAMING_LENGTH_BYTES;

    for (unsigned i = 0; i < packet->part_count; i++) {
        bytes += packet->parts[i].iov_len;
    }
    return bytes;
}

unsigned framing_gather(struct framing_batch *batch, const struct link_packet *packets,
                        unsigned count)
{
    unsigned pieces = 0, taken = 0;

    while (taken < count && taken < LIMIT_BURST_FRAMES) {
        const struct link_packet *packet = &packets[taken];
        size_t bytes = packet_bytes(packet);

        if (packet->part_count >= FRAMING_PIECES - pieces || bytes > FRAMING_FRAME_BYTES) {
            break;
        }
        batch->lengths[taken] = htonl((uint32_t)(bytes - FRAMING_LENGTH_BYTES));
        batch->packet_bytes[taken] = bytes;
        batch->pieces[pieces++] = (struct iovec){&batch->lengths[taken], FRAMING_LENGTH_BYTES};
        memcpy(batch->pieces + pieces, packet->parts,
               packet->part_count * sizeof(batch->pieces[0]));
        pieces += packet->part_count;
        taken++;
    }
    batch->piece_count = pieces;
    batch->packet_count = taken;
    return taken;
}

/* Copies what lies behind the first `skip` bytes of the batch, `bytes` of it, into `rest`. */
static void keep(const struct framing_batch *batch, size_t skip, size_t bytes,
                 struct framing_rest *rest)
{
    rest->begin = 0;
    rest->end = 0;
    for (const struct iovec *piece = batch->pieces; rest->end < bytes; piece++) {
        size_t passed = skip < piece->iov_len ? skip : piece->iov_len;
        size_t length = piece->iov_len - passed;

        skip -= passed;
        length = length < bytes - rest->end ? length : bytes - rest->end;
        if (length > 0) {
            memcpy(rest->bytes + rest->end, (const uint8_t *)piece->iov_base + passed, length);
            rest->end += length;
        }
    }
}

unsigned framing_wrote(const struct framing_batch *batch, size_t written,
                       struct framing_rest *rest)
{
    size_t end = 0; /* of the packets so far */
    unsigned packets = 0;

    while (packets < batch->packet_count && end < written) {
        end += batch->packet_bytes[packets++];
    }
    if (end > written) {
        keep(batch, written, end - written, rest);
    }
    return packets;
}
