/*
 * test_round_trips.c - a thread that waits asks the links no more often than it has to, and what it
 * leaves out is missed by nobody (C40; issue 5, P4 and P8).
 *
 * The links are of this file: like a device's, their descriptors are readable exactly as long as a
 * frame is there, and they count what a device would take system calls for. One thread does
 * everything, so the numbers are exact.
 */
#include "tests/contract/contract.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "stack/link.h"
#include "stack/loop.h"
#include "tests/support/flood.h"
#include "tests/support/usage.h"
#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

/* --- the link --- */

enum { ROOM = 64, HOLD_MS = 200 };

struct counted {
    struct link link; /* first: the stack's handle */
    pthread_mutex_t mutex;
    bool tells; /* link.drained */
    struct frame frames[ROOM];
    unsigned first, end; /* of those that are there */
    atomic_uint sent;    /* frames */
    unsigned asked;      /* how often receive() was called */
    unsigned looks;      /* for a frame, found or not: what is a read() where frames are read */
    atomic_bool holds;   /* a send stays inside, for HOLD_MS at most */
    atomic_bool inside;  /* it does */
};

static struct counted counted;
static struct received received;

static int counted_receive(struct link *link, struct link_frame *frames, unsigned max)
{
    unsigned count = 0;

    pthread_mutex_lock(&counted.mutex);
    counted.asked++;
    for (; count < max && counted.first < counted.end; count++) {
        struct frame *frame = &counted.frames[counted.first++];
        uint64_t one; /* the eventfd counts frames */

        frames[count] = (struct link_frame){.data = frame->data,
                                            .bytes = (uint32_t)frame->bytes,
                                            .original_bytes = (uint32_t)frame->bytes,
                                            .encapsulation = LINK_ETHERNET};
        ck_assert_int_eq(read(link->fd, &one, sizeof(one)), sizeof(one));
    }
    counted.looks += count < max ? count + 1 : count;
    link->drained = counted.tells && count < max;
    pthread_mutex_unlock(&counted.mutex);
    return (int)count;
}

static unsigned counted_send(struct link *link, const struct link_packet *packets, unsigned count)
{
    (void)link;
    (void)packets;
    atomic_store(&counted.inside, atomic_load(&counted.holds));
    for (unsigned i = 0; i < HOLD_MS && atomic_load(&counted.holds); i++) {
        usage_sleep_ms(1);
    }
    atomic_store(&counted.inside, false);
    atomic_fetch_add(&counted.sent, count);
    return count;
}

static void counted_close(struct link *link)
{
    close(link->fd);
}

/* Puts frames there; those of the last time have been taken. */
static void put(uint16_t port, unsigned count)
{
    uint64_t frames = count;

    pthread_mutex_lock(&counted.mutex);
    counted.first = 0;
    counted.end = count;
    for (unsigned i = 0; i < count; i++) {
        frame_build(&(struct frame_spec){.src = "192.0.2.2", .dst = "192.0.2.1", .dst_port = port,
                                         .payload = &i, .payload_bytes = sizeof(i)},
                    &counted.frames[i]);
    }
    ck_assert_int_eq(write(counted.link.fd, &frames, sizeof(frames)), sizeof(frames));
    pthread_mutex_unlock(&counted.mutex);
}

/* Puts a question for a MAC address there. */
static void put_question(const struct frame_arp_spec *spec)
{
    uint64_t one = 1;

    pthread_mutex_lock(&counted.mutex);
    counted.first = 0;
    counted.end = 1;
    frame_arp(spec, &counted.frames[0]);
    ck_assert_int_eq(write(counted.link.fd, &one, sizeof(one)), sizeof(one));
    pthread_mutex_unlock(&counted.mutex);
}

/* Receives what put() has put there. */
static void take(SOCKET s, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned number;

        world_receive(s, &received);
        ck_assert_uint_eq(received.bytes, sizeof(number));
        memcpy(&number, received.data, sizeof(number));
        ck_assert_uint_eq(number, i);
    }
}

/* Frames that are there in time, so that no receive has to sleep long. Returns the looks it took. */
static unsigned put_and_take(SOCKET s, uint16_t port, unsigned count, unsigned rounds)
{
    unsigned looks = 0;

    for (unsigned i = 0; i < rounds; i++) {
        counted.looks = 0;
        put(port, count);
        take(s, count);
        looks += counted.looks;
        if (!counted.tells) {
            loop_poll(); /* nothing is left: what a thread finds before it sleeps in earnest */
        }
    }
    return looks;
}

/* --- the host --- */

/* Starts the host, after world_begin(). busy: another link in front of the one that counts. */
static SOCKET start_with(bool tells, struct link *busy, bool background, uint16_t *port)
{
    static const struct link_ops ops = {.driver = "counted", .receive = counted_receive,
                                        .send = counted_send, .close = counted_close};
    struct winlwip_interface interfaces[] = {
        {.name = "busy", .mac = "02:00:5e:10:00:02", .addresses = "198.51.100.1/24", .link = busy},
        {.name = "counted", .mac = "02:00:5e:10:00:01", .addresses = "192.0.2.1/24",
         .link = &counted.link},
    };

    counted = (struct counted){.link = {.ops = &ops, .mtu = 1500}, .tells = tells,
                               .mutex = PTHREAD_MUTEX_INITIALIZER};
    counted.link.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
    ck_assert_int_ge(counted.link.fd, 0);
    world_start_config(&(struct winlwip_config){.interfaces = interfaces + (busy == NULL),
                                                .interface_count = busy != NULL ? 2 : 1,
                                                .no_background = !background,
                                                .no_early = getenv("WORLD_NO_EARLY") != NULL});
    SOCKET s = world_socket("192.0.2.1", port);
    world_set(s, SOL_SOCKET, SO_RCVTIMEO, WORLD_PATIENCE_MS);
    return s;
}

static SOCKET start(bool tells, struct link *busy, uint16_t *port)
{
    return start_with(tells, busy, false, port);
}

/* So many rounds of single frames, and it is known that they come one at a time. */
enum { WARM_UP = 16 };

/* Requests that come one at a time: the link is asked once for each, but for a few probes. */
START_TEST(c40_one_look_for_each_frame)
{
    enum { ROUNDS = 256, PROBES = ROUNDS / 16, TIMERS = 8 };
    uint16_t port;

    world_begin();
    SOCKET s = start(_i != 0, NULL, &port);
    put_and_take(s, port, 1, WARM_UP);
    unsigned looks = put_and_take(s, port, 1, ROUNDS);
    ck_assert_uint_ge(looks, ROUNDS);
    ck_assert_uint_le(looks, ROUNDS + 2 * PROBES + TIMERS);
}
END_TEST

/* Frames that come together, after a time in which they came alone: none is late, none is lost. */
START_TEST(c40_several_frames_after_single_ones)
{
    enum { ROUNDS = 64, TOGETHER = 16, TIMERS = 8 };
    uint16_t port;

    world_begin();
    SOCKET s = start(_i != 0, NULL, &port);
    put_and_take(s, port, 1, 2 * WARM_UP);
    counted.asked = 0;
    put_and_take(s, port, TOGETHER, ROUNDS);
    /* The first of them one by one, until the next probe; then a burst each, and one in vain. */
    ck_assert_uint_le(counted.asked, 2 * TOGETHER + 2 * ROUNDS + TIMERS);
}
END_TEST

/* Sends to a neighbour whom nobody knows yet: a question for its MAC address goes out at once. */
static void send_something(void *s)
{
    static uint32_t neighbour = 0xc0000202; /* 192.0.2.2 */
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};

    to.sin_addr.s_addr = htonl(neighbour++);
    sendto(*(SOCKET *)s, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
}

/* Does a receive come and go while another thread is inside the stack? */
static bool waits_beside_a_sender(SOCKET s)
{
    world_receive_into(s, NULL, &received); /* leaves everything looked at */
    atomic_store(&counted.holds, true);
    struct worker *sender = worker_start(send_something, &s);
    while (!atomic_load(&counted.inside)) {
        usage_sleep_ms(1);
    }
    world_receive_into(s, NULL, &received);
    bool beside = atomic_load(&counted.inside);
    atomic_store(&counted.holds, false);
    worker_join(sender);
    return beside;
}

/*
 * A thread that goes to sleep when nothing is left to do does not wait for those who are inside the
 * stack. A timer that falls due meanwhile makes it wait; then it is tried again.
 */
START_TEST(c40_asleep_without_the_stack)
{
    enum { TRIES = 8 };
    bool beside = false;
    uint16_t port;

    world_begin();
    SOCKET s = start(true, NULL, &port);
    put_and_take(s, port, 1, WARM_UP);
    world_set(s, SOL_SOCKET, SO_RCVTIMEO, 1);
    for (unsigned i = 0; i < TRIES && !beside; i++) {
        beside = waits_beside_a_sender(s);
    }
    ck_assert(beside);
}
END_TEST

/* A link that always has something keeps the driver from sleeping, and hides no other. */
START_TEST(c40_links_beside_a_busy_one)
{
    enum { ROUNDS = 64 };
    struct flood_options options = {
        .frame = &(struct frame_spec){.src = "198.51.100.2", .dst = "198.51.100.1",
                                      .dst_port = 9, .text = "one of very many"},
    };
    uint16_t port;

    world_begin();
    struct flood *flood = flood_new(&options);
    SOCKET s = start(_i != 0, flood_link(flood), &port);
    for (unsigned i = 0; i < ROUNDS; i++) {
        put_and_take(s, port, 1 + i % 3, 1);
    }
    ck_assert_uint_gt(flood_position(flood), 0);
    world_teardown();
    flood_free(flood);
}
END_TEST

/* --- the background thread --- */

static void receive_for_ms(SOCKET s, uint16_t port, int ms)
{
    int64_t end_ns = loop_now_ns() + ms * INT64_C(1000000);

    while (loop_now_ns() < end_ns) {
        put_and_take(s, port, 1, 1);
    }
}

/* What a thread receives before it waits once in vain. */
enum { BUSY_FRAMES = 16 };

/*
 * Receives, and waits in vain for a millisecond, by turns. Returns how often the thread was kept
 * from running for so long that the background thread may have taken over; the next wait ends that.
 */
static unsigned be_busy_for_ms(SOCKET s, uint16_t port, int ms)
{
    enum { LOST_MS = 8 }; /* half of what it takes (loop.c) */
    int64_t now_ns = loop_now_ns(), end_ns = now_ns + ms * INT64_C(1000000);
    unsigned lost = 0;

    while (now_ns < end_ns) {
        int64_t before_ns = now_ns;
        put_and_take(s, port, 1, BUSY_FRAMES);
        world_set(s, SOL_SOCKET, SO_RCVTIMEO, 1);
        world_receive_into(s, NULL, &received);
        world_set(s, SOL_SOCKET, SO_RCVTIMEO, WORLD_PATIENCE_MS);
        now_ns = loop_now_ns();
        lost += now_ns - before_ns > LOST_MS * INT64_C(1000000);
    }
    return lost;
}

/*
 * While a thread receives again and again the background thread hardly ever wakes: at its looks,
 * every 16 ms, and for the frames of a turn where a busy machine has let it take over. It is tried
 * until the machine has let the thread run all the time, or that has hardly a chance.
 */
START_TEST(c40_a_busy_thread_is_left_alone)
{
    enum { WARM_UP_MS = 50, BUSY_MS = 100, TRIES = 10, LOOK_MS = 6, TAKEN_OVER = BUSY_FRAMES + 8 };
    int64_t count = 0, most = -1;
    unsigned lost = 0;
    uint16_t port;

    usage_forget();
    world_begin();
    SOCKET s = start_with(true, NULL, true, &port);
    be_busy_for_ms(s, port, WARM_UP_MS); /* it has to meet the thread a few times */
    for (unsigned i = 0; i < TRIES && (count > most || lost != 0); i++) {
        int64_t start_ns = loop_now_ns();
        unsigned long before = usage_switches();
        lost = be_busy_for_ms(s, port, BUSY_MS);
        count = (int64_t)(usage_switches() - before);
        most = (loop_now_ns() - start_ns) / (LOOK_MS * INT64_C(1000000)) + lost * TAKEN_OVER;
    }
    ck_assert_int_le(count, most);
}
END_TEST

/* When it no longer receives, who asks for the host's address gets an answer all the same. */
START_TEST(c40_answers_after_a_busy_time)
{
    uint16_t port;

    world_begin();
    SOCKET s = start_with(true, NULL, true, &port);
    receive_for_ms(s, port, 100);
    unsigned sent = atomic_load(&counted.sent);
    put_question(&(struct frame_arp_spec){.operation = 1, .sender = "192.0.2.2",
                                       .target = "192.0.2.1"});
    for (unsigned i = 0; i < WORLD_PATIENCE_MS && atomic_load(&counted.sent) == sent; i++) {
        usage_sleep_ms(1);
    }
    ck_assert_uint_gt(atomic_load(&counted.sent), sent);
}
END_TEST

Suite *suite_contract_round_trips(void)
{
    Suite *suite = suite_create("round_trips");
    TCase *tcase = tcase_create("round_trips"), *busy = tcase_create("round_trips_busy");

    tcase_set_timeout(tcase, 20);
    tcase_add_checked_fixture(tcase, NULL, world_teardown);
    tcase_add_loop_test(tcase, c40_one_look_for_each_frame, 0, 2);
    tcase_add_loop_test(tcase, c40_several_frames_after_single_ones, 0, 2);
    tcase_add_test(tcase, c40_asleep_without_the_stack);
    tcase_add_test(tcase, c40_a_busy_thread_is_left_alone);
    tcase_add_test(tcase, c40_answers_after_a_busy_time);
    suite_add_tcase(suite, tcase);

    tcase_set_timeout(busy, 20);
    tcase_add_loop_test(busy, c40_links_beside_a_busy_one, 0, 2);
    suite_add_tcase(suite, busy);
    return suite;
}
