/*
 * services.c - well-known services and protocols, by the numbers of IANA.
 *
 * Built in rather than read from /etc/services: the stack is a host of its own, a program then
 * finds the same names on every machine, and nothing is opened behind its back. Names are those of
 * Windows' file where it has the service. No state.
 */
#include "winsock/services.h"

#include <stdbool.h>
#include <stddef.h>
#include <strings.h>

#define BOTH (SERVICE_TCP | SERVICE_UDP)

static const struct service services[] = {
    {"echo", {NULL}, 7, BOTH},
    {"discard", {"sink", "null"}, 9, BOTH},
    {"systat", {"users"}, 11, BOTH},
    {"daytime", {NULL}, 13, BOTH},
    {"qotd", {"quote"}, 17, BOTH},
    {"chargen", {"ttytst", "source"}, 19, BOTH},
    {"ftp-data", {NULL}, 20, SERVICE_TCP},
    {"ftp", {NULL}, 21, SERVICE_TCP},
    {"ssh", {NULL}, 22, SERVICE_TCP},
    {"telnet", {NULL}, 23, SERVICE_TCP},
    {"smtp", {"mail"}, 25, SERVICE_TCP},
    {"time", {"timserver"}, 37, BOTH},
    {"nameserver", {"name"}, 42, BOTH},
    {"domain", {NULL}, 53, BOTH},
    {"bootps", {"dhcps"}, 67, SERVICE_UDP},
    {"bootpc", {"dhcpc"}, 68, SERVICE_UDP},
    {"tftp", {NULL}, 69, SERVICE_UDP},
    {"http", {"www", "www-http"}, 80, SERVICE_TCP},
    {"kerberos", {"krb5", "kerberos-sec"}, 88, BOTH},
    {"pop3", {NULL}, 110, SERVICE_TCP},
    {"sunrpc", {"rpcbind", "portmap"}, 111, BOTH},
    {"ntp", {NULL}, 123, SERVICE_UDP},
    {"epmap", {"loc-srv"}, 135, BOTH},
    {"netbios-ns", {"nbname"}, 137, BOTH},
    {"netbios-dgm", {"nbdatagram"}, 138, SERVICE_UDP},
    {"netbios-ssn", {"nbsession"}, 139, SERVICE_TCP},
    {"imap", {"imap4"}, 143, SERVICE_TCP},
    {"snmp", {NULL}, 161, SERVICE_UDP},
    {"snmptrap", {"snmp-trap"}, 162, SERVICE_UDP},
    {"ldap", {NULL}, 389, BOTH},
    {"https", {NULL}, 443, BOTH},
    {"microsoft-ds", {NULL}, 445, BOTH},
    {"isakmp", {"ike"}, 500, SERVICE_UDP},
    {"syslog", {NULL}, 514, SERVICE_UDP},
    {"router", {"route", "routed"}, 520, SERVICE_UDP},
    {"ldaps", {"sldap"}, 636, SERVICE_TCP},
    {"radius", {NULL}, 1812, SERVICE_UDP},
    {"radacct", {NULL}, 1813, SERVICE_UDP},
    {"ssdp", {NULL}, 1900, SERVICE_UDP},
    {"nfsd", {"nfs"}, 2049, BOTH},
    {"stun", {NULL}, 3478, BOTH},
    {"ms-wbt-server", {NULL}, 3389, BOTH},
    {"ipsec-msft", {NULL}, 4500, SERVICE_UDP},
    {"sip", {NULL}, 5060, BOTH},
    {"mdns", {NULL}, 5353, SERVICE_UDP},
    {"llmnr", {NULL}, 5355, SERVICE_UDP},
    {"coap", {NULL}, 5683, SERVICE_UDP},
    {"coaps", {NULL}, 5684, SERVICE_UDP},
};

static const struct protocol protocols[] = {
    {"ip", {"IP"}, 0},
    {"icmp", {"ICMP"}, 1},
    {"igmp", {"IGMP"}, 2},
    {"tcp", {"TCP"}, 6},
    {"udp", {"UDP"}, 17},
    {"ipv6", {"IPv6"}, 41},
    {"ipv6-route", {"IPv6-Route"}, 43},
    {"ipv6-frag", {"IPv6-Frag"}, 44},
    {"esp", {"ESP"}, 50},
    {"ah", {"AH"}, 51},
    {"ipv6-icmp", {"IPv6-ICMP"}, 58},
    {"ipv6-nonxt", {"IPv6-NoNxt"}, 59},
    {"ipv6-opts", {"IPv6-Opts"}, 60},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_named(const char *name, const char *first, const char *const *aliases)
{
    if (strcasecmp(name, first) == 0) {
        return true;
    }
    for (; *aliases != NULL; aliases++) {
        if (strcasecmp(name, *aliases) == 0) {
            return true;
        }
    }
    return false;
}

const struct service *service_by_name(const char *name, unsigned transports)
{
    for (size_t i = 0; i < COUNT(services); i++) {
        if ((services[i].transports & transports) != 0 &&
            is_named(name, services[i].name, services[i].aliases)) {
            return &services[i];
        }
    }
    return NULL;
}

const struct service *service_by_port(uint16_t port, unsigned transports)
{
    for (size_t i = 0; i < COUNT(services); i++) {
        if ((services[i].transports & transports) != 0 && services[i].port == port) {
            return &services[i];
        }
    }
    return NULL;
}

const struct protocol *protocol_by_name(const char *name)
{
    for (size_t i = 0; i < COUNT(protocols); i++) {
        if (is_named(name, protocols[i].name, protocols[i].aliases)) {
            return &protocols[i];
        }
    }
    return NULL;
}

const struct protocol *protocol_by_number(int number)
{
    for (size_t i = 0; i < COUNT(protocols); i++) {
        if (protocols[i].number == number) {
            return &protocols[i];
        }
    }
    return NULL;
}
