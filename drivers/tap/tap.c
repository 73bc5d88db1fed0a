/*
 * tap.c - a Linux TAP interface as a link.
 *
 * Theory of operation
 *
 * One struct tap for each link: the descriptor of /dev/net/tun, which is the link's fd, and the
 * arena that frames are read into. Each read() takes one frame; receive() reads until the kernel
 * has none left, the caller's burst is full, or the arena has no room for a frame of the largest
 * size. 256 KiB hold a burst of Ethernet frames, or 22 jumbo frames; memory that is never used is
 * never there. A long superframe ends the burst: a receive that waits for it has it copied right
 * from the arena, which stays in the cache, and what came in behind it would have to be kept, by a
 * copy more. Frames lie one behind the other, not in slots of 64 KiB: a burst of small ones stays
 * within a page or two. Each Ethernet header is put 2 bytes past a multiple of 16, so that the IP
 * header is aligned; a vnet header is read into the gap in front of it by the same read().
 *
 * With offload = auto (the default) the kernel leaves work to us and we to it, as far as it can:
 * offload.c agrees on that, vnet.c reads and writes what the header says of each frame.
 *
 * The link is another station on the wire that the TAP is: the interface's MAC is the kernel's,
 * ours is for the stack to choose. A frame that the kernel tags for a VLAN is handed over with its
 * tag; what it holds belongs to a network that this link is no member of, and the stack drops it by
 * its type.
 *
 * What the kernel does (6.1 and 6.18, tried): while the interface is down, reads find nothing and
 * writes fail with EIO; both work again once it is up, so down is no failure. When the interface is
 * deleted, every call fails with EBADFD for ever and poll() reports POLLERR: that is -ENETDOWN.
 * A read() of EIO is what older kernels say then.
 */
#include "drivers/tap/tap.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "drivers/options/options.h"
#include "drivers/tap/device.h"
#include "drivers/tap/vnet.h"

enum {
    ARENA_BYTES = 256 * 1024,
    ARENA_ALIGNMENT = 16,
    /* A superframe of so many bytes is worth a burst: asking again costs less than a copy of it. */
    LONG_BYTES = 16 * 1024,
    /* In front of the Ethernet header: a vnet header, and the IP header 14 bytes on is aligned. */
    GAP_BYTES = ARENA_ALIGNMENT + 2,
    /* Pieces of a packet that is sent, with the vnet header; a packet of more is not taken. */
    PARTS_MAX = 64,
    /* Frames of an Ethernet's MTU, copied together before they are written: see tap_send(). */
    SHORT_BYTES = 2048,
};

_Static_assert(GAP_BYTES >= TAP_VNET_BYTES, "the vnet header fits the gap");
_Static_assert(ARENA_BYTES >= GAP_BYTES + LINK_FRAME_MAX_BYTES, "any frame fits an empty arena");

struct tap {
    struct link link;
    struct tap_device device;
    struct {
        struct virtio_net_hdr header;
        uint8_t frame[SHORT_BYTES];
    } short_packet; /* where one is copied together */
    uint8_t arena[ARENA_BYTES] __attribute__((aligned(ARENA_ALIGNMENT)));
};

struct tap_options {
    const char *device;
    int fd; /* -1: not given */
    bool offload;
};

static const char help[] =
    "device  name of a TAP interface; it is created when there is none and the process may\n"
    "fd      number of an open descriptor of a TAP (IFF_TAP | IFF_NO_PI, and IFF_VNET_HDR for\n"
    "        offload), instead of device; it belongs to the link once that is open\n"
    "offload auto (default): checksums and long sends are left to the other side as far as the\n"
    "        kernel can; off: each frame is complete\n";

/* What a failed read() means: 0 when there is just nothing to read, else the -errno to report. */
static int receive_error(int code)
{
    switch (code) {
    case EAGAIN:
    case EINTR:
        return 0;
    case EBADFD:
    case EIO:
    case ENODEV:
        return -ENETDOWN;
    default:
        return -code;
    }
}

static int tap_receive(struct link *link, struct link_frame *frames, unsigned max)
{
    struct tap *tap = (struct tap *)link;
    size_t header_bytes = tap->device.has_header ? TAP_VNET_BYTES : 0;
    unsigned count = 0;
    size_t used = GAP_BYTES;

    link->drained = false;
    while (count < max && used + LINK_FRAME_MAX_BYTES <= ARENA_BYTES) {
        uint8_t *data = tap->arena + used;
        uint8_t *start = data - header_bytes;
        ssize_t bytes = read(link->fd, start, header_bytes + LINK_FRAME_MAX_BYTES);

        if (bytes <= 0) {
            int result = bytes < 0 ? receive_error(errno) : 0;

            link->drained = true;
            /* Frames first: what failed for good fails again next time. */
            return count > 0 ? (int)count : result;
        }
        bytes = (size_t)bytes > header_bytes ? bytes - (ssize_t)header_bytes : 0;
        frames[count] = (struct link_frame){
            .data = data,
            .bytes = (uint32_t)bytes,
            .original_bytes = (uint32_t)bytes,
            .encapsulation = LINK_ETHERNET,
        };
        if (header_bytes != 0) {
            tap_vnet_read((const struct virtio_net_hdr *)start, &frames[count]);
        }
        count++;
        if (bytes >= LONG_BYTES && frames[count - 1].segment_bytes != 0) {
            break;
        }
        used += (size_t)bytes + ARENA_ALIGNMENT - 1;
        used = used / ARENA_ALIGNMENT * ARENA_ALIGNMENT + GAP_BYTES;
    }
    return (int)count;
}

/* Writes one packet. Returns whether the kernel took it. */
static bool write_parts(int fd, const struct iovec *parts, unsigned count)
{
    ssize_t written;

    do {
        written = writev(fd, parts, (int)count);
    } while (written < 0 && errno == EINTR);
    return written >= 0;
}

static bool write_bytes(int fd, const void *data, size_t bytes)
{
    ssize_t written;

    do {
        written = write(fd, data, bytes);
    } while (written < 0 && errno == EINTR);
    return written >= 0;
}

/* Copies a packet together. Returns its length, or SIZE_MAX when it has no room. */
static size_t gather(const struct link_packet *packet, uint8_t *to, size_t room)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < packet->part_count; i++) {
        const struct iovec *part = &packet->parts[i];
        if (part->iov_len > room - bytes) {
            return SIZE_MAX;
        }
        memcpy(to + bytes, part->iov_base, part->iov_len);
        bytes += part->iov_len;
    }
    return bytes;
}

static bool write_with_header(int fd, const struct link_packet *packet)
{
    struct iovec parts[PARTS_MAX];
    struct virtio_net_hdr header;

    if (packet->part_count >= PARTS_MAX) {
        return false;
    }
    tap_vnet_write(packet, &header);
    parts[0] = (struct iovec){&header, TAP_VNET_BYTES};
    memcpy(parts + 1, packet->parts, packet->part_count * sizeof(parts[0]));
    return write_parts(fd, parts, packet->part_count + 1);
}

/* Writes one packet, with its vnet header where the device has one. */
static bool write_packet(struct tap *tap, const struct link_packet *packet)
{
    size_t bytes = gather(packet, tap->short_packet.frame, sizeof(tap->short_packet.frame));

    if (bytes == SIZE_MAX) {
        return tap->device.has_header
                   ? write_with_header(tap->link.fd, packet)
                   : write_parts(tap->link.fd, packet->parts, packet->part_count);
    }
    if (!tap->device.has_header) {
        return write_bytes(tap->link.fd, tap->short_packet.frame, bytes);
    }
    tap_vnet_write(packet, &tap->short_packet.header);
    return write_bytes(tap->link.fd, &tap->short_packet, TAP_VNET_BYTES + bytes);
}

/*
 * A write() that fails ends the burst, whatever the reason: interface down (EIO), no memory
 * (EAGAIN, ENOBUFS, ENOMEM), a packet that the kernel does not take (EINVAL).
 *
 * Taking several pieces costs the kernel more than copying the bytes of an ordinary frame costs us:
 * 0.79 µs for a writev() of two pieces and 64 bytes of payload, 0.69 µs for a copy and a write();
 * 0.83 and 0.74 µs for 1,400 bytes (Linux 6.18). Longer ones are left where they are.
 */
static unsigned tap_send(struct link *link, const struct link_packet *packets, unsigned count)
{
    struct tap *tap = (struct tap *)link;
    unsigned sent = 0;

    while (sent < count && write_packet(tap, &packets[sent])) {
        sent++;
    }
    return sent;
}

static void tap_close(struct link *link)
{
    struct tap *tap = (struct tap *)link;

    tap_offload_end(&tap->device);
    close(link->fd);
    free(tap);
}

static const struct link_ops tap_ops = {
    .driver = "tap",
    .receive = tap_receive,
    .send = tap_send,
    .close = tap_close,
};

static int read_device(const struct options_report *report, void *target, const char *key,
                       const char *value)
{
    if (*value == '\0') {
        return options_fail(report, EINVAL, "option '%s' is empty: give it an interface name", key);
    }
    ((struct tap_options *)target)->device = value;
    return 0;
}

static int read_fd(const struct options_report *report, void *target, const char *key,
                   const char *value)
{
    long number;

    if (!options_parse_number(value, 10, 0, INT_MAX, &number)) {
        return options_fail(report, EINVAL,
                            "option '%s' is '%.40s': it must be the number of a descriptor", key,
                            value);
    }
    ((struct tap_options *)target)->fd = (int)number;
    return 0;
}

static int read_offload(const struct options_report *report, void *target, const char *key,
                        const char *value)
{
    bool offload = strcmp(value, "auto") == 0;

    if (!offload && strcmp(value, "off") != 0) {
        return options_fail(report, EINVAL, "option '%s' is '%.40s': it must be auto or off", key,
                            value);
    }
    ((struct tap_options *)target)->offload = offload;
    return 0;
}

static const struct options_key keys[] = {
    {"device", read_device},
    {"fd", read_fd},
    {"offload", read_offload},
    {NULL, NULL},
};

static int read_options(struct tap_options *parsed, const struct link_option *options,
                        size_t option_count, char *error)
{
    const struct options_report report = {.driver = "tap", .error = error};
    int result;

    *parsed = (struct tap_options){.fd = -1, .offload = true};
    result = options_read(&report, keys, parsed, options, option_count);
    if (result != 0) {
        return result;
    }
    if ((parsed->device != NULL) == (parsed->fd >= 0)) {
        return options_fail(&report, EINVAL, "give it either option 'device' or option 'fd'");
    }
    return 0;
}

/* link_driver.open. A descriptor passed in becomes the link's on success only. */
static int tap_open(const struct link_option *pairs, size_t pair_count, struct link **out,
                    char *error)
{
    struct tap_options options;
    struct tap *tap;
    int result = read_options(&options, pairs, pair_count, error);

    if (result != 0) {
        return result;
    }
    tap = calloc(1, sizeof(*tap));
    if (tap == NULL) {
        return tap_fail(error, ENOMEM, "not enough memory for a link");
    }
    if (options.device != NULL) {
        result = tap_device_open(options.device, options.offload, &tap->device, error);
    } else {
        result = tap_device_adopt(options.fd, options.offload, &tap->device, error);
    }
    if (result != 0) {
        free(tap);
        return result;
    }
    tap->link = (struct link){
        .ops = &tap_ops,
        .fd = tap->device.fd,
        .mtu = tap_device_mtu(tap->device.fd),
        .offload = tap->device.offload,
    };
    *out = &tap->link;
    return 0;
}

const struct link_driver winlwip_tap_driver = {
    .name = "tap",
    .open = tap_open,
    .help = help,
    .has_offload = true,
};
