/*
 * limits.h: every maximum of the library, with its unit and its reason.
 *
 * Numbers only, no logic: a limit that another one follows from is written as an expression of it.
 * Only the quoted form, #include "config/limits.h", finds this file; <limits.h> is the C library's.
 */
#ifndef WINLWIP_CONFIG_LIMITS_H
#define WINLWIP_CONFIG_LIMITS_H

/* --- Datagrams --- */

/*
 * Largest UDP payload over IPv4, bytes: total length 65,535 less an IPv4 header (20) and a UDP
 * header (8).
 */
#define LIMIT_PAYLOAD4_BYTES 65507

/*
 * Largest UDP payload over IPv6, bytes. RFC 8200 allows 65,527, but lwIP keeps lengths in 16 bits
 * with the IPv6 header (40) counted in: 65,535 - 40 - 8. Longer ones are refused before they reach
 * lwIP, whose reassembly asserts on them.
 */
#define LIMIT_PAYLOAD6_BYTES 65487

/*
 * Longest IP packet, bytes, its header counted in: 16 bits, in IPv4's own header and in lwIP for
 * both families.
 */
#define LIMIT_PACKET_LENGTH_BYTES 65535

/* --- Links and interfaces --- */

/*
 * Interfaces of one stack. lwIP numbers netifs in 8 bits, and each address after the first takes a
 * netif of its own.
 */
#define LIMIT_INTERFACES 16

/*
 * IPv4 addresses of an interface, and, apart from them, IPv6 addresses, the link-local one
 * included.
 */
#define LIMIT_ADDRESSES 8

/*
 * Frames in one burst of a driver, and in one turn of the loop: the bound of one hold of the stack
 * lock. Long enough to spread the cost of lock and poll, short enough that what a waiting thread
 * brings in beyond its own datagram fits the receive buffers of the others.
 */
#define LIMIT_BURST_FRAMES 32

/*
 * Datagrams of one superframe: as many as one send of ours may make (LIMIT_SEND_SEGMENTS), and more
 * than Linux makes. Bounds what one frame makes the stack do when it has to be cut.
 */
#define LIMIT_SUPERFRAME_DATAGRAMS 512

/* --- Sockets --- */

/*
 * Sockets of one process: one for each port of one address family. A table of pointers that long
 * takes 512 KiB.
 */
#define LIMIT_SOCKETS 65535

/*
 * Open handles of one process: sockets, and room for what is waited for beside them. A handle keeps
 * 16 bits for its slot; the table takes 4 MiB of address space, of which only what was used is real.
 */
#define LIMIT_HANDLES 65536

/* The smallest stack of a thread that the library starts: one that waits also drives links. */
#define LIMIT_THREAD_STACK_BYTES ((size_t)262144)

/*
 * Datagrams in one receive queue, whatever SO_RCVBUF says: empty ones cost no budget, and a flood of
 * them must end somewhere. Ring of 16 bytes each; a power of two.
 */
#define LIMIT_QUEUE_DATAGRAMS 16384

/*
 * SO_RCVBUF of a new socket, bytes of payload: Windows' default, and room for one datagram of the
 * largest size.
 */
#define LIMIT_RCVBUF_DEFAULT_BYTES 65536

/*
 * How often a blocking hook is called while its thread waits and it has nothing more to do,
 * milliseconds: often enough for a user who moves a window, seldom enough not to be a busy loop.
 */
#define LIMIT_HOOK_INTERVAL_MS 10

/*
 * Memberships of all sockets together, a family: groups are joined in lwIP by the first and left by
 * the last member.
 */
#define LIMIT_GROUPS 256

/*
 * Sources that one membership of one socket lists, blocked or joined one by one. Each copy of a
 * multicast is compared with the whole list; 1 KiB a membership.
 */
#define LIMIT_FILTER_SOURCES 64

/*
 * ICMP errors in one receive queue: each ends one receive, and a program that sends a burst to a
 * closed port gets a message about each datagram.
 */
#define LIMIT_QUEUE_ERRORS 64

/* --- Overlapped operations --- */

/*
 * Overlapped receives that may wait on one socket, unless the configuration says otherwise: each
 * takes about 400 bytes. A further one fails with WSAEWOULDBLOCK.
 */
#define LIMIT_PENDING 16384

/*
 * Operations that are kept for reuse, of all threads together, beside the 128 that each thread keeps
 * to itself: 4,096 take 1.5 MiB.
 */
#define LIMIT_SPARE_OPERATIONS 4096

/* Completions with flags whose flags a socket keeps for WSAGetOverlappedResult(). 16 bytes each. */
#define LIMIT_KEPT_FLAGS 64

/*
 * How long a thread takes a page for granted that the kernel has confirmed, milliseconds: long
 * enough for a program that posts its buffers again and again, short enough that a pointer to
 * memory that was given back is still found out soon.
 */
#define LIMIT_PROBE_AGE_MS 100

/*
 * How long a packet waits in a port while as many threads are active as its concurrency allows, and
 * another one would be there, milliseconds. Windows knows when an active thread blocks; here it may
 * block in something of the program's own.
 */
#define LIMIT_PORT_HOLD_MS 10

/* --- Paths --- */

/* Path MTUs that are remembered: destinations behind a narrow link that are sent to at a time. */
#define LIMIT_PATHS 256

/* Seconds until a path MTU is forgotten, so that a wider path is found (RFC 1191, 6.3). */
#define LIMIT_PATH_AGE_S 600

/* --- Routes --- */

/* Configured routes of all interfaces together, without networks of addresses and gateways. */
#define LIMIT_ROUTES 32

/*
 * Routers, prefixes on the link, and more specific routes, each, that are learnt by one interface
 * from advertisements. More than a network has; a flood of them ends here.
 */
#define LIMIT_LEARNT_ROUTES 8

/* The same of all interfaces together. */
#define LIMIT_LEARNT_ROUTES_ALL 64

/* Addresses that were found to be somebody else's, too, and are told of. */
#define LIMIT_DUPLICATES 16

/* --- Neighbours --- */

/*
 * Entries of the ARP table and of the IPv6 neighbour cache: lwIP's indices are 8 bits with a sign.
 */
#define LIMIT_NEIGHBOURS 127

/*
 * Packets that wait for one neighbour's address. A datagram of 65,507 bytes is 45 fragments at an
 * MTU of 1,500, and the first one sent to a host has to survive the resolution.
 */
#define LIMIT_NEIGHBOUR_QUEUE 64

/* --- Reassembly --- */

/*
 * Fragments of one datagram of the largest size at an MTU of 1,500: 65,515 bytes over IPv4 in
 * pieces of 1,480.
 */
#define LIMIT_FRAGMENTS 45

/*
 * Datagrams that are being reassembled at a time, a family; the oldest is dropped for a newer one.
 * Several senders of large datagrams at once are common, hundreds are an attack.
 */
#define LIMIT_REASSEMBLIES 32

/*
 * Fragments held for reassembly, a family: 22 datagrams of the largest size. With each fragment in
 * a buffer of at most an MTU of 1,500, this keeps what a stranger can make the stack hold below 2
 * MiB a family.
 */
#define LIMIT_REASSEMBLY_FRAGMENTS 1024

/* --- Names --- */

/* Servers that are asked one after the other, as many as resolv.conf or a Windows adapter usually
 * name. */
#define LIMIT_DNS_SERVERS 2

/* DNS servers that are asked behind those: learnt from routers' advertisements or by DHCP. */
#define LIMIT_LEARNT_DNS_SERVERS 3

/*
 * Questions that are under way, and answers that are kept, together. A name takes two, one for each
 * family; beyond that, calls fail with WSATRY_AGAIN. lwIP counts them in 8 bits.
 */
#define LIMIT_DNS_QUESTIONS 64

/* Seconds that an answer is kept at most. */
#define LIMIT_DNS_TTL_S 300

/* Characters of a name (RFC 1035, 2.3.4, written with dots) and of one of its labels. */
#define LIMIT_NAME_CHARS 253
#define LIMIT_LABEL_CHARS 63

/* Addresses of all hosts of a configuration: a table that is searched from its front. */
#define LIMIT_HOSTS 1024

/* Addresses that one look-up of a name gives. */
#define LIMIT_NAME_ADDRESSES 64

/* --- Sending and loopback --- */

/*
 * Buffers of one send that are referenced in place, as many as Winsock's MSG_MAXIOVLEN; a call with
 * more is copied together first.
 */
#define LIMIT_SEND_PARTS 16

/*
 * Datagrams that one send with UDP_SEND_MSG_SIZE may make: as many as programs found Windows to
 * take. Together with the next one it bounds how long a send holds the stack lock.
 */
#define LIMIT_SEND_SEGMENTS 512

/* Payload of one such send, bytes: that many datagrams in frames of an Ethernet are 736 KiB. */
#define LIMIT_SEND_SEGMENTED_BYTES (1u << 20)

/*
 * Datagrams in one superframe that a device is given to cut (UDP segmentation offload): more than
 * 64 are refused by Linux kernels before 2024.
 */
#define LIMIT_SENT_SUPERFRAME_DATAGRAMS 64

/*
 * Ways that the early way out remembers (stack/shortcut.c): destinations that are sent to within a
 * second. 144 bytes each.
 */
#define LIMIT_SHORTCUTS 256

/*
 * Packets that wait to be fed to this host itself. One send queues one or two; answers that lwIP
 * makes to looped packets come on top.
 */
#define LIMIT_LOOPBACK_PACKETS 256

/* Looped packets fed in one go before the stack lock is given back. */
#define LIMIT_LOOPBACK_DRAIN 256

/* --- Control messages --- */

/*
 * Datagrams that one receive joins (UDP_RECV_MAX_COALESCED_SIZE): bounds the work under a socket's
 * lock; as many as Linux hands over in one piece.
 */
#define LIMIT_COALESCED_DATAGRAMS 128

/*
 * Transmit timestamps that a socket keeps for SIO_GET_TX_TIMESTAMP, however many are asked for:
 * they are looked through one by one. 16 bytes each.
 */
#define LIMIT_TX_TIMESTAMPS 1024

/* --- Kept datagrams --- */

/*
 * Bytes of all datagrams in receive queues, free blocks included: a thousand sockets with full
 * default buffers.
 */
#define LIMIT_PACKET_BYTES (64u << 20)

#endif
