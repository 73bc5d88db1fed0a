/*
 * test_overlapped.c - posting overlapped calls: at once or later, what is captured, events
 * (C46, C47, C49, C51, C62; WB 11.1-11.5, 12.4).
 */
#include "tests/contract/overlapped.h"

#include <string.h>

#include "tests/support/world_internal.h"

static void set_connected(SOCKET s, const char *address, uint16_t port)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(address, port, &name);

    ck_assert_int_eq(connect(s, (struct sockaddr *)&name, bytes), 0);
}

/* --- at once (C46) --- */

/* It returns 0 and the number of bytes; the completion is still to come. */
static void completes_with(struct posted *posted, DWORD bytes)
{
    posted_completes(posted);
    ck_assert_uint_eq(posted->bytes, bytes);
}

START_TEST(c46_queued_data_completes_at_once_and_is_indicated)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    world_set(channel.s, CHANNEL_FAMILY->level, CHANNEL_FAMILY->pktinfo, 1);
    channel_queue(&channel, CHANNEL_FAMILY, "waits");
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->message.dwFlags = MSG_TRUNC; /* left over from the last call (C10) */
    completes_with(posted, 5);
    ck_assert_uint_eq(posted->message.dwFlags, 0);
    ck_assert_uint_eq(WSA_CMSG_FIRSTHDR(&posted->message)->cmsg_type, CHANNEL_FAMILY->pktinfo);
    posted_receives(posted, "waits");
    posted_assert_name(posted, CHANNEL_FAMILY->peer, FRAME_PEER_PORT);
}
END_TEST

START_TEST(c46_c62_every_receive_call)
{
    enum way way = (enum way)(_i % WAYS);
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, world_families[0].us, way);
    channel_queue(&channel, &world_families[0], "at once");
    posted = posted_new(&channel, (enum posted_call)(_i / WAYS));
    completes_with(posted, 7);
    posted_receives(posted, "at once");
    ck_assert_uint_eq(posted->flags, 0);
    if (posted->call == CALL_RECVFROM) {
        posted_assert_name(posted, world_families[0].peer, FRAME_PEER_PORT);
    }
}
END_TEST

START_TEST(c46_c62_every_send_call)
{
    static struct received received;
    const struct world_family *family = &world_families[_i % WORLD_FAMILIES];
    enum way way = (enum way)(_i / WORLD_FAMILIES % WAYS);
    struct channel channel;
    struct posted *posted;
    uint16_t port;
    SOCKET target = world_socket(family->loopback, &port);

    channel_open(&channel, family->loopback, way);
    posted = posted_new(&channel,
                        (enum posted_call)(CALL_SENDMSG + _i / WORLD_FAMILIES / WAYS));
    posted_text(posted, "sent");
    posted_to(posted, family->loopback, port);
    if (posted->call == CALL_SEND) {
        set_connected(channel.s, family->loopback, port);
    }
    completes_with(posted, 4);
    posted_ends(posted, 0, 4);
    world_receive(target, &received);
    world_assert_text(&received, "sent");
    world_assert_name(&received, family->loopback, channel.port);
}
END_TEST

START_TEST(c46_an_empty_datagram)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    channel_queue(&channel, CHANNEL_FAMILY, "");
    posted = posted_new(&channel, CALL_RECVMSG);
    completes_with(posted, 0);
    posted_receives(posted, "");
    posted = posted_receive(&channel);
    deliver(CHANNEL_FAMILY, channel.port, "");
    posted_receives(posted, "");
}
END_TEST

/* --- later (C47) --- */

START_TEST(c47_wb11_1_pends_until_a_datagram_comes)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    world_set(channel.s, CHANNEL_FAMILY->level, CHANNEL_FAMILY->pktinfo, 1);
    posted = posted_receive(&channel);
    ck_assert_uint_eq(posted->bytes, UNTOUCHED);
    posted_untouched(posted);
    posted_nothing_more(posted);
    deliver(CHANNEL_FAMILY, channel.port, "later");
    posted_receives(posted, "later");
    posted_assert_name(posted, CHANNEL_FAMILY->peer, FRAME_PEER_PORT);
    ck_assert_uint_eq(posted->message.dwFlags, 0);
    ck_assert_uint_eq(WSA_CMSG_FIRSTHDR(&posted->message)->cmsg_type, CHANNEL_FAMILY->pktinfo);
    ck_assert_uint_eq(posted->bytes, UNTOUCHED);
}
END_TEST

START_TEST(c47_c62_every_receive_call)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, world_families[1].us, (enum way)(_i % WAYS));
    posted = posted_new(&channel, (enum posted_call)(_i / WAYS));
    posted_pends(posted);
    ck_assert_uint_eq(posted->bytes, UNTOUCHED);
    posted_untouched(posted);
    deliver(&world_families[1], channel.port, "later");
    posted_receives(posted, "later");
    ck_assert_uint_eq(posted->flags, 0);
    if (posted->call == CALL_RECVFROM) {
        posted_assert_name(posted, world_families[1].peer, FRAME_PEER_PORT);
    }
}
END_TEST

/* A group's datagram for a posted call: the flags come through WSAMSG at the end (WB 1.6). */
START_TEST(c47_flags_of_a_pending_call)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->any, CHANNEL_WAY);
    world_join(channel.s, CHANNEL_FAMILY);
    posted = posted_receive(&channel);
    world_inject(&(struct frame_spec){.src = CHANNEL_FAMILY->peer, .dst = CHANNEL_FAMILY->group,
                                      .dst_port = channel.port, .text = "to all"});
    posted_receives(posted, "to all");
    ck_assert_uint_eq(posted->message.dwFlags, MSG_MCAST);
}
END_TEST

/* No byte count is needed when there is an OVERLAPPED (C09), no name and no control buffer ever. */
START_TEST(c47_c09_without_count_name_and_control)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->message = (WSAMSG){.lpBuffers = &posted->buffer, .dwBufferCount = 1};
    if (CHANNEL_WAY != WAY_ROUTINE) {
        world_fails(world.recvmsg(channel.s, &posted->message, NULL, &posted->overlapped, NULL),
                    WSA_IO_PENDING);
    } else {
        posted_pends(posted);
    }
    deliver(CHANNEL_FAMILY, channel.port, "bare");
    posted_receives(posted, "bare");
}
END_TEST

/* --- what is captured (C49) --- */

START_TEST(c49_buffers_are_captured_at_the_call)
{
    static char first[3], second[8], wrong[16];
    WSABUF buffers[2] = {{.len = sizeof(first), .buf = first},
                         {.len = sizeof(second), .buf = second}};
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->message.lpBuffers = buffers;
    posted->message.dwBufferCount = 2;
    posted_pends(posted);
    buffers[0] = buffers[1] = (WSABUF){.len = sizeof(wrong), .buf = wrong};
    posted->message.dwBufferCount = 0;
    posted->message.lpBuffers = NULL;
    deliver(CHANNEL_FAMILY, channel.port, "captured");
    posted_ends(posted, 0, 8);
    ck_assert_mem_eq(first, "cap", 3);
    ck_assert_mem_eq(second, "tured\0\0", 8);
    ck_assert_int_eq(wrong[0], 0);
}
END_TEST

/* A send captures everything: WSAMSG, name and control may go when it returns. */
START_TEST(c49_sends_capture_message_name_and_control)
{
    static struct received received;
    struct channel channel;
    struct posted *posted;
    uint16_t port;
    SOCKET target = world_socket(CHANNEL_FAMILY->loopback, &port);
    WSACMSGHDR *header;

    world_set(target, CHANNEL_FAMILY->level, CHANNEL_FAMILY->recvttl, 1);
    channel_open(&channel, CHANNEL_FAMILY->loopback, CHANNEL_WAY);
    posted = posted_new(&channel, CALL_SENDMSG);
    posted_text(posted, "gone");
    posted_to(posted, CHANNEL_FAMILY->loopback, port);
    posted->message.Control = (WSABUF){.len = WSA_CMSG_SPACE(sizeof(INT)), .buf = posted->control};
    header = (WSACMSGHDR *)posted->control;
    *header = (WSACMSGHDR){.cmsg_len = WSA_CMSG_LEN(sizeof(INT)),
                           .cmsg_level = CHANNEL_FAMILY->level,
                           .cmsg_type = CHANNEL_FAMILY->ttl_type};
    *(INT *)WSA_CMSG_DATA(header) = 77;
    posted_completes(posted);
    memset(&posted->message, 0xff, sizeof(posted->message));
    memset(&posted->name, 0xff, sizeof(posted->name));
    memset(posted->control, 0xff, sizeof(posted->control));
    posted_ends(posted, 0, 4);
    world_receive(target, &received);
    world_assert_text(&received, "gone");
}
END_TEST

/* --- events (C51) --- */

START_TEST(c51_wb11_3_the_event_is_reset_at_the_call_and_set_at_the_end)
{
    struct channel channel;
    struct posted *posted;
    HANDLE event = overlapped_event(_i / WORLD_FAMILIES != 0);

    channel_open(&channel, world_families[_i % WORLD_FAMILIES].us, WAY_POLL);
    posted = posted_new(&channel, CALL_RECVMSG);
    posted->overlapped.hEvent = event;
    SetEvent(event);
    posted_pends(posted);
    ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_TIMEOUT);
    deliver(&world_families[_i % WORLD_FAMILIES], channel.port, "sets it");
    ck_assert_uint_eq(WaitForSingleObject(event, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
    posted_receives(posted, "sets it");
}
END_TEST

/* It is reset first when the call completes at once, too: a wait finds it set once. */
START_TEST(c51_c46_the_event_of_a_call_that_completes_at_once)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, FAMILY->us, WAY_EVENT);
    channel_queue(&channel, FAMILY, "there");
    posted = posted_new(&channel, CALL_RECVMSG);
    SetEvent(posted->overlapped.hEvent);
    posted_completes(posted);
    posted_receives(posted, "there");
}
END_TEST

/* With a routine hEvent is the caller's: an event in it stays as it is, and so does anything. */
START_TEST(c51_wb12_4_with_a_routine_the_event_is_not_looked_at)
{
    struct channel channel;
    struct posted *posted;
    HANDLE event = overlapped_event(FALSE);

    channel_open(&channel, FAMILY->us, WAY_ROUTINE);
    for (unsigned i = 0; i < 3; i++) {
        HANDLE given[] = {event, (HANDLE)0x1234567, (HANDLE)(ULONG_PTR)-1};

        posted = posted_new(&channel, CALL_RECVMSG);
        posted->overlapped.hEvent = given[i];
        SetEvent(event);
        posted_pends(posted);
        ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_OBJECT_0); /* not reset */
        deliver(FAMILY, channel.port, "quietly");
        posted_receives(posted, "quietly");
        ck_assert_uint_eq(WaitForSingleObject(event, 0), WAIT_TIMEOUT); /* not set */
        ck_assert_ptr_eq(posted->overlapped.hEvent, given[i]);
    }
}
END_TEST

/* A call that cannot take control data does not miss any (C62). */
START_TEST(c62_calls_without_control_data)
{
    struct channel channel;
    struct posted *posted;

    channel_open(&channel, CHANNEL_FAMILY->us, CHANNEL_WAY);
    world_set(channel.s, CHANNEL_FAMILY->level, CHANNEL_FAMILY->pktinfo, 1);
    posted = posted_new(&channel, CALL_RECVFROM);
    posted_pends(posted);
    deliver(CHANNEL_FAMILY, channel.port, "no control");
    posted_receives(posted, "no control");
    ck_assert_uint_eq(posted->flags, 0);
    channel_queue(&channel, CHANNEL_FAMILY, "none again");
    posted = posted_new(&channel, CALL_RECV);
    posted_completes(posted);
    posted_receives(posted, "none again");
}
END_TEST

Suite *suite_contract_overlapped(void)
{
    Suite *suite = suite_create("overlapped");
    TCase *tcase = tcase_create("overlapped");

    tcase_add_checked_fixture(tcase, overlapped_setup_one, overlapped_teardown);
    tcase_add_loop_test(tcase, c46_queued_data_completes_at_once_and_is_indicated, 0,
                        OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c46_c62_every_receive_call, 0, WAYS * RECEIVE_CALLS);
    tcase_add_loop_test(tcase, c46_c62_every_send_call, 0, OVERLAPPED_LOOPS * 3);
    tcase_add_loop_test(tcase, c46_an_empty_datagram, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c47_wb11_1_pends_until_a_datagram_comes, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c47_c62_every_receive_call, 0, WAYS * RECEIVE_CALLS);
    tcase_add_loop_test(tcase, c47_flags_of_a_pending_call, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c47_c09_without_count_name_and_control, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c49_buffers_are_captured_at_the_call, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c49_sends_capture_message_name_and_control, 0, OVERLAPPED_LOOPS);
    tcase_add_loop_test(tcase, c51_wb11_3_the_event_is_reset_at_the_call_and_set_at_the_end, 0,
                        WORLD_FAMILIES * 2);
    tcase_add_loop_test(tcase, c51_c46_the_event_of_a_call_that_completes_at_once, 0,
                        WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c51_wb12_4_with_a_routine_the_event_is_not_looked_at, 0,
                        WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c62_calls_without_control_data, 0, OVERLAPPED_LOOPS);
    suite_add_tcase(suite, tcase);
    return suite;
}
