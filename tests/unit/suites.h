/*
 * suites.h - the suites of the unit program: one function for each file, named after what it tests.
 */
#ifndef TESTS_UNIT_SUITES_H
#define TESTS_UNIT_SUITES_H

#include <check.h>

Suite *suite_apcs_api(void);
Suite *suite_checksum(void);
Suite *suite_cmsg(void);
Suite *suite_config(void);
Suite *suite_dgram(void);
Suite *suite_dump(void);
Suite *suite_errors(void);
Suite *suite_fault(void);
Suite *suite_framing(void);
Suite *suite_handle(void);
Suite *suite_handles_api(void);
Suite *suite_kernel_condition(void);
Suite *suite_kernel_console(void);
Suite *suite_kernel_heap(void);
Suite *suite_kernel_names(void);
Suite *suite_kernel_once(void);
Suite *suite_kernel_section(void);
Suite *suite_kernel_srw(void);
Suite *suite_kernel_text(void);
Suite *suite_kernel_values(void);
Suite *suite_lab(void);
Suite *suite_memory(void);
Suite *suite_option_widths(void);
Suite *suite_options(void);
Suite *suite_pcap(void);
Suite *suite_port(void);
Suite *suite_port_active(void);
Suite *suite_port_races(void);
Suite *suite_program(void);
Suite *suite_receive(void);
Suite *suite_recvqueue(void);
Suite *suite_packet(void);
Suite *suite_socket(void);
Suite *suite_stream(void);
Suite *suite_tap(void);
Suite *suite_text(void);
Suite *suite_threads_api(void);
Suite *suite_vde(void);
Suite *suite_winsock1(void);

#endif
