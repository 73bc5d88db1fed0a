/*
 * test_kernel_console.c - SetConsoleCtrlHandler and ExitProcess.
 */
#include <check.h>
#include <signal.h>
#include <windows.h>

#include "tests/unit/suites.h"

static HANDLE told;
static volatile LONG calls[2];
static DWORD told_event;

static BOOL WINAPI first(DWORD event)
{
    told_event = event;
    InterlockedIncrement(&calls[0]);
    SetEvent(told);
    return TRUE;
}

static BOOL WINAPI second(DWORD event)
{
    (void)event;
    InterlockedIncrement(&calls[1]);
    return FALSE;
}

static const struct {
    int signal;
    DWORD event;
} events[] = {
    {SIGINT, CTRL_C_EVENT},
    {SIGQUIT, CTRL_BREAK_EVENT},
    {SIGHUP, CTRL_CLOSE_EVENT},
    {SIGTERM, CTRL_SHUTDOWN_EVENT},
};

static void setup(void)
{
    told = CreateEvent(NULL, FALSE, FALSE, NULL);
}

/* The routine added last is asked first; the signal is given back with the last routine. */
START_TEST(signals_are_events)
{
    struct sigaction before, after;

    sigaction(events[_i].signal, NULL, &before);
    ck_assert(SetConsoleCtrlHandler(first, TRUE));
    ck_assert(SetConsoleCtrlHandler(second, TRUE));
    raise(events[_i].signal);
    ck_assert_uint_eq(WaitForSingleObject(told, 10000), WAIT_OBJECT_0);
    ck_assert_uint_eq(told_event, events[_i].event);
    ck_assert(calls[0] == 1 && calls[1] == 1);
    ck_assert(SetConsoleCtrlHandler(second, FALSE));
    raise(events[_i].signal);
    ck_assert_uint_eq(WaitForSingleObject(told, 10000), WAIT_OBJECT_0);
    ck_assert(calls[0] == 2 && calls[1] == 1);
    ck_assert(SetConsoleCtrlHandler(first, FALSE));
    sigaction(events[_i].signal, NULL, &after);
    ck_assert(after.sa_handler == before.sa_handler);
}
END_TEST

START_TEST(control_c_is_ignored)
{
    ck_assert(SetConsoleCtrlHandler(NULL, TRUE));
    raise(SIGINT);
    ck_assert(SetConsoleCtrlHandler(first, TRUE));
    raise(SIGINT);
    raise(SIGTERM);
    ck_assert_uint_eq(WaitForSingleObject(told, 10000), WAIT_OBJECT_0);
    ck_assert_uint_eq(told_event, CTRL_SHUTDOWN_EVENT);
    ck_assert_int_eq(calls[0], 1);
    ck_assert(SetConsoleCtrlHandler(NULL, FALSE));
    ck_assert(SetConsoleCtrlHandler(first, FALSE));
}
END_TEST

START_TEST(routines_that_are_refused)
{
    ck_assert(!SetConsoleCtrlHandler(first, FALSE));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_PARAMETER);
    for (int i = 0; i < 16; i++) {
        ck_assert(SetConsoleCtrlHandler(first, TRUE));
    }
    ck_assert(!SetConsoleCtrlHandler(first, TRUE));
    ck_assert_uint_eq(GetLastError(), ERROR_NOT_ENOUGH_MEMORY);
    for (int i = 0; i < 16; i++) {
        ck_assert(SetConsoleCtrlHandler(first, FALSE));
    }
}
END_TEST

/* Nobody takes it: the process ends by the signal. */
START_TEST(signal_that_nobody_takes)
{
    ck_assert(SetConsoleCtrlHandler(second, TRUE));
    raise(SIGTERM);
    Sleep(10000);
}
END_TEST

START_TEST(process_ends)
{
    ExitProcess(3);
}
END_TEST

Suite *suite_kernel_console(void)
{
    Suite *suite = suite_create("kernel_console");
    TCase *tests = tcase_create("kernel_console");

    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, signals_are_events, 0, ARRAYSIZE(events));
    tcase_add_test(tests, control_c_is_ignored);
    tcase_add_test(tests, routines_that_are_refused);
    tcase_add_test_raise_signal(tests, signal_that_nobody_takes, SIGTERM);
    tcase_add_exit_test(tests, process_ends, 3);
    suite_add_tcase(suite, tests);
    return suite;
}
