/*
 * output.h - the same sends by several ways out: lwIP's, the early one, the early one over links
 * that finish what they are left. What leaves must be the same, byte by byte.
 */
#ifndef TESTS_CONTRACT_OUTPUT_H
#define TESTS_CONTRACT_OUTPUT_H

#include "tests/contract/contract.h"

enum output_mode {
    OUTPUT_LWIP,  /* the early way is closed */
    OUTPUT_EARLY,
    OUTPUT_SUM,   /* the link finishes checksums */
    OUTPUT_SUPER, /* and cuts superframes */
    OUTPUT_MODES,
};

/* Carries out sends in a world that has been started. */
typedef void (*output_scenario)(const struct world_family *family);

/* A fixture for tests of both ways: the environment is not to choose one. */
void output_both_ways(void);

/*
 * Runs a scenario once in each mode, in a world with these options (mode's own are added), and
 * asserts that the frames on link 0 are the same each time, housekeeping (ARP, neighbour discovery)
 * included; identifications count from where they began. There is no background thread: nothing
 * moves but inside calls.
 */
void output_same(const struct world_options *options, output_scenario scenario,
                 const struct world_family *family);

/* The mode of the run, for scenarios that tell of the way itself. */
enum output_mode output_current_mode(void);

/* A UDP socket bound to an address and a port of the test's choice, dual-stack if it is "::". */
SOCKET output_socket(const char *address, uint16_t port);

/* Answers what the host asked its neighbours. */
void output_answer(void);

/* How often lwIP found a neighbour since the start of the program: the early way doesn't ask. */
unsigned output_lwip_sends(void);

/* Sends datagrams to the peer's port 7777 and tells whether they went the early way. */
bool output_goes_early(SOCKET s, const struct world_family *family);

#endif
