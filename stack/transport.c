/*
 * transport.c - what UDP and ICMP packets have in common: sums over chains of pbufs, the pseudo
 * header, and the protocol behind IPv6 extension headers.
 *
 * No state.
 */
#include "lwip/prot/ip.h"
#include "lwip/prot/ip6.h"

#include "stack/checksum.h"
#include "stack/internal.h"

uint64_t transport_sum(uint64_t sum, const struct pbuf *p, unsigned offset, unsigned length)
{
    bool odd = false;

    if (offset + length <= p->len) {
        return checksum_add(sum, (const uint8_t *)p->payload + offset, length);
    }
    for (; p != NULL && length != 0; p = p->next) {
        if (offset >= p->len) {
            offset -= p->len;
            continue;
        }
        unsigned bytes = p->len - offset < length ? p->len - offset : length;
        const uint8_t *data = (const uint8_t *)p->payload + offset;
        if (odd) {
            sum = checksum_join(sum, checksum_swap(checksum_fold(checksum_add(0, data, bytes))));
        } else {
            sum = checksum_add(sum, data, bytes);
        }
        odd ^= bytes & 1;
        length -= bytes;
        offset = 0;
    }
    return sum;
}

uint64_t transport_pseudo_sum(const struct netaddr *source, const struct netaddr *target,
                              unsigned protocol, unsigned length)
{
    uint64_t sum = lwip_htons((u16_t)length) + (uint64_t)lwip_htons((u16_t)protocol);

    if (netaddr_is_v4(source)) {
        return sum + netaddr_v4(source) + netaddr_v4(target);
    }
    sum = checksum_join(checksum_join(sum, source->halves[0]), source->halves[1]);
    return checksum_join(checksum_join(sum, target->halves[0]), target->halves[1]);
}

unsigned transport_protocol6(const struct pbuf *p, unsigned header_bytes)
{
    unsigned next = pbuf_get_at(p, 6);
    unsigned at = IP6_HLEN;

    while (at < header_bytes) {
        unsigned bytes = next == IP6_NEXTH_FRAGMENT
                             ? 8u
                             : (pbuf_get_at(p, (u16_t)(at + 1)) + 1u) * 8;
        next = pbuf_get_at(p, (u16_t)at);
        at += bytes;
    }
    return next;
}
