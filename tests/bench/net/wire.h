/*
 * wire.h - the kernel's sockets: senders, receivers, and what they cost.
 *
 * The system's socket headers and Winsock's can't stand in one file; this interface has plain C
 * types only. Whatever fails ends the row.
 */
#ifndef BENCH_NET_WIRE_H
#define BENCH_NET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/net/content.h"

/* Opens a socket at the flow's source, connected to its destination, with its TTL and TOS. */
int wire_sender(const struct flow *flow);

/*
 * Opens a socket at the flow's destination that tells addresses, TTL and TOS of what it receives.
 * coalesced: takes superframes as they are (UDP_GRO).
 */
int wire_receiver(const struct flow *flow, bool coalesced);

/* Has a sender's calls give several datagrams of segment_bytes each (UDP_SEGMENT). */
void wire_segment(int fd, size_t segment_bytes);

/*
 * Sends count datagrams from serial on, segments of them in each call, which count is a multiple
 * of. Returns the nanoseconds that the calls took; the payloads are made before.
 */
int64_t wire_send_many(int fd, size_t bytes, unsigned segments, unsigned count, uint64_t serial);

/* Receives whose results are kept at a time. */
enum { WIRE_SLOTS = 256 };

/* Receives, without waiting, into room bytes at payload; and tells what came into a slot. */
void wire_receive(int fd, unsigned slot, void *payload, size_t room);
void wire_seen(unsigned slot, struct seen *seen);

/* Is nothing there to be received? */
bool wire_is_empty(int fd);

/*
 * Sends until something arrives at the descriptor of a receiver or a TAP: a device that was just
 * brought up loses what it is given too early. What came is read and forgotten.
 */
void wire_wait_until_up(int sender, int receiver);

/*
 * Sends and waits for the echo. Returns how long that took, nanoseconds; ends the row when nothing
 * comes within two seconds, or something else.
 */
int64_t wire_round_trip(int fd, size_t bytes, uint64_t serial);

/* Has every echo process behind this sender end. */
void wire_stop_echo(int fd);

/* Returns to its sender what comes, until wire_stop_echo(). */
void wire_echo(int fd);

/* Bytes of the datagram that ends an echo process; no measured one is so short. */
enum { WIRE_STOP_BYTES = 1 };

#endif
