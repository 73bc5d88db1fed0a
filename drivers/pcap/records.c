/*
 * records.c - the records of a plain capture file, read without libpcap.
 *
 * libpcap reads every record by two calls of fread() into a buffer of its own, from which the frame
 * has to be copied once more before the next record can be read. At 64 bytes that is more than the
 * whole rest of a datagram's way. Here a piece of the file is read at once, and frames are lent
 * where they lie in it, between their records' headers.
 *
 * Only what leaves nothing to interpret is read so: a classic file of version 2.4, opened by
 * libpcap, and of it whole records no longer than the file's snap length. At anything else, which
 * includes the end of the file, the reader stops: libpcap goes on from there, and says what it is.
 * A file of the other byte order has to be of Ethernet: libpcap turns numbers round inside some
 * pseudo headers as well. Variants of the format with longer record headers (Kuznetzov's) have magic
 * numbers of their own, and so remain libpcap's.
 *
 * The file is read by offset, so the stream that libpcap reads from is not disturbed. It is not
 * mapped: whoever cut it short meanwhile would end this process.
 */
#include "drivers/pcap/records.h"

#include <string.h>
#include <unistd.h>

#include "drivers/format/capture_file.h"
#include "drivers/pcap/capture.h"

#define NS_PER_S INT64_C(1000000000)

/* Turns a file header of the other byte order round, as far as it is looked at. */
static void turn_file_header(struct capture_file_header *header)
{
    header->magic = __builtin_bswap32(header->magic);
    header->version_major = __builtin_bswap16(header->version_major);
    header->version_minor = __builtin_bswap16(header->version_minor);
}

static void turn_record_header(struct capture_file_record *header)
{
    header->seconds = __builtin_bswap32(header->seconds);
    header->fraction = __builtin_bswap32(header->fraction);
    header->bytes = __builtin_bswap32(header->bytes);
    header->original_bytes = __builtin_bswap32(header->original_bytes);
}

static bool is_plain(const struct capture_file_header *header)
{
    return (header->magic == CAPTURE_FILE_MICROSECONDS || header->magic == CAPTURE_FILE_NANOSECONDS) &&
           header->version_major == CAPTURE_FILE_MAJOR && header->version_minor == CAPTURE_FILE_MINOR;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): later reads write into the buffer */
bool records_open(struct records *records, const struct capture_format *format, int fd,
                  uint32_t longest_bytes, uint8_t *buffer, size_t buffer_bytes)
{
    struct capture_file_header header;
    bool turned = false;

    if (pread(fd, &header, sizeof(header), 0) != sizeof(header)) {
        return false;
    }
    if (!is_plain(&header) && format->encapsulation == LINK_ETHERNET) {
        turn_file_header(&header);
        turned = true;
    }
    if (!is_plain(&header)) {
        return false;
    }
    *records = (struct records){
        .format = format,
        .turned = turned,
        .fd = fd,
        .offset = sizeof(header),
        .longest_bytes = longest_bytes,
        .fraction_ns = header.magic == CAPTURE_FILE_NANOSECONDS ? 1 : 1000,
        .buffer = buffer,
        .buffer_bytes = buffer_bytes,
    };
    return true;
}

/* The header of the next record. Returns false when the buffer does not hold all of the record. */
static bool peek(const struct records *records, struct capture_file_record *header)
{
    size_t there = records->filled - records->next;

    if (there < sizeof(*header)) {
        return false;
    }
    memcpy(header, records->buffer + records->next, sizeof(*header));
    if (records->turned) {
        turn_record_header(header);
    }
    return header->bytes <= records->longest_bytes && header->bytes <= there - sizeof(*header);
}

/* Puts what is left in the buffer to its beginning, and more of the file behind it. */
static void refill(struct records *records)
{
    size_t left = records->filled - records->next;

    memmove(records->buffer, records->buffer + records->next, left);
    ssize_t count = pread(records->fd, records->buffer + left, records->buffer_bytes - left,
                          records->offset + (off_t)left);
    records->next = 0;
    records->filled = left + (count > 0 ? (size_t)count : 0);
}

/*
 * ns since 1970. In a good file a fraction is less than a second. In a bad one libpcap takes it as
 * signed, but as unsigned in a file that it turns round, and so has to be done here.
 */
static int64_t time_of(const struct records *records, const struct capture_file_record *header)
{
    int64_t fraction = records->turned ? (int64_t)header->fraction : (int32_t)header->fraction;
    int64_t ns = header->seconds * NS_PER_S + fraction * records->fraction_ns;

    return ns > 0 ? ns : 1;
}

unsigned records_lend(struct records *records, struct link_frame *frames, unsigned max)
{
    struct capture_file_record header;
    unsigned count = 0;

    if (!peek(records, &header)) {
        refill(records);
    }
    while (count < max && peek(records, &header)) {
        size_t record_bytes = sizeof(header) + header.bytes;
        frames[count] = (struct link_frame){
            .data = records->buffer + records->next + sizeof(header),
            .bytes = header.bytes,
            .original_bytes = header.original_bytes > header.bytes ? header.original_bytes
                                                                   : header.bytes,
            .time_ns = time_of(records, &header),
        };
        capture_decapsulate(records->format, &frames[count]);
        records->next += record_bytes;
        records->offset += (off_t)record_bytes;
        count++;
    }
    return count;
}
