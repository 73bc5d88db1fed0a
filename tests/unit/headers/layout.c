/*
 * The table of sizes, offsets and values that the library itself is held to (winsock/layout.def), in
 * every language and for every processor. run.sh puts the rows of layout_win32.def in place of those
 * of the same name where pointers have 32 bits, and says by TABLE where the result is.
 */
#include <iphlpapi.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <ntstatus.h>
#include <stddef.h>
#include <ws2tcpip.h>

#ifdef __cplusplus
#define ASSERT(condition, text) static_assert(condition, text);
#define ALIGNMENT alignof
#else
#define ASSERT(condition, text) _Static_assert(condition, text);
#define ALIGNMENT _Alignof
#endif

#define SIZE(type, bytes) ASSERT(sizeof(type) == (bytes), "size of " #type)
#define ALIGN(type, bytes) ASSERT(ALIGNMENT(type) == (bytes), "alignment of " #type)
#define OFFSET(type, member, bytes) \
    ASSERT(offsetof(type, member) == (bytes), "offset of " #type "." #member)
#define WIDTH(type, member, bytes) \
    ASSERT(sizeof(((type *)0)->member) == (bytes), "width of " #type "." #member)
#define VALUE(expression, value) \
    ASSERT((long long)(expression) == (long long)(value), "value of " #expression)
#define STATUS(name, value) \
    ASSERT((name) == (NTSTATUS)(value) && sizeof(name) == 4, "value of " #name)
#include TABLE
