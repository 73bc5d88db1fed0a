/*
 * echo.c - datagrams between two hosts, by libuv's UDP and timers
 *
 *   echo serve PORT         says "ready" and sends back what comes, until it is ended
 *   echo ask ADDRESS PORT   sends datagrams of many lengths, one after the other and each again and
 *                           again until it has come back; says how many sends that took
 *
 * The server has one socket for both IP versions. An echo that is not what was sent ends the client
 * with status 1; that of an earlier datagram, which was sent twice, is passed over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uv.h"

#define DATAGRAMS   200
#define LONGEST     1400
#define PATIENCE_MS 100 /* until a datagram is sent again */

/* A datagram on its way out; libuv keeps no copy. */
struct sending {
    uv_udp_send_t request;
    char data[LONGEST];
};

static uv_udp_t udp;

static struct {
    struct sockaddr_storage server;
    uv_timer_t timer;
    uint32_t number; /* of the datagram that is asked for */
    unsigned sends;
} ask;

static void check(int result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "%s: %s\n", what, uv_strerror(result));
        exit(1);
    }
}

static void on_sent(uv_udp_send_t *request, int status)
{
    check(status, "a send");
    free(request);
}

static void send_to(const void *data, size_t bytes, const struct sockaddr *to)
{
    struct sending *sending = malloc(sizeof(*sending));
    uv_buf_t buffer;

    if (sending == NULL) {
        abort();
    }
    memcpy(sending->data, data, bytes);
    buffer = uv_buf_init(sending->data, (unsigned)bytes);
    check(uv_udp_send(&sending->request, &udp, &buffer, 1, to, on_sent), "uv_udp_send");
}

static void lend(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    static char memory[65536];

    (void)handle, (void)suggested;
    *buffer = uv_buf_init(memory, sizeof(memory));
}

/* --- server --- */

static void send_back(uv_udp_t *handle, ssize_t bytes, const uv_buf_t *buffer,
                      const struct sockaddr *from, unsigned flags)
{
    (void)handle, (void)flags;
    check((int)bytes, "a receive");
    if (from != NULL) {
        send_to(buffer->base, (size_t)bytes, from);
    }
}

static void serve(int port)
{
    struct sockaddr_in6 any;

    check(uv_ip6_addr("::", port, &any), "the port");
    check(uv_udp_bind(&udp, (struct sockaddr *)&any, 0), "uv_udp_bind");
    check(uv_udp_recv_start(&udp, lend, send_back), "uv_udp_recv_start");
    puts("ready");
    fflush(stdout);
}

/* --- client --- */

/* Writes a datagram: its number, and bytes that depend on it. Returns its length. */
static size_t make(uint32_t number, char *data)
{
    size_t bytes = sizeof(number) + number * 97 % (LONGEST - sizeof(number) + 1);

    for (size_t i = 0; i < bytes; i++) {
        data[i] = (char)(number + i);
    }
    memcpy(data, &number, sizeof(number));
    return bytes;
}

static void send_one(uv_timer_t *timer)
{
    char data[LONGEST];
    size_t bytes = make(ask.number, data);

    (void)timer;
    ask.sends++;
    send_to(data, bytes, (struct sockaddr *)&ask.server);
}

static void take_echo(uv_udp_t *handle, ssize_t bytes, const uv_buf_t *buffer,
                      const struct sockaddr *from, unsigned flags)
{
    char expected[LONGEST];
    uint32_t number;

    (void)handle;
    check((int)bytes, "a receive");
    if (from == NULL) {
        return;
    }
    memcpy(&number, buffer->base, sizeof(number));
    if (flags != 0 || number > ask.number || (size_t)bytes != make(number, expected) ||
        memcmp(buffer->base, expected, (size_t)bytes) != 0) {
        fprintf(stderr, "the echo of datagram %u is another one\n", ask.number);
        exit(1);
    }
    if (number < ask.number) {
        return;
    }
    if (++ask.number == DATAGRAMS) {
        uv_close((uv_handle_t *)&udp, NULL);
        uv_close((uv_handle_t *)&ask.timer, NULL);
        return;
    }
    send_one(&ask.timer);
    uv_timer_again(&ask.timer);
}

static void start_asking(const char *address, int port)
{
    if (uv_ip4_addr(address, port, (struct sockaddr_in *)&ask.server) != 0) {
        check(uv_ip6_addr(address, port, (struct sockaddr_in6 *)&ask.server), "the address");
    }
    check(uv_timer_init(uv_default_loop(), &ask.timer), "uv_timer_init");
    check(uv_timer_start(&ask.timer, send_one, PATIENCE_MS, PATIENCE_MS), "uv_timer_start");
    send_one(&ask.timer);
    check(uv_udp_recv_start(&udp, lend, take_echo), "uv_udp_recv_start");
}

int main(int argc, char **argv)
{
    check(uv_udp_init(uv_default_loop(), &udp), "uv_udp_init");
    if (argc == 3 && strcmp(argv[1], "serve") == 0) {
        serve(atoi(argv[2]));
    } else if (argc == 4 && strcmp(argv[1], "ask") == 0) {
        start_asking(argv[2], atoi(argv[3]));
    } else {
        fprintf(stderr, "usage: echo serve PORT | echo ask ADDRESS PORT\n");
        return 2;
    }
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    check(uv_loop_close(uv_default_loop()), "uv_loop_close");
    printf("%u datagrams came back, %u were sent\n", ask.number, ask.sends);
    uv_library_shutdown();
    return 0;
}
