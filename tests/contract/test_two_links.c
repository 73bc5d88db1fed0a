/*
 * test_two_links.c - a host with two interfaces in different networks: what arrives says by which,
 * what leaves goes by the right one, by the right neighbour, and each works without the other.
 */
#include "tests/contract/contract.h"

#include <string.h>

#include "tests/support/world_internal.h"

static struct received received;
static struct frame_view view;

/* The peers and the directed broadcasts of both links. */
static const char *const peers[2][2] = {{"192.0.2.9", "198.51.100.9"},
                                        {"2001:db8::9", "2001:db8:2::9"}};
static const char *const broadcasts[2] = {"192.0.2.255", "198.51.100.255"};

static int send_word(SOCKET s, const char *address, const char *word)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, 7777, &name);

    WSASetLastError(0);
    sendto(s, word, (int)strlen(word), 0, (SOCKADDR *)&name, bytes);
    return WSAGetLastError();
}

static void inject(const struct world_family *family, unsigned link, const char *target,
                   uint16_t port, const char *text)
{
    struct frame_spec spec = {.src = peers[family->af != AF_INET][link], .dst = target,
                              .dst_port = port, .text = text};
    uint8_t address[16];

    frame_address(target, address);
    if (family->af == AF_INET ? address[3] == 255 && address[0] < 224 : false) {
        memcpy(spec.dst_mac, frame_broadcast_mac, sizeof(spec.dst_mac));
    } else if (link == 1 && address[0] < 224) {
        memcpy(spec.dst_mac, frame_our_second_mac, sizeof(spec.dst_mac));
    }
    world_inject_on(link, &spec);
    world_settle(&(struct winlwip_stats){0});
}

static void hears(SOCKET s, const char *text, const char *target, unsigned index)
{
    world_receive(s, &received);
    world_assert_text(&received, text);
    world_assert_pktinfo(&received, target, index);
}

START_TEST(what_arrives_says_by_which)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);

    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    for (unsigned i = 0; i < 4; i++) {
        const char *us = i % 2 == 0 ? FAMILY->us : FAMILY->us_second;

        inject(FAMILY, i % 2, us, port, "by it");
        hears(s, "by it", us, WORLD_FIRST_INDEX + i % 2);
    }
}
END_TEST

/* RFC 1122, 3.3.4.2: what is for the address of the other interface is for nobody. */
START_TEST(each_interface_has_its_address_alone)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    struct winlwip_stats stats;
    struct frame_spec spec = {.src = FAMILY->peer, .dst = FAMILY->us_second, .dst_port = port,
                              .text = "wrong door"};

    world_set_nonblocking(s);
    world_inject_on(0, &spec);
    world_settle(&stats);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_OTHER_INTERFACE] +
                          stats.fate[WINLWIP_FATE_DROP_OTHER_HOST], 1);
    world_assert_empty(s);
}
END_TEST

static void change_group(SOCKET s, const struct world_family *family, bool join, unsigned link)
{
    if (family->af == AF_INET) {
        struct ip_mreq request = {.imr_interface.s_addr = htonl(WORLD_FIRST_INDEX + link)};
        ck_assert_int_eq(inet_pton(AF_INET, family->group, &request.imr_multiaddr), 1);
        ck_assert_int_eq(setsockopt(s, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP,
                                    (const char *)&request, sizeof(request)), 0);
    } else {
        struct ipv6_mreq request = {.ipv6mr_interface = WORLD_FIRST_INDEX + link};
        ck_assert_int_eq(inet_pton(AF_INET6, family->group, &request.ipv6mr_multiaddr), 1);
        ck_assert_int_eq(setsockopt(s, IPPROTO_IPV6,
                                    join ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP,
                                    (const char *)&request, sizeof(request)), 0);
    }
}

START_TEST(groups_are_joined_on_each)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);

    world_set_nonblocking(s);
    world_set(s, FAMILY->level, FAMILY->pktinfo, 1);
    change_group(s, FAMILY, true, 1);
    inject(FAMILY, 0, FAMILY->group, port, "not here");
    world_assert_empty(s);
    inject(FAMILY, 1, FAMILY->group, port, "here");
    hears(s, "here", FAMILY->group, WORLD_SECOND_INDEX);
    change_group(s, FAMILY, true, 0);
    inject(FAMILY, 0, FAMILY->group, port, "here, too");
    hears(s, "here, too", FAMILY->group, WORLD_FIRST_INDEX);
    change_group(s, FAMILY, false, 1);
    inject(FAMILY, 1, FAMILY->group, port, "no more");
    inject(FAMILY, 0, FAMILY->group, port, "still");
    hears(s, "still", FAMILY->group, WORLD_FIRST_INDEX);
    world_assert_empty(s);
}
END_TEST

START_TEST(groups_are_sent_by_the_named)
{
    SOCKET s = world_socket(FAMILY->any, NULL);

    world_set(s, FAMILY->level, FAMILY->af == AF_INET ? IP_MULTICAST_LOOP : IPV6_MULTICAST_LOOP, 0);
    for (unsigned link = 0; link < 2; link++) {
        DWORD index = WORLD_FIRST_INDEX + link;

        world_set(s, FAMILY->level, FAMILY->af == AF_INET ? IP_MULTICAST_IF : IPV6_MULTICAST_IF,
                  FAMILY->af == AF_INET ? htonl(index) : index);
        ck_assert_int_eq(send_word(s, FAMILY->group, "all"), 0);
        world_next_sent(link, &view);
        ck_assert_str_eq(view.dst, FAMILY->group);
    }
}
END_TEST

START_TEST(broadcasts_are_each_ones_own)
{
    const struct world_family *family = &world_families[0];
    uint16_t port;
    SOCKET s = world_socket("0.0.0.0", &port);

    world_set_nonblocking(s);
    world_set(s, IPPROTO_IP, IP_PKTINFO, 1);
    world_set(s, SOL_SOCKET, SO_BROADCAST, 1);
    for (unsigned link = 0; link < 2; link++) {
        unsigned index = WORLD_FIRST_INDEX + link;

        inject(family, link, broadcasts[link], port, "subnet");
        hears(s, "subnet", broadcasts[link], index);
        inject(family, link, "255.255.255.255", port, "limited");
        hears(s, "limited", "255.255.255.255", index);
        inject(family, link, broadcasts[1 - link], port, "the other's");
        world_assert_empty(s);

        ck_assert_int_eq(send_word(s, broadcasts[link], "out"), 0);
        world_next_sent(link, &view);
        ck_assert_mem_eq(view.dst_mac, frame_broadcast_mac, 6);
        world_set(s, IPPROTO_IP, IP_UNICAST_IF, htonl(index));
        ck_assert_int_eq(send_word(s, "255.255.255.255", "out"), 0);
        world_next_sent(link, &view);
        ck_assert_str_eq(view.src, link == 0 ? "192.0.2.1" : "198.51.100.1");
        world_set(s, IPPROTO_IP, IP_UNICAST_IF, 0);
    }
}
END_TEST

/* Neighbours of the second link are neighbours there alone. */
START_TEST(the_named_interface_needs_a_way)
{
    SOCKET s = world_socket(FAMILY->any, NULL);
    bool v4 = FAMILY->af == AF_INET;

    world_set(s, FAMILY->level, v4 ? IP_UNICAST_IF : IPV6_UNICAST_IF,
              v4 ? htonl(WORLD_FIRST_INDEX) : WORLD_FIRST_INDEX);
    ck_assert_int_eq(send_word(s, peers[!v4][1], "no"), WSAENETUNREACH);
    ck_assert_int_eq(send_word(s, peers[!v4][0], "yes"), 0);
    world_next_sent(0, &view);
}
END_TEST

START_TEST(c39_one_goes_down_the_other_stays)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    bool v4 = FAMILY->af == AF_INET;

    for (unsigned link = 0; link < 2; link++) {
        const char *name = link == 0 ? "mem0" : "mem1";

        ck_assert_int_eq(winlwip_interface_set(name, false), 0);
        ck_assert_int_eq(send_word(s, peers[!v4][link], "no"), WSAENETUNREACH);
        ck_assert_int_eq(send_word(s, peers[!v4][1 - link], "yes"), 0);
        world_next_sent(1 - link, &view);
        inject(FAMILY, 1 - link, link == 1 ? FAMILY->us : FAMILY->us_second, port, "other");
        world_receive(s, &received);
        world_assert_text(&received, "other");
        ck_assert_int_eq(winlwip_interface_set(name, true), 0);
        ck_assert_int_eq(send_word(s, peers[!v4][link], "yes"), 0);
        world_next_sent(link, &view);
    }
}
END_TEST

START_TEST(each_interface_has_its_mtu)
{
    static char large[1400];
    bool v4 = FAMILY->af == AF_INET;

    world_start(&(struct world_options){.links = 2, .link = {{.mtu = 1400}, {.mtu = 1500}}});
    SOCKET s = world_socket(FAMILY->any, NULL);
    world_set(s, FAMILY->level, v4 ? IP_DONTFRAGMENT : IPV6_DONTFRAG, 1);
    for (unsigned link = 0; link < 2; link++) {
        SOCKADDR_STORAGE name;
        int bytes = world_name(peers[!v4][link], 7777, &name);

        if (link == 0) {
            world_fails(sendto(s, large, sizeof(large), 0, (SOCKADDR *)&name, bytes), WSAEMSGSIZE);
        } else {
            ck_assert_int_eq(sendto(s, large, sizeof(large), 0, (SOCKADDR *)&name, bytes),
                             sizeof(large));
        }
    }
}
END_TEST

/* --- routes --- */

static const struct world_options routed = {
    .links = 2,
    .gateway4 = "192.0.2.254",
    .second_gateway4 = "198.51.100.254",
    .routes = {"203.0.113.0/24 via 192.0.2.253, 2001:db8:70::/44 via 2001:db8::fd",
               "203.0.113.128/25 via 198.51.100.253, 2001:db8:77::/48 via fe80::fd, "
               "0.0.0.0/0 via 198.51.100.252"},
};

/* Has the host asked on the link for the link-layer address of that neighbour? */
static bool has_asked(unsigned link, const char *neighbour)
{
    const uint8_t *data;
    size_t bytes;

    for (size_t i = 0; (data = memlink_sent_frame(world.link[link], i, &bytes)) != NULL; i++) {
        struct frame_view sent;
        char target[46] = "";

        ck_assert_ptr_null(frame_parse(data, bytes, false, &sent));
        if (sent.ethertype == 0x0806 && sent.arp_operation == 1) {
            strcpy(target, sent.dst);
        } else if (sent.protocol == FRAME_ICMP6 && sent.icmp_type == 135) {
            frame_address_text(sent.ip_payload + 8, 16, target);
        }
        if (strcmp(target, neighbour) == 0) {
            return true;
        }
    }
    return false;
}

/* Sends to an address and asserts by which link and neighbour that leaves. */
static void goes(SOCKET s, const char *target, unsigned link, const char *neighbour)
{
    memlink_forget(world.link[0]);
    memlink_forget(world.link[1]);
    world_forget_sent();
    ck_assert_int_eq(send_word(s, target, "on"), 0);
    world_next_sent(link, &view);
    ck_assert_str_eq(view.dst, target);
    ck_assert_msg(has_asked(link, neighbour), "%s is not reached by %s", target, neighbour);
}

START_TEST(the_longest_prefix_decides)
{
    SOCKET s4 = world_socket("0.0.0.0", NULL), s6 = world_socket("::", NULL);

    goes(s4, "203.0.113.5", 0, "192.0.2.253");
    goes(s4, "203.0.113.200", 1, "198.51.100.253");
    goes(s4, "8.8.4.4", 0, "192.0.2.254");
    goes(s4, "192.0.2.77", 0, "192.0.2.77");
    goes(s6, "2001:db8:71::5", 0, "2001:db8::fd");
    goes(s6, "2001:db8:77::5", 1, "fe80::fd");
    ck_assert_int_eq(send_word(s6, "2001:db9::5", "no"), WSAENETUNREACH);
}
END_TEST

/* A source address sends by its own interface: by that one's routes, and gateways. */
START_TEST(a_source_address_has_its_interface)
{
    SOCKET s4 = world_socket("198.51.100.1", NULL), s6 = world_socket("2001:db8:2::1", NULL);

    goes(s4, "8.8.4.4", 1, "198.51.100.254");
    goes(s4, "203.0.113.200", 1, "198.51.100.253");
    goes(s6, "2001:db8:77::5", 1, "fe80::fd");
    ck_assert_int_eq(send_word(s6, "2001:db8:71::5", "no"), WSAENETUNREACH);
}
END_TEST

START_TEST(c39_routes_go_and_come_with_their_interface)
{
    SOCKET s4 = world_socket("0.0.0.0", NULL), s6 = world_socket("::", NULL);

    ck_assert_int_eq(winlwip_interface_set("mem1", false), 0);
    goes(s4, "203.0.113.200", 0, "192.0.2.253");
    goes(s6, "2001:db8:77::5", 0, "2001:db8::fd");
    ck_assert_int_eq(winlwip_interface_set("mem1", true), 0);
    goes(s4, "203.0.113.200", 1, "198.51.100.253");
    goes(s6, "2001:db8:77::5", 1, "fe80::fd");
    ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
    goes(s4, "8.8.4.4", 1, "198.51.100.254");
}
END_TEST

/* Programs are told the same by SIO_ROUTING_INTERFACE_QUERY. */
START_TEST(the_routing_query_agrees)
{
    SOCKADDR_STORAGE target, out;
    DWORD bytes;
    SOCKET s = world_socket("0.0.0.0", NULL);
    int length = world_name("203.0.113.200", 0, &target);

    ck_assert_int_eq(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &target, (DWORD)length, &out,
                              sizeof(out), &bytes, NULL, NULL), 0);
    ck_assert_uint_eq(((SOCKADDR_IN *)&out)->sin_addr.s_addr, htonl(0xc6336401));
    length = world_name("203.0.113.5", 0, &target);
    ck_assert_int_eq(WSAIoctl(s, SIO_ROUTING_INTERFACE_QUERY, &target, (DWORD)length, &out,
                              sizeof(out), &bytes, NULL, NULL), 0);
    ck_assert_uint_eq(((SOCKADDR_IN *)&out)->sin_addr.s_addr, htonl(0xc0000201));
}
END_TEST

/* Answers that lwIP makes itself take the same ways. */
START_TEST(echo_replies_take_the_routes)
{
    world_inject_on(1, &(struct frame_spec){.src = "203.0.113.5", .dst = "198.51.100.1",
                                            .protocol = FRAME_ICMP, .icmp_type = 8,
                                            .text = "ping",
                                            .dst_mac = {2, 0, 0x5e, 0x10, 0, 2}});
    world_next_sent(1, &view);
    ck_assert_str_eq(view.dst, "203.0.113.5");
    ck_assert_uint_eq(view.icmp_type, 0);
    ck_assert(has_asked(1, "198.51.100.254"));
}
END_TEST

static void setup_routed(void)
{
    world_start(&routed);
}

Suite *suite_contract_two_links(void)
{
    Suite *suite = suite_create("two_links");
    TCase *tcase = tcase_create("two_links"), *routes = tcase_create("routes");
    TCase *own = tcase_create("two_links_own");

    tcase_add_checked_fixture(tcase, world_setup_two, world_teardown);
    tcase_add_loop_test(tcase, what_arrives_says_by_which, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, each_interface_has_its_address_alone, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, groups_are_joined_on_each, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, groups_are_sent_by_the_named, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, broadcasts_are_each_ones_own);
    tcase_add_loop_test(tcase, the_named_interface_needs_a_way, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c39_one_goes_down_the_other_stays, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);

    tcase_add_checked_fixture(own, NULL, world_teardown);
    tcase_add_loop_test(own, each_interface_has_its_mtu, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, own);

    tcase_add_checked_fixture(routes, setup_routed, world_teardown);
    tcase_add_test(routes, the_longest_prefix_decides);
    tcase_add_test(routes, a_source_address_has_its_interface);
    tcase_add_test(routes, c39_routes_go_and_come_with_their_interface);
    tcase_add_test(routes, the_routing_query_agrees);
    tcase_add_test(routes, echo_replies_take_the_routes);
    suite_add_tcase(suite, routes);
    return suite;
}
