/*
 * options.h - command-line options by tables, from which both parsing and --help are made.
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/tool.h"

/*
 * Takes an option's value (NULL for one that has none) into target. Returns NULL, or what a value
 * has to look like, to follow "--name VALUE: expected ".
 */
typedef const char *(*option_fn)(void *target, const char *value);

struct tool_option {
    const char *name;     /* long form without "--" */
    const char *argument; /* what stands for its value in --help, NULL when it has none */
    const char *help;     /* '\n' begins a new line */
    option_fn set;
};

/* Options with a title of their own in --help; the table ends with a NULL name. */
struct option_group {
    const char *title;
    const struct tool_option *options;
    void *target;
};

struct option_command {
    const char *name;     /* of the subcommand */
    const char *summary;  /* paragraph under the usage line */
    const struct option_group *groups;
    size_t group_count;
    void (*help_tail)(void); /* prints what follows the options: examples, drivers */

    /* The one argument that is no option; without a name there is none. */
    struct {
        const char *name; /* in the usage line */
        option_fn set;
        void *target;
    } operand;
};

/*
 * Reads argv (argv[0] is the subcommand). Returns TOOL_OK; TOOL_USAGE after one line on standard
 * error. --help prints the help and leaves true in *done.
 */
enum tool_status options_parse(const struct option_command *command, int argc, char **argv,
                               bool *done);

/* Common values. Each returns true, or false and leaves *out alone. */
bool option_number(const char *text, unsigned long min, unsigned long max, unsigned long *out);

#endif
