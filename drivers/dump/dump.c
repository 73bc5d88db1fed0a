/*
 * dump.c - a link that goes round another one and writes what passes to a capture file.
 *
 * Frames are written as the stack gets them, before it does, and as it has sent them, when the inner
 * link has taken them; a burst by one call (file.h). Next to the stack, outside of fault, the dump
 * shows what that got and sent: of frames that come, lost ones are missing and duplicates are there
 * twice; what is sent is there before anything becomes of it.
 *
 * Times are those of the real clock. Of a replay they are the capture's: a sent frame has the time
 * of the frame that came last, with the time since then added unless the replay is the clock.
 *
 * A failure to write concerns nobody but the file. It is counted, and report() tells it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "drivers/dump/file.h"
#include "drivers/options/options.h"
#include "stack/link.h"

#define NS_PER_S INT64_C(1000000000)

static const char help[] =
    "dump            capture file (pcap) of what is received and sent; overwritten\n"
    "dump-snaplen    bytes that are kept of a frame; default: all\n";

struct dump {
    struct link link;
    struct link_ops ops; /* ours, under the inner driver's name */
    struct link *inner;
    char *path;
    int64_t replay_ns;      /* of a replay: time of the frame that came last, */
    int64_t replay_read_ns; /* and CLOCK_MONOTONIC when it did */
    struct dump_file file;
};

struct dump_options {
    const char *path;
    uint32_t snap_bytes;
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* --- frames --- */

/* The time in the file of a frame that came. real_ns, monotonic_ns: now. */
static int64_t stamp(struct dump *dump, const struct link_frame *frame, int64_t real_ns,
                     int64_t monotonic_ns)
{
    if (frame->time_ns == 0) {
        return real_ns;
    }
    if (!dump->link.replay) {
        return real_ns - (monotonic_ns - frame->time_ns);
    }
    dump->replay_ns = frame->time_ns;
    dump->replay_read_ns = monotonic_ns;
    return frame->time_ns;
}

/* The time of a frame that is sent now. */
static int64_t stamp_sent(const struct dump *dump)
{
    int64_t passed_ns = 0;
    int64_t time_ns;

    if (!dump->link.replay) {
        return clock_ns(CLOCK_REALTIME);
    }
    if (!dump->link.own_clock && dump->replay_read_ns != 0) {
        passed_ns = clock_ns(CLOCK_MONOTONIC) - dump->replay_read_ns;
    }
    return __builtin_add_overflow(dump->replay_ns, passed_ns, &time_ns) ? INT64_MAX : time_ns;
}

static int dump_receive(struct link *link, struct link_frame *frames, unsigned max)
{
    struct dump *dump = (struct dump *)link;
    int count = dump->inner->ops->receive(dump->inner, frames, max);
    int64_t real_ns;
    int64_t monotonic_ns;

    link->drained = dump->inner->drained;
    if (count <= 0) {
        return count;
    }
    real_ns = clock_ns(CLOCK_REALTIME);
    monotonic_ns = clock_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < count; i++) {
        const struct link_frame *frame = &frames[i];
        const struct iovec part = {.iov_base = frame->data, .iov_len = frame->bytes};

        dump_file_add(&dump->file, stamp(dump, frame, real_ns, monotonic_ns), &part, 1,
                      frame->original_bytes);
    }
    dump_file_flush(&dump->file);
    return count;
}

static unsigned dump_send(struct link *link, const struct link_packet *packets, unsigned count)
{
    struct dump *dump = (struct dump *)link;
    unsigned sent = dump->inner->ops->send(dump->inner, packets, count);
    int64_t time_ns;

    if (sent == 0) {
        return 0;
    }
    time_ns = stamp_sent(dump);
    for (unsigned i = 0; i < sent; i++) {
        dump_file_add(&dump->file, time_ns, packets[i].parts, packets[i].part_count, 0);
    }
    dump_file_flush(&dump->file);
    return sent;
}

/* --- what a link says of itself --- */

static uint64_t dump_missed(struct link *link)
{
    struct dump *dump = (struct dump *)link;

    return dump->inner->ops->missed(dump->inner);
}

static size_t dump_report(struct link *link, char *text, size_t room)
{
    struct dump *dump = (struct dump *)link;
    const struct dump_file *file = &dump->file;
    bool failed = file->unwritten > 0;
    int bytes = snprintf(text, room, "dump '%s': %" PRIu64 " frames written, %" PRIu64 " not%s%s\n",
                         dump->path, file->written, file->unwritten, failed ? ", the last one: " : "",
                         failed ? strerror(file->error) : "");
    size_t used = bytes > 0 ? (size_t)bytes : 0;

    if (dump->inner->ops->report != NULL) {
        size_t at = used < room ? used : room;

        used += dump->inner->ops->report(dump->inner, text + at, room - at);
    }
    return used;
}

/* --- life --- */

static struct link *dump_unwrap(struct link *link)
{
    struct dump *dump = (struct dump *)link;
    struct link *inner = dump->inner;

    dump_file_close(&dump->file);
    free(dump->path);
    free(dump);
    return inner;
}

static void dump_close(struct link *link)
{
    struct link *inner = dump_unwrap(link);

    inner->ops->close(inner);
}

static int read_path(const struct options_report *report, void *target, const char *key,
                     const char *value)
{
    if (*value == '\0' || strcmp(value, "-") == 0) {
        return options_fail(report, EINVAL, "option '%s' is '%s': it must be the path of a file",
                            key, value);
    }
    ((struct dump_options *)target)->path = value;
    return 0;
}

static int read_snaplen(const struct options_report *report, void *target, const char *key,
                        const char *value)
{
    long bytes;

    if (!options_parse_number(value, 10, 1, LINK_FRAME_MAX_BYTES, &bytes)) {
        return options_fail(report, EINVAL,
                            "option '%s' is '%.40s': it must be a number from 1 to %d", key, value,
                            LINK_FRAME_MAX_BYTES);
    }
    ((struct dump_options *)target)->snap_bytes = (uint32_t)bytes;
    return 0;
}

static int refuse_unknown(const struct options_report *report, void *target, const char *key,
                          const char *value)
{
    (void)target;
    (void)value;
    return options_fail(report, EINVAL,
                        "unknown option '%.40s': the keys are dump and dump-snaplen", key);
}

static const struct options_key keys[] = {
    {"dump", read_path},
    {"dump-snaplen", read_snaplen},
    {NULL, refuse_unknown},
};

static int read_options(const struct options_report *report, struct dump_options *parsed,
                        const struct link_option *options, size_t option_count)
{
    int result;

    *parsed = (struct dump_options){.snap_bytes = LINK_FRAME_MAX_BYTES};
    result = options_read(report, keys, parsed, options, option_count);
    if (result != 0) {
        return result;
    }
    if (parsed->path == NULL) {
        return options_fail(report, EINVAL, "give it a file by option 'dump'");
    }
    return 0;
}

/* link_wrapper.wrap */
static int dump_wrap(struct link *inner, const char *interface, const struct link_option *options,
                     size_t option_count, struct link **out, char *error)
{
    const struct options_report report = {.driver = "dump", .error = error};
    struct dump_options parsed;
    struct dump *dump;
    int result = read_options(&report, &parsed, options, option_count);
    (void)interface;

    if (result != 0) {
        return result;
    }
    dump = calloc(1, sizeof(*dump));
    if (dump != NULL) {
        dump->path = strdup(parsed.path);
    }
    if (dump == NULL || dump->path == NULL) {
        result = options_fail(&report, ENOMEM, "not enough memory");
        goto free_dump;
    }
    result = dump_file_open(&dump->file, parsed.path, parsed.snap_bytes, inner->ip_only, error);
    if (result != 0) {
        goto free_path;
    }
    dump->inner = inner;
    dump->ops = (struct link_ops){
        .driver = inner->ops->driver,
        .receive = dump_receive,
        .send = dump_send,
        .missed = inner->ops->missed != NULL ? dump_missed : NULL,
        .report = dump_report,
        .close = dump_close,
    };
    dump->link = *inner;
    dump->link.ops = &dump->ops;
    *out = &dump->link;
    return 0;

free_path:
    free(dump->path);
free_dump:
    free(dump);
    return result;
}

const struct link_wrapper winlwip_dump_wrapper = {
    .name = "dump",
    .wrap = dump_wrap,
    .unwrap = dump_unwrap,
    .help = help,
    .output_key = "dump",
};
