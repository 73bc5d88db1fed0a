/*
 * test_ioctl_overlapped.c - WSAIoctl() with an OVERLAPPED (WB 10.3-10.5, 10.9, 10.11, 10.12, 10.16).
 * Packets of ioctls: test_ports.c.
 */
#include "tests/contract/overlapped.h"

static struct {
    SOCKET s;
    OVERLAPPED overlapped;
    DWORD bytes;
    unsigned called;
    DWORD error, transferred;
} ioctl;

static void setup(void)
{
    ioctl.s = world_socket("192.0.2.1", NULL);
    ioctl.overlapped = (OVERLAPPED){.InternalHigh = UNTOUCHED};
    ioctl.overlapped.hEvent = overlapped_event(FALSE);
    ioctl.bytes = UNTOUCHED;
    ioctl.called = 0;
}

static void CALLBACK routine(DWORD error, DWORD bytes, LPWSAOVERLAPPED overlapped, DWORD flags)
{
    ck_assert_ptr_eq(overlapped, &ioctl.overlapped);
    ck_assert_uint_eq(flags, 0);
    ioctl.called++;
    ioctl.error = error;
    ioctl.transferred = bytes;
}

static int run(DWORD code, void *in, DWORD in_bytes, void *out, DWORD out_bytes,
               LPWSAOVERLAPPED_COMPLETION_ROUTINE with)
{
    return WSAIoctl(ioctl.s, code, in, in_bytes, out, out_bytes, &ioctl.bytes, &ioctl.overlapped,
                    with);
}

/* The event is set once, and the OVERLAPPED holds the status and no bytes. */
static void told_by_event(ULONG status)
{
    ck_assert_uint_eq(WaitForSingleObject(ioctl.overlapped.hEvent, WORLD_PATIENCE_MS),
                      WAIT_OBJECT_0);
    ck_assert_uint_eq(WaitForSingleObject(ioctl.overlapped.hEvent, 0), WAIT_TIMEOUT);
    ck_assert_uint_eq(ioctl.overlapped.Internal, status);
    ck_assert_uint_eq(ioctl.overlapped.InternalHigh, 0);
}

START_TEST(wb10_4_a_routine_is_called_though_the_call_succeeded)
{
    GUID id = WSAID_WSARECVMSG;
    LPFN_WSARECVMSG function = NULL;

    ck_assert_int_eq(run(SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &function,
                         sizeof(function), routine),
                     0);
    ck_assert_uint_eq(ioctl.bytes, sizeof(function));
    ck_assert(function != NULL);
    ck_assert_uint_eq(ioctl.called, 0);
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    ck_assert_uint_eq(ioctl.called, 1);
    ck_assert_uint_eq(ioctl.error, 0);
    ck_assert_uint_eq(ioctl.transferred, 0);
    ck_assert_uint_eq(WaitForSingleObject(ioctl.overlapped.hEvent, 0), WAIT_TIMEOUT);
}
END_TEST

START_TEST(wb10_5_errors_of_the_call_are_not_told_again)
{
    GUID unknown = {1, 2, 3, {4}};
    void *function = NULL;

    world_fails(run(SIO_GET_EXTENSION_FUNCTION_POINTER, &unknown, sizeof(unknown), &function,
                    sizeof(function), NULL),
                WSAEINVAL);
    ck_assert_uint_eq(ioctl.bytes, UNTOUCHED);
    ck_assert_uint_eq(ioctl.overlapped.Internal, 0);
    ck_assert_uint_eq(ioctl.overlapped.InternalHigh, UNTOUCHED);
    ck_assert_uint_eq(WaitForSingleObject(ioctl.overlapped.hEvent, 0), WAIT_TIMEOUT);
}
END_TEST

START_TEST(wb10_9_fionread_and_fionbio_are_done_at_once)
{
    u_long on = 1, queued = UNTOUCHED;

    ck_assert_int_eq(run(FIONREAD, NULL, 0, &queued, sizeof(queued), NULL), 0);
    ck_assert_uint_eq(queued, 0);
    ck_assert_uint_eq(ioctl.bytes, sizeof(queued));
    told_by_event(0);
    ck_assert_int_eq(run(FIONBIO, &on, sizeof(on), NULL, 0, NULL), 0);
    told_by_event(0);
    world_assert_empty(ioctl.s);
}
END_TEST

/* That there is no such code only the completion tells. */
START_TEST(wb10_11_an_unknown_code)
{
    world_fails(run(0xdeadbeef, NULL, 0, NULL, 0, NULL), WSA_IO_PENDING);
    told_by_event(0xC00000BB); /* STATUS_NOT_SUPPORTED */
    world_fails(run(0xdeadbeef, NULL, 0, NULL, 0, routine), WSA_IO_PENDING);
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    ck_assert_uint_eq(ioctl.called, 1);
    ck_assert_uint_eq(ioctl.error, WSAEOPNOTSUPP);
}
END_TEST

START_TEST(wb10_12_the_base_handle)
{
    SOCKET base = UNTOUCHED;

    world_fails(run(SIO_BASE_HANDLE, NULL, 0, &base, sizeof(base), NULL), WSA_IO_PENDING);
    told_by_event(0xC00000BB);
    ck_assert_uint_eq(base, UNTOUCHED);
}
END_TEST

/* Waits until something ends it: closesocket(), or CancelIoEx(). */
START_TEST(wb10_16_c63_waiting_for_a_change)
{
    world_set_nonblocking(ioctl.s);
    world_fails(run(SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, NULL), WSA_IO_PENDING);
    ck_assert_uint_eq(ioctl.overlapped.Internal, STATUS_PENDING);
    ck_assert_uint_eq(WaitForSingleObject(ioctl.overlapped.hEvent, 10), WAIT_TIMEOUT);
    world_fails(run(SIO_ADDRESS_LIST_CHANGE, NULL, 0, NULL, 0, NULL), WSAEINVAL); /* C63 */
    if (_i == 0) {
        ck_assert_int_eq(closesocket(ioctl.s), 0);
    } else if (_i == 1) {
        ck_assert_int_eq(CancelIoEx((HANDLE)ioctl.s, &ioctl.overlapped), TRUE);
    } else {
        ck_assert_int_eq(CancelIo((HANDLE)ioctl.s), TRUE);
    }
    told_by_event(0xC0000120); /* STATUS_CANCELLED */
}
END_TEST

Suite *suite_contract_ioctl_overlapped(void)
{
    Suite *suite = suite_create("ioctl_overlapped");
    TCase *tests = tcase_create("ioctl_overlapped");

    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, overlapped_setup_one, overlapped_teardown);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, wb10_4_a_routine_is_called_though_the_call_succeeded);
    tcase_add_test(tests, wb10_5_errors_of_the_call_are_not_told_again);
    tcase_add_test(tests, wb10_9_fionread_and_fionbio_are_done_at_once);
    tcase_add_test(tests, wb10_11_an_unknown_code);
    tcase_add_test(tests, wb10_12_the_base_handle);
    tcase_add_loop_test(tests, wb10_16_c63_waiting_for_a_change, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}
