/*
 * lwipopts.h: lwIP 2.2.1 as the yardstick of the benchmark: its own sockets on its own port to Unix
 * (contrib/ports/unix/port), as a careful user sets them up for datagrams on a host with an
 * operating system. Nothing here is meant to slow it down; an option that is not named has the
 * value of lwIP's opt.h, the checksum among them.
 */
#ifndef BENCH_PEER_LWIPOPTS_H
#define BENCH_PEER_LWIPOPTS_H

/* --- Threads and locks --- */

/* The socket layer needs an operating system: the port's sys_arch.c. */
#define NO_SYS 0

/* A call runs in the caller's thread under the core lock, and so does a frame's input: no hop
 * through the mailbox of lwIP's thread, which would cost ten times as much. */
#define LWIP_TCPIP_CORE_LOCKING       1
#define LWIP_TCPIP_CORE_LOCKING_INPUT 1

/* Pools and reference counts are used outside the core lock, too. */
#define SYS_LIGHTWEIGHT_PROT 1

/* Shipped builds have no assertions, on either side of the comparison. */
#define LWIP_NOASSERT

/* --- What is measured --- */

#define LWIP_SOCKET  1
#define LWIP_NETCONN 1

/* IP_PKTINFO for lwip_recvmsg(). */
#define LWIP_NETBUF_RECVINFO 1

/* What sockets can do on the other side of the comparison, too: budgets, time-outs, shared ports,
 * groups, names. */
#define LWIP_SO_RCVBUF       1
#define RECV_BUFSIZE_DEFAULT 65536
#define LWIP_SO_RCVTIMEO     1
#define SO_REUSE             1
#define LWIP_IGMP            1
#define LWIP_DNS             1

/* lwip_recvmsg(), not recvmsg(): the C library's are in the process as well. */
#define LWIP_COMPAT_SOCKETS      0
#define LWIP_POSIX_SOCKETS_IO_NAMES 0

/* A host has both families; so has the stack that is compared. */
#define LWIP_IPV4 1
#define LWIP_IPV6 1

/* --- Memory: more than a benchmark needs, nothing is ever short --- */

#define MEM_ALIGNMENT 8
#define MEM_SIZE      (1024 * 1024)

/* A frame is one buffer and no chain; the default follows TCP_MSS. A burst is 32 frames. */
#define PBUF_POOL_SIZE    256
#define PBUF_POOL_BUFSIZE 1600

/* What a received datagram is wrapped in until it is read. */
#define MEMP_NUM_NETBUF 256

/*
 * A program with ten thousand sockets uses poll(): the C library's fd_set has room for 1,024. lwIP
 * checks that room even so.
 */
#define LWIP_SOCKET_SELECT 0
#define LWIP_SOCKET_POLL   1
#include <sys/select.h>
#undef FD_SETSIZE
#define FD_SETSIZE MEMP_NUM_NETCONN

/* One for each of 10,000 sockets, and some. More of them cost nothing but memory. */
#define MEMP_NUM_NETCONN 10016
#define MEMP_NUM_UDP_PCB 10016

/* Datagrams that wait in a socket: a burst may go to one socket, twice over. The port has room for
 * 128, whatever stands here. */
#define DEFAULT_UDP_RECVMBOX_SIZE 64
#define DEFAULT_RAW_RECVMBOX_SIZE 64
#define DEFAULT_TCP_RECVMBOX_SIZE 64
#define DEFAULT_ACCEPTMBOX_SIZE   64
#define TCPIP_MBOX_SIZE           64

/* Zero lets the C library choose. */
#define TCPIP_THREAD_STACKSIZE 0

/* --- Costs that need not be --- */

/* Counters, of which only the benchmark's own checks would be readers. */
#define LWIP_STATS 0

#endif
