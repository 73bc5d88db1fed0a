/*
 * test_interfaces.c - options that name interfaces, and options of the headers that are sent
 * (winsock-facts 4.10, 4.13; IP_OPTIONS, UDP_NOCHECKSUM).
 */
#include "tests/contract/contract.h"

#include <string.h>

#include "tests/support/world_internal.h"

static struct received received;

static DWORD value_of(SOCKET s, int level, int name)
{
    DWORD value = 0xdeadbeef;
    int bytes = sizeof(value);

    ck_assert_int_eq(getsockopt(s, level, name, (char *)&value, &bytes), 0);
    return value;
}

static int set(SOCKET s, int level, int name, DWORD value)
{
    WSASetLastError(0);
    return setsockopt(s, level, name, (const char *)&value, sizeof(value)) == 0
               ? 0
               : WSAGetLastError();
}

static int send_text(SOCKET s, const char *address, uint16_t port, const char *text)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, port, &name);

    WSASetLastError(0);
    sendto(s, text, (int)strlen(text), 0, (SOCKADDR *)&name, bytes);
    return WSAGetLastError();
}

/* Set in network byte order at level IP, in host byte order at level IPV6; read in host order. */
START_TEST(byte_order_of_interface_options)
{
    static const int names[] = {IP_UNICAST_IF, IP_MULTICAST_IF}; /* the same numbers for IPv6 */
    SOCKET s = world_socket("::", NULL);

    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(set(s, IPPROTO_IP, names[i], htonl(3)), 0);
        ck_assert_uint_eq(value_of(s, IPPROTO_IP, names[i]), 3);
        ck_assert_int_eq(set(s, IPPROTO_IPV6, names[i], 2), 0);
        ck_assert_uint_eq(value_of(s, IPPROTO_IPV6, names[i]), 2);
        ck_assert_uint_eq(value_of(s, IPPROTO_IP, names[i]), 3);
        ck_assert_int_eq(set(s, IPPROTO_IP, names[i], htonl(9)), WSAEADDRNOTAVAIL);
        ck_assert_int_eq(set(s, IPPROTO_IPV6, names[i], 9), WSAEADDRNOTAVAIL);
        ck_assert_int_eq(set(s, IPPROTO_IP, names[i], 0), 0);
        ck_assert_uint_eq(value_of(s, IPPROTO_IP, names[i]), 0);
    }
    /* An address names an interface for groups only. */
    ck_assert_int_eq(set(s, IPPROTO_IP, IP_MULTICAST_IF, htonl(0xc6336401)), 0);
    ck_assert_uint_eq(value_of(s, IPPROTO_IP, IP_MULTICAST_IF), 3);
    ck_assert_int_eq(set(s, IPPROTO_IP, IP_UNICAST_IF, htonl(0xc6336401)), WSAEINVAL);
}
END_TEST

/* 255.255.255.255 leaves by the first interface, or by the one that is named. */
START_TEST(unicast_interface_of_a_broadcast)
{
    struct frame_view view;
    SOCKET s = world_socket("0.0.0.0", NULL);

    world_set(s, SOL_SOCKET, SO_BROADCAST, 1);
    ck_assert_int_eq(send_text(s, "255.255.255.255", 4000, "first"), 0);
    world_next_sent(0, &view);
    ck_assert_int_eq(set(s, IPPROTO_IP, IP_UNICAST_IF, htonl(3)), 0);
    ck_assert_int_eq(send_text(s, "255.255.255.255", 4000, "second"), 0);
    world_next_sent(1, &view);
    ck_assert_str_eq(view.src, "198.51.100.1");
    ck_assert_mem_eq(view.payload, "second", 6);
}
END_TEST

START_TEST(unicast_interface_of_link_local_addresses)
{
    struct frame_view view;
    SOCKET s = world_socket("::", NULL);

    ck_assert_int_eq(set(s, IPPROTO_IPV6, IPV6_UNICAST_IF, 3), 0);
    ck_assert_int_eq(send_text(s, "fe80::9", 4000, "second"), 0);
    world_next_sent(1, &view);
    ck_assert_str_eq(view.dst, "fe80::9");
    ck_assert_int_eq(set(s, IPPROTO_IPV6, IPV6_UNICAST_IF, 2), 0);
    ck_assert_int_eq(send_text(s, "fe80::9", 4000, "first"), 0);
    world_next_sent(0, &view);
}
END_TEST

/* The link-local addresses that the interfaces made of their MACs. */
static const char *const link_local[] = {"fe80::5eff:fe10:1", "fe80::5eff:fe10:2"};

/* Sends "hello" to a link-local address on the interface. */
static void send_scoped(SOCKET s, const char *address, uint16_t port, ULONG scope)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, port, &name);

    ((SOCKADDR_IN6 *)&name)->sin6_scope_id = scope;
    ck_assert_int_eq(sendto(s, "hello", 5, 0, (SOCKADDR *)&name, bytes), 5);
}

START_TEST(c26_c35_c69_own_link_local_addresses)
{
    ULONG index = WORLD_FIRST_INDEX + (ULONG)_i;
    uint16_t port, from;
    SOCKET hears = world_socket("::", &port);
    SOCKET s = world_socket("::", &from);

    world_set(hears, IPPROTO_IPV6, IPV6_PKTINFO, 1);
    send_scoped(s, link_local[_i], port, index);
    world_receive(hears, &received);
    world_assert_text(&received, "hello");
    world_assert_pktinfo(&received, link_local[_i], index);
    const SOCKADDR_IN6 *name = (const SOCKADDR_IN6 *)&received.name;
    ck_assert_uint_eq(name->sin6_scope_id, index);
    ck_assert_uint_eq(name->sin6_port, htons(from));

    /* From it to an address of another kind, and to where nobody listens. */
    SOCKADDR_STORAGE own;
    int bytes = world_name(link_local[_i], 0, &own);
    SOCKET bound = socket(AF_INET6, SOCK_DGRAM, 0);
    ck_assert_int_eq(bind(bound, (SOCKADDR *)&own, bytes), 0);
    ck_assert_int_eq(send_text(bound, _i == 0 ? "2001:db8::1" : "2001:db8:2::1", port, "too"), 0);
    world_receive(hears, &received);
    world_assert_text(&received, "too");
    ck_assert_int_eq(send_text(bound, "::1", port, "three"), 0);
    world_receive(hears, &received);
    world_assert_text(&received, "three");
    closesocket(hears);
    send_scoped(bound, link_local[_i], port, index);
    world_receive_into(bound, NULL, &received);
    ck_assert_int_eq(received.error, WSAECONNRESET);
    closesocket(bound);
}
END_TEST

START_TEST(unicast_interface_chooses_the_name_of_connect)
{
    SOCKET s = world_socket("0.0.0.0", NULL);
    SOCKADDR_STORAGE name;
    SOCKADDR_IN local;
    int bytes = sizeof(local);

    ck_assert_int_eq(set(s, IPPROTO_IP, IP_UNICAST_IF, htonl(3)), 0);
    ck_assert_int_eq(connect(s, (SOCKADDR *)&name, world_name("255.255.255.255", 4000, &name)), 0);
    ck_assert_int_eq(getsockname(s, (SOCKADDR *)&local, &bytes), 0);
    ck_assert_uint_eq(local.sin_addr.s_addr, htonl(0xc6336401));
}
END_TEST

/* The source is the first interface's, and what is named the second: strong host. */
START_TEST(unicast_interface_against_the_bound_address)
{
    SOCKET s = world_socket("192.0.2.1", NULL);

    ck_assert_int_eq(set(s, IPPROTO_IP, IP_UNICAST_IF, htonl(3)), 0);
    ck_assert_int_eq(send_text(s, "198.51.100.9", 4000, "no"), WSAEADDRNOTAVAIL);
}
END_TEST

/* --- the list of interfaces that are heard --- */

static void inject_both(const struct world_family *family, uint16_t port, bool group)
{
    struct frame_spec first = {.src = family->peer, .dst = group ? family->group : family->us,
                               .dst_port = port, .text = "first"};
    struct frame_spec second = first;

    second.src = family->af == AF_INET ? "198.51.100.9" : "2001:db8:2::9";
    second.text = "second";
    if (!group) {
        second.dst = family->us_second;
        memcpy(second.dst_mac, frame_our_second_mac, sizeof(second.dst_mac));
    }
    world_inject_on(0, &first);
    world_inject_on(1, &second);
}

static void assert_hears(SOCKET s, const char *first, const char *second)
{
    struct winlwip_stats stats;

    world_settle(&stats);
    for (int i = 0; i < 2; i++) {
        const char *text = i == 0 ? first : second;
        if (text != NULL) {
            world_receive(s, &received);
            world_assert_text(&received, text);
        }
    }
    world_assert_empty(s);
}

static unsigned listed(SOCKET s, int level, ULONG *indexes, int room)
{
    int bytes = room;

    ck_assert_int_eq(getsockopt(s, level, IP_GET_IFLIST, (char *)indexes, &bytes), 0);
    return (unsigned)bytes / sizeof(ULONG);
}

START_TEST(interface_list)
{
    int level = FAMILY->level;
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    ULONG indexes[8];
    int bytes = 4;

    world_set_nonblocking(s);
    ck_assert_int_eq(set(s, level, IP_ADD_IFLIST, 2), WSAEINVAL); /* not switched on */
    inject_both(FAMILY, port, false);
    assert_hears(s, "first", "second");
    ck_assert_int_eq(set(s, level, IP_IFLIST, 1), 0);
    ck_assert_uint_eq(listed(s, level, indexes, sizeof(indexes)), 0); /* empty at first */
    inject_both(FAMILY, port, false);
    assert_hears(s, NULL, NULL);
    ck_assert_int_eq(set(s, level, IP_ADD_IFLIST, 3), 0);
    inject_both(FAMILY, port, false);
    assert_hears(s, NULL, "second");
    ck_assert_int_eq(set(s, level, IP_ADD_IFLIST, 2), 0);
    ck_assert_uint_eq(listed(s, level, indexes, sizeof(indexes)), 2);
    ck_assert_uint_eq(indexes[0], 2);
    ck_assert_uint_eq(indexes[1], 3);
    world_fails(getsockopt(s, level, IP_GET_IFLIST, (char *)indexes, &bytes), WSAEFAULT);
    ck_assert_int_eq(set(s, level, IP_DEL_IFLIST, 3), 0);
    ck_assert_int_eq(set(s, level, IP_DEL_IFLIST, 3), WSAEADDRNOTAVAIL);
    ck_assert_int_eq(set(s, level, IP_ADD_IFLIST, 9), WSAEADDRNOTAVAIL);
    inject_both(FAMILY, port, false);
    assert_hears(s, "first", NULL);
    ck_assert_int_eq(set(s, level, IP_IFLIST, 0), 0);
    inject_both(FAMILY, port, false);
    assert_hears(s, "first", "second");
}
END_TEST

/* Groups obey the list too, and each version's list is its own. */
START_TEST(interface_list_and_groups)
{
    int other = _i == 0 ? IPPROTO_IPV6 : IPPROTO_IP;
    uint16_t port;
    SOCKET s = world_dual_socket(&port);

    world_set_nonblocking(s);
    world_join(s, FAMILY);
    ck_assert_int_eq(set(s, other, IP_IFLIST, 1), 0);
    inject_both(FAMILY, port, true);
    assert_hears(s, "first", NULL);
    ck_assert_int_eq(set(s, FAMILY->level, IP_IFLIST, 1), 0);
    ck_assert_int_eq(set(s, FAMILY->level, IP_ADD_IFLIST, 3), 0);
    inject_both(FAMILY, port, true);
    assert_hears(s, NULL, NULL);
}
END_TEST

/* --- headers --- */

START_TEST(ip_options_are_sent)
{
    static const uint8_t router_alert[] = {0x94, 4, 0, 0, 1};
    char back[64];
    int bytes = sizeof(back);
    struct frame_view view;
    size_t frame_bytes;
    const uint8_t *frame;
    SOCKET s = world_socket("0.0.0.0", NULL);

    ck_assert_int_eq(setsockopt(s, IPPROTO_IP, IP_OPTIONS, (const char *)router_alert,
                                sizeof(router_alert)),
                     0);
    ck_assert_int_eq(getsockopt(s, IPPROTO_IP, IP_OPTIONS, back, &bytes), 0);
    ck_assert_int_eq(bytes, sizeof(router_alert));
    ck_assert_mem_eq(back, router_alert, sizeof(router_alert));
    bytes = 4;
    world_fails(getsockopt(s, IPPROTO_IP, IP_OPTIONS, back, &bytes), WSAEFAULT);
    world_fails(setsockopt(s, IPPROTO_IP, IP_OPTIONS, back, 41), WSAEINVAL);
    ck_assert_int_eq(send_text(s, "239.1.2.3", 4000, "with options"), 0);
    world_next_sent(0, &view); /* lengths and checksums are checked there */
    ck_assert_uint_eq(view.payload_bytes, 12);
    frame = view.payload - 8 - 8;
    ck_assert_mem_eq(frame, "\x94\4\0\0\1\0\0\0", 8);
    /* No option: length 0 takes them away again. */
    ck_assert_int_eq(setsockopt(s, IPPROTO_IP, IP_OPTIONS, back, 0), 0);
    ck_assert_int_eq(send_text(s, "239.1.2.3", 4000, "without"), 0);
    world_next_sent(0, &view);
    frame = memlink_sent_frame(world.link[0], memlink_sent(world.link[0]) - 1, &frame_bytes);
    ck_assert_uint_eq(frame[14], 0x45);
}
END_TEST

/* Forty bytes of options, to a socket of our own and beyond what goes in one piece. */
START_TEST(ip_options_at_their_longest)
{
    static const char nops[40] = "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
                                 "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1";
    static char large[1500];
    uint16_t port;
    struct frame_view view;
    SOCKADDR_STORAGE name;
    SOCKET s = world_socket("0.0.0.0", &port);

    ck_assert_int_eq(setsockopt(s, IPPROTO_IP, IP_OPTIONS, nops, sizeof(nops)), 0);
    ck_assert_int_eq(send_text(s, "127.0.0.1", port, "to ourselves"), 0);
    world_receive(s, &received);
    world_assert_text(&received, "to ourselves");
    int bytes = world_name("239.1.2.3", 4000, &name);
    ck_assert_int_eq(sendto(s, large, 1500 - 20 - 40 - 8, 0, (SOCKADDR *)&name, bytes), 1432);
    world_next_sent(0, &view);
    ck_assert_uint_eq(view.payload_bytes, 1432);
    world_fails(sendto(s, large, 1433, 0, (SOCKADDR *)&name, bytes), WSAEMSGSIZE);
}
END_TEST

static unsigned sent_checksum(const struct frame_view *view)
{
    return (unsigned)(view->payload[-2] << 8 | view->payload[-1]);
}

START_TEST(udp_without_checksum)
{
    struct frame_view view;
    SOCKET s = world_socket("0.0.0.0", NULL);

    ck_assert_uint_eq(value_of(s, IPPROTO_UDP, UDP_CHECKSUM_COVERAGE), 1);
    ck_assert_int_eq(set(s, IPPROTO_UDP, UDP_NOCHECKSUM, 1), 0);
    ck_assert_uint_eq(value_of(s, IPPROTO_UDP, UDP_CHECKSUM_COVERAGE), 0);
    ck_assert_int_eq(send_text(s, "239.1.2.3", 4000, "bare"), 0);
    world_next_sent(0, &view);
    ck_assert_uint_eq(sent_checksum(&view), 0);
    ck_assert_int_eq(set(s, IPPROTO_UDP, UDP_CHECKSUM_COVERAGE, 1), 0);
    ck_assert_int_eq(send_text(s, "239.1.2.3", 4000, "covered"), 0);
    world_next_sent(0, &view);
    ck_assert_uint_ne(sent_checksum(&view), 0);
    /* IPv6 has no datagrams without (RFC 8200, 8.1). */
    ck_assert_int_eq(set(world_socket("::", NULL), IPPROTO_UDP, UDP_NOCHECKSUM, 1), WSAEINVAL);
}
END_TEST

Suite *suite_contract_interfaces(void)
{
    Suite *suite = suite_create("interfaces");
    TCase *two = tcase_create("interfaces");

    tcase_add_checked_fixture(two, world_setup_two, world_teardown);
    tcase_add_test(two, byte_order_of_interface_options);
    tcase_add_test(two, unicast_interface_of_a_broadcast);
    tcase_add_test(two, unicast_interface_of_link_local_addresses);
    tcase_add_loop_test(two, c26_c35_c69_own_link_local_addresses, 0, 2);
    tcase_add_test(two, unicast_interface_chooses_the_name_of_connect);
    tcase_add_test(two, unicast_interface_against_the_bound_address);
    tcase_add_loop_test(two, interface_list, 0, WORLD_FAMILIES);
    tcase_add_loop_test(two, interface_list_and_groups, 0, WORLD_FAMILIES);
    tcase_add_test(two, ip_options_are_sent);
    tcase_add_test(two, ip_options_at_their_longest);
    tcase_add_test(two, udp_without_checksum);
    suite_add_tcase(suite, two);
    return suite;
}
