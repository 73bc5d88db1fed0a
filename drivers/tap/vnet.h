/*
 * vnet.h - the header that a TAP puts before each frame under IFF_VNET_HDR. Private to drivers/tap.
 */
#ifndef DRIVERS_TAP_VNET_H
#define DRIVERS_TAP_VNET_H

#include <linux/virtio_net.h>

#include "stack/link.h"

/* Its length in the form that the driver asks for: without the count of merged buffers. */
#define TAP_VNET_BYTES 10

_Static_assert(sizeof(struct virtio_net_hdr) == TAP_VNET_BYTES, "the kernel's layout");

/* A superframe of UDP datagrams (USO). Linux 6.2; older headers lack it. */
#define TAP_VNET_GSO_UDP_L4 5

/*
 * Completes the description of a received frame by what its header says of it: flags and
 * segment_bytes, which are 0 before. data, bytes and encapsulation are set; the header's fields are
 * little-endian and not trusted. A checksum that is pending in anything but UDP behind an IP header
 * is computed and written into the frame. What can be used by nobody (a superframe of another
 * protocol or with wrong lengths) gets LINK_FRAME_UNKNOWN_TYPE, under which the stack drops and
 * counts it.
 */
void tap_vnet_read(const struct virtio_net_hdr *header, struct link_frame *frame);

/* Writes the header that goes before a packet, as its offload fields ask. */
void tap_vnet_write(const struct link_packet *packet, struct virtio_net_hdr *header);

#endif
