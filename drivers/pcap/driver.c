/*
 * driver.c - the driver `pcap` and its two modes: a capture file that is replayed (capture.c), and
 * an interface of the machine (live.c). The option `device` makes the difference.
 */
#include "drivers/pcap/pcap.h"

#include <string.h>

#include "drivers/pcap/capture.h"
#include "drivers/pcap/live.h"

static const char help[] =
    "file    capture to replay, pcap or pcapng, a regular file; or device, see below\n"
    "output  capture to write what the stack sends to; an existing file is overwritten\n"
    "timing  fast: as fast as the stack reads (default); real: at the pace of the time stamps\n"
    "speed   with timing=real: how many times faster than captured, 1 to 1000 (default 1)\n"
    "end     down: the interface goes down behind the last frame (default); wait: it stays up\n"
    "device  Ethernet interface of the machine to receive from and send to, instead of file\n"
    "promiscuous  with device: on: a station of its own, with a MAC of its own (default);\n"
    "        off: the interface's MAC, for links that let no other one pass (Wi-Fi, clouds)\n"
    "immediate  with device: on: each frame at once, for short round trips; off: in bursts, up\n"
    "        to a millisecond late and at less cost (default)\n"
    "filter  with device: capture filter as of tcpdump; ARP, ICMPv6 and IGMP have to pass it\n"
    "buffer  with device: bytes of the kernel's ring, 524288 to 1073741824 (default 4194304)\n";

static int driver_open(const struct link_option *options, size_t option_count, struct link **out,
                       char *error)
{
    for (size_t i = 0; i < option_count; i++) {
        if (strcmp(options[i].key, "device") == 0) {
            return live_open(options, option_count, out, error);
        }
    }
    return capture_open(options, option_count, out, error);
}

const struct link_driver pcap_driver = {
    .name = "pcap",
    .open = driver_open,
    .help = help,
};
