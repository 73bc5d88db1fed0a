/*
 * ioapiset.h - completion ports, results and cancellation of overlapped operations
 */
#ifndef _IO_APISET_H_
#define _IO_APISET_H_

#include <minwinbase.h>
#include <winlwip/linkname.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * FileHandle INVALID_HANDLE_VALUE: makes a port. Else associates a socket with ExistingCompletionPort,
 * or with a new port when that is NULL. NumberOfConcurrentThreads 0: as many as processors. Returns
 * the port, NULL on failure.
 */
HANDLE WINAPI CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort,
                                     ULONG_PTR CompletionKey, DWORD NumberOfConcurrentThreads)
    WINLWIP_LINK("CreateIoCompletionPort");

/*
 * Waits for a packet. FALSE with *lpOverlapped NULL: no packet, the last error says why
 * (WAIT_TIMEOUT, ERROR_ABANDONED_WAIT_0). FALSE with *lpOverlapped set: the packet of an operation
 * that failed, the last error says how.
 */
BOOL WINAPI GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD lpNumberOfBytesTransferred,
                                      PULONG_PTR lpCompletionKey, LPOVERLAPPED *lpOverlapped,
                                      DWORD dwMilliseconds)
    WINLWIP_LINK("GetQueuedCompletionStatus");

/* Takes up to ulCount packets at once; the status of each stands in its Internal. */
BOOL WINAPI GetQueuedCompletionStatusEx(HANDLE CompletionPort,
                                        LPOVERLAPPED_ENTRY lpCompletionPortEntries, ULONG ulCount,
                                        PULONG ulNumEntriesRemoved, DWORD dwMilliseconds,
                                        BOOL fAlertable)
    WINLWIP_LINK("GetQueuedCompletionStatusEx");

/* Queues a packet of the program's own; the values are not looked at. */
BOOL WINAPI PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred,
                                       ULONG_PTR dwCompletionKey, LPOVERLAPPED lpOverlapped)
    WINLWIP_LINK("PostQueuedCompletionStatus");

/* Cancels the operations of the calling thread on a socket; TRUE also when there are none. */
BOOL WINAPI CancelIo(HANDLE hFile) WINLWIP_LINK("CancelIo");
/* Cancels one operation, or with NULL all; FALSE with ERROR_NOT_FOUND when there is none. */
BOOL WINAPI CancelIoEx(HANDLE hFile, LPOVERLAPPED lpOverlapped) WINLWIP_LINK("CancelIoEx");

/* The result of an operation, with Win32 codes; bWait TRUE waits for it, not alertably. */
BOOL WINAPI GetOverlappedResult(HANDLE hFile, LPOVERLAPPED lpOverlapped,
                                LPDWORD lpNumberOfBytesTransferred, BOOL bWait)
    WINLWIP_LINK("GetOverlappedResult");
BOOL WINAPI GetOverlappedResultEx(HANDLE hFile, LPOVERLAPPED lpOverlapped,
                                  LPDWORD lpNumberOfBytesTransferred, DWORD dwMilliseconds,
                                  BOOL bAlertable) WINLWIP_LINK("GetOverlappedResultEx");

#ifdef __cplusplus
}
#endif

#endif
