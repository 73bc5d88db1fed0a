/*
 * winlwip/interlocked.h - the Interlocked operations of winnt.h, inline
 *
 * Each is one atomic step and a full barrier. The spellings with Acquire, Release and NoFence are
 * the same operations, as on x64 Windows; those with an underscore are macros, because clang has
 * builtins of these names that can't be defined anew.
 */
#ifndef WINLWIP_INTERLOCKED_H
#define WINLWIP_INTERLOCKED_H

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(bugprone-macro-parentheses,readability-non-const-parameter): types, and builtins */

/*
 * The __sync builtins are full barriers. The exchange has no such form, and that of __atomic keeps
 * only its own place on processors that order weakly: a read behind it may come first.
 */
#if defined(__x86_64__) || defined(__i386__)
#define WINLWIP_EXCHANGED() ((void)0)
#else
#define WINLWIP_EXCHANGED() __sync_synchronize()
#endif

#define WINLWIP_INTERLOCKED(suffix, type) \
    FORCEINLINE type InterlockedIncrement##suffix(type volatile *Addend) \
    { \
        return __sync_add_and_fetch(Addend, (type)1); \
    } \
    FORCEINLINE type InterlockedDecrement##suffix(type volatile *Addend) \
    { \
        return __sync_sub_and_fetch(Addend, (type)1); \
    } \
    FORCEINLINE type InterlockedExchangeAdd##suffix(type volatile *Addend, type Value) \
    { \
        return __sync_fetch_and_add(Addend, Value); \
    } \
    FORCEINLINE type InterlockedAdd##suffix(type volatile *Addend, type Value) \
    { \
        return __sync_add_and_fetch(Addend, Value); \
    } \
    FORCEINLINE type InterlockedAnd##suffix(type volatile *Destination, type Value) \
    { \
        return __sync_fetch_and_and(Destination, Value); \
    } \
    FORCEINLINE type InterlockedOr##suffix(type volatile *Destination, type Value) \
    { \
        return __sync_fetch_and_or(Destination, Value); \
    } \
    FORCEINLINE type InterlockedXor##suffix(type volatile *Destination, type Value) \
    { \
        return __sync_fetch_and_xor(Destination, Value); \
    } \
    FORCEINLINE type InterlockedCompareExchange##suffix(type volatile *Destination, type ExChange, \
                                                        type Comperand) \
    { \
        return __sync_val_compare_and_swap(Destination, Comperand, ExChange); \
    } \
    FORCEINLINE type InterlockedExchange##suffix(type volatile *Target, type Value) \
    { \
        type before = __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST); \
        WINLWIP_EXCHANGED(); \
        return before; \
    }

WINLWIP_INTERLOCKED(, LONG)
WINLWIP_INTERLOCKED(16, SHORT)
WINLWIP_INTERLOCKED(64, LONG64)
#undef WINLWIP_INTERLOCKED

FORCEINLINE PVOID InterlockedExchangePointer(PVOID volatile *Target, PVOID Value)
{
    PVOID before = __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST);

    WINLWIP_EXCHANGED();
    return before;
}
#undef WINLWIP_EXCHANGED

FORCEINLINE PVOID InterlockedCompareExchangePointer(PVOID volatile *Destination, PVOID Exchange,
                                                    PVOID Comperand)
{
    return __sync_val_compare_and_swap(Destination, Comperand, Exchange);
}

/* Set or clear one bit, counted from the lowest of *Base on, and return what it was before. */
FORCEINLINE BOOLEAN InterlockedBitTestAndSet(LONG volatile *Base, LONG Bit)
{
    LONG mask = (LONG)((ULONG)1 << (Bit & 31));

    return (__sync_fetch_and_or(Base + Bit / 32, mask) & mask) != 0;
}

FORCEINLINE BOOLEAN InterlockedBitTestAndReset(LONG volatile *Base, LONG Bit)
{
    LONG mask = (LONG)((ULONG)1 << (Bit & 31));

    return (__sync_fetch_and_and(Base + Bit / 32, ~mask) & mask) != 0;
}

/* Reads and writes with an order: what came before a release is seen after an acquire. */
#define WINLWIP_ORDERED(infix, suffix, type) \
    FORCEINLINE type Read##infix##Acquire##suffix(type const volatile *Source) \
    { \
        return __atomic_load_n(Source, __ATOMIC_ACQUIRE); \
    } \
    FORCEINLINE type Read##infix##NoFence##suffix(type const volatile *Source) \
    { \
        return __atomic_load_n(Source, __ATOMIC_RELAXED); \
    } \
    FORCEINLINE VOID Write##infix##Release##suffix(type volatile *Destination, type Value) \
    { \
        __atomic_store_n(Destination, Value, __ATOMIC_RELEASE); \
    } \
    FORCEINLINE VOID Write##infix##NoFence##suffix(type volatile *Destination, type Value) \
    { \
        __atomic_store_n(Destination, Value, __ATOMIC_RELAXED); \
    }

WINLWIP_ORDERED(, , LONG)
WINLWIP_ORDERED(, 64, LONG64)
WINLWIP_ORDERED(Pointer, , PVOID)
#undef WINLWIP_ORDERED

/* NOLINTEND(bugprone-macro-parentheses,readability-non-const-parameter) */

FORCEINLINE VOID MemoryBarrier(VOID)
{
    __sync_synchronize();
}

/* Tells the processor that the thread turns in a loop until another one changes something. */
FORCEINLINE VOID YieldProcessor(VOID)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#ifdef __cplusplus
}
#endif

#define _InterlockedIncrement InterlockedIncrement
#define _InterlockedDecrement InterlockedDecrement
#define _InterlockedExchangeAdd InterlockedExchangeAdd
#define _InterlockedAdd InterlockedAdd
#define _InterlockedAnd InterlockedAnd
#define _InterlockedOr InterlockedOr
#define _InterlockedXor InterlockedXor
#define _InterlockedCompareExchange InterlockedCompareExchange
#define _InterlockedExchange InterlockedExchange
#define _InterlockedIncrement16 InterlockedIncrement16
#define _InterlockedDecrement16 InterlockedDecrement16
#define _InterlockedExchangeAdd16 InterlockedExchangeAdd16
#define _InterlockedAdd16 InterlockedAdd16
#define _InterlockedAnd16 InterlockedAnd16
#define _InterlockedOr16 InterlockedOr16
#define _InterlockedXor16 InterlockedXor16
#define _InterlockedCompareExchange16 InterlockedCompareExchange16
#define _InterlockedExchange16 InterlockedExchange16
#define _InterlockedIncrement64 InterlockedIncrement64
#define _InterlockedDecrement64 InterlockedDecrement64
#define _InterlockedExchangeAdd64 InterlockedExchangeAdd64
#define _InterlockedAdd64 InterlockedAdd64
#define _InterlockedAnd64 InterlockedAnd64
#define _InterlockedOr64 InterlockedOr64
#define _InterlockedXor64 InterlockedXor64
#define _InterlockedCompareExchange64 InterlockedCompareExchange64
#define _InterlockedExchange64 InterlockedExchange64
#define _InterlockedExchangePointer InterlockedExchangePointer
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer
#define _interlockedbittestandset InterlockedBitTestAndSet
#define _interlockedbittestandreset InterlockedBitTestAndReset

#define InterlockedIncrementAcquire InterlockedIncrement
#define InterlockedIncrementRelease InterlockedIncrement
#define InterlockedIncrementNoFence InterlockedIncrement
#define InterlockedDecrementAcquire InterlockedDecrement
#define InterlockedDecrementRelease InterlockedDecrement
#define InterlockedDecrementNoFence InterlockedDecrement
#define InterlockedExchangeAddAcquire InterlockedExchangeAdd
#define InterlockedExchangeAddRelease InterlockedExchangeAdd
#define InterlockedExchangeAddNoFence InterlockedExchangeAdd
#define InterlockedAddAcquire InterlockedAdd
#define InterlockedAddRelease InterlockedAdd
#define InterlockedAddNoFence InterlockedAdd
#define InterlockedAndAcquire InterlockedAnd
#define InterlockedAndRelease InterlockedAnd
#define InterlockedAndNoFence InterlockedAnd
#define InterlockedOrAcquire InterlockedOr
#define InterlockedOrRelease InterlockedOr
#define InterlockedOrNoFence InterlockedOr
#define InterlockedXorAcquire InterlockedXor
#define InterlockedXorRelease InterlockedXor
#define InterlockedXorNoFence InterlockedXor
#define InterlockedCompareExchangeAcquire InterlockedCompareExchange
#define InterlockedCompareExchangeRelease InterlockedCompareExchange
#define InterlockedCompareExchangeNoFence InterlockedCompareExchange
#define InterlockedExchangeAcquire InterlockedExchange
#define InterlockedExchangeNoFence InterlockedExchange
#define InterlockedIncrementAcquire64 InterlockedIncrement64
#define InterlockedIncrementRelease64 InterlockedIncrement64
#define InterlockedIncrementNoFence64 InterlockedIncrement64
#define InterlockedDecrementAcquire64 InterlockedDecrement64
#define InterlockedDecrementRelease64 InterlockedDecrement64
#define InterlockedDecrementNoFence64 InterlockedDecrement64
#define InterlockedExchangeAddAcquire64 InterlockedExchangeAdd64
#define InterlockedExchangeAddRelease64 InterlockedExchangeAdd64
#define InterlockedExchangeAddNoFence64 InterlockedExchangeAdd64
#define InterlockedAddAcquire64 InterlockedAdd64
#define InterlockedAddRelease64 InterlockedAdd64
#define InterlockedAddNoFence64 InterlockedAdd64
#define InterlockedAndAcquire64 InterlockedAnd64
#define InterlockedAndRelease64 InterlockedAnd64
#define InterlockedAndNoFence64 InterlockedAnd64
#define InterlockedOrAcquire64 InterlockedOr64
#define InterlockedOrRelease64 InterlockedOr64
#define InterlockedOrNoFence64 InterlockedOr64
#define InterlockedXorAcquire64 InterlockedXor64
#define InterlockedXorRelease64 InterlockedXor64
#define InterlockedXorNoFence64 InterlockedXor64
#define InterlockedCompareExchangeAcquire64 InterlockedCompareExchange64
#define InterlockedCompareExchangeRelease64 InterlockedCompareExchange64
#define InterlockedCompareExchangeNoFence64 InterlockedCompareExchange64
#define InterlockedExchangeAcquire64 InterlockedExchange64
#define InterlockedExchangeNoFence64 InterlockedExchange64
#define InterlockedExchangePointerAcquire InterlockedExchangePointer
#define InterlockedExchangePointerNoFence InterlockedExchangePointer
#define InterlockedCompareExchangePointerAcquire InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerRelease InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerNoFence InterlockedCompareExchangePointer

#endif
