/*
 * process.h - threads as the C run-time library starts them
 */
#ifndef _INC_PROCESS
#define _INC_PROCESS

#include <winlwip/integers.h>
#include <winlwip/linkname.h>
#include <winnt.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * CreateThread() in other clothes; the handle has to be closed. Returns 0 on failure, with errno
 * EINVAL or EAGAIN. initflag: CREATE_SUSPENDED or 0.
 */
uintptr_t __cdecl _beginthreadex(void *security, unsigned stack_size,
                                 unsigned(__stdcall *start_address)(void *), void *arglist,
                                 unsigned initflag, unsigned *thrdaddr)
    WINLWIP_LINK("_beginthreadex");

/* The handle is closed when the thread ends, however it does. Returns -1 on failure, with errno. */
uintptr_t __cdecl _beginthread(void(__cdecl *start_address)(void *), unsigned stack_size,
                               void *arglist) WINLWIP_LINK("_beginthread");

#ifdef __GNUC__
__attribute__((__noreturn__))
#endif
void __cdecl _endthreadex(unsigned retval) WINLWIP_LINK("_endthreadex");
#ifdef __GNUC__
__attribute__((__noreturn__))
#endif
void __cdecl _endthread(void) WINLWIP_LINK("_endthread");

#ifdef __cplusplus
}
#endif

#endif
