/*
 * bits/types/struct_rusage.h - glibc's header, read with its own struct timeval
 *
 * winsock2.h makes `timeval` a macro for Winsock's struct of two 32-bit longs. What getrusage() and wait3() fill holds glibc's:
 * the macro is put aside while glibc's header is read, and put back.
 */
#ifndef WINLWIP_BITS_TYPES_STRUCT_RUSAGE_H
#define WINLWIP_BITS_TYPES_STRUCT_RUSAGE_H
#pragma GCC system_header

#pragma push_macro("timeval")
#undef timeval
#include_next <bits/types/struct_rusage.h>
#pragma pop_macro("timeval")

#endif
