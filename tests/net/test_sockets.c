/*
 * test_sockets.c - two hosts as processes, joined by a socket without anything between them: all
 * kinds of datagrams, a peer that is killed and comes back, and one whose loss takes the network
 * down.
 *
 * No network is touched: the socket's file is in a directory of the test's own.
 */
#include "tests/net/net.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/process.h"

#define HEARS \
    "--address 192.0.2.1/24 --address 2001:db8::1/64 --bind 5000,join=239.1.2.3 " \
    "--bind [::]:5000,join=ff15::1234"
#define TELLS "--address 192.0.2.2/24 --address 2001:db8::2/64 --broadcast"

static char directory[64];

static void set_up(void)
{
    strcpy(directory, "/tmp/winlwip-sockets-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_eq(chdir(directory), 0);
}

static void tear_down(void)
{
    unlink("near");
    unlink("far");
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(rmdir(directory), 0);
}

/* Starts a host that hears until it has shown so many datagrams; returns when its link is open. */
static void hear(struct process *process, const char *link, int count)
{
    char line[256];

    process_start(process, "recv %s " HEARS " --count %d", link, count);
    process_line(process, line, sizeof(line));
    ck_assert_ptr_nonnull(strstr(line, "no source"));
}

/* The next line that the host shows is of a datagram to that place, with that payload. */
static void expect_line(const struct process *process, const char *place, const char *text)
{
    char line[256];

    process_line(process, line, sizeof(line));
    ck_assert_msg(strstr(line, place) != NULL && strstr(line, text) != NULL, "%s", line);
}

static void finish(struct process *process, int status)
{
    struct process_result result;

    process_finish(process, &result);
    ck_assert_msg(result.status == status, "status %d: %s%s", result.status, result.output,
                  result.errors);
    process_result_free(&result);
}

/* One host tells the other something: a run of its own, with a connection of its own. */
static void tell(const char *link, const char *place, const char *text)
{
    struct process process;

    process_start(&process, "send %s " TELLS " --to %s --text %s", link, place, text);
    finish(&process, 0);
}

static const struct {
    const char *near, *far;
} joined[] = {
    {"--stream listen=unix:near", "--stream connect=unix:near"},
    {"--dgram local=unix:near,remote=unix:far", "--dgram local=unix:far,remote=unix:near"},
};

/* Each of these runs ends its connection, and the next one makes it anew. */
START_TEST(all_casts)
{
    static const char *const places[] = {
        "192.0.2.1:5000", "[2001:db8::1]:5000", "192.0.2.255:5000", "239.1.2.3:5000",
        "[ff15::1234]:5000",
    };
    enum { PLACES = sizeof(places) / sizeof(places[0]) };
    struct process process;

    hear(&process, joined[_i].near, PLACES);
    for (int i = 0; i < PLACES; i++) {
        char text[] = {(char)('a' + i), 'x', 'y', '\0'};

        tell(joined[_i].far, places[i], text);
        expect_line(&process, places[i], text);
    }
    finish(&process, 0);
    ck_assert_int_eq(access("near", F_OK), -1);
}
END_TEST

/*
 * A host that listens is killed, and its socket's file stays behind. Another one takes its place,
 * and who was connected to the first one is found by it.
 */
START_TEST(killed_and_started_again)
{
    struct process process, teller;

    hear(&process, "--stream listen=unix:near", 1);
    process_start(&teller, "send --stream connect=unix:near,reconnect=20 " TELLS
                  " --to 239.1.2.3:5000 --text again --count 100000 --interval 20");
    expect_line(&process, "239.1.2.3:5000", "again");
    finish(&process, 0);
    hear(&process, "--stream listen=unix:near", 1000000);
    expect_line(&process, "239.1.2.3:5000", "again");
    ck_assert_int_eq(kill(process.child, SIGKILL), 0);
    finish(&process, -1);
    ck_assert_int_eq(access("near", F_OK), 0);
    hear(&process, "--stream listen=unix:near", 3);
    for (int i = 0; i < 3; i++) {
        expect_line(&process, "239.1.2.3:5000", "again");
    }
    finish(&process, 0);
    ck_assert_int_eq(kill(teller.child, SIGKILL), 0);
    finish(&teller, -1);
}
END_TEST

/* What came before the loss is shown, then the program is told that the network is down. */
START_TEST(lost_peer_takes_the_network_down)
{
    struct process process;

    hear(&process, "--stream listen=unix:near,gone=down", 1000000);
    tell("--stream connect=unix:near", "192.0.2.1:5000", "last");
    expect_line(&process, "192.0.2.1:5000", "last");
    finish(&process, 0);
}
END_TEST

Suite *suite_net_sockets(void)
{
    Suite *suite = suite_create("net-sockets");
    TCase *tcase = tcase_create("net-sockets");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, all_casts, 0, 2);
    tcase_add_test(tcase, killed_and_started_again);
    tcase_add_test(tcase, lost_peer_takes_the_network_down);
    suite_add_tcase(suite, tcase);
    return suite;
}
