/*
 * sys/time.h - glibc's header, read with its own struct timeval
 *
 * winsock2.h makes `timeval` a macro for Winsock's struct of two 32-bit longs. What gettimeofday() fills has 64-bit members:
 * the macro is put aside while glibc's header is read, and put back.
 */
#ifndef WINLWIP_SYS_TIME_H
#define WINLWIP_SYS_TIME_H
#pragma GCC system_header

#pragma push_macro("timeval")
#undef timeval
#include_next <sys/time.h>
#pragma pop_macro("timeval")

#endif
