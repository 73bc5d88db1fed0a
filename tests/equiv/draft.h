/*
 * draft.h - a frame of a plan while it is being made.
 */
#ifndef TESTS_EQUIV_DRAFT_H
#define TESTS_EQUIV_DRAFT_H

#include "tests/equiv/plan.h"

struct draft {
    struct plan *plan;
    struct plan_step *step;       /* where the frame goes */
    const struct role *role;      /* for which it is meant */
    unsigned link;
    struct frame_spec spec;
    struct frame_extension extension[2];
    struct link_frame lent;       /* encapsulation, cast, flags and time */
    unsigned flips;               /* bits that are turned over near the front of the frame */
    uint8_t options[40];
    uint8_t payload[65536];
};

bool draft_is_v6(const struct draft *draft);

/* Makes so many bytes of payload: the number of the frame, then a pattern. */
void draft_fill(struct draft *draft, size_t bytes);

/* Takes room in the step for so many datagrams and bytes. Returns false when there is none left. */
bool draft_reserve(struct draft *draft, unsigned datagrams, size_t bytes);

/* Puts finished bytes into the step: into room taken before, or what finds none is left out. */
void draft_put_reserved(struct draft *draft, const void *data, size_t bytes);
void draft_put(struct draft *draft, const void *data, size_t bytes);

/* Builds a frame and puts it. */
void draft_put_spec(struct draft *draft, const struct frame_spec *spec);

/* plan_mutations.c: changes the draft in one way, or in several. */
void draft_mutate(struct draft *draft);

/* The same so that it remains what a driver may make a superframe of. */
void draft_mutate_soundly(struct draft *draft);

/* plan_superframes.c: puts several datagrams like the draft, as a superframe or one by one. */
void draft_put_superframe(struct draft *draft);

/* plan_others.c: puts a frame that is no datagram of the draft's. */
void draft_put_other(struct draft *draft);

#endif
