/*
 * vde_fixture.c - a libvdeplug that tests play, and links on it.
 */
#define _GNU_SOURCE
#include "tests/unit/vde_fixture.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void vdefix_text(const char *error, const char *word)
{
    ck_assert_ptr_nonnull(memchr(error, '\0', LINK_ERROR_BYTES));
    ck_assert_msg(strncmp(error, "vde: ", 5) == 0 && strchr(error, '\n') == NULL, "%s", error);
    ck_assert_msg(strstr(error, word) != NULL, "no '%s' in: %s", word, error);
}

#if __has_include(<libvdeplug.h>)

struct vdefix_play vdefix;

static struct vdefix_fake *fake_new(void)
{
    struct vdefix_fake *fake = calloc(1, sizeof(*fake));
    int data[2], control[2] = {-1, -1};
    int room = 1 << 20;

    ck_assert_ptr_nonnull(fake);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, data), 0);
    setsockopt(data[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    if (!vdefix.no_control) {
        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, control), 0);
    }
    *fake = (struct vdefix_fake){data[0], data[1], control[0], control[1], 0};
    return fake;
}

static VDECONN *fake_open(char *url, char *description, int version, struct vde_open_args *arguments)
{
    ck_assert_int_eq(version, LIBVDEPLUG_INTERFACE_VERSION);
    if (vdefix.hangs) {
        sem_wait(&vdefix.go_on);
    }
    if (vdefix.failures > 0) {
        vdefix.failures--;
        errno = vdefix.code;
        return NULL;
    }
    strcpy(vdefix.url, url);
    strcpy(vdefix.description, description);
    strcpy(vdefix.group, arguments->group != NULL ? arguments->group : "");
    vdefix.arguments = *arguments;
    *url = '#'; /* as the library's own parser does */
    vdefix.last = fake_new();
    vdefix.opened++;
    return (VDECONN *)vdefix.last;
}

static ssize_t fake_recv(VDECONN *connection, void *buffer, size_t bytes, int flags)
{
    struct vdefix_fake *fake = (struct vdefix_fake *)connection;

    (void)flags;
    return fake->answer != 0 ? fake->answer : recv(fake->data, buffer, bytes, 0);
}

static ssize_t fake_send(VDECONN *connection, const void *buffer, size_t bytes, int flags)
{
    (void)flags;
    return send(((struct vdefix_fake *)connection)->data, buffer, bytes, 0);
}

static int fake_datafd(VDECONN *connection)
{
    return ((struct vdefix_fake *)connection)->data;
}

static int fake_ctlfd(VDECONN *connection)
{
    return ((struct vdefix_fake *)connection)->control;
}

static int fake_close(VDECONN *connection)
{
    struct vdefix_fake *fake = (struct vdefix_fake *)connection;

    close(fake->data);
    if (fake->control >= 0) {
        close(fake->control);
    }
    /* The far ends are the test's, which may still hold the pointer. */
    vdefix.closed++;
    return 0;
}

void vdefix_set_up(void)
{
    char error[LINK_ERROR_BYTES];

    ck_assert_int_eq(libvdeplug_load(error), 0);
    libvdeplug = (struct libvdeplug){
        .close = fake_close, .ctlfd = fake_ctlfd, .datafd = fake_datafd,
        .open_real = fake_open, .recv = fake_recv, .send = fake_send,
    };
    memset(&vdefix, 0, sizeof(vdefix));
    sem_init(&vdefix.go_on, 0, 0);
}

void vdefix_hang_up(struct vdefix_fake *fake)
{
    close(fake->data_far);
    close(fake->control_far);
}

void vdefix_forget(struct vdefix_fake *fake)
{
    free(fake);
}

struct link *vdefix_open(const struct link_option *options, size_t count)
{
    char error[LINK_ERROR_BYTES] = "";
    struct link *link = NULL;
    int result = winlwip_vde_driver.open(options, count, &link, error);

    ck_assert_msg(result == 0, "%d: %s", result, error);
    return link;
}

struct link *vdefix_open_plain(void)
{
    const struct link_option options[] = {VDEFIX_URL, {"reconnect", "1"}};

    return vdefix_open(options, 2);
}

bool vdefix_is_readable(int fd, int wait_ms)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};

    return poll(&readable, 1, wait_ms) == 1;
}

int vdefix_receive(struct link *link, struct link_frame *frames, unsigned max)
{
    int result = 0;

    while (result == 0 && vdefix_is_readable(link->fd, VDEFIX_WAIT_MS)) {
        result = link->ops->receive(link, frames, max);
    }
    return result;
}

void vdefix_give(const struct vdefix_fake *fake, const void *bytes, size_t count)
{
    ck_assert_int_eq(send(fake->data_far, bytes, count, 0), (ssize_t)count);
}

void vdefix_refused(const struct link_option *options, size_t count, int code, const char *word)
{
    char error[LINK_ERROR_BYTES];
    struct link *link = NULL;

    memset(error, '#', sizeof(error));
    ck_assert_int_eq(winlwip_vde_driver.open(options, count, &link, error), -code);
    vdefix_text(error, word);
    ck_assert_ptr_null(link);
    ck_assert_int_eq(vdefix.opened, vdefix.closed);
}

#endif
