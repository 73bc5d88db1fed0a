/*
 * place.c - where a socket is: parsing, binding, and the words for what fails.
 *
 * A socket file stays behind when its program is killed, and bind() takes it for one in use.
 * Whether somebody is behind it the kernel tells who connects. It is asked by a socket of a type
 * that nobody here uses: connecting fails with EPROTOTYPE where there is a socket, which hears
 * nothing of it, and with ECONNREFUSED where there is none any more.
 */
#define _GNU_SOURCE
#include "drivers/socket/place.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char unix_prefix[] = "unix:";

enum {
    PATH_MAX_BYTES = sizeof(((struct sockaddr_un *)0)->sun_path) - 1,
    /* The longest address in digits, with brackets. */
    HOST_BYTES = INET6_ADDRSTRLEN + 2,
    PORT_MAX = 65535,
};

/* --- parsing --- */

static int parse_path(const struct options_report *report, const char *key, const char *path,
                      struct place *place)
{
    size_t length = strlen(path);

    if (length == 0) {
        return options_fail(report, EINVAL, "option '%s' has no path behind 'unix:'", key);
    }
    if (length > PATH_MAX_BYTES) {
        return options_fail(report, ENAMETOOLONG,
                            "option '%s': the path of a socket has at most %d bytes, this one %zu: "
                            "'%.100s...'", key, PATH_MAX_BYTES, length, path);
    }
    place->address.unix_path.sun_family = AF_UNIX;
    memcpy(place->address.unix_path.sun_path, path, length + 1);
    place->bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    return 0;
}

/* Reads "192.0.2.1" or "[2001:db8::1]". Returns false when it is neither. */
static bool parse_host(const char *host, struct place *place)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&place->address.any;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&place->address.any;
    char bare[HOST_BYTES];
    size_t length = strlen(host);

    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        place->bytes = sizeof(*v4);
        return true;
    }
    if (length < 2 || host[0] != '[' || host[length - 1] != ']') {
        return false;
    }
    memcpy(bare, host + 1, length - 2);
    bare[length - 2] = '\0';
    if (inet_pton(AF_INET6, bare, &v6->sin6_addr) != 1) {
        return false;
    }
    v6->sin6_family = AF_INET6;
    place->bytes = sizeof(*v6);
    return true;
}

static int parse_internet(const struct options_report *report, const char *key, const char *value,
                          struct place *place)
{
    const char *colon = strrchr(value, ':');
    char host[HOST_BYTES + 1];
    long port;
    int result;

    if (colon == NULL || (size_t)(colon - value) >= sizeof(host)) {
        goto bad;
    }
    memcpy(host, value, (size_t)(colon - value));
    host[colon - value] = '\0';
    if (!parse_host(host, place)) {
        goto bad;
    }
    result = options_read_number(report, key, colon + 1, 1, PORT_MAX, &port);
    if (result != 0) {
        return result;
    }
    /* At the same place in both structs. */
    ((struct sockaddr_in *)&place->address.any)->sin_port = htons((uint16_t)port);
    return 0;

bad:
    return options_fail(report, EINVAL,
                        "option '%s' is '%.60s': it must be unix:PATH, or an address in digits and "
                        "a port, as 127.0.0.1:5000", key, value);
}

int place_parse(const struct options_report *report, const char *key, const char *value,
                struct place *place)
{
    bool is_path = strncmp(value, unix_prefix, sizeof(unix_prefix) - 1) == 0;
    int result;

    *place = (struct place){.bytes = 0};
    result = is_path ? parse_path(report, key, value + sizeof(unix_prefix) - 1, place)
                     : parse_internet(report, key, value, place);
    if (result == 0) {
        snprintf(place->text, sizeof(place->text), "%s", value);
    }
    return result;
}

bool place_is_given(const struct place *place)
{
    return place->address.generic.sa_family != AF_UNSPEC;
}

/* --- words --- */

static const struct {
    int code;
    const char *text;
} reasons[] = {
    {ENOENT, "there is no such socket, or no such directory for it"},
    {ECONNREFUSED, "nobody listens there: start the other side first"},
    {EACCES, "no right to use it: look at the rights of the file and its directories"},
    {EPERM, "no right to use it: look at the rights of the file and its directories"},
    {EPROTOTYPE, "it is a socket of another type: 'stream' and 'dgram' don't go together"},
    {EADDRINUSE, "it is in use already"},
    {EADDRNOTAVAIL, "it is no address of this machine"},
    {EEXIST, "there is a file of that name, which is no socket"},
    {EAGAIN, "who listens there has no room for one more"},
    {ETIMEDOUT, "nobody answers there"},
};

int place_fail(const struct options_report *report, const struct place *place, int code)
{
    const char *text = strerror(code);

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].code == code) {
            text = reasons[i].text;
        }
    }
    return options_fail(report, code, "'%s': %s", place->text, text);
}

/* --- binding --- */

/*
 * After EADDRINUSE: removes a socket file that nobody is behind. Returns 0 when it did, or the
 * -errno that says why not.
 */
static int remove_stale(const struct place *place)
{
    const char *path = place->address.unix_path.sun_path;
    struct stat file;
    int asker, code;

    if (lstat(path, &file) != 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    if (!S_ISSOCK(file.st_mode)) {
        return -EEXIST;
    }
    asker = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (asker < 0) {
        return -errno;
    }
    code = connect(asker, &place->address.generic, place->bytes) == 0 ? 0 : errno;
    close(asker);
    if (code != ECONNREFUSED) {
        return code == EACCES ? -EACCES : -EADDRINUSE;
    }
    return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

/* Binds, if need be in place of a stale file. Returns 0 or -errno. */
static int bind_fresh(int fd, const struct place *place)
{
    int result;

    if (bind(fd, &place->address.generic, place->bytes) == 0) {
        return 0;
    }
    if (errno != EADDRINUSE || place->address.generic.sa_family != AF_UNIX) {
        return -errno;
    }
    result = remove_stale(place);
    if (result == 0 && bind(fd, &place->address.generic, place->bytes) != 0) {
        result = -errno;
    }
    return result;
}

int place_bind(const struct options_report *report, struct place *place, int type)
{
    int family = place->address.generic.sa_family;
    int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    struct stat file;
    int result;

    if (fd < 0) {
        return place_fail(report, place, errno);
    }
    /* A connection of a former run that is still closing is not in use. */
    if (family != AF_UNIX && type == SOCK_STREAM) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    }
    result = bind_fresh(fd, place);
    if (result != 0) {
        close(fd);
        return place_fail(report, place, -result);
    }
    if (family == AF_UNIX && lstat(place->address.unix_path.sun_path, &file) == 0) {
        place->is_made = true;
        place->device = file.st_dev;
        place->inode = file.st_ino;
    }
    return fd;
}

void place_remove(const struct place *place)
{
    const char *path = place->address.unix_path.sun_path;
    struct stat file;

    if (place->is_made && lstat(path, &file) == 0 && file.st_dev == place->device &&
        file.st_ino == place->inode) {
        unlink(path);
    }
}
