/*
 * sys/ioctl.h - keeps glibc's FIONBIO and FIONREAD out of a Winsock file
 *
 * Its numbers under the same names would replace Winsock's without a word.
 */
#ifndef WINLWIP_SYS_IOCTL_H
#define WINLWIP_SYS_IOCTL_H
#pragma GCC system_header

#ifdef WINLWIP_SOCKETS_H
#error "sys/ioctl.h: a file cannot use Winsock and the C library's ioctl codes at once"
#endif
#include_next <sys/ioctl.h>

#endif
