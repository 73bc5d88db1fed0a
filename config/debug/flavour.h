/*
 * flavour.h, debug: lwIP's assertions on, its locking rule checked at every entry.
 *
 * config/release/flavour.h is the counterpart; the include path decides which of the two is seen.
 */
#ifndef WINLWIP_CONFIG_FLAVOUR_H
#define WINLWIP_CONFIG_FLAVOUR_H

#include <stdio.h>
#include <stdlib.h>

/*
 * stack/: ends the process unless the calling thread holds the stack lock.
 */
void stack_assert_locked(void);

#define LWIP_ASSERT_CORE_LOCKED() stack_assert_locked()

/*
 * A broken invariant of lwIP ends a test at once; a core file and the line are worth more than a
 * test that goes on.
 */
#define LWIP_PLATFORM_ASSERT(message)                                                         \
    do {                                                                                      \
        fprintf(stderr, "%s:%d: lwIP assertion failed: %s\n", __FILE__, __LINE__, (message)); \
        abort();                                                                              \
    } while (0)

/*
 * Guard bytes around each pool element, looked at when it is freed. The heap is malloc(), which
 * ASan guards.
 */
#define MEMP_OVERFLOW_CHECK 1

/* Link-local IPv6 addresses must carry their zone where lwIP compares or routes them. */
#define LWIP_IPV6_SCOPES_DEBUG 1

#endif
