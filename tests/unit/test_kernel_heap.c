/*
 * test_kernel_heap.c - heaps, LocalAlloc and GlobalAlloc.
 */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include <windows.h>
#include "tests/unit/suites.h"

static HANDLE heap;

static void setup(void)
{
    heap = HeapCreate(0, 0, 0);
    ck_assert_ptr_nonnull(heap);
}

static void teardown(void)
{
    ck_assert(HeapDestroy(heap));
}

/* The process heap, or one of our own. */
static HANDLE heap_of(int which)
{
    return which == 0 ? GetProcessHeap() : heap;
}

static int is_zero(const unsigned char *bytes, size_t count)
{
    while (count > 0 && bytes[count - 1] == 0) {
        count--;
    }
    return count == 0;
}

START_TEST(heap_blocks)
{
    SetLastError(77);
    for (SIZE_T size = 0; size < 100; size += 33) {
        char *block = HeapAlloc(heap_of(_i), HEAP_ZERO_MEMORY, size);

        ck_assert_ptr_nonnull(block);
        ck_assert_uint_eq((uintptr_t)block % 16, 0);
        ck_assert_uint_eq(HeapSize(heap_of(_i), 0, block), size);
        ck_assert(is_zero((unsigned char *)block, size));
        memset(block, 1, size);
        ck_assert(HeapFree(heap_of(_i), 0, block));
    }
    ck_assert(HeapFree(heap_of(_i), 0, NULL));
    ck_assert_uint_eq(GetLastError(), 77);
}
END_TEST

START_TEST(heap_resize)
{
    unsigned char *block = HeapAlloc(heap_of(_i), 0, 10);
    void *other = HeapAlloc(heap_of(_i), 0, 10);

    memset(block, 9, 10);
    block = HeapReAlloc(heap_of(_i), HEAP_ZERO_MEMORY, block, 5000);
    ck_assert_ptr_nonnull(block);
    ck_assert_uint_eq(block[9], 9);
    ck_assert(is_zero(block + 10, 4990));
    ck_assert_uint_eq(HeapSize(heap_of(_i), 0, block), 5000);
    ck_assert_ptr_null(HeapReAlloc(heap_of(_i), HEAP_REALLOC_IN_PLACE_ONLY, block, 90000));
    ck_assert_ptr_null(HeapReAlloc(heap_of(_i), 0, block, SIZE_MAX));
    ck_assert_uint_eq(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    ck_assert_uint_eq(HeapSize(heap_of(_i), 0, block), 5000);
    ck_assert_ptr_null(HeapReAlloc(heap_of(_i), 0, NULL, 5));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    ck_assert(HeapFree(heap_of(_i), 0, other));
    ck_assert(HeapFree(heap_of(_i), 0, block));
}
END_TEST

/* The leak checker of the asan flavour sees what is left. */
START_TEST(heap_destroy_frees_its_blocks)
{
    HANDLE mine = HeapCreate(HEAP_NO_SERIALIZE, 10, 0);
    void *blocks[5];

    for (int i = 0; i < 5; i++) {
        blocks[i] = HeapAlloc(mine, 0, 1000);
    }
    ck_assert(HeapFree(mine, 0, blocks[0]));
    ck_assert(HeapFree(mine, 0, blocks[3]));
    blocks[1] = HeapReAlloc(mine, 0, blocks[1], 100000);
    ck_assert_ptr_nonnull(blocks[1]);
    ck_assert(HeapDestroy(mine));
    memset(blocks, 0, sizeof(blocks));
}
END_TEST

START_TEST(heap_that_is_wrong)
{
    void *block = HeapAlloc(heap, 0, 10);

    ck_assert(!HeapFree(GetProcessHeap(), 0, block));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    ck_assert_uint_eq(HeapSize(GetProcessHeap(), 0, block), (SIZE_T)-1);
    ck_assert(HeapFree(heap, 0, block));
    ck_assert(!HeapDestroy(GetProcessHeap()));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
    ck_assert_ptr_null(HeapAlloc(NULL, 0, 1));
    ck_assert_ptr_null(HeapAlloc(heap, 0, SIZE_MAX - 8));
    ck_assert_uint_eq(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    ck_assert_ptr_null(HeapCreate(0, 10, 9));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(heap_has_its_maximum)
{
    HANDLE small = HeapCreate(0, 0, 1000);
    void *block = HeapAlloc(small, 0, 600);

    ck_assert_ptr_nonnull(block);
    ck_assert_ptr_null(HeapAlloc(small, 0, 401));
    ck_assert_uint_eq(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    ck_assert_ptr_null(HeapReAlloc(small, 0, block, 1001));
    block = HeapReAlloc(small, 0, block, 100);
    ck_assert_ptr_nonnull(block);
    ck_assert_ptr_nonnull(HeapAlloc(small, 0, 900));
    ck_assert_ptr_null(HeapAlloc(small, 0, 1));
    ck_assert(HeapFree(small, 0, block));
    ck_assert_ptr_nonnull(HeapAlloc(small, 0, 100));
    ck_assert(HeapDestroy(small));
}
END_TEST

START_TEST(local_and_global_memory)
{
    unsigned char *local = LocalAlloc(LPTR, 100);
    unsigned char *global = GlobalAlloc(GPTR, 100);

    ck_assert(is_zero(local, 100));
    ck_assert(is_zero(global, 100));
    ck_assert_uint_eq(HeapSize(GetProcessHeap(), 0, local), 100);
    ck_assert_ptr_null(LocalFree(local));
    ck_assert_ptr_null(GlobalFree(global));
    ck_assert_ptr_null(LocalFree(NULL));
    ck_assert_ptr_null(LocalAlloc(LMEM_MOVEABLE, 1));
    ck_assert_uint_eq(GetLastError(), ERROR_NOT_SUPPORTED);
    local = HeapAlloc(heap, 0, 1);
    ck_assert_ptr_eq(LocalFree(local), local);
    ck_assert(HeapFree(heap, 0, local));
}
END_TEST

Suite *suite_kernel_heap(void)
{
    Suite *suite = suite_create("kernel_heap");
    TCase *tests = tcase_create("kernel_heap");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, heap_blocks, 0, 2);
    tcase_add_loop_test(tests, heap_resize, 0, 2);
    tcase_add_test(tests, heap_destroy_frees_its_blocks);
    tcase_add_test(tests, heap_that_is_wrong);
    tcase_add_test(tests, heap_has_its_maximum);
    tcase_add_test(tests, local_and_global_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
