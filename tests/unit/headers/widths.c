/* The types that glibc has under the same name are Winsock's, whoever came first. */
#ifdef HOST_FIRST
#include <stdlib.h>
#include <sys/types.h>
#include <sys/select.h>
#include <unistd.h>
#include <pthread.h>
#include <sys/time.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#endif
#define FD_SETSIZE 100
#include <ws2tcpip.h>
#ifndef HOST_FIRST
#include <stdlib.h>
#include <sys/types.h>
#include <sys/select.h>
#include <unistd.h>
#include <pthread.h>
#include <sys/time.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#endif

#ifdef __cplusplus
#define _Static_assert static_assert
#endif
_Static_assert(sizeof(u_long) == 4 && (u_long)-1 > 0, "u_long");
_Static_assert(sizeof(u_char) == 1 && sizeof(u_short) == 2 && sizeof(u_int) == 4, "u_*");
_Static_assert(sizeof(socklen_t) == 4 && (socklen_t)-1 < 0, "socklen_t");
_Static_assert(sizeof(fd_set) == 8 + 100 * sizeof(SOCKET), "fd_set");
_Static_assert(sizeof(WCHAR) == 2 && sizeof(TEXT("a")) == (sizeof(TCHAR) * 2), "WCHAR");
_Static_assert(sizeof(FIONBIO) == 4 && FIONBIO == 0x8004667Eu, "FIONBIO");
_Static_assert(sizeof(struct timeval) == 8 && sizeof(TIMEVAL) == 8, "timeval");

/* What glibc fills has its own layout: an interval timer is two pairs of 64 bits. */
_Static_assert(sizeof(struct itimerval) == 32, "itimerval");
_Static_assert(sizeof(struct rusage) == 144, "rusage");
_Static_assert(sizeof(struct timex) == 208, "timex");
