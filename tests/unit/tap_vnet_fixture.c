/*
 * tap_vnet_fixture.c - unfinished frames on the kernel's side of a TAP, and kernels that know less
 * than this one.
 */
#define _GNU_SOURCE
#include "tests/unit/tap_fixture.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* --- A kernel that knows less --- */

/* TUN_F_USO4 and TUN_F_USO6: not in every header. */
enum { USO4 = 0x20, USO6 = 0x40 };

static enum tapfix_refusal refusal;

void tapfix_refuse(enum tapfix_refusal what)
{
    refusal = what;
}

static bool is_refused(unsigned long request, void *argument)
{
    switch (refusal) {
    case TAPFIX_REFUSE_HEADER:
        return request == TUNSETIFF &&
               (((const struct ifreq *)argument)->ifr_flags & IFF_VNET_HDR) != 0;
    case TAPFIX_REFUSE_LENGTH:
        return request == TUNSETVNETHDRSZ;
    case TAPFIX_REFUSE_USO:
        return request == TUNSETOFFLOAD && ((uintptr_t)argument & (USO4 | USO6)) != 0;
    case TAPFIX_REFUSE_OFFLOAD:
        return request == TUNSETOFFLOAD && argument != NULL;
    default:
        return false;
    }
}

/* Stands before the C library's in this program. */
int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    void *argument;
    int result;

    va_start(arguments, request);
    argument = va_arg(arguments, void *);
    va_end(arguments);
    if (is_refused(request, argument)) {
        errno = EINVAL;
        return -1;
    }
    result = (int)syscall(SYS_ioctl, fd, request, argument);
    if (result == 0 && request == TUNGETVNETHDRSZ && refusal == TAPFIX_REFUSE_LENGTH) {
        *(int *)argument = 12;
    }
    return result;
}

unsigned tapfix_best_offload(void)
{
    int fd = tapfix_device("probe", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
    bool has_uso = ioctl(fd, TUNSETOFFLOAD, (unsigned long)(TUN_F_CSUM | USO4 | USO6)) == 0;

    ck_assert_int_eq(dup2(tapfix_device("probe", 0), fd), fd); /* gone again */
    return LINK_OFFLOAD_SUM | (has_uso ? LINK_OFFLOAD_SEGMENT : 0);
}

/* --- Frames --- */

const struct tapfix_family tapfix_families[2] = {
    {"192.0.2.9", "192.0.2.1", 34},
    {"2001:db8::9", "2001:db8::1", 54},
};

void tapfix_build(const struct frame_spec *spec, size_t payload_bytes, struct frame *out)
{
    static uint8_t payload[65536];
    struct frame_spec filled = *spec;

    for (size_t i = 0; i < payload_bytes; i++) {
        payload[i] = (uint8_t)(i * 31 + i / 256);
    }
    filled.dst_port = 5000;
    filled.payload = payload;
    filled.payload_bytes = payload_bytes;
    frame_build(&filled, out);
}

void tapfix_build_udp(const struct tapfix_family *family, size_t payload_bytes, struct frame *out)
{
    struct frame_spec spec = {.src = family->kernel, .dst = family->us};

    tapfix_build(&spec, payload_bytes, out);
}

struct virtio_net_hdr tapfix_leave_sum(struct frame *frame, unsigned start, unsigned offset)
{
    frame_leave_sum(frame, start, offset);
    return (struct virtio_net_hdr){
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
        .csum_start = htole16((uint16_t)start),
        .csum_offset = htole16((uint16_t)offset),
    };
}

bool tapfix_is_udp(const uint8_t *frame, size_t bytes)
{
    return bytes >= 42 && ((frame[12] == 0x08 && frame[13] == 0x00 && frame[23] == FRAME_UDP) ||
                           (frame[12] == 0x86 && frame[13] == 0xdd && frame[20] == FRAME_UDP));
}

/* --- The kernel's side --- */

int tapfix_vnet_socket(const char *name)
{
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETH_P_ALL),
        .sll_ifindex = (int)if_nametoindex(name),
    };
    int fd = tapfix_keep(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)), on = 1;

    ck_assert_int_eq(setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)), 0);
    ck_assert_int_eq(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)), 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void tapfix_send_vnet(int kernel, const struct virtio_net_hdr *header, const struct frame *frame)
{
    struct iovec parts[] = {{(void *)header, sizeof(*header)},
                            {(void *)frame->data, frame->bytes}};

    ck_assert_int_eq(writev(kernel, parts, 2), (ssize_t)(sizeof(*header) + frame->bytes));
}

void tapfix_receive_vnet(int kernel, struct virtio_net_hdr *header, struct frame *frame)
{
    struct iovec parts[] = {{header, sizeof(*header)}, {frame->data, sizeof(frame->data)}};

    do {
        ssize_t bytes = readv(kernel, parts, 2);

        ck_assert_int_gt(bytes, (ssize_t)sizeof(*header));
        frame->bytes = (size_t)bytes - sizeof(*header);
    } while (!tapfix_is_udp(frame->data, frame->bytes));
}

void tapfix_receive_udp(struct link *link, struct link_frame *frame)
{
    struct pollfd entry = {.fd = link->fd, .events = POLLIN};

    do {
        ck_assert_int_eq(poll(&entry, 1, -1), 1);
        ck_assert_int_eq(link->ops->receive(link, frame, 1), 1);
    } while (!tapfix_is_udp(frame->data, frame->bytes));
}
