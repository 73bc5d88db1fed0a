/*
 * file.c - a capture file as a wire: written once, read by the driver and by pcap_next_ex() with as
 * large a buffer behind it.
 */
#include "tests/bench/drivers/wire.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/net/row.h"

/* INPUT_BUFFER_BYTES of drivers/pcap/capture.c. */
enum { BUFFER_BYTES = 256 * 1024 };

static char buffer[BUFFER_BYTES];

static void write_frames(const struct wire *wire)
{
    pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);
    pcap_dumper_t *file = dead != NULL ? pcap_dump_open(dead, wire->text) : NULL;

    if (file == NULL) {
        row_fail("%s cannot be written", wire->text);
    }
    for (size_t n = 0; n < wire->total; n++) {
        struct pcap_pkthdr header = {
            .ts = {.tv_sec = 1700000000 + (time_t)(n / 100000),
                   .tv_usec = (suseconds_t)(n % 100000 * 10)},
            .caplen = (bpf_u_int32)wire->traffic->frame_bytes,
            .len = (bpf_u_int32)wire->traffic->frame_bytes,
        };
        pcap_dump((u_char *)file, &header, traffic_frame(wire->traffic, n));
    }
    if (pcap_dump_flush(file) != 0) {
        row_fail("%s cannot be written", wire->text);
    }
    pcap_dump_close(file);
    pcap_close(dead);
}

static void make_file(struct wire *wire)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    FILE *stream;

    snprintf(wire->text, sizeof(wire->text), "/tmp/bench-file-%d-%d", (int)getpid(), wire->bare);
    write_frames(wire);
    if (!wire->bare) {
        return;
    }
    stream = fopen(wire->text, "rbe");
    unlink(wire->text);
    if (stream == NULL || setvbuf(stream, buffer, _IOFBF, sizeof(buffer)) != 0) {
        row_fail_errno(wire->text);
    }
    wire->handle = pcap_fopen_offline(stream, error);
    if (wire->handle == NULL) {
        row_fail("%s", error);
    }
}

static void connect_file(struct wire *wire)
{
    unlink(wire->text);
}

static void take_file(struct wire *wire, unsigned most, struct wire_read *read_)
{
    for (unsigned i = 0; i < most; i++) {
        struct pcap_pkthdr *header;
        const u_char *frame;

        if (pcap_next_ex(wire->handle, &header, &frame) != 1) {
            row_fail("pcap_next_ex: no frame");
        }
        wire_count(read_, frame, header->caplen);
    }
}

/* The fill is as long as the slices of tests/bench/common/replay.c, for the same reason. */
const struct wire_kind wire_file = {
    .key = "file", .fill = 4096, .rounds = 8,
    .make = make_file, .connect = connect_file, .take = take_file,
};
