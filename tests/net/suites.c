/*
 * suites.c - the suites of the network program.
 */
#include "tests/net/net.h"
#include "tests/support/runner.h"

const runner_suite_fn runner_suites[] = {
    suite_net_tap,
    suite_net_groups,
    suite_net_icmp,
    suite_net_send,
    suite_net_dns,
    suite_net_raw,
    suite_net_modes,
    suite_net_flood,
    suite_net_superframes,
    suite_net_segments,
    suite_net_pcap,
    suite_net_pcap_link,
    suite_net_pcap_device,
    suite_net_sockets,
    NULL,
};
