/*
 * wrap.h - which options of an interface are its driver's and which those of the wrappers round it,
 * and the wrapping.
 */
#ifndef HOST_WRAP_H
#define HOST_WRAP_H

#include <stddef.h>

#include "host/config.h"
#include "stack/link.h"

/*
 * The options of an interface that are for its driver: all but those of winlwip_wrappers[], and
 * offload = off when there are such and the driver has that key, as wrappers have to see frames as
 * a wire has them. Returns 0 and an array for free(), whose strings are borrowed; -EINVAL for
 * offload = auto in such a case, or -ENOMEM, with text in config->error.
 */
int wrap_driver_options(struct config *config, const struct config_interface *from,
                        const struct link_driver *driver, struct link_option **out,
                        size_t *out_count);

/*
 * Puts the wrappers that the interface has options for round *link, which becomes the outermost.
 * Returns 0; -EINVAL, -ENOMEM or what a wrapper gave, with text in config->error: then *link is as
 * it was.
 */
int wrap_link(struct config *config, const struct config_interface *from, struct link **link);

/* Undoes a wrap_link() that succeeded. Returns the link that is left, open. */
struct link *wrap_undo(const struct config_interface *from, struct link *link);

#endif
