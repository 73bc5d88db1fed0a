/*
 * routers.c - scripted advertisements of routers, and what the host makes of them.
 */
#include "tests/contract/routers.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/world_internal.h"

static void put32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

void advert_raw(struct advert *advert, const void *option, size_t bytes)
{
    ck_assert_uint_le(advert->bytes + bytes, sizeof(advert->body));
    memcpy(advert->body + advert->bytes, option, bytes);
    advert->bytes += bytes;
}

static void put_router_mac(const char *router, uint8_t *mac)
{
    uint8_t address[16];

    frame_address(router, address);
    memcpy(mac, (const uint8_t[]){2, 0, 0x5e, 0x10, 1, address[15]}, 6);
}

void advert_begin(struct advert *advert, const char *router, uint16_t lifetime_s)
{
    uint8_t option[8] = {1, 1};

    *advert = (struct advert){.router = router, .lifetime_s = lifetime_s, .bytes = 8};
    put_router_mac(router, option + 2);
    advert_raw(advert, option, sizeof(option));
}

void advert_prefix(struct advert *advert, const char *prefix, unsigned bits, unsigned flags,
                   uint32_t valid_s, uint32_t preferred_s)
{
    uint8_t option[32] = {3, 4, (uint8_t)bits, (uint8_t)flags};

    put32(option + 4, valid_s);
    put32(option + 8, preferred_s);
    frame_address(prefix, option + 16);
    advert_raw(advert, option, sizeof(option));
}

void advert_mtu(struct advert *advert, uint32_t mtu_bytes)
{
    uint8_t option[8] = {5, 1};

    put32(option + 4, mtu_bytes);
    advert_raw(advert, option, sizeof(option));
}

void advert_dns(struct advert *advert, const char *server, uint32_t lifetime_s)
{
    uint8_t option[24] = {25, 3};

    put32(option + 4, lifetime_s);
    frame_address(server, option + 8);
    advert_raw(advert, option, sizeof(option));
}

void advert_route(struct advert *advert, const char *prefix, unsigned bits, unsigned preference,
                  uint32_t lifetime_s)
{
    uint8_t option[24] = {24, 3, (uint8_t)bits, (uint8_t)(preference << 3)};

    put32(option + 4, lifetime_s);
    frame_address(prefix, option + 8);
    advert_raw(advert, option, sizeof(option));
}

void advert_send(const struct advert *advert, unsigned link)
{
    struct winlwip_stats stats;
    struct frame_spec spec = {
        .src = advert->router, .dst = "ff02::1",
        .ttl = advert->hop_limit != 0 ? advert->hop_limit : 255,
        .protocol = FRAME_ICMP6, .icmp_type = 134, .icmp_code = advert->code,
        .icmp_rest = 64u << 24 | advert->preference << 19 | advert->lifetime_s,
        .payload = advert->body, .payload_bytes = advert->bytes,
        .transport_checksum_xor = advert->bad_sum ? 1 : 0,
    };

    put_router_mac(advert->router, spec.src_mac);
    world_inject_on(link, &spec);
    world_settle(&stats);
}

void advert_router(const char *router, unsigned link, uint16_t lifetime_s)
{
    struct advert advert;

    advert_begin(&advert, router, lifetime_s);
    advert_send(&advert, link);
}

/* --- what the host shows --- */

static IP_ADAPTER_ADDRESSES *adapters(void)
{
    ULONG bytes = 65536;
    IP_ADAPTER_ADDRESSES *list = malloc(bytes);

    ck_assert_uint_eq(GetAdaptersAddresses(AF_UNSPEC, 0, NULL, list, &bytes), ERROR_SUCCESS);
    return list;
}

bool shown_address(const char *interface, const char *address, IP_ADAPTER_UNICAST_ADDRESS *out)
{
    IP_ADAPTER_ADDRESSES *list = adapters();
    uint8_t wanted[16];
    bool found = false;
    int family = frame_address(address, wanted);

    for (const IP_ADAPTER_ADDRESSES *one = list; one != NULL; one = one->Next) {
        for (const IP_ADAPTER_UNICAST_ADDRESS *at = one->FirstUnicastAddress;
             at != NULL && strcmp(one->AdapterName, interface) == 0; at = at->Next) {
            const SOCKADDR_IN *name4 = (const SOCKADDR_IN *)at->Address.lpSockaddr;
            const SOCKADDR_IN6 *name6 = (const SOCKADDR_IN6 *)at->Address.lpSockaddr;

            if (family == 4 ? name4->sin_family == AF_INET &&
                                  memcmp(&name4->sin_addr, wanted, 4) == 0
                            : name6->sin6_family == AF_INET6 &&
                                  memcmp(&name6->sin6_addr, wanted, 16) == 0) {
                *out = *at;
                found = true;
            }
        }
    }
    free(list);
    return found;
}

void wait_shown(const char *interface, const char *address, IP_DAD_STATE state)
{
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;
    IP_ADAPTER_UNICAST_ADDRESS shown;

    while (!shown_address(interface, address, &shown) || shown.DadState != state) {
        ck_assert_msg(world_now_ms() < end, "%s does not come to state %d", address, (int)state);
        world_pause();
    }
}

const char *shown_server(unsigned number)
{
    static char text[46];
    IP_ADAPTER_ADDRESSES *list = adapters();
    const IP_ADAPTER_DNS_SERVER_ADDRESS *at = list->FirstDnsServerAddress;

    text[0] = '\0';
    while (at != NULL && number-- > 0) {
        at = at->Next;
    }
    if (at != NULL) {
        const SOCKADDR_IN *name4 = (const SOCKADDR_IN *)at->Address.lpSockaddr;
        const SOCKADDR_IN6 *name6 = (const SOCKADDR_IN6 *)at->Address.lpSockaddr;
        bool v4 = name4->sin_family == AF_INET;

        frame_address_text(v4 ? (const uint8_t *)&name4->sin_addr
                              : (const uint8_t *)&name6->sin6_addr, v4 ? 4 : 16, text);
    }
    free(list);
    return text;
}

/* --- sends --- */

int send_word(SOCKET s, const char *address, const char *word)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, 7777, &name);

    WSASetLastError(0);
    sendto(s, word, (int)strlen(word), 0, (SOCKADDR *)&name, bytes);
    return WSAGetLastError();
}

unsigned leaves_to(SOCKET s, const char *address, unsigned link, struct frame_view *view)
{
    ck_assert_int_eq(send_word(s, address, "way"), 0);
    world_next_sent(link, view);
    ck_assert_str_eq(view->dst, address);
    return view->dst_mac[5];
}
