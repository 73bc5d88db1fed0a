/*
 * wrappers.c - the keys of what goes round drivers, looked at before any host starts.
 *
 * Only a wrapper knows what its keys mean, and it says so when it wraps a link. So each key is
 * tried by itself round a link without a network, which is then thrown away.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host/drivers.h"
#include "lab/lab.h"

static int receive_nothing(struct link *link, struct link_frame *frames, unsigned max)
{
    (void)link;
    (void)frames;
    (void)max;
    return 0;
}

static unsigned send_nothing(struct link *link, const struct link_packet *packets, unsigned count)
{
    (void)link;
    (void)packets;
    return count;
}

static void close_nothing(struct link *link)
{
    (void)link;
}

static const struct link_ops nothing_ops = {
    .driver = "nothing",
    .receive = receive_nothing,
    .send = send_nothing,
    .close = close_nothing,
};

const struct link_wrapper *lab_wrapper_of(const char *key)
{
    for (size_t i = 0; winlwip_wrappers[i] != NULL; i++) {
        size_t length = strlen(winlwip_wrappers[i]->name);

        if (strncmp(key, winlwip_wrappers[i]->name, length) == 0 &&
            (key[length] == '\0' || key[length] == '-')) {
            return winlwip_wrappers[i];
        }
    }
    return NULL;
}

int lab_check_wrapper_key(struct lab *lab, const struct lab_key *key)
{
    const struct link_wrapper *wrapper = lab_wrapper_of(key->name);
    const struct link_option option = {key->name, key->value};
    struct link nothing = {.ops = &nothing_ops, .mtu = 1500};
    char error[LINK_ERROR_BYTES];
    struct link *wrapped;
    int status;

    if (wrapper == NULL || wrapper->output_key != NULL) {
        return 0;
    }
    nothing.fd = eventfd(0, EFD_CLOEXEC); /* a link has something that can be waited for */
    if (nothing.fd < 0) {
        return lab_fail(lab, key->line, -errno, "%s can't be tried: %s", key->name,
                        strerror(errno));
    }
    status = wrapper->wrap(&nothing, "eth0", &option, 1, &wrapped, error);
    if (status == 0) {
        wrapper->unwrap(wrapped);
    }
    close(nothing.fd);
    return status == 0 ? 0 : lab_fail(lab, key->line, status, "%s", error);
}
