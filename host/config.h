/*
 * config.h - what a configuration says, checked, before anything of it is opened.
 *
 * A file (config_file.c) and a struct winlwip_config (config_struct.c) are both read into a struct
 * config by the same three calls, config_section(), config_set() and config_finish(), so that both
 * are checked by the same rules. Only the head of a message differs: "FILE:LINE: " or
 * "interface NAME: ". plan.c then makes a struct stack_config of it.
 */
#ifndef HOST_CONFIG_H
#define HOST_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/limits.h"
#include "host/hosts.h"
#include "include/winlwip.h"
#include "stack/link.h"
#include "stack/stack.h"

/* Longest interface name, without the terminating zero. */
#define CONFIG_NAME_MAX 15

/* Longest message with its terminating zero: a path, a line and a driver's text. */
#define CONFIG_ERROR_BYTES 640

/* What may stand between the entries of a list. */
#define CONFIG_LIST_SEPARATORS ", \t"

/* One interface. Everything is owned, save the link's life: see struct winlwip_interface. */
struct config_interface {
    char name[CONFIG_NAME_MAX + 1];
    unsigned line;               /* of its section, 0 in a struct */
    char *driver;                /* NULL: not named yet */
    struct link *link;           /* opened by the program, or NULL */
    uint8_t mac[6];
    bool has_mac;
    unsigned mtu;                /* 0: the link's */
    struct stack_address *addresses;
    size_t address_count;
    struct stack_route routes[LIMIT_ROUTES];
    unsigned route_lines[LIMIT_ROUTES];
    size_t route_count;
    bool down;                   /* "up = off" */
    bool dhcp;                   /* one more IPv4 address, from a DHCP server */
    bool autoconf;               /* IPv6 addresses from what routers advertise */
    struct netaddr gateway4;     /* wildcard: none */
    struct netaddr gateway6;
    unsigned gateway4_line;
    unsigned gateway6_line;
    struct link_option *options; /* the driver's and the wrappers'; keys and values owned */
    size_t option_count;
};

/* In which section the reader is. */
enum config_place {
    CONFIG_NOWHERE,
    CONFIG_IN_WINLWIP,
    CONFIG_IN_INTERFACE,
    CONFIG_IN_HOSTS,
};

/* A configuration while it is read and after. config_init() before, config_free() after use. */
struct config {
    struct config_interface *interfaces;
    size_t interface_count;
    struct netaddr dns_servers[LIMIT_DNS_SERVERS];
    size_t dns_server_count;
    struct hosts *hosts; /* of the section [hosts]; NULL: none yet */
    bool probe;
    bool background;
    bool early; /* common UDP goes round lwIP */
    bool raw_admin; /* raw sockets are for those with CAP_NET_RAW */
    unsigned max_pending; /* overlapped receives that wait on one socket */
    bool has_wait;
    unsigned wait_ms; /* for addresses at the start, those of servers too */

    /* Where the reader stands. */
    const char *file;   /* borrowed; NULL: a struct is read */
    unsigned line;      /* from 1 */
    enum config_place place;
    unsigned keys_seen; /* of the section, a bit for each key that may come once */
    char error[CONFIG_ERROR_BYTES]; /* the first error's text, empty when there is none */
};

/* Makes an empty one: loopback alone, background thread on. file is borrowed, may be NULL. */
void config_init(struct config *config, const char *file);

/* Frees everything but the links. */
void config_free(struct config *config);

/*
 * Begins the section of that title: "winlwip", "hosts", or "interface NAME".
 * Returns 0; -EINVAL for another title or a bad or repeated name; -ENOMEM. Text in config->error.
 */
int config_section(struct config *config, const char *title);

/*
 * Takes one key of the section under way. Keys of an interface that are not the stack's go to its
 * driver and the wrappers round it. Returns 0, -EINVAL or -ENOMEM with text in config->error.
 */
int config_set(struct config *config, const char *key, const char *value);

/*
 * Is key one of the section's own: [winlwip] (CONFIG_IN_WINLWIP), or the stack's of an interface
 * (CONFIG_IN_INTERFACE), not its driver's?
 */
bool config_knows(enum config_place place, const char *key);

/*
 * Checks what only the whole can tell: drivers are named, gateways are on a link, the MTU carries
 * IPv6. Returns 0 or -EINVAL with text in config->error.
 */
int config_finish(struct config *config);

/*
 * Leaves the first error's text, with its head, for line (0: none). Later errors follow from the
 * first and are not kept. Returns code, so that a check can end with it.
 */
__attribute__((format(printf, 4, 5)))
int config_fail(struct config *config, unsigned line, int code, const char *format, ...);

/* As config_fail() for an interface: the line of its section, or its name without lines. */
__attribute__((format(printf, 4, 5)))
int config_fail_interface(struct config *config, const struct config_interface *interface,
                          int code, const char *format, ...);

/* Leaves "out of memory" at the line under way. Returns -ENOMEM. */
int config_fail_memory(struct config *config);

/* The interface whose section is being read; there is one while place is CONFIG_IN_INTERFACE. */
struct config_interface *config_current(struct config *config);

/* Takes an entry of a list, which belongs to something. Returns 0, or -errno after config_fail(). */
typedef int (*config_entry_fn)(struct config *config, const char *text, const char *of);

/*
 * Hands each entry of a list (divided by commas and blanks) to take, together with of. Returns 0,
 * -ENOMEM, or what take gave for the first entry that it refused.
 */
int config_each_of_list(struct config *config, const char *list, config_entry_fn take,
                        const char *of);

/*
 * Takes a host of the section [hosts]: a name and a list of its addresses. Returns 0, -EINVAL or
 * -ENOMEM with text in config->error.
 */
int config_set_host(struct config *config, const char *name, const char *addresses);

/* Keeps a driver option of the last interface; key and value are copied. Returns 0 or -ENOMEM. */
int config_add_option(struct config *config, const char *key, const char *value);

/*
 * Reads the file that config_init() was given. Returns 0; what opening it gave; -EINVAL for its
 * contents; -ENOMEM. Text in config->error.
 */
int config_read_file(struct config *config);

/* Reads a program's struct. Returns 0, -EINVAL or -ENOMEM with text in config->error. */
int config_read_struct(struct config *config, const struct winlwip_config *from);

#endif
