/*
 * link.h - the driver contract: how frames reach the stack and leave it.
 *
 * A link is an opened driver. The stack calls it only while it holds the stack lock, from one
 * thread at a time; a driver needs no lock of its own. No call may block, and none may allocate
 * on the way of a frame.
 *
 * Frames are lent: what receive() returns belongs to the driver and stays readable *and writable*
 * (lwIP edits headers in place) until the next receive() or close() of the same link. The stack
 * copies what it has to keep longer.
 */
#ifndef STACK_LINK_H
#define STACK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct link;

/* Longest frame that a link may hand over or be asked to send, bytes. */
#define LINK_FRAME_MAX_BYTES (65535 + 14)

/* What the bytes of a frame begin with. */
enum link_encapsulation {
    LINK_ETHERNET, /* a 14-byte Ethernet header; tags that a capture recorded are removed */
    LINK_IP,       /* an IP header: the link has no MAC addresses (raw IP, cooked captures) */
};

/* To whom the link layer addressed a LINK_IP frame; ignored for LINK_ETHERNET. */
enum link_cast {
    LINK_CAST_HOST,       /* to us */
    LINK_CAST_BROADCAST,
    LINK_CAST_MULTICAST,
    LINK_CAST_OTHER,      /* to another station */
};

/* link_frame.flags */
#define LINK_FRAME_CUT 0x01u         /* a capture cut it short: original_bytes is longer */
#define LINK_FRAME_SUM_VERIFIED 0x02u /* transport checksum was verified by device or kernel */
#define LINK_FRAME_SUM_PENDING 0x04u  /* sender left the transport checksum to hardware: valid data */
#define LINK_FRAME_UNKNOWN_TYPE 0x08u /* the capture says that this is neither IP nor ARP */
#define LINK_FRAME_OVERSIZE 0x10u /* with CUT: longer than frames of its link are, a superframe of
                                     which nobody tells the segments */

/* What a link can do for the stack (link.offload). */
#define LINK_OFFLOAD_SUM 0x01u     /* send() finishes transport checksums: link_packet.sum_start */
#define LINK_OFFLOAD_SEGMENT 0x02u /* send() takes superframes: link_packet.segment_bytes */

/*
 * A superframe is one frame that stands for several UDP datagrams of one flow: the payload behind
 * its one set of headers is theirs, one behind the other, each segment_bytes long but the last,
 * which may be shorter. Its IP and UDP lengths are those of the whole. It has no
 * extension headers and is no fragment. IPv4 options are rare, but may be there.
 */

/* One received frame. */
struct link_frame {
    uint8_t *data;
    uint32_t bytes;          /* readable (and writable) at data */
    uint32_t original_bytes; /* on the wire; more than bytes when it was cut */
    int64_t time_ns;         /* arrival: ns since 1970 in a replay, else of CLOCK_MONOTONIC;
                                0 when the driver does not know it */
    uint16_t segment_bytes;  /* of a superframe; 0: an ordinary frame */
    uint8_t encapsulation;   /* enum link_encapsulation */
    uint8_t cast;            /* enum link_cast */
    uint8_t flags;           /* LINK_FRAME_* */
};

/* One frame to be sent: its bytes in order, beginning as link.ip_only says. Borrowed for the call. */
struct link_packet {
    const struct iovec *parts;
    unsigned part_count;
    /*
     * LINK_OFFLOAD_SUM: the transport checksum is to be taken from byte sum_start of the frame to
     * its end and stored sum_offset bytes behind that place, where the sum of the pseudo header
     * stands now (not inverted). sum_start 0: the frame is complete.
     */
    uint16_t sum_start;
    uint16_t sum_offset;
    /* LINK_OFFLOAD_SEGMENT: a superframe (needs sum_start, too); 0: an ordinary frame. */
    uint16_t segment_bytes;
    bool is_v6; /* of a superframe */
};

struct link_ops {
    const char *driver; /* its name in configuration files and messages */

    /*
     * Lends up to max frames. Returns how many; 0 when there is none now; -ENODATA at the end of
     * a replay (and for ever after); another -errno when the device failed for good (-ENETDOWN,
     * -EIO: the interface goes down).
     */
    int (*receive)(struct link *link, struct link_frame *frames, unsigned max);

    /*
     * Sends packets in order. Returns how many were taken (0..count); those that were not are
     * dropped and counted by the stack. Never a negative number.
     */
    unsigned (*send)(struct link *link, const struct link_packet *packets, unsigned count);

    /*
     * How many frames were lost since open() because receive() did not take them in time. May be
     * NULL: the driver does not know.
     */
    uint64_t (*missed)(struct link *link);

    /*
     * Writes what the link has to tell people beside all that, whole lines that end with '\n', to
     * text[room]; what has no room is cut off. Returns the bytes of the uncut text without the
     * terminating zero, as snprintf() does. May be NULL: nothing.
     */
    size_t (*report)(struct link *link, char *text, size_t room);

    /* Closes and frees the link. Called once, after which the pointer is dead. */
    void (*close)(struct link *link);
};

/* What every link begins with; a driver embeds it as the first member of its own struct. */
struct link {
    const struct link_ops *ops;
    int fd;          /* readable (level-triggered) when receive() has something; -1: ask at any time */
    unsigned mtu;    /* bytes of IP packet that fit a frame */
    unsigned mtu_most; /* to what a configuration may raise mtu; 0: not at all */
    uint8_t mac[6];  /* the device's, all zero when it leaves the choice to the stack */
    bool replay;     /* frames come from a file: no real neighbours, no duplicate address detection */
    bool own_clock;  /* the stack's time is that of the frames (replay as fast as possible) */
    uint8_t offload; /* LINK_OFFLOAD_*: what send() understands */
    bool ip_only;    /* no MAC addresses: frames both ways begin with the IP header */
    bool drained;    /* the last receive() found that nothing is left; a driver may leave it false */
    bool end_is_down; /* after -ENODATA receives fail with WSAENETDOWN once they are drained;
                         else they wait on */
};

/* A line of text that says why an open failed: what was tried, what is missing, what to do. */
#define LINK_ERROR_BYTES 256

/* A driver option as it stands in the configuration. */
struct link_option {
    const char *key;
    const char *value;
};

/*
 * How a driver is found and opened: one static descriptor each, named winlwip_NAME_driver.
 * open(): options are key/value pairs; an unknown key or a bad value is an error.
 * Returns 0 and the link, or -errno with a line of text in error[LINK_ERROR_BYTES].
 */
struct link_driver {
    const char *name;
    int (*open)(const struct link_option *options, size_t option_count, struct link **out,
                char *error);
    const char *help; /* the keys, one line each, for --help; NULL: this build has no such driver,
                         and open() says why */
    bool has_offload; /* one of them is offload, whose value off keeps link.offload 0 */
};

/*
 * A wrapper goes round an opened link and is a link itself: what it hands over, sends and says of
 * itself is the inner link's, changed as its options say. One static descriptor each, named
 * winlwip_NAME_wrapper. Its keys in a configuration begin with "NAME-"; NAME alone is one, too.
 */
struct link_wrapper {
    const char *name;

    /*
     * Wraps inner, whose offload is 0 and of which nothing was received or sent yet. interface is
     * the name of the interface, for what is derived from it. Options have their whole keys, an
     * unknown one or a bad value is an error. Returns 0 and the link, which then owns inner and
     * closes it; or -errno with a line of text in error[LINK_ERROR_BYTES], inner being the
     * caller's still.
     */
    int (*wrap)(struct link *inner, const char *interface, const struct link_option *options,
                size_t option_count, struct link **out, char *error);

    /* Frees a link that wrap() made, without closing the inner one, which is returned. */
    struct link *(*unwrap)(struct link *link);

    const char *help;
    const char *output_key; /* whose value names a file that is overwritten; NULL: there is none */
};

/* Does the device dictate the MAC address? */
static inline bool link_has_mac(const struct link *link)
{
    return (link->mac[0] | link->mac[1] | link->mac[2] | link->mac[3] | link->mac[4] |
            link->mac[5]) != 0;
}

#endif
