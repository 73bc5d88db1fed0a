/*
 * fault.c - a link that goes round another one and does to its frames what bad networks do.
 *
 * Theory of operation
 *
 * A struct fault has a channel (channel.h) for each impaired direction; frames of the other one
 * pass by untouched. receive() takes frames from the inner link, puts them into the channel, and
 * lends what the channel gives back; send() does the same the other way. Frames are copied into the
 * channel's slots; those that are lent keep theirs until the next receive().
 *
 * The link's descriptor is an epoll instance over the inner link's and a timer, which is set to the
 * moment when the first held frame of either direction is due. Frames to be sent are passed on from
 * whatever call comes first: receive(), which the timer brings about, or send().
 *
 * Time is CLOCK_MONOTONIC. Of a replay with its own clock it is the time of the frame that was taken
 * from it last, which is taken only when nothing is due: what is held is due when the replay has
 * come that far, and all of it at its end. receive() reads on until something is, or the replay is
 * over: who gets nothing from a replay sleeps. Such a link sets the timer only to "now". A frame that
 * is lent late says so in its time.
 *
 * When the inner link ends or fails, what is on its way to the stack arrives first, each frame in its
 * time; then the end is told, and what is on its way out leaves at once, as it does at close(): a
 * program that sends and exits has sent. What the inner link refuses then is counted, as it is
 * whenever a frame was held: the stack believes it sent.
 *
 * Frames that are dropped here count neither as missed nor as unsent: for the stack they were never
 * there. report() has the sums, and the seed.
 *
 * Limits: FAULT_QUEUE_FRAMES in each direction, LENT_MAX frames lent at a time.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "drivers/fault/channel.h"
#include "drivers/fault/options.h"
#include "stack/link.h"

#define NS_PER_S INT64_C(1000000000)

enum { LENT_MAX = 32 };

_Static_assert(LENT_MAX < FAULT_QUEUE_FRAMES, "lent frames leave room for others");

struct fault {
    struct link link;
    struct link_ops ops; /* ours, under the inner driver's name */
    struct link *inner;
    struct fault_options options;
    struct fault_channel channels[FAULT_DIRECTIONS]; /* zero where nothing is impaired */
    int timer;             /* -1: the inner link has no descriptor, nor have we */
    int64_t timer_ns;      /* what it is set to; 0: not set */
    int64_t replay_ns;     /* own_clock: time of the frame taken last */
    int end;               /* 0, or the -errno with which the inner link ended */
    bool end_told;
    const uint8_t *lent[LENT_MAX];
    unsigned lent_count;
};

static int64_t now_ns(const struct fault *fault)
{
    struct timespec now;

    if (fault->link.own_clock) {
        return fault->end != 0 ? INT64_MAX : fault->replay_ns;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static bool is_due(const struct fault_channel *channel, int64_t at_ns)
{
    return !fault_channel_is_empty(channel) && fault_channel_due_ns(channel) <= at_ns;
}

/* --- the timer --- */

/* When receive() has something to do that the inner link's descriptor does not tell; 0: never. */
static int64_t wanted_ns(const struct fault *fault, int64_t at_ns)
{
    const struct fault_channel *in = &fault->channels[FAULT_IN];
    const struct fault_channel *out = &fault->channels[FAULT_OUT];
    int64_t due_ns;

    if (is_due(in, at_ns) || is_due(out, at_ns) ||
        (fault->end != 0 && !fault->end_told && fault_channel_is_empty(in))) {
        return 1;
    }
    if (fault->link.own_clock) {
        return 0;
    }
    due_ns = fault_channel_due_ns(in);
    if (fault_channel_due_ns(out) < due_ns) {
        due_ns = fault_channel_due_ns(out);
    }
    return due_ns == INT64_MAX ? 0 : due_ns;
}

/* Also takes back that the timer has gone off. */
static void set_timer(struct fault *fault, int64_t at_ns)
{
    int64_t wanted = wanted_ns(fault, at_ns);
    const struct itimerspec when = {
        .it_value = {.tv_sec = wanted / NS_PER_S, .tv_nsec = wanted % NS_PER_S},
    };

    if (fault->timer >= 0 && wanted != fault->timer_ns) {
        fault->timer_ns = wanted;
        timerfd_settime(fault->timer, TFD_TIMER_ABSTIME, &when, NULL);
    }
}

/* --- out --- */

/* Passes on what is due to be sent. */
static void send_due(struct fault *fault, int64_t at_ns)
{
    struct fault_channel *channel = &fault->channels[FAULT_OUT];
    struct link_frame frame;

    while (fault_channel_take(channel, at_ns, &frame)) {
        const struct iovec part = {.iov_base = frame.data, .iov_len = frame.bytes};
        const struct link_packet packet = {.parts = &part, .part_count = 1};

        if (fault->inner->ops->send(fault->inner, &packet, 1) != 1) {
            channel->counters.refused++;
        }
        fault_queue_free(&channel->queue, frame.data);
    }
}

static unsigned fault_send(struct link *link, const struct link_packet *packets, unsigned count)
{
    static const struct link_frame described = {.time_ns = 0};
    struct fault *fault = (struct fault *)link;
    int64_t at_ns;

    if (!fault->options.impaired[FAULT_OUT]) {
        return fault->inner->ops->send(fault->inner, packets, count);
    }
    at_ns = fault->end_told ? INT64_MAX : now_ns(fault);
    for (unsigned i = 0; i < count; i++) {
        fault_channel_offer(&fault->channels[FAULT_OUT], packets[i].parts, packets[i].part_count,
                            &described, at_ns);
    }
    send_due(fault, at_ns);
    set_timer(fault, at_ns);
    return count;
}

/* --- in --- */

static void take_back_lent(struct fault *fault)
{
    while (fault->lent_count > 0) {
        fault_queue_free(&fault->channels[FAULT_IN].queue, fault->lent[--fault->lent_count]);
    }
}

/* Lends what is due behind the count frames that are lent already. Returns how many there are. */
static unsigned lend_due(struct fault *fault, struct link_frame *frames, unsigned count,
                         unsigned max, int64_t at_ns)
{
    while (count < max && fault_channel_take(&fault->channels[FAULT_IN], at_ns, &frames[count])) {
        fault->lent[fault->lent_count++] = frames[count].data;
        count++;
    }
    return count;
}

/* The inner link has nothing more, for ever: its descriptor is of no interest. */
static void inner_ended(struct fault *fault, int error)
{
    fault->end = error;
    if (fault->timer >= 0) {
        epoll_ctl(fault->link.fd, EPOLL_CTL_DEL, fault->inner->fd, NULL);
    }
}

/* The moment of a frame that the inner link lent: its own in a replay that is the clock. */
static int64_t arrival_ns(struct fault *fault, const struct link_frame *frame, int64_t at_ns)
{
    if (!fault->link.own_clock) {
        return at_ns;
    }
    if (frame->time_ns > fault->replay_ns) {
        fault->replay_ns = frame->time_ns;
    }
    return fault->replay_ns;
}

/*
 * Takes up to max frames from the inner link into the channel, and notes whether it has more.
 * Returns whether there was any.
 */
static bool take_in(struct fault *fault, unsigned max, int64_t at_ns)
{
    struct link_frame frames[LENT_MAX];
    int count = fault->inner->ops->receive(fault->inner, frames, max);

    fault->link.drained = count == 0 || fault->inner->drained;
    if (count < 0) {
        inner_ended(fault, count);
        return false;
    }
    for (int i = 0; i < count; i++) {
        const struct iovec part = {.iov_base = frames[i].data, .iov_len = frames[i].bytes};

        fault_channel_offer(&fault->channels[FAULT_IN], &part, 1, &frames[i],
                            arrival_ns(fault, &frames[i], at_ns));
    }
    return count > 0;
}

/* receive() of an impaired direction, without the telling of the end. */
static unsigned receive_impaired(struct fault *fault, struct link_frame *frames, unsigned max,
                                 int64_t at_ns)
{
    unsigned count;

    if (max > LENT_MAX) {
        max = LENT_MAX;
    }
    fault->link.drained = false;
    count = lend_due(fault, frames, 0, max, at_ns);
    if (count < max && fault->end == 0) {
        bool more = take_in(fault, max - count, at_ns);

        /* The clock of a replay is another now; any other one may stand still for a moment. */
        at_ns = fault->link.own_clock ? now_ns(fault) : at_ns;
        count = lend_due(fault, frames, count, max, at_ns);
        while (count == 0 && more && fault->link.own_clock) {
            more = take_in(fault, max, at_ns);
            at_ns = now_ns(fault);
            count = lend_due(fault, frames, 0, max, at_ns);
        }
    }
    if (is_due(&fault->channels[FAULT_IN], at_ns)) {
        fault->link.drained = false;
    }
    return count;
}

/* receive() of a direction without impairment. */
static unsigned receive_plain(struct fault *fault, struct link_frame *frames, unsigned max)
{
    int count = fault->inner->ops->receive(fault->inner, frames, max);

    fault->link.drained = fault->inner->drained;
    if (count < 0) {
        inner_ended(fault, count);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        arrival_ns(fault, &frames[i], 0);
    }
    return (unsigned)count;
}

static int fault_receive(struct link *link, struct link_frame *frames, unsigned max)
{
    struct fault *fault = (struct fault *)link;
    int64_t at_ns = now_ns(fault);
    unsigned count;

    take_back_lent(fault);
    if (fault->end_told) {
        return fault->end;
    }
    send_due(fault, at_ns);
    if (fault->options.impaired[FAULT_IN]) {
        count = receive_impaired(fault, frames, max, at_ns);
    } else {
        count = receive_plain(fault, frames, max);
    }
    if (count == 0 && fault->end != 0 && fault_channel_is_empty(&fault->channels[FAULT_IN])) {
        fault->end_told = true;
        send_due(fault, INT64_MAX);
    }
    set_timer(fault, now_ns(fault));
    return fault->end_told ? fault->end : (int)count;
}

/* --- what a link says of itself --- */

static uint64_t fault_missed(struct link *link)
{
    struct fault *fault = (struct fault *)link;

    return fault->inner->ops->missed(fault->inner);
}

static size_t report_channel(const struct fault *fault, enum fault_direction direction, char *text,
                             size_t room)
{
    const struct fault_counters *counters = &fault->channels[direction].counters;
    int bytes = snprintf(text, room, "fault, seed %" PRIu64 ", %s: %" PRIu64 " frames, %" PRIu64
                         " lost, %" PRIu64 " duplicated, %" PRIu64 " reordered, %" PRIu64
                         " corrupted, %" PRIu64 " beyond the queue, %" PRIu64 " refused\n",
                         fault->options.seed, direction == FAULT_IN ? "in" : "out",
                         counters->offered, counters->lost, counters->duplicated,
                         counters->reordered, counters->corrupted, counters->overflowed,
                         counters->refused);

    return bytes > 0 ? (size_t)bytes : 0;
}

static size_t fault_report(struct link *link, char *text, size_t room)
{
    struct fault *fault = (struct fault *)link;
    size_t used = 0;

    for (unsigned i = 0; i < FAULT_DIRECTIONS; i++) {
        size_t at = used < room ? used : room;

        if (fault->options.impaired[i]) {
            used += report_channel(fault, i, text + at, room - at);
        }
    }
    if (fault->inner->ops->report != NULL) {
        size_t at = used < room ? used : room;

        used += fault->inner->ops->report(fault->inner, text + at, room - at);
    }
    return used;
}

/* --- life --- */

static struct link *fault_unwrap(struct link *link)
{
    struct fault *fault = (struct fault *)link;
    struct link *inner = fault->inner;

    if (fault->timer >= 0) {
        close(fault->timer);
        close(link->fd);
    }
    for (unsigned i = 0; i < FAULT_DIRECTIONS; i++) {
        fault_channel_close(&fault->channels[i]);
    }
    free(fault);
    return inner;
}

static void fault_close(struct link *link)
{
    struct link *inner;

    send_due((struct fault *)link, INT64_MAX);
    inner = fault_unwrap(link);
    inner->ops->close(inner);
}

static int fail(char *error, const char *what)
{
    int code = errno;

    snprintf(error, LINK_ERROR_BYTES, "fault: %s: %s", what, strerror(code));
    return -code;
}

/*
 * Makes the descriptor over the inner link's and a timer. Leaves -1 where that has none: it is a
 * replay that is its own clock, or somebody asks at any time.
 */
static int open_descriptors(struct fault *fault, char *error)
{
    struct epoll_event event = {.events = EPOLLIN};
    int result;

    fault->timer = -1;
    fault->link.fd = -1;
    if (fault->inner->fd < 0) {
        return 0;
    }
    fault->link.fd = epoll_create1(EPOLL_CLOEXEC);
    if (fault->link.fd < 0) {
        return fail(error, "no epoll instance");
    }
    fault->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fault->timer < 0) {
        result = fail(error, "no timer");
        goto close_epoll;
    }
    if (epoll_ctl(fault->link.fd, EPOLL_CTL_ADD, fault->timer, &event) != 0 ||
        epoll_ctl(fault->link.fd, EPOLL_CTL_ADD, fault->inner->fd, &event) != 0) {
        result = fail(error, "the link can't be waited for");
        goto close_timer;
    }
    return 0;

close_timer:
    close(fault->timer);
close_epoll:
    close(fault->link.fd);
    return result;
}

static int open_channels(struct fault *fault, char *error)
{
    for (unsigned i = 0; i < FAULT_DIRECTIONS; i++) {
        int result = 0;

        if (fault->options.impaired[i]) {
            result = fault_channel_open(&fault->channels[i], &fault->options, i,
                                        fault->inner->ip_only);
        }
        if (result != 0) {
            snprintf(error, LINK_ERROR_BYTES, "fault: not enough memory for frames under way");
            return result;
        }
    }
    return 0;
}

/* The link as the stack sees it: the inner one's nature, our calls. */
static void init_link(struct fault *fault, struct link *inner)
{
    fault->inner = inner;
    fault->ops = (struct link_ops){
        .driver = inner->ops->driver,
        .receive = fault_receive,
        .send = fault_send,
        .missed = inner->ops->missed != NULL ? fault_missed : NULL,
        .report = fault_report,
        .close = fault_close,
    };
    fault->link = *inner;
    fault->link.ops = &fault->ops;
    fault->link.drained = false;
}

/* link_wrapper.wrap */
static int fault_wrap(struct link *inner, const char *interface, const struct link_option *options,
                      size_t option_count, struct link **out, char *error)
{
    struct fault *fault = calloc(1, sizeof(*fault));
    int result;

    if (fault == NULL) {
        snprintf(error, LINK_ERROR_BYTES, "fault: not enough memory");
        return -ENOMEM;
    }
    result = fault_options_parse(&fault->options, interface, options, option_count, error);
    if (result != 0) {
        goto free_fault;
    }
    init_link(fault, inner);
    result = open_channels(fault, error);
    if (result != 0) {
        goto close_channels;
    }
    result = open_descriptors(fault, error);
    if (result != 0) {
        goto close_channels;
    }
    *out = &fault->link;
    return 0;

close_channels:
    for (unsigned i = 0; i < FAULT_DIRECTIONS; i++) {
        fault_channel_close(&fault->channels[i]);
    }
free_fault:
    free(fault);
    return result;
}

const struct link_wrapper winlwip_fault_wrapper = {
    .name = "fault",
    .wrap = fault_wrap,
    .unwrap = fault_unwrap,
    .help = fault_help,
};
