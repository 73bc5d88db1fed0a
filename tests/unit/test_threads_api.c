/*
 * test_threads_api.c - threads: how they begin and end, their handles and ids, what is queued to
 * them. No start-up is needed for any of it (C04).
 */
#define _GNU_SOURCE /* pthread_getattr_np */

#include <check.h>
#include <errno.h>
#include <process.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include <winsock2.h>
#include <windows.h>

#include "tests/support/worker.h"
#include "tests/support/world_internal.h"
#include "tests/unit/suites.h"

/* Asserts that a call fails with this last error. */
#define fails(call, failed, code) \
    do { \
        SetLastError(0); \
        ck_assert((call) == (failed)); \
        ck_assert_uint_eq(GetLastError(), (code)); \
    } while (0)

static HANDLE start(LPTHREAD_START_ROUTINE function, LPVOID parameter, DWORD flags)
{
    HANDLE thread = CreateThread(NULL, 0, function, parameter, flags, NULL);

    ck_assert_ptr_nonnull(thread);
    return thread;
}

static void close_handle(HANDLE handle)
{
    ck_assert_int_eq(CloseHandle(handle), TRUE);
}

static void wait_until_ended(HANDLE thread)
{
    ck_assert_uint_eq(WaitForSingleObject(thread, WORLD_PATIENCE_MS), WAIT_OBJECT_0);
}

static DWORD code_of(HANDLE thread)
{
    DWORD code = 0xdeadbeef;

    ck_assert_int_eq(GetExitCodeThread(thread, &code), TRUE);
    return code;
}

static HANDLE manual_event(void)
{
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);

    ck_assert_ptr_nonnull(event);
    return event;
}

/* A real handle of the calling thread, which others can use. */
static HANDLE own_handle(void)
{
    HANDLE handle = NULL;

    ck_assert_int_eq(DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(),
                                     &handle, 0, FALSE, DUPLICATE_SAME_ACCESS),
                     TRUE);
    return handle;
}

/* --- ends --- */

enum ending { BY_RETURN, BY_EXIT_THREAD, BY_ENDTHREADEX, BY_ENDTHREAD, BY_PTHREAD_EXIT, ENDINGS };

struct mortal {
    HANDLE go;
    enum ending ending;
    DWORD code;
};

static DWORD WINAPI live_and_end(LPVOID argument)
{
    const struct mortal *mortal = argument;

    WaitForSingleObject(mortal->go, INFINITE);
    switch (mortal->ending) {
    case BY_EXIT_THREAD:
        ExitThread(mortal->code);
    case BY_ENDTHREADEX:
        _endthreadex(mortal->code);
    case BY_ENDTHREAD:
        _endthread();
    case BY_PTHREAD_EXIT:
        pthread_exit(NULL);
    default:
        return mortal->code;
    }
}

/* 259 is STILL_ACTIVE, and an exit code like others. */
static const DWORD codes[] = {7, 0, 0xffffffff, STILL_ACTIVE};

START_TEST(exit_codes)
{
    struct mortal mortal = {
        .go = manual_event(),
        .ending = (enum ending)(_i % ENDINGS),
        .code = codes[_i / ENDINGS],
    };
    bool has_code = mortal.ending <= BY_ENDTHREADEX;
    HANDLE thread = start(live_and_end, &mortal, 0);

    ck_assert_uint_eq(code_of(thread), STILL_ACTIVE);
    ck_assert_uint_eq(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    ck_assert_uint_eq(WaitForSingleObject(thread, 5), WAIT_TIMEOUT);
    SetEvent(mortal.go);
    wait_until_ended(thread);
    ck_assert_uint_eq(code_of(thread), has_code ? mortal.code : 0);
    ck_assert_uint_eq(WaitForSingleObject(thread, 0), WAIT_OBJECT_0);
    close_handle(thread);
    close_handle(mortal.go);
}
END_TEST

/* A handle may be closed while the thread runs. */
START_TEST(a_thread_without_handles_goes_on)
{
    struct mortal mortal = {.go = manual_event()};
    HANDLE thread = start(live_and_end, &mortal, 0);
    HANDLE copy;

    ck_assert_int_eq(DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &copy, 0,
                                     FALSE, DUPLICATE_SAME_ACCESS),
                     TRUE);
    close_handle(thread);
    fails(WaitForSingleObject(thread, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
    ck_assert_uint_eq(WaitForSingleObject(copy, 0), WAIT_TIMEOUT);
    SetEvent(mortal.go);
    wait_until_ended(copy);
    close_handle(copy);
    close_handle(mortal.go);
}
END_TEST

enum { CROWD = MAXIMUM_WAIT_OBJECTS };

static atomic_uint running;

static DWORD WINAPI count_and_end(LPVOID argument)
{
    atomic_fetch_add(&running, 1);
    return (DWORD)(uintptr_t)argument;
}

START_TEST(many_threads)
{
    HANDLE threads[CROWD];

    atomic_store(&running, 0);
    for (unsigned i = 0; i < CROWD; i++) {
        threads[i] = start(count_and_end, (LPVOID)(uintptr_t)(i + 1), 0);
    }
    ck_assert_uint_eq(WaitForMultipleObjects(CROWD, threads, TRUE, WORLD_PATIENCE_MS),
                      WAIT_OBJECT_0);
    ck_assert_uint_eq(atomic_load(&running), CROWD);
    for (unsigned i = 0; i < CROWD; i++) {
        ck_assert_uint_eq(code_of(threads[i]), i + 1);
        close_handle(threads[i]);
    }
}
END_TEST

/* --- threads that others have made --- */

struct foreign {
    HANDLE own; /* of the thread; set before ready */
    HANDLE ready;
    bool exits;
};

static void *foreign_body(void *argument)
{
    struct foreign *foreign = argument;

    foreign->own = own_handle();
    SetEvent(foreign->ready);
    if (foreign->exits) {
        pthread_exit(NULL);
    }
    for (;;) { /* a cancelled system call would leave the thread sanitizer's books in disorder */
        pthread_testcancel();
        sched_yield();
    }
    return NULL;
}

/* Its handle is signaled when it ends, also by pthread_exit() and cancellation. */
START_TEST(the_end_of_a_thread_of_pthread_create)
{
    struct foreign foreign = {.ready = manual_event(), .exits = _i != 0};
    pthread_t id;

    ck_assert_int_eq(pthread_create(&id, NULL, foreign_body, &foreign), 0);
    wait_until_ended(foreign.ready);
    if (!foreign.exits) {
        ck_assert_uint_eq(WaitForSingleObject(foreign.own, 1), WAIT_TIMEOUT);
        ck_assert_uint_eq(code_of(foreign.own), STILL_ACTIVE);
        ck_assert_int_eq(pthread_cancel(id), 0);
    }
    wait_until_ended(foreign.own);
    ck_assert_uint_eq(code_of(foreign.own), 0);
    pthread_join(id, NULL);
    close_handle(foreign.own);
    close_handle(foreign.ready);
}
END_TEST

/* --- beginnings --- */

static DWORD WINAPI tell_id(LPVOID id)
{
    *(DWORD *)id = GetCurrentThreadId();
    ck_assert_uint_eq(GetThreadId(GetCurrentThread()), *(DWORD *)id);
    return 0;
}

START_TEST(ids)
{
    DWORD given = 0, told = 0;
    HANDLE thread = CreateThread(NULL, 0, tell_id, &told, 0, &given);
    HANDLE self = own_handle();

    ck_assert_ptr_nonnull(thread);
    wait_until_ended(thread);
    ck_assert_uint_ne(given, 0);
    ck_assert_uint_eq(told, given);
    ck_assert_uint_eq(GetThreadId(thread), given);
    ck_assert_uint_eq(GetThreadId(self), GetCurrentThreadId());
    ck_assert_uint_ne(GetCurrentThreadId(), given);
    ck_assert_uint_eq(GetCurrentThreadId(), (DWORD)gettid());
    close_handle(self);
    close_handle(thread);
}
END_TEST

START_TEST(suspended_until_resumed)
{
    DWORD given = 0, told = 0;
    HANDLE thread = CreateThread(NULL, 0, tell_id, &told, CREATE_SUSPENDED, &given);

    ck_assert_ptr_nonnull(thread);
    ck_assert_uint_eq(GetThreadId(thread), given);
    ck_assert_uint_eq(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
    ck_assert_uint_eq(told, 0);
    ck_assert_uint_eq(ResumeThread(thread), 1);
    wait_until_ended(thread);
    ck_assert_uint_eq(told, given);
    ck_assert_uint_eq(ResumeThread(thread), 0);
    ck_assert_uint_eq(ResumeThread(GetCurrentThread()), 0);
    close_handle(thread);
}
END_TEST

static unsigned __stdcall end_with_13(void *argument)
{
    *(unsigned *)argument = GetCurrentThreadId();
    _endthreadex(13);
}

START_TEST(beginthreadex)
{
    unsigned id = 0, told = 0;
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, end_with_13, &told, CREATE_SUSPENDED, &id);

    ck_assert_ptr_nonnull(thread);
    ck_assert_uint_eq(ResumeThread(thread), 1);
    wait_until_ended(thread);
    ck_assert_uint_eq(code_of(thread), 13);
    ck_assert_uint_eq(told, id);
    close_handle(thread);
    errno = 0;
    ck_assert_uint_eq(_beginthreadex(NULL, 0, NULL, NULL, 0, NULL), 0);
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

/* How a thread of _beginthread() ends. */
struct procedure {
    HANDLE go;
    HANDLE own; /* another handle of it; set before ready */
    HANDLE ready;
    enum ending ending;
};

static void __cdecl follow(void *argument)
{
    struct procedure *procedure = argument;

    procedure->own = own_handle();
    SetEvent(procedure->ready);
    WaitForSingleObject(procedure->go, INFINITE);
    if (procedure->ending == BY_ENDTHREAD) {
        _endthread();
    } else if (procedure->ending == BY_PTHREAD_EXIT) {
        pthread_exit(NULL);
    }
}

/* The handle goes with the thread; others of the thread stay. */
START_TEST(beginthread_closes_its_handle)
{
    static const enum ending endings[] = {BY_RETURN, BY_ENDTHREAD, BY_PTHREAD_EXIT};
    struct procedure procedure = {
        .go = manual_event(),
        .ready = manual_event(),
        .ending = endings[_i],
    };
    uintptr_t thread = _beginthread(follow, 0, &procedure);
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    ck_assert_uint_ne(thread, (uintptr_t)-1);
    wait_until_ended(procedure.ready);
    ck_assert_uint_eq(WaitForSingleObject((HANDLE)thread, 1), WAIT_TIMEOUT);
    SetEvent(procedure.go);
    wait_until_ended(procedure.own);
    while (WaitForSingleObject((HANDLE)thread, 0) != WAIT_FAILED) {
        ck_assert_int_lt(world_now_ms(), end);
        world_pause();
    }
    ck_assert_uint_eq(code_of(procedure.own), 0);
    close_handle(procedure.own);
    close_handle(procedure.go);
    close_handle(procedure.ready);
    errno = 0;
    ck_assert_uint_eq(_beginthread(NULL, 0, NULL), (uintptr_t)-1);
    ck_assert_int_eq(errno, EINVAL);
}
END_TEST

static DWORD WINAPI tell_stack(LPVOID bytes)
{
    pthread_attr_t attributes;
    size_t size = 0;

    ck_assert_int_eq(pthread_getattr_np(pthread_self(), &attributes), 0);
    pthread_attr_getstacksize(&attributes, &size);
    pthread_attr_destroy(&attributes);
    *(size_t *)bytes = size;
    return 0;
}

static size_t stack_of(SIZE_T wanted, DWORD flags)
{
    size_t bytes = 0;
    HANDLE thread = CreateThread(NULL, wanted, tell_stack, &bytes, flags, NULL);

    ck_assert_ptr_nonnull(thread);
    wait_until_ended(thread);
    close_handle(thread);
    return bytes;
}

START_TEST(sizes_of_stacks)
{
    size_t usual = stack_of(0, 0);

    ck_assert_uint_ge(stack_of(usual + 1000000, 0), usual + 1000000);
    ck_assert_uint_eq(stack_of(500000, 0), usual); /* less than the default says nothing */
    if (usual > 1000000) {
        ck_assert_uint_lt(stack_of(500000, STACK_SIZE_PARAM_IS_A_RESERVATION), usual);
    }
    ck_assert_uint_ge(stack_of(1, STACK_SIZE_PARAM_IS_A_RESERVATION), 200000);
    fails(CreateThread(NULL, (SIZE_T)1 << 62, tell_stack, NULL, 0, NULL), NULL,
          ERROR_NOT_ENOUGH_MEMORY);
    fails(CreateThread(NULL, (SIZE_T)-1, tell_stack, NULL, 0, NULL), NULL,
          ERROR_NOT_ENOUGH_MEMORY);
}
END_TEST

START_TEST(bad_arguments)
{
    HANDLE event = manual_event();
    DWORD code = 0;

    fails(CreateThread(NULL, 0, NULL, NULL, 0, NULL), NULL, ERROR_INVALID_PARAMETER);
    fails(CreateThread(NULL, 0, tell_id, NULL, 0x80, NULL), NULL, ERROR_INVALID_PARAMETER);
    fails(CreateThread(NULL, 0, tell_id, NULL, 0, (LPDWORD)8), NULL, ERROR_NOACCESS);
    fails(GetExitCodeThread(event, &code), FALSE, ERROR_INVALID_HANDLE);
    fails(GetExitCodeThread(GetCurrentThread(), NULL), FALSE, ERROR_NOACCESS);
    fails(GetThreadId(event), 0, ERROR_INVALID_HANDLE);
    fails(ResumeThread(NULL), (DWORD)-1, ERROR_INVALID_HANDLE);
    fails(QueueUserAPC(NULL, GetCurrentThread(), 0), 0, ERROR_INVALID_PARAMETER);
    SetLastError(1234);
    ck_assert_uint_eq(code_of(GetCurrentThread()), STILL_ACTIVE);
    ck_assert_uint_eq(WaitForSingleObject(GetCurrentThread(), 0), WAIT_TIMEOUT);
    ck_assert_int_eq(SwitchToThread(), TRUE);
    ck_assert_int_eq(CloseHandle(GetCurrentThread()), TRUE); /* says nothing */
    ck_assert_int_eq(CloseHandle(GetCurrentProcess()), TRUE);
    ck_assert_uint_eq(GetLastError(), 1234);
    close_handle(event);
}
END_TEST

/* --- what is queued to a thread --- */

static char trail[64];
static unsigned steps;

static void CALLBACK step(ULONG_PTR letter)
{
    ck_assert_uint_lt(steps, sizeof(trail) - 1);
    trail[steps++] = (char)letter;
    trail[steps] = '\0';
}

static void queue_step(HANDLE thread, PAPCFUNC function, char letter)
{
    ck_assert_uint_ne(QueueUserAPC(function, thread, (ULONG_PTR)letter), 0);
}

static DWORD WINAPI step_x(LPVOID unused)
{
    (void)unused;
    step('x');
    return SleepEx(0, TRUE);
}

/* What is queued to a suspended thread is called before its function. */
START_TEST(wb12_9_apcs_of_a_suspended_thread)
{
    HANDLE thread = start(step_x, NULL, CREATE_SUSPENDED);

    queue_step(thread, step, 'a');
    queue_step(thread, step, 'b');
    ck_assert_uint_eq(WaitForSingleObject(thread, 5), WAIT_TIMEOUT);
    ck_assert_uint_eq(steps, 0);
    ck_assert_uint_eq(ResumeThread(thread), 1);
    wait_until_ended(thread);
    ck_assert_str_eq(trail, "abx");
    ck_assert_uint_eq(code_of(thread), 0);
    close_handle(thread);
}
END_TEST

static void CALLBACK sleep_inside(ULONG_PTR letter)
{
    step(letter);
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    step((ULONG_PTR)(letter - 'a' + 'A'));
    ck_assert_uint_eq(SleepEx(0, TRUE), 0);
}

/* A wait inside of one calls those behind it; the outer wait has nothing left. */
START_TEST(wb12_9_nested_waits)
{
    queue_step(GetCurrentThread(), sleep_inside, 'a');
    queue_step(GetCurrentThread(), sleep_inside, 'b');
    queue_step(GetCurrentThread(), step, 'c');
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    ck_assert_str_eq(trail, "abcBA");
    ck_assert_uint_eq(SleepEx(0, TRUE), 0);
}
END_TEST

/* Alertable waits of every kind are ended, others not; a signal that is there goes first. */
START_TEST(wb12_9_waits_that_are_ended)
{
    HANDLE event = manual_event();

    queue_step(GetCurrentThread(), step, 'a');
    Sleep(1);
    ck_assert_uint_eq(SleepEx(1, FALSE), 0);
    ck_assert_uint_eq(WaitForSingleObject(event, 1), WAIT_TIMEOUT);
    ck_assert_uint_eq(WaitForSingleObjectEx(event, 1, FALSE), WAIT_TIMEOUT);
    ck_assert_uint_eq(WaitForMultipleObjects(1, &event, TRUE, 1), WAIT_TIMEOUT);
    ck_assert_str_eq(trail, "");
    ck_assert_uint_eq(WaitForSingleObjectEx(event, INFINITE, TRUE), WAIT_IO_COMPLETION);
    queue_step(GetCurrentThread(), step, 'b');
    ck_assert_uint_eq(WaitForMultipleObjectsEx(1, &event, TRUE, 0, TRUE), WAIT_IO_COMPLETION);
    queue_step(GetCurrentThread(), step, 'c');
    SetEvent(event);
    ck_assert_uint_eq(WaitForMultipleObjectsEx(1, &event, FALSE, INFINITE, TRUE), WAIT_OBJECT_0);
    ck_assert_str_eq(trail, "ab");
    ck_assert_uint_eq(SleepEx(INFINITE, TRUE), WAIT_IO_COMPLETION);
    ck_assert_str_eq(trail, "abc");
    close_handle(event);
}
END_TEST

enum { SENDERS = 4, EACH = 500 };

struct sender {
    HANDLE target;
    unsigned number;
};

static unsigned next_of[SENDERS]; /* used by the target alone */

static void CALLBACK take_number(ULONG_PTR value)
{
    unsigned sender = (unsigned)value / EACH;

    ck_assert_uint_eq((unsigned)value % EACH, next_of[sender]);
    next_of[sender]++;
}

static DWORD WINAPI send_numbers(LPVOID argument)
{
    const struct sender *sender = argument;

    for (unsigned i = 0; i < EACH; i++) {
        ck_assert_uint_ne(QueueUserAPC(take_number, sender->target, sender->number * EACH + i), 0);
    }
    return 0;
}

/* While the target waits again and again nothing is lost, and each sender's order is kept. */
START_TEST(wb12_9_apcs_from_several_threads)
{
    struct sender senders[SENDERS];
    HANDLE threads[SENDERS];
    HANDLE self = own_handle();
    DWORD result;

    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){self, i};
        threads[i] = start(send_numbers, &senders[i], 0);
    }
    do {
        result = WaitForMultipleObjectsEx(SENDERS, threads, TRUE, WORLD_PATIENCE_MS, TRUE);
        ck_assert_uint_ne(result, WAIT_TIMEOUT);
    } while (result == WAIT_IO_COMPLETION);
    ck_assert_uint_eq(result, WAIT_OBJECT_0);
    SleepEx(0, TRUE); /* what came with the last signal */
    for (unsigned i = 0; i < SENDERS; i++) {
        ck_assert_uint_eq(next_of[i], EACH);
        close_handle(threads[i]);
    }
    close_handle(self);
}
END_TEST

/* All that have been queued are called by one wait. */
START_TEST(wb12_9_all_in_one_wait)
{
    struct sender sender = {own_handle(), 0};
    HANDLE thread = start(send_numbers, &sender, 0);

    wait_until_ended(thread);
    ck_assert_uint_eq(next_of[0], 0);
    ck_assert_uint_eq(SleepEx(0, TRUE), WAIT_IO_COMPLETION);
    ck_assert_uint_eq(next_of[0], EACH);
    close_handle(thread);
    close_handle(sender.target);
}
END_TEST

/* Nobody calls what a thread leaves behind, and an ended one takes nothing through any handle. */
START_TEST(wb12_9_apcs_of_an_ended_thread)
{
    struct mortal mortal = {.go = manual_event()};
    HANDLE thread = start(live_and_end, &mortal, 0);
    HANDLE copy;

    ck_assert_int_eq(DuplicateHandle(GetCurrentProcess(), thread, GetCurrentProcess(), &copy, 0,
                                     FALSE, DUPLICATE_SAME_ACCESS),
                     TRUE);
    queue_step(thread, step, 'a');
    queue_step(copy, step, 'b');
    SetEvent(mortal.go);
    wait_until_ended(thread);
    fails(QueueUserAPC(step, thread, 'c'), 0, ERROR_GEN_FAILURE);
    fails(QueueUserAPC(step, copy, 'd'), 0, ERROR_GEN_FAILURE);
    ck_assert_str_eq(trail, "");
    close_handle(thread);
    close_handle(copy);
    close_handle(mortal.go);
}
END_TEST

/* A thread may end inside of a call that was queued to it. */
static void CALLBACK end_inside(ULONG_PTR code)
{
    ExitThread((DWORD)code);
}

static DWORD WINAPI sleep_alertably(LPVOID unused)
{
    (void)unused;
    SleepEx(INFINITE, TRUE);
    return 1;
}

START_TEST(an_end_inside_of_an_apc)
{
    HANDLE thread = start(sleep_alertably, NULL, 0);

    ck_assert_uint_ne(QueueUserAPC(end_inside, thread, 99), 0);
    wait_until_ended(thread);
    ck_assert_uint_eq(code_of(thread), 99);
    close_handle(thread);
}
END_TEST

/* --- sleeping --- */

START_TEST(sleeps_last)
{
    int64_t begin = world_now_ms();

    Sleep(20);
    ck_assert_int_ge(world_now_ms() - begin, 20);
    ck_assert_uint_eq(SleepEx(20, TRUE), 0);
    ck_assert_int_ge(world_now_ms() - begin, 40);
    Sleep(0);
    ck_assert_uint_eq(SleepEx(0, FALSE), 0);
}
END_TEST

Suite *suite_threads_api(void)
{
    Suite *suite = suite_create("threads_api");
    TCase *tests = tcase_create("threads_api");

    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, exit_codes, 0, ENDINGS * (int)ARRAYSIZE(codes));
    tcase_add_test(tests, a_thread_without_handles_goes_on);
    tcase_add_test(tests, many_threads);
    tcase_add_loop_test(tests, the_end_of_a_thread_of_pthread_create, 0, 2);
    tcase_add_test(tests, ids);
    tcase_add_test(tests, suspended_until_resumed);
    tcase_add_test(tests, beginthreadex);
    tcase_add_loop_test(tests, beginthread_closes_its_handle, 0, 3);
    tcase_add_test(tests, sizes_of_stacks);
    tcase_add_test(tests, bad_arguments);
    tcase_add_test(tests, wb12_9_apcs_of_a_suspended_thread);
    tcase_add_test(tests, wb12_9_nested_waits);
    tcase_add_test(tests, wb12_9_waits_that_are_ended);
    tcase_add_test(tests, wb12_9_apcs_from_several_threads);
    tcase_add_test(tests, wb12_9_all_in_one_wait);
    tcase_add_test(tests, wb12_9_apcs_of_an_ended_thread);
    tcase_add_test(tests, an_end_inside_of_an_apc);
    tcase_add_test(tests, sleeps_last);
    suite_add_tcase(suite, tests);
    return suite;
}
