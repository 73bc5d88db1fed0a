/*
 * suites.c - the suites of the unit program.
 */
#include "tests/unit/suites.h"

#include "tests/support/runner.h"

const runner_suite_fn runner_suites[] = {
    suite_apcs_api,
    suite_checksum,
    suite_cmsg,
    suite_config,
    suite_dgram,
    suite_dump,
    suite_errors,
    suite_fault,
    suite_framing,
    suite_handle,
    suite_handles_api,
    suite_kernel_condition,
    suite_kernel_console,
    suite_kernel_heap,
    suite_kernel_names,
    suite_kernel_once,
    suite_kernel_section,
    suite_kernel_srw,
    suite_kernel_text,
    suite_kernel_values,
    suite_lab,
    suite_memory,
    suite_option_widths,
    suite_options,
    suite_pcap,
    suite_port,
    suite_port_active,
    suite_port_races,
    suite_program,
    suite_receive,
    suite_recvqueue, suite_packet,
    suite_socket,
    suite_stream,
    suite_tap,
    suite_text,
    suite_threads_api,
    suite_vde,
    suite_winsock1,
    NULL,
};
