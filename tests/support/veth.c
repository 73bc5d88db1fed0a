/*
 * veth.c - veth pairs, by rtnetlink and the older requests.
 */
#include "tests/support/veth.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 5000

/* A message under construction; attributes are aligned by their header's type. */
struct request {
    struct nlmsghdr header;
    struct ifinfomsg message;
    _Alignas(NLMSG_ALIGNTO) char attributes[512];
};

static void die(const char *what)
{
    fprintf(stderr, "veth: %s: %s\n", what, strerror(errno));
    abort();
}

/* --- rtnetlink --- */

static void *tail(struct request *request)
{
    return (char *)request + NLMSG_ALIGN(request->header.nlmsg_len);
}

/* Appends an attribute; data NULL: one that others nest in, to be ended by nest_end(). */
static struct rtattr *append(struct request *request, unsigned short type, const void *data,
                             size_t bytes)
{
    struct rtattr *attribute = tail(request);

    attribute->rta_type = type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(bytes);
    if (bytes != 0) {
        memcpy(RTA_DATA(attribute), data, bytes);
    }
    request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) +
                                (unsigned)RTA_ALIGN(attribute->rta_len);
    return attribute;
}

static void nest_end(struct request *request, struct rtattr *attribute)
{
    attribute->rta_len = (unsigned short)((char *)tail(request) - (char *)attribute);
}

/* Sends a request and reads the reply, or the acknowledgement. Returns 0 or -errno. */
static int ask(const struct request *request, void *reply, size_t room)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    const struct nlmsghdr *header = reply;
    int result = 0;

    if (fd < 0 || send(fd, request, request->header.nlmsg_len, 0) < 0 ||
        recv(fd, reply, room, 0) < (ssize_t)sizeof(*header)) {
        die("rtnetlink");
    }
    if (header->nlmsg_type == NLMSG_ERROR) {
        result = ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
    }
    close(fd);
    return result;
}

static struct request request_for(unsigned short type, unsigned short flags, const char *name)
{
    return (struct request){
        .header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)), .nlmsg_type = type,
                   .nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags)},
        .message = {.ifi_index = name != NULL ? (int)if_nametoindex(name) : 0},
    };
}

const char *veth_make(const char *name, const char *peer)
{
    struct request request = request_for(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, NULL);
    struct rtattr *info, *data, *other;
    char reply[1024];

    append(&request, IFLA_IFNAME, name, strlen(name) + 1);
    info = append(&request, IFLA_LINKINFO, NULL, 0);
    append(&request, IFLA_INFO_KIND, "veth", 4);
    data = append(&request, IFLA_INFO_DATA, NULL, 0);
    other = append(&request, VETH_INFO_PEER, NULL, 0);
    /* The other end's own message begins here; all of it is zero. */
    request.header.nlmsg_len += (unsigned)sizeof(struct ifinfomsg);
    append(&request, IFLA_IFNAME, peer, strlen(peer) + 1);
    nest_end(&request, other);
    nest_end(&request, data);
    nest_end(&request, info);
    return ask(&request, reply, sizeof(reply)) == 0 ? NULL : "no right to make a veth pair";
}

void veth_delete(const char *name)
{
    struct request request = request_for(RTM_DELLINK, NLM_F_ACK, name);
    char reply[1024];

    errno = -ask(&request, reply, sizeof(reply));
    if (errno != 0) {
        die("deleting an interface");
    }
}

/* Copies the value of an attribute of an interface, at most bytes of it. */
static void link_attribute(const char *name, unsigned short type, void *value, size_t bytes)
{
    struct request request = request_for(RTM_GETLINK, 0, name);
    _Alignas(struct nlmsghdr) char reply[16384];
    const struct nlmsghdr *header = (const struct nlmsghdr *)reply;

    errno = -ask(&request, reply, sizeof(reply));
    if (errno != 0) {
        die("asking for an interface");
    }
    int left = (int)IFLA_PAYLOAD(header);
    for (struct rtattr *at = IFLA_RTA(NLMSG_DATA(header)); RTA_OK(at, left);
         at = RTA_NEXT(at, left)) {
        if (at->rta_type == type) {
            memcpy(value, RTA_DATA(at), RTA_PAYLOAD(at) < bytes ? RTA_PAYLOAD(at) : bytes);
            return;
        }
    }
    errno = ENODATA;
    die("an attribute of an interface");
}

static unsigned link_number(const char *name, unsigned short type)
{
    uint32_t value;

    link_attribute(name, type, &value, sizeof(value));
    return value;
}

/* Until the kernel has found out about the carrier, what is sent goes to a queue that drops it. */
void veth_wait(const char *name)
{
    const struct timespec step = {.tv_nsec = 1000000};
    char queue[16] = "";

    for (unsigned i = 0; i < PATIENCE_MS; i++) {
        link_attribute(name, IFLA_QDISC, queue, sizeof(queue));
        if (strcmp(queue, "noop") != 0) {
            return;
        }
        nanosleep(&step, NULL);
    }
    errno = ETIMEDOUT;
    die(name);
}

unsigned veth_promiscuity(const char *name)
{
    return link_number(name, IFLA_PROMISCUITY);
}

/* IFLA_ALLMULTI, which the headers of Debian 12 do not have yet; kernels have it from 6.0 on. */
unsigned veth_allmulti(const char *name)
{
    return link_number(name, 61);
}

/* --- ioctl --- */

static void device_request(const char *name, unsigned long number, struct ifreq *request)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    strncpy(request->ifr_name, name, IFNAMSIZ - 1);
    if (fd < 0 || ioctl(fd, number, request) != 0) {
        die(name);
    }
    close(fd);
}

void veth_set_up(const char *name, bool up)
{
    struct ifreq request = {
        .ifr_flags = (short)(IFF_BROADCAST | IFF_MULTICAST | (up ? IFF_UP : 0)),
    };

    device_request(name, SIOCSIFFLAGS, &request);
}

void veth_mac(const char *name, uint8_t mac[6])
{
    struct ifreq request = {0};

    device_request(name, SIOCGIFHWADDR, &request);
    memcpy(mac, request.ifr_hwaddr.sa_data, 6);
}

void veth_set_offload(const char *name, bool on)
{
    static const uint32_t commands[] = {ETHTOOL_STXCSUM, ETHTOOL_SGSO};

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        struct ethtool_value value = {.cmd = commands[i], .data = on};
        struct ifreq request = {.ifr_data = (char *)&value};

        device_request(name, SIOCETHTOOL, &request);
    }
}
