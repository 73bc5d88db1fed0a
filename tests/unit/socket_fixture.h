/*
 * socket_fixture.h - what the tests of the drivers stream and dgram share: a directory for socket
 * files, opened links, and frames.
 */
#ifndef TESTS_UNIT_SOCKET_FIXTURE_H
#define TESTS_UNIT_SOCKET_FIXTURE_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "drivers/socket/socket.h"

#define SOCKFIX_PATIENCE_MS 5000

/* Checked fixture: the directory is the current one meanwhile, so names of sockets are short. */
void sockfix_set_up(void);
void sockfix_tear_down(void);

/* The driver's open() with options "key=value key=value". */
int sockfix_try(const struct link_driver *driver, const char *options, struct link **link,
                char *error);

/* The same, which must succeed. The tear-down closes the link. */
struct link *sockfix_open(const struct link_driver *driver, const char *options);

/* Closes an opened link before the tear-down. */
void sockfix_close(struct link *link);

/* A socket of this type bound to a name in the directory; one that listens if it can. */
int sockfix_bound(const char *name, int type);

/* A socket that is connected to a name in the directory, or -1 with errno. */
int sockfix_connect(const char *name, int type);

/* Is the link's descriptor readable within that time? */
bool sockfix_readable(const struct link *link, int timeout_ms);

/* Waits for the descriptor and receives up to max frames, one at least, or an error. */
int sockfix_receive(struct link *link, struct link_frame *frames, unsigned max);

/* Receives until the link has reacted to what must be noticed: its descriptor is quiet. */
void sockfix_settle(struct link *link);

/* Fills a frame with bytes that follow from its number, and compares one with what they are. */
void sockfix_fill(uint8_t *frame, size_t bytes, unsigned number);
void sockfix_expect(const struct link_frame *frame, size_t bytes, unsigned number);

/* Sends one frame of these bytes in two parts. Returns how many the link took. */
unsigned sockfix_send(struct link *link, size_t bytes, unsigned number);

/* open() must fail with this line. */
struct sockfix_mistake {
    const char *options;
    int code;
    const char *line; /* which the message begins with */
};

void sockfix_refused(const struct link_driver *driver, const struct sockfix_mistake *mistake);

#endif
