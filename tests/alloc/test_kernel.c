/*
 * test_kernel.c - the part of kernel32 that allocates, without memory: it says so, and what was
 * there before stays.
 */
#include <string.h>

#include <windows.h>
#include "tests/alloc/alloc.h"

static void out_of_memory(const void *result)
{
    alloc_disarm();
    ck_assert_ptr_null(result);
    ck_assert_uint_eq(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    SetLastError(0);
    alloc_arm(1, true);
}

START_TEST(heaps_without_memory)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    char *block = HeapAlloc(heap, HEAP_ZERO_MEMORY, 10);

    strcpy(block, "stays");
    alloc_arm(1, true);
    out_of_memory(HeapCreate(0, 0, 0));
    out_of_memory(HeapAlloc(heap, 0, 10));
    out_of_memory(HeapAlloc(heap, HEAP_ZERO_MEMORY, 10));
    out_of_memory(HeapReAlloc(heap, 0, block, 1000));
    out_of_memory(LocalAlloc(LPTR, 10));
    alloc_disarm();
    ck_assert_str_eq(block, "stays");
    ck_assert_uint_eq(HeapSize(heap, 0, block), 10);
    ck_assert(HeapFree(heap, 0, block));
    ck_assert(HeapDestroy(heap));
    ck_assert_int_eq(alloc_live(), 0);
}
END_TEST

START_TEST(messages_without_memory)
{
    char room[100], *text = room;
    DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER;

    alloc_arm(1, true);
    ck_assert_uint_eq(FormatMessageA(flags, NULL, 5, 0, (LPSTR)&text, 0, NULL), 0);
    out_of_memory(text);
    ck_assert_uint_gt(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 5, 0, room, 100, NULL), 0);
    alloc_disarm();
}
END_TEST

static DWORD WINAPI end_at_once(LPVOID unused)
{
    (void)unused;
    return 0;
}

static void CALLBACK count(ULONG_PTR counter)
{
    ++*(unsigned *)counter;
}

START_TEST(threads_without_memory)
{
    HANDLE copy = NULL, self = GetCurrentProcess();
    HANDLE thread = CreateThread(NULL, 0, end_at_once, NULL, CREATE_SUSPENDED, NULL);
    unsigned counter = 0;
    DWORD begun;

    ck_assert_ptr_nonnull(thread);
    alloc_arm(1, true);
    out_of_memory(CreateThread(NULL, 0, end_at_once, NULL, 0, NULL));
    ck_assert_uint_eq(QueueUserAPC(count, thread, (ULONG_PTR)&counter), 0);
    out_of_memory(NULL);
    ck_assert_uint_eq(QueueUserAPC(count, GetCurrentThread(), (ULONG_PTR)&counter), 0);
    out_of_memory(NULL);
    ck_assert(!DuplicateHandle(self, GetCurrentThread(), self, &copy, 0, FALSE, 0));
    out_of_memory(copy);
    begun = ResumeThread(thread);
    alloc_disarm();
    ck_assert_uint_eq(begun, 1);
    ck_assert_uint_eq(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    ck_assert(CloseHandle(thread));
    ck_assert_uint_eq(counter, 0);
}
END_TEST

Suite *suite_alloc_kernel(void)
{
    Suite *suite = suite_create("alloc_kernel");
    TCase *tests = tcase_create("alloc_kernel");

    tcase_add_test(tests, heaps_without_memory);
    tcase_add_test(tests, messages_without_memory);
    tcase_add_test(tests, threads_without_memory);
    suite_add_tcase(suite, tests);
    return suite;
}
