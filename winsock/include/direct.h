/*
 * direct.h - directories, under the names of Microsoft's C library
 *
 * They are the C library's own: nothing here is in winlwip. Paths are this system's.
 */
#ifndef _INC_DIRECT
#define _INC_DIRECT

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

int _chdir(const char *path) __asm__("chdir");
int _rmdir(const char *path) __asm__("rmdir");
int winlwip_mkdir(const char *path, unsigned int mode) __asm__("mkdir");
char *winlwip_getcwd(char *path, size_t room) __asm__("getcwd");

/* path: NULL for memory that free() takes. */
static __inline__ __attribute__((__unused__)) char *_getcwd(char *path, int room)
{
    return winlwip_getcwd(path, room > 0 ? (size_t)room : 0);
}

static __inline__ __attribute__((__unused__)) int _mkdir(const char *path)
{
    return winlwip_mkdir(path, 0777);
}

#ifdef __cplusplus
}
#endif

#endif
