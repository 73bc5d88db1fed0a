/*
 * trace.c - the way of each frame, a line for each station, on standard error.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/output.h"

/* Runs under the stack lock: it prints and calls nothing of the library but the name tables. */
static void print_event(void *context, const struct winlwip_trace_event *event)
{
    bool ended = event->stage == WINLWIP_TRACE_END;

    (void)context;
    fprintf(stderr, "frame %-6" PRIu64 " %" PRId64 ".%06" PRId64 " %-8s %-8s %5" PRIu32 " bytes",
            event->frame, event->time_ns / 1000000000, event->time_ns % 1000000000 / 1000,
            event->interface_name != NULL ? event->interface_name : "-",
            winlwip_trace_stage_name(event->stage), event->length);
    if (ended) {
        fprintf(stderr, "  %s: %s", winlwip_fate_name(event->fate),
                winlwip_fate_meaning(event->fate));
    }
    /* The stack's words for an end are those of the fate unless it knows more. */
    if (event->detail != NULL && event->detail[0] != '\0' &&
        !(ended && strcmp(event->detail, winlwip_fate_meaning(event->fate)) == 0)) {
        fprintf(stderr, "%s%s", ended ? "; " : "  ", event->detail);
    }
    fputc('\n', stderr);
}

void trace_start(void)
{
    winlwip_set_trace(print_event, NULL);
}

void trace_stop(void)
{
    winlwip_set_trace(NULL, NULL);
}
