/*
 * test_config_open.c - from a configuration to opened links; the struct form; starts that fail.
 *
 * Links are opened through plan_open() with a table of fake drivers that keep what they were
 * given, so that no device or capture is needed.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/config.h"
#include "host/drivers.h"
#include "host/host.h"
#include "host/plan.h"
#include "tests/unit/config_fixture.h"

#define ETH0 "[interface eth0]\ndriver=fake\n"

/* --- Fake drivers --- */

struct fake_link {
    struct link link;
    bool *closed;
};

static bool fake_closed[2];
static unsigned fake_opened;
static struct link_option fake_options[8];
static size_t fake_option_count;

static void fake_close(struct link *link)
{
    struct fake_link *fake = (struct fake_link *)link;

    *fake->closed = true;
    free(fake);
}

static const struct link_ops fake_ops = {.driver = "fake", .close = fake_close};

static struct link *fake_new(bool replay)
{
    struct fake_link *fake = calloc(1, sizeof(*fake));

    ck_assert_ptr_nonnull(fake);
    fake->link = (struct link){.ops = &fake_ops, .fd = -1, .mtu = 1500, .replay = replay};
    fake->closed = &fake_closed[fake_opened];
    *fake->closed = false;
    fake_opened++;
    return &fake->link;
}

static int fake_open(const struct link_option *options, size_t count, struct link **out,
                     char *error) /* NOLINT(readability-non-const-parameter): a driver's */
{
    (void)error;
    fake_option_count = count;
    for (size_t i = 0; i < count && i < 8; i++)
        fake_options[i] = options[i];
    *out = fake_new(count > 0 && strcmp(options[0].key, "replay") == 0);
    return 0;
}

static int broken_open(const struct link_option *options, size_t count, struct link **out,
                       char *error)
{
    (void)options;
    (void)count;
    (void)out;
    snprintf(error, LINK_ERROR_BYTES, "broken: no device: is it plugged in?");
    return -ENODEV;
}

static const struct link_driver broken_driver = {
    .name = "broken", .open = broken_open, .help = ""};
static const struct link_driver fake_driver = {
    .name = "fake", .open = fake_open, .help = "", .has_offload = true};
static const struct link_driver *const fake_drivers[] = {&broken_driver, &fake_driver, NULL};

static int plan_text(const char *text, struct plan *plan)
{
    fake_opened = 0;
    fake_option_count = 0;
    ck_assert_int_eq(config_read_text(text), 0);
    return plan_open(plan, &config, fake_drivers);
}

static void close_plan(struct plan *plan)
{
    for (size_t i = 0; i < plan->stack.interface_count; i++)
        fake_close(plan->interfaces[i].link);
    plan_free(plan);
}

/* --- Opening --- */

START_TEST(plan_holds_what_the_file_says)
{
    const uint8_t mac[6] = {0x02, 0, 0, 0, 0, 7};
    struct plan plan;

    ck_assert_int_eq(plan_text("[winlwip]\nbackground=off\n" ETH0
                               "mac=02:00:00:00:00:07\naddress=192.0.2.1/24\nmtu=1500\n"
                               "file=x\nend=wait\n", &plan), 0);
    ck_assert_uint_eq(plan.stack.interface_count, 1);
    ck_assert(!plan.stack.background);
    ck_assert_str_eq(plan.stack.interfaces[0].name, "eth0");
    ck_assert_mem_eq(plan.stack.interfaces[0].mac, mac, 6);
    ck_assert_uint_eq(plan.stack.interfaces[0].mtu, 1500);
    ck_assert_uint_eq(plan.stack.interfaces[0].address_count, 1);
    ck_assert(!plan.tentative);
    ck_assert_uint_eq(fake_option_count, 2);
    ck_assert_str_eq(fake_options[0].key, "file");
    ck_assert_str_eq(fake_options[1].value, "wait");
    close_plan(&plan);
}
END_TEST

START_TEST(derived_mac_is_local_and_differs_by_name)
{
    const struct stack_interface *made;
    struct plan plan;

    ck_assert_int_eq(plan_text(ETH0 "[interface eth1]\ndriver=fake\n", &plan), 0);
    made = plan.stack.interfaces;
    ck_assert_uint_eq(made[0].mac[0], 0x02);
    ck_assert_mem_ne(made[0].mac, made[1].mac, 6);
    close_plan(&plan);
}
END_TEST

START_TEST(only_ipv6_on_live_links_is_waited_for)
{
    struct plan plan;

    ck_assert_int_eq(plan_text(ETH0 "address=2001:db8::1/64\n", &plan), 0);
    ck_assert(plan.tentative);
    close_plan(&plan);
    ck_assert_int_eq(plan_text(ETH0 "replay=1\naddress=2001:db8::1/64\n", &plan), 0);
    ck_assert(!plan.tentative);
    close_plan(&plan);
}
END_TEST

START_TEST(driver_failure_has_its_text_and_the_section_line)
{
    struct plan plan;

    ck_assert_int_eq(plan_text(ETH0 "\n[interface eth1]\nmtu=1400\ndriver=broken\n", &plan),
                     -ENODEV);
    config_assert_error(4, "broken: no device: is it plugged in?");
    ck_assert_uint_eq(fake_opened, 1);
    ck_assert(fake_closed[0]);
}
END_TEST

START_TEST(unknown_driver_has_the_section_line)
{
    struct plan plan;

    ck_assert_int_eq(plan_text("\n[interface eth0]\ndriver=token-ring\n", &plan), -EINVAL);
    config_assert_error(2, "unknown driver \"token-ring\": there are broken, fake");
}
END_TEST

START_TEST(mtu_above_the_links_is_refused)
{
    struct plan plan;

    ck_assert_int_eq(plan_text(ETH0 "mtu=1501\n", &plan), -EINVAL);
    config_assert_error(1, "mtu 1501 is more than the 1500 of its fake");
    ck_assert(fake_closed[0]);
}
END_TEST

/* --- The struct form --- */

static int read_interface(const struct winlwip_interface *interface)
{
    const struct winlwip_config from = {.interfaces = interface, .interface_count = 1,
                                        .probe = true, .no_background = true};

    config_free(&config);
    config_init(&config, NULL);
    return config_read_struct(&config, &from);
}

START_TEST(struct_form_says_the_same)
{
    const struct winlwip_option options[] = {{"mac", "of the driver"}, {"file", "x"}};
    const struct winlwip_interface interface = {
        .driver = "fake", .mac = "02:00:00:00:00:01", .addresses = "192.0.2.1/24 2001:db8::1/64",
        .gateway4 = "192.0.2.2", .gateway6 = "fe80::2", .mtu = 1300, .options = options,
        .option_count = 2,
    };

    ck_assert_msg(read_interface(&interface) == 0, "%s", config.error);
    ck_assert(config.probe);
    ck_assert(!config.background);
    ck_assert_str_eq(config.interfaces[0].name, "eth0");
    ck_assert_str_eq(config.interfaces[0].driver, "fake");
    ck_assert_uint_eq(config.interfaces[0].address_count, 2);
    ck_assert_uint_eq(config.interfaces[0].mtu, 1300);
    ck_assert_uint_eq(config.interfaces[0].option_count, 2);
}
END_TEST

START_TEST(struct_form_errors_name_the_interface)
{
    const struct winlwip_option half = {"file", NULL};
    const struct {
        struct winlwip_interface interface;
        const char *error;
    } cases[] = {
        {{.name = "net7", .driver = "fake", .mac = "x"},
         "interface net7: \"x\" is no MAC address, as in 02:00:5e:10:00:01"},
        {{.driver = "fake", .addresses = "192.0.2.1"},
         "interface eth0: \"192.0.2.1\" is no address with prefix length, as in 192.0.2.1/24 or "
         "2001:db8::1/64, nor \"dhcp\" or \"auto\""},
        {{.driver = "fake", .mtu = 9}, "interface eth0: mtu is a number from 576 to 65535, not "
         "\"9\""},
        {{.name = "net7"}, "interface net7: no driver is named"},
        {{.driver = "fake", .options = &half, .option_count = 1},
         "interface eth0: option 1 lacks its key or value"},
        {{.name = "", .driver = "fake"}, "interface name \"\" has not 1 to 15 characters"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_assert_int_eq(read_interface(&cases[i].interface), -EINVAL);
        ck_assert_str_eq(config.error, cases[i].error);
    }
}
END_TEST

/* Every key of [winlwip] and [hosts] has its member; two configurations, once each way. */
START_TEST(struct_form_has_every_key)
{
    static const char *const file = "[winlwip]\nprobe=on\nbackground=off\nearly=off\nraw=admin\n"
                                    "dns=192.0.2.53, 2001:db8::53\nmax-pending=77\n"
                                    "[hosts]\npeer=192.0.2.9\n";
    const struct winlwip_option host = {"peer", "192.0.2.9"};
    const struct winlwip_config from = {
        .dns = "192.0.2.53 2001:db8::53", .hosts = &host, .host_count = 1, .probe = true,
        .no_background = true, .no_early = true, .raw_admin = true, .max_pending = 77};

    for (unsigned i = 0; i < 2; i++) {
        if (i == 0) {
            ck_assert_msg(config_read_text(file) == 0, "%s", config.error);
        } else {
            config_free(&config);
            config_init(&config, NULL);
            ck_assert_msg(config_read_struct(&config, &from) == 0, "%s", config.error);
        }
        ck_assert(config.probe && !config.background && !config.early && config.raw_admin);
        ck_assert_uint_eq(config.max_pending, 77);
        ck_assert_uint_eq(config.dns_server_count, 2);
        ck_assert_ptr_nonnull(config.hosts);
    }
}
END_TEST

START_TEST(struct_form_is_checked_as_a_whole)
{
    const struct winlwip_option nameless = {NULL, "192.0.2.9"}, bad = {"peer", "here"};
    const struct {
        struct winlwip_config from;
        const char *error;
    } cases[] = {
        {{.max_pending = 1000001},
         "max-pending is a number from 1 to 1000000, not \"1000001\""},
        {{.dns = "here"}, "\"here\" is no address of a DNS server"},
        {{.hosts = &nameless, .host_count = 1}, "host 1 lacks its name or addresses"},
        {{.hosts = &bad, .host_count = 1}, "\"here\" is no address"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        config_free(&config);
        config_init(&config, NULL);
        ck_assert_int_eq(config_read_struct(&config, &cases[i].from), -EINVAL);
        ck_assert_int_eq(strncmp(config.error, cases[i].error, strlen(cases[i].error)), 0);
        ck_assert_int_eq(winlwip_configure(&cases[i].from), 0);
        ck_assert_int_eq(host_start(), -EINVAL);
        ck_assert_str_eq(winlwip_startup_error(), config.error);
    }
}
END_TEST

START_TEST(given_link_needs_no_driver_and_is_not_closed_by_a_failure)
{
    struct winlwip_interface interfaces[] = {{.driver = "ignored"}, {.driver = "broken"}};
    const struct winlwip_config from = {.interfaces = interfaces, .interface_count = 2};
    struct plan plan;

    fake_opened = 0;
    interfaces[0].link = fake_new(false);
    config_free(&config);
    config_init(&config, NULL);
    ck_assert_int_eq(config_read_struct(&config, &from), 0);
    ck_assert_int_eq(plan_open(&plan, &config, fake_drivers), -ENODEV);
    ck_assert_str_eq(config.error, "interface eth1: broken: no device: is it plugged in?");
    ck_assert(!fake_closed[0]);
    fake_close(interfaces[0].link);
}
END_TEST

/* --- A start that fails before there is a stack --- */

START_TEST(failed_start_leaves_its_reason)
{
    ck_assert_int_ne(config_read_text("[winlwip]\nprobe=on\nprobes=on\n"), 0);
    ck_assert_int_eq(setenv("WINLWIP_CONFIG", config_path, 1), 0);
    ck_assert_int_eq(host_start(), -EINVAL);
    ck_assert_str_eq(winlwip_startup_error(), config.error);
    ck_assert(!host_probe_enabled());
}
END_TEST

START_TEST(given_configuration_goes_first_and_is_used_up)
{
    struct winlwip_interface interfaces[] = {{.name = "one"}, {.name = "two"}};
    const struct winlwip_config given = {.interfaces = interfaces, .interface_count = 2};

    fake_opened = 0;
    interfaces[0].link = fake_new(false);
    ck_assert_int_ne(config_read_text("nonsense\n"), 0);
    ck_assert_int_eq(setenv("WINLWIP_CONFIG", config_path, 1), 0);
    ck_assert_int_eq(winlwip_configure(&given), 0);
    ck_assert_int_eq(host_start(), -EINVAL);
    ck_assert_str_eq(winlwip_startup_error(), "interface two: no driver is named");
    ck_assert(fake_closed[0]);

    ck_assert_int_eq(host_start(), -EINVAL);
    ck_assert_str_eq(winlwip_startup_error(), config.error);
}
END_TEST

START_TEST(given_configuration_can_be_taken_back)
{
    const struct winlwip_interface interface = {.name = "one"};
    const struct winlwip_config given = {.interfaces = &interface, .interface_count = 1};

    ck_assert_int_ne(config_read_text("nonsense\n"), 0);
    ck_assert_int_eq(setenv("WINLWIP_CONFIG", config_path, 1), 0);
    ck_assert_int_eq(winlwip_configure(&given), 0);
    ck_assert_int_eq(winlwip_configure(NULL), 0);
    ck_assert_int_eq(host_start(), -EINVAL);
    ck_assert_str_eq(winlwip_startup_error(), config.error);
}
END_TEST

START_TEST(drivers_are_found_by_exact_name)
{
    ck_assert_ptr_eq(drivers_find(fake_drivers, "fake"), &fake_driver);
    ck_assert_ptr_null(drivers_find(fake_drivers, "Fake"));
    ck_assert_ptr_null(drivers_find(fake_drivers, ""));
}
END_TEST

void config_add_open_cases(Suite *suite)
{
    TCase *opening = tcase_create("config opening");
    TCase *form = tcase_create("config struct");
    TCase *start = tcase_create("config start");

    tcase_add_checked_fixture(opening, config_setup, config_teardown);
    tcase_add_test(opening, plan_holds_what_the_file_says);
    tcase_add_test(opening, derived_mac_is_local_and_differs_by_name);
    tcase_add_test(opening, only_ipv6_on_live_links_is_waited_for);
    tcase_add_test(opening, driver_failure_has_its_text_and_the_section_line);
    tcase_add_test(opening, unknown_driver_has_the_section_line);
    tcase_add_test(opening, mtu_above_the_links_is_refused);
    tcase_add_test(opening, drivers_are_found_by_exact_name);
    suite_add_tcase(suite, opening);

    tcase_add_checked_fixture(form, config_setup, config_teardown);
    tcase_add_test(form, struct_form_says_the_same);
    tcase_add_test(form, struct_form_errors_name_the_interface);
    tcase_add_test(form, struct_form_has_every_key);
    tcase_add_test(form, struct_form_is_checked_as_a_whole);
    tcase_add_test(form, given_link_needs_no_driver_and_is_not_closed_by_a_failure);
    suite_add_tcase(suite, form);

    tcase_add_checked_fixture(start, config_setup, config_teardown);
    tcase_add_test(start, failed_start_leaves_its_reason);
    tcase_add_test(start, given_configuration_goes_first_and_is_used_up);
    tcase_add_test(start, given_configuration_can_be_taken_back);
    suite_add_tcase(suite, start);
}
