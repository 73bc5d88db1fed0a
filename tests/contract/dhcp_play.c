/*
 * dhcp_play.c - see dhcp_play.h.
 */
#include "tests/contract/dhcp_play.h"

#include "tests/support/world_internal.h"

const struct dhcp_reply play_good = {
    .address = DHCP_OURS, .server = DHCP_SERVER, .mask = "255.255.255.0", .router = DHCP_ROUTER,
    .lease_s = 600,
};

void play_start(const char *addresses, const char *dns)
{
    world_start(&(struct world_options){
        .links = 1, .addresses = {addresses}, .dns = dns, .link = {{.real_time = true}}});
}

void play_set_up(void)
{
    play_start("dhcp", NULL);
}

void play_configure_waiting(unsigned wait_ms)
{
    world_begin();
    world_configure(&(struct world_options){.links = 1, .addresses = {"dhcp"}, .wait_ms = wait_ms,
                                            .link = {{.real_time = true}}});
}

int play_next(struct frame_view *view)
{
    do {
        world_next_sent(0, view);
    } while (view->dst_port != 67);
    ck_assert_uint_eq(view->src_port, 68);
    return dhcp_type(view->payload, view->payload_bytes);
}

void play_expect(struct frame_view *view, int type)
{
    ck_assert_int_eq(play_next(view), type);
}

void play_answer_to(const struct frame_view *view, const struct dhcp_reply *reply,
                      const char *target)
{
    static uint8_t message[DHCP_MESSAGE_MAX];
    size_t bytes = dhcp_reply_write(view->payload, view->payload_bytes, reply, message);

    world_inject(&(struct frame_spec){.src = DHCP_SERVER, .dst = target,
                                      .src_port = 67, .dst_port = 68,
                                      .payload = message, .payload_bytes = bytes});
}

void play_answer(const struct frame_view *view, int type, const struct dhcp_reply *reply)
{
    struct dhcp_reply typed = *reply;

    typed.type = type;
    play_answer_to(view, &typed, "255.255.255.255");
}

void play_give_lease(const struct dhcp_reply *reply)
{
    struct winlwip_stats stats;
    struct frame_view view;
    char address[46];

    play_expect(&view, DHCP_DISCOVER);
    ck_assert_str_eq(view.src, "0.0.0.0");
    ck_assert_str_eq(view.dst, "255.255.255.255");
    play_answer(&view, DHCP_OFFER, reply);
    play_expect(&view, DHCP_REQUEST);
    dhcp_address(view.payload, view.payload_bytes, 50, address);
    ck_assert_str_eq(address, reply->address);
    dhcp_address(view.payload, view.payload_bytes, 54, address);
    ck_assert_str_eq(address, DHCP_SERVER);
    play_answer(&view, DHCP_ACK, reply);
    world_settle(&stats);
}

int play_bind(SOCKET s, const char *address, uint16_t port)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, port, &name);

    return bind(s, (struct sockaddr *)&name, bytes);
}

SOCKET play_socket(void)
{
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_uint_ne(s, INVALID_SOCKET);
    return s;
}

bool play_have(const char *address)
{
    SOCKET s = play_socket();
    int result = play_bind(s, address, 0);

    ck_assert(result == 0 || WSAGetLastError() == WSAEADDRNOTAVAIL);
    ck_assert_int_eq(closesocket(s), 0);
    return result == 0;
}

void play_wait_until(bool wanted, const char *address)
{
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    while (play_have(address) != wanted && world_now_ms() < end) {
        Sleep(5);
    }
    ck_assert(play_have(address) == wanted);
}

int play_send(SOCKET s, const char *address)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, 7, &name);

    return sendto(s, "x", 1, 0, (struct sockaddr *)&name, bytes);
}
