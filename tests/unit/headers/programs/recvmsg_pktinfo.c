/* Answers from the address that was asked: packet information on both families, annotated. */
#include <winsock2.h>
#include <mswsock.h>
#include <ws2tcpip.h>
#include <mstcpip.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef _MSC_VER
#pragma warning(disable : 4127)
#endif
#define SAFE_FREE(p) \
    if ((p) != NULL) { \
        HeapFree(GetProcessHeap(), 0, (p)); \
        (p) = NULL; \
    }

typedef struct _PKT_CONTEXT {
    _Field_size_bytes_(cbData) PBYTE pbData;
    DWORD cbData;
    SOCKADDR_INET Remote;
    BYTE Control[WSA_CMSG_SPACE(sizeof(IN6_PKTINFO)) + WSA_CMSG_SPACE(sizeof(INT))];
} PKT_CONTEXT, *PPKT_CONTEXT;

_Success_(return == 0) static int EnableInfo(_In_ SOCKET s, _In_ int family)
{
    DWORD on = TRUE;
    int rc = setsockopt(s, IPPROTO_IP, IP_PKTINFO, (CONST CHAR *)&on, sizeof(on));

    if (family == AF_INET6) {
        DWORD off = 0;

        rc |= setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (PCHAR)&off, sizeof(off));
        rc |= setsockopt(s, IPPROTO_IPV6, IPV6_PKTINFO, (PCHAR)&on, sizeof(on));
        rc |= setsockopt(s, IPPROTO_IPV6, IPV6_RECVTCLASS, (PCHAR)&on, sizeof(on));
    }
    return rc;
}

static _Check_return_ LPFN_WSARECVMSG GetWSARecvMsgFunctionPointer(_In_ SOCKET s)
{
    LPFN_WSARECVMSG lpfnWSARecvMsg = NULL;
    GUID guidWSARecvMsg = WSAID_WSARECVMSG;
    DWORD dwBytes = 0;

    if (SOCKET_ERROR == WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &guidWSARecvMsg,
                                 sizeof(guidWSARecvMsg), &lpfnWSARecvMsg, sizeof(lpfnWSARecvMsg),
                                 &dwBytes, NULL, NULL)) {
        return NULL;
    }
    return lpfnWSARecvMsg;
}

static VOID PrintControl(_In_ WSAMSG *msg)
{
    WSACMSGHDR *cmsg;

    for (cmsg = WSA_CMSG_FIRSTHDR(msg); cmsg != NULL; cmsg = WSA_CMSG_NXTHDR(msg, cmsg)) {
        if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO) {
            IN_PKTINFO *pktinfo = (PIN_PKTINFO)WSA_CMSG_DATA(cmsg);
            char dst[INET_ADDRSTRLEN];

            InetNtopA(AF_INET, &pktinfo->ipi_addr, dst, sizeof(dst));
            printf("to %s on %lu\n", dst, (unsigned long)pktinfo->ipi_ifindex);
        } else if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo *pktinfo = (struct in6_pktinfo *)(void *)WSA_CMSG_DATA(cmsg);

            if (IN6_IS_ADDR_LINKLOCAL(&pktinfo->ipi6_addr)) {
                printf("link-local, %02x\n", pktinfo->ipi6_addr.u.Byte[15]);
            }
        } else if (cmsg->cmsg_type == IPV6_TCLASS && cmsg->cmsg_len >= WSA_CMSG_LEN(sizeof(INT))) {
            printf("class %d\n", *(PINT)(PVOID)WSA_CMSG_DATA(cmsg));
        }
    }
}

int __cdecl main(int argc, char **argv)
{
    WSADATA wsd = {0};
    SOCKET s = INVALID_SOCKET;
    LPFN_WSARECVMSG WSARecvMsg;
    PPKT_CONTEXT ctx = NULL;
    SOCKADDR_IN6 local = {0};
    WSABUF buf;
    WSAMSG msg;
    DWORD bytes;

    UNREFERENCED_PARAMETER(argc);
    UNREFERENCED_PARAMETER(argv);
    if (WSAStartup(WINSOCK_VERSION, &wsd) != 0) {
        return EXIT_FAILURE;
    }
    s = WSASocket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);
    local.sin6_family = AF_INET6;
    local.sin6_addr = in6addr_any;
    local.sin6_port = htons(5000);
    if (s == INVALID_SOCKET || EnableInfo(s, AF_INET6) == SOCKET_ERROR ||
        bind(s, (PSOCKADDR)&local, sizeof(local)) == SOCKET_ERROR) {
        goto cleanup;
    }
    ctx = (PPKT_CONTEXT)HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*ctx) + 65536);
    WSARecvMsg = GetWSARecvMsgFunctionPointer(s);
    if (ctx == NULL || WSARecvMsg == NULL) {
        goto cleanup;
    }
    ctx->pbData = (PBYTE)(ctx + 1);
    ctx->cbData = 65536;
    for (;;) {
        buf.buf = (CHAR *)ctx->pbData;
        buf.len = ctx->cbData;
        ZeroMemory(&msg, sizeof(msg));
        msg.name = (LPSOCKADDR)&ctx->Remote;
        msg.namelen = sizeof(ctx->Remote);
        msg.lpBuffers = &buf;
        msg.dwBufferCount = 1;
        msg.Control.buf = (CHAR *)ctx->Control;
        msg.Control.len = sizeof(ctx->Control);
        if (WSARecvMsg(s, &msg, &bytes, NULL, NULL) == SOCKET_ERROR) {
            fprintf(stderr, "WSARecvMsg: %d%s\n", WSAGetLastError(),
                    (msg.dwFlags & MSG_TRUNC) ? ", truncated" : "");
            break;
        }
        PrintControl(&msg);
        buf.len = bytes;
        if (WSASendMsg(s, &msg, 0, &bytes, NULL, NULL) == SOCKET_ERROR) {
            break;
        }
    }
cleanup:
    SAFE_FREE(ctx);
    if (s != INVALID_SOCKET) {
        closesocket(s);
    }
    WSACleanup();
    return 0;
}
