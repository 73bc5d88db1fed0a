/*
 * errors.h - the error numbers of the three worlds that meet here, in one table: NTSTATUS (what an
 * OVERLAPPED holds), WSA codes (what Winsock calls report) and Win32 codes (what kernel32 calls
 * report of the same completion), winsock-facts 1.12. And errno, which the stack speaks.
 */
#ifndef WINSOCK_ERRORS_H
#define WINSOCK_ERRORS_H

#include <winsock2.h>
#include <ntstatus.h>

/*
 * The WSA code that WSAGetOverlappedResult(), completion routines and synchronous calls report for
 * a status. Success gives 0, STATUS_PENDING WSA_IO_INCOMPLETE; a warning or error that stands in
 * no table gives WSAEINVAL.
 */
int errors_wsa_from_status(NTSTATUS status);

/* The code that kernel32 reports for a status; ERROR_INVALID_PARAMETER when it is not known. */
DWORD errors_win32_from_status(NTSTATUS status);

/*
 * The status with which an operation ends for a WSA code: one that errors_wsa_from_status() turns
 * back into it. STATUS_INVALID_PARAMETER, and so WSAEINVAL, for codes that have none.
 */
NTSTATUS errors_status_from_wsa(int error);

/* The WSA code for what a function of stack/ returned: 0, or -errno. WSAEINVAL when not known. */
int errors_wsa_from_errno(int result);

#endif
