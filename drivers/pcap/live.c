/*
 * live.c - an interface of the machine as a link, by libpcap.
 *
 * Theory of operation
 *
 * Objects. One struct live for each link: libpcap's handle (a packet socket with a ring in memory
 * that it shares with the kernel), the arena that frames are lent in, room to put a sent packet
 * together, a timer, and an epoll descriptor over socket and timer, which is the link's fd. Nothing
 * is allocated after open().
 *
 * Whose station. The link is a host beside the kernel on the same wire. With promiscuous=on it has
 * a MAC of its own, for the stack to choose, and the kernel takes no notice of its frames. With
 * promiscuous=off it has the interface's: what comes for the stack the kernel gets too, and when
 * both have the same IP address, both answer. Either way frames that the machine sends by this
 * interface, ours included, are not received: the kernel on the near side can't be reached.
 *
 * Bursts. With immediate=off libpcap uses TPACKET_V3: the kernel fills blocks of 256 KiB and hands
 * one over when it is full or 1 ms old. With immediate=on it uses TPACKET_V2: one slot, and one
 * wake-up, for each frame. One pcap_dispatch() takes up to 32 frames and makes no system call
 * unless the ring is empty.
 *
 * Frames are copied into the arena. libpcap gives a V2 slot back behind each callback, and a V3
 * block within the dispatch that takes its last frame; when the ring had been full, the kernel
 * writes there at once. Which frame is a block's last is nowhere said, so no limit on a dispatch
 * keeps all of its frames valid until the next receive(). At 64 bytes the copy costs nothing that
 * can be measured, as the frame has to come into the cache anyway; at 1,400 bytes it is a third of
 * reading a block.
 *
 * Time. The kernel stamps frames when they arrive, by the clock of the day; the stack's is
 * CLOCK_MONOTONIC. What lies between the two is looked up once a burst.
 *
 * Superframes. A frame longer than the interface's MTU allows is several: datagrams that a sender
 * on this machine left to be segmented (UDP_SEGMENT over veth), or that were merged on arrival
 * (GRO). How long the single ones are is in a header that libpcap does not ask for. It is cut at the
 * MTU, marked, and counted by the stack as "oversize". A superframe that is shorter than the MTU looks
 * like one datagram, and is received as one; docs/differences.md says what to turn off.
 *
 * Life of the interface. When it goes down the kernel says so once, by an error of the socket, and
 * libpcap asks to be called again before long (pcap_get_required_select_timeout), because nothing
 * tells if it is deleted next. The timer does that, each 100 ms, until it is up again, and frames
 * come again, or gone: -ENETDOWN.
 *
 * Locks: none; the stack calls with its own held.
 */
#include "drivers/pcap/live.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "config/limits.h"
#include "drivers/pcap/capture.h"
#include "drivers/pcap/library.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/* How often an interface that is down is looked at. */
#define DOWN_INTERVAL_MS 100

enum {
    ARENA_ALIGNMENT = 16,
    /* In front of an Ethernet header, so that the IP header 14 bytes on is aligned. */
    SHIFT_BYTES = 2,
    TAG_TYPE_AT = 12, /* where a frame's EtherType, or that of its tag, stands */
};

struct live {
    struct link link;
    pcap_t *handle;
    int index; /* of the interface */
    int timer; /* armed while the interface is down */
    bool down;
    uint64_t missed;      /* frames that found the ring full, as far as the kernel was asked */
    uint32_t frame_bytes; /* longest frame without a tag: MTU and Ethernet header */
    uint8_t *outgoing;    /* frame_bytes, where a packet of several parts is put together */
    uint8_t arena[] __attribute__((aligned(ARENA_ALIGNMENT)));
};

/* --- receiving --- */

/* One receive() under way. */
struct burst {
    const struct live *live;
    struct link_frame *frames;
    unsigned count;
    uint8_t *at;       /* free arena, aligned */
    int64_t offset_ns; /* from the kernel's stamps to the stack's clock; known while count > 0 */
};

/* What a frame of the largest size takes of the arena. */
static size_t slot_bytes(uint32_t frame_bytes)
{
    size_t bytes = SHIFT_BYTES + (size_t)frame_bytes + LIVE_TAG_BYTES;

    return (bytes + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
}

/* Does libpcap's put-back tag of a VLAN stand in the frame (802.1Q, 802.1ad)? */
static bool is_tagged(const uint8_t *frame, uint32_t bytes)
{
    unsigned type = bytes < LIVE_HEADER_BYTES
                        ? 0
                        : (unsigned)(frame[TAG_TYPE_AT] << 8 | frame[TAG_TYPE_AT + 1]);

    return type == 0x8100 || type == 0x88a8;
}

static uint8_t frame_flags(const struct live *live, const uint8_t *data, uint32_t bytes,
                           uint32_t original_bytes)
{
    if (original_bytes > live->frame_bytes &&
        original_bytes > live->frame_bytes + (is_tagged(data, bytes) ? LIVE_TAG_BYTES : 0)) {
        return LINK_FRAME_CUT | LINK_FRAME_OVERSIZE;
    }
    if (original_bytes > bytes) {
        return LINK_FRAME_CUT;
    }
    return live_sum_is_pending(data, bytes) ? LINK_FRAME_SUM_PENDING : 0;
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* libpcap's callback: lends a copy of one frame. */
static void lend(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct burst *burst = (struct burst *)user;
    const struct live *live = burst->live;
    uint32_t most_bytes = live->frame_bytes + LIVE_TAG_BYTES;
    uint32_t kept_bytes = header->caplen < most_bytes ? header->caplen : most_bytes;
    uint8_t *data = burst->at + SHIFT_BYTES;

    if (burst->count == 0) {
        burst->offset_ns = clock_ns(CLOCK_MONOTONIC) - clock_ns(CLOCK_REALTIME);
    }
    memcpy(data, bytes, kept_bytes);
    burst->frames[burst->count++] = (struct link_frame){
        .data = data,
        .bytes = kept_bytes,
        .original_bytes = header->len,
        /* With PCAP_TSTAMP_PRECISION_NANO tv_usec counts nanoseconds. */
        .time_ns = header->ts.tv_sec * NS_PER_S + header->ts.tv_usec + burst->offset_ns,
        .encapsulation = LINK_ETHERNET,
        .flags = frame_flags(live, data, kept_bytes, header->len),
    };
    burst->at += (SHIFT_BYTES + (size_t)kept_bytes + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT *
                 ARENA_ALIGNMENT;
}

/*
 * After an empty ring: keeps the timer running while libpcap has to be called although there is
 * nothing to read.
 */
static void watch_interface(struct live *live)
{
    bool down = libpcap.get_required_select_timeout(live->handle) != NULL;
    const struct itimerspec when = {
        .it_value.tv_nsec = down ? DOWN_INTERVAL_MS * NS_PER_MS : 0,
    };

    if (down || live->down) {
        timerfd_settime(live->timer, 0, &when, NULL);
    }
    live->down = down;
}

static int live_receive(struct link *link, struct link_frame *frames, unsigned max)
{
    struct live *live = (struct live *)link;
    struct burst burst = {.live = live, .frames = frames, .at = live->arena};
    unsigned most = max < LIMIT_BURST_FRAMES ? max : LIMIT_BURST_FRAMES;
    int result = libpcap.dispatch(live->handle, (int)most, lend, (u_char *)&burst);

    if (burst.count == 0) {
        if (result < 0) {
            return live_device_exists(live->handle, live->index) ? -EIO : -ENETDOWN;
        }
        watch_interface(live);
    }
    return (int)burst.count; /* frames first: what failed for good fails again next time */
}

/*
 * The kernel starts over counting when it is asked. Not by pcap_stats(), which reads files of the
 * interface's own counters, too.
 */
static uint64_t live_missed(struct link *link)
{
    struct live *live = (struct live *)link;
    struct tpacket_stats stats; /* what both versions' answers begin with */
    socklen_t bytes = sizeof(stats);

    if (getsockopt(libpcap.fileno(live->handle), SOL_PACKET, PACKET_STATISTICS, &stats, &bytes) == 0) {
        live->missed += stats.tp_drops;
    }
    return live->missed;
}

/* --- sending --- */

/* The bytes of a packet in one piece. Returns how many, 0 when it is longer than frames are. */
static uint32_t gather(struct live *live, const struct link_packet *packet, const uint8_t **data)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < packet->part_count; i++) {
        const struct iovec *part = &packet->parts[i];

        if (part->iov_len > live->frame_bytes - bytes) {
            return 0;
        }
        if (packet->part_count > 1) {
            memcpy(live->outgoing + bytes, part->iov_base, part->iov_len);
        }
        bytes += part->iov_len;
    }
    *data = packet->part_count > 1 ? live->outgoing : packet->parts[0].iov_base;
    return (uint32_t)bytes;
}

/* A failure ends the burst, whatever the reason: interface down, no room in its queue, too long. */
static unsigned live_send(struct link *link, const struct link_packet *packets, unsigned count)
{
    struct live *live = (struct live *)link;

    for (unsigned i = 0; i < count; i++) {
        const uint8_t *data;
        uint32_t bytes = gather(live, &packets[i], &data);

        if (bytes == 0 || libpcap.inject(live->handle, data, bytes) != (int)bytes) {
            return i;
        }
    }
    return count;
}

/* --- life --- */

static void live_close(struct link *link)
{
    struct live *live = (struct live *)link;

    close(link->fd);
    close(live->timer);
    libpcap.close(live->handle);
    free(live->outgoing);
    free(live);
}

static const struct link_ops live_ops = {
    .driver = "pcap",
    .receive = live_receive,
    .send = live_send,
    .missed = live_missed,
    .close = live_close,
};

/* Makes the descriptor that is readable when there is a frame, or the timer says to look. */
static int open_descriptors(struct live *live, char *error)
{
    struct epoll_event readable = {.events = EPOLLIN};
    int result;

    live->link.fd = epoll_create1(EPOLL_CLOEXEC);
    live->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (live->link.fd >= 0 && live->timer >= 0 &&
        epoll_ctl(live->link.fd, EPOLL_CTL_ADD, libpcap.get_selectable_fd(live->handle),
                  &readable) == 0 &&
        epoll_ctl(live->link.fd, EPOLL_CTL_ADD, live->timer, &readable) == 0) {
        return 0;
    }
    result = capture_fail(error, errno, NULL, "no descriptor to wait for frames with: %s",
                          strerror(errno));
    if (live->timer >= 0) {
        close(live->timer);
    }
    if (live->link.fd >= 0) {
        close(live->link.fd);
    }
    return result;
}

/* Allocates a link for frames of that interface. NULL: no memory. */
static struct live *live_new(const struct live_options *options, const struct live_device *device)
{
    uint32_t frame_bytes = device->mtu + LIVE_HEADER_BYTES;
    struct live *live = calloc(1, sizeof(*live) + LIMIT_BURST_FRAMES * slot_bytes(frame_bytes));

    if (live == NULL) {
        return NULL;
    }
    live->outgoing = malloc(frame_bytes);
    if (live->outgoing == NULL) {
        free(live);
        return NULL;
    }
    live->frame_bytes = frame_bytes;
    live->index = device->index;
    live->link = (struct link){.ops = &live_ops, .fd = -1, .mtu = device->mtu};
    if (!options->own_mac) {
        memcpy(live->link.mac, device->mac, sizeof(live->link.mac));
    }
    return live;
}

int live_open(const struct link_option *pairs, size_t pair_count, struct link **out, char *error)
{
    struct live_options options;
    struct live_device device;
    struct live *live;
    int result = live_options_parse(&options, pairs, pair_count, error);

    if (result == 0) {
        result = live_device_ask(options.device, &device, error);
    }
    if (result != 0) {
        return result;
    }
    live = live_new(&options, &device);
    if (live == NULL) {
        return capture_fail(error, ENOMEM, NULL, "not enough memory for device '%s'",
                            options.device);
    }
    result = live_device_open(&options, &device, &live->handle, error);
    if (result != 0) {
        goto free_live;
    }
    result = open_descriptors(live, error);
    if (result != 0) {
        goto close_handle;
    }
    *out = &live->link;
    return 0;

close_handle:
    libpcap.close(live->handle);
free_live:
    free(live->outgoing);
    free(live);
    return result;
}
