/*
 * test_dhcp.c - addresses from a DHCP server on the link, which the test plays: 192.0.2.254.
 *
 * Terms of leases are a second or two: lwIP counts them in seconds.
 */
#include "tests/contract/contract.h"

#include <iphlpapi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/dhcp.h"
#include "tests/support/prng.h"

#define SERVER "192.0.2.254"
#define ROUTER "192.0.2.1"
#define OURS "192.0.2.77"
#define ELSEWHERE "203.0.113.5"

/* What a good server answers, but for the type. */
static const struct dhcp_reply good = {
    .address = OURS, .server = SERVER, .mask = "255.255.255.0", .router = ROUTER, .lease_s = 600,
};

static struct received received;

static void start_with(const char *addresses, const char *dns)
{
    world_start(&(struct world_options){
        .links = 1, .addresses = {addresses}, .dns = dns, .link = {{.real_time = true}}});
}

static void set_up(void)
{
    start_with("dhcp", NULL);
}

static void start_with_wait(unsigned wait_ms)
{
    world_start(&(struct world_options){.links = 1, .addresses = {"dhcp"}, .wait_ms = wait_ms,
                                        .link = {{.real_time = true}}});
}

/* Waits for a message of the client. Returns its type. */
static int next_message(struct frame_view *view)
{
    do {
        world_next_sent(0, view);
    } while (view->dst_port != 67);
    ck_assert_uint_eq(view->src_port, 68);
    return dhcp_type(view->payload, view->payload_bytes);
}

static void expect(struct frame_view *view, int type)
{
    ck_assert_int_eq(next_message(view), type);
}

/* Sends the answer to a message, to the address that it gives or to all. */
static void answer_to(const struct frame_view *view, const struct dhcp_reply *reply,
                      const char *target)
{
    static uint8_t message[DHCP_MESSAGE_MAX];
    size_t bytes = dhcp_reply_write(view->payload, view->payload_bytes, reply, message);

    world_inject(&(struct frame_spec){.src = SERVER, .dst = target, .src_port = 67, .dst_port = 68,
                                      .payload = message, .payload_bytes = bytes});
}

static void answer(const struct frame_view *view, int type, const struct dhcp_reply *reply)
{
    struct dhcp_reply typed = *reply;

    typed.type = type;
    answer_to(view, &typed, "255.255.255.255");
}

/* Plays the server until the address is given. */
static void give_lease(const struct dhcp_reply *reply)
{
    struct winlwip_stats stats;
    struct frame_view view;
    char address[46];

    expect(&view, DHCP_DISCOVER);
    ck_assert_str_eq(view.src, "0.0.0.0");
    ck_assert_str_eq(view.dst, "255.255.255.255");
    answer(&view, DHCP_OFFER, reply);
    expect(&view, DHCP_REQUEST);
    dhcp_address(view.payload, view.payload_bytes, 50, address);
    ck_assert_str_eq(address, reply->address);
    dhcp_address(view.payload, view.payload_bytes, 54, address);
    ck_assert_str_eq(address, SERVER);
    answer(&view, DHCP_ACK, reply);
    world_settle(&stats);
}

static int bind_to(SOCKET s, const char *address, uint16_t port)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, port, &name);

    return bind(s, (struct sockaddr *)&name, bytes);
}

static SOCKET new_socket(void)
{
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_uint_ne(s, INVALID_SOCKET);
    return s;
}

/* Is the address ours? Asked of bind(). */
static bool have(const char *address)
{
    SOCKET s = new_socket();
    int result = bind_to(s, address, 0);

    ck_assert(result == 0 || WSAGetLastError() == WSAEADDRNOTAVAIL);
    ck_assert_int_eq(closesocket(s), 0);
    return result == 0;
}

static void wait_until(bool wanted, const char *address)
{
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    while (have(address) != wanted && world_now_ms() < end) {
        Sleep(5);
    }
    ck_assert(have(address) == wanted);
}

static int send_to(SOCKET s, const char *address)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, 7, &name);

    return sendto(s, "x", 1, 0, (struct sockaddr *)&name, bytes);
}

START_TEST(dhcp_gives_address_and_router)
{
    struct frame_view view;
    SOCKET s;

    ck_assert(!have(OURS));
    give_lease(&good);
    ck_assert(have(OURS));
    s = world_socket("0.0.0.0", NULL);
    ck_assert_int_eq(send_to(s, ELSEWHERE), 1);
    world_next_sent(0, &view);
    ck_assert_str_eq(view.src, OURS);
    ck_assert_str_eq(view.dst, ELSEWHERE);
    ck_assert_int_eq(send_to(s, "192.0.2.9"), 1);
}
END_TEST

START_TEST(dhcp_answer_may_be_for_the_address_to_come)
{
    struct dhcp_reply reply = good;
    struct frame_view view;

    expect(&view, DHCP_DISCOVER);
    reply.type = DHCP_OFFER;
    answer_to(&view, &reply, OURS);
    expect(&view, DHCP_REQUEST);
    reply.type = DHCP_ACK;
    answer_to(&view, &reply, OURS);
    wait_until(true, OURS);
}
END_TEST

START_TEST(dhcp_foreign_datagrams_go_nowhere)
{
    struct winlwip_stats before, after;
    struct frame_spec spec = {.src = SERVER, .dst = "192.0.2.99", .src_port = 67, .dst_port = 68,
                              .text = "not for us"};
    SOCKET raw = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);

    ck_assert_int_eq(bind_to(raw, "0.0.0.0", 0), 0);
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
    give_lease(&good);
    world_settle(&before);
    spec = (struct frame_spec){.src = SERVER, .dst = "192.0.2.99", .src_port = 67, .dst_port = 68,
                               .text = "not for us"};
    world_inject(&spec);          /* we have an address: nothing for others is taken any more */
    world_settle(&after);
    ck_assert_uint_eq(after.fate[WINLWIP_FATE_DROP_OTHER_HOST] -
                      before.fate[WINLWIP_FATE_DROP_OTHER_HOST], 1);
}
END_TEST

START_TEST(dhcp_port_is_the_clients)
{
    SOCKET s = new_socket();
    BOOL on = TRUE;

    world_fails(bind_to(s, "0.0.0.0", 68), WSAEADDRINUSE);
    ck_assert_int_eq(setsockopt(s, SOL_SOCKET, SO_REUSEADDR, (char *)&on, sizeof(on)), 0);
    world_fails(bind_to(s, "127.0.0.1", 68), WSAEADDRINUSE);
    ck_assert_int_eq(bind_to(s, "0.0.0.0", 67), 0);
}
END_TEST

START_TEST(dhcp_port_is_free_without_client)
{
    SOCKET s;

    start_with("192.0.2.1/24", NULL);
    s = new_socket();
    ck_assert_int_eq(bind_to(s, "0.0.0.0", 68), 0);
    world_inject(&(struct frame_spec){.src = SERVER, .dst = "192.0.2.1", .src_port = 67,
                                      .dst_port = 68, .text = "for a program"});
    world_receive(s, &received);
    world_assert_text(&received, "for a program");
}
END_TEST

START_TEST(dhcp_retries_without_answer)
{
    struct frame_view view;
    uint8_t id[4];

    expect(&view, DHCP_DISCOVER);
    memcpy(id, view.payload + 4, 4);
    expect(&view, DHCP_DISCOVER);
    ck_assert_mem_eq(view.payload + 4, id, 4);
    ck_assert(!have(OURS));
    world_fails(send_to(world_socket("0.0.0.0", NULL), ELSEWHERE), WSAENETUNREACH);
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
    ck_assert_int_eq(send_to(s, "169.254.7.7"), 1);
    world_fails(send_to(s, ELSEWHERE), WSAENETUNREACH);
    /* The server is asked on, and its lease takes the address's place. */
    ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
    ck_assert(!have(text));
    ck_assert_int_eq(winlwip_interface_set("mem0", true), 0);
    for (int type = 0; type != DHCP_REQUEST;) {
        type = next_message(&view);
        answer(&view, type == DHCP_REQUEST ? DHCP_ACK : DHCP_OFFER, &good);
    }
    wait_until(true, OURS);
    ck_assert(!have(text));
}
END_TEST

START_TEST(dhcp_renews)
{
    struct dhcp_reply reply = good;
    struct frame_view view;
    char address[46];

    reply.lease_s = 4;
    reply.renew_s = 1;
    give_lease(&reply);
    expect(&view, DHCP_REQUEST);
    ck_assert_str_eq(view.src, OURS);
    ck_assert_str_eq(view.dst, SERVER);
    dhcp_address(view.payload, view.payload_bytes, 0, address);
    ck_assert_str_eq(address, OURS);
    reply.type = DHCP_ACK;
    reply.lease_s = UINT32_MAX;
    reply.renew_s = 0;
    answer_to(&view, &reply, OURS);
    world_settle(&(struct winlwip_stats){0});
    /* The term of four seconds is over by then: the new one has none. */
    ck_assert(!world_next_sent_within(0, &view, 4500));
    ck_assert(have(OURS));
}
END_TEST

START_TEST(dhcp_refusal_takes_the_address)
{
    struct dhcp_reply reply = good;
    struct frame_view view;
    SOCKET s;

    reply.lease_s = 60;
    reply.renew_s = 1;
    give_lease(&reply);
    s = world_socket(OURS, NULL);
    struct later *later = world_later(s, NULL);
    world_later_blocked(later);
    expect(&view, DHCP_REQUEST);
    answer(&view, DHCP_NAK, &(struct dhcp_reply){.server = SERVER});
    world_join_later(later, &received);
    ck_assert_int_eq(received.error, WSAENETDOWN);
    ck_assert(!have(OURS));
    give_lease(&good);
    ck_assert(have(OURS));
    world_set_nonblocking(s);
    world_assert_empty(s); /* it hears again */
}
END_TEST

START_TEST(dhcp_lease_expires)
{
    struct dhcp_reply reply = good;
    struct frame_view view;
    SOCKET s;
    int type;

    reply.lease_s = 2;
    give_lease(&reply);
    s = world_socket(OURS, NULL);
    do {
        type = next_message(&view);
    } while (type == DHCP_REQUEST);
    if (type == DHCP_RELEASE) {
        type = next_message(&view);
    }
    ck_assert_int_eq(type, DHCP_DISCOVER);
    ck_assert(!have(OURS));
    world_receive_into(s, NULL, &received);
    ck_assert_int_eq(received.error, WSAENETDOWN);
    world_fails(send_to(s, "192.0.2.9"), WSAENETDOWN);
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
    give_lease(&good);
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
    struct dhcp_reply reply = good;
    char first[46] = "";

    start_with("dhcp", _i == 0 ? NULL : "192.0.2.53");
    ck_assert_uint_eq(servers_known(first), (unsigned)_i);
    reply.dns[0] = "192.0.2.54";
    reply.dns[1] = "0.0.0.0";
    reply.dns[2] = "192.0.2.55";
    give_lease(&reply);
    ck_assert_uint_eq(servers_known(first), 2 + (unsigned)_i);
    ck_assert_str_eq(first, _i == 0 ? "192.0.2.54" : "192.0.2.53");
}
END_TEST

START_TEST(dhcp_is_told_by_the_ip_helper)
{
    struct dhcp_reply reply = good;
    IP_ADAPTER_ADDRESSES *list = malloc(65536);
    PIP_ADAPTER_UNICAST_ADDRESS address;
    SOCKADDR_STORAGE name;
    ULONG bytes = 65536;

    ck_assert_uint_eq(GetAdaptersAddresses(AF_UNSPEC, 0, NULL, list, &bytes), 0);
    ck_assert_uint_ne(list->Flags & IP_ADAPTER_DHCP_ENABLED, 0);
    ck_assert_ptr_null(list->Dhcpv4Server.lpSockaddr);
    ck_assert_uint_eq(list->Mtu, 1500);
    reply.mtu = 1400;
    give_lease(&reply);
    bytes = 65536;
    ck_assert_uint_eq(GetAdaptersAddresses(AF_INET, 0, NULL, list, &bytes), 0);
    ck_assert_uint_eq(list->Mtu, 1400);
    ck_assert_int_eq(list->Dhcpv4Server.iSockaddrLength, world_name(SERVER, 0, &name));
    ck_assert_mem_eq(list->Dhcpv4Server.lpSockaddr, &name, sizeof(struct sockaddr_in));
    address = list->FirstUnicastAddress;
    world_name(OURS, 0, &name);
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

    give_lease(&good);
    ck_assert_uint_eq(GetAdaptersInfo(info, &bytes), 0);
    ck_assert_uint_ne(info->DhcpEnabled, 0);
    ck_assert_str_eq(info->DhcpServer.IpAddress.String, SERVER);
    ck_assert_str_eq(info->IpAddressList.IpAddress.String, OURS);
    ck_assert_str_eq(info->GatewayList.IpAddress.String, ROUTER);
    ck_assert_int_eq(info->LeaseExpires - info->LeaseObtained, 600);
}
END_TEST

START_TEST(dhcp_options_may_stand_in_other_fields)
{
    struct dhcp_reply reply = good;

    reply.in_file = _i == 0 || _i == 2;
    reply.in_name = _i == 1 || _i == 2;
    give_lease(&reply);
    ck_assert(have(OURS));
}
END_TEST

START_TEST(dhcp_stands_beside_configured_addresses)
{
    start_with("dhcp 198.51.100.1/24", NULL);
    ck_assert(have("198.51.100.1"));
    ck_assert_int_eq(send_to(world_socket("0.0.0.0", NULL), "198.51.100.9"), 1);
    give_lease(&good);
    ck_assert(have(OURS));
    ck_assert(have("198.51.100.1"));
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
    ck_assert_int_eq(send_to(s, "198.51.100.9"), 1);
    world_next_sent(1, &view);
    ck_assert_uint_ne(view.dst_port, 67);
    give_lease(&good);
    ck_assert_int_eq(send_to(s, ELSEWHERE), 1);
    world_next_sent(0, &view);
    ck_assert_str_eq(view.dst, ELSEWHERE);
}
END_TEST

START_TEST(dhcp_asks_again_when_the_interface_was_down)
{
    struct frame_view view;
    char address[46];

    give_lease(&good);
    ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
    ck_assert_int_eq(winlwip_interface_set("mem0", true), 0);
    expect(&view, DHCP_REQUEST);
    dhcp_address(view.payload, view.payload_bytes, 50, address);
    ck_assert_str_eq(address, OURS);
    if (_i == 0) {
        answer(&view, DHCP_ACK, &good);
        world_settle(&(struct winlwip_stats){0});
        ck_assert(have(OURS));
    } else {
        while (next_message(&view) != DHCP_DISCOVER) {
        }
        wait_until(false, OURS); /* nobody has confirmed it */
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

    give_lease(&good);
    ck_assert_int_eq(pthread_create(&thread, NULL, clean_up, NULL), 0);
    expect(&view, DHCP_RELEASE);
    ck_assert_str_eq(view.dst, SERVER);
    dhcp_address(view.payload, view.payload_bytes, 0, address);
    ck_assert_str_eq(address, OURS);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &(WSADATA){0}), 0); /* for the teardown */
}
END_TEST

/* A start that waits for an address, while the test plays the server. */
static void *start_that_waits(void *unused)
{
    (void)unused;
    start_with_wait(WORLD_PATIENCE_MS);
    return NULL;
}

START_TEST(dhcp_start_waits_for_the_address)
{
    int64_t start_ms = world_now_ms();
    pthread_t thread;

    if (_i == 0) {
        ck_assert_int_eq(pthread_create(&thread, NULL, start_that_waits, NULL), 0);
        while (__atomic_load_n(&world.link[0], __ATOMIC_ACQUIRE) == NULL) {
            Sleep(1);
        }
        give_lease(&good);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        ck_assert(have(OURS));
    } else {
        start_with_wait(200); /* no server: the start goes on without */
        ck_assert_int_ge(world_now_ms() - start_ms, 200);
        ck_assert(!have(OURS));
    }
}
END_TEST

/* --- bad answers --- */

static const struct {
    struct dhcp_reply offer;
} bad_offers[] = {
    {{.address = "0.0.0.0", .server = SERVER}},
    {{.address = "127.0.0.1", .server = SERVER}},
    {{.address = "224.0.0.1", .server = SERVER}},
    {{.address = "255.255.255.255", .server = SERVER}},
    {{.address = "192.0.2.0", .server = SERVER, .mask = "255.255.255.0"}},
    {{.address = "192.0.2.255", .server = SERVER, .mask = "255.255.255.0"}},
    {{.address = OURS, .server = SERVER, .mask = "255.0.255.0"}},
    {{.address = OURS, .server = "224.0.0.1"}},
    {{.address = OURS}},
    {{.address = OURS, .server = SERVER, .router = "224.0.0.1"}},
    {{.address = OURS, .server = SERVER, .id_xor = 1}},
    {{.address = OURS, .server = SERVER, .mac_xor = 1}},
    {{.address = OURS, .server = SERVER, .request = true}},
    {{.address = OURS, .server = SERVER, .no_end = true}},
    {{.address = OURS, .server = SERVER, .extra = "\x33\x03xyz", .extra_bytes = 5}},
    {{.address = OURS, .server = SERVER, .extra = "\x01\xff", .extra_bytes = 2}},
    {{.address = OURS, .server = SERVER, .extra = "\x0c", .extra_bytes = 1, .no_end = true}},
};

enum { BAD_OFFERS = sizeof(bad_offers) / sizeof(bad_offers[0]) };

START_TEST(dhcp_bad_offers_are_ignored)
{
    struct winlwip_stats stats;
    struct frame_view view;

    expect(&view, DHCP_DISCOVER);
    for (unsigned i = 0; i < BAD_OFFERS; i++) {
        answer(&view, DHCP_OFFER, &bad_offers[i].offer);
    }
    world_settle(&stats);
    ck_assert_uint_ge(stats.fate[WINLWIP_FATE_DROP_DHCP_MALFORMED], BAD_OFFERS - 2);
    /* None of them was followed: the next message is a retry. */
    give_lease(&good);
}
END_TEST

START_TEST(dhcp_lease_without_term_is_none)
{
    struct dhcp_reply reply = good;
    struct frame_view view;

    expect(&view, DHCP_DISCOVER);
    answer(&view, DHCP_OFFER, &good);
    expect(&view, DHCP_REQUEST);
    reply.lease_s = 0;
    answer(&view, DHCP_ACK, &reply);
    world_settle(&(struct winlwip_stats){0});
    ck_assert(!have(OURS));
    expect(&view, DHCP_REQUEST);
    answer(&view, DHCP_ACK, &good);
    wait_until(true, OURS);
}
END_TEST

/* Good answers with a few bytes changed, cut at any place. What comes of them is a lease or none. */
START_TEST(dhcp_random_answers)
{
    static uint8_t message[DHCP_MESSAGE_MAX];
    struct dhcp_reply reply = good;
    struct prng prng;
    struct frame_view view;
    unsigned rounds = 3000;

    prng = (struct prng){.state = 4711 + (uint64_t)_i};
    reply.dns[0] = SERVER;
    expect(&view, DHCP_DISCOVER);
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
        world_inject(&(struct frame_spec){.src = SERVER, .dst = "255.255.255.255", .src_port = 67,
                                          .dst_port = 68, .payload = message,
                                          .payload_bytes = bytes});
        if (world_next_sent_within(0, &next, 0) && next.dst_port == 67) {
            view = next;
        }
    }
    world_settle(&(struct winlwip_stats){0});
}
END_TEST

Suite *suite_contract_dhcp(void)
{
    Suite *suite = suite_create("dhcp");
    TCase *one = tcase_create("one"), *own = tcase_create("own");

    tcase_set_timeout(one, 30);
    tcase_add_checked_fixture(one, set_up, world_teardown);
    tcase_add_test(one, dhcp_gives_address_and_router);
    tcase_add_test(one, dhcp_answer_may_be_for_the_address_to_come);
    tcase_add_test(one, dhcp_foreign_datagrams_go_nowhere);
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
    tcase_add_test(one, dhcp_bad_offers_are_ignored);
    tcase_add_test(one, dhcp_lease_without_term_is_none);
    tcase_add_loop_test(one, dhcp_random_answers, 0, 4);
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
