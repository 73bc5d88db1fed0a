/*
 * dns_wire.h - as much of the format of DNS messages (RFC 1035, 4) as dns_responder.c and mdns.c
 * need: questions are read, records are written. Questions are repeated as they came, byte by byte.
 *
 * Names are text without a dot at the end, "host.example"; the comparison is for the caller
 * (_stricmp). A name with a label that holds a dot or a zero itself is read as "": nobody is
 * called so here. Readers and writers remember that a message was too short or too long, so that
 * callers ask once, at the end. What is written is not compressed.
 */
#ifndef DNS_WIRE_H
#define DNS_WIRE_H

#include <winsock2.h>
#include <ws2tcpip.h>
#include <stdlib.h>
#include <string.h>

enum { DNS_A = 1, DNS_PTR = 12, DNS_TXT = 16, DNS_AAAA = 28, DNS_SRV = 33, DNS_OPT = 41,
       DNS_ANY = 255 };

#define DNS_IN 1 /* the class */
#define DNS_HEADER_SIZE 12
#define DNS_NAME_SIZE 256
#define DNS_RESPONSE 0x8000u
#define DNS_AUTHORITATIVE 0x0400u
#define DNS_OPCODE(flags) ((flags) >> 11 & 15)

/* A record with its data as text: an address; a name; of SRV the port and a name, "80 host.local";
 * of TXT the text, of any length. */
struct dns_record {
    const char *name;
    USHORT type;
    ULONG ttl; /* seconds */
    const char *value;
};

struct dns_question {
    char name[DNS_NAME_SIZE];
    USHORT type, dns_class;
};

struct dns_header {
    USHORT id, flags;
    USHORT counts[4]; /* questions, answers, authority, additional */
};

/* --- Reading --- */

struct dns_reader {
    const UCHAR *data;
    size_t size, at;
    BOOL bad; /* the message ended too early, or makes no sense */
};

/* A number of at most four bytes. */
static inline UINT dns_read(struct dns_reader *r, size_t bytes)
{
    UINT value = 0;

    if (r->bad || r->size - r->at < bytes) {
        r->bad = TRUE;
        return 0;
    }
    while (bytes-- > 0) {
        value = value << 8 | r->data[r->at++];
    }
    return value;
}

static inline void dns_skip(struct dns_reader *r, size_t bytes)
{
    if (r->bad || r->size - r->at < bytes) {
        r->bad = TRUE;
    } else {
        r->at += bytes;
    }
}

static inline void dns_read_header(struct dns_reader *r, struct dns_header *header)
{
    header->id = (USHORT)dns_read(r, 2);
    header->flags = (USHORT)dns_read(r, 2);
    for (int i = 0; i < 4; i++) {
        header->counts[i] = (USHORT)dns_read(r, 2);
    }
}

/* Appends a label to the name. Returns FALSE when it can't be part of one that we know. */
static inline BOOL dns_append_label(char *name, size_t *used, const UCHAR *label, size_t length)
{
    if (*used + length + 2 > DNS_NAME_SIZE || memchr(label, '.', length) != NULL ||
        memchr(label, '\0', length) != NULL) {
        return FALSE;
    }
    if (*used > 0) {
        name[(*used)++] = '.';
    }
    memcpy(name + *used, label, length);
    *used += length;
    return TRUE;
}

/* A name, which may go on elsewhere. Each pointer leads further back, so that none is a circle. */
static inline void dns_read_name(struct dns_reader *r, char name[DNS_NAME_SIZE])
{
    struct dns_reader part = *r;
    size_t used = 0, earliest = r->at, end = 0;
    BOOL known = TRUE;

    for (;;) {
        UINT length = dns_read(&part, 1);

        if (length >= 0xC0) {
            size_t target = (length & 0x3F) << 8 | dns_read(&part, 1);

            end = end == 0 ? part.at : end;
            part.bad |= target >= earliest;
            part.at = earliest = target;
        } else if (length >= 0x40) {
            part.bad = TRUE;
        } else if (length > 0 && part.size - part.at >= length) {
            known = known && dns_append_label(name, &used, part.data + part.at, length);
            part.at += length;
        } else {
            part.bad |= length > 0;
            break;
        }
        if (part.bad) {
            break;
        }
    }
    name[known && !part.bad ? used : 0] = '\0';
    r->bad |= part.bad;
    r->at = end == 0 ? part.at : end;
}

static inline void dns_read_question(struct dns_reader *r, struct dns_question *question)
{
    dns_read_name(r, question->name);
    question->type = (USHORT)dns_read(r, 2);
    question->dns_class = (USHORT)dns_read(r, 2);
}

/* --- Writing --- */

struct dns_writer {
    UCHAR *data;
    size_t size, used;
    BOOL full; /* something did not fit */
};

static inline void dns_write_bytes(struct dns_writer *w, const void *bytes, size_t count)
{
    if (w->full || w->size - w->used < count) {
        w->full = TRUE;
        return;
    }
    memcpy(w->data + w->used, bytes, count);
    w->used += count;
}

/* A number of at most four bytes. */
static inline void dns_write(struct dns_writer *w, UINT value, size_t bytes)
{
    while (bytes-- > 0) {
        UCHAR byte = (UCHAR)(value >> 8 * bytes);

        dns_write_bytes(w, &byte, 1);
    }
}

static inline void dns_write_header(struct dns_writer *w, const struct dns_header *header)
{
    dns_write(w, header->id, 2);
    dns_write(w, header->flags, 2);
    for (int i = 0; i < 4; i++) {
        dns_write(w, header->counts[i], 2);
    }
}

static inline void dns_write_name(struct dns_writer *w, const char *name)
{
    while (*name != '\0') {
        size_t length = strcspn(name, ".");

        dns_write(w, (UINT)length, 1);
        dns_write_bytes(w, name, length);
        name += length + (name[length] == '.');
    }
    dns_write(w, 0, 1);
}

/* Text in pieces of at most 255 bytes, one at least. */
static inline void dns_write_text(struct dns_writer *w, const char *text)
{
    size_t left = strlen(text);

    do {
        size_t piece = left < 255 ? left : 255;

        dns_write(w, (UINT)piece, 1);
        dns_write_bytes(w, text, piece);
        text += piece;
        left -= piece;
    } while (left > 0);
}

static inline void dns_write_value(struct dns_writer *w, USHORT type, const char *value)
{
    UCHAR address[16];

    switch (type) {
    case DNS_A:
    case DNS_AAAA:
        memset(address, 0, sizeof(address));
        inet_pton(type == DNS_A ? AF_INET : AF_INET6, value, address);
        dns_write_bytes(w, address, type == DNS_A ? 4 : 16);
        break;
    case DNS_SRV:
        dns_write(w, 0, 4); /* priority and weight */
        dns_write(w, (UINT)strtoul(value, NULL, 10), 2);
        dns_write_name(w, strchr(value, ' ') + 1);
        break;
    case DNS_PTR:
        dns_write_name(w, value);
        break;
    default:
        dns_write_text(w, value);
    }
}

/* Writes a record, of which the message may ask for another class and TTL. */
static inline void dns_write_record(struct dns_writer *w, const struct dns_record *record,
                                    USHORT dns_class, ULONG ttl)
{
    size_t length_at;

    dns_write_name(w, record->name);
    dns_write(w, record->type, 2);
    dns_write(w, dns_class, 2);
    dns_write(w, ttl, 4);
    length_at = w->used;
    dns_write(w, 0, 2);
    dns_write_value(w, record->type, record->value);
    if (!w->full) {
        size_t length = w->used - length_at - 2;

        w->data[length_at] = (UCHAR)(length >> 8);
        w->data[length_at + 1] = (UCHAR)length;
    }
}

#endif
