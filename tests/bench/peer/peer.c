/*
 * peer.c - the yardstick: lwIP's own sockets, lwip_recvmsg() with IP_PKTINFO.
 *
 * One thread: it copies each frame of a burst into a buffer of lwIP's pool, as lwIP's drivers do,
 * gives it to the interface's input function, which runs lwIP in this thread under the core lock,
 * and then reads the datagrams with MSG_DONTWAIT. lwIP's own thread sleeps meanwhile, save for its
 * timers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/netif.h"
#include "lwip/sockets.h"
#include "lwip/tcpip.h"
#include "netif/ethernet.h"

#include "tests/bench/common/measure.h"

/* A datagram as lwIP gave it. */
struct reception {
    struct sockaddr_in from;
    struct msghdr message;
    struct iovec part;
    ssize_t bytes;
};

static struct {
    struct netif netif;
    int sockets[TRAFFIC_SOCKETS_MAX];
    unsigned socket_count;
    struct reception receptions[TRAFFIC_BURST];
    uint8_t payload[TRAFFIC_BURST][MEASURE_PAYLOAD_ROOM];
    uint8_t control[TRAFFIC_BURST][MEASURE_CONTROL_ROOM];
} peer;

static int fail(const char *what)
{
    fprintf(stderr, "lwip_recvmsg: %s: %s\n", what, strerror(errno));
    return -1;
}

/* Nothing listens to what lwIP sends (its announcements at the start). */
static err_t discard(struct netif *netif, struct pbuf *frame)
{
    (void)netif;
    (void)frame;
    return ERR_OK;
}

static err_t interface_init(struct netif *netif)
{
    static const uint8_t mac[] = TRAFFIC_OUR_MAC;

    netif->name[0] = 'b';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = discard;
    netif->mtu = 1500;
    netif->hwaddr_len = sizeof(mac);
    memcpy(netif->hwaddr, mac, sizeof(mac));
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
                   NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static void interface_up(void *done)
{
    ip4_addr_t address, netmask, gateway;

    ip4_addr_set_u32(&address, lwip_htonl(TRAFFIC_OUR_ADDRESS));
    ip4_addr_set_u32(&netmask, lwip_htonl(TRAFFIC_NETMASK));
    ip4_addr_set_zero(&gateway);
    netif_add(&peer.netif, &address, &netmask, &gateway, NULL, interface_init, tcpip_input);
    netif_set_default(&peer.netif);
    netif_set_up(&peer.netif);
    sys_sem_signal(done);
}

static int socket_open(unsigned index)
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_port = lwip_htons((u16_t)(TRAFFIC_FIRST_PORT + index))};
    int on = 1;
    int s = lwip_socket(AF_INET, SOCK_DGRAM, 0);

    if (s < 0)
        return fail("making a socket");
    peer.sockets[index] = s;
    peer.socket_count = index + 1;
    if (lwip_bind(s, (struct sockaddr *)&name, sizeof(name)) != 0 ||
        lwip_setsockopt(s, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) != 0)
        return fail("setting a socket up");
    return 0;
}

static int peer_open(const struct traffic *traffic, enum measure_controls controls)
{
    sys_sem_t done;

    if (controls != MEASURE_PKTINFO) {
        errno = ENOTSUP;
        return fail("control messages other than IP_PKTINFO");
    }
    sys_sem_new(&done, 0);
    tcpip_init(interface_up, &done);
    sys_sem_wait(&done);
    sys_sem_free(&done);
    for (unsigned i = 0; i < traffic->sockets; i++) {
        if (socket_open(i) != 0)
            return -1;
    }
    return 0;
}

static int feed(const uint8_t *frame, size_t bytes)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)bytes, PBUF_POOL);

    if (p == NULL) {
        errno = ENOBUFS;
        return fail("pool");
    }
    pbuf_take(p, frame, (u16_t)bytes);
    if (peer.netif.input(p, &peer.netif) != ERR_OK) {
        pbuf_free(p);
        errno = ENOBUFS;
        return fail("input");
    }
    return 0;
}

static int take(unsigned i, int s)
{
    struct reception *reception = &peer.receptions[i];

    reception->part = (struct iovec){peer.payload[i], MEASURE_PAYLOAD_ROOM};
    reception->message = (struct msghdr){
        .msg_name = &reception->from,
        .msg_namelen = sizeof(reception->from),
        .msg_iov = &reception->part,
        .msg_iovlen = 1,
        .msg_control = peer.control[i],
        .msg_controllen = MEASURE_CONTROL_ROOM,
    };
    reception->bytes = lwip_recvmsg(s, &reception->message, MSG_DONTWAIT);
    return reception->bytes < 0 ? fail("no datagram") : 0;
}

static int peer_burst(const struct traffic *traffic, size_t first, const unsigned *sockets)
{
    for (unsigned i = 0; i < TRAFFIC_BURST; i++) {
        if (feed(traffic_frame(traffic, first + i), traffic->frame_bytes) != 0)
            return -1;
    }
    for (unsigned i = 0; i < TRAFFIC_BURST; i++) {
        if (take(i, peer.sockets[sockets[i]]) != 0)
            return -1;
    }
    return 0;
}

static int peer_result(unsigned i, struct traffic_received *received)
{
    struct reception *reception = &peer.receptions[i];
    struct cmsghdr *control = CMSG_FIRSTHDR(&reception->message);

    received->payload = peer.payload[i];
    received->bytes = (size_t)reception->bytes;
    received->source = lwip_ntohl(reception->from.sin_addr.s_addr);
    received->source_port = lwip_ntohs(reception->from.sin_port);
    if (control != NULL && control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo info;
        memcpy(&info, CMSG_DATA(control), sizeof(info));
        received->destination = lwip_ntohl(info.ipi_addr.s_addr);
    }
    return 0;
}

static int peer_drained(void)
{
    for (unsigned i = 0; i < peer.socket_count; i++) {
        char byte;
        if (lwip_recv(peer.sockets[i], &byte, sizeof(byte), MSG_DONTWAIT) >= 0) {
            errno = EEXIST;
            return fail("a datagram too many");
        }
    }
    return 0;
}

static void peer_close(void)
{
    for (unsigned i = 0; i < peer.socket_count; i++)
        lwip_close(peer.sockets[i]);
}

int main(int argc, char **argv)
{
    static const struct subject subject = {"lwip_recvmsg", peer_open,    peer_burst,
                                           peer_result,    peer_drained, peer_close};

    return measure_main(&subject, argc, argv);
}
