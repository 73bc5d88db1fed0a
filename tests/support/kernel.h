/*
 * kernel.h - the Linux kernel as the other host: a network namespace, a TAP in it, and sockets.
 *
 * Winsock's headers and the system's socket headers can't stand in one file, so this interface has
 * plain C types only. Addresses are text, ports host byte order. Functions that can't fail but for
 * a defect of the test abort it with a message.
 */
#ifndef TESTS_KERNEL_H
#define TESTS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's TAP, or its end of a veth pair, and its addresses; /24 and /64. */
#define KERNEL_TAP "wltap0"
#define KERNEL_ADDRESS4 "192.0.2.9"
#define KERNEL_ADDRESS6 "2001:db8::9"

/* The same of the second one, which kernel_add_second_tap() makes. */
#define KERNEL_SECOND_TAP "wltap1"
#define KERNEL_SECOND_ADDRESS4 "198.51.100.9"
#define KERNEL_SECOND_ADDRESS6 "2001:db8:2::9"

/*
 * Puts the process into a network namespace of its own, makes the TAP there and gives it its
 * addresses. Returns NULL, or why that is not possible on this machine (static string).
 */
const char *kernel_enter(void);

/*
 * As kernel_enter(), with one end of a veth pair in the place of the TAP, of the same name. The
 * other end, KERNEL_VETH, is up and has no address.
 */
#define KERNEL_VETH "wlveth0"
const char *kernel_enter_veth(void);

/* Makes a TUN, an interface without a link layer; it goes with kernel_close_all(). */
void kernel_tun(const char *name);

/* A network behind the kernel, once it is a router, and a host there. */
#define KERNEL_FAR_HOST4 "198.51.100.77"
#define KERNEL_FAR_HOST6 "2001:db8:2::77"

/*
 * Makes the kernel forward what comes from the TAP to the network of the far hosts, over a link
 * with this MTU (1,280 at least). Returns NULL, or why that is not possible on this machine.
 */
const char *kernel_route(unsigned mtu);

/*
 * The next packet that the router sends to a far host, from its IP header on, at most room bytes.
 * Returns its length, or -ETIMEDOUT.
 */
int kernel_forwarded(void *out, size_t room, unsigned timeout_ms);

/* Makes the second TAP in the namespace. Returns NULL, or why not. */
const char *kernel_add_second_tap(void);

/* Opens a UDP socket on an address (wildcards too) and a free port, on the first TAP. */
int kernel_socket(const char *address, uint16_t *port);

/* The same on a TAP by name. */
int kernel_socket_on(const char *tap, const char *address, uint16_t *port);

/* On a port of the first TAP's. */
int kernel_socket_at(const char *address, uint16_t port);

/* Opens a raw socket for an IP protocol on an address. Sends go to port 0. */
int kernel_raw_socket(const char *address, int protocol);

/* Joins a group on the first TAP, or on one by name. */
void kernel_join(int fd, const char *group);
void kernel_join_on(int fd, const char *tap, const char *group);

/* TTL (multicasts too) and TOS of what the socket sends. */
void kernel_set_ttl_tos(int fd, int ttl, int tos);

/* Has the kernel cut what one call sends into datagrams (UDP_SEGMENT). False: it can't. */
bool kernel_set_segment(int fd, unsigned bytes);

/* Sends one datagram on the TAP; broadcasts are allowed. Returns 0 or -errno. */
int kernel_send(int fd, const char *address, uint16_t port, const void *data, size_t bytes);

struct kernel_received {
    char source[46];
    char destination[46];
    uint16_t port;
    int ttl, tos;
    size_t bytes;
    uint8_t data[65536];
};

/* Receives one datagram. Returns 0, -ETIMEDOUT, or what the kernel says (-ECONNREFUSED). */
int kernel_receive(int fd, struct kernel_received *out, unsigned timeout_ms);

/* Connects, so that ICMP errors are heard. */
void kernel_connect(int fd, const char *address, uint16_t port);

/*
 * Sends datagrams of segment_bytes each (the last may be shorter) by one call, on a connected
 * socket. Returns 0 or -errno.
 */
int kernel_send_segments(int fd, const void *data, size_t bytes, uint16_t segment_bytes);

/* IPv4 options of what the socket sends: a route to be recorded, 40 bytes. */
void kernel_record_route(int fd);

/* The MAC address of the kernel's side of the first TAP. */
void kernel_mac(uint8_t out[6]);

/*
 * Opens a capture of all frames that arrive at the kernel's side of the TAP, or at a device by name;
 * what is written to it is sent there. And takes the next one: returns its bytes, or 0 when none
 * came within timeout_ms.
 */
int kernel_capture(void);
int kernel_capture_on(const char *device);
size_t kernel_capture_frame(int fd, void *data, size_t room, unsigned timeout_ms);

/* Closes all sockets. */
void kernel_close_all(void);

#endif
