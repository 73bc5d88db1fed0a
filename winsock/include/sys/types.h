/*
 * sys/types.h - glibc's header with its 64-bit u_long put aside
 *
 * Winsock's u_long has 32 bits on every Windows; FIONBIO and FIONREAD even encode its size. glibc
 * typedefs the same name to unsigned long, and <stdlib.h> brings that in. Standing in front of
 * glibc's header and renaming the type while it is read leaves the name free for winsock2.h,
 * whichever of the two is included first, and without a macro that stays in force.
 *
 * Programs bring an ssize_t of their own unless a mark says that there is one: it is set here. And
 * they may have made macros of the names of <stdint.h>, some of which glibc's header needs.
 */
#ifndef WINLWIP_SYS_TYPES_H
#define WINLWIP_SYS_TYPES_H
#pragma GCC system_header

#include <winlwip/integers.h>

#define u_long winlwip_host_u_long
#include_next <sys/types.h>
#undef u_long

#ifndef _SSIZE_T_DEFINED
#define _SSIZE_T_DEFINED
#endif

#endif
