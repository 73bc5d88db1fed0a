/*
 * live_options.c - the options of the pcap driver's live mode.
 */
#include <errno.h>

#include "drivers/options/options.h"
#include "drivers/pcap/live.h"

/*
 * The ring. libpcap makes it of blocks of 256 KiB, of which one fills while another is read: two at
 * least. 4 MiB hold 16,000 small or 2,500 full frames of Ethernet that come at once. A block is handed
 * over when it is a millisecond old, however little is in it, so of frames that come singly the same
 * ring holds 16 milliseconds: who reads less often wants a larger one, or `immediate`, which has a
 * slot for each frame. The kernel can't page it out.
 */
#define BUFFER_LEAST_BYTES (512L * 1024)
#define BUFFER_DEFAULT_BYTES (4L * 1024 * 1024)
#define BUFFER_MOST_BYTES (1024L * 1024 * 1024)

static int read_text(const struct options_report *report, const char **text, const char *key,
                     const char *value, const char *what)
{
    if (*value == '\0') {
        return options_fail(report, EINVAL, "option '%s' is empty: give it %s", key, what);
    }
    *text = value;
    return 0;
}

static int read_device(const struct options_report *report, void *target, const char *key,
                       const char *value)
{
    return read_text(report, &((struct live_options *)target)->device, key, value,
                     "an interface name");
}

static int read_filter(const struct options_report *report, void *target, const char *key,
                       const char *value)
{
    return read_text(report, &((struct live_options *)target)->filter, key, value,
                     "an expression, or leave it out");
}

static int read_promiscuous(const struct options_report *report, void *target, const char *key,
                            const char *value)
{
    return options_read_choice(report, key, value, "off", "on",
                               &((struct live_options *)target)->own_mac);
}

static int read_immediate(const struct options_report *report, void *target, const char *key,
                          const char *value)
{
    return options_read_choice(report, key, value, "off", "on",
                               &((struct live_options *)target)->immediate);
}

static int read_buffer(const struct options_report *report, void *target, const char *key,
                       const char *value)
{
    return options_read_number(report, key, value, BUFFER_LEAST_BYTES, BUFFER_MOST_BYTES,
                               &((struct live_options *)target)->buffer_bytes);
}

static const struct options_key live_keys[] = {
    {"device", read_device}, {"promiscuous", read_promiscuous}, {"immediate", read_immediate},
    {"filter", read_filter}, {"buffer", read_buffer}, {NULL, NULL},
};

int live_options_parse(struct live_options *parsed, const struct link_option *options,
                       size_t option_count, char *error)
{
    const struct options_report report = {.driver = "pcap", .error = error, .mode = "a device"};

    *parsed = (struct live_options){.own_mac = true, .buffer_bytes = BUFFER_DEFAULT_BYTES};
    return options_read(&report, live_keys, parsed, options, option_count);
}
