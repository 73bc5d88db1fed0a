/*
 * test_path.c - the way of a datagram from the link to its receive takes no memory from the system
 * once blocks of its size have been made.
 */
#include "tests/alloc/alloc.h"

#include <winsock2.h>

#include "tests/support/world.h"

static const struct {
    size_t bytes, segment; /* segment 0: an ordinary frame */
} arrivals[] = {{64, 0}, {1400, 0}, {64 * 64, 64}, {128 * 64, 64}, {45 * 1400, 1400}};

enum { ARRIVALS = sizeof(arrivals) / sizeof(arrivals[0]) };

static struct received received;
static uint8_t payload[65536];

/* Some of them come, and are received: with joined, as one each. */
static void come_and_go(SOCKET s, uint16_t port, unsigned which, unsigned count)
{
    struct frame_spec spec = {.src = "192.0.2.9", .dst = "192.0.2.1", .dst_port = port,
                              .payload = payload, .payload_bytes = arrivals[which].bytes};
    struct winlwip_stats stats;
    uint64_t dropped;

    ck_assert_int_eq(winlwip_stats(&stats), 0);
    dropped = stats.copies_dropped;
    for (unsigned i = 0; i < count; i++) {
        if (arrivals[which].segment != 0) {
            world_inject_superframe(&spec, arrivals[which].segment, LINK_FRAME_SUM_VERIFIED);
        } else {
            world_inject(&spec);
        }
    }
    world_settle(&stats);
    ck_assert_uint_eq(stats.copies_dropped, dropped);
    for (;;) {
        world_receive_into(s, NULL, &received);
        if (received.result != 0) {
            break;
        }
    }
    ck_assert_int_eq(received.error, WSAEWOULDBLOCK);
}

/* _i: one of the arrivals, received joined and not. */
START_TEST(nothing_is_allocated_on_the_path)
{
    uint16_t port;
    SOCKET s = world_socket("192.0.2.1", &port);

    world_set_nonblocking(s);
    world_set(s, SOL_SOCKET, SO_RCVBUF, 1 << 20);
    world_set(s, IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, _i >= ARRIVALS ? 65535 : 0);
    /* The queue's ring grows, and so many blocks are made as the receiving thread may keep. */
    unsigned which = (unsigned)_i % ARRIVALS;
    come_and_go(s, port, which, arrivals[which].segment != 0 ? 10 : 60);
    for (unsigned i = 0; i < 20; i++) {
        come_and_go(s, port, which, 3);
    }
    /* A timer of lwIP's may allocate meanwhile, for reports of group memberships, but not for long. */
    unsigned allocations = 1;
    for (unsigned tries = 0; allocations != 0 && tries < 20; tries++) {
        alloc_arm(0, false);
        for (unsigned i = 0; i < 20; i++) {
            come_and_go(s, port, which, 3);
        }
        allocations = alloc_disarm();
    }
    ck_assert_uint_eq(allocations, 0);
}
END_TEST

Suite *suite_alloc_path(void)
{
    Suite *suite = suite_create("alloc_path");
    TCase *tcase = tcase_create("alloc_path");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_loop_test(tcase, nothing_is_allocated_on_the_path, 0, 2 * ARRIVALS);
    suite_add_tcase(suite, tcase);
    return suite;
}
