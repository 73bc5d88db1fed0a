/*
 * devices.c - wires of the kernel: a TAP, and a veth pair that libpcap captures.
 */
#define _GNU_SOURCE /* unshare */
#include "tests/bench/drivers/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <pcap/pcap.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/net/row.h"
#include "tests/support/veth.h"

enum {
    VNET_BYTES = 10,          /* virtio_net_hdr in front of a frame */
    ROOM_BYTES = 65535 + 14,  /* for one read(), as the driver has it */
    RING_BYTES = 16 << 20,
    DISPATCH = 32,            /* frames a pcap_dispatch(), as the driver's bursts */
};

static uint8_t room[256 * 1024];

/* --- the namespace --- */

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd >= 0) {
        (void)!write(fd, text, strlen(text));
        close(fd);
    }
}

void wire_enter(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        row_missing("no network namespace can be made here: run it as root");
    }
    /* The kernel would send router solicitations and listener reports on its own. */
    write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
    write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    /* How many datagrams a UNIX socket holds; where it may not be said fewer are sent. */
    write_file("/proc/sys/net/unix/max_dgram_qlen", "512");
}

static void bring_up(const char *device)
{
    struct ifreq request = {.ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    snprintf(request.ifr_name, IFNAMSIZ, "%.15s", device);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) != 0) {
        row_fail_errno(device);
    }
    close(fd);
}

int wire_packet_socket(const char *device)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET};
    int fd;

    bring_up(device);
    address.sll_ifindex = (int)if_nametoindex(device);
    fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* it receives nothing */
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        row_fail_errno("packet socket");
    }
    return fd;
}

void wire_give_each(const struct wire *wire, size_t first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (send(wire->give_fd, traffic_frame(wire->traffic, first + i),
                 wire->traffic->frame_bytes, 0) != (ssize_t)wire->traffic->frame_bytes) {
            row_fail_errno("giving a frame");
        }
    }
}

/* --- TAP --- */

static int open_tap(const char *name, short flags)
{
    struct ifreq request = {.ifr_flags = flags};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        row_missing("/dev/net/tun: %s", strerror(errno));
    }
    snprintf(request.ifr_name, IFNAMSIZ, "%.15s", name);
    if (ioctl(fd, TUNSETIFF, &request) != 0) {
        row_missing("no TAP can be made here: %s", strerror(errno));
    }
    return fd;
}

static void connect_tap(struct wire *wire)
{
    wire->give_fd = wire_packet_socket(wire->text);
}

/* The driver makes its device itself. */
static void make_tap(struct wire *wire)
{
    bool with_header = wire->kind->header_bytes != 0;

    strcpy(wire->text, wire->bare ? "bare0" : "ours0");
    if (wire->bare) {
        wire->read_fd = open_tap(wire->text, (short)(IFF_TAP | IFF_NO_PI |
                                                     (with_header ? IFF_VNET_HDR : 0)));
        connect_tap(wire);
    }
}

static void take_tap(struct wire *wire, unsigned most, struct wire_read *read_)
{
    size_t header = wire->kind->header_bytes;

    for (unsigned i = 0; i < most; i++) {
        ssize_t bytes = read(wire->read_fd, room, header + ROOM_BYTES);

        if (bytes <= (ssize_t)(header + TRAFFIC_PAYLOAD_AT)) {
            return;
        }
        wire_count(read_, room + header, (size_t)bytes - header);
    }
}

const struct wire_kind wire_tap = {
    .key = "device", .fill = 256, .rounds = 48,
    .make = make_tap, .connect = connect_tap, .give = wire_give_each, .take = take_tap,
};

const struct wire_kind wire_tap_offload = {
    .key = "device", .fill = 256, .rounds = 48, .header_bytes = VNET_BYTES,
    .make = make_tap, .connect = connect_tap, .give = wire_give_each, .take = take_tap,
};

/* --- veth, captured --- */

static void *open_capture(const char *device)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    pcap_t *handle = pcap_create(device, error);

    if (handle == NULL || pcap_set_promisc(handle, 1) != 0 || pcap_set_timeout(handle, 1) != 0 ||
        pcap_set_buffer_size(handle, RING_BYTES) != 0 ||
        pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO) != 0 ||
        pcap_activate(handle) < 0 || pcap_setdirection(handle, PCAP_D_IN) != 0 ||
        pcap_setnonblock(handle, 1, error) != 0) {
        row_fail("pcap on %s: %s", device, handle != NULL ? pcap_geterr(handle) : error);
    }
    return handle;
}

static void make_device(struct wire *wire)
{
    const char *reason;

    strcpy(wire->text, wire->bare ? "bare1" : "ours1");
    strcpy(wire->other, wire->bare ? "bare2" : "ours2");
    reason = veth_make(wire->other, wire->text);
    if (reason != NULL) {
        row_missing("%s", reason);
    }
    bring_up(wire->text);
    wire->give_fd = wire_packet_socket(wire->other);
    veth_wait(wire->other);
    if (wire->bare) {
        wire->handle = open_capture(wire->text);
    }
}

static void count_captured(u_char *user, const struct pcap_pkthdr *header, const u_char *frame)
{
    if (header->caplen >= TRAFFIC_PAYLOAD_AT + sizeof(uint64_t)) {
        wire_count((struct wire_read *)user, frame, header->caplen);
    }
}

static void take_device(struct wire *wire, unsigned most, struct wire_read *read_)
{
    int burst = most < DISPATCH ? (int)most : DISPATCH;

    if (pcap_dispatch(wire->handle, burst, count_captured, (u_char *)read_) < 0) {
        row_fail("pcap_dispatch: %s", pcap_geterr(wire->handle));
    }
}

const struct wire_kind wire_device = {
    .key = "device", .fill = 1024, .rounds = 24, .settles = true,
    .make = make_device, .give = wire_give_each, .take = take_device,
};
