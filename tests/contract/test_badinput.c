/*
 * test_badinput.c - frames that must not be delivered, and odd ones that must: each ends under
 * exactly one fate (include/winlwip.h), the right one, and none does any harm.
 *
 * Two tables: one frame, one fate. A destination port of 0 stands for a port that a socket is
 * bound to, so that nothing but the reason under test keeps a datagram from being delivered.
 */
#include "tests/contract/contract.h"

#include <stdlib.h>
#include <string.h>

#define PEER4 "192.0.2.9"
#define OUR4 "192.0.2.1"
#define PEER6 "2001:db8::9"
#define OUR6 "2001:db8::1"
#define BETWEEN(from, to) .src = (from), .dst = (to), .text = "bad"
#define V4 BETWEEN(PEER4, OUR4)
#define V6 BETWEEN(PEER6, OUR6)
#define OPTIONS(bytes) .options = (bytes), .options_bytes = sizeof(bytes) - 1
#define EXTENSIONS(list) .extensions = (list), .extension_count = sizeof(list) / sizeof((list)[0])

struct bad_frame {
    const char *what;
    enum winlwip_fate fate;
    struct frame_spec spec;
};

static const struct bad_frame bad_ipv4[] = {
    {"version 5", WINLWIP_FATE_DROP_IP_MALFORMED, {V4, .ip_version_add = 1}},
    {"version 6 under IPv4's type", WINLWIP_FATE_DROP_IP_MALFORMED, {V4, .ip_version_add = 2}},
    {"header of 16 bytes", WINLWIP_FATE_DROP_IP_MALFORMED, {V4, .ip_header_words_add = -1}},
    {"header of 0 bytes", WINLWIP_FATE_DROP_IP_MALFORMED, {V4, .ip_header_words_add = -5}},
    {"header longer than the packet", WINLWIP_FATE_DROP_IP_MALFORMED,
     {V4, .ip_header_words_add = 10}},
    {"length one too much", WINLWIP_FATE_DROP_IP_MALFORMED, {V4, .ip_length_add = 1}},
    {"length far too much", WINLWIP_FATE_DROP_IP_MALFORMED, {V4, .ip_length_add = 60000}},
    {"length less than the header", WINLWIP_FATE_DROP_IP_MALFORMED, {V4, .ip_length_add = -12}},
    {"length 0", WINLWIP_FATE_DROP_IP_MALFORMED, {V4, .ip_length_add = -31}},
    {"cut in the IP header", WINLWIP_FATE_DROP_IP_MALFORMED, {V4, .cut_bytes = 20}},
    {"cut behind Ethernet", WINLWIP_FATE_DROP_IP_MALFORMED, {V4, .cut_bytes = 31}},
    {"cut in the payload", WINLWIP_FATE_DROP_IP_MALFORMED, {V4, .cut_bytes = 1}},
    {"cut in Ethernet", WINLWIP_FATE_DROP_RUNT, {V4, .cut_bytes = 32}},
    {"nothing at all", WINLWIP_FATE_DROP_RUNT, {V4, .cut_bytes = 45}},
    {"header checksum", WINLWIP_FATE_DROP_IP_CHECKSUM, {V4, .ip_checksum_xor = 1}},
    {"option without its length", WINLWIP_FATE_DROP_IP_MALFORMED,
     {V4, OPTIONS("\x01\x01\x01\x83")}},
    {"option of length 0", WINLWIP_FATE_DROP_IP_MALFORMED, {V4, OPTIONS("\x83\x00\x04\x00")}},
    {"option of length 1", WINLWIP_FATE_DROP_IP_MALFORMED, {V4, OPTIONS("\x83\x01\x04\x00")}},
    {"option longer than the header", WINLWIP_FATE_DROP_IP_MALFORMED,
     {V4, OPTIONS("\x83\x28\x04\x00")}},
    {"another station", WINLWIP_FATE_DROP_OTHER_MAC, {V4, .dst_mac = {2, 0, 0x5e, 0x10, 0, 9}}},
    {"unknown type", WINLWIP_FATE_DROP_ETHERTYPE, {V4, .ethertype = 0x88cc}},
    {"802.3 length", WINLWIP_FATE_DROP_ETHERTYPE, {V4, .ethertype = 0x0040}},
    {"VLAN tag", WINLWIP_FATE_DROP_ETHERTYPE, {V4, .vlan = 5}},
    {"from loopback", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN("127.0.0.1", OUR4)}},
    {"to loopback", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN(PEER4, "127.0.0.1")}},
    {"from a group", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN("239.1.2.3", OUR4)}},
    {"from limited broadcast", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN("255.255.255.255", OUR4)}},
    {"from directed broadcast", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN("192.0.2.255", OUR4)}},
    {"from class E", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN("240.0.0.1", OUR4)}},
    {"from nobody", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN("0.0.0.0", OUR4)}},
    {"from nobody to the network", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN("0.0.0.0", "192.0.2.255")}},
    {"to nobody", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN(PEER4, "0.0.0.0")}},
    {"from ourselves", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN("192.0.2.1", OUR4)}},
    {"from our other interface", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN("198.51.100.1", OUR4)}},
    {"another host", WINLWIP_FATE_DROP_OTHER_HOST, {BETWEEN(PEER4, "192.0.2.77")}},
    {"another host far away", WINLWIP_FATE_DROP_OTHER_HOST, {BETWEEN(PEER4, "203.0.113.1")}},
    {"our address on the other interface", WINLWIP_FATE_DROP_OTHER_INTERFACE,
     {BETWEEN(PEER4, "198.51.100.1")}},
    {"protocol 99", WINLWIP_FATE_DROP_PROTOCOL, {V4, .protocol = 99}},
    {"TCP", WINLWIP_FATE_DROP_PROTOCOL, {V4, .protocol = FRAME_TCP}},
    {"UDP header cut", WINLWIP_FATE_DROP_UDP_MALFORMED,
     {V4, .cut_bytes = 4, .ip_length_add = -4}},
    {"UDP length too much", WINLWIP_FATE_DROP_UDP_MALFORMED, {V4, .udp_length_add = 1}},
    {"UDP length 65535", WINLWIP_FATE_DROP_UDP_MALFORMED, {V4, .udp_length_add = 65524}},
    {"UDP length 7", WINLWIP_FATE_DROP_UDP_MALFORMED, {V4, .udp_length_add = -4}},
    {"UDP length 0", WINLWIP_FATE_DROP_UDP_MALFORMED, {V4, .udp_length_add = -11}},
    {"UDP checksum", WINLWIP_FATE_DROP_UDP_CHECKSUM, {V4, .transport_checksum_xor = 0x0100}},
    {"nobody's port", WINLWIP_FATE_DROP_NO_SOCKET, {V4, .dst_port = 9}},
    {"ICMP checksum", WINLWIP_FATE_DROP_ICMP_MALFORMED,
     {V4, .protocol = FRAME_ICMP, .icmp_type = 8, .transport_checksum_xor = 1}},
    {"ICMP cut", WINLWIP_FATE_DROP_ICMP_MALFORMED,
     {V4, .protocol = FRAME_ICMP, .icmp_type = 8, .cut_bytes = 9, .ip_length_add = -9}},
    {"a lone fragment of no bytes", WINLWIP_FATE_DROP_IP_MALFORMED,
     {V4, .fragment = true, .more = true, .cut_bytes = 11, .ip_length_add = -11}},
    {"a fragment that ends at 65,536", WINLWIP_FATE_DROP_FRAGMENT_TOO_BIG,
     {.src = "192.0.2.9", .dst = "192.0.2.1", .protocol = 99, .offset = 65528 - 8,
      .payload_bytes = 65535, .piece_bytes = 15}},
};

static const struct frame_extension options_lie[] = {
    {.type = FRAME_HOP_BY_HOP, .body = "\x05\xff\x00\x00\x00\x00", .bytes = 6}};
static const struct frame_extension too_long[] = {
    {.type = FRAME_DESTINATION, .body = "\x01\x04\x00\x00\x00\x00", .bytes = 6, .length_add = 50}};
static const struct frame_extension too_short[] = {
    {.type = FRAME_DESTINATION, .body = "\x01\x0c", .bytes = 2, .total_bytes = 16,
     .length_add = -1}};
static const struct frame_extension unknown_option[] = {
    {.type = FRAME_DESTINATION, .body = "\x80\x04\x00\x00\x00\x00", .bytes = 6}};
static const struct frame_extension long_chain[] = {
    {.type = FRAME_DESTINATION}, {.type = FRAME_DESTINATION}, {.type = FRAME_DESTINATION},
    {.type = FRAME_DESTINATION}, {.type = FRAME_DESTINATION}, {.type = FRAME_DESTINATION},
    {.type = FRAME_DESTINATION}, {.type = FRAME_DESTINATION}, {.type = FRAME_DESTINATION},
    {.type = FRAME_DESTINATION}, {.type = FRAME_DESTINATION}, {.type = FRAME_DESTINATION}};
/* Type 0 with a segment left: deprecated by RFC 5095. */
static const struct frame_extension route_on[] = {
    {.type = FRAME_ROUTING, .body = "\x00\x01", .bytes = 2, .total_bytes = 24}};

static const struct bad_frame bad_ipv6[] = {
    {"version 4 under IPv6's type", WINLWIP_FATE_DROP_IP_MALFORMED, {V6, .ip_version_add = -2}},
    {"length one too much", WINLWIP_FATE_DROP_IP_MALFORMED, {V6, .ip_length_add = 1}},
    {"length far too much", WINLWIP_FATE_DROP_IP_MALFORMED, {V6, .ip_length_add = 60000}},
    {"cut in the IP header", WINLWIP_FATE_DROP_IP_MALFORMED, {V6, .cut_bytes = 40}},
    {"cut in the payload", WINLWIP_FATE_DROP_IP_MALFORMED, {V6, .cut_bytes = 1}},
    {"another station", WINLWIP_FATE_DROP_OTHER_MAC, {V6, .dst_mac = {2, 0, 0x5e, 0x10, 0, 9}}},
    {"from loopback", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN("::1", OUR6)}},
    {"to loopback", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN(PEER6, "::1")}},
    {"from a group", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN("ff02::1", OUR6)}},
    {"from a mapped address", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN("::ffff:192.0.2.9", OUR6)}},
    {"to a mapped address", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN(PEER6, "::ffff:192.0.2.1")}},
    {"to nobody", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN(PEER6, "::")}},
    {"from ourselves", WINLWIP_FATE_DROP_MARTIAN, {BETWEEN("2001:db8::1", OUR6)}},
    {"another host", WINLWIP_FATE_DROP_OTHER_HOST, {BETWEEN(PEER6, "2001:db8::77")}},
    {"our address on the other interface", WINLWIP_FATE_DROP_OTHER_INTERFACE,
     {BETWEEN(PEER6, "2001:db8:2::1")}},
    {"options that lie about their length", WINLWIP_FATE_DROP_IP_MALFORMED,
     {V6, EXTENSIONS(options_lie)}},
    {"extension longer than the packet", WINLWIP_FATE_DROP_IP_MALFORMED,
     {V6, EXTENSIONS(too_long)}},
    {"extension shorter than its option", WINLWIP_FATE_DROP_IP_MALFORMED,
     {V6, EXTENSIONS(too_short)}},
    {"option that asks to be dropped", WINLWIP_FATE_DROP_IP_MALFORMED,
     {V6, EXTENSIONS(unknown_option)}},
    {"a chain of twelve headers", WINLWIP_FATE_DROP_IP_MALFORMED, {V6, EXTENSIONS(long_chain)}},
    {"routing header with segments left", WINLWIP_FATE_DROP_IP_MALFORMED,
     {V6, EXTENSIONS(route_on)}},
    {"protocol 99", WINLWIP_FATE_DROP_PROTOCOL, {V6, .protocol = 99}},
    {"UDP header cut", WINLWIP_FATE_DROP_UDP_MALFORMED,
     {V6, .cut_bytes = 4, .ip_length_add = -4}},
    {"UDP length too much", WINLWIP_FATE_DROP_UDP_MALFORMED, {V6, .udp_length_add = 1}},
    {"UDP length 7", WINLWIP_FATE_DROP_UDP_MALFORMED, {V6, .udp_length_add = -4}},
    {"UDP length 0", WINLWIP_FATE_DROP_UDP_MALFORMED, {V6, .udp_length_add = -11}},
    {"UDP checksum", WINLWIP_FATE_DROP_UDP_CHECKSUM, {V6, .transport_checksum_xor = 0x0100}},
    {"no UDP checksum", WINLWIP_FATE_DROP_UDP_CHECKSUM, {V6, .no_checksum = true}},
    {"nobody's port", WINLWIP_FATE_DROP_NO_SOCKET, {V6, .dst_port = 9}},
    {"ICMPv6 checksum", WINLWIP_FATE_DROP_ICMP_MALFORMED,
     {V6, .protocol = FRAME_ICMP6, .icmp_type = 128, .transport_checksum_xor = 1}},
    {"ICMPv6 cut", WINLWIP_FATE_DROP_ICMP_MALFORMED,
     {V6, .protocol = FRAME_ICMP6, .icmp_type = 128, .cut_bytes = 9, .ip_length_add = -9}},
    {"Packet Too Big, MTU 0", WINLWIP_FATE_DROP_ICMP_MALFORMED,
     {V6, .protocol = FRAME_ICMP6, .icmp_type = 2, .icmp_rest = 0}},
    {"Packet Too Big, MTU 55", WINLWIP_FATE_DROP_ICMP_MALFORMED,
     {V6, .protocol = FRAME_ICMP6, .icmp_type = 2, .icmp_rest = 55}},
    {"Packet Too Big, MTU 1279", WINLWIP_FATE_DROP_ICMP_MALFORMED,
     {V6, .protocol = FRAME_ICMP6, .icmp_type = 2, .icmp_rest = 1279}},
    {"Packet Too Big that embeds nothing", WINLWIP_FATE_DROP_ICMP_MALFORMED,
     {V6, .protocol = FRAME_ICMP6, .icmp_type = 2, .icmp_rest = 1400}},
    {"a fragment of no bytes", WINLWIP_FATE_DROP_IP_MALFORMED,
     {V6, .fragment = true, .more = true, .cut_bytes = 11, .ip_length_add = -11}},
    {"a fragment of 11 bytes before others", WINLWIP_FATE_DROP_IP_MALFORMED,
     {V6, .fragment = true, .more = true}},
    {"a fragment that ends behind 65,535", WINLWIP_FATE_DROP_FRAGMENT_TOO_BIG,
     {.src = "2001:db8::9", .dst = "2001:db8::1", .protocol = 99, .offset = 65520,
      .payload_bytes = 65535, .piece_bytes = 15}},
};

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* Checks that of everything that can happen, one thing happened to one frame. */
static void assert_only_fate(const struct winlwip_stats *stats, enum winlwip_fate fate,
                             const char *what)
{
    for (unsigned i = 0; i < WINLWIP_FATE_COUNT; i++)
        ck_assert_msg(stats->fate[i] == (i == fate), "%s: %s %u, wanted %s", what,
                      winlwip_fate_name(i), (unsigned)stats->fate[i], winlwip_fate_name(fate));
    ck_assert_uint_eq(stats->frames_received, 1);
    ck_assert_uint_eq(stats->frames_held, 0);
}

static void check_bad(const struct world_family *family, const struct bad_frame *bad)
{
    struct frame_spec spec = bad->spec;
    struct winlwip_stats stats;
    uint16_t port;
    SOCKET s = world_socket(family->any, &port);

    if (spec.dst_port == 0)
        spec.dst_port = port;
    world_set_nonblocking(s);
    world_inject(&spec);
    world_settle(&stats);
    world_assert_empty(s);
    assert_only_fate(&stats, bad->fate, bad->what);
}

START_TEST(bad_ipv4_frame)
{
    check_bad(&world_families[0], &bad_ipv4[_i]);
}
END_TEST

START_TEST(bad_ipv6_frame)
{
    check_bad(&world_families[1], &bad_ipv6[_i]);
}
END_TEST

static const struct frame_extension hop_by_hop[] = {
    {.type = FRAME_HOP_BY_HOP, .body = "\x01\x04\x00\x00\x00\x00", .bytes = 6}};
static const struct frame_extension destination[] = {
    {.type = FRAME_DESTINATION, .body = "\x01\x04\x00\x00\x00\x00", .bytes = 6}};
static const struct frame_extension everything[] = {
    {.type = FRAME_HOP_BY_HOP},
    {.type = FRAME_DESTINATION},
    {.type = FRAME_ROUTING, .body = "\x00\x00", .bytes = 2, .total_bytes = 24},
    {.type = FRAME_DESTINATION, .body = "\x01\x0c", .bytes = 2, .total_bytes = 16,
     .fragmentable = true}};

/* Odd, and yet to be delivered. */
static const struct {
    const char *what;
    struct frame_spec spec;
} good[] = {
    {"IPv4 without a UDP checksum", {V4, .no_checksum = true}},
    {"IPv4 with options", {V4, OPTIONS("\x01\x01\x07\x03\x04\x00\x00\x00")}},
    {"IPv4 option list that ends early", {V4, OPTIONS("\x00\xff\xff\xff")}},
    {"IPv4 with 40 bytes of padding behind", {V4, .trailer_bytes = 40}},
    {"IPv4 atomic: don't fragment", {V4, .dont_fragment = true, .id = 7}},
    {"hop-by-hop header", {V6, EXTENSIONS(hop_by_hop)}},
    {"destination options", {V6, EXTENSIONS(destination)}},
    {"every extension header", {V6, EXTENSIONS(everything)}},
    {"atomic fragment", {V6, .fragment = true, .id = 77}},
    {"every extension header in an atomic fragment",
     {V6, EXTENSIONS(everything), .fragment = true, .id = 78}},
};

START_TEST(odd_but_good_frame)
{
    static struct received received;
    struct frame_spec spec = good[_i].spec;
    const struct world_family *family = &world_families[strchr(spec.dst, ':') != NULL];
    struct winlwip_stats stats;
    SOCKET s = world_socket(family->us, &spec.dst_port);

    world_inject(&spec);
    world_settle(&stats);
    assert_only_fate(&stats, WINLWIP_FATE_DELIVERED, good[_i].what);
    world_receive(s, &received);
    world_assert_text(&received, "bad");
    world_assert_name(&received, family->peer, FRAME_PEER_PORT);
}
END_TEST

static const struct {
    enum winlwip_fate fate;
    struct frame_arp_spec spec;
} arps[] = {
    {WINLWIP_FATE_ARP, {.operation = 1, .sender = "192.0.2.9", .target = "192.0.2.1"}},
    {WINLWIP_FATE_ARP, {.operation = 1, .sender = "192.0.2.9", .target = "192.0.2.77"}},
    {WINLWIP_FATE_ARP, {.operation = 2, .sender = "192.0.2.9", .target = "192.0.2.1"}},
    {WINLWIP_FATE_DROP_ARP_MALFORMED,
     {.operation = 1, .sender = "192.0.2.9", .target = "192.0.2.1", .cut_bytes = 1}},
    {WINLWIP_FATE_DROP_ARP_MALFORMED,
     {.operation = 1, .sender = "192.0.2.9", .target = "192.0.2.1", .cut_bytes = 28}},
    {WINLWIP_FATE_DROP_ARP_MALFORMED,
     {.operation = 1, .sender = "192.0.2.9", .target = "192.0.2.1", .hardware = 6}},
    {WINLWIP_FATE_DROP_ARP_MALFORMED,
     {.operation = 1, .sender = "192.0.2.9", .target = "192.0.2.1", .address_bytes = 16}},
};

START_TEST(arp_frame)
{
    static struct frame frame;
    struct winlwip_stats stats;

    frame_arp(&arps[_i].spec, &frame);
    memlink_push(world.link[0], &frame);
    world_settle(&stats);
    assert_only_fate(&stats, arps[_i].fate, "ARP");
}
END_TEST

START_TEST(arp_request_is_answered)
{
    static struct frame frame;
    struct frame_view view;
    size_t bytes;
    const uint8_t *data;

    frame_arp(&(struct frame_arp_spec){.operation = 1, .sender = "192.0.2.9",
                                       .target = "192.0.2.1"},
              &frame);
    memlink_forget(world.link[0]);
    memlink_push(world.link[0], &frame);
    ck_assert(memlink_wait_sent(world.link[0], 1, WORLD_PATIENCE_MS));
    data = memlink_sent_frame(world.link[0], 0, &bytes);
    ck_assert_ptr_null(frame_parse(data, bytes, false, &view));
    ck_assert_uint_eq(view.arp_operation, 2);
    ck_assert_str_eq(view.src, "192.0.2.1");
    ck_assert_str_eq(view.dst, "192.0.2.9");
    ck_assert_mem_eq(view.dst_mac, frame_peer_mac, 6);
    ck_assert_mem_eq(view.src_mac, frame_our_mac, 6);
}
END_TEST

/* Packet Too Big for a datagram that a socket can have sent, save for what the row changes. */
static const struct {
    uint32_t mtu;
    const char *inner_src; /* NULL: ours */
    bool other_port;
    enum winlwip_fate fate;
} too_bigs[] = {
    {0, NULL, false, WINLWIP_FATE_DROP_ICMP_MALFORMED},
    {55, NULL, false, WINLWIP_FATE_DROP_ICMP_MALFORMED},
    {1279, NULL, false, WINLWIP_FATE_DROP_ICMP_MALFORMED},
    {1280, PEER6, false, WINLWIP_FATE_DROP_ICMP_UNMATCHED},
    {1280, NULL, true, WINLWIP_FATE_DROP_ICMP_UNMATCHED},
    {1449, NULL, false, WINLWIP_FATE_DROP_ICMP_UNMATCHED}, /* it would have fitted */
    {1280, NULL, false, WINLWIP_FATE_ICMP6},
};

static void inject_too_big(int row, uint16_t port)
{
    static struct frame inner;

    frame_build(&(struct frame_spec){
                    .src = too_bigs[row].inner_src != NULL ? too_bigs[row].inner_src : OUR6,
                    .dst = PEER6, .ip_only = true, .dst_port = 7777, .text = "too big",
                    .ip_length_add = 1400 - 7,
                    .src_port = (uint16_t)(too_bigs[row].other_port ? port ^ 1 : port)},
                &inner);
    world_inject(&(struct frame_spec){.src = PEER6, .dst = OUR6, .protocol = FRAME_ICMP6,
                                      .icmp_type = 2, .icmp_rest = too_bigs[row].mtu,
                                      .payload = inner.data, .payload_bytes = inner.bytes});
}

START_TEST(packet_too_big)
{
    static char data[1400];
    uint16_t port;
    SOCKET s = world_socket(OUR6, &port);
    SOCKADDR_STORAGE name;
    int bytes = world_name(PEER6, 7777, &name);
    struct frame_view view;
    struct winlwip_stats before, after;
    bool believed = too_bigs[_i].fate == WINLWIP_FATE_ICMP6;

    ck_assert_int_eq(sendto(s, data, 1400, 0, (struct sockaddr *)&name, bytes), 1400);
    world_next_sent(0, &view);
    world_settle(&before);
    inject_too_big(_i, port);
    world_settle(&after);
    ck_assert_uint_eq(after.fate[too_bigs[_i].fate], before.fate[too_bigs[_i].fate] + 1);
    ck_assert_int_eq(sendto(s, data, 1400, 0, (struct sockaddr *)&name, bytes), 1400);
    world_next_sent(0, &view);
    ck_assert(view.fragment == believed);
    ck_assert_uint_le(view.ip_payload_bytes, believed ? 1280 - 48 : 1408);
}
END_TEST

START_TEST(cut_by_a_capture)
{
    static struct frame frame;
    struct winlwip_stats stats;

    frame_build(&(struct frame_spec){V4, .dst_port = 7}, &frame);
    memlink_push_described(world.link[0],
                           &(struct link_frame){.data = frame.data, .bytes = (uint32_t)frame.bytes,
                                                .original_bytes = 2000, .flags = LINK_FRAME_CUT});
    world_settle(&stats);
    assert_only_fate(&stats, WINLWIP_FATE_DROP_SNAPLEN, "cut");
}
END_TEST

START_TEST(longer_than_any_frame)
{
    uint8_t *data = calloc(1, LINK_FRAME_MAX_BYTES + 1);
    struct winlwip_stats stats;

    memcpy(data, frame_our_mac, 6);
    data[12] = 8;
    data[14] = 0x45;
    memlink_push_bytes(world.link[0], data, LINK_FRAME_MAX_BYTES + 1);
    world_settle(&stats);
    assert_only_fate(&stats, WINLWIP_FATE_DROP_OVERSIZE, "oversize");
    free(data);
}
END_TEST

START_TEST(checksum_left_to_hardware_is_valid)
{
    static struct frame frame;
    struct winlwip_stats stats;
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    static struct received received;

    /* The field then holds the sum of the pseudo header alone: wrong for whoever checks it. */
    frame_build(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                                     .text = "pending", .transport_checksum_xor = 0x5555},
                &frame);
    memlink_push_described(world.link[0],
                           &(struct link_frame){.data = frame.data, .bytes = (uint32_t)frame.bytes,
                                                .original_bytes = (uint32_t)frame.bytes,
                                                .flags = LINK_FRAME_SUM_PENDING});
    world_settle(&stats);
    assert_only_fate(&stats, WINLWIP_FATE_DELIVERED, "pending");
    world_receive(s, &received);
    world_assert_text(&received, "pending");
}
END_TEST

START_TEST(device_that_fails)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct winlwip_stats stats;
    static struct received received;

    deliver(FAMILY, port, "before");
    world_settle(&stats);
    memlink_fail(world.link[0], -5);
    /* What was queued is there; then the interface is down (C39): no hang, no crash. */
    world_receive(s, &received);
    world_assert_text(&received, "before");
}
END_TEST

Suite *suite_contract_badinput(void)
{
    Suite *suite = suite_create("badinput");
    TCase *tcase = tcase_create("badinput");

    tcase_add_checked_fixture(tcase, world_setup_two, world_teardown);
    tcase_add_loop_test(tcase, bad_ipv4_frame, 0, COUNT(bad_ipv4));
    tcase_add_loop_test(tcase, bad_ipv6_frame, 0, COUNT(bad_ipv6));
    tcase_add_loop_test(tcase, odd_but_good_frame, 0, COUNT(good));
    tcase_add_loop_test(tcase, arp_frame, 0, COUNT(arps));
    tcase_add_test(tcase, arp_request_is_answered);
    tcase_add_loop_test(tcase, packet_too_big, 0, COUNT(too_bigs));
    tcase_add_test(tcase, cut_by_a_capture);
    tcase_add_test(tcase, longer_than_any_frame);
    tcase_add_loop_test(tcase, checksum_left_to_hardware_is_valid, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, device_that_fails, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
