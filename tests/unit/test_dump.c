/*
 * test_dump.c - the dump wrapper: its file byte for byte, and whatever happens to it.
 *
 * Expected files are made by tests/support/capture_file.c, which shares nothing with the wrapper;
 * libpcap reads them, too.
 */
#define _GNU_SOURCE /* fsopen */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/capture_file.h"
#include "tests/support/prng.h"
#include "tests/support/runner.h"
#include "tests/support/sandbox.h"
#include "tests/unit/suites.h"
#include "tests/unit/wrap_fixture.h"

#define NS_PER_S INT64_C(1000000000)

enum { HEADER_BYTES = 24, RECORD_BYTES = 16 + WRAPFIX_BYTES };

static char path[64];
static char options[160];
static uint32_t numbers[4096];

static void setup(void)
{
    int fd;

    wrapfix_setup();
    strcpy(path, "/tmp/winlwip-dump-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    snprintf(options, sizeof(options), "dump=%s", path);
}

static void teardown(void)
{
    wrapfix_teardown();
    unlink(path);
}

static int64_t file_bytes(const char *name)
{
    struct stat status;

    ck_assert_int_eq(stat(name, &status), 0);
    return status.st_size;
}

/* --- What stands in it --- */

/* Reads the file by libpcap: count records numbered from first, in order, of live frames. */
static unsigned check_records(const char *name, int link_type, uint32_t first)
{
    char reason[PCAP_ERRBUF_SIZE];
    pcap_t *reader = pcap_open_offline_with_tstamp_precision(name, PCAP_TSTAMP_PRECISION_NANO,
                                                             reason);
    struct pcap_pkthdr *header;
    const u_char *data;
    unsigned count = 0;
    int result;

    ck_assert_msg(reader != NULL, "%s", reason);
    ck_assert_int_eq(pcap_datalink(reader), link_type);
    while ((result = pcap_next_ex(reader, &header, &data)) == 1) {
        ck_assert_uint_eq(header->len, WRAPFIX_BYTES);
        ck_assert_uint_eq(wrapfix_number(data, header->caplen), first + count);
        count++;
    }
    ck_assert_int_eq(result, PCAP_ERROR_BREAK);
    pcap_close(reader);
    return count;
}

static void add_expected(struct capture_file *file, int64_t time_ns, uint32_t number,
                         uint32_t kept)
{
    uint8_t data[WRAPFIX_BYTES];
    const struct capture_record record = {(uint32_t)(time_ns / NS_PER_S),
                                          (uint32_t)(time_ns % NS_PER_S), WRAPFIX_BYTES};

    wrapfix_fill(data, number);
    capture_file_pcap_record(file, record, data, kept);
}

/* The file is this one, but for the longest frame that its header promises. */
static void check_file(const struct capture_file *expected, uint32_t snap_bytes)
{
    static uint8_t bytes[CAPTURE_FILE_MAX_BYTES];
    FILE *in = fopen(path, "rb");
    size_t count;
    uint32_t snap;

    ck_assert_ptr_nonnull(in);
    count = fread(bytes, 1, sizeof(bytes), in);
    fclose(in);
    ck_assert_uint_eq(count, expected->count);
    memcpy(&snap, bytes + 16, sizeof(snap));
    ck_assert_uint_eq(snap, snap_bytes);
    memcpy(bytes + 16, expected->bytes + 16, sizeof(snap));
    ck_assert_mem_eq(bytes, expected->bytes, count);
}

/* Both directions of a replay, whose clock is the capture's, after each call. */
START_TEST(file_is_known_byte_for_byte)
{
    static const struct memlink_options replay = {.own_clock = true, .pull = true};
    static struct capture_file expected;
    int64_t time_ns = 1700000000 * NS_PER_S + 123456789;

    wrapfix_open(&winlwip_dump_wrapper, &replay, options);
    capture_file_pcap(&expected, false, true, 1);
    check_file(&expected, LINK_FRAME_MAX_BYTES);
    for (uint32_t i = 0; i < 50; i++) {
        wrapfix_push(i * 2, 1, time_ns);
        ck_assert_int_eq(wrapfix_receive(numbers, 1, 32), 1);
        add_expected(&expected, time_ns, i * 2, WRAPFIX_BYTES);
        check_file(&expected, LINK_FRAME_MAX_BYTES);
        wrapfix_send(i * 2 + 1, 1);
        add_expected(&expected, time_ns, i * 2 + 1, WRAPFIX_BYTES);
        check_file(&expected, LINK_FRAME_MAX_BYTES);
        time_ns += 999999937;
    }
    ck_assert_uint_eq(check_records(path, DLT_EN10MB, 0), 100);
}
END_TEST

START_TEST(frames_are_cut_to_the_snap_length)
{
    static const struct memlink_options replay = {.own_clock = true, .pull = true,
                                                  .ip_only = true};
    static struct capture_file expected;
    static const uint32_t lengths[] = {1, 19, 20, 21, WRAPFIX_BYTES, WRAPFIX_BYTES + 1};

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        uint32_t kept = lengths[i] < WRAPFIX_BYTES ? lengths[i] : WRAPFIX_BYTES;

        snprintf(options, sizeof(options), "dump-snaplen=%u dump=%s", lengths[i], path);
        wrapfix_open(&winlwip_dump_wrapper, &replay, options);
        wrapfix_push(7, 1, NS_PER_S);
        wrapfix_receive(numbers, 1, 1);
        wrapfix_send(8, 1);
        capture_file_pcap(&expected, false, true, 101);
        add_expected(&expected, NS_PER_S, 7, kept);
        add_expected(&expected, NS_PER_S, 8, kept);
        check_file(&expected, lengths[i]);
    }
}
END_TEST

START_TEST(frames_that_came_cut_say_so)
{
    uint8_t data[60] = {0};
    const struct link_frame frame = {.data = data, .bytes = 60, .original_bytes = 1500,
                                     .flags = LINK_FRAME_CUT};
    char reason[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *header;
    const u_char *content;
    pcap_t *reader;

    wrapfix_open(&winlwip_dump_wrapper, NULL, options);
    memlink_push_described(wrapfix_inner, &frame);
    ck_assert_int_eq(wrapfix_link->ops->receive(wrapfix_link, &(struct link_frame){0}, 1), 1);
    reader = pcap_open_offline(path, reason);
    ck_assert_ptr_nonnull(reader);
    ck_assert_int_eq(pcap_next_ex(reader, &header, &content), 1);
    ck_assert_uint_eq(header->caplen, 60);
    ck_assert_uint_eq(header->len, 1500);
    pcap_close(reader);
}
END_TEST

/* Frames of a live link carry CLOCK_MONOTONIC, or no time; the file has the real one. */
START_TEST(live_frames_have_the_real_time)
{
    char reason[PCAP_ERRBUF_SIZE];
    struct timespec before;
    struct pcap_pkthdr *header;
    const u_char *content;
    pcap_t *reader;

    clock_gettime(CLOCK_REALTIME, &before);
    wrapfix_open(&winlwip_dump_wrapper, NULL, options);
    wrapfix_push(0, 1, 0);
    wrapfix_push(1, 1, wrapfix_now_ns());
    ck_assert_int_eq(wrapfix_receive(numbers, 2, 32), 2);
    wrapfix_send(2, 1);
    reader = pcap_open_offline(path, reason);
    ck_assert_ptr_nonnull(reader);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(pcap_next_ex(reader, &header, &content), 1);
        ck_assert_int_ge(header->ts.tv_sec, before.tv_sec - 1);
        ck_assert_int_le(header->ts.tv_sec, time(NULL) + 1);
    }
    pcap_close(reader);
}
END_TEST

/* More frames and pieces than one write takes. */
START_TEST(long_bursts_are_whole)
{
    static struct link_packet packets[100];
    static struct iovec parts[100][WRAPFIX_BYTES];
    static uint8_t data[100][WRAPFIX_BYTES];

    for (unsigned i = 0; i < 100; i++) {
        wrapfix_fill(data[i], i);
        for (unsigned j = 0; j < WRAPFIX_BYTES; j++) {
            parts[i][j] = (struct iovec){&data[i][j], 1};
        }
        packets[i] = (struct link_packet){.parts = parts[i], .part_count = WRAPFIX_BYTES};
    }
    wrapfix_open(&winlwip_dump_wrapper, NULL, options);
    memlink_set_room(wrapfix_inner, 99);
    ck_assert_uint_eq(wrapfix_link->ops->send(wrapfix_link, packets, 100), 99);
    ck_assert_uint_eq(check_records(path, DLT_EN10MB, 0), 99);
    wrapfix_push(99, 64, 0);
    ck_assert_int_eq(wrapfix_receive(numbers, 64, 64), 64);
    ck_assert_uint_eq(check_records(path, DLT_EN10MB, 0), 163);
}
END_TEST

START_TEST(longest_frames_are_whole)
{
    static uint8_t data[LINK_FRAME_MAX_BYTES];
    const struct iovec part = {data, sizeof(data)};
    const struct link_packet packet = {.parts = &part, .part_count = 1};

    wrapfix_open(&winlwip_dump_wrapper, NULL, options);
    ck_assert_uint_eq(wrapfix_link->ops->send(wrapfix_link, &packet, 1), 1);
    ck_assert_int_eq(file_bytes(path), HEADER_BYTES + 16 + (int64_t)sizeof(data));
}
END_TEST

START_TEST(existing_file_is_emptied)
{
    ck_assert_int_eq(truncate(path, 100000), 0);
    wrapfix_open(&winlwip_dump_wrapper, NULL, options);
    ck_assert_int_eq(file_bytes(path), HEADER_BYTES);
}
END_TEST

/* --- Where it can't be written --- */

/* RLIMIT_FSIZE as a full disk: no signal, no piece of a record, and it goes on when there is room. */
START_TEST(limit_of_file_size_is_kept)
{
    uint8_t data[WRAPFIX_BYTES] = {0};
    const struct iovec part = {data, WRAPFIX_BYTES};
    const struct link_packet packets[3] = {{&part, 1, 0, 0, 0, false}, {&part, 1, 0, 0, 0, false},
                                           {&part, 1, 0, 0, 0, false}};
    struct link_frame frames[20];
    struct rlimit before;
    struct rlimit limit;
    unsigned sent;
    int came;

    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = HEADER_BYTES + 5 * RECORD_BYTES + 3;
    wrapfix_open(&winlwip_dump_wrapper, NULL, options);
    wrapfix_push(0, 20, 0);
    /* Under the limit nothing of Check's may be used, which writes files of its own. */
    (void)!setrlimit(RLIMIT_FSIZE, &limit);
    came = wrapfix_link->ops->receive(wrapfix_link, frames, 20);
    sent = wrapfix_link->ops->send(wrapfix_link, packets, 3);
    (void)!setrlimit(RLIMIT_FSIZE, &before);
    ck_assert_int_eq(came, 20);
    ck_assert_uint_eq(sent, 3);
    ck_assert_int_eq(file_bytes(path), HEADER_BYTES + 5 * RECORD_BYTES);
    ck_assert_ptr_nonnull(strstr(wrapfix_report(), ": 5 frames written, 18 not, the last one: "
                                 "File too large\n"));
    wrapfix_send(5, 2);
    ck_assert_uint_eq(check_records(path, DLT_EN10MB, 0), 7);
}
END_TEST

/* A file system of 64 KiB. Returns a descriptor of its root, or skips the test. */
static int small_disk(void)
{
    int context = -1;
    int root = -1;

    if (geteuid() == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) {
        context = fsopen("tmpfs", FSOPEN_CLOEXEC);
    }
    if (context >= 0 && fsconfig(context, FSCONFIG_SET_STRING, "size", "65536", 0) == 0 &&
        fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0) {
        root = fsmount(context, FSMOUNT_CLOEXEC, 0);
    }
    if (root < 0) {
        runner_skip("no file system can be made here");
    }
    close(context);
    return root;
}

/* Writes until nothing fits, then makes room again. */
START_TEST(full_disk_is_survived)
{
    char full[64];
    char filler[64];
    int root = small_disk();
    int fd;
    unsigned whole;

    snprintf(full, sizeof(full), "/proc/self/fd/%d/full.pcap", root);
    snprintf(filler, sizeof(filler), "/proc/self/fd/%d/filler", root);
    fd = open(filler, O_WRONLY | O_CREAT, 0600);
    ck_assert_int_eq(ftruncate(fd, 32768), 0);
    ck_assert_int_eq(posix_fallocate(fd, 0, 32768), 0);
    close(fd);
    snprintf(options, sizeof(options), "dump=%s", full);
    wrapfix_open(&winlwip_dump_wrapper, NULL, options);
    for (unsigned i = 0; i < 40; i++) {
        wrapfix_push(i * 32, 32, 0);
        ck_assert_int_eq(wrapfix_receive(numbers, 32, 32), 32);
    }
    ck_assert_ptr_nonnull(strstr(wrapfix_report(), "No space left on device\n"));
    whole = check_records(full, DLT_EN10MB, 0);
    ck_assert_uint_gt(whole, 100);
    ck_assert_uint_lt(whole, 1000);
    ck_assert_int_eq(file_bytes(full), HEADER_BYTES + (int64_t)whole * RECORD_BYTES);

    ck_assert_int_eq(unlink(filler), 0);
    wrapfix_send(whole, 5);
    ck_assert_uint_eq(check_records(full, DLT_EN10MB, 0), whole + 5);
    wrapfix_teardown();
    close(root);
}
END_TEST

START_TEST(errors_of_the_device_are_counted)
{
    wrapfix_open(&winlwip_dump_wrapper, NULL, options);
    wrapfix_send(0, 2);
    sandbox_forbid(__NR_pwritev, EIO);
    wrapfix_send(2, 3);
    wrapfix_push(0, 4, 0);
    ck_assert_int_eq(wrapfix_receive(numbers, 4, 32), 4);
    ck_assert_uint_eq(memlink_sent(wrapfix_inner), 5);
    ck_assert_ptr_nonnull(strstr(wrapfix_report(), ": 2 frames written, 7 not, the last one: "
                                 "Input/output error\n"));
    ck_assert_uint_eq(check_records(path, DLT_EN10MB, 0), 2);
}
END_TEST

START_TEST(file_that_cannot_be_cut_is_left_alone)
{
    char full[64];
    int root = small_disk();

    snprintf(full, sizeof(full), "/proc/self/fd/%d/full.pcap", root);
    snprintf(options, sizeof(options), "dump=%s", full);
    wrapfix_open(&winlwip_dump_wrapper, NULL, options);
    sandbox_forbid(__NR_ftruncate, EIO);
    for (unsigned i = 0; i < 40; i++) {
        wrapfix_push(i * 32, 32, 0);
        ck_assert_int_eq(wrapfix_receive(numbers, 32, 32), 32);
    }
    ck_assert_ptr_nonnull(strstr(wrapfix_report(), "the last one: Input/output error\n"));
    ck_assert_int_eq(file_bytes(full), 65536);
    wrapfix_teardown();
    close(root);
}
END_TEST

/* --- A crash --- */

/*
 * Sends frames until it is killed, and counts those whose call has come back. A process of its own,
 * which may use nothing of Check's.
 */
static void run_until_killed(_Atomic uint32_t *done)
{
    uint8_t data[WRAPFIX_BYTES];
    const struct iovec part = {data, WRAPFIX_BYTES};
    const struct link_packet packet = {.parts = &part, .part_count = 1};

    for (uint32_t i = 0;; i++) {
        wrapfix_fill(data, i);
        wrapfix_link->ops->send(wrapfix_link, &packet, 1);
        atomic_store(done, i + 1);
        memlink_forget(wrapfix_inner);
    }
}

/* All that had passed is there, and at most one frame more or a piece of one behind it. */
START_TEST(killed_process_leaves_all_but_the_last_frame)
{
    _Atomic uint32_t *done = mmap(NULL, sizeof(*done), PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct prng prng = {2026};

    ck_assert_ptr_ne(done, MAP_FAILED);
    for (unsigned i = 0; i < 20; i++) {
        uint32_t wanted = prng_below(&prng, 3000);
        int64_t bytes;
        pid_t child;

        atomic_store(done, 0);
        wrapfix_open(&winlwip_dump_wrapper, NULL, options);
        child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            run_until_killed(done);
        }
        while (atomic_load(done) <= wanted) {
            sched_yield();
        }
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        bytes = file_bytes(path) - HEADER_BYTES;
        ck_assert_int_ge(bytes / RECORD_BYTES, atomic_load(done));
        ck_assert_int_le(bytes / RECORD_BYTES, atomic_load(done) + 1);
        ck_assert_int_eq(truncate(path, HEADER_BYTES + bytes / RECORD_BYTES * RECORD_BYTES), 0);
        ck_assert_uint_eq(check_records(path, DLT_EN10MB, 0), bytes / RECORD_BYTES);
    }
    munmap(done, sizeof(*done));
}
END_TEST

/* --- Options --- */

START_TEST(bad_options_are_named)
{
    static const struct {
        const char *options;
        int code;
        const char *error;
    } cases[] = {
        {"dump=", -EINVAL, "dump: option 'dump' is '': it must be the path of a file"},
        {"dump=-", -EINVAL, "dump: option 'dump' is '-': it must be the path of a file"},
        {"dump=/", -EISDIR, "dump: '/': Is a directory"},
        {"dump=/dev/null", -EINVAL, "dump: '/dev/null': is not a regular file"},
        {"dump=/no/such/place", -ENOENT, "dump: '/no/such/place': No such file or directory"},
        {"dump-snaplen=10", -EINVAL, "dump: give it a file by option 'dump'"},
        {"dump=x dump-snaplen=0", -EINVAL,
         "dump: option 'dump-snaplen' is '0': it must be a number from 1 to 65549"},
        {"dump=x dump-snaplen=65550", -EINVAL, "dump: option 'dump-snaplen' is '65550'"},
        {"dump=x dump-snaplen=99999999999999", -EINVAL, "dump: option 'dump-snaplen' is '999"},
        {"dump=x dump-snaplen=1k", -EINVAL, "dump: option 'dump-snaplen' is '1k'"},
        {"dump=x dump-file=y", -EINVAL,
         "dump: unknown option 'dump-file': the keys are dump and dump-snaplen"},
        {"dump=x dump=x", -EINVAL, "dump: option 'dump' is given twice"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char error[LINK_ERROR_BYTES];

        ck_assert_int_eq(wrapfix_refused(&winlwip_dump_wrapper, cases[i].options, error), cases[i].code);
        ck_assert_msg(strncmp(error, cases[i].error, strlen(cases[i].error)) == 0, "%s", error);
    }
    ck_assert_int_ne(access("x", F_OK), 0);
}
END_TEST

START_TEST(pipes_are_refused_at_once)
{
    char error[LINK_ERROR_BYTES];

    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(wrapfix_refused(&winlwip_dump_wrapper, options, error), -ENXIO);
}
END_TEST

START_TEST(file_of_another_dump_is_refused_and_kept)
{
    char error[LINK_ERROR_BYTES];
    char link_path[80];

    wrapfix_open(&winlwip_dump_wrapper, NULL, options);
    wrapfix_send(0, 3);
    snprintf(link_path, sizeof(link_path), "%s-2", path);
    ck_assert_int_eq(symlink(path, link_path), 0);
    snprintf(options, sizeof(options), "dump=%s", link_path);
    ck_assert_int_eq(wrapfix_refused(&winlwip_dump_wrapper, options, error), -EBUSY);
    unlink(link_path);
    ck_assert_ptr_nonnull(strstr(error, "another dump is being written to it"));
    ck_assert_uint_eq(check_records(path, DLT_EN10MB, 0), 3);
}
END_TEST

START_TEST(nature_of_the_link_is_the_inner_ones)
{
    static const struct memlink_options inner = {.own_clock = true, .pull = true, .mtu = 900,
                                                 .ip_only = true, .end_is_down = true};
    struct link *link;

    wrapfix_open(&winlwip_dump_wrapper, &inner, options);
    ck_assert_str_eq(wrapfix_link->ops->driver, "memlink");
    ck_assert(wrapfix_link->own_clock && wrapfix_link->replay && wrapfix_link->ip_only);
    ck_assert_int_eq(wrapfix_link->fd, -1);
    memlink_end(wrapfix_inner);
    ck_assert_int_eq(wrapfix_receive(numbers, 0, 32), -ENODATA);
    link = winlwip_dump_wrapper.unwrap(wrapfix_link);
    wrapfix_link = NULL;
    ck_assert_ptr_eq(link, memlink_link(wrapfix_inner));
    ck_assert(!memlink_closed(wrapfix_inner));
}
END_TEST

Suite *suite_dump(void)
{
    Suite *suite = suite_create("dump");
    TCase *content = tcase_create("dump content");
    TCase *trouble = tcase_create("dump trouble");

    tcase_add_checked_fixture(content, setup, teardown);
    tcase_add_test(content, file_is_known_byte_for_byte);
    tcase_add_test(content, frames_are_cut_to_the_snap_length);
    tcase_add_test(content, frames_that_came_cut_say_so);
    tcase_add_test(content, live_frames_have_the_real_time);
    tcase_add_test(content, long_bursts_are_whole);
    tcase_add_test(content, longest_frames_are_whole);
    tcase_add_test(content, existing_file_is_emptied);
    suite_add_tcase(suite, content);

    tcase_set_timeout(trouble, 60);
    tcase_add_checked_fixture(trouble, setup, teardown);
    tcase_add_test(trouble, limit_of_file_size_is_kept);
    tcase_add_test(trouble, full_disk_is_survived);
    tcase_add_test(trouble, errors_of_the_device_are_counted);
    tcase_add_test(trouble, file_that_cannot_be_cut_is_left_alone);
    tcase_add_test(trouble, killed_process_leaves_all_but_the_last_frame);
    tcase_add_test(trouble, bad_options_are_named);
    tcase_add_test(trouble, pipes_are_refused_at_once);
    tcase_add_test(trouble, file_of_another_dump_is_refused_and_kept);
    tcase_add_test(trouble, nature_of_the_link_is_the_inner_ones);
    suite_add_tcase(suite, trouble);
    return suite;
}
