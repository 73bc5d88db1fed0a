/*
 * floor.c - what no stack can be faster than: copying each payload, and 64 bytes for its control
 * messages, out of the same frames.
 */
#include <string.h>

#include "tests/bench/common/measure.h"

#define CONTROL_BYTES 64

static size_t payload_bytes;
static enum measure_controls controls_asked;

static int floor_open(const struct traffic *traffic, enum measure_controls controls)
{
    controls_asked = controls;
    payload_bytes = traffic->payload_bytes;
    return 0;
}

static int floor_burst(const struct traffic *traffic, size_t first, const unsigned *sockets)
{
    (void)sockets;
    for (unsigned i = 0; i < TRAFFIC_BURST; i++) {
        const uint8_t *frame = traffic_frame(traffic, first + i);
        memcpy(measure_buffers.payload[i], frame + TRAFFIC_PAYLOAD_AT, payload_bytes);
        /* They stand for the control messages, whose contents are in the frame's headers. */
        memcpy(measure_buffers.control[i], frame, CONTROL_BYTES);
    }
    return 0;
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int floor_result(unsigned i, struct traffic_received *received)
{
    const uint8_t *ip = measure_buffers.control[i] + TRAFFIC_IP_AT;
    const uint8_t *udp = measure_buffers.control[i] + TRAFFIC_UDP_AT;

    received->payload = measure_buffers.payload[i];
    received->bytes = payload_bytes;
    received->source = get32(ip + 12);
    received->destination = get32(ip + 16);
    received->source_port = (uint16_t)(udp[0] << 8 | udp[1]);
    if (controls_asked == MEASURE_PKTINFO_TTL_TOS) {
        received->tos = ip[1];
        received->ttl = ip[8];
    }
    return 0;
}

static int floor_drained(void)
{
    return 0;
}

static void floor_close(void)
{
}

int main(int argc, char **argv)
{
    static const struct subject subject = {"memcpy",     floor_open,    floor_burst,
                                           floor_result, floor_drained, floor_close};

    return measure_main(&subject, argc, argv);
}
