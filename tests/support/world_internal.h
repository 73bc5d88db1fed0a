/*
 * world_internal.h - what the files of the world share, and a few special tests need.
 */
#ifndef TESTS_WORLD_INTERNAL_H
#define TESTS_WORLD_INTERNAL_H

#include "tests/support/world.h"

/* Makes the links and hands the configuration over, without starting. */
void world_configure(const struct world_options *options);

/* Starts the host as it was configured: in any thread, while others play on its links. */
void world_start_configured(void);

/* Remembers how many file descriptors are open: the teardown wants to find as many. */
void world_begin(void);

/* Starts the host on one interface of a driver, or on several, after world_begin(). */
void world_start_driver(const struct winlwip_interface *interface);
void world_start_drivers(const struct winlwip_interface *interfaces, size_t count);

/* The same with anything that a program can configure, after world_begin(). */
void world_start_config(const struct winlwip_config *config);

/* Has the teardown close a socket. Closing it earlier does no harm. */
void world_track(SOCKET s);

/* What the teardown does, for tests that stop the world themselves. */
void world_stop(void);

/* Asserts that after the last WSACleanup() no packet buffer and no handle is left. */
void world_assert_clean(void);

/* Starts world_next_sent() over, for a new world. */
void world_forget_sent(void);

/* A fifth of a millisecond: the step of loops that wait for a condition. */
void world_pause(void);

#endif
