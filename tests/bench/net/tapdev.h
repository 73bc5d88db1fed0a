/*
 * tapdev.h - TAPs: winlwip's driver opened on one, and a bare descriptor of another in the same
 * form.
 */
#ifndef BENCH_NET_TAPDEV_H
#define BENCH_NET_TAPDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "stack/link.h"
#include "tests/bench/net/content.h"

/*
 * Opens winlwip's driver on the TAP of ROOM_OURS, which is made and gets its addresses. Ends the
 * row when that is not possible.
 */
struct link *tapdev_open_ours(void);

/*
 * Makes the TAP of ROOM_BARE, with the same vnet header and offloads as the driver's descriptor
 * has, and gives it its addresses.
 */
struct tapdev {
    int fd;
    unsigned header_bytes; /* of the vnet header in front of each frame; 0: none */
    bool leaves_sums;      /* checksums of what is sent are left to the kernel */
    bool has_segments;     /* superframes both ways */
};

struct tapdev tapdev_open_bare(const struct link *ours);

/* Has the descriptor block, or not. */
void tapdev_block(int fd, bool block);

/* What a bare read() brought: the frame behind the vnet header. */
void tapdev_seen(const struct tapdev *tap, const uint8_t *data, size_t bytes, struct seen *seen);

/*
 * Writes the vnet header of a frame: none if the TAP has none. pending: the UDP checksum is left
 * to the kernel; segment_bytes: of a superframe, else 0.
 */
void tapdev_write_header(const struct tapdev *tap, uint8_t *out, bool pending,
                         size_t segment_bytes);

/* Echoes on the bare TAP until the stop: read, swap addresses and ports, write. */
void tapdev_echo(const struct tapdev *tap);

#endif
