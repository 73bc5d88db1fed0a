/*
 * test_vde.c - the vde driver on a library that the tests play: what it is asked for, frames both
 * ways, connections that end, hang and come again. A real switch is in tests/networks/vde.sh.
 *
 * In a build without libvdeplug's header there is only the stand-in to look at.
 */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stack/link.h"
#include "tests/unit/suites.h"

/* A text of one line that begins with "vde: " and holds the word. */
static void check_text(const char *error, const char *word)
{
    ck_assert_ptr_nonnull(memchr(error, '\0', LINK_ERROR_BYTES));
    ck_assert_msg(strncmp(error, "vde: ", 5) == 0 && strchr(error, '\n') == NULL, "%s", error);
    ck_assert_msg(strstr(error, word) != NULL, "no '%s' in: %s", word, error);
}

#if __has_include(<libvdeplug.h>)

#include "drivers/vde/library.h"
#include "drivers/vde/vde.h"

enum { WAIT_MS = 5000 };

/* --- The library that is played --- */

/* A connection: what the driver has is one end of a pair, the switch's is the other. */
struct fake {
    int data, data_far;
    int control, control_far; /* -1: this kind has none */
    int answer;               /* of vde_recv(), instead of a frame, unless 0 */
};

static struct {
    atomic_int opened, closed;
    int failures, code; /* so many calls of open fail from now on, with this errno */
    bool hangs;         /* open waits until `go_on` */
    sem_t go_on;
    bool no_control;
    char url[64], description[64], group[64];
    struct vde_open_args arguments;
    struct fake *last;
} play;

static struct fake *fake_new(void)
{
    struct fake *fake = calloc(1, sizeof(*fake));
    int data[2], control[2] = {-1, -1};
    int room = 1 << 20;

    ck_assert_ptr_nonnull(fake);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, data), 0);
    setsockopt(data[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    if (!play.no_control) {
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, control), 0);
    }
    *fake = (struct fake){data[0], data[1], control[0], control[1], 0};
    return fake;
}

static VDECONN *fake_open(char *url, char *description, int version, struct vde_open_args *arguments)
{
    ck_assert_int_eq(version, LIBVDEPLUG_INTERFACE_VERSION);
    if (play.hangs) {
        sem_wait(&play.go_on);
    }
    if (play.failures > 0) {
        play.failures--;
        errno = play.code;
        return NULL;
    }
    strcpy(play.url, url);
    strcpy(play.description, description);
    strcpy(play.group, arguments->group != NULL ? arguments->group : "");
    play.arguments = *arguments;
    *url = '#'; /* as the library's own parser does */
    play.last = fake_new();
    play.opened++;
    return (VDECONN *)play.last;
}

static ssize_t fake_recv(VDECONN *connection, void *buffer, size_t bytes, int flags)
{
    struct fake *fake = (struct fake *)connection;

    (void)flags;
    return fake->answer != 0 ? fake->answer : recv(fake->data, buffer, bytes, 0);
}

static ssize_t fake_send(VDECONN *connection, const void *buffer, size_t bytes, int flags)
{
    (void)flags;
    return send(((struct fake *)connection)->data, buffer, bytes, 0);
}

static int fake_datafd(VDECONN *connection)
{
    return ((struct fake *)connection)->data;
}

static int fake_ctlfd(VDECONN *connection)
{
    return ((struct fake *)connection)->control;
}

static int fake_close(VDECONN *connection)
{
    struct fake *fake = (struct fake *)connection;

    close(fake->data);
    if (fake->control >= 0) {
        close(fake->control);
    }
    /* The far ends are the test's, which may still hold the pointer. */
    play.closed++;
    return 0;
}

static void set_up(void)
{
    char error[LINK_ERROR_BYTES];

    ck_assert_int_eq(libvdeplug_load(error), 0);
    libvdeplug = (struct libvdeplug){
        .close = fake_close, .ctlfd = fake_ctlfd, .datafd = fake_datafd,
        .open_real = fake_open, .recv = fake_recv, .send = fake_send,
    };
    memset(&play, 0, sizeof(play));
    sem_init(&play.go_on, 0, 0);
}

/* The switch's end of a connection goes, as when its process ends. */
static void hang_up(struct fake *fake)
{
    close(fake->data_far);
    close(fake->control_far);
}

static void forget(struct fake *fake)
{
    free(fake);
}

/* --- Links --- */

static struct link *open_link(const struct link_option *options, size_t count)
{
    char error[LINK_ERROR_BYTES] = "";
    struct link *link = NULL;
    int result = vde_driver.open(options, count, &link, error);

    ck_assert_msg(result == 0, "%d: %s", result, error);
    return link;
}

#define URL {"url", "/run/sw"}

static struct link *open_plain(void)
{
    const struct link_option options[] = {URL, {"reconnect", "1"}};

    return open_link(options, 2);
}

static bool is_readable(int fd, int wait_ms)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};

    return poll(&readable, 1, wait_ms) == 1;
}

/* Receives until there are frames or an error. */
static int receive(struct link *link, struct link_frame *frames, unsigned max)
{
    int result = 0;

    while (result == 0 && is_readable(link->fd, WAIT_MS)) {
        result = link->ops->receive(link, frames, max);
    }
    return result;
}

static void give(const struct fake *fake, const void *bytes, size_t count)
{
    ck_assert_int_eq(send(fake->data_far, bytes, count, 0), (ssize_t)count);
}

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
    {{URL, URL}, 2, "'url' is given twice"},
    {{URL, {"uri", "x"}}, 2,
     "the keys are url, port, group, mode, description, jumbo, gone, reconnect"},
    {{URL, {"port", "0"}}, 2, "'port' is '0'"},
    {{URL, {"port", "65536"}}, 2, "from 1 to 65535"},
    {{URL, {"port", "-1"}}, 2, "'port' is '-1'"},
    {{URL, {"port", "1x"}}, 2, "'port' is '1x'"},
    {{URL, {"group", "no such group\n"}}, 2, "no group 'no such group?'"},
    {{URL, {"mode", "0800"}}, 2, "octal"},
    {{URL, {"mode", "1777"}}, 2, "up to 777"},
    {{URL, {"description", ""}}, 2, "'description' is empty"},
    {{URL, {"jumbo", "yes"}}, 2, "'off' or 'on'"},
    {{URL, {"gone", "away"}}, 2, "'wait' or 'down'"},
    {{URL, {"reconnect", "soon"}}, 2, "milliseconds"},
    {{URL, {"reconnect", "3600001"}}, 2, "3600000"},
    {{URL, {"gone", "down"}, {"reconnect", "5"}}, 3, "'reconnect' needs gone = wait"},
};

static void check_refused(const struct link_option *options, size_t count, int code,
                          const char *word)
{
    char error[LINK_ERROR_BYTES];
    struct link *link = NULL;

    memset(error, '#', sizeof(error));
    ck_assert_int_eq(vde_driver.open(options, count, &link, error), -code);
    check_text(error, word);
    ck_assert_ptr_null(link);
    ck_assert_int_eq(play.opened, play.closed);
}

START_TEST(options_refused)
{
    check_refused(bad_options[_i].options, bad_options[_i].count, EINVAL, bad_options[_i].word);
}
END_TEST

START_TEST(long_url_is_refused)
{
    char url[2000];
    const struct link_option option = {"url", url};

    memset(url, 'x', sizeof(url) - 1);
    url[sizeof(url) - 1] = '\0';
    check_refused(&option, 1, EINVAL, "more than 1023");
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
    const struct link_option option = URL;

    play.failures = 1;
    play.code = failures[_i].code;
    check_refused(&option, 1, failures[_i].reported, failures[_i].word);
}
END_TEST

START_TEST(arguments_reach_the_library)
{
    const struct link_option options[] = {URL, {"port", "7"}, {"group", "0"}, {"mode", "0660"},
                                          {"description", "host a"}, {"jumbo", "on"}};
    struct link *link = open_link(options, 6);

    ck_assert_str_eq(play.url, "/run/sw");
    ck_assert_str_eq(play.description, "host a");
    ck_assert_str_eq(play.group, "0");
    ck_assert_int_eq(play.arguments.port, 7);
    ck_assert_uint_eq(play.arguments.mode, 0660);
    ck_assert_uint_eq(link->mtu, 9216);
    link->ops->close(link);
    ck_assert_int_eq(play.closed, 1);
    hang_up(play.last);
    forget(play.last);
}
END_TEST

START_TEST(defaults)
{
    struct link *link = open_plain();

    ck_assert_str_eq(play.description, "winlwip");
    ck_assert_str_eq(play.group, "");
    ck_assert_int_eq(play.arguments.port, 0);
    ck_assert_uint_eq(play.arguments.mode, 0700);
    ck_assert_uint_eq(link->mtu, 1500);
    ck_assert(!link_has_mac(link));
    link->ops->close(link);
    forget(play.last);
}
END_TEST

/* --- Frames --- */

START_TEST(frames_are_lent)
{
    struct link *link = open_plain();
    struct link_frame frames[8];
    uint8_t bytes[3][1514];
    static const size_t lengths[3] = {60, 1514, 5};

    ck_assert(!is_readable(link->fd, 0));
    ck_assert_int_eq(link->ops->receive(link, frames, 8), 0);
    for (unsigned i = 0; i < 3; i++) {
        memset(bytes[i], (int)i + 1, sizeof(bytes[i]));
        give(play.last, bytes[i], lengths[i]);
    }
    ck_assert_int_eq(link->ops->receive(link, frames, 2), 2);
    ck_assert_uint_eq(frames[0].bytes, 60);
    ck_assert_uint_eq(frames[1].bytes, 1514);
    ck_assert_mem_eq(frames[0].data, bytes[0], 60);
    ck_assert_mem_eq(frames[1].data, bytes[1], 1514);
    ck_assert_uint_eq(((uintptr_t)frames[1].data + 14) % 16, 0);
    ck_assert(is_readable(link->fd, 0));
    ck_assert_int_eq(link->ops->receive(link, frames, 8), 1);
    ck_assert_uint_eq(frames[0].bytes, 5);
    ck_assert_uint_eq(frames[0].original_bytes, 5);
    ck_assert_uint_eq(frames[0].flags, 0);
    ck_assert_int_eq(link->ops->receive(link, frames, 8), 0);
    link->ops->close(link);
    forget(play.last);
}
END_TEST

/* More than any frame has is cut and marked; what follows is untouched. */
START_TEST(oversized_frames_are_marked)
{
    static const uint8_t bytes[LINK_FRAME_MAX_BYTES + 100];
    struct link *link = open_plain();
    struct link_frame frames[4];

    give(play.last, bytes, LINK_FRAME_MAX_BYTES + 1);
    give(play.last, bytes, LINK_FRAME_MAX_BYTES);
    give(play.last, bytes, 60);
    ck_assert_int_eq(receive(link, frames, 4), 3);
    ck_assert_uint_eq(frames[0].bytes, LINK_FRAME_MAX_BYTES);
    ck_assert_uint_gt(frames[0].original_bytes, LINK_FRAME_MAX_BYTES);
    ck_assert_uint_eq(frames[0].flags, LINK_FRAME_CUT | LINK_FRAME_OVERSIZE);
    ck_assert_uint_eq(frames[1].bytes, LINK_FRAME_MAX_BYTES);
    ck_assert_uint_eq(frames[1].flags, 0);
    ck_assert_uint_eq(frames[2].bytes, 60);
    link->ops->close(link);
    forget(play.last);
}
END_TEST

/* "Not for you" is no frame, and no reason to ask for ever. */
START_TEST(foreign_frames_end_the_burst)
{
    struct link *link = open_plain();
    struct link_frame frames[4];

    give(play.last, "x", 1);
    play.last->answer = 1;
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    play.last->answer = 0;
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    ck_assert_int_eq(play.closed, 0);
    link->ops->close(link);
    forget(play.last);
}
END_TEST

/* A module that waits inside is not called while it has nothing. */
static ssize_t waiting_recv(VDECONN *connection, void *buffer, size_t bytes, int flags)
{
    struct fake *fake = (struct fake *)connection;
    struct epoll_event event;

    (void)flags;
    ck_assert_int_eq(epoll_wait(fake->data, &event, 1, 0), 1); /* it would wait for ever */
    return recv(event.data.fd, buffer, bytes, 0);
}

static int epoll_datafd(VDECONN *connection)
{
    struct fake *fake = (struct fake *)connection;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fake->data};
    int fd = epoll_create1(EPOLL_CLOEXEC);

    ck_assert_int_eq(epoll_ctl(fd, EPOLL_CTL_ADD, fake->data, &event), 0);
    fake->data = fd;
    return fd;
}

START_TEST(modules_that_wait_are_asked_first)
{
    struct link_frame frames[4];

    play.no_control = true;
    libvdeplug.recv = waiting_recv;
    libvdeplug.datafd = epoll_datafd;
    struct link *link = open_plain();
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    give(play.last, "a frame of bytes", 16);
    give(play.last, "another frame...", 16);
    ck_assert_int_eq(receive(link, frames, 4), 2);
    ck_assert_mem_eq(frames[1].data, "another frame...", 16);
    link->ops->close(link);
    forget(play.last);
}
END_TEST

START_TEST(packets_are_sent_whole)
{
    struct link *link = open_plain();
    char head[] = "head", body[] = "and body";
    struct iovec parts[] = {{head, 4}, {body, 8}};
    struct link_packet packets[2] = {{.parts = parts, .part_count = 2},
                                     {.parts = parts, .part_count = 1}};
    char got[32];

    ck_assert_uint_eq(link->ops->send(link, packets, 2), 2);
    ck_assert_int_eq(recv(play.last->data_far, got, sizeof(got), 0), 12);
    ck_assert_mem_eq(got, "headand body", 12);
    ck_assert_int_eq(recv(play.last->data_far, got, sizeof(got), 0), 4);
    link->ops->close(link);
    forget(play.last);
}
END_TEST

/* What a switch that does not read leaves no room for is not taken; nothing waits. */
START_TEST(full_switch_takes_no_more)
{
    static uint8_t bytes[20000];
    struct link *link = open_plain();
    struct iovec part = {bytes, 1514};
    struct link_packet packet = {.parts = &part, .part_count = 1};
    unsigned sent = 0;

    while (sent < 100000 && link->ops->send(link, &packet, 1) == 1) {
        sent++;
    }
    ck_assert_uint_gt(sent, 0);
    ck_assert_uint_lt(sent, 100000);
    ck_assert_int_gt(recv(play.last->data_far, bytes, sizeof(bytes), 0), 0);
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 1);
    part.iov_len = sizeof(bytes); /* longer than any frame of this link */
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 0);
    link->ops->close(link);
    forget(play.last);
}
END_TEST

/* --- Connections that end --- */

START_TEST(gone_is_down)
{
    const struct link_option options[] = {URL, {"gone", "down"}};
    struct link *link = open_link(options, 2);
    struct link_frame frames[4];
    char bytes[] = "bytes";
    struct iovec part = {bytes, 5};
    struct link_packet packet = {.parts = &part, .part_count = 1};

    give(play.last, "the last one", 12);
    hang_up(play.last);
    ck_assert_int_eq(receive(link, frames, 4), 1);
    ck_assert_uint_eq(frames[0].bytes, 12);
    ck_assert_int_eq(receive(link, frames, 4), -ENETDOWN);
    ck_assert_int_eq(link->ops->receive(link, frames, 4), -ENETDOWN);
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 0);
    ck_assert(!is_readable(link->fd, 0));
    ck_assert_int_eq(play.closed, 1);
    link->ops->close(link);
    forget(play.last);
}
END_TEST

/* By the same descriptor, however often it takes; frames come as before. */
START_TEST(gone_is_waited_for)
{
    struct link *link = open_plain();
    struct link_frame frames[4];
    struct fake *first = play.last;
    char bytes[] = "bytes";
    struct iovec part = {bytes, 5};
    struct link_packet packet = {.parts = &part, .part_count = 1};
    int fd = link->fd;

    play.failures = 3;
    play.code = ECONNREFUSED;
    hang_up(first);
    ck_assert(is_readable(fd, WAIT_MS));
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 0);
    while (play.opened < 2) {
        ck_assert(is_readable(fd, WAIT_MS));
        ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    }
    ck_assert_int_eq(play.failures, 0);
    ck_assert_str_eq(play.url, "/run/sw");
    give(play.last, "back again", 10);
    ck_assert_int_eq(receive(link, frames, 4), 1);
    ck_assert_mem_eq(frames[0].data, "back again", 10);
    ck_assert_int_eq(link->fd, fd);
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 1);
    link->ops->close(link);
    ck_assert_int_eq(play.closed, 2);
    forget(first);
    forget(play.last);
}
END_TEST

START_TEST(no_attempt_when_reconnect_is_off)
{
    const struct link_option options[] = {URL, {"reconnect", "0"}};
    struct link *link = open_link(options, 2);
    struct link_frame frames[4];

    hang_up(play.last);
    ck_assert(is_readable(link->fd, WAIT_MS));
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    ck_assert(!is_readable(link->fd, 50));
    ck_assert_int_eq(play.opened, 1);
    link->ops->close(link);
    forget(play.last);
}
END_TEST

/* A module without a second descriptor whose calls fail for good. */
START_TEST(failing_calls_end_the_connection)
{
    const struct link_option options[] = {URL, {"gone", "down"}};
    struct link_frame frames[4];

    play.no_control = true;
    struct link *link = open_link(options, 2);
    give(play.last, "x", 1);
    play.last->answer = -1;
    errno = ECONNREFUSED;
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    errno = EBADF;
    ck_assert_int_eq(link->ops->receive(link, frames, 4), -ENETDOWN);
    link->ops->close(link);
    forget(play.last);
}
END_TEST

/* The attempt is left alone; what comes of it is closed by its own thread. */
START_TEST(close_does_not_wait_for_a_hanging_switch)
{
    struct link *link = open_plain();
    struct link_frame frames[4];
    struct fake *first = play.last;

    play.hangs = true;
    hang_up(first);
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    ck_assert(is_readable(link->fd, WAIT_MS)); /* the timer */
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    ck_assert(!is_readable(link->fd, 50));
    link->ops->close(link);
    ck_assert_int_eq(play.closed, 1);
    sem_post(&play.go_on);
    for (int i = 0; i < WAIT_MS && play.closed < 2; i++) {
        usleep(1000);
    }
    ck_assert_int_eq(play.closed, 2);
    forget(first);
    forget(play.last);
}
END_TEST

/* open() gives up on a switch that never answers. */
START_TEST(open_does_not_wait_for_ever)
{
    const struct link_option option = URL;

    play.hangs = true;
    play.failures = 1;
    check_refused(&option, 1, ETIMEDOUT, "has not answered for 5 seconds");
    sem_post(&play.go_on);
}
END_TEST

static void add_cases(Suite *suite)
{
    TCase *options = tcase_create("vde-options");
    TCase *frames = tcase_create("vde-frames");
    TCase *connections = tcase_create("vde-connections");

    tcase_add_checked_fixture(options, set_up, NULL);
    tcase_add_checked_fixture(frames, set_up, NULL);
    tcase_add_checked_fixture(connections, set_up, NULL);
    tcase_set_timeout(connections, 30);
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
    tcase_add_test(connections, gone_is_down);
    tcase_add_test(connections, gone_is_waited_for);
    tcase_add_test(connections, no_attempt_when_reconnect_is_off);
    tcase_add_test(connections, failing_calls_end_the_connection);
    tcase_add_test(connections, close_does_not_wait_for_a_hanging_switch);
    tcase_add_test(connections, open_does_not_wait_for_ever);
    suite_add_tcase(suite, options);
    suite_add_tcase(suite, frames);
    suite_add_tcase(suite, connections);
}

#else

extern const struct link_driver vde_driver;

START_TEST(stand_in_says_so)
{
    char error[LINK_ERROR_BYTES];
    struct link *link = NULL;

    ck_assert_int_eq(vde_driver.open(NULL, 0, &link, error), -EPROTONOSUPPORT);
    check_text(error, "install libvdeplug-dev");
    ck_assert_ptr_null(vde_driver.help);
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
