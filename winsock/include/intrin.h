/*
 * intrin.h - a few of the functions that Microsoft's compiler has built in
 *
 * The Interlocked family is in winnt.h.
 */
#ifndef __INTRIN_H_
#define __INTRIN_H_

#include <winnt.h>

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

#define _ReadWriteBarrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _ReadBarrier() __atomic_signal_fence(__ATOMIC_ACQUIRE)
#define _WriteBarrier() __atomic_signal_fence(__ATOMIC_RELEASE)

#define _byteswap_ushort(value) __builtin_bswap16(value)
#define _byteswap_ulong(value) __builtin_bswap32(value)
#define _byteswap_uint64(value) __builtin_bswap64(value)

#ifndef _rotl
#define _rotl(value, bits) ((unsigned)(value) << ((bits)&31) | (unsigned)(value) >> (-(bits)&31))
#define _rotr(value, bits) ((unsigned)(value) >> ((bits)&31) | (unsigned)(value) << (-(bits)&31))
#endif

/* The number of the lowest or the highest bit that is set; 0 if none is. */
FORCEINLINE unsigned char winlwip_bit_scan_forward(ULONG *index, ULONG64 mask)
{
    if (mask != 0) {
        *index = (ULONG)__builtin_ctzll(mask);
    }
    return mask != 0;
}

FORCEINLINE unsigned char winlwip_bit_scan_reverse(ULONG *index, ULONG64 mask)
{
    if (mask != 0) {
        *index = 63 - (ULONG)__builtin_clzll(mask);
    }
    return mask != 0;
}

#define _BitScanForward(index, mask) winlwip_bit_scan_forward((index), (ULONG)(mask))
#define _BitScanForward64(index, mask) winlwip_bit_scan_forward((index), (mask))
#define _BitScanReverse(index, mask) winlwip_bit_scan_reverse((index), (ULONG)(mask))
#define _BitScanReverse64(index, mask) winlwip_bit_scan_reverse((index), (mask))

#endif
