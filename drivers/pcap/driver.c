/*
 * driver.c - the driver `pcap` and its two modes: a capture file that is replayed (capture.c), and
 * an interface of the machine (live.c). The option `device` makes the difference.
 */
#include "drivers/pcap/pcap.h"

#include <string.h>

#include "drivers/pcap/capture.h"
#include "drivers/pcap/library.h"
#include "drivers/pcap/live.h"

static const char help[] =
    "file         capture to replay, pcap or pcapng, a regular file\n"
    "output       capture to write what the stack sends to; an existing file is overwritten\n"
    "timing       fast: as fast as the stack reads (default); real: by the time stamps\n"
    "speed        with timing=real: how many times faster than captured, 1 to 1000 (default 1)\n"
    "end          down: the interface goes down behind the last frame (default); wait: it stays\n"
    "device       instead of file: Ethernet interface of the machine to capture and send on\n"
    "promiscuous  of a device: on: a station with a MAC of its own (default); off: with that of\n"
    "             the interface, for networks that take no other one (Wi-Fi, clouds)\n"
    "immediate    of a device: on: each frame at once; off: frames up to 1 ms late, in bursts\n"
    "             that cost less (default)\n"
    "filter       of a device: tcpdump's expressions; ARP, ICMPv6 and IGMP must pass, too\n"
    "buffer       of a device: bytes of the kernel's ring, 524288 to 1073741824 (default 4 MiB)\n";

static int driver_open(const struct link_option *options, size_t option_count, struct link **out,
                       char *error)
{
    int result = libpcap_load(error);

    if (result != 0) {
        return result;
    }
    for (size_t i = 0; i < option_count; i++) {
        if (strcmp(options[i].key, "device") == 0) {
            return live_open(options, option_count, out, error);
        }
    }
    return capture_open(options, option_count, out, error);
}

const struct link_driver winlwip_pcap_driver = {
    .name = "pcap",
    .open = driver_open,
    .help = help,
};
