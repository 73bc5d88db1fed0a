/*
 * file.c - writes a capture file. file.h tells what holds whatever happens.
 */
#include "drivers/dump/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/options/options.h"

#define NS_PER_S INT64_C(1000000000)

_Static_assert(DUMP_RECORDS * 2 <= DUMP_PIECES, "a burst of frames in one piece is one write");

/* --- opening --- */

__attribute__((format(printf, 4, 5)))
static int fail(char *error, int code, const char *path, const char *format, ...)
{
    const struct options_report report = {.driver = "dump", .error = error};
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = options_fail_va(&report, code, path, format, arguments);
    va_end(arguments);
    return result;
}

/* Is it a file that may be emptied and that nobody else dumps to? Locks it. */
static int claim(int fd, const char *path, char *error)
{
    struct stat status;

    if (fstat(fd, &status) != 0) {
        return fail(error, errno, path, "%s", strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return fail(error, EINVAL, path,
                    "is not a regular file, which a dump is written to; give it the path of one");
    }
    /* File systems without locks are taken as they are. */
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        return fail(error, EBUSY, path,
                    "another dump is being written to it; give each interface a file of its own");
    }
    return 0;
}

/* Bytes that may still be written behind at; see RLIMIT_FSIZE in setrlimit(2). */
static uint64_t room_behind(int64_t at)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return UINT64_MAX;
    }
    return limit.rlim_cur > (uint64_t)at ? limit.rlim_cur - (uint64_t)at : 0;
}

static int write_header(struct dump_file *file, bool ip_only)
{
    const struct capture_file_header header = {
        .magic = CAPTURE_FILE_NANOSECONDS,
        .version_major = CAPTURE_FILE_MAJOR,
        .version_minor = CAPTURE_FILE_MINOR,
        .snap_bytes = file->snap_bytes,
        .link_type = ip_only ? CAPTURE_FILE_RAW_IP : CAPTURE_FILE_ETHERNET,
    };
    ssize_t written;

    if (ftruncate(file->fd, 0) != 0) {
        return -errno;
    }
    if (room_behind(0) < sizeof(header)) {
        return -EFBIG;
    }
    written = pwrite(file->fd, &header, sizeof(header), 0);
    if (written != (ssize_t)sizeof(header)) {
        return written < 0 ? -errno : -ENOSPC;
    }
    file->bytes = sizeof(header);
    return 0;
}

int dump_file_open(struct dump_file *file, const char *path, uint32_t snap_bytes, bool ip_only,
                   char *error)
{
    int result;

    *file = (struct dump_file){.snap_bytes = snap_bytes};
    /* O_NONBLOCK: opening a pipe must not wait for its reader. Not O_TRUNC before it is ours. */
    file->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (file->fd < 0) {
        return fail(error, errno, path, "%s", strerror(errno));
    }
    result = claim(file->fd, path, error);
    if (result != 0) {
        goto close_file;
    }
    result = write_header(file, ip_only);
    if (result != 0) {
        fail(error, -result, path, "%s", strerror(-result));
        goto close_file;
    }
    return 0;

close_file:
    close(file->fd);
    return result;
}

/* --- writing --- */

static void count_unwritten(struct dump_file *file, unsigned frames, int error)
{
    file->unwritten += frames;
    file->error = error;
}

/* Cuts off what stands behind the last whole record. */
static void cut_remains(struct dump_file *file)
{
    file->torn = ftruncate(file->fd, file->bytes) != 0;
    if (file->torn) {
        file->error = errno;
    }
}

/* How many of the collected records fit into so many bytes, and how many bytes they are. */
static unsigned whole_records(const struct dump_file *file, uint64_t room, uint64_t *bytes)
{
    unsigned count = 0;

    *bytes = 0;
    while (count < file->record_count && file->record_bytes[count] <= room - *bytes) {
        *bytes += file->record_bytes[count++];
    }
    return count;
}

/* How many pieces so many bytes are, which are those of whole records. */
static unsigned pieces_of(const struct dump_file *file, uint64_t bytes)
{
    unsigned count = 0;

    while (bytes > 0) {
        bytes -= file->pieces[count++].iov_len;
    }
    return count;
}

/* Writes the records that the process may write. Returns how many stand in the file now. */
static unsigned write_records(struct dump_file *file)
{
    uint64_t bytes;
    uint64_t stays;
    unsigned count = whole_records(file, room_behind(file->bytes), &bytes);
    ssize_t written;

    if (count < file->record_count) {
        file->error = EFBIG;
    }
    if (count == 0) {
        return 0;
    }
    do {
        written = pwritev(file->fd, file->pieces, (int)pieces_of(file, bytes), file->bytes);
    } while (written < 0 && errno == EINTR);
    if (written == (ssize_t)bytes) {
        file->bytes += written;
        return count;
    }
    file->error = written < 0 ? errno : ENOSPC; /* what a short write means */
    count = whole_records(file, written < 0 ? 0 : (uint64_t)written, &stays);
    file->bytes += (int64_t)stays;
    cut_remains(file);
    return count;
}

void dump_file_flush(struct dump_file *file)
{
    unsigned count = 0;

    if (file->record_count == 0) {
        return;
    }
    if (file->torn) {
        cut_remains(file);
    }
    if (!file->torn) {
        count = write_records(file);
    }
    file->written += count;
    file->unwritten += file->record_count - count;
    file->record_count = 0;
    file->piece_count = 0;
}

void dump_file_add(struct dump_file *file, int64_t time_ns, const struct iovec *parts,
                   unsigned part_count, uint32_t original_bytes)
{
    struct capture_file_record *header;
    size_t bytes = 0;
    uint32_t kept = 0;

    if (part_count >= DUMP_PIECES) {
        count_unwritten(file, 1, EMSGSIZE);
        return;
    }
    if (file->record_count == DUMP_RECORDS || file->piece_count + 1 + part_count > DUMP_PIECES) {
        dump_file_flush(file);
    }
    header = &file->headers[file->record_count];
    file->pieces[file->piece_count++] = (struct iovec){header, sizeof(*header)};
    for (unsigned i = 0; i < part_count; i++) {
        size_t piece = parts[i].iov_len;

        bytes += piece;
        if (piece > file->snap_bytes - kept) {
            piece = file->snap_bytes - kept;
        }
        if (piece > 0) {
            file->pieces[file->piece_count++] = (struct iovec){parts[i].iov_base, piece};
            kept += (uint32_t)piece;
        }
    }
    *header = (struct capture_file_record){
        .seconds = (uint32_t)(time_ns / NS_PER_S),
        .fraction = (uint32_t)(time_ns % NS_PER_S),
        .bytes = kept,
        .original_bytes = original_bytes > bytes ? original_bytes : (uint32_t)bytes,
    };
    file->record_bytes[file->record_count++] = (uint32_t)sizeof(*header) + kept;
}

void dump_file_close(struct dump_file *file)
{
    close(file->fd);
}
