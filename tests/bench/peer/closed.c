/*
 * closed.c - the yardstick in the closed loop: lwip_recvmsg() that blocks. The feeder runs lwIP
 * in its own thread under the core lock, as a driver's thread does, and wakes the reader by its
 * mailbox.
 */
#include "tests/bench/common/closed.h"
#include "tests/bench/common/measure.h"
#include "tests/bench/peer/peer.h"

static struct {
    int s;
    struct peer_reception reception;
    char payload[TRAFFIC_PAYLOAD_MAX];
    _Alignas(struct cmsghdr) char control[MEASURE_CONTROL_ROOM];
} bench;

static int loop_open(const struct traffic *traffic)
{
    (void)traffic;
    peer_start();
    bench.s = peer_socket(0);
    return bench.s >= 0 ? 0 : -1;
}

static int give(const struct traffic *traffic, size_t n)
{
    return peer_feed(traffic_frame(traffic, n), traffic->frame_bytes);
}

static int take(struct traffic_received *received)
{
    if (peer_receive(bench.s, &bench.reception, bench.payload, sizeof(bench.payload), bench.control,
                     sizeof(bench.control), 0) != 0) {
        return -1;
    }
    peer_result(&bench.reception, received);
    return 0;
}

static void loop_close(void)
{
    lwip_close(bench.s);
}

int main(int argc, char **argv)
{
    static const struct closed_subject subject = {"lwip_recvmsg", loop_open, give, take,
                                                  loop_close};

    return closed_main(&subject, argc, argv);
}
