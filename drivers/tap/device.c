/*
 * device.c - getting hold of a TAP device, and saying why not.
 *
 * The kernel answers TUNSETIFF with few error numbers and many meanings; each is turned into what
 * the reader can do about it. Nothing here changes the interface: no address, no link state, no
 * owner, no MTU. What the kernel leaves to us of each frame is in offload.c.
 */
#include "drivers/tap/device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "drivers/options/options.h"

#define TUN_PATH "/dev/net/tun"

/* Numbers of that device node: misc devices, TUN_MINOR. */
enum { TUN_NODE_MAJOR = 10, TUN_NODE_MINOR = 200 };

/* The least MTU that IPv4 knows (RFC 791); the kernel's own bound for a TAP. */
enum { MTU_MIN_BYTES = 68 };

int tap_fail(char *error, int code, const char *format, ...)
{
    const struct options_report report = {.driver = "tap", .error = error};
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = options_fail_va(&report, code, NULL, format, arguments);
    va_end(arguments);
    return result;
}

static int check_name(const char *name, char *error)
{
    size_t bytes = strlen(name);

    if (bytes >= IFNAMSIZ) {
        return tap_fail(error, ENAMETOOLONG,
                        "device '%.60s' is too long a name: an interface has at most %d characters",
                        name, IFNAMSIZ - 1);
    }
    /* What the kernel refuses with a bare EINVAL, and %, which it takes for a pattern. */
    if (strpbrk(name, "/:% \t\n\v\f\r") != NULL || strcmp(name, ".") == 0 ||
        strcmp(name, "..") == 0) {
        return tap_fail(error, EINVAL,
                        "device '%s' is not an interface name: no blanks, '/', ':' or '%%'", name);
    }
    return 0;
}

static int fail_open(int code, char *error)
{
    switch (code) {
    case ENOENT:
        return tap_fail(error, code,
                        "there is no " TUN_PATH ": load the module (modprobe tun), or pass the "
                        "device into the container");
    case ENODEV:
    case ENXIO:
        return tap_fail(error, code,
                        TUN_PATH " has no driver behind it: load the module (modprobe tun)");
    case EACCES:
    case EPERM:
        return tap_fail(error, code,
                        "no right to open " TUN_PATH ": its mode must let this user read and write "
                        "(chmod 0666), and a container must be given the device");
    default:
        return tap_fail(error, code, "cannot open " TUN_PATH ": %s", strerror(code));
    }
}

/* What kind of interface the name belongs to, as ethtool sees it; "" when there is none. */
static const char *interface_kind(const char *name)
{
    struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
    struct ifreq request = {.ifr_data = (char *)&info};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int result;

    if (fd < 0) {
        return "";
    }
    memcpy(request.ifr_name, name, strlen(name));
    result = ioctl(fd, SIOCETHTOOL, &request);
    close(fd);
    if (result != 0) {
        return errno == ENODEV ? "" : "another kind of interface";
    }
    if (strcmp(info.driver, "tun") != 0) {
        return "another kind of interface";
    }
    return strcmp(info.bus_info, "tap") == 0 ? "a TAP with several queues" : "a TUN";
}

static int fail_attach(const char *name, int code, char *error)
{
    const char *kind;

    switch (code) {
    case EPERM:
        return tap_fail(error, code,
                        "no right to use device '%s': it takes CAP_NET_ADMIN, or once, as root: "
                        "ip tuntap add dev %s mode tap user USER",
                        name, name);
    case EBUSY:
        return tap_fail(error, code,
                        "device '%s' is in use by another process: stop that, or name another "
                        "device",
                        name);
    case EINVAL:
        kind = interface_kind(name);
        if (*kind != '\0') {
            return tap_fail(error, code,
                            "device '%s' is %s: remove it, or name a TAP (ip tuntap add dev NAME "
                            "mode tap)",
                            name, kind);
        }
        /* fall through */
    default:
        return tap_fail(error, code, "cannot attach to device '%s': %s", name, strerror(code));
    }
}

/* Returns a descriptor that is attached to the device with these flags, or -errno. */
static int attach(const char *name, int flags, char *error)
{
    struct ifreq request = {.ifr_flags = (short)flags};
    int fd = open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    int result;

    if (fd < 0) {
        return fail_open(errno, error);
    }
    memcpy(request.ifr_name, name, strlen(name));
    if (ioctl(fd, TUNSETIFF, &request) != 0) {
        result = fail_attach(name, errno, error);
        close(fd);
        return result;
    }
    return fd;
}

int tap_device_open(const char *name, bool offload, struct tap_device *device, char *error)
{
    int result = check_name(name, error);
    int fd = -1;

    if (result != 0) {
        return result;
    }
    if (offload) {
        fd = attach(name, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR, error);
        if (fd < 0 && fd != -EINVAL) {
            return fd;
        }
        if (fd >= 0 && !tap_offload_set_header(fd)) {
            close(fd);
            fd = -1;
        }
    }
    *device = (struct tap_device){.fd = fd, .has_header = fd >= 0};
    if (fd < 0) {
        device->fd = attach(name, IFF_TAP | IFF_NO_PI, error);
        if (device->fd < 0) {
            return device->fd;
        }
    }
    tap_offload_start(device, offload);
    return 0;
}

/* Returns the IFF_* flags of an attached device, or -errno. */
static int read_flags(int fd)
{
    struct ifreq request = {0};

    if (ioctl(fd, TUNGETIFF, &request) != 0) {
        return -errno;
    }
    return (unsigned short)request.ifr_flags;
}

/*
 * Does the kernel put packet information before each frame? IFF_NO_PI in the flags does not tell:
 * TUNGETIFF reports IFF_NOFILTER, the same bit, for every device without a socket filter. While
 * there is one that lets everything pass, the bit is that of the packet information alone. A device
 * that has or had a filter of its own is left in peace, and believed.
 */
static bool has_packet_information(int fd)
{
    struct sock_filter pass = {.code = BPF_RET | BPF_K, .k = UINT32_MAX};
    struct sock_fprog program = {.len = 0};
    int flags = read_flags(fd);

    if (ioctl(fd, TUNGETFILTER, &program) == 0 && program.len == 0) {
        program = (struct sock_fprog){.len = 1, .filter = &pass};
        if (ioctl(fd, TUNATTACHFILTER, &program) == 0) {
            flags = read_flags(fd);
            (void)ioctl(fd, TUNDETACHFILTER, &program);
        }
    }
    return flags >= 0 && (flags & IFF_NO_PI) == 0;
}

/* The form of an attached device: 0, or -EINVAL with the reason. */
static int check_form(int fd, int flags, char *error)
{
    if ((flags & IFF_TAP) == 0) {
        return tap_fail(error, EINVAL, "fd %d is a TUN, not a TAP: set IFF_TAP", fd);
    }
    if (has_packet_information(fd)) {
        return tap_fail(error, EINVAL, "fd %d has packet information before each frame: set "
                        "IFF_NO_PI", fd);
    }
    return 0;
}

int tap_device_adopt(int fd, bool offload, struct tap_device *device, char *error)
{
    struct stat status;
    int flags, result, modes;

    if (fstat(fd, &status) != 0) {
        return tap_fail(error, errno, "fd %d: %s; pass the number of an open descriptor of "
                        TUN_PATH, fd, strerror(errno));
    }
    if (!S_ISCHR(status.st_mode) || major(status.st_rdev) != TUN_NODE_MAJOR ||
        minor(status.st_rdev) != TUN_NODE_MINOR) {
        return tap_fail(error, EINVAL, "fd %d is not a descriptor of " TUN_PATH, fd);
    }
    flags = read_flags(fd);
    if (flags < 0) {
        return tap_fail(error, -flags, "fd %d is not attached to a device: call TUNSETIFF first "
                        "(%s)", fd, strerror(-flags));
    }
    result = check_form(fd, flags, error);
    if (result != 0) {
        return result;
    }
    if ((flags & IFF_VNET_HDR) != 0 && !tap_offload_set_header(fd)) {
        return tap_fail(error, EINVAL, "fd %d has a vnet header of a form that cannot be changed: "
                        "set TUNSETVNETHDRSZ to 10, or do not set IFF_VNET_HDR", fd);
    }
    modes = fcntl(fd, F_GETFL);
    if (modes < 0 || fcntl(fd, F_SETFL, modes | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        return tap_fail(error, errno, "fd %d cannot be made non-blocking: %s", fd,
                        strerror(errno));
    }
    *device = (struct tap_device){.fd = fd, .has_header = (flags & IFF_VNET_HDR) != 0};
    tap_offload_start(device, offload);
    return 0;
}

unsigned tap_device_mtu(int fd)
{
    struct ifreq device = {0}, found;
    struct sockaddr own_address;
    unsigned mtu = TAP_MTU_DEFAULT_BYTES;
    int query;

    /* The descriptor tells name and MAC but not the MTU: the interface is asked by its name. */
    if (ioctl(fd, TUNGETIFF, &device) != 0) {
        return mtu;
    }
    found = device;
    if (ioctl(fd, SIOCGIFHWADDR, &device) != 0) {
        return mtu;
    }
    own_address = device.ifr_hwaddr;
    query = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (query < 0) {
        return mtu;
    }
    /* A passed descriptor may belong to another namespace, and the name here to a stranger. */
    if (ioctl(query, SIOCGIFHWADDR, &found) == 0 &&
        memcmp(found.ifr_hwaddr.sa_data, own_address.sa_data, 6) == 0 &&
        ioctl(query, SIOCGIFMTU, &found) == 0 && found.ifr_mtu >= MTU_MIN_BYTES) {
        mtu = (unsigned)found.ifr_mtu;
    }
    close(query);
    return mtu;
}
