/*
 * place.h - where a socket is: "unix:PATH", or "HOST:PORT" with an address in digits. Private to
 * drivers/socket.
 */
#ifndef DRIVERS_SOCKET_PLACE_H
#define DRIVERS_SOCKET_PLACE_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include "drivers/options/options.h"

/* "unix:" and the longest path. */
#define PLACE_TEXT_BYTES (sizeof("unix:") + sizeof(((struct sockaddr_un *)0)->sun_path))

struct place {
    union {
        struct sockaddr generic;
        struct sockaddr_storage any;
        struct sockaddr_un unix_path;
    } address; /* of family AF_UNSPEC: no place was given */
    socklen_t bytes;
    char text[PLACE_TEXT_BYTES]; /* as it was given */
    /* Which file of AF_UNIX place_bind() made. */
    bool is_made;
    dev_t device;
    ino_t inode;
};

/*
 * Reads the value of option `key`. Names are not looked up: HOST is an IPv4 address, or an IPv6
 * address in brackets. Returns 0, or -EINVAL or -ENAMETOOLONG with the line.
 */
int place_parse(const struct options_report *report, const char *key, const char *value,
                struct place *place);

/* Was one given? */
bool place_is_given(const struct place *place);

/*
 * Makes a socket of that type (SOCK_STREAM, SOCK_DGRAM), non-blocking and closed by exec(), and
 * binds it to the place. A socket file that is left of a program that ended is replaced, one that
 * is in use is not. Returns the descriptor, which is the caller's, or -errno with the line. After
 * success place_remove() is due.
 */
int place_bind(const struct options_report *report, struct place *place, int type);

/* Removes the file that place_bind() made, unless somebody else has replaced it. */
void place_remove(const struct place *place);

/* Writes the line about a place with which something failed by that errno. Returns -code. */
int place_fail(const struct options_report *report, const struct place *place, int code);

#endif
