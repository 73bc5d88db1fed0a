/*
 * memory.h - is memory that a caller pointed us to usable (C13)?
 *
 * Always checked: NULL, the lowest 64 KiB, ranges that wrap or leave user space. When probing is on
 * (probe = on in the configuration), and for overlapped calls, the kernel is asked as well, with one
 * system call a range; where it does not allow that call, with one a page.
 */
#ifndef WINSOCK_MEMORY_H
#define WINSOCK_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <winsock2.h>

/* Windows maps nothing there; NULL with an offset lands there. */
#define MEMORY_LOWEST_ADDRESS 0x10000u

/* The first address above user space. */
#if defined(__x86_64__)
#define MEMORY_END (UINT64_C(1) << 47)
#elif defined(__aarch64__)
#define MEMORY_END (UINT64_C(1) << 52) /* most systems have 48 bits */
#else
#define MEMORY_END (UINT64_C(1) << 56)
#endif

/* On 64-bit ARM the highest byte may be a tag, which the processor overlooks. */
#if defined(__aarch64__)
#define MEMORY_ADDRESS_MASK (UINTPTR_MAX >> 8)
#else
#define MEMORY_ADDRESS_MASK UINTPTR_MAX
#endif

/* Is probing on? Read it through the functions below. */
extern atomic_bool memory_probing;

/* Switches probing on or off for the whole process. */
void memory_set_probing(bool on);

/* Asks the kernel about a range; to_self: may it be written, too? */
bool memory_probe(char *start, size_t length, bool to_self);

/* Can the range, which is not empty, be that of a user program? */
static inline bool memory_plausible(const void *start, size_t length)
{
    uintptr_t at = (uintptr_t)start & MEMORY_ADDRESS_MASK;

    return at >= MEMORY_LOWEST_ADDRESS && at < MEMORY_END && length <= MEMORY_END - at;
}

/* Is the kernel asked about every range (probe = on)? */
static inline bool memory_is_probed(void)
{
    return atomic_load_explicit(&memory_probing, memory_order_relaxed);
}

static inline int memory_check(char *start, size_t length, bool to_self)
{
    if (length == 0) {
        return 0;
    }
    if (!memory_plausible(start, length)) {
        return WSAEFAULT;
    }
    if (atomic_load_explicit(&memory_probing, memory_order_relaxed) &&
        !memory_probe(start, length, to_self)) {
        return WSAEFAULT;
    }
    return 0;
}

/*
 * May length bytes at address be read? Or read and written? An empty range always may, whatever the
 * address. Return 0 or WSAEFAULT. memory_writable() leaves the contents as they are; a byte of each
 * page is written onto itself, so nobody else may be writing the range meanwhile.
 */
static inline int memory_readable(const void *address, size_t length)
{
    return memory_check((char *)address, length, false); /* only ever read */
}

static inline int memory_writable(void *address, size_t length)
{
    return memory_check((char *)address, length, true);
}

/*
 * The same for an overlapped call, whose memory is used when no caller is there to be told of a
 * fault: the kernel is asked whether probing is on or not (C13). posted false: as above.
 *
 * With probing off, a page that the kernel has confirmed to the calling thread less than
 * LIMIT_PROBE_AGE_MS ago is not asked about again; so programs that post the same buffers again and
 * again make no system calls. memory_begin_posted() begins the checks of one call.
 */
void memory_begin_posted(void);
int memory_check_posted(char *start, size_t length, bool to_self);

/* The pages that the kernel confirmed to this thread a moment ago; theory of operation: memory.c. */
extern _Thread_local struct memory_known {
    const uint64_t *entries; /* of each, the first address; a page further on: not to be written */
    uint64_t mask;           /* of their number, a power of two */
} memory_known;

/* Of the smallest page of any Linux system: a larger one counts as several. */
#define MEMORY_PAGE_BITS 12
#define MEMORY_PAGE_BYTES (1u << MEMORY_PAGE_BITS)

/* Does the range lie in one page, and is that known to be good for this? Writing includes reading. */
static inline bool memory_is_known(const void *start, size_t length, bool to_self)
{
    uint64_t at = (uintptr_t)start;
    uint64_t offset = at - memory_known.entries[at >> MEMORY_PAGE_BITS & memory_known.mask];

    if (!to_self && offset >= MEMORY_PAGE_BYTES) {
        offset += MEMORY_PAGE_BYTES;
    }
    return length - 1 < MEMORY_PAGE_BYTES && offset <= MEMORY_PAGE_BYTES - length;
}

static inline int memory_readable_for(bool posted, const void *address, size_t length)
{
    if (!posted) {
        return memory_readable(address, length);
    }
    return memory_is_known(address, length, false)
               ? 0
               : memory_check_posted((char *)address, length, false);
}

static inline int memory_writable_for(bool posted, void *address, size_t length)
{
    if (!posted) {
        return memory_writable(address, length);
    }
    return memory_is_known(address, length, true)
               ? 0
               : memory_check_posted((char *)address, length, true);
}

/* Frees what the calling thread remembers. */
void memory_forget(void);

#endif
