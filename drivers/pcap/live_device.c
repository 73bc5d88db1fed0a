/*
 * live_device.c - getting hold of an interface by libpcap, and saying why not.
 *
 * What the interface is and does is asked of the kernel first, which takes no right and finds most
 * mistakes with the plainest words; the rest is told by libpcap's status codes and texts. Nothing
 * here changes the interface but what ends with the handle: promiscuous and all-multicast mode are
 * counted by the kernel and given back when the socket is closed.
 *
 * libpcap's handle is a packet socket and pcap_fileno() gives it away: three settings that libpcap
 * does not know are made on it directly. They are the kernel's public interface (packet(7)).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/pcap/capture.h"
#include "drivers/pcap/library.h"
#include "drivers/pcap/live.h"

/*
 * How long the kernel keeps a block of the ring that is not full, milliseconds; the least that
 * there is. With immediate=on there are no blocks to wait for.
 */
#define BLOCK_TIMEOUT_MS 1

/* --- the interface --- */

/* Fills in the answers of the kernel; what is wrong with one of them is a text of its own. */
static int device_ask(int fd, struct ifreq *request, struct live_device *device, char *error)
{
    const char *name = request->ifr_name;
    bool up;

    if (ioctl(fd, SIOCGIFINDEX, request) != 0) {
        return capture_fail(error, errno, NULL,
                            "there is no device '%s': 'ip link' lists their names", name);
    }
    device->index = request->ifr_ifindex;
    if (ioctl(fd, SIOCGIFFLAGS, request) != 0) {
        goto fail;
    }
    if ((request->ifr_flags & IFF_LOOPBACK) != 0) {
        return capture_fail(error, EINVAL, NULL,
                            "device '%s' is the loopback interface, where every frame would come "
                            "back: name an Ethernet, or one end of a veth pair", name);
    }
    up = (request->ifr_flags & IFF_UP) != 0;
    if (ioctl(fd, SIOCGIFHWADDR, request) != 0) {
        goto fail;
    }
    if (request->ifr_hwaddr.sa_family != ARPHRD_ETHER) {
        return capture_fail(error, EPROTONOSUPPORT, NULL,
                            "device '%s' is no Ethernet (hardware type %u): name one that is",
                            name, request->ifr_hwaddr.sa_family);
    }
    if (!up) {
        return capture_fail(error, ENETDOWN, NULL,
                            "device '%s' is down: ip link set dev %s up", name, name);
    }
    memcpy(device->mac, request->ifr_hwaddr.sa_data, sizeof(device->mac));
    if (ioctl(fd, SIOCGIFMTU, request) == 0) {
        device->mtu = (unsigned)request->ifr_mtu;
        return 0;
    }
fail:
    return capture_fail(error, errno, NULL, "cannot look at device '%s': %s", name,
                        strerror(errno));
}

int live_device_ask(const char *name, struct live_device *device, char *error)
{
    struct ifreq request = {0};
    int fd, result;

    if (strlen(name) >= IFNAMSIZ) {
        return capture_fail(error, ENODEV, NULL,
                            "there is no device '%.60s': a name has at most %d characters", name,
                            IFNAMSIZ - 1);
    }
    strcpy(request.ifr_name, name);
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return capture_fail(error, errno, NULL, "cannot look at device '%s': %s", name,
                            strerror(errno));
    }
    result = device_ask(fd, &request, device, error);
    close(fd);
    return result;
}

bool live_device_exists(pcap_t *handle, int index)
{
    struct ifreq request = {.ifr_ifindex = index};

    return ioctl(libpcap.fileno(handle), SIOCGIFNAME, &request) == 0;
}

/* --- libpcap's handle --- */

/* What pcap_activate() says, in terms of what to do about it. */
static int fail_activate(pcap_t *handle, const char *name, int status, char *error)
{
    const char *text = libpcap.geterr(handle);

    switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return capture_fail(error, EPERM, NULL,
                            "no right to capture on device '%s': it takes CAP_NET_RAW; run as "
                            "root, or once, as root: setcap cap_net_raw+ep PROGRAM", name);
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return capture_fail(error, ENODEV, NULL,
                            "there is no device '%s': 'ip link' lists their names", name);
    case PCAP_ERROR_IFACE_NOT_UP:
        return capture_fail(error, ENETDOWN, NULL, "device '%s' is down: ip link set dev %s up",
                            name, name);
    default:
        return capture_fail(error, EIO, NULL, "cannot capture on device '%s': %.150s", name,
                            *text != '\0' ? text : libpcap.statustostr(status));
    }
}

/* snaplen: longer frames are superframes, see live.c, of which the head is enough. */
static int activate(pcap_t *handle, const struct live_options *options,
                    const struct live_device *device, char *error)
{
    int status;

    libpcap.set_snaplen(handle, (int)device->mtu + LIVE_HEADER_BYTES + LIVE_TAG_BYTES);
    libpcap.set_promisc(handle, options->own_mac);
    libpcap.set_immediate_mode(handle, options->immediate);
    libpcap.set_timeout(handle, BLOCK_TIMEOUT_MS);
    libpcap.set_buffer_size(handle, (int)options->buffer_bytes);
    libpcap.set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
    status = libpcap.activate(handle);
    if (status < 0) {
        return fail_activate(handle, options->device, status, error);
    }
    if (libpcap.datalink(handle) != DLT_EN10MB) {
        return capture_fail(error, EPROTONOSUPPORT, NULL,
                            "device '%s' is no Ethernet (link type %d): name one that is",
                            options->device, libpcap.datalink(handle));
    }
    return 0;
}

static int set_filter(pcap_t *handle, const char *filter, char *error)
{
    struct bpf_program program;
    int result;

    if (filter == NULL) {
        return 0;
    }
    if (libpcap.compile(handle, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        return capture_fail(error, EINVAL, NULL, "option 'filter' is '%.60s': %.130s", filter,
                            libpcap.geterr(handle));
    }
    result = libpcap.setfilter(handle, &program);
    libpcap.freecode(&program);
    if (result != 0) {
        return capture_fail(error, EIO, NULL, "the filter '%.60s' cannot be set: %.130s", filter,
                            libpcap.geterr(handle));
    }
    return 0;
}

/*
 * Incoming frames alone, and nothing that waits. libpcap sorts outgoing frames out when it reads;
 * PACKET_IGNORE_OUTGOING keeps them out of the ring in the first place, on kernels that have it
 * (4.20). With the interface's own MAC the groups that only this stack has joined would be filtered
 * away by the hardware: it is asked for all of them.
 */
static int set_modes(pcap_t *handle, const struct live_options *options,
                     const struct live_device *device, char *error)
{
    const struct packet_mreq groups = {.mr_ifindex = device->index,
                                       .mr_type = PACKET_MR_ALLMULTI};
    char reason[PCAP_ERRBUF_SIZE];
    int fd = libpcap.fileno(handle);
    int on = 1;

    if (libpcap.setnonblock(handle, 1, reason) != 0) {
        return capture_fail(error, EIO, NULL, "device '%s' cannot be read without waiting: %.130s",
                            options->device, reason);
    }
    if (libpcap.setdirection(handle, PCAP_D_IN) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        return capture_fail(error, EIO, NULL, "device '%s' cannot be set up: %.130s",
                            options->device, libpcap.geterr(handle));
    }
    (void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
    if (!options->own_mac &&
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &groups, sizeof(groups)) != 0) {
        return capture_fail(error, errno, NULL, "device '%s' does not let all multicasts pass: %s",
                            options->device, strerror(errno));
    }
    return 0;
}

int live_device_open(const struct live_options *options, const struct live_device *device,
                     pcap_t **out, char *error)
{
    char reason[PCAP_ERRBUF_SIZE];
    pcap_t *handle = libpcap.create(options->device, reason);
    int result;

    if (handle == NULL) {
        return capture_fail(error, EIO, NULL, "cannot capture on device '%s': %.150s",
                            options->device, reason);
    }
    result = activate(handle, options, device, error);
    if (result == 0) {
        result = set_filter(handle, options->filter, error);
    }
    if (result == 0) {
        result = set_modes(handle, options, device, error);
    }
    if (result != 0) {
        libpcap.close(handle);
        return result;
    }
    *out = handle;
    return 0;
}
