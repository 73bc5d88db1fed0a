/*
 * wire.h - the ways on which frames come to a driver, each twice: to the driver, and to a loop that
 * only reads.
 *
 * A kind of wire makes what frames lie in wait in, a device, a socket or a file; tells how the driver
 * is to open it; puts frames there; and reads them as the driver does, by the same calls on the same
 * kind of descriptor, without anything behind. Whatever fails ends the row, what the machine lacks
 * by row_missing().
 */
#ifndef BENCH_DRIVERS_WIRE_H
#define BENCH_DRIVERS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/common/traffic.h"

/* What a bare loop has read: enough to see that all frames came, each once. */
struct wire_read {
    size_t frames, bytes;
    uint64_t serials; /* sum of the numbers in the payloads */
};

struct wire {
    const struct wire_kind *kind;
    const struct traffic *traffic;
    bool bare;       /* for the loop that only reads; else for the driver */
    size_t total;    /* frames that will be given, all in all */
    int give_fd;     /* where frames are put; -1: nowhere */
    int read_fd;     /* the bare loop's; -1: it has a handle of libpcap's, or is no bare one */
    void *handle;    /* of libpcap's */
    char text[64];   /* value of the driver's option */
    char other[64];  /* a second name: the far device, the peer's socket */
};

struct wire_kind {
    const char *key;      /* the driver's option whose value is wire.text */
    unsigned fill;        /* frames that may lie in wait at once, at most */
    unsigned rounds;      /* how often it is filled */
    bool settles;         /* frames can be read a few milliseconds after they were given */
    unsigned header_bytes; /* in front of each frame that a bare TAP gives */

    /* Before the driver opens the wire; a bare one is opened here, too. */
    void (*make)(struct wire *wire);

    /* When the driver has it open; may be NULL. */
    void (*connect)(struct wire *wire);

    /* Puts frames first, ..., first + count - 1 of the traffic there; NULL: they are there. */
    void (*give)(const struct wire *wire, size_t first, unsigned count);

    /* Reads what one call of the driver's would, most frames at most. Bare wires only. */
    void (*take)(struct wire *wire, unsigned most, struct wire_read *read);
};

/* Puts the process into a network namespace of its own, in which nothing speaks unasked. */
void wire_enter(void);

extern const struct wire_kind wire_tap, wire_tap_offload, wire_device, wire_file, wire_stream,
    wire_dgram, wire_ptp;

/* For the files of the kinds: counts one frame that a bare loop has read. */
static inline void wire_count(struct wire_read *read, const uint8_t *frame, size_t bytes)
{
    uint64_t serial;

    __builtin_memcpy(&serial, frame + TRAFFIC_PAYLOAD_AT, sizeof(serial));
    read->serials += serial;
    read->bytes += bytes;
    read->frames++;
}

/* A packet socket that puts frames out by a device, which is brought up first. */
int wire_packet_socket(const char *device);

/* Sends each frame by one send() on the descriptor. */
void wire_give_each(const struct wire *wire, size_t first, unsigned count);

#endif
