/*
 * link.c - frames from drivers into lwIP and back, and the one counter in which each frame ends.
 *
 * Theory of operation. Every received frame, and every packet that this host loops back to itself,
 * is a struct frame: a custom pbuf of lwIP together with what we know of it. Its bytes are lent by
 * the driver for the length of the burst. lwIP holds on to fragments only (it copies what waits for
 * ARP or ND), so fragments are copied and everything else is fed in place.
 *
 * A link is read a burst at a time. Of a replay, which waits while nobody wants more of it, frames
 * may be left of a burst: they stay lent, and are fed when somebody asks again.
 *
 * A frame is counted when the stack lets go of it:
 *   - freed while its own input runs: when that returns, under the fate that our code named, or
 *     else that lwIP's counters tell (fate.c);
 *   - still referenced when its input returns: it is held for reassembly. Later it is freed
 *       - while another fragment's input runs: that one completed the datagram (FRAGMENT), or was
 *         refused and took this one along (DROP_REASSEMBLY);
 *       - by a timer: DROP_REASSEMBLY_TIMEOUT.
 * So received = sum of fates + held, at every moment.
 *
 * Frames come from a free list that grows to the bound of what lwIP can hold. All of it is guarded
 * by the stack lock.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/ip4.h"
#include "lwip/ip6.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip6.h"

#include "stack/internal.h"

/* Zero bytes behind a copied fragment: lwIP looks a few bytes ahead in option headers. */
enum { SLACK_BYTES = 8 };

struct frame {
    struct pbuf_custom custom; /* first: lwIP hands back a pointer to it */
    struct frame_info info;
    enum winlwip_fate fate;
    bool fate_named;
    bool copied;   /* a raw socket has a copy */
    bool released; /* lwIP freed it */
    uint8_t *owned; /* bytes that are our copy, or NULL: lent */
    struct frame *next; /* in the free list, or among those released by another's input */
};

static struct {
    struct frame *free;
    struct frame *current;  /* whose input runs */
    struct frame *released; /* held ones that were freed during that input */
    unsigned held;
    int64_t timers_due_ns; /* while a burst of a replay with its own clock is fed */
    bool periods_begun;    /* of timers, since the burst began */
} link_state;

const struct frame_info *frame_current(void)
{
    return link_state.current != NULL ? &link_state.current->info : NULL;
}

void frame_set_fate(enum winlwip_fate fate)
{
    link_state.current->fate = fate;
    link_state.current->fate_named = true;
}

void frame_set_copied(void)
{
    link_state.current->copied = true;
}

unsigned link_frames_held(void)
{
    return link_state.held;
}

/* --- a frame's life --- */

static struct frame *frame_new(void)
{
    struct frame *frame = link_state.free;

    if (frame != NULL) {
        link_state.free = frame->next;
    } else {
        frame = malloc(sizeof(*frame));
    }
    return frame;
}

/* Counts the frame under its fate and recycles it. */
static void frame_settle(struct frame *frame)
{
    if (frame->copied) {
        frame->fate = WINLWIP_FATE_DELIVERED;
    }
    stack_counters.fate[frame->fate]++;
    if (trace_wanted()) {
        trace_station(&frame->info, WINLWIP_TRACE_END, frame->fate, frame->info.bytes, "%s", "");
    }
    free(frame->owned);
    frame->next = link_state.free;
    link_state.free = frame;
}

/* lwIP's last reference is gone. */
static void frame_released(struct pbuf *p)
{
    struct frame *frame = (struct frame *)p;

    if (frame == link_state.current) {
        frame->released = true;
        return;
    }
    link_state.held--;
    if (link_state.current != NULL) {
        frame->next = link_state.released;
        link_state.released = frame;
        return;
    }
    frame->fate = WINLWIP_FATE_DROP_REASSEMBLY_TIMEOUT;
    frame_settle(frame);
}

uint64_t frame_last_number;

static struct frame *frame_open(struct interface *interface, uint32_t bytes, int64_t time_ns,
                                bool looped)
{
    struct frame *frame = frame_new();

    if (frame == NULL) {
        return NULL;
    }
    frame->info = (struct frame_info){
        .interface = interface,
        .number = frame_next_numbers(1),
        .bytes = bytes,
        .time_ns = time_ns,
        .looped = looped,
    };
    frame->fate_named = false;
    frame->copied = false;
    frame->released = false;
    frame->owned = NULL;
    return frame;
}

void link_trim(void)
{
    while (link_state.free != NULL) {
        struct frame *frame = link_state.free;
        link_state.free = frame->next;
        free(frame);
    }
}

/* --- the way in --- */

/* The netif whose address an ARP message is about: an interface has one for each address. */
static struct netif *arp_netif(struct interface *interface, const uint8_t *arp)
{
    uint32_t target;
    memcpy(&target, arp + 24, sizeof(target));
    for (unsigned i = 1; i < interface->netif_count; i++) {
        if (ip4_addr_get_u32(netif_ip4_addr(&interface->netifs[i])) == target) {
            return &interface->netifs[i];
        }
    }
    return &interface->netifs[0];
}

/* Can lwIP learn something about neighbours, routers or addresses from it: ARP, ND, a redirect? */
static bool changes_ways(const struct guard_result *seen, const uint8_t *data)
{
    enum { NEXT_HEADER = 6 }; /* offset in the IPv6 header */

    return seen->is_arp || (seen->is_v6 && data[NEXT_HEADER] != IP6_NEXTH_UDP);
}

/* Puts a pbuf round the bytes and gives it to lwIP, which frees or keeps it. */
static void frame_input(struct frame *frame, uint8_t *data, const struct guard_result *seen)
{
    static const u8_t flags[] = {[FRAME_BROADCAST] = PBUF_FLAG_LLBCAST,
                                 [FRAME_MULTICAST] = PBUF_FLAG_LLMCAST};
    struct interface *interface = frame->info.interface;

    frame->custom.custom_free_function = frame_released;
    struct pbuf *p = pbuf_alloced_custom(PBUF_RAW, (u16_t)seen->bytes, PBUF_REF, &frame->custom,
                                         data, (u16_t)seen->bytes);
    p->flags |= flags[seen->cast];
    p->if_idx = netif_get_index(&interface->netifs[0]);

    link_state.current = frame;
    if (changes_ways(seen, data)) {
        shortcut_forget_locked();
    }
    if (seen->is_arp) {
        duplicate_seen4_locked(interface, data);
        etharp_input(p, arp_netif(interface, data));
    } else if (seen->is_v6) {
        ip6_input(p, &interface->netifs[0]);
    } else {
        ip4_input(p, &interface->netifs[0]);
    }
    if (!frame->fate_named) {
        frame->fate = fate_from_lwip(seen->is_v6);
    }
    link_state.current = NULL;
}

/* After an input: counts what it released, or notes that it is held. */
static void frame_finish(struct frame *frame, bool is_fragment)
{
    bool completed = is_fragment && frame->released &&
                     frame->fate != WINLWIP_FATE_DROP_REASSEMBLY;

    while (link_state.released != NULL) {
        struct frame *other = link_state.released;
        link_state.released = other->next;
        other->fate = completed ? WINLWIP_FATE_FRAGMENT : WINLWIP_FATE_DROP_REASSEMBLY;
        frame_settle(other);
    }
    if (frame->released) {
        frame_settle(frame);
    } else {
        LWIP_ASSERT("only copied frames outlive their input", frame->owned != NULL);
        link_state.held++;
    }
}

static void frame_drop(struct frame *frame, enum winlwip_fate fate)
{
    frame->fate = fate;
    frame_settle(frame);
}

/* Feeds what has passed the guard; lwIP may keep a fragment, which is therefore copied. */
static void frame_feed(struct frame *frame, uint8_t *data, const struct guard_result *seen)
{
    if (seen->is_fragment) {
        frame->owned = calloc(1, seen->bytes + SLACK_BYTES);
        if (frame->owned == NULL) {
            frame_drop(frame, WINLWIP_FATE_DROP_NO_MEMORY);
            return;
        }
        data = memcpy(frame->owned, data, seen->bytes);
    }
    frame_input(frame, data, seen);
    frame_finish(frame, seen->is_fragment);
}

/* Shows an arriving packet to those who capture on its interface (SIO_RCVALL). */
static void frame_capture(struct frame *frame, const uint8_t *data,
                          const struct guard_result *seen)
{
    struct captured packet = {
        .interface = frame->info.interface,
        .data = data,
        .bytes = seen->bytes,
        .for_others = !seen->pass && seen->fate == WINLWIP_FATE_DROP_OTHER_MAC,
        .sent = frame->info.looped,
        .number = frame->info.number,
        .time_ns = frame->info.time_ns,
    };

    frame->copied = capture_show_locked(&packet);
}

/* Counts a frame that arrived. NULL: no memory, and its fate has been counted, too. */
static struct frame *frame_accept(struct interface *interface, const struct link_frame *in)
{
    stack_counters.frames_received++;
    struct frame *frame = frame_open(interface, in->bytes, in->time_ns, false);
    if (frame == NULL) {
        stack_counters.fate[WINLWIP_FATE_DROP_NO_MEMORY]++;
        return NULL;
    }
    if (trace_wanted()) {
        trace_station(&frame->info, WINLWIP_TRACE_LINK, 0, in->bytes, "%s: %u of %u bytes",
                      interface->link->ops->driver, in->bytes, in->original_bytes);
    }
    return frame;
}

static void link_input(struct interface *interface, const struct link_frame *in)
{
    struct frame *frame = frame_accept(interface, in);

    if (frame == NULL) {
        return;
    }
    if (interface->down) {
        frame_drop(frame, WINLWIP_FATE_DROP_INTERFACE_DOWN);
        return;
    }
    if ((in->flags & LINK_FRAME_SUM_PENDING) != 0 &&
        (capture_wanted() || raw_wants_locked(IP_PROTO_UDP))) {
        split_finish_sum(in); /* a packet that is shown is one that a wire could have */
    }
    struct guard_result seen;
    guard_frame(interface, in, &seen);
    if (seen.is_ip && capture_wanted()) {
        frame_capture(frame, in->data + seen.offset, &seen);
    }
    if (!seen.pass) {
        frame_drop(frame, seen.fate);
        return;
    }
    frame->info.cast = seen.cast;
    if (seen.offset >= SIZEOF_ETH_HDR && in->encapsulation == LINK_ETHERNET) {
        frame->info.source_mac = in->data + ETH_HWADDR_LEN;
    }
    /* A fragment can't vouch for the datagram that it completes. */
    frame->info.sum_verified = !seen.is_fragment && (in->flags & (LINK_FRAME_SUM_VERIFIED |
                                                                  LINK_FRAME_SUM_PENDING));
    frame_feed(frame, in->data + seen.offset, &seen);
}

/* Cuts a superframe and feeds what it stands for. */
static void superframe_input(struct interface *interface, const struct link_frame *in)
{
    struct split split;
    struct link_frame one;
    enum winlwip_fate fate = split_open(&split, in);

    if (fate != WINLWIP_FATE_DELIVERED) {
        struct frame *frame = frame_accept(interface, in);
        if (frame != NULL) {
            frame_drop(frame, interface->down ? WINLWIP_FATE_DROP_INTERFACE_DOWN : fate);
        }
        return;
    }
    while (split_next(&split, &one)) {
        link_input(interface, &one);
    }
}

/*
 * Moves a replay's own clock to a frame. Timers run when one is due; that none is due any earlier
 * than the last look at them said holds as long as frames go the short way, which gives no timer
 * any work.
 */
static void pass_time(const struct link_frame *frame)
{
    clock_advance_ns(frame->time_ns);
    if (frame->time_ns >= link_state.timers_due_ns) {
        early_release_locked();
        timers_run_locked();
        link_state.timers_due_ns = timers_due_ns_locked();
    }
}

/*
 * A frame that goes the long way may give a timer work: those without any begin their period now. By
 * the real clock once a burst is enough.
 */
static void begin_periods(bool own_clock)
{
    if (own_clock) {
        link_state.timers_due_ns = 0;
    } else if (link_state.periods_begun) {
        return;
    }
    timers_run_locked();
    link_state.periods_begun = true;
}

/* Feeds a frame that the driver lends, by the short way if it can. early: that is open. */
static bool frame_arrived(struct interface *interface, const struct link_frame *frame, bool early)
{
    bool own_clock = interface->link->own_clock && clock_is_own();

    if (own_clock) {
        pass_time(frame);
    }
    if (early && early_input_locked(interface, frame)) {
        return true;
    }
    early_release_locked();
    begin_periods(own_clock);
    if (frame->segment_bytes != 0) {
        superframe_input(interface, frame);
    } else {
        link_input(interface, frame);
    }
    return early_wanted_locked(interface);
}

/*
 * Takes the next frames from the driver, max at most, unless some are left. Returns how many there
 * are to feed, or what the driver said instead.
 */
static int burst_refill(struct interface *interface, struct link_burst *burst, unsigned max)
{
    struct link *link = interface->link;

    if (burst->next < burst->count) {
        return (int)(burst->count - burst->next);
    }
    int count = link->ops->receive(link, burst->frames, max);
    burst->next = 0;
    burst->count = count > 0 ? (unsigned)count : 0;
    /* Without a time of the driver's, a burst arrives when it is read: one look at the clock. */
    int64_t now_ns = clock_is_own() ? 0 : clock_now_ns();
    for (unsigned i = 0; i < burst->count; i++) {
        if (burst->frames[i].time_ns == 0) {
            burst->frames[i].time_ns = now_ns;
        }
    }
    return count;
}

/* How many frames ahead of its turn a frame is fetched. */
enum { AHEAD = 3 };

/*
 * Has the processor fetch a frame of the burst into its cache that will be fed a little later. What
 * a driver lends may come from memory that nobody has touched yet (a ring, a file); a frame is read
 * from end to end, for its checksum, so all of it is asked for.
 *
 * Always inlined: gcc (12, -O2) takes a function that does nothing but prefetch for one without any
 * effect, and drops the call.
 */
__attribute__((always_inline)) static inline void look_ahead(const struct link_burst *burst,
                                                             unsigned which)
{
    enum { CACHE_LINE = 64, MOST_BYTES = 2048 };

    if (which < burst->count) {
        const struct link_frame *frame = &burst->frames[which];
        for (uint32_t at = 0; at < frame->bytes && at < MOST_BYTES; at += CACHE_LINE) {
            __builtin_prefetch(frame->data + at);
        }
    }
}

/* The first frames of a burst have none before them while which they could be fetched. */
__attribute__((always_inline)) static inline void look_at_first(const struct link_burst *burst)
{
    if (burst->next == 0 && burst->count > AHEAD) {
        for (unsigned i = 0; i < AHEAD; i++) {
            look_ahead(burst, i);
        }
    }
}

int link_receive_locked(struct interface *interface, unsigned max, const atomic_bool *stop)
{
    struct link_burst *burst = &interface->burst;
    int count = burst_refill(interface, burst, max);
    int done = 0;

    if (count <= 0) {
        return count;
    }
    if (interface->link->fd >= 0) {
        stop = NULL; /* its frames do not wait for anybody */
    }
    link_state.timers_due_ns = 0;
    link_state.periods_begun = false;
    bool early = early_wanted_locked(interface);
    if (early && burst->next == 0) {
        ahead_of_burst_locked(burst->frames, burst->count);
    }
    look_at_first(burst);
    while (burst->next < burst->count && !(stop != NULL && atomic_load(stop))) {
        look_ahead(burst, burst->next + AHEAD);
        early = frame_arrived(interface, &burst->frames[burst->next++], early);
        done++;
        if (stop != NULL && early_tells_later_locked()) {
            early_release_locked();
        }
    }
    early_release_locked();
    return done;
}

void link_loop_locked(struct interface *interface, struct pbuf *p, enum frame_cast cast)
{
    stack_counters.frames_looped++;
    timers_forget_due();
    struct frame *frame = frame_open(interface, p->len, 0, true);
    if (frame == NULL) {
        stack_counters.fate[WINLWIP_FATE_DROP_NO_MEMORY]++;
        return;
    }
    if (trace_wanted()) {
        trace_station(&frame->info, WINLWIP_TRACE_LINK, 0, p->len, "looped back: %u bytes", p->len);
    }
    struct guard_result seen = guard_looped(p->payload, p->len);
    seen.cast = cast;
    frame->info.cast = cast;
    /* The copy of a group or broadcast was captured when it left by its link. */
    if ((interface->link == NULL || cast == FRAME_UNICAST) && capture_wanted()) {
        frame_capture(frame, p->payload, &seen);
    }
    if (!seen.pass) {
        frame_drop(frame, seen.fate);
        return;
    }
    frame_feed(frame, p->payload, &seen);
}

/* --- the way out --- */

err_t link_send_locked(struct interface *interface, struct pbuf *p)
{
    struct iovec parts[LIMIT_SEND_PARTS + 1];
    struct link *link = interface->link;
    unsigned count = 0;

    for (const struct pbuf *q = p; q != NULL; q = q->next) {
        if (count == sizeof(parts) / sizeof(parts[0])) {
            stack_counters.frames_unsent++;
            return ERR_BUF;
        }
        parts[count].iov_base = q->payload;
        parts[count].iov_len = q->len;
        count++;
    }
    struct link_packet packet = {.parts = parts, .part_count = count};
    if (interface_is_down(interface) || link->ops->send(link, &packet, 1) != 1) {
        stack_counters.frames_unsent++;
        return ERR_IF;
    }
    stack_counters.frames_sent++;
    shortcut_see_sent_locked(p);
    if (capture_wanted()) {
        capture_sent_locked(interface, p, link->ip_only);
    }
    return ERR_OK;
}
