/*
 * suites.c - the suites of the contract program.
 */
#include "tests/contract/contract.h"
#include "tests/support/runner.h"

const runner_suite_fn runner_suites[] = {
    suite_contract_reach, suite_contract_arguments, suite_contract_deliver,
    suite_contract_flags, suite_contract_control, suite_contract_blocking,
    suite_contract_names, suite_contract_send, suite_contract_ioctl, suite_contract_ioctl_overlapped,
    suite_contract_badinput, suite_contract_fragments, suite_contract_mutation,
    suite_contract_threads, suite_contract_multicast, suite_contract_multicast_send,
    suite_contract_pointers,
    suite_contract_pointers_posted,
    suite_contract_layout, suite_contract_select, suite_contract_events,
    suite_contract_netevents, suite_contract_duplicate, suite_contract_hooks,
    suite_contract_down, suite_contract_segment, suite_contract_output,
    suite_contract_output_changes, suite_contract_superframes_sent, suite_contract_coalesce,
    suite_contract_superframes, suite_contract_superframes_parked, suite_contract_superframes_bad,
    suite_contract_superframes_random,
    suite_contract_replies, suite_contract_send_control, suite_contract_send_rows,
    suite_contract_timestamps, suite_contract_icmp, suite_contract_pmtu,
    suite_contract_option_table, suite_contract_interfaces, suite_contract_sharing,
    suite_contract_fanout,
    suite_contract_icmp_strangers,
    suite_contract_dhcp, suite_contract_dhcp_bad, suite_contract_dns, suite_contract_queries, suite_contract_resolve,
    suite_contract_raw, suite_contract_raw_send, suite_contract_hdrincl, suite_contract_rcvall,
    suite_contract_address_text,
    suite_contract_overlapped, suite_contract_overlapped_arguments,
    suite_contract_overlapped_results, suite_contract_overlapped_errors,
    suite_contract_overlapped_order, suite_contract_routines, suite_contract_blocking_routines,
    suite_contract_ports, suite_contract_port_threads, suite_contract_cancel,
    suite_contract_thread_exit, suite_contract_waits, suite_contract_idle_waits,
    suite_contract_routers, suite_contract_autoconf, suite_contract_two_links,
    suite_contract_fairness,
    suite_contract_round_trips, suite_contract_drive, suite_contract_wrappers,
    NULL,
};
