/*
 * libloaderapi.h - the libraries that winlwip stands for, and their functions by name
 *
 * ws2_32, wsock32, mswsock, kernel32, kernelbase, iphlpapi and winmm are there from the start and are
 * never unloaded. No file is looked for: any other name is unknown.
 */
#ifndef _APISETLIBLOADER_
#define _APISETLIBLOADER_

#include <windef.h>
#include <winlwip/linkname.h>

#define DONT_RESOLVE_DLL_REFERENCES 0x00000001
#define LOAD_LIBRARY_AS_DATAFILE 0x00000002
#define LOAD_WITH_ALTERED_SEARCH_PATH 0x00000008
#define LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR 0x00000100
#define LOAD_LIBRARY_SEARCH_APPLICATION_DIR 0x00000200
#define LOAD_LIBRARY_SEARCH_USER_DIRS 0x00000400
#define LOAD_LIBRARY_SEARCH_SYSTEM32 0x00000800
#define LOAD_LIBRARY_SEARCH_DEFAULT_DIRS 0x00001000
#define GET_MODULE_HANDLE_EX_FLAG_PIN 0x00000001
#define GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT 0x00000002
#define GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS 0x00000004

#ifdef __cplusplus
extern "C" {
#endif

/* Case and path do not count, nor does ".dll". NULL with ERROR_MOD_NOT_FOUND. */
HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName) WINLWIP_LINK("LoadLibraryA");
HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName) WINLWIP_LINK("LoadLibraryW");
HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
    WINLWIP_LINK("LoadLibraryExA");
HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
    WINLWIP_LINK("LoadLibraryExW");
BOOL WINAPI FreeLibrary(HMODULE hLibModule) WINLWIP_LINK("FreeLibrary");

/* NULL stands for the program itself, whose functions have no names here. */
HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName) WINLWIP_LINK("GetModuleHandleA");
HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName) WINLWIP_LINK("GetModuleHandleW");
/* With GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS every address is the program's. */
BOOL WINAPI GetModuleHandleExA(DWORD dwFlags, LPCSTR lpModuleName, HMODULE *phModule)
    WINLWIP_LINK("GetModuleHandleExA");
BOOL WINAPI GetModuleHandleExW(DWORD dwFlags, LPCWSTR lpModuleName, HMODULE *phModule)
    WINLWIP_LINK("GetModuleHandleExW");

#ifdef UNICODE
HMODULE WINAPI LoadLibrary(LPCWSTR lpLibFileName) WINLWIP_LINK("LoadLibraryW");
HMODULE WINAPI LoadLibraryEx(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
    WINLWIP_LINK("LoadLibraryExW");
HMODULE WINAPI GetModuleHandle(LPCWSTR lpModuleName) WINLWIP_LINK("GetModuleHandleW");
BOOL WINAPI GetModuleHandleEx(DWORD dwFlags, LPCWSTR lpModuleName, HMODULE *phModule)
    WINLWIP_LINK("GetModuleHandleExW");
#else
HMODULE WINAPI LoadLibrary(LPCSTR lpLibFileName) WINLWIP_LINK("LoadLibraryA");
HMODULE WINAPI LoadLibraryEx(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags)
    WINLWIP_LINK("LoadLibraryExA");
HMODULE WINAPI GetModuleHandle(LPCSTR lpModuleName) WINLWIP_LINK("GetModuleHandleA");
BOOL WINAPI GetModuleHandleEx(DWORD dwFlags, LPCSTR lpModuleName, HMODULE *phModule)
    WINLWIP_LINK("GetModuleHandleExA");
#endif

/* Names are case-sensitive; ordinals are unknown. NULL with ERROR_PROC_NOT_FOUND. */
FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName) WINLWIP_LINK("GetProcAddress");

#ifdef __cplusplus
}
#endif

#endif
