/*
 * run.h - one run of "winlwip recv": its sockets, what it shows, and when it is over.
 */
#ifndef TOOLS_RUN_H
#define TOOLS_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/datagram.h"
#include "tools/tool.h"

struct interface_options;
struct output;
struct receiver;

/* Most sockets of a run. */
#define RUN_RECEIVERS_MAX 64

struct run {
    struct receiver *receivers;
    size_t receiver_count;
    unsigned long pending;     /* receives that are posted on each socket */
    unsigned long count_limit; /* datagrams; 0: none */
    unsigned long timeout_ms;  /* without a datagram; 0: no limit */
    bool hex;                  /* payload in hexadecimal even when it is text */
    const struct interface_options *interfaces;
    const struct output *output;

    struct datagram_totals totals;
    unsigned long under_way;   /* posted receives whose completion was not taken */
    int64_t last_ms;           /* of the last datagram, or the start */
    bool over;                 /* nothing more is to be shown */
    enum tool_status status;   /* TOOL_FAILED after one line on standard error: the run is over */
};

/*
 * Has SIGINT or SIGTERM end the run instead of the program. To be called before any thread is
 * started: a thread that does not hold them back would be ended by them, and the program with it.
 */
void run_hold_signals(void);

/* Has one of these signals come? */
bool run_is_stopped(void);

/* The time limit counts from now on. */
void run_begin(struct run *run);

/* Has a failure, the limit of datagrams, or a signal ended the run? */
bool run_is_over(const struct run *run);

/* Is the time limit over? A wait that brought a datagram all the same has put it off. */
bool run_has_expired(const struct run *run);

/*
 * How long a wait may last, milliseconds: less than what the time limit leaves, and so short that a
 * signal is noticed soon.
 */
unsigned run_slice_ms(const struct run *run);

/* Numbers, counts and prints a datagram. */
void run_show(struct run *run, struct datagram *datagram);

#endif
