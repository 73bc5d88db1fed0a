/*
 * capture_file.c - makes capture files byte by byte. See capture_file.h.
 */
#include "tests/support/capture_file.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { SNAP_BYTES = 262144 };

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    OPTION_RESOLUTION = 9,
};

void capture_file_raw(struct capture_file *file, const void *data, size_t bytes)
{
    ck_assert_uint_le(bytes, sizeof(file->bytes) - file->count);
    memcpy(file->bytes + file->count, data, bytes);
    file->count += bytes;
}

static void put(struct capture_file *file, uint64_t value, unsigned bytes)
{
    uint8_t out[8];

    for (unsigned i = 0; i < bytes; i++) {
        unsigned shift = 8 * (file->big_endian ? bytes - 1 - i : i);

        out[i] = (uint8_t)(value >> shift);
    }
    capture_file_raw(file, out, bytes);
}

void capture_file_pcap(struct capture_file *file, bool big_endian, bool nanoseconds,
                       uint32_t link_type)
{
    file->count = 0;
    file->big_endian = big_endian;
    put(file, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 4);
    put(file, 2, 2);
    put(file, 4, 2);
    put(file, 0, 4);
    put(file, 0, 4);
    put(file, SNAP_BYTES, 4);
    put(file, link_type, 4);
}

void capture_file_pcap_record(struct capture_file *file, struct capture_record record,
                              const void *data, size_t bytes)
{
    put(file, record.seconds, 4);
    put(file, record.fraction, 4);
    put(file, bytes, 4);
    put(file, record.original_bytes != 0 ? record.original_bytes : bytes, 4);
    capture_file_raw(file, data, bytes);
}

void capture_file_pcapng(struct capture_file *file, bool big_endian)
{
    file->count = 0;
    file->big_endian = big_endian;
    put(file, BLOCK_SECTION, 4);
    put(file, 28, 4);
    put(file, 0x1a2b3c4d, 4);
    put(file, 1, 2);
    put(file, 0, 2);
    put(file, UINT64_MAX, 8);
    put(file, 28, 4);
}

void capture_file_interface(struct capture_file *file, uint16_t link_type, uint8_t resolution)
{
    const uint8_t value[4] = {resolution};

    put(file, BLOCK_INTERFACE, 4);
    put(file, 32, 4);
    put(file, link_type, 2);
    put(file, 0, 2);
    put(file, SNAP_BYTES, 4);
    put(file, OPTION_RESOLUTION, 2);
    put(file, 1, 2);
    capture_file_raw(file, value, sizeof(value));
    put(file, 0, 4); /* end of options */
    put(file, 32, 4);
}

void capture_file_packet(struct capture_file *file, uint32_t interface, uint64_t time,
                         const void *data, size_t bytes)
{
    static const uint8_t padding[4];
    size_t padded = (bytes + 3) / 4 * 4;

    put(file, BLOCK_PACKET, 4);
    put(file, 32 + padded, 4);
    put(file, interface, 4);
    put(file, time >> 32, 4);
    put(file, time & UINT32_MAX, 4);
    put(file, bytes, 4);
    put(file, bytes, 4);
    capture_file_raw(file, data, bytes);
    capture_file_raw(file, padding, padded - bytes);
    put(file, 32 + padded, 4);
}

void capture_file_save(const struct capture_file *file, const char *path)
{
    FILE *out = fopen(path, "wb");

    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(file->bytes, 1, file->count, out), file->count);
    ck_assert_int_eq(fclose(out), 0);
}
