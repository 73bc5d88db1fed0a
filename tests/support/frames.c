/*
 * frames.c - builds frames for tests. No state.
 *
 * A packet is put together from the inside out: first everything that a fragment header may cut
 * into pieces (IPv6 destination options, transport header, payload), then the piece of it that the
 * spec asks for, then the headers that every fragment repeats, then IP, then Ethernet.
 */
#include "tests/support/frames.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const uint8_t frame_our_mac[6] = {0x02, 0x00, 0x5e, 0x10, 0x00, 0x01};
const uint8_t frame_our_second_mac[6] = {0x02, 0x00, 0x5e, 0x10, 0x00, 0x02};
const uint8_t frame_peer_mac[6] = {0x02, 0x00, 0x5e, 0x20, 0x00, 0x09};
const uint8_t frame_broadcast_mac[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* Room for the fragmentable part: more than any IP length can express, so that lies can be told. */
#define INNER_MAX_BYTES 65535

struct address {
    int family; /* 4 or 6 */
    size_t bytes;
    uint8_t data[16];
};

struct inner {
    uint8_t first_header; /* what the header before it calls it */
    size_t bytes;
    uint8_t data[INNER_MAX_BYTES];
};

static void die(const char *why, const char *what)
{
    fprintf(stderr, "frames: %s: %s\n", why, what);
    abort();
}

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, (uint16_t)(value >> 16));
    put16(at + 2, (uint16_t)value);
}

static struct address parse_address(const char *text)
{
    struct address a = {.family = 4, .bytes = 4};

    if (text == NULL) {
        die("an address is missing", "");
    } else if (inet_pton(AF_INET, text, a.data) != 1) {
        a.family = 6;
        a.bytes = 16;
        if (inet_pton(AF_INET6, text, a.data) != 1)
            die("not an address", text);
    }
    return a;
}

int frame_address(const char *text, uint8_t *out)
{
    struct address address = parse_address(text);

    memcpy(out, address.data, address.bytes);
    return address.family;
}

void frame_address_text(const uint8_t *address, size_t bytes, char *out)
{
    if (inet_ntop(bytes == 4 ? AF_INET : AF_INET6, address, out, INET6_ADDRSTRLEN) == NULL)
        die("an address without text", "");
}

uint16_t frame_checksum(const void *data, size_t bytes, uint32_t sum)
{
    const uint8_t *p = data;
    uint64_t total = sum;

    for (size_t i = 0; i + 1 < bytes; i += 2)
        total += (uint32_t)(p[i] << 8 | p[i + 1]);
    if (bytes % 2 != 0)
        total += (uint32_t)p[bytes - 1] << 8;
    while (total > 0xffff)
        total = (total >> 16) + (total & 0xffff);
    return (uint16_t)~total;
}

/* The sum of the pseudo header (RFC 768, RFC 8200 section 8.1). */
static uint32_t pseudo_sum(const struct address *src, const struct address *dst, uint8_t protocol,
                           size_t bytes)
{
    uint32_t sum = protocol + (uint32_t)(bytes >> 16) + (uint32_t)(bytes & 0xffff);

    for (size_t i = 0; i < src->bytes; i += 2)
        sum += (uint32_t)(src->data[i] << 8 | src->data[i + 1]) +
               (uint32_t)(dst->data[i] << 8 | dst->data[i + 1]);
    return sum;
}

static void append(struct inner *inner, const void *data, size_t bytes)
{
    if (inner->bytes + bytes > sizeof(inner->data))
        die("packet too long", "");
    if (data != NULL)
        memcpy(inner->data + inner->bytes, data, bytes);
    else
        memset(inner->data + inner->bytes, 0, bytes);
    inner->bytes += bytes;
}

static uint8_t spec_protocol(const struct frame_spec *spec)
{
    return spec->protocol != 0 ? spec->protocol : FRAME_UDP;
}

static size_t extension_bytes(const struct frame_extension *extension)
{
    return extension->total_bytes != 0 ? extension->total_bytes
                                       : (2 + extension->bytes + 7) / 8 * 8;
}

static void put_extension(uint8_t *at, const struct frame_extension *extension, uint8_t next)
{
    size_t bytes = extension_bytes(extension);

    memset(at, 0, bytes);
    at[0] = next;
    at[1] = (uint8_t)((int)(bytes / 8 - 1) + extension->length_add);
    if (extension->bytes > 0)
        memcpy(at + 2, extension->body, extension->bytes);
}

/* The next extension of the wanted kind from index i on, or the count. */
static size_t next_extension(const struct frame_spec *spec, size_t i, bool fragmentable)
{
    while (i < spec->extension_count && spec->extensions[i].fragmentable != fragmentable)
        i++;
    return i;
}

/* What the header before the extension at index i (or the transport) has to call it. */
static uint8_t header_name(const struct frame_spec *spec, size_t i, uint8_t after)
{
    return i < spec->extension_count ? spec->extensions[i].type : after;
}

static void append_udp(struct inner *inner, const struct frame_spec *spec, size_t payload_bytes)
{
    uint8_t header[8] = {0};

    put16(header, spec->src_port != 0 ? spec->src_port : FRAME_PEER_PORT);
    put16(header + 2, spec->dst_port);
    put16(header + 4, (uint16_t)((int)(8 + payload_bytes) + spec->udp_length_add));
    append(inner, header, sizeof(header));
}

static void append_icmp(struct inner *inner, const struct frame_spec *spec)
{
    uint8_t header[8] = {spec->icmp_type, spec->icmp_code};

    put32(header + 4, spec->icmp_rest);
    append(inner, header, sizeof(header));
}

/* Puts the transport checksum in place; at: where the transport header begins in inner. */
static void fill_checksum(struct inner *inner, const struct frame_spec *spec, size_t at,
                          const struct address *src, const struct address *dst)
{
    uint8_t protocol = spec_protocol(spec);
    uint8_t *header = inner->data + at;
    size_t bytes = inner->bytes - at;
    uint8_t *field = protocol == FRAME_UDP ? header + 6 : header + 2;
    uint16_t sum;

    if (spec->no_checksum)
        return;
    sum = frame_checksum(header, bytes,
                         protocol == FRAME_ICMP ? 0 : pseudo_sum(src, dst, protocol, bytes));
    if (protocol == FRAME_UDP && sum == 0)
        sum = 0xffff; /* RFC 768: zero means that there is none */
    put16(field, sum ^ spec->transport_checksum_xor);
}

/* Extension headers that are fragmentable, transport header and payload. */
static void build_inner(const struct frame_spec *spec, const struct address *src,
                        const struct address *dst, struct inner *inner)
{
    uint8_t protocol = spec_protocol(spec);
    const void *payload = spec->text != NULL ? spec->text : spec->payload;
    size_t payload_bytes = spec->text != NULL ? strlen(spec->text) : spec->payload_bytes;
    size_t i = next_extension(spec, 0, true);
    size_t transport;

    inner->bytes = 0;
    inner->first_header = header_name(spec, i, protocol);
    while (i < spec->extension_count) {
        size_t next = next_extension(spec, i + 1, true);
        uint8_t *at = inner->data + inner->bytes;

        append(inner, NULL, extension_bytes(&spec->extensions[i]));
        put_extension(at, &spec->extensions[i], header_name(spec, next, protocol));
        i = next;
    }
    transport = inner->bytes;
    if (protocol == FRAME_UDP)
        append_udp(inner, spec, payload_bytes);
    else if (protocol == FRAME_ICMP || protocol == FRAME_ICMP6)
        append_icmp(inner, spec);
    append(inner, payload, payload_bytes);
    if (protocol == FRAME_UDP || protocol == FRAME_ICMP || protocol == FRAME_ICMP6)
        fill_checksum(inner, spec, transport, src, dst);
}

static bool is_fragment(const struct frame_spec *spec)
{
    return spec->fragment || spec->offset != 0 || spec->more;
}

/* The part of inner that this frame carries. */
static const uint8_t *take_piece(const struct frame_spec *spec, const struct inner *inner,
                                 size_t *bytes)
{
    if (spec->offset > inner->bytes || spec->offset % 8 != 0)
        die("fragment offset out of range", "");
    *bytes = inner->bytes - spec->offset;
    if (spec->piece_bytes != 0 && spec->piece_bytes < *bytes)
        *bytes = spec->piece_bytes;
    return inner->data + spec->offset;
}

/* Writes the IPv4 header and returns its length. */
static size_t put_ipv4(uint8_t *at, const struct frame_spec *spec, const struct address *src,
                       const struct address *dst, uint8_t protocol, size_t piece_bytes)
{
    size_t options = (spec->options_bytes + 3) / 4 * 4;
    size_t bytes = 20 + options;
    unsigned fragment = spec->offset / 8;

    if (options > 40)
        die("IPv4 options too long", "");
    memset(at, 0, bytes);
    at[0] = (uint8_t)((4 + spec->ip_version_add) << 4 |
                      (((int)(bytes / 4) + spec->ip_header_words_add) & 0x0f));
    at[1] = spec->tos;
    put16(at + 2, (uint16_t)((int)(bytes + piece_bytes) + spec->ip_length_add));
    put16(at + 4, (uint16_t)spec->id);
    if (spec->more)
        fragment |= 0x2000;
    if (spec->dont_fragment)
        fragment |= 0x4000;
    put16(at + 6, (uint16_t)fragment);
    at[8] = spec->ttl_zero ? 0 : spec->ttl != 0 ? spec->ttl : 64;
    at[9] = protocol;
    memcpy(at + 12, src->data, 4);
    memcpy(at + 16, dst->data, 4);
    if (spec->options_bytes > 0)
        memcpy(at + 20, spec->options, spec->options_bytes);
    put16(at + 10, frame_checksum(at, bytes, 0) ^ spec->ip_checksum_xor);
    return bytes;
}

/* Writes the IPv6 header and the headers that every fragment repeats; returns their length. */
static size_t put_ipv6(uint8_t *at, const struct frame_spec *spec, const struct address *src,
                       const struct address *dst, uint8_t inner_header, size_t piece_bytes)
{
    uint8_t after = is_fragment(spec) ? FRAME_FRAGMENT : inner_header;
    size_t i = next_extension(spec, 0, false);
    size_t bytes = 40;

    memset(at, 0, 40);
    put32(at, (uint32_t)(6 + spec->ip_version_add) << 28 | (uint32_t)spec->tos << 20 |
                  (spec->flow & 0xfffff));
    at[6] = header_name(spec, i, after);
    at[7] = spec->ttl_zero ? 0 : spec->ttl != 0 ? spec->ttl : 64;
    memcpy(at + 8, src->data, 16);
    memcpy(at + 24, dst->data, 16);
    while (i < spec->extension_count) {
        size_t next = next_extension(spec, i + 1, false);

        put_extension(at + bytes, &spec->extensions[i], header_name(spec, next, after));
        bytes += extension_bytes(&spec->extensions[i]);
        i = next;
    }
    if (is_fragment(spec)) {
        at[bytes] = inner_header;
        at[bytes + 1] = 0;
        put16(at + bytes + 2, (uint16_t)(spec->offset | (spec->more ? 1 : 0)));
        put32(at + bytes + 4, spec->id);
        bytes += 8;
    }
    put16(at + 4, (uint16_t)((int)(bytes - 40 + piece_bytes) + spec->ip_length_add));
    return bytes;
}

static bool mac_is_set(const uint8_t *mac)
{
    static const uint8_t zero[6];

    return memcmp(mac, zero, 6) != 0;
}

/* The MAC address that a frame for dst is sent to when the spec names none. */
static void default_mac(const struct address *dst, uint8_t *mac)
{
    memcpy(mac, frame_our_mac, 6);
    if (dst->family == 4 && memcmp(dst->data, "\xff\xff\xff\xff", 4) == 0) {
        memcpy(mac, frame_broadcast_mac, 6);
    } else if (dst->family == 4 && (dst->data[0] & 0xf0) == 0xe0) {
        memcpy(mac, "\x01\x00\x5e", 3);
        memcpy(mac + 3, dst->data + 1, 3);
        mac[3] &= 0x7f;
    } else if (dst->family == 6 && dst->data[0] == 0xff) {
        memcpy(mac, "\x33\x33", 2);
        memcpy(mac + 2, dst->data + 12, 4);
    }
}

/* Writes the Ethernet header (none for ip_only) and returns its length. */
static size_t put_ethernet(uint8_t *at, const struct frame_spec *spec, const struct address *dst)
{
    size_t bytes = 12;

    if (spec->ip_only)
        return 0;
    if (mac_is_set(spec->dst_mac))
        memcpy(at, spec->dst_mac, 6);
    else
        default_mac(dst, at);
    memcpy(at + 6, mac_is_set(spec->src_mac) ? spec->src_mac : frame_peer_mac, 6);
    if (spec->vlan != 0) {
        put16(at + bytes, 0x8100);
        put16(at + bytes + 2, spec->vlan);
        bytes += 4;
    }
    put16(at + bytes, spec->ethertype != 0 ? spec->ethertype
                      : dst->family == 4   ? 0x0800
                                           : 0x86dd);
    return bytes + 2;
}

void frame_build(const struct frame_spec *spec, struct frame *out)
{
    struct address src = parse_address(spec->src), dst = parse_address(spec->dst);
    struct inner *inner = malloc(sizeof(*inner));
    const uint8_t *piece;
    size_t piece_bytes, at;

    if (inner == NULL || src.family != dst.family)
        die("no memory, or families differ", spec->dst);
    build_inner(spec, &src, &dst, inner);
    piece = take_piece(spec, inner, &piece_bytes);
    at = put_ethernet(out->data, spec, &dst);
    if (dst.family == 4)
        at += put_ipv4(out->data + at, spec, &src, &dst, spec_protocol(spec), piece_bytes);
    else
        at += put_ipv6(out->data + at, spec, &src, &dst, inner->first_header, piece_bytes);
    if (at + piece_bytes + (size_t)spec->trailer_bytes > sizeof(out->data))
        die("frame too long", "");
    memcpy(out->data + at, piece, piece_bytes);
    at += piece_bytes;
    memset(out->data + at, 0, (size_t)spec->trailer_bytes);
    at += (size_t)spec->trailer_bytes;
    if ((size_t)spec->cut_bytes > at)
        die("more cut off than there is", "");
    out->bytes = at - (size_t)spec->cut_bytes;
    free(inner);
}

void frame_leave_sum(struct frame *frame, size_t start, size_t offset)
{
    uint8_t *field = frame->data + start + offset;
    uint16_t sum = (uint16_t)(field[0] << 8 | field[1]);
    uint32_t pseudo;

    /* The complement of the checksum, less the sum of everything but the pseudo header. */
    put16(field, 0);
    pseudo = (uint32_t)(uint16_t)~sum +
             frame_checksum(frame->data + start, frame->bytes - start, 0);
    put16(field, (uint16_t)((pseudo & 0xffff) + (pseudo >> 16)));
}

size_t frame_fragmentable_bytes(const struct frame_spec *spec)
{
    struct address src = parse_address(spec->src), dst = parse_address(spec->dst);
    struct inner *inner = malloc(sizeof(*inner));
    size_t bytes;

    if (inner == NULL)
        die("no memory", "");
    build_inner(spec, &src, &dst, inner);
    bytes = inner->bytes;
    free(inner);
    return bytes;
}

void frame_fragments(const struct frame_spec *spec, size_t piece_bytes, struct frame_list *out)
{
    size_t total = frame_fragmentable_bytes(spec), step = piece_bytes / 8 * 8;
    struct frame_spec piece = *spec;

    if (step == 0)
        die("fragments too small", "");
    out->count = (total + step - 1) / step;
    out->frames = malloc(out->count * sizeof(*out->frames));
    if (out->frames == NULL)
        die("no memory", "");
    for (size_t i = 0; i < out->count; i++) {
        piece.fragment = true;
        piece.offset = (uint32_t)(i * step);
        piece.piece_bytes = (uint32_t)step;
        piece.more = i + 1 < out->count;
        frame_build(&piece, &out->frames[i]);
    }
}

void frame_list_free(struct frame_list *list)
{
    free(list->frames);
    *list = (struct frame_list){0};
}

void frame_arp(const struct frame_arp_spec *spec, struct frame *out)
{
    struct address sender = parse_address(spec->sender), target = parse_address(spec->target);
    const uint8_t *sender_mac = mac_is_set(spec->sender_mac) ? spec->sender_mac : frame_peer_mac;
    uint8_t *at = out->data;

    memset(at, 0, 42);
    memcpy(at, mac_is_set(spec->dst_mac) ? spec->dst_mac
               : spec->operation == 1    ? frame_broadcast_mac
                                         : frame_our_mac,
           6);
    memcpy(at + 6, sender_mac, 6);
    put16(at + 12, 0x0806);
    put16(at + 14, spec->hardware != 0 ? spec->hardware : 1);
    put16(at + 16, 0x0800);
    at[18] = 6;
    at[19] = spec->address_bytes != 0 ? spec->address_bytes : 4;
    put16(at + 20, spec->operation);
    memcpy(at + 22, sender_mac, 6);
    memcpy(at + 28, sender.data, 4);
    memcpy(at + 32, spec->target_mac, 6);
    memcpy(at + 38, target.data, 4);
    out->bytes = 42 - (size_t)spec->cut_bytes;
}

void frame_neighbour_solicitation(const char *src, const char *target, struct frame *out)
{
    struct address address = parse_address(target);
    uint8_t body[24] = {0}, group[16] = {0xff, 0x02, [11] = 0x01, 0xff};
    char dst[INET6_ADDRSTRLEN];

    memcpy(group + 13, address.data + 13, 3); /* RFC 4291 section 2.7.1 */
    inet_ntop(AF_INET6, group, dst, sizeof(dst));
    memcpy(body, address.data, 16);
    body[16] = 1; /* source link-layer address */
    body[17] = 1;
    memcpy(body + 18, frame_peer_mac, 6);
    frame_build(&(struct frame_spec){.src = src, .dst = dst, .ttl = 255, .protocol = FRAME_ICMP6,
                                     .icmp_type = 135, .payload = body,
                                     .payload_bytes = sizeof(body)},
                out);
}

void frame_neighbour_advertisement(const char *target, const char *dst, struct frame *out)
{
    struct address address = parse_address(target);
    uint8_t body[24] = {0};

    memcpy(body, address.data, 16);
    body[16] = 2; /* target link-layer address */
    body[17] = 1;
    memcpy(body + 18, frame_peer_mac, 6);
    frame_build(&(struct frame_spec){.src = target, .dst = dst, .ttl = 255,
                                     .protocol = FRAME_ICMP6, .icmp_type = 136,
                                     .icmp_rest = 0x60000000, .payload = body,
                                     .payload_bytes = sizeof(body)},
                out);
}
