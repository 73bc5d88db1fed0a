/*
 * records.h - reads the records of a plain capture file, many at once and in place.
 *
 * Private to drivers/pcap. Theory of operation stands in records.c.
 */
#ifndef DRIVERS_PCAP_RECORDS_H
#define DRIVERS_PCAP_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct capture_format;
struct link_frame;

struct records {
    const struct capture_format *format; /* of all frames */
    bool turned;                         /* the file has the other byte order */
    int fd;       /* borrowed */
    off_t offset; /* in the file, of the next record */
    uint32_t longest_bytes;
    int32_t fraction_ns; /* unit of the fractions of seconds */
    uint8_t *buffer;     /* borrowed */
    size_t buffer_bytes;
    size_t next, filled; /* what is in the buffer and not lent yet */
};

/*
 * Prepares to read the file from its first record on. format: of its frames, as libpcap says.
 * longest_bytes: of a frame that is taken; the buffer has room for that and for 16 bytes more.
 * Returns false when the file is not of the kind that can be read so.
 */
bool records_open(struct records *records, const struct capture_format *format, int fd,
                  uint32_t longest_bytes, uint8_t *buffer, size_t buffer_bytes);

/*
 * Lends up to max frames in the buffer, where they stay until the next call. Returns how many; 0
 * when no plain record stands at `offset`: the end, a damaged record, or one that is too long.
 */
unsigned records_lend(struct records *records, struct link_frame *frames, unsigned max);

#endif
