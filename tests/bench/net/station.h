/*
 * station.h - winlwip as the measured host: the stack on one link, one UDP socket.
 *
 * Plain C types only, as Winsock's headers and the system's socket headers can't stand in one
 * file. Whatever fails ends the row.
 */
#ifndef BENCH_NET_STATION_H
#define BENCH_NET_STATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/winlwip.h"
#include "tests/bench/net/content.h"
#include "tests/bench/net/room.h"

/*
 * Starts the stack as host .1 of the place. The link becomes the stack's; NULL: a driver by name,
 * with its options. background: with the thread that drives the stack while nobody waits; without
 * it nothing moves but inside the calls below.
 */
void station_start(enum room_place place, struct link *link, bool background);
void station_start_driver(enum room_place place, const char *driver,
                          const struct winlwip_option *options, size_t option_count);

/*
 * Opens the socket on this port, asking for IP_PKTINFO, TTL and TOS of what it receives. slots:
 * receives whose results are kept, each with room for so many bytes of payload.
 */
void station_open(uint16_t port, unsigned slots, size_t room_bytes);

/* Do receives and sends wait (the default), or not? */
void station_block(bool block);

/* Has the socket take several datagrams of a flow in one receive (UDP_RECV_MAX_COALESCED_SIZE). */
void station_coalesce(void);

/* WSARecvMsg() into a slot; and what was received there. */
void station_receive(unsigned slot);
void station_seen(unsigned slot, struct seen *seen);

/* Is nothing there to be received? Takes and forgets a datagram when there is one. */
bool station_is_empty(void);

/* Returns to its sender what comes by WSARecvMsg() and WSASendTo(), until wire_stop_echo(). */
void station_echo(const struct flow *flow, size_t bytes);

/*
 * WSASendMsg() from the flow's source, named by IP_PKTINFO, to its destination. segment_bytes: of
 * the datagrams that the payload is cut into (UDP_SEND_MSG_SIZE); 0: it is one.
 */
void station_send(const struct flow *flow, const void *payload, size_t bytes,
                  size_t segment_bytes);

void station_stop(void);

#endif
