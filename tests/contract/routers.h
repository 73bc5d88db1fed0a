/*
 * routers.h - scripted advertisements of routers, and what the host makes of them.
 */
#ifndef TESTS_CONTRACT_ROUTERS_H
#define TESTS_CONTRACT_ROUTERS_H

#include <iphlpapi.h>

#include "tests/contract/contract.h"

/* Two routers on a link, and the last bytes of their MAC addresses (02:00:5e:10:01:NN). */
#define ROUTER_FIRST "fe80::a1"
#define ROUTER_SECOND "fe80::a2"

/* Flags of a prefix. */
enum { PREFIX_ON_LINK = 0x80, PREFIX_AUTONOMOUS = 0x40, PREFIX_BOTH = 0xc0 };

/* The preference bits of an advertisement or a route (RFC 4191, 2.1). */
enum { PREFERENCE_MEDIUM = 0, PREFERENCE_HIGH = 1, PREFERENCE_LOW = 3 };

/* An advertisement under construction. */
struct advert {
    uint8_t body[1400]; /* from the reachable time on */
    size_t bytes;
    const char *router;
    uint16_t lifetime_s;
    unsigned preference;
    uint8_t hop_limit, code; /* of the packet; 0: 255, 0 */
    bool bad_sum;
};

/* Begins one with the router's link-layer address. The router's last byte is that of its MAC. */
void advert_begin(struct advert *advert, const char *router, uint16_t lifetime_s);

/* Add an option each. */
void advert_prefix(struct advert *advert, const char *prefix, unsigned bits, unsigned flags,
                   uint32_t valid_s, uint32_t preferred_s);
void advert_mtu(struct advert *advert, uint32_t mtu_bytes);
void advert_dns(struct advert *advert, const char *server, uint32_t lifetime_s);
void advert_route(struct advert *advert, const char *prefix, unsigned bits, unsigned preference,
                  uint32_t lifetime_s);
void advert_raw(struct advert *advert, const void *option, size_t bytes);

/* Sends it over the link, and waits until the host is done with it. */
void advert_send(const struct advert *advert, unsigned link);

/* Sends one that says nothing but that the router is there. */
void advert_router(const char *router, unsigned link, uint16_t lifetime_s);

/* Copies an address of interface mem0 (or mem1) as GetAdaptersAddresses shows it. */
bool shown_address(const char *interface, const char *address, IP_ADAPTER_UNICAST_ADDRESS *out);

/* Waits until the address is there in this state; fails the test when it does not come to that. */
void wait_shown(const char *interface, const char *address, IP_DAD_STATE state);

/* The DNS server of that number as text, from 0; "" past the last. Static. */
const char *shown_server(unsigned number);

/* The last byte of the MAC address to which a datagram to an address leaves by a link. */
unsigned leaves_to(SOCKET s, const char *address, unsigned link, struct frame_view *view);

/* As sendto() of a text: 0 or an error. */
int send_word(SOCKET s, const char *address, const char *word);

#endif
