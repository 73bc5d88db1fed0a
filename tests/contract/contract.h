/*
 * contract.h - the suites of the contract tests, and what their files share.
 *
 * Every test's name begins with the id of the clause of the contract that it holds the library to
 * ("c16_..."), or with the row of the observed behaviour of real Windows ("wb3_1_...").
 * Tests that differ in nothing but the family are loop tests over world_families.
 */
#ifndef TESTS_CONTRACT_H
#define TESTS_CONTRACT_H

#include "tests/support/world.h"

/* The family of a loop test. */
#define FAMILY (&world_families[_i])

/* Sends a text from the peer (FRAME_PEER_PORT) to our first address. */
static inline void deliver(const struct world_family *family, uint16_t port, const char *text)
{
    world_inject(&(struct frame_spec){
        .src = family->peer, .dst = family->us, .dst_port = port, .text = text});
}

Suite *suite_contract_reach(void);
Suite *suite_contract_arguments(void);
Suite *suite_contract_pointers(void);
Suite *suite_contract_pointers_posted(void);
Suite *suite_contract_deliver(void);
Suite *suite_contract_layout(void);
Suite *suite_contract_flags(void);
Suite *suite_contract_control(void);
Suite *suite_contract_blocking(void);
Suite *suite_contract_names(void);
Suite *suite_contract_send(void);
Suite *suite_contract_replies(void);
Suite *suite_contract_segment(void);
Suite *suite_contract_output(void);
Suite *suite_contract_output_changes(void);
Suite *suite_contract_superframes_sent(void);
Suite *suite_contract_send_control(void);
Suite *suite_contract_wrappers(void);
Suite *suite_contract_send_rows(void);
Suite *suite_contract_timestamps(void);
Suite *suite_contract_coalesce(void);
Suite *suite_contract_superframes(void);
Suite *suite_contract_superframes_parked(void);
Suite *suite_contract_superframes_bad(void);
Suite *suite_contract_superframes_random(void);
Suite *suite_contract_ioctl(void);
Suite *suite_contract_ioctl_overlapped(void);
Suite *suite_contract_badinput(void);
Suite *suite_contract_fragments(void);
Suite *suite_contract_mutation(void);
Suite *suite_contract_threads(void);
Suite *suite_contract_select(void);
Suite *suite_contract_events(void);
Suite *suite_contract_netevents(void);
Suite *suite_contract_duplicate(void);
Suite *suite_contract_hooks(void);
Suite *suite_contract_down(void);
Suite *suite_contract_icmp(void);
Suite *suite_contract_icmp_strangers(void);
Suite *suite_contract_pmtu(void);
Suite *suite_contract_multicast(void);
Suite *suite_contract_multicast_send(void);
Suite *suite_contract_sharing(void);
Suite *suite_contract_fanout(void);
Suite *suite_contract_option_table(void);
Suite *suite_contract_interfaces(void);
Suite *suite_contract_routers(void);
Suite *suite_contract_autoconf(void);
Suite *suite_contract_two_links(void);
Suite *suite_contract_fairness(void);
Suite *suite_contract_round_trips(void);
Suite *suite_contract_drive(void);
Suite *suite_contract_dhcp(void);
Suite *suite_contract_dhcp_bad(void);
Suite *suite_contract_dns(void);
Suite *suite_contract_queries(void);
Suite *suite_contract_resolve(void);
Suite *suite_contract_raw(void);
Suite *suite_contract_raw_send(void);
Suite *suite_contract_hdrincl(void);
Suite *suite_contract_rcvall(void);
Suite *suite_contract_address_text(void);
Suite *suite_contract_overlapped(void);
Suite *suite_contract_overlapped_arguments(void);
Suite *suite_contract_overlapped_results(void);
Suite *suite_contract_overlapped_errors(void);
Suite *suite_contract_overlapped_order(void);
Suite *suite_contract_routines(void);
Suite *suite_contract_blocking_routines(void);
Suite *suite_contract_ports(void);
Suite *suite_contract_port_threads(void);
Suite *suite_contract_cancel(void);
Suite *suite_contract_thread_exit(void);
Suite *suite_contract_waits(void);
Suite *suite_contract_idle_waits(void);

#endif
