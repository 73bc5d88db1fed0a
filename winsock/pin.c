/*
 * pin.c - hazard pointers, with the cost on the side that frees.
 *
 * Theory of operation
 *
 * A reader writes down what it is going to use, then looks whether it is valid. A writer makes it
 * invalid, then looks whether anybody has it written down. For this to work each side's write must
 * be seen before its look, which takes a full barrier on both sides, as expensive as the reference
 * count that is to be saved. But readers come with every datagram and writers when a socket is
 * closed: so the reader's barrier binds the compiler alone, and the writer has the kernel execute
 * one on every processor that runs a thread of this process (membarrier(2), private expedited).
 * Either the reader's note is visible after that, or its look comes later and finds what it wanted
 * to use invalid.
 *
 * The pins of all threads are in a list; a thread enters its own with its first pin and leaves when
 * it ends. Where the kernel has no such call, or it is forbidden, no thread gets a pin.
 *
 * Lock: list_lock, a leaf but for what pin_wait() waits for: that ends without any lock.
 */
#include "winsock/pin.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

_Thread_local struct pin pin_own;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool usable;

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct pin *first;

static int membarrier(int command)
{
    return (int)syscall(__NR_membarrier, command, 0, 0);
}

/* The thread ends. */
static void leave(void *of)
{
    struct pin *pin = of;

    pthread_mutex_lock(&list_lock);
    if (pin->previous != NULL) {
        pin->previous->next = pin->next;
    } else {
        first = pin->next;
    }
    if (pin->next != NULL) {
        pin->next->previous = pin->previous;
    }
    pthread_mutex_unlock(&list_lock);
    pin->entered = false;
}

static void prepare(void)
{
    usable = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0 &&
             pthread_key_create(&key, leave) == 0;
}

bool pin_enter(void)
{
    struct pin *pin = &pin_own;

    pthread_once(&once, prepare);
    if (!usable || pthread_setspecific(key, pin) != 0) {
        return false;
    }
    pthread_mutex_lock(&list_lock);
    pin->previous = NULL;
    pin->next = first;
    if (first != NULL) {
        first->previous = pin;
    }
    first = pin;
    pthread_mutex_unlock(&list_lock);
    pin->entered = true;
    return true;
}

/*
 * Has every processor that runs a thread of this process execute a barrier.
 *
 * The call may be forbidden by now, by a sandbox that the program has entered since. Then there is
 * time instead: a processor does within microseconds what it has put off, and a thread that does not
 * run has been through a barrier on its way out.
 */
static void barrier_everywhere(void)
{
    static const struct timespec long_enough = {.tv_nsec = 1000000};

    if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0) {
        nanosleep(&long_enough, NULL);
    }
}

void pin_wait(const void *what)
{
    pthread_once(&once, prepare);
    if (!usable) {
        return;
    }
    barrier_everywhere();
    pthread_mutex_lock(&list_lock);
    for (struct pin *pin = first; pin != NULL; pin = pin->next) {
        while (atomic_load_explicit(&pin->what, memory_order_acquire) == what) {
            sched_yield();
        }
    }
    pthread_mutex_unlock(&list_lock);
}
