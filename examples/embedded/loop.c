/*
 * loop.c - the stack inside a program's own event loop: one thread, one descriptor beside those that
 * the program has anyway.
 *
 *   loop [--capture FILE | --tap DEVICE ADDRESS/PREFIX] [PORT]
 *
 * Sends each line of its standard input to itself, and prints each datagram that arrives on PORT (any
 * free one without): address, port, bytes. Ends with its input, or with the capture.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/epoll.h> /* not <poll.h>: <winsock2.h> has a struct pollfd of its own */
#include <unistd.h>

#include <winlwip.h>

static LPFN_WSARECVMSG receive_message;

/* Starts the stack without files and without a thread. Returns whether it runs. */
static bool start(const char *capture, const char *tap, const char *address)
{
    struct winlwip_option option = {"file", capture};
    struct winlwip_interface interface = {.addresses = address, .options = &option};
    struct winlwip_config config = {.interfaces = &interface, .no_background = true};
    WSADATA data;

    if (capture != NULL) {
        interface.driver = "pcap";
        interface.option_count = 1;
        config.interface_count = 1;
    } else if (tap != NULL) {
        option = (struct winlwip_option){"device", tap};
        interface.driver = "tap";
        interface.option_count = 1;
        config.interface_count = 1;
    }
    if (winlwip_configure(&config) != 0 || WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        fprintf(stderr, "%s\n", winlwip_startup_error());
        return false;
    }
    return true;
}

/* A bound socket that never waits. *name becomes its own, by way of loopback. */
static SOCKET open_socket(unsigned short port, struct sockaddr_in *name)
{
    GUID id = WSAID_WSARECVMSG;
    u_long yes = 1;
    DWORD bytes;
    int length = sizeof(*name);
    SOCKET s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);

    *name = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    if (s == INVALID_SOCKET || ioctlsocket(s, FIONBIO, &yes) != 0 ||
        bind(s, (struct sockaddr *)name, sizeof(*name)) != 0 ||
        getsockname(s, (struct sockaddr *)name, &length) != 0 ||
        WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &receive_message,
                 sizeof(receive_message), &bytes, NULL, NULL) != 0) {
        fprintf(stderr, "no socket: %d\n", WSAGetLastError());
        return INVALID_SOCKET;
    }
    name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return s;
}

/* Takes all that waits. Returns false when nothing will come any more. */
static bool receive_all(SOCKET s)
{
    for (;;) {
        char data[65536], control[256], text[INET_ADDRSTRLEN];
        struct sockaddr_in from;
        DWORD bytes;
        WSABUF buffer = {sizeof(data), data};
        WSAMSG message = {(struct sockaddr *)&from, sizeof(from), &buffer, 1,
                          {sizeof(control), control}, 0};

        if (receive_message(s, &message, &bytes, NULL, NULL) != 0) {
            return WSAGetLastError() == WSAEWOULDBLOCK;
        }
        inet_ntop(AF_INET, &from.sin_addr, text, sizeof(text));
        printf("%s:%u %u bytes: %.*s\n", text, ntohs(from.sin_port), (unsigned)bytes,
               (int)strcspn(data, "\n"), data);
    }
}

/* Sends what there is to read. Returns false at the end of the input. */
static bool send_input(SOCKET s, const struct sockaddr_in *to)
{
    char text[1024];
    ssize_t bytes = read(STDIN_FILENO, text, sizeof(text));

    if (bytes <= 0) {
        return false;
    }
    for (char *line = text, *end; line < text + bytes; line = end + 1) {
        end = memchr(line, '\n', (size_t)(text + bytes - line));
        if (end == NULL) {
            end = text + bytes;
        }
        sendto(s, line, (int)(end - line), 0, (const struct sockaddr *)to, sizeof(*to));
    }
    return true;
}

static void watch(int set, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) != 0) {
        perror("the input has to be a terminal or a pipe");
    }
}

/* The loop: after each turn a look at the sockets. */
static void run(SOCKET s, const struct sockaddr_in *self, bool replay)
{
    int set = epoll_create1(EPOLL_CLOEXEC);
    bool going = true;

    watch(set, winlwip_fd());
    if (!replay) {
        watch(set, STDIN_FILENO);
    }
    while (going) {
        struct epoll_event events[2];
        int count = epoll_wait(set, events, 2, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == STDIN_FILENO) {
                going = send_input(s, self);
            } else {
                winlwip_drive();
            }
        }
        going = receive_all(s) && going;
    }
    close(set);
}

int main(int count, char **arguments)
{
    const char *capture = NULL, *tap = NULL, *address = NULL;
    int next = 1;

    if (count > 2 && strcmp(arguments[1], "--capture") == 0) {
        capture = arguments[2];
        address = "192.0.2.1/24";
        next = 3;
    } else if (count > 3 && strcmp(arguments[1], "--tap") == 0) {
        tap = arguments[2];
        address = arguments[3];
        next = 4;
    }
    if (!start(capture, tap, address)) {
        return 1;
    }
    struct sockaddr_in self;
    SOCKET s = open_socket((unsigned short)(next < count ? atoi(arguments[next]) : 0), &self);
    if (s != INVALID_SOCKET) {
        run(s, &self, capture != NULL);
    }
    WSACleanup();
    return s == INVALID_SOCKET;
}
