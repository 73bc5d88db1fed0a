/*
 * test_memory.c - pointer checks, with and without asking the kernel; all of them once more where the
 * kernel refuses the call that it is asked by.
 */
#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <winsock2.h>

#include "stack/loop.h"
#include "winsock/memory.h"
#include "tests/support/sandbox.h"
#include "tests/unit/suites.h"

#define PAGES 600

static size_t page_bytes;
static uint8_t *pages; /* PAGES pages, the last of which is not mapped */

static void setup(void)
{
    page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    pages = mmap(NULL, PAGES * page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                 -1, 0);
    ck_assert_ptr_ne(pages, MAP_FAILED);
    ck_assert_int_eq(munmap(pages + (PAGES - 1) * page_bytes, page_bytes), 0);
}

static void setup_in_sandbox(void)
{
    sandbox_forbid(SYS_process_vm_readv, EPERM);
    setup();
}

static void teardown(void)
{
    memory_set_probing(false);
    munmap(pages, (PAGES - 1) * page_bytes);
}

START_TEST(c13_what_is_always_refused)
{
    memory_set_probing(_i != 0);
    ck_assert_int_eq(memory_writable(NULL, 1), WSAEFAULT);
    ck_assert_int_eq(memory_writable((void *)1, 1), WSAEFAULT);
    ck_assert_int_eq(memory_readable((void *)0xffff, 1), WSAEFAULT);
    ck_assert_int_eq(memory_writable((void *)UINTPTR_MAX, 1), WSAEFAULT); /* NOLINT */
    ck_assert_int_eq(memory_writable((void *)(UINTPTR_MAX - 3), 100), WSAEFAULT); /* NOLINT */
    ck_assert_int_eq(memory_readable(pages, SIZE_MAX), WSAEFAULT);
    ck_assert_int_eq(memory_readable((void *)(uintptr_t)MEMORY_END, 1), WSAEFAULT);
}
END_TEST

START_TEST(c13_what_is_accepted)
{
    memory_set_probing(_i != 0);
    ck_assert_int_eq(memory_writable(NULL, 0), 0);
    ck_assert_int_eq(memory_writable(pages, 1), 0);
    ck_assert_int_eq(memory_writable(pages + 5, (PAGES - 1) * page_bytes - 5), 0);
    ck_assert_int_eq(memory_readable("text", 5), 0);
}
END_TEST

/* A pointer with a tag in its highest byte is one like others where the processor overlooks that. */
START_TEST(c13_tags)
{
    const uintptr_t tagged = (uintptr_t)pages | (uintptr_t)0x5a << 56;
#if defined(__aarch64__)
    const int expected = 0;
#else
    const int expected = WSAEFAULT;
#endif

    ck_assert_int_eq(memory_writable((void *)tagged, 1), expected); /* NOLINT */
}
END_TEST

START_TEST(c13_a_probe_finds_what_is_not_mapped)
{
    uint8_t *end = pages + (PAGES - 1) * page_bytes;

    ck_assert_int_eq(memory_writable(end, 1), 0);
    memory_set_probing(true);
    ck_assert_int_eq(memory_readable(end, 1), WSAEFAULT);
    ck_assert_int_eq(memory_writable(end, 1), WSAEFAULT);
    ck_assert_int_eq(memory_writable(end - 1, 1), 0);
    ck_assert_int_eq(memory_writable(end - 1, 2), WSAEFAULT);
    ck_assert_int_eq(memory_readable(pages, PAGES * page_bytes), WSAEFAULT);
}
END_TEST

START_TEST(c13_a_probe_tells_reading_from_writing)
{
    ck_assert_int_eq(mprotect(pages, page_bytes, PROT_READ), 0);
    memory_set_probing(true);
    ck_assert_int_eq(memory_readable(pages, 10), 0);
    ck_assert_int_eq(memory_writable(pages, 10), WSAEFAULT);
}
END_TEST

START_TEST(c13_a_probe_changes_nothing)
{
    for (size_t i = 0; i < 3 * page_bytes; i++)
        pages[i] = (uint8_t)(i * 7);
    memory_set_probing(true);
    ck_assert_int_eq(memory_writable(pages + 1, 3 * page_bytes - 2), 0);
    for (size_t i = 0; i < 3 * page_bytes; i++)
        ck_assert_uint_eq(pages[i], (uint8_t)(i * 7));
}
END_TEST

/* --- overlapped calls --- */

static int check_posted(uint8_t *address, size_t length)
{
    memory_begin_posted();
    return memory_writable_for(true, address, length);
}

/* They are probed whatever the configuration says. */
START_TEST(c13_posted_memory_is_always_probed)
{
    uint8_t *end = pages + (PAGES - 1) * page_bytes;

    memory_begin_posted();
    ck_assert_int_eq(memory_writable_for(false, end, 1), 0);
    ck_assert_int_eq(memory_writable_for(true, end, 1), WSAEFAULT);
    ck_assert_int_eq(memory_readable_for(true, end, 1), WSAEFAULT);
    ck_assert_int_eq(memory_writable_for(true, pages, PAGES * page_bytes), WSAEFAULT);
    ck_assert_int_eq(memory_writable_for(true, pages, (PAGES - 1) * page_bytes), 0);
    ck_assert_int_eq(memory_writable_for(true, NULL, 0), 0);
    ck_assert_int_eq(memory_writable_for(true, NULL, 1), WSAEFAULT);
    memory_forget();
}
END_TEST

/* What was read may not be writable, also when it is remembered. */
START_TEST(c13_reading_is_remembered_apart)
{
    ck_assert_int_eq(mprotect(pages, page_bytes, PROT_READ), 0);
    memory_begin_posted();
    ck_assert_int_eq(memory_readable_for(true, pages, 10), 0);
    ck_assert_int_eq(memory_writable_for(true, pages, 10), WSAEFAULT);
    ck_assert_int_eq(memory_readable_for(true, pages, 10), 0);
    memory_forget();
}
END_TEST

/* No entry is taken for that of another page: not of any at the start, nor of a neighbour later. */
START_TEST(c13_nothing_is_known_unasked)
{
    memory_begin_posted();
    for (uintptr_t page = 0; page < 4096; page++) {
        void *start = (void *)(page * 4096); /* NOLINT: an address that nobody has */
        ck_assert(!memory_is_known(start, 1, true) && !memory_is_known(start, 1, false));
    }
    for (size_t i = 0; i < 3; i++) {
        uint8_t *page = pages + (2 * i + 1) * page_bytes;
        bool to_self = i != 1;
        ck_assert_int_eq(to_self ? memory_writable_for(true, page, 1)
                                 : memory_readable_for(true, page, 1), 0);
        ck_assert(memory_is_known(page, page_bytes < 4096 ? page_bytes : 4096, false));
        ck_assert(memory_is_known(page, 1, true) == to_self);
        ck_assert(!memory_is_known(page - 1, 1, false) && !memory_is_known(page - 1, 2, false));
        ck_assert(!memory_is_known(page + 4096, 1, false));
        ck_assert(!memory_is_known(page + 4095, 2, false));
    }
    memory_forget();
}
END_TEST

/* A page that is known does not vouch for one before, behind or between. */
START_TEST(c13_every_page_of_a_range_counts)
{
    uint8_t *end = pages + (PAGES - 1) * page_bytes;

    memory_begin_posted();
    ck_assert_int_eq(memory_writable_for(true, end - 10, 10), 0);
    ck_assert_int_eq(memory_writable_for(true, end - 10, 20), WSAEFAULT);
    ck_assert_int_eq(mprotect(pages, page_bytes, PROT_NONE), 0);
    ck_assert_int_eq(memory_writable_for(true, pages + page_bytes, 10), 0);
    ck_assert_int_eq(memory_writable_for(true, pages + page_bytes - 10, 20), WSAEFAULT);
    ck_assert_int_eq(memory_writable_for(true, pages + 3 * page_bytes, 10), 0);
    ck_assert_int_eq(mprotect(pages + 2 * page_bytes, page_bytes, PROT_NONE), 0);
    ck_assert_int_eq(memory_writable_for(true, pages + 2 * page_bytes - 10, page_bytes + 20),
                     WSAEFAULT);
    ck_assert_int_eq(memory_writable_for(true, pages + 4 * page_bytes, 10), 0);
    ck_assert_int_eq(memory_writable_for(true, pages + 4 * page_bytes - 10, 20), 0);
    memory_forget();
}
END_TEST

/* A page that is gone is found out when its time is over; with probing on, at once. */
START_TEST(c13_a_confirmed_page_is_not_trusted_for_long)
{
    int64_t begin_ns = loop_now_ns();

    memory_set_probing(_i != 0);
    ck_assert_int_eq(check_posted(pages, 100), 0);
    ck_assert_int_eq(munmap(pages, page_bytes), 0);
    if (_i != 0) {
        ck_assert_int_eq(check_posted(pages, 100), WSAEFAULT);
    }
    while (check_posted(pages, 100) == 0) {
        ck_assert_int_lt(loop_now_ns() - begin_ns, INT64_C(5000000000));
        usleep(1000);
    }
    memory_forget();
}
END_TEST

/* More pages than the first table has places for, again and again. */
START_TEST(c13_many_pages_are_remembered)
{
    for (unsigned round = 0; round < 20; round++) {
        for (size_t i = 0; i < PAGES - 1; i++) {
            ck_assert_int_eq(check_posted(pages + i * page_bytes, page_bytes), 0);
        }
        ck_assert_int_eq(check_posted(pages + (PAGES - 1) * page_bytes, 1), WSAEFAULT);
    }
    memory_forget();
}
END_TEST

static void add_case(Suite *suite, const char *name, SFun enter)
{
    TCase *tests = tcase_create(name);

    tcase_set_timeout(tests, 10);
    tcase_add_checked_fixture(tests, enter, teardown);
    tcase_add_loop_test(tests, c13_what_is_always_refused, 0, 2);
    tcase_add_loop_test(tests, c13_what_is_accepted, 0, 2);
    tcase_add_test(tests, c13_tags);
    tcase_add_test(tests, c13_a_probe_finds_what_is_not_mapped);
    tcase_add_test(tests, c13_a_probe_tells_reading_from_writing);
    tcase_add_test(tests, c13_a_probe_changes_nothing);
    tcase_add_test(tests, c13_posted_memory_is_always_probed);
    tcase_add_test(tests, c13_reading_is_remembered_apart);
    tcase_add_test(tests, c13_nothing_is_known_unasked);
    tcase_add_test(tests, c13_every_page_of_a_range_counts);
    tcase_add_loop_test(tests, c13_a_confirmed_page_is_not_trusted_for_long, 0, 2);
    tcase_add_test(tests, c13_many_pages_are_remembered);
    suite_add_tcase(suite, tests);
}

Suite *suite_memory(void)
{
    Suite *suite = suite_create("memory");

    add_case(suite, "memory", setup);
    add_case(suite, "memory-sandbox", setup_in_sandbox);
    return suite;
}
