/*
 * test_pcap_output.c - the file that the capture file driver writes, read again by libpcap.
 */
#include "tests/unit/pcap_fixture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Opens a replay of pcapfix_file that writes to the file "sent". */
static struct link *open_with_output(const char *timing)
{
    const struct link_option options[] = {
        {"file", pcapfix_path("capture")}, {"output", pcapfix_path("sent")}, {"timing", timing}};

    capture_file_save(&pcapfix_file, options[0].value);
    return pcapfix_open(options, 3);
}

/* A capture of two empty frames at 5 s and 7 s, the second half a microsecond late. */
static void make_capture(uint32_t link_type)
{
    uint8_t frame[60] = {0};

    capture_file_pcap(&pcapfix_file, false, true, link_type);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){5, 0, 0}, frame, 60);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){7, 500, 0}, frame, 60);
}

static pcap_t *reread(int link_type)
{
    char reason[PCAP_ERRBUF_SIZE];
    pcap_t *reader = pcap_open_offline_with_tstamp_precision(pcapfix_path("sent"),
                                                             PCAP_TSTAMP_PRECISION_NANO, reason);

    ck_assert_msg(reader != NULL, "%s", reason);
    ck_assert_int_eq(pcap_datalink(reader), link_type);
    return reader;
}

/* The next record holds these bytes at this time (-1: any). */
static void check_record(pcap_t *reader, int64_t time_ns, const void *data, size_t bytes)
{
    struct pcap_pkthdr *header;
    const u_char *content;

    ck_assert_int_eq(pcap_next_ex(reader, &header, &content), 1);
    ck_assert_uint_eq(header->caplen, bytes);
    ck_assert_uint_eq(header->len, bytes);
    ck_assert_mem_eq(content, data, bytes);
    if (time_ns >= 0) {
        ck_assert_int_eq(header->ts.tv_sec * INT64_C(1000000000) + header->ts.tv_usec, time_ns);
    }
}

static void check_end(pcap_t *reader)
{
    struct pcap_pkthdr *header;
    const u_char *content;

    ck_assert_int_eq(pcap_next_ex(reader, &header, &content), PCAP_ERROR_BREAK);
    pcap_close(reader);
}

static unsigned send_one(struct link *link, const void *data, size_t bytes)
{
    const struct iovec part = {(void *)data, bytes};
    const struct link_packet packet = {.parts = &part, .part_count = 1};

    return link->ops->send(link, &packet, 1);
}

/* Ethernet goes out as Ethernet, everything else as raw IP; read while the link is still open. */
static const struct {
    uint32_t in;
    int out;
} link_types[] = {{1, DLT_EN10MB}, {101, DLT_RAW}, {113, DLT_RAW}, {276, DLT_RAW}, {0, DLT_RAW}};

START_TEST(sent_frames)
{
    uint8_t bytes[100];
    struct iovec parts[] = {{bytes, 14}, {bytes + 14, 0}, {bytes + 14, 28}, {bytes + 42, 58}};
    const struct link_packet packets[] = {{.parts = parts, .part_count = 4},
                                          {.parts = parts, .part_count = 1}};
    struct link_frame frame;
    struct link *link;
    pcap_t *reader;

    pcapfix_fill(bytes, sizeof(bytes), 1);
    make_capture(link_types[_i].in);
    link = open_with_output("fast");
    check_end(reread(link_types[_i].out));
    ck_assert_uint_eq(link->ops->send(link, packets, 2), 2);
    ck_assert_int_eq(pcapfix_receive(link, &frame), 1);
    ck_assert_int_eq(pcapfix_receive(link, &frame), 1);
    ck_assert_uint_eq(link->ops->send(link, packets, 0), 0);
    ck_assert_uint_eq(send_one(link, bytes, 100), 1);

    reader = reread(link_types[_i].out);
    check_record(reader, 5000000000, bytes, 100);
    check_record(reader, 5000000000, bytes, 14);
    check_record(reader, 7000000500, bytes, 100);
    check_end(reader);
    link->ops->close(link);
}
END_TEST

/* With timing=real the clock of the capture goes on between its frames. */
START_TEST(sent_frames_in_real_time)
{
    struct pcap_pkthdr *header;
    const u_char *content;
    struct link_frame frame;
    struct link *link;
    pcap_t *reader;

    make_capture(1);
    link = open_with_output("real");
    ck_assert_uint_eq(send_one(link, "early", 5), 1);
    ck_assert_int_eq(pcapfix_receive(link, &frame), 1);
    ck_assert_uint_eq(send_one(link, "later", 5), 1);
    ck_assert_uint_eq(send_one(link, "last", 4), 1);
    link->ops->close(link);
    reader = reread(DLT_EN10MB);
    check_record(reader, 5000000000, "early", 5);
    ck_assert_int_eq(pcap_next_ex(reader, &header, &content), 1);
    ck_assert_int_ge(header->ts.tv_sec, 5);
    ck_assert_int_gt(header->ts.tv_usec + header->ts.tv_sec, 5);
    check_record(reader, -1, "last", 4);
    check_end(reader);
}
END_TEST

START_TEST(without_output)
{
    struct link *link;

    make_capture(1);
    link = pcapfix_open_saved(NULL, NULL);
    ck_assert_uint_eq(send_one(link, "gone", 4), 1);
    link->ops->close(link);
}
END_TEST

START_TEST(existing_file_is_overwritten)
{
    struct link *link;

    pcapfix_file.count = 0;
    capture_file_raw(&pcapfix_file, "0123456789012345678901234567890123456789", 40);
    capture_file_save(&pcapfix_file, pcapfix_path("sent"));
    make_capture(1);
    link = open_with_output("fast");
    check_end(reread(DLT_EN10MB));
    link->ops->close(link);
}
END_TEST

/* What does not fit is not taken, and leaves nothing behind in the file. */
START_TEST(packets_not_taken)
{
    static uint8_t large[LINK_FRAME_MAX_BYTES + 1];
    static struct iovec parts[300];
    struct link_packet packets[] = {{.parts = parts, .part_count = 255},
                                    {.parts = parts, .part_count = 256},
                                    {.parts = parts, .part_count = 1}};
    struct link *link;
    pcap_t *reader;

    for (unsigned i = 0; i < 300; i++) {
        parts[i] = (struct iovec){large, 1};
    }
    make_capture(1);
    link = open_with_output("fast");
    ck_assert_uint_eq(link->ops->send(link, packets, 3), 1);
    ck_assert_uint_eq(send_one(link, large, LINK_FRAME_MAX_BYTES + 1), 0);
    ck_assert_uint_eq(send_one(link, large, LINK_FRAME_MAX_BYTES), 1);
    link->ops->close(link);
    reader = reread(DLT_EN10MB);
    check_record(reader, -1, large, 255);
    check_record(reader, -1, large, LINK_FRAME_MAX_BYTES);
    check_end(reader);
}
END_TEST

/* A full disk, as the limit of file sizes: a record that fits in part only is taken back. */
START_TEST(disk_full)
{
    uint8_t bytes[100] = {0};
    struct rlimit before, limit;
    struct link *link;
    pcap_t *reader;

    make_capture(1);
    link = open_with_output("fast");
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 24 + 116 + 50;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_uint_eq(send_one(link, bytes, 100), 1);
    ck_assert_uint_eq(send_one(link, bytes, 100), 0);
    ck_assert_uint_eq(send_one(link, bytes, 20), 1);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    link->ops->close(link);
    reader = reread(DLT_EN10MB);
    check_record(reader, -1, bytes, 100);
    check_record(reader, -1, bytes, 20);
    check_end(reader);
}
END_TEST

/* --- Outputs that cannot be --- */

static void check_output_refused(const char *path, int code, const char *reason)
{
    const struct link_option options[] = {{"file", pcapfix_path("capture")}, {"output", path}};
    int descriptors = pcapfix_open_descriptors();
    char error[LINK_ERROR_BYTES] = "";
    struct link *link = NULL;
    int result = winlwip_pcap_driver.open(options, 2, &link, error);

    ck_assert_msg(result == -code, "open returned %d: %s", result, error);
    ck_assert_msg(strstr(error, path) != NULL && strstr(error, reason) != NULL, "%s", error);
    ck_assert_int_eq(pcapfix_open_descriptors(), descriptors);
}

START_TEST(outputs_refused)
{
    struct rlimit before, limit;
    struct stat status;

    make_capture(1);
    capture_file_save(&pcapfix_file, pcapfix_path("capture"));
    check_output_refused(pcapfix_path("capture"), EINVAL, "give 'output' another path");
    ck_assert_int_eq(stat(pcapfix_path("capture"), &status), 0);
    ck_assert_int_eq(status.st_size, (int64_t)pcapfix_file.count);
    check_output_refused(pcapfix_path("absent/sent"), ENOENT, "check the path of 'output'");
    check_output_refused(pcapfix_path("."), EISDIR, "check the path of 'output'");
    check_output_refused("/dev/null", EINVAL, "not a regular file");
    ck_assert_int_eq(mkfifo(pcapfix_path("pipe"), 0600), 0);
    check_output_refused(pcapfix_path("pipe"), ENXIO, "check the path of 'output'");

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 10;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    check_output_refused(pcapfix_path("full"), ENOSPC, "cannot be written");
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
}
END_TEST

TCase *pcap_output_case(void)
{
    TCase *output = tcase_create("pcap-output");

    tcase_add_unchecked_fixture(output, pcapfix_make_directory, pcapfix_remove_directory);
    tcase_add_loop_test(output, sent_frames, 0, sizeof(link_types) / sizeof(link_types[0]));
    tcase_add_test(output, sent_frames_in_real_time);
    tcase_add_test(output, without_output);
    tcase_add_test(output, existing_file_is_overwritten);
    tcase_add_test(output, packets_not_taken);
    tcase_add_test(output, disk_full);
    tcase_add_test(output, outputs_refused);
    return output;
}
