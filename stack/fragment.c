/*
 * fragment.c - cuts our own datagrams into fragments.
 *
 * lwIP's fragmentation knows the MTU of an interface and, for IPv6, of a destination; here it is
 * also the path's on IPv4 (stack/pmtu.c) and the program's (IP_USER_MTU, IP_MTU_DISCOVER). Each
 * fragment is a copy in a buffer of its own, which may wait for ARP or ND without another copy.
 *
 * A fragment that can't be sent ends the datagram: without it the others are of no use.
 *
 * Guarded by the stack lock. No state.
 */
#include <string.h>

#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"

#include "stack/checksum.h"
#include "stack/internal.h"
#include "stack/random.h"

enum { FRAGMENT_HEADER = 8 };

/* Most bytes of data in a fragment that has others behind it: a multiple of 8. */
static unsigned data_max(unsigned mtu_bytes, unsigned header_bytes)
{
    return mtu_bytes >= header_bytes + 8 ? (mtu_bytes - header_bytes) & ~7u : 0;
}

/* A buffer with room for the headers, and behind them bytes of p's data from offset. */
static struct pbuf *new_fragment(const struct pbuf *p, unsigned header_bytes, unsigned offset,
                                 unsigned bytes)
{
    struct pbuf *fragment =
        pbuf_alloc(PBUF_LINK, (u16_t)(header_bytes + bytes), PBUF_RAM);

    if (fragment != NULL) {
        pbuf_copy_partial(p, (uint8_t *)fragment->payload + header_bytes, (u16_t)bytes,
                          (u16_t)offset);
    }
    return fragment;
}

/* RFC 791, 3.2. offset: of the data in the datagram. */
static void put_header4(struct pbuf *fragment, const struct ip_hdr *whole, unsigned offset,
                        bool more)
{
    struct ip_hdr header = *whole;

    IPH_LEN_SET(&header, lwip_htons(fragment->tot_len));
    IPH_OFFSET_SET(&header, lwip_htons((u16_t)(offset / 8 | (more ? IP_MF : 0))));
    IPH_CHKSUM_SET(&header, 0);
    IPH_CHKSUM_SET(&header, (u16_t)~checksum_fold(checksum_add(0, &header, IP_HLEN)));
    memcpy(fragment->payload, &header, IP_HLEN);
}

err_t fragment_output4(const struct pbuf *p, struct netif *netif, const ip4_addr_t *target,
                       unsigned mtu_bytes)
{
    unsigned total = p->tot_len - IP_HLEN;
    unsigned max = data_max(mtu_bytes, IP_HLEN);
    struct ip_hdr whole;
    err_t error = max != 0 ? ERR_OK : ERR_VAL;

    memcpy(&whole, p->payload, IP_HLEN);
    for (unsigned at = 0; at < total && error == ERR_OK; at += max) {
        unsigned bytes = total - at < max ? total - at : max;
        struct pbuf *fragment = new_fragment(p, IP_HLEN, IP_HLEN + at, bytes);
        if (fragment == NULL) {
            return ERR_MEM;
        }
        put_header4(fragment, &whole, at, at + bytes < total);
        error = netif->output(netif, fragment, target);
        pbuf_free(fragment);
    }
    return error;
}

/* RFC 8200, 4.5. offset: of the data in the datagram, a multiple of 8. */
static void put_header6(struct pbuf *fragment, const struct ip6_hdr *whole, uint32_t id,
                        unsigned offset, bool more)
{
    struct ip6_hdr header = *whole;
    struct ip6_frag_hdr extension = {
        ._nexth = IP6H_NEXTH(whole),
        ._fragment_offset = lwip_htons((u16_t)(offset | (more ? IP6_FRAG_MORE_FLAG : 0))),
        ._identification = id,
    };

    IP6H_PLEN_SET(&header, (u16_t)(fragment->tot_len - IP6_HLEN));
    IP6H_NEXTH_SET(&header, IP6_NEXTH_FRAGMENT);
    memcpy(fragment->payload, &header, IP6_HLEN);
    memcpy((uint8_t *)fragment->payload + IP6_HLEN, &extension, FRAGMENT_HEADER);
}

err_t fragment_output6(const struct pbuf *p, struct netif *netif, const ip6_addr_t *target,
                       unsigned mtu_bytes)
{
    unsigned total = p->tot_len - IP6_HLEN;
    unsigned max = data_max(mtu_bytes, IP6_HLEN + FRAGMENT_HEADER);
    uint32_t id = stack_random32(); /* not to be foretold: RFC 7739 */
    struct ip6_hdr whole;
    err_t error = max != 0 ? ERR_OK : ERR_VAL;

    memcpy(&whole, p->payload, IP6_HLEN);
    for (unsigned at = 0; at < total && error == ERR_OK; at += max) {
        unsigned bytes = total - at < max ? total - at : max;
        struct pbuf *fragment =
            new_fragment(p, IP6_HLEN + FRAGMENT_HEADER, IP6_HLEN + at, bytes);
        if (fragment == NULL) {
            return ERR_MEM;
        }
        put_header6(fragment, &whole, id, at, at + bytes < total);
        error = netif->output_ip6(netif, fragment, target);
        pbuf_free(fragment);
    }
    return error;
}
