/*
 * test_kernel_text.c - MultiByteToWideChar and WideCharToMultiByte, and winmm's clock.
 */
#include <check.h>
#include <string.h>

#include <windows.h>

#include "tests/unit/suites.h"

/* "é", "€", and a letter beyond 16 bits. */
static const char bytes[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
static const WCHAR wide[] = u"a\u00e9\u20ac\U0001f600";

static const UINT pages[] = {CP_ACP, CP_OEMCP, CP_THREAD_ACP, CP_UTF8};

START_TEST(text_goes_there_and_back)
{
    WCHAR to[16];
    char back[32];

    ck_assert_int_eq(MultiByteToWideChar(pages[_i], 0, bytes, -1, NULL, 0), 6);
    ck_assert_int_eq(MultiByteToWideChar(pages[_i], 0, bytes, -1, to, 16), 6);
    ck_assert_mem_eq(to, wide, sizeof(wide));
    ck_assert_int_eq(WideCharToMultiByte(pages[_i], 0, wide, -1, NULL, 0, NULL, NULL),
                     sizeof(bytes));
    ck_assert_int_eq(WideCharToMultiByte(pages[_i], 0, wide, -1, back, sizeof(bytes), NULL, NULL),
                     sizeof(bytes));
    ck_assert_str_eq(back, bytes);
}
END_TEST

/* A stated length takes zeros as text, and adds none. */
START_TEST(text_of_a_stated_length)
{
    WCHAR to[4] = {9, 9, 9, 9};
    char back[4] = {9, 9, 9, 9};

    ck_assert_int_eq(MultiByteToWideChar(CP_ACP, 0, "a\0b", 3, to, 4), 3);
    ck_assert(to[0] == 'a' && to[1] == 0 && to[2] == 'b' && to[3] == 9);
    ck_assert_int_eq(WideCharToMultiByte(CP_ACP, 0, to, 3, back, 4, NULL, NULL), 3);
    ck_assert_mem_eq(back, "a\0b\x09", 4);
}
END_TEST

static void refused(int result, DWORD error)
{
    ck_assert_int_eq(result, 0);
    ck_assert_uint_eq(GetLastError(), error);
    SetLastError(0);
}

START_TEST(text_that_is_refused)
{
    WCHAR to[4];
    char back[4];
    BOOL used;

    refused(MultiByteToWideChar(CP_ACP, 0, "abcd", -1, to, 4), ERROR_INSUFFICIENT_BUFFER);
    refused(MultiByteToWideChar(1252, 0, "a", -1, to, 4), ERROR_INVALID_PARAMETER);
    refused(MultiByteToWideChar(CP_ACP, 0, "a", 0, to, 4), ERROR_INVALID_PARAMETER);
    refused(MultiByteToWideChar(CP_ACP, 0, "a", 1, NULL, 4), ERROR_INVALID_PARAMETER);
    refused(MultiByteToWideChar(CP_ACP, 0x1000, "a", 1, to, 4), ERROR_INVALID_FLAGS);
    refused(WideCharToMultiByte(CP_ACP, 0, u"\u20ac", -1, back, 3, NULL, NULL),
            ERROR_INSUFFICIENT_BUFFER);
    refused(WideCharToMultiByte(CP_UTF8, 0, u"a", -1, back, 4, NULL, &used),
            ERROR_INVALID_PARAMETER);
    refused(WideCharToMultiByte(CP_ACP, 0, NULL, -1, back, 4, NULL, NULL),
            ERROR_INVALID_PARAMETER);
}
END_TEST

START_TEST(text_that_is_wrong)
{
    static const WCHAR alone[] = {0xd800, 'a'};
    WCHAR to[4];
    char back[8];
    BOOL used = FALSE;

    ck_assert_int_eq(MultiByteToWideChar(CP_UTF8, 0, "\xe2\x82", 2, to, 4), 1);
    ck_assert_uint_eq(to[0], 0xfffd);
    refused(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xe2\x82", 2, to, 4),
            ERROR_NO_UNICODE_TRANSLATION);
    ck_assert_int_eq(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xef\xbf\xbd", 3, to, 4),
                     1);
    ck_assert_int_eq(WideCharToMultiByte(CP_ACP, 0, alone, 2, back, 8, "?", &used), 4);
    ck_assert(used);
    refused(WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, alone, 2, back, 8, NULL, NULL),
            ERROR_NO_UNICODE_TRANSLATION);
    ck_assert_int_eq(WideCharToMultiByte(CP_UTF8, 0, alone, 1, back, 8, NULL, NULL), 3);
}
END_TEST

START_TEST(strings_of_both_kinds)
{
    char to[8];
    WCHAR wide_to[8];

    ck_assert_int_eq(lstrlenA(NULL), 0);
    ck_assert_int_eq(lstrlenW(u"abc"), 3);
    ck_assert_str_eq(lstrcatA(lstrcpyA(to, "ab"), "cd"), "abcd");
    ck_assert_mem_eq(lstrcatW(lstrcpyW(wide_to, u"ab"), u"cd"), u"abcd", 10);
    ck_assert_str_eq(lstrcpynA(to, "abcdef", 4), "abc");
    ck_assert_mem_eq(lstrcpynW(wide_to, u"abcdef", 4), u"abc", 8);
    to[0] = 'x';
    ck_assert(lstrcpynA(to, "abc", 0) == to && to[0] == 'x');
    ck_assert(lstrcmpA("a", "b") < 0 && lstrcmpA("b", "a") > 0 && lstrcmpA("a", "A") != 0);
    ck_assert(lstrcmpA("\xc3", "a") > 0 && lstrcmpA("a", "ab") < 0);
    ck_assert_int_eq(lstrcmpiA("Ab[", "aB["), 0);
    ck_assert(lstrcmpiW(u"AB", u"ab") == 0 && lstrcmpW(u"AB", u"ab") != 0);
}
END_TEST

START_TEST(multimedia_clock)
{
    TIMECAPS caps;
    DWORD before = GetTickCount();

    ck_assert_uint_lt(timeGetTime() - before, 10000);
    ck_assert_uint_eq(timeBeginPeriod(1), TIMERR_NOERROR);
    ck_assert_uint_eq(timeEndPeriod(1), TIMERR_NOERROR);
    ck_assert_uint_eq(timeBeginPeriod(0), TIMERR_NOCANDO);
    ck_assert_uint_eq(timeEndPeriod(2000000), TIMERR_NOCANDO);
    ck_assert_uint_eq(timeGetDevCaps(&caps, sizeof(caps)), TIMERR_NOERROR);
    ck_assert(caps.wPeriodMin == 1 && caps.wPeriodMax == 1000000);
    ck_assert_uint_eq(timeGetDevCaps(&caps, 4), TIMERR_NOCANDO);
    ck_assert_uint_eq(timeGetDevCaps(NULL, sizeof(caps)), TIMERR_NOCANDO);
}
END_TEST

Suite *suite_kernel_text(void)
{
    Suite *suite = suite_create("kernel_text");
    TCase *tests = tcase_create("kernel_text");

    tcase_add_loop_test(tests, text_goes_there_and_back, 0, ARRAYSIZE(pages));
    tcase_add_test(tests, text_of_a_stated_length);
    tcase_add_test(tests, text_that_is_refused);
    tcase_add_test(tests, text_that_is_wrong);
    tcase_add_test(tests, strings_of_both_kinds);
    tcase_add_test(tests, multimedia_clock);
    suite_add_tcase(suite, tests);
    return suite;
}
