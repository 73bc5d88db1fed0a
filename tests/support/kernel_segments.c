/*
 * kernel_segments.c - the Linux kernel as a sender of many datagrams by one call.
 */
#define _GNU_SOURCE
#include "tests/support/kernel.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int kernel_send_segments(int fd, const void *data, size_t bytes, uint16_t segment_bytes)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(segment_bytes))] = {0};
    struct iovec part = {(void *)data, bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    ssize_t sent;

    header->cmsg_level = IPPROTO_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof(segment_bytes));
    memcpy(CMSG_DATA(header), &segment_bytes, sizeof(segment_bytes));
    sent = sendmsg(fd, &message, 0);
    if (sent < 0) {
        return -errno;
    }
    return (size_t)sent == bytes ? 0 : -EMSGSIZE;
}

void kernel_record_route(int fd)
{
    static const uint8_t options[40] = {7, 39, 4};

    if (setsockopt(fd, IPPROTO_IP, IP_OPTIONS, options, sizeof(options)) != 0) {
        abort();
    }
}

void kernel_mac(uint8_t out[6])
{
    struct ifreq request = {.ifr_name = KERNEL_TAP};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) != 0) {
        abort();
    }
    memcpy(out, request.ifr_hwaddr.sa_data, 6);
    close(fd);
}
