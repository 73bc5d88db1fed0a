/*
 * capture.h - what the files of the pcap driver share, and those of its replays among themselves.
 * Private to drivers/pcap.
 *
 * Everything here is named capture_*, because pcap_* is libpcap's.
 */
#ifndef DRIVERS_PCAP_CAPTURE_H
#define DRIVERS_PCAP_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "stack/link.h"

/* Tags that are removed from one frame: 802.1ad has one service and one customer tag. */
#define CAPTURE_VLAN_TAGS_MAX 2

/*
 * Most bytes that can stand before the IP header or before the Ethernet header that is handed
 * over: the longest pseudo header (SLL2, 20) and two tags of 4.
 */
#define CAPTURE_OVERHEAD_MAX_BYTES (20 + CAPTURE_VLAN_TAGS_MAX * 4)

/* Parts of one sent packet; lwIP's longest chain, 64 KiB in pool buffers of 512, has 128. */
#define CAPTURE_PARTS_MAX 255

/* The file's options as they were given; strings are borrowed from the caller of open(). */
struct capture_options {
    const char *file;
    const char *output; /* NULL: sent frames vanish */
    bool real;          /* timing=real */
    bool wait;          /* end=wait */
    long speed;         /* capture seconds to a second; 1 unless given */
};

/* How the frames of one link type begin. */
struct capture_format {
    int link_type; /* a DLT_ value, what pcap_datalink() returns */
    enum link_encapsulation encapsulation;
    void (*decapsulate)(struct link_frame *frame);
};

/* The optional second file. */
struct capture_output {
    int fd;      /* -1: there is none */
    off_t bytes; /* length of what is complete: the global header and whole records */
};

/*
 * Writes "pcap: REASON" as one line to error[LINK_ERROR_BYTES]. With a path it is
 * "pcap: 'PATH': REASON", of a long path its end. Returns -code.
 */
int capture_fail(char *error, int code, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Reads the options of a replay into *parsed. Returns 0, or -EINVAL with the reason in error: what
 * options_read() refuses, no `file`, `speed` without timing=real.
 */
int capture_options_parse(struct capture_options *parsed, const struct link_option *options,
                          size_t option_count, char *error);

/* Opens a capture file as a link: link_driver.open when no `device` is given. */
int capture_open(const struct link_option *options, size_t option_count, struct link **out,
                 char *error);

/* Returns how frames of this DLT_ begin; NULL when the driver does not know it. */
const struct capture_format *capture_format_find(int link_type);

/*
 * Turns a frame as it stands in the file into one as the contract wants it: removes pseudo headers
 * and VLAN tags by moving data forward, and sets encapsulation, cast and flags. In: data, bytes,
 * original_bytes (not less than bytes) and time_ns; the bytes must be writable.
 */
void capture_decapsulate(const struct capture_format *format, struct link_frame *frame);

/*
 * Creates (or empties) the file and writes its global header: Ethernet, or raw IP with ip_only;
 * nanosecond time stamps. input: status of the capture that is replayed, which must be another
 * file. Returns 0, or -errno with the reason in error; *output is then as capture_output_close()
 * leaves it.
 */
int capture_output_open(struct capture_output *output, const char *path, const struct stat *input,
                        bool ip_only, char *error);

/*
 * Appends one packet with its time (ns since 1970), straight to the kernel: a crash of the process
 * loses nothing. Returns false when it was not written (disk full, more than LINK_FRAME_MAX_BYTES
 * or CAPTURE_PARTS_MAX parts); the file then still ends with a complete record.
 */
bool capture_output_write(struct capture_output *output, const struct link_packet *packet,
                          int64_t time_ns);

/* Closes the file if there is one. */
void capture_output_close(struct capture_output *output);

#endif
