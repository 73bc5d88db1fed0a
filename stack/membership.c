/*
 * membership.c - what groups a socket is a member of, and which sources it hears there.
 *
 * Winsock's membership is a socket's own: a socket that has not joined does not hear the group. A
 * membership belongs to a pair of group and interface and is in one of the states of enum
 * membership_state; together with its list of sources the state says who is heard. What each call
 * does in each state, and which error it gives, is one table, after Microsoft's page on conflicting
 * multicast options (winsock-facts 4.12). Two states exist for that page's sake: EXCLUDE is told
 * from ANY because joining again fails with another error once a source has been blocked, and
 * EMPTY, in which nothing is heard, because dropping a source twice fails with another error than
 * dropping one of a group that was never joined.
 *
 * The host's side of a membership (multicast.c) is held in all states but EMPTY.
 *
 * Guarded by the stack lock. Bounds: LIMIT_FILTER_SOURCES sources of a membership; memberships that
 * are not EMPTY are bounded by multicast.c, and a new one takes the place of an EMPTY one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stack/internal.h"

enum membership_state {
    MEMBER_NONE,    /* no membership; only in the table */
    MEMBER_EMPTY,   /* its last source was dropped */
    MEMBER_ANY,     /* hears every source, and always did */
    MEMBER_EXCLUDE, /* hears all sources but those listed */
    MEMBER_INCLUDE, /* hears the sources listed, of which there is at least one */
    MEMBER_STATES,
};

/* One membership of one endpoint. */
struct membership {
    struct netaddr group;
    struct interface *interface;
    struct membership *next;
    enum membership_state state;
    unsigned source_count;
    struct netaddr sources[LIMIT_FILTER_SOURCES]; /* of EXCLUDE and INCLUDE, in no order */
};

/* --- the table --- */

/* What a call does to a membership; the last two are errors. */
enum step {
    STEP_JOIN_ANY,     /* NONE, EMPTY to ANY */
    STEP_JOIN_INCLUDE, /* NONE, EMPTY to INCLUDE with this source */
    STEP_LIST,         /* adds the source to the list */
    STEP_BLOCK_FIRST,  /* ANY to EXCLUDE with this source */
    STEP_UNLIST,       /* takes the source from the list; INCLUDE may become EMPTY */
    STEP_LEAVE,        /* to NONE */
    STEP_NOT_AVAILABLE,
    STEP_INVALID,
};

#define BOTH(step) {STEP_##step, STEP_##step}

/* [state][change][is the source listed?] */
static const enum step table[MEMBER_STATES][ENDPOINT_MEMBERSHIP_CHANGES][2] = {
    [MEMBER_NONE] = {
        [ENDPOINT_JOIN] = BOTH(JOIN_ANY),
        [ENDPOINT_LEAVE] = BOTH(INVALID),
        [ENDPOINT_JOIN_SOURCE] = BOTH(JOIN_INCLUDE),
        [ENDPOINT_LEAVE_SOURCE] = BOTH(INVALID),
        [ENDPOINT_BLOCK_SOURCE] = BOTH(INVALID),
        [ENDPOINT_UNBLOCK_SOURCE] = BOTH(INVALID),
    },
    [MEMBER_EMPTY] = {
        [ENDPOINT_JOIN] = BOTH(JOIN_ANY),
        [ENDPOINT_LEAVE] = BOTH(INVALID),
        [ENDPOINT_JOIN_SOURCE] = BOTH(JOIN_INCLUDE),
        [ENDPOINT_LEAVE_SOURCE] = BOTH(NOT_AVAILABLE),
        [ENDPOINT_BLOCK_SOURCE] = BOTH(INVALID),
        [ENDPOINT_UNBLOCK_SOURCE] = BOTH(INVALID),
    },
    [MEMBER_ANY] = {
        [ENDPOINT_JOIN] = BOTH(NOT_AVAILABLE),
        [ENDPOINT_LEAVE] = BOTH(LEAVE),
        [ENDPOINT_JOIN_SOURCE] = BOTH(NOT_AVAILABLE),
        [ENDPOINT_LEAVE_SOURCE] = BOTH(INVALID),
        [ENDPOINT_BLOCK_SOURCE] = BOTH(BLOCK_FIRST),
        [ENDPOINT_UNBLOCK_SOURCE] = BOTH(INVALID),
    },
    [MEMBER_EXCLUDE] = {
        [ENDPOINT_JOIN] = BOTH(INVALID),
        [ENDPOINT_LEAVE] = BOTH(LEAVE),
        [ENDPOINT_JOIN_SOURCE] = BOTH(INVALID),
        [ENDPOINT_LEAVE_SOURCE] = BOTH(INVALID),
        [ENDPOINT_BLOCK_SOURCE] = {STEP_LIST, STEP_NOT_AVAILABLE},
        [ENDPOINT_UNBLOCK_SOURCE] = {STEP_NOT_AVAILABLE, STEP_UNLIST},
    },
    [MEMBER_INCLUDE] = {
        [ENDPOINT_JOIN] = BOTH(NOT_AVAILABLE),
        [ENDPOINT_LEAVE] = BOTH(LEAVE),
        [ENDPOINT_JOIN_SOURCE] = {STEP_LIST, STEP_NOT_AVAILABLE},
        [ENDPOINT_LEAVE_SOURCE] = {STEP_NOT_AVAILABLE, STEP_UNLIST},
        [ENDPOINT_BLOCK_SOURCE] = BOTH(INVALID),
        [ENDPOINT_UNBLOCK_SOURCE] = BOTH(INVALID),
    },
};

/* --- lists --- */

/* The link of the list that points to the membership, or to the NULL at its end. */
static struct membership **find(struct membership **list, const struct netaddr *group,
                                const struct interface *interface)
{
    while (*list != NULL &&
           !((*list)->interface == interface && netaddr_equal(&(*list)->group, group))) {
        list = &(*list)->next;
    }
    return list;
}

/* The place of a source in the list, or source_count. */
static unsigned find_source(const struct membership *member, const struct netaddr *source)
{
    unsigned i = 0;

    while (i < member->source_count && !netaddr_equal(&member->sources[i], source)) {
        i++;
    }
    return i;
}

static int list_source(struct membership *member, const struct netaddr *source)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the table lists where a member is */
    if (member->source_count == LIMIT_FILTER_SOURCES) {
        return -ENOBUFS;
    }
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a change of a source has one */
    member->sources[member->source_count++] = *source;
    return 0;
}

static void unlist_source(struct membership *member, const struct netaddr *source)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it was found, so it is there */
    member->sources[find_source(member, source)] = member->sources[--member->source_count];
    if (member->state == MEMBER_INCLUDE && member->source_count == 0) {
        multicast_host_leave_locked(&member->group, member->interface);
        member->state = MEMBER_EMPTY;
    }
}

/* Takes an EMPTY membership out of the list, or makes a new one. NULL: no memory. */
static struct membership *take_blank(struct membership **list)
{
    for (struct membership **at = list; *at != NULL; at = &(*at)->next) {
        if ((*at)->state == MEMBER_EMPTY) {
            struct membership *member = *at;
            *at = member->next;
            return member;
        }
    }
    return malloc(sizeof(struct membership));
}

/* Makes (or revives) a membership in a state, without sources. Returns 0 or -ENOMEM. */
static int enter(struct membership **list, const struct netaddr *group,
                 struct interface *interface, enum membership_state state,
                 struct membership **out)
{
    int error = multicast_host_join_locked(group, interface);
    if (error != 0) {
        return error;
    }
    struct membership *member = *find(list, group, interface);
    if (member == NULL) {
        member = take_blank(list);
        if (member == NULL) {
            multicast_host_leave_locked(group, interface);
            return -ENOMEM;
        }
        member->group = *group;
        member->interface = interface;
        member->next = *list;
        *list = member;
    }
    member->state = state;
    member->source_count = 0;
    *out = member;
    return 0;
}

static void leave(struct membership **at)
{
    struct membership *member = *at;

    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the table leaves where a member is */
    *at = member->next;
    if (member->state != MEMBER_EMPTY) {
        multicast_host_leave_locked(&member->group, member->interface);
    }
    free(member);
}

/* --- changes --- */

int membership_change_locked(struct membership **list, enum endpoint_membership_change change,
                             const struct netaddr *group, struct interface *interface,
                             const struct netaddr *source)
{
    struct membership **at = find(list, group, interface);
    struct membership *member = *at;
    enum membership_state state = member != NULL ? member->state : MEMBER_NONE;
    bool listed = member != NULL && source != NULL &&
                  find_source(member, source) != member->source_count;
    int error;

    switch (table[state][change][listed]) {
    case STEP_JOIN_ANY:
        return enter(list, group, interface, MEMBER_ANY, &member);
    case STEP_JOIN_INCLUDE:
        error = enter(list, group, interface, MEMBER_INCLUDE, &member);
        return error != 0 ? error : list_source(member, source);
    case STEP_LIST:
        return list_source(member, source);
    case STEP_BLOCK_FIRST:
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): this step is of MEMBER_ANY */
        member->state = MEMBER_EXCLUDE;
        return list_source(member, source);
    case STEP_UNLIST:
        unlist_source(member, source);
        return 0;
    case STEP_LEAVE:
        leave(at);
        return 0;
    case STEP_NOT_AVAILABLE:
        return -EADDRNOTAVAIL;
    default:
        return -EINVAL;
    }
}

int membership_set_filter_locked(struct membership **list, const struct netaddr *group,
                                 struct interface *interface, const struct endpoint_filter *filter)
{
    struct membership **at = find(list, group, interface);
    struct membership *member = *at;
    bool nobody = !filter->exclude && filter->count == 0;

    if (filter->count > LIMIT_FILTER_SOURCES) {
        return -ENOBUFS;
    }
    if (nobody) { /* RFC 3678, 4.2.1: the same as leaving */
        if (member != NULL) {
            leave(at);
        }
        return 0;
    }
    if (member == NULL || member->state == MEMBER_EMPTY) {
        int error = enter(list, group, interface, MEMBER_ANY, &member);
        if (error != 0) {
            return error;
        }
    }
    member->state = !filter->exclude   ? MEMBER_INCLUDE
                    : filter->count != 0 ? MEMBER_EXCLUDE
                                         : MEMBER_ANY;
    member->source_count = 0;
    for (unsigned i = 0; i < filter->count; i++) {
        if (find_source(member, &filter->sources[i]) == member->source_count) {
            member->sources[member->source_count++] = filter->sources[i];
        }
    }
    return 0;
}

int membership_get_filter(struct membership *list, const struct netaddr *group,
                          const struct interface *interface, struct endpoint_filter *filter)
{
    const struct membership *member = *find(&list, group, interface);

    if (member == NULL || member->state == MEMBER_EMPTY) {
        return -EADDRNOTAVAIL;
    }
    filter->exclude = member->state != MEMBER_INCLUDE;
    filter->count = member->source_count;
    memcpy(filter->sources, member->sources, member->source_count * sizeof(member->sources[0]));
    return 0;
}

void membership_leave_all_locked(struct membership **list)
{
    while (*list != NULL) {
        leave(list);
    }
}

bool membership_hears(struct membership *list, const struct netaddr *group,
                      const struct interface *interface, const struct netaddr *source)
{
    const struct membership *member = *find(&list, group, interface);

    if (member == NULL || member->state == MEMBER_EMPTY) {
        return false;
    }
    bool listed = find_source(member, source) != member->source_count;
    return member->state == MEMBER_INCLUDE ? listed : !listed;
}

bool membership_all_down(const struct membership *list)
{
    bool any = false;

    for (const struct membership *m = list; m != NULL; m = m->next) {
        if (m->state == MEMBER_EMPTY) {
            continue;
        }
        if (!interface_is_down(m->interface)) {
            return false;
        }
        any = true;
    }
    return any;
}
