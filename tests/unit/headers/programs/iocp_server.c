/* Workers at a completion port. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>

#define WORKERS 4
#define xmalloc(s) HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, (s))
#define xfree(p) HeapFree(GetProcessHeap(), 0, (p))

typedef enum _IO_OPERATION { ServerIoRecv, ServerIoSend } IO_OPERATION, *PIO_OPERATION;

typedef struct _PER_IO_CONTEXT {
    WSAOVERLAPPED Overlapped;
    char Buffer[8192];
    WSABUF wsabuf;
    IO_OPERATION IOOperation;
    SOCKADDR_STORAGE From;
    INT FromLen;
    struct _PER_IO_CONTEXT *pIOContextForward;
} PER_IO_CONTEXT, *PPER_IO_CONTEXT;

static HANDLE g_hIOCP = INVALID_HANDLE_VALUE;
static SOCKET g_sd = INVALID_SOCKET;
static CRITICAL_SECTION g_CriticalSection;
static volatile LONG g_lPending;
static DWORD g_dwThreadCount;

static BOOL PostRecv(PPER_IO_CONTEXT io)
{
    DWORD dwFlags = 0, dwRecvNumBytes = 0;
    int nRet;

    ZeroMemory(&io->Overlapped, sizeof(OVERLAPPED));
    io->IOOperation = ServerIoRecv;
    io->wsabuf.buf = io->Buffer;
    io->wsabuf.len = sizeof(io->Buffer);
    io->FromLen = sizeof(io->From);
    InterlockedIncrement(&g_lPending);
    nRet = WSARecvFrom(g_sd, &io->wsabuf, 1, &dwRecvNumBytes, &dwFlags, (PSOCKADDR)&io->From,
                       &io->FromLen, &io->Overlapped, NULL);
    if (nRet == SOCKET_ERROR && ERROR_IO_PENDING != WSAGetLastError()) {
        InterlockedDecrement(&g_lPending);
        return FALSE;
    }
    return TRUE;
}

static unsigned __stdcall WorkerThread(void *param)
{
    HANDLE hIOCP = (HANDLE)param;
    DWORD dwIoSize = 0, dwSent = 0;
    ULONG_PTR key = 0;

    for (;;) {
        LPWSAOVERLAPPED lpOverlapped = NULL;
        PPER_IO_CONTEXT io;
        BOOL bSuccess =
            GetQueuedCompletionStatus(hIOCP, &dwIoSize, &key, (LPOVERLAPPED *)&lpOverlapped,
                                      INFINITE);

        if (lpOverlapped == NULL) {
            break;
        }
        io = CONTAINING_RECORD(lpOverlapped, PER_IO_CONTEXT, Overlapped);
        InterlockedDecrement(&g_lPending);
        if (!bSuccess && GetLastError() == ERROR_OPERATION_ABORTED) {
            xfree(io);
            continue;
        }
        if (bSuccess && io->IOOperation == ServerIoRecv) {
            io->wsabuf.len = dwIoSize;
            WSASendTo(g_sd, &io->wsabuf, 1, &dwSent, 0, (LPSOCKADDR)&io->From, io->FromLen, NULL,
                      NULL);
        }
        EnterCriticalSection(&g_CriticalSection);
        if (!PostRecv(io)) {
            xfree(io);
        }
        LeaveCriticalSection(&g_CriticalSection);
    }
    return 0;
}

static HANDLE g_hStop;

static BOOL WINAPI CtrlHandler(DWORD dwEvent)
{
    switch (dwEvent) {
    case CTRL_BREAK_EVENT:
    case CTRL_C_EVENT:
    case CTRL_LOGOFF_EVENT:
    case CTRL_SHUTDOWN_EVENT:
    case CTRL_CLOSE_EVENT:
        SetEvent(g_hStop);
        break;
    default:
        return FALSE;
    }
    return TRUE;
}

static void StartWorkers(HANDLE *hThreads)
{
    SYSTEM_INFO systemInfo;
    DWORD i;

    GetSystemInfo(&systemInfo);
    g_dwThreadCount = min(systemInfo.dwNumberOfProcessors * 2, (DWORD)WORKERS);
    for (i = 0; i < g_dwThreadCount; i++) {
        unsigned dwThreadId = 0;

        hThreads[i] = (HANDLE)_beginthreadex(NULL, 0, WorkerThread, g_hIOCP, 0, &dwThreadId);
        if (hThreads[i] == NULL) {
            printf("_beginthreadex() failed: %d\n", errno);
            exit(1);
        }
    }
}

int main(void)
{
    WSADATA wsaData;
    HANDLE threads[WORKERS], stop;
    SOCKADDR_IN local;
    DWORD i;

    if (WSAStartup(0x0202, &wsaData) != 0) {
        return 1;
    }
    if (!InitializeCriticalSectionAndSpinCount(&g_CriticalSection, 0x00000400)) {
        return 1;
    }
    g_hStop = stop = CreateEvent(NULL, TRUE, FALSE, NULL);
    if (!SetConsoleCtrlHandler(CtrlHandler, TRUE)) {
        printf("SetConsoleCtrlHandler() failed: %lu\n", (unsigned long)GetLastError());
        ExitProcess(1);
    }
    g_hIOCP = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    g_sd = WSASocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
    local.sin_family = AF_INET;
    local.sin_port = htons(5001);
    local.sin_addr.s_addr = htonl(INADDR_ANY);
    ZeroMemory(local.sin_zero, sizeof(local.sin_zero));
    if (g_hIOCP == NULL || g_sd == INVALID_SOCKET ||
        bind(g_sd, (LPSOCKADDR)&local, sizeof(local)) == SOCKET_ERROR ||
        CreateIoCompletionPort((HANDLE)g_sd, g_hIOCP, (ULONG_PTR)g_sd, 0) == NULL) {
        return 1;
    }
    SetFileCompletionNotificationModes((HANDLE)g_sd, FILE_SKIP_SET_EVENT_ON_HANDLE);
    StartWorkers(threads);
    for (i = 0; i < 2 * g_dwThreadCount; i++) {
        PPER_IO_CONTEXT io = (PPER_IO_CONTEXT)xmalloc(sizeof(PER_IO_CONTEXT));

        if (io == NULL || !PostRecv(io)) {
            break;
        }
    }
    WaitForSingleObject(stop, 60000);
    CancelIoEx((HANDLE)g_sd, NULL);
    closesocket(g_sd);
    for (i = 0; i < g_dwThreadCount; i++) {
        PostQueuedCompletionStatus(g_hIOCP, 0, 0, NULL);
    }
    if (WAIT_OBJECT_0 != WaitForMultipleObjects(g_dwThreadCount, threads, TRUE, 1000)) {
        printf("WaitForMultipleObjects() failed: %lu\n", (unsigned long)GetLastError());
    }
    for (i = 0; i < g_dwThreadCount; i++) {
        CloseHandle(threads[i]);
    }
    CloseHandle(g_hIOCP);
    CloseHandle(stop);
    DeleteCriticalSection(&g_CriticalSection);
    WSACleanup();
    return 0;
}
