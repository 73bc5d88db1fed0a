/*
 * winapi.c - what libuv takes from ntdll and others by GetProcAddress, in place of its
 * src/win/winapi.c
 *
 * That file insists on seven functions of ntdll for files and processes. Of datagrams libuv needs
 * one function: on a socket whose completions it has asked to skip when a call succeeds at once, it
 * goes round Winsock and asks the driver below, AFD, by NtDeviceIoControlFile(). AFD has the same
 * receives as Winsock and reports an NTSTATUS; so here they are Winsock's.
 */
#include "desktop.h"

#include "uv.h"
#include "win/internal.h"

sRtlGetVersion pRtlGetVersion;
sRtlNtStatusToDosError pRtlNtStatusToDosError;
sNtDeviceIoControlFile pNtDeviceIoControlFile;
sNtQueryInformationFile pNtQueryInformationFile;
sNtSetInformationFile pNtSetInformationFile;
sNtQueryVolumeInformationFile pNtQueryVolumeInformationFile;
sNtQueryDirectoryFile pNtQueryDirectoryFile;
sNtQuerySystemInformation pNtQuerySystemInformation;
sNtQueryInformationProcess pNtQueryInformationProcess;
sGetQueuedCompletionStatusEx pGetQueuedCompletionStatusEx;
sPowerRegisterSuspendResumeNotification pPowerRegisterSuspendResumeNotification;
sSetWinEventHook pSetWinEventHook;
uv_sGetHostNameW pGetHostNameW;

/* How a call that returned result ended, as AFD says it. */
static NTSTATUS status_of(int result)
{
    int error = result == 0 ? 0 : WSAGetLastError();

    if (error == 0) {
        return STATUS_SUCCESS;
    }
    return error == WSA_IO_PENDING ? STATUS_PENDING : NTSTATUS_FROM_WIN32(error);
}

static DWORD flags_of(ULONG tdi_flags)
{
    return (tdi_flags & TDI_RECEIVE_PEEK ? MSG_PEEK : 0) |
           (tdi_flags & TDI_RECEIVE_PARTIAL ? MSG_PARTIAL : 0);
}

/* The two receives of AFD. iosb is the beginning of an OVERLAPPED, whose event is event. */
static NTSTATUS NTAPI device_control(HANDLE file, HANDLE event, PIO_APC_ROUTINE apc,
                                     PVOID apc_context, PIO_STATUS_BLOCK iosb, ULONG code, PVOID in,
                                     ULONG in_bytes, PVOID out, ULONG out_bytes)
{
    OVERLAPPED *overlapped = (OVERLAPPED *)iosb;
    AFD_RECV_INFO *receive = in;
    AFD_RECV_DATAGRAM_INFO *from = in;
    DWORD flags;

    (void)event, (void)apc, (void)apc_context, (void)in_bytes, (void)out, (void)out_bytes;
    switch (code) {
    case IOCTL_AFD_RECEIVE:
        flags = flags_of(receive->TdiFlags);
        return status_of(WSARecv((SOCKET)file, receive->BufferArray, receive->BufferCount, NULL,
                                 &flags, overlapped, NULL));
    case IOCTL_AFD_RECEIVE_DATAGRAM:
        flags = flags_of(from->TdiFlags);
        return status_of(WSARecvFrom((SOCKET)file, from->BufferArray, from->BufferCount, NULL,
                                     &flags, from->Address, from->AddressLength, overlapped, NULL));
    default:
        return STATUS_NOT_SUPPORTED;
    }
}

/* A type between a FARPROC and what it really is keeps the compiler quiet. */
static void (*function_of(HMODULE module, const char *name))(void)
{
    return (void (*)(void))GetProcAddress(module, name);
}

void uv__winapi_init(void)
{
    HMODULE kernel32 = GetModuleHandleA("kernel32.dll");
    HMODULE ws2_32 = GetModuleHandleA("ws2_32.dll");

    pNtDeviceIoControlFile = device_control;
    pGetQueuedCompletionStatusEx =
        (sGetQueuedCompletionStatusEx)function_of(kernel32, "GetQueuedCompletionStatusEx");
    pGetHostNameW = (uv_sGetHostNameW)function_of(ws2_32, "GetHostNameW");
}
