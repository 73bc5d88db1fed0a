/*
 * fate.c - counters: where each frame ended.
 *
 * Our own code names a frame's fate itself. What lwIP consumes or drops it tells only through its
 * statistics, some of them after it has freed the packet; so once the input function has returned
 * and nobody named a fate, the counters that moved since the last look are read, most exact reason
 * first. One table says what each means.
 *
 * Guarded by the stack lock.
 */
#include <string.h>

#include "lwip/stats.h"

#include "stack/internal.h"

struct winlwip_stats stack_counters;

/* A counter of lwIP and what it means when it moved. */
struct sign {
    size_t offset; /* in struct stats_ */
    enum winlwip_fate fate;
};

#define SIGN(counter, id) {offsetof(struct stats_, counter), WINLWIP_FATE_##id}

/* Errors before arrivals: a broken echo request moves icmp.chkerr and icmp.recv. */
static const struct sign signs[] = {
    SIGN(ip.chkerr, DROP_IP_CHECKSUM),
    SIGN(ip.lenerr, DROP_IP_MALFORMED),
    SIGN(ip6.lenerr, DROP_IP_MALFORMED),
    SIGN(ip.err, DROP_IP_MALFORMED),
    SIGN(ip6.err, DROP_IP_MALFORMED),
    SIGN(ip.opterr, DROP_IP_MALFORMED),
    SIGN(ip_frag.drop, DROP_REASSEMBLY),
    SIGN(ip6_frag.drop, DROP_REASSEMBLY),
    SIGN(ip.proterr, DROP_PROTOCOL),
    SIGN(ip6.proterr, DROP_PROTOCOL),
    SIGN(icmp.chkerr, DROP_ICMP_MALFORMED),
    SIGN(icmp.lenerr, DROP_ICMP_MALFORMED),
    SIGN(icmp6.chkerr, DROP_ICMP_MALFORMED),
    SIGN(icmp6.lenerr, DROP_ICMP_MALFORMED),
    SIGN(nd6.lenerr, DROP_ICMP_MALFORMED),
    SIGN(nd6.proterr, DROP_ICMP_MALFORMED),
    SIGN(mld6.lenerr, DROP_ICMP_MALFORMED),
    SIGN(igmp.chkerr, DROP_ICMP_MALFORMED),
    SIGN(igmp.lenerr, DROP_ICMP_MALFORMED),
    SIGN(etharp.lenerr, DROP_ARP_MALFORMED),
    SIGN(etharp.proterr, DROP_ARP_MALFORMED),
    SIGN(icmp.recv, ICMP),
    SIGN(icmp6.recv, ICMP6),
    SIGN(igmp.recv, IGMP),
    SIGN(etharp.recv, ARP),
    SIGN(ip6.drop, DROP_IP_MALFORMED),
    SIGN(ip.drop, DROP_OTHER_HOST),
};

enum { SIGN_COUNT = sizeof(signs) / sizeof(signs[0]) };

/* Values at the last look. */
static STAT_COUNTER seen[SIGN_COUNT];

static STAT_COUNTER sign_value(unsigned i)
{
    STAT_COUNTER value;
    memcpy(&value, (const char *)&lwip_stats + signs[i].offset, sizeof(value));
    return value;
}

void fate_mark(void)
{
    for (unsigned i = 0; i < SIGN_COUNT; i++) {
        seen[i] = sign_value(i);
    }
}

enum winlwip_fate fate_from_lwip(bool is_v6)
{
    unsigned found = SIGN_COUNT;

    for (unsigned i = 0; i < SIGN_COUNT; i++) {
        STAT_COUNTER value = sign_value(i);
        if (value != seen[i] && found == SIGN_COUNT) {
            found = i;
        }
        seen[i] = value;
    }
    if (found != SIGN_COUNT) {
        return signs[found].fate;
    }
    /* ip6_input() says nothing of a packet whose destination is not ours. */
    return is_v6 ? WINLWIP_FATE_DROP_OTHER_HOST : WINLWIP_FATE_DROP_STACK;
}

/* --- names --- */

static const struct {
    const char *name;
    const char *meaning;
} fates[] = {
#define X(id, name, meaning) {name, meaning},
    WINLWIP_FATES(X)
#undef X
};

const char *winlwip_fate_name(unsigned fate)
{
    return fate < WINLWIP_FATE_COUNT ? fates[fate].name : "?";
}

const char *winlwip_fate_meaning(unsigned fate)
{
    return fate < WINLWIP_FATE_COUNT ? fates[fate].meaning : "?";
}

/* What the links of all interfaces know to have missed. */
static uint64_t frames_missed_locked(void)
{
    uint64_t missed = 0;

    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; i <= interface_count(); i++) {
        struct link *link = interface_at(i)->link;
        if (link->ops->missed != NULL) {
            missed += link->ops->missed(link);
        }
    }
    return missed;
}

size_t stack_report(uint32_t index, char *text, size_t room)
{
    size_t bytes = 0;

    text[0] = '\0';
    stack_lock();
    if (stack_running() && index > STACK_LOOPBACK_INDEX && index <= interface_count()) {
        struct link *link = interface_at(index)->link;
        if (link->ops->report != NULL) {
            bytes = link->ops->report(link, text, room);
        }
    }
    stack_unlock();
    return bytes;
}

int winlwip_stats(struct winlwip_stats *out)
{
    memset(out, 0, sizeof(*out));
    stack_lock();
    bool running = stack_running();
    if (running) {
        *out = stack_counters;
        out->frames_held = link_frames_held();
        out->frames_missed = frames_missed_locked();
    }
    stack_unlock();
    return running ? 0 : -1;
}
