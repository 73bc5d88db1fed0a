/*
 * test_threads.c - many threads in the library at once: who drives the stack, who gets a datagram,
 * and how all of them come to an end (C45, C65).
 *
 * Run under TSan these are the tests of the loop's hand-overs.
 */
#include "tests/contract/contract.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { RECEIVERS = 4, SENDERS = 2, EACH = 3000 };

/* What the threads of a test share. */
static struct {
    SOCKET receiver;
    uint16_t port;
    atomic_uint seen[SENDERS * EACH];
    atomic_uint total;
    atomic_uint unexpected;
    int last_error[RECEIVERS];
} shared;

/* Receives until an error, which it leaves in last_error. */
static void *receive_until_error(void *argument)
{
    unsigned thread = (unsigned)(uintptr_t)argument;

    for (;;) {
        uint32_t number;
        WSABUF buffer = {sizeof(number), (char *)&number};
        WSAMSG message = {.lpBuffers = &buffer, .dwBufferCount = 1};
        DWORD bytes;

        if (world.recvmsg(shared.receiver, &message, &bytes, NULL, NULL) != 0) {
            shared.last_error[thread] = WSAGetLastError();
            return NULL;
        }
        if (bytes != sizeof(number) || number >= SENDERS * EACH) {
            atomic_fetch_add(&shared.unexpected, 1);
            continue;
        }
        atomic_fetch_add(&shared.seen[number], 1);
        atomic_fetch_add(&shared.total, 1);
    }
}

/* Sends EACH numbers to the receiver over loopback; all of them together fit its queue. */
static void *send_numbers(void *argument)
{
    uint32_t first = (uint32_t)(uintptr_t)argument * EACH;
    SOCKET s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    SOCKADDR_STORAGE target;
    int length = world_name("127.0.0.1", shared.port, &target);

    for (uint32_t i = 0; i < EACH; i++) {
        uint32_t number = first + i;
        if (sendto(s, (const char *)&number, sizeof(number), 0, (struct sockaddr *)&target,
                   length) != sizeof(number)) {
            atomic_fetch_add(&shared.unexpected, 1);
        }
    }
    closesocket(s);
    return NULL;
}

static void start_receivers(pthread_t *threads)
{
    shared.receiver = world_socket("0.0.0.0", &shared.port);
    world_set(shared.receiver, SOL_SOCKET, SO_RCVBUF, 1 << 20);
    for (unsigned i = 0; i < RECEIVERS; i++) {
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, receive_until_error, (void *)(uintptr_t)i), 0);
    }
}

/* Closes the socket under its receivers, which ends them. */
static void end_receivers(pthread_t *threads)
{
    ck_assert_int_eq(closesocket(shared.receiver), 0);
    for (unsigned i = 0; i < RECEIVERS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
}

START_TEST(c65_each_datagram_goes_to_exactly_one_call)
{
    pthread_t receivers[RECEIVERS], senders[SENDERS];
    int64_t end = world_now_ms() + 4 * WORLD_PATIENCE_MS;

    world_start(&(struct world_options){.links = 1, .no_background = _i != 0});
    start_receivers(receivers);
    for (unsigned i = 0; i < SENDERS; i++) {
        ck_assert_int_eq(pthread_create(&senders[i], NULL, send_numbers, (void *)(uintptr_t)i), 0);
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        ck_assert_int_eq(pthread_join(senders[i], NULL), 0);
    }
    while (atomic_load(&shared.total) < SENDERS * EACH && world_now_ms() < end) {
        WSAPOLLFD none = {.fd = shared.receiver, .events = POLLRDNORM};
        WSAPoll(&none, 1, 1);
    }
    end_receivers(receivers);
    ck_assert_uint_eq(atomic_load(&shared.unexpected), 0);
    for (unsigned i = 0; i < SENDERS * EACH; i++) {
        ck_assert_msg(atomic_load(&shared.seen[i]) == 1, "datagram %u was received %u times", i,
                      atomic_load(&shared.seen[i]));
    }
    world_teardown();
}
END_TEST

START_TEST(c45_close_ends_all_that_wait)
{
    pthread_t receivers[RECEIVERS];

    world_start(&(struct world_options){.links = 1, .no_background = _i != 0});
    start_receivers(receivers);
    end_receivers(receivers);
    for (unsigned i = 0; i < RECEIVERS; i++) {
        /* Blocked, or on its way into the next call. */
        ck_assert_msg(shared.last_error[i] == WSAEINTR || shared.last_error[i] == WSAENOTSOCK,
                      "thread %u ended with %d", i, shared.last_error[i]);
    }
    world_teardown();
}
END_TEST

/* The waiting thread that drives leaves by its time-out: the other one has to take over. */
/* Sends by whatever socket there is, until there is none any more. */
static void *send_until_closed(void *argument)
{
    atomic_uintptr_t *socket_now = argument;
    SOCKADDR_STORAGE target;
    int length = world_name("192.0.2.9", 7777, &target);
    SOCKET s;

    while ((s = atomic_load(socket_now)) != 0) {
        if (sendto(s, "text", 4, 0, (struct sockaddr *)&target, length) != 4 &&
            WSAGetLastError() != WSAENOTSOCK) {
            atomic_fetch_add(&shared.unexpected, 1);
        }
    }
    return NULL;
}

/* A close does not pull the socket away from under those who are sending by it. */
START_TEST(c45_closing_what_others_send_by)
{
    enum { CLOSES = 1000 };
    static atomic_uintptr_t socket_now;
    pthread_t threads[SENDERS];

    world_start(&(struct world_options){.links = 1});
    atomic_store(&socket_now, world_socket("192.0.2.1", NULL));
    for (unsigned i = 0; i < SENDERS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, send_until_closed, &socket_now), 0);
    }
    for (unsigned i = 0; i < CLOSES; i++) {
        SOCKET next = i + 1 < CLOSES ? world_socket("192.0.2.1", NULL) : 0;
        ck_assert_int_eq(closesocket(atomic_exchange(&socket_now, next)), 0);
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_uint_eq(atomic_load(&shared.unexpected), 0);
    world_teardown();
}
END_TEST

START_TEST(c40_another_waiter_drives_when_the_first_one_leaves)
{
    uint16_t port, short_port;
    struct received *received = malloc(sizeof(*received));

    world_start(&(struct world_options){.links = 1, .no_background = true});
    SOCKET brief = world_socket(FAMILY->us, &short_port), s = world_socket(FAMILY->us, &port);
    world_set(brief, SOL_SOCKET, SO_RCVTIMEO, 1200); /* long enough to be seen waiting */
    struct later *driver = world_later(brief, NULL);
    world_later_blocked(driver);
    struct later *later = world_later(s, NULL);
    world_join_later(driver, received);
    ck_assert_int_eq(received->error, WSAETIMEDOUT);
    world_later_blocked(later);
    deliver(FAMILY, port, "somebody drives");
    world_join_later(later, received);
    world_assert_text(received, "somebody drives");
    free(received);
    world_teardown();
}
END_TEST

/* Nobody is inside the library: ARP is answered all the same. */
START_TEST(background_answers_while_nobody_waits)
{
    struct frame frame;

    world_start(&(struct world_options){.links = 1});
    memlink_forget(world.link[0]);
    frame_arp(&(struct frame_arp_spec){.operation = 1, .sender = world_families[0].peer,
                                       .target = world_families[0].us}, &frame);
    memlink_push(world.link[0], &frame);
    ck_assert(memlink_wait_sent(world.link[0], 1, WORLD_PATIENCE_MS));
    world_teardown();
}
END_TEST

Suite *suite_contract_threads(void)
{
    Suite *suite = suite_create("threads");
    TCase *tcase = tcase_create("threads"), *few = tcase_create("threads_few");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, c65_each_datagram_goes_to_exactly_one_call, 0, 2);
    tcase_add_loop_test(tcase, c45_close_ends_all_that_wait, 0, 2);
    tcase_add_test(tcase, c45_closing_what_others_send_by);
    suite_add_tcase(suite, tcase);

    tcase_add_loop_test(few, c40_another_waiter_drives_when_the_first_one_leaves, 0,
                        WORLD_FAMILIES);
    tcase_add_test(few, background_answers_while_nobody_waits);
    suite_add_tcase(suite, few);
    return suite;
}
