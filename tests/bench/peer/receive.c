/*
 * receive.c - the yardstick: lwIP's own sockets, lwip_recvmsg() with IP_PKTINFO.
 *
 * One thread: it feeds the frames of a burst, which runs lwIP in this thread under the core lock,
 * and then reads the datagrams with MSG_DONTWAIT. lwIP's own thread sleeps meanwhile, save for its
 * timers.
 */
#include <errno.h>

#include "tests/bench/common/measure.h"
#include "tests/bench/peer/peer.h"

static struct {
    int sockets[TRAFFIC_SOCKETS_MAX];
    unsigned socket_count;
    struct peer_reception receptions[TRAFFIC_BURST];
} receiver;

static int receiver_open(const struct traffic *traffic, enum measure_controls controls)
{
    if (controls != MEASURE_PKTINFO) {
        errno = ENOTSUP;
        return peer_fail("control messages other than IP_PKTINFO");
    }
    peer_start();
    for (unsigned i = 0; i < traffic->sockets; i++) {
        receiver.sockets[i] = peer_socket(i);
        if (receiver.sockets[i] < 0) {
            return -1;
        }
        receiver.socket_count = i + 1;
    }
    return 0;
}

static int receiver_burst(const struct traffic *traffic, size_t first, const unsigned *sockets)
{
    for (unsigned i = 0; i < TRAFFIC_BURST; i++) {
        if (peer_feed(traffic_frame(traffic, first + i), traffic->frame_bytes) != 0) {
            return -1;
        }
    }
    for (unsigned i = 0; i < TRAFFIC_BURST; i++) {
        if (peer_receive(receiver.sockets[sockets[i]], &receiver.receptions[i],
                         measure_buffers.payload[i], MEASURE_PAYLOAD_ROOM,
                         measure_buffers.control[i], MEASURE_CONTROL_ROOM, MSG_DONTWAIT) != 0) {
            return -1;
        }
    }
    return 0;
}

static int receiver_result(unsigned i, struct traffic_received *received)
{
    peer_result(&receiver.receptions[i], received);
    return 0;
}

static int receiver_drained(void)
{
    for (unsigned i = 0; i < receiver.socket_count; i++) {
        char byte;
        if (lwip_recv(receiver.sockets[i], &byte, sizeof(byte), MSG_DONTWAIT) >= 0) {
            errno = EEXIST;
            return peer_fail("a datagram too many");
        }
    }
    return 0;
}

static void receiver_close(void)
{
    for (unsigned i = 0; i < receiver.socket_count; i++) {
        lwip_close(receiver.sockets[i]);
    }
}

int main(int argc, char **argv)
{
    static const struct subject subject = {"lwip_recvmsg",  receiver_open,    receiver_burst,
                                           receiver_result, receiver_drained, receiver_close};

    return measure_main(&subject, argc, argv);
}
