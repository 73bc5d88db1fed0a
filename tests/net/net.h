/*
 * net.h - the suites of the network tests: the library on a real TAP, the Linux kernel on the other
 * side, both inside a network namespace that each test makes for itself.
 */
#ifndef TESTS_NET_H
#define TESTS_NET_H

#include <check.h>

Suite *suite_net_tap(void);
Suite *suite_net_icmp(void);
Suite *suite_net_send(void);
Suite *suite_net_dns(void);

#endif
