/*
 * target.h - what the files of the vde driver share: its options, how they are read, and the words
 * for what is wrong. Private to drivers/vde.
 */
#ifndef DRIVERS_VDE_TARGET_H
#define DRIVERS_VDE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "stack/link.h"

/* Longest texts, with their terminating zeros. */
#define TARGET_URL_BYTES 1024
#define TARGET_GROUP_BYTES 64
#define TARGET_DESCRIPTION_BYTES 64

/* Where to plug in, and how. A value: copied as a whole. */
struct vde_target {
    char url[TARGET_URL_BYTES];
    char group[TARGET_GROUP_BYTES]; /* "": left as it is */
    char description[TARGET_DESCRIPTION_BYTES];
    int port;                       /* of the switch; 0: any that is free */
    mode_t mode;                    /* of the port's socket */
    bool has_mode;
};

struct vde_options {
    struct vde_target target;
    bool down;             /* gone = down */
    bool has_reconnect;    /* it was given: unless it is 0, the switch may be missing at the start */
    bool jumbo;
    unsigned reconnect_ms; /* 0: never */
};

/*
 * Writes "vde: REASON" as one line to error[LINK_ERROR_BYTES]. Returns -code.
 */
int vde_fail(char *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Reads the driver's options. Returns 0, or -EINVAL with the reason in error. */
int vde_options_read(struct vde_options *parsed, const struct link_option *options,
                     size_t option_count, char *error);

#endif
