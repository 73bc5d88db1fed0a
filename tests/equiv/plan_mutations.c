/*
 * plan_mutations.c - what can be unusual or wrong with a datagram, one function each. No state.
 */
#include <string.h>

#include "tests/equiv/draft.h"

static struct prng *dice(const struct draft *draft)
{
    return &draft->plan->prng;
}

/* A small number other than 0. */
static int some(struct draft *draft)
{
    int value = 1 + (int)prng_below(dice(draft), prng_one_in(dice(draft), 4) ? 2000 : 12);

    return prng_one_in(dice(draft), 2) ? value : -value;
}

/* --- link layer --- */

static void other_mac(struct draft *draft)
{
    static const uint8_t macs[][6] = {
        {0x02, 0x00, 0x5e, 0x10, 0x00, 0x01}, /* ours: of one link or of the other */
        {0x02, 0x00, 0x5e, 0x10, 0x00, 0x02},
        {0x02, 0x00, 0x5e, 0x10, 0x00, 0x77},
        {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
        {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03}, /* of groups */
        {0x33, 0x33, 0x00, 0x01, 0x00, 0x03},
    };

    memcpy(draft->spec.dst_mac, macs[prng_below(dice(draft), 6)], 6);
}

static void vlan(struct draft *draft)
{
    draft->spec.vlan = (uint16_t)(1 + prng_below(dice(draft), 4095));
}

static void ethertype(struct draft *draft)
{
    static const uint16_t types[] = {0x0800, 0x86dd, 0x0806, 0x88cc, 60, 0x8864};

    draft->spec.ethertype = types[prng_below(dice(draft), 6)];
}

static void other_link(struct draft *draft)
{
    draft->link ^= 1;
    if (prng_one_in(dice(draft), 2)) {
        memcpy(draft->spec.dst_mac, draft->link == 0 ? frame_our_mac : frame_our_second_mac, 6);
    }
}

static void bare_ip(struct draft *draft)
{
    draft->lent.encapsulation = LINK_IP;
    draft->lent.cast = (uint8_t)(prng_one_in(dice(draft), 2) ? LINK_CAST_HOST
                                                            : prng_below(dice(draft), 4));
}

static void cast_of_ethernet(struct draft *draft)
{
    draft->lent.cast = (uint8_t)prng_below(dice(draft), 4); /* means nothing there */
}

static void sum_flags(struct draft *draft)
{
    draft->lent.flags |= prng_one_in(dice(draft), 2) ? LINK_FRAME_SUM_VERIFIED
                                                     : LINK_FRAME_SUM_PENDING;
    if (prng_one_in(dice(draft), 2)) {
        draft->spec.transport_checksum_xor = (uint16_t)prng_next(dice(draft));
    }
    draft->spec.no_checksum = prng_one_in(dice(draft), 4);
}

static void cut_flag(struct draft *draft)
{
    draft->lent.flags |= LINK_FRAME_CUT;
    draft->spec.cut_bytes = 1;
}

static void type_flag(struct draft *draft)
{
    draft->lent.flags |= LINK_FRAME_UNKNOWN_TYPE;
}

/* --- IP --- */

static void ttl(struct draft *draft)
{
    draft->spec.ttl = (uint8_t)prng_below(dice(draft), 3);
    draft->spec.ttl_zero = draft->spec.ttl == 0;
}

static void header_checksum(struct draft *draft)
{
    draft->spec.ip_checksum_xor = (uint16_t)prng_next(dice(draft));
}

static void ip_length(struct draft *draft)
{
    draft->spec.ip_length_add = some(draft);
}

static void version(struct draft *draft)
{
    static const int adds[2][4] = {{-4, 1, 2, 11}, {-2, -1, -6, 9}};

    draft->spec.ip_version_add = adds[draft_is_v6(draft)][prng_below(dice(draft), 4)];
}

static void header_words(struct draft *draft)
{
    draft->spec.ip_header_words_add = (int)prng_below(dice(draft), 16) - 5;
}

/* IPv4: options, good and bad. IPv6: extension headers. */
static void options(struct draft *draft)
{
    struct prng *prng = dice(draft);

    memset(draft->options, 1, sizeof(draft->options)); /* no operation */
    if (prng_one_in(prng, 3)) {
        draft->options[0] = 7; /* record route */
        draft->options[1] = (uint8_t)prng_below(prng, 16);
        draft->options[2] = 4;
    }
    draft->spec.options = draft->options;
    draft->spec.options_bytes = 1 + prng_below(prng, 40);
}

static void extensions(struct draft *draft)
{
    static const uint8_t types[] = {FRAME_HOP_BY_HOP, FRAME_DESTINATION, FRAME_ROUTING};
    struct prng *prng = dice(draft);

    memset(draft->options, 0, sizeof(draft->options));
    if (prng_one_in(prng, 2)) {
        draft->options[0] = (uint8_t)prng_next(prng);
        draft->options[1] = (uint8_t)prng_below(prng, 8);
    }
    draft->spec.extensions = draft->extension;
    draft->spec.extension_count = 1 + prng_below(prng, 2);
    for (unsigned i = 0; i < draft->spec.extension_count; i++) {
        draft->extension[i] = (struct frame_extension){
            .type = types[prng_below(prng, 3)],
            .body = draft->options,
            .bytes = 6 + 8 * prng_below(prng, 2),
            .length_add = prng_one_in(prng, 8) ? 1 : 0,
            .fragmentable = i == 1,
        };
    }
}

static void header_extras(struct draft *draft)
{
    if (draft_is_v6(draft)) {
        extensions(draft);
    } else {
        options(draft);
    }
}

/* A fragment that is the whole (RFC 6946), and lonely pieces. */
static void fragment_fields(struct draft *draft)
{
    struct frame_spec *spec = &draft->spec;

    spec->fragment = true;
    spec->more = prng_one_in(dice(draft), 3);
    if (prng_one_in(dice(draft), 3)) {
        spec->offset = 8 * prng_below(dice(draft), (unsigned)spec->payload_bytes / 8 + 1);
    }
}

static void odd_source(struct draft *draft)
{
    static const char *const odd4[] = {"192.0.2.1",   "192.0.2.255", "127.0.0.1", "224.1.1.1",
                                       "0.0.0.0",     "240.0.0.1",   "198.51.100.1",
                                       "255.255.255.255", "192.0.2.0", "198.51.100.255"};
    static const char *const odd6[] = {"::", "::1", "ff02::1", "2001:db8::1", "2001:db8:2::1",
                                       "::ffff:192.0.2.9", "fe80::5eff:fe10:1", "fec0::1",
                                       "::192.0.2.9", "2001:db8::"};
    const char *const *odd = draft_is_v6(draft) ? odd6 : odd4;

    draft->spec.src = odd[prng_below(dice(draft), 10)];
}

static void odd_target(struct draft *draft)
{
    static const char *const odd4[] = {"192.0.2.8", "198.51.100.1", "127.0.0.1", "0.0.0.0",
                                       "239.9.9.9", "224.0.0.1",    "192.0.2.0", "192.0.2.7",
                                       "198.51.100.255", "203.0.113.1"};
    static const char *const odd6[] = {"2001:db8::8", "2001:db8:2::1", "::1", "::", "ff05::9:9",
                                       "ff02::1", "fe80::1", "2001:db8::", "::ffff:192.0.2.1",
                                       "ff01::1"};
    const char *const *odd = draft_is_v6(draft) ? odd6 : odd4;

    draft->spec.dst = odd[prng_below(dice(draft), 10)];
}

/* A group or broadcast address in a frame to our own MAC address. */
static void own_mac(struct draft *draft)
{
    memcpy(draft->spec.dst_mac, draft->link == 0 ? frame_our_mac : frame_our_second_mac, 6);
}

static void protocol(struct draft *draft)
{
    static const uint8_t protocols[] = {FRAME_TCP, FRAME_IGMP, 41, 132, 136, 255, FRAME_NO_NEXT, 4};

    draft->spec.protocol = protocols[prng_below(dice(draft), 8)];
}

/* --- UDP --- */

static void other_port(struct draft *draft)
{
    static const uint16_t ports[] = {0, 1, 53, 5000, 5024, 65535};

    draft->spec.dst_port = prng_one_in(dice(draft), 2)
                               ? ports[prng_below(dice(draft), 6)]
                               : (uint16_t)(5001 + prng_below(dice(draft), 22));
}

static void source_port(struct draft *draft)
{
    /* frame_build() takes 0 for none named: a length that is wrong in another way does. */
    draft->spec.src_port = (uint16_t)(prng_one_in(dice(draft), 2) ? 1 : 5001);
}

static void checksum_zero(struct draft *draft)
{
    draft->spec.no_checksum = true;
}

static void checksum_wrong(struct draft *draft)
{
    draft->spec.transport_checksum_xor =
        (uint16_t)(prng_one_in(dice(draft), 4) ? 0xffff : prng_next(dice(draft)));
}

/* Chooses two bytes of payload so that the checksum comes out as 0, which is sent as all ones. */
static void checksum_all_ones(struct draft *draft)
{
    static struct frame frame;
    size_t at = draft_is_v6(draft) ? 14 + 40 + 6 : 14 + 20 + 6;

    if (draft->spec.payload_bytes < 2) {
        return;
    }
    memset(draft->payload, 0, 2);
    frame_build(&(struct frame_spec){.src = draft->spec.src, .dst = draft->spec.dst,
                                     .src_port = draft->spec.src_port,
                                     .dst_port = draft->spec.dst_port,
                                     .payload = draft->payload,
                                     .payload_bytes = draft->spec.payload_bytes},
                &frame);
    memcpy(draft->payload, frame.data + at, 2);
}

static void udp_length(struct draft *draft)
{
    draft->spec.udp_length_add = some(draft);
}

/* Shorter than its own header. */
static void udp_length_short(struct draft *draft)
{
    int length = (int)draft->spec.payload_bytes + 8;

    draft->spec.udp_length_add = (int)prng_below(dice(draft), 9) - length;
}

/* Near the end of 16 bits, and beyond what the stack takes of IPv6. Costs a lot: seldom. */
static void huge(struct draft *draft)
{
    if (prng_one_in(dice(draft), 20)) {
        draft_fill(draft, 65430 + prng_below(dice(draft), 80));
        if (prng_one_in(dice(draft), 2)) {
            bare_ip(draft); /* an Ethernet frame is too long before an IPv6 packet is */
        }
    }
}

/* Only a part of the IP payload is the datagram: allowed, and the checksum covers that part. */
static void udp_shorter(struct draft *draft)
{
    draft->spec.trailer_bytes = 1 + (int)prng_below(dice(draft), 8);
    draft->spec.ip_length_add = draft->spec.trailer_bytes;
}

/* --- the whole frame --- */

static void padding(struct draft *draft)
{
    draft->spec.trailer_bytes = 1 + (int)prng_below(dice(draft), 60);
}

static void cut(struct draft *draft)
{
    draft->spec.cut_bytes = 1 + (int)prng_below(dice(draft), 20);
}

static void flip(struct draft *draft)
{
    draft->flips = 1 + prng_below(dice(draft), 2);
}

/* Those that leave a superframe a superframe. */
static void (*const sound[])(struct draft *draft) = {
    other_mac, bare_ip, ttl, odd_source, odd_target, own_mac, other_port,
};

enum { SOUND = sizeof(sound) / sizeof(sound[0]) };

void draft_mutate_soundly(struct draft *draft)
{
    sound[prng_below(dice(draft), SOUND)](draft);
}

static void (*const mutations[])(struct draft *draft) = {
    other_mac,       vlan,          ethertype,      other_link,     bare_ip,
    bare_ip,         sum_flags,     sum_flags,      cut_flag,       type_flag,
    ttl,             ttl,           header_checksum, ip_length,     version,
    header_words,    header_extras, header_extras,  fragment_fields, odd_source,
    odd_source,      odd_target,    own_mac,        protocol,       other_port,
    other_port,      source_port,   checksum_zero,  checksum_zero,  checksum_wrong,
    checksum_all_ones, checksum_all_ones, udp_length, udp_length_short, udp_shorter,  padding,
    padding,         padding,       cut,            flip,           flip,
    cast_of_ethernet, huge,
};

enum { MUTATIONS = sizeof(mutations) / sizeof(mutations[0]) };

void draft_mutate(struct draft *draft)
{
    unsigned times = prng_one_in(dice(draft), 5) ? 2 : 1;

    for (; times != 0; times--) {
        mutations[prng_below(dice(draft), MUTATIONS)](draft);
    }
}
