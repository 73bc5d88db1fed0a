/*
 * test_option_widths.c - every option that is a number, set and read with 1, 2, 4 and 8 bytes
 * (WB 6.10-6.13). The tables of the library are looked through for options that are missing here.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include <winsock2.h>
#include <mswsock.h>
#include <ws2tcpip.h>

#include "tests/unit/suites.h"
#include "winsock/options_table.h"

/* What an option does with lengths. */
enum width {
    NARROW, /* takes 1 byte and more, gives 1 byte into less than 4 */
    OCTET,   /* the same, and never gives more than 1 byte */
    WIDE,   /* takes and gives 4 bytes; the length of a get into less becomes 0 */
    FOUR,   /* takes and gives 4 bytes; a get into less leaves all as it was */
    CLEARS, /* as FOUR, but a get into less makes what there is of the buffer 0 */
};

enum kind { UDP4, UDP6, RAW4, RAW6, TCP4 };

static const struct {
    int level, name;
    enum width width;
    enum kind kind;
    uint32_t value;
    bool fixed; /* it has the value and can't be set */
} options[] = {
    {SOL_SOCKET, SO_DEBUG, NARROW, UDP4, 1, false},
    {SOL_SOCKET, SO_REUSEADDR, NARROW, UDP4, 1, false},
    {SOL_SOCKET, SO_EXCLUSIVEADDRUSE, NARROW, UDP4, 1, false},
    {SOL_SOCKET, SO_BROADCAST, NARROW, UDP4, 1, false},
    {SOL_SOCKET, SO_DONTROUTE, OCTET, UDP4, 1, false},
    {SOL_SOCKET, SO_KEEPALIVE, OCTET, TCP4, 1, false},
    {SOL_SOCKET, SO_OOBINLINE, NARROW, TCP4, 1, false},
    {SOL_SOCKET, SO_LINGER, FOUR, TCP4, 0x12340001, false},
    {SOL_SOCKET, SO_DONTLINGER, NARROW, TCP4, 1, false},
    {SOL_SOCKET, SO_CONDITIONAL_ACCEPT, NARROW, TCP4, 1, false},
    {SOL_SOCKET, SO_PAUSE_ACCEPT, NARROW, TCP4, 1, false},
    {SOL_SOCKET, SO_RCVBUF, CLEARS, UDP4, 0x12345678, false},
    {SOL_SOCKET, SO_SNDBUF, CLEARS, UDP4, 0x12345678, false},
    {SOL_SOCKET, SO_RCVTIMEO, FOUR, UDP4, 0x12345678, false},
    {SOL_SOCKET, SO_SNDTIMEO, FOUR, UDP4, 0x12345678, false},
    {SOL_SOCKET, SO_ERROR, FOUR, UDP4, 10054, false},
    {SOL_SOCKET, SO_TYPE, FOUR, UDP4, SOCK_DGRAM, true},
    {SOL_SOCKET, SO_ACCEPTCONN, FOUR, UDP4, 0, true},
    {SOL_SOCKET, SO_MAX_MSG_SIZE, FOUR, UDP4, 65507, true},
    {SOL_SOCKET, SO_CONNECT_TIME, FOUR, UDP4, 0xffffffff, true},
    {SOL_SOCKET, SO_COMPARTMENT_ID, FOUR, UDP4, 1, false},
    {SOL_SOCKET, SO_RANDOMIZE_PORT, NARROW, UDP4, 1, false},
    {SOL_SOCKET, SO_PORT_SCALABILITY, NARROW, UDP4, 1, false},
    {SOL_SOCKET, SO_REUSE_UNICASTPORT, NARROW, UDP4, 1, false},
    {SOL_SOCKET, SO_REUSE_MULTICASTPORT, NARROW, UDP4, 1, false},
    {IPPROTO_IP, IP_PKTINFO, WIDE, UDP4, 1, false},
    {IPPROTO_IP, IP_RECVTTL, WIDE, UDP4, 1, false},
    {IPPROTO_IP, IP_RECVTOS, WIDE, UDP4, 1, false},
    {IPPROTO_IP, IP_RECVECN, WIDE, UDP4, 1, false},
    {IPPROTO_IP, IP_PKTINFO_EX, WIDE, UDP4, 1, false},
    {IPPROTO_IP, IP_RECVIF, WIDE, UDP4, 1, false},
    {IPPROTO_IP, IP_RECVDSTADDR, WIDE, UDP4, 1, false},
    {IPPROTO_IP, IP_ORIGINAL_ARRIVAL_IF, WIDE, UDP4, 1, false},
    {IPPROTO_IP, IP_TTL, NARROW, UDP4, 255, false},
    {IPPROTO_IP, IP_TOS, NARROW, UDP4, 255, false},
    {IPPROTO_IP, IP_DONTFRAGMENT, NARROW, UDP4, 1, false},
    {IPPROTO_IP, IP_MTU_DISCOVER, FOUR, UDP4, IP_PMTUDISC_PROBE, false},
    {IPPROTO_IP, IP_USER_MTU, FOUR, UDP4, 0x12345678, false},
    {IPPROTO_IP, IP_HDRINCL, NARROW, RAW4, 1, false},
    {IPPROTO_IP, IP_MULTICAST_TTL, NARROW, UDP4, 255, false},
    {IPPROTO_IP, IP_MULTICAST_LOOP, NARROW, UDP4, 1, false},
    {IPPROTO_IP, IP_MULTICAST_IF, FOUR, UDP4, 0, false},
    {IPPROTO_IP, IP_RECEIVE_BROADCAST, NARROW, UDP4, 1, false},
    {IPPROTO_IP, IP_UNICAST_IF, FOUR, UDP4, 0, false},
    {IPPROTO_IP, IP_IFLIST, NARROW, UDP4, 1, false},
    {IPPROTO_IP, IP_RTHDR, FOUR, UDP4, 0x12345678, false},
    {IPPROTO_IP, IP_RECVRTHDR, NARROW, UDP4, 1, false},
    {IPPROTO_IP, IP_RECVERR, NARROW, UDP4, 1, false},
    {IPPROTO_IP, IP_WFP_REDIRECT_RECORDS, FOUR, UDP4, 0x12345678, false},
    {IPPROTO_IP, IP_WFP_REDIRECT_CONTEXT, FOUR, UDP4, 0x12345678, false},
    {IPPROTO_IPV6, IPV6_PKTINFO, WIDE, UDP6, 1, false},
    {IPPROTO_IPV6, IPV6_HOPLIMIT, WIDE, UDP6, 1, false},
    {IPPROTO_IPV6, IPV6_RECVTCLASS, WIDE, UDP6, 1, false},
    {IPPROTO_IPV6, IPV6_RECVECN, WIDE, UDP6, 1, false},
    {IPPROTO_IPV6, IPV6_PKTINFO_EX, WIDE, UDP6, 1, false},
    {IPPROTO_IPV6, IPV6_RECVIF, WIDE, UDP6, 1, false},
    {IPPROTO_IPV6, IPV6_RECVDSTADDR, WIDE, UDP6, 1, false},
    {IPPROTO_IPV6, IP_ORIGINAL_ARRIVAL_IF, WIDE, UDP6, 1, false},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, NARROW, UDP6, 255, false},
    {IPPROTO_IPV6, IPV6_TCLASS, NARROW, UDP6, 255, false},
    {IPPROTO_IPV6, IPV6_DONTFRAG, NARROW, UDP6, 1, false},
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER, FOUR, UDP6, IP_PMTUDISC_PROBE, false},
    {IPPROTO_IPV6, IPV6_USER_MTU, FOUR, UDP6, 0x12345678, false},
    {IPPROTO_IPV6, IPV6_HDRINCL, NARROW, RAW6, 1, false},
    {IPPROTO_IPV6, IPV6_CHECKSUM, FOUR, RAW6, 0x1234, false},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, NARROW, UDP6, 255, false},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, NARROW, UDP6, 1, false},
    {IPPROTO_IPV6, IPV6_MULTICAST_IF, FOUR, UDP6, 0, false},
    {IPPROTO_IPV6, IPV6_V6ONLY, OCTET, UDP6, 1, false},
    {IPPROTO_IPV6, IPV6_UNICAST_IF, FOUR, UDP6, 0, false},
    {IPPROTO_IPV6, IPV6_IFLIST, NARROW, UDP6, 1, false},
    {IPPROTO_IPV6, IPV6_PROTECTION_LEVEL, FOUR, UDP6, PROTECTION_LEVEL_UNRESTRICTED, false},
    {IPPROTO_IPV6, IPV6_HOPOPTS, FOUR, UDP6, 0x12345678, false},
    {IPPROTO_IPV6, IPV6_RTHDR, FOUR, UDP6, 0x12345678, false},
    {IPPROTO_IPV6, IPV6_RECVRTHDR, NARROW, UDP6, 1, false},
    {IPPROTO_IPV6, IPV6_RECVERR, NARROW, UDP6, 1, false},
    {IPPROTO_IPV6, IPV6_WFP_REDIRECT_RECORDS, FOUR, UDP6, 0x12345678, false},
    {IPPROTO_IPV6, IPV6_WFP_REDIRECT_CONTEXT, FOUR, UDP6, 0x12345678, false},
    {IPPROTO_UDP, UDP_NOCHECKSUM, NARROW, UDP4, 1, false},
    {IPPROTO_UDP, UDP_CHECKSUM_COVERAGE, NARROW, UDP4, 1, false},
    {IPPROTO_UDP, UDP_SEND_MSG_SIZE, FOUR, UDP4, 0x12345678, false},
    {IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, FOUR, UDP4, 0x12345678, false},
};

enum { OPTIONS = sizeof(options) / sizeof(options[0]), LENGTH_MAX = 8, UNTOUCHED = 0xcc };

static void setup(void)
{
    WSADATA data;

    ck_assert_int_eq(WSAStartup(MAKEWORD(2, 2), &data), 0);
}

static void teardown(void)
{
    ck_assert_int_eq(WSACleanup(), 0);
}

static SOCKET open_socket(enum kind kind)
{
    static const struct {
        int family, type, protocol;
    } kinds[] = {
        [UDP4] = {AF_INET, SOCK_DGRAM, 0},    [UDP6] = {AF_INET6, SOCK_DGRAM, 0},
        [RAW4] = {AF_INET, SOCK_RAW, 253},    [RAW6] = {AF_INET6, SOCK_RAW, 253},
        [TCP4] = {AF_INET, SOCK_STREAM, 0},
    };
    SOCKET s = socket(kinds[kind].family, kinds[kind].type, kinds[kind].protocol);

    ck_assert_uint_ne(s, INVALID_SOCKET);
    return s;
}

static bool takes(enum width width, int length)
{
    return length >= 4 || width == NARROW || width == OCTET;
}

/* Sets the value in so many bytes. What is behind the fourth does not count. */
static void check_set(SOCKET s, int i, int length)
{
    uint8_t bytes[LENGTH_MAX];

    memset(bytes, UNTOUCHED, sizeof(bytes));
    memcpy(bytes, &options[i].value, sizeof(options[i].value));
    WSASetLastError(0);
    int result = setsockopt(s, options[i].level, options[i].name, (char *)bytes, length);
    if (options[i].fixed) {
        ck_assert_int_eq(result, SOCKET_ERROR);
        return;
    }
    ck_assert_int_eq(WSAGetLastError(), takes(options[i].width, length) ? 0 : WSAEFAULT);
    ck_assert_int_eq(result, takes(options[i].width, length) ? 0 : SOCKET_ERROR);
}

/* Reads the value into so many bytes. */
static void check_get(SOCKET s, int i, int length)
{
    enum width width = options[i].width;
    uint8_t bytes[LENGTH_MAX], expected[LENGTH_MAX];
    int got = length;

    memset(bytes, UNTOUCHED, sizeof(bytes));
    memset(expected, UNTOUCHED, sizeof(expected));
    WSASetLastError(0);
    int result = getsockopt(s, options[i].level, options[i].name, (char *)bytes, &got);
    if (takes(width, length)) {
        int full = width == OCTET || length < 4 ? 1 : 4;
        ck_assert_int_eq(result, 0);
        ck_assert_int_eq(got, full);
        memcpy(expected, &options[i].value, (size_t)full);
    } else {
        ck_assert_int_eq(result, SOCKET_ERROR);
        ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
        ck_assert_int_eq(got, width == WIDE ? 0 : length);
        memset(expected, width == CLEARS ? 0 : UNTOUCHED, (size_t)length);
    }
    ck_assert_mem_eq(bytes, expected, sizeof(bytes));
}

START_TEST(wb6_11_widths)
{
    for (int set_length = 1; set_length <= LENGTH_MAX; set_length *= 2) {
        SOCKET s = open_socket(options[_i].kind);
        check_set(s, _i, set_length);
        if (takes(options[_i].width, set_length)) {
            for (int get_length = 1; get_length <= LENGTH_MAX; get_length *= 2) {
                check_get(s, _i, get_length);
            }
        }
        ck_assert_int_eq(closesocket(s), 0);
    }
}
END_TEST

static bool is_here(int level, int name)
{
    for (int i = 0; i < OPTIONS; i++) {
        if (options[i].level == level && options[i].name == name) {
            return true;
        }
    }
    return false;
}

START_TEST(every_number_is_here)
{
    static const struct option_table *const tables[] = {&options_of_socket, &options_of_ip4,
                                                        &options_of_ip6, &options_of_udp};

    for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        for (size_t i = 0; i < tables[t]->count; i++) {
            const struct option_row *row = &tables[t]->rows[i];
            ck_assert_msg(row->format == OPTION_OWN || row->kinds == 0 ||
                              is_here(tables[t]->level, row->name),
                          "level %d option %d", tables[t]->level, row->name);
        }
    }
}
END_TEST

Suite *suite_option_widths(void)
{
    Suite *suite = suite_create("option_widths");
    TCase *tcase = tcase_create("option_widths");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, wb6_11_widths, 0, OPTIONS);
    tcase_add_test(tcase, every_number_is_here);
    suite_add_tcase(suite, tcase);
    return suite;
}
