/* What the headers do themselves: GUIDs, control message walk, FD_ macros, address predicates. */
#include <stdio.h>
#include <mstcpip.h>
#include <mswsock.h>
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

int main(void)
{
    check_guids();
    check_control();
    check_sets();
    check_addresses();
    CHECK(MAKEWORD(1, 2) == 0x0201 && LOBYTE(0x0201) == 1 && HIBYTE(0x0201) == 2);
    CHECK(WSA_INVALID_EVENT == NULL && INVALID_HANDLE_VALUE == (HANDLE)-1);
    return failures != 0;
}
