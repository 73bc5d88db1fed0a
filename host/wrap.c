/*
 * wrap.c - the wrappers of an interface: stack - dump - fault - driver.
 *
 * Whether an interface has a wrapper is told by its options alone: it does when at least one of
 * them is the wrapper's. So is what has to be undone.
 */
#include "host/wrap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/drivers.h"

/* Is it one of the wrapper's keys: its name, or its name, '-' and more? */
static bool is_key_of(const struct link_wrapper *wrapper, const char *key)
{
    size_t length = strlen(wrapper->name);

    return strncmp(key, wrapper->name, length) == 0 && (key[length] == '\0' || key[length] == '-');
}

static bool is_wrapped_by(const struct config_interface *from, const struct link_wrapper *wrapper)
{
    for (size_t i = 0; i < from->option_count; i++) {
        if (is_key_of(wrapper, from->options[i].key)) {
            return true;
        }
    }
    return false;
}

/* The wrapper whose key it is, or NULL. */
static const struct link_wrapper *wrapper_of(const char *key)
{
    for (size_t i = 0; winlwip_wrappers[i] != NULL; i++) {
        if (is_key_of(winlwip_wrappers[i], key)) {
            return winlwip_wrappers[i];
        }
    }
    return NULL;
}

/* The options of one wrapper, or with NULL those of none, to out[option_count]. Returns how many. */
static size_t select_options(const struct config_interface *from,
                             const struct link_wrapper *wrapper, struct link_option *out)
{
    size_t count = 0;

    for (size_t i = 0; i < from->option_count; i++) {
        if (wrapper_of(from->options[i].key) == wrapper) {
            out[count++] = from->options[i];
        }
    }
    return count;
}

static const char *value_of(const struct link_option *options, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(options[i].key, key) == 0) {
            return options[i].value;
        }
    }
    return NULL;
}

int wrap_driver_options(struct config *config, const struct config_interface *from,
                        const struct link_driver *driver, struct link_option **out,
                        size_t *out_count)
{
    struct link_option *options = calloc(from->option_count + 1, sizeof(*options));
    const char *offload;
    size_t count;

    if (options == NULL) {
        return config_fail_interface(config, from, -ENOMEM, "out of memory");
    }
    count = select_options(from, NULL, options);
    if (driver->has_offload && count < from->option_count) {
        offload = value_of(options, count, "offload");
        if (offload != NULL && strcmp(offload, "off") != 0) {
            free(options);
            return config_fail_interface(config, from, -EINVAL,
                                         "offload = %s goes with no key of fault or dump, which "
                                         "need each frame as a wire has it", offload);
        }
        if (offload == NULL) {
            options[count++] = (struct link_option){"offload", "off"};
        }
    }
    *out = options;
    *out_count = count;
    return 0;
}

/* Do both paths lead to one file, there or not? */
static bool same_file(const char *a, const char *b)
{
    struct stat a_status;
    struct stat b_status;

    return strcmp(a, b) == 0 ||
           (stat(a, &a_status) == 0 && stat(b, &b_status) == 0 &&
            a_status.st_dev == b_status.st_dev && a_status.st_ino == b_status.st_ino);
}

/*
 * Nothing else in the configuration may name the file that a wrapper overwrites: not another
 * wrapper, and not a driver, which may read it.
 */
static int check_output(struct config *config, const struct config_interface *from,
                        const struct link_option *output)
{
    for (size_t i = 0; i < config->interface_count; i++) {
        const struct config_interface *other = &config->interfaces[i];

        for (size_t j = 0; j < other->option_count; j++) {
            const struct link_option *option = &other->options[j];

            if (option->value != output->value && same_file(output->value, option->value)) {
                return config_fail_interface(config, from, -EINVAL,
                                             "%s = %s is the file that %s of interface %s names: "
                                             "each needs its own", output->key, output->value,
                                             option->key, other->name);
            }
        }
    }
    return 0;
}

static int check_outputs(struct config *config, const struct config_interface *from,
                         const struct link_wrapper *wrapper)
{
    for (size_t i = 0; wrapper->output_key != NULL && i < from->option_count; i++) {
        if (strcmp(from->options[i].key, wrapper->output_key) == 0) {
            return check_output(config, from, &from->options[i]);
        }
    }
    return 0;
}

static int wrap_by(struct config *config, const struct config_interface *from,
                   const struct link_wrapper *wrapper, struct link **link)
{
    struct link_option *options = calloc(from->option_count, sizeof(*options));
    char error[LINK_ERROR_BYTES] = "";
    struct link *outer;
    int status;

    if (options == NULL) {
        return config_fail_interface(config, from, -ENOMEM, "out of memory");
    }
    status = check_outputs(config, from, wrapper);
    if (status != 0) {
        goto out;
    }
    status = wrapper->wrap(*link, from->name, options, select_options(from, wrapper, options),
                           &outer, error);
    if (status != 0) {
        config_fail_interface(config, from, status, "%s",
                              error[0] != '\0' ? error : strerror(-status));
        goto out;
    }
    *link = outer;

out:
    free(options);
    return status;
}

/* Unwraps what the first count of winlwip_wrappers[] have wrapped. */
static struct link *undo_some(const struct config_interface *from, struct link *link, size_t count)
{
    while (count-- > 0) {
        if (is_wrapped_by(from, winlwip_wrappers[count])) {
            link = winlwip_wrappers[count]->unwrap(link);
        }
    }
    return link;
}

int wrap_link(struct config *config, const struct config_interface *from, struct link **link)
{
    for (size_t i = 0; winlwip_wrappers[i] != NULL; i++) {
        int status = 0;

        if (!is_wrapped_by(from, winlwip_wrappers[i])) {
            continue;
        }
        if ((*link)->offload != 0) {
            status = config_fail_interface(config, from, -EINVAL,
                                           "its %s has offload on, which %s does not go with",
                                           (*link)->ops->driver, winlwip_wrappers[i]->name);
        } else {
            status = wrap_by(config, from, winlwip_wrappers[i], link);
        }
        if (status != 0) {
            *link = undo_some(from, *link, i);
            return status;
        }
    }
    return 0;
}

struct link *wrap_undo(const struct config_interface *from, struct link *link)
{
    size_t count = 0;

    while (winlwip_wrappers[count] != NULL) {
        count++;
    }
    return undo_some(from, link, count);
}
