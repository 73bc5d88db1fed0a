/*
 * plan.h - a checked configuration with its links opened: what stack_start() takes.
 */
#ifndef HOST_PLAN_H
#define HOST_PLAN_H

#include <stdbool.h>

#include "host/config.h"
#include "stack/link.h"
#include "stack/stack.h"

struct plan {
    struct stack_config stack;
    struct stack_interface *interfaces;
    bool tentative; /* some addresses will be: there is a live link with an IPv6 address */
};

/*
 * Opens the links of config by a table of drivers that ends with NULL and fills plan in. The plan
 * borrows names and addresses from config. Links that a program opened itself are put in, wrapped as
 * their interface's keys say.
 *
 * Returns 0: the links go to stack_start(), the rest to plan_free(). Or -EINVAL for an unknown
 * driver or an MTU that the link can't carry, -ENOMEM, or what the driver's open gave, with text in
 * config->error: then plan is empty and the links opened here are closed again, those of the
 * program are not.
 */
int plan_open(struct plan *plan, struct config *config, const struct link_driver *const *drivers);

/* Frees the plan, not its links. */
void plan_free(struct plan *plan);

#endif
