/*
 * room.h - two network namespaces and the devices in them.
 *
 * The near namespace is where the measuring process lives: the kernel is host .9 of a network on
 * each of its devices. Host .1 of the network is who is measured: winlwip or a bare loop on a TAP,
 * or the kernel of the far namespace at the other end of a veth pair. On the network of the sink
 * nobody is: the device drops what it is given. There is no IPv6, and neighbours are entered by
 * hand: no frame goes over any device but what a row sends.
 */
#ifndef BENCH_NET_ROOM_H
#define BENCH_NET_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/bench/net/content.h"

enum room_place {
    ROOM_OURS, /* a TAP for winlwip */
    ROOM_BARE, /* a TAP for a bare loop */
    ROOM_VETH, /* a veth pair to the far kernel */
    ROOM_LIVE, /* a veth pair whose far end winlwip captures */
    ROOM_SINK,
};

/*
 * What a place is: addresses and their text, device names, and the MAC of who is measured. All
 * networks are /24.
 */
struct room_net {
    const char *device;      /* in the near namespace */
    const char *far_device;  /* in the far one: of a veth pair only */
    const char *near, *far;  /* the kernel's address, and that of who is measured */
    uint8_t far_mac[6];
};

extern const struct room_net room_nets[];

/* Puts the process into the near namespace and makes the far one. Ends the row when it may not. */
void room_enter(void);

/* Where what is opened from now on belongs: to the far namespace or to the near one. */
void room_go(bool far);

/* The most frames that wait in a TAP: its txqueuelen, which is enlarged to this. */
enum { ROOM_TAP_QUEUE = 2048 };

/* Gives a TAP that somebody has opened in the near namespace its queue and addresses. */
void room_configure_tap(enum room_place place);

/* Makes the pair of a place. with_address: the far kernel is host .1; else its end is only up. */
void room_make_veth(enum room_place place, bool with_address);

/* Makes the sink; ends the row when the kernel has neither dummy nor ifb devices. */
void room_make_sink(void);

/* The MAC address of a place's near device. */
void room_near_mac(enum room_place place, uint8_t mac[6]);

/* The flow of the kernel to the measured host, or back. */
struct flow room_flow(enum room_place place, bool back);

#endif
