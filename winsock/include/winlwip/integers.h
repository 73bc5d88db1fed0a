/*
 * winlwip/integers.h - glibc's <stdint.h>, whatever a program makes of its names
 *
 * Windows' headers do not need <stdint.h>, and its compilers were long without. So programs make
 * macros of the names in it, and include winsock2.h afterwards: the macros are put aside while
 * glibc's header is read, and put back.
 */
#ifndef WINLWIP_INTEGERS_H
#define WINLWIP_INTEGERS_H
#pragma GCC system_header

#pragma push_macro("int8_t")
#undef int8_t
#pragma push_macro("int16_t")
#undef int16_t
#pragma push_macro("int32_t")
#undef int32_t
#pragma push_macro("int64_t")
#undef int64_t
#pragma push_macro("uint8_t")
#undef uint8_t
#pragma push_macro("uint16_t")
#undef uint16_t
#pragma push_macro("uint32_t")
#undef uint32_t
#pragma push_macro("uint64_t")
#undef uint64_t
#include <stdint.h>
#pragma pop_macro("int8_t")
#pragma pop_macro("int16_t")
#pragma pop_macro("int32_t")
#pragma pop_macro("int64_t")
#pragma pop_macro("uint8_t")
#pragma pop_macro("uint16_t")
#pragma pop_macro("uint32_t")
#pragma pop_macro("uint64_t")

#endif
