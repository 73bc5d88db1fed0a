/*
 * winnls.h - code pages; the conversions are in stringapiset.h
 */
#ifndef _WINNLS_
#define _WINNLS_

#include <windef.h>

/* Every one of them is UTF-8 here. */
#define CP_ACP 0
#define CP_OEMCP 1
#define CP_THREAD_ACP 3
#define CP_UTF8 65001

#define MB_PRECOMPOSED 0x00000001
#define MB_ERR_INVALID_CHARS 0x00000008
#define WC_ERR_INVALID_CHARS 0x00000080
#define WC_NO_BEST_FIT_CHARS 0x00000400

#endif
