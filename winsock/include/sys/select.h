/*
 * sys/select.h - glibc's header with fd_set and select() put aside
 *
 * Winsock's fd_set is a counted array of sockets, glibc's is a bitmap, and <stdlib.h> brings the
 * latter in. The names are renamed while glibc's header is read, and its FD_* macros are dropped,
 * so that they are free for winsock2.h. A program may set FD_SETSIZE before or after this header to
 * size Winsock's array: its value is kept, glibc's never shows.
 */
#ifndef WINLWIP_SYS_SELECT_H
#define WINLWIP_SYS_SELECT_H
#pragma GCC system_header

#pragma push_macro("timeval")
#undef timeval
#pragma push_macro("FD_SETSIZE")
#undef FD_SETSIZE
#define fd_set winlwip_host_fd_set
#define select winlwip_host_select
#include_next <sys/select.h>
#undef select
#undef fd_set
#undef FD_SETSIZE
#undef FD_SET
#undef FD_CLR
#undef FD_ISSET
#undef FD_ZERO
#pragma pop_macro("FD_SETSIZE")
#pragma pop_macro("timeval")

#endif
