/*
 * usage.c - how often threads of this process have woken. No state.
 */
#include "tests/support/usage.h"

#include <sys/resource.h>
#include <time.h>

unsigned long usage_switches(void)
{
    struct rusage usage;

    return getrusage(RUSAGE_SELF, &usage) == 0 ? (unsigned long)usage.ru_nvcsw : 0;
}

void usage_sleep_ms(unsigned ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    nanosleep(&time, NULL);
}
