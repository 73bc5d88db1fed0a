/*
 * test_multicast.c - group memberships: every spelling, sources and filters (winsock-facts 4.10,
 * 4.12).
 */
#include "tests/contract/contract.h"

#include <stdio.h>
#include <string.h>

#include "config/limits.h"
#include "tests/support/groups.h"

static struct received received;

static const struct {
    enum group_spelling spelling;
    unsigned family; /* of world_families */
} spellings[] = {{MREQ4, 0}, {GROUPS4, 0}, {MREQ6, 1}, {GROUPS6, 1}};

#define SPELLINGS ((int)(sizeof(spellings) / sizeof(spellings[0])))

/* Two sources of a family. */
static const char *source_of(unsigned family, char which)
{
    const struct world_family *f = &world_families[family];

    return which == 'a' ? f->peer : f->other_peer;
}

/*
 * Conflicts (winsock-facts 4.12): after the calls of before, each of which works, what the last one
 * gives. A call is a letter: J join, L leave; with a source a or b: j join, l leave, b block,
 * u unblock.
 */
static const struct {
    const char *before;
    const char *call;
    int error;
} conflicts[] = {
    {"", "J", 0},
    {"", "L", WSAEINVAL},
    {"", "ja", 0},
    {"", "la", WSAEINVAL},
    {"", "ba", WSAEINVAL},
    {"", "ua", WSAEINVAL},
    {"J", "J", WSAEADDRNOTAVAIL},
    {"J", "L", 0},
    {"J", "ja", WSAEADDRNOTAVAIL},
    {"J", "la", WSAEINVAL},
    {"J", "ba", 0},
    {"J", "ua", WSAEINVAL},
    {"J ba", "J", WSAEINVAL},
    {"J ba", "L", 0},
    {"J ba", "ja", WSAEINVAL},
    {"J ba", "la", WSAEINVAL},
    {"J ba", "ba", WSAEADDRNOTAVAIL},
    {"J ba", "bb", 0},
    {"J ba", "ua", 0},
    {"J ba", "ub", WSAEADDRNOTAVAIL},
    {"J ba ua", "ua", WSAEADDRNOTAVAIL},
    {"J ba ua", "ba", 0},
    {"J L", "L", WSAEINVAL},
    {"J L", "la", WSAEINVAL},
    {"J L", "ba", WSAEINVAL},
    {"J L", "ua", WSAEINVAL},
    {"J L", "J", 0},
    {"J L", "ja", 0},
    {"J ba L", "J", 0},
    {"ja", "J", WSAEADDRNOTAVAIL},
    {"ja", "L", 0},
    {"ja", "ja", WSAEADDRNOTAVAIL},
    {"ja", "jb", 0},
    {"ja", "la", 0},
    {"ja", "lb", WSAEADDRNOTAVAIL},
    {"ja", "ba", WSAEINVAL},
    {"ja", "ua", WSAEINVAL},
    {"ja jb", "la", 0},
    {"ja jb la", "la", WSAEADDRNOTAVAIL},
    {"ja jb la", "lb", 0},
    {"ja la", "la", WSAEADDRNOTAVAIL},
    {"ja la", "ua", WSAEINVAL},
    {"ja la", "ba", WSAEINVAL},
    {"ja la", "L", WSAEINVAL},
    {"ja la", "J", 0},
    {"ja la", "ja", 0},
};

#define CONFLICTS ((int)(sizeof(conflicts) / sizeof(conflicts[0])))

static int call(SOCKET s, unsigned spelling, const char *letters, ULONG index)
{
    static const char known[] = "JLjlbu";
    unsigned family = spellings[spelling].family;
    const char *source = letters[1] == 'a' || letters[1] == 'b' ? source_of(family, letters[1])
                                                                : NULL;

    return group_change(s, spellings[spelling].spelling,
                        (enum group_call)(strchr(known, letters[0]) - known),
                        world_families[family].group, source, index);
}

static SOCKET group_socket(unsigned spelling, uint16_t *port)
{
    return world_socket(world_families[spellings[spelling].family].any, port);
}

START_TEST(membership_conflicts)
{
    const char *before = conflicts[_i % CONFLICTS].before;
    const char *last = conflicts[_i % CONFLICTS].call;
    unsigned spelling = (unsigned)(_i / CONFLICTS);
    uint16_t port;
    SOCKET s = group_socket(spelling, &port);

    for (const char *at = before; *at != '\0'; at += strcspn(at, " "), at += strspn(at, " ")) {
        ck_assert_msg(call(s, spelling, at, WORLD_FIRST_INDEX) == 0, "%s: %s", before, at);
    }
    int error = call(s, spelling, last, WORLD_FIRST_INDEX);
    ck_assert_msg(error == conflicts[_i % CONFLICTS].error, "%s, then %s: %d, not %d", before, last,
                  error, conflicts[_i % CONFLICTS].error);
    /* Another interface knows nothing of all this. */
    ck_assert_int_eq(call(s, spelling, "J", WORLD_SECOND_INDEX), 0);
}
END_TEST

static void send_from(unsigned family, char which, uint16_t port, const char *text)
{
    world_inject(&(struct frame_spec){.src = source_of(family, which),
                                      .dst = world_families[family].group,
                                      .dst_port = port,
                                      .text = text});
}

/* Which sources are heard after some calls: a string of the letters a and b. */
static const struct {
    const char *calls;
    const char *heard;
} hearings[] = {
    {"", ""},          {"J", "ab"},        {"J L", ""},          {"J ba", "b"},
    {"J ba bb", ""},   {"J ba ua", "ab"},  {"ja", "a"},          {"ja jb", "ab"},
    {"ja jb la", "b"}, {"ja la", ""},      {"ja la J", "ab"},    {"J ba L J", "ab"},
    {"ja L", ""},      {"ja L jb", "b"},   {"J ba bb ub", "b"},
};

#define HEARINGS ((int)(sizeof(hearings) / sizeof(hearings[0])))

START_TEST(sources_that_are_heard)
{
    const char *calls = hearings[_i % HEARINGS].calls, *heard = hearings[_i % HEARINGS].heard;
    unsigned spelling = (unsigned)(_i / HEARINGS), family = spellings[spelling].family;
    uint16_t port;
    SOCKET s = group_socket(spelling, &port);
    struct winlwip_stats stats;

    world_set_nonblocking(s);
    for (const char *at = calls; *at != '\0'; at += strcspn(at, " "), at += strspn(at, " ")) {
        ck_assert_int_eq(call(s, spelling, at, WORLD_FIRST_INDEX), 0);
    }
    send_from(family, 'a', port, "a");
    send_from(family, 'b', port, "b");
    world_settle(&stats);
    for (; *heard != '\0'; heard++) {
        world_receive(s, &received);
        ck_assert_uint_eq(received.bytes, 1);
        ck_assert_int_eq(received.data[0], *heard);
    }
    world_assert_empty(s);
}
END_TEST

/* A membership is for one interface; the other link's datagrams to the group are not heard. */
START_TEST(one_interface_at_a_time)
{
    unsigned family = spellings[_i].family;
    const struct world_family *f = &world_families[family];
    uint16_t port;
    SOCKET s = group_socket((unsigned)_i, &port);
    struct winlwip_stats stats;

    world_set_nonblocking(s);
    ck_assert_int_eq(call(s, (unsigned)_i, "J", WORLD_SECOND_INDEX), 0);
    world_inject_on(0, &(struct frame_spec){
        .src = f->peer, .dst = f->group, .dst_port = port, .text = "first link"});
    world_inject_on(1, &(struct frame_spec){
        .src = family == 0 ? "198.51.100.9" : "2001:db8:2::9", .dst = f->group, .dst_port = port,
        .text = "second link"});
    world_settle(&stats);
    world_receive(s, &received);
    world_assert_text(&received, "second link");
    world_assert_empty(s);
    ck_assert_int_eq(call(s, (unsigned)_i, "J", 77), WSAEADDRNOTAVAIL);
}
END_TEST

/* ip_mreq names the interface by address, by 0.x.x.x or not at all: then it is the route's. */
START_TEST(interface_of_an_ip_mreq)
{
    static const char *const names[] = {"198.51.100.1", "0.0.0.3", "0.0.0.0", "192.0.2.1"};
    uint16_t port;
    SOCKET s = world_socket("0.0.0.0", &port);
    IP_MREQ request;
    uint8_t bytes[16];

    frame_address("239.1.2.3", bytes);
    memcpy(&request.imr_multiaddr, bytes, 4);
    frame_address(names[_i], bytes);
    memcpy(&request.imr_interface, bytes, 4);
    ck_assert_int_eq(setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, (const char *)&request,
                                sizeof(request)),
                     0);
    ck_assert_int_eq(group_change(s, MREQ4, JOIN, "239.1.2.3", NULL,
                                  _i < 2 ? WORLD_SECOND_INDEX : WORLD_FIRST_INDEX),
                     WSAEADDRNOTAVAIL);
    frame_address("192.0.2.77", bytes); /* nobody's */
    memcpy(&request.imr_interface, bytes, 4);
    world_fails(setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, (const char *)&request,
                           sizeof(request)),
                WSAEADDRNOTAVAIL);
}
END_TEST

START_TEST(c27_groups_of_ipv4_on_an_ipv6_socket)
{
    uint16_t port;
    SOCKET s = world_dual_socket(&port);

    ck_assert_int_eq(group_change(s, MREQ4, JOIN, "239.1.2.3", NULL, WORLD_FIRST_INDEX), 0);
    send_from(0, 'a', port, "four");
    world_receive(s, &received);
    world_assert_text(&received, "four");
    world_assert_name(&received, "::ffff:192.0.2.9", FRAME_PEER_PORT);
    ck_assert_uint_eq(received.flags, MSG_MCAST);
}
END_TEST

START_TEST(what_is_no_group)
{
    uint16_t port;
    SOCKET s4 = world_socket("0.0.0.0", &port), s6 = world_socket("::", &port);

    ck_assert_int_eq(group_change(s4, MREQ4, JOIN, "192.0.2.9", NULL, 2), WSAEINVAL);
    ck_assert_int_eq(group_change(s4, GROUPS4, JOIN, "192.0.2.9", NULL, 2), WSAEINVAL);
    ck_assert_int_eq(group_change(s6, MREQ6, JOIN, "2001:db8::9", NULL, 2), WSAEINVAL);
    ck_assert_int_eq(group_change(s6, MREQ6, JOIN, "::ffff:239.1.2.3", NULL, 2), WSAEINVAL);
    /* A level is about one family. */
    ck_assert_int_eq(group_change(s6, GROUPS4, JOIN, "ff05::1:3", NULL, 2), WSAEINVAL);
    ck_assert_int_eq(group_change(s6, GROUPS6, JOIN, "239.1.2.3", NULL, 2), WSAEINVAL);
    ck_assert_int_eq(group_change(s6, GROUPS6, JOIN_SOURCE, "ff05::1:3", "192.0.2.9", 2),
                     WSAEINVAL);
    ck_assert_int_eq(group_change(s4, GROUPS6, JOIN, "ff05::1:3", NULL, 2), WSAEINVAL);
    world_fails(setsockopt(s4, IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, "12345678901", 11), WSAEFAULT);
    world_fails(setsockopt(s4, IPPROTO_IP, MCAST_JOIN_GROUP, (const char *)&received, 135),
                WSAEFAULT);
    world_fails(setsockopt(s4, IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, (const char *)&received, 263),
                WSAEFAULT);
}
END_TEST

/* Every host hears these; a socket that has not joined does not. */
START_TEST(groups_of_all_hosts)
{
    const char *group = _i == 0 ? "224.0.0.1" : "ff02::1";
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port), other = world_socket(FAMILY->any, NULL);

    world_set_nonblocking(other);
    ck_assert_int_eq(group_change(s, _i == 0 ? MREQ4 : MREQ6, JOIN, group, NULL, 2), 0);
    world_inject(&(struct frame_spec){
        .src = FAMILY->peer, .dst = group, .dst_port = port, .text = "all", .ttl = 1});
    world_receive(s, &received);
    world_assert_text(&received, "all");
    ck_assert_int_eq(group_change(s, _i == 0 ? MREQ4 : MREQ6, LEAVE, group, NULL, 2), 0);
    world_assert_empty(other);
}
END_TEST

START_TEST(sources_have_a_limit)
{
    uint16_t port;
    SOCKET s = world_socket("0.0.0.0", &port);
    char source[32];

    for (int i = 0; i < LIMIT_FILTER_SOURCES; i++) {
        snprintf(source, sizeof(source), "192.0.2.%d", 10 + i);
        ck_assert_int_eq(group_change(s, MREQ4, JOIN_SOURCE, "239.1.2.3", source, 2), 0);
    }
    ck_assert_int_eq(group_change(s, MREQ4, JOIN_SOURCE, "239.1.2.3", "192.0.2.200", 2),
                     WSAENOBUFS);
    ck_assert_int_eq(group_change(s, MREQ4, LEAVE_SOURCE, "239.1.2.3", "192.0.2.10", 2), 0);
    ck_assert_int_eq(group_change(s, MREQ4, JOIN_SOURCE, "239.1.2.3", "192.0.2.200", 2), 0);
}
END_TEST

/* --- whole filters --- */

static IN_ADDR v4(const char *text)
{
    IN_ADDR address;
    uint8_t bytes[16];

    frame_address(text, bytes);
    memcpy(&address, bytes, 4);
    return address;
}

START_TEST(filter_of_ipv4)
{
    uint16_t port;
    SOCKET s = world_socket("0.0.0.0", &port);
    IN_ADDR us = v4("192.0.2.1"), group = v4("239.1.2.3");
    IN_ADDR list[3] = {v4("192.0.2.9"), v4("192.0.2.10"), v4("192.0.2.9")}, seen[3] = {0};
    MULTICAST_MODE_TYPE mode;
    ULONG count = 3;
    struct winlwip_stats stats;

    world_set_nonblocking(s);
    world_fails(getipv4sourcefilter(s, us, group, &mode, &count, seen), WSAEADDRNOTAVAIL);
    ck_assert_int_eq(setipv4sourcefilter(s, us, group, MCAST_INCLUDE, 1, list), 0);
    ck_assert_int_eq(group_change(s, MREQ4, JOIN_SOURCE, "239.1.2.3", "192.0.2.9", 2),
                     WSAEADDRNOTAVAIL);
    send_from(0, 'a', port, "a");
    send_from(0, 'b', port, "b");
    world_settle(&stats);
    world_receive(s, &received);
    world_assert_text(&received, "a");
    world_assert_empty(s);
    ck_assert_int_eq(setipv4sourcefilter(s, us, group, MCAST_EXCLUDE, 3, list), 0);
    ck_assert_int_eq(getipv4sourcefilter(s, us, group, &mode, &count, seen), 0);
    ck_assert_int_eq(mode, MCAST_EXCLUDE);
    ck_assert_uint_eq(count, 2); /* one was named twice */
    ck_assert_mem_eq(seen, list, 2 * sizeof(list[0]));
    ck_assert_int_eq(group_change(s, MREQ4, UNBLOCK, "239.1.2.3", "192.0.2.9", 2), 0);
    count = 0;
    ck_assert_int_eq(getipv4sourcefilter(s, us, group, &mode, &count, seen), 0);
    ck_assert_uint_eq(count, 1); /* how many there are, not how many had room */
    ck_assert_int_eq(setipv4sourcefilter(s, us, group, MCAST_INCLUDE, 0, NULL), 0); /* leaves */
    world_fails(getipv4sourcefilter(s, us, group, &mode, &count, seen), WSAEADDRNOTAVAIL);
    ck_assert_int_eq(setipv4sourcefilter(s, us, group, MCAST_EXCLUDE, 0, NULL), 0); /* joins */
    ck_assert_int_eq(group_change(s, MREQ4, JOIN, "239.1.2.3", NULL, 2), WSAEADDRNOTAVAIL);
}
END_TEST

START_TEST(filter_of_either_family)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    SOCKADDR_STORAGE group, list[2], seen[2];
    MULTICAST_MODE_TYPE mode;
    ULONG count = 2;
    int bytes = world_name(FAMILY->group, 0, &group);
    struct winlwip_stats stats;

    world_set_nonblocking(s);
    world_name(FAMILY->peer, 0, &list[0]);
    world_name(FAMILY->other_peer, 0, &list[1]);
    ck_assert_int_eq(setsourcefilter(s, 2, (SOCKADDR *)&group, bytes, MCAST_EXCLUDE, 1, list), 0);
    send_from((unsigned)_i, 'a', port, "a");
    send_from((unsigned)_i, 'b', port, "b");
    world_settle(&stats);
    world_receive(s, &received);
    world_assert_text(&received, "b");
    world_assert_empty(s);
    ck_assert_int_eq(setsourcefilter(s, 2, (SOCKADDR *)&group, bytes, MCAST_INCLUDE, 2, list), 0);
    memset(seen, 0x5a, sizeof(seen));
    count = 1;
    ck_assert_int_eq(getsourcefilter(s, 2, (SOCKADDR *)&group, bytes, &mode, &count, seen), 0);
    ck_assert_int_eq(mode, MCAST_INCLUDE);
    ck_assert_uint_eq(count, 2);
    ck_assert_mem_eq(&seen[0], &list[0], (size_t)FAMILY->name_bytes);
    ck_assert_int_eq(((uint8_t *)&seen[1])[0], 0x5a);
}
END_TEST

START_TEST(filter_errors)
{
    uint16_t port;
    SOCKET s = world_socket("0.0.0.0", &port);
    IN_ADDR us = v4("192.0.2.1"), group = v4("239.1.2.3");
    static IN_ADDR many[LIMIT_FILTER_SOURCES + 1];
    IP_MSFILTER filter = {.imsf_multiaddr = group, .imsf_interface = us, .imsf_numsrc = 2};
    DWORD returned = 0;

    world_fails(WSAIoctl(s, SIO_SET_MULTICAST_FILTER, &filter, 15, NULL, 0, &returned, NULL, NULL),
                WSAEFAULT);
    /* Two sources need more than the buffer has. */
    world_fails(WSAIoctl(s, SIO_SET_MULTICAST_FILTER, &filter, sizeof(filter), NULL, 0, &returned,
                         NULL, NULL),
                WSAEFAULT);
    world_fails(setipv4sourcefilter(s, us, group, (MULTICAST_MODE_TYPE)7, 0, NULL), WSAEINVAL);
    world_fails(setipv4sourcefilter(s, us, v4("192.0.2.9"), MCAST_EXCLUDE, 0, NULL), WSAEINVAL);
    world_fails(setipv4sourcefilter(s, v4("192.0.2.9"), group, MCAST_EXCLUDE, 0, NULL),
                WSAEADDRNOTAVAIL);
    world_fails(setipv4sourcefilter(s, us, group, MCAST_EXCLUDE, LIMIT_FILTER_SOURCES + 1, many),
                WSAENOBUFS);
    ck_assert_int_eq(setipv4sourcefilter(s, us, group, MCAST_EXCLUDE, 0, NULL), 0);
    world_fails(WSAIoctl(s, SIO_GET_MULTICAST_FILTER, &filter, 16, &filter, 15, &returned, NULL,
                         NULL),
                WSAEFAULT);
    world_fails(WSAIoctl(s, SIO_GET_MULTICAST_FILTER, &filter, 16, NULL, 16, &returned, NULL,
                         NULL),
                WSAEFAULT);
    ck_assert_int_eq(WSAIoctl(s, SIO_GET_MULTICAST_FILTER, &filter, 16, &filter, 16, &returned,
                              NULL, NULL),
                     0);
    ck_assert_uint_eq(returned, 16);
    SOCKET stream = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    world_fails(setipv4sourcefilter(stream, us, group, MCAST_EXCLUDE, 0, NULL), WSAEINVAL);
    ck_assert_int_eq(closesocket(stream), 0);
}
END_TEST

Suite *suite_contract_multicast(void)
{
    Suite *suite = suite_create("multicast");
    TCase *two = tcase_create("multicast");

    tcase_set_timeout(two, 60);
    tcase_add_checked_fixture(two, world_setup_two, world_teardown);
    tcase_add_loop_test(two, membership_conflicts, 0, CONFLICTS * SPELLINGS);
    tcase_add_loop_test(two, sources_that_are_heard, 0, HEARINGS * SPELLINGS);
    tcase_add_loop_test(two, one_interface_at_a_time, 0, SPELLINGS);
    tcase_add_loop_test(two, interface_of_an_ip_mreq, 0, 4);
    tcase_add_test(two, c27_groups_of_ipv4_on_an_ipv6_socket);
    tcase_add_test(two, what_is_no_group);
    tcase_add_loop_test(two, groups_of_all_hosts, 0, WORLD_FAMILIES);
    tcase_add_test(two, sources_have_a_limit);
    tcase_add_test(two, filter_of_ipv4);
    tcase_add_loop_test(two, filter_of_either_family, 0, WORLD_FAMILIES);
    tcase_add_test(two, filter_errors);
    suite_add_tcase(suite, two);
    return suite;
}
