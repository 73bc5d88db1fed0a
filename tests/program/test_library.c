/*
 * test_library.c - what is said when libpcap is missing or has not what is needed: for the program it
 * is shadowed by files of its names, which the loader finds first.
 */
#define _GNU_SOURCE /* dlinfo */

#include "tests/program/program.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/process.h"

static const char *const names[] = {"libpcap.so.0.8", "libpcap.so.1"};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

static char folder[64], paths[NAMES][96];

static void setup(void)
{
    strcpy(folder, "/tmp/test_library.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (int i = 0; i < NAMES; i++) {
        snprintf(paths[i], sizeof(paths[i]), "%s/%s", folder, names[i]);
    }
    ck_assert_int_eq(setenv("LD_LIBRARY_PATH", folder, 1), 0);
}

static void teardown(void)
{
    for (int i = 0; i < NAMES; i++) {
        unlink(paths[i]);
    }
    rmdir(folder);
}

/* The program gives up, and says why in one line. */
static void assert_refused(const char *arguments, const char *reason)
{
    struct process process;
    struct process_result result;

    process_start(&process, "recv --bind 5 %s", arguments);
    process_finish(&process, &result);
    ck_assert_int_eq(result.status, 1);
    ck_assert_str_eq(result.output, "");
    ck_assert_msg(strstr(result.errors, reason) != NULL, "%s", result.errors);
    ck_assert_ptr_eq(strchr(result.errors, '\n') + 1, result.errors + strlen(result.errors));
    process_result_free(&result);
}

/* Empty files are no libraries. */
START_TEST(libpcap_is_missing)
{
    for (int i = 0; i < NAMES; i++) {
        FILE *file = fopen(paths[i], "w");
        ck_assert_ptr_nonnull(file);
        fclose(file);
    }
    assert_refused("--pcap examples/demo.pcapng", "interface eth0: libpcap is not installed: ");
    assert_refused("--device nosuch0", "interface nosuch0: libpcap is not installed: ");
}
END_TEST

/* Another library under its name has none of the functions. */
START_TEST(libpcap_is_too_old)
{
    void *other = dlopen("libm.so.6", RTLD_NOW);
    const struct link_map *map;

    ck_assert_ptr_nonnull(other);
    ck_assert_int_eq(dlinfo(other, RTLD_DI_LINKMAP, &map), 0);
    ck_assert_int_eq(symlink(map->l_name, paths[0]), 0);
    assert_refused("--pcap examples/demo.pcapng",
                   "interface eth0: libpcap is too old: it has no pcap_");
    dlclose(other);
}
END_TEST

/* Who does not ask for libpcap does not need it. */
START_TEST(without_libpcap)
{
    struct process process;
    struct process_result result;
    FILE *file = fopen(paths[0], "w");

    ck_assert_ptr_nonnull(file);
    fclose(file);
    process_start(&process, "ping --count 1 127.0.0.1");
    process_finish(&process, &result);
    ck_assert_msg(result.status == 0, "%s", result.errors);
    process_result_free(&result);
}
END_TEST

Suite *suite_program_library(void)
{
    Suite *suite = suite_create("program_library");
    TCase *tcase = tcase_create("program_library");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, libpcap_is_missing);
    tcase_add_test(tcase, libpcap_is_too_old);
    tcase_add_test(tcase, without_libpcap);
    suite_add_tcase(suite, tcase);
    return suite;
}
