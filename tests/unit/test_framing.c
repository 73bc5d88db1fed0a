/*
 * test_framing.c - frames in a stream of bytes (drivers/socket/framing.c): cut at every place,
 * lengths that no frame has, and writes of which the kernel takes a part.
 */
#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/socket/framing.h"
#include "tests/unit/suites.h"

/* An empty frame, a runt, a header alone, and ordinary ones. */
static const uint32_t sizes[] = {60, 0, 1, 14, 1514, 61};

enum { FRAMES = sizeof(sizes) / sizeof(sizes[0]), STREAM_BYTES = FRAMES * 4 + 1650 };

static uint8_t text[FRAMING_ARENA_BYTES + 2 * FRAMING_FRAME_BYTES];
static struct framing_input *input;

static void set_up(void)
{
    input = calloc(1, sizeof(*input));
    ck_assert_ptr_nonnull(input);
}

static void tear_down(void)
{
    free(input);
}

/* Appends a frame of those bytes, all the same, to text. Returns where it ends. */
static size_t append(size_t at, uint32_t bytes, int value)
{
    uint32_t length = htonl(bytes);

    memcpy(text + at, &length, sizeof(length));
    memset(text + at + 4, value, bytes);
    return at + 4 + bytes;
}

static size_t fill_text(void)
{
    size_t end = 0;

    for (int i = 0; i < FRAMES; i++) {
        end = append(end, sizes[i], i + 1);
    }
    ck_assert_uint_eq(end, STREAM_BYTES);
    return end;
}

/* Bytes come; they must have room. */
static void feed(const uint8_t *bytes, size_t count)
{
    size_t room;
    void *to = framing_room(input, &room);

    ck_assert_uint_ge(room, count);
    memcpy(to, bytes, count);
    framing_came(input, count);
}

/* Takes all whole frames, of which `seen` were there before. Returns how many there are by now. */
static int take_all(int seen)
{
    uint8_t expected[1514];
    struct link_frame frame;

    while (framing_take(input, &frame) == FRAMING_FRAME) {
        ck_assert_int_lt(seen, FRAMES);
        ck_assert_uint_eq(frame.bytes, sizes[seen]);
        ck_assert_uint_eq(frame.original_bytes, sizes[seen]);
        ck_assert_uint_eq(frame.flags, 0);
        ck_assert_uint_eq(frame.encapsulation, LINK_ETHERNET);
        memset(expected, ++seen, sizeof(expected));
        ck_assert_mem_eq(frame.data, expected, frame.bytes);
    }
    return seen;
}

START_TEST(cut_at_every_place)
{
    size_t end = fill_text();

    for (size_t cut = 0; cut <= end; cut++) {
        int seen;

        feed(text, cut);
        seen = take_all(0);
        feed(text + cut, end - cut);
        ck_assert_int_eq(take_all(seen), FRAMES);
        ck_assert_int_eq(framing_next(input), FRAMING_NOTHING);
    }
}
END_TEST

START_TEST(byte_by_byte)
{
    size_t end = fill_text();
    int seen = 0;

    for (size_t i = 0; i < end; i++) {
        feed(text + i, 1);
        seen = take_all(seen);
    }
    ck_assert_int_eq(seen, FRAMES);
}
END_TEST

/* What is left in the arena after a burst is taken where it is, without new bytes. */
START_TEST(frames_left_over_are_next)
{
    struct link_frame frame;

    feed(text, fill_text());
    ck_assert_int_eq(framing_next(input), FRAMING_FRAME);
    ck_assert_int_eq(framing_take(input, &frame), FRAMING_FRAME);
    ck_assert_int_eq(framing_next(input), FRAMING_FRAME);
    ck_assert_int_eq(take_all(1), FRAMES);
}
END_TEST

/* Reads of everything that there is room for, with frames of the largest size. */
START_TEST(arena_full_again_and_again)
{
    size_t end = append(append(0, LINK_FRAME_MAX_BYTES, 7), LINK_FRAME_MAX_BYTES, 8);
    size_t at = 0;
    unsigned taken = 0;

    while (taken < 40) {
        struct link_frame frame;
        size_t room;
        uint8_t *to = framing_room(input, &room);

        ck_assert_uint_gt(room, 0);
        for (size_t i = 0; i < room; i++) {
            to[i] = text[at];
            at = (at + 1) % end;
        }
        framing_came(input, room);
        while (framing_take(input, &frame) == FRAMING_FRAME) {
            ck_assert_uint_eq(frame.bytes, LINK_FRAME_MAX_BYTES);
            ck_assert_uint_eq(frame.data[frame.bytes - 1], 7 + taken % 2);
            taken++;
        }
    }
}
END_TEST

static const uint32_t hostile[] = {
    LINK_FRAME_MAX_BYTES + 1, 69632, 0x00ffffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x47455420,
};

/* What came before it is handed over, what follows is never looked at. */
START_TEST(lengths_of_no_frame)
{
    uint32_t length = htonl(hostile[_i]);
    struct link_frame frame;
    size_t end = append(0, 60, 1);

    memcpy(text + end, &length, sizeof(length));
    for (size_t cut = 0; cut <= 4; cut++) {
        feed(text, end + cut);
        ck_assert_int_eq(take_all(0), 1);
        feed(text + end + cut, 4 - cut);
        for (int i = 0; i < 2; i++) {
            ck_assert_int_eq(framing_next(input), FRAMING_GARBAGE);
            ck_assert_int_eq(framing_take(input, &frame), FRAMING_GARBAGE);
            ck_assert_uint_eq(frame.bytes, 0);
            ck_assert_uint_eq(frame.original_bytes, hostile[_i]);
            ck_assert_uint_eq(frame.flags, LINK_FRAME_CUT | LINK_FRAME_OVERSIZE);
        }
        ck_assert(!framing_end(input, &frame));
        ck_assert_int_eq(framing_next(input), FRAMING_NOTHING);
    }
}
END_TEST

/* The end: whole frames were taken; one under way is told with what there is of it. */
START_TEST(end_within_a_frame)
{
    for (size_t cut = 0; cut < 64; cut++) {
        struct link_frame frame;

        append(append(0, 14, 1), 60, 2);
        feed(text, 18 + cut);
        ck_assert_int_eq(framing_take(input, &frame), FRAMING_FRAME);
        ck_assert_int_eq(framing_take(input, &frame), FRAMING_NOTHING);
        ck_assert_int_eq(framing_end(input, &frame), cut >= 4);
        if (cut >= 4) {
            ck_assert_uint_eq(frame.bytes, cut - 4);
            ck_assert_uint_eq(frame.original_bytes, 60);
            ck_assert_uint_eq(frame.flags, LINK_FRAME_CUT);
        }
        ck_assert_int_eq(framing_next(input), FRAMING_NOTHING);
    }
}
END_TEST

/* --- writing --- */

static struct framing_batch batch;
static struct framing_rest rest;

static char letters[] = "abcdefghijklmnopq";
static const struct iovec parts_of_first[] = {{letters, 2}, {letters, 0}, {letters + 2, 4}};
static const struct iovec parts_of_second[] = {{letters + 6, 4}};
static const struct iovec parts_of_third[] = {{letters + 10, 1}, {letters + 11, 2},
                                              {letters + 13, 4}};

static const struct link_packet three[] = {
    {.parts = parts_of_first, .part_count = 3},
    {.parts = parts_of_second, .part_count = 1},
    {.parts = parts_of_third, .part_count = 3},
};

static const uint8_t three_bytes[] = "\0\0\0\6abcdef\0\0\0\4ghij\0\0\0\7klmnopq";
static const size_t three_ends[] = {0, 10, 18, 29};

START_TEST(packets_behind_their_lengths)
{
    uint8_t joined[64];
    size_t bytes = 0;

    ck_assert_uint_eq(framing_gather(&batch, three, 3), 3);
    for (unsigned i = 0; i < batch.piece_count; i++) {
        memcpy(joined + bytes, batch.pieces[i].iov_base, batch.pieces[i].iov_len);
        bytes += batch.pieces[i].iov_len;
    }
    ck_assert_uint_eq(bytes, three_ends[3]);
    ck_assert_mem_eq(joined, three_bytes, bytes);
}
END_TEST

/* Whatever part was written: with the rest it ends behind the first frame that is not whole. */
START_TEST(written_to_every_place)
{
    ck_assert_uint_eq(framing_gather(&batch, three, 3), 3);
    for (size_t written = 0; written <= three_ends[3]; written++) {
        unsigned packets;

        rest.begin = rest.end = 0;
        packets = framing_wrote(&batch, written, &rest);
        ck_assert_uint_le(packets, 3);
        ck_assert_uint_eq(written + (rest.end - rest.begin), three_ends[packets]);
        ck_assert_mem_eq(rest.bytes + rest.begin, three_bytes + written, rest.end - rest.begin);
        ck_assert(packets == 0 ? written == 0 : written > three_ends[packets - 1]);
    }
}
END_TEST

START_TEST(longest_frame_is_kept)
{
    struct iovec part = {text, LINK_FRAME_MAX_BYTES};
    const struct link_packet packet = {.parts = &part, .part_count = 1};

    memset(text, 5, LINK_FRAME_MAX_BYTES);
    ck_assert_uint_eq(framing_gather(&batch, &packet, 1), 1);
    ck_assert_uint_eq(framing_wrote(&batch, 1, &rest), 1);
    ck_assert_uint_eq(rest.end - rest.begin, FRAMING_FRAME_BYTES - 1);
    ck_assert_uint_eq(rest.bytes[rest.end - 1], 5);
    part.iov_len++;
    ck_assert_uint_eq(framing_gather(&batch, &packet, 1), 0);
}
END_TEST

START_TEST(batches_have_limits)
{
    static struct iovec parts[FRAMING_PIECES];
    static struct link_packet packets[FRAMING_PIECES];

    for (unsigned i = 0; i < FRAMING_PIECES; i++) {
        parts[i] = (struct iovec){text, 1};
        packets[i] = (struct link_packet){.parts = parts, .part_count = 1};
    }
    ck_assert_uint_eq(framing_gather(&batch, packets, FRAMING_PIECES), LIMIT_BURST_FRAMES);
    packets[1].part_count = FRAMING_PIECES - 3;
    ck_assert_uint_eq(framing_gather(&batch, packets, 3), 2);
    packets[0].part_count = FRAMING_PIECES - 1;
    ck_assert_uint_eq(framing_gather(&batch, packets, 3), 1);
    packets[0].part_count = FRAMING_PIECES;
    ck_assert_uint_eq(framing_gather(&batch, packets, 3), 0);
}
END_TEST

Suite *suite_framing(void)
{
    Suite *suite = suite_create("framing");
    TCase *reading = tcase_create("framing-reading");
    TCase *writing = tcase_create("framing-writing");

    tcase_add_checked_fixture(reading, set_up, tear_down);
    tcase_add_test(reading, cut_at_every_place);
    tcase_add_test(reading, byte_by_byte);
    tcase_add_test(reading, frames_left_over_are_next);
    tcase_add_test(reading, arena_full_again_and_again);
    tcase_add_loop_test(reading, lengths_of_no_frame, 0,
                        (int)(sizeof(hostile) / sizeof(hostile[0])));
    tcase_add_test(reading, end_within_a_frame);
    suite_add_tcase(suite, reading);
    tcase_add_test(writing, packets_behind_their_lengths);
    tcase_add_test(writing, written_to_every_place);
    tcase_add_test(writing, longest_frame_is_kept);
    tcase_add_test(writing, batches_have_limits);
    suite_add_tcase(suite, writing);
    return suite;
}
