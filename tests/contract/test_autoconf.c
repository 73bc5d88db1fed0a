/*
 * test_autoconf.c - addresses that a live link makes: link-local ones, those of advertised prefixes
 * (RFC 4862), their lifetimes; and addresses that somebody else has, too.
 *
 * Time is real here: duplicate address detection takes a second or two.
 */
#include "tests/contract/routers.h"

#include <string.h>

#include "config/limits.h"

#include "tests/support/groups.h"
#include "tests/support/world_internal.h"

#define FAR_AWAY "2001:db8:77::5"
#define LINK_LOCAL "fe80::5eff:fe10:1"
#define MADE "2001:db8:5::5eff:fe10:1"  /* of the first prefix and our MAC */
#define MADE_TOO "2001:db8:6::5eff:fe10:1"

enum { FIRST = 0xa1 };

static struct frame_view view;
static IP_ADAPTER_UNICAST_ADDRESS shown;
static struct received received;

static void setup(void)
{
    world_start(&(struct world_options){.links = 1, .addresses = {"192.0.2.1/24"},
                                        .link[0].real_time = true});
    wait_shown("mem0", LINK_LOCAL, IpDadStatePreferred);
}

static void advertise(const char *prefix, uint32_t valid_s, uint32_t preferred_s)
{
    struct advert advert;

    advert_begin(&advert, ROUTER_FIRST, 1800);
    advert_prefix(&advert, prefix, 64, PREFIX_BOTH, valid_s, preferred_s);
    advert_send(&advert, 0);
}

START_TEST(an_address_is_made_and_used)
{
    ck_assert(shown_address("mem0", LINK_LOCAL, &shown));
    ck_assert_int_eq(shown.PrefixOrigin, IpPrefixOriginWellKnown);
    advertise("2001:db8:5::", 3600, 1800);
    wait_shown("mem0", MADE, IpDadStatePreferred);
    ck_assert(shown_address("mem0", MADE, &shown));
    ck_assert_int_eq(shown.PrefixOrigin, IpPrefixOriginRouterAdvertisement);
    ck_assert_uint_gt(shown.ValidLifetime, 3500);
    ck_assert_uint_le(shown.PreferredLifetime, 1800);
    SOCKET s = world_socket("::", NULL);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
    ck_assert_str_eq(view.src, MADE);
    /* A neighbour in the advertised network is asked for itself. */
    ck_assert_uint_eq(leaves_to(s, "2001:db8:5::9", 0, &view), frame_peer_mac[5]);
}
END_TEST

/* RFC 6724, rule 3. */
START_TEST(a_deprecated_address_is_no_source)
{
    advertise("2001:db8:5::", 3600, 0);
    advertise("2001:db8:6::", 3600, 1800);
    wait_shown("mem0", MADE, IpDadStateDeprecated);
    wait_shown("mem0", MADE_TOO, IpDadStatePreferred);
    SOCKET s = world_socket("::", NULL), bound = world_socket(MADE, NULL);
    leaves_to(s, FAR_AWAY, 0, &view);
    ck_assert_str_eq(view.src, MADE_TOO);
    leaves_to(bound, FAR_AWAY, 0, &view); /* who has it may go on */
    ck_assert_str_eq(view.src, MADE);
    advertise("2001:db8:5::", 3600, 1800);
    ck_assert(shown_address("mem0", MADE, &shown));
    ck_assert_int_eq(shown.DadState, IpDadStatePreferred);
    advertise("2001:db8:5::", 3600, 0);
    ck_assert(shown_address("mem0", MADE, &shown));
    ck_assert_int_eq(shown.DadState, IpDadStateDeprecated);
}
END_TEST

START_TEST(an_address_expires)
{
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    advertise("2001:db8:5::", 4, 3);
    wait_shown("mem0", MADE, IpDadStatePreferred);
    SOCKET s = world_socket(MADE, NULL);
    while (shown_address("mem0", MADE, &shown)) {
        ck_assert_msg(world_now_ms() < end, "it does not expire");
        world_pause();
    }
    ck_assert_int_ne(send_word(s, FAR_AWAY, "no"), 0);
}
END_TEST

/* Nobody on the link can take an address away at once (RFC 4862, 5.5.3 e). */
START_TEST(a_lifetime_does_not_fall_below_two_hours)
{
    advertise("2001:db8:5::", 86400, 43200);
    wait_shown("mem0", MADE, IpDadStatePreferred);
    advertise("2001:db8:5::", 0, 0);
    ck_assert(shown_address("mem0", MADE, &shown));
    ck_assert_uint_le(shown.ValidLifetime, 7200);
    ck_assert_uint_gt(shown.ValidLifetime, 7100);
    advertise("2001:db8:5::", 1, 0);
    ck_assert(shown_address("mem0", MADE, &shown));
    ck_assert_uint_gt(shown.ValidLifetime, 7100);
    advertise("2001:db8:5::", 90000, 100);
    ck_assert(shown_address("mem0", MADE, &shown));
    ck_assert_uint_gt(shown.ValidLifetime, 89000);
}
END_TEST

/* Prefixes that no host can have, or of another length than an identifier leaves. */
START_TEST(strange_prefixes_make_no_address)
{
    static const struct {
        const char *prefix;
        unsigned bits;
        uint32_t valid_s, preferred_s;
    } strange[] = {
        {"ff02::", 64, 3600, 3600},   {"fe80::", 64, 3600, 3600}, {"::", 64, 3600, 3600},
        {"2001:db8:5::", 63, 3600, 3600}, {"2001:db8:5::", 65, 3600, 3600},
        {"2001:db8:5::", 200, 3600, 3600}, {"2001:db8:5::", 0, 3600, 3600},
        {"2001:db8:5::", 64, 0, 0},   {"2001:db8:5::", 64, 10, 11},
        {"::ffff:0:0", 64, 3600, 3600}, {"::1", 64, 3600, 3600},
    };

    for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        struct advert advert;

        advert_begin(&advert, ROUTER_FIRST, 1800);
        advert_prefix(&advert, strange[i].prefix, strange[i].bits, PREFIX_BOTH, strange[i].valid_s,
                      strange[i].preferred_s);
        advert_send(&advert, 0);
    }
    ck_assert(!shown_address("mem0", MADE, &shown));
    ck_assert(!shown_address("mem0", "ff02::5eff:fe10:1", &shown));
    ck_assert(!shown_address("mem0", "::5eff:fe10:1", &shown));
}
END_TEST

/* As many addresses as there is room for; those that are there stay. */
START_TEST(a_flood_of_prefixes_ends)
{
    char text[46];
    unsigned made = 0;

    advertise("2001:db8:5::", 3600, 3600);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(text, sizeof(text), "2001:db8:%x::", i + 0x100);
        advertise(text, UINT32_MAX, UINT32_MAX);
    }
    wait_shown("mem0", MADE, IpDadStatePreferred);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(text, sizeof(text), "2001:db8:%x::5eff:fe10:1", i + 0x100);
        made += shown_address("mem0", text, &shown);
    }
    ck_assert_uint_eq(made, LIMIT_ADDRESSES - 2);
    SOCKET s = world_socket("::", NULL);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
}
END_TEST

/* Has the host sent a solicitation of this type (133: for routers, 135: for an address)? */
static bool has_asked(uint8_t type)
{
    const uint8_t *data;
    size_t bytes;

    for (size_t i = 0; (data = memlink_sent_frame(world.link[0], i, &bytes)) != NULL; i++) {
        struct frame_view sent;

        ck_assert_ptr_null(frame_parse(data, bytes, false, &sent));
        if (sent.protocol == FRAME_ICMP6 && sent.icmp_type == type &&
            (type != 135 || strcmp(sent.src, "::") == 0)) {
            return true;
        }
    }
    return false;
}

static void wait_asked(uint8_t type)
{
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    while (!has_asked(type)) {
        ck_assert_msg(world_now_ms() < end, "no message of type %u is sent", type);
        world_pause();
    }
}

START_TEST(c39_down_and_up_again)
{
    advertise("2001:db8:5::", 3600, 1800);
    wait_shown("mem0", MADE, IpDadStatePreferred);
    ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
    memlink_forget(world.link[0]);
    world_forget_sent();
    ck_assert_int_eq(winlwip_interface_set("mem0", true), 0);
    ck_assert(shown_address("mem0", MADE, &shown));
    ck_assert_int_eq(shown.DadState, IpDadStateTentative);
    wait_asked(135);
    wait_asked(133);
    advertise("2001:db8:5::", 3600, 1800);
    wait_shown("mem0", MADE, IpDadStatePreferred);
    SOCKET s = world_socket("::", NULL);
    ck_assert_uint_eq(leaves_to(s, FAR_AWAY, 0, &view), FIRST);
    ck_assert_str_eq(view.src, MADE);
}
END_TEST

START_TEST(an_interface_may_start_down)
{
    world_start(&(struct world_options){.links = 2, .link[0].real_time = true, .down = {true}});
    SOCKET s = world_socket("0.0.0.0", NULL);

    ck_assert_int_eq(send_word(s, "192.0.2.9", "no"), WSAENETUNREACH);
    ck_assert_uint_eq(memlink_sent(world.link[0]), 0);
    ck_assert_int_eq(send_word(s, "198.51.100.9", "yes"), 0);
    ck_assert_int_eq(winlwip_interface_set("mem0", true), 0);
    ck_assert_int_eq(send_word(s, "192.0.2.9", "yes"), 0);
    wait_shown("mem0", "2001:db8::1", IpDadStatePreferred);
    wait_asked(133);
}
END_TEST

/* --- duplicates --- */

/* Another station says that it has the address, by an advertisement to all, or looks for it. */
static void claim6(const char *address, bool asks, const uint8_t *mac)
{
    static struct frame frame;
    uint8_t body[16];
    struct frame_spec spec = {
        .src = asks ? "::" : address, .dst = asks ? "ff02::1:ff10:1" : "ff02::1", .ttl = 255,
        .protocol = FRAME_ICMP6,
        .icmp_type = asks ? 135 : 136, .icmp_rest = asks ? 0 : 0x20000000, .payload = body,
        .payload_bytes = sizeof(body)};

    frame_address(address, body);
    memcpy(spec.src_mac, mac, 6);
    frame_build(&spec, &frame);
    memlink_push(world.link[0], &frame);
    world_settle(&(struct winlwip_stats){0});
}

static void claim4(const char *sender, const char *target, const uint8_t *mac)
{
    static struct frame frame;
    struct frame_arp_spec spec = {.operation = 1, .sender = sender, .target = target};

    memcpy(spec.sender_mac, mac, 6);
    frame_arp(&spec, &frame);
    memlink_push(world.link[0], &frame);
    world_settle(&(struct winlwip_stats){0});
}

static void assert_told(const char *text)
{
    char line[200];

    ck_assert_int_eq(winlwip_duplicate(0, line, sizeof(line)), text != NULL ? 0 : -1);
    if (text != NULL) {
        ck_assert_str_eq(line, text);
        ck_assert_int_eq(winlwip_duplicate(1, line, sizeof(line)), -1);
    }
}

/* Nobody can take an address away that is in use. */
START_TEST(claims_of_an_address_in_use_are_not_heard)
{
    claim6(LINK_LOCAL, false, frame_peer_mac);
    claim6(LINK_LOCAL, true, frame_peer_mac);
    ck_assert(shown_address("mem0", LINK_LOCAL, &shown));
    ck_assert_int_eq(shown.DadState, IpDadStatePreferred);
    assert_told(NULL);
}
END_TEST

START_TEST(a_made_address_that_somebody_has)
{
    advertise("2001:db8:5::", 3600, 1800);
    claim6(MADE, _i == 1, frame_our_mac); /* our own, back from a hub */
    assert_told(NULL);
    claim6(MADE, _i == 1, frame_peer_mac);
    wait_shown("mem0", MADE, IpDadStateDuplicate);
    assert_told("interface mem0: address " MADE " is in use by 02:00:5e:20:00:09, too, and stays "
                "unused here");
    advertise("2001:db8:5::", 3600, 1800);
    ck_assert(shown_address("mem0", MADE, &shown));
    ck_assert_int_eq(shown.DadState, IpDadStateDuplicate);
    SOCKADDR_STORAGE name;
    int bytes = world_name(MADE, 0, &name);
    SOCKET s = socket(AF_INET6, SOCK_DGRAM, 0);
    world_track(s);
    world_fails(bind(s, (SOCKADDR *)&name, bytes), WSAEADDRNOTAVAIL);
    /* What else there is works on. */
    SOCKET any = world_socket("::", NULL);
    leaves_to(any, "fe80::9", 0, &view);
    ck_assert_str_eq(view.src, LINK_LOCAL);
    /* Another try when the interface comes up again. */
    ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
    ck_assert_int_eq(winlwip_interface_set("mem0", true), 0);
    wait_shown("mem0", MADE, IpDadStatePreferred);
    assert_told(NULL);
}
END_TEST

/* Two addresses, of which another station has the first. */
START_TEST(an_ipv4_address_that_somebody_has)
{
    world_start(&(struct world_options){.links = 1, .link[0].real_time = true,
                                        .addresses = {"192.0.2.1/24 192.0.2.2/24"}});
    SOCKET first = world_socket("192.0.2.1", NULL);

    claim4("192.0.2.1", "192.0.2.1", frame_our_mac);
    claim4("192.0.2.9", "192.0.2.1", frame_peer_mac); /* a question, no claim */
    assert_told(NULL);
    claim4(_i == 0 ? "192.0.2.1" : "0.0.0.0", "192.0.2.1", frame_peer_mac);
    assert_told("interface mem0: address 192.0.2.1 is in use by 02:00:5e:20:00:09, too, and stays "
                "unused here");
    ck_assert(shown_address("mem0", "192.0.2.1", &shown));
    ck_assert_int_eq(shown.DadState, IpDadStateDuplicate);
    ck_assert_int_ne(send_word(first, "192.0.2.9", "no"), 0);
    SOCKET any = world_socket("0.0.0.0", NULL);
    leaves_to(any, "192.0.2.9", 0, &view);
    ck_assert_str_eq(view.src, "192.0.2.2");
    ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
    ck_assert_int_eq(winlwip_interface_set("mem0", true), 0);
    assert_told(NULL);
    leaves_to(first, "192.0.2.9", 0, &view);
    ck_assert_str_eq(view.src, "192.0.2.1");
}
END_TEST

/* It is looked for from nobody's address, and announced when three seconds have passed. */
START_TEST(an_ipv4_address_is_looked_for_then_announced)
{
    int64_t end = world_now_ms() + 2 * WORLD_PATIENCE_MS;
    unsigned probes = 0, announcements = 0;
    struct frame_view sent;
    const uint8_t *data;
    size_t bytes;

    world_start(&(struct world_options){.links = 1, .link[0].real_time = true});
    for (size_t i = 0; announcements == 0;) {
        data = memlink_sent_frame(world.link[0], i, &bytes);
        if (data == NULL) {
            ck_assert_msg(world_now_ms() < end, "%u probes, no announcement", probes);
            world_pause();
            continue;
        }
        i++;
        ck_assert_ptr_null(frame_parse(data, bytes, false, &sent));
        if (sent.ethertype != 0x0806) {
            continue;
        }
        ck_assert_str_eq(sent.dst, "192.0.2.1");
        probes += strcmp(sent.src, "0.0.0.0") == 0;
        announcements += strcmp(sent.src, "192.0.2.1") == 0;
    }
    ck_assert_uint_ge(probes, 2);
    claim4("192.0.2.1", "192.0.2.1", frame_peer_mac);
    assert_told(NULL);
}
END_TEST

/* Without a source yet to send from the group is the interface's all the same, not loopback's. */
START_TEST(a_group_is_joined_while_addresses_are_tried)
{
    uint16_t port;

    world_start(&(struct world_options){.links = 1, .addresses = {"192.0.2.1/24"},
                                        .link[0].real_time = true});
    SOCKET s = world_socket("::", &port);
    ck_assert_int_eq(group_change(s, MREQ6, JOIN, "ff02::1234", NULL, 0), 0);
    ck_assert(shown_address("mem0", LINK_LOCAL, &shown));
    ck_assert_int_eq(shown.DadState, IpDadStateTentative);
    world_inject(&(struct frame_spec){
        .src = "fe80::9", .dst = "ff02::1234", .dst_port = port, .text = "early", .ttl = 1});
    world_receive(s, &received);
    world_assert_text(&received, "early");
}
END_TEST

Suite *suite_contract_autoconf(void)
{
    Suite *suite = suite_create("autoconf");
    TCase *tcase = tcase_create("autoconf"), *own = tcase_create("autoconf_own");

    tcase_set_tags(tcase, "slow");
    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, setup, world_teardown);
    tcase_add_test(tcase, an_address_is_made_and_used);
    tcase_add_test(tcase, a_deprecated_address_is_no_source);
    tcase_add_test(tcase, an_address_expires);
    tcase_add_test(tcase, a_lifetime_does_not_fall_below_two_hours);
    tcase_add_test(tcase, strange_prefixes_make_no_address);
    tcase_add_test(tcase, a_flood_of_prefixes_ends);
    tcase_add_test(tcase, c39_down_and_up_again);
    tcase_add_test(tcase, claims_of_an_address_in_use_are_not_heard);
    tcase_add_loop_test(tcase, a_made_address_that_somebody_has, 0, 2);
    suite_add_tcase(suite, tcase);

    tcase_set_tags(own, "slow");
    tcase_set_timeout(own, 30);
    tcase_add_checked_fixture(own, NULL, world_teardown);
    tcase_add_test(own, an_interface_may_start_down);
    tcase_add_test(own, a_group_is_joined_while_addresses_are_tried);
    tcase_add_loop_test(own, an_ipv4_address_that_somebody_has, 0, 2);
    tcase_add_test(own, an_ipv4_address_is_looked_for_then_announced);
    suite_add_tcase(suite, own);
    return suite;
}
