/*
 * layout.c - holds the installed headers to the sizes, offsets and values of 64-bit Windows
 *
 * No code: if a line of layout.def is wrong, the library does not compile. The casts to 64 bits
 * also catch a constant that has the right bits in a wrong type.
 */
#include <iphlpapi.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <ntstatus.h>
#include <stddef.h>
#include <winsock2.h>
#include <ws2tcpip.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type);
#define ALIGN(type, bytes) _Static_assert(_Alignof(type) == (bytes), "alignment of " #type);
#define OFFSET(type, member, bytes) \
    _Static_assert(offsetof(type, member) == (bytes), "offset of " #type "." #member);
#define WIDTH(type, member, bytes) \
    _Static_assert(sizeof(((type *)0)->member) == (bytes), "width of " #type "." #member);
#define VALUE(expression, value) \
    _Static_assert((long long)(expression) == (long long)(value), "value of " #expression);
#define STATUS(name, value) \
    _Static_assert((name) == (NTSTATUS)(value) && sizeof(name) == 4, "value of " #name);
#include "layout.def"
