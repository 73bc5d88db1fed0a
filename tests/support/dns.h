/*
 * dns.h - the messages of a DNS server, true and false ones. Written without a line of the library.
 */
#ifndef TESTS_DNS_H
#define TESTS_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_PORT 53
#define DNS_MESSAGE_MAX 512

enum { DNS_A = 1, DNS_CNAME = 5, DNS_AAAA = 28 };

/* An answer. Everything left out is true and fits the question. */
struct dns_reply {
    const char *address;  /* text; NULL: no answer record */
    uint32_t ttl;         /* seconds */
    unsigned code;        /* RCODE: 3 is "no such name" */
    bool alias;           /* a CNAME record comes first */

    /* Lies. */
    uint16_t id_xor;
    bool question;        /* the message says that it is a question itself */
    bool other_name;      /* the question that is repeated is another one */
    bool pointer_to_self; /* the record's name is a compression pointer to itself */
    bool long_label;      /* the record's name has a label that goes beyond the message */
    unsigned records_add; /* added to the number of records */
    unsigned data_add;    /* added to the length of the record's data */
    size_t cut_to;        /* bytes, when not 0 */
};

/* The type that a question asks for: DNS_A or DNS_AAAA; 0 when it is no question of one name. */
unsigned dns_question_type(const uint8_t *question, size_t bytes);

/* The name that a question asks for, with dots, into out[256]. */
void dns_question_name(const uint8_t *question, size_t bytes, char *out);

/* Writes the answer to a question into out[DNS_MESSAGE_MAX]; returns its length. */
size_t dns_reply_write(const uint8_t *question, size_t bytes, const struct dns_reply *reply,
                       uint8_t *out);

#endif
