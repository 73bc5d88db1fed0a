/*
 * test_pcap_damaged.c - the capture file driver against a loop of pcap_next_ex(), on files damaged
 * at random.
 *
 * The driver reads what is plain in a file itself. Whatever is done to the file, it has to lend what
 * libpcap would: the same frames to the last bit, the same end behind them, and when libpcap refuses
 * the file or its first record, a refusal in libpcap's words.
 *
 * Damage is aimed: at the numbers in the headers of file and records, with values at the borders of
 * what is allowed, and at the length of the file. A file is made of a seed, which a failure names.
 */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "drivers/pcap/capture.h"
#include "tests/unit/pcap_fixture.h"

enum {
    SEEDS = 8,
    FILES = 200, /* of each seed */
    RECORDS_MAX = 400,
    FILE_HEADER = 24,
    RECORD_HEADER = 16,
    /* What the driver keeps of a frame before it takes its headers away. */
    KEPT_BYTES = LINK_FRAME_MAX_BYTES + CAPTURE_OVERHEAD_MAX_BYTES,
};

/* How the files ended, so that the test knows that it has seen everything. */
static struct {
    unsigned refused, complete, broken, in_place;
} seen;

static uint32_t state;

static uint32_t chance(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)state * below >> 32);
}

/* --- The files --- */

static size_t record_at[RECORDS_MAX];

static size_t frame_bytes(void)
{
    switch (chance(64)) {
    case 0:
        return 0;
    case 1:
        return KEPT_BYTES - 2 + chance(4);
    case 2:
        return chance(20);
    default:
        return chance(chance(2) == 0 ? 100 : 1500);
    }
}

/* A good file of up to 300 KB. Returns how many records it has. */
static unsigned make_file(void)
{
    static const uint32_t link_types[] = {DLT_EN10MB, DLT_EN10MB, DLT_EN10MB, 101, DLT_LINUX_SLL};
    static uint8_t data[KEPT_BYTES + 2];
    unsigned records = chance(RECORDS_MAX), made = 0;

    capture_file_pcap(&pcapfix_file, chance(2) != 0, chance(2) != 0, link_types[chance(5)]);
    while (made < records && pcapfix_file.count < 200000) {
        struct capture_record record = {.seconds = chance(UINT32_MAX),
                                        .fraction = chance(1000000000),
                                        .original_bytes = chance(4) == 0 ? chance(3000) : 0};
        size_t bytes = frame_bytes();
        pcapfix_fill(data, bytes, made);
        if (chance(8) == 0) {
            memcpy(data + 12, "\x81\x00\x00\x07", 4); /* a tag, where it is of Ethernet */
        }
        record_at[made++] = pcapfix_file.count;
        capture_file_pcap_record(&pcapfix_file, record, data, bytes);
    }
    return made;
}

/* Writes a number in either byte order to a place that exists. */
static void overwrite(size_t at, uint32_t value)
{
    bool big = pcapfix_file.big_endian != (chance(16) == 0);

    for (unsigned i = 0; i < 4 && at + i < pcapfix_file.count; i++) {
        pcapfix_file.bytes[at + i] = (uint8_t)(value >> 8 * (big ? 3 - i : i));
    }
}

static uint32_t border_value(void)
{
    static const uint32_t values[] = {
        0, 1, 14, 64, 1500, 65535, KEPT_BYTES, KEPT_BYTES + 1, 128 * 1024 - 16, 128 * 1024 - 15,
        262144, 262145, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
    };

    return chance(4) == 0 ? chance(2000) : values[chance(sizeof(values) / sizeof(values[0]))];
}

/* Takes bytes out of the file, so that what follows is read at the wrong place. */
static void take_out(size_t at, size_t bytes)
{
    if (at + bytes < pcapfix_file.count) {
        memmove(pcapfix_file.bytes + at, pcapfix_file.bytes + at + bytes,
                pcapfix_file.count - at - bytes);
        pcapfix_file.count -= bytes;
    }
}

static void damage(unsigned records)
{
    size_t record = records > 0 ? record_at[chance(records)] : FILE_HEADER;

    switch (chance(8)) {
    case 0: /* anywhere in the file's header */
        pcapfix_file.bytes[chance(FILE_HEADER)] = (uint8_t)chance(256);
        break;
    case 1: /* its snap length */
        overwrite(16, border_value());
        break;
    case 2: /* a record cut short: anywhere, or at its borders */
        pcapfix_file.count = record + chance(RECORD_HEADER + 2);
        break;
    case 3:
        take_out(record + chance(RECORD_HEADER), 1 + chance(40));
        break;
    case 4:
        pcapfix_file.count = FILE_HEADER + chance((uint32_t)(pcapfix_file.count - FILE_HEADER + 1));
        break;
    default: /* one of the four numbers in front of a frame */
        overwrite(record + 4 * chance(4), border_value());
        break;
    }
}

/* --- What libpcap says --- */

struct expected {
    pcap_t *reader;
    char refusal[PCAP_ERRBUF_SIZE]; /* empty: the file can be opened */
    struct pcap_pkthdr *header;     /* of the next record */
    const u_char *data;
    int result; /* of pcap_next_ex() */
};

static void expect_next(struct expected *expected)
{
    expected->result = pcap_next_ex(expected->reader, &expected->header, &expected->data);
}

static void expect_open(struct expected *expected, const char *path)
{
    expected->refusal[0] = '\0';
    expected->reader = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO,
                                                               expected->refusal);
    if (expected->reader == NULL) {
        return;
    }
    if (capture_format_find(pcap_datalink(expected->reader)) == NULL) {
        snprintf(expected->refusal, sizeof(expected->refusal), "link type %d ",
                 pcap_datalink(expected->reader));
        return;
    }
    expect_next(expected);
    if (expected->result == PCAP_ERROR) {
        snprintf(expected->refusal, sizeof(expected->refusal), "%s",
                 pcap_geterr(expected->reader));
    }
}

/* A record's seconds have no sign in the file, its fraction has. */
static int64_t expected_ns(const struct pcap_pkthdr *header)
{
    int64_t ns = (int64_t)(uint32_t)header->ts.tv_sec * 1000000000 + header->ts.tv_usec;

    return ns > 0 ? ns : 1;
}

/* Compares a frame with the next record. */
static void check_frame(struct expected *expected, const struct link_frame *frame)
{
    static uint8_t copy[KEPT_BYTES];

    ck_assert_int_eq(expected->result, 1);
    uint32_t there = expected->header->caplen;
    struct link_frame as = {
        .data = copy,
        .bytes = there < KEPT_BYTES ? there : KEPT_BYTES,
        .original_bytes = expected->header->len > there ? expected->header->len : there,
    };
    memcpy(copy, expected->data, as.bytes);
    capture_decapsulate(capture_format_find(pcap_datalink(expected->reader)), &as);

    ck_assert_int_eq(frame->time_ns, expected_ns(expected->header));
    ck_assert_uint_eq(frame->bytes, as.bytes);
    ck_assert_uint_eq(frame->original_bytes, as.original_bytes);
    ck_assert_uint_eq(frame->flags, as.flags);
    ck_assert_uint_eq(frame->cast, as.cast);
    ck_assert_uint_eq(frame->encapsulation, as.encapsulation);
    ck_assert(memcmp(frame->data, as.data, as.bytes) == 0);
    expect_next(expected);
}

/* --- The comparison --- */

static void check_replay(struct expected *expected, struct link *link)
{
    struct link_frame burst[32];
    int count;

    while ((count = link->ops->receive(link, burst, 1 + chance(32))) > 0) {
        for (int i = 0; i < count; i++) {
            check_frame(expected, &burst[i]);
            seen.in_place += i > 0 && burst[i].data == burst[i - 1].data + burst[i - 1].bytes +
                                                           RECORD_HEADER;
        }
        for (int i = 0; i < count; i++) { /* as the stack may */
            memset(burst[i].data, 0xff, burst[i].bytes);
        }
    }
    ck_assert_int_ne(expected->result, 1);
    ck_assert_int_eq(count, expected->result == PCAP_ERROR_BREAK ? -ENODATA : -EIO);
    ck_assert_int_eq(link->ops->receive(link, burst, 1), count);
    seen.complete += count == -ENODATA;
    seen.broken += count == -EIO;
}

static void check_file(const char *path)
{
    const struct link_option option = {"file", path};
    char error[LINK_ERROR_BYTES] = "";
    struct expected expected;
    struct link *link;

    expect_open(&expected, path);
    int result = winlwip_pcap_driver.open(&option, 1, &link, error);
    if (expected.refusal[0] != '\0') {
        expected.refusal[100] = '\0'; /* the driver quotes no more */
        ck_assert_int_ne(result, 0);
        ck_assert_msg(strstr(error, expected.refusal) != NULL, "'%s' is not '%s'", error,
                      expected.refusal);
        seen.refused++;
    } else {
        ck_assert_msg(result == 0, "%s", error);
        check_replay(&expected, link);
        link->ops->close(link);
    }
    if (expected.reader != NULL) {
        pcap_close(expected.reader);
    }
}

START_TEST(damaged_as_libpcap_says)
{
    const char *path = pcapfix_path("damaged");

    memset(&seen, 0, sizeof(seen));
    for (unsigned file = 0; file < FILES; file++) {
        state = (uint32_t)(_i * FILES) + file;
        unsigned records = make_file();
        for (unsigned left = chance(4); left > 0 && pcapfix_file.count >= FILE_HEADER; left--) {
            damage(records);
        }
        if (pcapfix_file.count > 0) {
            capture_file_save(&pcapfix_file, path);
            mark_point();
            check_file(path);
        }
    }
    ck_assert_uint_gt(seen.refused, 5);
    ck_assert_uint_gt(seen.complete, FILES / 4);
    ck_assert_uint_gt(seen.broken, FILES / 8);
    ck_assert_uint_gt(seen.in_place, FILES * 20);
}
END_TEST

TCase *pcap_damaged_case(void)
{
    TCase *damaged = tcase_create("pcap-damaged");

    tcase_add_unchecked_fixture(damaged, pcapfix_make_directory, pcapfix_remove_directory);
    tcase_add_loop_test(damaged, damaged_as_libpcap_says, 0, SEEDS);
    tcase_set_timeout(damaged, 60);
    return damaged;
}
