/*
 * quote.c - builds ICMP errors. No state.
 */
#include "tests/contract/quote.h"

#include <string.h>

#define QUOTED_MAX_BYTES 528

static const char *or_else(const char *wanted, const char *otherwise)
{
    return wanted != NULL ? wanted : otherwise;
}

void quote_inject(const struct quote_spec *spec)
{
    static struct frame inner;
    bool v4 = spec->family->af == AF_INET;
    struct frame_spec quoted = spec->change, outer = spec->outer;

    quoted.ip_only = true;
    quoted.src = or_else(quoted.src, spec->family->us);
    quoted.dst = or_else(quoted.dst, spec->family->peer);
    quoted.src_port = quoted.src_port != 0 ? quoted.src_port : spec->port;
    quoted.dst_port = quoted.dst_port != 0 ? quoted.dst_port : QUOTE_PORT;
    if (quoted.payload_bytes == 0 && quoted.text == NULL) {
        quoted.text = "provoke";
    }
    frame_build(&quoted, &inner);
    outer.src = or_else(outer.src, spec->family->other_peer);
    outer.dst = or_else(outer.dst, spec->family->us);
    outer.protocol = v4 ? FRAME_ICMP : FRAME_ICMP6;
    outer.icmp_type = spec->type;
    outer.icmp_code = spec->code;
    outer.icmp_rest = spec->rest;
    outer.payload = inner.data;
    if (outer.payload_bytes == 0) {
        outer.payload_bytes = inner.bytes < QUOTED_MAX_BYTES ? inner.bytes : QUOTED_MAX_BYTES;
    }
    world_inject(&outer);
}

void quote_send(SOCKET s, const char *address, uint16_t port, const char *text)
{
    SOCKADDR_STORAGE name;
    int name_bytes = world_name(address, port, &name);
    int bytes = (int)strlen(text);

    ck_assert_int_eq(sendto(s, text, bytes, 0, (struct sockaddr *)&name, name_bytes), bytes);
}

void quote_provoke(SOCKET s, const struct world_family *family)
{
    struct frame_view view;

    quote_send(s, family->peer, QUOTE_PORT, "provoke");
    world_next_sent(0, &view);
    ck_assert_uint_eq(view.dst_port, QUOTE_PORT);
}

void quote_refuse(const struct world_family *family, uint16_t port)
{
    quote_inject(&(struct quote_spec){
        .family = family, .port = port, QUOTE_PORT_UNREACHABLE(family)});
}

void quote_expect_error(SOCKET s, int error, const char *peer, uint16_t peer_port)
{
    static struct received received;

    world_receive_into(s, NULL, &received);
    ck_assert_int_eq(received.result, SOCKET_ERROR);
    ck_assert_int_eq(received.error, error);
    world_assert_name(&received, peer, peer_port);
    ck_assert_uint_eq(received.bytes, 0xdeadbeef);
    ck_assert_uint_eq(received.data[0], 0xa5);
    ck_assert_uint_eq(received.flags, 0);
    ck_assert_uint_eq(received.control_len, WORLD_CONTROL_BYTES);
}

uint64_t quote_fate(enum winlwip_fate fate)
{
    struct winlwip_stats stats;

    world_settle(&stats);
    return stats.fate[fate];
}
