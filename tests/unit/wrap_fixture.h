/*
 * wrap_fixture.h - a link in memory with a wrapper round it, and small frames that know their number.
 */
#ifndef TESTS_UNIT_WRAP_FIXTURE_H
#define TESTS_UNIT_WRAP_FIXTURE_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/link.h"
#include "tests/support/memlink.h"

/* Bytes of a frame that wrapfix_push() and wrapfix_send() make. */
#define WRAPFIX_BYTES 60u

extern const struct link_wrapper winlwip_fault_wrapper;
extern const struct link_wrapper winlwip_dump_wrapper;

/* The inner link and the wrapped one; NULL when there is none. */
extern struct memlink *wrapfix_inner;
extern struct link *wrapfix_link;

/* Check's fixture of each test: nothing is open; closes and frees what is. */
void wrapfix_setup(void);
void wrapfix_teardown(void);

/*
 * Opens a link in memory (NULL: live, Ethernet) and wraps it for interface "eth0" by options such
 * as "fault-loss=5 fault-delay=10". It must succeed. What was open is closed.
 */
void wrapfix_open(const struct link_wrapper *wrapper, const struct memlink_options *inner,
                  const char *options);

/* The same for options that are refused: returns the -errno and leaves the text in error. */
int wrapfix_refused(const struct link_wrapper *wrapper, const char *options, char *error);

/* Closes the wrapped link, which must close the inner one. That stays to be looked at. */
void wrapfix_close(void);

/* The bytes of frame number number. */
void wrapfix_fill(uint8_t data[WRAPFIX_BYTES], uint32_t number);

/* Has the inner link receive the frames first to first + count - 1, at that time. */
void wrapfix_push(uint32_t first, unsigned count, int64_t time_ns);

/* Sends those frames through the wrapped link, each in two pieces, one a call. */
void wrapfix_send(uint32_t first, unsigned count);

/* The number of a frame, which has to be as wrapfix_fill() made it. */
uint32_t wrapfix_number(const uint8_t *data, size_t bytes);

/*
 * Receives from the wrapped link, at most max frames a call, until it is found empty, and writes
 * their numbers to numbers[room]. Returns how many there were, or when there was none what
 * receive() gave.
 */
int wrapfix_receive(uint32_t *numbers, unsigned room, unsigned max);

/* The same, waiting on the link's descriptor until count frames came or a generous time is over. */
unsigned wrapfix_wait(uint32_t *numbers, unsigned count);

/* Is the wrapped link's descriptor readable within wait_ms? */
bool wrapfix_readable(int wait_ms);

/* What the wrapped link reports. Static. */
const char *wrapfix_report(void);

/* CLOCK_MONOTONIC. */
int64_t wrapfix_now_ns(void);

/* Parts of the suite "fault", from test_fault_time.c. */
TCase *fault_time_case(void);
TCase *fault_options_case(void);

#endif
