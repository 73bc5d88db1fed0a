/*
 * io.h - files by number, under the names of Microsoft's C library
 *
 * They are the C library's own: nothing here is in winlwip. Files have one kind of lines, so the flags
 * for text and binary say nothing. A SOCKET is none of these numbers. <unistd.h> stays out: programs
 * for Windows bring a getopt() of their own.
 */
#ifndef _INC_IO
#define _INC_IO

#include <fcntl.h>
#include <stdio.h>

#define _O_RDONLY O_RDONLY
#define _O_WRONLY O_WRONLY
#define _O_RDWR O_RDWR
#define _O_APPEND O_APPEND
#define _O_CREAT O_CREAT
#define _O_TRUNC O_TRUNC
#define _O_EXCL O_EXCL
#define _O_TEXT 0
#define _O_BINARY 0
#define _O_NOINHERIT O_CLOEXEC
#ifndef O_TEXT
#define O_TEXT 0
#endif
#ifndef O_BINARY
#define O_BINARY 0
#endif
#define _S_IREAD 0400
#define _S_IWRITE 0200

#ifdef __cplusplus
extern "C" {
#endif

int _access(const char *path, int mode) __asm__("access");
int _close(int fd) __asm__("close");
int _dup(int fd) __asm__("dup");
int _dup2(int from, int to) __asm__("dup2");
int _isatty(int fd) __asm__("isatty");
int _open(const char *path, int flags, ...) __asm__("open");
int _unlink(const char *path) __asm__("unlink");
long winlwip_read(int fd, void *to, size_t bytes) __asm__("read");
long winlwip_write(int fd, const void *from, size_t bytes) __asm__("write");

/* Counts have 32 bits there. */
static __inline__ __attribute__((__unused__)) int _read(int fd, void *to, unsigned int bytes)
{
    return (int)winlwip_read(fd, to, bytes);
}

static __inline__ __attribute__((__unused__)) int _write(int fd, const void *from,
                                                         unsigned int bytes)
{
    return (int)winlwip_write(fd, from, bytes);
}

/* There is nothing to set: the mode is always binary. */
static __inline__ __attribute__((__unused__)) int _setmode(int fd, int mode)
{
    (void)fd, (void)mode;
    return _O_BINARY;
}

#ifdef __cplusplus
}
#endif

#endif
