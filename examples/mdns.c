/*
 * mdns.c - a responder for multicast DNS (RFC 6762): the host is found as NAME.local, and its service
 * by those who browse for one (RFC 6763).
 *
 * usage: mdns NAME [SERVICE PORT]          for example: mdns lamp _coap._udp 5683
 *
 *     gcc -o mdns mdns.c $(pkg-config --cflags --libs winlwip)                on Linux
 *     cl mdns.c ws2_32.lib iphlpapi.lib                                       on Windows
 *     avahi-resolve -n lamp.local
 *
 * A socket for each family joins 224.0.0.251 or ff02::fb on each interface. Questions are answered on
 * the interface on which they came, with the addresses of that one, which IP_PKTINFO and IPV6_PKTINFO
 * name in both directions. What answers tell is the link's own affair: they leave with a hop limit of
 * 255. So do questions of other responders, and a message from their port that has come with less is
 * not from this link and not answered. A simple client (dig -p 5353 @224.0.0.251) asks from a port of
 * its own with any hop limit; it may ask the group alone, which no router forwards.
 *
 * That the name is free is the user's care: there is no probing. The program ends when the network
 * goes down.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <iphlpapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns_wire.h"

#define PORT 5353
#define HOPS 255
#define MESSAGE_MAX 1440
#define UNICAST_WANTED 0x8000u /* in the class of a question */
#define UNIQUE 0x8000u         /* in the class of an answer: nobody else has one of that name */
#define NAME_TTL 120           /* seconds; names of hosts change faster than services */
#define SERVICE_TTL 4500
#define SIMPLE_TTL 10          /* for clients that do not listen for changes */
#define ANNOUNCEMENTS 2
#define RECORDS_MAX 32
#define CONTROL_SIZE (WSA_CMSG_SPACE(sizeof(IN6_PKTINFO)) + WSA_CMSG_SPACE(sizeof(INT)))

/* What one interface's questions are answered from. */
struct zone {
    struct dns_record records[RECORDS_MAX];
    char addresses[RECORDS_MAX][INET6_ADDRSTRLEN];
    size_t count;
};

/* A message that came, and how. */
struct arrival {
    SOCKADDR_INET from;
    ULONG interface_index;
    INT hops;
    BOOL to_group;
    UCHAR data[9000];
    size_t size;
};

static const int families[2] = {AF_INET, AF_INET6};
static SOCKET sockets[2];
static LPFN_WSARECVMSG recv_msg;
static IP_ADAPTER_ADDRESSES *adapters;
static char host[DNS_NAME_SIZE], service[DNS_NAME_SIZE], instance[DNS_NAME_SIZE],
    location[DNS_NAME_SIZE + 8];

static void fail(const char *what)
{
    fprintf(stderr, "%s failed: error %d\n", what, WSAGetLastError());
    exit(1);
}

/* Interfaces and their addresses as they are now. */
static void refresh_adapters(void)
{
    ULONG size = 16384, error;

    do {
        adapters = (IP_ADAPTER_ADDRESSES *)realloc(adapters, size);
        error = adapters == NULL ? ERROR_NOT_ENOUGH_MEMORY
                                 : GetAdaptersAddresses(AF_UNSPEC, 0, NULL, adapters, &size);
    } while (error == ERROR_BUFFER_OVERFLOW);
    if (error != NO_ERROR) {
        fprintf(stderr, "GetAdaptersAddresses failed: error %lu\n", (unsigned long)error);
        exit(1);
    }
}

static void add(struct zone *zone, const char *name, USHORT type, ULONG ttl, const char *value)
{
    if (zone->count < RECORDS_MAX) {
        struct dns_record record = {name, type, ttl, value};

        zone->records[zone->count++] = record;
    }
}

static void add_addresses(struct zone *zone, const IP_ADAPTER_ADDRESSES *adapter)
{
    const IP_ADAPTER_UNICAST_ADDRESS *unicast = adapter->FirstUnicastAddress;

    for (; unicast != NULL && zone->count < RECORDS_MAX; unicast = unicast->Next) {
        const SOCKADDR_INET *address = (const SOCKADDR_INET *)unicast->Address.lpSockaddr;
        BOOL v4 = address->si_family == AF_INET;
        char *text = zone->addresses[zone->count];

        inet_ntop(address->si_family, v4 ? (void *)&address->Ipv4.sin_addr
                                         : (void *)&address->Ipv6.sin6_addr,
                  text, INET6_ADDRSTRLEN);
        add(zone, host, v4 ? DNS_A : DNS_AAAA, NAME_TTL, text);
    }
}

/* The records that are true on an interface. */
static void fill_zone(struct zone *zone, ULONG interface_index)
{
    zone->count = 0;
    for (const IP_ADAPTER_ADDRESSES *a = adapters; a != NULL; a = a->Next) {
        if (a->IfIndex == interface_index || a->Ipv6IfIndex == interface_index) {
            add_addresses(zone, a);
        }
    }
    if (service[0] != '\0') {
        add(zone, service, DNS_PTR, SERVICE_TTL, instance);
        add(zone, instance, DNS_SRV, NAME_TTL, location);
        add(zone, instance, DNS_TXT, SERVICE_TTL, "");
        add(zone, "_services._dns-sd._udp.local", DNS_PTR, SERVICE_TTL, service);
    }
}

/* --- Sockets --- */

static void set(SOCKET s, int level, int option, DWORD value)
{
    if (setsockopt(s, level, option, (char *)&value, sizeof(value)) != 0) {
        fail("setsockopt");
    }
}

static SOCKET open_socket(int family)
{
    SOCKADDR_INET local = {0};
    GUID id = WSAID_WSARECVMSG;
    DWORD bytes;
    SOCKET s = socket(family, SOCK_DGRAM, IPPROTO_UDP);

    if (s == INVALID_SOCKET) {
        fail("socket");
    }
    set(s, SOL_SOCKET, SO_REUSEADDR, TRUE);
    if (family == AF_INET) {
        set(s, IPPROTO_IP, IP_PKTINFO, TRUE);
        set(s, IPPROTO_IP, IP_RECVTTL, TRUE);
        set(s, IPPROTO_IP, IP_TTL, HOPS);
        set(s, IPPROTO_IP, IP_MULTICAST_TTL, HOPS);
    } else {
        set(s, IPPROTO_IPV6, IPV6_PKTINFO, TRUE);
        set(s, IPPROTO_IPV6, IPV6_HOPLIMIT, TRUE);
        set(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, HOPS);
        set(s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, HOPS);
    }
    local.si_family = (ADDRESS_FAMILY)family;
    local.Ipv4.sin_port = htons(PORT); /* at the same place in both families */
    if (bind(s, (struct sockaddr *)&local,
             family == AF_INET ? sizeof(local.Ipv4) : sizeof(local.Ipv6)) != 0) {
        fail("bind");
    }
    if (WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &recv_msg,
                 sizeof(recv_msg), &bytes, NULL, NULL) != 0) {
        fail("WSAIoctl");
    }
    return s;
}

static SOCKADDR_INET group_of(int family, ULONG interface_index)
{
    SOCKADDR_INET group = {0};

    group.si_family = (ADDRESS_FAMILY)family;
    group.Ipv4.sin_port = htons(PORT);
    if (family == AF_INET) {
        inet_pton(AF_INET, "224.0.0.251", &group.Ipv4.sin_addr);
    } else {
        inet_pton(AF_INET6, "ff02::fb", &group.Ipv6.sin6_addr);
        group.Ipv6.sin6_scope_id = interface_index;
    }
    return group;
}

static BOOL is_network(const IP_ADAPTER_ADDRESSES *adapter)
{
    return adapter->IfType != IF_TYPE_SOFTWARE_LOOPBACK;
}

static void join_everywhere(void)
{
    for (const IP_ADAPTER_ADDRESSES *a = adapters; a != NULL; a = a->Next) {
        for (int i = 0; i < 2 && is_network(a); i++) {
            SOCKADDR_INET group = group_of(families[i], a->IfIndex);
            GROUP_REQ request = {0};

            request.gr_interface = a->IfIndex;
            memcpy(&request.gr_group, &group, sizeof(group));
            if (setsockopt(sockets[i], families[i] == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
                           MCAST_JOIN_GROUP, (char *)&request, sizeof(request)) != 0) {
                fprintf(stderr, "no IPv%d on interface %lu: error %d\n", i == 0 ? 4 : 6,
                        (unsigned long)a->IfIndex, WSAGetLastError());
            }
        }
    }
}

/* Takes what the stack says of a datagram out of the control messages. */
static void read_control(WSAMSG *message, struct arrival *arrival)
{
    for (WSACMSGHDR *c = WSA_CMSG_FIRSTHDR(message); c != NULL; c = WSA_CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            arrival->interface_index = ((IN_PKTINFO *)WSA_CMSG_DATA(c))->ipi_ifindex;
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            arrival->interface_index = ((IN6_PKTINFO *)WSA_CMSG_DATA(c))->ipi6_ifindex;
        } else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
                   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)) {
            arrival->hops = *(INT *)WSA_CMSG_DATA(c);
        }
    }
}

/* Returns 0 or the error. */
static int receive(SOCKET s, struct arrival *arrival)
{
    char control[CONTROL_SIZE];
    WSABUF buffer = {sizeof(arrival->data), (char *)arrival->data};
    WSAMSG message = {(LPSOCKADDR)&arrival->from, sizeof(arrival->from), &buffer, 1,
                      {sizeof(control), control}, 0};
    DWORD bytes;

    if (recv_msg(s, &message, &bytes, NULL, NULL) != 0) {
        return WSAGetLastError();
    }
    arrival->size = bytes;
    arrival->to_group = (message.dwFlags & MSG_MCAST) != 0;
    arrival->hops = 0;
    arrival->interface_index = 0;
    read_control(&message, arrival);
    return 0;
}

/* Sends a message by an interface, from the address that the stack finds best there. Errors pass: a
 * question is asked again, and an address may not be ready yet. */
static void send_by(ULONG interface_index, SOCKADDR_INET *to, const struct dns_writer *w)
{
    char control[WSA_CMSG_SPACE(sizeof(IN6_PKTINFO))] = {0};
    BOOL v4 = to->si_family == AF_INET;
    WSABUF buffer = {(ULONG)w->used, (char *)w->data};
    WSAMSG message = {(LPSOCKADDR)to, v4 ? sizeof(to->Ipv4) : sizeof(to->Ipv6), &buffer, 1,
                      {sizeof(control), control}, 0};
    WSACMSGHDR *c = WSA_CMSG_FIRSTHDR(&message);
    DWORD bytes;

    if (v4) {
        IN_PKTINFO info = {0};

        info.ipi_ifindex = interface_index;
        c->cmsg_level = IPPROTO_IP;
        c->cmsg_type = IP_PKTINFO;
        c->cmsg_len = WSA_CMSG_LEN(sizeof(info));
        memcpy(WSA_CMSG_DATA(c), &info, sizeof(info));
        message.Control.len = WSA_CMSG_SPACE(sizeof(info));
    } else {
        IN6_PKTINFO info = {0};

        info.ipi6_ifindex = interface_index;
        c->cmsg_level = IPPROTO_IPV6;
        c->cmsg_type = IPV6_PKTINFO;
        c->cmsg_len = WSA_CMSG_LEN(sizeof(info));
        memcpy(WSA_CMSG_DATA(c), &info, sizeof(info));
    }
    WSASendMsg(sockets[v4 ? 0 : 1], &message, 0, &bytes, NULL, NULL);
}

/* --- Questions and answers --- */

/* Is it a message that this responder answers? See above. */
static BOOL is_from_here(const struct arrival *arrival)
{
    return arrival->from.Ipv4.sin_port == htons(PORT) ? arrival->hops == HOPS : arrival->to_group;
}

/* Does an answer that the asker has already, at which the reader stands, say the same as ours? */
static BOOL says_the_same(struct dns_reader *r, const struct dns_record *record)
{
    UCHAR value[DNS_NAME_SIZE];
    struct dns_writer w = {value, sizeof(value), 0, FALSE};
    struct dns_question start; /* a record begins as a question does */
    char name[DNS_NAME_SIZE];
    ULONG ttl;
    size_t length;
    BOOL same;

    dns_read_question(r, &start);
    ttl = dns_read(r, 4);
    length = dns_read(r, 2);
    same = start.type == record->type && _stricmp(start.name, record->name) == 0 &&
           ttl >= record->ttl / 2;
    if (same && record->type == DNS_PTR) {
        struct dns_reader target = *r; /* a name may be compressed */

        dns_read_name(&target, name);
        same = !target.bad && _stricmp(name, record->value) == 0;
    } else if (same) {
        dns_write_value(&w, record->type, record->value);
        same = !r->bad && length == w.used && r->size - r->at >= length &&
               memcmp(r->data + r->at, value, length) == 0;
    }
    dns_skip(r, length);
    return same && !r->bad;
}

static BOOL is_known(struct dns_reader answers, unsigned count, const struct dns_record *record)
{
    while (count-- > 0 && !answers.bad) {
        if (says_the_same(&answers, record)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Writes one of our records: as one of several hosts' (PTR), or as ours alone. */
static void write_record(struct dns_writer *w, const struct dns_record *record, BOOL simple)
{
    BOOL unique = record->type != DNS_PTR && !simple;

    dns_write_record(w, record, DNS_IN | (unique ? UNIQUE : 0),
                     simple && record->ttl > SIMPLE_TTL ? SIMPLE_TTL : record->ttl);
}

/* Marks the records that the questions ask for. Returns whether all questions want unicast. */
static BOOL read_questions(struct dns_reader *r, unsigned count, const struct zone *zone,
                           BOOL wanted[RECORDS_MAX])
{
    BOOL unicast = TRUE;

    while (count-- > 0 && !r->bad) {
        struct dns_question question;

        dns_read_question(r, &question);
        unicast &= (question.dns_class & UNICAST_WANTED) != 0;
        for (size_t i = 0; i < zone->count; i++) {
            wanted[i] |= (question.type == zone->records[i].type || question.type == DNS_ANY) &&
                         _stricmp(question.name, zone->records[i].name) == 0;
        }
    }
    return unicast;
}

/* Answers a query on the interface on which it came. Who has asked from another port gets the answer
 * alone, as from an ordinary server: with its identifier and its questions. */
static void answer(struct arrival *arrival)
{
    UCHAR data[MESSAGE_MAX];
    struct dns_reader r = {arrival->data, arrival->size, 0, FALSE};
    struct dns_writer w = {data, sizeof(data), DNS_HEADER_SIZE, FALSE};
    struct dns_writer start = {data, DNS_HEADER_SIZE, 0, FALSE};
    BOOL simple = arrival->from.Ipv4.sin_port != htons(PORT), unicast;
    BOOL wanted[RECORDS_MAX] = {FALSE};
    struct dns_header query, header = {0};
    struct zone zone;

    dns_read_header(&r, &query);
    if (r.bad || (query.flags & DNS_RESPONSE) != 0 || DNS_OPCODE(query.flags) != 0) {
        return;
    }
    refresh_adapters();
    fill_zone(&zone, arrival->interface_index);
    unicast = read_questions(&r, query.counts[0], &zone, wanted) || !arrival->to_group;
    header.flags = DNS_RESPONSE | DNS_AUTHORITATIVE;
    if (r.bad) {
        return;
    }
    if (simple) {
        header.id = query.id;
        header.counts[0] = query.counts[0];
        dns_write_bytes(&w, arrival->data + DNS_HEADER_SIZE, r.at - DNS_HEADER_SIZE);
    }
    for (size_t i = 0; i < zone.count; i++) {
        if (wanted[i] && !is_known(r, query.counts[1], &zone.records[i])) {
            write_record(&w, &zone.records[i], simple);
            header.counts[1]++;
        }
    }
    if (header.counts[1] > 0 && !w.full) {
        SOCKADDR_INET group = group_of(arrival->from.si_family, arrival->interface_index);

        dns_write_header(&start, &header);
        send_by(arrival->interface_index, simple || unicast ? &arrival->from : &group, &w);
    }
}

/* Tells everybody everything, unasked. */
static void announce(void)
{
    refresh_adapters();
    for (const IP_ADAPTER_ADDRESSES *a = adapters; a != NULL; a = a->Next) {
        UCHAR data[MESSAGE_MAX];
        struct dns_writer w = {data, sizeof(data), DNS_HEADER_SIZE, FALSE};
        struct dns_writer start = {data, DNS_HEADER_SIZE, 0, FALSE};
        struct dns_header header = {0};
        struct zone zone;

        fill_zone(&zone, a->IfIndex);
        for (size_t i = 0; i < zone.count; i++) {
            write_record(&w, &zone.records[i], FALSE);
        }
        header.flags = DNS_RESPONSE | DNS_AUTHORITATIVE;
        header.counts[1] = (USHORT)zone.count;
        dns_write_header(&start, &header);
        for (int i = 0; i < 2 && is_network(a) && !w.full; i++) {
            SOCKADDR_INET group = group_of(families[i], a->IfIndex);

            send_by(a->IfIndex, &group, &w);
        }
    }
}

/* Announces twice, a second apart, and answers until a receive fails for good. Returns that error. */
static int serve(void)
{
    static struct arrival arrival;
    WSAPOLLFD polled[2] = {{0}};
    ULONGLONG next = GetTickCount64();
    unsigned announced = 0;

    for (int i = 0; i < 2; i++) {
        polled[i].fd = sockets[i];
        polled[i].events = POLLRDNORM;
    }
    for (;;) {
        if (announced < ANNOUNCEMENTS && GetTickCount64() >= next) {
            announce();
            announced++;
            next += 1000;
        }
        if (WSAPoll(polled, 2, announced < ANNOUNCEMENTS ? 100 : -1) == SOCKET_ERROR) {
            return WSAGetLastError();
        }
        for (int i = 0; i < 2; i++) {
            int error = polled[i].revents != 0 ? receive(sockets[i], &arrival) : WSAEWOULDBLOCK;

            if (error == 0 && is_from_here(&arrival)) {
                answer(&arrival);
            } else if (error == WSAENETDOWN) {
                return error;
            }
        }
    }
}

int main(int argc, char **argv)
{
    WSADATA data;
    int error;

    if ((argc != 2 && argc != 4) || strlen(argv[1]) > 63 || (argc == 4 && strlen(argv[2]) > 100)) {
        fprintf(stderr, "usage: mdns NAME [SERVICE PORT]\n");
        return 2;
    }
    error = WSAStartup(MAKEWORD(2, 2), &data);
    if (error != 0) {
        fprintf(stderr, "WSAStartup failed: error %d\n", error);
        return 1;
    }
    snprintf(host, sizeof(host), "%s.local", argv[1]);
    if (argc == 4) {
        snprintf(service, sizeof(service), "%s.local", argv[2]);
        snprintf(instance, sizeof(instance), "%s.%s.local", argv[1], argv[2]);
        snprintf(location, sizeof(location), "%d %s.local", atoi(argv[3]), argv[1]);
    }
    for (int i = 0; i < 2; i++) {
        sockets[i] = open_socket(families[i]);
    }
    refresh_adapters();
    join_everywhere();
    error = serve();
    printf("ended by error %d\n", error);
    WSACleanup();
    return error == WSAENETDOWN ? 0 : 1;
}
