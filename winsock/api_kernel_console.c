/*
 * api_kernel_console.c - SetConsoleCtrlHandler: signals as the console's events; ExitProcess.
 *
 * A signal handler may call next to nothing, and routines of Windows anything: so the handler writes
 * the signal's number into a pipe, and a thread, which is started with the first routine and stays,
 * reads it and calls the routines. The signals are taken while there is something to tell them to
 * (a routine, or that Ctrl+C is ignored) and given back afterwards: this is the one place where the
 * library touches signals, and it does so only because the program has asked for it.
 *
 * State: the routines, under one lock, which is not held while they run. Limit: ROUTINES_MAX.
 */
#define _GNU_SOURCE /* pipe2 */
#include <windows.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUTINES_MAX = 16 };

static const struct {
    int signal;
    DWORD event;
} events[] = {
    {SIGINT, CTRL_C_EVENT},
    {SIGQUIT, CTRL_BREAK_EVENT},
    {SIGHUP, CTRL_CLOSE_EVENT},
    {SIGTERM, CTRL_SHUTDOWN_EVENT},
};

#define EVENTS ARRAYSIZE(events)

static struct {
    pthread_mutex_t lock;
    PHANDLER_ROUTINE routines[ROUTINES_MAX]; /* the last is called first */
    size_t count;
    bool ignores_c;
    bool taken; /* the signals are ours, and these were there before: */
    struct sigaction before[EVENTS];
    bool started;
    int pipe[2];
} console = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void on_signal(int signal)
{
    int saved = errno;
    char number = (char)signal;
    ssize_t written = write(console.pipe[1], &number, 1);

    (void)written; /* a full pipe has signals enough in it */
    errno = saved;
}

/* With the lock held. */
static void take_signals_locked(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    if (console.taken) {
        return;
    }
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < EVENTS; i++) {
        sigaction(events[i].signal, &action, &console.before[i]);
    }
    console.taken = true;
}

/* With the lock held: gives them back when nothing is left that wants them. */
static void release_signals_locked(void)
{
    if (!console.taken || console.count != 0 || console.ignores_c) {
        return;
    }
    for (size_t i = 0; i < EVENTS; i++) {
        sigaction(events[i].signal, &console.before[i], NULL);
    }
    console.taken = false;
}

/* Calls the routines for an event. Returns whether one of them has taken it. */
static bool tell(DWORD event)
{
    PHANDLER_ROUTINE routines[ROUTINES_MAX];

    pthread_mutex_lock(&console.lock);
    size_t count = console.count;
    bool ignored = event == CTRL_C_EVENT && console.ignores_c;
    memcpy(routines, console.routines, sizeof(routines));
    pthread_mutex_unlock(&console.lock);
    while (!ignored && count-- > 0) {
        ignored = routines[count](event) != FALSE;
    }
    return ignored;
}

/* Nobody wanted it: from now on the signal does what it did before, most often end the process. */
static void pass_on(size_t i)
{
    pthread_mutex_lock(&console.lock);
    if (console.taken) {
        sigaction(events[i].signal, &console.before[i], NULL);
        kill(getpid(), events[i].signal);
    }
    pthread_mutex_unlock(&console.lock);
}

static void *run(void *argument)
{
    char number;

    (void)argument;
    for (;;) {
        if (read(console.pipe[0], &number, 1) != 1) {
            continue;
        }
        for (size_t i = 0; i < EVENTS; i++) {
            if (events[i].signal == number && !tell(events[i].event)) {
                pass_on(i);
            }
        }
    }
    return NULL;
}

/* With the lock held. The thread takes no signal itself. */
static bool start_locked(void)
{
    sigset_t all, before;
    pthread_t thread;

    if (console.started) {
        return true;
    }
    if (pipe2(console.pipe, O_CLOEXEC) != 0) {
        return false;
    }
    fcntl(console.pipe[1], F_SETFL, O_NONBLOCK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    console.started = pthread_create(&thread, NULL, run, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!console.started) {
        close(console.pipe[0]);
        close(console.pipe[1]);
        return false;
    }
    pthread_detach(thread);
    return true;
}

/* With the lock held. Returns 0 or the error. */
static DWORD add_locked(PHANDLER_ROUTINE routine)
{
    if (!start_locked() || (routine != NULL && console.count == ROUTINES_MAX)) {
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    if (routine != NULL) {
        console.routines[console.count++] = routine;
    } else {
        console.ignores_c = true;
    }
    take_signals_locked();
    return 0;
}

/* With the lock held. Returns 0 or the error. */
static DWORD remove_locked(PHANDLER_ROUTINE routine)
{
    size_t i = console.count;

    if (routine == NULL) {
        console.ignores_c = false;
        release_signals_locked();
        return 0;
    }
    while (i > 0 && console.routines[i - 1] != routine) {
        i--;
    }
    if (i == 0) {
        return ERROR_INVALID_PARAMETER;
    }
    memmove(&console.routines[i - 1], &console.routines[i],
            (console.count - i) * sizeof(console.routines[0]));
    console.count--;
    release_signals_locked();
    return 0;
}

BOOL SetConsoleCtrlHandler(PHANDLER_ROUTINE routine, BOOL add)
{
    pthread_mutex_lock(&console.lock);
    DWORD error = add ? add_locked(routine) : remove_locked(routine);
    pthread_mutex_unlock(&console.lock);
    if (error != 0) {
        SetLastError(error);
    }
    return error == 0;
}

VOID ExitProcess(UINT code)
{
    exit((int)code);
}
