/*
 * strsafe.h - text into buffers of a stated size, cut where it does not fit
 *
 * Sizes count characters in the functions with Cch and bytes in those with Cb, with the zero.
 */
#ifndef _STRSAFE_H_INCLUDED_
#define _STRSAFE_H_INCLUDED_

#include <stdarg.h>
#include <winlwip/crt.h>
#include <windef.h>
#include <winerror.h>

#define STRSAFE_MAX_CCH 2147483647
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057)

FORCEINLINE HRESULT StringCchCopyA(LPSTR to, size_t room, LPCSTR from)
{
    if (room == 0 || room > STRSAFE_MAX_CCH) {
        return STRSAFE_E_INVALID_PARAMETER;
    }
    return strncpy_s(to, room, from, _TRUNCATE) == 0 ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}

FORCEINLINE HRESULT StringCchCatA(LPSTR to, size_t room, LPCSTR from)
{
    size_t length = winlwip_strnlen(to, room);

    return length == room ? STRSAFE_E_INVALID_PARAMETER
                          : StringCchCopyA(to + length, room - length, from);
}

FORCEINLINE HRESULT StringCchLengthA(LPCSTR text, size_t room, size_t *length)
{
    size_t found = text == NULL ? room : winlwip_strnlen(text, room);

    if (length != NULL) {
        *length = found == room ? 0 : found;
    }
    return found == room ? STRSAFE_E_INVALID_PARAMETER : S_OK;
}

static __inline__ __attribute__((__unused__, __format__(__printf__, 3, 0))) HRESULT
StringCchVPrintfA(LPSTR to, size_t room, LPCSTR format, va_list arguments)
{
    int length;

    if (room == 0 || room > STRSAFE_MAX_CCH) {
        return STRSAFE_E_INVALID_PARAMETER;
    }
    length = winlwip_vsnprintf(to, room, format, arguments);
    return length >= 0 && (size_t)length < room ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}

static __inline__ __attribute__((__unused__, __format__(__printf__, 3, 4))) HRESULT
StringCchPrintfA(LPSTR to, size_t room, LPCSTR format, ...)
{
    va_list arguments;
    HRESULT result;

    va_start(arguments, format);
    result = StringCchVPrintfA(to, room, format, arguments);
    va_end(arguments);
    return result;
}

/* A char is a byte. */
#define StringCbCopyA StringCchCopyA
#define StringCbCatA StringCchCatA
#define StringCbLengthA StringCchLengthA
#define StringCbPrintfA StringCchPrintfA
#define StringCbVPrintfA StringCchVPrintfA

#ifndef UNICODE
#define StringCchCopy StringCchCopyA
#define StringCchCat StringCchCatA
#define StringCchLength StringCchLengthA
#define StringCchPrintf StringCchPrintfA
#define StringCchVPrintf StringCchVPrintfA
#define StringCbCopy StringCbCopyA
#define StringCbCat StringCbCatA
#define StringCbLength StringCbLengthA
#define StringCbPrintf StringCbPrintfA
#define StringCbVPrintf StringCbVPrintfA
#endif

#endif
