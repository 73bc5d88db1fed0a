/*
 * test_pcap_plain.c - the driver's own reading of plain capture files against libpcap's.
 *
 * The driver reads plain records itself, until it meets one that is not; the rest is libpcap's. So
 * the same records are lent by libpcap when a very long one stands before them. They must be the
 * same to the last bit, also when there is such a record in the middle, or the file is damaged.
 */
#include "tests/unit/pcap_fixture.h"

#include <string.h>

enum {
    COUNT = 1000,
    MIDDLE = 700, /* beyond the driver's memory: it has been filled again */
    LONG_BYTES = 70000,
    RECORD_HEADER = 16,
    SNAP_AT = 16, /* of the file's header */
};

/* What is wrong with the file. */
enum flaw { NOTHING, LONG_RECORD, DAMAGED_RECORD, SHORT_SNAP, CUT_FRAME, CUT_HEADER, FLAWS };

static bool host_is_big(void)
{
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
}

/* A number that is spread over the range, for each place another. */
static uint32_t spread(unsigned place)
{
    return place * 2654435761u;
}

static void put_records(unsigned first, unsigned end)
{
    static uint8_t bytes[1500];

    for (unsigned i = first; i < end; i++) {
        struct capture_record record = {
            .seconds = spread(i),
            .fraction = spread(i + COUNT) >> (i % 3 * 8), /* also of more than a second */
            .original_bytes = spread(i + 1) % 3000,
        };
        size_t count = (spread(i) >> 8) % (i % 4 == 0 ? sizeof(bytes) : 128);
        pcapfix_fill(bytes, sizeof(bytes), i);
        if (i % 5 == 0) {
            memcpy(bytes + 12, "\x81\x00\x00\x07", 4);
        }
        capture_file_pcap_record(&pcapfix_file, record, bytes, count);
    }
}

static void put_long_record(void)
{
    static uint8_t bytes[LONG_BYTES];

    pcapfix_fill(bytes, sizeof(bytes), 3);
    capture_file_pcap_record(&pcapfix_file, (struct capture_record){1, 2, 0}, bytes, sizeof(bytes));
}

/* long_first: with a record in front that has libpcap read all. turned: in the other byte order. */
static void make(bool long_first, bool turned, bool nanoseconds, enum flaw flaw)
{
    static const uint8_t damaged[RECORD_HEADER] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9};

    capture_file_pcap(&pcapfix_file, host_is_big() != turned, nanoseconds, 1);
    if (flaw == SHORT_SNAP) {
        uint32_t snap_bytes = 256;
        memcpy(pcapfix_file.bytes + SNAP_AT,
               &(uint32_t){turned ? __builtin_bswap32(snap_bytes) : snap_bytes}, 4);
    }
    if (long_first) {
        put_long_record();
    }
    put_records(0, MIDDLE);
    if (flaw == LONG_RECORD) {
        put_long_record();
    } else if (flaw == DAMAGED_RECORD) {
        capture_file_raw(&pcapfix_file, damaged, sizeof(damaged));
    }
    put_records(MIDDLE, COUNT);
    pcapfix_file.count -= flaw == CUT_FRAME ? 1 : 0;
    if (flaw == CUT_HEADER) {
        capture_file_raw(&pcapfix_file, damaged, RECORD_HEADER - 1);
    }
}

/* What a link lends: of each frame all that it says, and a sum over its bytes. */
struct lent {
    struct {
        struct link_frame frame;
        uint32_t sum;
    } frames[COUNT + 2];
    unsigned count;
    unsigned in_place; /* frames that follow the one before as in the file */
    int end;
};

static uint32_t sum_of(const struct link_frame *frame)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < frame->bytes; i++) {
        sum = sum * 31 + frame->data[i];
    }
    return sum;
}

static void take_all(struct lent *lent)
{
    struct link *link = pcapfix_open_saved(NULL, NULL);
    struct link_frame burst[16];

    lent->count = lent->in_place = 0;
    while ((lent->end = link->ops->receive(link, burst, 16)) > 0) {
        for (int i = 0; i < lent->end; i++) {
            ck_assert_uint_lt(lent->count, COUNT + 2);
            lent->frames[lent->count].frame = burst[i];
            lent->frames[lent->count++].sum = sum_of(&burst[i]);
            lent->in_place += i > 0 && burst[i].data ==
                                           burst[i - 1].data + burst[i - 1].bytes + RECORD_HEADER;
        }
        for (int i = 0; i < lent->end; i++) {
            memset(burst[i].data, 0xff, burst[i].bytes);
        }
    }
    link->ops->close(link);
}

static void check_same(const struct link_frame *one, const struct link_frame *other)
{
    ck_assert_uint_eq(one->bytes, other->bytes);
    ck_assert_uint_eq(one->original_bytes, other->original_bytes);
    ck_assert_int_eq(one->time_ns, other->time_ns);
    ck_assert_uint_eq(one->segment_bytes, other->segment_bytes);
    ck_assert_uint_eq(one->encapsulation, other->encapsulation);
    ck_assert_uint_eq(one->cast, other->cast);
    ck_assert_uint_eq(one->flags, other->flags);
}

START_TEST(same_as_by_libpcap)
{
    static struct lent plain, by_libpcap;
    bool nanoseconds = _i % 2 != 0;
    bool turned = _i / 2 % 2 != 0;
    enum flaw flaw = (enum flaw)(_i / 4);

    make(false, turned, nanoseconds, flaw);
    take_all(&plain);
    make(true, turned, nanoseconds, flaw);
    take_all(&by_libpcap);

    ck_assert_uint_ge(plain.count, MIDDLE);
    ck_assert_uint_eq(plain.count + 1, by_libpcap.count);
    ck_assert_int_eq(plain.end, by_libpcap.end);
    for (unsigned i = 0; i < plain.count; i++) {
        check_same(&plain.frames[i].frame, &by_libpcap.frames[i + 1].frame);
        ck_assert_uint_eq(plain.frames[i].sum, by_libpcap.frames[i + 1].sum);
    }
    ck_assert_uint_lt(by_libpcap.in_place, MIDDLE / 2); /* some do by chance */
    ck_assert_uint_gt(plain.in_place, flaw == SHORT_SNAP ? 0 : MIDDLE / 2);
}
END_TEST

TCase *pcap_plain_case(void)
{
    TCase *plain = tcase_create("pcap-plain");

    tcase_add_unchecked_fixture(plain, pcapfix_make_directory, pcapfix_remove_directory);
    tcase_add_loop_test(plain, same_as_by_libpcap, 0, 4 * FLAWS);
    return plain;
}
