/*
 * test_output_changes.c - the early way out while the world changes: neighbours age, move and die,
 * interfaces go down, paths narrow, routers leave, somebody captures. Each time lwIP's way is taken
 * again at once, and what leaves is what would leave without the early way.
 */
#include <winsock2.h>
#include <mstcpip.h>
#include <errno.h>
#include <string.h>

#include "stack/loop.h"
#include "tests/contract/output.h"
#include "tests/contract/quote.h"
#include "tests/contract/raw.h"
#include "tests/support/control.h"

static const uint8_t other_mac[6] = {2, 0, 0x5e, 0x10, 0, 0x66};

static const struct world_options options = {
    .links = 1, .gateway4 = "192.0.2.254", .gateway6 = "2001:db8::fe"};

/* Sends a text to the peer. Returns 0 or the error. */
static int send_text(SOCKET s, const struct world_family *family, const char *text)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(family->peer, QUOTE_PORT, &name), length = (int)strlen(text);

    return sendto(s, text, length, 0, (struct sockaddr *)&name, bytes) == length
               ? 0
               : WSAGetLastError();
}

/* Opens a socket whose way to the peer is known. */
static SOCKET open_known(const struct world_family *family)
{
    SOCKET s = output_socket(family->us, 5000);

    ck_assert_int_eq(send_text(s, family, "first"), 0);
    output_answer();
    ck_assert_int_eq(output_goes_early(s, family), output_current_mode() != OUTPUT_LWIP);
    return s;
}

/* Lets the host take what was pushed. */
static void settle(void)
{
    struct winlwip_stats stats;

    world_settle(&stats);
}

/* --- time --- */

/* Moves the clock, which is that of the frames, to so many seconds. */
static void pass_to(const struct world_family *family, unsigned seconds)
{
    static struct frame frame;

    frame_build(&(struct frame_spec){.src = family->peer, .dst = family->us, .dst_port = 5000,
                                     .text = ""},
                &frame);
    memlink_push_described(world.link[0],
                           &(struct link_frame){.data = frame.data,
                                                .bytes = (uint32_t)frame.bytes,
                                                .original_bytes = (uint32_t)frame.bytes,
                                                .time_ns = seconds * INT64_C(1000000000)});
    settle();
}

static unsigned count_questions(void)
{
    unsigned questions = 0;
    struct frame_view view;
    const uint8_t *data;
    size_t bytes;

    for (size_t i = 0; (data = memlink_sent_frame(world.link[0], i, &bytes)) != NULL; i++) {
        ck_assert_ptr_null(frame_parse(data, bytes, false, &view));
        questions += view.arp_operation == 1 || view.icmp_type == 135;
    }
    return questions;
}

/*
 * A neighbour that is used and does not answer any more: it is asked, and given up, when lwIP would.
 * Then it answers again.
 */
static void ageing_scenario(const struct world_family *family)
{
    enum { START = 1000, SECONDS = 330, SENDS = 5 };

    SOCKET s = output_socket(family->us, 5000);
    pass_to(family, START);
    ck_assert_int_eq(send_text(s, family, "first"), 0);
    output_answer();
    unsigned before = output_lwip_sends(), questions = count_questions();
    for (unsigned i = 1; i <= SECONDS; i++) {
        pass_to(family, START + i);
        for (unsigned k = 0; k < SENDS; k++) {
            ck_assert_int_eq(send_text(s, family, "again"), 0);
        }
        if (i == 20) { /* long before anybody is asked again */
            unsigned most = (family->af == AF_INET ? 1 : 2) * i * (SENDS - 1);
            ck_assert_int_eq(output_lwip_sends() - before < most,
                             output_current_mode() != OUTPUT_LWIP);
        }
    }
    ck_assert_uint_gt(count_questions(), questions + 3);
    output_answer();
    ck_assert_int_eq(send_text(s, family, "alive"), 0);
    ck_assert_int_eq(closesocket(s), 0);
}

START_TEST(wb2_5_neighbours_age_as_in_lwip)
{
    struct world_options clock = options;

    clock.link[0].own_clock = true;
    output_same(&clock, ageing_scenario, FAMILY);
}
END_TEST

/* --- neighbours --- */

/* The peer says that it lives at other_mac now. */
static void announce_move(const struct world_family *family)
{
    static struct frame frame;

    if (family->af == AF_INET) {
        struct frame_arp_spec arp = {.operation = 2, .sender = family->peer, .target = family->us};
        memcpy(arp.sender_mac, other_mac, sizeof(other_mac));
        memcpy(arp.target_mac, frame_our_mac, sizeof(arp.target_mac));
        frame_arp(&arp, &frame);
    } else {
        uint8_t body[24] = {[16] = 2, [17] = 1}; /* the target, and its link-layer address */
        frame_address(family->peer, body);
        memcpy(body + 18, other_mac, sizeof(other_mac));
        frame_build(&(struct frame_spec){.src = family->peer, .dst = family->us, .ttl = 255,
                                         .protocol = FRAME_ICMP6, .icmp_type = 136,
                                         .icmp_rest = 0x60000000, .payload = body,
                                         .payload_bytes = sizeof(body)},
                    &frame);
    }
    memlink_push(world.link[0], &frame);
    settle();
}

/* The peer asks for us from other_mac; an IPv6 question may have a wrong sum. */
static void ask_moved(const struct world_family *family, bool damaged)
{
    static struct frame frame;

    if (family->af == AF_INET) {
        struct frame_arp_spec arp = {.operation = 1, .sender = family->peer, .target = family->us};
        memcpy(arp.sender_mac, other_mac, sizeof(other_mac));
        frame_arp(&arp, &frame);
    } else {
        uint8_t body[24] = {[16] = 1, [17] = 1}; /* the target, and the asker's link-layer address */
        frame_address(family->us, body);
        memcpy(body + 18, other_mac, sizeof(other_mac));
        frame_build(&(struct frame_spec){.src = family->peer, .dst = family->us, .ttl = 255,
                                         .protocol = FRAME_ICMP6, .icmp_type = 135,
                                         .transport_checksum_xor = damaged ? 1 : 0,
                                         .payload = body, .payload_bytes = sizeof(body)},
                    &frame);
    }
    memlink_push(world.link[0], &frame);
    settle();
}

static void assert_sent_to(SOCKET s, const struct world_family *family, const uint8_t *mac)
{
    size_t bytes;

    ck_assert_int_eq(send_text(s, family, "there"), 0);
    ck_assert_mem_eq(memlink_sent_frame(world.link[0], memlink_sent(world.link[0]) - 1, &bytes), mac,
                     6);
}

static void asking_scenario(const struct world_family *family)
{
    SOCKET s = open_known(family);

    assert_sent_to(s, family, frame_peer_mac);
    if (family->af == AF_INET6) {
        ask_moved(family, true);
        assert_sent_to(s, family, frame_peer_mac);
    }
    for (unsigned i = 0; i < 3; i++) {
        ask_moved(family, false);
        assert_sent_to(s, family, other_mac);
    }
    ck_assert_int_eq(closesocket(s), 0);
}

/* RFC 826; RFC 4861, 7.2.3 */
START_TEST(wb2_5_a_neighbour_that_moved_asks)
{
    output_same(&options, asking_scenario, FAMILY);
}
END_TEST

static void moving_scenario(const struct world_family *family)
{
    SOCKET s = open_known(family);
    size_t bytes;

    announce_move(family);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(send_text(s, family, "there"), 0);
        const uint8_t *frame =
            memlink_sent_frame(world.link[0], memlink_sent(world.link[0]) - 1, &bytes);
        ck_assert_mem_eq(frame, other_mac, sizeof(other_mac));
    }
    ck_assert_int_eq(closesocket(s), 0);
}

START_TEST(wb2_5_a_neighbour_moves)
{
    output_same(&options, moving_scenario, FAMILY);
}
END_TEST

/* --- interfaces --- */

static void down_scenario(const struct world_family *family)
{
    SOCKET s = open_known(family);

    for (unsigned i = 0; i < 2; i++) {
        size_t sent = memlink_sent(world.link[0]);
        ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
        ck_assert_int_eq(send_text(s, family, "down"), WSAENETDOWN);
        ck_assert_uint_eq(memlink_sent(world.link[0]), sent);
        ck_assert_int_eq(winlwip_interface_set("mem0", true), 0);
        ck_assert_int_eq(send_text(s, family, "up"), 0); /* waits: neighbours are forgotten */
        output_answer();
        ck_assert_int_eq(send_text(s, family, "known"), 0);
        ck_assert_int_eq(send_text(s, family, "known"), 0);
    }
    ck_assert_int_eq(closesocket(s), 0);
}

START_TEST(c39_an_interface_goes_down)
{
    output_same(&options, down_scenario, FAMILY);
}
END_TEST

static void failing_scenario(const struct world_family *family)
{
    SOCKET s = open_known(family);
    size_t sent = memlink_sent(world.link[0]);

    memlink_fail(world.link[0], -ENETDOWN);
    loop_poll();
    ck_assert_int_eq(send_text(s, family, "gone"), WSAENETDOWN);
    ck_assert_uint_eq(memlink_sent(world.link[0]), sent);
    ck_assert_int_eq(closesocket(s), 0);
}

START_TEST(c39_a_device_fails)
{
    output_same(&options, failing_scenario, FAMILY);
}
END_TEST

/* --- paths and routers --- */

/* A router says that packets of 1,400 bytes are longer than a path's 1,300. */
static void path_scenario(const struct world_family *family)
{
    static const char data[1400];
    bool v4 = family->af == AF_INET;
    SOCKET s = open_known(family);
    size_t payload_bytes = 1400 - family->overhead;

    for (unsigned i = 0; i < 3; i++) {
        ck_assert_int_eq(
            control_send(s, family->peer, QUOTE_PORT, data, payload_bytes, NULL, NULL), 0);
    }
    quote_inject(&(struct quote_spec){
        .family = family, .port = 5000, .type = v4 ? 3 : 2, .code = v4 ? 4 : 0, .rest = 1300,
        .change = {.dont_fragment = true, .payload = data, .payload_bytes = payload_bytes}});
    settle();
    size_t sent = memlink_sent(world.link[0]);
    ck_assert_int_eq(control_send(s, family->peer, QUOTE_PORT, data, payload_bytes, NULL, NULL),
                     0);
    ck_assert_uint_eq(memlink_sent(world.link[0]), sent + 2); /* fragments */
    world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 400);
    ck_assert_int_eq(control_send(s, family->peer, QUOTE_PORT, data, payload_bytes, NULL, NULL),
                     0);
    ck_assert_uint_eq(memlink_sent(world.link[0]), sent + 6);
    ck_assert_int_eq(output_goes_early(s, family), output_current_mode() != OUTPUT_LWIP);
    ck_assert_int_eq(closesocket(s), 0);
}

START_TEST(c62_a_path_narrows)
{
    output_same(&options, path_scenario, FAMILY);
}
END_TEST

/* A router announces itself for so many seconds. */
static void advertise(uint16_t lifetime_s)
{
    uint8_t body[16] = {[8] = 1, [9] = 1}; /* two times, and its link-layer address */

    memcpy(body + 10, frame_peer_mac, 6);
    world_inject(&(struct frame_spec){.src = "fe80::99", .dst = "ff02::1", .ttl = 255,
                                      .protocol = FRAME_ICMP6, .icmp_type = 134,
                                      .icmp_rest = 64u << 24 | lifetime_s, .payload = body,
                                      .payload_bytes = sizeof(body)});
    settle();
}

static void router_scenario(const struct world_family *family)
{
    const char *far = "2001:db8:77::5";
    SOCKET s = output_socket(family->us, 5000);

    pass_to(family, 1000);
    world_fails(control_send(s, far, 7777, "no", 2, NULL, NULL), WSAENETUNREACH);
    advertise(1800);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(control_send(s, far, 7777, "by it", 5, NULL, NULL), 0);
        output_answer();
    }
    advertise(0);
    pass_to(family, 1001);
    world_fails(control_send(s, far, 7777, "no", 2, NULL, NULL), WSAENETUNREACH);
    ck_assert_int_eq(closesocket(s), 0);
}

START_TEST(wb2_5_a_router_leaves)
{
    struct world_options alone = options;

    alone.gateway6 = NULL;
    alone.link[0].own_clock = true;
    output_same(&alone, router_scenario, &world_families[1]);
}
END_TEST

/* --- who watches --- */

static void capture_scenario(const struct world_family *family)
{
    static struct received received;
    SOCKET s = open_known(family);
    DWORD on = RCVALL_ON, bytes;
    SOCKET all =
        raw_open(family->af, family->af == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, family->us);

    ck_assert_int_eq(WSAIoctl(all, SIO_RCVALL, &on, sizeof(on), NULL, 0, &bytes, NULL, NULL), 0);
    ck_assert_int_eq(send_text(s, family, "watched"), 0);
    world_receive(all, &received);
    ck_assert_mem_eq(received.data + received.bytes - 7, "watched", 7);
    ck_assert(!output_goes_early(s, family));
    on = RCVALL_OFF;
    ck_assert_int_eq(WSAIoctl(all, SIO_RCVALL, &on, sizeof(on), NULL, 0, &bytes, NULL, NULL), 0);
    ck_assert_int_eq(output_goes_early(s, family), output_current_mode() != OUTPUT_LWIP);
    ck_assert_int_eq(closesocket(s), 0);
}

START_TEST(c22_rcvall_sees_what_is_sent_early)
{
    output_same(&options, capture_scenario, FAMILY);
}
END_TEST

Suite *suite_contract_output_changes(void)
{
    Suite *suite = suite_create("output_changes");
    TCase *tcase = tcase_create("output_changes");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, output_both_ways, world_teardown);
    tcase_add_loop_test(tcase, wb2_5_neighbours_age_as_in_lwip, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_5_a_neighbour_moves, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb2_5_a_neighbour_that_moved_asks, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c39_an_interface_goes_down, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c39_a_device_fails, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_a_path_narrows, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, wb2_5_a_router_leaves);
    tcase_add_loop_test(tcase, c22_rcvall_sees_what_is_sent_early, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
