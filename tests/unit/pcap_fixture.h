/*
 * pcap_fixture.h - what the tests of the pcap driver share.
 */
#ifndef TESTS_UNIT_PCAP_FIXTURE_H
#define TESTS_UNIT_PCAP_FIXTURE_H

#include <check.h>

#include "drivers/pcap/pcap.h"
#include "tests/support/capture_file.h"

/* The file that the running test makes. */
extern struct capture_file pcapfix_file;

/* The suite, from test_pcap.c, and its parts in other files. */
Suite *suite_pcap(void);
TCase *pcap_plain_case(void);
TCase *pcap_damaged_case(void);
TCase *pcap_timing_case(void);
TCase *pcap_errors_case(void);
TCase *pcap_output_case(void);
TCase *pcap_live_case(void);

/* Unchecked fixture of a test case: a directory of its own, and its removal with what is in it. */
void pcapfix_make_directory(void);
void pcapfix_remove_directory(void);

/* Path of a name in that directory; valid until the eighth call after this one. */
const char *pcapfix_path(const char *name);

/* Opens a link that must open. */
struct link *pcapfix_open(const struct link_option *options, size_t count);

/* Saves pcapfix_file and opens it with one option more when key is not NULL. */
struct link *pcapfix_open_saved(const char *key, const char *value);

/*
 * Opens a link that must not open: with this code, a one-line text that begins with "pcap: " and
 * holds both words, and no descriptor left behind.
 */
void pcapfix_refused(const struct link_option *options, size_t count, int code, const char *word,
                     const char *advice);

/* Receives one frame. */
int pcapfix_receive(struct link *link, struct link_frame *frame);

/* Fills with bytes that differ by seed and place. */
void pcapfix_fill(uint8_t *data, size_t bytes, unsigned seed);

/* The frame holds exactly these bytes. */
void pcapfix_check(const struct link_frame *frame, const uint8_t *data, size_t bytes);

/* How many descriptors the process has open. */
int pcapfix_open_descriptors(void);

#endif
