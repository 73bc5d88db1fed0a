/*
 * bits/timex.h - glibc's header, read with its own struct timeval
 *
 * winsock2.h makes `timeval` a macro for Winsock's struct of two 32-bit longs. What <time.h> says of clock_adjtime() holds glibc's:
 * the macro is put aside while glibc's header is read, and put back.
 */
#ifndef WINLWIP_BITS_TIMEX_H
#define WINLWIP_BITS_TIMEX_H
#pragma GCC system_header

#pragma push_macro("timeval")
#undef timeval
#include_next <bits/timex.h>
#pragma pop_macro("timeval")

#endif
