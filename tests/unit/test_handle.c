/*
 * test_handle.c - the handle table: values, kinds, stale values, the last reference, further
 * handles, races.
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>

#include <winsock2.h>

#include "config/limits.h"
#include "winsock/handle.h"
#include "tests/unit/suites.h"

static atomic_uint released;

static void count_release(void *object)
{
    (void)object;
    atomic_fetch_add(&released, 1);
}

static const struct handle_class event_class = {HANDLE_EVENT, count_release, false};
static const struct handle_class port_class = {HANDLE_PORT, count_release, false};

static uintptr_t open_event(void *object)
{
    uintptr_t value = 0;

    ck_assert_int_eq(handle_new(&event_class, object, &value), 0);
    return value;
}

static void close_event(uintptr_t value)
{
    ck_assert_ptr_nonnull(handle_close(value, HANDLE_EVENT, NULL));
    handle_put(value);
}

START_TEST(c05_values_are_multiples_of_4_that_fit_an_int)
{
    int object;
    uintptr_t values[100];

    for (int i = 0; i < 100; i++) {
        values[i] = open_event(&object);
        ck_assert_uint_ne(values[i], 0);
        ck_assert_uint_eq(values[i] % 4, 0);
        ck_assert_uint_eq((uintptr_t)(int)values[i], values[i]);
        ck_assert_int_gt((int)values[i], 0);
    }
    for (int i = 0; i < 100; i++)
        close_event(values[i]);
}
END_TEST

START_TEST(c05_exact_values_only)
{
    int object;
    uintptr_t value = open_event(&object);

    ck_assert_ptr_eq(handle_get(value, HANDLE_EVENT), &object);
    handle_put(value);
    ck_assert_ptr_null(handle_get(value + 1, HANDLE_EVENT));
    ck_assert_ptr_null(handle_get(value + 3, HANDLE_EVENT));
    ck_assert_ptr_null(handle_get(value | (uintptr_t)1 << 32, HANDLE_EVENT));
    ck_assert_ptr_null(handle_get(0, HANDLE_EVENT));
    ck_assert_ptr_null(handle_get(INVALID_SOCKET, HANDLE_EVENT));
    close_event(value);
}
END_TEST

START_TEST(c05_a_stale_value_does_not_reach_the_successor)
{
    int first, second;
    uintptr_t stale = open_event(&first);

    close_event(stale);
    uintptr_t fresh = open_event(&second);
    ck_assert_uint_ne(stale, fresh);
    ck_assert_ptr_null(handle_get(stale, HANDLE_EVENT));
    ck_assert_ptr_null(handle_close(stale, HANDLE_EVENT, NULL));
    ck_assert_ptr_eq(handle_get(fresh, HANDLE_EVENT), &second);
    handle_put(fresh);
    close_event(fresh);
}
END_TEST

START_TEST(another_kind_is_not_found)
{
    int object;
    uintptr_t value;

    ck_assert_int_eq(handle_new(&port_class, &object, &value), 0);
    ck_assert_ptr_null(handle_get(value, HANDLE_EVENT));
    ck_assert_ptr_null(handle_close(value, HANDLE_EVENT, NULL));
    ck_assert_ptr_nonnull(handle_close(value, HANDLE_PORT, NULL));
    handle_put(value);
}
END_TEST

START_TEST(the_last_reference_releases_once)
{
    int object;
    uintptr_t value = open_event(&object);
    unsigned before = atomic_load(&released);

    ck_assert_ptr_nonnull(handle_get(value, HANDLE_EVENT));
    handle_ref(value);
    close_event(value);
    ck_assert_ptr_null(handle_get(value, HANDLE_EVENT));
    handle_put(value);
    ck_assert_uint_eq(atomic_load(&released), before);
    handle_put(value);
    ck_assert_uint_eq(atomic_load(&released), before + 1);
}
END_TEST

START_TEST(the_table_has_an_end)
{
    static uintptr_t values[LIMIT_HANDLES];
    uintptr_t value;
    int object;

    for (unsigned i = 0; i < LIMIT_HANDLES; i++)
        values[i] = open_event(&object);
    ck_assert_int_eq(handle_new(&event_class, &object, &value), WSAEMFILE);
    close_event(values[7]);
    values[7] = open_event(&object);
    for (unsigned i = 0; i < LIMIT_HANDLES; i++)
        close_event(values[i]);
}
END_TEST

static unsigned visited;

static void visit_and_close(uintptr_t value, void *visited_object, void *expected)
{
    ck_assert_ptr_eq(visited_object, expected);
    visited++;
    close_event(value);
}

START_TEST(each_visits_the_open_ones_of_a_kind)
{
    int object;
    uintptr_t port;

    for (int i = 0; i < 5; i++)
        open_event(&object);
    close_event(open_event(&object));
    ck_assert_int_eq(handle_new(&port_class, &object, &port), 0);
    visited = 0;
    handle_each(HANDLE_EVENT, visit_and_close, &object);
    ck_assert_uint_eq(visited, 5);
    ck_assert_ptr_nonnull(handle_close(port, HANDLE_PORT, NULL));
    handle_put(port);
}
END_TEST

/* --- further handles of an object --- */

static uintptr_t duplicate(uintptr_t value, enum handle_kind kind, unsigned mark)
{
    uintptr_t copy = 0;

    ck_assert_int_eq(handle_duplicate(value, kind, mark, &copy), 0);
    ck_assert_uint_ne(copy, value);
    return copy;
}

/* Closes a handle; returns whether it was the last of its object. */
static bool close_any(uintptr_t value, const void *object)
{
    bool last = false;

    ck_assert_ptr_eq(handle_close(value, HANDLE_ANY, &last), object);
    handle_put(value);
    return last;
}

START_TEST(duplicates_are_kinds_of_their_own)
{
    int object;
    uintptr_t first = open_event(&object);
    uintptr_t copy = duplicate(first, HANDLE_PORT, 5);
    enum handle_kind kind;
    uintptr_t reference;

    ck_assert_ptr_null(handle_get(copy, HANDLE_EVENT));
    ck_assert_ptr_eq(handle_get(copy, HANDLE_EVENT | HANDLE_PORT), &object);
    handle_put(first);
    ck_assert_ptr_eq(handle_get_any(copy, &kind, &reference), &object);
    ck_assert_int_eq(kind, HANDLE_PORT);
    ck_assert_uint_eq(reference, first);
    handle_put(reference);
    ck_assert_ptr_eq(handle_get_any(first, &kind, &reference), &object);
    ck_assert_int_eq(kind, HANDLE_EVENT);
    handle_put(reference);
    ck_assert_ptr_null(handle_get_any(first + 1, &kind, &reference));
    ck_assert_uint_eq(handle_mark(copy), 5);
    ck_assert_uint_eq(handle_mark(first), 0);
    ck_assert(!close_any(copy, &object));
    ck_assert_uint_eq(handle_mark(copy), 0);
    ck_assert(close_any(first, &object));
}
END_TEST

/* Whatever is closed first, one is the last, and the object goes with it. */
START_TEST(one_handle_is_the_last)
{
    enum { HANDLES = 3 };
    int object;
    uintptr_t handles[HANDLES];
    unsigned before = atomic_load(&released);

    handles[0] = open_event(&object);
    handles[1] = duplicate(handles[0], HANDLE_EVENT, 0);
    handles[2] = duplicate(handles[0], HANDLE_EVENT, 0);
    for (int i = 0; i < HANDLES; i++) {
        ck_assert_uint_eq(atomic_load(&released), before);
        ck_assert(close_any(handles[(_i + i) % HANDLES], &object) == (i == HANDLES - 1));
    }
    ck_assert_uint_eq(atomic_load(&released), before + 1);
}
END_TEST

/* A reference keeps the object, but nobody opens it again. */
START_TEST(an_object_without_handles_gets_none)
{
    int object;
    uintptr_t value = open_event(&object), copy = 0;
    unsigned before = atomic_load(&released);

    ck_assert_ptr_nonnull(handle_get(value, HANDLE_EVENT));
    ck_assert(close_any(value, &object));
    ck_assert_int_eq(handle_duplicate(value, HANDLE_EVENT, 0, &copy), WSA_INVALID_HANDLE);
    ck_assert_uint_eq(atomic_load(&released), before);
    handle_put(value);
    ck_assert_uint_eq(atomic_load(&released), before + 1);
}
END_TEST

START_TEST(a_full_table_has_no_duplicates)
{
    static uintptr_t values[LIMIT_HANDLES];
    uintptr_t copy;
    int object;

    values[0] = open_event(&object);
    for (unsigned i = 1; i < LIMIT_HANDLES; i++) {
        values[i] = duplicate(values[0], HANDLE_EVENT, 0);
    }
    ck_assert_int_eq(handle_duplicate(values[0], HANDLE_EVENT, 0, &copy), WSAEMFILE);
    for (unsigned i = 0; i < LIMIT_HANDLES; i++) {
        ck_assert(close_any(values[i], &object) == (i == LIMIT_HANDLES - 1));
    }
}
END_TEST

static atomic_uint last_closes;

/* Duplicates what is there, and closes both in turn. */
static void *copier(void *argument)
{
    const _Atomic uintptr_t *value = argument;

    for (unsigned i = 0; i < 5000; i++) {
        uintptr_t original = atomic_load(value), reference, copy;
        enum handle_kind kind;
        bool last = false;
        if (handle_get_any(original, &kind, &reference) == NULL) {
            continue;
        }
        if (handle_duplicate(reference, kind, 0, &copy) == 0) {
            if (handle_close(original, HANDLE_ANY, &last) != NULL) {
                atomic_fetch_add(&last_closes, last);
                handle_put(original);
            }
            ck_assert_ptr_nonnull(handle_close(copy, HANDLE_ANY, &last));
            atomic_fetch_add(&last_closes, last);
            handle_put(copy);
        }
        handle_put(reference);
    }
    return NULL;
}

/* Each object is closed for the last time once, and released once. */
START_TEST(races_of_duplicates)
{
    enum { ROUNDS = 5000, THREADS = 3 };
    pthread_t threads[THREADS];
    _Atomic uintptr_t value = 0;
    unsigned before = atomic_load(&released);
    int object;

    atomic_store(&last_closes, 0);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, copier, &value), 0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        uintptr_t opened = open_event(&object);
        bool last = false;
        atomic_store(&value, opened);
        if (handle_close(opened, HANDLE_EVENT, &last) != NULL) {
            atomic_fetch_add(&last_closes, last);
            handle_put(opened);
        }
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    ck_assert_uint_eq(atomic_load(&last_closes), ROUNDS);
    ck_assert_uint_eq(atomic_load(&released) - before, ROUNDS);
}
END_TEST

/* --- races --- */

/* Threads that look a value up and close it while it is being replaced over and over. */
static _Atomic uintptr_t shared_value;
static atomic_bool stop;
static atomic_uint closed_by_others;

static void *hunter(void *argument)
{
    (void)argument;
    while (!atomic_load(&stop)) {
        uintptr_t value = atomic_load(&shared_value);
        if (handle_get(value, HANDLE_EVENT) != NULL)
            handle_put(value);
        if (handle_close(value, HANDLE_EVENT, NULL) != NULL) {
            atomic_fetch_add(&closed_by_others, 1);
            handle_put(value);
        }
    }
    return NULL;
}

START_TEST(races_release_each_object_once)
{
    enum { ROUNDS = 20000, THREADS = 3 };
    pthread_t threads[THREADS];
    unsigned before = atomic_load(&released);
    unsigned closed_here = 0;
    int object;

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, hunter, NULL), 0);
    for (int i = 0; i < ROUNDS; i++) {
        uintptr_t value = open_event(&object);
        atomic_store(&shared_value, value);
        if (handle_close(value, HANDLE_EVENT, NULL) != NULL) {
            closed_here++;
            handle_put(value);
        }
    }
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(closed_here + atomic_load(&closed_by_others), ROUNDS);
    ck_assert_uint_eq(atomic_load(&released) - before, ROUNDS);
}
END_TEST

Suite *suite_handle(void)
{
    Suite *suite = suite_create("handle");
    TCase *tests = tcase_create("handle");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, c05_values_are_multiples_of_4_that_fit_an_int);
    tcase_add_test(tests, c05_exact_values_only);
    tcase_add_test(tests, c05_a_stale_value_does_not_reach_the_successor);
    tcase_add_test(tests, another_kind_is_not_found);
    tcase_add_test(tests, the_last_reference_releases_once);
    tcase_add_test(tests, the_table_has_an_end);
    tcase_add_test(tests, each_visits_the_open_ones_of_a_kind);
    tcase_add_test(tests, duplicates_are_kinds_of_their_own);
    tcase_add_loop_test(tests, one_handle_is_the_last, 0, 3);
    tcase_add_test(tests, an_object_without_handles_gets_none);
    tcase_add_test(tests, a_full_table_has_no_duplicates);
    tcase_add_test(tests, races_of_duplicates);
    tcase_add_test(tests, races_release_each_object_once);
    suite_add_tcase(suite, tests);
    return suite;
}
