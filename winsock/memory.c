/*
 * memory.c - pointer checks without signal handlers.
 *
 * Theory of operation
 *
 * process_vm_readv() on our own process copies bytes like memcpy(), but
 * answers EFAULT where that would fault, for the source as well as for the target. To prove a range
 * readable, one byte of each page is copied to a scratch buffer; to prove it writable too, onto
 * itself.
 *
 * Overlapped calls are always probed. For them a thread remembers the pages that the kernel has
 * confirmed: a table with one place for each hash of a page number. An entry is the page number with
 * the number of the period in which it was confirmed and whether writing was; periods are
 * LIMIT_PROBE_AGE_MS long, and entries of another period do not count. A thread whose pages crowd
 * each other out gets a larger table.
 */
#define _GNU_SOURCE /* process_vm_readv */

#include "winsock/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "config/limits.h"

#define PAGE_BYTES (1u << MEMORY_PAGE_BITS)

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

/* --- what a thread remembers --- */

#define PLACES_LEAST 512u   /* 4 KiB for a thread that posts */
#define PLACES_MOST 16384u  /* 128 KiB, for one that posts buffers in 64 MiB */
#define PERIOD_BITS 15      /* beside a page number of 48 bits and the bit of writing */

_Thread_local struct memory_latest memory_latest;

static _Thread_local struct {
    uint64_t *pages;    /* 0: none; NULL: nothing to remember in */
    uint32_t places;    /* a power of two */
    uint32_t crowdings; /* entries of this period that made room for others */
    uint64_t period;
} known;

/* Begins a table of so many places; the one before is forgotten. Without memory there is none. */
static void begin_table(uint32_t places)
{
    free(known.pages);
    known.pages = calloc(places, sizeof(*known.pages));
    known.places = places;
    known.crowdings = 0;
}

void memory_begin_posted(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    uint64_t period = (ms / LIMIT_PROBE_AGE_MS) & ((1u << PERIOD_BITS) - 1);
    if (known.pages == NULL) {
        begin_table(PLACES_LEAST);
    } else if (known.crowdings > known.places / 4 && known.places < PLACES_MOST) {
        begin_table(known.places * 2);
    }
    if (known.period != period) {
        known.period = period;
        known.crowdings = 0;
    }
    memory_latest.page = 0;
}

void memory_forget(void)
{
    free(known.pages);
    known.pages = NULL;
}

static uint64_t entry_of(uintptr_t page, bool to_self)
{
    return (uint64_t)page << (PERIOD_BITS + 1) | known.period << 1 | to_self;
}

/* Is the page known to be good for this? Writing includes reading. */
static bool is_known(uintptr_t page, bool to_self)
{
    uint64_t entry = known.pages[page & (known.places - 1)];

    return entry == entry_of(page, true) || (!to_self && entry == entry_of(page, false));
}

static void remember(uintptr_t page, bool to_self)
{
    uint64_t *entry = &known.pages[page & (known.places - 1)];

    known.crowdings += *entry != 0 && *entry >> (PERIOD_BITS + 1) != page &&
                       ((*entry >> 1) & ((1u << PERIOD_BITS) - 1)) == known.period;
    *entry = entry_of(page, to_self);
}

/* Does the thread remember anything, and may it? */
static bool may_remember(void)
{
    return known.pages != NULL && !memory_is_probed();
}

/* Everything but the usual case. A function of its own, so that the latter saves no registers. */
__attribute__((noinline)) static int check_pages(char *start, size_t length, bool to_self)
{
    if (length == 0) {
        return 0;
    }
    if (!memory_plausible(start, length)) {
        return WSAEFAULT;
    }
    uintptr_t first = (uintptr_t)start / PAGE_BYTES;
    uintptr_t last = ((uintptr_t)start + length - 1) / PAGE_BYTES;
    uintptr_t page = first;
    bool remembers = may_remember() && last - first < PLACES_LEAST;

    while (remembers && page <= last && is_known(page, to_self)) {
        page++;
    }
    if (page > last) {
        memory_latest = (struct memory_latest){last, to_self};
        return 0;
    }
    if (!memory_probe(start, length, to_self)) {
        return WSAEFAULT;
    }
    for (page = first; remembers && page <= last; page++) {
        remember(page, to_self);
        memory_latest = (struct memory_latest){page, to_self};
    }
    return 0;
}

/* Nearly every range lies in one page, and nearly every page is known: then it is plausible, too. */
int memory_check_posted(char *start, size_t length, bool to_self)
{
    uintptr_t at = (uintptr_t)start;

    if (length - 1 < PAGE_BYTES - (at & (PAGE_BYTES - 1)) && may_remember() &&
        is_known(at / PAGE_BYTES, to_self)) {
        return 0;
    }
    return check_pages(start, length, to_self);
}
