/*
 * discovery.c - finds the other hosts of a link by multicast, over IPv4 and over IPv6.
 *
 * usage: discovery NAME OTHERS
 *
 *     gcc -o discovery discovery.c $(pkg-config --cflags --libs winlwip)      on Linux
 *     cl discovery.c ws2_32.lib                                               on Windows
 *
 * Every host joins a group of each family and says there who it is and who is asked for:
 *
 *     announce NAME     to the group, at first: here I am
 *     query NAME        to the group, as long as somebody is missing: who is there?
 *     answer NAME       to who asked, and to nobody else
 *     complete NAME     to the group: I have found everybody
 *
 * A host goes when all have said that they are complete, so that nobody waits for the answer of one
 * that has gone. A datagram may get lost, or come before its receiver is there: what was not
 * answered is asked again. Exit status: 0 if OTHERS hosts were found over both families, 1 if not
 * within half a minute.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PORT 7700
#define GROUP4 "239.255.77.1"
#define GROUP6 "ff02::7701"
#define HOSTS_MAX 64
#define NAME_SIZE 32
#define ASK_AGAIN_MS 250
#define PATIENCE_MS 30000

enum { V4, V6, FAMILIES };

struct host {
    char name[NAME_SIZE];
    char address[FAMILIES][INET6_ADDRSTRLEN]; /* empty: not found yet */
    BOOL complete;
};

static SOCKET sockets[FAMILIES];
static struct addrinfo *groups[FAMILIES];
static struct host hosts[HOSTS_MAX]; /* those that were heard of, in the order of their names */
static int host_count;
static const char *own_name;

static void fail(const char *what)
{
    fprintf(stderr, "%s failed: error %d\n", what, WSAGetLastError());
    exit(2);
}

/* A socket of the group's family, bound to the port and joined to the group. */
static SOCKET open_socket(const struct addrinfo *group)
{
    BOOL v4 = group->ai_family == AF_INET;
    struct sockaddr_storage local = {0};
    GROUP_REQ request = {0}; /* gr_interface 0: the interface of the route */
    SOCKET s = socket(group->ai_family, SOCK_DGRAM, IPPROTO_UDP);

    if (s == INVALID_SOCKET) {
        fail("socket");
    }
    local.ss_family = (ADDRESS_FAMILY)group->ai_family;
    ((struct sockaddr_in *)&local)->sin_port = htons(PORT); /* at the same place in both families */
    if (bind(s, (struct sockaddr *)&local, (int)group->ai_addrlen) != 0) {
        fail("bind");
    }
    memcpy(&request.gr_group, group->ai_addr, group->ai_addrlen);
    if (setsockopt(s, v4 ? IPPROTO_IP : IPPROTO_IPV6, MCAST_JOIN_GROUP, (char *)&request,
                   sizeof(request)) != 0) {
        fail("MCAST_JOIN_GROUP");
    }
    return s;
}

/*
 * Says something to one host or to a group. A send may fail: in the first second of an interface
 * its IPv6 address is still being tried, so there is none to send from. It is said again soon.
 */
static void say(int family, const char *what, const void *to, int size)
{
    char text[NAME_SIZE + 16];
    int length = snprintf(text, sizeof(text), "%s %s", what, own_name);

    sendto(sockets[family], text, length, 0, (const struct sockaddr *)to, size);
}

static void say_to_group(int family, const char *what)
{
    say(family, what, groups[family]->ai_addr, (int)groups[family]->ai_addrlen);
}

static struct host *find_host(const char *name)
{
    int i = 0;

    while (i < host_count && strcmp(hosts[i].name, name) < 0) {
        i++;
    }
    if (i < host_count && strcmp(hosts[i].name, name) == 0) {
        return &hosts[i];
    }
    if (host_count == HOSTS_MAX) {
        return NULL;
    }
    memmove(&hosts[i + 1], &hosts[i], (size_t)(host_count - i) * sizeof(hosts[0]));
    memset(&hosts[i], 0, sizeof(hosts[i]));
    strcpy(hosts[i].name, name);
    host_count++;
    return &hosts[i];
}

/* Takes one datagram and answers what asks for an answer. Every word of a host says where it is. */
static void hear(int family)
{
    struct sockaddr_storage from;
    int size = sizeof(from);
    char text[NAME_SIZE + 16], what[16], name[NAME_SIZE];
    struct host *host;
    int length = recvfrom(sockets[family], text, sizeof(text) - 1, 0, (struct sockaddr *)&from,
                          &size);

    if (length == SOCKET_ERROR) {
        int error = WSAGetLastError();

        if (error == WSAECONNRESET || error == WSAENETRESET || error == WSAEMSGSIZE) {
            return; /* an answer found its asker gone; or it was nothing of ours */
        }
        fail("recvfrom");
    }
    text[length] = '\0';
    if (sscanf(text, "%15s %31s", what, name) != 2 || strcmp(name, own_name) == 0) {
        return;
    }
    host = find_host(name);
    if (host == NULL) {
        return;
    }
    inet_ntop(from.ss_family, family == V4 ? (void *)&((struct sockaddr_in *)&from)->sin_addr
                                           : (void *)&((struct sockaddr_in6 *)&from)->sin6_addr,
              host->address[family], sizeof(host->address[family]));
    if (strcmp(what, "query") == 0) {
        say(family, "answer", &from, size);
    } else if (strcmp(what, "complete") == 0) {
        host->complete = TRUE;
    }
}

/* How many hosts are found over a family, or, with FAMILIES, complete. */
static int count(int family)
{
    int sum = 0;

    for (int i = 0; i < host_count; i++) {
        sum += family == FAMILIES ? hosts[i].complete : hosts[i].address[family][0] != '\0';
    }
    return sum;
}

/* Asks and listens until all are found and complete, or patience has ended. */
static BOOL discover(int others)
{
    ULONGLONG end = GetTickCount64() + PATIENCE_MS, next = 0;
    const char *first = "announce";

    while (GetTickCount64() < end) {
        WSAPOLLFD polled[FAMILIES] = {{sockets[V4], POLLRDNORM, 0}, {sockets[V6], POLLRDNORM, 0}};
        BOOL found = count(V4) >= others && count(V6) >= others;
        BOOL all = found && count(FAMILIES) >= others;

        if (all || GetTickCount64() >= next) {
            for (int family = 0; family < FAMILIES; family++) {
                say_to_group(family, first != NULL ? first : found ? "complete" : "query");
            }
            first = NULL;
            next = GetTickCount64() + ASK_AGAIN_MS;
        }
        if (all) {
            return TRUE;
        }
        if (WSAPoll(polled, FAMILIES, ASK_AGAIN_MS / 5) == SOCKET_ERROR) {
            fail("WSAPoll");
        }
        for (int family = 0; family < FAMILIES; family++) {
            if (polled[family].revents != 0) {
                hear(family);
            }
        }
    }
    return FALSE;
}

int main(int argc, char **argv)
{
    const char *names[FAMILIES] = {GROUP4, GROUP6};
    struct addrinfo hints = {0};
    WSADATA data;
    BOOL all;

    if (argc != 3 || strlen(argv[1]) >= NAME_SIZE) {
        fprintf(stderr, "usage: discovery NAME OTHERS\n");
        return 2;
    }
    own_name = argv[1];
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        fprintf(stderr, "WSAStartup failed\n");
        return 2;
    }
    hints.ai_flags = AI_NUMERICHOST;
    hints.ai_socktype = SOCK_DGRAM;
    for (int family = 0; family < FAMILIES; family++) {
        char port[8];

        snprintf(port, sizeof(port), "%d", PORT);
        if (getaddrinfo(names[family], port, &hints, &groups[family]) != 0) {
            fail("getaddrinfo");
        }
        sockets[family] = open_socket(groups[family]);
    }
    all = discover(atoi(argv[2]));
    for (int i = 0; i < host_count; i++) {
        printf("%s found %s at %s and %s\n", own_name, hosts[i].name, hosts[i].address[V4],
               hosts[i].address[V6]);
    }
    printf("%s found %d of %s\n", own_name, host_count, argv[2]);
    WSACleanup();
    return all ? 0 : 1;
}
