/*
 * cc.h: what lwIP asks of compiler and platform. lwip/arch.h includes it first and has defaults for
 * the rest, which fit gcc and clang on Linux.
 *
 * Declares the functions of stack/ that lwIP calls from files without a hook header of their own.
 * They use the C library's names for the integer types because lwIP's own come later.
 */
#ifndef WINLWIP_CONFIG_ARCH_CC_H
#define WINLWIP_CONFIG_ARCH_CC_H

#include <stdint.h>

/* BYTE_ORDER, LITTLE_ENDIAN and BIG_ENDIAN as the C library has them; lwIP would define its own
 * otherwise. */
#include <endian.h>
#include <sys/types.h>

/* lwIP's own are functions; these are single instructions. */
#define lwip_htons(x) htobe16(x)
#define lwip_htonl(x) htobe32(x)

/* The library never prints. lwIP's only diagnostics are assertions (config/debug) and statistics,
 * which we read. */
#define LWIP_PLATFORM_DIAG(arguments)

/*
 * stack/checksum.c: the Internet checksum's sum over len bytes at data, any alignment, len from 0
 * to 65,535. Returns it not inverted, folded to 16 bits, in the byte order of the data (RFC 1071,
 * section 2).
 */
uint16_t checksum_lwip(const void *data, int len);

/*
 * stack/: 32 random bits that an observer can't foretell (port choice, first query identifiers).
 */
uint32_t stack_random32(void);

/*
 * stack/resolver.c: may a DNS question be asked from this UDP port (host byte order)? Non-zero: it is
 * of the dynamic range, and no socket has it.
 */
int resolver_port_allowed(uint16_t port);

#endif
