/*
 * processthreadsapi.h - threads, what is queued to them, and storage of their own
 */
#ifndef _PROCESSTHREADSAPI_H_
#define _PROCESSTHREADSAPI_H_

#include <minwinbase.h>
#include <winlwip/linkname.h>

typedef DWORD(WINAPI *PTHREAD_START_ROUTINE)(LPVOID lpThreadParameter);
typedef PTHREAD_START_ROUTINE LPTHREAD_START_ROUTINE;
typedef VOID(CALLBACK *PAPCFUNC)(ULONG_PTR Parameter);

#define STILL_ACTIVE 0x103u
#define CREATE_SUSPENDED 0x00000004
#define STACK_SIZE_PARAM_IS_A_RESERVATION 0x00010000

#ifdef __cplusplus
extern "C" {
#endif

/* As exit(), whose functions it calls. */
#ifdef __GNUC__
__attribute__((__noreturn__))
#endif
VOID WINAPI ExitProcess(UINT uExitCode) WINLWIP_LINK("ExitProcess");
DWORD WINAPI GetCurrentProcessId(VOID) WINLWIP_LINK("GetCurrentProcessId");
/* A value that stands for this process, or for the calling thread; it need not be closed. */
HANDLE WINAPI GetCurrentProcess(VOID) WINLWIP_LINK("GetCurrentProcess");
HANDLE WINAPI GetCurrentThread(VOID) WINLWIP_LINK("GetCurrentThread");
DWORD WINAPI GetCurrentThreadId(VOID) WINLWIP_LINK("GetCurrentThreadId");

/*
 * Starts a thread. Its handle is signaled when it ends. NULL on failure. Overlapped operations that
 * a thread started are cancelled when it ends, as Windows does.
 */
HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize,
                           LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter,
                           DWORD dwCreationFlags, LPDWORD lpThreadId) WINLWIP_LINK("CreateThread");
#ifdef __GNUC__
__attribute__((__noreturn__))
#endif
VOID WINAPI ExitThread(DWORD dwExitCode) WINLWIP_LINK("ExitThread");
/* STILL_ACTIVE while the thread runs. */
BOOL WINAPI GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode) WINLWIP_LINK("GetExitCodeThread");
DWORD WINAPI GetThreadId(HANDLE Thread) WINLWIP_LINK("GetThreadId");
/* Starts a thread that was made with CREATE_SUSPENDED; others can't be suspended. */
DWORD WINAPI ResumeThread(HANDLE hThread) WINLWIP_LINK("ResumeThread");
/* Lets other threads run. TRUE. */
BOOL WINAPI SwitchToThread(VOID) WINLWIP_LINK("SwitchToThread");

/*
 * Has a function called by a thread: when it waits alertably, or inside a blocking Winsock call.
 * 0 with ERROR_GEN_FAILURE when the thread has ended.
 */
DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData)
    WINLWIP_LINK("QueueUserAPC");

/* Slots that hold a value for each thread, NULL at first. */
#define TLS_MINIMUM_AVAILABLE 64
#define TLS_OUT_OF_INDEXES 0xFFFFFFFFu
DWORD WINAPI TlsAlloc(VOID) WINLWIP_LINK("TlsAlloc");
LPVOID WINAPI TlsGetValue(DWORD dwTlsIndex) WINLWIP_LINK("TlsGetValue");
BOOL WINAPI TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue) WINLWIP_LINK("TlsSetValue");
BOOL WINAPI TlsFree(DWORD dwTlsIndex) WINLWIP_LINK("TlsFree");

#ifdef __cplusplus
}
#endif

#endif
