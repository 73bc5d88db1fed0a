/*
 * reader.h - winlwip with one driver and one socket: what the benchmark of drivers measures.
 *
 * The system's socket headers and Winsock's can't stand in one file; this interface has plain C
 * types only. Whatever fails ends the row.
 */
#ifndef BENCH_DRIVERS_READER_H
#define BENCH_DRIVERS_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/bench/common/traffic.h"

/* Datagrams that are received before one of them is looked at. */
enum { READER_BURST = 32 };

struct reader_option {
    const char *key, *value;
};

/*
 * Starts the stack without its background thread, so that frames stay where they are until they are
 * asked for, and a socket for all of the traffic, with all control messages.
 */
void reader_start(const char *driver, const struct reader_option *options, size_t count);

/* One WSARecvMsg() that does not wait, into a slot below READER_BURST. False: there was nothing. */
bool reader_receive(unsigned slot);

/* Is this the datagram of frame number n, in every byte? Ends the row if not. */
void reader_check(const struct traffic *traffic, unsigned slot, size_t n);

void reader_stop(void);

#endif
