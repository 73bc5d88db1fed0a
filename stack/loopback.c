/*
 * loopback.c - packets that this host sends to itself.
 *
 * Theory of operation. What is sent to 127.0.0.0/8, ::1 or an address of our own, and the host's own
 * copy of a multicast or broadcast, is copied into a queue here and fed to lwIP like a frame that
 * arrived on the loopback interface (or, for groups and broadcasts, on the interface by which it
 * left, and for link-local addresses on their own). Queueing instead of calling keeps lwIP from being entered while it is sending. The queue is
 * drained before the stack lock is given back, so when a send returns its datagram can be received.
 *
 * lwIP accepts a packet for 127.0.0.1 only, while Windows owns the whole of 127.0.0.0/8: the
 * loopback netif wears the address of each IPv4 packet while it is fed.
 *
 * Bounds: LIMIT_LOOPBACK_PACKETS queued, LIMIT_LOOPBACK_DRAIN fed in one go (two hosts' worth of
 * programs that answer each other inside callbacks don't exist here, but ICMP answers do).
 */
#include <string.h>

#include "stack/internal.h"
#include "stack/turn.h"
#include "stack/watch.h"

struct looped {
    struct interface *interface;
    struct pbuf *packet;
    enum frame_cast cast;
};

static struct {
    struct looped ring[LIMIT_LOOPBACK_PACKETS];
    unsigned head, count;
} queue;

err_t loopback_queue_locked(struct interface *interface, struct pbuf *p, enum frame_cast cast)
{
    if (queue.count == LIMIT_LOOPBACK_PACKETS) {
        stack_counters.frames_unsent++;
        return ERR_MEM;
    }
    struct pbuf *copy = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
    if (copy == NULL) {
        stack_counters.frames_unsent++;
        return ERR_MEM;
    }
    queue.ring[(queue.head + queue.count) % LIMIT_LOOPBACK_PACKETS] =
        (struct looped){interface, copy, cast};
    queue.count++;
    turn_disturb();
    return ERR_OK;
}

static void feed(const struct looped *looped)
{
    struct netif *netif = &looped->interface->netifs[0];
    const uint8_t *packet = looped->packet->payload;

    if (looped->interface->link == NULL && packet[0] >> 4 == 4 && packet[16] == 127) {
        memcpy(&ip_2_ip4(&netif->ip_addr)->addr, packet + 16, 4);
        link_loop_locked(looped->interface, looped->packet, looped->cast);
        ip4_addr_set_u32(ip_2_ip4(&netif->ip_addr), PP_HTONL(IPADDR_LOOPBACK));
    } else {
        link_loop_locked(looped->interface, looped->packet, looped->cast);
    }
}

unsigned loopback_drain_locked(void)
{
    unsigned done = 0;

    /* Inside an input function the queue waits: lwIP is not entered twice. */
    while (queue.count != 0 && done < LIMIT_LOOPBACK_DRAIN && frame_current() == NULL) {
        struct looped looped = queue.ring[queue.head];
        queue.head = (queue.head + 1) % LIMIT_LOOPBACK_PACKETS;
        queue.count--;
        feed(&looped);
        pbuf_free(looped.packet);
        done++;
    }
    if (done != 0) {
        watch_tell_locked();
    }
    return done;
}

bool loopback_is_empty_locked(void)
{
    return queue.count == 0;
}

void loopback_clear_locked(void)
{
    while (queue.count != 0) {
        pbuf_free(queue.ring[queue.head].packet);
        queue.head = (queue.head + 1) % LIMIT_LOOPBACK_PACKETS;
        queue.count--;
    }
}
