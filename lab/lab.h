/*
 * lab.h - a described test network: what the file of "winlwip lab" says, checked.
 *
 * read.c and keys.c take a file apart, check.c looks at the whole and hands all that a host's own
 * configuration will hold to host/config.h, so that a lab and a configuration file have one set of
 * rules. What is made of it then: run.h.
 */
#ifndef LAB_LAB_H
#define LAB_LAB_H

#include <stdbool.h>
#include <stddef.h>

#include "host/config.h"

/* Longest name of a host, router or segment, without the terminating zero. */
#define LAB_NAME_MAX 32

/* Maxima: a TAP for each interface, a colour and a pipe for each host. */
#define LAB_HOSTS_MAX 250
#define LAB_SEGMENTS_MAX 100

/* Milliseconds between SIGTERM and SIGKILL unless the file says otherwise. */
#define LAB_GRACE_MS 3000

/* What a segment is made of. */
enum lab_backend {
    LAB_KERNEL, /* a bridge, in namespaces of the lab's own */
    LAB_VDE,    /* a process vde_switch */
};

enum lab_role {
    LAB_HOST,   /* programs, each on a stack of winlwip's */
    LAB_ROUTER, /* the kernel, in a network namespace of its own, as a router */
};

/* A key that is handed on, to a host's configuration. Both strings are owned. */
struct lab_key {
    char *name;
    char *value;
    unsigned line;
};

struct lab_keys {
    struct lab_key *list;
    size_t count;
};

struct lab_segment {
    char name[LAB_NAME_MAX + 1];
    unsigned line;
    unsigned mtu;          /* 0: 1500 */
    char *capture;         /* file for all its frames; NULL: none */
    struct lab_keys keys;  /* fault-*: of all interfaces on it that do not say otherwise */
};

struct lab_interface {
    char segment_name[LAB_NAME_MAX + 1];
    size_t segment;        /* index, from lab_check() on */
    unsigned line;         /* of the key "segment", or of the interface's first key */
    struct lab_keys keys;
};

/* "start = after HOST" or "start = end HOST". */
struct lab_condition {
    char name[LAB_NAME_MAX + 1];
    size_t host;           /* index, from lab_check() on */
    bool end;              /* it has ended; else it is ready */
    unsigned line;
};

/* A command: its words and a NULL behind them. */
struct lab_program {
    char **words;
    size_t count;
    unsigned line;
};

struct lab_host {
    char name[LAB_NAME_MAX + 1];
    unsigned line;
    enum lab_role role;
    struct lab_program *programs; /* run one after another */
    size_t program_count;
    bool main;
    bool daemon;
    struct lab_condition *conditions;
    size_t condition_count;
    unsigned delay_ms;
    char *ready;           /* a line of its output with this says so; NULL: when started */
    unsigned expect;       /* exit code of each program */
    char **environment;    /* NAME=VALUE */
    size_t environment_count;
    struct lab_keys stack_keys; /* of [winlwip] */
    struct lab_interface *interfaces;
    size_t interface_count;
    struct config config;  /* from lab_check() on: all of it, as the host's library will read it */
    bool has_config;
};

/* In which section the reader is. */
enum lab_place {
    LAB_NOWHERE,
    LAB_IN_LAB,
    LAB_IN_SEGMENT,
    LAB_IN_HOST, /* or router: the last of the hosts */
};

struct lab {
    enum lab_backend backend;
    unsigned timeout_ms;   /* 0: none */
    unsigned grace_ms;     /* between SIGTERM and SIGKILL */
    bool stop_on_failure;
    char *logs;            /* directory for the output of each host; NULL: none */
    char *captures;        /* directory for the capture of each segment; NULL: none */
    struct lab_segment *segments;
    size_t segment_count;
    struct lab_host *hosts; /* and routers, in the order of the file */
    size_t host_count;
    size_t router_count;

    const char *file;      /* borrowed */
    unsigned line;         /* where the reader stands */
    enum lab_place place;
    unsigned keys_seen;    /* of the section, a bit for each key that may come once */
    char error[CONFIG_ERROR_BYTES]; /* the first error's text, empty when there is none */
};

/*
 * Reads and checks the file at path, which is borrowed. Returns 0; -EINVAL for its contents, what
 * opening it gave, -ENOMEM: with a line of text in lab->error. lab_free() is needed in any case.
 */
int lab_read(struct lab *lab, const char *path);

void lab_free(struct lab *lab);

/* Is the whole sound? Fills the indexes and the hosts' configurations in. As lab_read() returns. */
int lab_check(struct lab *lab);

/*
 * Leaves the first error's text, with FILE:LINE in front of it. Returns code, so that a check can
 * end with it. line 0: of no line.
 */
__attribute__((format(printf, 4, 5)))
int lab_fail(struct lab *lab, unsigned line, int code, const char *format, ...);

int lab_fail_memory(struct lab *lab);

/* Begins a section, takes a key of the section under way. As lab_read() returns. */
int lab_section(struct lab *lab, const char *title);
int lab_set(struct lab *lab, const char *key, const char *value);

/* Keeps a copy of a key. Returns 0, or -ENOMEM after lab_fail(). */
int lab_keep(struct lab *lab, struct lab_keys *keys, const char *name, const char *value);

/* The key of that name, or NULL. */
const struct lab_key *lab_find(const struct lab_keys *keys, const char *name);

/* The wrapper round a driver whose key it is (fault-..., dump, dump-...), or NULL. */
const struct link_wrapper *lab_wrapper_of(const char *key);

/*
 * Is the value of a wrapper's key one that the wrapper takes? Not looked at where looking would
 * write a file. Returns 0, or -errno after lab_fail() with the key's line.
 */
int lab_check_wrapper_key(struct lab *lab, const struct lab_key *key);

/* Index of the host or router, or segment, of that name; its count when there is none. */
size_t lab_host_index(const struct lab *lab, const char *name);
size_t lab_segment_index(const struct lab *lab, const char *name);

/*
 * Appends the words of text to the list *words, which has *count of them and a NULL behind; all are
 * the caller's to free. Blanks divide words. Between single quotes all stands for itself; between
 * double quotes a backslash takes a '"' or a backslash for itself; outside of quotes it does so
 * with any character. Returns 0, -EINVAL when a quote is not closed or text ends with a backslash,
 * -ENOMEM.
 */
int lab_words(const char *text, char ***words, size_t *count);

/*
 * A time with its unit: "250ms", "10s", "2min"; "0" needs none. Leaves milliseconds in *out.
 * Returns 0 or -EINVAL.
 */
int lab_time(const char *text, unsigned *out);

#endif
