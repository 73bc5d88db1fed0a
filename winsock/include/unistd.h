/*
 * unistd.h - glibc's header without socklen_t and gethostname
 *
 * glibc typedefs socklen_t to an unsigned type here; in ws2tcpip.h it is int. Telling glibc that
 * the type exists already keeps it out; nothing else in this header uses it. The mark is taken
 * back afterwards, so that a file that uses the host's <sys/socket.h> instead still gets the type.
 *
 * gethostname() takes a size_t there and an int in winsock2.h: it is renamed while glibc's header
 * is read, as <sys/select.h> does with select().
 */
#ifndef WINLWIP_UNISTD_H
#define WINLWIP_UNISTD_H
#pragma GCC system_header

#define gethostname winlwip_host_gethostname
#ifdef __socklen_t_defined
#include_next <unistd.h>
#else
#define __socklen_t_defined
#include_next <unistd.h>
#undef __socklen_t_defined
#endif
#undef gethostname

#endif
