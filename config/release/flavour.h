/*
 * flavour.h, release: what is shipped. No assertion, no check of the locking rule.
 *
 * config/debug/flavour.h is the counterpart; the include path decides which of the two is seen.
 */
#ifndef WINLWIP_CONFIG_FLAVOUR_H
#define WINLWIP_CONFIG_FLAVOUR_H

/*
 * The library must not end or print into its host process; packets that would trip an assertion are
 * dropped earlier.
 */
#define LWIP_NOASSERT
#define LWIP_PLATFORM_ASSERT(message)

#define LWIP_ASSERT_CORE_LOCKED()

/* No guard bytes: a pool element is as large as its struct. */
#define MEMP_OVERFLOW_CHECK 0

/* Zones of IPv6 addresses are not checked again; the debug flavour does. */
#define LWIP_IPV6_SCOPES_DEBUG 0

#endif
