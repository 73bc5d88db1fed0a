/*
 * lab.c - "winlwip lab": runs a test network that a file describes (lab/).
 */
#include <stdio.h>

#include "lab/lab.h"
#include "lab/run.h"
#include "tools/options.h"
#include "tools/tool.h"

struct lab_options {
    const char *file;
    bool check;
    struct lab_run_options run;
};

static const char *set_file(void *target, const char *value)
{
    ((struct lab_options *)target)->file = value;
    return NULL;
}

static const char *set_check(void *target, const char *value)
{
    (void)value;
    ((struct lab_options *)target)->check = true;
    return NULL;
}

static const char *set_keep(void *target, const char *value)
{
    (void)value;
    ((struct lab_options *)target)->run.keep = true;
    return NULL;
}

static const char *set_quiet(void *target, const char *value)
{
    (void)value;
    ((struct lab_options *)target)->run.quiet = true;
    return NULL;
}

static const struct tool_option option_table[] = {
    {"check", NULL, "only read the file and say what is wrong with it", set_check},
    {"keep", NULL, "leave the hosts' configurations and the commands that made the\n"
     "network in a directory, and say where it is", set_keep},
    {"quiet", NULL, "show the table alone, not what the hosts print", set_quiet},
    {NULL, NULL, NULL, NULL},
};

static void print_tail(void)
{
    puts("\nThe file's sections and keys: man winlwip-lab.\n"
         "\n"
         "Exit status: 0 all hosts ended as expected, 1 not so, 2 the options make no sense.");
}

static void print_counts(const struct lab *lab)
{
    printf("%s: %zu hosts, %zu routers, %zu segments: nothing is wrong\n", lab->file,
           lab->host_count - lab->router_count, lab->router_count, lab->segment_count);
}

enum tool_status tool_lab(int argc, char **argv)
{
    struct lab_options options = {0};
    const struct option_group groups[] = {{"The run", option_table, &options}};
    const struct option_command command = {
        .name = "lab",
        .summary = "Starts the test network that FILE describes: programs, each on a network\n"
                   "stack of its own, on segments that they share. Waits for them, and tells how\n"
                   "each ended.",
        .groups = groups,
        .group_count = 1,
        .help_tail = print_tail,
        .operand = {"FILE", set_file, &options},
    };
    struct lab lab;
    bool done;
    enum tool_status status = options_parse(&command, argc, argv, &done);

    if (status != TOOL_OK || done) {
        return status;
    }
    if (options.file == NULL) {
        return tool_fail(TOOL_USAGE, "no FILE given: see winlwip lab --help");
    }
    if (lab_read(&lab, options.file) != 0) {
        status = tool_fail(TOOL_FAILED, "%s", lab.error);
    } else if (options.check) {
        print_counts(&lab);
    } else if (!lab_run(&lab, &options.run)) {
        status = TOOL_FAILED;
    }
    lab_free(&lab);
    return status;
}
