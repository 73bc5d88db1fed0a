/*
 * api_option.c - setsockopt and getsockopt.
 */
#include "winsock/api.h"

#include <stdbool.h>

#include <mswsock.h>

#include "winsock/memory.h"
#include "winsock/options.h"
#include "winsock/socket.h"

/* A negative length stands for four bytes where it is accepted (WB 6.7). */
#define ASSUMED_LENGTH 4u

/* The one option that works without a socket (WB 6.1). */
static bool is_open_type(int level, int name)
{
    return level == SOL_SOCKET && name == SO_OPENTYPE;
}

static int set_open_type(const char *value, int length)
{
    int error = api_check_started();

    if (error == 0) {
        error = memory_readable(value, ASSUMED_LENGTH);
    }
    return error != 0 ? error : options_set_open_type(value, length);
}

static int get_open_type(char *value, int *length)
{
    int error = api_check_started();

    if (error != 0) {
        return error;
    }
    if (memory_writable(length, sizeof(*length)) != 0 ||
        memory_writable(value, *length > 0 ? (size_t)*length : ASSUMED_LENGTH) != 0) {
        return WSAEFAULT;
    }
    return options_get_open_type(value, length);
}

int setsockopt(SOCKET s, int level, int name, const char *value, int length)
{
    struct socket *socket;

    if (is_open_type(level, name)) {
        return api_result(set_open_type(value, length));
    }
    int error = api_get_socket(s, &socket);
    if (error == 0) {
        /* Even an empty value has to point somewhere (WB 6.5). */
        size_t bytes = length > 0 ? (size_t)length : length < 0 ? ASSUMED_LENGTH : 1;
        error = memory_readable(value, bytes);
        if (error == 0) {
            error = options_set(socket, level, name, value, length);
        }
        socket_put(socket);
    }
    return api_result(error);
}

static int get_option(struct socket *socket, int level, int name, char *value, int *length)
{
    if (memory_writable(length, sizeof(*length)) != 0 || *length <= 0 ||
        memory_writable(value, (size_t)*length) != 0) {
        return WSAEFAULT;
    }
    return options_get(socket, level, name, value, length);
}

int getsockopt(SOCKET s, int level, int name, char *value, int *length)
{
    struct socket *socket;

    if (is_open_type(level, name)) {
        return api_result(get_open_type(value, length));
    }
    int error = api_get_socket(s, &socket);
    if (error == 0) {
        error = get_option(socket, level, name, value, length);
        socket_put(socket);
    }
    return api_result(error);
}
