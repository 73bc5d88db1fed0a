/*
 * test_pcap_errors.c - what the capture file driver says to bad files and bad options, and what a
 * file that breaks off in the middle does to a replay.
 */
#include "tests/unit/pcap_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check_file_refused(const char *name, int code, const char *word, const char *advice)
{
    const struct link_option option = {"file", pcapfix_path(name)};

    pcapfix_refused(&option, 1, code, name, word);
    pcapfix_refused(&option, 1, code, word, advice);
}

/* --- Options --- */

static const struct {
    struct link_option options[3];
    size_t count;
    const char *word, *advice;
} bad_options[] = {
    {{{NULL, NULL}}, 0, "'file' is missing", "name the capture"},
    {{{"path", "x"}}, 1, "unknown option 'path'",
     "the keys of a replay are file, output, timing, speed, end"},
    {{{"file", ""}}, 1, "'file' is empty", "path"},
    {{{"output", ""}}, 1, "'output' is empty", "path"},
    {{{"file", "x"}, {"file", "x"}}, 2, "'file'", "twice"},
    {{{"file", "x"}, {"timing", "slow"}}, 2, "'timing' is 'slow'", "'fast' or 'real'"},
    {{{"file", "x"}, {"timing", ""}}, 2, "'timing' is ''", "'fast' or 'real'"},
    {{{"file", "x"}, {"end", "up"}}, 2, "'end' is 'up'", "'down' or 'wait'"},
    {{{"file", "x"}, {"timing", "real"}, {"speed", "0"}}, 3, "'speed' is '0'", "1 to 1000"},
    {{{"file", "x"}, {"timing", "real"}, {"speed", "1001"}}, 3, "'1001'", "1 to 1000"},
    {{{"file", "x"}, {"timing", "real"}, {"speed", "-1"}}, 3, "'-1'", "1 to 1000"},
    {{{"file", "x"}, {"timing", "real"}, {"speed", "2x"}}, 3, "'2x'", "1 to 1000"},
    {{{"file", "x"}, {"timing", "real"}, {"speed", ""}}, 3, "''", "1 to 1000"},
    {{{"file", "x"}, {"timing", "real"}, {"speed", "99999999999999999999"}}, 3, "9999", "1000"},
    {{{"file", "x"}, {"speed", "2"}}, 2, "'speed'", "timing=real"},
};

START_TEST(options_refused)
{
    pcapfix_refused(bad_options[_i].options, bad_options[_i].count, EINVAL, bad_options[_i].word,
                    bad_options[_i].advice);
}
END_TEST

/* Every key stands in the help, and the help in lines that fit a terminal. */
START_TEST(help_names_the_keys)
{
    static const char *const keys[] = {"file ", "output ", "timing ", "speed ", "end ", "device ",
                                       "promiscuous ", "immediate ", "filter ", "buffer "};
    const char *line = winlwip_pcap_driver.help;
    size_t key = 0;

    while (*line != '\0') {
        if (*line != ' ') { /* not the second line of a key */
            ck_assert_uint_lt(key, sizeof(keys) / sizeof(keys[0]));
            ck_assert_int_eq(strncmp(line, keys[key], strlen(keys[key])), 0);
            key++;
        }
        ck_assert_uint_le(strcspn(line, "\n"), 90);
        line = strchr(line, '\n') + 1;
    }
    ck_assert_uint_eq(key, sizeof(keys) / sizeof(keys[0]));
}
END_TEST

/* --- Files --- */

START_TEST(missing_file)
{
    check_file_refused("absent", ENOENT, "No such file", "'file'");
}
END_TEST

START_TEST(directory_as_file)
{
    ck_assert_int_eq(mkdir(pcapfix_path("folder"), 0700), 0);
    check_file_refused("folder", EISDIR, "is a directory", "name a capture file");
}
END_TEST

/* Does not wait for a writer. */
START_TEST(pipe_as_file)
{
    ck_assert_int_eq(mkfifo(pcapfix_path("pipe"), 0600), 0);
    check_file_refused("pipe", EINVAL, "not a regular file", "save the capture");
}
END_TEST

START_TEST(empty_file)
{
    pcapfix_file.count = 0;
    capture_file_save(&pcapfix_file, pcapfix_path("void"));
    check_file_refused("void", EBADMSG, "is empty", "capture again");
}
END_TEST

START_TEST(not_a_capture)
{
    pcapfix_file.count = 0;
    capture_file_raw(&pcapfix_file, "This is a letter, not a capture.", 32);
    capture_file_save(&pcapfix_file, pcapfix_path("letter"));
    check_file_refused("letter", EBADMSG, "not a usable pcap or pcapng", "unknown file format");
}
END_TEST

START_TEST(truncated_file_header)
{
    capture_file_pcap(&pcapfix_file, false, false, 1);
    pcapfix_file.count = 20;
    capture_file_save(&pcapfix_file, pcapfix_path("stump"));
    check_file_refused("stump", EBADMSG, "not a usable", "truncated");
}
END_TEST

START_TEST(truncated_first_record)
{
    uint8_t frame[60] = {0};

    capture_file_pcap(&pcapfix_file, false, false, 1);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 0}, frame, 60);
    pcapfix_file.count -= 1;
    capture_file_save(&pcapfix_file, pcapfix_path("cut"));
    check_file_refused("cut", EBADMSG, "no frame can be read", "truncated");
}
END_TEST

START_TEST(unsupported_link_type)
{
    capture_file_pcap(&pcapfix_file, false, false, 105);
    capture_file_save(&pcapfix_file, pcapfix_path("wireless"));
    check_file_refused("wireless", EPROTONOSUPPORT, "link type 105 (IEEE802_11)", "Ethernet");

    capture_file_pcap(&pcapfix_file, false, false, 9999);
    capture_file_save(&pcapfix_file, pcapfix_path("strange"));
    check_file_refused("strange", EPROTONOSUPPORT, "link type 9999 (unknown)", "Ethernet");
}
END_TEST

START_TEST(pcapng_of_two_link_types)
{
    uint8_t frame[60] = {0};

    capture_file_pcapng(&pcapfix_file, false);
    capture_file_interface(&pcapfix_file, 1, 6);
    capture_file_interface(&pcapfix_file, 101, 6);
    capture_file_packet(&pcapfix_file, 0, 1, frame, sizeof(frame));
    capture_file_save(&pcapfix_file, pcapfix_path("mixed"));
    check_file_refused("mixed", EBADMSG, "no frame can be read", "different from the type");
}
END_TEST

START_TEST(pcapng_without_interface)
{
    capture_file_pcapng(&pcapfix_file, true);
    capture_file_save(&pcapfix_file, pcapfix_path("bare"));
    check_file_refused("bare", EBADMSG, "not a usable", "Interface Description");
}
END_TEST

/* Of a long path the end is shown, and the reason in full; control characters are not. */
START_TEST(long_and_strange_paths)
{
    char path[600];
    struct link_option option = {"file", path};

    for (size_t i = 0; i < sizeof(path) - 1; i++) {
        path[i] = i % 100 == 0 ? '/' : 'a';
    }
    strcpy(path + sizeof(path) - 1 - 9, "\n\t\x1b[7mend");
    path[sizeof(path) - 1] = '\0';
    pcapfix_refused(&option, 1, ENOENT, "???[7mend': No such file", "check the path of 'file'");
    pcapfix_refused(&option, 1, ENOENT, "'...", "a");
}
END_TEST

/* --- Files that go wrong later --- */

static void check_breaks_off(struct link *link, unsigned complete)
{
    struct link_frame frames[8];

    ck_assert_int_eq(link->ops->receive(link, frames, 8), (int)complete);
    ck_assert_int_eq(link->ops->receive(link, frames, 8), -EIO);
    ck_assert_int_eq(link->ops->receive(link, frames, 8), -EIO);
    link->ops->close(link);
}

START_TEST(truncated_in_the_middle)
{
    uint8_t frame[60] = {0};

    capture_file_pcap(&pcapfix_file, false, false, 1);
    for (unsigned i = 0; i < 3; i++) {
        capture_file_pcap_record(&pcapfix_file, (struct capture_record){i, 0, 0}, frame, 60);
    }
    pcapfix_file.count -= (size_t)_i; /* of the last frame 59 bytes, then no header either */
    check_breaks_off(pcapfix_open_saved(NULL, NULL), 2);
}
END_TEST

START_TEST(garbage_in_the_middle)
{
    uint8_t frame[60] = {0}, garbage[64];

    memset(garbage, 0xee, sizeof(garbage));
    capture_file_pcap(&pcapfix_file, false, false, 1);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 0, 0}, frame, 60);
    capture_file_raw(&pcapfix_file, garbage, sizeof(garbage));
    check_breaks_off(pcapfix_open_saved(NULL, NULL), 1);
}
END_TEST

START_TEST(second_link_type_in_the_middle)
{
    uint8_t frame[60] = {0};

    capture_file_pcapng(&pcapfix_file, false);
    capture_file_interface(&pcapfix_file, 1, 6);
    capture_file_packet(&pcapfix_file, 0, 1, frame, sizeof(frame));
    capture_file_interface(&pcapfix_file, 101, 6);
    capture_file_packet(&pcapfix_file, 1, 2, frame, sizeof(frame));
    check_breaks_off(pcapfix_open_saved("timing", "real"), 1);
}
END_TEST

TCase *pcap_errors_case(void)
{
    TCase *errors = tcase_create("pcap-errors");

    tcase_add_unchecked_fixture(errors, pcapfix_make_directory, pcapfix_remove_directory);
    tcase_add_loop_test(errors, options_refused, 0, sizeof(bad_options) / sizeof(bad_options[0]));
    tcase_add_test(errors, help_names_the_keys);
    tcase_add_test(errors, missing_file);
    tcase_add_test(errors, directory_as_file);
    tcase_add_test(errors, pipe_as_file);
    tcase_add_test(errors, empty_file);
    tcase_add_test(errors, not_a_capture);
    tcase_add_test(errors, truncated_file_header);
    tcase_add_test(errors, truncated_first_record);
    tcase_add_test(errors, unsupported_link_type);
    tcase_add_test(errors, pcapng_of_two_link_types);
    tcase_add_test(errors, pcapng_without_interface);
    tcase_add_test(errors, long_and_strange_paths);
    tcase_add_loop_test(errors, truncated_in_the_middle, 1, 76);
    tcase_add_test(errors, garbage_in_the_middle);
    tcase_add_test(errors, second_link_type_in_the_middle);
    return errors;
}
