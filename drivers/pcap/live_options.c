/*
 * live_options.c - the options of the pcap driver's live mode.
 */
#include <errno.h>

#include "drivers/pcap/capture.h"
#include "drivers/pcap/live.h"

/*
 * The ring. libpcap makes it of blocks of 256 KiB, of which one fills while another is read: two at
 * least. 4 MiB hold 16,000 small or 2,500 full frames of Ethernet, some tens of milliseconds in
 * which the program may do something else. The kernel can't page it out.
 */
#define BUFFER_LEAST_BYTES (512u * 1024)
#define BUFFER_DEFAULT_BYTES (4u * 1024 * 1024)
#define BUFFER_MOST_BYTES (1024u * 1024 * 1024)

static int read_text(const char **text, const char *key, const char *value, const char *what,
                     char *error)
{
    if (*value == '\0') {
        return capture_fail(error, EINVAL, NULL, "option '%s' is empty: give it %s", key, what);
    }
    *text = value;
    return 0;
}

static int read_device(void *target, const char *key, const char *value, char *error)
{
    return read_text(&((struct live_options *)target)->device, key, value, "an interface name",
                     error);
}

static int read_filter(void *target, const char *key, const char *value, char *error)
{
    return read_text(&((struct live_options *)target)->filter, key, value,
                     "an expression, or leave it out", error);
}

static int read_promiscuous(void *target, const char *key, const char *value, char *error)
{
    return capture_choice_read(&((struct live_options *)target)->own_mac, key, value, "off", "on",
                               error);
}

static int read_immediate(void *target, const char *key, const char *value, char *error)
{
    return capture_choice_read(&((struct live_options *)target)->immediate, key, value, "off", "on",
                               error);
}

static int read_buffer(void *target, const char *key, const char *value, char *error)
{
    return capture_number_read(&((struct live_options *)target)->buffer_bytes, key, value,
                               BUFFER_LEAST_BYTES, BUFFER_MOST_BYTES, error);
}

static const struct capture_key live_keys[] = {
    {"device", read_device}, {"promiscuous", read_promiscuous}, {"immediate", read_immediate},
    {"filter", read_filter}, {"buffer", read_buffer}, {NULL, NULL},
};

int live_options_parse(struct live_options *parsed, const struct link_option *options,
                       size_t option_count, char *error)
{
    *parsed = (struct live_options){.own_mac = true, .buffer_bytes = BUFFER_DEFAULT_BYTES};
    return capture_keys_read(live_keys, "a device", parsed, options, option_count, error);
}
