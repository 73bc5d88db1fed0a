/*
 * tap_fixture.c - a network namespace of the test's own and the kernel's side of a TAP in it.
 */
#define _GNU_SOURCE
#include "tests/unit/tap_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define OPENED_MAX 16

static int opened[OPENED_MAX];
static int opened_count;
static int home = -1; /* the namespace that the thread came from */

int tapfix_keep(int fd)
{
    ck_assert_int_ge(fd, 0);
    ck_assert_int_lt(opened_count, OPENED_MAX);
    opened[opened_count++] = fd;
    return fd;
}

static bool skip(const char *what)
{
    const char *ci = getenv("CI");
    int code = errno;

    if (ci != NULL && strcmp(ci, "true") == 0) {
        ck_abort_msg("cannot be skipped with CI=true: %s: %s", what, strerror(code));
    }
    printf("skipped: %s: %s\n", what, strerror(code));
    fflush(stdout);
    return false;
}

bool tapfix_enter(void)
{
    int fd;

    home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (home < 0) {
        return skip("network namespaces");
    }
    /* Not root: the namespaces of a user of our own, if the system has them. */
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return skip("a new network namespace");
    }
    fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return skip("/dev/net/tun");
    }
    close(fd);
    return true;
}

void tapfix_leave(void)
{
    while (opened_count > 0) {
        close(opened[--opened_count]);
    }
    if (home >= 0) {
        (void)!setns(home, CLONE_NEWNET); /* not from a user namespace; then the process ends */
        close(home);
        home = -1;
    }
}

int tapfix_device(const char *name, int flags)
{
    struct ifreq request = {.ifr_flags = (short)flags};
    int fd = tapfix_keep(open("/dev/net/tun", O_RDWR | O_CLOEXEC));

    if (flags != 0) {
        strncpy(request.ifr_name, name, IFNAMSIZ - 1);
        ck_assert_int_eq(ioctl(fd, TUNSETIFF, &request), 0);
    }
    return fd;
}

struct link *tapfix_open(const char *device)
{
    const struct link_option option = {"device", device};

    return tapfix_open_options(&option, 1);
}

struct link *tapfix_open_options(const struct link_option *options, size_t count)
{
    char error[LINK_ERROR_BYTES] = "";
    struct link *link = NULL;
    int result = winlwip_tap_driver.open(options, count, &link, error);

    ck_assert_msg(result == 0, "open returned %d: %s", result, error);
    return link;
}

/* One request about an interface. */
static void interface_request(const char *name, unsigned long number, struct ifreq *request)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    strncpy(request->ifr_name, name, IFNAMSIZ - 1);
    ck_assert_int_eq(ioctl(fd, number, request), 0);
    close(fd);
}

void tapfix_set_up(const char *name, bool up)
{
    struct ifreq request = {0};

    interface_request(name, SIOCGIFFLAGS, &request);
    request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
    interface_request(name, SIOCSIFFLAGS, &request);
}

void tapfix_set_mtu(const char *name, unsigned mtu)
{
    struct ifreq request = {.ifr_mtu = (int)mtu};

    interface_request(name, SIOCSIFMTU, &request);
}

void tapfix_delete(const char *name)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg interface;
    } request = {
        .header = {.nlmsg_len = sizeof(request),
                   .nlmsg_type = RTM_DELLINK,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
        .interface = {.ifi_index = (int)if_nametoindex(name)},
    };
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char more[256];
    } reply;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    ck_assert_int_eq(send(fd, &request, sizeof(request), 0), sizeof(request));
    ck_assert_int_ge(recv(fd, &reply, sizeof(reply), 0), NLMSG_LENGTH(sizeof(reply.error)));
    ck_assert_int_eq(reply.error.error, 0);
    close(fd);
}

int tapfix_socket(const char *name)
{
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(TAPFIX_TYPE),
        .sll_ifindex = (int)if_nametoindex(name),
    };
    int fd = tapfix_keep(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(TAPFIX_TYPE)));

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void tapfix_fill(uint8_t *frame, size_t bytes, unsigned seed)
{
    static const uint8_t header[14] = {0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1,
                                       TAPFIX_TYPE >> 8, TAPFIX_TYPE & 0xff};

    memcpy(frame, header, sizeof(header));
    for (size_t i = sizeof(header); i < bytes; i++) {
        frame[i] = (uint8_t)(seed * 151 + i * 7 + i / 256);
    }
}

void tapfix_receive(struct link *link, struct link_frame *frame)
{
    struct pollfd entry = {.fd = link->fd, .events = POLLIN};

    do {
        ck_assert_int_eq(poll(&entry, 1, -1), 1);
        ck_assert_int_eq(link->ops->receive(link, frame, 1), 1);
    } while (frame->bytes < 14 || frame->data[12] != TAPFIX_TYPE >> 8 ||
             frame->data[13] != (TAPFIX_TYPE & 0xff));
}
