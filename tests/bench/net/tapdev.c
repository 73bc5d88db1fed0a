/*
 * tapdev.c - TAPs.
 *
 * The bare loops do what nobody can do without: one system call for each frame. They have the form
 * of the driver's descriptor, so that both pay for the same vnet header and the same checksums.
 */
#include "tests/bench/net/tapdev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "drivers/tap/tap.h"
#include "tests/bench/net/room.h"
#include "tests/bench/net/row.h"
#include "tests/bench/net/wire.h"

/* What <linux/if_tun.h> and <linux/virtio_net.h> of kernels before 6.2 lack. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

enum { FRAME_ROOM = 65536 + 256, IP_AT = 14, UDP_AT = 34 };

static void must(int result, const char *what)
{
    if (result < 0) {
        row_fail_errno(what);
    }
}

struct link *tapdev_open_ours(void)
{
    struct link_option option = {"device", room_nets[ROOM_OURS].device};
    char error[LINK_ERROR_BYTES] = "";
    struct link *link;

    if (winlwip_tap_driver.open(&option, 1, &link, error) != 0) {
        row_missing("%s", error);
    }
    link->replay = true; /* no probing for other owners of the address */
    room_configure_tap(ROOM_OURS);
    return link;
}

/* Asks for the vnet header and the offloads that the driver has been given. */
static void set_header(struct tapdev *tap, const struct link *ours)
{
    unsigned long offloads = 0;
    int header_bytes;

    must(ioctl(ours->fd, TUNGETVNETHDRSZ, &header_bytes), "TUNGETVNETHDRSZ");
    must(ioctl(tap->fd, TUNSETVNETHDRSZ, &header_bytes), "TUNSETVNETHDRSZ");
    tap->header_bytes = (unsigned)header_bytes;
    tap->leaves_sums = (ours->offload & LINK_OFFLOAD_SUM) != 0;
    tap->has_segments = (ours->offload & LINK_OFFLOAD_SEGMENT) != 0;
    if (tap->leaves_sums) {
        offloads |= TUN_F_CSUM;
    }
    if (tap->has_segments) {
        offloads |= TUN_F_USO4 | TUN_F_USO6;
    }
    must(ioctl(tap->fd, TUNSETOFFLOAD, offloads), "TUNSETOFFLOAD");
}

struct tapdev tapdev_open_bare(const struct link *ours)
{
    struct ifreq request = {0};
    struct tapdev tap = {.fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC)};
    int flags;

    must(tap.fd, "/dev/net/tun");
    must(ioctl(ours->fd, TUNGETIFF, &request), "TUNGETIFF");
    flags = request.ifr_flags & IFF_VNET_HDR;
    request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags);
    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", room_nets[ROOM_BARE].device);
    must(ioctl(tap.fd, TUNSETIFF, &request), "TUNSETIFF");
    if (flags != 0) {
        set_header(&tap, ours);
    }
    room_configure_tap(ROOM_BARE);
    return tap;
}

void tapdev_block(int fd, bool block)
{
    int modes = fcntl(fd, F_GETFL);

    must(modes, "fcntl");
    must(fcntl(fd, F_SETFL, block ? modes & ~O_NONBLOCK : modes | O_NONBLOCK), "fcntl");
}

void tapdev_seen(const struct tapdev *tap, const uint8_t *data, size_t bytes, struct seen *seen)
{
    struct virtio_net_hdr header = {0};

    if (bytes < tap->header_bytes) {
        row_fail("bare-read: %zu bytes", bytes);
    }
    if (tap->header_bytes > 0) {
        memcpy(&header, data, sizeof(header));
    }
    content_read_frame("bare-read", data + tap->header_bytes, bytes - tap->header_bytes,
                       header.gso_type == VIRTIO_NET_HDR_GSO_UDP_L4 ? header.gso_size : 0, seen);
}

void tapdev_write_header(const struct tapdev *tap, uint8_t *out, bool pending,
                         size_t segment_bytes)
{
    struct virtio_net_hdr header = {0};

    if (tap->header_bytes == 0) {
        return;
    }
    if (pending) {
        header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        header.csum_start = CONTENT_SUM_START;
        header.csum_offset = CONTENT_SUM_OFFSET;
    }
    if (segment_bytes > 0) {
        header.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
        header.gso_size = (uint16_t)segment_bytes;
        header.hdr_len = CONTENT_HEADER_BYTES;
    }
    memset(out, 0, tap->header_bytes);
    memcpy(out, &header, sizeof(header));
}

static void swap(uint8_t *a, uint8_t *b, size_t bytes)
{
    uint8_t kept[8];

    memcpy(kept, a, bytes);
    memcpy(a, b, bytes);
    memcpy(b, kept, bytes);
}

/* Swapping what a sum is taken over does not change it: a complete checksum stays right. */
void tapdev_echo(const struct tapdev *tap)
{
    static uint8_t data[FRAME_ROOM];
    uint8_t *frame = data + tap->header_bytes;
    size_t stop_bytes = tap->header_bytes + CONTENT_HEADER_BYTES + WIRE_STOP_BYTES;

    for (;;) {
        ssize_t bytes = read(tap->fd, data, sizeof(data));
        must((int)bytes, "read");
        if ((size_t)bytes <= stop_bytes) {
            return;
        }
        swap(frame, frame + 6, 6);
        swap(frame + IP_AT + 12, frame + IP_AT + 16, 4);
        swap(frame + UDP_AT, frame + UDP_AT + 2, 2);
        must((int)write(tap->fd, data, (size_t)bytes), "write");
    }
}
