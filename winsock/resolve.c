/*
 * resolve.c - names to addresses and back.
 *
 * The sources are asked in a fixed order, and the first that knows a name answers for it: the hosts
 * of the configuration, "localhost" (RFC 6761, 6.3), the machine's own name, DNS. No state.
 */
#include "winsock/resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#include <ws2tcpip.h>

#include "host/host.h"
#include "stack/stack.h"
#include "winsock/blocking.h"
#include "winsock/text.h"

static const struct netaddr loopback6 = {.bytes = {[15] = 1}};

/* --- addresses in text --- */

/* The index that a zone names: a number, or the name of an interface. 0: none. */
static uint32_t zone_index(const char *zone)
{
    struct stack_view view;
    char *end;
    unsigned long number = strtoul(zone, &end, 10);

    if (*zone >= '0' && *zone <= '9' && *end == '\0') {
        return number <= UINT32_MAX ? (uint32_t)number : 0;
    }
    for (uint32_t i = 1; stack_view(i, &view) == 0; i++) {
        if (strcmp(view.name, zone) == 0) {
            return i;
        }
    }
    return 0;
}

static bool read_v6(const char *text, struct endpoint_name *name)
{
    struct endpoint_name read = {.port = 0};
    char address[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "%");

    if (length >= sizeof(address)) {
        return false;
    }
    memcpy(address, text, length);
    address[length] = '\0';
    if (text_parse_v6(address, read.address.bytes) != 1) {
        return false;
    }
    if (text[length] == '%') {
        read.scope = zone_index(text + length + 1);
        if (read.scope == 0) {
            return false;
        }
    }
    *name = read;
    return true;
}

bool resolve_number(const char *text, struct endpoint_name *name)
{
    uint32_t v4;

    if (strchr(text, ':') != NULL) {
        return read_v6(text, name);
    }
    if (strpbrk(text, " \t\n\v\f\r") != NULL || !text_parse_v4_loose(text, &v4)) {
        return false;
    }
    *name = (struct endpoint_name){.address = netaddr_from_v4(v4)};
    return true;
}

void resolve_number_text(const struct endpoint_name *name, char *text)
{
    if (netaddr_is_v4(&name->address)) {
        text_write_v4(netaddr_v4(&name->address), text);
        return;
    }
    text_write_v6(name->address.bytes, text);
    if (name->scope != 0) {
        text_write_zone(name->scope, text + strlen(text));
    }
}

/* --- names --- */

static void add(struct resolve_list *list, unsigned families, const struct netaddr *address,
                uint32_t scope)
{
    unsigned family = netaddr_is_v4(address) ? RESOLVER_V4 : RESOLVER_V6;

    if ((families & family) != 0 && list->count < LIMIT_NAME_ADDRESSES) {
        list->names[list->count++] = (struct endpoint_name){.address = *address, .scope = scope};
    }
}

static void add_loopback(struct resolve_list *list, unsigned families)
{
    struct netaddr loopback4 = netaddr_from_v4(htonl(INADDR_LOOPBACK));

    add(list, families, &loopback6, 0);
    add(list, families, &loopback4, 0);
}

/* Adds those addresses of the interfaces that are of one family. */
static void add_interfaces(struct resolve_list *list, unsigned family)
{
    struct stack_view view;

    for (uint32_t i = STACK_LOOPBACK_INDEX + 1; stack_view(i, &view) == 0; i++) {
        for (unsigned j = 0; j < view.address_count; j++) {
            const struct netaddr *address = &view.addresses[j].address;

            if (!view.addresses[j].tentative && !view.addresses[j].duplicate) {
                add(list, family, address, netaddr_is_link_scoped(address) ? i : 0);
            }
        }
    }
}

/* A host without any other address is known by its loopback. */
static void add_own(struct resolve_list *list, unsigned families)
{
    add_interfaces(list, families & RESOLVER_V6);
    add_interfaces(list, families & RESOLVER_V4);
    if (list->count == 0) {
        add_loopback(list, families);
    }
}

/* "localhost" and what ends in ".localhost". */
static bool is_localhost(const char *name)
{
    static const char localhost[] = "localhost";
    size_t length = strlen(name);
    size_t tail = sizeof(localhost) - 1;

    return length >= tail && strcasecmp(name + length - tail, localhost) == 0 &&
           (length == tail || name[length - tail - 1] == '.');
}

static bool is_own(const char *name)
{
    char own[RESOLVE_NAME_BYTES];

    resolve_own_name(own);
    return *name == '\0' || strcasecmp(name, own) == 0;
}

/* What needs no question. Returns whether the name is known. */
static bool find_here(const char *name, unsigned families, struct resolve_list *list)
{
    struct netaddr addresses[LIMIT_NAME_ADDRESSES];
    unsigned count = host_find_name(name, addresses, LIMIT_NAME_ADDRESSES);

    if (count != 0) {
        for (unsigned i = 0; i < count; i++) {
            add(list, families, &addresses[i], 0);
        }
        return true;
    }
    if (is_localhost(name)) {
        add_loopback(list, families);
        return true;
    }
    if (is_own(name)) {
        add_own(list, families);
        return true;
    }
    return false;
}

static int ask(const char *name, unsigned families, struct resolve_list *list)
{
    struct netaddr addresses[RESOLVER_ADDRESSES];
    unsigned count;

    if (!resolver_available()) {
        return WSAHOST_NOT_FOUND;
    }
    struct thread *self;
    int error = blocking_enter(NULL, NULL, &self);
    if (error != 0) {
        return error == WSAENOBUFS ? WSA_NOT_ENOUGH_MEMORY : error;
    }
    error = resolver_query(name, families, addresses, &count);
    blocking_leave();
    for (unsigned i = 0; i < count; i++) {
        add(list, families, &addresses[i], 0);
    }
    switch (error) {
    case 0:
        return 0;
    case -ETIMEDOUT:
    case -ENOBUFS:
        return WSATRY_AGAIN;
    default:
        return WSAHOST_NOT_FOUND;
    }
}

bool resolve_is_usable(const struct endpoint_name *name)
{
    struct netaddr source;
    uint32_t index;

    return stack_route(&name->address, name->scope, &source, &index) == 0;
}

/* RFC 6724, rule 1: those that can be reached come first. The order among equals is kept. */
static void sort(struct resolve_list *list)
{
    struct resolve_list sorted = {.count = 0};

    for (int usable = 1; usable >= 0; usable--) {
        for (unsigned i = 0; i < list->count; i++) {
            if (resolve_is_usable(&list->names[i]) == (usable != 0)) {
                sorted.names[sorted.count++] = list->names[i];
            }
        }
    }
    if (sorted.count == list->count) { /* no route came or went meanwhile */
        *list = sorted;
    }
}

int resolve_name(const char *name, unsigned families, struct resolve_list *list)
{
    list->count = 0;
    if (strlen(name) > LIMIT_NAME_CHARS + 1) {
        return WSAHOST_NOT_FOUND;
    }
    if (!find_here(name, families, list)) {
        int error = ask(name, families, list);
        if (error != 0) {
            return error;
        }
    }
    if (list->count == 0) {
        return WSANO_DATA;
    }
    sort(list);
    return 0;
}

/* --- back --- */

bool resolve_address(const struct netaddr *address, char *name)
{
    if (host_find_address(address, name)) {
        return true;
    }
    if (netaddr_is_loopback(address)) {
        strcpy(name, "localhost");
        return true;
    }
    if (endpoint_interface_of(address) != 0) {
        resolve_own_name(name);
        return true;
    }
    return false;
}

void resolve_own_name(char *name)
{
    struct utsname system;

    name[0] = '\0';
    if (uname(&system) == 0) {
        strncat(name, system.nodename, LIMIT_NAME_CHARS);
    }
}
