/*
 * watch.c - poll(2) for tests.
 */
#include "tests/support/watch.h"

#include <poll.h>
#include <stdlib.h>

bool watch_readable(int fd, int timeout_ms)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    int count = poll(&watched, 1, timeout_ms);

    if (count < 0 || (watched.revents & ~POLLIN) != 0) {
        abort();
    }
    return count == 1;
}
