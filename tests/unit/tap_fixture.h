/*
 * tap_fixture.h - what the tests of the TAP driver share: a network namespace of the test's own and
 * the kernel's side of a TAP in it.
 */
#ifndef TESTS_UNIT_TAP_FIXTURE_H
#define TESTS_UNIT_TAP_FIXTURE_H

#include <check.h>
#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/tap/tap.h"
#include "tests/support/frames.h"

/* Ethernet type for local experiments (IEEE 802): tells the tests' frames from the kernel's own. */
#define TAPFIX_TYPE 0x88b5

/* The suite, from test_tap.c, and its parts in other files. */
Suite *suite_tap(void);
TCase *tap_errors_case(void);
TCase *tap_vnet_case(void);
TCase *tap_offload_case(void);
TCase *tap_superframes_case(void);

/*
 * Puts the running thread into a new network namespace. Returns false, with the reason printed as
 * a skipped test, when the system does not allow that or has no TAP; with CI=true the test fails.
 */
bool tapfix_enter(void);

/* Checked fixture: takes the thread back to where it came from, and closes what tapfix_ opened. */
void tapfix_leave(void);

/* Remembers a descriptor, which must be one, for tapfix_leave(). Returns it. */
int tapfix_keep(int fd);

/* Opens a descriptor of /dev/net/tun; flags: IFF_*, or 0 to leave it unattached. */
int tapfix_device(const char *name, int flags);

/* Opens a link on a device that must open. */
struct link *tapfix_open(const char *device);

/* The same with these options. */
struct link *tapfix_open_options(const struct link_option *options, size_t count);

/* What a kernel may not know: these requests fail with EINVAL from now on. */
enum tapfix_refusal {
    TAPFIX_REFUSE_NOTHING,
    TAPFIX_REFUSE_HEADER,  /* IFF_VNET_HDR */
    TAPFIX_REFUSE_LENGTH,  /* a vnet header of 10 bytes: it has 12 */
    TAPFIX_REFUSE_USO,     /* superframes */
    TAPFIX_REFUSE_OFFLOAD, /* every offload */
};

void tapfix_refuse(enum tapfix_refusal refusal);

/* LINK_OFFLOAD_* of a TAP under a kernel that refuses nothing more. Linux has USO since 6.2. */
unsigned tapfix_best_offload(void);

/* Brings the kernel's interface up or down; sets its MTU; deletes it. */
void tapfix_set_up(const char *name, bool up);
void tapfix_set_mtu(const char *name, unsigned mtu);
void tapfix_delete(const char *name);

/* A packet socket on the kernel's interface that sees the tests' frames only. */
int tapfix_socket(const char *name);

/* Makes a frame of TAPFIX_TYPE with contents that differ by seed; bytes of 14 at least. */
void tapfix_fill(uint8_t *frame, size_t bytes, unsigned seed);

/*
 * Receives the next of the tests' frames, waiting for it. Returns the bytes; the frame is the one
 * that the driver lends.
 */
void tapfix_receive(struct link *link, struct link_frame *frame);

/* --- Unfinished frames --- */

struct tapfix_family {
    const char *kernel, *us; /* addresses */
    unsigned udp;            /* where the UDP header of a frame is */
};

extern const struct tapfix_family tapfix_families[2];

/* Builds the frame of a spec with so much payload, to port 5000. */
void tapfix_build(const struct frame_spec *spec, size_t payload_bytes, struct frame *out);

/* A UDP packet from the kernel's address to ours, complete. */
void tapfix_build_udp(const struct tapfix_family *family, size_t payload_bytes, struct frame *out);

/* frame_leave_sum(). Returns the vnet header that says so. */
struct virtio_net_hdr tapfix_leave_sum(struct frame *frame, unsigned start, unsigned offset);

/* A packet socket on the kernel's interface that sends and receives frames with vnet headers. */
int tapfix_vnet_socket(const char *name);
void tapfix_send_vnet(int kernel, const struct virtio_net_hdr *header, const struct frame *frame);

/* The next UDP frame that came from the driver, or that the driver lends. */
void tapfix_receive_vnet(int kernel, struct virtio_net_hdr *header, struct frame *frame);
void tapfix_receive_udp(struct link *link, struct link_frame *frame);

/* Is it a UDP packet, not some housekeeping of the kernel's? */
bool tapfix_is_udp(const uint8_t *frame, size_t bytes);

#endif
