/*
 * watch.h - poll(2) for tests, which can't stand beside <winsock2.h>: both have a struct pollfd.
 */
#ifndef TESTS_WATCH_H
#define TESTS_WATCH_H

#include <stdbool.h>

/* Is the descriptor readable within timeout_ms? Aborts when poll says anything else of it. */
bool watch_readable(int fd, int timeout_ms);

#endif
