/*
 * net.h - the suites of the network tests: the library on a real TAP, the Linux kernel on the other
 * side, both inside a network namespace that each test makes for itself.
 */
#ifndef TESTS_NET_H
#define TESTS_NET_H

#include <check.h>

/* Enters a namespace and starts the host on its TAP; and the end of it. */
void net_set_up(void);
void net_tear_down(void);

Suite *suite_net_tap(void);
Suite *suite_net_groups(void);
Suite *suite_net_icmp(void);
Suite *suite_net_send(void);

#endif
