/*
 * test_vde_connections.c - connections of the vde driver that end, hang and come again, on a library
 * that the tests play.
 */
#define _GNU_SOURCE
#include "tests/unit/vde_fixture.h"

#if __has_include(<libvdeplug.h>)

#include <errno.h>
#include <unistd.h>

START_TEST(gone_is_down)
{
    const struct link_option options[] = {VDEFIX_URL, {"gone", "down"}};
    struct link *link = vdefix_open(options, 2);
    struct link_frame frames[4];
    char bytes[] = "bytes";
    struct iovec part = {bytes, 5};
    struct link_packet packet = {.parts = &part, .part_count = 1};

    vdefix_give(vdefix.last, "the last one", 12);
    vdefix_hang_up(vdefix.last);
    ck_assert_int_eq(vdefix_receive(link, frames, 4), 1);
    ck_assert_uint_eq(frames[0].bytes, 12);
    ck_assert_int_eq(vdefix_receive(link, frames, 4), -ENETDOWN);
    ck_assert_int_eq(link->ops->receive(link, frames, 4), -ENETDOWN);
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 0);
    ck_assert(!vdefix_is_readable(link->fd, 0));
    ck_assert_int_eq(vdefix.closed, 1);
    link->ops->close(link);
    vdefix_forget(vdefix.last);
}
END_TEST

/* By the same descriptor, however often it takes; frames come as before. */
START_TEST(gone_is_waited_for)
{
    struct link *link = vdefix_open_plain();
    struct link_frame frames[4];
    struct vdefix_fake *first = vdefix.last;
    char bytes[] = "bytes";
    struct iovec part = {bytes, 5};
    struct link_packet packet = {.parts = &part, .part_count = 1};
    int fd = link->fd;

    vdefix.failures = 3;
    vdefix.code = ECONNREFUSED;
    vdefix_hang_up(first);
    ck_assert(vdefix_is_readable(fd, VDEFIX_WAIT_MS));
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 0);
    while (vdefix.opened < 2) {
        ck_assert(vdefix_is_readable(fd, VDEFIX_WAIT_MS));
        ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    }
    ck_assert_int_eq(vdefix.failures, 0);
    ck_assert_str_eq(vdefix.url, "/run/sw");
    vdefix_give(vdefix.last, "back again", 10);
    ck_assert_int_eq(vdefix_receive(link, frames, 4), 1);
    ck_assert_mem_eq(frames[0].data, "back again", 10);
    ck_assert_int_eq(link->fd, fd);
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 1);
    link->ops->close(link);
    ck_assert_int_eq(vdefix.closed, 2);
    vdefix_forget(first);
    vdefix_forget(vdefix.last);
}
END_TEST

START_TEST(no_attempt_when_reconnect_is_off)
{
    const struct link_option options[] = {VDEFIX_URL, {"reconnect", "0"}};
    struct link *link = vdefix_open(options, 2);
    struct link_frame frames[4];

    vdefix_hang_up(vdefix.last);
    ck_assert(vdefix_is_readable(link->fd, VDEFIX_WAIT_MS));
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    ck_assert(!vdefix_is_readable(link->fd, 50));
    ck_assert_int_eq(vdefix.opened, 1);
    link->ops->close(link);
    vdefix_forget(vdefix.last);
}
END_TEST

/* A module without a second descriptor whose calls fail for good. */
START_TEST(failing_calls_end_the_connection)
{
    const struct link_option options[] = {VDEFIX_URL, {"gone", "down"}};
    struct link_frame frames[4];

    vdefix.no_control = true;
    struct link *link = vdefix_open(options, 2);
    vdefix_give(vdefix.last, "x", 1);
    vdefix.last->answer = -1;
    errno = ECONNREFUSED;
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    errno = EBADF;
    ck_assert_int_eq(link->ops->receive(link, frames, 4), -ENETDOWN);
    link->ops->close(link);
    vdefix_forget(vdefix.last);
}
END_TEST

/* The attempt is left alone; what comes of it is closed by its own thread. */
START_TEST(close_does_not_wait_for_a_hanging_switch)
{
    struct link *link = vdefix_open_plain();
    struct link_frame frames[4];
    struct vdefix_fake *first = vdefix.last;

    vdefix.hangs = true;
    vdefix_hang_up(first);
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    ck_assert(vdefix_is_readable(link->fd, VDEFIX_WAIT_MS)); /* the timer */
    ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    ck_assert(!vdefix_is_readable(link->fd, 50));
    link->ops->close(link);
    ck_assert_int_eq(vdefix.closed, 1);
    sem_post(&vdefix.go_on);
    for (int i = 0; i < VDEFIX_WAIT_MS && vdefix.closed < 2; i++) {
        usleep(1000);
    }
    ck_assert_int_eq(vdefix.closed, 2);
    vdefix_forget(first);
    vdefix_forget(vdefix.last);
}
END_TEST

/* open() gives up on a switch that never answers. */
START_TEST(open_does_not_wait_for_ever)
{
    const struct link_option option = VDEFIX_URL;

    vdefix.hangs = true;
    vdefix.failures = 1;
    vdefix_refused(&option, 1, ETIMEDOUT, "has not answered for 5 seconds");
    sem_post(&vdefix.go_on);
}
END_TEST

/* Where reconnect is given a switch may come later than its hosts. */
START_TEST(missing_switch_is_waited_for)
{
    struct link_frame frames[4];

    vdefix.failures = 3;
    vdefix.code = _i == 0 ? ENOENT : ECONNREFUSED;
    struct link *link = vdefix_open_plain();
    while (vdefix.opened < 1) {
        ck_assert(vdefix_is_readable(link->fd, VDEFIX_WAIT_MS));
        ck_assert_int_eq(link->ops->receive(link, frames, 4), 0);
    }
    vdefix_give(vdefix.last, "there it is", 11);
    ck_assert_int_eq(vdefix_receive(link, frames, 4), 1);
    link->ops->close(link);
    vdefix_forget(vdefix.last);
}
END_TEST

/* What will not be better later is an error at once. */
START_TEST(wrong_url_is_not_waited_for)
{
    const struct link_option options[] = {VDEFIX_URL, {"reconnect", "1"}};

    vdefix.failures = 1;
    vdefix.code = EPROTONOSUPPORT;
    vdefix_refused(options, 2, EPROTONOSUPPORT, "no module");
}
END_TEST

TCase *vde_connections_case(void)
{
    TCase *connections = tcase_create("vde-connections");

    tcase_add_checked_fixture(connections, vdefix_set_up, NULL);
    tcase_set_timeout(connections, 30);
    tcase_add_test(connections, gone_is_down);
    tcase_add_test(connections, gone_is_waited_for);
    tcase_add_test(connections, no_attempt_when_reconnect_is_off);
    tcase_add_test(connections, failing_calls_end_the_connection);
    tcase_add_test(connections, close_does_not_wait_for_a_hanging_switch);
    tcase_add_test(connections, open_does_not_wait_for_ever);
    tcase_add_loop_test(connections, missing_switch_is_waited_for, 0, 2);
    tcase_add_test(connections, wrong_url_is_not_waited_for);
    return connections;
}

#endif
