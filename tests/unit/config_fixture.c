/*
 * config_fixture.c - a temporary configuration file and what it was read into.
 */
#include "tests/unit/config_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char config_path[64];
struct config config;

void config_setup(void)
{
    int fd;

    strcpy(config_path, "/tmp/test_config.XXXXXX");
    fd = mkstemp(config_path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

void config_teardown(void)
{
    config_free(&config);
    unsetenv("WINLWIP_CONFIG");
    unlink(config_path);
}

int config_read_text(const char *text)
{
    FILE *file = fopen(config_path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    config_free(&config);
    config_init(&config, config_path);
    return config_read_file(&config);
}

void config_assert_error(unsigned line, const char *reason)
{
    char expected[CONFIG_ERROR_BYTES];

    snprintf(expected, sizeof(expected), "%s:%u: %s", config_path, line, reason);
    ck_assert_msg(strncmp(config.error, expected, strlen(expected)) == 0,
                  "\"%s\" does not begin with \"%s\"", config.error, expected);
}

struct netaddr config_address(const char *text)
{
    struct netaddr parsed;

    ck_assert_int_eq(netaddr_parse(text, &parsed), 0);
    return parsed;
}
