/*
 * stringapiset.h - text between UTF-16 and UTF-8
 */
#ifndef _APISETSTRING_
#define _APISETSTRING_

#include <windef.h>
#include <winlwip/linkname.h>
#include <winnls.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * From bytes to characters of 16 bits, and back. A length of -1 stands for text up to its zero, and
 * with it; other lengths count bytes, or characters, and no zero is added. With no room (0) they
 * return how much is needed. Returns what was written, or 0: ERROR_INSUFFICIENT_BUFFER,
 * ERROR_INVALID_PARAMETER, ERROR_INVALID_FLAGS, and for text that is wrong, if the flags ask for it,
 * ERROR_NO_UNICODE_TRANSLATION. Otherwise what is wrong becomes U+FFFD.
 */
int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCSTR lpMultiByteStr, int cbMultiByte,
                               LPWSTR lpWideCharStr, int cchWideChar)
    WINLWIP_LINK("MultiByteToWideChar");
int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWSTR lpWideCharStr, int cchWideChar,
                               LPSTR lpMultiByteStr, int cbMultiByte, LPCSTR lpDefaultChar,
                               LPBOOL lpUsedDefaultChar) WINLWIP_LINK("WideCharToMultiByte");

#ifdef __cplusplus
}
#endif

#endif
