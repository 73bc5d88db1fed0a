/*
 * payload.c - numbered datagrams: none may be had twice, or changed.
 *
 * Theory of operation
 *
 * A stream hands out numbers. Whoever receives a datagram writes into the stream's table, at the
 * place of its number, how often the numbers went round the table; when that stands there already
 * the datagram was delivered twice. A socket's queue is far shorter than the table. A stream is
 * named for the seat that a datagram is sent to, but another socket may get it when the port has
 * changed hands. What is sent to a group is had once by each seat.
 */
#include "tests/stress/stress.h"

#include <string.h>

#define MAGIC 0x57a3d5c1u
#define PLACES 65536u

struct head {
    uint32_t magic;
    uint32_t stream;
    uint32_t length;
    uint32_t spare;
    uint64_t number;
};

_Static_assert(sizeof(struct head) == PAYLOAD_HEAD_BYTES, "the head has no padding");

static _Atomic uint64_t numbers[STREAMS];
static _Atomic uint8_t had[STREAMS][PLACES];
static _Atomic uint8_t had_group[STRESS_SEATS][PLACES];

static uint8_t filler(uint64_t number, uint32_t place)
{
    return (uint8_t)(number * 7 + place);
}

void payload_make(unsigned stream, void *data, uint32_t length)
{
    struct head head = {
        .magic = MAGIC,
        .stream = stream,
        .length = length,
        .number = atomic_fetch_add(&numbers[stream], 1),
    };
    uint8_t *bytes = data;

    memcpy(bytes, &head, sizeof(head));
    for (uint32_t i = sizeof(head); i < length; i++) {
        bytes[i] = filler(head.number, i);
    }
}

static void check_number(unsigned seat, const struct head *head)
{
    uint32_t place = head->number % PLACES;
    uint8_t round = (uint8_t)(head->number / PLACES % 255 + 1);
    _Atomic uint8_t *table = head->stream == STREAM_GROUP ? had_group[seat] : had[head->stream];

    if (head->number >= atomic_load(&numbers[head->stream])) {
        stress_fail(NULL, "stream %u has no datagram %llu yet", head->stream,
                    (unsigned long long)head->number);
    }
    if (atomic_exchange(&table[place], round) == round) {
        stress_fail(NULL, "datagram %llu of stream %u was delivered twice, the second time to %u",
                    (unsigned long long)head->number, head->stream, seat);
    }
}

void payload_check(unsigned seat, const void *data, uint32_t bytes, uint32_t capacity,
                   bool truncated)
{
    const uint8_t *text = data;
    struct head head;

    if (bytes < sizeof(head)) {
        stress_fail(NULL, "a datagram of %u bytes", bytes);
    }
    memcpy(&head, data, sizeof(head));
    if (head.magic != MAGIC || head.stream >= STREAMS) {
        stress_fail(NULL, "a datagram that nobody has sent");
    }
    if (truncated ? bytes != capacity || head.length <= capacity : bytes != head.length) {
        stress_fail(NULL, "%u of %u bytes, with room for %u", bytes, head.length, capacity);
    }
    for (uint32_t i = sizeof(head); i < bytes; i++) {
        if (text[i] != filler(head.number, i)) {
            stress_fail(NULL, "byte %u of a datagram is wrong", i);
        }
    }
    check_number(seat, &head);
}
