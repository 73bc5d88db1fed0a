/*
 * options.c - the keys of the fault wrapper. A table; values are decimal numbers with units.
 */
#include "drivers/fault/options.h"

#include <errno.h>
#include <string.h>

#include "drivers/options/options.h"

#define RATE_MIN_BITS 1000u
#define RATE_MAX_BITS UINT64_C(1000000000000)

/* Digits behind the decimal point that are read. */
#define FRACTION_DIGITS 9

const char fault_help[] =
    "fault-loss      frames that are lost, percent: 5, 0.1%\n"
    "fault-duplicate frames that come twice, percent\n"
    "fault-reorder   frames that change places with the next one, percent\n"
    "fault-corrupt   frames in which a bit is flipped, percent\n"
    "fault-delay     how much later each frame comes: 20, 20ms, 500us, 1s; up to 60s\n"
    "fault-jitter    each comes up to so much later still; their order is kept\n"
    "fault-rate      bits a second: 1000000, 64k, 1.5M, 1G\n"
    "fault-direction in, out or both (default): frames that all this is done to\n"
    "fault-seed      number from which all chances follow; default: made of the interface's name\n";

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit percent_units[] = {
    {"", FAULT_MILLION / 100}, {"%", FAULT_MILLION / 100}, {NULL, 0},
};

static const struct unit time_units[] = {
    {"", 1000000}, {"ms", 1000000}, {"us", 1000}, {"s", 1000000000}, {"ns", 1}, {NULL, 0},
};

static const struct unit rate_units[] = {
    {"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000}, {NULL, 0},
};

/*
 * Reads digits to *number, as long as they fit, and their weight to *scale: 100 for two of them.
 * Returns what stands behind them, or NULL when there are too many.
 */
static const char *read_digits(const char *text, unsigned max_digits, uint64_t *number,
                               uint64_t *scale)
{
    unsigned digits = 0;

    *number = 0;
    *scale = 1;
    for (; *text >= '0' && *text <= '9'; text++, digits++) {
        if (digits == max_digits) {
            return NULL;
        }
        *number = *number * 10 + (uint64_t)(*text - '0');
        *scale *= 10;
    }
    return text;
}

/*
 * Reads "12.5ms" as a whole number of the smallest unit, rounded down. Returns whether it is one
 * from 0 to max.
 */
static bool read_amount(const char *text, const struct unit *unit, uint64_t max, uint64_t *out)
{
    uint64_t whole;
    uint64_t fraction = 0;
    uint64_t scale;
    const char *at = read_digits(text, 13, &whole, &scale);

    if (at == NULL || at == text) {
        return false;
    }
    scale = 1;
    if (*at == '.') {
        const char *point = at;

        at = read_digits(point + 1, FRACTION_DIGITS, &fraction, &scale);
        if (at == NULL || at == point + 1) {
            return false;
        }
    }
    while (unit->name != NULL && strcmp(unit->name, at) != 0) {
        unit++;
    }
    if (unit->name == NULL || whole > max / unit->factor) {
        return false;
    }
    /* A fraction is below 10^9 and a factor at most 10^9: the product fits. */
    *out = whole * unit->factor + fraction * unit->factor / scale;
    return *out <= max;
}

static int fail(const struct options_report *report, const char *key, const char *value,
                const char *wanted)
{
    return options_fail(report, EINVAL, "%s is '%.40s': it must be %s", key, value, wanted);
}

static int read_percent(const struct options_report *report, uint32_t *out, const char *key,
                        const char *value)
{
    uint64_t parts;

    if (!read_amount(value, percent_units, FAULT_MILLION, &parts)) {
        return fail(report, key, value, "percent from 0 to 100, as in 5 or 0.5%");
    }
    *out = (uint32_t)parts;
    return 0;
}

static int read_time(const struct options_report *report, int64_t *out, const char *key,
                     const char *value)
{
    uint64_t ns;

    if (!read_amount(value, time_units, FAULT_DELAY_MAX_S * UINT64_C(1000000000), &ns)) {
        return fail(report, key, value, "milliseconds, or a number with ms, us or s, up to 60s");
    }
    *out = (int64_t)ns;
    return 0;
}

static int read_loss(const struct options_report *report, void *target, const char *key,
                     const char *value)
{
    return read_percent(report, &((struct fault_options *)target)->loss, key, value);
}

static int read_duplicate(const struct options_report *report, void *target, const char *key,
                          const char *value)
{
    return read_percent(report, &((struct fault_options *)target)->duplicate, key, value);
}

static int read_reorder(const struct options_report *report, void *target, const char *key,
                        const char *value)
{
    return read_percent(report, &((struct fault_options *)target)->reorder, key, value);
}

static int read_corrupt(const struct options_report *report, void *target, const char *key,
                        const char *value)
{
    return read_percent(report, &((struct fault_options *)target)->corrupt, key, value);
}

static int read_delay(const struct options_report *report, void *target, const char *key,
                      const char *value)
{
    return read_time(report, &((struct fault_options *)target)->delay_ns, key, value);
}

static int read_jitter(const struct options_report *report, void *target, const char *key,
                       const char *value)
{
    return read_time(report, &((struct fault_options *)target)->jitter_ns, key, value);
}

static int read_rate(const struct options_report *report, void *target, const char *key,
                     const char *value)
{
    struct fault_options *parsed = target;

    if (!read_amount(value, rate_units, RATE_MAX_BITS, &parsed->rate_bits) ||
        parsed->rate_bits < RATE_MIN_BITS) {
        return fail(report, key, value, "bits a second from 1k to 1000G, as in 1.5M");
    }
    return 0;
}

static int read_direction(const struct options_report *report, void *target, const char *key,
                          const char *value)
{
    struct fault_options *parsed = target;

    parsed->impaired[FAULT_IN] = strcmp(value, "out") != 0;
    parsed->impaired[FAULT_OUT] = strcmp(value, "in") != 0;
    if (strcmp(value, "both") != 0 && parsed->impaired[FAULT_IN] && parsed->impaired[FAULT_OUT]) {
        return fail(report, key, value, "in, out or both");
    }
    return 0;
}

static int read_seed(const struct options_report *report, void *target, const char *key,
                     const char *value)
{
    uint64_t seed = 0;
    const char *at = value;

    for (; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(seed, 10, &seed) ||
            __builtin_add_overflow(seed, (uint64_t)(*at - '0'), &seed)) {
            break;
        }
    }
    if (at == value || *at != '\0') {
        return fail(report, key, value, "a number from 0 to 18446744073709551615");
    }
    ((struct fault_options *)target)->seed = seed;
    return 0;
}

static int refuse_unknown(const struct options_report *report, void *target, const char *key,
                          const char *value)
{
    (void)target;
    (void)value;
    return options_fail(report, EINVAL,
                        "unknown option '%.40s': behind fault- there is seed, loss, duplicate, "
                        "reorder, corrupt, delay, jitter, rate or direction", key);
}

static const struct options_key keys[] = {
    {"fault-loss", read_loss},
    {"fault-duplicate", read_duplicate},
    {"fault-reorder", read_reorder},
    {"fault-corrupt", read_corrupt},
    {"fault-delay", read_delay},
    {"fault-jitter", read_jitter},
    {"fault-rate", read_rate},
    {"fault-direction", read_direction},
    {"fault-seed", read_seed},
    {NULL, refuse_unknown},
};

int fault_options_parse(struct fault_options *parsed, const char *name,
                        const struct link_option *options, size_t option_count, char *error)
{
    const struct options_report report = {.driver = "fault", .error = error};

    *parsed = (struct fault_options){
        .seed = fault_seed_of_name(name),
        .impaired = {[FAULT_IN] = true, [FAULT_OUT] = true},
    };
    return options_read(&report, keys, parsed, options, option_count);
}
