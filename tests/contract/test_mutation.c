/*
 * test_mutation.c - thousands of damaged frames: no crash, no leak, and counters that balance.
 *
 * The seed is printed and comes from WINLWIP_SEED when that is set, so that a failure can be had
 * again.
 */
#include "tests/contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/prng.h"

#define MUTATED_FRAMES 20000

static struct prng prng;

static unsigned below(unsigned limit)
{
    return prng_below(&prng, limit);
}

static void take_seed(void)
{
    const char *text = getenv("WINLWIP_SEED");

    prng.state = text != NULL ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);
    printf("WINLWIP_SEED=%llu\n", (unsigned long long)prng.state);
    fflush(stdout);
}

static const struct frame_extension extensions[] = {
    {.type = FRAME_HOP_BY_HOP, .body = "\x01\x04\x00\x00\x00\x00", .bytes = 6},
    {.type = FRAME_ROUTING, .body = "\x00\x00", .bytes = 2, .total_bytes = 24},
    {.type = FRAME_DESTINATION, .body = "\x01\x0c", .bytes = 2, .total_bytes = 16,
     .fragmentable = true},
};

/* A frame that is right, of any kind that the host understands. */
static void random_frame(uint16_t port, struct frame *frame)
{
    static uint8_t payload[1600];
    const struct world_family *family = &world_families[below(2)];
    struct frame_spec spec = {.src = family->peer, .dst = family->us, .dst_port = port,
                              .payload = payload, .payload_bytes = below(1400),
                              .ttl = (uint8_t)(1 + below(255)), .tos = (uint8_t)below(256),
                              .id = below(5)};

    switch (below(8)) {
    case 0:
        frame_arp(&(struct frame_arp_spec){.operation = (uint16_t)(1 + below(2)),
                                           .sender = "192.0.2.9", .target = "192.0.2.1"},
                  frame);
        return;
    case 1:
        frame_neighbour_solicitation("2001:db8::9", "2001:db8::1", frame);
        return;
    case 2:
        spec.protocol = family->af == AF_INET ? FRAME_ICMP : FRAME_ICMP6;
        spec.icmp_type = (uint8_t)(family->af == AF_INET ? below(20) : below(2) * 126 + below(30));
        spec.icmp_rest = (uint32_t)prng_next(&prng);
        break;
    case 3:
        spec.fragment = true;
        spec.more = below(2) != 0;
        spec.offset = below((unsigned)spec.payload_bytes / 8 + 1) * 8;
        spec.piece_bytes = (1 + below(100)) * 8;
        break;
    case 4:
        if (family->af == AF_INET6) {
            spec.extensions = extensions;
            spec.extension_count = 1 + below(3);
            spec.fragment = below(2) != 0;
        } else {
            spec.options = "\x07\x07\x04\x00\x00\x00\x00\x01\x01\x01\x83\x07\x04\x00\x00\x00\x00";
            spec.options_bytes = below(18);
        }
        break;
    case 5:
        spec.dst = family->group;
        break;
    default:
        break;
    }
    frame_build(&spec, frame);
}

/* Damages up to four places: bits, bytes, lengths, ends. */
static void mutate(struct frame *frame)
{
    for (unsigned i = below(5); i > 0; i--) {
        unsigned at = below((unsigned)(frame->bytes < 80 || below(4) == 0 ? frame->bytes : 80));

        switch (below(4)) {
        case 0:
            frame->data[at] ^= (uint8_t)(1u << below(8));
            break;
        case 1:
            frame->data[at] = (uint8_t)(below(2) ? 0xff : 0);
            break;
        case 2:
            frame->data[at] = (uint8_t)prng_next(&prng);
            break;
        default:
            frame->bytes = 1 + below((unsigned)frame->bytes);
            break;
        }
        if (frame->bytes == 0)
            return;
    }
}

/* Makes an IPv4 header checksum right again, so that damage behind it is seen. */
static void repair_ipv4(struct frame *frame)
{
    size_t header;
    uint16_t sum;

    if (frame->bytes < 34 || frame->data[12] != 8 || frame->data[13] != 0)
        return;
    header = (size_t)(frame->data[14] & 15) * 4;
    if (header < 20 || frame->bytes < 14 + header)
        return;
    frame->data[24] = frame->data[25] = 0;
    sum = frame_checksum(frame->data + 14, header, 0);
    frame->data[24] = (uint8_t)(sum >> 8);
    frame->data[25] = (uint8_t)sum;
}

static void drain(SOCKET s)
{
    static char data[65536];

    while (recv(s, data, sizeof(data), 0) != SOCKET_ERROR)
        ;
}

START_TEST(mutated_frames)
{
    static struct frame frame;
    static struct received received;
    struct winlwip_stats stats;
    uint16_t port;
    SOCKET s = world_dual_socket(&port);

    take_seed();
    world_set_nonblocking(s);
    world_join(s, &world_families[1]);
    for (unsigned i = 1; i <= MUTATED_FRAMES; i++) {
        random_frame(port, &frame);
        mutate(&frame);
        if (below(2) != 0)
            repair_ipv4(&frame);
        memlink_push(world.link[0], &frame);
        if (i % 500 == 0) {
            world_settle(&stats);
            drain(s);
            memlink_forget(world.link[0]);
        }
    }
    world_settle(&stats);
    ck_assert_uint_eq(stats.frames_received, MUTATED_FRAMES);
    ck_assert_uint_gt(stats.fate[WINLWIP_FATE_DELIVERED], 0);
    drain(s);
    deliver(&world_families[0], port, "alive");
    world_settle(&stats);
    world_receive(s, &received);
    world_assert_text(&received, "alive");
}
END_TEST

Suite *suite_contract_mutation(void)
{
    Suite *suite = suite_create("mutation");
    TCase *tcase = tcase_create("mutation");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_test(tcase, mutated_frames);
    suite_add_tcase(suite, tcase);
    return suite;
}
