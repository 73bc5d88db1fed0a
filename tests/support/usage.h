/*
 * usage.h - how often threads of this process have woken.
 */
#ifndef TESTS_USAGE_H
#define TESTS_USAGE_H

/* From now on the threads that there are do not count. */
void usage_forget(void);

/*
 * Times that the other threads, which were started since, have gone to sleep by themselves: what
 * getrusage() calls ru_nvcsw.
 */
unsigned long usage_switches(void);

/* Lets time pass without any call of the library. */
void usage_sleep_ms(unsigned ms);

#endif
