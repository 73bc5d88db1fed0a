/*
 * memory.c - pointer checks without signal handlers.
 *
 * Theory of operation: process_vm_readv() on our own process copies bytes like memcpy(), but
 * answers EFAULT where that would fault, for the source as well as for the target. To prove a range
 * readable, one byte of each page is copied to a scratch buffer; to prove it writable too, onto
 * itself.
 */
#define _GNU_SOURCE /* process_vm_readv */

#include "winsock/memory.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

#include <winsock2.h>

/* Windows maps nothing there; NULL with an offset lands there. */
#define LOWEST_ADDRESS 0x10000u

/* The first address above user space. */
#if defined(__x86_64__)
#define END_OF_USER_SPACE (UINT64_C(1) << 47)
#else
#define END_OF_USER_SPACE (UINT64_C(1) << 56)
#endif

/* The smallest page of any Linux system: a larger one is probed more than once. */
#define PAGE_BYTES 4096u

/* Pages in one system call: a megabyte, far above any datagram. Longer ranges take several. */
#define PAGES_AT_ONCE 256u

static _Atomic bool probing;

void memory_set_probing(bool on)
{
    atomic_store_explicit(&probing, on, memory_order_relaxed);
}

static bool plausible(uintptr_t start, size_t length)
{
    return start >= LOWEST_ADDRESS && start < END_OF_USER_SPACE &&
           length <= END_OF_USER_SPACE - start;
}

/*
 * Copies one byte of each listed page: onto itself when to_self, else to scratch. Returns false
 * when one of them faults.
 */
static bool probe_pages(const struct iovec *pages, unsigned count, bool to_self)
{
    uint8_t scratch[PAGES_AT_ONCE];
    struct iovec away = {.iov_base = scratch, .iov_len = count};
    ssize_t copied = process_vm_readv(getpid(), to_self ? pages : &away, to_self ? count : 1,
                                      pages, count, 0);

    if (copied < 0)
        return errno != EFAULT; /* EPERM, ENOSYS: the kernel does not tell */
    return (size_t)copied == count;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): an iovec may be written through */
static bool probe(char *start, size_t length, bool to_self)
{
    struct iovec pages[PAGES_AT_ONCE];
    unsigned count = 0;
    size_t offset = 0;
    int host_error = errno;
    bool ok = true;

    while (ok && offset < length) {
        pages[count++] = (struct iovec){.iov_base = start + offset, .iov_len = 1};
        offset += PAGE_BYTES - ((uintptr_t)(start + offset) & (PAGE_BYTES - 1));
        if (count == PAGES_AT_ONCE) {
            ok = probe_pages(pages, count, to_self);
            count = 0;
        }
    }
    if (ok && count != 0)
        ok = probe_pages(pages, count, to_self);
    errno = host_error;
    return ok;
}

static int check(char *start, size_t length, bool to_self)
{
    if (length == 0)
        return 0;
    if (!plausible((uintptr_t)start, length))
        return WSAEFAULT;
    if (atomic_load_explicit(&probing, memory_order_relaxed) && !probe(start, length, to_self))
        return WSAEFAULT;
    return 0;
}

int memory_readable(const void *address, size_t length)
{
    return check((char *)address, length, false); /* only ever read */
}

int memory_writable(void *address, size_t length)
{
    return check(address, length, true);
}
