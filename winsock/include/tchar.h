/*
 * tchar.h - names for text that is char, or with _UNICODE wchar_t
 *
 * The wide ones take the C library's wchar_t, as L"" literals do. With -fshort-wchar, which makes
 * those fit WCHAR, the C library's functions do not fit any more: such a program can compile with
 * them, and calls of functions that read or print wide text are its own risk.
 */
#ifndef _INC_TCHAR
#define _INC_TCHAR

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>
#include <winlwip/crt.h>
#include <winnt.h>

#ifdef _UNICODE
typedef wchar_t _TCHAR, _TSCHAR, _TUCHAR, _TXCHAR;
typedef wint_t _TINT;
#define __T(text) L##text
#define _tmain wmain
#define _TEOF WEOF
#define _tprintf wprintf
#define _ftprintf fwprintf
#define _stprintf swprintf
#define _sntprintf swprintf
#define _stprintf_s swprintf
#define _vftprintf vfwprintf
#define _vtprintf vwprintf
#define _stscanf swscanf
#define _tscanf wscanf
#define _fputts fputws
#define _fgetts fgetws
#define _puttchar putwchar
#define _gettchar getwchar
#define _tcslen wcslen
#define _tcscpy wcscpy
#define _tcsncpy wcsncpy
#define _tcscat wcscat
#define _tcsncat wcsncat
#define _tcscmp wcscmp
#define _tcsncmp wcsncmp
#define _tcsicmp wcscasecmp
#define _tcsnicmp wcsncasecmp
#define _tcschr wcschr
#define _tcsrchr wcsrchr
#define _tcsstr wcsstr
#define _tcstok wcstok
#define _tcsdup wcsdup
#define _tcstol wcstol
#define _tcstoul wcstoul
#define _tstoi(text) ((int)wcstol((text), NULL, 10))
#define _istdigit iswdigit
#define _istspace iswspace
#define _istalpha iswalpha
#define _totlower towlower
#define _totupper towupper
#else
typedef char _TCHAR, _TXCHAR;
typedef signed char _TSCHAR;
typedef unsigned char _TUCHAR;
typedef int _TINT;
#define __T(text) text
#define _tmain main
#define _TEOF EOF
#define _tprintf printf
#define _ftprintf fprintf
#define _stprintf sprintf
#define _sntprintf _snprintf
#define _stprintf_s sprintf_s
#define _vftprintf vfprintf
#define _vtprintf vprintf
#define _stscanf sscanf
#define _tscanf scanf
#define _fputts fputs
#define _fgetts fgets
#define _putts puts
#define _puttchar putchar
#define _gettchar getchar
#define _tcslen strlen
#define _tcscpy strcpy
#define _tcscpy_s strcpy_s
#define _tcsncpy strncpy
#define _tcsncpy_s strncpy_s
#define _tcscat strcat
#define _tcscat_s strcat_s
#define _tcsncat strncat
#define _tcscmp strcmp
#define _tcsncmp strncmp
#define _tcsicmp _stricmp
#define _tcsnicmp _strnicmp
#define _tcschr strchr
#define _tcsrchr strrchr
#define _tcsstr strstr
#define _tcstok strtok
#define _tcstok_s strtok_s
#define _tcsdup _strdup
#define _tcstol strtol
#define _tcstoul strtoul
#define _tstoi atoi
#define _istdigit isdigit
#define _istspace isspace
#define _istalpha isalpha
#define _totlower tolower
#define _totupper toupper
#endif

#define _ttoi _tstoi
#define _T(text) __T(text)
#define _TEXT(text) __T(text)

#endif
