/*
 * veth.h - veth pairs of the namespace that the test is in, and what a test does to an interface.
 *
 * Functions that can't fail but for a defect of the test abort it with a message.
 */
#ifndef TESTS_VETH_H
#define TESTS_VETH_H

#include <stdbool.h>
#include <stdint.h>

/* Makes a pair, both ends down. Returns NULL, or why that is not possible here (static string). */
const char *veth_make(const char *name, const char *peer);

/* Deletes an interface; of a veth pair both ends. */
void veth_delete(const char *name);

void veth_set_up(const char *name, bool up);

/* Waits until what is sent by an interface leaves it: it and its other end are up. */
void veth_wait(const char *name);

void veth_mac(const char *name, uint8_t mac[6]);

/* How often something has asked for promiscuous mode, and for all multicasts. */
unsigned veth_promiscuity(const char *name);
unsigned veth_allmulti(const char *name);

/*
 * Offloads of what is sent by an interface: checksums, and with them segmentation. Off: the kernel
 * does both before the frame leaves.
 */
void veth_set_offload(const char *name, bool on);

#endif
