/*
 * interface.h - the options that say what the stack of this run is made of, and its start.
 */
#ifndef TOOLS_INTERFACE_H
#define TOOLS_INTERFACE_H

#include <stdbool.h>
#include <stddef.h>

#include "include/winlwip.h"
#include "tools/options.h"

/* Driver options of one interface, bytes of its address list, and of options given as lists. */
#define INTERFACE_OPTIONS_MAX 16
#define INTERFACE_ADDRESSES_BYTES 1024
#define INTERFACE_LISTS_BYTES 1024
#define INTERFACE_ROUTES_BYTES 1024

struct interface_options {
    const char *pcap;   /* NULL: not given; all strings are those of argv */
    const char *tap;
    const char *device;
    const char *vde;
    const char *stream; /* KEY=VALUE,..., which are in options[], too */
    const char *dgram;
    const char *config;
    char addresses[INTERFACE_ADDRESSES_BYTES];
    const char *mac;
    const char *gateway4;
    const char *gateway6;
    char routes[INTERFACE_ROUTES_BYTES];
    unsigned long mtu;
    struct winlwip_option options[INTERFACE_OPTIONS_MAX];
    char keys[INTERFACE_OPTIONS_MAX][32];
    size_t option_count;
    char lists[INTERFACE_LISTS_BYTES]; /* values of options[] that were cut out of a list */
    size_t lists_used;
    bool has_wait;
    unsigned long wait_ms; /* for addresses */
    bool probe;
    bool replay_only;   /* an option was given that only a replay has */

    /* From interface_start() on: what the interfaces are called, by index. */
    char (*names)[16];
    size_t name_count;
    bool live; /* frames come and go on a network, not from a file */
    unsigned duplicates_told;
};

/* The table for --help and parsing; its target is a struct interface_options. */
extern const struct tool_option interface_option_table[];

/* Do the options go together? Returns TOOL_OK, or TOOL_USAGE after one line. */
enum tool_status interface_check(const struct interface_options *options);

/*
 * Configures the library, calls WSAStartup(), and waits for the addresses of servers and routers.
 * Returns TOOL_OK, also when a signal that is held back ended the wait; or TOOL_FAILED after one line.
 * After success interface_stop() is the caller's.
 */
enum tool_status interface_start(struct interface_options *options);

/* Calls WSACleanup() and frees what the start has made. */
void interface_stop(struct interface_options *options);

/* Name of the interface with that index, "" when it is unknown. Valid until interface_stop(). */
const char *interface_name(const struct interface_options *options, unsigned index);

/* Index of the interface that text names, by number or name; 0 when there is none. */
unsigned interface_index(const struct interface_options *options, const char *text);

/* Prints the name and keys of each driver and wrapper, for --help. */
void interface_print_drivers(void);

/* Prints the names of the drivers that this build has, in one line, for --version. */
void interface_print_names(void);

#endif
