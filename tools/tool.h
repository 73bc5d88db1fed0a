/*
 * tool.h - what the parts of the program winlwip share.
 */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H

/* Exit statuses. */
enum tool_status {
    TOOL_OK = 0,
    TOOL_FAILED = 1, /* it could not be done */
    TOOL_USAGE = 2,  /* the options make no sense */
};

/* Writes "winlwip: " and one line of text to standard error. Returns status. */
__attribute__((format(printf, 2, 3)))
enum tool_status tool_fail(enum tool_status status, const char *format, ...);

/* The subcommands: argv[0] is the subcommand's name. */
enum tool_status tool_recv(int argc, char **argv);
enum tool_status tool_send(int argc, char **argv);
enum tool_status tool_ping(int argc, char **argv);
enum tool_status tool_lab(int argc, char **argv);

#endif
