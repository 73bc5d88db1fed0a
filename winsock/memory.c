/*
 * memory.c - pointer checks without signal handlers.
 *
 * Theory of operation
 *
 * process_vm_readv() on our own process copies bytes like memcpy(), but
 * answers EFAULT where that would fault, for the source as well as for the target. To prove a range
 * readable, one byte of each page is copied to a scratch buffer; to prove it writable too, onto
 * itself. Kernels are built without that call, and sandboxes forbid it as one that debuggers make:
 * then futex(2), which no program can do without, is asked about a word of each page (futex_reach()),
 * page by page.
 *
 * Overlapped calls are always probed. For them a thread remembers the pages that the kernel has
 * confirmed, in a table with one place for each hash of a page number. The table is emptied when
 * LIMIT_PROBE_AGE_MS have passed since that was last done, and made larger then when pages crowded
 * each other out.
 *
 * An entry is the first address of its page, so that one subtraction tells where in the page a
 * pointer leads, if it leads there at all. That of a page which may be read only is the address of
 * the next page, and an empty one that of the page after the next: both belong to other places of
 * the table, so nobody who looks here takes them for his own.
 */
#define _GNU_SOURCE /* process_vm_readv */

#include "winsock/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "config/limits.h"
#include "winsock/futex.h"

/* Pages in one system call: a megabyte, far above any datagram. Longer ranges take several. */
#define PAGES_AT_ONCE 256u

atomic_bool memory_probing;

static atomic_bool copying_refused; /* process_vm_readv() does not answer; never false again */

void memory_set_probing(bool on)
{
    atomic_store_explicit(&memory_probing, on, memory_order_relaxed);
}

/* Asks about the word round one byte of each listed page. Returns false when one of them faults. */
static bool reach_pages(const struct iovec *pages, unsigned count, bool to_self)
{
    for (unsigned i = 0; i < count; i++) {
        uintptr_t at = (uintptr_t)pages[i].iov_base & ~(uintptr_t)(sizeof(futex_word) - 1);
        if (!futex_reach((futex_word *)at, to_self)) { /* NOLINT: rounded down */
            return false;
        }
    }
    return true;
}

/*
 * Copies one byte of each listed page: onto itself when to_self, else to scratch. Returns false
 * when one of them faults.
 */
static bool probe_pages(const struct iovec *pages, unsigned count, bool to_self)
{
    uint8_t scratch[PAGES_AT_ONCE];
    struct iovec away = {.iov_base = scratch, .iov_len = count};

    if (!atomic_load_explicit(&copying_refused, memory_order_relaxed)) {
        ssize_t copied = process_vm_readv(getpid(), to_self ? pages : &away, to_self ? count : 1,
                                          pages, count, 0);
        if (copied >= 0) {
            return (size_t)copied == count;
        }
        if (errno == EFAULT) {
            return false;
        }
        /* ENOSYS, EPERM or what a sandbox takes for it; also ENOMEM, after which the other way is
         * as good. */
        atomic_store_explicit(&copying_refused, true, memory_order_relaxed);
    }
    return reach_pages(pages, count, to_self);
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
        offset += MEMORY_PAGE_BYTES -
                  ((uintptr_t)(start + offset) & (MEMORY_PAGE_BYTES - 1));
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

#define PLACES_LEAST 512u  /* 4 KiB for a thread that posts */
#define PLACES_MOST 16384u /* 128 KiB, for one that posts buffers in 64 MiB */

/* An empty entry at a place of a table that has so many. */
#define EMPTY(place, places) ((uint64_t)(((place) + 2u) % (places)) << MEMORY_PAGE_BITS)

/* What is known where nothing is remembered. */
#define NO_PLACES 4u
static const uint64_t nothing[NO_PLACES] = {
    EMPTY(0u, NO_PLACES), EMPTY(1u, NO_PLACES), EMPTY(2u, NO_PLACES), EMPTY(3u, NO_PLACES)};

_Thread_local struct memory_known memory_known = {.entries = nothing, .mask = NO_PLACES - 1};

static _Thread_local struct {
    uint64_t *pages;    /* the table; NULL: nothing to remember in */
    uint32_t places;    /* a power of two */
    uint32_t crowdings; /* entries that made room for others since the table was emptied */
    int64_t end_ns;     /* when it is to be emptied; 0: at once */
} table;

static void know_nothing(void)
{
    memory_known = (struct memory_known){.entries = nothing, .mask = NO_PLACES - 1};
    table.end_ns = 0;
}

void memory_forget(void)
{
    free(table.pages);
    table.pages = NULL;
    know_nothing();
}

/* Is the table, if there is one, as large as it has to be? */
static bool is_large_enough(void)
{
    return table.crowdings <= table.places / 4 || table.places == PLACES_MOST;
}

/* Sees to it that there is a table. Returns whether there is memory for one. */
static bool have_table(void)
{
    if (table.pages != NULL && is_large_enough()) {
        return true;
    }
    uint32_t places = table.pages != NULL ? table.places * 2 : PLACES_LEAST;
    memory_forget();
    table.pages = malloc(places * sizeof(*table.pages));
    table.places = places;
    return table.pages != NULL;
}

/* Empties the table, which is good until then. With probing on nothing is remembered. */
static void begin_period(int64_t end_ns)
{
    if (memory_is_probed() || !have_table()) {
        know_nothing();
        return;
    }
    for (uint32_t i = 0; i < table.places; i++) {
        table.pages[i] = EMPTY(i, table.places);
    }
    table.crowdings = 0;
    table.end_ns = end_ns;
    memory_known = (struct memory_known){.entries = table.pages, .mask = table.places - 1};
}

void memory_begin_posted(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    int64_t now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    if (now_ns >= table.end_ns || memory_is_probed()) {
        begin_period(now_ns + LIMIT_PROBE_AGE_MS * INT64_C(1000000));
    }
}

/* Notes that a page was confirmed. When pages crowd each other out, it is time for a larger table. */
static void remember(uint64_t page, bool to_self)
{
    uint32_t place = (uint32_t)(page & memory_known.mask);
    uint64_t *entry = &table.pages[place];
    uint64_t writable = page << MEMORY_PAGE_BITS;
    uint64_t readable = writable + MEMORY_PAGE_BYTES;

    if (*entry != EMPTY(place, table.places) && *entry != writable && *entry != readable) {
        table.crowdings++;
        if (!is_large_enough()) {
            table.end_ns = 0;
        }
    }
    *entry = to_self ? writable : readable;
}

int memory_check_posted(char *start, size_t length, bool to_self)
{
    if (length == 0) {
        return 0;
    }
    /* Buffers that lie across the border of two pages are common. */
    if (length <= MEMORY_PAGE_BYTES && memory_is_known(start, 1, to_self) &&
        memory_is_known(start + length - 1, 1, to_self)) {
        return 0;
    }
    if (!memory_plausible(start, length)) {
        return WSAEFAULT;
    }
    uint64_t first = (uintptr_t)start >> MEMORY_PAGE_BITS;
    uint64_t last = ((uintptr_t)start + length - 1) >> MEMORY_PAGE_BITS;
    uint64_t page = first;
    bool remembers = memory_known.entries != nothing && last - first < PLACES_LEAST;

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
