/*
 * sockets.c - the sockets that all threads share: one in each seat, replaced when it is closed.
 *
 * A seat decides what its socket is like: where it is bound, whether it has a completion port,
 * whether it is connected (to itself). Threads read a seat without a lock and may go on using a
 * socket that another one has closed; therefore the records are freed only when a phase is over.
 */
#include "tests/stress/stress.h"

#include <stdlib.h>

/* How long a receive without OVERLAPPED waits. */
#define RECEIVE_LIMIT_MS 2

static void plan(struct sock *sock, unsigned seat)
{
    static const char *const loopback[NETS] = {[NET_LOOPBACK4] = "127.0.0.1"};
    unsigned nets = engine.options.group != NULL ? NETS : NETS - 1;
    unsigned kind = seat / nets;
    struct sockaddr_in *four = (struct sockaddr_in *)&sock->name;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&sock->name;

    sock->seat = seat;
    sock->net = seat % nets;
    sock->port = kind % 2 != 0 ? engine.ports[kind / 2 % STRESS_PORTS] : NULL;
    sock->connected = (kind == 4 || kind == 5) && sock->net != NET_GROUP4;
    sock->pktinfo = kind % 3 == 0;
    if (sock->net == NET_LOOPBACK6) {
        sock->name_bytes = sizeof(*six);
        *six = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
        return;
    }
    const char *address =
        sock->net == NET_LINK4 ? engine.options.link_address : loopback[sock->net];
    sock->name_bytes = sizeof(*four);
    *four = (struct sockaddr_in){.sin_family = AF_INET};
    if (sock->net == NET_GROUP4) {
        four->sin_port = htons(STRESS_GROUP_PORT);
    } else {
        inet_pton(AF_INET, address, &four->sin_addr);
    }
}

static bool set(SOCKET s, int level, int option, DWORD value)
{
    return setsockopt(s, level, option, (const char *)&value, sizeof(value)) == 0;
}

static bool join(const struct sock *sock)
{
    struct ip_mreq request = {.imr_interface.s_addr = 0};
    struct in_addr link;

    inet_pton(AF_INET, engine.options.group, &request.imr_multiaddr);
    inet_pton(AF_INET, engine.options.link_address, &link);
    request.imr_interface = link;
    return setsockopt(sock->s, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&request, sizeof(request)) ==
               0 &&
           setsockopt(sock->s, IPPROTO_IP, IP_MULTICAST_IF, (char *)&link, sizeof(link)) == 0;
}

/* Makes the planned socket. Returns false, with the last error, when something fails. */
static bool open_planned(struct sock *sock)
{
    struct sockaddr *name = (struct sockaddr *)&sock->name;
    bool six = sock->net == NET_LOOPBACK6;
    int bytes = sock->name_bytes;

    sock->s = WSASocketA(six ? AF_INET6 : AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0,
                         WSA_FLAG_OVERLAPPED);
    if (sock->s == INVALID_SOCKET) {
        return false;
    }
    if (sock->net == NET_GROUP4 && !set(sock->s, SOL_SOCKET, SO_REUSEADDR, 1)) {
        return false;
    }
    if (bind(sock->s, name, bytes) != 0 || getsockname(sock->s, name, &bytes) != 0 ||
        (sock->net == NET_GROUP4 && !join(sock)) ||
        (sock->connected && connect(sock->s, name, bytes) != 0)) {
        return false;
    }
    if (sock->pktinfo && !set(sock->s, six ? IPPROTO_IPV6 : IPPROTO_IP,
                              six ? IPV6_PKTINFO : IP_PKTINFO, 1)) {
        return false;
    }
    if (!set(sock->s, SOL_SOCKET, SO_RCVTIMEO, RECEIVE_LIMIT_MS)) {
        return false;
    }
    return sock->port == NULL ||
           CreateIoCompletionPort((HANDLE)sock->s, sock->port, (ULONG_PTR)sock, 0) == sock->port;
}

/* Did it fail because the stack or the interface was taken away? */
static bool is_taken_away(int error)
{
    return error == WSANOTINITIALISED || error == WSAENOTSOCK || error == WSAENETDOWN ||
           error == WSAEADDRNOTAVAIL || error == (int)ERROR_INVALID_HANDLE;
}

static struct sock *sock_make(unsigned seat)
{
    struct sock *sock = calloc(1, sizeof(*sock));

    if (sock == NULL) {
        stress_fail(NULL, "no memory");
    }
    plan(sock, seat);
    sock->cleanups = atomic_load(&engine.cleanups.done);
    if (!open_planned(sock)) {
        int error = WSAGetLastError();
        if (!is_taken_away(error)) {
            stress_fail(NULL, "no socket for seat %u: %d", seat, error);
        }
        if (sock->s != INVALID_SOCKET) {
            closesocket(sock->s);
        }
        free(sock);
        return NULL;
    }
    atomic_store(&engine.bound[seat], ntohs(((struct sockaddr_in *)&sock->name)->sin_port));
    sock->next = atomic_load(&engine.socks);
    while (!atomic_compare_exchange_weak(&engine.socks, &sock->next, sock)) {
    }
    return sock;
}

/* One thread makes the socket: two of one seat would both hear what is sent to the group. */
struct sock *sock_get(unsigned seat)
{
    struct sock *sock = atomic_load(&engine.seats[seat]);

    if (sock != NULL || atomic_exchange(&engine.making[seat], true)) {
        return sock;
    }
    sock = atomic_load(&engine.seats[seat]);
    if (sock == NULL) {
        sock = sock_make(seat);
        atomic_store(&engine.seats[seat], sock);
    }
    atomic_store(&engine.making[seat], false);
    return sock;
}

void sock_replace(struct sock *sock)
{
    struct sock *expected = sock;

    if (atomic_load(&engine.seats[sock->seat]) != sock || atomic_exchange(&sock->closing, true)) {
        return;
    }
    if (closesocket(sock->s) != 0) { /* a restart was faster */
        atomic_store(&sock->closing, false);
    }
    /* Not earlier: the next one is made when the seat is free. */
    atomic_compare_exchange_strong(&engine.seats[sock->seat], &expected, NULL);
    sock_get(sock->seat);
}

bool sock_is_gone(struct sock *sock, int error)
{
    struct sock *expected = sock;

    if (error != WSAENOTSOCK && error != WSANOTINITIALISED) {
        return false;
    }
    if (!atomic_load(&sock->closing)) {
        atomic_compare_exchange_strong(&engine.seats[sock->seat], &expected, NULL);
    }
    return true;
}

void socks_free(void)
{
    struct sock *sock = atomic_exchange(&engine.socks, NULL);

    for (unsigned i = 0; i < STRESS_SEATS; i++) {
        atomic_store(&engine.seats[i], NULL);
        atomic_store(&engine.victims[i], NULL);
    }
    while (sock != NULL) {
        struct sock *next = sock->next;
        free(sock);
        sock = next;
    }
}
