/*
 * datagram.h - one datagram as WSARecvMsg returned it, in plain types for the output.
 *
 * Filled by datagram_decode() from the WSAMSG alone; only the names of socket and interface are
 * added from what the program itself configured.
 */
#ifndef TOOLS_DATAGRAM_H
#define TOOLS_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATAGRAM_TEXT_BYTES 80 /* ADDRESS_TEXT_BYTES, whose header needs Winsock */
#define DATAGRAM_CONTROL_MAX 16

/* What WSAMSG.dwFlags can say, and how it is shown. X(enumerator, name, short name) */
#define DATAGRAM_FLAGS(X)             \
    X(BCAST, "MSG_BCAST", "BCAST")    \
    X(MCAST, "MSG_MCAST", "MCAST")    \
    X(TRUNC, "MSG_TRUNC", "TRUNC")    \
    X(CTRUNC, "MSG_CTRUNC", "CTRUNC")

enum datagram_flag {
#define X(id, name, brief) DATAGRAM_##id,
    DATAGRAM_FLAGS(X)
#undef X
    DATAGRAM_FLAG_COUNT
};

/* Short and full name of a flag, as in the table and in JSON. Static strings. */
extern const char *const datagram_flag_names[DATAGRAM_FLAG_COUNT];
extern const char *const datagram_flag_briefs[DATAGRAM_FLAG_COUNT];

/* One control message. */
struct datagram_control {
    const char *level; /* "IPPROTO_IP", or NULL when it has no name here */
    const char *type;  /* "IP_PKTINFO" */
    const char *brief; /* "PKTINFO" */
    int level_number;
    int type_number;
    uint32_t bytes;    /* of its data */
    bool has_value;    /* a number */
    int64_t value;
    bool in_column;    /* the value has a column of its own in the table */
    bool is_time;      /* the value counts 10,000,000 a second */
};

struct datagram {
    unsigned long number;          /* from 1 */
    const char *socket;            /* the name that --bind gave, or "" */
    char source[DATAGRAM_TEXT_BYTES];      /* with port */
    char destination[DATAGRAM_TEXT_BYTES]; /* from pktinfo, without port; empty when absent */
    bool destination_is_v6;
    unsigned local_port;
    unsigned interface;            /* index from pktinfo, 0 when absent */
    const char *interface_name;
    int ttl;                       /* or hop limit; -1 when absent */
    int tos;                       /* or traffic class; -1 when absent */
    int ecn;                       /* -1 when absent */
    uint32_t segment_bytes;        /* of each joined datagram (UDP_COALESCED_INFO); 0 when absent */
    uint64_t timestamp;            /* SO_TIMESTAMP, 10,000,000 a second; 0 when absent */
    bool flags[DATAGRAM_FLAG_COUNT];
    const char *error;             /* name of the error that came with it, NULL when none did */
    uint32_t bytes;                /* of payload that was returned */
    const uint8_t *payload;        /* borrowed */
    struct datagram_control control[DATAGRAM_CONTROL_MAX];
    size_t control_count;
};

/* Totals over what was shown. */
struct datagram_totals {
    unsigned long count;
    unsigned long flags[DATAGRAM_FLAG_COUNT];
};

/* Adds one that was shown. */
void datagram_count(struct datagram_totals *totals, const struct datagram *datagram);

#endif
