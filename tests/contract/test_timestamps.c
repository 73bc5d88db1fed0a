/*
 * test_timestamps.c - SIO_TIMESTAMPING both ways, and the interface of arrival (C33, winsock-facts
 * 4.18).
 */
#include "tests/contract/contract.h"

#include <mstcpip.h>
#include <string.h>
#include <windows.h>

#include "tests/support/control.h"

static struct received received;

static UINT64 now(void)
{
    LARGE_INTEGER counter;

    ck_assert(QueryPerformanceCounter(&counter));
    return (UINT64)counter.QuadPart;
}

static void configure(SOCKET s, ULONG flags, USHORT buffered)
{
    TIMESTAMPING_CONFIG config = {.Flags = flags, .TxTimestampsBuffered = buffered};
    DWORD bytes = 7;

    ck_assert_int_eq(WSAIoctl(s, SIO_TIMESTAMPING, &config, sizeof(config), NULL, 0, &bytes, NULL,
                              NULL), 0);
    ck_assert_uint_eq(bytes, 0);
}

static bool stamped(UINT64 *stamp)
{
    return control_find(&received, SOL_SOCKET, SO_TIMESTAMP, stamp, sizeof(*stamp));
}

START_TEST(c33_the_counter)
{
    LARGE_INTEGER frequency;
    UINT64 before = now();
    int64_t start_ms = world_now_ms();

    ck_assert(QueryPerformanceFrequency(&frequency));
    ck_assert_int_eq(frequency.QuadPart, 10000000);
    while (world_now_ms() < start_ms + 3) {
    }
    ck_assert_uint_ge(now() - before, 2 * 10000);
    SetLastError(0);
    ck_assert(!QueryPerformanceCounter(NULL));
    ck_assert_uint_eq(GetLastError(), ERROR_NOACCESS);
}
END_TEST

START_TEST(c33_arrival_time_on_receive)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    UINT64 stamp, last = now();

    deliver(FAMILY, port, "off");
    world_receive(s, &received);
    ck_assert(!stamped(&stamp));
    configure(s, TIMESTAMPING_FLAG_RX, 0);
    for (unsigned i = 0; i < 3; i++) {
        deliver(FAMILY, port, "on");
        world_receive(s, &received);
        ck_assert(stamped(&stamp));
        ck_assert_uint_ge(stamp, last);
        ck_assert_uint_le(stamp, now());
        last = stamp;
    }
    configure(s, TIMESTAMPING_FLAG_TX, 4);
    deliver(FAMILY, port, "off");
    world_receive(s, &received);
    ck_assert(!stamped(&stamp));
    ck_assert_uint_eq(received.control.count, 0);
}
END_TEST

/* The time is that of the arrival, not that of the call. */
START_TEST(c33_arrival_time_of_a_queued_datagram)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct winlwip_stats stats;
    UINT64 stamp;

    deliver(FAMILY, port, "queued");
    world_settle(&stats);
    UINT64 after_arrival = now();
    configure(s, TIMESTAMPING_FLAG_RX, 0); /* C28 */
    world_receive(s, &received);
    ck_assert(stamped(&stamp));
    ck_assert_uint_le(stamp, after_arrival);
}
END_TEST

START_TEST(c33_dual_stack)
{
    uint16_t port;
    SOCKET s = world_dual_socket(&port);
    UINT64 stamp;

    configure(s, TIMESTAMPING_FLAG_RX, 0);
    deliver(FAMILY, port, "x");
    world_receive(s, &received);
    ck_assert(stamped(&stamp));
}
END_TEST

START_TEST(c33_bad_configurations)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    TIMESTAMPING_CONFIG config = {.Flags = 4};
    DWORD bytes;

    world_fails(WSAIoctl(s, SIO_TIMESTAMPING, &config, sizeof(config), NULL, 0, &bytes, NULL,
                         NULL), WSAEINVAL);
    world_fails(WSAIoctl(s, SIO_TIMESTAMPING, &config, sizeof(config) - 1, NULL, 0, &bytes, NULL,
                         NULL), WSAEFAULT);
}
END_TEST

static int ask(SOCKET s, UINT32 id, UINT64 *stamp)
{
    DWORD bytes = 0;
    int result = WSAIoctl(s, SIO_GET_TX_TIMESTAMP, &id, sizeof(id), stamp, sizeof(*stamp), &bytes,
                          NULL, NULL);

    ck_assert(result != 0 || bytes == sizeof(*stamp));
    return result;
}

static void send_with_id(const struct world_family *family, SOCKET s, UINT32 id)
{
    struct control_data control = {0};

    control_add(&control, SOL_SOCKET, SO_TIMESTAMP_ID, &id, sizeof(id));
    ck_assert_int_eq(control_send(s, family->peer, 7777, "x", 1, &control, NULL), 0);
}

START_TEST(c62_time_of_a_send)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    UINT64 stamp = 0, before = now();

    configure(s, TIMESTAMPING_FLAG_TX, 8);
    world_fails(ask(s, 5, &stamp), WSAEWOULDBLOCK);
    send_with_id(FAMILY, s, 0xfffffffe);
    world_fails(ask(s, 5, &stamp), WSAEWOULDBLOCK);
    ck_assert_int_eq(ask(s, 0xfffffffe, &stamp), 0);
    ck_assert_uint_ge(stamp, before);
    ck_assert_uint_le(stamp, now());
    world_fails(ask(s, 0xfffffffe, &stamp), WSAEWOULDBLOCK); /* it was taken */
}
END_TEST

START_TEST(c62_full_of_send_times)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    UINT64 stamp;

    configure(s, TIMESTAMPING_FLAG_TX, 2);
    for (UINT32 id = 1; id <= 3; id++) {
        send_with_id(FAMILY, s, id);
    }
    ck_assert_int_eq(ask(s, 2, &stamp), 0);
    send_with_id(FAMILY, s, 4);
    ck_assert_int_eq(ask(s, 4, &stamp), 0);
    ck_assert_int_eq(ask(s, 1, &stamp), 0);
    world_fails(ask(s, 3, &stamp), WSAEWOULDBLOCK);
    configure(s, TIMESTAMPING_FLAG_TX, 65535); /* fewer are kept, and it is not refused */
    send_with_id(FAMILY, s, 5);
    ck_assert_int_eq(ask(s, 5, &stamp), 0);
}
END_TEST

START_TEST(c62_no_time_unless_configured)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    UINT64 stamp;

    send_with_id(FAMILY, s, 1);
    world_fails(ask(s, 1, &stamp), WSAEWOULDBLOCK);
    configure(s, TIMESTAMPING_FLAG_TX, 8);
    world_set(s, IPPROTO_UDP, UDP_SEND_MSG_SIZE, 1000);
    send_with_id(FAMILY, s, 2); /* not together with cutting */
    world_fails(ask(s, 2, &stamp), WSAEWOULDBLOCK);
}
END_TEST

/* Both forms of the index and of the address, on the interface that the datagram came by. */
START_TEST(c33_interface_of_arrival)
{
    static const struct {
        int of4, of6;
    } options[] = {{IP_ORIGINAL_ARRIVAL_IF, IP_ORIGINAL_ARRIVAL_IF}, {IP_RECVIF, IPV6_RECVIF}};
    uint16_t port;
    SOCKET s = world_socket(FAMILY->any, &port);
    bool v4 = FAMILY->af == AF_INET;

    for (unsigned i = 0; i < 2; i++) {
        int option = v4 ? options[i].of4 : options[i].of6;
        world_set(s, FAMILY->level, option, 1);
        for (unsigned link = 0; link < 2; link++) {
            struct frame_spec spec = {
                .src = link == 0 ? FAMILY->peer : v4 ? "198.51.100.9" : "2001:db8:2::9",
                .dst = link == 0 ? FAMILY->us : FAMILY->us_second, .dst_port = port, .text = "x"};
            ULONG index = 0;
            memcpy(spec.dst_mac, link == 0 ? frame_our_mac : frame_our_second_mac, 6);
            world_inject_on(link, &spec);
            world_receive(s, &received);
            ck_assert(control_find(&received, FAMILY->level, option, &index, sizeof(index)));
            ck_assert_uint_eq(index, link == 0 ? WORLD_FIRST_INDEX : WORLD_SECOND_INDEX);
        }
        world_set(s, FAMILY->level, option, 0);
    }
    world_inject(&(struct frame_spec){.src = FAMILY->peer, .dst = FAMILY->us, .dst_port = port,
                                      .text = "x"});
    world_receive(s, &received);
    ck_assert_uint_eq(received.control_len, 0);
}
END_TEST

Suite *suite_contract_timestamps(void)
{
    Suite *suite = suite_create("timestamps");
    TCase *tcase = tcase_create("timestamps"), *two = tcase_create("arrival");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_test(tcase, c33_the_counter);
    tcase_add_loop_test(tcase, c33_arrival_time_on_receive, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c33_arrival_time_of_a_queued_datagram, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c33_dual_stack, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c33_bad_configurations, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_time_of_a_send, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_full_of_send_times, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_no_time_unless_configured, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);

    tcase_add_checked_fixture(two, world_setup_two, world_teardown);
    tcase_add_loop_test(two, c33_interface_of_arrival, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, two);
    return suite;
}
