/*
 * json.c - received datagrams as JSON, one object a line.
 *
 * A datagram has the member "number", the counters at the end have "frames_received". Members that
 * come from a control message are null when the message was not there.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/output.h"

static void print(json_t *object)
{
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    json_decref(object);
}

static void begin(void)
{
}

static json_t *optional_int(int value)
{
    return value < 0 ? json_null() : json_integer(value);
}

static json_t *optional_text(const char *text)
{
    return text == NULL || text[0] == '\0' ? json_null() : json_string(text);
}

static json_t *flags_of(const struct datagram *d)
{
    json_t *flags = json_array();

    for (size_t i = 0; i < DATAGRAM_FLAG_COUNT; i++) {
        if (d->flags[i]) {
            json_array_append_new(flags, json_string(datagram_flag_names[i]));
        }
    }
    return flags;
}

/* Level and type by name, by number when they have none here. */
static json_t *control_of(const struct datagram *d)
{
    json_t *list = json_array();

    for (size_t i = 0; i < d->control_count; i++) {
        const struct datagram_control *control = &d->control[i];
        json_t *entry = json_object();

        json_object_set_new(entry, "level", control->level != NULL
                                                ? json_string(control->level)
                                                : json_integer(control->level_number));
        json_object_set_new(entry, "type", control->type != NULL
                                               ? json_string(control->type)
                                               : json_integer(control->type_number));
        json_object_set_new(entry, "bytes", json_integer(control->bytes));
        if (control->has_value) {
            json_object_set_new(entry, "value", json_integer(control->value));
        }
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *hex_of(const struct datagram *d)
{
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(2 * (size_t)d->bytes + 1);
    json_t *made;

    if (text == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < d->bytes; i++) {
        text[2 * i] = digits[d->payload[i] >> 4];
        text[2 * i + 1] = digits[d->payload[i] & 15];
    }
    made = json_stringn_nocheck(text, 2 * (size_t)d->bytes);
    free(text);
    return made;
}

/* The payload as text, null when it is not printable ASCII. */
static json_t *text_of(const struct datagram *d)
{
    for (size_t i = 0; i < d->bytes; i++) {
        if (d->payload[i] > 126 || !isprint(d->payload[i])) {
            return json_null();
        }
    }
    return json_stringn((const char *)d->payload, d->bytes);
}

static void datagram(const struct datagram *d, bool hex)
{
    json_t *object = json_object();

    json_object_set_new(object, "number", json_integer((json_int_t)d->number));
    json_object_set_new(object, "socket", optional_text(d->socket));
    json_object_set_new(object, "source", json_string(d->source));
    json_object_set_new(object, "destination", optional_text(d->destination));
    json_object_set_new(object, "local_port", json_integer(d->local_port));
    json_object_set_new(object, "interface",
                        d->interface != 0 ? json_integer(d->interface) : json_null());
    json_object_set_new(object, "interface_name", optional_text(d->interface_name));
    json_object_set_new(object, "ttl", optional_int(d->ttl));
    json_object_set_new(object, "tos", optional_int(d->tos));
    json_object_set_new(object, "ecn", optional_int(d->ecn));
    if (d->segment_bytes != 0) {
        json_object_set_new(object, "segment_bytes", json_integer(d->segment_bytes));
    }
    if (d->timestamp != 0) {
        json_object_set_new(object, "timestamp", json_integer((json_int_t)d->timestamp));
    }
    json_object_set_new(object, "flags", flags_of(d));
    json_object_set_new(object, "error", optional_text(d->error));
    json_object_set_new(object, "bytes", json_integer(d->bytes));
    json_object_set_new(object, "control", control_of(d));
    json_object_set_new(object, "payload_hex", hex_of(d));
    if (!hex) {
        json_object_set_new(object, "text", text_of(d));
    }
    print(object);
}

static json_t *fates_of(const struct winlwip_stats *stats)
{
    json_t *fates = json_object();

    for (unsigned fate = 0; fate < WINLWIP_FATE_COUNT; fate++) {
        json_object_set_new(fates, winlwip_fate_name(fate),
                            json_integer((json_int_t)stats->fate[fate]));
    }
    return fates;
}

static void add_report(const char *interface, const char *line, void *context)
{
    json_t *reports = context;
    json_t *lines = json_object_get(reports, interface);

    if (lines == NULL) {
        lines = json_array();
        json_object_set_new(reports, interface, lines);
    }
    json_array_append_new(lines, json_string(line));
}

/* Only when counters were asked for: a reader of the datagrams needs no last line. */
static void end(const struct datagram_totals *totals, const struct winlwip_stats *stats, bool all)
{
    json_t *object;
    json_t *reports;

    if (!all || stats == NULL) {
        return;
    }
    object = json_object();
    json_object_set_new(object, "shown", json_integer((json_int_t)totals->count));
    for (const struct stats_counter *c = stats_counters; c->name != NULL; c++) {
        json_object_set_new(object, c->name, json_integer((json_int_t)stats_value(stats, c)));
    }
    json_object_set_new(object, "fates", fates_of(stats));
    reports = json_object();
    stats_each_report(add_report, reports);
    json_object_set_new(object, "links", reports);
    json_object_set_new(object, "frames_balance", json_boolean(stats_frames_balance(stats)));
    json_object_set_new(object, "copies_balance", json_boolean(stats_copies_balance(stats)));
    print(object);
}

const struct output output_json = {begin, datagram, end};
