/*
 * capture.c - all frames of a segment in a file.
 *
 * Theory of operation
 *
 * A packet socket on the segment's bridge, made promiscuous, sees each frame that the bridge passes
 * on. It is opened before the first host starts; a process for each capture writes every frame by
 * one call, so that what is in the file is whole whenever it ends. It ends when the lab closes the
 * pipe to it, once it has written what the socket still holds. The form is that of pcap with
 * nanoseconds.
 *
 * A full disk costs frames, which are counted, not the lab.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "drivers/format/capture_file.h"
#include "lab/inside.h"

#define FRAME_MAX_BYTES (65535 + 14)

/* What the socket holds while the disk is slow. */
#define BUFFER_BYTES (16 * 1024 * 1024)

struct capture {
    const char *segment;
    int socket;
    int file;
    unsigned long lost; /* frames that could not be written */
    uint8_t frame[FRAME_MAX_BYTES];
};

bool capture_wanted(const struct lab *lab, size_t segment)
{
    return lab->captures != NULL || lab->segments[segment].capture != NULL;
}

static int open_socket(size_t segment)
{
    char bridge[16];
    struct sockaddr_ll name = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    struct packet_mreq promiscuous = {.mr_type = PACKET_MR_PROMISC};
    int bytes = BUFFER_BYTES;
    int on = 1;
    int fd;

    network_bridge(segment, bridge);
    name.sll_ifindex = promiscuous.mr_ifindex = (int)if_nametoindex(bridge);
    fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return inside_fail(-errno, "no capture of a segment: %s", strerror(errno));
    }
    /* The first may be forbidden, the second then takes what the system allows. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    }
    if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous,
                   sizeof(promiscuous)) != 0 ||
        bind(fd, (struct sockaddr *)&name, sizeof(name)) != 0) {
        int code = errno;

        close(fd);
        return inside_fail(-code, "no capture of a segment: %s", strerror(code));
    }
    return fd;
}

static int open_file(const struct lab *lab, size_t segment)
{
    const struct capture_file_header header = {
        .magic = CAPTURE_FILE_NANOSECONDS,
        .version_major = CAPTURE_FILE_MAJOR,
        .version_minor = CAPTURE_FILE_MINOR,
        .snap_bytes = FRAME_MAX_BYTES,
        .link_type = CAPTURE_FILE_ETHERNET,
    };
    char path[PATH_MAX];
    int fd;

    if (lab->segments[segment].capture != NULL) {
        snprintf(path, sizeof(path), "%s", lab->segments[segment].capture);
    } else {
        snprintf(path, sizeof(path), "%s/%s.pcap", lab->captures, lab->segments[segment].name);
    }
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0 || write(fd, &header, sizeof(header)) != sizeof(header)) {
        int code = errno;

        if (fd >= 0) {
            close(fd);
        }
        return inside_fail(-code, "%s: %s", path, strerror(code));
    }
    return fd;
}

/* A record that was cut by a full disk is taken back, so that the file stays readable. */
static void write_frame(struct capture *capture, size_t bytes, size_t original,
                        const struct timespec *time)
{
    struct capture_file_record header = {(uint32_t)time->tv_sec, (uint32_t)time->tv_nsec,
                                   (uint32_t)bytes, (uint32_t)original};
    struct iovec parts[] = {{&header, sizeof(header)}, {capture->frame, bytes}};
    off_t start = lseek(capture->file, 0, SEEK_CUR);
    ssize_t written = writev(capture->file, parts, 2);

    if (written == (ssize_t)(sizeof(header) + bytes)) {
        return;
    }
    capture->lost++;
    if (written > 0 && start >= 0 && ftruncate(capture->file, start) == 0) {
        lseek(capture->file, start, SEEK_SET);
    }
}

/* Writes one frame. Returns false when there is none. */
static bool take_frame(struct capture *capture)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct timespec))];
    } control;
    struct iovec part = {capture->frame, sizeof(capture->frame)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    struct timespec time = {0};
    ssize_t bytes = recvmsg(capture->socket, &message, MSG_TRUNC);

    if (bytes < 0) {
        return errno == EINTR;
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            memcpy(&time, CMSG_DATA(c), sizeof(time));
        }
    }
    write_frame(capture, (size_t)bytes < sizeof(capture->frame) ? (size_t)bytes
                                                                : sizeof(capture->frame),
                (size_t)bytes, &time);
    return true;
}

/* The life of a capture's process: until the pipe ends and the socket is empty. */
static _Noreturn void run_capture(struct capture *capture, int hold)
{
    struct pollfd fds[] = {{.fd = capture->socket, .events = POLLIN}, {.fd = hold}};
    struct tpacket_stats statistics = {0};
    socklen_t bytes = sizeof(statistics);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (fds[1].revents == 0) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            break;
        }
        while (take_frame(capture)) {
        }
    }
    getsockopt(capture->socket, SOL_PACKET, PACKET_STATISTICS, &statistics, &bytes);
    if (capture->lost + statistics.tp_drops > 0) {
        inside_fail(0, "capture of %s: %lu frames are missing", capture->segment,
                    capture->lost + statistics.tp_drops);
    }
    _exit(0);
}

static int start_one(struct inside *inside, size_t segment)
{
    static struct capture capture; /* of the process that is being made: too long for a stack */
    int hold[2];
    pid_t child;

    capture = (struct capture){.segment = inside->lab->segments[segment].name, .file = -1};
    capture.socket = open_socket(segment);
    if (capture.socket < 0) {
        return capture.socket;
    }
    capture.file = open_file(inside->lab, segment);
    if (capture.file < 0 || pipe2(hold, O_CLOEXEC) != 0) {
        close(capture.socket);
        return capture.file < 0 ? capture.file : -errno;
    }
    child = fork();
    if (child == 0) {
        close(hold[1]);
        /* Those of the captures before this one would outlive them. */
        for (size_t i = 0; i < inside->helper_count; i++) {
            close(inside->helpers[i].hold);
        }
        run_capture(&capture, hold[0]);
    }
    close(hold[0]);
    close(capture.socket);
    close(capture.file);
    if (child < 0) {
        close(hold[1]);
        return inside_fail(-errno, "no process can be made: %s", strerror(errno));
    }
    inside->helpers[inside->helper_count++] = (struct helper){child, hold[1]};
    return 0;
}

int capture_start(struct inside *inside)
{
    const struct lab *lab = inside->lab;
    int status = 0;

    if (lab->captures != NULL && mkdir(lab->captures, 0777) != 0 && errno != EEXIST) {
        return inside_fail(-errno, "%s: %s", lab->captures, strerror(errno));
    }
    for (size_t i = 0; i < lab->segment_count && status == 0; i++) {
        if (capture_wanted(lab, i)) {
            status = start_one(inside, i);
        }
    }
    return status;
}
