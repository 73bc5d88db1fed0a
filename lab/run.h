/*
 * run.h - runs a lab.
 */
#ifndef LAB_RUN_H
#define LAB_RUN_H

#include <stdbool.h>

#include "lab/lab.h"

struct lab_run_options {
    bool keep;  /* leave the directory with configurations and commands, and say where it is */
    bool quiet; /* show the table alone, not what the hosts print */
};

/*
 * Runs a lab that lab_read() has taken, until its end, SIGINT or SIGTERM. Returns true when all
 * hosts have ended as expected; what else was in the way is told on standard error. Nothing of it
 * is left: no process, namespace or file but logs, captures and what the hosts themselves have
 * written.
 */
bool lab_run(const struct lab *lab, const struct lab_run_options *options);

#endif
