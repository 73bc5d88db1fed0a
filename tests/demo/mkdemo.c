/*
 * mkdemo.c - writes examples/demo.pcapng, the capture that "make demo" replays.
 *
 * A table of frames, each with a payload that says what it is, built by tests/support/frames.c and
 * written as a pcapng file (draft-ietf-opsawg-pcapng), little endian, with times in microseconds.
 * The same program gives the same bytes every time.
 *
 * Addresses are those of documentation (RFC 5737, RFC 3849). The host is 192.0.2.1 and
 * 2001:db8::1 with the MAC address of frame_our_mac, as examples/demo.conf has it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/frames.h"

/* 2025-01-01 00:00:00 UTC in microseconds, and the time between two frames. */
#define START_US (UINT64_C(1735689600) * 1000000)
#define STEP_US 1000

/* Longer than any reassembly waits (IPv6: 60 s), so that what never completes is given up. */
#define PAUSE_US (UINT64_C(70) * 1000000)

/* Ports: the sockets of the demo. */
enum {
    PORT = 5000,        /* ordinary */
    PORT_SMALL = 5001,  /* a payload buffer of 24 bytes */
    PORT_SHORT = 5002,  /* a control buffer of 40 bytes */
    PORT_BOTH = 5003,   /* both */
    PORT_CLOSED = 5009, /* no socket */
};

#define US4 "192.0.2.1"
#define PEER4 "192.0.2.9"
#define US6 "2001:db8::1"
#define PEER6 "2001:db8::9"
#define GROUP4 "239.1.2.3"
#define GROUP6 "ff15::1234"

#define BROADCAST_MAC {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

#define LINK_TYPE_ETHERNET 1

struct writer {
    FILE *file;
    uint64_t time_us;
};

/* --- pcapng --- */

static void put(struct writer *writer, const void *data, size_t bytes)
{
    if (fwrite(data, 1, bytes, writer->file) != bytes) {
        perror("mkdemo");
        exit(1);
    }
}

static void put32(struct writer *writer, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                        (uint8_t)(value >> 24)};

    put(writer, bytes, sizeof(bytes));
}

/* Section header, then one Ethernet interface without options: microseconds. */
static void put_header(struct writer *writer)
{
    static const uint32_t words[] = {
        0x0a0d0d0a, 28, 0x1a2b3c4d, 1 /* version 1.0 */, 0xffffffff, 0xffffffff, 28,
        1, 20, LINK_TYPE_ETHERNET, 0 /* no snap length */, 20,
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        put32(writer, words[i]);
}

/* One enhanced packet block; captured bytes of a frame that had original bytes on the wire. */
static void put_packet(struct writer *writer, const void *data, size_t captured, size_t original)
{
    static const uint8_t padding[3];
    uint32_t pad = (uint32_t)(-captured & 3);
    uint32_t total = 32 + (uint32_t)captured + pad;

    put32(writer, 6);
    put32(writer, total);
    put32(writer, 0);
    put32(writer, (uint32_t)(writer->time_us >> 32));
    put32(writer, (uint32_t)writer->time_us);
    put32(writer, (uint32_t)captured);
    put32(writer, (uint32_t)original);
    put(writer, data, captured);
    put(writer, padding, pad);
    put32(writer, total);
    writer->time_us += STEP_US;
}

static void put_frame(struct writer *writer, const struct frame *frame)
{
    put_packet(writer, frame->data, frame->bytes, frame->bytes);
}

/* --- Tables of frames --- */

static const struct frame_extension padding_option = {.type = FRAME_DESTINATION};

/* Port 5000 unless a spec says otherwise; see put_specs(). */
static const struct frame_spec delivered4[] = {
    {.src = PEER4, .dst = US4, .text = "IPv4 unicast, TTL 64"},
    {.src = PEER4, .dst = US4, .ttl = 1, .text = "TTL 1: far enough"},
    {.src = "198.51.100.7", .dst = US4, .ttl = 255, .src_port = 65535,
     .text = "TTL 255, from afar"},
    {.src = "203.0.113.200", .dst = US4, .ttl = 49, .src_port = 1,
     .text = "from source port 1"},
    {.src = PEER4, .dst = US4, .tos = 0xb8, .text = "TOS 0xb8: expedited"},
    {.src = PEER4, .dst = US4, .tos = 0x02, .text = "ECN 2: ECT(0)"},
    {.src = PEER4, .dst = US4, .tos = 0x01, .text = "ECN 1: ECT(1)"},
    {.src = PEER4, .dst = US4, .tos = 0x8b, .text = "ECN 3: congestion, AF41"},
    {.src = PEER4, .dst = US4, .text = ""},
    {.src = PEER4, .dst = US4, .no_checksum = true, .text = "no UDP checksum: legal"},
    {.src = PEER4, .dst = US4, .vlan = 100, .text = "802.1Q tag, VLAN 100"},
    {.src = PEER4, .dst = US4, .trailer_bytes = 18, .text = "padded frame"},
    {.src = PEER4, .dst = US4, .dont_fragment = true, .text = "don't-fragment set"},
    {.src = PEER4, .dst = US4, .options = "\x94\x04\x00\x00", .options_bytes = 4,
     .text = "IP header with an option"},
    {.src = PEER4, .dst = "255.255.255.255", .text = "limited broadcast"},
    {.src = PEER4, .dst = "192.0.2.255", .dst_mac = BROADCAST_MAC, .text = "directed broadcast"},
    {.src = PEER4, .dst = US4, .dst_mac = BROADCAST_MAC, .text = "unicast IP in broadcast"},
    {.src = PEER4, .dst = GROUP4, .ttl = 1, .text = "joined IPv4 group"},
    {.src = PEER4, .dst = US4, .dst_port = PORT_SMALL,
     .text = "cut to 24 bytes, the size of the buffer"},
    {.src = PEER4, .dst = US4, .dst_port = PORT_SMALL, .text = "24 bytes: fits exactly.."},
    {.src = PEER4, .dst = US4, .dst_port = PORT_SHORT, .text = "whole data, control of 40"},
    {.src = PEER4, .dst = "192.0.2.255", .dst_mac = BROADCAST_MAC, .dst_port = PORT_SMALL,
     .text = "cut broadcast, for 24 bytes only"},
    {.src = PEER4, .dst = GROUP4, .dst_port = PORT_BOTH,
     .text = "both cut, in a multicast datagram"},
};

static const struct frame_spec delivered6[] = {
    {.src = PEER6, .dst = US6, .text = "IPv6 unicast"},
    {.src = PEER6, .dst = US6, .ttl = 3, .text = "hop limit 3"},
    {.src = "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe", .dst = US6, .src_port = 54321,
     .text = "a long source address"},
    {.src = PEER6, .dst = US6, .tos = 0x20, .text = "traffic class 0x20"},
    {.src = PEER6, .dst = US6, .tos = 0xbb, .flow = 0xabcde, .text = "ECN 3, with a flow label"},
    {.src = PEER6, .dst = US6, .text = ""},
    {.src = "fe80::9", .dst = US6, .text = "source is link-local"},
    {.src = PEER6, .dst = US6, .extensions = &padding_option, .extension_count = 1,
     .text = "after an option header"},
    {.src = "fe80::9", .dst = "ff02::fb", .ttl = 1, .text = "joined group of the link"},
    {.src = PEER6, .dst = GROUP6, .text = "joined IPv6 group"},
    {.src = PEER6, .dst = US6, .dst_port = PORT_SMALL,
     .text = "cut to 24 bytes, the size of the buffer"},
    {.src = PEER6, .dst = GROUP6, .dst_port = PORT_SHORT, .text = "whole data, control of 40"},
};

/* Each ends in a counter of its own, and none in the table. */
static const struct frame_spec dropped[] = {
    {.src = PEER4, .dst = US4, .transport_checksum_xor = 0x1111, .text = "bad UDP checksum"},
    {.src = PEER4, .dst = US4, .ip_checksum_xor = 0x2222, .text = "bad IP header checksum"},
    {.src = PEER4, .dst = US4, .dst_mac = {0x02, 0x00, 0x5e, 0x00, 0x53, 0x77},
     .text = "frame for another station"},
    {.src = PEER4, .dst = "192.0.2.77", .text = "datagram for another host"},
    {.src = PEER4, .dst = "239.9.9.9", .text = "group that nobody joined"},
    {.src = PEER6, .dst = "ff15::9999", .text = "IPv6 group that nobody joined"},
    {.src = PEER6, .dst = "2001:db8::77", .text = "IPv6 datagram for another host"},
    {.src = PEER4, .dst = US4, .dst_port = PORT_CLOSED, .text = "no socket on the port"},
    {.src = PEER6, .dst = US6, .dst_port = PORT_CLOSED, .text = "no IPv6 socket on the port"},
    {.src = "127.0.0.1", .dst = US4, .text = "martian: from the loopback network"},
    {.src = "224.0.0.5", .dst = US4, .text = "martian: from a group"},
    {.src = PEER4, .dst = US4, .ethertype = 0x88cc, .text = "unknown ethertype"},
    {.src = PEER4, .dst = US4, .udp_length_add = 4, .text = "UDP length beyond the packet"},
    {.src = PEER4, .dst = US4, .protocol = 132, .text = "a protocol that nobody speaks"},
    {.src = PEER4, .dst = US4, .ip_version_add = 1, .text = "IP version 5"},
    {.src = PEER6, .dst = US6, .no_checksum = true, .text = "IPv6 without UDP checksum"},
    {.src = PEER6, .dst = US6, .transport_checksum_xor = 0x3333, .text = "bad IPv6 UDP checksum"},
};

static void put_specs(struct writer *writer, const struct frame_spec *specs, size_t count)
{
    static struct frame frame;

    for (size_t i = 0; i < count; i++) {
        struct frame_spec spec = specs[i];

        if (spec.dst_port == 0)
            spec.dst_port = PORT;
        frame_build(&spec, &frame);
        put_frame(writer, &frame);
    }
}

/* A datagram in count fragments, sent in that order. */
static void put_fragments(struct writer *writer, const char *src, const char *dst,
                          const char *text, size_t piece, const size_t *order, size_t count)
{
    char payload[3000];
    struct frame_list list;
    struct frame_spec spec = {.src = src, .dst = dst, .dst_port = PORT, .id = 0x1234,
                              .payload = payload, .payload_bytes = sizeof(payload)};

    memset(payload, '.', sizeof(payload));
    memcpy(payload, text, strlen(text));
    frame_fragments(&spec, piece, &list);
    if (list.count < count)
        abort();
    for (size_t i = 0; i < count; i++)
        put_frame(writer, &list.frames[order[i]]);
    frame_list_free(&list);
}

/* What the stack itself uses, and answers. */
static void put_stack_traffic(struct writer *writer)
{
    static struct frame frame;

    frame_arp(&(struct frame_arp_spec){.operation = 1, .sender = PEER4, .target = US4}, &frame);
    put_frame(writer, &frame);
    frame_neighbour_solicitation(PEER6, US6, &frame);
    put_frame(writer, &frame);
    frame_build(&(struct frame_spec){.src = PEER4, .dst = US4, .protocol = FRAME_ICMP,
                                     .icmp_type = 8, .icmp_rest = 0x00010001,
                                     .text = "echo request"}, &frame);
    put_frame(writer, &frame);
}

/* Frames that are no whole frames. */
static void put_cut(struct writer *writer)
{
    static struct frame frame;

    frame_build(&(struct frame_spec){.src = PEER4, .dst = US4, .dst_port = PORT,
                                     .text = "cut short by the snap length"}, &frame);
    put_packet(writer, frame.data, frame.bytes - 8, frame.bytes);
    put_packet(writer, frame.data, 10, 10);
}

#define PUT_SPECS(writer, specs) put_specs(writer, specs, sizeof(specs) / sizeof((specs)[0]))

int main(int argc, char **argv)
{
    static const size_t mixed[] = {2, 0, 1};
    static const size_t in_order[] = {0, 1, 2};
    static const size_t first_only[] = {0};
    struct writer writer = {.time_us = START_US};

    if (argc != 2) {
        fprintf(stderr, "usage: mkdemo FILE\n");
        return 2;
    }
    writer.file = fopen(argv[1], "wbe");
    if (writer.file == NULL) {
        perror(argv[1]);
        return 1;
    }
    put_header(&writer);
    put_stack_traffic(&writer);
    PUT_SPECS(&writer, delivered4);
    put_fragments(&writer, PEER4, US4, "3 fragments, mixed up ", 1024, mixed, 3);
    PUT_SPECS(&writer, delivered6);
    put_fragments(&writer, PEER6, US6, "3 IPv6 fragments ", 1024, in_order, 3);
    PUT_SPECS(&writer, dropped);
    put_cut(&writer);
    put_fragments(&writer, "192.0.2.10", US4, "IPv4, never completed ", 1024, first_only, 1);
    put_fragments(&writer, "2001:db8::10", US6, "IPv6, never completed ", 1024, first_only, 1);
    writer.time_us += PAUSE_US;
    put_specs(&writer, &(struct frame_spec){.src = PEER4, .dst = US4,
                                            .text = "70 s later: the last one"}, 1);
    if (fclose(writer.file) != 0) {
        perror(argv[1]);
        return 1;
    }
    return 0;
}
