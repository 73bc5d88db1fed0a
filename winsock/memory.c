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
#define PERIODS 0x7fffu     /* 1..PERIODS: an empty entry is of none */

_Static_assert(PERIODS << 1 < 1u << MEMORY_ENTRY_SHIFT, "an entry has room for the period");

/* What is known where nothing is remembered. */
static const uint64_t nothing;

_Thread_local struct memory_known memory_known = {.entries = &nothing};

static _Thread_local struct {
    uint64_t *pages;    /* the table; NULL: nothing to remember in */
    uint32_t places;    /* a power of two */
    uint32_t crowdings; /* entries of this period that made room for others */
} table;

/* Begins a table of so many places; the one before is forgotten. Without memory there is none. */
static void begin_table(uint32_t places)
{
    free(table.pages);
    table.pages = calloc(places, sizeof(*table.pages));
    table.places = places;
    table.crowdings = 0;
}

void memory_begin_posted(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    uint64_t tag = (ms / LIMIT_PROBE_AGE_MS % PERIODS + 1) << 1;
    if (table.pages == NULL) {
        begin_table(PLACES_LEAST);
    } else if (table.crowdings > table.places / 4 && table.places < PLACES_MOST) {
        begin_table(table.places * 2);
    }
    if (memory_known.tag != tag) {
        memory_known.tag = tag;
        table.crowdings = 0;
    }
    bool remembers = table.pages != NULL && !memory_is_probed();
    memory_known.entries = remembers ? table.pages : &nothing;
    memory_known.mask = remembers ? table.places - 1 : 0;
}

void memory_forget(void)
{
    free(table.pages);
    table.pages = NULL;
    memory_known.entries = &nothing;
    memory_known.mask = 0;
}

/* Notes that a page was confirmed. */
static void remember(uint64_t page, bool to_self)
{
    uint64_t *entry = &table.pages[page & memory_known.mask];

    table.crowdings += *entry >> MEMORY_ENTRY_SHIFT != page &&
                       (*entry & (PERIODS << 1)) == memory_known.tag;
    *entry = page << MEMORY_ENTRY_SHIFT | memory_known.tag | to_self;
}

int memory_check_posted(char *start, size_t length, bool to_self)
{
    if (length == 0) {
        return 0;
    }
    if (!memory_plausible(start, length)) {
        return WSAEFAULT;
    }
    uint64_t first = (uintptr_t)start >> MEMORY_PAGE_BITS;
    uint64_t last = ((uintptr_t)start + length - 1) >> MEMORY_PAGE_BITS;
    uint64_t page = first;
    bool remembers = memory_known.entries != &nothing && last - first < PLACES_LEAST;

    while (remembers && page <= last &&
           memory_is_known((const void *)(uintptr_t)(page << MEMORY_PAGE_BITS), 1, to_self)) {
        page++;
    }
    if (page > last) {
        return 0;
    }
    if (!memory_probe(start, length, to_self)) {
        return WSAEFAULT;
    }
    for (page = first; remembers && page <= last; page++) {
        remember(page, to_self);
    }
    return 0;
}
