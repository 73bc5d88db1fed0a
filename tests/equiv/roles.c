/*
 * roles.c - the table of roles. No state.
 *
 * A port that one socket has alone and a port that several share are looked up in different ways, so
 * there are both of most kinds.
 */
#include "tests/equiv/roles.h"

#include <stddef.h>

#define ALL4 "255.255.255.255", "192.0.2.255"
#define PEER4 "192.0.2.9"
#define PEER6 "2001:db8::9"
/* Of frame_our_mac (RFC 4291, appendix A). */
#define LINK_LOCAL "fe80::5eff:fe10:1"

const struct role roles[] = {
    {.name = "wildcard 4", .bind = "0.0.0.0", .port = 5001, .reuse = true, .group = "239.1.2.3",
     .targets = {"192.0.2.1", "192.0.2.7", "239.1.2.3", "192.0.2.255"}, .stamped = true},
    {.name = "address 4", .bind = "192.0.2.1", .port = 5001, .reuse = true, .told = true,
     .targets = {"192.0.2.1"}},
    {.name = "connected 4", .bind = "192.0.2.1", .port = 5001, .reuse = true, .peer = PEER4,
     .targets = {"192.0.2.1"}},
    {.name = "second interface 4", .bind = "198.51.100.1", .port = 5001, .reuse = true, .link = 1,
     .targets = {"198.51.100.1"}},
    {.name = "wildcard 6", .bind = "::", .port = 5002, .reuse = true, .group = "ff05::1:3",
     .targets = {"2001:db8::1", "2001:db8::7", "ff05::1:3", LINK_LOCAL}, .stamped = true},
    {.name = "address 6", .bind = "2001:db8::1", .port = 5002, .reuse = true, .told = true,
     .targets = {"2001:db8::1"}},
    {.name = "connected 6", .bind = "2001:db8::1", .port = 5002, .reuse = true, .peer = PEER6,
     .targets = {"2001:db8::1"}},
    {.name = "second interface 6", .bind = "2001:db8:2::1", .port = 5002, .reuse = true, .link = 1,
     .targets = {"2001:db8:2::1"}},
    {.name = "dual", .bind = "::", .port = 5003, .dual = true,
     .targets = {"192.0.2.1", "2001:db8::1", "192.0.2.7", "255.255.255.255"}},
    {.name = "dual, mapped", .bind = "::ffff:192.0.2.7", .port = 5011, .dual = true,
     .targets = {"192.0.2.7"}},
    {.name = "odd address", .bind = "10.9.9.63", .port = 5014, .targets = {"10.9.9.63"}},
    {.name = "odd networks", .bind = "0.0.0.0", .port = 5015,
     .targets = {"10.9.9.63", "10.9.9.1", "10.9.9.255"}},
    {.name = "sharing, first", .bind = "0.0.0.0", .port = 5004, .reuse = true,
     .group = "239.1.2.4", .targets = {"192.0.2.1", "239.1.2.4", ALL4}},
    {.name = "sharing, second", .bind = "0.0.0.0", .port = 5004, .reuse = true,
     .group = "239.1.2.4", .targets = {"192.0.2.7", "239.1.2.4", ALL4}},
    {.name = "multicast port, first", .bind = "0.0.0.0", .port = 5005, .multicast_only = true,
     .group = "239.1.2.3", .targets = {"239.1.2.3", "255.255.255.255"}},
    {.name = "multicast port, second", .bind = "0.0.0.0", .port = 5005, .multicast_only = true,
     .group = "239.1.2.3", .targets = {"239.1.2.3", "192.0.2.1"}},
    {.name = "listed interfaces 4", .bind = "0.0.0.0", .port = 5006, .listed = true, .link = 1,
     .targets = {"198.51.100.1", "198.51.100.255"}},
    {.name = "listed interfaces 6", .bind = "::", .port = 5016, .listed = true, .link = 1,
     .targets = {"2001:db8:2::1"}},
    {.name = "no broadcasts", .bind = "0.0.0.0", .port = 5007, .deaf = true,
     .targets = {"192.0.2.1", "192.0.2.7", ALL4}},
    {.name = "small buffer 4", .bind = "0.0.0.0", .port = 5008, .receive_bytes = 700,
     .targets = {"192.0.2.1"}},
    {.name = "small buffer 6", .bind = "::", .port = 5018, .receive_bytes = 700,
     .targets = {"2001:db8::1"}},
    {.name = "port 4", .bind = "0.0.0.0", .port = 5009, .way = ROLE_PORT, .stamped = true,
     .targets = {"192.0.2.1", "192.0.2.7", "192.0.2.255"}},
    {.name = "port 6", .bind = "::", .port = 5009, .way = ROLE_PORT,
     .targets = {"2001:db8::1", "2001:db8::7"}},
    {.name = "port, dual", .bind = "::", .port = 5012, .way = ROLE_PORT, .dual = true,
     .targets = {"2001:db8::1", "192.0.2.1"}},
    {.name = "event 4", .bind = "192.0.2.1", .port = 5013, .way = ROLE_EVENT,
     .targets = {"192.0.2.1"}},
    {.name = "event 6", .bind = "2001:db8::1", .port = 5013, .way = ROLE_EVENT,
     .targets = {"2001:db8::1"}},
    {.name = "joining 4", .bind = "0.0.0.0", .port = 5010, .joins = true,
     .targets = {"192.0.2.1", "192.0.2.7"}},
    {.name = "joining 6", .bind = "::", .port = 5020, .joins = true,
     .targets = {"2001:db8::1", "2001:db8::7"}},
    {.name = "connected 4, alone", .bind = "0.0.0.0", .port = 5017, .peer = PEER4,
     .targets = {"192.0.2.1"}},
    {.name = "connected 6, alone", .bind = "2001:db8::1", .port = 5019, .peer = PEER6,
     .targets = {"2001:db8::1"}},
    {.name = "link-local", .bind = LINK_LOCAL, .port = 5021, .scope = 2, .targets = {LINK_LOCAL}},
    {.name = "raw 4", .bind = "0.0.0.0", .protocol = 17},
    {.name = "raw 6", .bind = "::", .protocol = 17},
    {.name = "raw ICMP", .bind = "0.0.0.0", .protocol = 1},
    {.name = "capture 4", .bind = "192.0.2.1", .captures = true},
    {.name = "capture 6", .bind = "2001:db8::1", .protocol = 41, .captures = true},
};

const unsigned role_count = sizeof(roles) / sizeof(roles[0]);
const unsigned role_first_raw = sizeof(roles) / sizeof(roles[0]) - 5;
