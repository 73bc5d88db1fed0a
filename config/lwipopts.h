/*
 * lwipopts.h: lwIP 2.2.1 as this library uses it, each option with its reason. An option that is
 * not named here has the value of lwIP's opt.h. Choices only; numbers with a meaning outside lwIP
 * come from limits.h.
 */
#ifndef WINLWIP_CONFIG_LWIPOPTS_H
#define WINLWIP_CONFIG_LWIPOPTS_H

#include "config/limits.h"
#include "flavour.h"

/* --- Threads, locks, time --- */

/* No thread and no mailbox of lwIP: stack/loop.c calls in under the stack lock, in the thread that
 * has the frame. */
#define NO_SYS 1

/* Every pbuf is made and freed under the stack lock; a second lock inside would only cost time. */
#define SYS_LIGHTWEIGHT_PROT 0

/* lwIP's cyclic timers run for ever. stack/timers.c calls the *_tmr functions itself, only while
 * they have work. */
#define LWIP_TIMERS 0

/* --- What is in, and what is out --- */

#define LWIP_IPV4     1
#define LWIP_IPV6     1
#define LWIP_ICMP     1
#define LWIP_ICMP6    1
#define LWIP_ARP      1
#define LWIP_ETHERNET 1

/* For lwIP's DNS and DHCP clients alone: stack/udp.c hands them what comes to their ports, and has all
 * the rest of UDP. */
#define LWIP_UDP 1

/* The way in: stack/udp.c sees each UDP packet, stack/icmp_error.c each ICMP packet before lwIP's
 * own handler does. */
#define LWIP_RAW 1

/* Winsock's datagram side only. */
#define LWIP_TCP 0

/* The façade stands on the callback functions; lwIP's own socket layers need NO_SYS 0 and a thread.
 */
#define LWIP_NETCONN 0
#define LWIP_SOCKET  0

/* For interfaces that are configured so: stack/lease.c. */
#define LWIP_DHCP 1

/* Names that the configuration does not hold: asked by stack/resolver.c. */
#define LWIP_DNS 1

/* A host, not a router. */
#define IP_FORWARD        0
#define LWIP_IPV6_FORWARD 0

/* --- Memory --- */

/*
 * The heap is the C library's: it has no size to choose wrongly, sanitizers see each buffer, and a
 * large datagram can't fail for lack of one contiguous piece. What an embedder cares for, a bound,
 * comes from counts instead: every buffer that outlives a call hangs in one of the pools and queues
 * sized below, or in a socket's receive budget. It also makes mem_size_t a size_t, which lwIP's own
 * heap does only above 64,000 bytes.
 */
#define MEM_LIBC_MALLOC 1

/* Pools stay fixed arrays: an element is popped from a list in a few nanoseconds, and their lengths
 * are the bounds. */
#define MEMP_MEM_MALLOC 0

/* Pointers and 64-bit fields in pool elements and pbufs. */
#define MEM_ALIGNMENT 8

/* pbufs without a buffer of their own: references to a sender's bytes, one for each WSABUF of the
 * send in progress. */
#define MEMP_NUM_PBUF 256

/*
 * Nothing takes buffers from this pool: drivers lend frames as custom pbufs, link.c copies to
 * PBUF_RAM, and lwIP itself allocates none in this configuration. An idle reader therefore pins no
 * buffer that others need.
 */
#define PBUF_POOL_SIZE 1

/* A frame with a VLAN tag in one buffer; the default follows TCP_MSS and would make chains. */
#define PBUF_POOL_BUFSIZE 1536

/* A datagram for a group is referenced once by each socket that joined; 8 bits overflow at 255. */
#define LWIP_PBUF_REF_T u32_t

/* Frames that the driver lends are pbufs with our own free function. */
#define LWIP_SUPPORT_CUSTOM_PBUF 1

/*
 * raw_pcbs: the stack's own (UDP and ICMP, with each extension header that may stand before them on
 * IPv6), the same headers for raw sockets, and one for each protocol that a raw socket can name.
 */
#define MEMP_NUM_RAW_PCB (16 + 4 + 256)

/* Ports are our own endpoint table's; lwIP's table has the questions of its DNS client, each with a
 * port of its own, and the port of its DHCP clients. */
#define MEMP_NUM_UDP_PCB (LIMIT_DNS_QUESTIONS + 1)

/* --- Ethernet and neighbours --- */

#define ARP_TABLE_SIZE         LIMIT_NEIGHBOURS
#define LWIP_ND6_NUM_NEIGHBORS LIMIT_NEIGHBOURS

/* A destination has an entry of its own for its path MTU; the table is searched linearly after a
 * one-entry cache. */
#define LWIP_ND6_NUM_DESTINATIONS LIMIT_NEIGHBOURS

/* Advertisements are read by stack/router.c, and what they say of routes stands in stack/routes.c:
 * lwIP's own lists stay empty. */
#define LWIP_ND6_NUM_PREFIXES 1
#define LWIP_ND6_NUM_ROUTERS  1

/* All packets that wait for an address are kept, not the last one: the 45 fragments of a large
 * datagram. */
#define ARP_QUEUEING      1
#define ARP_QUEUE_LEN     LIMIT_NEIGHBOUR_QUEUE
#define LWIP_ND6_QUEUEING 1

/* Shared by all neighbours: four that resolve at once may fill their queues. ND6 has no limit for
 * each neighbour. */
#define MEMP_NUM_ARP_QUEUE (4 * LIMIT_NEIGHBOUR_QUEUE)
#define MEMP_NUM_ND6_QUEUE (4 * LIMIT_NEIGHBOUR_QUEUE)

/* A neighbour is known for one interface: the same private address may stand on two links. */
#define ETHARP_TABLE_MATCH_NETIF 1

/* 802.1Q tags are taken off by the driver. */
#define ETHARP_SUPPORT_VLAN 0

/*
 * The route table is ours. The macros stand here and not in the hook header because lwIP's own
 * headers look at the first of them.
 */
#define LWIP_HOOK_FILENAME                 "stack/lwip_hooks.h"
#define LWIP_HOOK_IP4_ROUTE_SRC(src, dest) hook_ip4_route_src((src), (dest))
#define LWIP_HOOK_IP6_ROUTE(src, dest)     hook_ip6_route((src), (dest))
#define LWIP_HOOK_ETHARP_GET_GW(netif, dest) hook_etharp_get_gw((netif), (dest))
#define LWIP_HOOK_ND6_GET_GW(netif, dest)  hook_nd6_get_gw((netif), (dest))

/* --- IPv4 --- */

/* What Windows sends. lwIP has 255, which a receiver could take for a sign of a link-local
 * protocol. */
#define IP_DEFAULT_TTL 128

#define IP_FRAG       1
#define IP_REASSEMBLY 1

/* Counts for both families together: lwIP sizes IPv4's and IPv6's pools and limits by the same two
 * options. */
#define MEMP_NUM_REASSDATA LIMIT_REASSEMBLIES
#define IP_REASS_MAX_PBUFS LIMIT_REASSEMBLY_FRAGMENTS

/* Seconds. RFC 1122, 3.3.2 asks for 60 to 120; lwIP's 15 drop what Windows would still put
 * together. */
#define IP_REASS_MAXAGE 60

/*
 * Fragments of lwIP's own packets (echo replies; datagrams are cut by stack/fragment.c) that are on
 * their way refer to the packet's bytes, one element each: as many as can wait for neighbours, and
 * one more packet of the largest size.
 */
#define MEMP_NUM_FRAG_PBUF (MEMP_NUM_ARP_QUEUE + LIMIT_FRAGMENTS)

/* Drivers send a chain of buffers as it is, so fragments need no copy. */
#define LWIP_NETIF_TX_SINGLE_PBUF 0

/* stack/guard.c checks the lengths of options; a packet that has some is delivered, not dropped. */
#define IP_OPTIONS_ALLOWED 1

/* SO_BROADCAST is checked by winsock/, with Winsock's error. lwIP's filter on its own pcbs would
 * come too late. */
#define IP_SOF_BROADCAST      0
#define IP_SOF_BROADCAST_RECV 0

/* --- IPv6 --- */

/* The link-local address and the configured or learnt ones. */
#define LWIP_IPV6_NUM_ADDRESSES LIMIT_ADDRESSES

/* RFC 4862, section 5.1: one probe. Links that are files skip it; stack/ sets their addresses
 * preferred at once. */
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 1

/* Addresses have lifetimes, and routers are asked for advertisements when an interface comes up. */
#define LWIP_IPV6_AUTOCONFIG          1
#define LWIP_IPV6_SEND_ROUTER_SOLICIT 1

#define LWIP_IPV6_FRAG  1
#define LWIP_IPV6_REASS 1

/* Seconds. RFC 8200, section 4.5. */
#define IPV6_REASS_MAXAGE 60

/* lwIP keeps its list in the packet's own header; with pointers of 64 bits that overwrites bytes
 * that are needed later. */
#define IPV6_FRAG_COPYHEADER 1

/* --- DNS --- */

#define DNS_TABLE_SIZE  LIMIT_DNS_QUESTIONS
#define DNS_MAX_SERVERS (LIMIT_DNS_SERVERS + LIMIT_LEARNT_DNS_SERVERS)

/*
 * Seconds that an answer is kept at most. A cache that forgets soon serves a program that asks again
 * and again all the same, and stack/resolver.c empties it by running its timer so often.
 */
#define DNS_MAX_TTL LIMIT_DNS_TTL_S

/* Random ports of Winsock's dynamic range that no socket has. */
#define DNS_PORT_ALLOWED(port) resolver_port_allowed(port)

/* --- DHCP --- */

/* As most clients do: a server looks before it gives an address away, and lwIP's probes would keep
 * every start waiting for seven seconds. */
#define LWIP_DHCP_DOES_ACD_CHECK 0

/*
 * An address of 169.254.0.0/16 when no server answers (RFC 3927), as a Windows host has one: after two
 * attempts, six seconds, and five to nine more in which lwIP looks whether it is free. The attempts go
 * on, and a lease takes its place.
 */
#define LWIP_AUTOIP                 1
#define LWIP_DHCP_AUTOIP_COOP       1
#define LWIP_DHCP_AUTOIP_COOP_TRIES 2

/* stack/lease.c reads them, and the MTU: lwIP would put them in place of the configured ones. */
#define LWIP_DHCP_MAX_DNS_SERVERS 0
#define DHCP_ADD_EXTRA_REQUEST_OPTIONS , 6, 26

/* Terms are counted in seconds, so that a lease of two minutes is renewed in time. Terms that a
 * server offers are taken only as far as they make sense. */
#define DHCP_COARSE_TIMER_SECS 1
#define DHCP_TIMEOUT_SIZE_T    u32_t
#define DHCP_DEFINE_CUSTOM_TIMEOUTS
#define DHCP_SET_TIMEOUT_FROM_OFFERED_T0_LEASE(out, dhcp) ((out) = (dhcp)->offered_t0_lease)
#define DHCP_SET_TIMEOUT_FROM_OFFERED_T1_RENEW(out, dhcp)                                       \
    ((out) = hook_dhcp_term((dhcp)->offered_t1_renew, (dhcp)->offered_t0_lease / 2,             \
                            (dhcp)->offered_t0_lease))
#define DHCP_SET_TIMEOUT_FROM_OFFERED_T2_REBIND(out, dhcp)                                      \
    ((out) = hook_dhcp_term((dhcp)->offered_t2_rebind,                                          \
                            (dhcp)->offered_t0_lease - (dhcp)->offered_t0_lease / 8,            \
                            (dhcp)->offered_t0_lease))

/* Seconds (RFC 2131, 4.4.5). */
#define DHCP_NEXT_TIMEOUT_THRESHOLD 60

/* Milliseconds: 2, 4, 8, 16, 32, then 60 seconds (RFC 2131, 4.1). */
#define DHCP_REQUEST_BACKOFF_SEQUENCE(tries) ((u16_t)(((tries) < 6 ? 1 << (tries) : 60) * 1000))

/* --- Multicast --- */

#define LWIP_IGMP     1
#define LWIP_IPV6_MLD 1

/* Joined by sockets; each netif adds all-systems, each IPv6 address its solicited-node group. */
#define MEMP_NUM_IGMP_GROUP (LIMIT_GROUPS + LIMIT_INTERFACES * LIMIT_ADDRESSES)
#define MEMP_NUM_MLD6_GROUP (LIMIT_GROUPS + LIMIT_INTERFACES * LIMIT_ADDRESSES)

/* --- Loopback --- */

/*
 * None of lwIP's: stack/loopback.c has a netif and a queue of its own, since Windows owns all of
 * 127.0.0.0/8 and loops broadcasts, and since looped packets are counted like frames.
 */
#define LWIP_NETIF_LOOPBACK 0
#define LWIP_HAVE_LOOPIF    0

/* --- Checksums --- */

/* lwIP's own takes 0.44 µs for 1,400 bytes. */
#define LWIP_CHKSUM checksum_lwip

/* Links whose other side has verified or will fill in checksums say so for themselves. */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1

/* --- Randomness --- */

#define LWIP_RAND() stack_random32()

/* --- Counters --- */

/* The stack's own drop counters are made from lwIP's: a packet that lwIP drops without a word shows
 * up here. */
#define LWIP_STATS 1

/* 32 bits: 16 wrap within a second at full rate, and differences are then wrong. */
#define LWIP_STATS_LARGE 1

/* Interface counters are link.c's, for every driver alike. */
#define MIB2_STATS 0

/* --- Debugging output --- */

/* LWIP_DEBUG stays undefined: no debug output is compiled in. Assertions are the flavour's. */

#endif
