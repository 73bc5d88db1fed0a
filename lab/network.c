/*
 * network.c - segments and routers of the kernel's backend.
 *
 * Theory of operation
 *
 * A segment is a bridge without spanning tree and multicast snooping: it sends from the first
 * moment and floods every group. A host's interface is a TAP on it. The lab itself opens the TAPs,
 * and hosts inherit the descriptors ("fd = N" of the driver): so each has a carrier and its port
 * forwards before the host starts, and its first frame is not lost; it needs no right to open
 * /dev/net/tun, and has its place on the segment from one program to the next. What comes in
 * between two programs is read and dropped by hosts.c.
 *
 * A router is a network namespace, kept alive by a descriptor, with a veth pair to each of its
 * segments; the kernel forwards in it. Its IPv6 addresses are used without duplicate address
 * detection, at once.
 *
 * Devices are made by ip(8) from a batch: one process for all segments and one for each router, in
 * words that a reader knows ("--keep" leaves them), where netlink would need a library and some
 * hundred lines to say the same. The kernel has no IPv6 of its own on bridges and TAPs, so that
 * only hosts and routers speak on a segment.
 *
 * Devices are called s0, s1, ... (bridges), h2e0 (the TAP of eth0 of the third host of the file)
 * and r3e1 (the far end of eth1 of a router), since names of the kernel are short.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/inside.h"

/* How long ports may take until they forward, and how often that is looked at. */
#define FORWARD_MS 20000
#define FORWARD_LOOK_NS 5000000

#define DEFAULT_MTU 1500u

void network_bridge(size_t segment, char name[16])
{
    snprintf(name, 16, "s%u", (unsigned)segment);
}

static unsigned mtu_of(const struct lab *lab, const struct lab_interface *interface)
{
    unsigned mtu = lab->segments[interface->segment].mtu;

    return mtu != 0 ? mtu : DEFAULT_MTU;
}

/* --- ip(8) --- */

/* Opens DIRECTORY/NAME for writing, its path left in path. Returns NULL after a line. */
static FILE *open_file(const struct inside *inside, const char *name, char path[PATH_MAX])
{
    FILE *file;

    snprintf(path, PATH_MAX, "%s/%s", inside->directory, name);
    file = fopen(path, "we");
    if (file == NULL) {
        inside_fail(0, "%s: %s", path, strerror(errno));
    }
    return file;
}

/*
 * Runs ip in a network namespace (-1: ours), with words, its output going to DIRECTORY/ip.out.
 * Returns 0, or -errno after a line.
 */
static int run_ip(const struct inside *inside, const char *const *words, const int *keep,
                  size_t keep_count, int network)
{
    char path[PATH_MAX];
    FILE *output = open_file(inside, "ip.out", path);
    int status = 0;
    pid_t child;

    if (output == NULL) {
        return -EIO;
    }
    child = process_spawn(&(struct spawn){.words = words, .input = -1, .output = fileno(output),
                                          .keep = keep, .keep_count = keep_count,
                                          .network = network});
    fclose(output);
    if (child < 0) {
        return inside_fail(child, "no process can be made: %s", strerror(-child));
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) {
        return inside_fail_program("ip", path);
    }
    return 0;
}

/* Runs a batch that was written to path, and closes it. */
static int run_batch(const struct inside *inside, FILE *batch, char *path, const int *keep,
                     size_t keep_count, int network)
{
    const char *words[] = {"ip", "-batch", path, NULL};

    if (fclose(batch) != 0) {
        return inside_fail(-EIO, "%s: %s", path, strerror(errno));
    }
    return run_ip(inside, words, keep, keep_count, network);
}

/* --- TAPs --- */

static int refuse_tap(int code)
{
    if (code == EACCES || code == EPERM) {
        return inside_fail(-code, "no right to open /dev/net/tun: its mode must let this user read "
                           "and write (chmod 0666), and a container must be given the device");
    }
    if (code == ENOENT || code == ENODEV || code == ENXIO) {
        return inside_fail(-code, "there is no /dev/net/tun: load the module (modprobe tun), or "
                           "pass the device into the container");
    }
    return inside_fail(-code, "no TAP can be made: %s", strerror(code));
}

static int open_tap(const char *name, int *out)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return refuse_tap(errno);
    }
    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    if (ioctl(fd, TUNSETIFF, &request) != 0) {
        int code = errno;

        close(fd);
        return refuse_tap(code);
    }
    *out = fd;
    return 0;
}

static int open_taps(struct inside *inside, size_t index, FILE *batch)
{
    const struct lab_host *host = &inside->lab->hosts[index];
    struct host_run *run = &inside->hosts[index];
    char name[IFNAMSIZ];

    run->taps = calloc(host->interface_count + 1, sizeof(*run->taps));
    if (run->taps == NULL) {
        return inside_fail(-ENOMEM, "out of memory");
    }
    for (size_t i = 0; i < host->interface_count; i++) {
        int status;

        snprintf(name, sizeof(name), "h%ue%u", (unsigned)index, (unsigned)i);
        status = open_tap(name, &run->taps[i]);
        if (status != 0) {
            return status;
        }
        fprintf(batch, "link set %s mtu %u master s%zu up\n", name,
                mtu_of(inside->lab, &host->interfaces[i]), host->interfaces[i].segment);
    }
    return 0;
}

/* --- Routers --- */

static void set_parameter(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    /* A kernel without IPv6 has no such files; what a router then lacks, ip says. */
    if (fd >= 0) {
        if (write(fd, value, strlen(value)) < 0) {
            inside_fail(0, "%s: %s", path, strerror(errno));
        }
        close(fd);
    }
}

/* Makes a network namespace with a router's parameters. Returns a descriptor of it or -errno. */
static int new_network(void)
{
    int ours = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    int made = -1;

    if (ours < 0 || unshare(CLONE_NEWNET) != 0) {
        made = -errno;
        goto out;
    }
    set_parameter("/proc/sys/net/ipv4/ip_forward", "1");
    set_parameter("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
    set_parameter("/proc/sys/net/ipv6/conf/all/forwarding", "1");
    set_parameter("/proc/sys/net/ipv6/conf/default/forwarding", "1");
    made = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (made < 0 || setns(ours, CLONE_NEWNET) != 0) {
        made = -errno;
    }
out:
    if (ours >= 0) {
        close(ours);
    }
    return made;
}

/* The near end of each pair goes to its bridge, the other one into the router. */
static void write_pairs(const struct inside *inside, size_t index, int network, FILE *batch)
{
    const struct lab_host *router = &inside->lab->hosts[index];

    for (size_t i = 0; i < router->interface_count; i++) {
        unsigned mtu = mtu_of(inside->lab, &router->interfaces[i]);

        fprintf(batch, "link add r%zue%zu mtu %u type veth peer name eth%zu mtu %u netns "
                "/proc/self/fd/%d\n", index, i, mtu, i, mtu, network);
        fprintf(batch, "link set r%zue%zu master s%zu up\n", index, i,
                router->interfaces[i].segment);
    }
}

static void write_gateway(FILE *batch, const struct netaddr *gateway, size_t at)
{
    char text[NETADDR_TEXT_BYTES];

    if (!netaddr_is_any(gateway)) {
        fprintf(batch, "route add default via %s dev eth%zu\n", netaddr_text(gateway, text), at);
    }
}

static void write_routes(FILE *batch, const struct config_interface *interface, size_t at)
{
    char to[NETADDR_TEXT_BYTES], via[NETADDR_TEXT_BYTES];

    for (size_t i = 0; i < interface->route_count; i++) {
        const struct stack_route *route = &interface->routes[i];

        fprintf(batch, "route add %s/%u via %s dev eth%zu\n", netaddr_text(&route->to.address, to),
                route->to.prefix_bits, netaddr_text(&route->router, via), at);
    }
}

static void write_router(const struct lab_host *router, FILE *batch)
{
    const struct config *config = &router->config;
    char text[NETADDR_TEXT_BYTES];

    fputs("link set lo up\n", batch);
    for (size_t i = 0; i < config->interface_count; i++) {
        const struct config_interface *interface = &config->interfaces[i];

        fprintf(batch, "link set eth%zu up\n", i);
        for (size_t j = 0; j < interface->address_count; j++) {
            const struct stack_address *address = &interface->addresses[j];

            fprintf(batch, "addr add %s/%u dev eth%zu%s\n", netaddr_text(&address->address, text),
                    address->prefix_bits, i, netaddr_is_v4(&address->address) ? "" : " nodad");
        }
    }
    for (size_t i = 0; i < config->interface_count; i++) {
        write_gateway(batch, &config->interfaces[i].gateway4, i);
        write_gateway(batch, &config->interfaces[i].gateway6, i);
        write_routes(batch, &config->interfaces[i], i);
    }
}

static int configure_router(struct inside *inside, size_t index, int network)
{
    char name[LAB_NAME_MAX + 8], path[PATH_MAX];
    FILE *batch;

    snprintf(name, sizeof(name), "%s.ip", inside->lab->hosts[index].name);
    batch = open_file(inside, name, path);
    if (batch == NULL) {
        return -EIO;
    }
    write_router(&inside->lab->hosts[index], batch);
    return run_batch(inside, batch, path, NULL, 0, network);
}

/* --- The whole --- */

/* How many ports of bridges forward, -errno after a line. */
static int count_forwarding(const struct inside *inside)
{
    const char *words[] = {"ip", "-d", "-o", "link", NULL};
    char path[PATH_MAX];
    char *line = NULL;
    size_t room = 0;
    FILE *file;
    int count = 0;
    int status = run_ip(inside, words, NULL, 0, -1);

    if (status != 0) {
        return status;
    }
    snprintf(path, sizeof(path), "%s/ip.out", inside->directory);
    file = fopen(path, "re");
    if (file == NULL) {
        return inside_fail(-errno, "%s: %s", path, strerror(errno));
    }
    while (getline(&line, &room, file) > 0) {
        count += strstr(line, "bridge_slave state forwarding") != NULL;
    }
    free(line);
    fclose(file);
    return count;
}

static int wait_forwarding(const struct inside *inside, int ports)
{
    const struct timespec pause = {.tv_nsec = FORWARD_LOOK_NS};
    int64_t until_ms = inside_now_ms() + FORWARD_MS;
    int count;

    while ((count = count_forwarding(inside)) >= 0 && count < ports) {
        if (inside_is_alone(inside)) {
            return -ECANCELED;
        }
        if (inside_now_ms() > until_ms) {
            return inside_fail(-ETIMEDOUT, "only %d of %d devices on the segments work", count,
                               ports);
        }
        nanosleep(&pause, NULL);
    }
    return count < 0 ? count : 0;
}

static void write_bridges(const struct lab *lab, FILE *batch)
{
    fputs("link set lo up\n", batch);
    for (size_t i = 0; i < lab->segment_count; i++) {
        unsigned mtu = lab->segments[i].mtu != 0 ? lab->segments[i].mtu : DEFAULT_MTU;

        fprintf(batch, "link add s%zu mtu %u type bridge stp_state 0 forward_delay 0 "
                "mcast_snooping 0\nlink set s%zu up\n", i, mtu, i);
    }
}

/* Writes what makes all devices, with TAPs and routers' namespaces, whose descriptors it opens. */
static int prepare(struct inside *inside, FILE *batch, int *networks, size_t *ports)
{
    const struct lab *lab = inside->lab;
    int status = 0;

    write_bridges(lab, batch);
    for (size_t i = 0; i < lab->host_count && status == 0; i++) {
        *ports += lab->hosts[i].interface_count;
        if (lab->hosts[i].role == LAB_HOST) {
            status = open_taps(inside, i, batch);
            continue;
        }
        networks[i] = new_network();
        if (networks[i] < 0) {
            return inside_fail(networks[i], "no network for router %s: %s", lab->hosts[i].name,
                               strerror(-networks[i]));
        }
        write_pairs(inside, i, networks[i], batch);
    }
    return status;
}

int network_make(struct inside *inside)
{
    const struct lab *lab = inside->lab;
    int networks[LAB_HOSTS_MAX]; /* -1 for hosts */
    char path[PATH_MAX];
    size_t ports = 0;
    FILE *batch;
    int status;

    if (!process_exists("ip")) {
        return inside_fail(-ENOENT, "the program ip is missing: install iproute2, or use "
                           "backend = vde");
    }
    set_parameter("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
    set_parameter("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    batch = open_file(inside, "segments.ip", path);
    if (batch == NULL) {
        return -EIO;
    }
    for (size_t i = 0; i < lab->host_count; i++) {
        networks[i] = -1;
    }
    status = prepare(inside, batch, networks, &ports);
    if (status != 0) {
        fclose(batch);
        return status;
    }
    status = run_batch(inside, batch, path, networks, lab->host_count, -1);
    for (size_t i = 0; i < lab->host_count && status == 0; i++) {
        if (lab->hosts[i].role == LAB_ROUTER) {
            status = configure_router(inside, i, networks[i]);
        }
    }
    return status == 0 ? wait_forwarding(inside, (int)ports) : status;
}
