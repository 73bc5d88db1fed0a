/*
 * dgram.c - a frame a datagram: the driver `dgram`.
 *
 * Theory of operation
 *
 * One socket, which is the link's descriptor, and a slot of the largest frame's size for each frame
 * of a burst. Datagrams have no connection: either side may start first, end, and start again, and
 * nothing has to be made anew. What is sent to nobody is dropped, and counted by the stack.
 *
 * UNIX sockets are told the remote path with each datagram, as QEMU's "-netdev dgram" does it: a
 * connected one would hear nothing of a peer that was started again until it had something to send.
 * Looking the path up costs less than a microsecond. UDP sockets are connected, so that nobody but
 * the peer's port is heard.
 *
 * One recvmmsg() or sendmmsg() moves a burst. Slots are far apart, 2 MiB in all, of which only the
 * pages that frames touch are ever there; an odd number of cache lines is between them, so that
 * they don't take each other's place in the cache. Headers are put 2 bytes past a multiple of 16,
 * so that the IP header is aligned. A datagram that is longer than a slot is handed over as far as
 * it fits and marked so that the stack drops it as "oversize".
 *
 * The kernel's limits. A UNIX socket's queue has room for net.unix.max_dgram_qlen datagrams and one
 * more (10 and 1 unless somebody changed that before the socket was made), whatever their size.
 * When it is full the rest of a burst is dropped; who sends bursts, fragments of long datagrams
 * among them, takes the driver `stream`. A UDP datagram has at most 65,507 bytes, and what finds
 * the socket's memory full is lost on arrival: that is counted as "missed".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/limits.h"
#include "drivers/socket/place.h"
#include "drivers/options/options.h"
#include "drivers/socket/socket.h"

enum {
    MTU_DEFAULT_BYTES = 1500,
    ETHERNET_HEADER_BYTES = 14,
    FRAME_MOST_BYTES = LINK_FRAME_MAX_BYTES,
    UDP_MOST_BYTES = 65507,
    SHIFT_BYTES = 2, /* in front of a header, see above */
    ALIGNMENT = 16,
    CACHE_LINE_BYTES = 64,
    SLOT_LINES = (SHIFT_BYTES + FRAME_MOST_BYTES + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES | 1,
    SLOT_BYTES = SLOT_LINES * CACHE_LINE_BYTES,
};

struct dgram_options {
    struct place local, remote;
    long fd; /* -1: not given */
};

struct dgram {
    struct link link;
    struct place local, remote; /* not given: with option fd */
    bool is_named;              /* each datagram is told `remote` */
    struct iovec parts[LIMIT_BURST_FRAMES];
    struct mmsghdr incoming[LIMIT_BURST_FRAMES];
    struct mmsghdr outgoing[LIMIT_BURST_FRAMES];
    uint8_t slots[LIMIT_BURST_FRAMES][SLOT_BYTES] __attribute__((aligned(ALIGNMENT)));
};

static const char help[] =
    "local   unix:PATH (a socket file is made, and removed at the end) or ADDRESS:PORT: where\n"
    "        datagrams are received, one frame each\n"
    "remote  unix:PATH or ADDRESS:PORT: where they are sent to; nobody needs to be there yet\n"
    "fd      number of an open descriptor of a connected datagram socket, instead of both; it\n"
    "        belongs to the link once that is open\n";

/* --- frames --- */

/*
 * Errors of a socket are of single datagrams, those of UDP told late: a port where nobody is, a
 * route that is away. None is the link's end.
 */
static int dgram_receive(struct link *link, struct link_frame *frames, unsigned max)
{
    struct dgram *dgram = (struct dgram *)link;
    unsigned most = max < LIMIT_BURST_FRAMES ? max : LIMIT_BURST_FRAMES;
    int count = recvmmsg(link->fd, dgram->incoming, most, MSG_DONTWAIT | MSG_TRUNC, NULL);

    link->drained = count < (int)most;
    for (int i = 0; i < count; i++) {
        uint32_t bytes = dgram->incoming[i].msg_len;
        bool fits = bytes <= FRAME_MOST_BYTES;

        frames[i] = (struct link_frame){
            .data = dgram->slots[i] + SHIFT_BYTES,
            .bytes = fits ? bytes : FRAME_MOST_BYTES,
            .original_bytes = bytes,
            .encapsulation = LINK_ETHERNET,
            .flags = fits ? 0 : LINK_FRAME_CUT | LINK_FRAME_OVERSIZE,
        };
    }
    return count < 0 ? 0 : count;
}

/* A failure ends the burst, whatever the reason: nobody there, no room, too long for the socket. */
static unsigned send_burst(struct dgram *dgram, const struct link_packet *packets, unsigned count)
{
    int sent;

    for (unsigned i = 0; i < count; i++) {
        struct msghdr *header = &dgram->outgoing[i].msg_hdr;

        /* sendmsg() changes nothing there, only its declaration does not say so. */
        header->msg_iov = (struct iovec *)packets[i].parts;
        header->msg_iovlen = packets[i].part_count;
    }
    sent = sendmmsg(dgram->link.fd, dgram->outgoing, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == ECONNREFUSED && !dgram->is_named) {
        /* Told of a datagram that was sent before, which says nothing of these. */
        sent = sendmmsg(dgram->link.fd, dgram->outgoing, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    return sent < 0 ? 0 : (unsigned)sent;
}

static unsigned dgram_send(struct link *link, const struct link_packet *packets, unsigned count)
{
    unsigned done = 0;

    while (done < count) {
        unsigned left = count - done;
        unsigned burst = left < LIMIT_BURST_FRAMES ? left : LIMIT_BURST_FRAMES;
        unsigned sent = send_burst((struct dgram *)link, packets + done, burst);

        done += sent;
        if (sent < burst) {
            break;
        }
    }
    return done;
}

static uint64_t dgram_missed(struct link *link)
{
    uint32_t values[SK_MEMINFO_VARS] = {0};
    socklen_t bytes = sizeof(values);

    getsockopt(link->fd, SOL_SOCKET, SO_MEMINFO, values, &bytes);
    return values[SK_MEMINFO_DROPS];
}

/* --- life --- */

static void dgram_close(struct link *link)
{
    struct dgram *dgram = (struct dgram *)link;

    place_remove(&dgram->local);
    close(link->fd);
    free(dgram);
}

static const struct link_ops dgram_ops = {
    .driver = "dgram",
    .receive = dgram_receive,
    .send = dgram_send,
    .missed = dgram_missed,
    .close = dgram_close,
};

static int read_local(const struct options_report *report, void *target, const char *key,
                      const char *value)
{
    return place_parse(report, key, value, &((struct dgram_options *)target)->local);
}

static int read_remote(const struct options_report *report, void *target, const char *key,
                       const char *value)
{
    return place_parse(report, key, value, &((struct dgram_options *)target)->remote);
}

static int read_fd(const struct options_report *report, void *target, const char *key,
                   const char *value)
{
    return options_read_number(report, key, value, 0, INT_MAX,
                               &((struct dgram_options *)target)->fd);
}

static const struct options_key keys[] = {
    {"local", read_local},
    {"remote", read_remote},
    {"fd", read_fd},
    {NULL, NULL},
};

static int read_options(const struct options_report *report, const struct link_option *pairs,
                        size_t pair_count, struct dgram_options *options)
{
    const struct place *local = &options->local, *remote = &options->remote;
    int result;

    *options = (struct dgram_options){.fd = -1};
    result = options_read(report, keys, options, pairs, pair_count);
    if (result != 0) {
        return result;
    }
    if (place_is_given(local) != place_is_given(remote) ||
        place_is_given(local) == (options->fd >= 0)) {
        return options_fail(report, EINVAL, "give it both of the options 'local' and 'remote', or "
                           "'fd'");
    }
    if (local->address.generic.sa_family != remote->address.generic.sa_family) {
        return options_fail(report, EINVAL, "options 'local' and 'remote' are of different kinds");
    }
    if (options->fd < 0 && strcmp(local->text, remote->text) == 0) {
        return options_fail(report, EINVAL, "options 'local' and 'remote' are the same place");
    }
    return 0;
}

/* Is the descriptor a datagram socket that knows its peer? Returns 0, or -errno with the line. */
static int check_descriptor(const struct options_report *report, int fd)
{
    struct sockaddr_storage name;
    socklen_t name_bytes = sizeof(name);
    int type = 0;
    socklen_t bytes = sizeof(type);

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &bytes) != 0) {
        return options_fail(report, errno, "descriptor %d: %s", fd,
                            errno == EBADF ? "it is not open" : "it is no socket");
    }
    if (type != SOCK_DGRAM) {
        return options_fail(report, EPROTOTYPE, "descriptor %d is no datagram socket", fd);
    }
    if (getpeername(fd, (struct sockaddr *)&name, &name_bytes) != 0) {
        return options_fail(report, ENOTCONN, "descriptor %d is not connected", fd);
    }
    return 0;
}

/*
 * May the remote path ever be sent to? That nobody is there is no mistake. Asked by a socket of its
 * own, which is connected and closed: the peer hears nothing of it.
 */
static int check_remote(const struct options_report *report, const struct place *remote)
{
    int asker = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int code;

    if (asker < 0) {
        return place_fail(report, remote, errno);
    }
    code = connect(asker, &remote->address.generic, remote->bytes) == 0 ? 0 : errno;
    close(asker);
    return code == EACCES || code == EPROTOTYPE ? place_fail(report, remote, code) : 0;
}

/* Makes the socket of local and remote. Returns 0, or -errno with the line and nothing left. */
static int open_places(struct dgram *dgram, const struct options_report *report)
{
    const struct place *remote = &dgram->remote;
    int fd, result;

    dgram->is_named = remote->address.generic.sa_family == AF_UNIX;
    if (dgram->is_named) {
        result = check_remote(report, remote);
        if (result != 0) {
            return result;
        }
    }
    fd = place_bind(report, &dgram->local, SOCK_DGRAM);
    if (fd < 0) {
        return fd;
    }
    if (!dgram->is_named && connect(fd, &remote->address.generic, remote->bytes) != 0) {
        result = place_fail(report, remote, errno);
        close(fd);
        return result;
    }
    dgram->link.fd = fd;
    return 0;
}

/* What is the same in every message. */
static void prepare(struct dgram *dgram)
{
    for (unsigned i = 0; i < LIMIT_BURST_FRAMES; i++) {
        dgram->parts[i] = (struct iovec){dgram->slots[i] + SHIFT_BYTES, FRAME_MOST_BYTES};
        dgram->incoming[i].msg_hdr = (struct msghdr){
            .msg_iov = &dgram->parts[i],
            .msg_iovlen = 1,
        };
        if (dgram->is_named) {
            dgram->outgoing[i].msg_hdr.msg_name = &dgram->remote.address;
            dgram->outgoing[i].msg_hdr.msg_namelen = dgram->remote.bytes;
        }
    }
}

/* The longest IP packet that a datagram of the socket holds. */
static unsigned mtu_most(int fd)
{
    int domain = AF_UNIX;
    socklen_t bytes = sizeof(domain);

    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &bytes);
    return (domain == AF_UNIX ? FRAME_MOST_BYTES : UDP_MOST_BYTES) - ETHERNET_HEADER_BYTES;
}

/* link_driver.open. A descriptor passed in becomes the link's on success only. */
static int dgram_open(const struct link_option *pairs, size_t pair_count, struct link **out,
                      char *error)
{
    const struct options_report report = {.driver = "dgram", .error = error};
    struct dgram_options options;
    struct dgram *dgram;
    int result = read_options(&report, pairs, pair_count, &options);

    if (result != 0) {
        return result;
    }
    dgram = calloc(1, sizeof(*dgram));
    if (dgram == NULL) {
        return options_fail(&report, ENOMEM, "not enough memory for a link");
    }
    dgram->local = options.local;
    dgram->remote = options.remote;
    dgram->link = (struct link){.ops = &dgram_ops, .fd = (int)options.fd};
    result = options.fd < 0 ? open_places(dgram, &report)
                            : check_descriptor(&report, (int)options.fd);
    if (result != 0) {
        free(dgram);
        return result;
    }
    fcntl(dgram->link.fd, F_SETFD, FD_CLOEXEC);
    dgram->link.mtu = MTU_DEFAULT_BYTES;
    dgram->link.mtu_most = mtu_most(dgram->link.fd);
    prepare(dgram);
    *out = &dgram->link;
    return 0;
}

const struct link_driver winlwip_dgram_driver = {
    .name = "dgram",
    .open = dgram_open,
    .help = help,
};
