/*
 * bare_replay.c - the capture file without a stack: a loop of pcap_next_ex() with as large a buffer
 * behind it as the pcap driver's. It also writes the file.
 *
 *   bare_replay --write FILE SIZE                     makes the file, of SIZE bytes of payload
 *   bare_replay --label 'ID VARIANT' --size SIZE FILE  measures
 */
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/common/bench.h"
#include "tests/bench/common/replay.h"

/* INPUT_BUFFER_BYTES of drivers/pcap/capture.c. */
#define BUFFER_BYTES ((size_t)256 * 1024)

/* Time stamps: from some day in 2023, 10 us apart. */
#define FIRST_SECOND 1700000000
#define FRAMES_A_SECOND 100000u

static struct {
    pcap_t *reader;
    char buffer[BUFFER_BYTES];
} bench;

static int fail(const char *what)
{
    fprintf(stderr, "pcap_next_ex: %s\n", what);
    return -1;
}

static int replay_open(const char *path)
{
    char error[PCAP_ERRBUF_SIZE];
    FILE *stream = fopen(path, "re");

    if (stream == NULL || setvbuf(stream, bench.buffer, _IOFBF, BUFFER_BYTES) != 0) {
        return fail("opening the file");
    }
    bench.reader = pcap_fopen_offline(stream, error);
    return bench.reader != NULL ? 0 : fail(error);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int next(const struct traffic *traffic, size_t n, struct traffic_received *received)
{
    struct pcap_pkthdr *header;
    const u_char *frame;

    (void)traffic;
    (void)n;
    if (pcap_next_ex(bench.reader, &header, &frame) != 1) {
        return fail("no frame");
    }
    received->payload = frame + TRAFFIC_PAYLOAD_AT;
    received->bytes = header->caplen - TRAFFIC_PAYLOAD_AT;
    received->source = get32(frame + TRAFFIC_IP_AT + 12);
    received->destination = get32(frame + TRAFFIC_IP_AT + 16);
    received->source_port = (uint16_t)(get32(frame + TRAFFIC_UDP_AT) >> 16);
    return 0;
}

static void replay_close(void)
{
    if (bench.reader != NULL) {
        pcap_close(bench.reader);
    }
    bench.reader = NULL;
}

static int write_file(const char *path, size_t size_bytes)
{
    struct traffic traffic;
    pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);
    pcap_dumper_t *file = dead != NULL ? pcap_dump_open(dead, path) : NULL;

    if (file == NULL || traffic_init(&traffic, size_bytes, REPLAY_SOCKETS) != 0) {
        return fail("making the file");
    }
    for (size_t n = 0; n < REPLAY_FRAMES; n++) {
        struct pcap_pkthdr header = {
            .ts = {.tv_sec = FIRST_SECOND + (time_t)(n / FRAMES_A_SECOND),
                   .tv_usec = (suseconds_t)(n % FRAMES_A_SECOND * (1000000 / FRAMES_A_SECOND))},
            .caplen = (bpf_u_int32)traffic.frame_bytes,
            .len = (bpf_u_int32)traffic.frame_bytes,
        };
        pcap_dump((u_char *)file, &header, traffic_frame(&traffic, n));
    }
    int error = pcap_dump_flush(file);
    pcap_dump_close(file);
    pcap_close(dead);
    traffic_fini(&traffic);
    return error == 0 ? 0 : fail("writing the file");
}

int main(int argc, char **argv)
{
    static const struct replay_subject subject = {"pcap_next_ex", replay_open, next, replay_close};
    size_t size_bytes;

    if (argc == 4 && strcmp(argv[1], "--write") == 0 &&
        bench_number(argv[3], TRAFFIC_PAYLOAD_MAX, &size_bytes) == 0) {
        return write_file(argv[2], size_bytes) == 0 ? 0 : 1;
    }
    return replay_main(&subject, argc, argv);
}
