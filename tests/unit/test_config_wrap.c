/*
 * test_config_wrap.c - keys of wrappers in a configuration: whose they are, what does not go
 * together, and that a start which fails undoes everything.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/config.h"
#include "host/plan.h"
#include "tests/support/memlink.h"
#include "tests/unit/config_fixture.h"

#define ETH0 "[interface eth0]\ndriver=memory\n"

/* --- A driver that has memory for a device --- */

static struct memlink *memory[4];
static unsigned memory_count;
static char driver_options[256];

static int memory_open(const struct link_option *options, size_t count, struct link **out,
                       char *error) /* NOLINT(readability-non-const-parameter): a driver's */
{
    (void)error;
    driver_options[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        sprintf(driver_options + strlen(driver_options), "%s=%s ", options[i].key,
                options[i].value);
    }
    memory[memory_count] = memlink_new(NULL);
    *out = memlink_link(memory[memory_count++]);
    return 0;
}

static const struct link_driver memory_driver = {
    .name = "memory", .open = memory_open, .help = "", .has_offload = true};
static const struct link_driver plain_driver = {
    .name = "plain", .open = memory_open, .help = ""};
static const struct link_driver *const drivers[] = {&memory_driver, &plain_driver, NULL};

static struct plan plan;
static char dump_path[64];

static void setup(void)
{
    int fd;

    config_setup();
    memory_count = 0;
    strcpy(dump_path, "/tmp/winlwip-wrap-XXXXXX");
    fd = mkstemp(dump_path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    for (unsigned i = 0; i < memory_count; i++) {
        memlink_free(memory[i]);
    }
    unlink(dump_path);
    config_teardown();
}

/* Opens what the text says, in which "@" stands for dump_path. */
static int plan_text(const char *text)
{
    char whole[1024] = "";

    for (; *text != '\0'; text++) {
        size_t used = strlen(whole);

        snprintf(whole + used, sizeof(whole) - used, "%.*s", *text == '@' ? 64 : 1,
                 *text == '@' ? dump_path : text);
    }
    ck_assert_msg(config_read_text(whole) == 0, "%s", config.error);
    return plan_open(&plan, &config, drivers);
}

static void close_plan(void)
{
    for (size_t i = 0; i < plan.stack.interface_count; i++) {
        plan.interfaces[i].link->ops->close(plan.interfaces[i].link);
    }
    plan_free(&plan);
}

/* --- Tests --- */

START_TEST(driver_gets_its_own_keys_and_offload_off)
{
    ck_assert_msg(plan_text(ETH0 "fault-loss=5\ndevice=x\ndump=@\ndump-snaplen=99\n") == 0, "%s",
                  config.error);
    ck_assert_str_eq(driver_options, "device=x offload=off ");
    close_plan();
    ck_assert(memlink_closed(memory[0]));
    ck_assert_int_eq(plan_text(ETH0 "offload=off\nfault-seed=1\n"), 0);
    ck_assert_str_eq(driver_options, "offload=off ");
    close_plan();
    ck_assert_int_eq(plan_text(ETH0 "faulty=1\ndumped=2\noffload=auto\n"), 0);
    ck_assert_str_eq(driver_options, "faulty=1 dumped=2 offload=auto ");
    close_plan();
    ck_assert_int_eq(plan_text("[interface a]\ndriver=plain\nfault-loss=1\n"), 0);
    ck_assert_str_eq(driver_options, "");
    close_plan();
}
END_TEST

START_TEST(offload_and_wrappers_exclude_each_other)
{
    ck_assert_int_eq(plan_text(ETH0 "offload=auto\nfault-loss=5\n"), -EINVAL);
    config_assert_error(1, "offload = auto goes with no key of fault or dump, which need each "
                        "frame as a wire has it");
    ck_assert_uint_eq(memory_count, 0);
}
END_TEST

START_TEST(errors_of_wrappers_have_the_section_line)
{
    ck_assert_int_eq(plan_text("\n" ETH0 "fault-loss=x\n"), -EINVAL);
    config_assert_error(2, "fault: fault-loss is 'x': it must be percent");
    ck_assert(memlink_closed(memory[0]));
    ck_assert_int_eq(plan_text(ETH0 "fault-loss=1\ndump=/no/such/place\n"), -ENOENT);
    config_assert_error(1, "dump: '/no/such/place': No such file or directory");
    ck_assert(memlink_closed(memory[1]));
    ck_assert_int_eq(plan_text(ETH0 "mtu=9000\nfault-loss=1\ndump=@\n"), -EINVAL);
    config_assert_error(1, "mtu 9000 is more than the 1500 of its memlink");
    ck_assert(memlink_closed(memory[2]));
}
END_TEST

START_TEST(files_are_dumped_to_by_one_alone)
{
    static const char *const texts[] = {
        ETH0 "dump=@\n[interface eth1]\ndriver=plain\ndump=@\n",
        ETH0 "dump=@\n[interface eth1]\ndriver=plain\ndump=/proc/self/root@\n",
        "[interface eth1]\ndriver=plain\nfile=@\ndump=@\n",
        ETH0 "dump=@\n[interface eth1]\ndriver=plain\noutput=@\n",
    };
    static const char *const words[] = {"dump of interface eth1", "dump of interface eth1",
                                        "file of interface eth1", "output of interface eth1"};

    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(truncate(dump_path, 77), 0);
        ck_assert_int_eq(plan_text(texts[i]), -EINVAL);
        ck_assert_msg(strstr(config.error, " is the file that ") != NULL &&
                      strstr(config.error, words[i]) != NULL, "%s", config.error);
        ck_assert(memlink_closed(memory[i]));
        ck_assert_int_eq(truncate(dump_path, 77), 0);
    }
}
END_TEST

/* dump is next to the stack: it has what is sent before fault loses it, and not what is lost before. */
START_TEST(dump_shows_what_the_stack_sees)
{
    uint8_t data[60] = {0};
    const struct iovec part = {data, sizeof(data)};
    const struct link_packet packet = {.parts = &part, .part_count = 1};
    struct link_frame frame;
    struct stat status;
    struct link *link;

    ck_assert_int_eq(plan_text("[interface a]\ndriver=plain\ndump=@\nfault-loss=100\n"), 0);
    link = plan.interfaces[0].link;
    memlink_push_bytes(memory[0], data, sizeof(data));
    ck_assert_int_eq(link->ops->receive(link, &frame, 1), 0);
    ck_assert_uint_eq(link->ops->send(link, &packet, 1), 1);
    ck_assert_uint_eq(memlink_sent(memory[0]), 0);
    ck_assert_int_eq(stat(dump_path, &status), 0);
    ck_assert_int_eq(status.st_size, 24 + 16 + 60);
    close_plan();
}
END_TEST

static int plan_given(struct memlink *first, struct memlink *second, const char *loss,
                      const char *dump)
{
    const struct winlwip_option options[] = {{"fault-loss", loss}, {"dump", dump}};
    const struct winlwip_interface interfaces[] = {
        {.link = memlink_link(first), .options = options, .option_count = 2},
        {.link = memlink_link(second), .options = options, .option_count = 1},
    };
    const struct winlwip_config from = {.interfaces = interfaces, .interface_count = 2};

    config_free(&config);
    config_init(&config, NULL);
    ck_assert_int_eq(config_read_struct(&config, &from), 0);
    return plan_open(&plan, &config, drivers);
}

/* The lowest number that is free: a descriptor that was left open changes it. */
static int free_descriptor(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    close(fd);
    return fd;
}

START_TEST(given_links_are_wrapped_and_left_open_by_a_failure)
{
    static const struct memlink_options offload = {.offload = LINK_OFFLOAD_SUM};

    int descriptor;

    memory_count = 3;
    memory[0] = memlink_new(NULL);
    memory[1] = memlink_new(NULL);
    memory[2] = memlink_new(&offload);
    descriptor = free_descriptor();
    ck_assert_int_eq(plan_given(memory[0], memory[1], "bad", dump_path), -EINVAL);
    ck_assert_int_eq(plan_given(memory[0], memory[1], "5", "/no/such/place"), -ENOENT);
    ck_assert_int_eq(plan_given(memory[0], memory[2], "5", dump_path), -EINVAL);
    ck_assert_int_eq(free_descriptor(), descriptor);
    ck_assert_str_eq(config.error, "interface eth1: its memlink has offload on, which fault does "
                     "not go with");
    ck_assert(!memlink_closed(memory[0]) && !memlink_closed(memory[2]));
    ck_assert_int_eq(plan_given(memory[0], memory[1], "5", dump_path), 0);
    ck_assert_ptr_ne(plan.interfaces[1].link, memlink_link(memory[1]));
    close_plan();
    ck_assert(memlink_closed(memory[0]) && memlink_closed(memory[1]));
}
END_TEST

void config_add_wrap_case(Suite *suite)
{
    TCase *tcase = tcase_create("config wrappers");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, driver_gets_its_own_keys_and_offload_off);
    tcase_add_test(tcase, offload_and_wrappers_exclude_each_other);
    tcase_add_test(tcase, errors_of_wrappers_have_the_section_line);
    tcase_add_test(tcase, files_are_dumped_to_by_one_alone);
    tcase_add_test(tcase, dump_shows_what_the_stack_sees);
    tcase_add_test(tcase, given_links_are_wrapped_and_left_open_by_a_failure);
    suite_add_tcase(suite, tcase);
}
