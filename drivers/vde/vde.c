/*
 * vde.c - a plug in a network of Virtual Distributed Ethernet, by libvdeplug.
 *
 * Theory of operation
 *
 * Objects. One struct vde for each link: libvdeplug's connection, the arena that frames are read
 * into, room to put a sent packet together, a timer for the next attempt, an attempt under way
 * (opening.c), and an epoll descriptor over all of them, which is the link's fd: it stays the same
 * while connections come and go. Nothing is allocated between two connections.
 *
 * What libvdeplug does (4.0.1, its source read and tried). A module for each kind of URL, loaded
 * when it is opened. Each tells one descriptor to wait for frames with, and some one that hangs up
 * when the other side goes away; nothing comes there otherwise. Its calls block and ignore their
 * flags, so the descriptor is made non-blocking: sockets then fail with EAGAIN, in vde_send() too,
 * where a switch that does not read would stop this whole stack. The modules that are switches
 * themselves (switch, hub, multi, bonding, vxvde) wait with epoll_wait() inside, for ever; what has
 * a data descriptor that is no socket is therefore asked by poll() before each call. A result of 1
 * means "no frame for you", or, in vxlan, what EAGAIN means elsewhere. Nothing is printed, save that
 * vxlan and vxvde put a line on stderr when they can't look a name up.
 *
 * Bursts. Each vde_recv() takes one frame, by one system call; receive() calls it until nothing is
 * there, the caller's burst is full, or the arena has no room for a frame of the largest size.
 * Frames are as long as the sender made them: short ones, and those that are longer than any frame
 * there is, cut, are handed over for the stack to count.
 *
 * Bounds. A switch queues few frames for a plug: net.unix.max_dgram_qlen of the kernel, 10 unless
 * the system raises it, and drops the others without a word. The same holds for what is sent: what
 * the switch does not take at once is not taken (link_ops.send), and the stack counts it.
 *
 * Life of the connection, enum vde_state. When an empty receive() finds that the other side has hung
 * up, the connection is closed. With gone = down that is -ENETDOWN for good. With gone = wait frames
 * are not taken until an attempt succeeds; the first one is made `reconnect` ms later, the next one
 * as long after one has failed. Modules without a second descriptor (udp, ptp, vxlan, ...) never hang
 * up: there is nobody who could go. When `reconnect` is given, a link may begin without a switch; what
 * else is wrong with the URL fails at once.
 *
 * Locks: none; the stack calls with its own held.
 */
#define _GNU_SOURCE /* POLLRDHUP */
#include "drivers/vde/vde.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "drivers/vde/library.h"
#include "drivers/vde/opening.h"
#include "drivers/vde/target.h"

enum {
    ARENA_BYTES = 256 * 1024,
    ARENA_ALIGNMENT = 16,
    /* In front of an Ethernet header, so that the IP header 14 bytes on is aligned. */
    SHIFT_BYTES = 2,
    /* One more than there may be tells a frame that was cut. */
    READ_BYTES = LINK_FRAME_MAX_BYTES + 1,
    ETHERNET_MTU = 1500,
    /* How long open() waits for a switch to answer. */
    OPEN_WAIT_MS = 5000,
};

_Static_assert(ARENA_BYTES >= SHIFT_BYTES + READ_BYTES, "any frame fits an empty arena");

enum vde_state {
    VDE_UP,
    VDE_WAITING, /* the timer tells when to try again, unless it is off */
    VDE_OPENING, /* an attempt is under way */
    VDE_DOWN,    /* for good */
};

struct vde {
    struct link link;
    struct vde_options options;
    enum vde_state state;
    VDECONN *connection;     /* of VDE_UP */
    struct opening *opening; /* of VDE_OPENING */
    int timer;
    int data_fd;    /* libvdeplug's, of VDE_UP */
    int control_fd; /* the same; -1: there is none */
    bool asks_first; /* vde_recv() may wait although data_fd does not block */
    uint8_t outgoing[VDE_ETHBUFSIZE];
    uint8_t arena[ARENA_BYTES] __attribute__((aligned(ARENA_ALIGNMENT)));
};

static const char help[] =
    "url         a VDE network: a switch's directory, or MODULE://... as libvdeplug has it (vde,\n"
    "            vxlan, vxvde, udp, ptp, switch, hub, tap, ...); not cmd\n"
    "port        number of the switch's port to plug in, 1 to 65535 (default: any that is free)\n"
    "group       group that the plug's socket is given, name or number\n"
    "mode        permissions of that socket, octal (default 0700)\n"
    "description what the switch calls this plug (default winlwip)\n"
    "jumbo       on: packets of up to 9216 bytes, which everybody there must take; off: 1500\n"
    "            (default)\n"
    "gone        what a switch that ends means. wait: frames are dropped until one is there again\n"
    "            (default); down: the interface goes down\n"
    "reconnect   with gone = wait: milliseconds between two attempts, 0: none (default 1000). When\n"
    "            given and not 0 the switch may also be missing at the start\n";

/* --- connections --- */

static void timer_set(const struct vde *vde, unsigned after_ms)
{
    const struct itimerspec when = {
        .it_value = {.tv_sec = after_ms / 1000, .tv_nsec = after_ms % 1000 * 1000000L},
    };

    timerfd_settime(vde->timer, 0, &when, NULL);
}

static bool watch(const struct vde *vde, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    return epoll_ctl(vde->link.fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void unwatch(const struct vde *vde, int fd)
{
    if (fd >= 0) {
        epoll_ctl(vde->link.fd, EPOLL_CTL_DEL, fd, NULL);
    }
}

static bool is_socket(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* Closes the connection, whose descriptors end with it. */
static void disconnect(struct vde *vde)
{
    unwatch(vde, vde->data_fd);
    unwatch(vde, vde->control_fd);
    libvdeplug.close(vde->connection);
    vde->connection = NULL;
}

/*
 * Makes a connection the link's, or closes it. Returns 0 or an errno: of its data descriptor, which
 * it must have.
 */
static int connect_by(struct vde *vde, VDECONN *connection)
{
    int flags, code;

    vde->connection = connection;
    vde->data_fd = libvdeplug.datafd(connection);
    vde->control_fd = libvdeplug.ctlfd(connection);
    vde->asks_first = !is_socket(vde->data_fd);
    flags = fcntl(vde->data_fd, F_GETFL);
    if (flags >= 0 && fcntl(vde->data_fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
        fcntl(vde->data_fd, F_SETFD, FD_CLOEXEC) == 0 &&
        watch(vde, vde->data_fd, EPOLLIN | EPOLLRDHUP) &&
        (vde->control_fd < 0 || watch(vde, vde->control_fd, EPOLLRDHUP))) {
        vde->state = VDE_UP;
        return 0;
    }
    code = errno;
    disconnect(vde);
    return code;
}

static void wait_for_next(struct vde *vde)
{
    vde->state = VDE_WAITING;
    timer_set(vde, vde->options.reconnect_ms);
}

/* Has the attempt come to its end? Then its result is put in force. */
static void finish_attempt(struct vde *vde)
{
    VDECONN *connection;
    int code;
    int fd = opening_fd(vde->opening);

    /* Before it is closed; put back when it was too early. */
    unwatch(vde, fd);
    if (!opening_finish(vde->opening, &connection, &code)) {
        watch(vde, fd, EPOLLIN);
        return;
    }
    vde->opening = NULL;
    if (connection == NULL || connect_by(vde, connection) != 0) {
        wait_for_next(vde);
    }
}

static void begin_attempt(struct vde *vde)
{
    vde->opening = opening_start(&vde->options.target);
    if (vde->opening == NULL) {
        wait_for_next(vde);
        return;
    }
    vde->state = VDE_OPENING;
    watch(vde, opening_fd(vde->opening), EPOLLIN);
}

/* What receive() does while there is no connection. Returns what it returns. */
static int receive_nothing(struct vde *vde)
{
    uint64_t expirations;

    switch (vde->state) {
    case VDE_OPENING:
        finish_attempt(vde);
        return 0;
    case VDE_WAITING:
        if (read(vde->timer, &expirations, sizeof(expirations)) == sizeof(expirations)) {
            begin_attempt(vde);
        }
        return 0;
    default:
        return -ENETDOWN;
    }
}

static int lose_connection(struct vde *vde)
{
    disconnect(vde);
    if (vde->options.down) {
        vde->state = VDE_DOWN;
        return -ENETDOWN;
    }
    wait_for_next(vde);
    return 0;
}

/* --- receiving --- */

/* What a failed vde_recv() means that tells nothing about the connection. */
static bool is_passing(int code)
{
    switch (code) {
    case EAGAIN:
    case EINTR:
    case ECONNREFUSED: /* udp, ptp: the other side is not there yet */
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENOBUFS:
    case ENOMEM:
        return true;
    default:
        return false;
    }
}

/*
 * Reads one frame. Returns its bytes, 0 when there is none for us, or -1 when the connection has
 * failed.
 */
static ssize_t read_frame(const struct vde *vde, uint8_t *data)
{
    struct pollfd readable = {.fd = vde->data_fd, .events = POLLIN};
    ssize_t bytes;

    if (vde->asks_first && poll(&readable, 1, 0) != 1) {
        return 0;
    }
    bytes = libvdeplug.recv(vde->connection, data, READ_BYTES, 0);
    if (bytes > 1) {
        return bytes;
    }
    return bytes >= 0 || is_passing(errno) ? 0 : -1;
}

static bool has_hung_up(const struct vde *vde)
{
    enum { HUNG_UP = POLLHUP | POLLRDHUP | POLLNVAL };
    struct pollfd fds[] = {
        {.fd = vde->data_fd, .events = POLLRDHUP},
        {.fd = vde->control_fd, .events = POLLRDHUP}, /* poll() skips -1 */
    };

    return poll(fds, 2, 0) > 0 && ((fds[0].revents | fds[1].revents) & HUNG_UP) != 0;
}

static int vde_receive(struct link *link, struct link_frame *frames, unsigned max)
{
    struct vde *vde = (struct vde *)link;
    unsigned count = 0;
    size_t used = SHIFT_BYTES;
    ssize_t bytes = 0;

    if (vde->state != VDE_UP) {
        return receive_nothing(vde);
    }
    while (count < max && used + READ_BYTES <= ARENA_BYTES) {
        uint8_t *data = vde->arena + used;
        bool whole;

        bytes = read_frame(vde, data);
        if (bytes <= 0) {
            break;
        }
        whole = bytes <= LINK_FRAME_MAX_BYTES;
        frames[count++] = (struct link_frame){
            .data = data,
            .bytes = whole ? (uint32_t)bytes : LINK_FRAME_MAX_BYTES,
            .original_bytes = (uint32_t)bytes,
            .encapsulation = LINK_ETHERNET,
            .flags = whole ? 0 : LINK_FRAME_CUT | LINK_FRAME_OVERSIZE,
        };
        used += (size_t)bytes + ARENA_ALIGNMENT - 1;
        used = used / ARENA_ALIGNMENT * ARENA_ALIGNMENT + SHIFT_BYTES;
    }
    /* Frames first: who has hung up is found out when nothing is left. */
    if (count == 0 && (bytes < 0 || has_hung_up(vde))) {
        return lose_connection(vde);
    }
    return (int)count;
}

/* --- sending --- */

/* Copies a packet together. Returns its length, or 0 when it has no room. */
static size_t gather(struct vde *vde, const struct link_packet *packet)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < packet->part_count; i++) {
        const struct iovec *part = &packet->parts[i];

        if (part->iov_len > sizeof(vde->outgoing) - bytes) {
            return 0;
        }
        memcpy(vde->outgoing + bytes, part->iov_base, part->iov_len);
        bytes += part->iov_len;
    }
    return bytes;
}

static unsigned vde_link_send(struct link *link, const struct link_packet *packets, unsigned count)
{
    struct vde *vde = (struct vde *)link;
    unsigned sent = 0;

    while (vde->state == VDE_UP && sent < count) {
        size_t bytes = gather(vde, &packets[sent]);

        if (bytes == 0 ||
            libvdeplug.send(vde->connection, vde->outgoing, bytes, 0) != (ssize_t)bytes) {
            break;
        }
        sent++;
    }
    return sent;
}

/* --- life --- */

static void vde_free(struct vde *vde)
{
    if (vde->connection != NULL) {
        disconnect(vde);
    }
    if (vde->opening != NULL) {
        unwatch(vde, opening_fd(vde->opening));
        opening_abandon(vde->opening);
    }
    if (vde->timer >= 0) {
        close(vde->timer);
    }
    if (vde->link.fd >= 0) {
        close(vde->link.fd);
    }
    free(vde);
}

static void vde_link_close(struct link *link)
{
    vde_free((struct vde *)link);
}

static const struct link_ops vde_ops = {
    .driver = "vde",
    .receive = vde_receive,
    .send = vde_link_send,
    .close = vde_link_close,
};

/* Of a longer URL its beginning is shown: the reason behind it has to fit the line too. */
#define SHOWN ".96s"

static int fail_open(const char *url, int code, char *error)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return vde_fail(error, code, "there is no '%" SHOWN "': start a switch there (vde_switch -s "
                        "DIRECTORY), or check 'url'", url);
    case ECONNREFUSED:
        return vde_fail(error, code, "nobody answers at '%" SHOWN "': its switch has ended; start it "
                        "again", url);
    case EACCES:
    case EPERM:
        return vde_fail(error, code, "no right to plug in at '%" SHOWN "': the switch's options -m "
                        "and -g say who may", url);
    case EPROTONOSUPPORT:
        return vde_fail(error, code, "libvdeplug has no module for '%" SHOWN "': see the package "
                        "vdeplug, and libvdeplug-* for more", url);
    case EADDRINUSE:
        return vde_fail(error, code, "'%" SHOWN "' is in use already", url);
    case ETIMEDOUT:
        return vde_fail(error, code, "'%" SHOWN "' has not answered for %d seconds: its switch hangs, "
                        "or a name in it can't be looked up", url, OPEN_WAIT_MS / 1000);
    case EIO:
        return vde_fail(error, code, "'%" SHOWN "' was refused: check 'url' and 'port'", url);
    default:
        return vde_fail(error, code, "cannot plug in at '%" SHOWN "': %s", url, strerror(code));
    }
}

/* Waits for an attempt, which is over then. Returns 0 and the connection, or an errno. */
static int wait_for(struct opening *opening, VDECONN **connection)
{
    struct pollfd over = {.fd = opening_fd(opening), .events = POLLIN};
    int code;

    for (;;) {
        int ready = poll(&over, 1, OPEN_WAIT_MS);

        if (ready > 0 && opening_finish(opening, connection, &code)) {
            return *connection != NULL ? 0 : code;
        }
        if (ready == 0 || (ready < 0 && errno != EINTR)) {
            code = ready == 0 ? ETIMEDOUT : errno;
            opening_abandon(opening);
            return code;
        }
    }
}

/* Plugs in for the first time. Returns 0 or an errno. */
static int first_connection(struct vde *vde)
{
    struct opening *opening = opening_start(&vde->options.target);
    VDECONN *connection = NULL;
    int code;

    if (opening == NULL) {
        return errno;
    }
    code = wait_for(opening, &connection);
    return code != 0 ? code : connect_by(vde, connection);
}

/* Is there no switch, or not yet? */
static bool is_missing(int code)
{
    return code == ENOENT || code == ECONNREFUSED || code == ETIMEDOUT;
}

/* A link without a connection. NULL: no memory, or no descriptor. */
static struct vde *vde_new(const struct vde_options *options)
{
    struct vde *vde = calloc(1, sizeof(*vde));

    if (vde == NULL) {
        return NULL;
    }
    vde->options = *options;
    vde->link = (struct link){
        .ops = &vde_ops,
        .fd = epoll_create1(EPOLL_CLOEXEC),
        .mtu = options->jumbo ? VDE_MAXMTU : ETHERNET_MTU,
    };
    vde->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (vde->link.fd < 0 || vde->timer < 0 || !watch(vde, vde->timer, EPOLLIN)) {
        int code = errno;
        vde_free(vde);
        errno = code;
        return NULL;
    }
    return vde;
}

static int vde_driver_open(const struct link_option *pairs, size_t pair_count, struct link **out,
                           char *error)
{
    struct vde_options options;
    struct vde *vde;
    int result = vde_options_read(&options, pairs, pair_count, error);

    if (result == 0) {
        result = libvdeplug_load(error);
    }
    if (result != 0) {
        return result;
    }
    vde = vde_new(&options);
    if (vde == NULL) {
        return vde_fail(error, errno, "no memory or descriptor for a link: %s", strerror(errno));
    }
    result = first_connection(vde);
    if (options.has_reconnect && options.reconnect_ms != 0 && is_missing(result)) {
        wait_for_next(vde);
    } else if (result != 0) {
        vde_free(vde);
        return fail_open(options.target.url, result, error);
    }
    *out = &vde->link;
    return 0;
}

const struct link_driver winlwip_vde_driver = {
    .name = "vde",
    .open = vde_driver_open,
    .help = help,
};
