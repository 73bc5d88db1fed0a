/*
 * room.c - namespaces by unshare(), veth and sink by rtnetlink, the rest by the old ioctls.
 */
#define _GNU_SOURCE /* unshare, setns */

#include "tests/bench/net/room.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/net/row.h"

enum { NEAR_PORT = 4000, FAR_PORT = 5000, TTL = 37, TOS = 0x68 };

const struct room_net room_nets[] = {
    [ROOM_OURS] = {"ours0", NULL, "192.0.2.9", "192.0.2.1", {2, 0, 0x5e, 0x10, 0, 1}},
    [ROOM_BARE] = {"bare0", NULL, "198.51.100.9", "198.51.100.1", {2, 0, 0x5e, 0x10, 0, 2}},
    [ROOM_VETH] = {"near0", "far0", "203.0.113.9", "203.0.113.1", {2, 0, 0x5e, 0x10, 0, 3}},
    [ROOM_LIVE] = {"live0", "live1", "198.19.0.9", "198.19.0.1", {2, 0, 0x5e, 0x10, 0, 5}},
    [ROOM_SINK] = {"sink0", NULL, "198.18.0.9", "198.18.0.1", {2, 0, 0x5e, 0x10, 0, 4}},
};

static int near_namespace, far_namespace;

static void must(int result, const char *what)
{
    if (result < 0) {
        row_fail_errno(what);
    }
}

/* --- namespaces --- */

static int here(void)
{
    int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

    must(fd, "/proc/thread-self/ns/net");
    return fd;
}

/* The kernel would send router solicitations and listener reports on its own. */
static void without_ipv6(void)
{
    static const char *const files[] = {"/proc/sys/net/ipv6/conf/all/disable_ipv6",
                                        "/proc/sys/net/ipv6/conf/default/disable_ipv6"};

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        int fd = open(files[i], O_WRONLY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT) {
            continue; /* a kernel without it */
        }
        must(fd, files[i]);
        must((int)write(fd, "1", 1), files[i]);
        close(fd);
    }
}

void room_enter(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        row_missing("no right to make a network namespace: run it as root");
    }
    far_namespace = here();
    without_ipv6();
    must(unshare(CLONE_NEWNET), "a second network namespace");
    near_namespace = here();
    without_ipv6();
}

void room_go(bool far)
{
    must(setns(far ? far_namespace : near_namespace, CLONE_NEWNET), "setns");
}

/* --- devices --- */

static int control_socket(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    must(fd, "socket");
    return fd;
}

static struct ifreq request_for(const char *device)
{
    struct ifreq request = {0};

    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
    return request;
}

static struct sockaddr address_of(const char *text)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
    } name = {.four = {.sin_family = AF_INET}};

    inet_pton(AF_INET, text, &name.four.sin_addr);
    return name.any;
}

/* Brings the device up with this address (NULL: none). */
static void configure(const char *device, const char *address)
{
    struct ifreq request = request_for(device);
    int fd = control_socket();

    request.ifr_flags = IFF_UP | IFF_BROADCAST;
    must(ioctl(fd, SIOCSIFFLAGS, &request), "bringing a device up");
    if (address != NULL) {
        request.ifr_addr = address_of(address);
        must(ioctl(fd, SIOCSIFADDR, &request), "an address of a device");
        request.ifr_netmask = address_of("255.255.255.0");
        must(ioctl(fd, SIOCSIFNETMASK, &request), "the netmask of a device");
    }
    close(fd);
}

static void set_mac(const char *device, const uint8_t mac[6])
{
    struct ifreq request = request_for(device);
    int fd = control_socket();

    request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    memcpy(request.ifr_hwaddr.sa_data, mac, 6);
    must(ioctl(fd, SIOCSIFHWADDR, &request), "the MAC of a device");
    close(fd);
}

/* Enters the measured host as a neighbour of the kernel's for ever. */
static void add_neighbour(const struct room_net *net)
{
    struct arpreq request = {.arp_pa = address_of(net->far), .arp_flags = ATF_PERM | ATF_COM};
    int fd = control_socket();

    request.arp_ha.sa_family = ARPHRD_ETHER;
    memcpy(request.arp_ha.sa_data, net->far_mac, 6);
    snprintf(request.arp_dev, sizeof(request.arp_dev), "%s", net->device);
    must(ioctl(fd, SIOCSARP, &request), "a neighbour");
    close(fd);
}

void room_configure_tap(enum room_place place)
{
    struct ifreq request = request_for(room_nets[place].device);
    int fd = control_socket();

    request.ifr_qlen = ROOM_TAP_QUEUE;
    must(ioctl(fd, SIOCSIFTXQLEN, &request), "the queue of a TAP");
    close(fd);
    configure(room_nets[place].device, room_nets[place].near);
    add_neighbour(&room_nets[place]);
}

/* --- rtnetlink --- */

struct link_request {
    struct nlmsghdr header;
    struct ifinfomsg info;
    uint8_t attributes[256];
};

static struct rtattr *append(struct link_request *request, unsigned type, const void *data,
                             size_t bytes)
{
    struct rtattr *attribute =
        (struct rtattr *)((uint8_t *)request + NLMSG_ALIGN(request->header.nlmsg_len));

    attribute->rta_type = (unsigned short)type;
    attribute->rta_len = (unsigned short)RTA_LENGTH(bytes);
    if (bytes > 0) {
        memcpy(RTA_DATA(attribute), data, bytes);
    }
    request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_SPACE(bytes);
    return attribute;
}

/* The attribute holds everything that was appended since. */
static void close_nest(struct link_request *request, struct rtattr *attribute)
{
    attribute->rta_len = (unsigned short)((uint8_t *)request + request->header.nlmsg_len -
                                          (uint8_t *)attribute);
}

static struct link_request request_link(const char *device)
{
    struct link_request request = {
        .header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)), .nlmsg_type = RTM_NEWLINK,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK},
    };

    append(&request, IFLA_IFNAME, device, strlen(device) + 1);
    return request;
}

/* Returns 0 or -errno. */
static int submit(const struct link_request *request)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        uint8_t more[512];
    } reply;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    must(fd, "netlink");
    must((int)send(fd, request, request->header.nlmsg_len, 0), "a netlink request");
    must((int)recv(fd, &reply, sizeof(reply), 0), "a netlink reply");
    close(fd);
    return reply.error.error;
}

void room_make_veth(enum room_place place, bool with_address)
{
    const struct room_net *net = &room_nets[place];
    struct link_request request = request_link(net->device);
    struct rtattr *info = append(&request, IFLA_LINKINFO, NULL, 0), *data, *peer;
    const struct ifinfomsg none = {0};
    int error;

    append(&request, IFLA_INFO_KIND, "veth", 4);
    data = append(&request, IFLA_INFO_DATA, NULL, 0);
    peer = append(&request, VETH_INFO_PEER, &none, sizeof(none));
    append(&request, IFLA_IFNAME, net->far_device, strlen(net->far_device) + 1);
    append(&request, IFLA_NET_NS_FD, &far_namespace, sizeof(far_namespace));
    close_nest(&request, peer);
    close_nest(&request, data);
    close_nest(&request, info);
    error = submit(&request);
    if (error != 0) {
        row_missing("no veth pair: %s", strerror(-error));
    }
    room_go(true);
    set_mac(net->far_device, net->far_mac);
    configure(net->far_device, with_address ? net->far : NULL);
    room_go(false);
    configure(net->device, net->near);
    add_neighbour(net);
}

void room_make_sink(void)
{
    /* An ifb, too, drops what is sent to it; its queue makes it a little dearer than a dummy. */
    static const char *const kinds[] = {"dummy", "ifb"};
    const struct room_net *net = &room_nets[ROOM_SINK];
    int error = -1;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && error != 0; i++) {
        struct link_request request = request_link(net->device);
        struct rtattr *info = append(&request, IFLA_LINKINFO, NULL, 0);
        append(&request, IFLA_INFO_KIND, kinds[i], strlen(kinds[i]));
        close_nest(&request, info);
        error = submit(&request);
    }
    if (error != 0) {
        row_missing("no dummy and no ifb device: %s", strerror(-error));
    }
    configure(net->device, net->near);
    add_neighbour(net);
}

/* --- what rows ask for --- */

void room_near_mac(enum room_place place, uint8_t mac[6])
{
    struct ifreq request = request_for(room_nets[place].device);
    int fd = control_socket();

    must(ioctl(fd, SIOCGIFHWADDR, &request), "the MAC of a device");
    memcpy(mac, request.ifr_hwaddr.sa_data, 6);
    close(fd);
}

struct flow room_flow(enum room_place place, bool back)
{
    struct in_addr near, far;

    inet_pton(AF_INET, room_nets[place].near, &near);
    inet_pton(AF_INET, room_nets[place].far, &far);
    return (struct flow){
        .source = ntohl(back ? far.s_addr : near.s_addr),
        .destination = ntohl(back ? near.s_addr : far.s_addr),
        .source_port = back ? FAR_PORT : NEAR_PORT,
        .destination_port = back ? NEAR_PORT : FAR_PORT,
        .ttl = TTL,
        .tos = TOS,
    };
}
