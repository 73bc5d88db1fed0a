/*
 * plan_others.c - frames that are no datagrams: ARP, ICMP, neighbour discovery, errors about what
 * the host sent, other protocols, rubbish. No state.
 */
#include <string.h>

#include "tests/equiv/draft.h"

static struct prng *dice(const struct draft *draft)
{
    return &draft->plan->prng;
}

static void arp(struct draft *draft)
{
    static const char *const ours[] = {"192.0.2.1", "192.0.2.7", "198.51.100.1", "192.0.2.8"};
    static struct frame frame;
    struct frame_arp_spec spec = {
        .operation = (uint16_t)(1 + prng_below(dice(draft), 2)),
        .sender = plan_peers4[prng_below(dice(draft), PLAN_PEERS)],
        .target = ours[prng_below(dice(draft), 4)],
        .hardware = prng_one_in(dice(draft), 10) ? 6 : 0,
        .cut_bytes = prng_one_in(dice(draft), 10) ? 8 : 0,
    };

    if (spec.operation == 2 && draft->link == 1) {
        memcpy(spec.dst_mac, frame_our_second_mac, 6);
    }
    frame_arp(&spec, &frame);
    draft_put(draft, frame.data, frame.bytes);
}

static void neighbour(struct draft *draft)
{
    static const char *const ours[] = {"2001:db8::1", "2001:db8::7", "2001:db8:2::1",
                                       "2001:db8::8"};
    static struct frame frame;
    const char *peer = plan_peers6[prng_below(dice(draft), 2)];

    if (prng_one_in(dice(draft), 2)) {
        frame_neighbour_solicitation(peer, ours[prng_below(dice(draft), 4)], &frame);
    } else {
        frame_neighbour_advertisement(peer, ours[draft->link * 2], &frame);
        if (draft->link == 1) {
            memcpy(frame.data, frame_our_second_mac, 6);
        }
    }
    draft_put(draft, frame.data, frame.bytes);
}

/* Our own address from which a role sends, and to which errors about that come. */
static const char *own_address(const struct draft *draft)
{
    static const char *const ours[2][2] = {{"192.0.2.1", "198.51.100.1"},
                                           {"2001:db8::1", "2001:db8:2::1"}};

    return ours[draft_is_v6(draft)][draft->link];
}

static void echo(struct draft *draft)
{
    struct frame_spec spec = draft->spec;

    spec.protocol = draft_is_v6(draft) ? FRAME_ICMP6 : FRAME_ICMP;
    spec.icmp_type = draft_is_v6(draft) ? 128 : 8;
    spec.transport_checksum_xor = prng_one_in(dice(draft), 10) ? 1 : 0;
    draft_put_spec(draft, &spec);
}

/* An error about a datagram that the draft's role may have sent. */
static void error(struct draft *draft)
{
    static const struct {
        uint8_t type, code;
        uint32_t rest;
    } errors[2][8] = {
        {{3, 0, 0}, {3, 1, 0}, {3, 2, 0}, {3, 3, 0}, {3, 3, 0}, {3, 4, 1200}, {11, 0, 0}, {4, 0, 0}},
        {{1, 0, 0}, {1, 3, 0}, {1, 4, 0}, {1, 4, 0}, {2, 0, 1300}, {3, 0, 0}, {4, 1, 6}, {2, 0, 40}},
    };
    static struct frame quote;
    bool is_v6 = draft_is_v6(draft);
    unsigned which = prng_below(dice(draft), 8);
    const char *us = own_address(draft);
    const char *peer = (is_v6 ? plan_peers6 : plan_peers4)[prng_below(dice(draft), PLAN_PEERS)];

    frame_build(&(struct frame_spec){.ip_only = true, .src = us, .dst = peer,
                                     .src_port = draft->role->port,
                                     .dst_port = FRAME_PEER_PORT, .text = "quoted",
                                     .dont_fragment = true},
                &quote);
    struct frame_spec spec = {
        .src = draft->spec.src,
        .dst = us,
        .protocol = is_v6 ? FRAME_ICMP6 : FRAME_ICMP,
        .icmp_type = errors[is_v6][which].type,
        .icmp_code = errors[is_v6][which].code,
        .icmp_rest = errors[is_v6][which].rest,
        .payload = quote.data,
        .payload_bytes = prng_one_in(dice(draft), 8) ? quote.bytes / 2 : quote.bytes,
    };
    if (draft->link == 1) {
        memcpy(spec.dst_mac, frame_our_second_mac, 6);
    }
    draft_put_spec(draft, &spec);
}

/* A query for group memberships: a report is sent a random time later. */
static void query(struct draft *draft)
{
    static const uint8_t group4[] = {0, 0, 0, 0};
    struct frame_spec spec = {.src = "192.0.2.200", .dst = "224.0.0.1", .ttl = 1,
                              .protocol = FRAME_ICMP, .icmp_type = 0x11, .icmp_code = 50,
                              .payload = group4, .payload_bytes = 0};
    static struct frame frame;

    frame_build(&spec, &frame);
    frame.data[14 + 9] = FRAME_IGMP;
    /* Another protocol, another sum: of the 20 bytes of the header without the old one. */
    frame.data[14 + 10] = frame.data[14 + 11] = 0;
    uint16_t sum = frame_checksum(frame.data + 14, 20, 0);
    frame.data[14 + 10] = (uint8_t)(sum >> 8);
    frame.data[14 + 11] = (uint8_t)sum;
    draft_put(draft, frame.data, frame.bytes);
}

static void other_protocol(struct draft *draft)
{
    static const uint8_t protocols[] = {FRAME_TCP, 132, FRAME_NO_NEXT, 47};
    struct frame_spec spec = draft->spec;

    spec.protocol = protocols[prng_below(dice(draft), 4)];
    draft_put_spec(draft, &spec);
}

/* Random bytes behind a MAC address of ours, or no address at all. */
static void rubbish(struct draft *draft)
{
    struct prng *prng = dice(draft);
    uint8_t bytes[128];
    size_t count = prng_below(prng, prng_one_in(prng, 2) ? 20 : sizeof(bytes));

    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)prng_next(prng);
    }
    if (count >= 14 && prng_one_in(prng, 2)) {
        memcpy(bytes, frame_our_mac, 6);
        memcpy(bytes + 12, prng_one_in(prng, 2) ? "\x08\x00\x45" : "\x86\xdd\x60", count > 14 ? 3 : 2);
    }
    draft_put(draft, bytes, count);
}

static void (*const others[])(struct draft *draft) = {
    arp, arp, arp, neighbour, neighbour, neighbour, echo, error, error, error, query,
    other_protocol, rubbish,
};

void draft_put_other(struct draft *draft)
{
    others[prng_below(dice(draft), sizeof(others) / sizeof(others[0]))](draft);
}
