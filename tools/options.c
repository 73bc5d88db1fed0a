/*
 * options.c - command-line options by tables.
 */
#include "tools/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Column in which the text of an option begins in --help. */
#define HELP_COLUMN 26

/* getopt_long()'s value for the first option of the tables; below are characters. */
#define FIRST_OPTION 256
#define HELP_OPTION 'h'

bool option_number(const char *text, unsigned long min, unsigned long max, unsigned long *out)
{
    unsigned long number;
    char *end;

    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    errno = 0;
    number = strtoul(text, &end, 0);
    if (*end != '\0' || errno != 0 || number < min || number > max) {
        return false;
    }
    *out = number;
    return true;
}

/* One option: its name, and its text in a column, line by line. */
static void print_option(const struct tool_option *option)
{
    const char *line = option->help;
    int width = printf("  --%s%s%s", option->name, option->argument != NULL ? " " : "",
                       option->argument != NULL ? option->argument : "");

    if (width > HELP_COLUMN - 2) {
        putchar('\n');
        width = 0;
    }
    for (;;) {
        size_t length = strcspn(line, "\n");

        printf("%*s%.*s\n", HELP_COLUMN - width, "", (int)length, line);
        if (line[length] == '\0') {
            break;
        }
        line += length + 1;
        width = 0;
    }
}

static void print_help(const struct option_command *command)
{
    printf("Usage: winlwip %s [OPTION...]%s%s\n\n%s\n", command->name,
           command->operand.name != NULL ? " " : "",
           command->operand.name != NULL ? command->operand.name : "", command->summary);
    for (size_t i = 0; i < command->group_count; i++) {
        printf("\n%s:\n", command->groups[i].title);
        for (const struct tool_option *o = command->groups[i].options; o->name != NULL; o++) {
            print_option(o);
        }
    }
    puts("\nOther:");
    print_option(&(struct tool_option){"help", NULL, "this text", NULL});
    command->help_tail();
}

static size_t count_options(const struct option_command *command)
{
    size_t count = 0;

    for (size_t i = 0; i < command->group_count; i++) {
        for (const struct tool_option *o = command->groups[i].options; o->name != NULL; o++) {
            count++;
        }
    }
    return count;
}

/* The tables in getopt_long()'s form, --help added. NULL when memory is short. */
static struct option *make_long_options(const struct option_command *command)
{
    struct option *made = calloc(count_options(command) + 2, sizeof(*made));
    size_t count = 0;

    if (made == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < command->group_count; i++) {
        for (const struct tool_option *o = command->groups[i].options; o->name != NULL; o++) {
            made[count] = (struct option){
                o->name, o->argument != NULL ? required_argument : no_argument, NULL,
                FIRST_OPTION + (int)count};
            count++;
        }
    }
    made[count] = (struct option){"help", no_argument, NULL, HELP_OPTION};
    return made;
}

static enum tool_status take_option(const struct option_command *command, size_t index,
                                    const char *value)
{
    const struct option_group *group = command->groups;
    const struct tool_option *option = group->options;
    const char *expected;

    while (index-- > 0 || option->name == NULL) {
        if (option->name != NULL) {
            option++;
        }
        if (option->name == NULL) {
            group++;
            option = group->options;
        }
    }
    expected = option->set(group->target, value);
    if (expected == NULL) {
        return TOOL_OK;
    }
    if (value == NULL) {
        return tool_fail(TOOL_USAGE, "--%s: %s", option->name, expected);
    }
    return tool_fail(TOOL_USAGE, "--%s %s: expected %s", option->name, value, expected);
}

/* What getopt_long() could not take: argv[at] is the word that it looked at last. */
static enum tool_status refuse_option(const char *command, int returned, const char *word)
{
    if (returned == ':') {
        return tool_fail(TOOL_USAGE, "%s needs a value: see winlwip %s --help", word, command);
    }
    if (strncmp(word, "--", 2) == 0 && strchr(word, '=') != NULL) {
        return tool_fail(TOOL_USAGE, "bad option %s: unknown, or it takes no value", word);
    }
    return tool_fail(TOOL_USAGE, "unknown option %s: see winlwip %s --help", word, command);
}

static enum tool_status take_operand(const struct option_command *command, const char *value)
{
    const char *expected = command->operand.set(command->operand.target, value);

    if (expected == NULL) {
        return TOOL_OK;
    }
    return tool_fail(TOOL_USAGE, "%s %s: expected %s", command->operand.name, value, expected);
}

enum tool_status options_parse(const struct option_command *command, int argc, char **argv,
                               bool *done)
{
    struct option *long_options = make_long_options(command);
    enum tool_status status = TOOL_OK;

    *done = false;
    if (long_options == NULL) {
        return tool_fail(TOOL_FAILED, "out of memory");
    }
    opterr = 0;
    optind = 1;
    while (status == TOOL_OK && !*done) {
        int at = optind;
        int found = getopt_long(argc, argv, "+:h", long_options, NULL);

        if (found == -1) {
            break;
        }
        if (found == HELP_OPTION) {
            print_help(command);
            *done = true;
        } else if (found >= FIRST_OPTION) {
            status = take_option(command, (size_t)(found - FIRST_OPTION), optarg);
        } else {
            status = refuse_option(command->name, found, argv[at]);
        }
    }
    free(long_options);
    if (status == TOOL_OK && !*done && optind < argc && command->operand.name != NULL) {
        status = take_operand(command, argv[optind++]);
    }
    if (status == TOOL_OK && !*done && optind < argc) {
        return tool_fail(TOOL_USAGE, "unexpected argument \"%s\": see winlwip %s --help",
                         argv[optind], command->name);
    }
    return status;
}
