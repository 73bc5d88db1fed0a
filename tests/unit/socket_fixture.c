/*
 * socket_fixture.c - what the tests of the drivers stream and dgram share.
 */
#define _GNU_SOURCE
#include "tests/unit/socket_fixture.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINKS_MAX = 4, OPTIONS_MAX = 8 };

static char directory[64];
static struct link *links[LINKS_MAX];

void sockfix_set_up(void)
{
    strcpy(directory, "/tmp/winlwip-sockets-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_eq(chdir(directory), 0);
}

void sockfix_tear_down(void)
{
    char command[sizeof(directory) + 16];

    for (size_t i = 0; i < LINKS_MAX; i++) {
        if (links[i] != NULL) {
            sockfix_close(links[i]);
        }
    }
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(system(command), 0);
}

int sockfix_try(const struct link_driver *driver, const char *options, struct link **link,
                char *error)
{
    struct link_option pairs[OPTIONS_MAX];
    char words[1024];
    size_t count = 0;

    ck_assert_uint_lt(strlen(options), sizeof(words));
    strcpy(words, options);
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
        char *equals = strchr(word, '=');

        ck_assert_uint_lt(count, OPTIONS_MAX);
        *equals = '\0';
        pairs[count++] = (struct link_option){word, equals + 1};
    }
    return driver->open(pairs, count, link, error);
}

struct link *sockfix_open(const struct link_driver *driver, const char *options)
{
    char error[LINK_ERROR_BYTES] = "";
    size_t i = 0;
    int result;

    while (links[i] != NULL) {
        i++;
        ck_assert_uint_lt(i, LINKS_MAX);
    }
    result = sockfix_try(driver, options, &links[i], error);
    ck_assert_msg(result == 0, "open returned %d: %s", result, error);
    return links[i];
}

void sockfix_close(struct link *link)
{
    for (size_t i = 0; i < LINKS_MAX; i++) {
        if (links[i] == link) {
            links[i] = NULL;
        }
    }
    link->ops->close(link);
}

static struct sockaddr_un name_of(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    ck_assert_uint_lt(strlen(name), sizeof(address.sun_path));
    strcpy(address.sun_path, name);
    return address;
}

int sockfix_bound(const char *name, int type)
{
    struct sockaddr_un address = name_of(name);
    int fd = socket(AF_UNIX, type, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    if (type == SOCK_STREAM) {
        ck_assert_int_eq(listen(fd, 4), 0);
    }
    return fd;
}

int sockfix_connect(const char *name, int type)
{
    struct sockaddr_un address = name_of(name);
    int fd = socket(AF_UNIX, type, 0);

    ck_assert_int_ge(fd, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        int code = errno;

        close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

bool sockfix_readable(const struct link *link, int timeout_ms)
{
    struct pollfd entry = {.fd = link->fd, .events = POLLIN};

    return poll(&entry, 1, timeout_ms) == 1;
}

int sockfix_receive(struct link *link, struct link_frame *frames, unsigned max)
{
    int count = 0;

    while (count == 0) {
        ck_assert(sockfix_readable(link, SOCKFIX_PATIENCE_MS));
        count = link->ops->receive(link, frames, max);
    }
    return count;
}

void sockfix_settle(struct link *link)
{
    struct link_frame frame;

    ck_assert(sockfix_readable(link, SOCKFIX_PATIENCE_MS));
    while (sockfix_readable(link, 0)) {
        ck_assert_int_eq(link->ops->receive(link, &frame, 1), 0);
    }
}

void sockfix_fill(uint8_t *frame, size_t bytes, unsigned number)
{
    for (size_t i = 0; i < bytes; i++) {
        frame[i] = (uint8_t)(number * 31 + i);
    }
}

void sockfix_expect(const struct link_frame *frame, size_t bytes, unsigned number)
{
    static uint8_t expected[LINK_FRAME_MAX_BYTES];

    ck_assert_uint_eq(frame->bytes, bytes);
    ck_assert_uint_eq(frame->original_bytes, bytes);
    ck_assert_uint_eq(frame->flags, 0);
    ck_assert_uint_eq(frame->encapsulation, LINK_ETHERNET);
    sockfix_fill(expected, bytes, number);
    ck_assert_mem_eq(frame->data, expected, bytes);
    memset(frame->data, 0xff, bytes); /* ours to write to */
}

unsigned sockfix_send(struct link *link, size_t bytes, unsigned number)
{
    static uint8_t frame[LINK_FRAME_MAX_BYTES];
    size_t first = bytes < 14 ? bytes : 14;
    const struct iovec parts[] = {{frame, first}, {frame + first, bytes - first}};
    const struct link_packet packet = {.parts = parts, .part_count = 2};

    sockfix_fill(frame, bytes, number);
    return link->ops->send(link, &packet, 1);
}

void sockfix_refused(const struct link_driver *driver, const struct sockfix_mistake *mistake)
{
    char error[LINK_ERROR_BYTES] = "";
    struct link *link = NULL;

    ck_assert_int_eq(sockfix_try(driver, mistake->options, &link, error), -mistake->code);
    ck_assert_msg(strncmp(error, mistake->line, strlen(mistake->line)) == 0, "\"%s\": %s",
                  mistake->options, error);
    ck_assert_ptr_null(strchr(error, '\n'));
}
