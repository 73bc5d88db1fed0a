/*
 * main.c - the soak: the engine of tests/stress on a real TAP, with the Linux kernel as the other
 * host, in a network namespace that the program makes for itself.
 *
 *   soak [--minutes N] [--threads N] [--seed N]
 *
 * Exits with 0 when every operation was accounted for, the stack's counters balanced, and
 * descriptors, threads, handles and memory are as they were; with 77 when the machine has no TAP
 * for us. Memory is compared with that after the first minute, or a tenth of the time: by then all
 * caches are warm.
 */
#include "tests/soak/soak.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "include/winlwip.h"
#include "tests/stress/stress.h"
#include "tests/support/kernel.h"

/* Memory may grow by that much: the heap of the C library breathes. */
#define GROWTH_BYTES (8u << 20)
#define PROGRESS_SECONDS 10u
#define PATIENCE_MS 5000

static struct resources start, warm;
static bool is_warm;

static void configure(void)
{
    static const struct winlwip_option option = {"device", KERNEL_TAP};
    static const struct winlwip_interface interface = {
        .name = "tap",
        .driver = "tap",
        .mac = "02:00:5e:10:00:01",
        .addresses = SOAK_OUR_ADDRESS "/24",
        .options = &option,
        .option_count = 1,
    };
    const struct winlwip_config config = {.interfaces = &interface, .interface_count = 1};

    winlwip_configure(&config);
}

static void progress(unsigned seconds)
{
    static unsigned told;

    if (!is_warm && (seconds >= 60 || seconds * 10 >= engine.options.seconds)) {
        resources_read(&warm);
        is_warm = true;
    }
    if (isatty(STDOUT_FILENO) && seconds / PROGRESS_SECONDS != told) {
        struct resources now;
        told = seconds / PROGRESS_SECONDS;
        resources_read(&now);
        printf("%4u s  %10" PRIu64 " operations  %10" PRIu64 " datagrams  %6" PRIu64 " KiB\n",
               seconds, report_total(), report_datagrams(), now.memory_bytes / 1024);
        fflush(stdout);
    }
}

static void usage(void)
{
    fputs("usage: soak [--minutes N] [--threads N] [--seed N]\n", stderr);
    exit(2);
}

static void read_options(int count, char **arguments, struct stress_options *options)
{
    static const struct option known[] = {
        {"minutes", required_argument, NULL, 'm'},
        {"threads", required_argument, NULL, 't'},
        {"seed", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0},
    };
    int found;

    while ((found = getopt_long(count, arguments, "", known, NULL)) != -1) {
        switch (found) {
        case 'm':
            options->seconds = (unsigned)(strtod(optarg, NULL) * 60);
            break;
        case 't':
            options->threads = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'r':
            options->seed = strtoull(optarg, NULL, 10);
            break;
        default:
            usage();
        }
    }
    if (optind != count || options->seconds == 0 || options->threads == 0 ||
        options->threads > STRESS_THREADS_MAX) {
        usage();
    }
}

/* A thread whose end was waited for by its handle may need a moment more to leave the system. */
static void read_when_threads_are_gone(struct resources *out)
{
    int64_t end = stress_now_ms() + PATIENCE_MS;

    do {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        resources_read(out);
    } while (out->threads > start.threads && stress_now_ms() < end);
}

static bool check_resources(void)
{
    struct resources end;

    read_when_threads_are_gone(&end);
    start.memory_bytes = warm.memory_bytes;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return resources_compare(&start, &end, UINT64_MAX / 2); /* the sanitizer's memory grows */
#else
    return resources_compare(&start, &end, GROWTH_BYTES);
#endif
}

int main(int count, char **arguments)
{
    struct stress_options options = {
        .threads = 8,
        .seconds = 600,
        .seed = (uint64_t)time(NULL),
        .phase_ms = 3000,
        .phase_operations = 200000,
        .link_name = "tap",
        .link_address = SOAK_OUR_ADDRESS,
        .group = SOAK_GROUP,
        .peer = KERNEL_ADDRESS4,
        .configure = configure,
        .progress = progress,
    };

    read_options(count, arguments, &options);
    const char *why = kernel_enter();
    if (why != NULL) {
        printf("skipped: %s\n", why);
        return 77;
    }
    printf("%u threads, %u seconds, --seed %" PRIu64 "\n\n", options.threads, options.seconds,
           options.seed);
    fflush(stdout);
    options.peer_port = traffic_open();
    traffic_start();
    resources_read(&start);
    bool good = stress_run(&options);
    traffic_print();
    good &= check_resources();
    traffic_stop();
    printf("%s\n", good ? "all is as it was" : "FAILED");
    return good ? 0 : 1;
}
