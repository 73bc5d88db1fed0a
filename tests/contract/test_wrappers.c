/*
 * test_wrappers.c - sockets behind an impaired link: exactly those datagrams arrive that the seed
 * lets through, in the order that it says, whole, whatever the time does.
 *
 * What is to arrive is worked out here, by the rules of winlwip.conf(5) and a generator of the
 * tests' own.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/contract/contract.h"
#include "tests/support/prng.h"

#define SEED 20261123u
#define FRAMES 6000u
#define PAYLOAD_BYTES 64u
#define ETHERNET_BYTES 14u

/* The questions about a frame, in the order of their streams. */
enum question { LOSS, DUPLICATE, REORDER, CORRUPT, CORRUPT_BIT, JITTER, QUESTIONS };

static const struct winlwip_option keys[] = {
    {"fault-seed", "20261123"}, {"fault-loss", "5"},   {"fault-duplicate", "3"},
    {"fault-reorder", "4"},     {"fault-corrupt", "2"}, {"fault-delay", "2"},
    {"fault-jitter", "3ms"},    {"fault-rate", "1G"},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* --- What is expected --- */

/* Frames in the order in which the link hands them over, and whether a bit of each is flipped. */
struct arrival {
    uint32_t number;
    bool whole;
};

static struct arrival arrivals[2 * FRAMES];
static unsigned arrival_count;

static struct prng stream_of(enum question question)
{
    struct prng seeds = {SEED};

    for (unsigned i = 0; i < question; i++) {
        prng_next(&seeds);
    }
    return (struct prng){prng_next(&seeds)};
}

static uint64_t scaled(struct prng *stream, uint64_t limit)
{
    return (uint64_t)((unsigned __int128)prng_next(stream) * limit >> 64);
}

static void arrive(uint32_t number, bool twice, bool whole)
{
    for (unsigned copies = twice ? 2 : 1; copies > 0; copies--) {
        arrivals[arrival_count++] = (struct arrival){number, whole};
    }
}

/*
 * Sums tell of every flipped bit but those in the sender's MAC address, and with it none that the
 * receiver looks at.
 */
static bool is_harmless(uint64_t bit)
{
    return bit / 8 >= 6 && bit / 8 < 12;
}

/* Fills in arrivals. The last frame always goes: nothing stands aside at the end. */
static unsigned work_out(void)
{
    struct prng streams[QUESTIONS];
    bool aside = false;
    bool aside_twice = false;
    bool aside_whole = false;
    uint32_t aside_number = 0;

    for (unsigned i = 0; i < QUESTIONS; i++) {
        streams[i] = stream_of(i);
    }
    arrival_count = 0;
    for (uint32_t n = 0; n < FRAMES; n++) {
        bool lost = scaled(&streams[LOSS], 1000000) < 50000;
        bool twice = scaled(&streams[DUPLICATE], 1000000) < 30000;
        bool reorder = scaled(&streams[REORDER], 1000000) < 40000;
        bool corrupt = scaled(&streams[CORRUPT], 1000000) < 20000;
        uint64_t bit = scaled(&streams[CORRUPT_BIT], (ETHERNET_BYTES + 28 + PAYLOAD_BYTES) * 8);
        bool whole = !corrupt || is_harmless(bit);

        if (lost) {
            continue;
        }
        if (reorder && !aside) {
            aside = true;
            aside_number = n;
            aside_twice = twice;
            aside_whole = whole;
            continue;
        }
        arrive(n, twice, whole);
        if (aside) {
            arrive(aside_number, aside_twice, aside_whole);
            aside = false;
        }
    }
    return aside ? FRAMES - 1 : FRAMES;
}

/* --- What is done --- */

/* Pushes frame number n, which came n * 10 microseconds after the first. */
static void push(uint32_t n, uint16_t port)
{
    static struct frame frame;
    uint8_t payload[PAYLOAD_BYTES];
    struct link_frame described = {.data = frame.data, .time_ns = INT64_C(1000000000) + n * 10000};

    world_pattern(payload, sizeof(payload), n);
    memcpy(payload, &n, sizeof(n));
    frame_build(&(struct frame_spec){.src = "192.0.2.9", .dst = "192.0.2.1", .dst_port = port,
                                     .payload = payload, .payload_bytes = sizeof(payload)},
                &frame);
    described.bytes = (uint32_t)frame.bytes;
    described.original_bytes = (uint32_t)frame.bytes;
    memlink_push_described(world.link[0], &described);
}

/* The number of a datagram, whose payload has to be whole. */
static uint32_t number_of(const uint8_t *payload, int bytes)
{
    uint8_t expected[PAYLOAD_BYTES];
    uint32_t number;

    ck_assert_int_eq(bytes, PAYLOAD_BYTES);
    memcpy(&number, payload, sizeof(number));
    world_pattern(expected, sizeof(expected), number);
    memcpy(expected, &number, sizeof(number));
    ck_assert_mem_eq(payload, expected, sizeof(expected));
    return number;
}

static SOCKET open_socket(uint16_t *port)
{
    SOCKET s = world_socket("192.0.2.1", port);

    world_set(s, SOL_SOCKET, SO_RCVBUF, 4 << 20);
    return s;
}

/*
 * A replay, whose clock is that of its frames: no stall of the machine can change the order. Asked
 * in different ways, with and without the early path, it gives the same each time.
 */
START_TEST(what_arrives_is_told_by_the_seed)
{
    const struct world_options options = {.links = 1,
                                          .link[0] = {.own_clock = true, .pull = true},
                                          .no_early = (_i & 1) != 0,
                                          .no_background = (_i & 2) != 0,
                                          .keys = keys, .key_count = KEYS};
    uint32_t pushed = 0;
    uint16_t port;
    SOCKET s;

    ck_assert_uint_ge(work_out(), FRAMES - 1);
    world_start(&options);
    s = open_socket(&port);
    for (; pushed < FRAMES; pushed++) {
        push(pushed, port);
    }
    memlink_end(world.link[0]);
    for (unsigned i = 0; i < arrival_count; i++) {
        uint8_t payload[2 * PAYLOAD_BYTES];
        int bytes;

        if (arrivals[i].whole) {
            bytes = recv(s, (char *)payload, sizeof(payload), 0);
            ck_assert_uint_eq(number_of(payload, bytes), arrivals[i].number);
        }
    }
    world_set_nonblocking(s);
}
END_TEST

static int by_number(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a;
    const uint32_t right = *(const uint32_t *)b;

    return left < right ? -1 : left > right;
}

/* What arrives of the first count frames, in any order; what stands aside is among them. */
static unsigned expected_numbers(uint32_t *numbers)
{
    unsigned count = 0;

    for (unsigned i = 0; i < arrival_count; i++) {
        if (arrivals[i].whole) {
            numbers[count++] = arrivals[i].number;
        }
    }
    qsort(numbers, count, sizeof(*numbers), by_number);
    return count;
}

/* Sends the datagram back to whoever seems to have sent it: answers are impaired, too. */
static void answer(SOCKET s, const uint8_t *payload)
{
    SOCKADDR_STORAGE peer;
    int bytes = world_name("192.0.2.9", FRAME_PEER_PORT, &peer);

    ck_assert_int_eq(sendto(s, (const char *)payload, PAYLOAD_BYTES, 0, (struct sockaddr *)&peer,
                            bytes), PAYLOAD_BYTES);
}

/*
 * A flood in real time, no more of it under way than the queue holds. A frame that stands aside in
 * vain may change the order, but not who arrives.
 */
START_TEST(flood_in_real_time_brings_the_same)
{
    static uint32_t expected[2 * FRAMES];
    static uint32_t came[2 * FRAMES];
    unsigned expected_count;
    unsigned count = 0;
    uint32_t pushed = 0;
    uint16_t port;
    SOCKET s;
    int64_t end = world_now_ms() + 10 * WORLD_PATIENCE_MS;

    ck_assert_uint_eq(work_out(), FRAMES);
    expected_count = expected_numbers(expected);
    world_start(&(struct world_options){.links = 1, .keys = keys, .key_count = KEYS});
    s = open_socket(&port);
    world_set_nonblocking(s);
    while (count < expected_count && world_now_ms() < end) {
        uint8_t payload[2 * PAYLOAD_BYTES];
        int bytes = recv(s, (char *)payload, sizeof(payload), 0);

        if (bytes > 0) {
            came[count++] = number_of(payload, bytes);
            answer(s, payload);
        } else if (pushed < FRAMES && pushed * 9 / 10 < count + 400) {
            push(pushed++, port);
        }
    }
    ck_assert_uint_eq(count, expected_count);
    qsort(came, count, sizeof(came[0]), by_number);
    ck_assert_mem_eq(came, expected, count * sizeof(came[0]));
}
END_TEST

START_TEST(nothing_is_missed_or_unsent_for_being_lost)
{
    static const struct winlwip_option all[] = {{"fault-loss", "100"}};
    struct winlwip_stats stats;
    uint16_t port;
    SOCKET s;

    world_start(&(struct world_options){.links = 1, .keys = all, .key_count = 1});
    s = open_socket(&port);
    for (uint32_t n = 0; n < 100; n++) {
        push(n, port);
    }
    while (!memlink_drained(world.link[0])) {
        world_set_nonblocking(s);
        world_assert_empty(s);
    }
    ck_assert_int_eq(winlwip_stats(&stats), 0);
    ck_assert_uint_eq(stats.frames_received, 0);
    ck_assert_uint_eq(stats.frames_missed, 0);
    ck_assert_uint_eq(stats.frames_unsent, 0);
}
END_TEST

Suite *suite_contract_wrappers(void)
{
    Suite *suite = suite_create("wrappers");
    TCase *tcase = tcase_create("wrappers");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, NULL, world_teardown);
    tcase_add_loop_test(tcase, what_arrives_is_told_by_the_seed, 0, 4);
    tcase_add_test(tcase, flood_in_real_time_brings_the_same);
    tcase_add_test(tcase, nothing_is_missed_or_unsent_for_being_lost);
    suite_add_tcase(suite, tcase);
    return suite;
}
