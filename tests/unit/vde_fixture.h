/*
 * vde_fixture.h - a libvdeplug that tests play, and links on it. Only in builds that have its header.
 */
#ifndef TESTS_UNIT_VDE_FIXTURE_H
#define TESTS_UNIT_VDE_FIXTURE_H

#include <check.h>

#include "stack/link.h"

/* A text of one line that begins with "vde: " and holds the word. */
void vdefix_text(const char *error, const char *word);

#if __has_include(<libvdeplug.h>)

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "drivers/vde/library.h"
#include "drivers/vde/vde.h"

/* How long a test waits for what has to come. */
enum { VDEFIX_WAIT_MS = 5000 };

#define VDEFIX_URL {"url", "/run/sw"}

/* A connection: what the driver has is one end of a pair, the switch's is the other. */
struct vdefix_fake {
    int data, data_far;
    int control, control_far; /* -1: this kind has none */
    int answer;               /* of vde_recv(), instead of a frame, unless 0 */
};

struct vdefix_play {
    atomic_int opened, closed;
    int failures, code; /* so many calls of open fail from now on, with this errno */
    bool hangs;         /* open waits until `go_on` */
    sem_t go_on;
    bool no_control;
    char url[64], description[64], group[64];
    struct vde_open_args arguments;
    struct vdefix_fake *last;
};

/* Zero at the beginning of each test. */
extern struct vdefix_play vdefix;

/* Checked fixture: puts the played library in the place of the real one. */
void vdefix_set_up(void);

/* The cases of test_vde_connections.c. */
TCase *vde_connections_case(void);

/* The switch's end of a connection goes, as when its process ends. */
void vdefix_hang_up(struct vdefix_fake *fake);

/* Frees a connection that the driver has closed. */
void vdefix_forget(struct vdefix_fake *fake);

/* Opens a link that must open; the plain one tries again each millisecond. */
struct link *vdefix_open(const struct link_option *options, size_t count);
struct link *vdefix_open_plain(void);

/* Opens one that must fail with this code and word, and leaves nothing open. */
void vdefix_refused(const struct link_option *options, size_t count, int code, const char *word);

bool vdefix_is_readable(int fd, int wait_ms);

/* Receives until there are frames or an error. */
int vdefix_receive(struct link *link, struct link_frame *frames, unsigned max);

/* Sends a frame as the switch. */
void vdefix_give(const struct vdefix_fake *fake, const void *bytes, size_t count);

#endif

#endif
