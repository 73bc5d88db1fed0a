/*
 * test_dhcp_bad.c - answers that no DHCP server should give, and datagrams to its port for others.
 */
#include "tests/contract/dhcp_play.h"

#include <string.h>

#include "tests/support/prng.h"

START_TEST(dhcp_foreign_datagrams_go_nowhere)
{
    struct winlwip_stats before, after;
    struct frame_spec spec = {.src = DHCP_SERVER, .dst = "192.0.2.99",
                              .src_port = 67, .dst_port = 68, .text = "not for us"};
    SOCKET raw = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);

    ck_assert_int_eq(play_bind(raw, "0.0.0.0", 0), 0);
    world_set_nonblocking(raw);
    world_settle(&before);
    world_inject(&spec);          /* taken for a server's answer, which it is not */
    spec.src_port = 1000;
    world_inject(&spec);          /* from no server */
    spec.src_port = 67;
    spec.dst_port = 1068;
    world_inject(&spec);          /* to another port */
    spec.dst_port = 68;
    spec.offset = 8;
    spec.more = true;
    spec.piece_bytes = 8;
    world_inject(&spec);          /* a fragment */
    world_settle(&after);
    ck_assert_uint_eq(after.fate[WINLWIP_FATE_DROP_DHCP_MALFORMED] -
                      before.fate[WINLWIP_FATE_DROP_DHCP_MALFORMED], 1);
    ck_assert_uint_eq(after.fate[WINLWIP_FATE_DROP_OTHER_HOST] -
                      before.fate[WINLWIP_FATE_DROP_OTHER_HOST], 3);
    world_assert_empty(raw);
    play_give_lease(&play_good);
    world_settle(&before);
    spec = (struct frame_spec){.src = DHCP_SERVER, .dst = "192.0.2.99",
                               .src_port = 67, .dst_port = 68, .text = "not for us"};
    world_inject(&spec);          /* we have an address: nothing for others is taken any more */
    world_settle(&after);
    ck_assert_uint_eq(after.fate[WINLWIP_FATE_DROP_OTHER_HOST] -
                      before.fate[WINLWIP_FATE_DROP_OTHER_HOST], 1);
}
END_TEST

static const struct {
    struct dhcp_reply offer;
} bad_offers[] = {
    {{.address = "0.0.0.0", .server = DHCP_SERVER}},
    {{.address = "127.0.0.1", .server = DHCP_SERVER}},
    {{.address = "224.0.0.1", .server = DHCP_SERVER}},
    {{.address = "255.255.255.255", .server = DHCP_SERVER}},
    {{.address = "192.0.2.0", .server = DHCP_SERVER, .mask = "255.255.255.0"}},
    {{.address = "192.0.2.255", .server = DHCP_SERVER, .mask = "255.255.255.0"}},
    {{.address = DHCP_OURS, .server = DHCP_SERVER, .mask = "255.0.255.0"}},
    {{.address = DHCP_OURS, .server = "224.0.0.1"}},
    {{.address = DHCP_OURS}},
    {{.address = DHCP_OURS, .server = DHCP_SERVER, .router = "224.0.0.1"}},
    {{.address = DHCP_OURS, .server = DHCP_SERVER, .id_xor = 1}},
    {{.address = DHCP_OURS, .server = DHCP_SERVER, .mac_xor = 1}},
    {{.address = DHCP_OURS, .server = DHCP_SERVER, .request = true}},
    {{.address = DHCP_OURS, .server = DHCP_SERVER, .no_end = true}},
    {{.address = DHCP_OURS, .server = DHCP_SERVER, .extra = "\x33\x03xyz", .extra_bytes = 5}},
    {{.address = DHCP_OURS, .server = DHCP_SERVER, .extra = "\x01\xff", .extra_bytes = 2}},
    {{.address = DHCP_OURS, .server = DHCP_SERVER, .extra = "\x0c", .extra_bytes = 1,
      .no_end = true}},
};

enum { BAD_OFFERS = sizeof(bad_offers) / sizeof(bad_offers[0]) };

START_TEST(dhcp_bad_offers_are_ignored)
{
    struct winlwip_stats stats;
    struct frame_view view;

    play_expect(&view, DHCP_DISCOVER);
    for (unsigned i = 0; i < BAD_OFFERS; i++) {
        play_answer(&view, DHCP_OFFER, &bad_offers[i].offer);
    }
    world_settle(&stats);
    ck_assert_uint_ge(stats.fate[WINLWIP_FATE_DROP_DHCP_MALFORMED], BAD_OFFERS - 2);
    /* None of them was followed: the next message is a retry. */
    play_give_lease(&play_good);
}
END_TEST

START_TEST(dhcp_lease_without_term_is_none)
{
    struct dhcp_reply reply = play_good;
    struct frame_view view;

    play_expect(&view, DHCP_DISCOVER);
    play_answer(&view, DHCP_OFFER, &play_good);
    play_expect(&view, DHCP_REQUEST);
    reply.lease_s = 0;
    play_answer(&view, DHCP_ACK, &reply);
    world_settle(&(struct winlwip_stats){0});
    ck_assert(!play_have(DHCP_OURS));
    play_expect(&view, DHCP_REQUEST);
    play_answer(&view, DHCP_ACK, &play_good);
    play_wait_until(true, DHCP_OURS);
}
END_TEST

/* Good answers with a few bytes changed, cut anywhere. What comes of them is a lease or none. */
START_TEST(dhcp_random_answers)
{
    static uint8_t message[DHCP_MESSAGE_MAX];
    struct dhcp_reply reply = play_good;
    struct prng prng;
    struct frame_view view;
    unsigned rounds = 3000;

    prng = (struct prng){.state = 4711 + (uint64_t)_i};
    reply.dns[0] = DHCP_SERVER;
    play_expect(&view, DHCP_DISCOVER);
    for (unsigned i = 0; i < rounds; i++) {
        struct frame_view next;
        size_t bytes;

        reply.type = prng_below(&prng, 2) != 0 ? DHCP_OFFER : DHCP_ACK;
        reply.in_file = prng_below(&prng, 8) == 0;
        bytes = dhcp_reply_write(view.payload, view.payload_bytes, &reply, message);
        for (unsigned changes = prng_below(&prng, 4); changes > 0; changes--) {
            message[prng_below(&prng, (unsigned)bytes)] = (uint8_t)prng_below(&prng, 256);
        }
        if (prng_below(&prng, 4) == 0) {
            bytes = prng_below(&prng, (unsigned)bytes + 1);
        }
        world_inject(&(struct frame_spec){.src = DHCP_SERVER, .dst = "255.255.255.255",
                                          .src_port = 67, .dst_port = 68, .payload = message,
                                          .payload_bytes = bytes});
        if (world_next_sent_within(0, &next, 0) && next.dst_port == 67) {
            view = next;
        }
    }
    world_settle(&(struct winlwip_stats){0});
}
END_TEST

Suite *suite_contract_dhcp_bad(void)
{
    Suite *suite = suite_create("dhcp_bad");
    TCase *one = tcase_create("one");

    tcase_set_timeout(one, 30);
    tcase_add_checked_fixture(one, play_set_up, world_teardown);
    tcase_add_test(one, dhcp_foreign_datagrams_go_nowhere);
    tcase_add_test(one, dhcp_bad_offers_are_ignored);
    tcase_add_test(one, dhcp_lease_without_term_is_none);
    tcase_add_loop_test(one, dhcp_random_answers, 0, 4);
    suite_add_tcase(suite, one);
    return suite;
}
