/*
 * offload.c - what the kernel leaves to us of each frame, and we to the kernel.
 *
 * To the kernel a TAP is a network card. With TUNSETOFFLOAD it may leave transport checksums
 * (TUN_F_CSUM) and the cutting of long sends into datagrams (TUN_F_USO4, TUN_F_USO6) to the card,
 * and says so for each frame in a vnet header (vnet.c); TCP segments are never asked for. Not every
 * kernel knows all of it, so it is asked for less and less. The same answers tell what it takes
 * from us in the header of a frame that we send.
 *
 * All of this belongs to the interface, not to the descriptor, and stays with a persistent one.
 */
#include <endian.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include "drivers/tap/device.h"
#include "drivers/tap/vnet.h"

/* Linux 6.2; older headers lack them. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/* What is asked for, best first, and what a kernel that grants it takes from us. */
static const struct {
    unsigned long asked; /* TUN_F_* */
    uint8_t offload;     /* LINK_OFFLOAD_* */
} levels[] = {
    {TUN_F_CSUM | TUN_F_USO4 | TUN_F_USO6, LINK_OFFLOAD_SUM | LINK_OFFLOAD_SEGMENT},
    {TUN_F_CSUM, LINK_OFFLOAD_SUM},
};

bool tap_offload_set_header(int fd)
{
    int little_endian = 1, wanted = TAP_VNET_BYTES, bytes = TAP_VNET_BYTES;

    /* A kernel that cannot tell the length knows only this one. */
    (void)ioctl(fd, TUNGETVNETHDRSZ, &bytes);
    if (bytes != wanted && ioctl(fd, TUNSETVNETHDRSZ, &wanted) != 0) {
        return false;
    }
    /* A kernel that cannot be told the byte order has the machine's. */
    if (ioctl(fd, TUNSETVNETLE, &little_endian) == 0 || htole16(1) == 1) {
        return true;
    }
    (void)ioctl(fd, TUNSETVNETHDRSZ, &bytes);
    return false;
}

void tap_offload_start(struct tap_device *device, bool offload)
{
    device->offload = 0;
    if (device->has_header && offload) {
        for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
            if (ioctl(device->fd, TUNSETOFFLOAD, levels[i].asked) == 0) {
                device->offload = levels[i].offload;
                return;
            }
        }
    }
    /* Asked for in vain it changes nothing, so the result does not matter. */
    (void)ioctl(device->fd, TUNSETOFFLOAD, 0UL);
}

void tap_offload_end(const struct tap_device *device)
{
    int little_endian = 0;

    if (device->has_header) {
        (void)ioctl(device->fd, TUNSETOFFLOAD, 0UL);
        (void)ioctl(device->fd, TUNSETVNETLE, &little_endian);
    }
}
