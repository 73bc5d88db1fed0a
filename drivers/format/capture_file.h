/*
 * capture_file.h - the format of classic capture files (draft-ietf-opsawg-pcap), for all who read or
 * write one: a header, and records, in the byte order of whoever wrote, which the magic number tells.
 */
#ifndef DRIVERS_FORMAT_CAPTURE_FILE_H
#define DRIVERS_FORMAT_CAPTURE_FILE_H

#include <stdint.h>

enum {
    CAPTURE_FILE_MAJOR = 2,
    CAPTURE_FILE_MINOR = 4,
};

/* The magic number says what fractions of a second are. */
#define CAPTURE_FILE_MICROSECONDS 0xa1b2c3d4u
#define CAPTURE_FILE_NANOSECONDS  0xa1b23c4du

/* LINKTYPE_ numbers of the format, which are not always those of DLT_. */
#define CAPTURE_FILE_ETHERNET 1u
#define CAPTURE_FILE_RAW_IP   101u

struct capture_file_header {
    uint32_t magic;
    uint16_t version_major;
    uint16_t version_minor;
    uint32_t zone;     /* always 0 */
    uint32_t accuracy; /* always 0 */
    uint32_t snap_bytes;
    uint32_t link_type;
};

/* What stands before each frame. */
struct capture_file_record {
    uint32_t seconds;
    uint32_t fraction;
    uint32_t bytes;          /* that follow */
    uint32_t original_bytes; /* of the frame, before it was cut */
};

_Static_assert(sizeof(struct capture_file_header) == 24, "layout of the file format");
_Static_assert(sizeof(struct capture_file_record) == 16, "layout of the file format");

#endif
