/*
 * host.c - starts and stops the stack by what the process was configured with.
 *
 * State of the process: the configuration handed over for the next start, the text of the last
 * failure, and what the running configuration says of probing and of raw sockets. host_start() and
 * host_stop() are serialised by their caller; winlwip_configure() may come from any thread, so what
 * it writes stands under a lock of its own, a leaf.
 */
#define _GNU_SOURCE /* secure_getenv */

#include "host/host.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "config/limits.h"
#include "config/version.h"
#include "host/config.h"
#include "host/drivers.h"
#include "host/plan.h"
#include "include/winlwip.h"
#include "stack/stack.h"


/* How long a start waits for duplicate address detection, which takes about a second. */
#define ADDRESS_WAIT_MS 2000

static pthread_mutex_t pending_lock = PTHREAD_MUTEX_INITIALIZER;
static struct winlwip_config pending; /* under pending_lock */
static bool has_pending;              /* under pending_lock */

static bool waiting_left; /* host_leave_waiting() was called for the next start */
static char startup_error[CONFIG_ERROR_BYTES];
static atomic_bool probe_enabled;
static atomic_bool raw_reserved;
static atomic_uint pending_limit = LIMIT_PENDING;

const char *winlwip_version(void)
{
    return VERSION;
}

const char *winlwip_startup_error(void)
{
    return startup_error;
}

int winlwip_configure(const struct winlwip_config *config)
{
    if (stack_running()) {
        return -1;
    }
    pthread_mutex_lock(&pending_lock);
    has_pending = config != NULL;
    if (has_pending) {
        pending = *config;
    }
    pthread_mutex_unlock(&pending_lock);
    return 0;
}

/* Takes what was handed over, if anything was. */
static bool take_pending(struct winlwip_config *given)
{
    bool taken;

    pthread_mutex_lock(&pending_lock);
    taken = has_pending;
    *given = pending;
    has_pending = false;
    pthread_mutex_unlock(&pending_lock);
    return taken;
}

/* Links that a program handed over are ours even if the start fails. */
static void close_given_links(const struct winlwip_config *given)
{
    for (size_t i = 0; i < given->interface_count; i++) {
        struct link *link = given->interfaces[i].link;

        if (link != NULL) {
            link->ops->close(link);
        }
    }
}

void host_leave_waiting(void)
{
    waiting_left = true;
}

static int start_stack(struct config *config, const struct plan *plan)
{
    int status = stack_start(&plan->stack);
    bool waits = config->has_wait && !waiting_left;

    if (status != 0) {
        return config_fail(config, 0, status, "the stack does not start: %s", strerror(-status));
    }
    waiting_left = false;
    if (waits) {
        stack_wait_addresses(config->wait_ms, true);
    } else if (plan->tentative) {
        stack_wait_addresses(ADDRESS_WAIT_MS, false);
    }
    return 0;
}

int host_start(void)
{
    struct winlwip_config given = {.interfaces = NULL};
    bool is_given = take_pending(&given);
    const char *file = is_given ? NULL : secure_getenv("WINLWIP_CONFIG");
    struct config config;
    struct plan plan;
    int status = 0;

    startup_error[0] = '\0';
    config_init(&config, file);
    if (is_given) {
        status = config_read_struct(&config, &given);
    } else if (file != NULL) {
        status = config_read_file(&config);
    }
    if (status == 0) {
        status = plan_open(&plan, &config, winlwip_drivers);
    }
    if (status != 0) {
        if (is_given) {
            close_given_links(&given);
        }
        goto out;
    }
    status = start_stack(&config, &plan);
    plan_free(&plan);
    if (status == 0) {
        hosts_put_in_force(config.hosts);
        config.hosts = NULL;
    }

out:
    atomic_store(&probe_enabled, status == 0 && config.probe);
    atomic_store(&raw_reserved, status == 0 && config.raw_admin);
    atomic_store(&pending_limit, config.max_pending);
    memcpy(startup_error, config.error, sizeof(startup_error));
    config_free(&config);
    return status;
}

void host_stop(void)
{
    stack_stop();
    hosts_put_in_force(NULL);
}

bool host_probe_enabled(void)
{
    return atomic_load_explicit(&probe_enabled, memory_order_relaxed);
}

unsigned host_pending_limit(void)
{
    return atomic_load_explicit(&pending_limit, memory_order_relaxed);
}

/* Is CAP_NET_RAW in force for the calling thread? */
static bool has_net_raw(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    return syscall(SYS_capget, &header, data) == 0 &&
           (data[CAP_TO_INDEX(CAP_NET_RAW)].effective & CAP_TO_MASK(CAP_NET_RAW)) != 0;
}

bool host_raw_allowed(void)
{
    return !atomic_load_explicit(&raw_reserved, memory_order_relaxed) || has_net_raw();
}
