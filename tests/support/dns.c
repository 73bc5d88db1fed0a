/*
 * dns.c - the messages of a DNS server (RFC 1035, 4).
 */
#include "tests/support/dns.h"

#include <string.h>

#include "tests/support/frames.h"

enum { HEADER = 12, POINTER_TO_QUESTION = 0xc000 | HEADER };

static size_t put16(uint8_t *out, size_t at, unsigned value)
{
    out[at] = (uint8_t)(value >> 8);
    out[at + 1] = (uint8_t)value;
    return at + 2;
}

static size_t put32(uint8_t *out, size_t at, uint32_t value)
{
    at = put16(out, at, value >> 16);
    return put16(out, at, value & 0xffff);
}

/* Where the name of a question ends; 0 when it does not. */
static size_t name_end(const uint8_t *question, size_t bytes)
{
    size_t at = HEADER;

    while (at < bytes && question[at] != 0) {
        at += question[at] + 1u;
    }
    return at + 5 <= bytes ? at + 1 : 0;
}

unsigned dns_question_type(const uint8_t *question, size_t bytes)
{
    size_t end = bytes > HEADER ? name_end(question, bytes) : 0;

    return end == 0 ? 0 : (unsigned)question[end] << 8 | question[end + 1];
}

void dns_question_name(const uint8_t *question, size_t bytes, char *out)
{
    size_t used = 0;

    for (size_t at = HEADER; at < bytes && question[at] != 0; at += question[at] + 1u) {
        if (used != 0) {
            out[used++] = '.';
        }
        memcpy(out + used, question + at + 1, question[at]);
        used += question[at];
    }
    out[used] = '\0';
}

/* The name of a record: a pointer to the question's, or a lie. */
static size_t put_name(uint8_t *out, size_t at, const struct dns_reply *reply)
{
    if (reply->pointer_to_self) {
        return put16(out, at, 0xc000 | (unsigned)at);
    }
    if (reply->long_label) {
        return put16(out, at, 0x3f00);
    }
    return put16(out, at, POINTER_TO_QUESTION);
}

/* An alias of the question's name, which points to that name again. */
static size_t put_alias(uint8_t *out, size_t at, const struct dns_reply *reply)
{
    at = put16(out, at, POINTER_TO_QUESTION);
    at = put16(out, at, DNS_CNAME);
    at = put16(out, at, 1);
    at = put32(out, at, reply->ttl);
    at = put16(out, at, 2);
    return put16(out, at, POINTER_TO_QUESTION);
}

static size_t put_address(uint8_t *out, size_t at, const struct dns_reply *reply)
{
    uint8_t address[16];
    size_t bytes = frame_address(reply->address, address) == 4 ? 4 : 16;

    at = put_name(out, at, reply);
    at = put16(out, at, bytes == 4 ? DNS_A : DNS_AAAA);
    at = put16(out, at, 1);
    at = put32(out, at, reply->ttl);
    at = put16(out, at, (unsigned)bytes + reply->data_add);
    memcpy(out + at, address, bytes);
    return at + bytes;
}

size_t dns_reply_write(const uint8_t *question, size_t bytes, const struct dns_reply *reply,
                       uint8_t *out)
{
    size_t at = name_end(question, bytes) + 4;

    memcpy(out, question, at);
    out[0] ^= (uint8_t)(reply->id_xor >> 8);
    out[1] ^= (uint8_t)reply->id_xor;
    out[2] = reply->question ? 0x01 : 0x81;
    out[3] = (uint8_t)(0x80 | reply->code);
    if (reply->other_name) {
        out[HEADER + 1] ^= 1;
    }
    put16(out, 6, (reply->address != NULL ? 1u : 0) + (reply->alias ? 1u : 0) + reply->records_add);
    put32(out, 8, 0);
    if (reply->alias) {
        at = put_alias(out, at, reply);
    }
    if (reply->address != NULL) {
        at = put_address(out, at, reply);
    }
    return reply->cut_to != 0 && reply->cut_to < at ? reply->cut_to : at;
}
