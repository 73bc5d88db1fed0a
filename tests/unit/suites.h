/*
 * suites.h - the suites of the unit program: one function for each file, named after what it tests.
 */
#ifndef TESTS_UNIT_SUITES_H
#define TESTS_UNIT_SUITES_H

#include <check.h>

Suite *suite_config(void);
Suite *suite_pcap(void);
Suite *suite_tap(void);

#endif
