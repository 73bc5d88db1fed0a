/*
 * test_fairness.c - a flood keeps nobody else from what is theirs: other sockets from their
 * datagrams, neighbours from answers, timers from their time (C40, C41).
 *
 * The flood (tests/support/flood.h) has a frame at any moment, more than any link could bring, at a
 * closed port or at one socket, which the tests leave full. What must happen is measured in frames
 * and in bursts of the flood, never in time: a slow machine has a slow flood.
 *
 * WINLWIP_FRAMES says how long a flood is, as in tests/equiv.
 */
#include "tests/contract/contract.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "config/limits.h"
#include "config/lwipopts.h"
#include "tests/support/flood.h"
#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

#define MS_NS 1000000
#define S_NS 1000000000LL

/* The flood in stack time, from its first frame to its last. */
#define FLOOD_S 100

#define DATAGRAMS 100
#define QUESTIONS 20

/* What may pass between a frame and what comes of it: the rest of its burst, and another one. */
#define SOON (2 * LIMIT_BURST_FRAMES)

/* Where the flood goes. */
enum target {
    CLOSED_PORT,
    ONE_SOCKET,
    TARGETS,
};

#define LOOPS (TARGETS * WORLD_FAMILIES)
#define TARGET ((enum target)(_i % TARGETS))
#define FLOODED_FAMILY (&world_families[_i / TARGETS])

/* Ports are the host's own affair: nobody outside has to share them. */
enum { VICTIM_PORT = 6001, FLOODED_PORT = 6002, IDLE_PORT = 6003 };

static struct flood *flood;
static struct received received;

static uint64_t flood_frames(void)
{
    const char *text = getenv("WINLWIP_FRAMES");

    return text != NULL ? strtoull(text, NULL, 0) : 1000000;
}

/* Starts a host under a flood. */
static void start(const struct world_family *family, uint64_t frames, int64_t step_ns,
                  bool background)
{
    struct flood_options options = {
        .frame = &(struct frame_spec){.src = family->peer, .dst = family->us,
                                      .dst_port = FLOODED_PORT, .text = "one of very many"},
        .frames = frames,
        .step_ns = step_ns,
    };
    struct winlwip_interface interface = {
        .name = "flood", .mac = "02:00:5e:10:00:01", .addresses = "192.0.2.1/24 2001:db8::1/64"};

    world_begin();
    flood = flood_new(&options);
    interface.link = flood_link(flood);
    world_start_config(&(struct winlwip_config){.interfaces = &interface,
                                                .interface_count = 1,
                                                .no_background = !background,
                                                .no_early = getenv("WORLD_NO_EARLY") != NULL});
}

static void tear_down(void)
{
    world_teardown();
    flood_free(flood);
}

/* Stack time between two frames, so that the flood takes FLOOD_S. */
static int64_t step_ns(void)
{
    return FLOOD_S * S_NS / (int64_t)flood_frames();
}

static SOCKET open_on(const struct world_family *family, uint16_t port)
{
    SOCKET s = WSASocketA(family->af, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
    SOCKADDR_STORAGE name;
    int bytes = world_name(family->any, port, &name);

    ck_assert_uint_ne(s, INVALID_SOCKET);
    world_track(s);
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, bytes), 0);
    /* A whole flood may have to pass before what is waited for. */
    world_set(s, SOL_SOCKET, SO_RCVTIMEO, 4 * WORLD_PATIENCE_MS);
    return s;
}

/* The socket that the flood goes to, if there is one: bound, full, never read. */
static void open_flooded(const struct world_family *family, enum target target)
{
    if (target == ONE_SOCKET) {
        open_on(family, FLOODED_PORT);
    }
}

/* Has a datagram for the victim stand in the flood. */
static void put_datagram(const struct world_family *family, uint64_t position, uint32_t number)
{
    static struct frame frame;

    frame_build(&(struct frame_spec){.src = family->peer, .dst = family->us,
                                     .dst_port = VICTIM_PORT, .payload = &number,
                                     .payload_bytes = sizeof(number)},
                &frame);
    flood_put(flood, position, &frame);
}

static uint32_t receive_number(SOCKET s)
{
    uint32_t number;

    world_receive(s, &received);
    ck_assert_uint_eq(received.bytes, sizeof(number));
    memcpy(&number, received.data, sizeof(number));
    return number;
}

/* What the flood itself came to. */
static void assert_flood(enum target target)
{
    struct winlwip_stats stats;

    ck_assert_int_eq(winlwip_stats(&stats), 0);
    world_assert_balance(&stats);
    if (target == CLOSED_PORT) {
        ck_assert_uint_gt(flood_unreachables(flood), stats.frames_received / 2);
        ck_assert_uint_ge(stats.fate[WINLWIP_FATE_DROP_NO_SOCKET],
                          flood_unreachables(flood));
    } else {
        ck_assert_uint_eq(flood_unreachables(flood), 0);
        ck_assert_uint_gt(stats.fate[WINLWIP_FATE_DROP_QUEUE_FULL], stats.frames_received / 2);
        /* By the early path, unless this is the pass of the suite without it. */
        ck_assert(getenv("WORLD_NO_EARLY") != NULL ||
                  stats.frames_early > stats.frames_received / 2);
    }
}

START_TEST(c40_datagrams_in_a_flood)
{
    const struct world_family *family = FLOODED_FAMILY;
    uint64_t frames = flood_frames(), apart = frames / (DATAGRAMS + 1);
    SOCKET s;

    start(family, frames, step_ns(), false);
    for (uint32_t i = 0; i < DATAGRAMS; i++) {
        put_datagram(family, (i + 1) * apart, i);
    }
    open_flooded(family, TARGET);
    s = open_on(family, VICTIM_PORT);
    for (uint32_t i = 0; i < DATAGRAMS; i++) {
        ck_assert_uint_eq(receive_number(s), i);
        ck_assert_uint_ge(flood_position(flood), (i + 1) * apart);
        ck_assert_uint_le(flood_position(flood), (i + 1) * apart + SOON);
    }
    assert_flood(TARGET);
}
END_TEST

/* The question for our MAC address; of the peer, so that the answer needs no question first. */
static void put_question(const struct world_family *family, uint64_t position)
{
    static struct frame frame;

    if (family->af == AF_INET) {
        frame_arp(&(struct frame_arp_spec){.operation = 1, .sender = family->peer,
                                           .target = family->us},
                  &frame);
    } else {
        frame_neighbour_solicitation(family->peer, family->us, &frame);
    }
    flood_put(flood, position, &frame);
}

/* The next sent frame from index on that answers such a question. */
static unsigned find_answer(const struct world_family *family, unsigned index,
                            struct flood_sent *sent)
{
    for (; flood_sent(flood, index, sent); index++) {
        struct frame_view view;
        ck_assert_ptr_null(frame_parse(sent->data, sent->bytes, false, &view));
        if (family->af == AF_INET ? view.ethertype == 0x0806 && view.arp_operation == 2
                                  : view.family == 6 && view.icmp_type == 136) {
            return index + 1;
        }
    }
    ck_abort_msg("a question was not answered");
    return 0;
}

START_TEST(c40_neighbours_in_a_flood)
{
    const struct world_family *family = FLOODED_FAMILY;
    uint64_t frames = flood_frames(), apart = frames / (QUESTIONS + 1);
    struct flood_sent sent;
    unsigned seen = 0;

    start(family, frames, step_ns(), false);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        put_question(family, (i + 1) * apart);
    }
    put_datagram(family, frames - 1, 0);
    open_flooded(family, TARGET);
    receive_number(open_on(family, VICTIM_PORT));
    for (unsigned i = 0; i < QUESTIONS; i++) {
        seen = find_answer(family, seen, &sent);
        ck_assert_uint_ge(sent.position, (i + 1) * apart);
        ck_assert_uint_le(sent.position, (i + 1) * apart + SOON);
    }
    assert_flood(TARGET);
}
END_TEST

static uint64_t timeouts_of_reassembly(void)
{
    struct winlwip_stats stats;

    ck_assert_int_eq(winlwip_stats(&stats), 0);
    return stats.fate[WINLWIP_FATE_DROP_REASSEMBLY_TIMEOUT];
}

/* A fragment whose rest never comes is given up when its time is over, by the flood's own clock. */
START_TEST(c36_c40_reassembly_in_a_flood)
{
    const struct world_family *family = FLOODED_FAMILY;
    uint64_t second = (uint64_t)(S_NS / step_ns());
    uint64_t begin = 2 * second, end = begin + IP_REASS_MAXAGE * second;
    static struct frame fragment;
    SOCKET s;

    start(family, flood_frames(), step_ns(), false);
    frame_build(&(struct frame_spec){.src = family->peer, .dst = family->us,
                                     .dst_port = VICTIM_PORT, .id = 7, .fragment = true,
                                     .more = true, .piece_bytes = 64,
                                     .text = "The first piece of something that is a little "
                                             "longer than the one frame which it came in."},
                &fragment);
    flood_put(flood, begin, &fragment);
    put_datagram(family, end - 2 * second, 0);
    put_datagram(family, end + 2 * second, 1);
    open_flooded(family, TARGET);
    s = open_on(family, VICTIM_PORT);
    ck_assert_uint_eq(receive_number(s), 0);
    ck_assert_uint_eq(timeouts_of_reassembly(), 0);
    ck_assert_uint_eq(receive_number(s), 1);
    ck_assert_uint_eq(timeouts_of_reassembly(), 1);
}
END_TEST

/* Positions of the questions that the stack sent after the other peer, who does not answer. */
static unsigned find_questions(const struct world_family *family, uint64_t *positions, unsigned max)
{
    struct flood_sent sent;
    unsigned count = 0;

    for (unsigned i = 0; count < max && flood_sent(flood, i, &sent); i++) {
        struct frame_view view;
        ck_assert_ptr_null(frame_parse(sent.data, sent.bytes, false, &view));
        if (strcmp(view.dst, family->af == AF_INET ? family->other_peer : "ff02::1:ff00:a") == 0) {
            positions[count++] = sent.position;
        }
    }
    return count;
}

/* A neighbour that does not answer is asked again every second, by the flood's own clock. */
START_TEST(c40_questions_in_a_flood)
{
    const struct world_family *family = FLOODED_FAMILY;
    uint64_t second = (uint64_t)(S_NS / step_ns()), positions[3];
    SOCKADDR_STORAGE name;
    SOCKET s;

    start(family, flood_frames(), step_ns(), false);
    put_datagram(family, 2 * second, 0);
    put_datagram(family, 8 * second, 1);
    open_flooded(family, TARGET);
    s = open_on(family, VICTIM_PORT);
    receive_number(s);
    int bytes = world_name(family->other_peer, 9, &name);
    ck_assert_int_eq(sendto(s, "?", 1, 0, (struct sockaddr *)&name, bytes), 1);
    receive_number(s);
    ck_assert_uint_eq(find_questions(family, positions, 3), 3);
    for (unsigned i = 1; i < 3; i++) {
        ck_assert_uint_le(positions[i] - positions[i - 1], second + SOON);
    }
}
END_TEST

/* A receive's time limit is kept while the thread that waits drives a stack that is never idle. */
START_TEST(c41_time_limit_in_a_flood)
{
    enum { LIMIT_MS = 50 };
    const struct world_family *family = FLOODED_FAMILY;
    SOCKET s;

    start(family, 0, 0, false);
    open_flooded(family, TARGET);
    s = open_on(family, IDLE_PORT);
    world_set(s, SOL_SOCKET, SO_RCVTIMEO, LIMIT_MS);
    for (unsigned i = 0; i < 4; i++) {
        flood_watch(flood, LIMIT_MS * (int64_t)MS_NS);
        world_receive_into(s, NULL, &received);
        ck_assert_int_eq(received.error, WSAETIMEDOUT);
        /* The one that was lent when the time had just passed. */
        ck_assert_uint_le(flood_late(flood), 1);
    }
    ck_assert_uint_gt(flood_position(flood), 4 * LIMIT_BURST_FRAMES);
    flood_stop(flood);
}
END_TEST

/* --- many threads, real time --- */

static struct {
    SOCKET flooded, victim, idle;
    atomic_bool over;
    atomic_uint from_flood;
} threads;

static void read_flood(void *unused)
{
    char byte;

    (void)unused;
    while (!atomic_load(&threads.over)) {
        int result = recv(threads.flooded, &byte, 1, 0);
        atomic_fetch_add(&threads.from_flood, result >= 0 || WSAGetLastError() == WSAEMSGSIZE);
    }
}

static void read_numbers(void *unused)
{
    uint32_t number = 0;

    (void)unused;
    for (uint32_t i = 0; i < DATAGRAMS; i++) {
        if (recv(threads.victim, (char *)&number, sizeof(number), 0) != sizeof(number) ||
            number != i) {
            return; /* the worker ends, which the test sees */
        }
    }
    atomic_store(&threads.over, true);
}

static void time_out(void *unused)
{
    char byte;

    (void)unused;
    for (unsigned i = 0; i < 5; i++) {
        if (recv(threads.idle, &byte, 1, 0) != SOCKET_ERROR ||
            WSAGetLastError() != WSAETIMEDOUT) {
            abort();
        }
    }
}

/*
 * A thread that reads what floods in, one that waits for its datagrams, one whose calls time out,
 * and the background thread: the flood goes on until all of them had what is theirs.
 */
START_TEST(c40_c41_threads_in_a_flood)
{
    const struct world_family *family = FLOODED_FAMILY;
    struct worker *reader = NULL, *victim, *idle;

    start(family, 0, 0, true);
    threads.victim = open_on(family, VICTIM_PORT);
    threads.idle = open_on(family, IDLE_PORT);
    world_set(threads.victim, SOL_SOCKET, SO_RCVTIMEO, 4 * WORLD_PATIENCE_MS);
    world_set(threads.idle, SOL_SOCKET, SO_RCVTIMEO, 20);
    if (TARGET == ONE_SOCKET) {
        threads.flooded = open_on(family, FLOODED_PORT);
        reader = worker_start(read_flood, NULL);
    }
    uint64_t begin = flood_position(flood);
    for (uint32_t i = 0; i < DATAGRAMS; i++) {
        put_datagram(family, begin + (i + 1) * 200, i);
    }
    victim = worker_start(read_numbers, NULL);
    idle = worker_start(time_out, NULL);
    worker_join(victim);
    worker_join(idle);
    ck_assert(atomic_load(&threads.over));
    if (reader != NULL) {
        worker_join(reader);
        ck_assert_uint_gt(atomic_load(&threads.from_flood), 0);
    }
    flood_stop(flood);
}
END_TEST

Suite *suite_contract_fairness(void)
{
    Suite *suite = suite_create("fairness");
    TCase *tcase = tcase_create("fairness");

    tcase_set_timeout(tcase, 60);
    tcase_set_tags(tcase, "slow");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, c40_datagrams_in_a_flood, 0, LOOPS);
    tcase_add_loop_test(tcase, c40_neighbours_in_a_flood, 0, LOOPS);
    tcase_add_loop_test(tcase, c36_c40_reassembly_in_a_flood, 0, LOOPS);
    tcase_add_loop_test(tcase, c40_questions_in_a_flood, 0, LOOPS);
    tcase_add_loop_test(tcase, c41_time_limit_in_a_flood, 0, LOOPS);
    tcase_add_loop_test(tcase, c40_c41_threads_in_a_flood, 0, LOOPS);
    suite_add_tcase(suite, tcase);
    return suite;
}
