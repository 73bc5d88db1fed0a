/*
 * main.c - the stress: the engine on loopback and on an interface that leads nowhere.
 *
 *   stress [--seconds N] [--threads N] [--min-operations N] [--least-percent N] [--seed N]
 *
 * Prints how many operations ended in which way, and exits with 0 when every one was accounted for,
 * there were enough of them, and each way and end had at least the hundredth part (0 percent: came
 * at least once). The shares are those of a machine that is not busy otherwise: on a slow one there
 * are fewer ends of threads for each operation.
 */
#include "tests/stress/stress.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "include/winlwip.h"
#include "stack/link.h"

/* --- the interface --- */

static int receive_nothing(struct link *link, struct link_frame *frames, unsigned max)
{
    (void)link;
    (void)frames;
    (void)max;
    return 0;
}

static unsigned send_nowhere(struct link *link, const struct link_packet *packets, unsigned count)
{
    (void)link;
    (void)packets;
    return count;
}

/* It is used again by the next stack. */
static void keep(struct link *link)
{
    (void)link;
}

static const struct link_ops nowhere_ops = {
    .driver = "nowhere",
    .receive = receive_nothing,
    .send = send_nowhere,
    .close = keep,
};

static struct link nowhere = {.ops = &nowhere_ops, .mtu = 1500, .replay = true};

/* A descriptor that is never readable: nothing ever arrives. */
static void make_link(void)
{
    static int ends[2];

    if (pipe(ends) != 0) {
        stress_fail(NULL, "no pipe");
    }
    nowhere.fd = ends[0];
}

static void configure(void)
{
    static const struct winlwip_interface interface = {
        .name = "nowhere",
        .mac = "02:00:5e:10:00:01",
        .addresses = "192.0.2.1/24",
        .link = &nowhere,
    };
    const struct winlwip_config config = {.interfaces = &interface, .interface_count = 1};

    winlwip_configure(&config);
}

/* --- options --- */

static void usage(void)
{
    fputs("usage: stress [--seconds N] [--threads N] [--min-operations N] [--least-percent N] "
          "[--seed N]\n",
          stderr);
    exit(2);
}

static uint64_t number(const char *text, uint64_t max)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);

    if (*text == '\0' || *end != '\0' || value > max) {
        usage();
    }
    return value;
}

static void read_options(int count, char **arguments, struct stress_options *options)
{
    static const struct option known[] = {
        {"seconds", required_argument, NULL, 's'},
        {"threads", required_argument, NULL, 't'},
        {"min-operations", required_argument, NULL, 'm'},
        {"least-percent", required_argument, NULL, 'p'},
        {"seed", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };
    int found;

    while ((found = getopt_long(count, arguments, "", known, NULL)) != -1) {
        switch (found) {
        case 's':
            options->seconds = (unsigned)number(optarg, 86400);
            break;
        case 't':
            options->threads = (unsigned)number(optarg, STRESS_THREADS_MAX);
            break;
        case 'm':
            options->min_operations = number(optarg, UINT64_MAX);
            break;
        case 'p':
            options->least_percent = (unsigned)number(optarg, 100);
            break;
        case 'r':
            options->seed = number(optarg, UINT64_MAX);
            break;
        default:
            usage();
        }
    }
    if (optind != count || options->threads == 0) {
        usage();
    }
}

int main(int count, char **arguments)
{
    struct stress_options options = {
        .threads = 8,
        .seconds = 60,
        .min_operations = 1000000,
        .seed = (uint64_t)time(NULL),
        .phase_ms = 2000,
        .phase_operations = 25000,
        .least_percent = 1,
        .link_name = "nowhere",
        .link_address = "192.0.2.1",
        .configure = configure,
    };

    read_options(count, arguments, &options);
    make_link();
    printf("%u threads, %u seconds, --seed %llu\n\n", options.threads, options.seconds,
           (unsigned long long)options.seed);
    fflush(stdout);
    return stress_run(&options) ? 0 : 1;
}
