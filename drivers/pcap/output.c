/*
 * output.c - the capture file that receives what the stack sends.
 *
 * Written without libpcap's dumper: that wants each packet in one piece and buffers in stdio, while
 * one pwritev() takes header and parts as they are and leaves nothing in the process to be lost in
 * a crash. The format is the classic one: a global header of 24 bytes, records of 16 + n bytes, all
 * in the writer's byte order, which the magic number tells.
 *
 * Only regular files: a pipe could block, and the stack lock is held.
 */
#include "drivers/pcap/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "drivers/format/capture_file.h"

#define NS_PER_S 1000000000

/* May this open file be emptied and written? 0, or -errno with the reason. */
static int output_check(int fd, const char *path, const struct stat *input, char *error)
{
    struct stat status;

    if (fstat(fd, &status) != 0) {
        return capture_fail(error, errno, path, "%s", strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return capture_fail(error, EINVAL, path,
                            "is not a regular file; give 'output' the path of one");
    }
    if (status.st_dev == input->st_dev && status.st_ino == input->st_ino) {
        return capture_fail(error, EINVAL, path,
                            "is the capture that 'file' replays; give 'output' another path");
    }
    return 0;
}

int capture_output_open(struct capture_output *output, const char *path, const struct stat *input,
                        bool ip_only, char *error)
{
    const struct capture_file_header header = {
        .magic = CAPTURE_FILE_NANOSECONDS,
        .version_major = CAPTURE_FILE_MAJOR,
        .version_minor = CAPTURE_FILE_MINOR,
        .snap_bytes = LINK_FRAME_MAX_BYTES,
        .link_type = ip_only ? CAPTURE_FILE_RAW_IP : CAPTURE_FILE_ETHERNET,
    };
    int result;

    output->bytes = sizeof(header);
    /* O_NONBLOCK: opening a pipe must not wait for its reader. Not O_TRUNC: it may be the input. */
    output->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666);
    if (output->fd < 0) {
        return capture_fail(error, errno, path, "%s; check the path of 'output'", strerror(errno));
    }
    result = output_check(output->fd, path, input, error);
    if (result != 0) {
        goto close_output;
    }
    errno = ENOSPC; /* what a short write means */
    if (ftruncate(output->fd, 0) != 0 ||
        pwrite(output->fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header)) {
        result = capture_fail(error, errno, path, "cannot be written: %s", strerror(errno));
        goto close_output;
    }
    return 0;

close_output:
    capture_output_close(output);
    return result;
}

bool capture_output_write(struct capture_output *output, const struct link_packet *packet,
                          int64_t time_ns)
{
    struct capture_file_record header;
    struct iovec parts[1 + CAPTURE_PARTS_MAX];
    size_t bytes = 0;
    ssize_t written;

    if (packet->part_count > CAPTURE_PARTS_MAX) {
        return false;
    }
    parts[0] = (struct iovec){.iov_base = &header, .iov_len = sizeof(header)};
    for (unsigned i = 0; i < packet->part_count; i++) {
        parts[1 + i] = packet->parts[i];
        bytes += packet->parts[i].iov_len;
    }
    if (bytes > LINK_FRAME_MAX_BYTES) {
        return false;
    }
    header = (struct capture_file_record){
        .seconds = (uint32_t)(time_ns / NS_PER_S),
        .fraction = (uint32_t)(time_ns % NS_PER_S),
        .bytes = (uint32_t)bytes,
        .original_bytes = (uint32_t)bytes,
    };
    bytes += sizeof(header);
    do {
        written = pwritev(output->fd, parts, 1 + (int)packet->part_count, output->bytes);
    } while (written < 0 && errno == EINTR);
    if (written != (ssize_t)bytes) {
        /* Should this fail too, the next record still overwrites the remains. */
        (void)!ftruncate(output->fd, output->bytes);
        return false;
    }
    output->bytes += written;
    return true;
}

void capture_output_close(struct capture_output *output)
{
    if (output->fd >= 0) {
        close(output->fd);
        output->fd = -1;
    }
}
