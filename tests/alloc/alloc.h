/*
 * alloc.h - memory that runs out for the library when a test says so, and for nobody else.
 */
#ifndef TESTS_ALLOC_H
#define TESTS_ALLOC_H

#include <check.h>
#include <stdbool.h>

/*
 * From now on counts allocations and has number nth fail (from 1; 0: none), or with all that one
 * and every later one.
 */
void alloc_arm(unsigned nth, bool all);

/* Everything works again. Returns how many allocations were asked for since alloc_arm(). */
unsigned alloc_disarm(void);

/* Blocks that the library has taken and not given back, since the start of the program. */
long alloc_live(void);

Suite *suite_alloc(void);
Suite *suite_alloc_kernel(void);
Suite *suite_alloc_path(void);

#endif
