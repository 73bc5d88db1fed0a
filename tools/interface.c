/*
 * interface.c - from options to a started stack.
 *
 * --pcap, --device, --tap, --stream, --dgram and --vde make one interface by the library's struct
 * form; --config and WINLWIP_CONFIG leave everything to WSAStartup(). A configuration file is read
 * here a second time for the names of its interfaces alone: Winsock knows interfaces by index.
 */
#include "tools/interface.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>

#include "host/config.h"
#include "host/drivers.h"
#include "host/host.h"
#include "host/values.h"
#include "stack/netaddr.h"
#include "stack/stack.h"
#include "tools/wait.h"
#include "tools/wsa.h"

/* How long is waited for addresses unless it is said, and at most, milliseconds. */
#define WAIT_MS 30000
#define WAIT_MAX_MS 600000

static const char *set_pcap(void *target, const char *value)
{
    ((struct interface_options *)target)->pcap = value;
    return NULL;
}

static const char *set_tap(void *target, const char *value)
{
    ((struct interface_options *)target)->tap = value;
    return NULL;
}

static const char *set_device(void *target, const char *value)
{
    ((struct interface_options *)target)->device = value;
    return NULL;
}

static const char *set_vde(void *target, const char *value)
{
    ((struct interface_options *)target)->vde = value;
    return NULL;
}

static const char *set_config(void *target, const char *value)
{
    ((struct interface_options *)target)->config = value;
    return NULL;
}

static const char *set_address(void *target, const char *value)
{
    struct interface_options *options = target;
    size_t used = strlen(options->addresses);
    struct stack_address address;

    bool learnt = strcmp(value, "dhcp") == 0 || strcmp(value, "auto") == 0;

    if (!learnt && value_prefixed(value, &address) != 0) {
        return "an address with prefix length, as in 192.0.2.1/24 or 2001:db8::1/64, or dhcp or auto";
    }
    if (!learnt && value_unfit(&address) != NULL) {
        return "an address that a host may have";
    }
    if (used + strlen(value) + 2 > sizeof(options->addresses)) {
        return "fewer addresses";
    }
    sprintf(options->addresses + used, "%s%s", used > 0 ? " " : "", value);
    return NULL;
}

static const char *set_mac(void *target, const char *value)
{
    uint8_t mac[6];

    if (value_mac(value, mac) != 0) {
        return "a MAC address, as in 02:00:5e:10:00:01";
    }
    ((struct interface_options *)target)->mac = value;
    return NULL;
}

static const char *set_gateway(void *target, const char *value)
{
    struct interface_options *options = target;
    struct netaddr address;

    if (netaddr_parse(value, &address) != 0) {
        return "an IPv4 or IPv6 address";
    }
    if (netaddr_is_v4(&address)) {
        options->gateway4 = value;
    } else {
        options->gateway6 = value;
    }
    return NULL;
}

static const char *set_route(void *target, const char *value)
{
    struct interface_options *options = target;
    size_t used = strlen(options->routes);
    struct stack_route route;

    if (value_route(value, &route) != 0) {
        return "a route, as in \"198.51.100.0/24 via 192.0.2.254\"";
    }
    if (used + strlen(value) + 3 > sizeof(options->routes)) {
        return "fewer routes";
    }
    sprintf(options->routes + used, "%s%s", used > 0 ? ", " : "", value);
    return NULL;
}

static const char *set_mtu(void *target, const char *value)
{
    if (!option_number(value, 576, 65535, &((struct interface_options *)target)->mtu)) {
        return "a number from 576 to 65535";
    }
    return NULL;
}

/* Keeps a driver's or wrapper's option, its key behind a prefix; value is borrowed. */
static const char *add_option(struct interface_options *options, const char *prefix,
                              const char *key, size_t length, const char *value)
{
    if (options->option_count == INTERFACE_OPTIONS_MAX) {
        return "fewer driver options";
    }
    char *kept = options->keys[options->option_count];
    size_t room = sizeof(options->keys[0]) - strlen(prefix);

    if (length == 0 || length >= room) {
        return "KEY=VALUE";
    }
    snprintf(kept, sizeof(options->keys[0]), "%s%.*s", prefix, (int)length, key);
    options->options[options->option_count++] = (struct winlwip_option){kept, value};
    return NULL;
}

static const char *add_replay_option(struct interface_options *options, const char *key,
                                     const char *value)
{
    options->replay_only = true;
    return add_option(options, "", key, strlen(key), value);
}

static const char *set_output(void *target, const char *value)
{
    return add_replay_option(target, "output", value);
}

static const char *set_timing(void *target, const char *value)
{
    if (strcmp(value, "fast") != 0 && strcmp(value, "real") != 0) {
        return "\"fast\" or \"real\"";
    }
    return add_replay_option(target, "timing", value);
}

static const char *set_end(void *target, const char *value)
{
    if (strcmp(value, "down") != 0 && strcmp(value, "wait") != 0) {
        return "\"down\" or \"wait\"";
    }
    return add_replay_option(target, "end", value);
}

static const char *set_driver_option(void *target, const char *value)
{
    const char *equals = strchr(value, '=');

    if (equals == NULL) {
        return "KEY=VALUE";
    }
    return add_option(target, "", value, (size_t)(equals - value), equals + 1);
}

/*
 * Keeps the options of a list "KEY=VALUE,KEY=VALUE", keys behind a prefix, values in
 * options->lists.
 */
static const char *add_option_list(struct interface_options *options, const char *prefix,
                                   const char *list)
{
    size_t bytes = strlen(list) + 1;
    char *rest = options->lists + options->lists_used;
    const char *wrong = NULL;

    if (bytes > sizeof(options->lists) - options->lists_used) {
        return "a shorter list";
    }
    memcpy(rest, list, bytes);
    options->lists_used += bytes;
    while (rest != NULL && wrong == NULL) {
        const char *pair = strsep(&rest, ",");
        const char *equals = strchr(pair, '=');

        wrong = equals == NULL ? "KEY=VALUE,..."
                               : add_option(options, prefix, pair, (size_t)(equals - pair),
                                            equals + 1);
    }
    return wrong;
}

static const char *set_stream(void *target, const char *value)
{
    ((struct interface_options *)target)->stream = value;
    return add_option_list(target, "", value);
}

static const char *set_dgram(void *target, const char *value)
{
    ((struct interface_options *)target)->dgram = value;
    return add_option_list(target, "", value);
}

static const char *set_fault(void *target, const char *value)
{
    return add_option_list(target, "fault-", value);
}

static const char *set_dump(void *target, const char *value)
{
    return add_option(target, "", "dump", strlen("dump"), value);
}

static const char *set_wait(void *target, const char *value)
{
    struct interface_options *options = target;

    options->has_wait = option_number(value, 0, WAIT_MAX_MS, &options->wait_ms);
    return options->has_wait ? NULL : "milliseconds, from 0 to 600000";
}

static const char *set_probe(void *target, const char *value)
{
    (void)value;
    ((struct interface_options *)target)->probe = true;
    return NULL;
}

const struct tool_option interface_option_table[] = {
    {"pcap", "FILE", "replay a capture file (pcap, pcapng)", set_pcap},
    {"tap", "NAME", "use a TAP device of the kernel", set_tap},
    {"device", "NAME", "capture and send on an Ethernet interface of the machine\n"
     "(driver pcap)", set_device},
    {"vde", "URL", "plug in a VDE network: a switch's directory, or a URL of\n"
     "libvdeplug's", set_vde},
    {"stream", "KEY=VALUE,...", "frames over a stream socket, to a virtual machine or\n"
     "another host, as in connect=unix:PATH, listen=unix:PATH", set_stream},
    {"dgram", "KEY=VALUE,...", "frames as datagrams, as in local=unix:PATH,remote=unix:PATH",
     set_dgram},
    {"config", "FILE", "configuration file with any number of interfaces;\n"
     "without it and an interface above: the file that\n"
     "WINLWIP_CONFIG names, else loopback alone", set_config},
    {"address", "ADDR/PREFIX", "address of the interface; may be repeated. \"dhcp\": from a\n"
     "DHCP server, \"auto\": by router advertisements", set_address},
    {"mac", "MAC", "MAC address of the interface; default: the device's,\n"
     "or one made up. A replay delivers only frames for it,\n"
     "broadcasts and multicasts", set_mac},
    {"gateway", "ADDR", "router, IPv4 or IPv6; once for each", set_gateway},
    {"route", "ROUTE", "\"PREFIX via ROUTER\": a network behind another router;\n"
     "may be repeated", set_route},
    {"mtu", "BYTES", "longest IP packet; default: the device's", set_mtu},
    {"output", "FILE", "with --pcap: capture file for what the stack sends", set_output},
    {"timing", "fast|real", "with --pcap: as fast as possible (default), or with the\n"
     "capture's own pauses", set_timing},
    {"end", "down|wait", "with --pcap: at its end receives fail with WSAENETDOWN\n"
     "(default), or wait on", set_end},
    {"driver-option", "KEY=VALUE", "any other key of the driver, see below", set_driver_option},
    {"fault", "KEY=VALUE,...", "do to frames what bad networks do, as in\n"
     "loss=5,delay=20,jitter=5: see fault below", set_fault},
    {"dump", "FILE", "write what is received and sent to a capture file (pcap)", set_dump},
    {"wait", "MS", "wait so long for addresses of servers and routers; 0: go on\n"
     "without (default 30000)", set_wait},
    {"probe", NULL, "check every pointer handed to Winsock", set_probe},
    {NULL, NULL, NULL, NULL},
};

/* The one interface that the options name, as its driver and the option that says which it is. */
struct source {
    const char *driver;      /* NULL: none is named */
    const char *key, *value; /* NULL: all is in options[] */
    bool is_name;            /* value is a device's name, and the interface's, too */
};

static struct source source_of(const struct interface_options *options)
{
    if (options->pcap != NULL) {
        return (struct source){"pcap", "file", options->pcap, false};
    }
    if (options->device != NULL) {
        return (struct source){"pcap", "device", options->device, true};
    }
    if (options->tap != NULL) {
        return (struct source){"tap", "device", options->tap, true};
    }
    if (options->vde != NULL) {
        return (struct source){.driver = "vde", .key = "url", .value = options->vde};
    }
    if (options->stream != NULL) {
        return (struct source){.driver = "stream"};
    }
    return (struct source){.driver = options->dgram != NULL ? "dgram" : NULL};
}

enum tool_status interface_check(const struct interface_options *options)
{
    int sources = (options->pcap != NULL) + (options->tap != NULL) + (options->device != NULL) +
                  (options->stream != NULL) + (options->dgram != NULL) + (options->vde != NULL) +
                  (options->config != NULL);
    bool one = source_of(options).driver != NULL;
    bool details = options->addresses[0] != '\0' || options->mac != NULL ||
                   options->gateway4 != NULL || options->gateway6 != NULL || options->mtu != 0 ||
                   options->routes[0] != '\0' ||
                   options->option_count > 0 || options->probe;

    if (sources > 1) {
        return tool_fail(TOOL_USAGE, "--pcap, --tap, --device, --stream, --dgram, --vde and "
                         "--config exclude each other");
    }
    if (details && !one) {
        return tool_fail(TOOL_USAGE, "options of an interface need --pcap, --tap, --device, "
                         "--stream, --dgram or --vde; a configuration file has keys for them");
    }
    if (options->replay_only && options->pcap == NULL) {
        return tool_fail(TOOL_USAGE, "--output, --timing and --end need --pcap");
    }
    return TOOL_OK;
}

/* Room for the names of count interfaces besides loopback, whose name is put in. */
static bool names_new(struct interface_options *options, size_t count)
{
    options->names = calloc(count + 2, sizeof(*options->names));
    if (options->names == NULL) {
        return false;
    }
    strcpy(options->names[STACK_LOOPBACK_INDEX], "lo");
    options->name_count = count + 2;
    return true;
}

static void names_free(struct interface_options *options)
{
    free(options->names);
    options->names = NULL;
    options->name_count = 0;
}

/* Does the interface stand on a network? All do but replays. */
static bool is_live(const struct config_interface *interface)
{
    bool live = strcmp(interface->driver, "pcap") != 0;

    for (size_t i = 0; i < interface->option_count; i++) {
        live |= strcmp(interface->options[i].key, "device") == 0;
    }
    return live;
}

/* Leaves names unknown when the file is bad: WSAStartup() will say so. */
static bool names_of_file(struct interface_options *options, const char *file)
{
    struct config config;
    bool done;

    config_init(&config, file);
    if (file != NULL && config_read_file(&config) != 0) {
        config_free(&config);
    }
    if (!options->has_wait && config.has_wait) {
        options->wait_ms = config.wait_ms;
        options->has_wait = true;
    }
    done = names_new(options, config.interface_count);
    for (size_t i = 0; done && i < config.interface_count; i++) {
        strcpy(options->names[i + 2], config.interfaces[i].name);
        options->live |= is_live(&config.interfaces[i]);
    }
    config_free(&config);
    return done;
}

/* What the options name as one interface of a struct. */
static enum tool_status configure_one(struct interface_options *options)
{
    const struct source source = source_of(options);
    bool named = source.is_name && strlen(source.value) < sizeof(options->names[0]);
    static struct winlwip_option all[INTERFACE_OPTIONS_MAX + 1];
    size_t count = 0;
    static struct winlwip_interface interface;
    const struct winlwip_config config = {.interfaces = &interface, .interface_count = 1,
                                          .probe = options->probe};

    if (source.key != NULL) {
        all[count++] = (struct winlwip_option){source.key, source.value};
    }
    memcpy(all + count, options->options, options->option_count * sizeof(all[0]));
    interface = (struct winlwip_interface){
        .name = named ? source.value : "eth0",
        .driver = source.driver,
        .mac = options->mac,
        .addresses = options->addresses,
        .gateway4 = options->gateway4,
        .gateway6 = options->gateway6,
        .routes = options->routes,
        .mtu = (unsigned)options->mtu,
        .options = all,
        .option_count = count + options->option_count,
    };
    if (!names_new(options, 1)) {
        return tool_fail(TOOL_FAILED, "out of memory");
    }
    strcpy(options->names[2], interface.name);
    options->live = options->pcap == NULL;
    winlwip_configure(&config);
    return TOOL_OK;
}

static enum tool_status configure_file(struct interface_options *options)
{
    if (options->config != NULL && setenv("WINLWIP_CONFIG", options->config, 1) != 0) {
        return tool_fail(TOOL_FAILED, "out of memory");
    }
    winlwip_configure(NULL);
    if (!names_of_file(options, getenv("WINLWIP_CONFIG"))) {
        return tool_fail(TOOL_FAILED, "out of memory");
    }
    return TOOL_OK;
}

/* Says which addresses turned out to be somebody else's, each once. */
static void tell_duplicates(struct interface_options *options)
{
    char line[200];

    while (winlwip_duplicate(options->duplicates_told, line, sizeof(line)) == 0) {
        tool_fail(TOOL_OK, "%s", line);
        options->duplicates_told++;
    }
}

enum tool_status interface_start(struct interface_options *options)
{
    bool one = source_of(options).driver != NULL;
    enum tool_status status = one ? configure_one(options) : configure_file(options);
    WSADATA data;
    int error;

    if (status != TOOL_OK) {
        goto fail;
    }
    host_leave_waiting();
    error = WSAStartup(MAKEWORD(2, 2), &data);
    if (error == 0) {
        status = wait_for_addresses(options, options->has_wait ? options->wait_ms : WAIT_MS);
        if (status == TOOL_OK) {
            tell_duplicates(options);
            return TOOL_OK;
        }
        WSACleanup();
        goto fail;
    }
    if (winlwip_startup_error()[0] != '\0') {
        status = tool_fail(TOOL_FAILED, "%s", winlwip_startup_error());
    } else {
        status = tool_fail(TOOL_FAILED, "WSAStartup: %s", wsa_name(error));
    }
fail:
    names_free(options);
    return status;
}

void interface_stop(struct interface_options *options)
{
    tell_duplicates(options); /* IPv4's are found after the start */
    WSACleanup();
    names_free(options);
}

const char *interface_name(const struct interface_options *options, unsigned index)
{
    return index < options->name_count ? options->names[index] : "";
}

unsigned interface_index(const struct interface_options *options, const char *text)
{
    unsigned long number;

    if (option_number(text, 1, 255, &number)) {
        return (unsigned)number;
    }
    for (unsigned i = 1; i < options->name_count; i++) {
        if (strcmp(options->names[i], text) == 0) {
            return i;
        }
    }
    return 0;
}

static void print_keys(const char *name, const char *line)
{
    printf("  %s\n", name);
    while (*line != '\0') {
        size_t length = strcspn(line, "\n");

        printf("    %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

void interface_print_drivers(void)
{
    puts("\nDrivers and their keys (--driver-option, or a configuration file's [interface]):");
    for (size_t i = 0; winlwip_drivers[i] != NULL; i++) {
        if (winlwip_drivers[i]->help != NULL) {
            print_keys(winlwip_drivers[i]->name, winlwip_drivers[i]->help);
        }
    }
    puts("\nWhat may go round any of them, and its keys:");
    for (size_t i = 0; winlwip_wrappers[i] != NULL; i++) {
        print_keys(winlwip_wrappers[i]->name, winlwip_wrappers[i]->help);
    }
}

void interface_print_names(void)
{
    char names[256];

    drivers_list(winlwip_drivers, names, sizeof(names));
    printf("drivers: %s\n", names);
}
