/*
 * api_startup.c - WSAStartup, WSACleanup, the last error, and what all entry points share.
 *
 * Start-ups are counted under one lock; the first starts the stack, the last clean-up closes every
 * socket and stops it. The count is read without the lock by every other call. The clean-up does
 * its work without the lock: it waits for calls that are under way, and those may need the lock (a
 * blocking hook that makes a socket). Inside a blocking call neither of the two is possible.
 *
 * The IP Helper needs no start-up: its first question starts the stack all the same (api_wake()),
 * since that takes a second where IPv6 addresses have to be probed. The next start-up takes that
 * stack over, and the last clean-up stops it.
 *
 * The last error is one cell for each thread, for WSAGetLastError() and GetLastError() alike.
 */
#include "winsock/api.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "host/host.h"
#include "winsock/blocking.h"
#include "winsock/errors.h"
#include "winsock/handle.h"
#include "winsock/memory.h"
#include "winsock/operation_pool.h"
#include "winsock/socket.h"
#include "winsock/thread.h"

static pthread_mutex_t startup_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cleaned_up = PTHREAD_COND_INITIALIZER;
static _Atomic unsigned startup_count; /* written under startup_lock */
static bool cleaning_up;               /* the last clean-up is under way; under startup_lock */
static bool awake;                     /* the stack runs without a start-up; under startup_lock */

static _Thread_local int last_error;

int WSAGetLastError(void)
{
    return last_error;
}

void WSASetLastError(int error)
{
    last_error = error;
}

DWORD GetLastError(void)
{
    return (DWORD)last_error;
}

void SetLastError(DWORD error)
{
    last_error = (int)error;
}

int api_result(int error)
{
    last_error = error;
    return error == 0 ? 0 : SOCKET_ERROR;
}

static bool started(void)
{
    return atomic_load_explicit(&startup_count, memory_order_acquire) != 0;
}

int api_check_started(void)
{
    return started() ? 0 : WSANOTINITIALISED;
}

int api_get_socket(SOCKET handle, struct socket **out)
{
    if (!started()) {
        return WSANOTINITIALISED;
    }
    *out = socket_get(handle);
    return *out != NULL ? 0 : WSAENOTSOCK;
}

struct socket *api_pin_socket(SOCKET handle)
{
    return started() ? handle_pin(handle, HANDLE_SOCKET) : NULL;
}

int api_lock_startup(void)
{
    pthread_mutex_lock(&startup_lock);
    if (started()) {
        return 0;
    }
    pthread_mutex_unlock(&startup_lock);
    return WSANOTINITIALISED;
}

void api_unlock_startup(void)
{
    pthread_mutex_unlock(&startup_lock);
}

/* The version that a program gets (WB 7.3). */
static WORD negotiate(WORD requested)
{
    BYTE major = LOBYTE(requested);
    BYTE minor = HIBYTE(requested);

    if (major == 1) {
        return MAKEWORD(1, minor == 0 ? 0 : 1);
    }
    if (major == 2 && minor <= 2) {
        return requested;
    }
    return WINSOCK_VERSION;
}

/* lpVendorInfo is left as it is (WB 7.3). */
static void describe(WORD requested, LPWSADATA data)
{
    static const char description[] = "WinSock 2.0";
    static const char status[] = "Running";
    bool one = LOBYTE(requested) == 1;

    data->wVersion = negotiate(requested);
    data->wHighVersion = WINSOCK_VERSION;
    data->iMaxSockets = one ? 32767 : 0;
    data->iMaxUdpDg = one ? 65467 : 0;
    memcpy(data->szDescription, description, sizeof(description));
    memcpy(data->szSystemStatus, status, sizeof(status));
}

/* Has the stack run for a start-up, or for the IP Helper. Returns 0 or WSASYSNOTREADY. */
static int run_stack_locked(void)
{
    while (cleaning_up) {
        pthread_cond_wait(&cleaned_up, &startup_lock);
    }
    if (startup_count != 0 || awake) {
        return 0;
    }
    if (host_start() != 0) {
        return WSASYSNOTREADY;
    }
    memory_set_probing(host_probe_enabled());
    return 0;
}

void api_wake(void)
{
    if (started() || blocking_under_way()) { /* a clean-up waits for calls that are under way */
        return;
    }
    pthread_mutex_lock(&startup_lock);
    if (run_stack_locked() == 0 && startup_count == 0) {
        awake = true;
    }
    pthread_mutex_unlock(&startup_lock);
}

/* One start-up more, by a program that knows the version major. Returns 0 or WSASYSNOTREADY. */
static int start_up(BYTE major)
{
    pthread_mutex_lock(&startup_lock);
    int error = run_stack_locked();
    bool first = startup_count == 0;
    if (error == 0) {
        awake = false;
        if (first || major == 1) { /* the lowest version counts (C44) */
            blocking_set_version(major == 1);
        }
        atomic_fetch_add_explicit(&startup_count, 1, memory_order_release);
    }
    pthread_mutex_unlock(&startup_lock);
    return error;
}

int WSAStartup(WORD requested, LPWSADATA data)
{
    if (memory_writable(data, sizeof(*data)) != 0) {
        return WSAEFAULT;
    }
    describe(requested, data);
    if (LOBYTE(requested) == 0) {
        return WSAVERNOTSUPPORTED;
    }
    if (blocking_under_way()) {
        return WSAEINPROGRESS;
    }
    last_error = start_up(LOBYTE(requested));
    return last_error;
}

/* Ends everything, with startup_lock given up meanwhile. */
static void clean_up_locked(void)
{
    cleaning_up = true;
    pthread_mutex_unlock(&startup_lock);
    socket_close_all();
    host_stop();
    operation_pool_trim();
    memory_set_probing(false);
    pthread_mutex_lock(&startup_lock);
    cleaning_up = false;
    pthread_cond_broadcast(&cleaned_up);
}

int WSACleanup(void)
{
    int error = api_lock_startup();

    if (error != 0) {
        return api_result(error);
    }
    if (blocking_under_way()) {
        error = WSAEINPROGRESS;
    } else if (atomic_fetch_sub_explicit(&startup_count, 1, memory_order_acq_rel) == 1) {
        clean_up_locked();
    }
    api_unlock_startup();
    return api_result(error);
}

int api_check_overlapped(LPWSAOVERLAPPED overlapped)
{
    return overlapped == NULL ? 0 : memory_writable(overlapped, sizeof(*overlapped));
}

void api_finish_overlapped(LPWSAOVERLAPPED overlapped, int error, DWORD bytes)
{
    if (overlapped == NULL) {
        return;
    }
    overlapped->InternalHigh = bytes;
    /* Last, for who polls it; zero-extended (C61). */
    __atomic_store_n(&overlapped->Internal, (ULONG)errors_status_from_wsa(error), __ATOMIC_RELEASE);
}
