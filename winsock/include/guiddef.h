/*
 * guiddef.h - the GUID, which names Winsock's extension functions
 */
#ifndef GUID_DEFINED
#define GUID_DEFINED

#include <string.h>

/* Data1 to Data3 are in host byte order, as in memory on Windows. */
typedef struct _GUID {
    unsigned int Data1;
    unsigned short Data2;
    unsigned short Data3;
    unsigned char Data4[8];
} GUID, *LPGUID;

typedef const GUID *LPCGUID;

#ifdef __cplusplus
#define REFGUID const GUID &

extern "C++" {
static inline int IsEqualGUID(REFGUID a, REFGUID b)
{
    return memcmp(&a, &b, sizeof(GUID)) == 0;
}

static inline bool operator==(REFGUID a, REFGUID b)
{
    return IsEqualGUID(a, b) != 0;
}

static inline bool operator!=(REFGUID a, REFGUID b)
{
    return IsEqualGUID(a, b) == 0;
}
}
#else
#define REFGUID const GUID *

static inline int IsEqualGUID(REFGUID a, REFGUID b)
{
    return memcmp(a, b, sizeof(GUID)) == 0;
}
#endif

#endif
