/*
 * test_kernel_names.c - libraries and functions by name, and error codes in words.
 */
#include <check.h>
#include <string.h>

#include <iphlpapi.h>
#include <mmsystem.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <ntstatus.h>
#include <process.h>
#include <winlwip/wsock32.h>
#include <ws2tcpip.h>
#include "tests/unit/suites.h"

/* --- modules --- */

static const char *const modules[] = {"ws2_32",     "wsock32",  "mswsock", "kernel32",
                                      "kernelbase", "iphlpapi", "msvcrt",  "ucrtbase",
                                      "winmm"};

START_TEST(modules_have_handles_of_their_own)
{
    HMODULE handles[ARRAYSIZE(modules)];

    SetLastError(77);
    for (size_t i = 0; i < ARRAYSIZE(modules); i++) {
        handles[i] = GetModuleHandleA(modules[i]);
        ck_assert_ptr_nonnull(handles[i]);
        ck_assert_ptr_ne(handles[i], GetModuleHandleA(NULL));
        for (size_t k = 0; k < i; k++) {
            ck_assert_ptr_ne(handles[i], handles[k]);
        }
        ck_assert_ptr_eq(LoadLibraryA(modules[i]), handles[i]);
        ck_assert(FreeLibrary(handles[i]));
        ck_assert_ptr_eq(GetModuleHandleA(modules[i]), handles[i]);
    }
    ck_assert_uint_eq(GetLastError(), 77);
}
END_TEST

static const char *const spellings[] = {"ws2_32.dll", "WS2_32.DLL", "Ws2_32",
                                        "C:\\Windows\\System32\\ws2_32.dll", "lib/ws2_32"};

START_TEST(modules_by_any_spelling)
{
    HMODULE ws2_32 = GetModuleHandleW(u"ws2_32");
    HMODULE found;

    ck_assert_ptr_nonnull(ws2_32);
    ck_assert_ptr_eq(GetModuleHandleA(spellings[_i]), ws2_32);
    ck_assert_ptr_eq(LoadLibraryExA(spellings[_i], NULL, LOAD_LIBRARY_SEARCH_SYSTEM32), ws2_32);
    ck_assert(GetModuleHandleExA(0, spellings[_i], &found));
    ck_assert_ptr_eq(found, ws2_32);
}
END_TEST

START_TEST(modules_by_wide_names)
{
    HMODULE kernel32 = GetModuleHandleA("kernel32");
    HMODULE found = NULL;

    ck_assert_ptr_eq(GetModuleHandleW(u"KERNEL32.dll"), kernel32);
    ck_assert_ptr_eq(LoadLibraryW(u"kernel32"), kernel32);
    ck_assert_ptr_eq(LoadLibraryExW(u"c:\\kernel32", NULL, 0), kernel32);
    ck_assert(GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN, u"kernel32", &found));
    ck_assert_ptr_eq(found, kernel32);
    ck_assert_ptr_eq(GetModuleHandleW(NULL), GetModuleHandleA(NULL));
}
END_TEST

static const char *const strangers[] = {"",           "qwave.dll",  "ws2_3",  "ws2_32.exe",
                                        "ws2_32.dll.dll", "ws2_32\\", "xws2_32"};

static void not_found(HMODULE module)
{
    ck_assert_ptr_null(module);
    ck_assert_uint_eq(GetLastError(), ERROR_MOD_NOT_FOUND);
    SetLastError(0);
}

START_TEST(modules_that_are_not_there)
{
    static WCHAR too_long[1000];
    HMODULE found;

    not_found(LoadLibraryA(strangers[_i]));
    not_found(GetModuleHandleA(strangers[_i]));
    ck_assert(!GetModuleHandleExA(0, strangers[_i], &found));
    not_found(found);
    for (size_t i = 0; i + 1 < ARRAYSIZE(too_long); i++) {
        too_long[i] = 'x';
    }
    not_found(LoadLibraryW(too_long));
}
END_TEST

static void refused(BOOL result, DWORD error)
{
    ck_assert(!result);
    ck_assert_uint_eq(GetLastError(), error);
    SetLastError(0);
}

START_TEST(modules_with_wrong_arguments)
{
    HMODULE found;
    int local;

    refused(LoadLibraryA(NULL) != NULL, ERROR_INVALID_PARAMETER);
    refused(LoadLibraryExW(u"ws2_32", &local, 0) != NULL, ERROR_INVALID_PARAMETER);
    refused(GetModuleHandleExA(3, "ws2_32", &found), ERROR_INVALID_PARAMETER);
    refused(GetModuleHandleExA(8, "ws2_32", &found), ERROR_INVALID_PARAMETER);
    refused(GetModuleHandleExA(0, "ws2_32", NULL), ERROR_INVALID_PARAMETER);
    refused(FreeLibrary(NULL), ERROR_INVALID_HANDLE);
    refused(FreeLibrary((HMODULE)(PVOID)&local), ERROR_MOD_NOT_FOUND);
    refused(GetProcAddress((HMODULE)(PVOID)&local, "socket") != NULL, ERROR_MOD_NOT_FOUND);
    ck_assert(GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCSTR)&local, &found));
    ck_assert_ptr_eq(found, GetModuleHandleA(NULL));
}
END_TEST

/* --- functions --- */

static FARPROC function_of(const char *module, const char *name)
{
    SetLastError(0);
    return GetProcAddress(GetModuleHandleA(module), name);
}

START_TEST(functions_by_module)
{
    static const struct {
        const char *name;
        unsigned modules; /* bit i: modules[i] has it */
    } table[] = {
        {"socket", 3},        {"__WSAFDIsSet", 3}, {"WSAPoll", 1},     {"inet_ntop", 1},
        {"GetLastError", 24}, {"TlsAlloc", 24},    {"if_nametoindex", 32},
        {"WSARecvMsg", 0},    {"Socket", 0},       {"socke", 0},
    };

    for (size_t i = 0; i < ARRAYSIZE(table); i++) {
        for (size_t k = 0; k < ARRAYSIZE(modules); k++) {
            if ((table[i].modules & 1u << k) != 0) {
                ck_assert_ptr_nonnull(function_of(modules[k], table[i].name));
            } else {
                ck_assert_ptr_null(function_of(modules[k], table[i].name));
                ck_assert_uint_eq(GetLastError(), ERROR_PROC_NOT_FOUND);
            }
        }
    }
    ck_assert_ptr_null(function_of("ws2_32", (LPCSTR)(ULONG_PTR)23)); /* an ordinal */
    ck_assert_uint_eq(GetLastError(), ERROR_PROC_NOT_FOUND);
    ck_assert_ptr_null(GetProcAddress(NULL, "socket"));
    ck_assert_uint_eq(GetLastError(), ERROR_PROC_NOT_FOUND);
}
END_TEST

typedef void (*any_function)(void);

static const struct {
    const char *name;
    any_function function;
} declared[] = {
#define FUNCTION(name) {#name, (any_function)(name)},
#include "tests/unit/headers/functions.def"
#undef FUNCTION
};

/* The two functions that winsock.h has otherwise than winsock2.h. */
static BOOL is_of_wsock32(any_function function)
{
    return function == (any_function)winlwip_setsockopt11 ||
           function == (any_function)winlwip_getsockopt11;
}

START_TEST(wsock32_has_its_own_option_functions)
{
    ck_assert(is_of_wsock32((any_function)function_of("wsock32", "setsockopt")));
    ck_assert(is_of_wsock32((any_function)function_of("wsock32", "getsockopt")));
    ck_assert(!is_of_wsock32((any_function)function_of("ws2_32", "setsockopt")));
}
END_TEST

/* Every function that the headers declare has its name, and the name leads to it. */
START_TEST(functions_are_all_there)
{
    for (size_t i = 0; i < ARRAYSIZE(declared); i++) {
        unsigned found = 0;

        for (size_t k = 0; k < ARRAYSIZE(modules); k++) {
            FARPROC function = function_of(modules[k], declared[i].name);

            if (function != NULL && !is_of_wsock32((any_function)function)) {
                ck_assert_msg((any_function)function == declared[i].function, "%s",
                              declared[i].name);
                found++;
            }
        }
        ck_assert_msg(found > 0, "winsock/exports.def lacks %s", declared[i].name);
    }
}
END_TEST

/* The other way round: nothing is told that the headers do not declare. */
START_TEST(functions_are_all_declared)
{
    static const char *const exported[] = {
#define WSOCK32(name, function)
#define WINSOCK1(name) #name,
#define WINSOCK2(name) #name,
#define KERNEL(name) #name,
#define INTERFACES(name) #name,
#define RUNTIME(name) #name,
#define MULTIMEDIA(name) #name,
#include "winsock/exports.def"
    };

    for (size_t i = 0; i < ARRAYSIZE(exported); i++) {
        size_t times = 0;

        for (size_t k = 0; k < ARRAYSIZE(declared); k++) {
            times += strcmp(exported[i], declared[k].name) == 0;
        }
        ck_assert_msg(times == 1, "%s is %zu times in functions.def", exported[i], times);
    }
}
END_TEST

/* --- messages --- */

#define SYSTEM (FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS)

static const struct {
    const char *name;
    long long code;
} codes[] = {
#define SIZE(type, bytes)
#define ALIGN(type, bytes)
#define OFFSET(type, member, bytes)
#define WIDTH(type, member, bytes)
#define STATUS(name, value)
#define VALUE(expression, value) {#expression, value},
#include "winsock/layout_errors.def"
#undef SIZE
#undef ALIGN
#undef OFFSET
#undef WIDTH
#undef STATUS
#undef VALUE
};

START_TEST(messages_of_all_codes)
{
    char text[200];

    for (size_t i = 0; i < ARRAYSIZE(codes); i++) {
        if (codes[i].code == WSABASEERR) {
            continue; /* where the codes begin: no error */
        }
        DWORD length = FormatMessageA(SYSTEM, NULL, (DWORD)codes[i].code, 0, text, sizeof(text),
                                      NULL);

        ck_assert_msg(length > 5, "no text for %s", codes[i].name);
        ck_assert_uint_eq(length, strlen(text));
        ck_assert_str_eq(text + length - 3, ".\r\n");
        ck_assert_ptr_null(strchr(text, '%'));
    }
}
END_TEST

START_TEST(messages_of_both_widths)
{
    char narrow[200];
    WCHAR wide[200];
    DWORD language = MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT);
    DWORD length = FormatMessageA(SYSTEM, NULL, WSAECONNRESET, language, narrow, 200, NULL);

    SetLastError(77);
    ck_assert_uint_eq(FormatMessageW(SYSTEM, NULL, WSAECONNRESET, language, wide, 200, NULL),
                      length);
    for (DWORD i = 0; i <= length; i++) {
        ck_assert_uint_eq(wide[i], (unsigned char)narrow[i]);
    }
    ck_assert_uint_eq(FormatMessageA(SYSTEM | FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL, WSAECONNRESET,
                                     language, narrow, 200, NULL),
                      length - 1);
    ck_assert_str_eq(narrow + length - 3, ". ");
    ck_assert_uint_eq(GetLastError(), 77);
}
END_TEST

START_TEST(messages_and_room)
{
    char text[200];
    DWORD length = FormatMessageA(SYSTEM, NULL, WSAEINTR, 0, text, sizeof(text), NULL);

    ck_assert_uint_eq(FormatMessageA(SYSTEM, NULL, WSAEINTR, 0, text, length + 1, NULL), length);
    memset(text, 'x', sizeof(text));
    for (DWORD room = 0; room <= length; room += length) {
        SetLastError(0);
        ck_assert_uint_eq(FormatMessageA(SYSTEM, NULL, WSAEINTR, 0, text, room, NULL), 0);
        ck_assert_uint_eq(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
        ck_assert_int_eq(text[0], 'x');
    }
}
END_TEST

START_TEST(messages_in_new_memory)
{
    char *narrow = NULL;
    WCHAR *wide = NULL;
    DWORD length = FormatMessageA(SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, WSAEINTR, 0,
                                  (LPSTR)&narrow, 0, NULL);

    ck_assert_uint_eq(length, strlen(narrow));
    ck_assert_uint_eq(FormatMessageW(SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, WSAEINTR, 0,
                                     (LPWSTR)&wide, 500, NULL),
                      length);
    ck_assert_uint_eq(wide[length], 0);
    ck_assert_uint_eq(HeapSize(GetProcessHeap(), 0, wide), 1000);
    ck_assert_ptr_null(LocalFree(narrow));
    ck_assert_ptr_null(LocalFree(wide));
    narrow = (char *)&wide;
    ck_assert_uint_eq(FormatMessageA(SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, 99999, 0,
                                     (LPSTR)&narrow, 0, NULL),
                      0);
    ck_assert_ptr_null(narrow);
}
END_TEST

START_TEST(messages_that_are_refused)
{
    static const struct {
        DWORD flags, id, error;
    } table[] = {
        {SYSTEM, 99999, ERROR_MR_MID_NOT_FOUND},
        {SYSTEM, 0xc0000005, ERROR_MR_MID_NOT_FOUND},
        {FORMAT_MESSAGE_FROM_HMODULE, WSAEINTR, ERROR_MR_MID_NOT_FOUND},
        {FORMAT_MESSAGE_FROM_STRING, 0, ERROR_NOT_SUPPORTED},
        {FORMAT_MESSAGE_IGNORE_INSERTS, WSAEINTR, ERROR_INVALID_PARAMETER},
    };
    char text[200] = "x";

    for (size_t i = 0; i < ARRAYSIZE(table); i++) {
        SetLastError(0);
        ck_assert_uint_eq(FormatMessageA(table[i].flags, "text", table[i].id, 0, text, 200, NULL),
                          0);
        ck_assert_uint_eq(GetLastError(), table[i].error);
    }
    ck_assert_uint_eq(FormatMessageA(SYSTEM, NULL, WSAEINTR, 0, NULL, 200, NULL), 0);
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    ck_assert_int_eq(text[0], 'x');
    /* A module and the system: the module has no text, the system has. */
    ck_assert_uint_gt(FormatMessageA(SYSTEM | FORMAT_MESSAGE_FROM_HMODULE,
                                     GetModuleHandleA("ws2_32"), WSAEINTR, 0, text, 200, NULL),
                      0);
}
END_TEST

Suite *suite_kernel_names(void)
{
    Suite *suite = suite_create("kernel_names");
    TCase *tests = tcase_create("kernel_names");

    tcase_add_test(tests, modules_have_handles_of_their_own);
    tcase_add_loop_test(tests, modules_by_any_spelling, 0, ARRAYSIZE(spellings));
    tcase_add_test(tests, modules_by_wide_names);
    tcase_add_loop_test(tests, modules_that_are_not_there, 0, ARRAYSIZE(strangers));
    tcase_add_test(tests, modules_with_wrong_arguments);
    tcase_add_test(tests, functions_by_module);
    tcase_add_test(tests, wsock32_has_its_own_option_functions);
    tcase_add_test(tests, functions_are_all_there);
    tcase_add_test(tests, functions_are_all_declared);
    tcase_add_test(tests, messages_of_all_codes);
    tcase_add_test(tests, messages_of_both_widths);
    tcase_add_test(tests, messages_and_room);
    tcase_add_test(tests, messages_in_new_memory);
    tcase_add_test(tests, messages_that_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
