/*
 * test_flood.c - fairness over a real TAP: a thread of the kernel's side sends as fast as the kernel
 * lets it, to a closed port or to a socket that nobody reads, while others go about their business.
 *
 * What must happen is waited for with patience and no measure of time; tests/contract/test_fairness.c
 * measures it in frames. The kernel drops what finds the queue of the TAP full, and keeps it full on
 * a machine with few processors: a question that is sent beside the flood may never find room there.
 * So the flood itself carries the open question, again and again, among its own datagrams.
 */
#include "tests/net/net.h"

#include <stdatomic.h>
#include <string.h>

#include "tests/support/kernel.h"
#include "tests/support/worker.h"
#include "tests/support/world.h"

#define DATAGRAMS 100
#define ATTEMPTS 200
#define ATTEMPT_MS 200

/* Datagrams of the flood for one repetition of the open question. */
#define QUESTION_EVERY 32

/* Enough to be called one, and little enough for any machine. */
#define FLOOD_MIN 5000

/* In each family one socket of the kernel asks one of ours. */
static struct asker {
    const struct world_family *family;
    SOCKET s;
    uint16_t port;
    int fd;
} askers[WORLD_FAMILIES];

/* What the flood carries along. */
struct question {
    const struct asker *asker;
    uint32_t number;
};

static struct {
    const struct world_family *family;
    int fd;
    uint16_t port;
    atomic_bool over;
    atomic_uint sent;
    struct question *_Atomic open; /* the one to repeat, or null */
} flood;

static void send_question(const struct question *question)
{
    const struct asker *asker = question->asker;

    (void)kernel_send(asker->fd, asker->family->us, asker->port, &question->number,
                      sizeof(question->number));
}

static void send_flood(void *unused)
{
    (void)unused;
    for (unsigned i = 0; !atomic_load(&flood.over); i++) {
        const struct question *question = atomic_load(&flood.open);

        if (question != NULL && i % QUESTION_EVERY == 0) {
            send_question(question);
        }
        atomic_fetch_add(&flood.sent,
                         kernel_send(flood.fd, flood.family->us, flood.port, "one of many", 11) == 0);
    }
}

/* A port that is closed, or one of a socket that stays full. */
static uint16_t flooded_port(const struct world_family *family, bool closed)
{
    uint16_t port;
    SOCKET s = world_socket(family->any, &port);

    if (closed) {
        ck_assert_int_eq(closesocket(s), 0);
    }
    return port;
}

/* Waits for the question of that number, whatever of older ones is still queued. */
static bool hear(const struct asker *asker, uint32_t number, SOCKADDR_STORAGE *from, int *bytes)
{
    uint32_t got = number + 1;

    while (got != number) {
        *bytes = sizeof(*from);
        if (recvfrom(asker->s, (char *)&got, sizeof(got), 0, (struct sockaddr *)from, bytes) !=
            sizeof(got)) {
            return false;
        }
    }
    return true;
}

/* One answer to that question; does it reach the kernel? */
static bool answer(const struct asker *asker, uint32_t number, const SOCKADDR_STORAGE *to, int bytes)
{
    static struct kernel_received got;

    return sendto(asker->s, (const char *)&number, sizeof(number), 0, (const struct sockaddr *)to,
                  bytes) == sizeof(number) &&
           kernel_receive(asker->fd, &got, ATTEMPT_MS) == 0 && got.bytes == sizeof(number) &&
           memcmp(got.data, &number, sizeof(number)) == 0;
}

/* The kernel asks, in its flood, until a number comes back. */
static void ask(const struct asker *asker, uint32_t number)
{
    /* Kept for good: the flood may look at the last question while the next one opens. */
    static struct question questions[WORLD_FAMILIES][DATAGRAMS];
    struct question *question = &questions[asker - askers][number];
    bool answered = false;

    *question = (struct question){asker, number};
    atomic_store(&flood.open, question);
    for (unsigned i = 0; i < ATTEMPTS && !answered; i++) {
        SOCKADDR_STORAGE from;
        int bytes;
        answered = hear(asker, number, &from, &bytes) && answer(asker, number, &from, bytes);
    }
    atomic_store(&flood.open, NULL);
    ck_assert_msg(answered, "nobody got number %u through", (unsigned)number);
}

static int open_kernels(const struct world_family *family)
{
    uint16_t port;

    return kernel_socket(family->af == AF_INET ? KERNEL_ADDRESS4 : KERNEL_ADDRESS6, &port);
}

static void open_askers(void)
{
    for (unsigned i = 0; i < WORLD_FAMILIES; i++) {
        struct asker *asker = &askers[i];
        asker->family = &world_families[i];
        asker->s = world_socket(asker->family->any, &asker->port);
        asker->fd = open_kernels(asker->family);
        world_set(asker->s, SOL_SOCKET, SO_RCVTIMEO, ATTEMPT_MS);
    }
}

static void ask_all(void)
{
    for (unsigned i = 0; i < WORLD_FAMILIES; i++) {
        for (uint32_t number = 0; number < DATAGRAMS; number++) {
            ask(&askers[i], number);
        }
    }
}

static void time_out(void)
{
    SOCKET s = world_socket("0.0.0.0", NULL);
    char byte;

    world_set(s, SOL_SOCKET, SO_RCVTIMEO, 20);
    for (unsigned i = 0; i < 5; i++) {
        world_fails(recv(s, &byte, 1, 0), WSAETIMEDOUT);
    }
}

/* Both families get through a flood of one; the first question for a neighbour falls into it. */
START_TEST(others_in_a_flood)
{
    struct worker *worker;

    flood.family = &world_families[_i / 2];
    flood.port = flooded_port(flood.family, _i % 2 == 0);
    flood.fd = open_kernels(flood.family);
    open_askers();
    worker = worker_start(send_flood, NULL);
    ask_all();
    time_out();
    while (atomic_load(&flood.sent) < FLOOD_MIN) {
        time_out();
    }
    atomic_store(&flood.over, true);
    worker_join(worker);
}
END_TEST

Suite *suite_net_flood(void)
{
    Suite *suite = suite_create("flood");
    TCase *tcase = tcase_create("flood");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, net_set_up, net_tear_down);
    tcase_add_loop_test(tcase, others_in_a_flood, 0, 2 * WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
