/*
 * options.h - socket options, after Windows' rules for sizes and values (WB 6).
 */
#ifndef WINSOCK_OPTIONS_H
#define WINSOCK_OPTIONS_H

#include <stdbool.h>

struct socket;
struct socket_options;

/* Gives a new socket the defaults. Cannot fail. */
void options_init(struct socket *socket);

/* Frees what a socket has of its own; it has the defaults again. */
void options_fini(struct socket *socket);

/*
 * The options of the socket to be changed: its own set, which it gets now if it has none yet.
 * Returns NULL when there is no memory. socket.lock is held.
 */
struct socket_options *options_own_locked(struct socket *socket);

/*
 * Sets an option. The memory has been checked for length bytes (4 when length is negative).
 * Returns 0; WSAEFAULT (too short), WSAENOBUFS (negative length), WSAEINVAL (level or value, not
 * for this kind of socket, not any more), WSAENOPROTOOPT (no such option, or it can only be read),
 * WSAENOBUFS (no memory), and what joining a group gives: WSAEADDRNOTAVAIL, WSAENOBUFS.
 */
int options_set(struct socket *socket, int level, int name, const void *value, int length);

/*
 * Reads an option into value, of which *length bytes may be written, and sets *length to what was.
 * Returns 0; WSAEFAULT (too short; some options then set *length too), WSAEINVAL (level, or not for
 * this kind of socket), WSAENOPROTOOPT.
 */
int options_get(struct socket *socket, int level, int name, void *value, int *length);

/*
 * SO_OPENTYPE, which belongs to the calling thread and needs no socket (WB 6.31): 0, or one of
 * SO_SYNCHRONOUS_* to make socket() open sockets that are not for overlapped calls. A length
 * below 0 stands for 4. Return 0, or WSAEFAULT: too short.
 */
int options_set_open_type(const void *value, int length);
int options_get_open_type(void *value, int *length);

/* Does socket() on this thread make sockets for overlapped calls? */
bool options_opens_overlapped(void);

#endif
