/*
 * config_fixture.h - a temporary configuration file and what it was read into.
 */
#ifndef TESTS_UNIT_CONFIG_FIXTURE_H
#define TESTS_UNIT_CONFIG_FIXTURE_H

#include <check.h>

#include "host/config.h"
#include "stack/netaddr.h"

extern char config_path[64];
extern struct config config;

/* Check's fixture of each test: an empty file; frees, unsets and unlinks everything. */
void config_setup(void);
void config_teardown(void);

/* Reads a file of that text into config; returns what config_read_file() gives. */
int config_read_text(const char *text);

/* Asserts that the error is exactly "PATH:LINE: " and then begins with reason. */
void config_assert_error(unsigned line, const char *reason);

/* The address that text says. */
struct netaddr config_address(const char *text);

/* Adds the cases of test_config_open.c. */
void config_add_open_cases(Suite *suite);

/* Adds the case of test_config_wrap.c. */
void config_add_wrap_case(Suite *suite);

#endif
