/*
 * test_drive.c - the stack driven by the program alone, from a loop round poll(2) on winlwip_fd().
 *
 * Nothing here waits inside the library but where a test is about other threads that do.
 */
#include "tests/contract/overlapped.h"

#include <stdlib.h>
#include <string.h>

#include "stack/loop.h"
#include "tests/support/watch.h"
#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

/* How long silence is watched, milliseconds; no timer but those of a second may end it. */
#define SILENCE_MS 200

enum { MANY = 300, ROUNDS = 300 };

static void setup(void)
{
    world_start(&(struct world_options){.links = 1, .no_background = true});
}

static void setup_loopback(void)
{
    world_start(&(struct world_options){.links = 0, .no_background = true});
}

/* Is the descriptor readable within so many milliseconds? */
static bool readable(int timeout_ms)
{
    ck_assert_int_ge(winlwip_fd(), 0);
    return watch_readable(winlwip_fd(), timeout_ms);
}

/* Turns until the descriptor is silent; returns what they took in. */
static unsigned drive_all(void)
{
    unsigned done = 0;

    while (readable(0)) {
        int turn = winlwip_drive();
        ck_assert_int_ge(turn, 0);
        done += (unsigned)turn;
    }
    return done;
}

/* The program's loop, until it has taken in something. */
static void drive_one(void)
{
    int64_t end_ms = world_now_ms() + WORLD_PATIENCE_MS;
    int done = 0;

    while (done == 0) {
        ck_assert_int_lt(world_now_ms(), end_ms);
        ck_assert(readable(WORLD_PATIENCE_MS));
        done = winlwip_drive();
        ck_assert_int_ge(done, 0);
    }
}

static void push(uint16_t port, const char *text)
{
    world_inject(&(struct frame_spec){
        .src = "192.0.2.9", .dst = "192.0.2.1", .dst_port = port, .text = text});
}

/* The same at a time of the stack's own clock. */
static void push_at(struct frame *frame, int64_t seconds)
{
    memlink_push_described(world.link[0],
                           &(struct link_frame){.data = frame->data,
                                                .bytes = (uint32_t)frame->bytes,
                                                .original_bytes = (uint32_t)frame->bytes,
                                                .time_ns = seconds * 1000000000});
}

static SOCKET nonblocking(const char *address, uint16_t *port)
{
    SOCKET s = world_socket(address, port);

    world_set_nonblocking(s);
    return s;
}

/* One receive that must succeed, without a turn of its own: something waits already. */
static void take(SOCKET s, const char *text)
{
    char data[64];
    int bytes = recv(s, data, sizeof(data), 0);

    ck_assert_msg(bytes >= 0, "recv: %d", WSAGetLastError());
    ck_assert_int_eq(bytes, (int)strlen(text));
    ck_assert_mem_eq(data, text, strlen(text));
}

/*
 * The descriptor falls silent: beside frames there are lwIP's timers alone, ten a second for the
 * moment after a start or a join, one a second later.
 */
static void assert_silent(void)
{
    enum { TURNS = 30 };

    for (unsigned i = 0; i < TURNS; i++) {
        if (!readable(SILENCE_MS)) {
            return;
        }
        ck_assert_int_ge(winlwip_drive(), 0);
    }
    ck_abort_msg("the descriptor is readable all the time");
}

/* --- the two calls and the life of the stack --- */

START_TEST(neither_works_without_a_stack)
{
    ck_assert_int_eq(winlwip_fd(), -1);
    ck_assert_int_eq(winlwip_drive(), -1);
    world_start(&(struct world_options){.links = 1});
    ck_assert_int_eq(winlwip_fd(), -1); /* a background thread drives */
    ck_assert_int_eq(winlwip_drive(), -1);
    world_stop();
    setup();
    ck_assert_int_ge(winlwip_fd(), 0);
    ck_assert_int_ge(winlwip_drive(), 0);
    world_stop();
    ck_assert_int_eq(winlwip_fd(), -1);
    ck_assert_int_eq(winlwip_drive(), -1);
}
END_TEST

START_TEST(descriptor_is_the_same_for_the_life_of_the_stack)
{
    int fd = winlwip_fd();

    drive_all();
    ck_assert_int_eq(winlwip_fd(), fd);
}
END_TEST

/* --- what makes it readable --- */

START_TEST(frame_makes_it_readable)
{
    uint16_t port;
    SOCKET s = nonblocking("192.0.2.1", &port);

    assert_silent();
    push(port, "one");
    ck_assert(readable(WORLD_PATIENCE_MS));
    ck_assert_int_eq(winlwip_drive(), 1);
    take(s, "one");
    assert_silent();
}
END_TEST

/* Level-triggered: it need not come while somebody polls. */
START_TEST(frame_between_turn_and_poll_is_seen)
{
    uint16_t port;
    SOCKET s = nonblocking("192.0.2.1", &port);

    for (unsigned i = 0; i < ROUNDS; i++) {
        drive_all();
        push(port, "between");
        ck_assert(readable(0));
        ck_assert_int_eq(winlwip_drive(), 1);
        take(s, "between");
    }
}
END_TEST

/* A turn is bounded; what it left keeps the descriptor readable. */
START_TEST(burst_takes_several_turns)
{
    uint16_t port;
    SOCKET s = nonblocking("192.0.2.1", &port);

    drive_all();
    for (unsigned i = 0; i < 100; i++) {
        push(port, "burst");
    }
    ck_assert_int_lt(winlwip_drive(), 100);
    ck_assert(readable(0));
    drive_all();
    for (unsigned i = 0; i < 100; i++) {
        take(s, "burst");
    }
}
END_TEST

/* A non-blocking call that finds nothing makes a turn, which fills another socket's queue. */
START_TEST(turn_of_another_call_is_told)
{
    uint16_t port;
    SOCKET s = nonblocking("192.0.2.1", &port);
    SOCKET empty = nonblocking("192.0.2.1", NULL);

    assert_silent();
    push(port, "unseen");
    world_assert_empty(empty);
    world_assert_empty(empty); /* and finds the link empty: that says no more */
    ck_assert(readable(0));
    winlwip_drive();
    take(s, "unseen");
    assert_silent();
}
END_TEST

START_TEST(loopback_is_told)
{
    uint16_t port;
    SOCKADDR_STORAGE name;
    SOCKET s = nonblocking("127.0.0.1", &port);
    SOCKET sender = nonblocking("127.0.0.1", NULL);
    int bytes = world_name("127.0.0.1", port, &name);

    assert_silent();
    ck_assert(!readable(SILENCE_MS)); /* loopback has no timers at all */
    ck_assert_int_eq(sendto(sender, "x", 1, 0, (struct sockaddr *)&name, bytes), 1);
    ck_assert(readable(0));
    drive_all();
    take(s, "x");
    ck_assert(!readable(SILENCE_MS));
}
END_TEST

START_TEST(interface_that_goes_down_is_told)
{
    SOCKET s = nonblocking("192.0.2.1", NULL);

    assert_silent();
    ck_assert_int_eq(winlwip_interface_set("mem0", false), 0);
    ck_assert(readable(0));
    drive_all();
    world_fails(recv(s, (char[1]){0}, 1, 0), WSAENETDOWN);
}
END_TEST

/* A link without a descriptor is a replay: there is always something to do until it ends. */
START_TEST(replay_is_readable_until_its_end)
{
    world_start(&(struct world_options){
        .links = 1, .no_background = true, .link = {{.pull = true, .end_is_down = true}}});
    uint16_t port;
    SOCKET s = nonblocking("192.0.2.1", &port);

    push(port, "replayed");
    for (unsigned i = 0; i < 5; i++) {
        ck_assert(readable(0));
        winlwip_drive();
    }
    take(s, "replayed");
    memlink_end(world.link[0]);
    assert_silent();
    world_fails(recv(s, (char[1]){0}, 1, 0), WSAENETDOWN);
}
END_TEST

/* --- beside other threads --- */

static struct {
    SOCKET s;
    char data[64];
    int bytes;
} blocked;

static void receive_blocked(void *unused)
{
    (void)unused;
    blocked.bytes = recv(blocked.s, blocked.data, sizeof(blocked.data), 0);
}

/* A thread that waits takes the frames in, and with them what is for the program's socket. */
START_TEST(turn_of_a_waiting_thread_is_told)
{
    uint16_t port, port_blocked;
    SOCKET s = nonblocking("192.0.2.1", &port);

    blocked.s = world_socket("192.0.2.1", &port_blocked);
    drive_all();
    struct worker *worker = worker_start(receive_blocked, NULL);
    worker_blocked(worker);
    push(port, "ours");
    push(port_blocked, "its own");
    worker_join(worker); /* it has driven */
    ck_assert_int_eq(blocked.bytes, 7);
    loop_poll(); /* finds the link empty: that says no more */
    ck_assert(readable(0));
    winlwip_drive();
    take(s, "ours");
}
END_TEST

/* And the other way round: the program's turn ends another thread's wait. */
START_TEST(turn_of_the_program_ends_another_wait)
{
    uint16_t port;

    blocked.s = world_socket("127.0.0.1", &port);
    drive_all();
    struct worker *worker = worker_start(receive_blocked, NULL);
    worker_blocked(worker);
    push(port, "nobody's"); /* not for 127.0.0.1: dropped by whoever is first */
    drive_all();

    SOCKADDR_STORAGE name;
    SOCKET sender = world_socket("127.0.0.1", NULL);
    int bytes = world_name("127.0.0.1", port, &name);
    ck_assert_int_eq(sendto(sender, "x", 1, 0, (struct sockaddr *)&name, bytes), 1);
    worker_join(worker);
    ck_assert_int_eq(blocked.bytes, 1);
}
END_TEST

static void receive_all(void *unused)
{
    (void)unused;
    for (unsigned i = 0; i < ROUNDS; i++) {
        receive_blocked(NULL);
        ck_assert_int_eq(blocked.bytes, 4);
    }
}

/* Frames for both are taken in by whoever is first; neither waits for ever. */
START_TEST(both_get_all_of_theirs)
{
    uint16_t port, port_blocked;
    unsigned taken = 0;
    char data[64];
    SOCKET s = nonblocking("192.0.2.1", &port);

    blocked.s = world_socket("192.0.2.1", &port_blocked);
    struct worker *worker = worker_start(receive_all, NULL);
    for (unsigned i = 0; i < ROUNDS; i++) {
        push(port_blocked, "four");
        push(port, "ours");
        while (taken <= i) {
            ck_assert(readable(WORLD_PATIENCE_MS));
            ck_assert_int_ge(winlwip_drive(), 0);
            while (recv(s, data, sizeof(data), 0) == 4) {
                taken++;
            }
        }
    }
    worker_join(worker);
    ck_assert_uint_eq(taken, ROUNDS);
}
END_TEST

/* --- timers --- */

/* Frames of this EtherType (and IP protocol, unless 0) that the link has sent. */
static size_t sent_of(uint16_t ethertype, uint8_t protocol)
{
    size_t count = 0;

    for (size_t i = 0; i < memlink_sent(world.link[0]); i++) {
        size_t bytes;
        const uint8_t *frame = memlink_sent_frame(world.link[0], i, &bytes);
        count += (frame[12] << 8 | frame[13]) == ethertype &&
                 (protocol == 0 || frame[14 + 9] == protocol);
    }
    return count;
}

/* Drives until the link has sent two of these. */
static void drive_until_sent(uint16_t ethertype, uint8_t protocol)
{
    int64_t end_ms = world_now_ms() + WORLD_PATIENCE_MS;

    while (sent_of(ethertype, protocol) < 2) {
        ck_assert_int_lt(world_now_ms(), end_ms);
        if (readable(WORLD_PATIENCE_MS)) {
            ck_assert_int_ge(winlwip_drive(), 0);
        }
    }
}

/* Nobody answers: the question is asked again after a second, by drive alone. */
START_TEST(arp_asks_again)
{
    SOCKADDR_STORAGE name;
    SOCKET s = nonblocking("192.0.2.1", NULL);
    int bytes = world_name("192.0.2.77", 9, &name);

    drive_all();
    memlink_forget(world.link[0]);
    ck_assert_int_eq(sendto(s, "x", 1, 0, (struct sockaddr *)&name, bytes), 1);
    drive_until_sent(0x0806, 0);
}
END_TEST

/* A join gives IGMP's timer work that it did not have; the second report is a timer's. */
START_TEST(join_reports_by_timer)
{
    SOCKET s = nonblocking("192.0.2.1", NULL);

    assert_silent();
    memlink_forget(world.link[0]);
    world_join(s, &world_families[0]);
    ck_assert(readable(0)); /* to learn of the new timer */
    drive_until_sent(0x0800, FRAME_IGMP);
}
END_TEST

/* A turn of another thread begins a reassembly; the program's turns see it expire. */
START_TEST(reassembly_expires)
{
    struct winlwip_stats stats;
    struct frame_list fragments;
    uint8_t payload[2000] = {0};

    /* The stack's time is that of the frames: a minute passes at once. */
    world_start(&(struct world_options){
        .links = 1, .no_background = true, .link = {{.own_clock = true}}});
    frame_fragments(&(struct frame_spec){.src = "192.0.2.9", .dst = "192.0.2.1", .dst_port = 9,
                                         .payload = payload, .payload_bytes = sizeof(payload)},
                    1000, &fragments);
    push_at(&fragments.frames[0], 1);
    drive_one();
    ck_assert_int_eq(winlwip_stats(&stats), 0);
    ck_assert_uint_eq(stats.frames_held, 1);
    push_at(&fragments.frames[0], 120);
    drive_one();
    drive_all();
    ck_assert_int_eq(winlwip_stats(&stats), 0);
    ck_assert_uint_eq(stats.fate[WINLWIP_FATE_DROP_REASSEMBLY_TIMEOUT], 1);
    frame_list_free(&fragments);
}
END_TEST

/* --- how a program learns of its datagrams --- */

START_TEST(many_sockets)
{
    static SOCKET sockets[MANY];
    static uint16_t ports[MANY];
    unsigned taken = 0;

    for (unsigned i = 0; i < MANY; i++) {
        sockets[i] = nonblocking("192.0.2.1", &ports[i]);
    }
    drive_all();
    for (unsigned i = 0; i < MANY; i++) {
        push(ports[i], "each");
    }
    while (taken < MANY) {
        drive_one();
        for (unsigned i = 0; i < MANY; i++) {
            char data[8];
            if (sockets[i] != INVALID_SOCKET && recv(sockets[i], data, sizeof(data), 0) == 4) {
                sockets[i] = INVALID_SOCKET;
                taken++;
            }
        }
    }
}
END_TEST

/* A port says which socket it was, without a look at each. */
START_TEST(port_with_time_out_0)
{
    struct channel channel;
    OVERLAPPED_ENTRY entries[4];
    ULONG count = 0;

    channel_open(&channel, "192.0.2.1", WAY_PORT);
    struct posted *posted = posted_receive(&channel);
    drive_all();
    push(channel.port, "by port");
    drive_one();
    ck_assert(GetQueuedCompletionStatusEx(channel.completion_port, entries, 4, &count, 0, FALSE));
    ck_assert_uint_eq(count, 1);
    ck_assert_ptr_eq(entries[0].lpOverlapped, &posted->overlapped);
    ck_assert_uint_eq(entries[0].dwNumberOfBytesTransferred, 7);
    ck_assert(!GetQueuedCompletionStatusEx(channel.completion_port, entries, 4, &count, 0, FALSE));
}
END_TEST

Suite *suite_contract_drive(void)
{
    Suite *suite = suite_create("drive");
    TCase *life = tcase_create("drive_life"), *link = tcase_create("drive_link"),
          *loopback = tcase_create("drive_loopback");

    tcase_add_checked_fixture(life, NULL, overlapped_teardown);
    tcase_add_test(life, neither_works_without_a_stack);
    tcase_add_test(life, replay_is_readable_until_its_end);
    tcase_add_test(life, reassembly_expires);
    suite_add_tcase(suite, life);

    tcase_add_checked_fixture(link, setup, overlapped_teardown);
    tcase_add_test(link, descriptor_is_the_same_for_the_life_of_the_stack);
    tcase_add_test(link, frame_makes_it_readable);
    tcase_add_test(link, frame_between_turn_and_poll_is_seen);
    tcase_add_test(link, burst_takes_several_turns);
    tcase_add_test(link, turn_of_another_call_is_told);
    tcase_add_test(link, interface_that_goes_down_is_told);
    tcase_add_test(link, turn_of_a_waiting_thread_is_told);
    tcase_add_test(link, turn_of_the_program_ends_another_wait);
    tcase_add_test(link, both_get_all_of_theirs);
    tcase_add_test(link, arp_asks_again);
    tcase_add_test(link, join_reports_by_timer);
    tcase_add_test(link, many_sockets);
    tcase_add_test(link, port_with_time_out_0);
    suite_add_tcase(suite, link);

    tcase_add_checked_fixture(loopback, setup_loopback, overlapped_teardown);
    tcase_add_test(loopback, loopback_is_told);
    suite_add_tcase(suite, loopback);
    return suite;
}
