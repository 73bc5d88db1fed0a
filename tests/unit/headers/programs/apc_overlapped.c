/* Completion routines, and another thread that queues work to this one. */
#include <winsock2.h>
#include <windows.h>
#include <stdio.h>

struct operation {
    WSAOVERLAPPED ov; /* first: the routine casts back */
    SOCKET s;
    WSABUF buf;
    char data[2048];
    struct sockaddr_in from;
    int fromlen;
    DWORD flags;
};

static BOOL quit = FALSE;
static HANDLE main_thread;

static void post(struct operation *op);

static void CALLBACK received(IN DWORD dwError, IN DWORD cbTransferred,
                              IN LPWSAOVERLAPPED lpOverlapped, IN DWORD dwFlags)
{
    struct operation *op = (struct operation *)lpOverlapped;

    if (dwError == WSA_OPERATION_ABORTED) {
        return;
    }
    if (dwError != 0 && dwError != WSAEMSGSIZE) {
        printf("error %u, flags %#x\n", (unsigned)dwError, (unsigned)dwFlags);
    } else {
        printf("%u bytes, status %08x\n", (unsigned)cbTransferred, (unsigned)lpOverlapped->Internal);
    }
    post(op);
}

static void post(struct operation *op)
{
    int rc;

    memset(&op->ov, 0, sizeof(op->ov));
    op->buf.buf = op->data;
    op->buf.len = sizeof(op->data);
    op->fromlen = sizeof(op->from);
    op->flags = 0;
    rc = WSARecvFrom(op->s, &op->buf, 1, NULL, &op->flags, (struct sockaddr *)&op->from,
                     &op->fromlen, &op->ov, received);
    if (rc == SOCKET_ERROR && WSAGetLastError() != WSA_IO_PENDING) {
        quit = TRUE;
    }
}

static VOID CALLBACK stop(ULONG_PTR parameter)
{
    *(PBOOL)parameter = TRUE;
}

static DWORD WINAPI stopper(LPVOID lpParameter)
{
    Sleep(*(DWORD *)lpParameter);
    if (!QueueUserAPC(stop, main_thread, (ULONG_PTR)&quit)) {
        return GetLastError();
    }
    return 0;
}

int main(void)
{
    WSADATA wsaData;
    static struct operation ops[4];
    DWORD delay_ms = 1000, id, code = 0;
    HANDLE thread;
    size_t i;

    if (WSAStartup(MAKEWORD(2, 2), &wsaData) != 0) {
        return 1;
    }
    if (!DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &main_thread,
                         0, FALSE, DUPLICATE_SAME_ACCESS)) {
        return 1;
    }
    for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        struct sockaddr_in any = {0};

        ops[i].s = WSASocket(AF_INET, SOCK_DGRAM, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
        any.sin_family = AF_INET;
        if (bind(ops[i].s, (const struct sockaddr *)&any, sizeof(any)) != 0) {
            return 1;
        }
        post(&ops[i]);
    }
    thread = CreateThread(NULL, 0, stopper, &delay_ms, 0, &id);
    while (!quit) {
        DWORD result = SleepEx(INFINITE, TRUE);

        if (result != WAIT_IO_COMPLETION) {
            break;
        }
    }
    for (i = 0; i < ARRAYSIZE(ops); i++) {
        CancelIo((HANDLE)ops[i].s);
        closesocket(ops[i].s);
    }
    WaitForSingleObjectEx(thread, INFINITE, TRUE);
    GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    CloseHandle(main_thread);
    WSACleanup();
    return (int)code;
}
