/*
 * test_resolve.c - names and services that need no server (what tests that run on Windows say of
 * getaddrinfo, and the documentation of the rest).
 */
#include "tests/contract/contract.h"

#include <stdio.h>
#include <string.h>

#define U(text) ((PWSTR)u"" text)

static const struct winlwip_option hosts[] = {
    {"peer", "192.0.2.9, 2001:db8::9"},
    {"far.example", "203.0.113.1 192.0.2.20"},
    {"six", "2001:db8::66"},
};

static void set_up(void)
{
    world_start(&(struct world_options){.links = 1, .hosts = hosts, .host_count = 3});
}

/* Resolves and asserts the addresses in order; the list ends with NULL. */
static void assert_resolves(const char *node, int family, int flags, const char *const *expected)
{
    ADDRINFOA hints = {.ai_family = family, .ai_flags = flags};
    ADDRINFOA *list = (ADDRINFOA *)0x1;
    const ADDRINFOA *at;

    WSASetLastError(1);
    ck_assert_int_eq(getaddrinfo(node, "7", &hints, &list), 0);
    ck_assert_int_eq(WSAGetLastError(), 0);
    for (at = list; at != NULL && *expected != NULL; at = at->ai_next, expected++) {
        SOCKADDR_STORAGE name;
        int length = world_name(*expected, 7, &name);

        ck_assert_uint_eq(at->ai_addrlen, (size_t)length);
        ck_assert_mem_eq(at->ai_addr, &name, (size_t)length);
        ck_assert_int_eq(at->ai_family, name.ss_family);
    }
    ck_assert_ptr_null(at);
    ck_assert_ptr_null(*expected);
    freeaddrinfo(list);
}

static void assert_fails(const char *node, const char *service, int family, int flags, int error)
{
    ADDRINFOA hints = {.ai_family = family, .ai_flags = flags};
    ADDRINFOA *list = (ADDRINFOA *)0x1;

    ck_assert_int_eq(getaddrinfo(node, service, &hints, &list), error);
    ck_assert_int_eq(WSAGetLastError(), error);
    ck_assert_ptr_null(list);
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

START_TEST(getaddrinfo_numbers)
{
    assert_resolves("192.0.2.1", AF_UNSPEC, 0, LIST("192.0.2.1"));
    assert_resolves("127.1", AF_UNSPEC, AI_NUMERICHOST, LIST("127.0.0.1"));
    assert_resolves("2001:db8::7", AF_UNSPEC, AI_NUMERICHOST, LIST("2001:db8::7"));
    assert_resolves("192.0.2.1", AF_INET6, AI_V4MAPPED, LIST("::ffff:192.0.2.1"));
    assert_fails("192.0.2.1", NULL, AF_INET6, 0, WSAHOST_NOT_FOUND);
    assert_fails("::1", NULL, AF_INET, 0, WSAHOST_NOT_FOUND);
    assert_fails("peer", NULL, AF_UNSPEC, AI_NUMERICHOST, WSAHOST_NOT_FOUND);
}
END_TEST

START_TEST(getaddrinfo_zones)
{
    static const char *const texts[] = {"fe80::1%2", "fe80::1%mem0"};
    ADDRINFOA *list;
    SOCKADDR_IN6 name;

    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(getaddrinfo(texts[i], NULL, NULL, &list), 0);
        memcpy(&name, list->ai_addr, sizeof(name));
        ck_assert_uint_eq(name.sin6_scope_id, 2);
        freeaddrinfo(list);
    }
    assert_fails("fe80::1%mem7", NULL, AF_UNSPEC, 0, WSAHOST_NOT_FOUND);
}
END_TEST

START_TEST(getaddrinfo_names)
{
    assert_resolves("localhost", AF_UNSPEC, 0, LIST("::1", "127.0.0.1"));
    assert_resolves("LOCALHOST", AF_INET, 0, LIST("127.0.0.1"));
    assert_resolves("a.localhost", AF_INET6, 0, LIST("::1"));
    assert_resolves("Peer", AF_UNSPEC, 0, LIST("192.0.2.9", "2001:db8::9"));
    assert_resolves("peer", AF_INET6, 0, LIST("2001:db8::9"));
    assert_resolves("peer", AF_INET6, AI_V4MAPPED | AI_ALL,
                    LIST("::ffff:192.0.2.9", "2001:db8::9"));
    assert_resolves("far.example", AF_UNSPEC, 0, LIST("192.0.2.20", "203.0.113.1"));
    assert_fails("six", NULL, AF_INET, 0, WSAHOST_NOT_FOUND);
    assert_fails("unknown.example", NULL, AF_UNSPEC, 0, WSAHOST_NOT_FOUND);
}
END_TEST

START_TEST(getaddrinfo_this_host)
{
    char own[256];

    assert_resolves(NULL, AF_UNSPEC, 0, LIST("::1", "127.0.0.1"));
    assert_resolves(NULL, AF_UNSPEC, AI_PASSIVE, LIST("::", "0.0.0.0"));
    assert_resolves(NULL, AF_INET, AI_PASSIVE, LIST("0.0.0.0"));
    assert_resolves("", AF_INET, 0, LIST("192.0.2.1"));
    ck_assert_int_eq(gethostname(own, sizeof(own)), 0);
    assert_resolves(own, AF_INET, 0, LIST("192.0.2.1"));
    assert_fails(NULL, NULL, AF_UNSPEC, 0, WSAHOST_NOT_FOUND);
}
END_TEST

START_TEST(getaddrinfo_wrong_hints)
{
    ADDRINFOA hints = {.ai_socktype = 999};
    ADDRINFOA *list;

    ck_assert_int_eq(getaddrinfo("localhost", NULL, &hints, &list), WSAESOCKTNOSUPPORT);
    hints = (ADDRINFOA){.ai_addrlen = 1};
    ck_assert_int_eq(getaddrinfo("localhost", NULL, &hints, &list), WSANO_RECOVERY);
    assert_fails("localhost", NULL, 99, 0, WSAEAFNOSUPPORT);
    assert_fails(NULL, "7", AF_UNSPEC, AI_CANONNAME, WSAEINVAL);
    assert_fails("localhost", "echo", AF_UNSPEC, AI_NUMERICSERV, WSAHOST_NOT_FOUND);
    assert_fails("localhost", "65536", AF_UNSPEC, 0, WSATYPE_NOT_FOUND);
    assert_fails("localhost", "nonsense", AF_UNSPEC, 0, WSATYPE_NOT_FOUND);
    ck_assert_int_eq(getaddrinfo("localhost", NULL, NULL, NULL), WSAEFAULT);
}
END_TEST

/* Type and protocol come back as they were given, whatever they are. */
START_TEST(getaddrinfo_echoes_type_and_protocol)
{
    static const int types[] = {0, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW};
    static const int protocols[] = {0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPV6, 999};

    for (unsigned i = 0; i < 20; i++) {
        ADDRINFOA hints = {.ai_socktype = types[i % 4], .ai_protocol = protocols[i % 5],
                           .ai_flags = AI_CANONNAME};
        ADDRINFOA *list;

        ck_assert_int_eq(getaddrinfo("localhost", "", &hints, &list), 0);
        ck_assert_int_eq(list->ai_socktype, types[i % 4]);
        ck_assert_int_eq(list->ai_protocol, protocols[i % 5]);
        ck_assert_str_eq(list->ai_canonname, "localhost");
        ck_assert_ptr_null(list->ai_next->ai_canonname);
        freeaddrinfo(list);
    }
}
END_TEST

START_TEST(getaddrinfo_services)
{
    static const struct {
        const char *service;
        int type;
        unsigned port; /* 0: none */
    } rows[] = {
        {"domain", SOCK_DGRAM, 53}, {"DOMAIN", SOCK_STREAM, 53}, {"http", SOCK_STREAM, 80},
        {"www", SOCK_STREAM, 80},   {"http", SOCK_DGRAM, 0},     {"mdns", 0, 5353},
        {"65535", 0, 65535},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ADDRINFOA hints = {.ai_family = AF_INET, .ai_socktype = rows[i].type};
        ADDRINFOA *list = NULL;
        int error = getaddrinfo(NULL, rows[i].service, &hints, &list);

        ck_assert_int_eq(error, rows[i].port == 0 ? WSATYPE_NOT_FOUND : 0);
        if (error == 0) {
            SOCKADDR_IN name;

            memcpy(&name, list->ai_addr, sizeof(name));
            ck_assert_uint_eq(ntohs(name.sin_port), rows[i].port);
        }
        freeaddrinfo(list);
    }
}
END_TEST

START_TEST(getaddrinfo_wide)
{
    ADDRINFOW hints = {.ai_family = AF_INET, .ai_flags = AI_CANONNAME, .ai_socktype = SOCK_DGRAM};
    ADDRINFOW *list = NULL;
    SOCKADDR_STORAGE name;

    ck_assert_int_eq(GetAddrInfoW(U("peer"), U("5000"), &hints, &list), 0);
    world_name("192.0.2.9", 5000, &name);
    ck_assert_mem_eq(list->ai_addr, &name, sizeof(SOCKADDR_IN));
    ck_assert_mem_eq(list->ai_canonname, U("peer"), 10);
    ck_assert_ptr_null(list->ai_next);
    FreeAddrInfoW(list);
    list = (ADDRINFOW *)0x1;
    ck_assert_int_eq(GetAddrInfoW(NULL, NULL, NULL, &list), WSAHOST_NOT_FOUND);
    ck_assert_ptr_null(list);
    ck_assert_int_eq(WSAGetLastError(), WSAHOST_NOT_FOUND);
    FreeAddrInfoW(NULL);
}
END_TEST

START_TEST(getnameinfo_forms)
{
    SOCKADDR_STORAGE name;
    char host[NI_MAXHOST], service[NI_MAXSERV];
    WCHAR wide[32];
    int length = world_name("192.0.2.9", 53, &name);
    const SOCKADDR *address = (const SOCKADDR *)&name;

    ck_assert_int_eq(getnameinfo(address, length, host, sizeof(host), service, sizeof(service), 0),
                     0);
    ck_assert_str_eq(host, "peer");
    ck_assert_str_eq(service, "domain");
    ck_assert_int_eq(getnameinfo(address, length, host, sizeof(host), service, sizeof(service),
                                 NI_NUMERICHOST | NI_NUMERICSERV), 0);
    ck_assert_str_eq(host, "192.0.2.9");
    ck_assert_str_eq(service, "53");
    ck_assert_int_eq(GetNameInfoW(address, length, wide, 32, NULL, 0, 0), 0);
    ck_assert_mem_eq(wide, U("peer"), 10);
    ck_assert_int_eq(getnameinfo(address, length, host, 4, NULL, 0, 0), ERROR_INSUFFICIENT_BUFFER);
    ck_assert_int_eq(getnameinfo(address, length, NULL, 0, NULL, 0, 0), WSAHOST_NOT_FOUND);
    ck_assert_int_eq(getnameinfo(address, 8, host, sizeof(host), NULL, 0, 0), WSAEFAULT);
    ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
    length = world_name("203.0.113.1", 123, &name);
    ck_assert_int_eq(getnameinfo(address, length, host, sizeof(host), service, sizeof(service),
                                 NI_NOFQDN | NI_DGRAM), 0);
    ck_assert_str_eq(host, "far");
    ck_assert_str_eq(service, "ntp");
    length = world_name("203.0.113.77", 123, &name);
    ck_assert_int_eq(getnameinfo(address, length, host, sizeof(host), service, sizeof(service), 0),
                     0);
    ck_assert_str_eq(host, "203.0.113.77");
    ck_assert_str_eq(service, "123");
    ck_assert_int_eq(getnameinfo(address, length, host, sizeof(host), NULL, 0, NI_NAMEREQD),
                     WSAHOST_NOT_FOUND);
    name.ss_family = 99;
    ck_assert_int_eq(getnameinfo(address, length, host, sizeof(host), NULL, 0, 0),
                     WSAEAFNOSUPPORT);
}
END_TEST

START_TEST(hosts_of_winsock_one)
{
    struct hostent *found = gethostbyname("far.example");
    IN_ADDR address = {.s_addr = inet_addr("192.0.2.9")};

    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->h_name, "far.example");
    ck_assert_int_eq(found->h_addrtype, AF_INET);
    ck_assert_int_eq(found->h_length, 4);
    ck_assert_uint_eq(*(ULONG *)(void *)found->h_addr_list[0], inet_addr("192.0.2.20"));
    ck_assert_uint_eq(*(ULONG *)(void *)found->h_addr_list[1], inet_addr("203.0.113.1"));
    ck_assert_ptr_null(found->h_addr_list[2]);
    ck_assert_ptr_null(found->h_aliases[0]);
    ck_assert_ptr_nonnull(gethostbyname(NULL));
    ck_assert_ptr_nonnull(gethostbyname("192.0.2.77"));
    ck_assert_ptr_null(gethostbyname("six"));
    ck_assert_int_eq(WSAGetLastError(), WSANO_DATA);
    ck_assert_ptr_null(gethostbyname("unknown.example"));
    ck_assert_int_eq(WSAGetLastError(), WSAHOST_NOT_FOUND);
    found = gethostbyaddr((const char *)&address, 4, AF_INET);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->h_name, "peer");
    ck_assert_mem_eq(found->h_addr, &address, 4);
    ck_assert_ptr_null(gethostbyaddr((const char *)&address, 3, AF_INET));
    ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
    ck_assert_ptr_null(gethostbyaddr((const char *)&address, 4, 99));
    ck_assert_int_eq(WSAGetLastError(), WSAEAFNOSUPPORT);
    address.s_addr = inet_addr("203.0.113.77");
    ck_assert_ptr_null(gethostbyaddr((const char *)&address, 4, AF_INET));
    ck_assert_int_eq(WSAGetLastError(), WSAHOST_NOT_FOUND);
}
END_TEST

START_TEST(host_name_needs_room)
{
    char name[256];
    WCHAR wide[256];

    ck_assert_int_eq(gethostname(name, sizeof(name)), 0);
    ck_assert_int_eq(gethostname(name, (int)strlen(name) + 1), 0);
    world_fails(gethostname(name, (int)strlen(name)), WSAEFAULT);
    world_fails(gethostname(NULL, 256), WSAEFAULT);
    ck_assert_int_eq(GetHostNameW(wide, 256), 0);
    ck_assert_uint_eq(wide[0], (unsigned char)name[0]);
    world_fails(GetHostNameW(wide, 1), WSAEFAULT);
}
END_TEST

START_TEST(services_and_protocols)
{
    struct servent *service = getservbyname("TFTP", NULL);
    struct protoent *protocol;

    ck_assert_ptr_nonnull(service);
    ck_assert_str_eq(service->s_name, "tftp");
    ck_assert_str_eq(service->s_proto, "udp");
    ck_assert_int_eq(service->s_port, (short)htons(69));
    ck_assert_ptr_null(getservbyname("tftp", "tcp"));
    ck_assert_int_eq(WSAGetLastError(), WSANO_DATA);
    service = getservbyport(htons(53), "udp");
    ck_assert_ptr_nonnull(service);
    ck_assert_str_eq(service->s_name, "domain");
    ck_assert_str_eq(service->s_proto, "udp");
    ck_assert_ptr_null(getservbyport(htons(54321), NULL));
    ck_assert_ptr_null(getservbyname(NULL, NULL));
    ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
    protocol = getprotobyname("Udp");
    ck_assert_ptr_nonnull(protocol);
    ck_assert_int_eq(protocol->p_proto, 17);
    ck_assert_str_eq(getprotobynumber(6)->p_name, "tcp");
    ck_assert_ptr_null(getprotobynumber(200));
    ck_assert_int_eq(WSAGetLastError(), WSANO_DATA);
}
END_TEST

START_TEST(names_need_startup)
{
    ADDRINFOA *list;
    char name[256];

    ck_assert_int_eq(getaddrinfo("localhost", NULL, NULL, &list), WSANOTINITIALISED);
    ck_assert_ptr_null(gethostbyname("localhost"));
    ck_assert_int_eq(WSAGetLastError(), WSANOTINITIALISED);
    world_fails(gethostname(name, sizeof(name)), WSANOTINITIALISED);
    ck_assert_ptr_null(getservbyname("echo", NULL));
    ck_assert_int_eq(WSAGetLastError(), WSANOTINITIALISED);
}
END_TEST

START_TEST(error_texts)
{
    ck_assert_str_ne(gai_strerrorA(WSAHOST_NOT_FOUND), gai_strerrorA(WSATRY_AGAIN));
    ck_assert_uint_eq(gai_strerrorW(WSAHOST_NOT_FOUND)[0],
                      (unsigned char)gai_strerrorA(WSAHOST_NOT_FOUND)[0]);
    ck_assert_ptr_nonnull(gai_strerrorA(-1));
}
END_TEST

Suite *suite_contract_resolve(void)
{
    Suite *suite = suite_create("resolve");
    TCase *tcase = tcase_create("resolve"), *none = tcase_create("resolve_without_startup");

    tcase_add_checked_fixture(tcase, set_up, world_teardown);
    tcase_add_test(tcase, getaddrinfo_numbers);
    tcase_add_test(tcase, getaddrinfo_zones);
    tcase_add_test(tcase, getaddrinfo_names);
    tcase_add_test(tcase, getaddrinfo_this_host);
    tcase_add_test(tcase, getaddrinfo_wrong_hints);
    tcase_add_test(tcase, getaddrinfo_echoes_type_and_protocol);
    tcase_add_test(tcase, getaddrinfo_services);
    tcase_add_test(tcase, getaddrinfo_wide);
    tcase_add_test(tcase, getnameinfo_forms);
    tcase_add_test(tcase, hosts_of_winsock_one);
    tcase_add_test(tcase, host_name_needs_room);
    tcase_add_test(tcase, services_and_protocols);
    tcase_add_test(tcase, error_texts);
    suite_add_tcase(suite, tcase);
    tcase_add_test(none, names_need_startup);
    suite_add_tcase(suite, none);
    return suite;
}
