/*
 * test_dhcp.c - addresses from a DHCP server on the link, which the test plays: leases that are
 * given, renewed, refused, lost and given back, and who is told of them.
 */
#include "tests/contract/dhcp_play.h"

#include <iphlpapi.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/world_internal.h"

#define ELSEWHERE "203.0.113.5"

static struct received received;

START_TEST(dhcp_gives_address_and_router)
{
    struct frame_view view;
    SOCKET s;

    ck_assert(!play_have(DHCP_OURS));
    play_give_lease(&play_good);
    ck_assert(play_have(DHCP_OURS));
    s = world_socket("0.0.0.0", NULL);
    ck_assert_int_eq(play_send(s, ELSEWHERE), 1);
    world_next_sent(0, &view);
    ck_assert_str_eq(view.src, DHCP_OURS);
    ck_assert_str_eq(view.dst, ELSEWHERE);
    ck_assert_int_eq(play_send(s, "192.0.2.9"), 1);
}
END_TEST

START_TEST(dhcp_answer_may_be_for_the_address_to_come)
{
    struct dhcp_reply reply = play_good;
    struct frame_view view;

    play_expect(&view, DHCP_DISCOVER);
    reply.type = DHCP_OFFER;
    play_answer_to(&view, &reply, DHCP_OURS);
    play_expect(&view, DHCP_REQUEST);
    reply.type = DHCP_ACK;
    play_answer_to(&view, &reply, DHCP_OURS);
    play_wait_until(true, DHCP_OURS);
}
END_TEST

START_TEST(dhcp_port_is_the_clients)
{
    SOCKET s = play_socket();
    BOOL on = TRUE;

    world_fails(play_bind(s, "0.0.0.0", 68), WSAEADDRINUSE);
    ck_assert_int_eq(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof(on)), 0);
    world_fails(play_bind(s, "127.0.0.1", 68), WSAEADDRINUSE);
    ck_assert_int_eq(play_bind(s, "0.0.0.0", 67), 0);
}
END_TEST

START_TEST(dhcp_port_is_free_without_client)
{
    SOCKET s;

    play_start("192.0.2.1/24", NULL);
    s = play_socket();
    ck_assert_int_eq(play_bind(s, "0.0.0.0", 68), 0);
    world_inject(&(struct frame_spec){.src = DHCP_SERVER, .dst = "192.0.2.1", .src_port = 67,
                                      .dst_port = 68, .text = "for a program"});
    world_receive(s, &received);
    world_assert_text(&received, "for a program");
}
END_TEST

START_TEST(dhcp_retries_without_answer)
{
    struct frame_view view;
    uint8_t id[4];

    play_expect(&view, DHCP_DISCOVER);
    memcpy(id, view.payload + 4, 4);
    play_expect(&view, DHCP_DISCOVER);
    ck_assert_mem_eq(view.payload + 4, id, 4);
    ck_assert(!play_have(DHCP_OURS));
    world_fails(play_send(world_socket("0.0.0.0", NULL), ELSEWHERE), WSAENETUNREACH);
}
END_TEST

/* Without a server there is an address all the same, after a quarter of a minute at most. */
START_TEST(dhcp_address_without_server)
{
    char text[INET_ADDRSTRLEN] = "";
    int64_t end = world_now_ms() + 20000 + WORLD_PATIENCE_MS;
    IP_ADAPTER_INFO info;
    struct frame_view view;
    SOCKET s;

    while (strncmp(text, "169.254.", 8) != 0 && world_now_ms() < end) {
        ULONG bytes = sizeof(info);
        ck_assert_uint_eq(GetAdaptersInfo(&info, &bytes), 0);
        strcpy(text, info.IpAddressList.IpAddress.String);
        Sleep(20);
    }
    ck_assert_int_eq(strncmp(text, "169.254.", 8), 0);
    ck_assert_str_eq(info.IpAddressList.IpMask.String, "255.255.0.0");
    s = world_socket("0.0.0.0", NULL);
    ck_assert_int_eq(play_send(s, "169.254.7.7"), 1);
    world_fails(play_send(s, ELSEWHERE), WSAENETUNREACH);
    /* The server is asked on, and its lease takes the address's place. */
    ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
    ck_assert(!play_have(text));
    ck_assert_int_eq(winlwip_interface_set("mem0", true), 0);
    for (int type = 0; type != DHCP_REQUEST;) {
        type = play_next(&view);
        play_answer(&view, type == DHCP_REQUEST ? DHCP_ACK : DHCP_OFFER, &play_good);
    }
    play_wait_until(true, DHCP_OURS);
    ck_assert(!play_have(text));
}
END_TEST

START_TEST(dhcp_renews)
{
    struct dhcp_reply reply = play_good;
    struct frame_view view;
    char address[46];

    reply.lease_s = 4;
    reply.renew_s = 1;
    play_give_lease(&reply);
    play_expect(&view, DHCP_REQUEST);
    ck_assert_str_eq(view.src, DHCP_OURS);
    ck_assert_str_eq(view.dst, DHCP_SERVER);
    dhcp_address(view.payload, view.payload_bytes, 0, address);
    ck_assert_str_eq(address, DHCP_OURS);
    reply.type = DHCP_ACK;
    reply.lease_s = UINT32_MAX;
    reply.renew_s = 0;
    play_answer_to(&view, &reply, DHCP_OURS);
    world_settle(&(struct winlwip_stats){0});
    /* The term of four seconds is over by then: the new one has none. */
    ck_assert(!world_next_sent_within(0, &view, 4500));
    ck_assert(play_have(DHCP_OURS));
}
END_TEST

START_TEST(dhcp_refusal_takes_the_address)
{
    struct dhcp_reply reply = play_good;
    struct frame_view view;
    SOCKET s;

    reply.lease_s = 60;
    reply.renew_s = 1;
    play_give_lease(&reply);
    s = world_socket(DHCP_OURS, NULL);
    struct later *later = world_later(s, NULL);
    world_later_blocked(later);
    play_expect(&view, DHCP_REQUEST);
    play_answer(&view, DHCP_NAK, &(struct dhcp_reply){.server = DHCP_SERVER});
    world_join_later(later, &received);
    ck_assert_int_eq(received.error, WSAENETDOWN);
    ck_assert(!play_have(DHCP_OURS));
    play_give_lease(&play_good);
    ck_assert(play_have(DHCP_OURS));
    world_set_nonblocking(s);
    world_assert_empty(s); /* it hears again */
}
END_TEST

START_TEST(dhcp_lease_expires)
{
    struct dhcp_reply reply = play_good;
    struct frame_view view;
    SOCKET s;
    int type;

    reply.lease_s = 2;
    play_give_lease(&reply);
    s = world_socket(DHCP_OURS, NULL);
    do {
        type = play_next(&view);
    } while (type == DHCP_REQUEST);
    if (type == DHCP_RELEASE) {
        type = play_next(&view);
    }
    ck_assert_int_eq(type, DHCP_DISCOVER);
    ck_assert(!play_have(DHCP_OURS));
    world_receive_into(s, NULL, &received);
    ck_assert_int_eq(received.error, WSAENETDOWN);
    world_fails(play_send(s, "192.0.2.9"), WSAENETDOWN);
}
END_TEST

START_TEST(dhcp_changes_of_addresses_are_told)
{
    SOCKET s = WSASocketA(AF_INET, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    WSAOVERLAPPED overlapped = {.hEvent = WSACreateEvent()};
    DWORD bytes, flags;

    world_fails(WSAIoctl(s, SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, &bytes, &overlapped, NULL),
                WSA_IO_PENDING);
    ck_assert_uint_eq(WSAWaitForMultipleEvents(1, &overlapped.hEvent, FALSE, 0, FALSE),
                      WSA_WAIT_TIMEOUT);
    play_give_lease(&play_good);
    ck_assert_uint_eq(WSAWaitForMultipleEvents(1, &overlapped.hEvent, FALSE, WORLD_PATIENCE_MS,
                                               FALSE), WSA_WAIT_EVENT_0);
    ck_assert(WSAGetOverlappedResult(s, &overlapped, &bytes, FALSE, &flags));
    ck_assert_uint_eq(bytes, 0);
    ck_assert(WSACloseEvent(overlapped.hEvent));
}
END_TEST

static unsigned servers_known(char *first)
{
    IP_ADAPTER_ADDRESSES *list = malloc(65536);
    ULONG bytes = 65536;
    unsigned count = 0;

    ck_assert_uint_eq(GetAdaptersAddresses(AF_UNSPEC, 0, NULL, list, &bytes), 0);
    for (PIP_ADAPTER_DNS_SERVER_ADDRESS a = list->FirstDnsServerAddress; a != NULL; a = a->Next) {
        if (count++ == 0) {
            const struct sockaddr_in *name = (const struct sockaddr_in *)a->Address.lpSockaddr;
            inet_ntop(AF_INET, &name->sin_addr, first, 46);
        }
    }
    free(list);
    return count;
}

START_TEST(dhcp_servers_stand_behind_configured_ones)
{
    struct dhcp_reply reply = play_good;
    char first[46] = "";

    play_start("dhcp", _i == 0 ? NULL : "192.0.2.53");
    ck_assert_uint_eq(servers_known(first), (unsigned)_i);
    reply.dns[0] = "192.0.2.54";
    reply.dns[1] = "0.0.0.0";
    reply.dns[2] = "192.0.2.55";
    play_give_lease(&reply);
    ck_assert_uint_eq(servers_known(first), 2 + (unsigned)_i);
    ck_assert_str_eq(first, _i == 0 ? "192.0.2.54" : "192.0.2.53");
}
END_TEST

START_TEST(dhcp_is_told_by_the_ip_helper)
{
    struct dhcp_reply reply = play_good;
    IP_ADAPTER_ADDRESSES *list = malloc(65536);
    PIP_ADAPTER_UNICAST_ADDRESS address;
    SOCKADDR_STORAGE name;
    ULONG bytes = 65536;

    ck_assert_uint_eq(GetAdaptersAddresses(AF_UNSPEC, 0, NULL, list, &bytes), 0);
    ck_assert_uint_ne(list->Flags & IP_ADAPTER_DHCP_ENABLED, 0);
    ck_assert_ptr_null(list->Dhcpv4Server.lpSockaddr);
    ck_assert_uint_eq(list->Mtu, 1500);
    reply.mtu = 1400;
    play_give_lease(&reply);
    bytes = 65536;
    ck_assert_uint_eq(GetAdaptersAddresses(AF_INET, 0, NULL, list, &bytes), 0);
    ck_assert_uint_eq(list->Mtu, 1400);
    ck_assert_int_eq(list->Dhcpv4Server.iSockaddrLength, world_name(DHCP_SERVER, 0, &name));
    ck_assert_mem_eq(list->Dhcpv4Server.lpSockaddr, &name, sizeof(struct sockaddr_in));
    address = list->FirstUnicastAddress;
    world_name(DHCP_OURS, 0, &name);
    ck_assert_mem_eq(address->Address.lpSockaddr, &name, sizeof(struct sockaddr_in));
    ck_assert_uint_eq(address->PrefixOrigin, IpPrefixOriginDhcp);
    ck_assert_uint_eq(address->SuffixOrigin, IpSuffixOriginDhcp);
    ck_assert_uint_eq(address->OnLinkPrefixLength, 24);
    ck_assert(address->LeaseLifetime > 590 && address->LeaseLifetime <= 600);
    free(list);
}
END_TEST

START_TEST(dhcp_is_told_to_older_programs)
{
    IP_ADAPTER_INFO info[2];
    ULONG bytes = sizeof(info);

    play_give_lease(&play_good);
    ck_assert_uint_eq(GetAdaptersInfo(info, &bytes), 0);
    ck_assert_uint_ne(info->DhcpEnabled, 0);
    ck_assert_str_eq(info->DhcpServer.IpAddress.String, DHCP_SERVER);
    ck_assert_str_eq(info->IpAddressList.IpAddress.String, DHCP_OURS);
    ck_assert_str_eq(info->GatewayList.IpAddress.String, DHCP_ROUTER);
    ck_assert_int_eq(info->LeaseExpires - info->LeaseObtained, 600);
}
END_TEST

START_TEST(dhcp_options_may_stand_in_other_fields)
{
    struct dhcp_reply reply = play_good;

    reply.in_file = _i == 0 || _i == 2;
    reply.in_name = _i == 1 || _i == 2;
    play_give_lease(&reply);
    ck_assert(play_have(DHCP_OURS));
}
END_TEST

START_TEST(dhcp_stands_beside_configured_addresses)
{
    play_start("dhcp 198.51.100.1/24", NULL);
    ck_assert(play_have("198.51.100.1"));
    ck_assert_int_eq(play_send(world_socket("0.0.0.0", NULL), "198.51.100.9"), 1);
    play_give_lease(&play_good);
    ck_assert(play_have(DHCP_OURS));
    ck_assert(play_have("198.51.100.1"));
}
END_TEST

START_TEST(dhcp_on_one_of_two_interfaces)
{
    struct frame_view view;
    SOCKET s;

    world_start(&(struct world_options){
        .links = 2, .addresses = {"dhcp", "198.51.100.1/24"},
        .link = {{.real_time = true}, {.real_time = true}}});
    s = world_socket("0.0.0.0", NULL);
    ck_assert_int_eq(play_send(s, "198.51.100.9"), 1);
    world_next_sent(1, &view);
    ck_assert_uint_ne(view.dst_port, 67);
    play_give_lease(&play_good);
    ck_assert_int_eq(play_send(s, ELSEWHERE), 1);
    world_next_sent(0, &view);
    ck_assert_str_eq(view.dst, ELSEWHERE);
}
END_TEST

START_TEST(dhcp_asks_again_when_the_interface_was_down)
{
    struct frame_view view;
    char address[46];

    play_give_lease(&play_good);
    ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
    ck_assert_int_eq(winlwip_interface_set("mem0", true), 0);
    play_expect(&view, DHCP_REQUEST);
    dhcp_address(view.payload, view.payload_bytes, 50, address);
    ck_assert_str_eq(address, DHCP_OURS);
    if (_i == 0) {
        play_answer(&view, DHCP_ACK, &play_good);
        world_settle(&(struct winlwip_stats){0});
        ck_assert(play_have(DHCP_OURS));
    } else {
        while (play_next(&view) != DHCP_DISCOVER) {
        }
        play_wait_until(false, DHCP_OURS); /* nobody has confirmed it */
    }
}
END_TEST

static void *clean_up(void *unused)
{
    (void)unused;
    ck_assert_int_eq(WSACleanup(), 0);
    return NULL;
}

START_TEST(dhcp_lease_is_given_back)
{
    struct frame_view view;
    pthread_t thread;
    char address[46];

    play_give_lease(&play_good);
    ck_assert_int_eq(pthread_create(&thread, NULL, clean_up, NULL), 0);
    play_expect(&view, DHCP_RELEASE);
    ck_assert_str_eq(view.dst, DHCP_SERVER);
    dhcp_address(view.payload, view.payload_bytes, 0, address);
    ck_assert_str_eq(address, DHCP_OURS);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &(WSADATA){0}), 0); /* for the teardown */
}
END_TEST

/* A start that waits for an address, while the test plays the server. */
static void *start_that_waits(void *unused)
{
    (void)unused;
    world_start_configured();
    return NULL;
}

START_TEST(dhcp_start_waits_for_the_address)
{
    int64_t start_ms = world_now_ms();
    pthread_t thread;

    if (_i == 0) {
        play_configure_waiting(WORLD_PATIENCE_MS);
        ck_assert_int_eq(pthread_create(&thread, NULL, start_that_waits, NULL), 0);
        play_give_lease(&play_good);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        ck_assert(play_have(DHCP_OURS));
    } else {
        play_configure_waiting(200);
        world_start_configured(); /* no server: the start goes on without */
        ck_assert_int_ge(world_now_ms() - start_ms, 200);
        ck_assert(!play_have(DHCP_OURS));
    }
}
END_TEST

Suite *suite_contract_dhcp(void)
{
    Suite *suite = suite_create("dhcp");
    TCase *one = tcase_create("one"), *own = tcase_create("own");

    tcase_set_timeout(one, 30);
    tcase_add_checked_fixture(one, play_set_up, world_teardown);
    tcase_add_test(one, dhcp_gives_address_and_router);
    tcase_add_test(one, dhcp_answer_may_be_for_the_address_to_come);
    tcase_add_test(one, dhcp_port_is_the_clients);
    tcase_add_test(one, dhcp_retries_without_answer);
    tcase_add_test(one, dhcp_address_without_server);
    tcase_add_test(one, dhcp_renews);
    tcase_add_test(one, dhcp_refusal_takes_the_address);
    tcase_add_test(one, dhcp_lease_expires);
    tcase_add_test(one, dhcp_changes_of_addresses_are_told);
    tcase_add_test(one, dhcp_is_told_by_the_ip_helper);
    tcase_add_test(one, dhcp_is_told_to_older_programs);
    tcase_add_loop_test(one, dhcp_options_may_stand_in_other_fields, 0, 3);
    tcase_add_loop_test(one, dhcp_asks_again_when_the_interface_was_down, 0, 2);
    tcase_add_test(one, dhcp_lease_is_given_back);
    suite_add_tcase(suite, one);

    tcase_set_timeout(own, 30);
    tcase_add_checked_fixture(own, NULL, world_teardown);
    tcase_add_loop_test(own, dhcp_start_waits_for_the_address, 0, 2);
    tcase_add_test(own, dhcp_port_is_free_without_client);
    tcase_add_loop_test(own, dhcp_servers_stand_behind_configured_ones, 0, 2);
    tcase_add_test(own, dhcp_stands_beside_configured_addresses);
    tcase_add_test(own, dhcp_on_one_of_two_interfaces);
    suite_add_tcase(suite, own);
    return suite;
}
