/*
 * file.h - a capture file that is at every moment one: classic pcap with nanoseconds.
 *
 * Theory of operation. Records are collected and go to the file by one pwritev(), before the call
 * of the link that they belong to returns; nothing is kept in the process that a crash could lose.
 * Killed within that call, the process leaves whole records and at most one that is cut, behind the
 * last that readers take. What a crash of the machine leaves is up to its file system.
 *
 * When the file can't take all of it (the disk is full, a limit, an error of the device) the whole
 * records stay, the piece of one behind them is cut off, and those that are missing are counted.
 * Each later write is tried anew. If not even the cutting works, nothing is written until it does.
 * RLIMIT_FSIZE is looked at first: to write beyond it raises a signal that ends processes.
 *
 * The file is locked (flock) while it is open, so that no other dump, of this process or another,
 * is written to it.
 */
#ifndef DRIVERS_DUMP_FILE_H
#define DRIVERS_DUMP_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "drivers/format/capture_file.h"
#include "stack/link.h"

/* Records that are collected before they are written, and pieces of which they may be. */
#define DUMP_RECORDS 32u
#define DUMP_PIECES 256u

struct dump_file {
    int fd;
    int64_t bytes;       /* of whole records and the header: where the next one goes */
    bool torn;           /* something stands behind that which could not be cut off */
    uint32_t snap_bytes; /* what is kept of a frame */
    uint64_t written;    /* frames */
    uint64_t unwritten;
    int error;           /* errno of the last failure; 0: none */

    /* What is collected. */
    struct capture_file_record headers[DUMP_RECORDS];
    uint32_t record_bytes[DUMP_RECORDS]; /* with its header */
    unsigned record_count;
    struct iovec pieces[DUMP_PIECES];
    unsigned piece_count;
};

/*
 * Creates the file, or empties it, and writes its header. ip_only: frames begin with the IP header.
 * Returns 0, or -errno with a line of text in error[LINK_ERROR_BYTES]: not a regular file, used by
 * another dump (-EBUSY), or what the system says.
 */
int dump_file_open(struct dump_file *file, const char *path, uint32_t snap_bytes, bool ip_only,
                   char *error);

/*
 * Adds a frame. time_ns: since 1970; original_bytes: 0 for as many as there are in parts. parts and
 * what they point to have to last until dump_file_flush(), which is called when there is no room.
 */
void dump_file_add(struct dump_file *file, int64_t time_ns, const struct iovec *parts,
                   unsigned part_count, uint32_t original_bytes);

/* Writes what was added. */
void dump_file_flush(struct dump_file *file);

/* Closes the file. */
void dump_file_close(struct dump_file *file);

#endif
