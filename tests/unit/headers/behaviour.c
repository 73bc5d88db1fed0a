/* What the headers do themselves: GUIDs, control message walk, FD_ macros, address predicates. */
#include <stdio.h>
#ifdef __cplusplus
#include <algorithm>
#endif
#include <intrin.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <strsafe.h>
#include <tchar.h>
#include <winternl.h>
#include <ntstatus.h>
#include <ws2tcpip.h>

static int failures;

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "behaviour.c:%d: %s\n", __LINE__, #condition); \
            failures++; \
        } \
    } while (0)

static void check_guid(GUID g, const char *want)
{
    char text[40];

    snprintf(text, sizeof(text), "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", g.Data1,
             g.Data2, g.Data3, g.Data4[0], g.Data4[1], g.Data4[2], g.Data4[3], g.Data4[4],
             g.Data4[5], g.Data4[6], g.Data4[7]);
    if (strcmp(text, want) != 0) {
        fprintf(stderr, "GUID %s, want %s\n", text, want);
        failures++;
    }
}

static void check_guids(void)
{
    static const struct {
        GUID guid;
        const char *text;
    } table[] = {
        {WSAID_WSARECVMSG, "f689d7c8-6f1f-436b-8a53-e54fe351c322"},
        {WSAID_WSASENDMSG, "a441e712-754f-43ca-84a7-0dee44cf606d"},
        {WSAID_WSAPOLL, "18c76f85-dc66-4964-972e-23c27238312b"},
        {WSAID_TRANSMITFILE, "b5367df0-cbac-11cf-95ca-00805f48a192"},
        {WSAID_ACCEPTEX, "b5367df1-cbac-11cf-95ca-00805f48a192"},
        {WSAID_GETACCEPTEXSOCKADDRS, "b5367df2-cbac-11cf-95ca-00805f48a192"},
        {WSAID_TRANSMITPACKETS, "d9689da0-1f90-11d3-9971-00c04f68c876"},
        {WSAID_CONNECTEX, "25a207b9-ddf3-4660-8ee9-76e58c74063e"},
        {WSAID_DISCONNECTEX, "7fda2e11-8630-436f-a031-f536a6eec157"},
        {WSAID_MULTIPLE_RIO, "8509e081-96dd-4005-b165-9e2ee8c79e3f"},
    };
    size_t i;

    for (i = 0; i < ARRAYSIZE(table); i++) {
        check_guid(table[i].guid, table[i].text);
    }
}

static void check_control(void)
{
    union {
        WSACMSGHDR align;
        char bytes[WSA_CMSG_SPACE(4) + WSA_CMSG_SPACE(8)];
    } buffer;
    WSAMSG m;
    WSACMSGHDR *a, *b;

    memset(&buffer, 0, sizeof(buffer));
    memset(&m, 0, sizeof(m));
    CHECK(WSA_CMSG_FIRSTHDR(&m) == NULL);
    m.Control.buf = buffer.bytes;
    m.Control.len = sizeof(WSACMSGHDR) - 1;
    CHECK(WSA_CMSG_FIRSTHDR(&m) == NULL);
    m.Control.len = sizeof(buffer);
    a = WSA_CMSG_FIRSTHDR(&m);
    CHECK((char *)a == buffer.bytes);
    CHECK(WSA_CMSG_NXTHDR(&m, NULL) == a);
    CHECK((char *)WSA_CMSG_DATA(a) == buffer.bytes + 16);
    a->cmsg_len = WSA_CMSG_LEN(4);
    b = WSA_CMSG_NXTHDR(&m, a);
    CHECK((char *)b == buffer.bytes + 24);
    b->cmsg_len = WSA_CMSG_LEN(8);
    CHECK(WSA_CMSG_NXTHDR(&m, b) == NULL);
    b->cmsg_len = 4; /* one header more just does not fit */
    m.Control.len = 24 + 8 + 15;
    CHECK(WSA_CMSG_NXTHDR(&m, b) == NULL);
    m.Control.len = 24 + 8 + 16;
    CHECK((char *)WSA_CMSG_NXTHDR(&m, b) == buffer.bytes + 32);
    b->cmsg_len = (SIZE_T)-1;
    CHECK(WSA_CMSG_NXTHDR(&m, b) == NULL);
    b->cmsg_len = (SIZE_T)-64;
    CHECK(WSA_CMSG_NXTHDR(&m, b) == NULL);
}

static void check_sets(void)
{
    fd_set set;
    u_int i;

    FD_ZERO(&set);
    CHECK(set.fd_count == 0 && !FD_ISSET(5, &set));
    FD_SET(5, &set);
    FD_SET(5, &set);
    FD_SET(6, &set);
    FD_SET(7, &set);
    CHECK(set.fd_count == 3 && FD_ISSET(5, &set) && FD_ISSET(7, &set));
    FD_CLR(6, &set);
    FD_CLR(9, &set);
    CHECK(set.fd_count == 2 && set.fd_array[0] == 5 && set.fd_array[1] == 7);
    for (i = 0; i < 2 * FD_SETSIZE; i++) {
        FD_SET(100 + i, &set);
    }
    CHECK(set.fd_count == FD_SETSIZE);
}

static void check_addresses(void)
{
    IN6_ADDR any = IN6ADDR_ANY_INIT, loopback = IN6ADDR_LOOPBACK_INIT, a = any;
    SOCKADDR_INET i;

    CHECK(IN6_IS_ADDR_UNSPECIFIED(&any) && !IN6_IS_ADDR_LOOPBACK(&any));
    CHECK(IN6_IS_ADDR_LOOPBACK(&loopback) && !IN6_IS_ADDR_UNSPECIFIED(&loopback));
    CHECK(!IN6_ADDR_EQUAL(&any, &loopback) && IN6_ADDR_EQUAL(&any, &a));
    CHECK(!IN6_IS_ADDR_V4COMPAT(&any) && !IN6_IS_ADDR_V4COMPAT(&loopback));
    a.s6_addr[15] = 9;
    CHECK(IN6_IS_ADDR_V4COMPAT(&a));
    a.s6_addr[10] = a.s6_addr[11] = 0xff;
    CHECK(IN6_IS_ADDR_V4MAPPED(&a) && !IN6_IS_ADDR_V4COMPAT(&a));
    a = any;
    a.s6_addr[0] = 0xfe;
    a.s6_addr[1] = 0xbf;
    CHECK(IN6_IS_ADDR_LINKLOCAL(&a) && !IN6_IS_ADDR_SITELOCAL(&a) && !IN6_IS_ADDR_GLOBAL(&a));
    a.s6_addr[1] = 0xc0;
    CHECK(IN6_IS_ADDR_SITELOCAL(&a) && !IN6_IS_ADDR_LINKLOCAL(&a));
    a.s6_addr[0] = 0xff;
    a.s6_addr[1] = 0x12;
    CHECK(IN6_IS_ADDR_MULTICAST(&a) && IN6_IS_ADDR_MC_LINKLOCAL(&a) && !IN6_IS_ADDR_MC_GLOBAL(&a));

    memset(&i, 0xaa, sizeof(i));
    i.si_family = AF_INET;
    INETADDR_SETLOOPBACK((SOCKADDR *)&i);
    CHECK(memcmp(&i.Ipv4.sin_addr, "\177\0\0\1", 4) == 0 && i.Ipv4.sin_port == 0);
    CHECK(INETADDR_ISLOOPBACK((SOCKADDR *)&i) && !INETADDR_ISANY((SOCKADDR *)&i));
    memset(&i, 0xaa, sizeof(i));
    i.si_family = AF_INET6;
    INETADDR_SETLOOPBACK((SOCKADDR *)&i);
    CHECK(INETADDR_ISLOOPBACK((SOCKADDR *)&i) && i.Ipv6.sin6_scope_id == 0);
    INETADDR_SETANY((SOCKADDR *)&i);
    CHECK(INETADDR_ISANY((SOCKADDR *)&i) && IN6ADDR_ISANY(&i.Ipv6));
}

/* Microsoft's C library: what does not fit, and what its names lead to. */
static void check_runtime(void)
{
    char to[4], *context = NULL, words[] = "a,b";
    void *block = _aligned_malloc(100, 64);

    CHECK(_stricmp("UdP", "uDp") == 0 && _strnicmp("abX", "ABy", 2) == 0);
    memset(to, 'x', sizeof(to));
    CHECK(_snprintf(to, 3, "%s", "abc") == 3 && memcmp(to, "abcx", 4) == 0);
    CHECK(_snprintf(to, 3, "%s", "defg") == -1 && memcmp(to, "defx", 4) == 0);
    CHECK(_snprintf(to, 4, "%d", 12) == 2 && strcmp(to, "12") == 0);
    CHECK(strcpy_s(to, sizeof(to), "abc") == 0 && strcmp(to, "abc") == 0);
    CHECK(strcpy_s(to, sizeof(to), "abcd") == ERANGE && to[0] == 0);
    CHECK(strcpy_s(to, sizeof(to), NULL) == EINVAL);
    CHECK(strncpy_s(to, sizeof(to), "abcdef", 2) == 0 && strcmp(to, "ab") == 0);
    CHECK(strncpy_s(to, sizeof(to), "abcdef", _TRUNCATE) == 80 && strcmp(to, "abc") == 0);
    CHECK(strcpy_s(to, sizeof(to), "a") == 0 && strcat_s(to, sizeof(to), "bc") == 0);
    CHECK(strcmp(to, "abc") == 0 && strcat_s(to, sizeof(to), "d") == ERANGE && to[0] == 0);
    CHECK(sprintf_s(to, sizeof(to), "%d", 123) == 3 && sprintf_s(to, sizeof(to), "%d", 1234) == -1);
    CHECK(to[0] == 0 && _snprintf_s(to, sizeof(to), _TRUNCATE, "%d", 1234) == -1);
    CHECK(strcmp(to, "123") == 0 && _snprintf_s(to, sizeof(to), 2, "%d", 1234) == -1);
    CHECK(strcmp(to, "12") == 0 && memcpy_s(to, 2, "abc", 3) == ERANGE && to[0] == 0);
    CHECK(StringCchCopyA(to, 4, "abcd") == STRSAFE_E_INSUFFICIENT_BUFFER && !strcmp(to, "abc"));
    CHECK(StringCchPrintfA(to, 4, "%d", 12) == S_OK && StringCchCatA(to, 4, "3") == S_OK);
    CHECK(strcmp(to, "123") == 0 && strcmp(strtok_s(words, ",", &context), "a") == 0);
    CHECK(block != NULL && ((UINT_PTR)block & 63) == 0);
    _aligned_free(block);
}

static void check_values(void)
{
    unsigned char small = 3;
    ULONG bit = 0;

    CHECK(max(1, 2) == 2 && min(1, 2) == 1 && max(small, 2) == 3 && min(7u, small) == 3);
#ifdef __cplusplus
    CHECK(std::max(1, 2) == 2 && std::min(1, 2) == 1);
#endif
    CHECK(_BitScanForward(&bit, 0x50) && bit == 4 && _BitScanReverse(&bit, 0x50) && bit == 6);
    CHECK(!_BitScanForward(&bit, 0) && _byteswap_ulong(0x01020304) == 0x04030201);
    CHECK(NT_SUCCESS(STATUS_PENDING) && !NT_SUCCESS(STATUS_CANCELLED));
    CHECK(NT_ERROR(STATUS_CANCELLED) && NT_WARNING(STATUS_BUFFER_OVERFLOW));
    CHECK(HRESULT_FROM_WIN32(ERROR_SUCCESS) == S_OK && HRESULT_FROM_WIN32(5) == E_ACCESSDENIED);
    CHECK(FAILED(E_FAIL) && SUCCEEDED(S_FALSE) && HRESULT_CODE(E_INVALIDARG) == 87);
    CHECK(_tcscmp(_T("a"), TEXT("a")) == 0);
}

int main(void)
{
    check_runtime();
    check_values();
    check_guids();
    check_control();
    check_sets();
    check_addresses();
    CHECK(MAKEWORD(1, 2) == 0x0201 && LOBYTE(0x0201) == 1 && HIBYTE(0x0201) == 2);
    CHECK(WSA_INVALID_EVENT == NULL && INVALID_HANDLE_VALUE == (HANDLE)-1);
    return failures != 0;
}
