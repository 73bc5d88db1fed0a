/*
 * test_routers.c - what routers advertise: default routes, more specific ones, MTU, DNS servers, and
 * what hostile ones try.
 *
 * The link is a replay: no time passes but what a test waits for, and there is nobody to ask for
 * duplicates. Addresses, which a live link makes, are test_autoconf.c's.
 */
#include "tests/contract/routers.h"

#include <string.h>

#include "tests/support/world_internal.h"

#define FAR_AWAY "2001:db8:77::5"

enum { FIRST = 0xa1, SECOND = 0xa2 };

static struct frame_view view;

static void setup(void)
{
    world_start(&(struct world_options){.links = 2, .dns = "192.0.2.53"});
}

START_TEST(the_router_is_used_until_it_leaves)
{
    SOCKET s = world_socket("::", NULL);

    ck_assert_int_eq(send_word(s, FAR_AWAY, "no"), WSAENETUNREACH);
    advert_router(ROUTER_FIRST, 0, 1800);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
    ck_assert_str_eq(view.src, "2001:db8::1");
    advert_router(ROUTER_FIRST, 0, 0);
    ck_assert_int_eq(send_word(s, FAR_AWAY, "no"), WSAENETUNREACH);
}
END_TEST

/* RFC 4191: the more preferred one; the other when it leaves. */
START_TEST(of_several_routers_the_preferred_is_used)
{
    SOCKET s = world_socket("::", NULL);
    struct advert second;

    advert_router(ROUTER_FIRST, 0, 1800);
    advert_begin(&second, ROUTER_SECOND, 1800);
    second.preference = PREFERENCE_LOW;
    advert_send(&second, 0);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
    second.preference = PREFERENCE_HIGH;
    advert_send(&second, 0);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), SECOND);
    second.lifetime_s = 0;
    advert_send(&second, 0);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
}
END_TEST

/* One on each link: the source address says which. */
START_TEST(each_link_has_its_router)
{
    SOCKET any = world_socket("::", NULL);
    SOCKET on_second = world_socket("2001:db8:2::1", NULL);

    advert_router(ROUTER_SECOND, 1, 1800);
    ck_assert_uint_eq(leaves_to(any, FAR_AWAY, 1, &view), SECOND);
    ck_assert_str_eq(view.src, "2001:db8:2::1");
    advert_router(ROUTER_FIRST, 0, 1800);
    ck_assert_uint_eq(leaves_to(any, FAR_AWAY, 0, &view), FIRST);
    ck_assert_uint_eq(leaves_to(on_second, FAR_AWAY, 1, &view), SECOND);
    world_set(any, IPPROTO_IPV6, IPV6_UNICAST_IF, WORLD_SECOND_INDEX);
    ck_assert_uint_eq(leaves_to(any, FAR_AWAY, 1, &view), SECOND);
}
END_TEST

/* RFC 4191, 2.3. */
START_TEST(more_specific_routes)
{
    SOCKET s = world_socket("::", NULL);
    struct advert second;

    advert_router(ROUTER_FIRST, 0, 1800);
    advert_begin(&second, ROUTER_SECOND, 0);
    advert_route(&second, "2001:db8:77::", 48, PREFERENCE_LOW, 600);
    advert_route(&second, "2001:db8:78::", 129, PREFERENCE_LOW, 600);
    advert_route(&second, "2001:db8:79::", 48, 2, 600); /* reserved: the option is not to be used */
    advert_send(&second, 0);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), SECOND);
    ck_assert_uint_eq(leaves_to(s, "2001:db8:78::5", 0, &view), FIRST);
    ck_assert_uint_eq(leaves_to(s, "2001:db8:79::5", 0, &view), FIRST);
    advert_begin(&second, ROUTER_SECOND, 0);
    advert_route(&second, "2001:db8:77::", 48, PREFERENCE_LOW, 0);
    advert_send(&second, 0);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
}
END_TEST

/* A prefix on the link of which we have no address: its hosts are behind the router. */
START_TEST(a_network_without_an_address_of_ours)
{
    SOCKET s = world_socket("::", NULL);
    struct advert advert;

    advert_begin(&advert, ROUTER_FIRST, 1800);
    advert_prefix(&advert, "2001:db8:77::", 64, PREFIX_ON_LINK, 600, 600);
    advert_send(&advert, 0);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
}
END_TEST

START_TEST(the_mtu_is_that_of_the_link)
{
    static char large[1400];
    SOCKET s = world_socket("::", NULL);
    SOCKADDR_STORAGE name;
    int bytes = world_name("2001:db8::9", 7777, &name);
    static const struct {
        uint32_t advertised_bytes;
        bool fits; /* 1,448 bytes of packet, afterwards */
    } steps[] = {{1300, false}, {1279, false}, {1501, false}, {0, false}, {1400, false},
                 {1500, true}, {1279, true}, {65536 + 1300, true}};

    world_set(s, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
    ck_assert_int_eq(sendto(s, large, sizeof(large), 0, (SOCKADDR *)&name, bytes), sizeof(large));
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct advert advert;

        advert_begin(&advert, ROUTER_FIRST, 1800);
        advert_mtu(&advert, steps[i].advertised_bytes);
        advert_send(&advert, 0);
        if (steps[i].fits) {
            ck_assert_int_eq(sendto(s, large, sizeof(large), 0, (SOCKADDR *)&name, bytes),
                             sizeof(large));
        } else {
            world_fails(sendto(s, large, sizeof(large), 0, (SOCKADDR *)&name, bytes), WSAEMSGSIZE);
        }
    }
}
END_TEST

START_TEST(servers_stand_behind_the_configured_one)
{
    struct advert advert;

    ck_assert_str_eq(shown_server(0), "192.0.2.53");
    ck_assert_str_eq(shown_server(1), "");
    advert_begin(&advert, ROUTER_FIRST, 1800);
    advert_dns(&advert, "2001:db8::53", 600);
    advert_dns(&advert, "fe80::53", 600);
    advert_dns(&advert, "ff02::53", 600);
    advert_dns(&advert, "::", 600);
    advert_dns(&advert, "::1", 600);
    advert_send(&advert, 0);
    ck_assert_str_eq(shown_server(0), "192.0.2.53");
    ck_assert_str_eq(shown_server(1), "2001:db8::53");
    ck_assert_str_eq(shown_server(2), "fe80::53");
    ck_assert_str_eq(shown_server(3), "");
    advert_begin(&advert, ROUTER_FIRST, 1800);
    advert_dns(&advert, "2001:db8::53", 0);
    advert_send(&advert, 0);
    ck_assert_str_eq(shown_server(1), "fe80::53");
    ck_assert_str_eq(shown_server(2), "");
    ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
    ck_assert_str_eq(shown_server(1), "");
}
END_TEST

/* What is learnt goes with the link; configured ways come back with it. */
START_TEST(c39_down_and_up_again)
{
    SOCKET s = world_socket("::", NULL);

    advert_router(ROUTER_FIRST, 0, 1800);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
    ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
    ck_assert_int_eq(send_word(s, FAR_AWAY, "no"), WSAENETUNREACH);
    ck_assert_int_eq(winlwip_interface_set("mem0", true), 0);
    ck_assert_int_eq(send_word(s, FAR_AWAY, "no"), WSAENETUNREACH);
    advert_router(ROUTER_FIRST, 0, 1800);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
}
END_TEST

/* --- hostile ones --- */

static const struct bad {
    const char *why;
    const char *router;
    uint8_t hop_limit, code;
    bool bad_sum;
    uint8_t option[9]; /* behind a sound one */
    size_t option_bytes;
} bads[] = {
    {"it crossed a router", ROUTER_FIRST, 254, 0, false, {0}, 0},
    {"a source that is not link-local", "2001:db8::a1", 0, 0, false, {0}, 0},
    {"a code", ROUTER_FIRST, 0, 1, false, {0}, 0},
    {"a wrong sum", ROUTER_FIRST, 0, 0, true, {0}, 0},
    {"an option of length 0", ROUTER_FIRST, 0, 0, false, {1, 0, 1, 1, 1, 1, 1, 1}, 8},
    {"an option beyond the end", ROUTER_FIRST, 0, 0, false, {3, 4, 64, 0xc0}, 8},
    {"half an option", ROUTER_FIRST, 0, 0, false, {5}, 1},
    {"a length alone beyond the end", ROUTER_FIRST, 0, 0, false, {5, 1}, 2},
};

START_TEST(bad_ones_are_not_believed_in_any_part)
{
    const struct bad *bad = &bads[_i];
    SOCKET s = world_socket("::", NULL);
    struct winlwip_stats before, after;
    struct advert advert;

    advert_begin(&advert, bad->router, 1800);
    advert_dns(&advert, "2001:db8::53", 600);
    advert.hop_limit = bad->hop_limit;
    advert.code = bad->code;
    advert.bad_sum = bad->bad_sum;
    advert_raw(&advert, bad->option, bad->option_bytes);
    world_settle(&before);
    advert_send(&advert, 0);
    world_settle(&after);
    ck_assert_msg(after.fate[WINLWIP_FATE_DROP_ICMP_MALFORMED] ==
                      before.fate[WINLWIP_FATE_DROP_ICMP_MALFORMED] + 1, "%s", bad->why);
    ck_assert_str_eq(shown_server(1), "");
    ck_assert_int_eq(send_word(s, FAR_AWAY, "no"), WSAENETUNREACH);
}
END_TEST

/* A header cut short can't be built as an option. */
START_TEST(a_short_one_is_not_believed)
{
    struct winlwip_stats before, after;
    struct advert advert;

    advert_begin(&advert, ROUTER_FIRST, 1800);
    world_settle(&before);
    for (advert.bytes = 0; advert.bytes < 8; advert.bytes++) {
        advert_send(&advert, 0);
    }
    world_settle(&after);
    ck_assert_uint_eq(after.fate[WINLWIP_FATE_DROP_ICMP_MALFORMED],
                      before.fate[WINLWIP_FATE_DROP_ICMP_MALFORMED] + 8);
}
END_TEST

/* Options that are unknown, or too short for what they are, are passed over (RFC 4861, 6.1.2). */
START_TEST(strange_options_are_passed_over)
{
    static const uint8_t unknown[8] = {99, 1, 7, 7, 7, 7, 7, 7}, short_prefix[8] = {3, 1, 64, 0xc0},
                         short_dns[8] = {25, 1};
    SOCKET s = world_socket("::", NULL);
    struct advert advert;

    advert_begin(&advert, ROUTER_FIRST, 1800);
    advert_raw(&advert, unknown, sizeof(unknown));
    advert_raw(&advert, short_prefix, sizeof(short_prefix));
    advert_raw(&advert, short_dns, sizeof(short_dns));
    advert_dns(&advert, "2001:db8::53", 600);
    advert_send(&advert, 0);
    ck_assert_str_eq(shown_server(1), "2001:db8::53");
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
}
END_TEST

/* Routers, servers and routes in numbers: who was there first stays, and there is an end. */
START_TEST(floods_end_somewhere)
{
    SOCKET s = world_socket("::", NULL);
    struct advert advert;
    char text[46], router[46];

    advert_begin(&advert, ROUTER_FIRST, 1800);
    advert_dns(&advert, "2001:db8::53", 600);
    advert_send(&advert, 0);
    for (unsigned i = 0; i < 300; i++) {
        snprintf(router, sizeof(router), "fe80::%x:1", i + 1);
        advert_begin(&advert, router, 1800);
        snprintf(text, sizeof(text), "2001:db8:%x::", i + 0x100);
        advert_prefix(&advert, text, 64, PREFIX_BOTH, UINT32_MAX, UINT32_MAX);
        advert_route(&advert, text, 48, PREFERENCE_HIGH, UINT32_MAX);
        advert_dns(&advert, text, UINT32_MAX);
        advert_send(&advert, 0);
    }
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
    ck_assert_str_eq(shown_server(1), "2001:db8::53");
    ck_assert_str_ne(shown_server(3), "");
    ck_assert_str_eq(shown_server(4), "");
    ck_assert_uint_eq(leaves_to(s, "2001:db8::9", 0, &view), frame_peer_mac[5]);
}
END_TEST

static void redirect(const char *from, const char *target, const char *destination)
{
    uint8_t body[40] = {[32] = 2, [33] = 1, /* the target's link-layer address */
                        [34] = 2, [36] = 0x5e, [37] = 0x10, [38] = 1, [39] = SECOND};
    struct winlwip_stats stats;

    frame_address(target, body);
    frame_address(destination, body + 16);
    world_inject(&(struct frame_spec){.src = from, .dst = "2001:db8::1", .ttl = 255,
                                      .protocol = FRAME_ICMP6, .icmp_type = 137, .payload = body,
                                      .payload_bytes = sizeof(body)});
    world_settle(&stats);
}

/* RFC 4861, 8.1: the router in use alone may send a destination's packets elsewhere. */
START_TEST(redirects_of_strangers_are_not_believed)
{
    SOCKET s = world_socket("::", NULL);

    advert_router(ROUTER_FIRST, 0, 1800);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
    redirect(ROUTER_SECOND, ROUTER_SECOND, FAR_AWAY);
    redirect("fe80::9", ROUTER_SECOND, FAR_AWAY);
    redirect(ROUTER_FIRST, "2001:db8:77::6", FAR_AWAY);
    redirect(ROUTER_FIRST, FAR_AWAY, FAR_AWAY); /* there is no address of ours to ask it from */
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
    redirect(ROUTER_FIRST, ROUTER_SECOND, FAR_AWAY);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), SECOND);
    ck_assert_uint_eq(leaves_to(s, "2001:db8:77::7", 0, &view), FIRST);
}
END_TEST

/* --- configured ways beside them --- */

START_TEST(a_configured_gateway_comes_first)
{
    struct advert advert;

    world_start(&(struct world_options){.links = 1, .gateway6 = "2001:db8::fe"});
    SOCKET s = world_socket("::", NULL);
    advert_begin(&advert, ROUTER_FIRST, 1800);
    advert.preference = PREFERENCE_HIGH;
    advert_route(&advert, "2001:db8:77::", 48, PREFERENCE_LOW, 600);
    advert_send(&advert, 0);
    ck_assert_uint_eq(leaves_to(s, "2001:db8:99::5", 0, &view), frame_peer_mac[5]);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
}
END_TEST

/* A frame that says so late it is, by the clock of the frames. */
static void pass_to(unsigned seconds)
{
    static struct frame frame;

    frame_build(&(struct frame_spec){.src = "2001:db8::8", .dst = "2001:db8::1", .dst_port = 9,
                                     .text = ""}, &frame);
    memlink_push_described(world.link[0],
                           &(struct link_frame){.data = frame.data,
                                                .bytes = (uint32_t)frame.bytes,
                                                .original_bytes = (uint32_t)frame.bytes,
                                                .time_ns = seconds * INT64_C(1000000000)});
    world_settle(&(struct winlwip_stats){0});
}

START_TEST(what_is_learnt_has_its_time)
{
    struct advert advert;

    world_start(&(struct world_options){.links = 1, .link[0].own_clock = true});
    SOCKET s = world_socket("2001:db8::1", NULL);
    pass_to(1000);
    advert_begin(&advert, ROUTER_FIRST, 30);
    advert_dns(&advert, "2001:db8::53", 20);
    advert_dns(&advert, "2001:db8::54", UINT32_MAX);
    advert_route(&advert, "2001:db8:78::", 48, PREFERENCE_MEDIUM, 40);
    advert_send(&advert, 0);
    pass_to(1018);
    ck_assert_str_eq(shown_server(0), "2001:db8::53");
    pass_to(1022);
    ck_assert_str_eq(shown_server(0), "2001:db8::54");
    pass_to(1028);
    ck_assert_int_eq(send_word(s, FAR_AWAY, "yes"), 0);
    pass_to(1032);
    ck_assert_int_eq(send_word(s, FAR_AWAY, "no"), WSAENETUNREACH);
    ck_assert_int_eq(send_word(s, "2001:db8:78::1", "yes"), 0);
    pass_to(1042);
    ck_assert_int_eq(send_word(s, "2001:db8:78::1", "no"), WSAENETUNREACH);
    ck_assert_str_eq(shown_server(0), "2001:db8::54");
}
END_TEST

/* A router that ceases to answer is left for one that does (RFC 4861, 6.3.6). */
START_TEST(a_dead_router_is_left)
{
    unsigned used = FIRST;

    world_start(&(struct world_options){.links = 1, .link[0].own_clock = true});
    SOCKET s = world_socket("2001:db8::1", NULL);
    advert_router(ROUTER_FIRST, 0, 9000);
    advert_router(ROUTER_SECOND, 0, 9000);
    for (unsigned i = 0; i < 60 && used == FIRST; i++) {
        pass_to(1000 + i);
        size_t bytes, sent = memlink_sent(world.link[0]);
        ck_assert_int_eq(send_word(s, FAR_AWAY, "on"), 0);
        ck_assert_uint_eq(memlink_sent(world.link[0]), sent + 1);
        used = memlink_sent_frame(world.link[0], sent, &bytes)[5];
    }
    ck_assert_uint_eq(used, SECOND);
}
END_TEST

Suite *suite_contract_routers(void)
{
    Suite *suite = suite_create("routers");
    TCase *tcase = tcase_create("routers"), *own = tcase_create("routers_own");

    tcase_add_checked_fixture(tcase, setup, world_teardown);
    tcase_add_test(tcase, the_router_is_used_until_it_leaves);
    tcase_add_test(tcase, of_several_routers_the_preferred_is_used);
    tcase_add_test(tcase, each_link_has_its_router);
    tcase_add_test(tcase, more_specific_routes);
    tcase_add_test(tcase, a_network_without_an_address_of_ours);
    tcase_add_test(tcase, the_mtu_is_that_of_the_link);
    tcase_add_test(tcase, servers_stand_behind_the_configured_one);
    tcase_add_test(tcase, c39_down_and_up_again);
    tcase_add_loop_test(tcase, bad_ones_are_not_believed_in_any_part, 0,
                        (int)(sizeof(bads) / sizeof(bads[0])));
    tcase_add_test(tcase, a_short_one_is_not_believed);
    tcase_add_test(tcase, strange_options_are_passed_over);
    tcase_add_test(tcase, floods_end_somewhere);
    tcase_add_test(tcase, redirects_of_strangers_are_not_believed);
    suite_add_tcase(suite, tcase);

    tcase_add_checked_fixture(own, NULL, world_teardown);
    tcase_add_test(own, a_configured_gateway_comes_first);
    tcase_add_test(own, what_is_learnt_has_its_time);
    tcase_add_test(own, a_dead_router_is_left);
    suite_add_tcase(suite, own);
    return suite;
}
