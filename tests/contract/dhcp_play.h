/*
 * dhcp_play.h - a host whose first link has DHCP, and the test as the server there.
 *
 * The link is no replay, and terms of leases are a second or two: lwIP counts them in seconds.
 */
#ifndef TESTS_DHCP_PLAY_H
#define TESTS_DHCP_PLAY_H

#include "tests/contract/contract.h"
#include "tests/support/dhcp.h"

#define DHCP_SERVER "192.0.2.254"
#define DHCP_ROUTER "192.0.2.1"
#define DHCP_OURS "192.0.2.77"

/* What a good server answers, but for the type. */
extern const struct dhcp_reply play_good;

/* Starts the host with these addresses and DNS servers (NULL: none). */
void play_start(const char *addresses, const char *dns);

/* Check's set-up: addresses = dhcp. */
void play_set_up(void);

/* The same without the start, which will wait so long for addresses: world_start_configured(). */
void play_configure_waiting(unsigned wait_ms);

/* Waits for a message of the client. Returns its type. */
int play_next(struct frame_view *view);

/* Asserts that the next one has this type. */
void play_expect(struct frame_view *view, int type);

/* Sends the answer to a message to an address. */
void play_answer_to(const struct frame_view *view, const struct dhcp_reply *reply,
                    const char *target);

/* Sends it to all, as a message of that type. */
void play_answer(const struct frame_view *view, int type, const struct dhcp_reply *reply);

/* Plays the server until the address is given. */
void play_give_lease(const struct dhcp_reply *reply);

/* A UDP socket; what bind() gives; what sendto() gives for a byte to port 7. */
SOCKET play_socket(void);
int play_bind(SOCKET s, const char *address, uint16_t port);
int play_send(SOCKET s, const char *address);

/* Is the address ours? Asked of bind(). The second form waits until it is, or is not. */
bool play_have(const char *address);
void play_wait_until(bool wanted, const char *address);

#endif
