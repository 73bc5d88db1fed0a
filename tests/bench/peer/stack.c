/*
 * stack.c - the yardstick's stack: interface, sockets, frames in, datagrams out.
 */
#include "tests/bench/peer/peer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/netif.h"
#include "lwip/tcpip.h"
#include "netif/ethernet.h"

static struct netif interface;

int peer_fail(const char *what)
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
    netif_add(&interface, &address, &netmask, &gateway, NULL, interface_init, tcpip_input);
    netif_set_default(&interface);
    netif_set_up(&interface);
    sys_sem_signal(done);
}

void peer_start(void)
{
    sys_sem_t done;

    sys_sem_new(&done, 0);
    tcpip_init(interface_up, &done);
    sys_sem_wait(&done);
    sys_sem_free(&done);
}

int peer_socket(unsigned index)
{
    struct sockaddr_in name = {.sin_family = AF_INET,
                               .sin_port = lwip_htons((u16_t)(TRAFFIC_FIRST_PORT + index))};
    int on = 1;
    int s = lwip_socket(AF_INET, SOCK_DGRAM, 0);

    if (s < 0) {
        return peer_fail("making a socket");
    }
    if (lwip_bind(s, (struct sockaddr *)&name, sizeof(name)) != 0 ||
        lwip_setsockopt(s, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) != 0) {
        peer_fail("setting a socket up");
        lwip_close(s);
        return -1;
    }
    return s;
}

int peer_feed(const uint8_t *frame, size_t bytes)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)bytes, PBUF_POOL);

    if (p == NULL) {
        errno = ENOBUFS;
        return peer_fail("pool");
    }
    pbuf_take(p, frame, (u16_t)bytes);
    if (interface.input(p, &interface) != ERR_OK) {
        pbuf_free(p);
        errno = ENOBUFS;
        return peer_fail("input");
    }
    return 0;
}

int peer_receive(int s, struct peer_reception *reception, void *payload, size_t payload_bytes,
                 void *control, size_t control_bytes, int flags)
{
    reception->part = (struct iovec){payload, payload_bytes};
    reception->message = (struct msghdr){
        .msg_name = &reception->from,
        .msg_namelen = sizeof(reception->from),
        .msg_iov = &reception->part,
        .msg_iovlen = 1,
        .msg_control = control,
        .msg_controllen = (socklen_t)control_bytes,
    };
    reception->bytes = lwip_recvmsg(s, &reception->message, flags);
    return reception->bytes < 0 ? peer_fail("no datagram") : 0;
}

void peer_result(struct peer_reception *reception, struct traffic_received *out)
{
    struct cmsghdr *control = CMSG_FIRSTHDR(&reception->message);

    out->payload = reception->part.iov_base;
    out->bytes = (size_t)reception->bytes;
    out->source = lwip_ntohl(reception->from.sin_addr.s_addr);
    out->source_port = lwip_ntohs(reception->from.sin_port);
    if (control != NULL && control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo info;
        memcpy(&info, CMSG_DATA(control), sizeof(info));
        out->destination = lwip_ntohl(info.ipi_addr.s_addr);
    }
}
