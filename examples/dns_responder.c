/*
 * dns_responder.c - a DNS server that answers questions for A, AAAA, TXT and ANY from a table.
 *
 * usage: dns_responder [PORT]
 *
 *     gcc -o dns_responder dns_responder.c $(pkg-config --cflags --libs winlwip)   on Linux
 *     cl dns_responder.c ws2_32.lib                                                on Windows
 *     dig @192.0.2.1 host.example
 *
 * One socket serves IPv4 and IPv6 on all addresses of all interfaces. A client believes an answer
 * only if it comes from the address that it has asked: the control messages that WSARecvMsg has
 * filled, IP_PKTINFO or IPV6_PKTINFO, go back to WSASendMsg and say so.
 *
 * An answer has at most 512 bytes, or what the client says that it takes (EDNS, RFC 6891), 4096 at
 * most; longer ones are fragmented by the stack. One that does not fit is cut to nothing, with a flag
 * that says so. The server ends when the network goes down.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns_wire.h"

#define PLAIN_MAX 512
#define ANSWER_MAX 4096
#define OPT_SIZE 11 /* of an OPT record without options */
#define CONTROL_SIZE (WSA_CMSG_SPACE(sizeof(IN_PKTINFO)) + WSA_CMSG_SPACE(sizeof(IN6_PKTINFO)))

#define RECURSION_DESIRED 0x0100u
#define TRUNCATED 0x0200u
#define OPCODE_MASK 0x7800u

enum rcode { NO_ERROR_FOUND = 0, FORMAT_ERROR = 1, NO_SUCH_NAME = 3, NOT_IMPLEMENTED = 4,
             BAD_VERSION = 16 /* its upper bits stand in the OPT record */ };

/* With EDNS, the message that carries this text in an answer has just ANSWER_MAX bytes. */
static char long_text[4019 + 1];

static const struct dns_record zone[] = {
    {"host.example", DNS_A, 300, "192.0.2.1"},
    {"host.example", DNS_AAAA, 300, "2001:db8::1"},
    {"host.example", DNS_TXT, 300, "answered by WSASendMsg"},
    {"six.example", DNS_AAAA, 300, "2001:db8::6"},
    {"many.example", DNS_A, 60, "198.51.100.1"},
    {"many.example", DNS_A, 60, "198.51.100.2"},
    {"many.example", DNS_A, 60, "198.51.100.3"},
    {"4k.example", DNS_TXT, 300, long_text},
};
#define ZONE_SIZE (sizeof(zone) / sizeof(zone[0]))

/* What a client has asked. */
struct query {
    struct dns_header header;
    struct dns_question question;
    size_t end; /* of the question in the message; behind the header when none is repeated */
    BOOL edns;
    size_t room; /* for the answer, bytes */
    enum rcode rcode;
};

static LPFN_WSARECVMSG recv_msg;

static void fail(const char *what)
{
    fprintf(stderr, "%s failed: error %d\n", what, WSAGetLastError());
    exit(1);
}

/* Looks for an OPT record among those behind the question. */
static void read_options(struct dns_reader *r, struct query *query)
{
    UINT records = query->header.counts[1] + query->header.counts[2] + query->header.counts[3];

    while (records-- > 0 && !r->bad) {
        struct dns_question start; /* a record begins as a question does */
        ULONG ttl;

        dns_read_question(r, &start);
        ttl = dns_read(r, 4);
        dns_skip(r, dns_read(r, 2));
        if (start.type == DNS_OPT && !r->bad) {
            query->edns = TRUE;
            query->room = start.dns_class < PLAIN_MAX    ? PLAIN_MAX
                          : start.dns_class > ANSWER_MAX ? ANSWER_MAX
                                                         : start.dns_class;
            if ((ttl >> 16 & 255) != 0) {
                query->rcode = BAD_VERSION;
            }
        }
    }
}

/* Returns FALSE when the message is no query: answers are never answered. */
static BOOL read_query(const UCHAR *data, size_t size, struct query *query)
{
    struct dns_reader r = {data, size, 0, FALSE};

    memset(query, 0, sizeof(*query));
    query->room = PLAIN_MAX;
    query->end = DNS_HEADER_SIZE;
    dns_read_header(&r, &query->header);
    if (r.bad || (query->header.flags & DNS_RESPONSE) != 0) {
        return FALSE;
    }
    if (DNS_OPCODE(query->header.flags) != 0) {
        query->rcode = NOT_IMPLEMENTED;
        return TRUE;
    }
    if (query->header.counts[0] != 1) {
        query->rcode = FORMAT_ERROR;
        return TRUE;
    }
    dns_read_question(&r, &query->question);
    query->end = r.at;
    read_options(&r, query);
    if (r.bad) {
        query->rcode = FORMAT_ERROR;
        query->end = DNS_HEADER_SIZE;
        query->edns = FALSE;
    }
    return TRUE;
}

/* Writes the records that are asked for. Returns how many; sets the code if there is no such name. */
static USHORT write_answers(struct dns_writer *w, struct query *query)
{
    const struct dns_question *question = &query->question;
    BOOL found = FALSE;
    USHORT count = 0;

    for (size_t i = 0; i < ZONE_SIZE; i++) {
        if (_stricmp(zone[i].name, question->name) != 0) {
            continue;
        }
        found = TRUE;
        if ((question->type == zone[i].type || question->type == DNS_ANY) &&
            (question->dns_class == DNS_IN || question->dns_class == DNS_ANY)) {
            dns_write_record(w, &zone[i], DNS_IN, zone[i].ttl);
            count++;
        }
    }
    query->rcode = found ? NO_ERROR_FOUND : NO_SUCH_NAME;
    return count;
}

/* Writes the OPT record: the size that we take, and what the header's four bits of code lack. */
static void write_options(struct dns_writer *w, const struct query *query)
{
    dns_write_name(w, "");
    dns_write(w, DNS_OPT, 2);
    dns_write(w, ANSWER_MAX, 2);
    dns_write(w, query->rcode >> 4, 1);
    dns_write(w, 0, 1 + 2); /* version and flags */
    dns_write(w, 0, 2);     /* no options */
}

/* Writes the answer to a query. Returns its size in bytes, 0 for none. */
static size_t answer(const UCHAR *data, size_t size, UCHAR *out)
{
    struct dns_writer w = {out, 0, DNS_HEADER_SIZE, FALSE};
    struct dns_writer start = {out, DNS_HEADER_SIZE, 0, FALSE};
    struct query query;
    struct dns_header header = {0};

    if (!read_query(data, size, &query)) {
        return 0;
    }
    w.size = query.room - (query.edns ? OPT_SIZE : 0);
    header.id = query.header.id;
    header.flags = (USHORT)(DNS_RESPONSE | DNS_AUTHORITATIVE |
                            (query.header.flags & (OPCODE_MASK | RECURSION_DESIRED)));
    header.counts[0] = query.end > DNS_HEADER_SIZE;
    dns_write_bytes(&w, data + DNS_HEADER_SIZE, query.end - DNS_HEADER_SIZE);
    if (query.rcode == NO_ERROR_FOUND) {
        header.counts[1] = write_answers(&w, &query);
    }
    if (w.full) {
        header.flags |= TRUNCATED;
        header.counts[1] = 0;
        w.used = query.end;
        w.full = FALSE;
    }
    if (query.edns) {
        w.size = query.room;
        header.counts[3] = 1;
        write_options(&w, &query);
    }
    header.flags |= query.rcode & 15;
    dns_write_header(&start, &header);
    return w.used;
}

static SOCKET open_socket(USHORT port)
{
    struct sockaddr_in6 local = {0};
    GUID id = WSAID_WSARECVMSG;
    DWORD bytes, on = 1, off = 0;
    SOCKET s = socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP);

    if (s == INVALID_SOCKET) {
        fail("socket");
    }
    local.sin6_family = AF_INET6;
    local.sin6_port = htons(port);
    if (setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&off, sizeof(off)) != 0 ||
        setsockopt(s, IPPROTO_IP, IP_PKTINFO, (char *)&on, sizeof(on)) != 0 ||
        setsockopt(s, IPPROTO_IPV6, IPV6_PKTINFO, (char *)&on, sizeof(on)) != 0) {
        fail("setsockopt");
    }
    if (bind(s, (struct sockaddr *)&local, sizeof(local)) != 0) {
        fail("bind");
    }
    if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &recv_msg,
                 sizeof(recv_msg), &bytes, NULL, NULL) != 0) {
        fail("WSAIoctl");
    }
    return s;
}

/* Answers until a receive fails for good. Returns that error. */
static int serve(SOCKET s, unsigned *answered)
{
    static UCHAR data[65536], reply[ANSWER_MAX];
    static char control[CONTROL_SIZE];

    for (;;) {
        struct sockaddr_in6 from;
        WSABUF buffer = {sizeof(data), (char *)data};
        WSAMSG message = {(LPSOCKADDR)&from, sizeof(from), &buffer, 1, {sizeof(control), control},
                          0};
        DWORD bytes;

        if (recv_msg(s, &message, &bytes, NULL, NULL) != 0) {
            int error = WSAGetLastError();

            /* An earlier client has not waited for its answer: that is its own affair. */
            if (error == WSAECONNRESET || error == WSAENETRESET) {
                continue;
            }
            return error;
        }
        buffer.buf = (char *)reply;
        buffer.len = (ULONG)answer(data, bytes, reply);
        /* To a broadcast or multicast nobody can answer from the address that was asked. */
        if (buffer.len > 0 && (message.dwFlags & (MSG_BCAST | MSG_MCAST)) == 0 &&
            WSASendMsg(s, &message, 0, &bytes, NULL, NULL) == 0) {
            ++*answered;
        }
    }
}

int main(int argc, char **argv)
{
    USHORT port = argc > 1 ? (USHORT)atoi(argv[1]) : 53;
    unsigned answered = 0;
    WSADATA data;
    SOCKET s;
    int error = WSAStartup(MAKEWORD(2, 2), &data);

    if (error != 0) {
        fprintf(stderr, "WSAStartup failed: error %d\n", error);
        return 1;
    }
    memset(long_text, 'x', sizeof(long_text) - 1);
    s = open_socket(port);
    error = serve(s, &answered);
    printf("%u answered, ended by error %d\n", answered, error);
    closesocket(s);
    WSACleanup();
    return error == WSAENETDOWN ? 0 : 1;
}
