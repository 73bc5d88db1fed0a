/*
 * net.h - the suites of the network tests: the library on a real TAP or veth, the Linux kernel on the
 * other side, both inside a network namespace that each test makes for itself.
 */
#ifndef TESTS_NET_H
#define TESTS_NET_H

#include <check.h>
#include <stdbool.h>

/*
 * Checked fixture: the host on the kernel's TAP, opened by the test and called a replay, whose
 * addresses are good at once. The kernel is its router.
 */
void net_set_up(void);
void net_tear_down(void);

/* Does that TAP take and give superframes (LINK_OFFLOAD_SEGMENT)? */
bool net_has_superframes(void);

Suite *suite_net_tap(void);
Suite *suite_net_groups(void);
Suite *suite_net_icmp(void);
Suite *suite_net_send(void);
Suite *suite_net_dns(void);
Suite *suite_net_raw(void);
Suite *suite_net_modes(void);
Suite *suite_net_flood(void);
Suite *suite_net_superframes(void);
Suite *suite_net_segments(void);
Suite *suite_net_pcap(void);
Suite *suite_net_pcap_link(void);
Suite *suite_net_pcap_device(void);
Suite *suite_net_sockets(void);

#endif
