/*
 * kernel.c - the Linux kernel as the other host.
 *
 * State: the descriptors that kernel_close_all() closes. The TAP is made persistent, so that it
 * waits without a descriptor for the driver under test; it goes with the namespace.
 */
#define _GNU_SOURCE
#include "tests/support/kernel.h"

#include "tests/support/veth.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/udp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define OPENED_MAX 64

static int opened[OPENED_MAX];
static int opened_count;

union name {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

static void die(const char *what)
{
    fprintf(stderr, "kernel: %s: %s\n", what, strerror(errno));
    abort();
}

static void must(int result, const char *what)
{
    if (result < 0)
        die(what);
}

static socklen_t fill(union name *name, const char *address, uint16_t port)
{
    memset(name, 0, sizeof(*name));
    if (inet_pton(AF_INET, address, &name->four.sin_addr) == 1) {
        name->four.sin_family = AF_INET;
        name->four.sin_port = htons(port);
        return sizeof(name->four);
    }
    if (inet_pton(AF_INET6, address, &name->six.sin6_addr) != 1)
        die(address);
    name->six.sin6_family = AF_INET6;
    name->six.sin6_port = htons(port);
    return sizeof(name->six);
}

/* --- The namespace and its TAP --- */

static const char *make_tap(const char *tap)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return "no /dev/net/tun, or no right to open it";
    strcpy(request.ifr_name, tap);
    if (ioctl(fd, TUNSETIFF, &request) < 0 || ioctl(fd, TUNSETPERSIST, 1) < 0) {
        close(fd);
        return "no right to make a TAP";
    }
    close(fd);
    return NULL;
}

static void set_ipv4(int fd, const char *device, unsigned long number, const char *address)
{
    struct ifreq request = {0};
    struct sockaddr_in *name = (struct sockaddr_in *)&request.ifr_addr;

    strcpy(request.ifr_name, device);
    name->sin_family = AF_INET;
    must(inet_pton(AF_INET, address, &name->sin_addr) - 1, address);
    must(ioctl(fd, number, &request), "an IPv4 address of a device");
}

/* Adds the IPv6 address without duplicate address detection: it is usable at once. */
static void set_ipv6(const char *device, const char *address)
{
    struct {
        struct nlmsghdr header;
        struct ifaddrmsg message;
        struct rtattr attribute;
        uint8_t address[16];
    } request = {
        .header = {.nlmsg_len = sizeof(request), .nlmsg_type = RTM_NEWADDR,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK},
        .message = {.ifa_family = AF_INET6, .ifa_prefixlen = 64, .ifa_flags = IFA_F_NODAD,
                    .ifa_index = if_nametoindex(device)},
        .attribute = {.rta_len = RTA_LENGTH(16), .rta_type = IFA_LOCAL},
    };
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char more[256];
    } reply;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    must(fd, "netlink");
    inet_pton(AF_INET6, address, request.address);
    must((int)send(fd, &request, sizeof(request), 0), "a netlink request");
    must((int)recv(fd, &reply, sizeof(reply), 0), "a netlink reply");
    errno = -reply.error.error;
    must(reply.error.error, "an IPv6 address of a device");
    close(fd);
}

/* Brings a device up with its addresses, prefixes /24 and /64. */
static void configure(const char *device, const char *four, const char *six)
{
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING | IFF_BROADCAST | IFF_MULTICAST};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    must(fd, "socket");
    strcpy(request.ifr_name, device);
    must(ioctl(fd, SIOCSIFFLAGS, &request), "bringing a device up");
    set_ipv4(fd, device, SIOCSIFADDR, four);
    set_ipv4(fd, device, SIOCSIFNETMASK, "255.255.255.0");
    close(fd);
    set_ipv6(device, six);
}

static void configure_tap(const char *tap, const char *address4, const char *broadcast4,
                          const char *address6)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    must(fd, "socket");
    configure(tap, address4, address6);
    set_ipv4(fd, tap, SIOCSIFBRDADDR, broadcast4);
    close(fd);
}

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return done;
}

/* A network namespace of our own. Returns NULL, or why not. */
static const char *enter_namespace(void)
{
    /* Not root: the namespaces of a user of our own, if the system has them. */
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return "no right to make a network namespace";
    return NULL;
}

const char *kernel_enter(void)
{
    const char *why = enter_namespace();

    if (why == NULL)
        why = make_tap(KERNEL_TAP);
    if (why == NULL)
        configure_tap(KERNEL_TAP, KERNEL_ADDRESS4, "192.0.2.255", KERNEL_ADDRESS6);
    return why;
}

const char *kernel_enter_veth(void)
{
    const char *why = enter_namespace();

    if (why == NULL)
        why = veth_make(KERNEL_TAP, KERNEL_VETH);
    if (why != NULL)
        return why;
    /* The far end stays without any address: it is the library's. */
    if (!write_file("/proc/sys/net/ipv6/conf/" KERNEL_VETH "/disable_ipv6", "1"))
        return "no right to keep the kernel off an interface";
    veth_set_up(KERNEL_VETH, true);
    configure_tap(KERNEL_TAP, KERNEL_ADDRESS4, "192.0.2.255", KERNEL_ADDRESS6);
    veth_wait(KERNEL_TAP);
    veth_wait(KERNEL_VETH);
    return NULL;
}

const char *kernel_add_second_tap(void)
{
    const char *why = make_tap(KERNEL_SECOND_TAP);

    if (why == NULL) {
        configure_tap(KERNEL_SECOND_TAP, KERNEL_SECOND_ADDRESS4, "198.51.100.255",
                      KERNEL_SECOND_ADDRESS6);
    }
    return why;
}

/* --- The kernel as a router --- */

/* A TUN: packets without a link layer, so that nobody has to play the far host's part in ARP. */
#define FAR_TUN "wltun0"

static int far_fd = -1;

void kernel_tun(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};

    far_fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    must(far_fd, "/dev/net/tun");
    opened[opened_count++] = far_fd;
    strcpy(request.ifr_name, name);
    must(ioctl(far_fd, TUNSETIFF, &request), "a TUN");
}

const char *kernel_route(unsigned mtu)
{
    struct ifreq request = {.ifr_mtu = (int)mtu};
    int fd;

    if (!write_file("/proc/sys/net/ipv4/ip_forward", "1") ||
        !write_file("/proc/sys/net/ipv6/conf/all/forwarding", "1"))
        return "no right to make the kernel a router";
    kernel_tun(FAR_TUN);
    strcpy(request.ifr_name, FAR_TUN);
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(fd, "socket");
    must(ioctl(fd, SIOCSIFMTU, &request), "the MTU of the TUN");
    close(fd);
    configure(FAR_TUN, "198.51.100.9", "2001:db8:2::9");
    return NULL;
}

/* Is it a packet to a far host, not some housekeeping of the kernel? */
static bool is_to_far_host(const uint8_t *packet, ssize_t bytes)
{
    uint8_t four[4], six[16];

    inet_pton(AF_INET, KERNEL_FAR_HOST4, four);
    inet_pton(AF_INET6, KERNEL_FAR_HOST6, six);
    return (bytes >= 20 && packet[0] >> 4 == 4 && memcmp(packet + 16, four, 4) == 0) ||
           (bytes >= 40 && packet[0] >> 4 == 6 && memcmp(packet + 24, six, 16) == 0);
}

int kernel_forwarded(void *out, size_t room, unsigned timeout_ms)
{
    struct pollfd entry = {.fd = far_fd, .events = POLLIN};

    while (poll(&entry, 1, (int)timeout_ms) > 0) {
        ssize_t bytes = read(far_fd, out, room);
        must((int)bytes, "reading from the TUN");
        if (is_to_far_host(out, bytes))
            return (int)bytes;
    }
    return -ETIMEDOUT;
}

/* --- Sockets --- */

static void set(int fd, int level, int option, int value, const char *what)
{
    must(setsockopt(fd, level, option, &value, sizeof(value)), what);
}

static void want_metadata(int fd, int family)
{
    if (family == AF_INET) {
        set(fd, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
        set(fd, IPPROTO_IP, IP_RECVTTL, 1, "IP_RECVTTL");
        set(fd, IPPROTO_IP, IP_RECVTOS, 1, "IP_RECVTOS");
    } else {
        set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
        set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT");
        set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1, "IPV6_RECVTCLASS");
    }
}

/* Opens a socket of that type and protocol on a TAP and an address; *port (0: a free one) is stored. */
static int open_socket(const char *tap, const char *address, int type, int protocol,
                       uint16_t *port)
{
    union name name;
    socklen_t bytes = fill(&name, address, *port);
    int fd = socket(name.any.sa_family, type | SOCK_CLOEXEC, protocol);

    must(fd, "socket");
    if (opened_count == OPENED_MAX)
        die("too many sockets");
    opened[opened_count++] = fd;
    want_metadata(fd, name.any.sa_family);
    if (type == SOCK_DGRAM && name.any.sa_family == AF_INET6)
        set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1, "IPV6_V6ONLY");
    set(fd, SOL_SOCKET, SO_BROADCAST, 1, "SO_BROADCAST");
    set(fd, SOL_SOCKET, SO_RCVBUF, 4 << 20, "SO_RCVBUF");
    must(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, tap, (socklen_t)strlen(tap) + 1),
         "SO_BINDTODEVICE");
    must(bind(fd, &name.any, bytes), "bind");
    must(getsockname(fd, &name.any, &bytes), "getsockname");
    *port = ntohs(name.four.sin_port);
    return fd;
}

int kernel_socket(const char *address, uint16_t *port)
{
    return kernel_socket_on(KERNEL_TAP, address, port);
}

int kernel_socket_on(const char *tap, const char *address, uint16_t *port)
{
    *port = 0;
    return open_socket(tap, address, SOCK_DGRAM, 0, port);
}

int kernel_socket_at(const char *address, uint16_t port)
{
    return open_socket(KERNEL_TAP, address, SOCK_DGRAM, 0, &port);
}

int kernel_raw_socket(const char *address, int protocol)
{
    uint16_t port = 0;

    return open_socket(KERNEL_TAP, address, SOCK_RAW, protocol, &port);
}

void kernel_join_on(int fd, const char *tap, const char *group)
{
    struct group_req request = {.gr_interface = if_nametoindex(tap)};
    union name name;
    socklen_t bytes = fill(&name, group, 0);

    memcpy(&request.gr_group, &name, bytes);
    must(setsockopt(fd, name.any.sa_family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, MCAST_JOIN_GROUP,
                    &request, sizeof(request)),
         "joining a group");
}

void kernel_join(int fd, const char *group)
{
    kernel_join_on(fd, KERNEL_TAP, group);
}

void kernel_set_ttl_tos(int fd, int ttl, int tos)
{
    union name name = {.any.sa_family = AF_UNSPEC};
    socklen_t bytes = sizeof(name);

    must(getsockname(fd, &name.any, &bytes), "getsockname");
    if (name.any.sa_family == AF_INET) {
        set(fd, IPPROTO_IP, IP_TTL, ttl, "IP_TTL");
        set(fd, IPPROTO_IP, IP_MULTICAST_TTL, ttl, "IP_MULTICAST_TTL");
        set(fd, IPPROTO_IP, IP_TOS, tos, "IP_TOS");
    } else {
        set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl, "IPV6_UNICAST_HOPS");
        set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl, "IPV6_MULTICAST_HOPS");
        set(fd, IPPROTO_IPV6, IPV6_TCLASS, tos, "IPV6_TCLASS");
    }
}

bool kernel_set_segment(int fd, unsigned bytes)
{
    int value = (int)bytes;

    return setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &value, sizeof(value)) == 0;
}

int kernel_send(int fd, const char *address, uint16_t port, const void *data, size_t bytes)
{
    union name name;
    socklen_t name_bytes = fill(&name, address, port);
    ssize_t sent = sendto(fd, data, bytes, 0, &name.any, name_bytes);

    if (sent < 0)
        return -errno;
    return (size_t)sent == bytes ? 0 : -EMSGSIZE;
}

void kernel_connect(int fd, const char *address, uint16_t port)
{
    union name name;
    socklen_t bytes = fill(&name, address, port);

    must(connect(fd, &name.any, bytes), "connect");
}

static void take_control(const struct cmsghdr *header, struct kernel_received *out)
{
    const void *data = CMSG_DATA(header);

    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO)
        inet_ntop(AF_INET, &((const struct in_pktinfo *)data)->ipi_addr, out->destination,
                  sizeof(out->destination));
    else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_TTL)
        out->ttl = *(const int *)data;
    else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_TOS)
        out->tos = *(const uint8_t *)data;
    else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO)
        inet_ntop(AF_INET6, &((const struct in6_pktinfo *)data)->ipi6_addr, out->destination,
                  sizeof(out->destination));
    else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_HOPLIMIT)
        out->ttl = *(const int *)data;
    else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_TCLASS)
        out->tos = *(const int *)data;
}

static void take_source(const union name *name, struct kernel_received *out)
{
    if (name->any.sa_family == AF_INET)
        inet_ntop(AF_INET, &name->four.sin_addr, out->source, sizeof(out->source));
    else
        inet_ntop(AF_INET6, &name->six.sin6_addr, out->source, sizeof(out->source));
    out->port = ntohs(name->four.sin_port);
}

int kernel_receive(int fd, struct kernel_received *out, unsigned timeout_ms)
{
    _Alignas(struct cmsghdr) char control[256];
    union name name;
    struct iovec part = {out->data, sizeof(out->data)};
    struct msghdr message = {.msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = &part,
                             .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    ssize_t bytes;

    memset(out, 0, offsetof(struct kernel_received, data));
    if (poll(&entry, 1, (int)timeout_ms) == 0)
        return -ETIMEDOUT;
    bytes = recvmsg(fd, &message, 0);
    if (bytes < 0)
        return -errno;
    out->bytes = (size_t)bytes;
    take_source(&name, out);
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL;
         header = CMSG_NXTHDR(&message, header))
        take_control(header, out);
    return 0;
}

int kernel_capture(void)
{
    return kernel_capture_on(KERNEL_TAP);
}

int kernel_capture_on(const char *device)
{
    struct sockaddr_ll name = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
                               .sll_ifindex = (int)if_nametoindex(device)};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

    must(fd, "a packet socket");
    must(bind(fd, (struct sockaddr *)&name, sizeof(name)), "binding a packet socket");
    if (opened_count == OPENED_MAX) {
        die("too many sockets");
    }
    opened[opened_count++] = fd;
    return fd;
}

size_t kernel_capture_frame(int fd, void *data, size_t room, unsigned timeout_ms)
{
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    struct sockaddr_ll from = {0};
    socklen_t bytes;
    ssize_t got;

    do {
        if (poll(&polled, 1, (int)timeout_ms) != 1) {
            return 0;
        }
        bytes = sizeof(from);
        got = recvfrom(fd, data, room, 0, (struct sockaddr *)&from, &bytes);
        must((int)got, "a captured frame");
    } while (from.sll_pkttype == PACKET_OUTGOING); /* the kernel's own */
    return (size_t)got;
}

void kernel_close_all(void)
{
    while (opened_count > 0)
        close(opened[--opened_count]);
}
