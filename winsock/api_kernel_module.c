/*
 * api_kernel_module.c - the libraries that winlwip stands for, and their functions by name.
 *
 * An HMODULE is the address of a row of one table, the program itself the first of them. All are
 * there from the start and stay: nothing is counted, loaded or unloaded. No state.
 */
#include <iphlpapi.h>
#include <mmsystem.h>
#include <process.h>
#include <winlwip/wsock32.h>
#include <ws2tcpip.h>

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "winsock/wide.h"

/* Whose functions are a module's; bits. */
enum {
    EXPORTS_WS2_32 = 1,
    EXPORTS_WSOCK32 = 2,
    EXPORTS_KERNEL = 4,
    EXPORTS_IPHLPAPI = 8,
    EXPORTS_RUNTIME = 16,
    EXPORTS_WINMM = 32,
};

struct module {
    const char *name; /* in lower case, without .dll; NULL: the program */
    unsigned exports;
};

static const struct module modules[] = {
    {NULL, 0},
    {"ws2_32", EXPORTS_WS2_32},
    {"wsock32", EXPORTS_WSOCK32},
    {"mswsock", 0}, /* what it had is reached by WSAIoctl() */
    {"kernel32", EXPORTS_KERNEL},
    {"kernelbase", EXPORTS_KERNEL},
    {"iphlpapi", EXPORTS_IPHLPAPI},
    {"msvcrt", EXPORTS_RUNTIME},
    {"ucrtbase", EXPORTS_RUNTIME},
    {"winmm", EXPORTS_WINMM},
};

#define MODULES (sizeof(modules) / sizeof(modules[0]))

typedef void (*any_function)(void);

static const struct {
    const char *name;
    unsigned modules;
    any_function function;
} exports[] = {
#define ROW(name, modules) {#name, modules, (any_function)(name)},
#define WSOCK32(name, function) {#name, EXPORTS_WSOCK32, (any_function)(function)},
#define WINSOCK1(name)     ROW(name, EXPORTS_WS2_32 | EXPORTS_WSOCK32)
#define WINSOCK2(name)     ROW(name, EXPORTS_WS2_32)
#define KERNEL(name)       ROW(name, EXPORTS_KERNEL)
#define INTERFACES(name)   ROW(name, EXPORTS_IPHLPAPI)
#define RUNTIME(name)      ROW(name, EXPORTS_RUNTIME)
#define MULTIMEDIA(name)   ROW(name, EXPORTS_WINMM)
#include "winsock/exports.def"
#undef WSOCK32
#undef WINSOCK1
#undef WINSOCK2
#undef KERNEL
#undef INTERFACES
#undef RUNTIME
#undef MULTIMEDIA
#undef ROW
};

static BOOL fail(DWORD error)
{
    SetLastError(error);
    return FALSE;
}

/* --- modules by name --- */

/* Does text begin with a prefix, which is in lower case? Case does not count. */
static bool begins_with(const char *text, const char *prefix)
{
    while (*prefix != '\0' && tolower((unsigned char)*text) == *prefix) {
        text++;
        prefix++;
    }
    return *prefix == '\0';
}

/* Is text, of which the path is gone already, the name of a module or that and .dll? */
static bool is_name(const char *text, const char *name)
{
    if (!begins_with(text, name)) {
        return false;
    }
    text += strlen(name);
    return *text == '\0' || (begins_with(text, ".dll") && text[4] == '\0');
}

static HMODULE module_handle(const struct module *module)
{
    return (HMODULE)(ULONG_PTR)module;
}

/* NULL with ERROR_MOD_NOT_FOUND when it is none of ours. */
static HMODULE find_by_name(const char *path)
{
    const char *name = path;

    for (const char *at = path; *at != '\0'; at++) {
        if (*at == '\\' || *at == '/') {
            name = at + 1;
        }
    }
    for (size_t i = 1; i < MODULES; i++) {
        if (is_name(name, modules[i].name)) {
            return module_handle(&modules[i]);
        }
    }
    fail(ERROR_MOD_NOT_FOUND);
    return NULL;
}

static HMODULE find_by_wide_name(const WCHAR *path)
{
    char name[MAX_PATH];

    if (!wide_to_utf8(path, name, sizeof(name))) {
        fail(ERROR_MOD_NOT_FOUND);
        return NULL;
    }
    return find_by_name(name);
}

/* The module of a handle, NULL standing for the program. NULL with ERROR_MOD_NOT_FOUND. */
static const struct module *find_by_handle(HMODULE handle)
{
    if (handle == NULL) {
        return &modules[0];
    }
    for (size_t i = 0; i < MODULES; i++) {
        if (handle == module_handle(&modules[i])) {
            return &modules[i];
        }
    }
    fail(ERROR_MOD_NOT_FOUND);
    return NULL;
}

/* --- the functions --- */

/* How to map a file says nothing where there is no file, so no flag is refused. */
HMODULE LoadLibraryExA(LPCSTR path, HANDLE file, DWORD flags)
{
    UNREFERENCED_PARAMETER(flags);
    if (path == NULL || file != NULL) {
        fail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return find_by_name(path);
}

HMODULE LoadLibraryExW(LPCWSTR path, HANDLE file, DWORD flags)
{
    UNREFERENCED_PARAMETER(flags);
    if (path == NULL || file != NULL) {
        fail(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return find_by_wide_name(path);
}

HMODULE LoadLibraryA(LPCSTR path)
{
    return LoadLibraryExA(path, NULL, 0);
}

HMODULE LoadLibraryW(LPCWSTR path)
{
    return LoadLibraryExW(path, NULL, 0);
}

BOOL FreeLibrary(HMODULE handle)
{
    if (handle == NULL) {
        return fail(ERROR_INVALID_HANDLE);
    }
    return find_by_handle(handle) != NULL;
}

HMODULE GetModuleHandleA(LPCSTR name)
{
    return name == NULL ? module_handle(&modules[0]) : find_by_name(name);
}

HMODULE GetModuleHandleW(LPCWSTR name)
{
    return name == NULL ? module_handle(&modules[0]) : find_by_wide_name(name);
}

/* PIN and UNCHANGED_REFCOUNT exclude each other; neither has anything to do here. */
static bool ex_arguments(DWORD flags, HMODULE *handle)
{
    const DWORD both = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;

    if (handle == NULL || (flags & ~(both | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS)) != 0 ||
        (flags & both) == both) {
        return fail(ERROR_INVALID_PARAMETER);
    }
    return true;
}

BOOL GetModuleHandleExA(DWORD flags, LPCSTR name, HMODULE *handle)
{
    if (!ex_arguments(flags, handle)) {
        return FALSE;
    }
    *handle = GetModuleHandleA((flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) != 0 ? NULL : name);
    return *handle != NULL;
}

BOOL GetModuleHandleExW(DWORD flags, LPCWSTR name, HMODULE *handle)
{
    if (!ex_arguments(flags, handle)) {
        return FALSE;
    }
    *handle = GetModuleHandleW((flags & GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) != 0 ? NULL : name);
    return *handle != NULL;
}

FARPROC GetProcAddress(HMODULE handle, LPCSTR name)
{
    const struct module *module = find_by_handle(handle);

    if (module == NULL) {
        return NULL;
    }
    /* What is no pointer is an ordinal. */
    for (size_t i = 0; (ULONG_PTR)name > 0xffff && i < ARRAYSIZE(exports); i++) {
        if ((exports[i].modules & module->exports) != 0 && strcmp(exports[i].name, name) == 0) {
            return (FARPROC)exports[i].function;
        }
    }
    fail(ERROR_PROC_NOT_FOUND);
    return NULL;
}
