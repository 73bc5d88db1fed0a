/*
 * test_text.c - byte order and addresses in text (WB 17).
 */
#include <check.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>
#include <ntstatus.h>
#include "tests/unit/suites.h"
#include "winsock/wide.h"

START_TEST(byte_order)
{
    ck_assert_uint_eq(htons(0x1234), 0x3412);
    ck_assert_uint_eq(ntohs(0x3412), 0x1234);
    ck_assert_uint_eq(htonl(0x12345678), 0x78563412);
    ck_assert_uint_eq(ntohl(0x78563412), 0x12345678);
}
END_TEST

static const struct {
    const char *text;
    ULONG host; /* host byte order */
} loose[] = {
    {"1.2.3.4", 0x01020304}, {"1", 1},
    {"1.2", 0x01000002},     {"1.2.3", 0x01020003},
    {"0x10.010.9", 0x10080009}, {"3.4.5.6 ", 0x03040506},
    {"3.4.5.6  7", 0x03040506}, {" ", 0},
    {"127.65535", 0x7f00ffff},  {"4294967294", 0xfffffffe},
    {"", INADDR_NONE},       {"1.2.3.4.5", INADDR_NONE},
    {"256.1", INADDR_NONE},  {"1.2.3.256", INADDR_NONE},
    {"a", INADDR_NONE},      {"1.2.3.4x", INADDR_NONE},
    {"08", INADDR_NONE},     {"4294967296", INADDR_NONE},
    {"1..2", INADDR_NONE},   {"0x", INADDR_NONE},
};

START_TEST(c04_inet_addr_needs_no_startup)
{
    WSASetLastError(77);
    ck_assert_uint_eq(ntohl(inet_addr(loose[_i].text)), loose[_i].host);
    ck_assert_int_eq(WSAGetLastError(), 77);
}
END_TEST

START_TEST(inet_addr_of_nothing)
{
    ck_assert_uint_eq(inet_addr(NULL), INADDR_NONE);
    ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
}
END_TEST

/* What is read before the text turns out to be wrong is written (WB 17). */
static const struct {
    const char *text;
    int result;
    ULONG raw; /* the bytes as they stand in memory, little-endian */
} strict[] = {
    {"1.2.3.4", 1, 0x04030201},  {"255.255.255.255", 1, 0xffffffff},
    {"0.0.0.0", 1, 0},           {"1.1.1.0a", 0, 0x00010101},
    {"3.4.5.6 ", 0, 0x06050403}, {"01.1.1.1", 0, 0xcccccccc},
    {"1.2.3", 0, 0xcc030201},    {"256.1.1.1", 0, 0xcccccccc},
    {"", 0, 0xcccccccc},         {"0x1.1.1.1", 0, 0xcccccc00},
};

START_TEST(inet_pton_of_ipv4)
{
    ULONG raw = 0xcccccccc;

    ck_assert_int_eq(inet_pton(AF_INET, strict[_i].text, &raw), strict[_i].result);
    ck_assert_uint_eq(raw, strict[_i].raw);
}
END_TEST

START_TEST(inet_pton_arguments)
{
    UCHAR bytes[16];

    ck_assert_int_eq(inet_pton(AF_INET, NULL, bytes), -1);
    ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
    ck_assert_int_eq(inet_pton(AF_UNSPEC, NULL, bytes), -1);
    ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
    ck_assert_int_eq(inet_pton(AF_UNSPEC, "1.2.3.4", bytes), -1);
    ck_assert_int_eq(WSAGetLastError(), WSAEAFNOSUPPORT);
}
END_TEST

/* Texts as inet_ntop() writes them; inet_pton() reads each back to the same bytes. */
static const char *const texts6[] = {
    "::", "::1", "1::", "2001:db8::1", "::fffe:cc98:bd74", "2030:a4b1::", "::204.152.189.116",
    "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "1:0:3:4:5:6:7:8", "1::4:0:0:7:8", "fe80::1:0:0:1",
};

START_TEST(ipv6_text_and_back)
{
    UCHAR bytes[16];
    char text[INET6_ADDRSTRLEN];

    ck_assert_int_eq(inet_pton(AF_INET6, texts6[_i], bytes), 1);
    ck_assert_ptr_eq(inet_ntop(AF_INET6, bytes, text, sizeof(text)), text);
    ck_assert_str_eq(text, texts6[_i]);
}
END_TEST

START_TEST(inet_ntop_arguments)
{
    ULONG v4 = htonl(INADDR_LOOPBACK);
    char text[16];

    ck_assert_str_eq(inet_ntop(AF_INET, &v4, text, 10), "127.0.0.1");
    ck_assert_ptr_null(inet_ntop(AF_INET, &v4, text, 9));
    ck_assert_int_eq(WSAGetLastError(), STATUS_INVALID_PARAMETER);
    ck_assert_ptr_null(inet_ntop(AF_INET, &v4, NULL, 10));
    ck_assert_ptr_null(inet_ntop(99, &v4, text, 16));
    ck_assert_int_eq(WSAGetLastError(), WSAEAFNOSUPPORT);
    ck_assert_str_eq(inet_ntoa((struct in_addr){.s_addr = v4}), "127.0.0.1");
}
END_TEST

/* One, two, three and four bytes; a pair of surrogates on the other side. */
START_TEST(utf8_to_utf16_and_back)
{
    static const char text[] = "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80";
    static const WCHAR wide[] = {'a', 0xfc, 0x20ac, 0xd83d, 0xde00, 0};
    WCHAR out[8];
    char back[16];

    ck_assert_uint_eq(wide_from_utf8(text, out, 8), 6);
    ck_assert_mem_eq(out, wide, sizeof(wide));
    ck_assert_uint_eq(wide_length(out), 5);
    ck_assert(wide_to_utf8(wide, back, sizeof(text)));
    ck_assert_str_eq(back, text);
    ck_assert(!wide_to_utf8(wide, back, sizeof(text) - 1));
    ck_assert_uint_eq(wide_from_utf8(text, NULL, 0), 6);
}
END_TEST

START_TEST(broken_unicode)
{
    /* Cut, overlong, a surrogate, beyond the last code point, a tail without a lead. */
    static const char *const texts[] = {"\xe2\x82", "\xc0\x80", "\xed\xa0\x80",
                                        "\xf5\x80\x80\x80", "\x80"};
    static const WCHAR alone[][3] = {{0xd83d, 0}, {0xde00, 0}, {0xd83d, 'a', 0}};
    WCHAR out[8];
    char back[16];

    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ck_assert_uint_ge(wide_from_utf8(texts[i], out, 8), 2);
        ck_assert_uint_eq(out[0], 0xfffd);
    }
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(!wide_to_utf8(alone[i], back, sizeof(back)));
    }
}
END_TEST

Suite *suite_text(void)
{
    Suite *suite = suite_create("text");
    TCase *tests = tcase_create("text");

    tcase_set_timeout(tests, 10);
    tcase_add_test(tests, byte_order);
    tcase_add_loop_test(tests, c04_inet_addr_needs_no_startup, 0,
                        sizeof(loose) / sizeof(loose[0]));
    tcase_add_test(tests, inet_addr_of_nothing);
    tcase_add_loop_test(tests, inet_pton_of_ipv4, 0, sizeof(strict) / sizeof(strict[0]));
    tcase_add_test(tests, inet_pton_arguments);
    tcase_add_loop_test(tests, ipv6_text_and_back, 0, sizeof(texts6) / sizeof(texts6[0]));
    tcase_add_test(tests, inet_ntop_arguments);
    tcase_add_test(tests, utf8_to_utf16_and_back);
    tcase_add_test(tests, broken_unicode);
    suite_add_tcase(suite, tests);
    return suite;
}
