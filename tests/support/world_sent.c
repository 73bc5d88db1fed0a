/*
 * world_sent.c - looks at what the host under test sends, and plays the neighbours it asks.
 *
 * State: for each link, how many of its sent frames were looked at.
 */
#include "tests/support/world.h"

#include <string.h>

#include "stack/loop.h"
#include "tests/support/world_internal.h"

static size_t looked_at[2];

void world_forget_sent(void)
{
    memset(looked_at, 0, sizeof(looked_at));
}

/* Answers an ARP request: everybody lives at frame_peer_mac. */
static void answer_arp(unsigned link, const struct frame_view *view)
{
    struct frame_arp_spec reply = {.operation = 2, .sender = view->dst, .target = view->src};
    static struct frame frame;

    memcpy(reply.dst_mac, view->src_mac, 6);
    memcpy(reply.target_mac, view->src_mac, 6);
    frame_arp(&reply, &frame);
    memlink_push(world.link[link], &frame);
}

/* Answers a neighbour solicitation; its target stands at offset 8 of the message. */
static void answer_solicitation(unsigned link, const struct frame_view *view)
{
    static struct frame frame;
    char target[46];

    ck_assert_uint_ge(view->ip_payload_bytes, 24);
    frame_address_text(view->ip_payload + 8, 16, target);
    frame_neighbour_advertisement(target, view->src, &frame);
    memcpy(frame.data, view->src_mac, 6);
    memlink_push(world.link[link], &frame);
}

/* Nobody else has the addresses of the host: what looks for duplicates is not answered. */
static bool is_question(const struct frame_view *view)
{
    return view->arp_operation == 1 && strcmp(view->src, view->dst) != 0 &&
           strcmp(view->src, "0.0.0.0") != 0;
}

/* Is it part of the host's housekeeping? Answers what asks for an answer. */
static bool housekeeping(unsigned link, const struct frame_view *view)
{
    if (view->ethertype == 0x0806) {
        if (is_question(view))
            answer_arp(link, view);
        return true;
    }
    if (view->protocol == FRAME_IGMP)
        return true;
    if (view->protocol != FRAME_ICMP6)
        return false;
    if (view->icmp_type == 135 && strcmp(view->src, "::") != 0)
        answer_solicitation(link, view);
    return view->icmp_type >= 130 && view->icmp_type <= 143;
}

bool world_next_sent_within(unsigned link, struct frame_view *view, unsigned timeout_ms)
{
    int64_t end = world_now_ms() + timeout_ms;

    for (;;) {
        size_t bytes;
        const uint8_t *data = memlink_sent_frame(world.link[link], looked_at[link], &bytes);

        if (data != NULL) {
            const char *error =
                frame_parse(data, bytes, memlink_link(world.link[link])->ip_only, view);

            looked_at[link]++;
            ck_assert_msg(error == NULL, "a sent frame is wrong: %s", error);
            if (!housekeeping(link, view))
                return true;
            continue;
        }
        loop_poll();
        if (world_now_ms() >= end)
            return false;
        world_pause();
    }
}

void world_next_sent(unsigned link, struct frame_view *view)
{
    ck_assert_msg(world_next_sent_within(link, view, WORLD_PATIENCE_MS), "nothing was sent");
}
