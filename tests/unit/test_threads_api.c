/*
 * test_threads_api.c - threads: how they begin and end, their handles and ids. No start-up is
 * needed for any of it (C04).
 */
#define _GNU_SOURCE /* pthread_getattr_np */

#include <check.h>
#include <errno.h>
#include <process.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "tests/support/worker.h"
#include "tests/support/world_internal.h"
#include "tests/unit/suites.h"
#include "tests/unit/thread_fixture.h"

static DWORD code_of(HANDLE thread)
{
    DWORD code = 0xdeadbeef;

    ck_assert_int_eq(GetExitCodeThread(thread, &code), TRUE);
    return code;
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
        .go = fixture_event(TRUE),
        .ending = (enum ending)(_i % ENDINGS),
        .code = codes[_i / ENDINGS],
    };
    bool has_code = mortal.ending <= BY_ENDTHREADEX;
    HANDLE thread = fixture_start(live_and_end, &mortal, 0);

    ck_assert_uint_eq(code_of(thread), STILL_ACTIVE);
    ck_assert_uint_eq(WaitForSingleObject(thread, 0), WAIT_TIMEOUT);
    ck_assert_uint_eq(WaitForSingleObject(thread, 5), WAIT_TIMEOUT);
    SetEvent(mortal.go);
    fixture_wait(thread);
    ck_assert_uint_eq(code_of(thread), has_code ? mortal.code : 0);
    ck_assert_uint_eq(WaitForSingleObject(thread, 0), WAIT_OBJECT_0);
    fixture_close(thread);
    fixture_close(mortal.go);
}
END_TEST

/* A handle may be closed while the thread runs. */
START_TEST(a_thread_without_handles_goes_on)
{
    struct mortal mortal = {.go = fixture_event(TRUE)};
    HANDLE thread = fixture_start(live_and_end, &mortal, 0);
    HANDLE copy = fixture_copy(thread);

    fixture_close(thread);
    fixture_fails(WaitForSingleObject(thread, 0), WAIT_FAILED, ERROR_INVALID_HANDLE);
    ck_assert_uint_eq(WaitForSingleObject(copy, 0), WAIT_TIMEOUT);
    SetEvent(mortal.go);
    fixture_wait(copy);
    fixture_close(copy);
    fixture_close(mortal.go);
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
        threads[i] = fixture_start(count_and_end, (LPVOID)(uintptr_t)(i + 1), 0);
    }
    ck_assert_uint_eq(WaitForMultipleObjects(CROWD, threads, TRUE, WORLD_PATIENCE_MS),
                      WAIT_OBJECT_0);
    ck_assert_uint_eq(atomic_load(&running), CROWD);
    for (unsigned i = 0; i < CROWD; i++) {
        ck_assert_uint_eq(code_of(threads[i]), i + 1);
        fixture_close(threads[i]);
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

    foreign->own = fixture_copy(GetCurrentThread());
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
    struct foreign foreign = {.ready = fixture_event(TRUE), .exits = _i != 0};
    pthread_t id;

    ck_assert_int_eq(pthread_create(&id, NULL, foreign_body, &foreign), 0);
    fixture_wait(foreign.ready);
    if (!foreign.exits) {
        ck_assert_uint_eq(WaitForSingleObject(foreign.own, 1), WAIT_TIMEOUT);
        ck_assert_uint_eq(code_of(foreign.own), STILL_ACTIVE);
        ck_assert_int_eq(pthread_cancel(id), 0);
    }
    fixture_wait(foreign.own);
    ck_assert_uint_eq(code_of(foreign.own), 0);
    pthread_join(id, NULL);
    fixture_close(foreign.own);
    fixture_close(foreign.ready);
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
    HANDLE self = fixture_copy(GetCurrentThread());

    ck_assert_ptr_nonnull(thread);
    fixture_wait(thread);
    ck_assert_uint_ne(given, 0);
    ck_assert_uint_eq(told, given);
    ck_assert_uint_eq(GetThreadId(thread), given);
    ck_assert_uint_eq(GetThreadId(self), GetCurrentThreadId());
    ck_assert_uint_ne(GetCurrentThreadId(), given);
    ck_assert_uint_eq(GetCurrentThreadId(), (DWORD)gettid());
    fixture_close(self);
    fixture_close(thread);
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
    fixture_wait(thread);
    ck_assert_uint_eq(told, given);
    ck_assert_uint_eq(ResumeThread(thread), 0);
    ck_assert_uint_eq(ResumeThread(GetCurrentThread()), 0);
    fixture_close(thread);
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
    fixture_wait(thread);
    ck_assert_uint_eq(code_of(thread), 13);
    ck_assert_uint_eq(told, id);
    fixture_close(thread);
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

    procedure->own = fixture_copy(GetCurrentThread());
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
        .go = fixture_event(TRUE),
        .ready = fixture_event(TRUE),
        .ending = endings[_i],
    };
    uintptr_t thread = _beginthread(follow, 0, &procedure);
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;

    ck_assert_uint_ne(thread, (uintptr_t)-1);
    fixture_wait(procedure.ready);
    ck_assert_uint_eq(WaitForSingleObject((HANDLE)thread, 1), WAIT_TIMEOUT);
    SetEvent(procedure.go);
    fixture_wait(procedure.own);
    while (WaitForSingleObject((HANDLE)thread, 0) != WAIT_FAILED) {
        ck_assert_int_lt(world_now_ms(), end);
        world_pause();
    }
    ck_assert_uint_eq(code_of(procedure.own), 0);
    fixture_close(procedure.own);
    fixture_close(procedure.go);
    fixture_close(procedure.ready);
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
    fixture_wait(thread);
    fixture_close(thread);
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
    fixture_fails(CreateThread(NULL, (SIZE_T)1 << 62, tell_stack, NULL, 0, NULL), NULL,
                  ERROR_NOT_ENOUGH_MEMORY);
    fixture_fails(CreateThread(NULL, (SIZE_T)-1, tell_stack, NULL, 0, NULL), NULL,
                  ERROR_NOT_ENOUGH_MEMORY);
}
END_TEST

START_TEST(bad_arguments)
{
    HANDLE event = fixture_event(TRUE);
    DWORD code = 0;

    fixture_fails(CreateThread(NULL, 0, NULL, NULL, 0, NULL), NULL, ERROR_INVALID_PARAMETER);
    fixture_fails(CreateThread(NULL, 0, tell_id, NULL, 0x80, NULL), NULL, ERROR_INVALID_PARAMETER);
    fixture_fails(CreateThread(NULL, 0, tell_id, NULL, 0, (LPDWORD)8), NULL, ERROR_NOACCESS);
    fixture_fails(GetExitCodeThread(event, &code), FALSE, ERROR_INVALID_HANDLE);
    fixture_fails(GetExitCodeThread(GetCurrentThread(), NULL), FALSE, ERROR_NOACCESS);
    fixture_fails(GetThreadId(event), 0, ERROR_INVALID_HANDLE);
    fixture_fails(ResumeThread(NULL), (DWORD)-1, ERROR_INVALID_HANDLE);
    fixture_fails(QueueUserAPC(NULL, GetCurrentThread(), 0), 0, ERROR_INVALID_PARAMETER);
    SetLastError(1234);
    ck_assert_uint_eq(code_of(GetCurrentThread()), STILL_ACTIVE);
    ck_assert_uint_eq(WaitForSingleObject(GetCurrentThread(), 0), WAIT_TIMEOUT);
    ck_assert_int_eq(SwitchToThread(), TRUE);
    ck_assert_int_eq(CloseHandle(GetCurrentThread()), TRUE); /* says nothing */
    ck_assert_int_eq(CloseHandle(GetCurrentProcess()), TRUE);
    ck_assert_uint_eq(GetLastError(), 1234);
    fixture_close(event);
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
    tcase_add_test(tests, sleeps_last);
    suite_add_tcase(suite, tests);
    return suite;
}
