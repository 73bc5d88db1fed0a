/*
 * winlwip.c - the command-line program: looks its subcommand up and leaves the rest to it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "include/winlwip.h"
#include "tools/interface.h"
#include "tools/tool.h"

static const struct command {
    const char *name;
    enum tool_status (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"recv", tool_recv, "receive datagrams and show each as WSARecvMsg returned it"},
    {"send", tool_send, "send datagrams with WSASendMsg"},
    {"ping", tool_ping, "send ICMP echo requests by a raw socket"},
    {"lab", tool_lab, "run a test network of many hosts"},
};

enum tool_status tool_fail(enum tool_status status, const char *format, ...)
{
    va_list arguments;

    fflush(stdout);
    fputs("winlwip: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return status;
}

static void print_help(void)
{
    puts("winlwip - Winsock datagrams over a userspace TCP/IP stack\n"
         "\n"
         "Usage: winlwip COMMAND [OPTION...]\n"
         "       winlwip --help | --version\n"
         "\n"
         "Commands:");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        printf("  %-8s %s\n", commands[i].name, commands[i].help);
    }
    puts("\n"
         "\"winlwip COMMAND --help\" lists a command's options, with the keys of the drivers.\n"
         "\n"
         "Environment:\n"
         "  WINLWIP_CONFIG   configuration file, used when no option names an interface\n"
         "\n"
         "Exit status:\n"
         "  0  done\n"
         "  1  it could not be done: one line on standard error says why\n"
         "  2  the options make no sense: one line on standard error says which");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        return tool_fail(TOOL_USAGE, "no command given: see winlwip --help");
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help();
        return TOOL_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("winlwip %s\n", winlwip_version());
        interface_print_names();
        return TOOL_OK;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    return tool_fail(TOOL_USAGE, "unknown command \"%s\": see winlwip --help", argv[1]);
}
