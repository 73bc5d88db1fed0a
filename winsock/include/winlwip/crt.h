/*
 * winlwip/crt.h - names of Microsoft's C library that programs take for granted
 *
 * windows.h brings it; define WINLWIP_NO_CRT to leave it out. Each is the C library's function of
 * another name, or inline: nothing here is in the library. A program may define standard names as
 * these (strcasecmp as _stricmp, snprintf as _snprintf) before or after this file.
 */
#ifndef WINLWIP_CRT_H
#define WINLWIP_CRT_H

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <winlwip/compiler.h>
#include <winlwip/integers.h>

typedef int errno_t;
typedef size_t rsize_t;

#define _TRUNCATE ((size_t)-1)
#define _MAX_PATH 260
#ifndef _CRTIMP
#define _CRTIMP
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The C library's own, by another name; sizes in bytes. */
int _stricmp(const char *a, const char *b) __asm__("strcasecmp");
int _strnicmp(const char *a, const char *b, size_t n) __asm__("strncasecmp");
char *_strdup(const char *s) __asm__("strdup");
char *strtok_s(char *s, const char *delimiters, char **context) __asm__("strtok_r");
__extension__ long long _strtoi64(const char *s, char **end, int base) __asm__("strtoll");
__extension__ unsigned long long _strtoui64(const char *s, char **end, int base)
    __asm__("strtoull");
__extension__ long long _atoi64(const char *s) __asm__("atoll");
int winlwip_vsnprintf(char *to, size_t room, const char *format, va_list arguments)
    __asm__("vsnprintf") __attribute__((__format__(__printf__, 3, 0)));
size_t winlwip_strnlen(const char *s, size_t room) __asm__("strnlen");
int _fileno(FILE *stream) __asm__("fileno");
struct tm *winlwip_localtime_r(const time_t *when, struct tm *to) __asm__("localtime_r");
struct tm *winlwip_gmtime_r(const time_t *when, struct tm *to) __asm__("gmtime_r");
int winlwip_posix_memalign(void **block, size_t alignment, size_t bytes) __asm__("posix_memalign");
void winlwip_free(void *block) __asm__("free");

/* As vsnprintf(), but -1 when not all fits, and no zero at the end when there is no room for it. */
static __inline__ __attribute__((__unused__, __format__(__printf__, 3, 0))) int
_vsnprintf(char *to, size_t room, const char *format, va_list arguments)
{
    char *last = room > 0 ? to + room - 1 : NULL;
    va_list again;
    int length;

    va_copy(again, arguments);
    length = winlwip_vsnprintf(to, room, format, arguments);
    if (length >= 0 && (size_t)length >= room) {
        /* The byte that vsnprintf() spent on the zero is text here. */
        char *whole = (char *)malloc((size_t)length + 1);
        if (whole != NULL) {
            winlwip_vsnprintf(whole, (size_t)length + 1, format, again);
            if (last != NULL) {
                *last = whole[room - 1];
            }
            free(whole);
        }
        length = (size_t)length == room && room > 0 ? length : -1;
    }
    va_end(again);
    return length;
}

static __inline__ __attribute__((__unused__, __format__(__printf__, 3, 4))) int
_snprintf(char *to, size_t room, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = _vsnprintf(to, room, format, arguments);
    va_end(arguments);
    return length;
}

/* How long the text is that format and arguments make, in bytes. */
static __inline__ __attribute__((__unused__, __format__(__printf__, 1, 0))) int
_vscprintf(const char *format, va_list arguments)
{
    return winlwip_vsnprintf(NULL, 0, format, arguments);
}

/*
 * The functions with _s: room in bytes, of which one is for the zero at the end. What does not fit
 * gives ERANGE, or -1, and leaves "". (On Windows a program is ended by that, unless it has said
 * otherwise.) A count of _TRUNCATE takes as much as fits.
 */
static __inline__ __attribute__((__unused__)) errno_t winlwip_refuse(char *to, size_t room,
                                                                     errno_t error)
{
    if (to != NULL && room > 0) {
        to[0] = '\0';
    }
    errno = error;
    return error;
}

static __inline__ __attribute__((__unused__)) errno_t strncpy_s(char *to, size_t room,
                                                                const char *from, size_t count)
{
    size_t length;

    if (to == NULL || room == 0 || from == NULL) {
        return winlwip_refuse(to, room, EINVAL);
    }
    length = winlwip_strnlen(from, count < room ? count : room);
    if (length >= room && count != _TRUNCATE) {
        return winlwip_refuse(to, room, ERANGE);
    }
    if (length >= room) {
        length = room - 1;
    }
    memcpy(to, from, length);
    to[length] = '\0';
    return from[length] != '\0' && count == _TRUNCATE ? 80 /* STRUNCATE */ : 0;
}

static __inline__ __attribute__((__unused__)) errno_t strcpy_s(char *to, size_t room,
                                                               const char *from)
{
    return strncpy_s(to, room, from, _TRUNCATE - 1);
}

static __inline__ __attribute__((__unused__)) errno_t strncat_s(char *to, size_t room,
                                                                const char *from, size_t count)
{
    size_t length = to == NULL ? 0 : winlwip_strnlen(to, room);
    errno_t error;

    if (to == NULL || from == NULL || length >= room) {
        return winlwip_refuse(to, room, EINVAL);
    }
    error = strncpy_s(to + length, room - length, from, count);
    if (error == ERANGE) {
        to[0] = '\0';
    }
    return error;
}

static __inline__ __attribute__((__unused__)) errno_t strcat_s(char *to, size_t room,
                                                               const char *from)
{
    return strncat_s(to, room, from, _TRUNCATE - 1);
}

static __inline__ __attribute__((__unused__)) errno_t memcpy_s(void *to, size_t room,
                                                               const void *from, size_t bytes)
{
    if (bytes == 0) {
        return 0;
    }
    if (to == NULL || from == NULL || bytes > room) {
        if (to != NULL) {
            memset(to, 0, room);
        }
        return winlwip_refuse(NULL, 0, to == NULL || from == NULL ? EINVAL : ERANGE);
    }
    memcpy(to, from, bytes);
    return 0;
}

static __inline__ __attribute__((__unused__)) errno_t memmove_s(void *to, size_t room,
                                                                const void *from, size_t bytes)
{
    if (bytes == 0) {
        return 0;
    }
    if (to == NULL || from == NULL || bytes > room) {
        return winlwip_refuse(NULL, 0, to == NULL || from == NULL ? EINVAL : ERANGE);
    }
    memmove(to, from, bytes);
    return 0;
}

static __inline__ __attribute__((__unused__, __format__(__printf__, 4, 0))) int
_vsnprintf_s(char *to, size_t room, size_t count, const char *format, va_list arguments)
{
    size_t limit = count < room ? count + 1 : room;
    int length;

    if (to == NULL || room == 0) {
        winlwip_refuse(to, room, EINVAL);
        return -1;
    }
    length = winlwip_vsnprintf(to, limit, format, arguments);
    if (length < 0 || (size_t)length >= limit) {
        if (count != _TRUNCATE && limit == room) {
            winlwip_refuse(to, room, ERANGE);
        }
        return -1;
    }
    return length;
}

static __inline__ __attribute__((__unused__, __format__(__printf__, 4, 5))) int
_snprintf_s(char *to, size_t room, size_t count, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = _vsnprintf_s(to, room, count, format, arguments);
    va_end(arguments);
    return length;
}

static __inline__ __attribute__((__unused__, __format__(__printf__, 3, 0))) int
vsprintf_s(char *to, size_t room, const char *format, va_list arguments)
{
    return _vsnprintf_s(to, room, _TRUNCATE - 1, format, arguments);
}

static __inline__ __attribute__((__unused__, __format__(__printf__, 3, 4))) int
sprintf_s(char *to, size_t room, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsprintf_s(to, room, format, arguments);
    va_end(arguments);
    return length;
}

static __inline__ __attribute__((__unused__)) errno_t fopen_s(FILE **file, const char *path,
                                                              const char *mode)
{
    *file = fopen(path, mode);
    return *file != NULL ? 0 : errno;
}

static __inline__ __attribute__((__unused__)) errno_t localtime_s(struct tm *to,
                                                                  const time_t *when)
{
    return winlwip_localtime_r(when, to) != NULL ? 0 : EINVAL;
}

static __inline__ __attribute__((__unused__)) errno_t gmtime_s(struct tm *to, const time_t *when)
{
    return winlwip_gmtime_r(when, to) != NULL ? 0 : EINVAL;
}

/* Memory at a multiple of alignment, a power of two. */
static __inline__ __attribute__((__unused__)) void *_aligned_malloc(size_t bytes, size_t alignment)
{
    void *block = NULL;

    if (alignment < sizeof(void *)) {
        alignment = sizeof(void *);
    }
    return winlwip_posix_memalign(&block, alignment, bytes) == 0 ? block : NULL;
}

static __inline__ __attribute__((__unused__)) void _aligned_free(void *block)
{
    winlwip_free(block);
}

#define strnlen_s(s, room) ((s) == NULL ? (size_t)0 : winlwip_strnlen((s), (room)))
#define sscanf_s sscanf
#define printf_s printf
#define fprintf_s fprintf
#define _alloca __builtin_alloca

#ifdef __cplusplus
}

extern "C++" {
/* In C++ the size of an array need not be said. */
template <size_t room> static inline errno_t strcpy_s(char (&to)[room], const char *from)
{
    return strcpy_s(to, room, from);
}

template <size_t room>
static inline errno_t strncpy_s(char (&to)[room], const char *from, size_t count)
{
    return strncpy_s(to, room, from, count);
}

template <size_t room> static inline errno_t strcat_s(char (&to)[room], const char *from)
{
    return strcat_s(to, room, from);
}

template <size_t room>
static inline __attribute__((__format__(__printf__, 2, 3))) int
sprintf_s(char (&to)[room], const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsprintf_s(to, room, format, arguments);
    va_end(arguments);
    return length;
}

template <size_t room>
static inline __attribute__((__format__(__printf__, 3, 4))) int
_snprintf_s(char (&to)[room], size_t count, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = _vsnprintf_s(to, room, count, format, arguments);
    va_end(arguments);
    return length;
}
}
#endif

#endif
