/* windows.h first and winsock2.h later, which Windows' own headers do not take. */
#include <stdio.h>
#include <Windows.h>
#include <winternl.h>
#include <ntstatus.h>
#include <timeapi.h>
#include <VersionHelpers.h>
#include <WinSock2.h>
#include <WS2tcpip.h>
#include <MSWSock.h>
#include <iphlpapi.h>

C_ASSERT(IP_TTL == 4 && IP_MULTICAST_TTL == 10 && SOMAXCONN == 0x7fffffff);

typedef struct {
    LIST_ENTRY Link;
    SINGLE_LIST_ENTRY Entry;
    ULARGE_INTEGER Stamp;
    LARGE_INTEGER Due;
    FILETIME When;
    GUID Id;
} RECORD, *PRECORD;

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE condition = CONDITION_VARIABLE_INIT;

static BOOL CALLBACK init(PINIT_ONCE InitOnce, PVOID Parameter, PVOID *Context)
{
    UNREFERENCED_PARAMETER(InitOnce);
    UNREFERENCED_PARAMETER(Context);
    return NT_SUCCESS(*(NTSTATUS *)Parameter);
}

int main(void)
{
    WSADATA data;
    NTSTATUS status = STATUS_SUCCESS;
    RECORD record;
    SYSTEMTIME now;
    char line[80];
    int ttl = 3, length = sizeof(ttl);
    SOCKET s;

    timeBeginPeriod(1);
    if (WSAStartup(MAKEWORD(2, 2), &data) != ERROR_SUCCESS || !IsWindowsVistaOrGreater()) {
        return 1;
    }
    InitOnceExecuteOnce(&once, init, &status, NULL);
    SecureZeroMemory(&record, sizeof(record));
    GetSystemTimeAsFileTime(&record.When);
    record.Stamp.LowPart = record.When.dwLowDateTime;
    record.Stamp.HighPart = record.When.dwHighDateTime;
    GetLocalTime(&now);
    s = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    setsockopt(s, IPPROTO_IP, IP_TTL, (char *)&ttl, sizeof(ttl));
    getsockopt(s, IPPROTO_IP, IP_MULTICAST_TTL, (char *)&ttl, &length);
    AcquireSRWLockExclusive(&lock);
    SleepConditionVariableSRW(&condition, &lock, 1, 0);
    ReleaseSRWLockExclusive(&lock);
    sprintf_s(line, sizeof(line), "%04d-%02d-%02d %lld", now.wYear, now.wMonth, now.wDay,
              (long long)record.Stamp.QuadPart);
    strcat_s(line, sizeof(line), "\n");
    puts(line);
    timeEndPeriod(1);
    closesocket(s);
    return WSACleanup() == 0 ? (int)min(timeGetTime(), 1u) : 1;
}
