/*
 * output.h - the ways to show what was received: a table, or JSON lines.
 */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <stdbool.h>

#include "include/winlwip.h"
#include "tools/datagram.h"

/* One way of output. All write to standard output, whole lines, flushed. */
struct output {
    void (*begin)(void);
    /* hex: payload in hexadecimal even when it is text. */
    void (*datagram)(const struct datagram *datagram, bool hex);
    /* all: every counter, not only those that say where frames went. stats NULL: not known. */
    void (*end)(const struct datagram_totals *totals, const struct winlwip_stats *stats, bool all);
};

extern const struct output output_table;
extern const struct output output_json;

/* Do the counters add up? As winlwip.h says they do, at every moment. */
bool stats_frames_balance(const struct winlwip_stats *stats);
bool stats_copies_balance(const struct winlwip_stats *stats);

/* The counters that are no fate, as a table: name, text, and where it stands in the struct. */
struct stats_counter {
    const char *name;
    const char *meaning;
    size_t offset;
};
extern const struct stats_counter stats_counters[]; /* ends with a NULL name */

uint64_t stats_value(const struct winlwip_stats *stats, const struct stats_counter *counter);

/* Calls take() with each line that the links of the interfaces have to tell (stack_report()). */
void stats_each_report(void (*take)(const char *interface, const char *line, void *context),
                       void *context);

/* Prints the closing lines of the table. */
void stats_print(const struct datagram_totals *totals, const struct winlwip_stats *stats,
                 bool all);

/* Has every station of every frame written to standard error, a line each. */
void trace_start(void);
void trace_stop(void);

#endif
