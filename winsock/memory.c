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
#include <sys/uio.h>
#include <unistd.h>

/* The smallest page of any Linux system: a larger one is probed more than once. */
#define PAGE_BYTES 4096u

/* Pages in one system call: a megabyte, far above any datagram. Longer ranges take several. */
#define PAGES_AT_ONCE 256u

atomic_bool memory_probing;

void memory_set_probing(bool on)
{
    atomic_store_explicit(&memory_probing, on, memory_order_relaxed);
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

    if (copied < 0) {
        return errno != EFAULT; /* EPERM, ENOSYS: the kernel does not tell */
    }
    return (size_t)copied == count;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): an iovec may be written through */
bool memory_probe(char *start, size_t length, bool to_self)
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
    if (ok && count != 0) {
        ok = probe_pages(pages, count, to_self);
    }
    errno = host_error;
    return ok;
}
