/*
 * cc.h: what lwIP asks of compiler and platform, for the benchmark's peer. lwip/arch.h has defaults
 * for the rest, which fit gcc and clang on Linux.
 */
#ifndef BENCH_PEER_ARCH_CC_H
#define BENCH_PEER_ARCH_CC_H

/* BYTE_ORDER, LITTLE_ENDIAN and BIG_ENDIAN; struct timeval. */
#include <endian.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/types.h>

/* lwIP's socket calls report by the C library's errno. */
#define LWIP_ERRNO_STDINCLUDE

/* Ports and query identifiers; nobody attacks a benchmark. */
#define LWIP_RAND() ((u32_t)rand())

#endif
