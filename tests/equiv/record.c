/*
 * record.c - writes, reads and prints the records of a play. No state.
 */
#include "tests/equiv/record.h"

#include <string.h>

#include "include/winlwip.h"
#include "tests/equiv/must.h"

static const char *const kind_names[RECORD_KINDS] = {
    "call", "received", "completed", "sent", "looked", "traced", "counters", "end",
};

static const char *const value_names[RECORD_KINDS][RECORD_VALUES] = {
    [RECORD_CALL] = {"step kind", "role", "result", "error", "value"},
    [RECORD_RECEIVED] = {"role", "error", "bytes", "flags", "name bytes", "control bytes",
                         "payload", "number in payload", "segment"},
    [RECORD_COMPLETED] = {"role", "error", "bytes", "flags", "name bytes", "control bytes",
                          "payload", "number in payload", "operation"},
    [RECORD_SENT] = {"link"},
    [RECORD_LOOKED] = {"role", "result", "events", "result of FIONREAD", "bytes waiting"},
    [RECORD_TRACED] = {"stage", "frame", "time", "fate", "length"},
};

uint64_t record_hash(const void *data, size_t bytes)
{
    const uint8_t *p = data;
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < bytes; i++) {
        hash = (hash ^ p[i]) * 0x100000001b3u;
    }
    return hash;
}

void record_write(FILE *out, const struct record *record, const void *blob)
{
    MUST(record->bytes <= RECORD_BLOB_MAX);
    MUST(fwrite(record, sizeof(*record), 1, out) == 1);
    if (record->bytes != 0) {
        MUST(fwrite(blob, record->bytes, 1, out) == 1);
    }
}

bool record_read(FILE *in, struct record *record, uint8_t *blob)
{
    if (fread(record, sizeof(*record), 1, in) != 1) {
        return false;
    }
    MUST(record->bytes <= RECORD_BLOB_MAX);
    return record->bytes == 0 || fread(blob, record->bytes, 1, in) == 1;
}

void record_print_bytes(const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        printf("%s%02x%s", i % 16 == 0 ? "    " : " ", data[i],
               i % 16 == 15 || i + 1 == bytes ? "\n" : "");
    }
}

/* --- counters --- */

static uint64_t counter_at(const uint8_t *blob, size_t i)
{
    uint64_t value;

    memcpy(&value, blob + i * sizeof(value), sizeof(value));
    return value;
}

static const char *counter_name(size_t i)
{
    static const char *const first[] = {"frames_received", "frames_looped", "frames_held",
                                        "frames_early"};
    static const char *const last[] = {"datagrams", "copies", "copies_direct", "copies_queued",
                                       "copies_dropped", "datagrams_sent", "frames_sent",
                                       "frames_unsent", "frames_missed"};
    const size_t fates = offsetof(struct winlwip_stats, fate) / sizeof(uint64_t);

    if (i < fates) {
        return first[i];
    }
    if (i < fates + WINLWIP_FATE_COUNT) {
        return winlwip_fate_name((unsigned)(i - fates));
    }
    i -= fates + WINLWIP_FATE_COUNT;
    return i < sizeof(last) / sizeof(last[0]) ? last[i] : "?";
}

static void print_counters(const uint8_t *a, const uint8_t *b)
{
    for (size_t i = 0; i < sizeof(struct winlwip_stats) / sizeof(uint64_t); i++) {
        if (b == NULL && counter_at(a, i) != 0) {
            printf("  %s: %llu\n", counter_name(i), (unsigned long long)counter_at(a, i));
        } else if (b != NULL && counter_at(a, i) != counter_at(b, i)) {
            printf("  %s: %llu and %llu\n", counter_name(i), (unsigned long long)counter_at(a, i),
                   (unsigned long long)counter_at(b, i));
        }
    }
}

/* --- records --- */

static bool is_counters(const struct record *record)
{
    return record->kind == RECORD_COUNTERS || record->kind == RECORD_END;
}

static void print_values(const struct record *a, const struct record *b)
{
    for (unsigned i = 0; i < RECORD_VALUES; i++) {
        const char *name = value_names[a->kind][i];

        if (b == NULL && name != NULL) {
            printf("  %s: %lld\n", name, (long long)a->value[i]);
        } else if (b != NULL && a->value[i] != b->value[i]) {
            printf("  %s: %lld and %lld\n", name != NULL ? name : "?", (long long)a->value[i],
                   (long long)b->value[i]);
        }
    }
}

void record_print(const struct record *record, const uint8_t *blob)
{
    if (record->kind >= RECORD_KINDS) {
        printf("no record\n");
        return;
    }
    printf("%s, step %u, after frame %llu\n", kind_names[record->kind], record->step,
           (unsigned long long)record->frame);
    print_values(record, NULL);
    if (is_counters(record)) {
        print_counters(blob, NULL);
    } else {
        record_print_bytes(blob, record->bytes);
    }
}

static void print_blob_difference(const struct record *a, const uint8_t *blob_a,
                                  const struct record *b, const uint8_t *blob_b)
{
    size_t at = 0;

    if (a->bytes == b->bytes && memcmp(blob_a, blob_b, a->bytes) == 0) {
        return;
    }
    while (at < a->bytes && at < b->bytes && blob_a[at] == blob_b[at]) {
        at++;
    }
    printf("  bytes differ from byte %zu on (%llu and %llu bytes):\n", at,
           (unsigned long long)a->bytes, (unsigned long long)b->bytes);
    record_print_bytes(blob_a, a->bytes);
    printf("    and\n");
    record_print_bytes(blob_b, b->bytes);
}

void record_print_difference(const struct record *a, const uint8_t *blob_a, const struct record *b,
                             const uint8_t *blob_b)
{
    if (a->kind != b->kind || a->kind >= RECORD_KINDS || a->step != b->step ||
        a->value[0] != b->value[0]) {
        record_print(a, blob_a);
        printf("and\n");
        record_print(b, blob_b);
        return;
    }
    printf("%s, step %u, after frame %llu, first value %llu\n", kind_names[a->kind], a->step,
           (unsigned long long)a->frame, (unsigned long long)a->value[0]);
    print_values(a, b);
    if (is_counters(a)) {
        print_counters(blob_a, blob_b);
    } else {
        print_blob_difference(a, blob_a, b, blob_b);
    }
}
