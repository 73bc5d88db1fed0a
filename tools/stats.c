/*
 * stats.c - the closing lines of "winlwip recv": what was shown, where the frames went, and
 * whether the counters add up.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "stack/stack.h"
#include "tools/output.h"

/* Most that the link of an interface may tell, bytes. */
#define REPORT_BYTES 2048

#define COUNTER(member, meaning) {#member, meaning, offsetof(struct winlwip_stats, member)}

const struct stats_counter stats_counters[] = {
    COUNTER(frames_received, "frames handed over by drivers"),
    COUNTER(frames_looped, "packets that this host sent to itself"),
    COUNTER(frames_held, "frames still waiting in reassembly"),
    COUNTER(datagrams, "UDP datagrams for at least one socket"),
    COUNTER(copies, "of these, one for each entitled socket"),
    COUNTER(copies_direct, "written straight into a waiting call's buffers"),
    COUNTER(copies_queued, "put into a receive queue"),
    COUNTER(copies_dropped, "lost because a receive buffer was full"),
    COUNTER(datagrams_sent, "datagrams accepted from send calls"),
    COUNTER(frames_sent, "frames handed to drivers"),
    COUNTER(frames_unsent, "frames that a driver refused"),
    COUNTER(frames_missed, "frames lost because a driver's ring was full"),
    {NULL, NULL, 0},
};

uint64_t stats_value(const struct winlwip_stats *stats, const struct stats_counter *counter)
{
    uint64_t value;

    memcpy(&value, (const char *)stats + counter->offset, sizeof(value));
    return value;
}

bool stats_frames_balance(const struct winlwip_stats *stats)
{
    uint64_t ended = stats->frames_held;

    for (unsigned fate = 0; fate < WINLWIP_FATE_COUNT; fate++) {
        ended += stats->fate[fate];
    }
    return stats->frames_received + stats->frames_looped == ended;
}

bool stats_copies_balance(const struct winlwip_stats *stats)
{
    return stats->copies_direct + stats->copies_queued + stats->copies_dropped == stats->copies;
}

static void print_line(uint64_t count, const char *name, const char *meaning)
{
    printf("  %8" PRIu64 "  %-19s %s\n", count, name, meaning);
}

static void print_totals(const struct datagram_totals *totals)
{
    printf("%lu datagram%s shown", totals->count, totals->count == 1 ? "" : "s");
    for (size_t i = 0; i < DATAGRAM_FLAG_COUNT; i++) {
        printf("%s %lu %s", i == 0 ? ":" : ",", totals->flags[i], datagram_flag_names[i]);
    }
    putchar('\n');
}

/* The fates that frames met, used ones before dropped ones. */
static void print_fates(const struct winlwip_stats *stats)
{
    uint64_t dropped = 0;

    for (unsigned fate = WINLWIP_FATE_FIRST_DROP; fate < WINLWIP_FATE_COUNT; fate++) {
        dropped += stats->fate[fate];
    }
    printf("%" PRIu64 " frames received", stats->frames_received);
    if (stats->frames_looped > 0) {
        printf(" and %" PRIu64 " looped back", stats->frames_looped);
    }
    printf(", %" PRIu64 " delivered to sockets, %" PRIu64 " dropped. Where they ended:\n",
           stats->fate[WINLWIP_FATE_DELIVERED], dropped);
    for (unsigned fate = 0; fate < WINLWIP_FATE_COUNT; fate++) {
        if (stats->fate[fate] > 0) {
            print_line(stats->fate[fate], winlwip_fate_name(fate), winlwip_fate_meaning(fate));
        }
    }
    if (stats->frames_held > 0) {
        print_line(stats->frames_held, "held", "waiting in reassembly");
    }
    if (stats->frames_missed > 0) {
        print_line(stats->frames_missed, "missed", "not among these: a driver's ring was full");
    }
}

/* Does what was shown agree with what the stack gave to sockets? */
static void print_balance(const struct datagram_totals *totals, const struct winlwip_stats *stats)
{
    uint64_t given = stats->copies_queued + stats->copies_direct;

    printf("sums: frames %s, datagrams %s, shown %lu of %" PRIu64 " given to sockets\n",
           stats_frames_balance(stats) ? "balance" : "DO NOT BALANCE",
           stats_copies_balance(stats) ? "balance" : "DO NOT BALANCE", totals->count, given);
}

void stats_each_report(void (*take)(const char *interface, const char *line, void *context),
                       void *context)
{
    struct stack_view view;

    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; stack_view(i, &view) == 0; i++) {
        char text[REPORT_BYTES];
        char *rest = text;

        stack_report(i, text, sizeof(text));
        for (char *line = strsep(&rest, "\n"); line != NULL && *line != '\0';
             line = strsep(&rest, "\n")) {
            take(view.name, line, context);
        }
    }
}

static void print_report(const char *interface, const char *line, void *unused)
{
    (void)unused;
    printf("%s: %s\n", interface, line);
}

void stats_print(const struct datagram_totals *totals, const struct winlwip_stats *stats, bool all)
{
    putchar('\n');
    print_totals(totals);
    if (stats == NULL) {
        return;
    }
    print_fates(stats);
    if (all) {
        puts("counters:");
        for (const struct stats_counter *c = stats_counters; c->name != NULL; c++) {
            print_line(stats_value(stats, c), c->name, c->meaning);
        }
        stats_each_report(print_report, NULL);
    }
    print_balance(totals, stats);
}
