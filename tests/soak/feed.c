/*
 * feed.c - numbered datagrams and ports for the kernel's threads, which see no Winsock headers.
 */
#include "tests/soak/soak.h"

#include "tests/stress/stress.h"

bool feed_is_settling(void)
{
    return atomic_load(&engine.settle);
}

uint16_t feed_port(uint32_t random)
{
    unsigned seat = random % (STRESS_SEATS / NETS) * NETS + NET_LINK4;

    return atomic_load(&engine.bound[seat]);
}

void feed_unicast(void *data, uint32_t bytes)
{
    payload_make(STREAM_KERNEL, data, bytes);
}

void feed_group(void *data, uint32_t bytes)
{
    payload_make(STREAM_GROUP, data, bytes);
}
