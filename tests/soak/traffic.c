/*
 * traffic.c - what the kernel does on its side of the TAP: one thread sends, one answers.
 *
 * Sent are, by turns: unicasts, fragmented ones, broadcasts and multicasts to the sockets under
 * test, and datagrams to a port that nobody has, about which the host under test sends ICMP errors.
 * The rate is bounded. What the sockets under test send to the echo port goes back to them; what
 * they send to another port the kernel answers by ICMP.
 */
#include "tests/soak/soak.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/support/kernel.h"

#define PAUSE_NS 1000000  /* between two bursts */
#define BURST 4u
#define SMALL_BYTES 60u
#define FRAGMENTED_BYTES 4000u
#define GROUP_PORT 5000   /* STRESS_GROUP_PORT */
#define NOBODYS_PORT 9
#define ECHO_PATIENCE_MS 50

enum kind { UNICAST, FRAGMENTED, BROADCAST, MULTICAST, NOWHERE, KINDS };

static const char *const kind_names[KINDS] = {"unicasts", "fragmented", "broadcasts", "multicasts",
                                              "to no port"};

static int sender, connected, echo;
static pthread_t threads[2];
static atomic_bool stopping;
static _Atomic uint64_t sent[KINDS], unsent, echoed, refused;

uint16_t traffic_open(void)
{
    uint16_t port;

    sender = kernel_socket(KERNEL_ADDRESS4, &port);
    connected = kernel_socket(KERNEL_ADDRESS4, &port);
    kernel_connect(connected, SOAK_OUR_ADDRESS, NOBODYS_PORT);
    echo = kernel_socket(KERNEL_ADDRESS4, &port);
    return port;
}

static int send_unicast(uint32_t random, uint32_t bytes)
{
    static uint8_t data[FRAGMENTED_BYTES];
    uint16_t port = feed_port(random);

    if (port == 0) {
        return -ENOTCONN;
    }
    feed_unicast(data, bytes);
    return kernel_send(sender, SOAK_OUR_ADDRESS, port, data, bytes);
}

static int send_to_all(const char *address)
{
    uint8_t data[SMALL_BYTES];

    feed_group(data, sizeof(data));
    return kernel_send(sender, address, GROUP_PORT, data, sizeof(data));
}

/* A socket that is connected is told of the ICMP error by its next call. */
static int send_nowhere(void)
{
    int error = kernel_send(connected, SOAK_OUR_ADDRESS, NOBODYS_PORT, "", 1);

    if (error == -ECONNREFUSED) {
        atomic_fetch_add(&refused, 1);
        return 0;
    }
    return error;
}

static int send_one(enum kind kind, uint32_t random)
{
    switch (kind) {
    case UNICAST:
        return send_unicast(random, SMALL_BYTES);
    case FRAGMENTED:
        return send_unicast(random, FRAGMENTED_BYTES);
    case BROADCAST:
        return send_to_all(SOAK_BROADCAST);
    case MULTICAST:
        return send_to_all(SOAK_GROUP);
    default:
        return send_nowhere();
    }
}

static void *send_always(void *unused)
{
    static const enum kind kinds[] = {UNICAST,   UNICAST, FRAGMENTED, UNICAST, BROADCAST,
                                      MULTICAST, UNICAST, NOWHERE};
    uint32_t random = 1;

    (void)unused;
    while (!atomic_load(&stopping)) {
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
        for (unsigned i = 0; i < BURST && !feed_is_settling(); i++) {
            random = random * 1664525 + 1013904223;
            enum kind kind = kinds[(random >> 24) % (sizeof(kinds) / sizeof(kinds[0]))];
            atomic_fetch_add(send_one(kind, random >> 8) == 0 ? &sent[kind] : &unsent, 1);
        }
    }
    return NULL;
}

static void *answer_always(void *unused)
{
    static struct kernel_received received;

    (void)unused;
    while (!atomic_load(&stopping)) {
        if (kernel_receive(echo, &received, ECHO_PATIENCE_MS) == 0 &&
            kernel_send(echo, received.source, received.port, received.data, received.bytes) == 0) {
            atomic_fetch_add(&echoed, 1);
        }
    }
    return NULL;
}

void traffic_start(void)
{
    if (pthread_create(&threads[0], NULL, send_always, NULL) != 0 ||
        pthread_create(&threads[1], NULL, answer_always, NULL) != 0) {
        fprintf(stderr, "soak: no thread\n");
        exit(1);
    }
}

void traffic_stop(void)
{
    atomic_store(&stopping, true);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    kernel_close_all();
}

void traffic_print(void)
{
    printf("kernel: ");
    for (unsigned kind = 0; kind < KINDS; kind++) {
        printf("%s %" PRIu64 ", ", kind_names[kind], atomic_load(&sent[kind]));
    }
    printf("sent back %" PRIu64 ", told of unreachable ports %" PRIu64 ", could not send %" PRIu64
           "\n",
           atomic_load(&echoed), atomic_load(&refused), atomic_load(&unsent));
}
