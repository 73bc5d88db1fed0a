/*
 * options.h - what a link's impairments are.
 */
#ifndef DRIVERS_FAULT_OPTIONS_H
#define DRIVERS_FAULT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/fault/decide.h"
#include "stack/link.h"

/* The longest delay and jitter. */
#define FAULT_DELAY_MAX_S 60

struct fault_options {
    uint64_t seed;
    uint32_t loss;       /* chances: parts of FAULT_MILLION */
    uint32_t duplicate;
    uint32_t reorder;
    uint32_t corrupt;
    int64_t delay_ns;
    int64_t jitter_ns;   /* at most so much more than delay_ns */
    uint64_t rate_bits;  /* a second; 0: no limit */
    bool impaired[FAULT_DIRECTIONS]; /* the directions that all this is for */
};

/* The keys, for --help. */
extern const char fault_help[];

/*
 * Reads options of the interface called name. Returns 0; -EINVAL with a line of text in
 * error[LINK_ERROR_BYTES]: an unknown key, one that is given twice, a bad value.
 */
int fault_options_parse(struct fault_options *parsed, const char *name,
                        const struct link_option *options, size_t option_count, char *error);

#endif
