/*
 * capture.c - a capture file as a link, read by libpcap.
 *
 * Theory of operation
 *
 * Objects. One struct capture for each link: libpcap's reader, its stdio buffer, the arena, and the
 * output. With stdio's own 4 KiB a 1400-byte frame costs a third more; above 256 KiB nothing is
 * gained, and the cache is left.
 *
 * Plain files. With timing=fast, a file that has nothing in it to interpret is read by records.c in
 * large pieces, the arena full at a time, and its frames are lent where they lie. At the first
 * record that is not plain, and at the end, libpcap takes over for the rest. Every file is opened
 * by libpcap, which reads its first record before: whatever makes a file unreadable up to its first
 * frame (pcapng interfaces of different link types come to light only there) is an error of open()
 * in libpcap's words.
 *
 * The pending record. libpcap reads a record into a buffer of its own that the next read replaces.
 * The driver is always one record ahead: `pending` is the next frame to lend, still in libpcap's
 * buffer. Looking ahead tells when that frame is due, and whether it fits the arena.
 *
 * Bursts. receive() copies frame after frame of libpcap's into the arena and lends them there.
 * Lending libpcap's buffer itself would save the copy, some 10 ns of 65 at 64 bytes and 20 of 270
 * at 1400, but allow one frame a call only; and the burst is what lets the stack take its lock, run
 * its timers and wake its readers once for many frames. A burst ends when the arena has no room for
 * the next frame: 128 KiB hold 80 full Ethernet frames or one frame of any size there is. Nothing
 * is allocated after open().
 *
 * Time. timing=fast: fd is -1 and every frame is there at once; the stack takes its time from the
 * frames. timing=real: the fd is a timer set to when the pending frame is due; the first receive()
 * starts the replay, so that what lies between open() and the first poll does not count. In both,
 * time_ns is the file's time stamp. Frames stamped earlier than the one before are due at once, in
 * the order of the file.
 *
 * End. `end` is 0 while frames are to come, -ENODATA behind the last one, -EIO when the file breaks
 * off or turns to garbage in the middle; what stood complete before that has been lent by then.
 *
 * Reading a regular file may wait for the disk. Pipes and devices are refused: they can wait for
 * ever.
 */
#include "drivers/pcap/capture.h"
#include "drivers/pcap/library.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "drivers/pcap/records.h"

#define NS_PER_S INT64_C(1000000000)

enum {
    INPUT_BUFFER_BYTES = 256 * 1024,
    ARENA_BYTES = 128 * 1024,
    ARENA_ALIGNMENT = 16,
    /* In front of an Ethernet header, so that the IP header 14 bytes on is aligned. */
    ETHERNET_SHIFT_BYTES = 2,
    /* What is kept of a frame: enough for the longest one after its headers are gone. */
    RECORD_MAX_BYTES = LINK_FRAME_MAX_BYTES + CAPTURE_OVERHEAD_MAX_BYTES,
};

_Static_assert(ARENA_BYTES >= ARENA_ALIGNMENT + RECORD_MAX_BYTES, "any frame fits an empty arena");

struct capture {
    struct link link;
    pcap_t *reader;
    const struct capture_format *format;
    struct capture_output output;

    const uint8_t *pending; /* the next frame, in libpcap's buffer; valid while end is 0 */
    uint32_t pending_bytes; /* of it in the file, at most RECORD_MAX_BYTES */
    uint32_t pending_original_bytes;
    int64_t pending_ns; /* ns since 1970 */
    int end;            /* 0, -ENODATA or -EIO */

    int64_t lent_ns;  /* time stamp of the latest frame lent, at first of the first frame */
    int64_t first_ns; /* time stamp of the first frame: timing=real counts from it */
    int64_t start_ns; /* CLOCK_MONOTONIC when that frame was due; 0: replay not begun */
    long speed;

    bool plain; /* `records` reads on; `pending` is of no meaning then */
    struct records records;

    char input_buffer[INPUT_BUFFER_BYTES];
    /* Last, so that a sanitizer sees what is written behind it. */
    uint8_t arena[ARENA_BYTES] __attribute__((aligned(ARENA_ALIGNMENT)));
};

static int64_t monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/*
 * The time stamp of a record in ns since 1970. libpcap gives the seconds of a classic file a sign
 * that they do not have. What a damaged record makes too large stays the largest; 0 would say that
 * there is no clock.
 */
static int64_t record_ns(const struct pcap_pkthdr *header)
{
    int64_t seconds = header->ts.tv_sec;
    int64_t ns;

    if (seconds < 0 && seconds >= INT32_MIN) {
        seconds += INT64_C(1) << 32;
    }
    if (__builtin_mul_overflow(seconds, NS_PER_S, &ns) ||
        __builtin_add_overflow(ns, (int64_t)header->ts.tv_usec, &ns)) {
        return INT64_MAX;
    }
    return ns > 0 ? ns : 1;
}

/* Reads the next record into `pending`, or sets `end`. */
static void capture_advance(struct capture *capture)
{
    struct pcap_pkthdr *header;
    int result = libpcap.next_ex(capture->reader, &header, &capture->pending);

    if (result != 1) {
        capture->end = result == PCAP_ERROR_BREAK ? -ENODATA : -EIO;
        return;
    }
    capture->pending_bytes = header->caplen < RECORD_MAX_BYTES ? header->caplen : RECORD_MAX_BYTES;
    capture->pending_original_bytes = header->len > header->caplen ? header->len : header->caplen;
    capture->pending_ns = record_ns(header);
}

/* When the pending frame may be lent, CLOCK_MONOTONIC; it may lie in the past. */
static int64_t pending_due_ns(const struct capture *capture)
{
    int64_t offset_ns = (capture->pending_ns - capture->first_ns) / (int64_t)capture->speed;
    int64_t due_ns;

    if (__builtin_add_overflow(capture->start_ns, offset_ns, &due_ns)) {
        return INT64_MAX;
    }
    return due_ns > 1 ? due_ns : 1;
}

/* Makes the timer readable from at_ns on (CLOCK_MONOTONIC, 1: now); 0: never. */
static void timer_set(int fd, int64_t at_ns)
{
    const struct itimerspec when = {
        .it_value = {.tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S},
    };

    timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL);
}

/* Copies the pending frame to arena[*used], which advances, and lends it there. */
static void capture_lend(struct capture *capture, struct link_frame *frame, size_t *used)
{
    uint8_t *data = capture->arena + *used;

    if (capture->format->encapsulation == LINK_ETHERNET) {
        data += ETHERNET_SHIFT_BYTES;
    }
    memcpy(data, capture->pending, capture->pending_bytes);
    *frame = (struct link_frame){
        .data = data,
        .bytes = capture->pending_bytes,
        .original_bytes = capture->pending_original_bytes,
        .time_ns = capture->pending_ns,
    };
    capture_decapsulate(capture->format, frame);
    capture->lent_ns = capture->pending_ns;
    *used = (size_t)(data - capture->arena) + capture->pending_bytes;
    *used = (*used + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
}

static bool arena_has_room(const struct capture *capture, size_t used)
{
    return used + ETHERNET_SHIFT_BYTES + capture->pending_bytes <= ARENA_BYTES;
}

/* receive() with timing=fast, and the part of timing=real that lends what is due by until_ns. */
static int capture_lend_burst(struct capture *capture, struct link_frame *frames, unsigned max,
                              int64_t until_ns)
{
    unsigned count = 0;
    size_t used = 0;

    while (count < max && capture->end == 0 && arena_has_room(capture, used) &&
           (until_ns == INT64_MAX || pending_due_ns(capture) <= until_ns)) {
        capture_lend(capture, &frames[count++], &used);
        capture_advance(capture);
    }
    return count > 0 ? (int)count : capture->end;
}

/* Has libpcap go on where the plain records end. */
static void leave_records(struct capture *capture)
{
    capture->plain = false;
    if (fseeko(libpcap.file(capture->reader), capture->records.offset, SEEK_SET) != 0) {
        capture->end = -EIO;
        return;
    }
    capture_advance(capture);
}

static int receive_fast(struct link *link, struct link_frame *frames, unsigned max)
{
    struct capture *capture = (struct capture *)link;

    if (capture->plain) {
        unsigned count = records_lend(&capture->records, frames, max);
        if (count > 0) {
            capture->lent_ns = frames[count - 1].time_ns;
            return (int)count;
        }
        leave_records(capture);
    }
    return capture_lend_burst(capture, frames, max, INT64_MAX);
}

/*
 * receive() with timing=real. Leaves the fd readable at the time when there is something more: a
 * frame, or the end. Once the end has been told the fd is silent, so that nobody spins on it.
 */
static int receive_real(struct link *link, struct link_frame *frames, unsigned max)
{
    struct capture *capture = (struct capture *)link;
    int64_t now_ns = monotonic_ns();
    int result;

    if (capture->start_ns == 0) {
        capture->start_ns = now_ns;
    }
    result = capture_lend_burst(capture, frames, max, now_ns);
    if (capture->end == 0) {
        timer_set(link->fd, pending_due_ns(capture));
    } else {
        timer_set(link->fd, result > 0 ? 1 : 0);
    }
    return result;
}

/*
 * The time to stamp a sent frame with, on the clock of the capture, so that both files can be laid
 * side by side: that of the frame that was lent last, with timing=real the time since then added.
 */
static int64_t capture_now_ns(const struct capture *capture)
{
    int64_t now_ns;

    if (capture->start_ns == 0 ||
        __builtin_mul_overflow(monotonic_ns() - capture->start_ns, (int64_t)capture->speed,
                               &now_ns) ||
        __builtin_add_overflow(now_ns, capture->first_ns, &now_ns)) {
        return capture->lent_ns;
    }
    return now_ns;
}

static unsigned capture_send(struct link *link, const struct link_packet *packets, unsigned count)
{
    struct capture *capture = (struct capture *)link;
    unsigned taken = 0;
    int64_t now_ns;

    if (capture->output.fd < 0) {
        return count; /* onto a wire that nobody listens to */
    }
    now_ns = capture_now_ns(capture);
    while (taken < count && capture_output_write(&capture->output, &packets[taken], now_ns)) {
        taken++;
    }
    return taken;
}

static void capture_close(struct link *link)
{
    struct capture *capture = (struct capture *)link;

    if (link->fd >= 0) {
        close(link->fd);
    }
    capture_output_close(&capture->output);
    libpcap.close(capture->reader); /* its FILE too, so that input_buffer is free */
    free(capture);
}

static const struct link_ops fast_ops = {
    .driver = "pcap",
    .receive = receive_fast,
    .send = capture_send,
    .close = capture_close,
};

static const struct link_ops real_ops = {
    .driver = "pcap",
    .receive = receive_real,
    .send = capture_send,
    .close = capture_close,
};

/* Opens a regular file that is not empty. Returns its fd and status, or -errno with the reason. */
static int input_open(const char *path, struct stat *status, char *error)
{
    /* O_NONBLOCK: opening a pipe must not wait for its writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int result;

    if (fd < 0) {
        return capture_fail(error, errno, path, "%s; check the path of 'file'", strerror(errno));
    }
    if (fstat(fd, status) != 0) {
        result = capture_fail(error, errno, path, "%s", strerror(errno));
    } else if (S_ISDIR(status->st_mode)) {
        result = capture_fail(error, EISDIR, path,
                              "is a directory; name a capture file inside it");
    } else if (!S_ISREG(status->st_mode)) {
        result = capture_fail(error, EINVAL, path,
                              "is not a regular file; save the capture to one first");
    } else if (status->st_size == 0) {
        result = capture_fail(error, EBADMSG, path,
                              "is empty, not even a capture's header; capture again");
    } else {
        return fd;
    }
    close(fd);
    return result;
}

/* Gives the open file to libpcap, which owns it on success; it is closed otherwise. */
static int reader_open(struct capture *capture, int fd, const char *path, char *error)
{
    char reason[PCAP_ERRBUF_SIZE];
    FILE *stream = fdopen(fd, "rb");
    int result;

    if (stream == NULL) {
        result = capture_fail(error, errno, path, "%s", strerror(errno));
        close(fd);
        return result;
    }
    setvbuf(stream, capture->input_buffer, _IOFBF, sizeof(capture->input_buffer));
    capture->reader = libpcap.fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO,
                                                               reason);
    if (capture->reader == NULL) {
        result = capture_fail(error, EBADMSG, path,
                              "not a usable pcap or pcapng capture (%.100s)", reason);
        fclose(stream);
        return result;
    }
    return 0;
}

/* Finds out what the frames are and reads the first one. */
static int reader_start(struct capture *capture, const char *path, char *error)
{
    int link_type = libpcap.datalink(capture->reader);
    const char *name = libpcap.datalink_val_to_name(link_type);

    capture->format = capture_format_find(link_type);
    if (capture->format == NULL) {
        return capture_fail(error, EPROTONOSUPPORT, path,
                            "link type %d (%.24s) is not supported; capture on Ethernet, raw IP or "
                            "'any' (Linux cooked)",
                            link_type, name != NULL ? name : "unknown");
    }
    capture_advance(capture);
    if (capture->end == -EIO) {
        return capture_fail(error, EBADMSG, path, "no frame can be read from it (%.100s)",
                            libpcap.geterr(capture->reader));
    }
    if (capture->end == 0) {
        capture->first_ns = capture->pending_ns;
        capture->lent_ns = capture->pending_ns;
    }
    return 0;
}

/* What libpcap would not cut, nor we. */
static uint32_t longest_plain_bytes(const struct capture *capture)
{
    int snap_bytes = libpcap.snapshot(capture->reader);

    return snap_bytes < RECORD_MAX_BYTES ? (uint32_t)snap_bytes : RECORD_MAX_BYTES;
}

/* Fills in what the stack sees, and for timing=real makes the timer, readable at once. */
static int link_init(struct capture *capture, const struct capture_options *options, char *error)
{
    capture->speed = options->speed;
    capture->link = (struct link){
        .ops = options->real ? &real_ops : &fast_ops,
        .fd = -1,
        .mtu = 65535,
        .replay = true,
        .own_clock = !options->real,
        .ip_only = capture->format->encapsulation == LINK_IP,
        .end_is_down = !options->wait,
    };
    if (!options->real && capture->end == 0) {
        capture->plain = records_open(&capture->records, capture->format,
                                      fileno(libpcap.file(capture->reader)),
                                      longest_plain_bytes(capture), capture->arena, ARENA_BYTES);
    }
    if (options->real) {
        capture->link.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        if (capture->link.fd < 0) {
            return capture_fail(error, errno, NULL, "no timer for timing=real: %s",
                                strerror(errno));
        }
        timer_set(capture->link.fd, 1);
    }
    return 0;
}

int capture_open(const struct link_option *pairs, size_t pair_count, struct link **out,
                 char *error)
{
    struct capture_options options;
    struct capture *capture;
    struct stat status;
    int result = capture_options_parse(&options, pairs, pair_count, error);
    int fd;

    if (result != 0) {
        return result;
    }
    capture = calloc(1, sizeof(*capture));
    if (capture == NULL) {
        return capture_fail(error, ENOMEM, options.file, "not enough memory to replay it");
    }
    capture->output.fd = -1;
    fd = input_open(options.file, &status, error);
    if (fd < 0) {
        result = fd;
        goto free_capture;
    }
    result = reader_open(capture, fd, options.file, error);
    if (result != 0) {
        goto free_capture;
    }
    result = reader_start(capture, options.file, error);
    if (result != 0) {
        goto close_reader;
    }
    if (options.output != NULL) {
        result = capture_output_open(&capture->output, options.output, &status,
                                     capture->format->encapsulation == LINK_IP, error);
        if (result != 0) {
            goto close_reader;
        }
    }
    result = link_init(capture, &options, error);
    if (result != 0) {
        goto close_output;
    }
    *out = &capture->link;
    return 0;

close_output:
    capture_output_close(&capture->output);
close_reader:
    libpcap.close(capture->reader);
free_capture:
    free(capture);
    return result;
}
