/*
 * bits/types/struct_timeval.h - glibc's header, read with its own struct timeval
 *
 * winsock2.h makes `timeval` a macro for Winsock's struct of two 32-bit longs. glibc's own struct keeps its name:
 * the macro is put aside while glibc's header is read, and put back.
 */
#ifndef WINLWIP_BITS_TYPES_STRUCT_TIMEVAL_H
#define WINLWIP_BITS_TYPES_STRUCT_TIMEVAL_H
#pragma GCC system_header

#pragma push_macro("timeval")
#undef timeval
#include_next <bits/types/struct_timeval.h>
#pragma pop_macro("timeval")

#endif
