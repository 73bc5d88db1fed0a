/*
 * wait.c - see wait.h. The stack's own thread does the work meanwhile.
 */
#include "tools/wait.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <winsock2.h>

#include "stack/stack.h"
#include "tools/run.h"

/* How often is looked, milliseconds. */
#define LOOK_MS 20

/* The first interface that waits for an address; 0: none does. */
static unsigned first_waiting(const struct interface_options *options)
{
    for (unsigned i = STACK_LOOPBACK_INDEX + 1; i < options->name_count; i++) {
        if (stack_awaits_address(i)) {
            return i;
        }
    }
    return 0;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What is shown while it waits. */
struct progress {
    bool terminal;
    bool shown;
    int64_t second; /* that stands there */
};

static void show(struct progress *progress, const char *name, int64_t passed_ms)
{
    if (!progress->terminal || (progress->shown && passed_ms / 1000 == progress->second)) {
        return;
    }
    progress->shown = true;
    progress->second = passed_ms / 1000;
    fprintf(stderr, "\rwaiting for an address on %s, %lld s", name, (long long)progress->second);
    fflush(stderr);
}

static void erase(const struct progress *progress)
{
    if (progress->shown) {
        fprintf(stderr, "\r\033[K");
        fflush(stderr);
    }
}

enum tool_status wait_for_addresses(const struct interface_options *options, unsigned long wait_ms)
{
    struct progress progress = {.terminal = isatty(STDERR_FILENO) == 1};
    int64_t start_ms = now_ms();
    unsigned waiting = wait_ms != 0 ? first_waiting(options) : 0;

    while (waiting != 0 && !run_is_stopped()) {
        int64_t passed_ms = now_ms() - start_ms;

        if (passed_ms >= (int64_t)wait_ms) {
            erase(&progress);
            return tool_fail(TOOL_FAILED, "no address on %s after %lu ms: is there a DHCP server, "
                             "or a router, on its network? --wait MS waits longer, --address "
                             "ADDR/PREFIX does without", interface_name(options, waiting), wait_ms);
        }
        show(&progress, interface_name(options, waiting), passed_ms);
        Sleep(LOOK_MS);
        waiting = first_waiting(options);
    }
    erase(&progress);
    return TOOL_OK;
}
