/*
 * test_hooks.c - programs of Windows Sockets 1.1: blocking hooks, cancelling, one blocking call at a
 * time (C44).
 */
#include "tests/contract/contract.h"

#include <stdatomic.h>

#include "tests/support/worker.h"
#include "tests/support/world_internal.h"

/* What the hook of the running test does, and what it saw. */
static struct {
    SOCKET s;
    unsigned calls;
    unsigned cancel_at; /* 0: never */
    bool busy;          /* it always wants to be called again */
    int result, error;
    bool blocking;
} hook;

static INT_PTR called(void)
{
    hook.calls++;
    if (hook.calls == hook.cancel_at) {
        hook.blocking = WSAIsBlocking();
        hook.result = WSACancelBlockingCall();
        hook.error = WSAGetLastError();
    }
    return hook.busy;
}

/* A world whose program asked for version 1.1. */
static void setup(void)
{
    world_begin();
    world_configure(&(struct world_options){.links = 1});
    ck_assert_int_eq(WSAStartup(MAKEWORD(1, 1), &(WSADATA){0}), 0);
    hook.calls = hook.cancel_at = 0;
    hook.busy = false;
}

static void teardown(void)
{
    ck_assert_int_eq(WSACleanup(), 0);
    memlink_free(world.link[0]);
}

static SOCKET bound(const struct world_family *family, uint16_t port)
{
    SOCKADDR_STORAGE name;
    int bytes = world_name(family->us, port, &name);
    SOCKET s = socket(family->af, SOCK_DGRAM, 0);

    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, bytes), 0);
    return s;
}

START_TEST(c44_a_hook_cancels_a_receive)
{
    SOCKET s = bound(FAMILY, 5000);
    char byte;

    hook.cancel_at = 3;
    hook.busy = _i != 0;
    ck_assert_ptr_nonnull(WSASetBlockingHook((FARPROC)called));
    world_fails(recv(s, &byte, 1, 0), WSAEINTR);
    ck_assert_uint_eq(hook.calls, 3);
    ck_assert_int_eq(hook.result, 0);
    ck_assert(hook.blocking);
    ck_assert_int_eq(WSAIsBlocking(), FALSE);
    hook.cancel_at = 4; /* a cancelled call does not cancel the next one */
    world_fails(recv(s, &byte, 1, 0), WSAEINTR);
    ck_assert_uint_eq(hook.calls, 4);
}
END_TEST

START_TEST(c44_a_hook_cancels_select)
{
    SOCKET s = bound(FAMILY, 5000);
    WSAPOLLFD entry = {.fd = s, .events = POLLRDNORM};
    fd_set reads;

    FD_ZERO(&reads);
    FD_SET(s, &reads);
    hook.cancel_at = 2;
    WSASetBlockingHook((FARPROC)called);
    world_fails(select(0, &reads, NULL, NULL, NULL), WSAEINTR);
    ck_assert_uint_eq(reads.fd_count, 1);
    hook.calls = 0;
    world_fails(WSAPoll(&entry, 1, -1), WSAEINTR);
}
END_TEST

START_TEST(c44_the_call_goes_on_while_the_hook_is_called)
{
    SOCKET s = bound(FAMILY, 5000);
    char data[16];

    WSASetBlockingHook((FARPROC)called);
    world_set(s, SOL_SOCKET, SO_RCVTIMEO, 300);
    world_fails(recv(s, data, 1, 0), WSAETIMEDOUT);
    ck_assert_uint_ge(hook.calls, 2);
    hook.calls = 0;
    deliver(FAMILY, 5000, "data");
    ck_assert_int_eq(recv(s, data, sizeof(data), 0), 4);
    ck_assert_int_eq(WSAUnhookBlockingHook(), 0);
    hook.calls = 0;
    world_fails(recv(s, data, 1, 0), WSAETIMEDOUT);
    ck_assert_uint_eq(hook.calls, 0);
}
END_TEST

START_TEST(c44_nothing_to_cancel)
{
    world_fails(WSACancelBlockingCall(), WSAEINVAL);
    ck_assert_int_eq(WSAIsBlocking(), FALSE);
    ck_assert_ptr_null(WSASetBlockingHook(NULL));
    ck_assert_int_eq(WSAGetLastError(), WSAEFAULT);
    FARPROC none = WSASetBlockingHook((FARPROC)called);
    ck_assert_ptr_nonnull(none);
    ck_assert(((BOOL(*)(void))none)() == FALSE);
    ck_assert(WSASetBlockingHook(none) == (FARPROC)called);
}
END_TEST

/* What a hook can't do: wait, begin or end anything. */
static INT_PTR meddle(void)
{
    char byte;
    fd_set reads;
    WSAPOLLFD entry = {.fd = hook.s, .events = POLLRDNORM};

    if (hook.calls++ != 0) {
        return FALSE;
    }
    FD_ZERO(&reads);
    FD_SET(hook.s, &reads);
    world_fails(recv(hook.s, &byte, 1, 0), WSAEINPROGRESS);
    world_fails(select(0, &reads, NULL, NULL, NULL), WSAEINPROGRESS);
    world_fails(WSAPoll(&entry, 1, -1), WSAEINPROGRESS);
    world_fails(WSACleanup(), WSAEINPROGRESS);
    ck_assert_int_eq(WSAStartup(MAKEWORD(1, 1), &(WSADATA){0}), WSAEINPROGRESS);
    ck_assert_ptr_null(WSASetBlockingHook((FARPROC)called));
    ck_assert_int_eq(WSAGetLastError(), WSAEINPROGRESS);
    entry.events = POLLWRNORM; /* need not wait */
    ck_assert_int_eq(WSAPoll(&entry, 1, -1), 1);
    ck_assert_int_eq(closesocket(socket(AF_INET, SOCK_DGRAM, 0)), 0);
    return FALSE;
}

START_TEST(c44_a_second_blocking_call)
{
    char byte;

    hook.s = bound(FAMILY, 5000);
    WSASetBlockingHook((FARPROC)meddle);
    world_set(hook.s, SOL_SOCKET, SO_RCVTIMEO, 30);
    world_fails(recv(hook.s, &byte, 1, 0), WSAETIMEDOUT);
    ck_assert_uint_ge(hook.calls, 1);
}
END_TEST

static INT_PTR close_own_socket(void)
{
    if (hook.calls++ == 0) {
        ck_assert_int_eq(closesocket(hook.s), 0);
    }
    return FALSE;
}

START_TEST(c44_c45_a_hook_closes_the_socket)
{
    char byte;

    hook.s = bound(FAMILY, 5000);
    WSASetBlockingHook((FARPROC)close_own_socket);
    world_fails(recv(hook.s, &byte, 1, 0), WSAEINTR);
}
END_TEST

/* A hook is its thread's own. */
static void receive_elsewhere(void *argument)
{
    char byte;

    world_fails(recv(*(SOCKET *)argument, &byte, 1, 0), WSAETIMEDOUT);
}

START_TEST(c44_other_threads_have_no_hook)
{
    SOCKET s = bound(FAMILY, 5000);

    WSASetBlockingHook((FARPROC)called);
    world_set(s, SOL_SOCKET, SO_RCVTIMEO, 30);
    worker_join(worker_start(receive_elsewhere, &s));
    ck_assert_uint_eq(hook.calls, 0);
}
END_TEST

static atomic_bool in_hook;

/* Sockets are made while another thread cleans up: they fail, and nobody waits for ever. */
static INT_PTR make_sockets(void)
{
    atomic_store(&in_hook, true);
    while (socket(AF_INET, SOCK_DGRAM, 0) != INVALID_SOCKET) {
        world_pause();
    }
    ck_assert_int_eq(WSAGetLastError(), WSANOTINITIALISED);
    return FALSE;
}

static void receive_and_make(void *argument)
{
    char byte;

    ck_assert_ptr_nonnull(WSASetBlockingHook((FARPROC)make_sockets));
    ck_assert_int_eq(recv(*(SOCKET *)argument, &byte, 1, 0), SOCKET_ERROR);
}

START_TEST(c44_cleanup_while_a_hook_runs)
{
    SOCKET s = bound(FAMILY, 5000);
    struct worker *worker = worker_start(receive_and_make, &s);

    while (!atomic_load(&in_hook)) {
        world_pause();
    }
    ck_assert_int_eq(WSACleanup(), 0);
    worker_join(worker);
    ck_assert_int_eq(WSAStartup(MAKEWORD(1, 1), &(WSADATA){0}), 0);
}
END_TEST

START_TEST(c44_version_2_has_no_hooks)
{
    world_start(&(struct world_options){.links = 1});
    world_fails(WSACancelBlockingCall(), WSAEOPNOTSUPP);
    world_fails(WSAUnhookBlockingHook(), WSAEOPNOTSUPP);
    ck_assert_ptr_null(WSASetBlockingHook((FARPROC)called));
    ck_assert_int_eq(WSAGetLastError(), WSAEOPNOTSUPP);
    ck_assert_int_eq(WSAStartup(MAKEWORD(1, 0), &(WSADATA){0}), 0); /* the lowest one counts */
    world_fails(WSACancelBlockingCall(), WSAEINVAL);
    ck_assert_int_eq(WSACleanup(), 0);
    world_teardown();
    world_fails(WSACancelBlockingCall(), WSANOTINITIALISED);
}
END_TEST

/* The hook of a program that has cleaned up is forgotten. */
START_TEST(c44_hooks_end_with_the_cleanup)
{
    char byte;

    ck_assert_ptr_nonnull(WSASetBlockingHook((FARPROC)called));
    ck_assert_int_eq(WSACleanup(), 0);
    ck_assert_int_eq(WSAStartup(MAKEWORD(1, 1), &(WSADATA){0}), 0);
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    SOCKADDR_STORAGE name;
    ck_assert_int_eq(bind(s, (struct sockaddr *)&name, world_name("127.0.0.1", 0, &name)), 0);
    world_set(s, SOL_SOCKET, SO_RCVTIMEO, 30);
    world_fails(recv(s, &byte, 1, 0), WSAETIMEDOUT);
    ck_assert_uint_eq(hook.calls, 0);
}
END_TEST

Suite *suite_contract_hooks(void)
{
    Suite *suite = suite_create("hooks");
    TCase *tcase = tcase_create("hooks"), *bare = tcase_create("hooks_bare");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, c44_a_hook_cancels_a_receive, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c44_a_hook_cancels_select, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c44_the_call_goes_on_while_the_hook_is_called, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c44_nothing_to_cancel);
    tcase_add_loop_test(tcase, c44_a_second_blocking_call, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c44_c45_a_hook_closes_the_socket, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c44_other_threads_have_no_hook, 0, WORLD_FAMILIES);
    tcase_add_loop_test(tcase, c44_cleanup_while_a_hook_runs, 0, WORLD_FAMILIES);
    tcase_add_test(tcase, c44_hooks_end_with_the_cleanup);
    suite_add_tcase(suite, tcase);

    tcase_add_test(bare, c44_version_2_has_no_hooks);
    suite_add_tcase(suite, bare);
    return suite;
}
