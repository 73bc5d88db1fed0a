/*
 * live_fixture.h - what the tests of the pcap driver on an interface share: the link on one end of
 * a veth pair, a packet socket on the other one, and frames of an EtherType that nobody else uses.
 * What the kernel says for itself on the wire is passed over.
 */
#ifndef TESTS_LIVE_FIXTURE_H
#define TESTS_LIVE_FIXTURE_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "stack/link.h"

/* Longest wait for something that must happen, and what is received at most at once. */
#define LIVEFIX_PATIENCE_MS 5000
#define LIVEFIX_BURST 32

/* The least that the option `buffer` takes. */
#define LIVEFIX_SMALLEST_BUFFER "524288"

/* "off" and "on", for loops over an option. */
extern const char *const livefix_switched[2];

/* The link, once it is open; closed by the tear-down. And the packet socket on the other end. */
extern struct link *livefix_link;
extern int livefix_wire;

/* Checked fixture: a namespace with a veth pair; skips the test where that can't be made. */
void livefix_set_up(void);
void livefix_tear_down(void);

/* Tries to open the link: the driver's open(). */
int livefix_try(const struct link_option *options, size_t count, char *error);

/* Opens the link on the pair's end with up to two options more; a key of NULL: none. */
void livefix_open(const char *key, const char *value, const char *key2, const char *value2);

struct livefix_frame {
    size_t bytes;
    uint8_t data[1600];
};

/* Makes the frame with this number, addressed to another station. */
void livefix_make(struct livefix_frame *frame, unsigned number, size_t bytes);

/* Puts the frame with this number, of a size of its own, on the wire. */
void livefix_put(unsigned number);

/* Is it one of ours; which one; is it as it was put on the wire? */
bool livefix_is_ours(const struct link_frame *frame);
unsigned livefix_number(const struct link_frame *frame);
void livefix_check(const struct link_frame *frame);

/* Waits until the link's descriptor is readable. False: it was not within the time. */
bool livefix_readable(int timeout_ms);

/* Receives LIVEFIX_BURST frames at most, one at least, or what the link says instead (-errno). */
int livefix_receive(struct link_frame *frames);

/* Receives up to the next frame of ours and returns its number. */
unsigned livefix_next(void);

/* Sends one packet by the link. Returns how many it took. */
unsigned livefix_send_parts(const struct iovec *parts, unsigned count);
unsigned livefix_send(struct livefix_frame *frame);

/* The next frame of ours that comes by the wire is this one. */
void livefix_expect(const struct livefix_frame *expected);

int64_t livefix_now_ns(clockid_t clock);

#endif
