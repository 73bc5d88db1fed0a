/* A file of the same program that does without Winsock still has the C library's sockets. */
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <netinet/in.h>
#include <poll.h>

int use(int fd, struct sockaddr *a)
{
    socklen_t length = sizeof(*a);
    struct pollfd p = {fd, POLLIN, 0};

    struct timeval now;

    return gettimeofday(&now, NULL) + bind(fd, a, length) + getsockname(fd, a, &length) + poll(&p, 1, 0) + htons(1) +
           (int)FIONBIO;
}
