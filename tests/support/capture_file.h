/*
 * capture_file.h - makes capture files byte by byte, good ones and bad ones.
 *
 * Nothing here uses libpcap: what the driver reads was written by somebody else.
 */
#ifndef TESTS_SUPPORT_CAPTURE_FILE_H
#define TESTS_SUPPORT_CAPTURE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Largest file that a test makes, bytes. */
#define CAPTURE_FILE_MAX_BYTES (1024 * 1024)

/* A file being made. Static or on the heap: it is large. */
struct capture_file {
    uint8_t bytes[CAPTURE_FILE_MAX_BYTES];
    size_t count;
    bool big_endian;
};

/* What one record says of its frame. */
struct capture_record {
    uint32_t seconds;
    uint32_t fraction;       /* in the file's unit */
    uint32_t original_bytes; /* 0: as many as there are */
};

/* Begins a classic pcap file. The fraction of its records is in ns with nanoseconds, else in us. */
void capture_file_pcap(struct capture_file *file, bool big_endian, bool nanoseconds,
                       uint32_t link_type);

/* Appends a record to a classic file. */
void capture_file_pcap_record(struct capture_file *file, struct capture_record record,
                              const void *data, size_t bytes);

/* Begins a pcapng file with its section header. */
void capture_file_pcapng(struct capture_file *file, bool big_endian);

/*
 * Appends an interface block. resolution: the option if_tsresol (n: 10^-n s; 0x80 + n: 2^-n s).
 */
void capture_file_interface(struct capture_file *file, uint16_t link_type, uint8_t resolution);

/* Appends an enhanced packet block; time in units of the interface's resolution. */
void capture_file_packet(struct capture_file *file, uint32_t interface, uint64_t time,
                         const void *data, size_t bytes);

/* Appends bytes as they are. */
void capture_file_raw(struct capture_file *file, const void *data, size_t bytes);

/* Writes the file to path; fails the running test when it cannot. */
void capture_file_save(const struct capture_file *file, const char *path);

#endif
