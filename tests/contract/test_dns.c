/*
 * test_dns.c - names that are asked of a DNS server on the link: 192.0.2.53, or 2001:db8::53.
 *
 * getaddrinfo() waits on a thread of its own while the test plays the server.
 */
#include "tests/contract/contract.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/dns.h"
#include "tests/support/world_internal.h"

#define SERVER4 "192.0.2.53"
#define SERVER6 "2001:db8::53"
#define NAME "peer.example"

static const char *const servers[] = {SERVER4, SERVER6};

/* A getaddrinfo() on a thread. */
struct look_up {
    pthread_t thread;
    const char *name;
    int family;
    int error;
    ADDRINFOA *list;
};

static void start(const char *server)
{
    world_start(&(struct world_options){.links = 1, .dns = server});
}

static void set_up(void)
{
    start(SERVER4);
}

static void *look_up_main(void *context)
{
    struct look_up *look_up = context;
    ADDRINFOA hints = {.ai_family = look_up->family, .ai_socktype = SOCK_DGRAM};

    look_up->error = getaddrinfo(look_up->name, "5000", &hints, &look_up->list);
    return NULL;
}

static void look_up_start(struct look_up *look_up, const char *name, int family)
{
    *look_up = (struct look_up){.name = name, .family = family};
    ck_assert_int_eq(pthread_create(&look_up->thread, NULL, look_up_main, look_up), 0);
}

static int look_up_join(struct look_up *look_up)
{
    ck_assert_int_eq(pthread_join(look_up->thread, NULL), 0);
    return look_up->error;
}

static int look_up_now(struct look_up *look_up, const char *name, int family)
{
    *look_up = (struct look_up){.name = name, .family = family};
    look_up_main(look_up);
    return look_up->error;
}

/* Waits for a question to a server and checks how it was asked. */
static void next_question(const char *server, struct frame_view *view)
{
    char name[256];

    do {
        world_next_sent(0, view);
    } while (view->protocol == FRAME_ICMP); /* an answer that came too late is unreachable */
    ck_assert_str_eq(view->dst, server);
    ck_assert_uint_eq(view->dst_port, DNS_PORT);
    ck_assert_uint_ge(view->src_port, 49152);
    dns_question_name(view->payload, view->payload_bytes, name);
    ck_assert_str_eq(name, NAME);
}

static void answer_from(const char *from, const struct frame_view *view,
                        const struct dns_reply *reply)
{
    uint8_t message[DNS_MESSAGE_MAX];
    size_t bytes = dns_reply_write(view->payload, view->payload_bytes, reply, message);

    world_inject(&(struct frame_spec){
        .src = from, .dst = view->src, .src_port = DNS_PORT, .dst_port = view->src_port,
        .payload = message, .payload_bytes = bytes});
}

static void answer(const struct frame_view *view, const struct dns_reply *reply)
{
    answer_from(view->dst, view, reply);
}

static void assert_record(const ADDRINFOA *record, const char *address)
{
    SOCKADDR_STORAGE expected;
    int bytes;

    ck_assert_ptr_nonnull(record);
    bytes = world_name(address, 5000, &expected);
    ck_assert_uint_eq(record->ai_addrlen, (size_t)bytes);
    ck_assert_mem_eq(record->ai_addr, &expected, (size_t)bytes);
    ck_assert_int_eq(record->ai_socktype, SOCK_DGRAM);
}

static uint64_t resolver_frames(void)
{
    struct winlwip_stats stats;

    world_settle(&stats);
    return stats.fate[WINLWIP_FATE_RESOLVER];
}

START_TEST(dns_finds_both_families)
{
    struct look_up look_up;
    struct frame_view view;
    unsigned types = 0;

    start(servers[_i]);
    look_up_start(&look_up, NAME ".", AF_UNSPEC);
    for (unsigned i = 0; i < 2; i++) {
        next_question(servers[_i], &view);
        unsigned type = dns_question_type(view.payload, view.payload_bytes);
        types += type;
        answer(&view, &(struct dns_reply){.address = type == DNS_A ? "192.0.2.9" : "2001:db8::9",
                                          .alias = true});
    }
    ck_assert_uint_eq(types, DNS_A + DNS_AAAA);
    ck_assert_int_eq(look_up_join(&look_up), 0);
    assert_record(look_up.list, "2001:db8::9");
    assert_record(look_up.list->ai_next, "192.0.2.9");
    ck_assert_ptr_null(look_up.list->ai_next->ai_next);
    freeaddrinfo(look_up.list);
    ck_assert_uint_eq(resolver_frames(), 2);
}
END_TEST

/* A server beyond the router is reached by it. */
START_TEST(dns_asks_through_the_gateway)
{
    static const char *const far[] = {"203.0.113.53", "2001:db8:9::53"};
    struct look_up look_up;
    struct frame_view view;

    world_start(&(struct world_options){
        .links = 1, .dns = far[_i], .gateway4 = "192.0.2.254", .gateway6 = "2001:db8::fe"});
    look_up_start(&look_up, NAME, AF_INET);
    next_question(far[_i], &view);
    answer(&view, &(struct dns_reply){.address = "192.0.2.9"});
    ck_assert_int_eq(look_up_join(&look_up), 0);
    freeaddrinfo(look_up.list);
}
END_TEST

START_TEST(dns_answers_are_kept)
{
    struct look_up look_up;
    struct frame_view view;

    look_up_start(&look_up, NAME, AF_INET);
    next_question(SERVER4, &view);
    answer(&view, &(struct dns_reply){.address = "192.0.2.9", .ttl = 60});
    ck_assert_int_eq(look_up_join(&look_up), 0);
    freeaddrinfo(look_up.list);
    ck_assert_int_eq(look_up_now(&look_up, NAME, AF_INET), 0);
    assert_record(look_up.list, "192.0.2.9");
    freeaddrinfo(look_up.list);
    ck_assert(!world_next_sent_within(0, &view, 50));
}
END_TEST

/* What one life of the stack learnt, the next one asks again. */
START_TEST(dns_a_new_start_has_forgotten)
{
    for (unsigned i = 0; i < 2; i++) {
        struct look_up look_up;
        struct frame_view view;

        start(SERVER4);
        look_up_start(&look_up, NAME, AF_INET);
        next_question(SERVER4, &view);
        answer(&view, &(struct dns_reply){.address = "192.0.2.9", .ttl = 100000});
        ck_assert_int_eq(look_up_join(&look_up), 0);
        freeaddrinfo(look_up.list);
        world_teardown();
    }
}
END_TEST

static const struct dns_reply negatives[] = {{.code = 3}, {.code = 2}, {.code = 0}};

START_TEST(dns_no_such_name)
{
    struct look_up look_up;
    struct frame_view view;

    look_up_start(&look_up, NAME, AF_INET);
    next_question(SERVER4, &view);
    answer(&view, &negatives[_i]);
    ck_assert_int_eq(look_up_join(&look_up), WSAHOST_NOT_FOUND);
    ck_assert_ptr_null(look_up.list);
}
END_TEST

START_TEST(dns_nobody_answers)
{
    struct look_up look_up;

    ck_assert_int_eq(look_up_now(&look_up, NAME, AF_UNSPEC), WSATRY_AGAIN);
    ck_assert_ptr_null(look_up.list);
    ck_assert_uint_eq(resolver_frames(), 0);
}
END_TEST

/* Answers that are not the server's, or not to this question, don't count: the true one does. */
static const struct dns_reply forged[] = {
    {.address = "192.0.2.66", .id_xor = 1},
    {.address = "192.0.2.66", .question = true},
    {.address = "192.0.2.66", .other_name = true},
    {.address = "192.0.2.66", .long_label = true},
    {.address = "192.0.2.66", .cut_to = 3},
    {.address = "2001:db8::66", .data_add = 60000},
    {.address = "192.0.2.66"}, /* from somebody else */
};
#define FORGED (sizeof(forged) / sizeof(forged[0]))

START_TEST(dns_forged_answers_do_not_count)
{
    struct look_up look_up;
    struct frame_view view;

    look_up_start(&look_up, NAME, AF_INET);
    next_question(SERVER4, &view);
    if (_i == FORGED - 1) {
        answer_from("192.0.2.9", &view, &forged[_i]);
    } else if (forged[_i].data_add == 0) {
        answer(&view, &forged[_i]);
    } else {
        struct dns_reply reply = forged[_i];

        reply.records_add = 1; /* what would follow lies far outside */
        reply.cut_to = 40;
        answer(&view, &reply);
    }
    answer(&view, &(struct dns_reply){.address = "192.0.2.9"});
    ck_assert_int_eq(look_up_join(&look_up), 0);
    assert_record(look_up.list, "192.0.2.9");
    freeaddrinfo(look_up.list);
    ck_assert_uint_ge(resolver_frames(), 1);
}
END_TEST

/* Broken answers end the look-up or not; they never do harm. One name for each, so that none is
 * kept. */
START_TEST(dns_broken_answers_do_no_harm)
{
    static const struct dns_reply broken[] = {
        {.address = "192.0.2.66", .pointer_to_self = true},
        {.address = "192.0.2.66", .records_add = 65000},
        {.address = "192.0.2.66", .data_add = 1},
        {.address = "192.0.2.66", .data_add = 65000, .records_add = 3, .alias = true},
    };

    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]) + 60; i++) {
        struct dns_reply reply = i < 4 ? broken[i] : (struct dns_reply){.address = "192.0.2.66"};
        struct look_up look_up;
        struct frame_view view;

        reply.cut_to = i < 4 ? 0 : i - 3;
        look_up_start(&look_up, NAME, AF_INET);
        next_question(SERVER4, &view);
        answer(&view, &reply);
        answer(&view, &(struct dns_reply){.address = "192.0.2.9"});
        look_up_join(&look_up);
        ck_assert(look_up.error == 0 || look_up.error == WSAHOST_NOT_FOUND);
        freeaddrinfo(look_up.list);
        world_settle(&(struct winlwip_stats){0});
    }
}
END_TEST

/* A question's port is nobody else's, and free again afterwards. */
START_TEST(dns_ports_are_apart)
{
    struct look_up look_up;
    struct frame_view view;
    SOCKADDR_STORAGE name;
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    int bytes;

    look_up_start(&look_up, NAME, AF_INET);
    next_question(SERVER4, &view);
    bytes = world_name("0.0.0.0", view.src_port, &name);
    world_fails(bind(s, (struct sockaddr *)&name, bytes), WSAEADDRINUSE);
    answer(&view, &(struct dns_reply){.address = "192.0.2.9"});
    ck_assert_int_eq(look_up_join(&look_up), 0);
    freeaddrinfo(look_up.list);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, bytes), 0);
    ck_assert_int_eq(closesocket(s), 0);
}
END_TEST

/* The last WSACleanup() ends questions of other threads. */
START_TEST(dns_ends_with_the_stack)
{
    struct look_up look_up;
    struct frame_view view;

    look_up_start(&look_up, NAME, AF_UNSPEC);
    next_question(SERVER4, &view);
    world_stop();
    ck_assert_int_ne(look_up_join(&look_up), 0);
    ck_assert_ptr_null(look_up.list);
}
END_TEST

/* Names that no server is asked for. */
START_TEST(dns_impossible_names)
{
    static const char *const names[] = {
        "a..b", ".", ".a", "two words", "gr\303\274\303\237e",
        "a23456789b123456789c123456789d123456789e123456789f123456789g1234.example",
    };
    struct look_up look_up;
    struct frame_view view;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ck_assert_int_eq(look_up_now(&look_up, names[i], AF_UNSPEC), WSAHOST_NOT_FOUND);
    }
    ck_assert(!world_next_sent_within(0, &view, 20));
}
END_TEST

START_TEST(dns_many_at_once)
{
    enum { MANY = 20 };
    struct look_up look_ups[MANY];
    char names[MANY][32];

    for (unsigned i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "host%u.example", i);
        look_up_start(&look_ups[i], names[i], AF_INET);
    }
    for (unsigned i = 0; i < MANY; i++) {
        struct frame_view view;
        char name[256], address[32];

        world_next_sent(0, &view);
        dns_question_name(view.payload, view.payload_bytes, name);
        snprintf(address, sizeof(address), "192.0.2.%d", 100 + (int)strtol(name + 4, NULL, 10));
        answer(&view, &(struct dns_reply){.address = address});
    }
    for (unsigned i = 0; i < MANY; i++) {
        char address[32];

        ck_assert_int_eq(look_up_join(&look_ups[i]), 0);
        snprintf(address, sizeof(address), "192.0.2.%u", 100 + i);
        assert_record(look_ups[i].list, address);
        freeaddrinfo(look_ups[i].list);
    }
}
END_TEST

Suite *suite_contract_dns(void)
{
    Suite *suite = suite_create("dns");
    TCase *tcase = tcase_create("dns"), *own = tcase_create("dns_own_start"),
          *slow = tcase_create("dns_slow");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, set_up, world_teardown);
    tcase_add_test(tcase, dns_answers_are_kept);
    tcase_add_loop_test(tcase, dns_no_such_name, 0, 3);
    tcase_add_loop_test(tcase, dns_forged_answers_do_not_count, 0, FORGED);
    tcase_add_test(tcase, dns_broken_answers_do_no_harm);
    tcase_add_test(tcase, dns_ports_are_apart);
    tcase_add_test(tcase, dns_ends_with_the_stack);
    tcase_add_test(tcase, dns_impossible_names);
    tcase_add_test(tcase, dns_many_at_once);
    suite_add_tcase(suite, tcase);

    tcase_set_timeout(slow, 30);
    tcase_set_tags(slow, "slow"); /* it waits for all time limits of the resolver */
    tcase_add_checked_fixture(slow, set_up, world_teardown);
    tcase_add_test(slow, dns_nobody_answers);
    suite_add_tcase(suite, slow);

    tcase_set_timeout(own, 30);
    tcase_add_checked_fixture(own, NULL, world_teardown);
    tcase_add_loop_test(own, dns_finds_both_families, 0, 2);
    tcase_add_loop_test(own, dns_asks_through_the_gateway, 0, 2);
    tcase_add_test(own, dns_a_new_start_has_forgotten);
    suite_add_tcase(suite, own);
    return suite;
}
