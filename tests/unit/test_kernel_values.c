/*
 * test_kernel_values.c - Interlocked operations, slots of threads, times and the system's facts.
 */
#include <check.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <windows.h>
#include "tests/support/worker.h"
#include "tests/unit/suites.h"

#define THREADS 4
#define ROUNDS 20000

/* --- Interlocked --- */

/* The steps are the same for each width; top is its sign bit. */
#define WIDTH_STEPS(suffix, type, top) \
    do { \
        type value = 5; \
        ck_assert_int_eq(InterlockedIncrement##suffix(&value), 6); \
        ck_assert_int_eq(InterlockedDecrement##suffix(&value), 5); \
        ck_assert_int_eq(InterlockedExchangeAdd##suffix(&value, 3), 5); \
        ck_assert_int_eq(InterlockedAdd##suffix(&value, 2), 10); \
        ck_assert_int_eq(InterlockedExchange##suffix(&value, 12), 10); \
        ck_assert_int_eq(InterlockedAnd##suffix(&value, 10), 12); \
        ck_assert_int_eq(InterlockedOr##suffix(&value, 3), 8); \
        ck_assert_int_eq(InterlockedXor##suffix(&value, 1), 11); \
        ck_assert_int_eq(InterlockedCompareExchange##suffix(&value, 7, 9), 10); \
        ck_assert_int_eq(value, 10); \
        ck_assert_int_eq(InterlockedCompareExchange##suffix(&value, 7, 10), 10); \
        ck_assert_int_eq(value, 7); \
        value = (type)((top) - 1); \
        ck_assert_int_eq(InterlockedIncrement##suffix(&value), (type)(top)); \
        ck_assert_int_lt(value, 0); \
    } while (0)

START_TEST(interlocked_results)
{
    WIDTH_STEPS(, LONG, 0x80000000u);
    WIDTH_STEPS(16, SHORT, 0x8000);
    WIDTH_STEPS(64, LONG64, UINT64_C(1) << 63);
}
END_TEST

START_TEST(interlocked_spellings)
{
    LONG value = 1;
    LONG64 wide = 1;

    ck_assert_int_eq(_InterlockedIncrement(&value), 2);
    ck_assert_int_eq(InterlockedIncrementAcquire(&value), 3);
    ck_assert_int_eq(InterlockedDecrementRelease(&value), 2);
    ck_assert_int_eq(InterlockedCompareExchangeNoFence(&value, 8, 2), 2);
    ck_assert_int_eq(_InterlockedExchangeAdd64(&wide, 4), 1);
    ck_assert_int_eq(InterlockedIncrementAcquire64(&wide), 6);
    WriteRelease(&value, 9);
    ck_assert_int_eq(ReadAcquire(&value), 9);
    WriteNoFence64(&wide, 10);
    ck_assert_int_eq(ReadNoFence64(&wide), 10);
    MemoryBarrier();
}
END_TEST

START_TEST(interlocked_pointers_and_bits)
{
    int a, b;
    PVOID pointer = &a;
    LONG bits[2] = {0, 0};

    ck_assert_ptr_eq(InterlockedExchangePointer(&pointer, &b), &a);
    ck_assert_ptr_eq(InterlockedCompareExchangePointer(&pointer, NULL, &a), &b);
    ck_assert_ptr_eq(pointer, &b);
    ck_assert_ptr_eq(InterlockedCompareExchangePointer(&pointer, NULL, &b), &b);
    ck_assert_ptr_null(ReadPointerAcquire(&pointer));
    ck_assert(!InterlockedBitTestAndSet(bits, 33));
    ck_assert(InterlockedBitTestAndSet(bits, 33));
    ck_assert_int_eq(bits[1], 2);
    ck_assert(InterlockedBitTestAndReset(bits, 33));
    ck_assert_int_eq(bits[0] | bits[1], 0);
}
END_TEST

static LONG sum;
static LONG64 wide_sum;
static SHORT small_sum;

static void add(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        InterlockedIncrement(&sum);
        InterlockedExchangeAdd64(&wide_sum, 3);
        InterlockedXor16(&small_sum, 1);
    }
}

START_TEST(interlocked_threads)
{
    struct worker *workers[THREADS];

    for (int i = 0; i < THREADS; i++) {
        workers[i] = worker_start(add, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        worker_join(workers[i]);
    }
    ck_assert_int_eq(sum, THREADS * ROUNDS);
    ck_assert_int_eq(wide_sum, 3L * THREADS * ROUNDS);
    ck_assert_int_eq(small_sum, 0);
}
END_TEST

/* --- slots --- */

static void slot_is_mine(void *slot)
{
    DWORD index = *(DWORD *)slot;

    ck_assert_ptr_null(TlsGetValue(index));
    ck_assert(TlsSetValue(index, &index));
    ck_assert_ptr_eq(TlsGetValue(index), &index);
}

START_TEST(tls_values_belong_to_threads)
{
    int mine;
    DWORD slot = TlsAlloc();

    ck_assert_uint_ne(slot, TLS_OUT_OF_INDEXES);
    SetLastError(77);
    ck_assert(TlsSetValue(slot, &mine));
    ck_assert_uint_eq(GetLastError(), 77);
    worker_join(worker_start(slot_is_mine, &slot));
    ck_assert_ptr_eq(TlsGetValue(slot), &mine);
    ck_assert_uint_eq(GetLastError(), 0);
    ck_assert(TlsFree(slot));
}
END_TEST

START_TEST(tls_slots_that_are_none)
{
    DWORD slot = TlsAlloc();

    ck_assert(TlsFree(slot));
    ck_assert(!TlsFree(slot));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(0);
    ck_assert(!TlsSetValue(slot, &slot));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(0);
    ck_assert_ptr_null(TlsGetValue(TLS_OUT_OF_INDEXES));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

static DWORD reused_slot;
static LONG stage;

/* Sets a value, waits until the slot is another one, and looks. */
static void outlive_the_slot(void *unused)
{
    (void)unused;
    ck_assert(TlsSetValue(reused_slot, &stage));
    WriteRelease(&stage, 1);
    while (ReadAcquire(&stage) != 2) {
        usleep(100);
    }
    ck_assert_ptr_null(TlsGetValue(reused_slot));
    ck_assert_uint_eq(GetLastError(), 0);
}

START_TEST(tls_a_slot_that_is_used_again_is_empty)
{
    struct worker *worker;

    reused_slot = TlsAlloc();
    ck_assert(TlsSetValue(reused_slot, &stage));
    worker = worker_start(outlive_the_slot, NULL);
    while (ReadAcquire(&stage) != 1) {
        usleep(100);
    }
    ck_assert(TlsFree(reused_slot));
    ck_assert_uint_eq(TlsAlloc(), reused_slot);
    ck_assert_ptr_null(TlsGetValue(reused_slot));
    WriteRelease(&stage, 2);
    worker_join(worker);
    ck_assert(TlsFree(reused_slot));
}
END_TEST

START_TEST(tls_has_slots_enough_and_an_end)
{
    static DWORD slots[4096];
    DWORD count = 0;

    while (count < ARRAYSIZE(slots) && (slots[count] = TlsAlloc()) != TLS_OUT_OF_INDEXES) {
        count++;
    }
    ck_assert_uint_eq(GetLastError(), ERROR_NO_MORE_ITEMS);
    ck_assert_uint_ge(count, TLS_MINIMUM_AVAILABLE);
    ck_assert_uint_le(count, 1088);
    ck_assert(TlsSetValue(slots[count - 1], slots));
    ck_assert_ptr_eq(TlsGetValue(slots[count - 1]), slots);
    while (count > 0) {
        ck_assert(TlsFree(slots[--count]));
    }
    ck_assert_uint_eq(TlsAlloc(), slots[0]);
}
END_TEST

/* --- time --- */

static ULONGLONG ticks(FILETIME time)
{
    return (ULONGLONG)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

START_TEST(time_of_day)
{
    ULONGLONG unix_s = 11644473600;
    FILETIME coarse, precise, back;
    SYSTEMTIME utc;
    time_t before = time(NULL);

    GetSystemTimeAsFileTime(&coarse);
    GetSystemTimePreciseAsFileTime(&precise);
    GetSystemTime(&utc);
    time_t after = time(NULL);
    ck_assert_uint_ge(ticks(coarse) / 10000000, (ULONGLONG)before + unix_s);
    ck_assert_uint_ge(ticks(precise), ticks(coarse));
    ck_assert(SystemTimeToFileTime(&utc, &back));
    ck_assert_uint_ge(ticks(back) + 10000, ticks(precise));
    ck_assert_uint_le(ticks(back) / 10000000, (ULONGLONG)after + 1 + unix_s);
}
END_TEST

static const struct {
    ULONGLONG ticks;
    SYSTEMTIME time; /* year, month, day of week, day, hour, minute, second, ms */
} times[] = {
    {0, {1601, 1, 1, 1, 0, 0, 0, 0}},
    {116444736000000000, {1970, 1, 4, 1, 0, 0, 0, 0}},
    {125963424000000000, {2000, 3, 3, 1, 0, 0, 0, 0}},
    {125963423999990000, {2000, 2, 2, 29, 23, 59, 59, 999}},
    {133801631999990000, {2024, 12, 2, 31, 23, 59, 59, 999}},
    {157520160000000000, {2100, 3, 1, 1, 0, 0, 0, 0}},
    {157520159999990000, {2100, 2, 0, 28, 23, 59, 59, 999}},
    {9223149887999990000, {30827, 12, 5, 31, 23, 59, 59, 999}},
};

START_TEST(time_forms)
{
    SYSTEMTIME time;
    FILETIME file = {(DWORD)times[_i].ticks, (DWORD)(times[_i].ticks >> 32)};

    SetLastError(77);
    ck_assert(FileTimeToSystemTime(&file, &time));
    ck_assert_mem_eq(&time, &times[_i].time, sizeof(time));
    time.wDayOfWeek = 99;
    file.dwLowDateTime = 1;
    ck_assert(SystemTimeToFileTime(&time, &file));
    ck_assert_uint_eq(ticks(file), times[_i].ticks);
    ck_assert_uint_eq(GetLastError(), 77);
}
END_TEST

/* Each day of eight centuries against the C library's calendar. */
START_TEST(time_every_day)
{
    for (ULONGLONG day = 0; day < 800 * 366; day++) {
        FILETIME file = {(DWORD)(day * 864000000000), (DWORD)((day * 864000000000) >> 32)};
        time_t seconds = ((time_t)day - 134774) * 86400;
        SYSTEMTIME time;
        struct tm tm;

        ck_assert_ptr_nonnull(gmtime_r(&seconds, &tm));
        if (!FileTimeToSystemTime(&file, &time) || time.wYear != tm.tm_year + 1900 ||
            time.wMonth != tm.tm_mon + 1 || time.wDay != tm.tm_mday ||
            time.wDayOfWeek != tm.tm_wday || !SystemTimeToFileTime(&time, &file) ||
            ticks(file) != day * 864000000000) {
            ck_abort_msg("day %lu", (unsigned long)day);
        }
    }
}
END_TEST

static const SYSTEMTIME no_times[] = {
    {1600, 12, 0, 31, 0, 0, 0, 0},   {30828, 1, 0, 1, 0, 0, 0, 0},
    {2023, 0, 0, 1, 0, 0, 0, 0},     {2023, 13, 0, 1, 0, 0, 0, 0},
    {2023, 1, 0, 0, 0, 0, 0, 0},     {2023, 2, 0, 29, 0, 0, 0, 0},
    {2100, 2, 0, 29, 0, 0, 0, 0},    {2023, 1, 0, 1, 24, 0, 0, 0},
    {2023, 1, 0, 1, 0, 60, 0, 0},    {2023, 1, 0, 1, 0, 0, 60, 0},
    {2023, 1, 0, 1, 0, 0, 0, 1000},
};

START_TEST(time_that_is_none)
{
    FILETIME file = {1, 0x80000000};
    SYSTEMTIME time;

    ck_assert(!SystemTimeToFileTime(&no_times[_i], &file));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    SetLastError(0);
    ck_assert(!FileTimeToSystemTime(&file, &time));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(time_of_the_zone)
{
    FILETIME utc_ticks, local_ticks;
    SYSTEMTIME utc, local;

    setenv("TZ", "XYZ-5:30", 1);
    tzset();
    GetSystemTime(&utc);
    GetLocalTime(&local);
    ck_assert(SystemTimeToFileTime(&utc, &utc_ticks));
    ck_assert(SystemTimeToFileTime(&local, &local_ticks));
    ck_assert_uint_ge(ticks(local_ticks) - ticks(utc_ticks), 330 * 600000000ull);
    ck_assert_uint_lt(ticks(local_ticks) - ticks(utc_ticks), 331 * 600000000ull);
}
END_TEST

START_TEST(tick_count_counts_milliseconds)
{
    struct timespec now;
    ULONGLONG before = GetTickCount64();

    clock_gettime(CLOCK_BOOTTIME, &now);
    DWORD after = GetTickCount();
    ULONGLONG now_ms = (ULONGLONG)now.tv_sec * 1000 + (ULONGLONG)now.tv_nsec / 1000000;
    ck_assert_uint_le(before, now_ms);
    ck_assert_uint_le(now_ms - before, 20000);
    ck_assert_uint_le(after - (DWORD)now_ms, 20000);
}
END_TEST

START_TEST(system_facts)
{
    SYSTEM_INFO info, native;

    GetSystemInfo(&info);
    GetNativeSystemInfo(&native);
    ck_assert_mem_eq(&info, &native, sizeof(info));
    ck_assert_uint_eq(info.dwPageSize, (DWORD)sysconf(_SC_PAGESIZE));
    ck_assert_uint_eq(info.dwNumberOfProcessors, (DWORD)sysconf(_SC_NPROCESSORS_ONLN));
    ck_assert_uint_eq(info.dwActiveProcessorMask & 1, 1);
    ck_assert_uint_eq(info.dwAllocationGranularity, 65536);
    ck_assert((char *)&info < (char *)info.lpMaximumApplicationAddress);
}
END_TEST

Suite *suite_kernel_values(void)
{
    Suite *suite = suite_create("kernel_values");
    TCase *tests = tcase_create("kernel_values");

    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, interlocked_results);
    tcase_add_test(tests, interlocked_spellings);
    tcase_add_test(tests, interlocked_pointers_and_bits);
    tcase_add_test(tests, interlocked_threads);
    tcase_add_test(tests, tls_values_belong_to_threads);
    tcase_add_test(tests, tls_slots_that_are_none);
    tcase_add_test(tests, tls_a_slot_that_is_used_again_is_empty);
    tcase_add_test(tests, tls_has_slots_enough_and_an_end);
    tcase_add_test(tests, time_of_day);
    tcase_add_loop_test(tests, time_forms, 0, ARRAYSIZE(times));
    tcase_add_test(tests, time_every_day);
    tcase_add_loop_test(tests, time_that_is_none, 0, ARRAYSIZE(no_times));
    tcase_add_test(tests, time_of_the_zone);
    tcase_add_test(tests, tick_count_counts_milliseconds);
    tcase_add_test(tests, system_facts);
    suite_add_tcase(suite, tests);
    return suite;
}
