/*
 * loopback.c - libcoap's example server and its example client in one process
 *
 *   loopback [SERVER'S ARGUMENT...] -- CLIENT'S ARGUMENT... [-- SECOND CLIENT'S ARGUMENT...]
 *
 * A process is a host, so what two programs say to each other over loopback they have to say inside
 * of one. Each of them is linked with a libcoap of its own into one object that shows nothing but
 * main(), as server_main(), client_main() and second_main() (client.mk); what they share is Winsock.
 * The server has a thread and port 5683, for IPv4 at least. When the clients have ended, one after
 * the other, the server is told so by SIGINT, as on a console.
 *
 * Exits with 0 when all three ended with 0.
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#define COAP_PORT 5683

/* How long the server may take to answer at its port, in milliseconds. */
#define READY_MS 20000

int server_main(int argc, char **argv);
int client_main(int argc, char **argv);
int second_main(int argc, char **argv);

/* Arguments of a program, the first is its name. Empty: it is not run. */
struct arguments {
    int count;
    char **list;
};

enum { SERVER, CLIENT, SECOND, PROGRAMS };

static void *serve(void *context)
{
    const struct arguments *arguments = context;

    return (void *)(intptr_t)server_main(arguments->count, arguments->list);
}

/* Whether a CoAP server answers a ping (RFC 7252, 4.3: an empty confirmable message is reset). */
static bool server_answers(SOCKET s)
{
    static const char ping[] = {0x40, 0x00, 0x12, 0x34};
    static const char pong[] = {0x70, 0x00, 0x12, 0x34};
    char answer[64];

    return send(s, ping, sizeof(ping), 0) == sizeof(ping) &&
           recv(s, answer, sizeof(answer), 0) == sizeof(pong) &&
           memcmp(answer, pong, sizeof(pong)) == 0;
}

/* Until there is a server, the ping comes back as an error: the port is closed. */
static bool wait_for_server(void)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(COAP_PORT)};
    DWORD answer_ms = 1000;
    ULONGLONG end = GetTickCount64() + READY_MS;
    SOCKET s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    bool ready = false;

    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (const char *)&answer_ms, sizeof(answer_ms));
    if (connect(s, (const struct sockaddr *)&name, sizeof(name)) == 0) {
        while (!(ready = server_answers(s)) && GetTickCount64() < end) {
            Sleep(10);
        }
    }
    closesocket(s);
    return ready;
}

/* Runs the clients against a server that serves in a thread. Whether all of them ended well. */
static bool run(struct arguments programs[PROGRAMS])
{
    void (*stop_server)(int);
    void *server_status;
    pthread_t thread;
    bool good;

    if (pthread_create(&thread, NULL, serve, &programs[SERVER]) != 0 || !wait_for_server()) {
        fprintf(stderr, "loopback: no server\n");
        return false;
    }
    /* The clients put their own handlers where the server's was. */
    stop_server = signal(SIGINT, SIG_DFL);
    good = client_main(programs[CLIENT].count, programs[CLIENT].list) == 0;
    if (programs[SECOND].count != 0) {
        good = second_main(programs[SECOND].count, programs[SECOND].list) == 0 && good;
    }
    signal(SIGINT, stop_server);
    pthread_kill(thread, SIGINT);
    pthread_join(thread, &server_status);
    return good && server_status == NULL;
}

/* Divides the command line at each "--", which stands for the next program's name. */
static void divide(struct arguments programs[PROGRAMS], int argc, char **argv)
{
    int program = SERVER;

    programs[SERVER].list = argv;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0 && program + 1 < PROGRAMS) {
            program++;
            programs[program].list = argv + i;
        }
        programs[program].count++;
    }
}

int main(int argc, char **argv)
{
    struct arguments programs[PROGRAMS] = {{0}};
    WSADATA data;
    bool good;

    divide(programs, argc, argv);
    if (programs[CLIENT].count == 0 || WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        fprintf(stderr, "usage: loopback [SERVER'S ARGUMENT...] -- CLIENT'S ARGUMENT...\n");
        return 1;
    }
    good = run(programs);
    WSACleanup();
    return good ? 0 : 1;
}
