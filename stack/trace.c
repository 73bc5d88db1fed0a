/*
 * trace.c - shows the way of each frame to whoever asked for it.
 *
 * One function of the host program is called at every station (winlwip_set_trace), under the stack
 * lock. Whether there is one is also an atomic flag, so that nobody takes a lock or makes a text
 * for nothing.
 */
#include <stdarg.h>
#include <stdio.h>

#include "stack/internal.h"

static winlwip_trace_fn trace_function; /* under the stack lock, like its context */
static void *trace_context;
static atomic_bool wanted;

bool trace_wanted(void)
{
    return atomic_load_explicit(&wanted, memory_order_relaxed);
}

void winlwip_set_trace(winlwip_trace_fn fn, void *context)
{
    stack_lock();
    trace_function = fn;
    trace_context = context;
    atomic_store(&wanted, fn != NULL);
    stack_unlock();
}

const char *winlwip_trace_stage_name(unsigned stage)
{
    static const char *const names[WINLWIP_TRACE_STAGES] = {
        [WINLWIP_TRACE_LINK] = "link",       [WINLWIP_TRACE_LWIP] = "lwip",
        [WINLWIP_TRACE_LOOKUP] = "look-up",  [WINLWIP_TRACE_QUEUE] = "queue",
        [WINLWIP_TRACE_DELIVER] = "deliver", [WINLWIP_TRACE_END] = "end",
    };
    return stage < WINLWIP_TRACE_STAGES ? names[stage] : "?";
}

void trace_station(const struct frame_info *info, enum winlwip_trace_stage stage,
                   enum winlwip_fate fate, uint32_t length, const char *format, ...)
{
    if (trace_function == NULL || info == NULL) {
        return;
    }
    char detail[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof(detail), format, arguments);
    va_end(arguments);

    struct winlwip_trace_event event = {
        .frame = info->number,
        .time_ns = clock_now_ns(),
        .stage = stage,
        .fate = fate,
        .interface_name = info->interface->name,
        .length = length,
        .detail = detail,
    };
    trace_function(trace_context, &event);
}
