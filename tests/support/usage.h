/*
 * usage.h - how often threads of this process have woken. Apart, because <sys/resource.h> and
 * Winsock's headers don't go together.
 */
#ifndef TESTS_USAGE_H
#define TESTS_USAGE_H

/* Times that all threads together have gone to sleep by themselves (ru_nvcsw), ended ones too. */
unsigned long usage_switches(void);

/* Lets time pass without any call of the library: one such switch. */
void usage_sleep_ms(unsigned ms);

#endif
