/*
 * test_captures.c - "winlwip recv --json" on captures made at random: every row and every counter
 * is what the generator meant, in every mode.
 *
 * The program is the one beside this test program. WINLWIP_SEED chooses the captures; the seed is
 * printed.
 */
#include "tests/program/program.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/support/process.h"

#define CAPTURES 10
#define DATAGRAMS 300

static const char *const socket_names[SOCKET_COUNT] = {"four", "six", "small"};

/* A file that is gone when it is closed; its name goes on working meanwhile. */
static FILE *temporary(char *path, size_t room)
{
    FILE *file = tmpfile();

    ck_assert_ptr_nonnull(file);
    snprintf(path, room, "/proc/self/fd/%d", fileno(file));
    return file;
}

/* Every way of receiving has its turn, with more or fewer receives posted. */
static const char *const modes[] = {
    "sync", "event", "apc", "port", "event --pending 1", "apc --pending 2", "port --pending 3",
};
#define MODES (sizeof(modes) / sizeof(modes[0]))

/* Runs the program on a capture; it has nothing to complain of. */
static void run_program(const struct capture_plan *plan, const char *capture, const char *mode,
                        struct process_result *result)
{
    struct process process;

    process_start(&process, "recv --pcap %s --mac 02:00:5e:10:00:01 --address 192.0.2.1/24 "
                  "--address 2001:db8::1/64 --bind 0.0.0.0:%u,join=239.1.2.3,name=four "
                  "--bind [::]:%u,join=ff05::1:3,name=six "
                  "--bind 192.0.2.1:%u,buffer=%d,control=0,name=small --json --stats --mode %s",
                  capture, plan->ports[SOCKET_FOUR], plan->ports[SOCKET_SIX],
                  plan->ports[SOCKET_SMALL], SMALL_BUFFER_BYTES, mode);
    process_finish(&process, result);
    ck_assert_msg(result->status == 0, "the program ended with %d: %s", result->status,
                  result->errors);
    ck_assert_str_eq(result->errors, "");
}

static json_int_t integer(const json_t *row, const char *key)
{
    json_t *value = json_object_get(row, key);

    ck_assert_msg(json_is_integer(value), "%s is no number", key);
    return json_integer_value(value);
}

static const char *text(const json_t *row, const char *key)
{
    const char *value = json_string_value(json_object_get(row, key));

    ck_assert_msg(value != NULL, "%s is no text", key);
    return value;
}

static bool has_flag(const json_t *row, const char *name)
{
    size_t i;
    json_t *flag;

    json_array_foreach(json_object_get(row, "flags"), i, flag) {
        if (strcmp(json_string_value(flag), name) == 0)
            return true;
    }
    return false;
}

static void check_flags(const json_t *row, const struct expected_row *expected)
{
    unsigned count = (unsigned)expected->broadcast + expected->multicast + expected->truncated +
                     expected->no_control;

    ck_assert_uint_eq(json_array_size(json_object_get(row, "flags")), count);
    ck_assert_int_eq(has_flag(row, "MSG_BCAST"), expected->broadcast);
    ck_assert_int_eq(has_flag(row, "MSG_MCAST"), expected->multicast);
    ck_assert_int_eq(has_flag(row, "MSG_TRUNC"), expected->truncated);
    ck_assert_int_eq(has_flag(row, "MSG_CTRUNC"), expected->no_control);
    if (expected->truncated || expected->no_control)
        ck_assert_str_eq(text(row, "error"), "WSAEMSGSIZE");
    else
        ck_assert(json_is_null(json_object_get(row, "error")));
}

static void check_control(const json_t *row, const struct expected_row *expected)
{
    static const char *const keys[] = {"ttl", "tos", "ecn", "destination", "interface"};

    if (expected->no_control) {
        ck_assert_uint_eq(json_array_size(json_object_get(row, "control")), 0);
        for (unsigned i = 0; i < 5; i++)
            ck_assert(json_is_null(json_object_get(row, keys[i])));
        return;
    }
    ck_assert_uint_eq(json_array_size(json_object_get(row, "control")), 4);
    ck_assert_int_eq(integer(row, "ttl"), expected->ttl);
    ck_assert_int_eq(integer(row, "tos"), expected->tos);
    ck_assert_int_eq(integer(row, "ecn"), expected->tos & 3);
    ck_assert_int_eq(integer(row, "interface"), 2);
    ck_assert_str_eq(text(row, "destination"), expected->destination);
}

static void check_payload(const json_t *row, const struct expected_row *expected)
{
    const char *hex = text(row, "payload_hex");
    bool printable = true;

    ck_assert_int_eq(integer(row, "bytes"), (json_int_t)expected->bytes);
    ck_assert_uint_eq(strlen(hex), expected->bytes * 2);
    for (size_t i = 0; i < expected->bytes; i++) {
        char byte[3];

        snprintf(byte, sizeof(byte), "%02x", expected->payload[i]);
        ck_assert_msg(memcmp(hex + 2 * i, byte, 2) == 0, "payload differs at byte %zu", i);
        printable &= expected->payload[i] >= ' ' && expected->payload[i] < 127;
    }
    if (printable) {
        ck_assert_uint_eq(strlen(text(row, "text")), expected->bytes);
        ck_assert_mem_eq(text(row, "text"), expected->payload, expected->bytes);
    } else {
        ck_assert(json_is_null(json_object_get(row, "text")));
    }
}

/* Finds the row's socket and compares with the next row that it has to have. */
static void check_row(const json_t *row, const struct capture_plan *plan, size_t *seen)
{
    const char *name = text(row, "socket");
    unsigned i = 0;
    const struct expected_row *expected;

    while (i < SOCKET_COUNT && strcmp(name, socket_names[i]) != 0)
        i++;
    ck_assert_uint_lt(i, SOCKET_COUNT);
    /* cppcheck-suppress arrayIndexOutOfBoundsCond ; a failed assertion does not come back */
    ck_assert_msg(seen[i] < plan->row_count[i], "too many rows of socket %s", name);
    expected = &plan->rows[i][seen[i]++];
    ck_assert_str_eq(text(row, "source"), expected->source);
    /* cppcheck-suppress arrayIndexOutOfBoundsCond ; as above */
    ck_assert_int_eq(integer(row, "local_port"), plan->ports[i]);
    check_flags(row, expected);
    check_control(row, expected);
    check_payload(row, expected);
}

static void check_counters(const json_t *row, const struct capture_plan *plan, size_t rows)
{
    const json_t *fates = json_object_get(row, "fates");

    ck_assert_int_eq(integer(row, "shown"), (json_int_t)rows);
    ck_assert_int_eq(integer(row, "frames_received"), (json_int_t)plan->frames);
    for (unsigned fate = 0; fate < WINLWIP_FATE_COUNT; fate++)
        ck_assert_msg(integer(fates, winlwip_fate_name(fate)) == (json_int_t)plan->fates[fate],
                      "%s: %d instead of %d", winlwip_fate_name(fate),
                      (int)integer(fates, winlwip_fate_name(fate)), (int)plan->fates[fate]);
    ck_assert(json_is_true(json_object_get(row, "frames_balance")));
    ck_assert(json_is_true(json_object_get(row, "copies_balance")));
}

static void check_output(const char *output, const struct capture_plan *plan)
{
    size_t seen[SOCKET_COUNT] = {0}, rows = 0;
    bool ended = false;

    while (*output != '\0') {
        json_error_t error;
        size_t bytes = strcspn(output, "\n");
        json_t *row = json_loadb(output, bytes, 0, &error);

        ck_assert_msg(row != NULL, "%s", error.text);
        ck_assert_int_eq(output[bytes], '\n');
        output += bytes + 1;
        ck_assert(!ended);
        if (json_object_get(row, "number") != NULL) {
            ck_assert_int_eq(integer(row, "number"), (json_int_t)++rows);
            check_row(row, plan, seen);
        } else {
            check_counters(row, plan, rows);
            ended = true;
        }
        json_decref(row);
    }
    ck_assert(ended);
    for (unsigned i = 0; i < SOCKET_COUNT; i++)
        ck_assert_uint_eq(seen[i], plan->row_count[i]);
}

/* Length of the output without its last line, the counters, which tell the modes apart. */
static size_t rows_bytes(const char *output)
{
    const char *last = strstr(output, "{\"shown\"");

    ck_assert_ptr_nonnull(last);
    return (size_t)(last - output);
}

START_TEST(rows_are_what_was_sent)
{
    const char *text_seed = getenv("WINLWIP_SEED");
    uint64_t seed = text_seed != NULL ? strtoull(text_seed, NULL, 0)
                                      : (uint64_t)time(NULL) * CAPTURES + (uint64_t)_i;
    char capture_path[64];
    FILE *capture = temporary(capture_path, sizeof(capture_path));
    struct process_result first, result;
    struct capture_plan plan;

    printf("WINLWIP_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    capture_make(seed, DATAGRAMS, capture, &plan);
    run_program(&plan, capture_path, modes[0], &first);
    check_output(first.output, &plan);
    for (size_t i = 1; i < MODES; i++) {
        run_program(&plan, capture_path, modes[i], &result);
        check_output(result.output, &plan);
        ck_assert_uint_eq(rows_bytes(result.output), rows_bytes(first.output));
        ck_assert_mem_eq(result.output, first.output, rows_bytes(first.output));
        process_result_free(&result);
    }
    process_result_free(&first);
    capture_plan_free(&plan);
    fclose(capture);
}
END_TEST

Suite *suite_program_captures(void)
{
    Suite *suite = suite_create("captures");
    TCase *tcase = tcase_create("captures");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, rows_are_what_was_sent, 0, CAPTURES);
    suite_add_tcase(suite, tcase);
    return suite;
}
