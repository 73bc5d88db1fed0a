/*
 * test_program.c - the program winlwip itself, run as its users do.
 *
 * The program stands beside the test program. It replays captures and writes JSON, which is
 * compared with what the frames were made from: the shipped capture, and one whose ports, TTLs,
 * TOS, sizes and payloads are drawn at random, from a seed that a failure names and that
 * WINLWIP_TEST_SEED sets.
 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/capture_file.h"
#include "tests/support/frames.h"
#include "tests/unit/suites.h"

/* Frames of a random capture, ports that have sockets, and the largest payload, bytes. */
#define FRAMES 60
#define PORTS 4
#define PAYLOAD_MAX 1400

/* The source port of frame i, by which its datagram is known again. */
#define SOURCE_PORT(i) (20000 + (i))

static char program[512];
static char capture_path[64];

static void setup(void)
{
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - sizeof("winlwip"));
    int fd;

    ck_assert_int_gt(length, 0);
    program[length] = '\0';
    strcpy(strrchr(program, '/') + 1, "winlwip");
    ck_assert_msg(access(program, X_OK) == 0, "%s is not built", program);
    strcpy(capture_path, "/tmp/test_program.XXXXXX");
    fd = mkstemp(capture_path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    unlink(capture_path);
}

/* Starts the program with these arguments, to read what it prints. */
static FILE *start(const char *arguments)
{
    char command[2048];
    FILE *output;

    ck_assert_int_lt(snprintf(command, sizeof(command), "%s %s", program, arguments),
                     (int)sizeof(command));
    output = popen(command, "r");
    ck_assert_ptr_nonnull(output);
    return output;
}

/* Reads the next JSON line; NULL at the end. */
static json_t *next_object(FILE *output)
{
    json_error_t error;
    json_t *object;
    char *line = NULL;
    size_t room = 0;

    if (getline(&line, &room, output) < 0) {
        free(line);
        return NULL;
    }
    object = json_loads(line, 0, &error);
    ck_assert_msg(object != NULL, "%s in %s", error.text, line);
    free(line);
    return object;
}

static long number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    ck_assert_msg(json_is_integer(value), "%s is no number", key);
    return (long)json_integer_value(value);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

/* The last object: everything balances, and all that went to sockets was shown. */
static void assert_totals(const json_t *last, long shown)
{
    ck_assert_int_eq(number_of(last, "shown"), shown);
    ck_assert_int_eq(number_of(last, "copies"), shown);
    ck_assert_int_eq(number_of(last, "copies_dropped"), 0);
    ck_assert(json_is_true(json_object_get(last, "frames_balance")));
    ck_assert(json_is_true(json_object_get(last, "copies_balance")));
}

/* --- A random capture --- */

enum kind { KIND_GOOD, KIND_BAD_CHECKSUM, KIND_NO_SOCKET, KINDS };

struct drawn {
    enum kind kind;
    bool v6;
    unsigned port;
    unsigned ttl;
    unsigned tos;
    size_t bytes;
    uint8_t payload[PAYLOAD_MAX];
    bool seen;
};

static struct drawn drawn[FRAMES];
static uint16_t ports[PORTS];
static struct capture_file capture;
static unsigned seed;

static unsigned draw(unsigned from, unsigned to)
{
    return from + (unsigned)rand() % (to - from + 1);
}

/* Ports are apart from each other and from that which has no socket. */
static void draw_all(void)
{
    const char *given = getenv("WINLWIP_TEST_SEED");

    seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    srand(seed);
    for (unsigned i = 0; i < PORTS; i++)
        ports[i] = (uint16_t)(1024 + 1000 * i + draw(1, 999));
    for (unsigned i = 0; i < FRAMES; i++) {
        struct drawn *d = &drawn[i];

        memset(d, 0, sizeof(*d));
        d->kind = draw(0, 4) == 0 ? (enum kind)draw(1, KINDS - 1) : KIND_GOOD;
        d->v6 = draw(0, 1) != 0;
        d->port = d->kind == KIND_NO_SOCKET ? 9 : ports[draw(0, PORTS - 1)];
        d->ttl = draw(1, 255);
        d->tos = draw(0, 255);
        d->bytes = draw(0, 9) == 0 ? 0 : draw(1, PAYLOAD_MAX);
        for (size_t j = 0; j < d->bytes; j++)
            d->payload[j] = (uint8_t)rand();
    }
}

static void write_capture(void)
{
    static struct frame frame;

    capture.count = 0;
    capture_file_pcapng(&capture, false);
    capture_file_interface(&capture, 1, 6);
    for (unsigned i = 0; i < FRAMES; i++) {
        const struct drawn *d = &drawn[i];

        frame_build(&(struct frame_spec){
            .src = d->v6 ? "2001:db8::9" : "192.0.2.9", .dst = d->v6 ? "2001:db8::1" : "192.0.2.1",
            .src_port = (uint16_t)SOURCE_PORT(i), .dst_port = (uint16_t)d->port,
            .ttl = (uint8_t)d->ttl, .tos = (uint8_t)d->tos, .payload = d->payload,
            .payload_bytes = d->bytes,
            .transport_checksum_xor = d->kind == KIND_BAD_CHECKSUM ? 0x5a5a : 0}, &frame);
        capture_file_packet(&capture, 0, 1735689600000000u + 1000u * i, frame.data, frame.bytes);
    }
    capture_file_save(&capture, capture_path);
}

static void assert_payload(const json_t *object, const struct drawn *d)
{
    const char *hex = text_of(object, "payload_hex");

    ck_assert_uint_eq(strlen(hex), 2 * d->bytes);
    for (size_t i = 0; i < d->bytes; i++) {
        char pair[3];

        snprintf(pair, sizeof(pair), "%02x", d->payload[i]);
        ck_assert_msg(memcmp(hex + 2 * i, pair, 2) == 0, "byte %zu, seed %u", i, seed);
    }
}

/* Finds the frame that a datagram was made from, and compares everything. */
static void assert_datagram(const json_t *object)
{
    const char *source = text_of(object, "source");
    long index = strtol(strrchr(source, ':') + 1, NULL, 10) - SOURCE_PORT(0);

    ck_assert_msg(index >= 0 && index < FRAMES, "%s, seed %u", source, seed);
    struct drawn *d = &drawn[index];

    ck_assert_msg(d->kind == KIND_GOOD && !d->seen, "frame %ld, seed %u", index, seed);
    d->seen = true;
    ck_assert_str_eq(text_of(object, "destination"), d->v6 ? "2001:db8::1" : "192.0.2.1");
    ck_assert_int_eq(strncmp(source, d->v6 ? "[2001:db8::9]:" : "192.0.2.9:", d->v6 ? 14 : 10), 0);
    ck_assert_int_eq(number_of(object, "local_port"), d->port);
    ck_assert_int_eq(number_of(object, "interface"), 2);
    ck_assert_int_eq(number_of(object, "ttl"), d->ttl);
    ck_assert_int_eq(number_of(object, "tos"), d->tos);
    ck_assert_int_eq(number_of(object, "ecn"), d->tos & 3);
    ck_assert_int_eq(number_of(object, "bytes"), (long)d->bytes);
    ck_assert_uint_eq(json_array_size(json_object_get(object, "flags")), 0);
    ck_assert_uint_eq(json_array_size(json_object_get(object, "control")), 4);
    ck_assert(json_is_null(json_object_get(object, "error")));
    assert_payload(object, d);
}

static FILE *start_random(void)
{
    char arguments[1024];
    int used = snprintf(arguments, sizeof(arguments),
                        "recv --pcap %s --mac 02:00:5e:10:00:01 --address 192.0.2.1/24 "
                        "--address 2001:db8::1/64 --json --stats", capture_path);

    for (unsigned i = 0; i < PORTS; i++)
        used += snprintf(arguments + used, sizeof(arguments) - (size_t)used,
                         " --bind %u --bind [::]:%u", ports[i], ports[i]);
    return start(arguments);
}

START_TEST(random_capture_is_shown_as_it_was_made)
{
    long count[KINDS] = {0};
    json_t *object = NULL;
    json_t *next;
    json_t *fates;
    FILE *output;

    draw_all();
    write_capture();
    for (unsigned i = 0; i < FRAMES; i++)
        count[drawn[i].kind]++;
    output = start_random();
    while ((next = next_object(output)) != NULL) {
        if (object != NULL) {
            assert_datagram(object);
            json_decref(object);
        }
        object = next;
    }
    ck_assert_int_eq(pclose(output), 0);
    ck_assert_ptr_nonnull(object);
    assert_totals(object, count[KIND_GOOD]);
    fates = json_object_get(object, "fates");
    ck_assert_int_eq(number_of(object, "frames_received"), FRAMES);
    ck_assert_int_eq(number_of(fates, "delivered"), count[KIND_GOOD]);
    ck_assert_int_eq(number_of(fates, "udp-checksum"), count[KIND_BAD_CHECKSUM]);
    ck_assert_int_eq(number_of(fates, "no-socket"), count[KIND_NO_SOCKET]);
    json_decref(object);
}
END_TEST

/* --- The shipped capture --- */

static const char *const flag_names[] = {"MSG_BCAST", "MSG_MCAST", "MSG_TRUNC", "MSG_CTRUNC"};

/* Counts the flags and families of a datagram. */
static void count_demo(const json_t *object, unsigned flags[4], unsigned families[2])
{
    const json_t *list = json_object_get(object, "flags");

    families[text_of(object, "source")[0] == '[']++;
    for (size_t i = 0; i < json_array_size(list); i++) {
        for (size_t j = 0; j < 4; j++)
            flags[j] += strcmp(json_string_value(json_array_get(list, i)), flag_names[j]) == 0;
    }
}

START_TEST(shipped_capture_shows_every_flag_and_every_drop)
{
    static const char *const drops[] = {"snaplen", "runt", "other-mac", "ethertype",
                                        "ip-malformed", "ip-checksum", "martian", "other-host",
                                        "protocol", "udp-malformed", "udp-checksum", "no-socket"};
    FILE *output = start("recv --config examples/demo.conf --bind 5000,join=239.1.2.3 "
                         "--bind '[::]:5000,join=ff15::1234,join=ff02::fb' "
                         "--bind 5001,buffer=24 --bind '[::]:5001,buffer=24' "
                         "--bind 5002,control=40 --bind '[::]:5002,control=40,join=ff15::1234' "
                         "--bind 5003,buffer=24,control=40,join=239.1.2.3 --json --stats");
    unsigned flags[4] = {0};
    unsigned families[2] = {0};
    json_t *object = NULL;
    json_t *next;

    while ((next = next_object(output)) != NULL) {
        if (object != NULL)
            count_demo(object, flags, families);
        json_decref(object);
        object = next;
    }
    ck_assert_int_eq(pclose(output), 0);
    assert_totals(object, families[0] + families[1]);
    ck_assert_uint_ge(families[0], 20);
    ck_assert_uint_ge(families[1], 10);
    for (size_t i = 0; i < 4; i++)
        ck_assert_msg(flags[i] >= 2, "%s", flag_names[i]);
    for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++)
        ck_assert_msg(number_of(json_object_get(object, "fates"), drops[i]) >= 1, "%s", drops[i]);
    json_decref(object);
}
END_TEST

/* --- Sending --- */

/*
 * To a group, so that no neighbour has to be resolved: one program writes what it sends into a
 * capture file, another one receives from that.
 */
static const struct {
    const char *send;
    const char *receive;
    const char *source;
    const char *destination;
} round_trips[] = {
    {"--to 239.1.2.3:6000 --source 192.0.2.1 --bind 6001",
     "--address 192.0.2.9/24 --bind 6000,join=239.1.2.3", "192.0.2.1:6001", "239.1.2.3"},
    {"--to '[ff15::1234]:6000' --source 2001:db8::1 --interface eth0 --bind '[::]:6001'",
     "--address 2001:db8::9/64 --bind '[::]:6000,join=ff15::1234'", "[2001:db8::1]:6001",
     "ff15::1234"},
};

static void send_two(const char *options)
{
    char arguments[1024];
    char line[256];
    FILE *output;

    snprintf(arguments, sizeof(arguments),
             "send --pcap examples/demo.pcapng --mac 02:00:5e:10:00:01 --address 192.0.2.1/24 "
             "--address 2001:db8::1/64 --output %s %s --hex 00ff7e --ttl 77 --tos 0x20 --ecn 2 "
             "--count 2", capture_path, options);
    output = start(arguments);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_ptr_nonnull(fgets(line, sizeof(line), output));
        ck_assert_msg(strncmp(line, "sent 3 bytes from ", 18) == 0, "%s", line);
    }
    ck_assert_int_eq(pclose(output), 0);
}

START_TEST(what_send_sends_recv_receives)
{
    char arguments[512];
    FILE *output;

    send_two(round_trips[_i].send);
    snprintf(arguments, sizeof(arguments), "recv --pcap %s --json %s", capture_path,
             round_trips[_i].receive);
    output = start(arguments);
    for (long i = 1; i <= 2; i++) {
        json_t *object = next_object(output);

        ck_assert_ptr_nonnull(object);
        ck_assert_int_eq(number_of(object, "number"), i);
        ck_assert_str_eq(text_of(object, "source"), round_trips[_i].source);
        ck_assert_str_eq(text_of(object, "destination"), round_trips[_i].destination);
        ck_assert_int_eq(number_of(object, "ttl"), 77);
        ck_assert_int_eq(number_of(object, "tos"), 0x22);
        ck_assert_int_eq(number_of(object, "ecn"), 2);
        ck_assert_str_eq(text_of(object, "payload_hex"), "00ff7e");
        json_decref(object);
    }
    ck_assert_ptr_null(next_object(output));
    ck_assert_int_eq(pclose(output), 0);
}
END_TEST

/* --- Datagrams cut and joined --- */

static const char *const cut[] = {"0102", "0304", "05"};

START_TEST(send_cuts_segments)
{
    char arguments[512];
    char line[256];
    FILE *output;

    snprintf(arguments, sizeof(arguments),
             "send --pcap examples/demo.pcapng --mac 02:00:5e:10:00:01 --address 192.0.2.1/24 "
             "--output %s --to 239.1.2.3:6000 --hex 0102030405 --segment 2", capture_path);
    output = start(arguments);
    ck_assert_ptr_nonnull(fgets(line, sizeof(line), output));
    ck_assert_msg(strncmp(line, "sent 5 bytes from ", 18) == 0, "%s", line);
    ck_assert_int_eq(pclose(output), 0);
    snprintf(arguments, sizeof(arguments),
             "recv --pcap %s --address 192.0.2.9/24 --bind 6000,join=239.1.2.3 --json",
             capture_path);
    output = start(arguments);
    for (unsigned i = 0; i < 3; i++) {
        json_t *object = next_object(output);

        ck_assert_ptr_nonnull(object);
        ck_assert_str_eq(text_of(object, "payload_hex"), cut[i]);
        ck_assert_ptr_null(json_object_get(object, "segment_bytes"));
        ck_assert_ptr_null(json_object_get(object, "timestamp"));
        json_decref(object);
    }
    ck_assert_int_eq(pclose(output), 0);
}
END_TEST

/*
 * A replay as fast as possible hands over one datagram for each that is asked for, so this one goes
 * by the time stamps: three frames at once, a second behind one that nobody wants, in which the
 * program opens its socket.
 */
static FILE *receive_three_at_once(const char *options)
{
    static const uint8_t payload[] = {1, 2, 3, 4, 5};
    char arguments[512];

    capture_file_pcapng(&capture, false);
    capture_file_interface(&capture, 1, 6);
    for (unsigned i = 0; i < 4; i++) {
        static struct frame frame;
        struct frame_spec spec = {.src = "192.0.2.9", .dst = "192.0.2.1",
                                  .dst_port = i == 0 ? 9 : 6000};

        spec.payload = payload + (i == 0 ? 0 : 2 * (i - 1));
        spec.payload_bytes = i == 3 ? 1 : 2;
        frame_build(&spec, &frame);
        capture_file_packet(&capture, 0, 1735689600000000u + (i == 0 ? 0 : 1000000), frame.data,
                            frame.bytes);
    }
    capture_file_save(&capture, capture_path);
    snprintf(arguments, sizeof(arguments),
             "recv --pcap %s --mac 02:00:5e:10:00:01 --address 192.0.2.1/24 --bind 6000 "
             "--timing real --coalesce 65535 --timestamps %s", capture_path, options);
    return start(arguments);
}

START_TEST(recv_joins_segments)
{
    FILE *output = receive_three_at_once("--json");
    json_t *object = next_object(output);

    ck_assert_ptr_nonnull(object);
    ck_assert_str_eq(text_of(object, "payload_hex"), "0102030405");
    ck_assert_int_eq(number_of(object, "segment_bytes"), 2);
    ck_assert_int_eq(number_of(object, "timestamp"), 17356896010000000);
    json_decref(object);
    ck_assert_ptr_null(next_object(output));
    ck_assert_int_eq(pclose(output), 0);
}
END_TEST

START_TEST(joined_segments_in_the_table)
{
    char line[512] = "";
    FILE *output = receive_three_at_once("");

    ck_assert_ptr_nonnull(fgets(line, sizeof(line), output)); /* the heading */
    ck_assert_ptr_nonnull(fgets(line, sizeof(line), output));
    ck_assert_msg(strstr(line, " TIME=0.0000000 COAL=2 ") != NULL, "%s", line);
    while (fgets(line, sizeof(line), output) != NULL) {
    }
    ck_assert_int_eq(pclose(output), 0);
}
END_TEST

/* --- Options --- */

static const struct {
    const char *arguments;
    int status;
    const char *line; /* begins with this, behind "winlwip: " */
} bad[] = {
    {"", 2, "no command given"},
    {"frob", 2, "unknown command \"frob\""},
    {"recv", 2, "recv needs --bind"},
    {"recv --bogus", 2, "unknown option --bogus"},
    {"recv -x", 2, "unknown option -x"},
    {"recv --bind", 2, "--bind needs a value"},
    {"recv --json=1 --bind 5", 2, "bad option --json=1"},
    {"recv --bind 5 more", 2, "unexpected argument \"more\""},
    {"recv --bind 1.2.3:5", 2, "--bind 1.2.3:5: expected ADDR:PORT"},
    {"recv --bind 65536", 2, "--bind 65536: expected ADDR:PORT"},
    {"recv --bind 5,join=192.0.2.1", 2, "--bind 5,join=192.0.2.1: expected join=GROUP"},
    {"recv --bind 5,x=1", 2, "--bind 5,x=1: expected only join="},
    {"recv --bind 5 --join ff02::1", 2, "--join ff02::1: expected GROUP"},
    {"recv --bind 5 --coalesce 0", 2, "--coalesce 0: expected a number"},
    {"send --to 192.0.2.9:5 --segment x", 2, "--segment x: expected a number"},
    {"recv --bind 5 --count 0", 2, "--count 0: expected a number"},
    {"recv --bind 5 --pcap a --tap b", 2,
     "--pcap, --tap, --device, --stream, --dgram, --vde and --config exclude"},
    {"recv --bind 5 --pcap a --device b", 2,
     "--pcap, --tap, --device, --stream, --dgram, --vde and --config exclude"},
    {"recv --bind 5 --device nosuch0", 1, "interface nosuch0: pcap: there is no device"},
    {"recv --bind 5 --device nosuch0 --driver-option immediate=1", 1,
     "interface nosuch0: pcap: option 'immediate' is '1': it must be 'off' or 'on'"},
    {"recv --bind 5 --mac 02:00:00:00:00:01", 2,
     "options of an interface need --pcap, --tap, --device, --stream, --dgram or --vde"},
    {"recv --bind 5 --tap a --end down", 2, "--output, --timing and --end need --pcap"},
    {"recv --bind 5 --device a --end down", 2, "--output, --timing and --end need --pcap"},
    {"recv --bind 5 --pcap a --address 1.2.3.4", 2, "--address 1.2.3.4: expected an address"},
    {"recv --bind 5 --pcap /nonexistent", 1, "interface eth0: pcap: "},
    {"recv --bind 5 --config /nonexistent", 1, "/nonexistent: can't be opened"},
    {"recv --bind 192.0.2.5:5", 1, "binding 192.0.2.5:5: WSAEADDRNOTAVAIL"},
    {"recv --bind 5 --join 239.1.1.1%eth7", 1, "there is no interface eth7"},
    {"send", 2, "send needs --to"},
    {"ping", 2, "ping needs an ADDRESS"},
    {"ping nobody", 2, "ADDRESS nobody: expected an IPv4"},
    {"ping 127.0.0.1 more", 2, "unexpected argument \"more\""},
    {"ping --ttl 0 127.0.0.1", 2, "--ttl 0: expected a number"},
    {"ping 192.0.2.9", 1, "sending to 192.0.2.9: WSAENETUNREACH"},
    {"send --to 192.0.2.1", 2, "--to 192.0.2.1: expected ADDR:PORT"},
    {"send --to 192.0.2.1:5 --hex abc", 2, "--hex abc: expected an even number"},
    {"send --to 192.0.2.1:5 --text a --hex ab", 2, "--hex ab: expected only one"},
    {"send --to 192.0.2.1:5 --source ::1", 2, "--source and --to are of different families"},
    {"send --to 192.0.2.1:5 --ttl 256", 2, "--ttl 256: expected a number from 0 to 255"},
    {"send --to 192.0.2.1:5", 1, "sending to 192.0.2.1:5: WSAENETUNREACH"},
};

/* Each reply and the summary, as JSON; 127.3.4.5 is ours as well. */
START_TEST(ping_pings_ourselves)
{
    static const char *const addresses[] = {"127.0.0.1", "127.3.4.5", "::1"};
    char arguments[128];
    json_t *object;
    FILE *output;

    snprintf(arguments, sizeof(arguments), "ping --json --count 3 --interval 1 --size 2000 %s",
             addresses[_i]);
    output = start(arguments);
    for (int i = 1; i <= 3; i++) {
        object = next_object(output);
        ck_assert_str_eq(json_string_value(json_object_get(object, "type")), "reply");
        ck_assert_int_eq(json_integer_value(json_object_get(object, "sequence")), i);
        ck_assert_int_eq(json_integer_value(json_object_get(object, "bytes")), 2008);
        ck_assert_int_gt(json_integer_value(json_object_get(object, "ttl")), 0);
        ck_assert_str_eq(json_string_value(json_object_get(object, "from")), addresses[_i]);
        ck_assert(json_is_real(json_object_get(object, "rtt_ms")));
        json_decref(object);
    }
    object = next_object(output);
    ck_assert_str_eq(json_string_value(json_object_get(object, "type")), "summary");
    ck_assert_int_eq(json_integer_value(json_object_get(object, "received")), 3);
    json_decref(object);
    ck_assert_ptr_null(next_object(output));
    ck_assert_int_eq(pclose(output), 0);
}
END_TEST

/* One line on standard error, nothing on standard output, and the status. */
START_TEST(bad_options_get_one_line)
{
    char arguments[512];
    char expected[256];
    char line[512] = "";
    char more[16];
    FILE *output;
    int status;

    snprintf(arguments, sizeof(arguments), "%s 2>&1", bad[_i].arguments);
    output = start(arguments);
    ck_assert_ptr_nonnull(fgets(line, sizeof(line), output));
    ck_assert_msg(fgets(more, sizeof(more), output) == NULL, "a second line after %s", line);
    status = pclose(output);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), bad[_i].status);
    snprintf(expected, sizeof(expected), "winlwip: %s", bad[_i].line);
    ck_assert_msg(strncmp(line, expected, strlen(expected)) == 0, "%s", line);
}
END_TEST

Suite *suite_program(void)
{
    Suite *suite = suite_create("program");
    TCase *tcase = tcase_create("program");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, random_capture_is_shown_as_it_was_made);
    tcase_add_test(tcase, shipped_capture_shows_every_flag_and_every_drop);
    tcase_add_loop_test(tcase, what_send_sends_recv_receives, 0, 2);
    tcase_add_test(tcase, send_cuts_segments);
    tcase_add_test(tcase, recv_joins_segments);
    tcase_add_test(tcase, joined_segments_in_the_table);
    tcase_add_loop_test(tcase, ping_pings_ourselves, 0, 3);
    tcase_add_loop_test(tcase, bad_options_get_one_line, 0, (int)(sizeof(bad) / sizeof(bad[0])));
    suite_add_tcase(suite, tcase);
    return suite;
}
