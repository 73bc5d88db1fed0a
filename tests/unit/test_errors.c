/*
 * test_errors.c - the error table, against winsock-facts 1.12 row by row where programs depend on
 * it.
 */
#include <check.h>
#include <errno.h>

#include "winsock/errors.h"
#include "tests/unit/suites.h"

static const struct {
    NTSTATUS status;
    int wsa;
    DWORD win32;
} known[] = {
    {STATUS_SUCCESS, 0, 0},
    {STATUS_BUFFER_OVERFLOW, WSAEMSGSIZE, ERROR_MORE_DATA},
    {STATUS_CANCELLED, WSA_OPERATION_ABORTED, ERROR_OPERATION_ABORTED},
    {STATUS_PORT_UNREACHABLE, WSAECONNRESET, ERROR_PORT_UNREACHABLE},
    {STATUS_CONNECTION_RESET, WSAECONNRESET, ERROR_NETNAME_DELETED},
    {STATUS_HOST_UNREACHABLE, WSAEHOSTUNREACH, ERROR_HOST_UNREACHABLE},
    {STATUS_NETWORK_UNREACHABLE, WSAENETUNREACH, ERROR_NETWORK_UNREACHABLE},
    {STATUS_PROTOCOL_UNREACHABLE, WSAENETUNREACH, ERROR_PROTOCOL_UNREACHABLE},
    {STATUS_CONNECTION_ABORTED, WSAECONNABORTED, ERROR_CONNECTION_ABORTED},
    {STATUS_BUFFER_TOO_SMALL, WSAEFAULT, ERROR_INSUFFICIENT_BUFFER},
    {STATUS_NOT_SUPPORTED, WSAEOPNOTSUPP, ERROR_NOT_SUPPORTED},
    {STATUS_INVALID_PARAMETER, WSAEINVAL, ERROR_INVALID_PARAMETER},
};

START_TEST(rows_that_programs_depend_on)
{
    ck_assert_int_eq(errors_wsa_from_status(known[_i].status), known[_i].wsa);
    ck_assert_uint_eq(errors_win32_from_status(known[_i].status), known[_i].win32);
}
END_TEST

START_TEST(c70_ttl_expired_is_netreset)
{
    ck_assert_int_eq(errors_wsa_from_status((NTSTATUS)0xC000A012), WSAENETRESET);
    ck_assert_int_eq(errors_status_from_wsa(WSAENETRESET), (NTSTATUS)0xC000A012);
}
END_TEST

START_TEST(unknown_errors_are_einval)
{
    ck_assert_int_eq(errors_wsa_from_status((NTSTATUS)0xC0000001), WSAEINVAL);
    ck_assert_int_eq(errors_wsa_from_status((NTSTATUS)0x80000001), WSAEINVAL);
    ck_assert_int_eq(errors_wsa_from_status(STATUS_PENDING), WSA_IO_INCOMPLETE);
}
END_TEST

START_TEST(c61_truncation_has_the_status_of_windows)
{
    ck_assert_int_eq(errors_status_from_wsa(WSAEMSGSIZE), (NTSTATUS)0x80000005);
}
END_TEST

/* Every code that an operation can end with has a status that reads back as the same code. */
START_TEST(statuses_lead_back)
{
    static const int codes[] = {
        0,               WSAEMSGSIZE,   WSA_OPERATION_ABORTED, WSAECONNRESET, WSAENETUNREACH,
        WSAEHOSTUNREACH, WSAENETRESET,  WSAEWOULDBLOCK,        WSAETIMEDOUT,  WSAEFAULT,
        WSAENOTSOCK,     WSAEACCES,     WSAEADDRINUSE,         WSAENOTCONN,   WSAESHUTDOWN,
        WSAEOPNOTSUPP,   WSAEINTR,      WSAENETDOWN,           WSAENOBUFS,    WSAEINVAL,
        WSAEADDRNOTAVAIL,
    };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        ck_assert_int_eq(errors_wsa_from_status(errors_status_from_wsa(codes[i])), codes[i]);
}
END_TEST

START_TEST(errno_of_the_stack)
{
    static const struct {
        int result;
        int wsa;
    } rows[] = {
        {0, 0},
        {-EADDRINUSE, WSAEADDRINUSE},
        {-EADDRNOTAVAIL, WSAEADDRNOTAVAIL},
        {-EACCES, WSAEACCES},
        {-EINVAL, WSAEINVAL},
        {-EMSGSIZE, WSAEMSGSIZE},
        {-ENETUNREACH, WSAENETUNREACH},
        {-ENETDOWN, WSAENETDOWN},
        {-ENOBUFS, WSAENOBUFS},
        {-ENOMEM, WSAENOBUFS},
        {-12345, WSAEINVAL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_int_eq(errors_wsa_from_errno(rows[i].result), rows[i].wsa);
}
END_TEST

Suite *suite_errors(void)
{
    Suite *suite = suite_create("errors");
    TCase *tests = tcase_create("errors");

    tcase_set_timeout(tests, 10);
    tcase_add_loop_test(tests, rows_that_programs_depend_on, 0,
                        sizeof(known) / sizeof(known[0]));
    tcase_add_test(tests, c70_ttl_expired_is_netreset);
    tcase_add_test(tests, unknown_errors_are_einval);
    tcase_add_test(tests, c61_truncation_has_the_status_of_windows);
    tcase_add_test(tests, statuses_lead_back);
    tcase_add_test(tests, errno_of_the_stack);
    suite_add_tcase(suite, tests);
    return suite;
}
