/*
 * test_flood.c - fairness over a real TAP: a thread of the kernel's side sends as fast as the kernel
 * lets it, to a closed port or to a socket that nobody reads, while others go about their business.
 *
 * What must happen is waited for with patience and no measure of time; tests/contract/test_fairness.c
 * measures it in frames. The kernel may drop what finds its queue full, so senders ask again.
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

/* Enough to be called one, and little enough for any machine. */
#define FLOOD_MIN 5000

static struct {
    const struct world_family *family;
    int fd;
    uint16_t port;
    atomic_bool over;
    atomic_uint sent;
} flood;

static void send_flood(void *unused)
{
    (void)unused;
    while (!atomic_load(&flood.over)) {
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

/* The kernel asks until a number comes back. */
static void ask(int fd, SOCKET s, const struct world_family *family, uint16_t port, uint32_t number)
{
    static struct kernel_received answer;
    SOCKADDR_STORAGE from;

    for (unsigned i = 0; i < ATTEMPTS; i++) {
        int bytes = sizeof(from);
        uint32_t got = number + 1;
        ck_assert_int_eq(kernel_send(fd, family->us, port, &number, sizeof(number)), 0);
        while (got != number && recvfrom(s, (char *)&got, sizeof(got), 0, (struct sockaddr *)&from,
                                         &bytes) == sizeof(got)) {
        }
        if (got == number &&
            sendto(s, (const char *)&got, sizeof(got), 0, (struct sockaddr *)&from, bytes) ==
                sizeof(got) &&
            kernel_receive(fd, &answer, ATTEMPT_MS) == 0 && answer.bytes == sizeof(number) &&
            memcmp(answer.data, &number, sizeof(number)) == 0) {
            return;
        }
    }
    ck_abort_msg("nobody got number %u through", (unsigned)number);
}

static int open_kernels(const struct world_family *family)
{
    uint16_t port;

    return kernel_socket(family->af == AF_INET ? KERNEL_ADDRESS4 : KERNEL_ADDRESS6, &port);
}

static void ask_all(const struct world_family *family)
{
    uint16_t port;
    SOCKET s = world_socket(family->any, &port);
    int fd = open_kernels(family);

    world_set(s, SOL_SOCKET, SO_RCVTIMEO, ATTEMPT_MS);
    for (uint32_t i = 0; i < DATAGRAMS; i++) {
        ask(fd, s, family, port, i);
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
    worker = worker_start(send_flood, NULL);
    ask_all(&world_families[0]);
    ask_all(&world_families[1]);
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
