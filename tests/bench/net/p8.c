/*
 * p8.c - P8: round trips of 64 bytes, a socket of the kernel as the client.
 *
 * Three echo processes wait on the same CPU as the client: winlwip on a TAP, blocking in
 * WSARecvMsg() with everything that is on by default; a bare loop on another TAP; a socket of the
 * kernel at the other end of a veth pair. The client goes through them in turn, a stretch of round
 * trips each.
 */
#define _GNU_SOURCE

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/net/room.h"
#include "tests/bench/net/row.h"
#include "tests/bench/net/rows.h"
#include "tests/bench/net/station.h"
#include "tests/bench/net/tapdev.h"
#include "tests/bench/net/wire.h"

enum { BYTES = 64, STRETCHES = 20, STRETCH = 1000 };

/* An echo process and its client's side. */
struct echo {
    const char *who;
    int client;
    pid_t process;
    struct row_samples round_trips_ns;
};

/* What the echo processes take over. */
static struct {
    struct link *link;
    struct tapdev bare;
    int kernel;
} ends;

static struct echo ours = {.who = "winlwip"}, bare = {.who = "bare-echo"},
                   kernel = {.who = "kernel-veth"};

static void echo_ours(void)
{
    struct flow flow = room_flow(ROOM_OURS, false);

    station_start(ROOM_OURS, ends.link, true);
    station_open(flow.destination_port, 1, BYTES);
    station_echo(&flow, BYTES);
    station_stop();
}

static void echo_bare(void)
{
    tapdev_block(ends.bare.fd, true);
    tapdev_echo(&ends.bare);
}

static void echo_kernel(void)
{
    wire_echo(ends.kernel);
}

/* The processes have no records to print: they end without touching stdout. */
static void start(struct echo *echo, void (*run)(void))
{
    echo->process = fork();
    if (echo->process < 0) {
        row_fail_errno("fork");
    }
    if (echo->process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        run();
        _exit(0);
    }
}

static void stop(struct echo *echo)
{
    int status;

    wire_stop_echo(echo->client);
    if (waitpid(echo->process, &status, 0) != echo->process || status != 0) {
        row_fail("%s: the echo process failed", echo->who);
    }
}

static void run_stretch(struct echo *echo, uint64_t *serial, bool keep)
{
    for (unsigned i = 0; i < STRETCH; i++) {
        int64_t time_ns = wire_round_trip(echo->client, BYTES, (*serial)++);
        if (keep) {
            row_sample(&echo->round_trips_ns, (double)time_ns);
        }
    }
}

static int client_of(enum room_place place)
{
    struct flow flow = room_flow(place, false);

    return wire_sender(&flow);
}

static void open_ends(void)
{
    struct flow flow = room_flow(ROOM_VETH, false);

    ends.link = tapdev_open_ours();
    ends.bare = tapdev_open_bare(ends.link);
    room_make_veth(ROOM_VETH, true);
    room_go(true);
    ends.kernel = wire_receiver(&flow, false);
    room_go(false);
    ours.client = client_of(ROOM_OURS);
    bare.client = client_of(ROOM_BARE);
    kernel.client = client_of(ROOM_VETH);
    wire_wait_until_up(ours.client, ends.link->fd);
    wire_wait_until_up(bare.client, ends.bare.fd);
    wire_wait_until_up(kernel.client, ends.kernel);
}

void row_p8(void)
{
    struct echo *const echoes[] = {&bare, &ours, &kernel};
    enum { COUNT = sizeof(echoes) / sizeof(echoes[0]) };
    uint64_t serial = 0;

    room_enter();
    open_ends();
    start(&ours, echo_ours);
    start(&bare, echo_bare);
    start(&kernel, echo_kernel);
    for (unsigned stretch = 0; stretch <= STRETCHES; stretch++) {
        for (unsigned i = 0; i < COUNT; i++) {
            run_stretch(echoes[i], &serial, stretch > 0);
        }
    }
    for (unsigned i = 0; i < COUNT; i++) {
        stop(echoes[i]);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        row_record("P8", "p50", echoes[i]->who, row_quantile(&echoes[i]->round_trips_ns, 0.50));
    }
    for (unsigned i = 0; i < COUNT; i++) {
        row_record("P8", "p99", echoes[i]->who, row_quantile(&echoes[i]->round_trips_ns, 0.99));
    }
}
