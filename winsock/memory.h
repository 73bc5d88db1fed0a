/*
 * memory.h - is memory that a caller pointed us to usable (C13)?
 *
 * Always checked: NULL, the lowest 64 KiB, ranges that wrap or leave user space. When probing is on
 * (probe = on in the configuration) the kernel is asked as well, with one system call a range;
 * where it does not allow that call, probing silently checks nothing more.
 */
#ifndef WINSOCK_MEMORY_H
#define WINSOCK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Switches probing on or off for the whole process. */
void memory_set_probing(bool on);

/*
 * May length bytes at address be read? Or read and written? An empty range always may, whatever the
 * address. Return 0 or WSAEFAULT. memory_writable() leaves the contents as they are; a byte of each
 * page is written onto itself, so nobody else may be writing the range meanwhile.
 */
int memory_readable(const void *address, size_t length);
int memory_writable(void *address, size_t length);

#endif
