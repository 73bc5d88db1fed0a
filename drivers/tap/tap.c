/*
 * tap.c - a Linux TAP interface as a link.
 *
 * Theory of operation
 *
 * One struct tap for each link: the descriptor of /dev/net/tun, which is the link's fd, and the
 * arena that frames are read into. Each read() takes one frame; receive() reads until the kernel
 * has none left, the caller's burst is full, or the arena has no room for a frame of the largest
 * size. 128 KiB hold 43 full Ethernet frames and then one of any size. Frames lie one behind the
 * other, not in slots of 64 KiB: a burst of small ones stays within a page or two. Each Ethernet
 * header is put 2 bytes past a multiple of 16, so that the IP header is aligned.
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

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "drivers/tap/device.h"

enum {
    ARENA_BYTES = 128 * 1024,
    ARENA_ALIGNMENT = 16,
    /* In front of the Ethernet header, so that the IP header 14 bytes on is aligned. */
    SHIFT_BYTES = 2,
};

_Static_assert(ARENA_BYTES >= SHIFT_BYTES + LINK_FRAME_MAX_BYTES, "any frame fits an empty arena");

struct tap {
    struct link link;
    uint8_t arena[ARENA_BYTES] __attribute__((aligned(ARENA_ALIGNMENT)));
};

struct tap_options {
    const char *device;
    int fd; /* -1: not given */
};

static const char help[] =
    "device  name of a TAP interface; it is created when there is none and the process may\n"
    "fd      number of an open descriptor of a TAP (IFF_TAP | IFF_NO_PI), instead of device;\n"
    "        it belongs to the link once that is open\n";

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
    unsigned count = 0;
    size_t used = SHIFT_BYTES;

    while (count < max && used + LINK_FRAME_MAX_BYTES <= ARENA_BYTES) {
        uint8_t *data = tap->arena + used;
        ssize_t bytes = read(link->fd, data, LINK_FRAME_MAX_BYTES);

        if (bytes <= 0) {
            int result = bytes < 0 ? receive_error(errno) : 0;

            /* Frames first: what failed for good fails again next time. */
            return count > 0 ? (int)count : result;
        }
        frames[count++] = (struct link_frame){
            .data = data,
            .bytes = (uint32_t)bytes,
            .original_bytes = (uint32_t)bytes,
            .encapsulation = LINK_ETHERNET,
        };
        used += (size_t)bytes + ARENA_ALIGNMENT - 1;
        used = used / ARENA_ALIGNMENT * ARENA_ALIGNMENT + SHIFT_BYTES;
    }
    return (int)count;
}

/*
 * A write() that fails ends the burst, whatever the reason: interface down (EIO), no memory
 * (EAGAIN, ENOBUFS, ENOMEM), a packet that the kernel does not take (EINVAL).
 */
static unsigned tap_send(struct link *link, const struct link_packet *packets, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        ssize_t written;

        do {
            written = writev(link->fd, packets[i].parts, (int)packets[i].part_count);
        } while (written < 0 && errno == EINTR);
        if (written < 0) {
            return i;
        }
    }
    return count;
}

static void tap_close(struct link *link)
{
    close(link->fd);
    free(link); /* the first member of struct tap */
}

static const struct link_ops tap_ops = {
    .driver = "tap",
    .receive = tap_receive,
    .send = tap_send,
    .close = tap_close,
};

static int parse_fd(int *fd, const char *value, char *error)
{
    char *end = NULL;
    long number = -1;

    errno = 0;
    if (isdigit((unsigned char)*value)) {
        number = strtol(value, &end, 10);
    }
    if (number < 0 || number > INT_MAX || *end != '\0') {
        return tap_fail(error, EINVAL,
                        "option 'fd' is '%.40s': it must be the number of a descriptor", value);
    }
    *fd = (int)number;
    return 0;
}

static int parse_options(struct tap_options *parsed, const struct link_option *options,
                         size_t option_count, char *error)
{
    *parsed = (struct tap_options){.fd = -1};
    for (size_t i = 0; i < option_count; i++) {
        bool is_device = strcmp(options[i].key, "device") == 0;
        int result = 0;

        if (!is_device && strcmp(options[i].key, "fd") != 0) {
            return tap_fail(error, EINVAL, "unknown option '%.40s': the keys are device, fd",
                            options[i].key);
        }
        if (is_device ? parsed->device != NULL : parsed->fd >= 0) {
            return tap_fail(error, EINVAL, "option '%s' is given twice", options[i].key);
        }
        if (is_device) {
            parsed->device = options[i].value;
        } else {
            result = parse_fd(&parsed->fd, options[i].value, error);
        }
        if (result != 0) {
            return result;
        }
    }
    if ((parsed->device != NULL) == (parsed->fd >= 0)) {
        return tap_fail(error, EINVAL, "give it either option 'device' or option 'fd'");
    }
    return 0;
}

/* link_driver.open. A descriptor passed in becomes the link's on success only. */
static int tap_open(const struct link_option *pairs, size_t pair_count, struct link **out,
                    char *error)
{
    struct tap_options options;
    struct tap *tap;
    int result = parse_options(&options, pairs, pair_count, error);

    if (result != 0) {
        return result;
    }
    tap = calloc(1, sizeof(*tap));
    if (tap == NULL) {
        return tap_fail(error, ENOMEM, "not enough memory for a link");
    }
    if (options.device != NULL) {
        options.fd = result = tap_device_open(options.device, error);
    } else {
        result = tap_device_adopt(options.fd, error);
    }
    if (result < 0) {
        free(tap);
        return result;
    }
    tap->link = (struct link){
        .ops = &tap_ops,
        .fd = options.fd,
        .mtu = tap_device_mtu(options.fd),
    };
    *out = &tap->link;
    return 0;
}

const struct link_driver tap_driver = {
    .name = "tap",
    .open = tap_open,
    .help = help,
};
