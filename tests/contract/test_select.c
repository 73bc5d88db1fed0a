/*
 * test_select.c - select and WSAPoll (WB 15.1-15.12, 14.8, C45).
 */
#include "tests/contract/contract.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

static const TIMEVAL at_once = {0, 0};
static const TIMEVAL patience = {5, 0};

static struct received received;

static fd_set set_of(SOCKET s)
{
    fd_set set;

    FD_ZERO(&set);
    FD_SET(s, &set);
    return set;
}

static SOCKET unbound(void)
{
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_uint_ne(s, INVALID_SOCKET);
    world_track(s);
    return s;
}

START_TEST(wb15_1_nothing_to_wait_for)
{
    fd_set empty, other, third;

    FD_ZERO(&empty);
    FD_ZERO(&other);
    FD_ZERO(&third);
    world_fails(select(0, NULL, NULL, NULL, NULL), WSAEINVAL);
    world_fails(select(0, NULL, NULL, NULL, &at_once), WSAEINVAL);
    world_fails(select(0, &empty, &other, &third, &patience), WSAEINVAL);
}
END_TEST

START_TEST(wb15_2_no_socket)
{
    SOCKET s = world_socket("127.0.0.1", NULL);
    SOCKET closed = world_socket("127.0.0.1", NULL);

    ck_assert_int_eq(closesocket(closed), 0);
    for (unsigned i = 0; i < 6; i++) {
        fd_set sets[3];
        SOCKET bad = i < 3 ? INVALID_SOCKET : closed;

        for (unsigned j = 0; j < 3; j++) {
            sets[j] = set_of(s);
        }
        FD_SET(bad, &sets[i % 3]);
        world_fails(select(0, &sets[0], &sets[1], &sets[2], &at_once), WSAENOTSOCK);
        for (unsigned j = 0; j < 3; j++) {
            ck_assert_uint_eq(sets[j].fd_count, j == i % 3 ? 2u : 1u);
            ck_assert_uint_eq(sets[j].fd_array[0], s);
        }
    }
}
END_TEST

START_TEST(wb15_3_unbound_is_writable_only)
{
    SOCKET s = unbound();
    fd_set reads = set_of(s), writes = set_of(s), exceptions = set_of(s);

    ck_assert_int_eq(select(0, &reads, &writes, &exceptions, &at_once), 1);
    ck_assert_uint_eq(reads.fd_count, 0);
    ck_assert_uint_eq(writes.fd_count, 1);
    ck_assert_uint_eq(exceptions.fd_count, 0);
    ck_assert(FD_ISSET(s, &writes));
    ck_assert(__WSAFDIsSet(s, &writes));
    ck_assert(!__WSAFDIsSet(s, &reads));
    ck_assert_int_eq(WSAGetLastError(), 0);
}
END_TEST

START_TEST(wb15_4_memberships_count)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port), other = world_socket(FAMILY->us, NULL);
    fd_set reads = set_of(other), writes;

    deliver(FAMILY, port, "data");
    world_settle(&(struct winlwip_stats){0});
    reads.fd_array[1] = reads.fd_array[2] = s; /* twice, behind one that is not ready */
    reads.fd_count = 3;
    writes = reads;
    ck_assert_int_eq(select(0, &reads, &writes, NULL, &at_once), 3);
    ck_assert_uint_eq(reads.fd_count, 1);
    ck_assert_uint_eq(reads.fd_array[0], s);
    ck_assert_uint_eq(writes.fd_count, 2);
    ck_assert_uint_eq(writes.fd_array[0], other);
    ck_assert_uint_eq(writes.fd_array[1], s);
}
END_TEST

START_TEST(wb15_5_one_set_twice)
{
    SOCKET s = unbound();
    fd_set both = set_of(s);

    ck_assert_int_eq(select(0, &both, &both, NULL, &at_once), 1);
    ck_assert_uint_eq(both.fd_count, 1);
    ck_assert_uint_eq(both.fd_array[0], s);
}
END_TEST

/* More sockets than FD_SETSIZE, in memory that ends right behind the last one. */
START_TEST(wb15_6_two_hundred_sockets)
{
    enum { COUNT = 200 };
    size_t bytes = offsetof(fd_set, fd_array) + COUNT * sizeof(SOCKET);
    fd_set *set = malloc(bytes);
    uint16_t ports[COUNT];
    SOCKET sockets[COUNT];

    ck_assert_ptr_nonnull(set);
    for (unsigned i = 0; i < COUNT; i++) {
        sockets[i] = world_socket(FAMILY->us, &ports[i]);
        memcpy(&set->fd_array[i], &sockets[i], sizeof(SOCKET));
    }
    set->fd_count = COUNT;
    deliver(FAMILY, ports[COUNT - 1], "the last");
    ck_assert_int_eq(select(0, set, NULL, NULL, &patience), 1);
    ck_assert_uint_eq(set->fd_count, 1);
    ck_assert_uint_eq(set->fd_array[0], sockets[COUNT - 1]);
    memcpy(set->fd_array, sockets, sizeof(sockets));
    set->fd_count = COUNT;
    ck_assert_int_eq(select(0, NULL, set, NULL, NULL), COUNT);
    ck_assert_mem_eq(set->fd_array, sockets, sizeof(sockets));
    free(set);
}
END_TEST

START_TEST(wb15_7_timeouts)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    TIMEVAL timeout = {0, 30000};
    fd_set reads = set_of(s);
    int64_t start = world_now_ms(), took;

    ck_assert_int_eq(select(-1, &reads, NULL, NULL, &timeout), 0);
    took = world_now_ms() - start;
    ck_assert_int_ge(took, 29);
    ck_assert_int_lt(took, WORLD_PATIENCE_MS);
    ck_assert_int_eq(WSAGetLastError(), 0);
    ck_assert_uint_eq(reads.fd_count, 0);
    ck_assert_int_eq(timeout.tv_sec, 0);
    ck_assert_int_eq(timeout.tv_usec, 30000);
    reads = set_of(s);
    timeout.tv_usec = -1;
    world_fails(select(0, &reads, NULL, NULL, &timeout), WSAEINVAL);
    world_fails(select(0, (fd_set *)1, NULL, NULL, &at_once), WSAEFAULT);
    world_fails(select(0, &reads, NULL, NULL, (TIMEVAL *)1), WSAEFAULT);
}
END_TEST

/* --- waiting on another thread --- */

struct call {
    fd_set reads, writes, exceptions;
    WSAPOLLFD entry;
    int result;
    int error;
};

static void run_select(void *argument)
{
    struct call *call = argument;

    call->result = select(0, &call->reads, &call->writes, &call->exceptions, NULL);
    call->error = WSAGetLastError();
}

static void run_poll(void *argument)
{
    struct call *call = argument;

    call->result = WSAPoll(&call->entry, 1, -1);
    call->error = WSAGetLastError();
}

START_TEST(a_select_waits_for_data)
{
    uint16_t port;
    SOCKET s = world_socket(FAMILY->us, &port);
    struct call call = {.reads = set_of(s), .exceptions = set_of(s)};
    struct worker *worker = worker_start(run_select, &call);

    worker_blocked(worker);
    deliver(FAMILY, port, "now");
    worker_join(worker);
    ck_assert_int_eq(call.result, 1);
    ck_assert_uint_eq(call.reads.fd_count, 1);
    ck_assert_uint_eq(call.exceptions.fd_count, 0);
    world_receive(s, &received);
    world_assert_text(&received, "now");
}
END_TEST

START_TEST(wb14_8_c45_closed_while_select_waits_to_read)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    struct call call = {.reads = set_of(s)};
    struct worker *worker = worker_start(run_select, &call);

    worker_blocked(worker);
    ck_assert_int_eq(closesocket(s), 0);
    worker_join(worker);
    ck_assert_int_eq(call.result, 1);
    ck_assert_uint_eq(call.reads.fd_count, 1);
    ck_assert_uint_eq(call.reads.fd_array[0], s);
}
END_TEST

START_TEST(wb14_8_c45_closed_while_select_waits_for_exceptions)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    struct call call = {.exceptions = set_of(s)};
    struct worker *worker = worker_start(run_select, &call);

    worker_blocked(worker);
    ck_assert_int_eq(closesocket(s), 0);
    worker_join(worker);
    ck_assert_int_eq(call.result, SOCKET_ERROR);
    ck_assert_int_eq(call.error, WSAENOTSOCK);
}
END_TEST

START_TEST(wb14_8_c45_closed_while_wsapoll_waits)
{
    SOCKET s = world_socket(FAMILY->us, NULL);
    struct call call = {.entry = {.fd = s, .events = POLLRDNORM}};
    struct worker *worker = worker_start(run_poll, &call);

    worker_blocked(worker);
    ck_assert_int_eq(closesocket(s), 0);
    worker_join(worker);
    ck_assert_int_eq(call.result, 1);
    ck_assert_int_eq(call.entry.revents, POLLNVAL);
}
END_TEST

START_TEST(wb15_8_wsapoll_of_nothing)
{
    world_fails(WSAPoll(NULL, 0, 0), WSAEINVAL);
    world_fails(WSAPoll(NULL, 1, 0), WSAEFAULT);
}
END_TEST

START_TEST(wb15_9_wsapoll_events_that_are_none)
{
    static const SHORT bad[] = {POLLERR, POLLHUP, POLLNVAL, POLLPRI, POLLWRBAND, 0x0800, 0x4000};
    SOCKET s = world_socket(FAMILY->us, NULL);

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        WSAPOLLFD entries[2] = {{.fd = s, .events = POLLWRNORM},
                                {.fd = s, .events = (SHORT)(bad[i] | POLLWRNORM)}};

        world_fails(WSAPoll(entries, 2, 0), WSAEINVAL);
        entries[1].fd = INVALID_SOCKET;
        ck_assert_int_eq(WSAPoll(entries, 2, 0), 1);
        ck_assert_int_eq(entries[1].revents, POLLNVAL);
    }
}
END_TEST

START_TEST(wb15_10_wsapoll_without_a_socket)
{
    SOCKET s = world_socket(FAMILY->us, NULL), closed = world_socket(FAMILY->us, NULL);
    WSAPOLLFD entries[3] = {{.fd = INVALID_SOCKET, .events = POLLIN},
                            {.fd = closed, .events = POLLIN},
                            {.fd = s, .events = POLLIN}};

    ck_assert_int_eq(closesocket(closed), 0);
    ck_assert_int_eq(WSAPoll(entries, 3, 0), 0);
    ck_assert_int_eq(entries[0].revents, POLLNVAL);
    ck_assert_int_eq(entries[1].revents, POLLNVAL);
    ck_assert_int_eq(entries[2].revents, 0);
    world_fails(WSAPoll(entries, 2, 0), WSAENOTSOCK);
}
END_TEST

START_TEST(wb15_11_wsapoll_of_datagram_sockets)
{
    uint16_t port;
    SOCKET s = unbound();
    WSAPOLLFD entry = {.fd = s, .events = POLLRDNORM | POLLWRNORM};

    ck_assert_int_eq(WSAPoll(&entry, 1, 0), 1);
    ck_assert_int_eq(entry.revents, POLLWRNORM);
    entry.fd = world_socket(FAMILY->us, &port);
    ck_assert_int_eq(WSAPoll(&entry, 1, 0), 1);
    ck_assert_int_eq(entry.revents, POLLWRNORM);
    deliver(FAMILY, port, "data");
    world_settle(&(struct winlwip_stats){0});
    ck_assert_int_eq(WSAPoll(&entry, 1, 0), 1);
    ck_assert_int_eq(entry.revents, POLLRDNORM | POLLWRNORM);
    entry.events = POLLIN;
    ck_assert_int_eq(WSAPoll(&entry, 1, 0), 1);
    ck_assert_int_eq(entry.revents, POLLRDNORM);
}
END_TEST

Suite *suite_contract_select(void)
{
    Suite *suite = suite_create("select");
    TCase *tcase = tcase_create("select");

    tcase_add_checked_fixture(tcase, world_setup_one, world_teardown);
    tcase_add_test(tcase, wb15_1_nothing_to_wait_for);
    tcase_add_test(tcase, wb15_2_no_socket);
    tcase_add_test(tcase, wb15_3_unbound_is_writable_only);
    tcase_add_loop_test(tcase, wb15_4_memberships_count, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, wb15_5_one_set_twice);
    tcase_add_loop_test(tcase, wb15_6_two_hundred_sockets, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb15_7_timeouts, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, a_select_waits_for_data, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb14_8_c45_closed_while_select_waits_to_read, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb14_8_c45_closed_while_select_waits_for_exceptions, 0,
                        WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb14_8_c45_closed_while_wsapoll_waits, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, wb15_8_wsapoll_of_nothing);
    tcase_add_loop_test(tcase, wb15_9_wsapoll_events_that_are_none, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb15_10_wsapoll_without_a_socket, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, wb15_11_wsapoll_of_datagram_sockets, 0, WORLD_FAMILIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
