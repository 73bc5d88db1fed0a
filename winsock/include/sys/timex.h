/*
 * sys/timex.h - glibc's header, read with its own struct timeval
 *
 * winsock2.h makes `timeval` a macro for Winsock's struct of two 32-bit longs. What adjtimex() fills holds glibc's:
 * the macro is put aside while glibc's header is read, and put back.
 */
#ifndef WINLWIP_SYS_TIMEX_H
#define WINLWIP_SYS_TIMEX_H
#pragma GCC system_header

#pragma push_macro("timeval")
#undef timeval
#include_next <sys/timex.h>
#pragma pop_macro("timeval")

#endif
