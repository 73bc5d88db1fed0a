/*
 * test_vde.c - the vde driver on a library that the tests play: what it is asked for, and frames both
 * ways. A real switch is in tests/networks/vde.sh.
 *
 * In a build without libvdeplug's header there is only the stand-in to look at.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "tests/unit/suites.h"
#include "tests/unit/vde_fixture.h"

#if __has_include(<libvdeplug.h>)

/* --- Options --- */

static const struct {
    struct link_option options[3];
    size_t count;
    const char *word;
} bad_options[] = {
    {{{"url", ""}}, 1, "'url' is empty"},
    {{{"port", "1"}}, 1, "'url' is missing"},
    {{{NULL, NULL}}, 0, "'url' is missing"},
    {{{"url", "cmd://ssh host vde_plug"}}, 1, "cmd:// URL would start a program"},
    {{VDEFIX_URL, VDEFIX_URL}, 2, "'url' is given twice"},
    {{VDEFIX_URL, {"uri", "x"}}, 2,
     "the keys are url, port, group, mode, description, jumbo, gone, reconnect"},
    {{VDEFIX_URL, {"port", "0"}}, 2, "'port' is '0'"},
    {{VDEFIX_URL, {"port", "65536"}}, 2, "from 1 to 65535"},
    {{VDEFIX_URL, {"port", "-1"}}, 2, "'port' is '-1'"},
    {{VDEFIX_URL, {"port", "1x"}}, 2, "'port' is '1x'"},
    {{VDEFIX_URL, {"group", "no such group\n"}}, 2, "no group 'no such group?'"},
    {{VDEFIX_URL, {"mode", "0800"}}, 2, "octal"},
    {{VDEFIX_URL, {"mode", "1777"}}, 2, "up to 777"},
    {{VDEFIX_URL, {"description", ""}}, 2, "'description' is empty"},
    {{VDEFIX_URL, {"jumbo", "yes"}}, 2, "'off' or 'on'"},
    {{VDEFIX_URL, {"gone", "away"}}, 2, "'wait' or 'down'"},
    {{VDEFIX_URL, {"reconnect", "soon"}}, 2, "milliseconds"},
    {{VDEFIX_URL, {"reconnect", "3600001"}}, 2, "3600000"},
    {{VDEFIX_URL, {"gone", "down"}, {"reconnect", "5"}}, 3, "'reconnect' needs gone = wait"},
};

START_TEST(options_refused)
{
    vdefix_refused(bad_options[_i].options, bad_options[_i].count, EINVAL, bad_options[_i].word);
}
END_TEST

START_TEST(long_url_is_refused)
{
    char url[2000];
    const struct link_option option = {"url", url};

    memset(url, 'x', sizeof(url) - 1);
    url[sizeof(url) - 1] = '\0';
    vdefix_refused(&option, 1, EINVAL, "more than 1023");
}
END_TEST

static const struct {
    int code, reported;
    const char *word;
} failures[] = {
    {ENOENT, ENOENT, "start a switch there"},
    {ECONNREFUSED, ECONNREFUSED, "has ended"},
    {EACCES, EACCES, "no right"},
    {EPROTONOSUPPORT, EPROTONOSUPPORT, "no module"},
    {EADDRINUSE, EADDRINUSE, "in use"},
    {0, EIO, "was refused"},
    {ENETUNREACH, ENETUNREACH, "Network is unreachable"},
};

START_TEST(failures_are_told)
{
    const struct link_option option = VDEFIX_URL;

    vdefix.failures = 1;
    vdefix.code = failures[_i].code;
    vdefix_refused(&option, 1, failures[_i].reported, failures[_i].word);
}
END_TEST

START_TEST(arguments_reach_the_library)
{
    const struct link_option options[] = {VDEFIX_URL, {"port", "7"}, {"group", "0"}, {"mode", "0660"},
                                          {"description", "host a"}, {"jumbo", "on"}};
    struct link *link = vdefix_open(options, 6);

    ck_assert_str_eq(vdefix.url, "/run/sw");
    ck_assert_str_eq(vdefix.description, "host a");
    ck_assert_str_eq(vdefix.group, "0");
    ck_assert_int_eq(vdefix.arguments.port, 7);
    ck_assert_uint_eq(vdefix.arguments.mode, 0660);
    ck_assert_uint_eq(link->mtu, 9216);
    link->ops->close(link);
    ck_assert_int_eq(vdefix.closed, 1);
    vdefix_hang_up(vdefix.last);
    vdefix_forget(vdefix.last);
}
END_TEST

START_TEST(defaults)
{
    struct link *link = vdefix_open_plain();

    ck_assert_str_eq(vdefix.description, "winlwip");
    ck_assert_str_eq(vdefix.group, "");
    ck_assert_int_eq(vdefix.arguments.port, 0);
    ck_assert_uint_eq(vdefix.arguments.mode, 0700);
    ck_assert_uint_eq(link->mtu, 1500);
    ck_assert(!link_has_mac(link));
    link->ops->close(link);
    vdefix_forget(vdefix.last);
}
END_TEST

/* --- Frames --- */

START_TEST(frames_are_lent)
{
    struct link *link = vdefix_open_plain();
    struct link_frame frames[8];
    uint8_t bytes[3][1514];
    static const size_t lengths[3] = {60, 1514, 5};

    ck_assert(!vdefix_is_readable(link->fd, 0));
    ck_assert_int_eq(link->ops->receive(link, frames, 8), 0);
    for (unsigned i = 0; i < 3; i++) {
        memset(bytes[i], (int)i + 1, sizeof(bytes[i]));
        vdefix_give(vdefix.last, bytes[i], lengths[i]);
    }
    ck_assert_int_eq(link->ops->receive(link, frames, 2), 2);
    ck_assert_uint_eq(frames[0].bytes, 60);
    ck_assert_uint_eq(frames[1].bytes, 1514);
    ck_assert_mem_eq(frames[0].data, bytes[0], 60);
    ck_assert_mem_eq(frames[1].data, bytes[1], 1514);
    ck_assert_uint_eq(((uintptr_t)frames[1].data + 14) % 16, 0);
    ck_assert(vdefix_is_readable(link->fd, 0));
    ck_assert_int_eq(link->ops->receive(link, frames, 8), 1);
    ck_assert_uint_eq(frames[0].bytes, 5);
    ck_assert_uint_eq(frames[0].original_bytes, 5);
    ck_assert_uint_eq(frames[0].flags, 0);
    ck_assert_int_eq(link->ops->receive(link, frames, 8), 0);
    link->ops->close(link);
    vdefix_forget(vdefix.last);
}
END_TEST

/* More than any frame has is cut and marked; what follows is untouched. */
START_TEST(oversized_frames_are_marked)
{
    static const uint8_t bytes[LINK_FRAME_MAX_BYTES + 100];
    struct link *link = vdefix_open_plain();
    struct link_frame frames[4];

    vdefix_give(vdefix.last, bytes, LINK_FRAME_MAX_BYTES + 1);
    vdefix_give(vdefix.last, bytes, LINK_FRAME_MAX_BYTES);
    vdefix_give(vdefix.last, bytes, 60);
    ck_assert_int_eq(vdefix_receive(link, frames, 4), 3);
    ck_assert_uint_eq(frames[0].bytes, LINK_FRAME_MAX_BYTES);
    ck_assert_uint_gt(frames[0].original_bytes, LINK_FRAME_MAX_BYTES);
    ck_assert_uint_eq(frames[0].flags, LINK_FRAME_CUT | LINK_FRAME_OVERSIZE);
    ck_assert_uint_eq(frames[1].bytes, LINK_FRAME_MAX_BYTES);
    ck_assert_uint_eq(frames[1].flags, 0);
    ck_assert_uint_eq(frames[2].bytes, 60);
    link->ops->close(link);
    vdefix_forget(vdefix.last);
}
END_TEST

/* "Not for you" is no frame, and no reason to ask for ever. */
START_TEST(foreign_frames_end_the_burst)
{
    struct link *link = vdefix_open_plain();
    struct link_frame frames[4];

    vdefix_give(vdefix.last, "x", 1);
    vdefix.last->answer = 1;
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    vdefix.last->answer = 0;
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    ck_assert_int_eq(vdefix.closed, 0);
    link->ops->close(link);
    vdefix_forget(vdefix.last);
}
END_TEST

/* A module that waits inside is not called while it has nothing. */
static ssize_t waiting_recv(VDECONN *connection, void *buffer, size_t bytes, int flags)
{
    struct vdefix_fake *fake = (struct vdefix_fake *)connection;
    struct epoll_event event;

    (void)flags;
    ck_assert_int_eq(epoll_wait(fake->data, &event, 1, 0), 1); /* it would wait for ever */
    return recv(event.data.fd, buffer, bytes, 0);
}

static int epoll_datafd(VDECONN *connection)
{
    struct vdefix_fake *fake = (struct vdefix_fake *)connection;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fake->data};
    int fd = epoll_create1(EPOLL_CLOEXEC);

    ck_assert_int_eq(epoll_ctl(fd, EPOLL_CTL_ADD, fake->data, &event), 0);
    fake->data = fd;
    return fd;
}

START_TEST(modules_that_wait_are_asked_first)
{
    struct link_frame frames[4];

    vdefix.no_control = true;
    libvdeplug.recv = waiting_recv;
    libvdeplug.datafd = epoll_datafd;
    struct link *link = vdefix_open_plain();
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    vdefix_give(vdefix.last, "a frame of bytes", 16);
    vdefix_give(vdefix.last, "another frame...", 16);
    ck_assert_int_eq(vdefix_receive(link, frames, 4), 2);
    ck_assert_mem_eq(frames[1].data, "another frame...", 16);
    link->ops->close(link);
    vdefix_forget(vdefix.last);
}
END_TEST

START_TEST(packets_are_sent_whole)
{
    struct link *link = vdefix_open_plain();
    char head[] = "head", body[] = "and body";
    struct iovec parts[] = {{head, 4}, {body, 8}};
    struct link_packet packets[2] = {{.parts = parts, .part_count = 2},
                                     {.parts = parts, .part_count = 1}};
    char got[32];

    ck_assert_uint_eq(link->ops->send(link, packets, 2), 2);
    ck_assert_int_eq(recv(vdefix.last->data_far, got, sizeof(got), 0), 12);
    ck_assert_mem_eq(got, "headand body", 12);
    ck_assert_int_eq(recv(vdefix.last->data_far, got, sizeof(got), 0), 4);
    link->ops->close(link);
    vdefix_forget(vdefix.last);
}
END_TEST

/* What a switch that does not read leaves no room for is not taken; nothing waits. */
START_TEST(full_switch_takes_no_more)
{
    static uint8_t bytes[20000];
    struct link *link = vdefix_open_plain();
    struct iovec part = {bytes, 1514};
    struct link_packet packet = {.parts = &part, .part_count = 1};
    unsigned sent = 0;

    while (sent < 100000 && link->ops->send(link, &packet, 1) == 1) {
        sent++;
    }
    ck_assert_uint_gt(sent, 0);
    ck_assert_uint_lt(sent, 100000);
    ck_assert_int_gt(recv(vdefix.last->data_far, bytes, sizeof(bytes), 0), 0);
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 1);
    part.iov_len = sizeof(bytes); /* longer than any frame of this link */
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 0);
    link->ops->close(link);
    vdefix_forget(vdefix.last);
}
END_TEST

static void add_cases(Suite *suite)
{
    TCase *options = tcase_create("vde-options");
    TCase *frames = tcase_create("vde-frames");

    tcase_add_checked_fixture(options, vdefix_set_up, NULL);
    tcase_add_checked_fixture(frames, vdefix_set_up, NULL);
    tcase_add_loop_test(options, options_refused, 0, sizeof(bad_options) / sizeof(bad_options[0]));
    tcase_add_test(options, long_url_is_refused);
    tcase_add_loop_test(options, failures_are_told, 0, sizeof(failures) / sizeof(failures[0]));
    tcase_add_test(options, arguments_reach_the_library);
    tcase_add_test(options, defaults);
    tcase_add_test(frames, frames_are_lent);
    tcase_add_test(frames, oversized_frames_are_marked);
    tcase_add_test(frames, foreign_frames_end_the_burst);
    tcase_add_test(frames, modules_that_wait_are_asked_first);
    tcase_add_test(frames, packets_are_sent_whole);
    tcase_add_test(frames, full_switch_takes_no_more);
    suite_add_tcase(suite, options);
    suite_add_tcase(suite, frames);
    suite_add_tcase(suite, vde_connections_case());
}

#else

extern const struct link_driver winlwip_vde_driver;

START_TEST(stand_in_says_so)
{
    char error[LINK_ERROR_BYTES];
    struct link *link = NULL;

    ck_assert_int_eq(winlwip_vde_driver.open(NULL, 0, &link, error), -EPROTONOSUPPORT);
    vdefix_text(error, "install libvdeplug-dev");
    ck_assert_ptr_null(winlwip_vde_driver.help);
}
END_TEST

static void add_cases(Suite *suite)
{
    TCase *absent = tcase_create("vde-absent");

    tcase_add_test(absent, stand_in_says_so);
    suite_add_tcase(suite, absent);
}

#endif

Suite *suite_vde(void)
{
    Suite *suite = suite_create("vde");

    add_cases(suite);
    return suite;
}
