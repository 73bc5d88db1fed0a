/*
 * vde.c - stands in for the vde driver in a build that has no header of libvdeplug.
 */
#include <errno.h>
#include <stdio.h>

#include "stack/link.h"

extern const struct link_driver winlwip_vde_driver;

static int open_nothing(const struct link_option *options, size_t option_count, struct link **out,
                        char *error)
{
    (void)options;
    (void)option_count;
    (void)out;
    snprintf(error, LINK_ERROR_BYTES,
             "vde: this build has no such driver: install libvdeplug-dev and build again");
    return -EPROTONOSUPPORT;
}

const struct link_driver winlwip_vde_driver = {
    .name = "vde",
    .open = open_nothing,
    .help = NULL,
};
