/*
 * test_lab.c - the file of "winlwip lab": what is read, every error with its line; words and times.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/lab.h"
#include "tests/unit/suites.h"

static char path[64];
static struct lab lab;

static void setup(void)
{
    int fd;

    strcpy(path, "/tmp/winlwip-lab-test-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    memset(&lab, 0, sizeof(lab));
}

static void teardown(void)
{
    lab_free(&lab);
    unlink(path);
}

static int read_text(const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    return lab_read(&lab, path);
}

/* --- What a good file says --- */

static const char everything[] =
    "[lab]\nbackend = kernel\ntimeout = 2min\ngrace = 500ms\nfailure = stop\nlogs = l\n"
    "captures = c\n"
    "[segment lan]\nmtu = 1400\ncapture = lan.pcap\nfault-loss = 5%\n"
    "[segment far]\n"
    "[host a]\nmain = yes\nsegment = lan\naddress = 192.0.2.1/24 2001:db8::1/64\n"
    "gateway = 192.0.2.254\nsegment = far\naddress = 203.0.113.1/24\nmac = 02:00:5e:10:00:01\n"
    "dns = 192.0.2.53\nfault-delay = 5\ndump = a.pcap\n"
    "program = one 'two  three' \"fo\\\"ur\"\narguments = five\nprogram = six\n"
    "start = after b\nstart = end b\ndelay = 10s\nready = up\nexpect = 3\nenv = A=b c\n"
    "[router r]\nsegment = lan\naddress = 192.0.2.254/24\n"
    "route = 10.0.0.0/8 via 192.0.2.1\nsegment = far\n"
    "[host b]\ndaemon = yes\nprogram = sleep 1\n";

static void assert_host_a(const struct lab_host *a)
{
    ck_assert_str_eq(a->name, "a");
    ck_assert_uint_eq(a->program_count, 2);
    ck_assert_uint_eq(a->programs[0].count, 4);
    ck_assert_str_eq(a->programs[0].words[1], "two  three");
    ck_assert_str_eq(a->programs[0].words[2], "fo\"ur");
    ck_assert_str_eq(a->programs[0].words[3], "five");
    ck_assert_ptr_null(a->programs[0].words[4]);
    ck_assert(a->main && !a->daemon);
    ck_assert_uint_eq(a->condition_count, 2);
    ck_assert_uint_eq(a->conditions[0].host, 2);
    ck_assert(!a->conditions[0].end && a->conditions[1].end);
    ck_assert_uint_eq(a->delay_ms, 10000);
    ck_assert_str_eq(a->ready, "up");
    ck_assert_uint_eq(a->expect, 3);
    ck_assert_str_eq(a->environment[0], "A=b c");
    ck_assert_uint_eq(a->interface_count, 2);
    ck_assert_uint_eq(a->interfaces[1].segment, 1);
    ck_assert_uint_eq(a->config.interfaces[0].address_count, 2);
    ck_assert_uint_eq(a->config.interfaces[1].address_count, 1);
    ck_assert(a->config.interfaces[1].has_mac && !a->config.interfaces[0].has_mac);
    ck_assert_uint_eq(a->config.dns_server_count, 1);
    ck_assert_ptr_nonnull(lab_find(&a->interfaces[1].keys, "fault-delay"));
    ck_assert_ptr_nonnull(lab_find(&a->interfaces[1].keys, "dump"));
}

START_TEST(every_key_is_read)
{
    ck_assert_msg(read_text(everything) == 0, "%s", lab.error);
    ck_assert_uint_eq(lab.timeout_ms, 120000);
    ck_assert_uint_eq(lab.grace_ms, 500);
    ck_assert(lab.stop_on_failure);
    ck_assert_str_eq(lab.logs, "l");
    ck_assert_str_eq(lab.captures, "c");
    ck_assert_uint_eq(lab.segment_count, 2);
    ck_assert_uint_eq(lab.segments[0].mtu, 1400);
    ck_assert_str_eq(lab.segments[0].capture, "lan.pcap");
    ck_assert_uint_eq(lab.segments[0].keys.count, 1);
    ck_assert_uint_eq(lab.host_count, 3);
    ck_assert_uint_eq(lab.router_count, 1);
    assert_host_a(&lab.hosts[0]);
    ck_assert_int_eq(lab.hosts[1].role, LAB_ROUTER);
    ck_assert_uint_eq(lab.hosts[1].config.interfaces[0].route_count, 1);
    ck_assert(lab.hosts[2].daemon);
}
END_TEST

START_TEST(what_is_not_said)
{
    ck_assert_msg(read_text("[host a]\nprogram = true\n") == 0, "%s", lab.error);
    ck_assert_int_eq(lab.backend, LAB_KERNEL);
    ck_assert_uint_eq(lab.timeout_ms, 0);
    ck_assert_uint_eq(lab.grace_ms, LAB_GRACE_MS);
    ck_assert(!lab.stop_on_failure);
    ck_assert_ptr_null(lab.logs);
    ck_assert_uint_eq(lab.hosts[0].expect, 0);
    ck_assert_uint_eq(lab.hosts[0].config.interface_count, 0);
}
END_TEST

/* --- Errors --- */

#define LAN "[segment lan]\n"
#define HOST "[host a]\nprogram=p\n"
#define ON_LAN LAN HOST "segment=lan\n"

static const struct {
    const char *text;
    unsigned line; /* 0: of no line */
    const char *reason;
} bad[] = {
    {"", 0, "there is no [host NAME] in it"},
    {LAN "[router r]\nsegment=lan\n", 0, "there is no [host NAME] in it"},
    {"timeout=1s\n", 1, "key \"timeout\" in front of any section"},
    {"[labs]\n", 1, "unknown section [labs]: there are [lab], "},
    {"[host]\n", 1, "host name \"\" has not 1 to 32 characters"},
    {"[host ../x]\n", 1, "host name \"../x\" does not begin with a letter or digit"},
    {"[host a/b]\n", 1, "host name \"a/b\" may hold letters, digits, "},
    {"[router a b]\n", 1, "router name \"a b\" may hold letters, digits, "},
    {"[segment abcdefghijklmnopqrstuvwxyz0123456]\n", 1, "segment name \"abc"},
    {LAN LAN, 2, "segment lan is given twice, first in line 1"},
    {HOST HOST, 3, "a host or router a is given twice, first in line 1"},
    {HOST "[router a]\n", 3, "a host or router a is given twice, first in line 1"},
    {"[lab]\nnonsense\n", 2, "neither a [section] nor key = value"},
    {"[lab]\nname=x\n", 2, "unknown key \"name\" in [lab]"},
    {"[lab]\nbackend=qemu\n", 2, "backend is \"kernel\" or \"vde\", not \"qemu\""},
    {"[lab]\ntimeout=30\n", 2, "timeout is a time with its unit, as 250ms, 10s or 2min, up to"},
    {"[lab]\ngrace=2d\n", 2, "grace is a time with its unit"},
    {"[lab]\nfailure=no\n", 2, "failure is \"stop\" or \"continue\", not \"no\""},
    {"[lab]\nlogs=\n", 2, "logs has no value"},
    {"[lab]\nlogs=a\nlogs=b\n", 3, "key \"logs\" is given twice"},
    {LAN "mtu=100\n", 2, "mtu is a number from 576 to 65521, not \"100\""},
    {LAN "address=192.0.2.1/24\n", 2, "unknown key \"address\" in [segment]"},
    {LAN "fault-loss=1\nfault-loss=2\n", 3, "key \"fault-loss\" is given twice"},
    {HOST "colour=red\n", 3, "unknown key \"colour\" in [host]"},
    {HOST "driver=tap\n", 3, "the lab itself names the drivers of its hosts"},
    {HOST "device=tap0\n", 3, "unknown key \"device\" in [host]"},
    {"[router r]\nprogram=p\n", 2, "unknown key \"program\" in [router]"},
    {HOST "main=on\n", 3, "main is \"yes\" or \"no\", not \"on\""},
    {HOST "expect=256\n", 3, "expect is an exit code from 0 to 255, not \"256\""},
    {HOST "env=x\n", 3, "env is NAME=VALUE, not \"x\""},
    {HOST "env==x\n", 3, "env is NAME=VALUE, not \"=x\""},
    {HOST "start=b\n", 3, "start is \"after HOST\" (it is ready) or \"end HOST\""},
    {HOST "start=after\n", 3, "start: \"\" is no name of 1 to 32 characters"},
    {HOST "start=after b\n", 3, "there is no [host b]"},
    {LAN "[router r]\nsegment=lan\n" HOST "start=end r\n", 6, "there is no [host r]"},
    {HOST "start=after b\n[host b]\nprogram=p\nstart=end a\n", 3,
     "a never starts: hosts wait for each other"},
    {HOST "start=after a\n", 3, "a never starts: hosts wait for each other"},
    {HOST "segment=lan\n", 3, "there is no [segment lan]"},
    {HOST "address=192.0.2.1/24\n", 3, "keys of an interface, but a is on no segment"},
    {"[host a]\nprogram=\n", 2, "program has no value"},
    {"[host a]\nprogram='p\n", 2, "a quote is not closed"},
    {"[host a]\nprogram=p\\\n", 2, "a quote is not closed, or nothing follows the last backslash"},
    {"[host a]\narguments=p\n", 2, "arguments in front of any program"},
    {"[host a]\n", 1, "host a has no program"},
    {HOST "main=yes\ndaemon=yes\n", 1, "host a can't be both main and daemon"},
    {HOST "probe=yes\n", 3, "probe is \"on\" or \"off\", not \"yes\""},
    {ON_LAN "address=192.0.2.1\n", 5, "\"192.0.2.1\" is no address with prefix length"},
    {ON_LAN "fault-loss=200\n", 5, "fault: fault-loss is '200': it must be"},
    {ON_LAN "fault-lost=2\n", 5, "fault: unknown option 'fault-lost'"},
    {LAN "fault-loss=much\n" HOST, 2, "fault: fault-loss is 'much': it must be"},
    {ON_LAN "gateway=192.0.2.254\n", 5, "gateway 192.0.2.254 is in no network of interface eth0"},
    {ON_LAN "mac=02:00:5e:10:00:01\nmac=02:00:5e:10:00:02\n", 6, "key \"mac\" is given twice"},
    {ON_LAN "address=192.0.2.1/24\n[host b]\nprogram=p\nsegment=lan\naddress=192.0.2.1/25\n", 9,
     "address 192.0.2.1 is given twice, first to a"},
    {ON_LAN "mac=02:00:5e:10:00:01\n[host b]\nprogram=p\nsegment=lan\nmac=02-00-5e-10-00-01\n", 9,
     "the MAC address is given twice, first to a"},
    {ON_LAN "address=fe80::1/64\n[host b]\nprogram=p\nsegment=lan\naddress=fe80::1/64\n", 9,
     "address fe80::1 is given twice, first to a"},
    {ON_LAN "[router r]\nsegment=lan\naddress=dhcp\n", 7, "a router has addresses with prefix"},
    {ON_LAN "[router r]\nsegment=lan\naddress=192.0.2.9/24\nroute=10.0.0.0/8 192.0.2.1\n", 8,
     "\"10.0.0.0/8 192.0.2.1\" is no route"},
    {ON_LAN "[router r]\nsegment=lan\nroute=10.0.0.0/8 via 2001:db8::1\n", 7, "\"10.0.0.0/8 via"},
    {"[lab]\nbackend=vde\n" ON_LAN "[router r]\nsegment=lan\n", 7, "routers need backend = kernel"},
    {"[lab]\nbackend=vde\n" LAN "capture=f\n" HOST, 3,
     "captures of a segment need backend = kernel"},
};

START_TEST(every_error_has_its_line)
{
    char head[128];

    ck_assert_int_eq(read_text(bad[_i].text), -EINVAL);
    if (bad[_i].line > 0) {
        snprintf(head, sizeof(head), "%s:%u: %s", path, bad[_i].line, bad[_i].reason);
    } else {
        snprintf(head, sizeof(head), "%s: %s", path, bad[_i].reason);
    }
    ck_assert_msg(strncmp(lab.error, head, strlen(head)) == 0, "\"%s\", not \"%s\"", lab.error,
                  head);
}
END_TEST

START_TEST(link_local_addresses_may_be_on_each_segment)
{
    ck_assert_msg(read_text(ON_LAN "address=fe80::1/64\n[segment far]\n[host b]\nprogram=p\n"
                            "segment=far\naddress=fe80::1/64\n") == 0, "%s", lab.error);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    unlink(path);
    ck_assert_int_eq(lab_read(&lab, path), -ENOENT);
    ck_assert_ptr_nonnull(strstr(lab.error, "can't be opened: No such file"));
}
END_TEST

/* --- Words and times --- */

static const struct {
    const char *text;
    const char *words[5];
} commands[] = {
    {"", {NULL}},
    {"  a\tb  ", {"a", "b"}},
    {"a'b c'd", {"ab cd"}},
    {"'' \"\"", {"", ""}},
    {"'a\\b' \"a\\b\\\\\" a\\ b", {"a\\b", "a\\b\\", "a b"}},
    {"\"it's\" '\"'", {"it's", "\""}},
};

START_TEST(words_are_divided)
{
    char **words = NULL;
    size_t count = 0;

    ck_assert_int_eq(lab_words(commands[_i].text, &words, &count), 0);
    for (size_t i = 0; i < count; i++) {
        ck_assert_str_eq(words[i], commands[_i].words[i]);
        free(words[i]);
    }
    ck_assert_ptr_null(commands[_i].words[count]);
    free(words);
}
END_TEST

START_TEST(times_have_units)
{
    static const char *const wrong[] = {"", "1", "s", "-1s", "1.5s", "1 h", "86401s", "1sec",
                                        "99999999999999999999s"};
    unsigned ms = 7;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ck_assert_msg(lab_time(wrong[i], &ms) == -EINVAL, "%s", wrong[i]);
        ck_assert_uint_eq(ms, 7);
    }
    ck_assert_int_eq(lab_time("0", &ms), 0);
    ck_assert_uint_eq(ms, 0);
    ck_assert_int_eq(lab_time("250ms", &ms), 0);
    ck_assert_uint_eq(ms, 250);
    ck_assert_int_eq(lab_time("10 s", &ms), 0);
    ck_assert_uint_eq(ms, 10000);
    ck_assert_int_eq(lab_time("1440min", &ms), 0);
    ck_assert_uint_eq(ms, 86400000);
}
END_TEST

Suite *suite_lab(void)
{
    Suite *suite = suite_create("lab");
    TCase *tests = tcase_create("lab");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_key_is_read);
    tcase_add_test(tests, what_is_not_said);
    tcase_add_loop_test(tests, every_error_has_its_line, 0, sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tests, link_local_addresses_may_be_on_each_segment);
    tcase_add_test(tests, a_missing_file_is_named);
    tcase_add_loop_test(tests, words_are_divided, 0, sizeof(commands) / sizeof(commands[0]));
    tcase_add_test(tests, times_have_units);
    suite_add_tcase(suite, tests);
    return suite;
}
