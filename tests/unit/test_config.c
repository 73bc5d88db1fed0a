/*
 * test_config.c - the configuration: every key, every error with its exact line, both forms.
 *
 * Files are written to a temporary one and read by config_read_file(). Links are opened through
 * plan_open() with a table of fake drivers that keep what they were given, so that no device or
 * capture is needed.
 */
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/config.h"
#include "host/drivers.h"
#include "host/host.h"
#include "host/plan.h"
#include "host/values.h"

Suite *suite_config(void);

static char path[64];
static struct config config;

static void setup(void)
{
    int fd;

    strcpy(path, "/tmp/test_config.XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    config_free(&config);
    unsetenv("WINLWIP_CONFIG");
    unlink(path);
}

/* Reads a file of that text. */
static int read_text(const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    config_free(&config);
    config_init(&config, path);
    return config_read_file(&config);
}

/* The error must be exactly "PATH:LINE: " and then begin with reason. */
static void assert_error_at(unsigned line, const char *reason)
{
    char expected[CONFIG_ERROR_BYTES];

    snprintf(expected, sizeof(expected), "%s:%u: %s", path, line, reason);
    ck_assert_msg(strncmp(config.error, expected, strlen(expected)) == 0,
                  "\"%s\" does not begin with \"%s\"", config.error, expected);
}

static struct netaddr address(const char *text)
{
    struct netaddr parsed;

    ck_assert_int_eq(netaddr_parse(text, &parsed), 0);
    return parsed;
}

static void assert_address(const struct stack_address *actual, const char *text, unsigned bits)
{
    struct netaddr expected = address(text);

    ck_assert(netaddr_equal(&actual->address, &expected));
    ck_assert_uint_eq(actual->prefix_bits, bits);
}

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
                     char *error)
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

static const struct link_driver broken_driver = {"broken", broken_open, ""};
static const struct link_driver fake_driver = {"fake", fake_open, ""};
static const struct link_driver *const fake_drivers[] = {&broken_driver, &fake_driver, NULL};

static int plan_text(const char *text, struct plan *plan)
{
    fake_opened = 0;
    fake_option_count = 0;
    ck_assert_int_eq(read_text(text), 0);
    return plan_open(plan, &config, fake_drivers);
}

static void close_plan(struct plan *plan)
{
    for (size_t i = 0; i < plan->stack.interface_count; i++)
        fake_close(plan->interfaces[i].link);
    plan_free(plan);
}

/* --- Errors of files --- */

struct bad_file {
    const char *text;
    unsigned line;
    const char *reason;
};

#define ETH0 "[interface eth0]\ndriver=fake\n"

static const struct bad_file bad_files[] = {
    {"probe=on\n", 1, "key \"probe\" in front of any section"},
    {"\n# c\n[winlwipp]\n", 3, "unknown section [winlwipp]"},
    {"[interface]\n", 1, "unknown section [interface]"},
    {"[interfaces eth0]\n", 1, "unknown section [interfaces eth0]"},
    {"[winlwip]\nprobe=on\n\nprobes=on\n", 4, "unknown key \"probes\" in [winlwip]"},
    {"[winlwip]\nprobe=yes\n", 2, "probe is \"on\" or \"off\", not \"yes\""},
    {"[winlwip]\nbackground=\n", 2, "background is \"on\" or \"off\", not \"\""},
    {"[winlwip]\nprobe=on\nprobe=on\n", 3, "key \"probe\" is given twice"},
    {"[winlwip]\nprobe\n", 2, "neither a [section] nor key = value"},
    {"[winlwip\nprobe=on\n", 1, "neither a [section] nor key = value"},
    {"[winlwip]\nnonsense\nprobe=bad\n", 2, "neither a [section] nor key = value"},
    {"[winlwip] probe=on\n", 1, "text behind the section title"},
    {"[interface ]\n", 1, "interface name \"\" has not 1 to 15 characters"},
    {"[interface abcdefghijklmnop]\n", 1,
     "interface name \"abcdefghijklmnop\" has not 1 to 15 characters"},
    {"[interface a b]\n", 1, "interface name \"a b\" may hold printable characters only"},
    {"[interface lo]\n", 1, "interface \"lo\" is the stack's own loopback"},
    {ETH0 "[interface eth0]\n", 3, "interface eth0 is given twice"},
    {"\n[interface eth0]\n", 2, "no driver is named"},
    {"[interface eth0]\nmtu=1500\n[winlwip]\n", 1, "no driver is named"},
    {"[interface eth0]\ndriver=\n", 2, "driver has no value"},
    {ETH0 "driver=fake\n", 3, "key \"driver\" is given twice"},
    {ETH0 "mac=02:00:5e:10:00\n", 3, "\"02:00:5e:10:00\" is no MAC address"},
    {ETH0 "mac=02:00:5e:10:00:0g\n", 3, "\"02:00:5e:10:00:0g\" is no MAC address"},
    {ETH0 "mac=02:00:5e:10:00:01:02\n", 3, "\"02:00:5e:10:00:01:02\" is no MAC address"},
    {ETH0 "mac=01:00:5e:10:00:01\n", 3, "MAC address 01:00:5e:10:00:01 is not that of one"},
    {ETH0 "mac=00:00:00:00:00:00\n", 3, "MAC address 00:00:00:00:00:00 is not that of one"},
    {ETH0 "address=192.0.2.1\n", 3, "\"192.0.2.1\" is no address with prefix length"},
    {ETH0 "address=192.0.2.256/24\n", 3, "\"192.0.2.256/24\" is no address with prefix"},
    {ETH0 "address=192.0.2.1/33\n", 3, "\"192.0.2.1/33\" is no address with prefix length"},
    {ETH0 "address=192.0.2.1/\n", 3, "\"192.0.2.1/\" is no address with prefix length"},
    {ETH0 "address=192.0.2.1/2x\n", 3, "\"192.0.2.1/2x\" is no address with prefix length"},
    {ETH0 "address=2001:db8::1/129\n", 3, "\"2001:db8::1/129\" is no address with prefix"},
    {ETH0 "address=192.0.2.1/24, fe80::/x\n", 3, "\"fe80::/x\" is no address with prefix"},
    {ETH0 "address=0.0.0.0/0\n", 3, "0.0.0.0/0 is the wildcard address"},
    {ETH0 "address=::/0\n", 3, "::/0 is the wildcard address"},
    {ETH0 "address=224.0.0.1/4\n", 3, "224.0.0.1/4 is a multicast address"},
    {ETH0 "address=ff02::1/64\n", 3, "ff02::1/64 is a multicast address"},
    {ETH0 "address=127.0.0.2/8\n", 3, "127.0.0.2/8 is a loopback address"},
    {ETH0 "address=255.255.255.255/32\n", 3, "255.255.255.255/32 is the limited broadcast"},
    {ETH0 "address=192.0.2.0/24\n", 3, "192.0.2.0/24 is the number of its network"},
    {ETH0 "address=192.0.2.127/25\n", 3, "192.0.2.127/25 is the broadcast address of its"},
    {ETH0 "address=192.0.2.1/24\n\naddress=192.0.2.1/25\n", 5,
     "address 192.0.2.1/25 is given twice, first on interface eth0"},
    {ETH0 "address=2001:db8::1/64\n[interface eth1]\naddress=2001:db8::1/64\n", 5,
     "address 2001:db8::1/64 is given twice, first on interface eth0"},
    {ETH0 "address=fe80::1/64 fe80::1/64\n", 3, "address fe80::1/64 is given twice"},
    {ETH0 "gateway=2001:db8::1\n", 3, "\"2001:db8::1\" is no IPv4 address"},
    {ETH0 "gateway6=192.0.2.1\n", 3, "\"192.0.2.1\" is no IPv6 address"},
    {ETH0 "gateway=224.0.0.1\n", 3, "224.0.0.1 can't be a gateway"},
    {ETH0 "gateway=192.0.2.254\naddress=198.51.100.1/24\n", 3,
     "gateway 192.0.2.254 is in no network of interface eth0"},
    {ETH0 "address=2001:db8::1/64\ngateway6=2001:db8:0:1::1\n", 4,
     "gateway 2001:db8:0:1::1 is in no network of interface eth0"},
    {ETH0 "mtu=575\n", 3, "mtu is a number from 576 to 65535, not \"575\""},
    {ETH0 "mtu=65536\n", 3, "mtu is a number from 576 to 65535, not \"65536\""},
    {ETH0 "mtu=99999999999999999999\n", 3, "mtu is a number from 576 to 65535"},
    {ETH0 "mtu=-1\n", 3, "mtu is a number from 576 to 65535, not \"-1\""},
    {ETH0 "mtu=1279\naddress=2001:db8::1/64\n", 1, "mtu 1279 is below the 1280 bytes"},
    {ETH0 "address=10.0.0.1/8 10.0.0.2/8 10.0.0.3/8 10.0.0.4/8 10.0.0.5/8 10.0.0.6/8 10.0.0.7/8\n"
          "address=10.0.0.8/8 10.0.0.9/8\n", 4, "more than 8 IPv4 addresses"},
    {ETH0 "address=2001:db8::1/64 2001:db8::2/64 2001:db8::3/64 2001:db8::4/64\n"
          "address=2001:db8::5/64 2001:db8::6/64 2001:db8::7/64 2001:db8::8/64\n", 4,
     "more than 7 IPv6 addresses"},
};

START_TEST(every_error_of_a_file_has_its_line)
{
    const struct bad_file *bad = &bad_files[_i];

    ck_assert_int_eq(read_text(bad->text), -EINVAL);
    assert_error_at(bad->line, bad->reason);
}
END_TEST

START_TEST(line_too_long_has_its_line)
{
    char text[512] = "[winlwip]\n";

    memset(text + strlen(text), 'x', 300);
    strcat(text, "\nprobe=on\n");
    ck_assert_int_eq(read_text(text), -EINVAL);
    assert_error_at(2, "line is longer than 198 characters");
}
END_TEST

START_TEST(too_many_interfaces_have_their_line)
{
    char text[1024] = "";

    for (unsigned i = 0; i < 16; i++)
        sprintf(text + strlen(text), "[interface e%u]\ndriver=fake\n", i);
    ck_assert_int_eq(read_text(text), -EINVAL);
    assert_error_at(31, "more than 15 interfaces");
}
END_TEST

START_TEST(unreadable_files_are_named)
{
    char expected[128];

    unlink(path);
    config_free(&config);
    config_init(&config, path);
    ck_assert_int_eq(config_read_file(&config), -ENOENT);
    snprintf(expected, sizeof(expected), "%s: can't be opened: No such file or directory", path);
    ck_assert_str_eq(config.error, expected);

    config_init(&config, "/");
    ck_assert_int_eq(config_read_file(&config), -EIO);
    ck_assert_str_eq(config.error, "/: can't be read");
}
END_TEST

/* --- What a good file says --- */

START_TEST(empty_file_is_loopback_alone)
{
    ck_assert_int_eq(read_text(""), 0);
    ck_assert_uint_eq(config.interface_count, 0);
    ck_assert(!config.probe);
    ck_assert(config.background);
    ck_assert_str_eq(config.error, "");
}
END_TEST

START_TEST(every_key_is_read)
{
    const struct config_interface *eth0;
    const uint8_t mac[6] = {0x02, 0x00, 0x5e, 0x10, 0xab, 0x01};
    struct netaddr gateway4 = address("192.0.2.254");
    struct netaddr gateway6 = address("fe80::1");

    ck_assert_int_eq(read_text("\xEF\xBB\xBF[winlwip]\nprobe = on ; why\n  background=off\r\n"
                               "  [interface eth0]\n"
                               "driver=fake\nmac=02-00-5E-10-aB-01\n"
                               "address=192.0.2.1/24,198.51.100.1/31\n\taddress = 2001:db8::1/64\n"
                               "gateway=192.0.2.254\ngateway6=fe80::1\nmtu=1400\nfile=a=b c\n"
                               "\n[interface eth1]\ndriver=fake\n"), 0);
    ck_assert(config.probe);
    ck_assert(!config.background);
    ck_assert_uint_eq(config.interface_count, 2);
    eth0 = &config.interfaces[0];
    ck_assert_str_eq(eth0->name, "eth0");
    ck_assert_str_eq(eth0->driver, "fake");
    ck_assert_uint_eq(eth0->line, 4);
    ck_assert(eth0->has_mac);
    ck_assert_mem_eq(eth0->mac, mac, 6);
    ck_assert_uint_eq(eth0->address_count, 3);
    assert_address(&eth0->addresses[0], "192.0.2.1", 24);
    assert_address(&eth0->addresses[1], "198.51.100.1", 31);
    assert_address(&eth0->addresses[2], "2001:db8::1", 64);
    ck_assert(netaddr_equal(&eth0->gateway4, &gateway4));
    ck_assert(netaddr_equal(&eth0->gateway6, &gateway6));
    ck_assert_uint_eq(eth0->mtu, 1400);
    ck_assert_uint_eq(eth0->option_count, 1);
    ck_assert_str_eq(eth0->options[0].key, "file");
    ck_assert_str_eq(eth0->options[0].value, "a=b c");
    ck_assert_str_eq(config.interfaces[1].name, "eth1");
    ck_assert(!config.interfaces[1].has_mac);
    ck_assert_uint_eq(config.interfaces[1].option_count, 0);
}
END_TEST

START_TEST(link_local_address_may_stand_on_two_interfaces)
{
    ck_assert_int_eq(read_text(ETH0 "address=fe80::1/64\n[interface eth1]\ndriver=fake\n"
                               "address=fe80::1/64\n"), 0);
}
END_TEST

START_TEST(shipped_example_is_good)
{
    config_free(&config);
    config_init(&config, "config/winlwip.conf.example");
    ck_assert_msg(config_read_file(&config) == 0, "%s", config.error);
    ck_assert_uint_eq(config.interface_count, 2);
    ck_assert_uint_eq(config.interfaces[0].address_count, 3);
    ck_assert_uint_eq(config.interfaces[0].option_count, 1);
    ck_assert_uint_eq(config.interfaces[1].option_count, 5);
}
END_TEST

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
    assert_error_at(4, "broken: no device: is it plugged in?");
    ck_assert_uint_eq(fake_opened, 1);
    ck_assert(fake_closed[0]);
}
END_TEST

START_TEST(unknown_driver_has_the_section_line)
{
    struct plan plan;

    ck_assert_int_eq(plan_text("\n[interface eth0]\ndriver=token-ring\n", &plan), -EINVAL);
    assert_error_at(2, "unknown driver \"token-ring\": there are broken, fake");
}
END_TEST

START_TEST(mtu_above_the_links_is_refused)
{
    struct plan plan;

    ck_assert_int_eq(plan_text(ETH0 "mtu=1501\n", &plan), -EINVAL);
    assert_error_at(1, "mtu 1501 is more than the 1500 of its fake");
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
         "2001:db8::1/64"},
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
    ck_assert_int_ne(read_text("[winlwip]\nprobe=on\nprobes=on\n"), 0);
    ck_assert_int_eq(setenv("WINLWIP_CONFIG", path, 1), 0);
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
    ck_assert_int_ne(read_text("nonsense\n"), 0);
    ck_assert_int_eq(setenv("WINLWIP_CONFIG", path, 1), 0);
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

    ck_assert_int_ne(read_text("nonsense\n"), 0);
    ck_assert_int_eq(setenv("WINLWIP_CONFIG", path, 1), 0);
    ck_assert_int_eq(winlwip_configure(&given), 0);
    ck_assert_int_eq(winlwip_configure(NULL), 0);
    ck_assert_int_eq(host_start(), -EINVAL);
    ck_assert_str_eq(winlwip_startup_error(), config.error);
}
END_TEST

/* --- Values --- */

START_TEST(networks_are_compared_by_their_prefix)
{
    const struct {
        const char *network;
        const char *other;
        bool same;
    } cases[] = {
        {"192.0.2.1/24", "192.0.2.254", true},   {"192.0.2.1/24", "192.0.3.1", false},
        {"192.0.2.1/25", "192.0.2.128", false},  {"192.0.2.1/0", "10.0.0.1", true},
        {"192.0.2.1/32", "192.0.2.1", true},     {"2001:db8::1/64", "2001:db8::ffff", true},
        {"2001:db8::1/63", "2001:db8:0:1::1", true},
        {"2001:db8::1/64", "2001:db8:0:1::1", false},
        {"2001:db8::1/0", "192.0.2.1", false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct netaddr other = address(cases[i].other);
        struct stack_address network;

        ck_assert_int_eq(value_prefixed(cases[i].network, &network), 0);
        ck_assert_msg(value_same_network(&network, &other) == cases[i].same, "%s and %s",
                      cases[i].network, cases[i].other);
    }
}
END_TEST

START_TEST(addresses_go_to_text_and_back)
{
    static const char *const texts[] = {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1",
                                        "2001:db8::1", "fe80::1:2:3:4"};
    struct netaddr kept = address("192.0.2.7");
    struct netaddr same = kept;
    char text[NETADDR_TEXT_BYTES];

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct netaddr a = address(texts[i]);

        ck_assert_str_eq(netaddr_text(&a, text), texts[i]);
    }
    ck_assert_int_eq(netaddr_parse("192.0.2", &kept), -EINVAL);
    ck_assert_int_eq(netaddr_parse("fe80::1%eth0", &kept), -EINVAL);
    ck_assert_int_eq(netaddr_parse("", &kept), -EINVAL);
    ck_assert(netaddr_equal(&kept, &same));
}
END_TEST

START_TEST(drivers_are_found_by_exact_name)
{
    ck_assert_ptr_eq(drivers_find(fake_drivers, "fake"), &fake_driver);
    ck_assert_ptr_null(drivers_find(fake_drivers, "Fake"));
    ck_assert_ptr_null(drivers_find(fake_drivers, ""));
}
END_TEST

Suite *suite_config(void)
{
    Suite *suite = suite_create("config");
    TCase *file = tcase_create("config file");
    TCase *opening = tcase_create("config opening");
    TCase *form = tcase_create("config struct");
    TCase *start = tcase_create("config start");
    TCase *values = tcase_create("config values");

    tcase_add_checked_fixture(file, setup, teardown);
    tcase_add_loop_test(file, every_error_of_a_file_has_its_line, 0,
                        (int)(sizeof(bad_files) / sizeof(bad_files[0])));
    tcase_add_test(file, line_too_long_has_its_line);
    tcase_add_test(file, too_many_interfaces_have_their_line);
    tcase_add_test(file, unreadable_files_are_named);
    tcase_add_test(file, empty_file_is_loopback_alone);
    tcase_add_test(file, every_key_is_read);
    tcase_add_test(file, link_local_address_may_stand_on_two_interfaces);
    tcase_add_test(file, shipped_example_is_good);
    suite_add_tcase(suite, file);

    tcase_add_checked_fixture(opening, setup, teardown);
    tcase_add_test(opening, plan_holds_what_the_file_says);
    tcase_add_test(opening, derived_mac_is_local_and_differs_by_name);
    tcase_add_test(opening, only_ipv6_on_live_links_is_waited_for);
    tcase_add_test(opening, driver_failure_has_its_text_and_the_section_line);
    tcase_add_test(opening, unknown_driver_has_the_section_line);
    tcase_add_test(opening, mtu_above_the_links_is_refused);
    suite_add_tcase(suite, opening);

    tcase_add_checked_fixture(form, setup, teardown);
    tcase_add_test(form, struct_form_says_the_same);
    tcase_add_test(form, struct_form_errors_name_the_interface);
    tcase_add_test(form, given_link_needs_no_driver_and_is_not_closed_by_a_failure);
    suite_add_tcase(suite, form);

    tcase_add_checked_fixture(start, setup, teardown);
    tcase_add_test(start, failed_start_leaves_its_reason);
    tcase_add_test(start, given_configuration_goes_first_and_is_used_up);
    tcase_add_test(start, given_configuration_can_be_taken_back);
    suite_add_tcase(suite, start);

    tcase_add_test(values, networks_are_compared_by_their_prefix);
    tcase_add_test(values, addresses_go_to_text_and_back);
    tcase_add_test(values, drivers_are_found_by_exact_name);
    suite_add_tcase(suite, values);
    return suite;
}
