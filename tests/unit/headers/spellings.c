/* Spellings of members, tags and macros that real programs use. */
#include <ws2tcpip.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <stdlib.h>

/* Control buffers are sized by these macros at file scope. */
char control[WSA_CMSG_SPACE(sizeof(IN_PKTINFO)) + CMSG_SPACE(sizeof(struct in6_pktinfo))];
union control_of_one {
    WSACMSGHDR align;
    char bytes[WSA_CMSG_LEN(sizeof(INT))];
} one;
static const IN6_ADDR any = IN6ADDR_ANY_INIT;
/* Locks are made ready by these, and nothing else. */
SRWLOCK lock = SRWLOCK_INIT;
CONDITION_VARIABLE condition = CONDITION_VARIABLE_INIT;
INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static volatile LONG references;

LONG reference(void)
{
    return InterlockedIncrement(&references) + _InterlockedExchange(&references, 1) +
           InterlockedCompareExchangeAcquire(&references, 1, 0);
}

/* The way in which programs probe for a function, and tell an error. */
typedef BOOL(WINAPI *cancel_function)(HANDLE, LPOVERLAPPED);
BOOL probe(HANDLE handle)
{
    HMODULE module = GetModuleHandle(TEXT("kernel32.dll"));
    cancel_function cancel = (cancel_function)(void *)GetProcAddress(module, "CancelIoEx");
    LPTSTR text = NULL;

    if (FormatMessage(FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM |
                          FORMAT_MESSAGE_IGNORE_INSERTS,
                      NULL, GetLastError(), MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT),
                      (LPTSTR)&text, 0, NULL) != 0) {
        LocalFree(text);
    }
    return cancel != NULL && cancel(handle, NULL);
}

/* Both tags of the control message header. */
struct cmsghdr *second(LPWSAMSG m)
{
    struct _WSACMSGHDR *c = WSA_CMSG_FIRSTHDR(m);
    LPWSACMSGHDR next = CMSG_NXTHDR(m, c);

    return next != NULL ? next : c;
}

/* A program written for MinGW maps the one tag to the other by itself. */
#define cmsghdr _WSACMSGHDR
int level(LPWSAMSG m)
{
    struct cmsghdr *c = WSA_CMSG_FIRSTHDR(m);

    return c->cmsg_level;
}
#undef cmsghdr

u_short words(const struct sockaddr_in6 *a, const struct sockaddr_in *b)
{
    return (u_short)(a->sin6_addr.u.Word[0] + a->sin6_addr.u.Byte[1] + a->sin6_addr.s6_addr[2] +
                     b->sin_addr.S_un.S_addr + b->sin_addr.s_addr + b->sin_addr.S_un.S_un_b.s_b1);
}

int nonblocking(SOCKET s)
{
    u_long on = 1;
    DWORD on_dword = 1;

    return ioctlsocket(s, FIONBIO, &on) | ioctlsocket(s, (LONG)FIONBIO, &on_dword);
}

int code(void)
{
    switch (WSAGetLastError()) {
    case WSAEWOULDBLOCK:
    case WSA_IO_PENDING:
    case ERROR_PORT_UNREACHABLE:
        return 1;
    default:
        return IN6_IS_ADDR_UNSPECIFIED(&any) + (int)sizeof(control) + (int)sizeof(one);
    }
}

int version(void)
{
    WSADATA data;
    WORD wanted = MAKEWORD(2, 2);

    return WSAStartup(wanted, &data) == 0 && LOBYTE(data.wVersion) == 2 &&
           HIBYTE(data.wVersion) == 2;
}

void CALLBACK done(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    (void)error, (void)bytes, (void)overlapped, (void)flags;
}

LPWSAOVERLAPPED_COMPLETION_ROUTINE routine = done;
