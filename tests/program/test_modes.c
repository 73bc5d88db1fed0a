/*
 * test_modes.c - "winlwip recv --mode": whatever the way of receiving, the output is the same.
 *
 * What --mode sync shows is the measure; other tests say that it is right. Captures made at random
 * have test_captures.c.
 */
#include "tests/program/program.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/capture_file.h"
#include "tests/support/frames.h"
#include "tests/support/process.h"

/* Those with posted receives. */
static const char *const modes[] = {"event", "apc", "port"};
#define MODES (sizeof(modes) / sizeof(modes[0]))
#define MODE modes[_i]

/* Datagrams of a burst, and the pause before, in which the program opens its sockets. */
#define BURST 40
#define PAUSE_MS 1000

#define HOST "--mac 02:00:5e:10:00:01 --address 192.0.2.1/24 --address 2001:db8::1/64"

static struct capture_file capture;
static char capture_path[64];

static void set_up(void)
{
    strcpy(capture_path, "/tmp/test_modes.XXXXXX");
    int fd = mkstemp(capture_path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    capture_file_pcapng(&capture, false);
    capture_file_interface(&capture, 1, 6);
}

static void tear_down(void)
{
    unlink(capture_path);
}

/* Appends a datagram to a port of ours, so many milliseconds after the capture's begin. */
static void put_at(unsigned ms, const char *dst, uint16_t port, const char *text)
{
    static struct frame frame;

    frame_build(&(struct frame_spec){.src = strchr(dst, ':') != NULL ? "2001:db8::9" : "192.0.2.9",
                                     .dst = dst, .dst_port = port, .text = text}, &frame);
    capture_file_packet(&capture, 0, 1735689600000000u + 1000u * ms, frame.data, frame.bytes);
}

static void put(const char *dst, uint16_t port, const char *text)
{
    put_at(0, dst, port, text);
}

static void run(struct process_result *result, const char *arguments, const char *mode)
{
    struct process process;

    process_start(&process, "recv %s --mode %s", arguments, mode);
    process_finish(&process, result);
    ck_assert_msg(result->status == 0, "status %d: %s", result->status, result->errors);
}

/* Runs the program in all ways, with few posted receives and with many. Returns what sync shows. */
static char *shown_alike(const char *arguments)
{
    static const unsigned pending[] = {1, 3, 16};
    struct process_result expected, result;
    char mode[64];

    run(&expected, arguments, "sync");
    ck_assert_str_eq(expected.errors, "");
    for (unsigned i = 0; i < MODES * sizeof(pending) / sizeof(pending[0]); i++) {
        snprintf(mode, sizeof(mode), "%s --pending %u", modes[i % MODES], pending[i / MODES]);
        run(&result, arguments, mode);
        process_assert_same(mode, result.output, expected.output);
        ck_assert_str_eq(result.errors, "");
        process_result_free(&result);
    }
    free(expected.errors);
    return expected.output;
}

/* --- The shipped capture --- */

/* As "make demo" has it. */
#define DEMO "--config examples/demo.conf --bind 5000,join=239.1.2.3 " \
    "--bind [::]:5000,join=ff15::1234,join=ff02::fb --bind 5001,buffer=24 " \
    "--bind [::]:5001,buffer=24 --bind 5002,control=40 " \
    "--bind [::]:5002,control=40,join=ff15::1234 --bind 5003,buffer=24,control=40,join=239.1.2.3 "

static const char *const forms[] = {
    "", "--hex", "--json", "--timestamps", "--coalesce 65535 --json", "--count 1", "--count 7",
    "--buffer 0 --control 0 --json", "--queue 1",
};

START_TEST(shipped_capture_is_shown_alike)
{
    char arguments[1024];

    snprintf(arguments, sizeof(arguments), DEMO "%s", forms[_i]);
    char *output = shown_alike(arguments);
    ck_assert_uint_gt(strlen(output), 100);
    free(output);
}
END_TEST

/* --- One datagram for several sockets --- */

/* All get their copies at one moment, and are shown in the order of --bind. */
START_TEST(copies_come_in_the_order_of_the_sockets)
{
    char arguments[1024];
    static const char *const groups[] = {"239.1.2.3", "192.0.2.255", "ff15::1234"};

    for (unsigned i = 0; i < 30; i++)
        put(groups[i % 3], 6000, "for all");
    capture_file_save(&capture, capture_path);
    snprintf(arguments, sizeof(arguments), "--pcap %s " HOST " --bind 192.0.2.1:6000,name=a "
             "--bind 6000,name=b --bind [2001:db8::1]:6000,name=c --bind [::]:6000,name=d "
             "--join 239.1.2.3 --join ff15::1234 --json --probe --count %d", capture_path, 30 + _i);
    char *output = shown_alike(arguments);
    const char *second = strstr(output, "\"number\":2,");
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_nonnull(strstr(second, "\"b\""));
    free(output);
}
END_TEST

/* --- More at once than receives are posted --- */

/*
 * Writes a capture that is replayed by its time stamps: behind a pause a burst, for two sockets in
 * turn.
 */
static void put_burst(void)
{
    char text[16];

    put("192.0.2.1", 9, "nobody's");
    for (unsigned i = 0; i < BURST; i++) {
        snprintf(text, sizeof(text), "%u", i);
        put_at(PAUSE_MS, "192.0.2.1", 6000 + i % 2, text);
    }
    capture_file_save(&capture, capture_path);
}

/* The payloads that the socket of that name ("": any) got, as one string; the name is in quotes. */
static void payloads_of(const char *output, const char *name, char *out)
{
    char key[32];

    snprintf(key, sizeof(key), "\"socket\":%s", name);
    *out = '\0';
    for (const char *row = output; (row = strstr(row, key)) != NULL; row++) {
        const char *text = strstr(row, "\"text\":\"");
        ck_assert_ptr_nonnull(text);
        strncat(out, text + 8, strcspn(text + 8, "\""));
        strcat(out, " ");
    }
}

static void expected_payloads(unsigned first, unsigned step, char *out)
{
    *out = '\0';
    for (unsigned i = first; i < BURST; i += step)
        sprintf(out + strlen(out), "%u ", i);
}

/* The value of a counter of --stats. */
static unsigned long counter(const char *output, const char *name)
{
    char key[64];

    snprintf(key, sizeof(key), "\"%s\":", name);
    const char *at = strstr(output, key);
    ck_assert_ptr_nonnull(at);
    return strtoul(at + strlen(key), NULL, 10);
}

static const struct {
    const char *mode;
    bool knows_arrival; /* among several sockets */
} bursts[] = {
    {"sync", false},
    {"event --pending 1", false},
    {"event --pending 3", false},
    {"event --pending 40", false},
    {"apc --pending 1", false},
    {"apc --pending 3", false},
    {"apc --pending 40", true},
    {"port --pending 1", false},
    {"port --pending 3", false},
    {"port --pending 40", true},
};
#define BURSTS (int)(sizeof(bursts) / sizeof(bursts[0]))

/* The last receives are refused: the network is down when the queue is empty at last. */
START_TEST(burst_keeps_its_order)
{
    char arguments[1024], expected[BURST * 4], shown[BURST * 4];
    struct process_result result;

    put_burst();
    snprintf(arguments, sizeof(arguments), "--pcap %s --timing real " HOST
             " --bind 6000,name=even --bind 6001,name=odd --json", capture_path);
    run(&result, arguments, bursts[_i].mode);
    ck_assert_str_eq(result.errors, "");
    payloads_of(result.output, "\"even\"", shown);
    expected_payloads(0, 2, expected);
    ck_assert_str_eq(shown, expected);
    payloads_of(result.output, "\"odd\"", shown);
    expected_payloads(1, 2, expected);
    ck_assert_str_eq(shown, expected);
    if (bursts[_i].knows_arrival) {
        payloads_of(result.output, "", shown);
        expected_payloads(0, 1, expected);
        ck_assert_str_eq(shown, expected);
    }
    process_result_free(&result);
}
END_TEST

/* Some come while receives are being posted, the first of which are complete before the last. */
START_TEST(nothing_is_lost_while_receives_are_posted)
{
    struct process_result result;
    char arguments[1024], mode[64];

    for (unsigned ms = 0; ms < 2 * (unsigned)_i; ms++)
        put_at(ms, "192.0.2.1", 6000, "early");
    capture_file_save(&capture, capture_path);
    snprintf(arguments, sizeof(arguments), "--pcap %s --timing real --end wait --timeout 200 " HOST
             " --bind 6000 --json --stats", capture_path);
    for (size_t i = 0; i < MODES; i++) {
        snprintf(mode, sizeof(mode), "%s --pending 1024", modes[i]);
        run(&result, arguments, mode);
        ck_assert_msg(counter(result.output, "shown") == counter(result.output, "copies"), "%s: %s",
                      mode, result.output);
        process_result_free(&result);
    }
}
END_TEST

/* The receive that waits gets its datagram alone; those behind it were queued, and are joined. */
START_TEST(coalescing_joins_what_is_queued)
{
    char arguments[1024], mode[64], shown[64];
    struct process_result result;

    put("192.0.2.1", 9, "nobody's");
    for (unsigned i = 0; i < 3; i++)
        put_at(PAUSE_MS, "192.0.2.1", 6000, i < 2 ? "ab" : "c");
    capture_file_save(&capture, capture_path);
    snprintf(arguments, sizeof(arguments), "--pcap %s --timing real " HOST
             " --bind 6000,name=x --json --coalesce 100", capture_path);
    snprintf(mode, sizeof(mode), "%s --pending 1", MODE);
    run(&result, arguments, mode);
    payloads_of(result.output, "", shown);
    ck_assert_str_eq(shown, "ab abc ");
    process_result_free(&result);
}
END_TEST

/* --- How it was done --- */

/* Takes out the values of the counters that tell how datagrams went to sockets. */
static void blank_out(char *output)
{
    static const char *const names[] = {"\"copies_direct\":", "\"copies_queued\":"};

    for (size_t i = 0; i < 2; i++) {
        char *value = strstr(output, names[i]) + strlen(names[i]);
        size_t digits = strspn(value, "0123456789");
        memmove(value, value + digits, strlen(value + digits) + 1);
    }
}

/*
 * Posted receives get their datagrams from the frame; what sync receives was queued. No other
 * counter is different.
 */
START_TEST(posted_receives_are_filled_from_the_frame)
{
    struct process_result sync, posted;

    run(&sync, DEMO "--json --stats", "sync");
    unsigned long copies = counter(sync.output, "copies");
    ck_assert_uint_gt(copies, 30);
    ck_assert_uint_eq(counter(sync.output, "copies_queued"), copies);
    run(&posted, DEMO "--json --stats", MODE);
    ck_assert_uint_eq(counter(posted.output, "copies_direct"), copies);
    blank_out(sync.output);
    blank_out(posted.output);
    process_assert_same(MODE, posted.output, sync.output);
    process_result_free(&sync);
    process_result_free(&posted);
}
END_TEST

/* --- Ends --- */

static const int signals[] = {SIGINT, SIGTERM};

/* With receives pending: the closing lines come, and the exit status is 0. */
START_TEST(signal_ends_the_run)
{
    struct process process;
    struct process_result result;
    char line[512];

    put("192.0.2.1", 6000, "the last");
    capture_file_save(&capture, capture_path);
    process_start(&process, "recv --pcap %s --end wait " HOST " --bind 6000 --bind 6001 --mode %s",
                  capture_path, modes[_i / 2]);
    process_line(&process, line, sizeof(line));
    process_line(&process, line, sizeof(line));
    ck_assert_ptr_nonnull(strstr(line, "the last"));
    ck_assert_int_eq(kill(process.child, signals[_i % 2]), 0);
    process_finish(&process, &result);
    ck_assert_msg(result.status == 0, "status %d: %s", result.status, result.errors);
    ck_assert_str_eq(result.errors, "");
    ck_assert_ptr_nonnull(strstr(result.output, "1 datagram shown"));
    process_result_free(&result);
}
END_TEST

START_TEST(timeout_ends_the_run)
{
    char arguments[1024];

    put("192.0.2.1", 6000, "the last");
    capture_file_save(&capture, capture_path);
    snprintf(arguments, sizeof(arguments), "--pcap %s --end wait --timeout 200 " HOST
             " --bind 6000 --bind 6001", capture_path);
    char *output = shown_alike(arguments);
    ck_assert_ptr_nonnull(strstr(output, "1 datagram shown"));
    free(output);
}
END_TEST

/* --- What makes no sense --- */

static const struct {
    const char *arguments;
    int status;
    const char *line;
} bad[] = {
    {"--mode poll", 2, "winlwip: --mode poll: expected sync, event, apc or port\n"},
    {"--mode port --pending 0", 2, "winlwip: --pending 0: expected a number from 1 to 1024\n"},
    {"--pending 5", 2, "winlwip: --pending needs --mode event, apc or port\n"},
};

START_TEST(bad_modes_get_one_line)
{
    struct process process;
    struct process_result result;

    process_start(&process, "recv --bind 6000 %s", bad[_i].arguments);
    process_finish(&process, &result);
    ck_assert_int_eq(result.status, bad[_i].status);
    ck_assert_str_eq(result.output, "");
    ck_assert_str_eq(result.errors, bad[_i].line);
    process_result_free(&result);
}
END_TEST

/* More than the configuration lets wait on one socket (C59) is an error, not a wait for ever. */
START_TEST(too_many_receives_are_an_error)
{
    struct process process;
    struct process_result result;
    FILE *file = fopen(capture_path, "w");

    ck_assert_ptr_nonnull(file);
    fputs("[winlwip]\nmax-pending = 4\n", file);
    fclose(file);
    process_start(&process, "recv --config %s --bind 6000 --mode %s --pending 20", capture_path,
                  MODE);
    process_finish(&process, &result);
    ck_assert_int_eq(result.status, 1);
    ck_assert_str_eq(result.errors, "winlwip: port 6000: WSARecvMsg: WSAEWOULDBLOCK\n");
    process_result_free(&result);
}
END_TEST

Suite *suite_program_modes(void)
{
    Suite *suite = suite_create("modes");
    TCase *tcase = tcase_create("modes");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, shipped_capture_is_shown_alike, 0,
                        (int)(sizeof(forms) / sizeof(forms[0])));
    tcase_add_loop_test(tcase, copies_come_in_the_order_of_the_sockets, 0, 4);
    tcase_add_loop_test(tcase, burst_keeps_its_order, 0, BURSTS);
    tcase_add_loop_test(tcase, nothing_is_lost_while_receives_are_posted, 1, 7);
    tcase_add_loop_test(tcase, coalescing_joins_what_is_queued, 0, (int)MODES);
    tcase_add_loop_test(tcase, posted_receives_are_filled_from_the_frame, 0, (int)MODES);
    tcase_add_loop_test(tcase, signal_ends_the_run, 0, 2 * (int)MODES);
    tcase_add_test(tcase, timeout_ends_the_run);
    tcase_add_loop_test(tcase, bad_modes_get_one_line, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_loop_test(tcase, too_many_receives_are_an_error, 0, (int)MODES);
    suite_add_tcase(suite, tcase);
    return suite;
}
