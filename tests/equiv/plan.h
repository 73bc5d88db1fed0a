/*
 * plan.h - what happens in a play: a list of steps that a seed stands for.
 *
 * A plan knows nothing of the stack's answers: the same seed and options give the same steps, in
 * every process, as often as one asks.
 */
#ifndef TESTS_EQUIV_PLAN_H
#define TESTS_EQUIV_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/link.h"
#include "tests/equiv/roles.h"
#include "tests/support/frames.h"
#include "tests/support/prng.h"

enum plan_kind {
    PLAN_BURST,     /* frames arrive */
    PLAN_READ,      /* one role receives; choice: with how much room (plan_room) */
    PLAN_DRAIN,     /* all roles receive what there is */
    PLAN_POST,      /* one role posts receives */
    PLAN_CANCEL,    /* one role cancels them */
    PLAN_OPTION,    /* one role sets an option: row choice of the table of options */
    PLAN_OPEN,      /* one role's socket is opened, closed before if it was open */
    PLAN_CLOSE,
    PLAN_GROUP,     /* one role leaves its group (choice 0) or joins it */
    PLAN_CONNECT,   /* one role connects to plan_peers[choice], or dissolves (choice: count) */
    PLAN_SEND,      /* one role sends to plan_peers[choice], or to another role (choice: count) */
    PLAN_INTERFACE, /* interface choice goes down (value 0) or up */
    PLAN_SHUTDOWN,  /* one role receives no more, until it is opened again */
    PLAN_TRACE,     /* the trace is switched on (value 1) or off */
    PLAN_END,
    PLAN_KINDS,
};

enum plan_room {
    PLAN_ROOM_FULL,
    PLAN_ROOM_DATA,    /* 16 bytes of data */
    PLAN_ROOM_CONTROL, /* 20 bytes of control messages */
    PLAN_ROOM_BARE,    /* neither name nor control messages */
    PLAN_ROOM_PEEK,
    PLAN_ROOMS,
};

/* Frames of one step, pieces of datagrams and of superframes counted one by one. */
#define PLAN_STEP_FRAMES 512

/* Bytes of all of them. */
#define PLAN_STEP_BYTES (1u << 21)

struct plan_frame {
    unsigned link;
    uint64_t number;        /* from 1; of a superframe: that of its last datagram */
    struct link_frame lent; /* as the driver describes it; its bytes are the plan's */
};

struct plan_step {
    enum plan_kind kind;
    uint32_t number; /* from 1 */
    int64_t time_ns; /* of the stack's clock */
    unsigned role;
    unsigned choice;
    unsigned value;
    unsigned taken; /* of PLAN_STEP_FRAMES, each superframe counted as the datagrams in it */
    unsigned frame_count;
    struct plan_frame frames[PLAN_STEP_FRAMES];
};

enum plan_superframes {
    PLAN_SUPERFRAMES_NONE,
    PLAN_SUPERFRAMES_SOUND, /* as a driver makes them */
    PLAN_SUPERFRAMES_ANY,   /* some of them damaged */
};

struct plan_options {
    uint64_t seed;
    uint64_t frames;   /* the plan ends after so many */
    enum plan_superframes superframes;
    bool cut;          /* superframes are cut: the same datagrams one by one */
};

struct plan {
    struct plan_options options;
    struct prng prng;
    uint32_t steps;
    uint64_t frames;
    int64_t time_ns;
    unsigned opened;           /* all roles have been, once, before anything else */
    unsigned raw_left;         /* steps until raw sockets are closed again */
    unsigned trace_left;       /* steps until the trace ends */
    unsigned shut_left;        /* steps until a role that was shut is opened again */
    unsigned shut_role;
    unsigned down_left[2];     /* steps until an interface goes up again */
    unsigned link;             /* on which all frames of the step arrive, if there are superframes */
    size_t reserved_bytes;     /* of room, as if superframes had been cut */
    size_t bytes;              /* used of room */
    uint8_t room[PLAN_STEP_BYTES];
};

/* Peers to whom sockets send and connect; by family, and the mapped form of IPv4. */
#define PLAN_PEERS 3
extern const char *const plan_peers4[PLAN_PEERS], *const plan_peers6[PLAN_PEERS],
    *const plan_peers_mapped[PLAN_PEERS];

/* Begins a plan. */
void plan_start(struct plan *plan, const struct plan_options *options);

/* Makes the next step; frames are good until the next call. */
void plan_next(struct plan *plan, struct plan_step *step);

/* The options that PLAN_OPTION sets (plan_options.c). */
extern const unsigned plan_option_count;

struct plan_option {
    int level;
    int name;
    uint32_t value;
};

/* The option of a row: what to give to setsockopt(), 4 bytes. */
const struct plan_option *plan_option_at(unsigned row);

/* plan_frames.c: fills a step with a burst of frames. */
void plan_burst(struct plan *plan, struct plan_step *step);

#endif
