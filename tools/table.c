/*
 * table.c - received datagrams as lines of a table.
 *
 * Each column has a fixed place. Addresses that are too long for theirs (IPv6 without zeros) get a
 * line of their own, the rest of the datagram stands below. Anything else that is too long pushes
 * the next columns to the right, and the first one with blanks to spare is in its place again. The
 * payload comes last and takes what the line has left.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tools/output.h"

/* Where columns begin. */
enum {
    AT_SOURCE = 4,
    AT_DESTINATION = 26,
    AT_INTERFACE = 48,
    AT_TTL = 56,
    AT_TOS = 60,
    AT_ECN = 65,
    AT_FLAGS = 69,
    AT_BYTES = 82,
    AT_CONTROL = 88,
    AT_PAYLOAD = 109,
};

/* Width of the lines when they don't go to a terminal, or to a narrower one, characters. */
#define DEFAULT_WIDTH 132
#define MAX_WIDTH 400

struct line {
    char text[MAX_WIDTH + 1];
    size_t used;
    size_t width;
};

/* Appends text at that column, or a blank behind what stands there already. */
__attribute__((format(printf, 3, 4)))
static void put(struct line *line, size_t column, const char *format, ...)
{
    size_t start = line->used < column || column == 0 ? column : line->used + 1;
    va_list arguments;
    int length;

    if (start > line->width) {
        start = line->width;
    }
    memset(line->text + line->used, ' ', start - line->used);
    va_start(arguments, format);
    length = vsnprintf(line->text + start, line->width - start + 1, format, arguments);
    va_end(arguments);
    line->used = start + (length > 0 ? (size_t)length : 0);
    if (line->used > line->width) {
        line->used = line->width;
    }
}

static struct line line_new(void)
{
    struct winsize size = {.ws_col = 0};
    struct line line = {.width = DEFAULT_WIDTH};

    if (ioctl(fileno(stdout), TIOCGWINSZ, &size) == 0 && size.ws_col > DEFAULT_WIDTH) {
        line.width = size.ws_col < MAX_WIDTH ? size.ws_col : MAX_WIDTH;
    }
    return line;
}

static void print(struct line *line)
{
    line->text[line->used] = '\0';
    puts(line->text);
    fflush(stdout);
}

static void begin(void)
{
    struct line line = line_new();

    put(&line, 0, "%3s", "no");
    put(&line, AT_SOURCE, "source");
    put(&line, AT_DESTINATION, "destination");
    put(&line, AT_INTERFACE, "if");
    put(&line, AT_TTL, "ttl");
    put(&line, AT_TOS, "tos");
    put(&line, AT_ECN, "ecn");
    put(&line, AT_FLAGS, "flags");
    put(&line, AT_BYTES, "bytes");
    put(&line, AT_CONTROL, "control messages");
    put(&line, AT_PAYLOAD, "payload");
    print(&line);
}

/* A number, or '-' when the control message that carries it is not there. */
static void put_value(struct line *line, size_t column, const char *format, int value)
{
    char text[16];

    snprintf(text, sizeof(text), format, (unsigned)value);
    put(line, column, "%s", value < 0 ? "  -" : text);
}

/* Addresses that leave no room for what follows have a line of their own. */
static void put_addresses(struct line *line, const struct datagram *d)
{
    put(line, AT_SOURCE, "%s", d->source);
    if (d->destination[0] == '\0') {
        put(line, AT_DESTINATION, "-:%u", d->local_port);
    } else {
        put(line, AT_DESTINATION, d->destination_is_v6 ? "[%s]:%u" : "%s:%u", d->destination,
            d->local_port);
    }
    if (line->used >= AT_INTERFACE) {
        print(line);
        line->used = 0;
    }
}

static void put_interface(struct line *line, const struct datagram *d)
{
    if (d->interface == 0) {
        put(line, AT_INTERFACE, "-");
    } else {
        put(line, AT_INTERFACE, "%u %s", d->interface, d->interface_name);
    }
}

static void put_flags(struct line *line, const struct datagram *d)
{
    size_t column = AT_FLAGS;

    for (size_t i = 0; i < DATAGRAM_FLAG_COUNT; i++) {
        if (d->flags[i]) {
            put(line, column, "%s", datagram_flag_briefs[i]);
            column = line->used + 1;
        }
    }
    if (column == AT_FLAGS) {
        put(line, column, "-");
    }
}

/* A number that has no column: times in seconds since the first one that was shown. */
static void put_number(struct line *line, size_t column, const struct datagram *d,
                       const struct datagram_control *control)
{
    static uint64_t first;

    if (!control->is_time) {
        put(line, column, "%s=%lld", control->brief, (long long)control->value);
        return;
    }
    if (first == 0) {
        first = d->timestamp;
    }
    put(line, column, "%s=%.7f", control->brief, (double)(int64_t)(d->timestamp - first) / 1e7);
}

static void put_control(struct line *line, const struct datagram *d)
{
    size_t column = AT_CONTROL;

    for (size_t i = 0; i < d->control_count; i++) {
        if (d->control[i].has_value && !d->control[i].in_column) {
            put_number(line, column, d, &d->control[i]);
        } else if (d->control[i].type != NULL) {
            put(line, column, "%s", d->control[i].brief);
        } else {
            put(line, column, "%d/%d", d->control[i].level_number, d->control[i].type_number);
        }
        column = line->used + 1;
    }
    if (d->control_count == 0) {
        put(line, column, "-");
    }
}

static bool is_text(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isprint(bytes[i])) {
            return false;
        }
    }
    return true;
}

/* The error that came with it, then as much of the payload as the line holds. */
static void put_payload(struct line *line, const struct datagram *d, bool hex)
{
    size_t shown = d->bytes < MAX_WIDTH ? d->bytes : MAX_WIDTH;
    size_t column = AT_PAYLOAD;

    if (d->error != NULL) {
        put(line, column, "[%s]", d->error);
        column = line->used + 1;
    }
    if (!hex && is_text(d->payload, shown)) {
        put(line, column, "%.*s", (int)shown, (const char *)d->payload);
        return;
    }
    put(line, column, "%s", "");
    for (size_t i = 0; i < shown && line->used + 2 <= line->width; i++) {
        snprintf(line->text + line->used, 3, "%02x", d->payload[i]);
        line->used += 2;
    }
}

static void datagram(const struct datagram *d, bool hex)
{
    struct line line = line_new();

    put(&line, 0, "%3lu", d->number);
    put_addresses(&line, d);
    put_interface(&line, d);
    put_value(&line, AT_TTL, "%3u", d->ttl);
    put_value(&line, AT_TOS, "0x%02x", d->tos);
    put_value(&line, AT_ECN, "%3u", d->ecn);
    put_flags(&line, d);
    put(&line, AT_BYTES, "%5u", (unsigned)d->bytes);
    put_control(&line, d);
    put_payload(&line, d, hex);
    print(&line);
}

const struct output output_table = {begin, datagram, stats_print};
