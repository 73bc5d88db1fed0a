/*
 * test_address_text.c - addresses with port and zone as text: what tests that run on Windows say of
 * WSAStringToAddress and WSAAddressToString, and the wide forms of WB 17.
 */
#include "tests/contract/contract.h"

#include <string.h>

#define U(text) ((PWSTR)u"" text)

static const struct {
    const char *text;
    const char *address; /* NULL: no address */
    uint16_t port;
} texts4[] = {
    {"", NULL, 0}, {" ", NULL, 0}, {"1.1.1.1", "1.1.1.1", 0}, {"127.127.127.127:", NULL, 0},
    {"127.127.127.127:0", NULL, 0}, {"127.127.127.127:123", "127.127.127.127", 123},
    {"127.127.127.127:65535", "127.127.127.127", 65535}, {"127.127.127.127:65537", NULL, 0},
    {"127.127.127.127::1", NULL, 0}, {"127.127.127.127:0xAbCd", "127.127.127.127", 43981},
    {"127.127.127.127:0x", NULL, 0}, {"127.127.127.127:010", "127.127.127.127", 8},
    {"127.127.127.127:08", NULL, 0}, {"255.255.255.256", NULL, 0}, {"a", NULL, 0},
    {"1.1.1.0xaA", "1.1.1.170", 0}, {"1.1.1.0x", NULL, 0}, {"1.1.1.010", "1.1.1.8", 0},
    {"1.1.1.08", NULL, 0}, {"1", "0.0.0.1", 0}, {"1:1", "0.0.0.1", 1}, {"1.2", "1.0.0.2", 0},
    {"1..2", NULL, 0}, {"1.2.3:1", "1.2.0.3", 1}, {"2001::1", NULL, 0}, {" 3.4.5.6", NULL, 0},
    {"3.4.5.6 ", NULL, 0}, {"3.4.5.6:7 ", NULL, 0}, {"[0.1.2.3]", NULL, 0},
    {"0777:10", "0.0.1.255", 10}, {"::1", NULL, 0}, {":1", NULL, 0},
};

static const struct {
    const char *text;
    const char *address;
    uint16_t port;
} texts6[] = {
    {"::1", "::1", 0}, {"[::1]", "::1", 0}, {"[::1]:65535", "::1", 65535}, {"2001::1", "2001::1", 0},
    {"::1]:65535", NULL, 0}, {"001::1", "1::1", 0}, {"1.2.3.4", NULL, 0}, {"1:2:3:", NULL, 0},
    {"", NULL, 0}, {"[::1", NULL, 0}, {"[::1]x", NULL, 0}, {"[::1]:0", NULL, 0},
};

static void widen(const char *text, WCHAR *wide)
{
    do {
        *wide++ = (WCHAR)(unsigned char)*text;
    } while (*text++ != '\0');
}

static void check_text(int family, const char *text, const char *address, uint16_t port)
{
    SOCKADDR_STORAGE expected, name;
    WCHAR wide[64];

    widen(text, wide);
    for (unsigned is_wide = 0; is_wide < 2; is_wide++) {
        INT length = sizeof(name);
        int result;

        memset(&name, 0xab, sizeof(name));
        result = is_wide ? WSAStringToAddressW(wide, family, NULL, (SOCKADDR *)&name, &length)
                         : WSAStringToAddressA((char *)text, family, NULL, (SOCKADDR *)&name,
                                               &length);
        if (address == NULL) {
            ck_assert_msg(result == SOCKET_ERROR, "\"%s\" is no address", text);
            ck_assert_int_eq(WSAGetLastError(), WSAEINVAL);
            ck_assert_int_eq(name.ss_family, 0);
            ck_assert_int_eq(length, sizeof(name));
            continue;
        }
        ck_assert_msg(result == 0, "\"%s\" is an address", text);
        ck_assert_int_eq(length, world_name(address, port, &expected));
        ck_assert_mem_eq(&name, &expected, (size_t)length);
    }
}

START_TEST(string_to_address)
{
    SOCKADDR_IN name;
    INT length = 0;

    for (unsigned i = 0; i < sizeof(texts4) / sizeof(texts4[0]); i++) {
        check_text(AF_INET, texts4[i].text, texts4[i].address, texts4[i].port);
    }
    for (unsigned i = 0; i < sizeof(texts6) / sizeof(texts6[0]); i++) {
        check_text(AF_INET6, texts6[i].text, texts6[i].address, texts6[i].port);
    }
    world_fails(WSAStringToAddressA((char *)"1.2.3.4", AF_INET, NULL, (SOCKADDR *)&name, &length),
                WSAEFAULT);
    ck_assert_int_ge(length, sizeof(name));
    world_fails(WSAStringToAddressA(NULL, AF_INET, NULL, (SOCKADDR *)&name, &length), WSAEINVAL);
    world_fails(WSAStringToAddressA((char *)"1.2.3.4", 99, NULL, (SOCKADDR *)&name, &length),
                WSAEINVAL);
}
END_TEST

static const struct {
    const char *address;
    uint16_t port;
    ULONG scope;
    const char *text;
} addresses[] = {
    {"0.0.0.0", 0, 0, "0.0.0.0"},
    {"255.255.255.255", 65535, 0, "255.255.255.255:65535"},
    {"::1", 0, 0, "::1"},
    {"20ab::2001", 33274, 0, "[20ab::2001]:33274"},
    {"20ab::2001", 33274, 0x1234, "[20ab::2001%4660]:33274"},
    {"20ab::2001", 0, 0x1234, "20ab::2001%4660"},
};

START_TEST(address_to_string)
{
    for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        size_t chars = strlen(addresses[i].text) + 1;
        SOCKADDR_STORAGE name;
        DWORD length = (DWORD)world_name(addresses[i].address, addresses[i].port, &name);
        char text[64];
        WCHAR wide[64] = {0}, expected[64] = {0};
        DWORD room = sizeof(text), wide_room = 64;

        if (name.ss_family == AF_INET6) {
            ((SOCKADDR_IN6 *)&name)->sin6_scope_id = addresses[i].scope;
        }
        ck_assert_int_eq(WSAAddressToStringA((SOCKADDR *)&name, length, NULL, text, &room), 0);
        ck_assert_str_eq(text, addresses[i].text);
        ck_assert_uint_eq(room, chars);
        ck_assert_int_eq(WSAAddressToStringW((SOCKADDR *)&name, length, NULL, wide, &wide_room), 0);
        widen(addresses[i].text, expected);
        ck_assert_mem_eq(wide, expected, chars * sizeof(WCHAR));
        ck_assert_uint_eq(wide_room, chars);
        room = (DWORD)chars - 1;
        world_fails(WSAAddressToStringA((SOCKADDR *)&name, length, NULL, text, &room), WSAEFAULT);
        ck_assert_uint_eq(room, chars);
    }
}
END_TEST

START_TEST(wb17_wide_text_of_addresses)
{
    IN_ADDR v4;
    WCHAR wide[64];

    ck_assert_int_eq(InetPtonW(AF_INET, U("192.0.2.1"), &v4), 1);
    ck_assert_uint_eq(v4.s_addr, inet_addr("192.0.2.1"));
    WSASetLastError(0);
    ck_assert_int_eq(InetPtonW(AF_INET, U("192.0.2.256"), &v4), 0);
    ck_assert_int_eq(WSAGetLastError(), WSAEINVAL);
    ck_assert_int_eq(InetPtonW(AF_INET, NULL, &v4), -1);
    ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
    v4.s_addr = inet_addr("192.0.2.1");
    ck_assert_ptr_eq(InetNtopW(AF_INET, &v4, wide, 10), wide);
    ck_assert_mem_eq(wide, U("192.0.2.1"), 20);
    ck_assert_ptr_null(InetNtopW(AF_INET, &v4, wide, 9));
    ck_assert_ptr_null(InetNtopW(AF_INET, &v4, NULL, 64));
}
END_TEST

Suite *suite_contract_address_text(void)
{
    Suite *suite = suite_create("address_text");
    TCase *tcase = tcase_create("address_text");

    tcase_add_checked_fixture(tcase, world_setup_loopback, world_teardown);
    tcase_add_test(tcase, string_to_address);
    tcase_add_test(tcase, address_to_string);
    tcase_add_test(tcase, wb17_wide_text_of_addresses);
    suite_add_tcase(suite, tcase);
    return suite;
}
