/*
 * test_config.c - the configuration file: every key, every error with its exact line; values.
 *
 * Files are written to a temporary one and read by config_read_file(). Links and the struct form
 * are in test_config_open.c.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/config.h"
#include "host/host.h"
#include "host/values.h"
#include "tests/unit/config_fixture.h"
#include "tests/unit/suites.h"

static void assert_address(const struct stack_address *actual, const char *text, unsigned bits)
{
    struct netaddr expected = config_address(text);

    ck_assert(netaddr_equal(&actual->address, &expected));
    ck_assert_uint_eq(actual->prefix_bits, bits);
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
    {"\n# c\n[winlwipp]\n", 3, "unknown section [winlwipp]: there are [winlwip], [hosts] and [interface NAME]"},
    {"[interface]\n", 1, "unknown section [interface]"},
    {"[interfaces eth0]\n", 1, "unknown section [interfaces eth0]"},
    {"[winlwip]\nprobe=on\n\nprobes=on\n", 4, "unknown key \"probes\" in [winlwip]"},
    {"[winlwip]\nraw=some\n", 2, "raw is \"any\" or \"admin\", not \"some\""},
    {"[winlwip]\nprobe=yes\n", 2, "probe is \"on\" or \"off\", not \"yes\""},
    {"[winlwip]\nbackground=\n", 2, "background is \"on\" or \"off\", not \"\""},
    {"[winlwip]\nprobe=on\nprobe=on\n", 3, "key \"probe\" is given twice"},
    {"[winlwip]\nprobe\n", 2, "neither a [section] nor key = value"},
    {"[winlwip\nprobe=on\n", 1, "neither a [section] nor key = value"},
    {"[winlwip]\nnonsense\nprobe=bad\n", 2, "neither a [section] nor key = value"},
    {"[winlwip] probe=on\n", 1, "text behind the section title"},
    {"[winlwip]\ndns=192.0.2\n", 2, "\"192.0.2\" is no address of a DNS server"},
    {"[winlwip]\ndns=239.1.2.3\n", 2, "\"239.1.2.3\" is no address of a DNS server"},
    {"[winlwip]\ndns=192.0.2.1 192.0.2.2\ndns=::1\n", 3, "more than 2 DNS servers"},
    {"[winlwip]\nwait=-1\n", 2, "wait is a number of milliseconds from 0 to 600000, not \"-1\""},
    {"[winlwip]\nwait=600001\n", 2, "wait is a number of milliseconds from 0 to 600000"},
    {"[hosts]\npeer=192.0.2\n", 2, "\"192.0.2\" is no address of host peer"},
    {"[hosts]\npeer=\n", 2, "host peer has no address"},
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
    {ETH0 "address=DHCP\n", 3, "\"DHCP\" is no address with prefix length, as in 192.0.2.1/24 or "
                               "2001:db8::1/64, nor \"dhcp\" or \"auto\""},
    {ETH0 "address=dhcp\naddress=dhcp\n", 4, "address dhcp is given twice"},
    {ETH0 "address=auto, auto\n", 3, "address auto is given twice"},
    {ETH0 "address=10.0.0.1/8 10.0.0.2/8 10.0.0.3/8 10.0.0.4/8 10.0.0.5/8 10.0.0.6/8 10.0.0.7/8\n"
          "address=10.0.0.8/8 dhcp\n", 4, "more than 8 IPv4 addresses"},
    {ETH0 "address=dhcp\n"
          "address=10.0.0.1/8 10.0.0.2/8 10.0.0.3/8 10.0.0.4/8 10.0.0.5/8 10.0.0.6/8 10.0.0.7/8\n"
          "address=10.0.0.8/8\n", 5, "more than 8 IPv4 addresses"},
    {ETH0 "gateway=2001:db8::1\n", 3, "\"2001:db8::1\" is no IPv4 address"},
    {ETH0 "gateway6=192.0.2.1\n", 3, "\"192.0.2.1\" is no IPv6 address"},
    {ETH0 "gateway=224.0.0.1\n", 3, "224.0.0.1 can't be a gateway"},
    {ETH0 "gateway=192.0.2.254\naddress=198.51.100.1/24\n", 3,
     "gateway 192.0.2.254 is in no network of interface eth0"},
    {ETH0 "address=2001:db8::1/64\ngateway6=2001:db8:0:1::1\n", 4,
     "gateway 2001:db8:0:1::1 is in no network of interface eth0"},
    {ETH0 "route=203.0.113.0/24\n", 3, "\"203.0.113.0/24\" is no route, as in 198.51.100.0/24"},
    {ETH0 "route=203.0.113.0/24 by 192.0.2.1\n", 3, "\"203.0.113.0/24 by 192.0.2.1\" is no route"},
    {ETH0 "route=203.0.113.0/24 via 192.0.2.1 x\n", 3,
     "\"203.0.113.0/24 via 192.0.2.1 x\" is no route"},
    {ETH0 "route=203.0.113.1/24 via 192.0.2.1\n", 3,
     "\"203.0.113.1/24 via 192.0.2.1\" is no route"},
    {ETH0 "route=203.0.113.0/24 via fe80::1\n", 3, "\"203.0.113.0/24 via fe80::1\" is no route"},
    {ETH0 "route=2001:db8::/32 via ff02::1\n", 3,
     "no router has the address in \"2001:db8::/32 via ff02::1\""},
    {ETH0 "route=2001:db8::/32 via 2001:db9::1\n", 3,
     "gateway 2001:db9::1 is in no network of interface eth0"},
    {ETH0 "address=192.0.2.1/24\nroute=203.0.113.0/24 via 192.0.2.2\n"
          "route=198.51.100.0/24 via 198.51.100.1\n", 5,
     "gateway 198.51.100.1 is in no network of interface eth0"},
    {ETH0 "mtu=1279\naddress=auto\n", 1, "mtu 1279 is below the 1280 bytes"},
    {ETH0 "up=yes\n", 3, "up is \"on\" or \"off\", not \"yes\""},
    {ETH0 "up=off\nup=on\n", 4, "key \"up\" is given twice"},
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

    ck_assert_int_eq(config_read_text(bad->text), -EINVAL);
    config_assert_error(bad->line, bad->reason);
}
END_TEST

START_TEST(line_too_long_has_its_line)
{
    char text[512] = "[winlwip]\n";

    memset(text + strlen(text), 'x', 300);
    strcat(text, "\nprobe=on\n");
    ck_assert_int_eq(config_read_text(text), -EINVAL);
    config_assert_error(2, "line is longer than 198 characters");
}
END_TEST

START_TEST(too_many_interfaces_have_their_line)
{
    char text[1024] = "";

    for (unsigned i = 0; i < 16; i++)
        sprintf(text + strlen(text), "[interface e%u]\ndriver=fake\n", i);
    ck_assert_int_eq(config_read_text(text), -EINVAL);
    config_assert_error(31, "more than 15 interfaces");
}
END_TEST

START_TEST(unreadable_files_are_named)
{
    char expected[128];

    unlink(config_path);
    config_free(&config);
    config_init(&config, config_path);
    ck_assert_int_eq(config_read_file(&config), -ENOENT);
    snprintf(expected, sizeof(expected), "%s: can't be opened: No such file or directory",
             config_path);
    ck_assert_str_eq(config.error, expected);

    config_init(&config, "/");
    ck_assert_int_eq(config_read_file(&config), -EIO);
    ck_assert_str_eq(config.error, "/: can't be read");
}
END_TEST

/* --- What a good file says --- */

START_TEST(empty_file_is_loopback_alone)
{
    ck_assert_int_eq(config_read_text(""), 0);
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
    struct netaddr gateway4 = config_address("192.0.2.254");
    struct netaddr gateway6 = config_address("fe80::1");

    ck_assert_int_eq(config_read_text("\xEF\xBB\xBF[winlwip]\nprobe = on ; why\n"
                               "  background=off\r\n"
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

START_TEST(addresses_may_come_from_the_network)
{
    ck_assert_int_eq(config_read_text("[winlwip]\nwait = 5000\n"
                                      ETH0 "address = dhcp, 192.0.2.1/24\naddress = auto\n"
                                      "[interface eth1]\ndriver=fake\naddress=auto\n"), 0);
    ck_assert(config.has_wait);
    ck_assert_uint_eq(config.wait_ms, 5000);
    ck_assert(config.interfaces[0].dhcp);
    ck_assert(config.interfaces[0].autoconf);
    ck_assert_uint_eq(config.interfaces[0].address_count, 1);
    ck_assert(!config.interfaces[1].dhcp);
    ck_assert(config.interfaces[1].autoconf);
}
END_TEST

static void assert_route(const struct stack_route *route, const char *to, unsigned bits,
                         const char *router)
{
    struct netaddr expected = config_address(router);

    assert_address(&route->to, to, bits);
    ck_assert(netaddr_equal(&route->router, &expected));
}

START_TEST(routes_are_read)
{
    ck_assert_int_eq(config_read_text(
        ETH0 "address = 192.0.2.1/24\nup = off\n"
        "route = 203.0.113.0/25 via 192.0.2.254, 0.0.0.0/0  via\t192.0.2.253\n"
        "route = 2001:db8:7::/48 via fe80::1\n"
        "[interface eth1]\ndriver=fake\naddress=dhcp auto\nup=on\n"
        "route=203.0.113.128/25 via 198.51.100.1\nroute=::/0 via 2001:db8::1\n"), 0);
    const struct config_interface *eth0 = &config.interfaces[0], *eth1 = &config.interfaces[1];
    ck_assert(eth0->down && !eth1->down);
    ck_assert_uint_eq(eth0->route_count, 3);
    assert_route(&eth0->routes[0], "203.0.113.0", 25, "192.0.2.254");
    assert_route(&eth0->routes[1], "0.0.0.0", 0, "192.0.2.253");
    assert_route(&eth0->routes[2], "2001:db8:7::", 48, "fe80::1");
    ck_assert_uint_eq(eth1->route_count, 2); /* what will be neighbours is not known yet */
}
END_TEST

START_TEST(routes_are_bounded)
{
    char text[4096] = ETH0 "address=192.0.2.1/24\n";

    for (unsigned i = 0; i <= LIMIT_ROUTES; i++) {
        sprintf(text + strlen(text), "%sroute=10.%u.0.0/16 via 192.0.2.2\n",
                i == 20 ? "[interface eth1]\ndriver=fake\naddress=192.0.2.3/24\n" : "", i);
    }
    ck_assert_int_eq(config_read_text(text), -EINVAL);
    config_assert_error(3 + 3 + LIMIT_ROUTES + 1, "more than 32 routes");
}
END_TEST

START_TEST(servers_and_hosts_are_read)
{
    struct netaddr server = config_address("192.0.2.53"), second = config_address("2001:db8::53");
    struct netaddr found[3];

    ck_assert_int_eq(config_read_text("[hosts]\nb=192.0.2.1\nA.b = 192.0.2.9, 2001:db8::9\n"
                                      "a.B = 192.0.2.10\n"
                                      "[winlwip]\ndns = 192.0.2.53\ndns = 2001:db8::53\n"), 0);
    ck_assert_uint_eq(config.dns_server_count, 2);
    ck_assert(netaddr_equal(&config.dns_servers[0], &server));
    ck_assert(netaddr_equal(&config.dns_servers[1], &second));
    hosts_put_in_force(config.hosts);
    config.hosts = NULL;
    ck_assert_uint_eq(host_find_name("a.b", found, 2), 2);
    ck_assert_uint_eq(host_find_name("a.b", found, 3), 3);
    server = config_address("192.0.2.10");
    ck_assert(netaddr_equal(&found[2], &server));
    ck_assert_uint_eq(host_find_name("a", found, 3), 0);
    hosts_put_in_force(NULL);
    ck_assert_uint_eq(host_find_name("a.b", found, 3), 0);
}
END_TEST

START_TEST(hosts_are_bounded)
{
    struct netaddr address = config_address("192.0.2.1");
    struct hosts *hosts = NULL;
    char name[LIMIT_NAME_CHARS + 2];

    memset(name, 'a', sizeof(name) - 1);
    name[LIMIT_NAME_CHARS + 1] = '\0';
    ck_assert_int_eq(hosts_add(&hosts, name, &address), -EINVAL);
    name[LIMIT_NAME_CHARS] = '\0';
    for (unsigned i = 0; i < LIMIT_HOSTS; i++) {
        ck_assert_int_eq(hosts_add(&hosts, name, &address), 0);
    }
    ck_assert_int_eq(hosts_add(&hosts, "one more", &address), -ENOSPC);
    hosts_free(hosts);
}
END_TEST

START_TEST(link_local_address_may_stand_on_two_interfaces)
{
    ck_assert_int_eq(config_read_text(ETH0 "address=fe80::1/64\n[interface eth1]\ndriver=fake\n"
                               "address=fe80::1/64\n"), 0);
}
END_TEST

START_TEST(shipped_example_is_good)
{
    config_free(&config);
    config_init(&config, "config/winlwip.conf.example");
    ck_assert_msg(config_read_file(&config) == 0, "%s", config.error);
    ck_assert_uint_eq(config.interface_count, 7);
    ck_assert_uint_eq(config.interfaces[0].address_count, 3);
    ck_assert_uint_eq(config.interfaces[0].option_count, 2);
    ck_assert_uint_eq(config.interfaces[1].option_count, 5);
    ck_assert_uint_eq(config.interfaces[2].option_count, 5);
    ck_assert_uint_eq(config.interfaces[3].option_count, 12);
    ck_assert_uint_eq(config.interfaces[4].option_count, 3);
    ck_assert_uint_eq(config.interfaces[5].option_count, 2);
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
        struct netaddr other = config_address(cases[i].other);
        struct stack_address network;

        ck_assert_int_eq(value_prefixed(cases[i].network, &network), 0);
        ck_assert_msg(netaddr_in_prefix(&other, &network.address, network.prefix_bits) ==
                          cases[i].same, "%s and %s", cases[i].network, cases[i].other);
    }
}
END_TEST

START_TEST(addresses_go_to_text_and_back)
{
    static const char *const texts[] = {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1",
                                        "2001:db8::1", "fe80::1:2:3:4"};
    struct netaddr kept = config_address("192.0.2.7");
    struct netaddr same = kept;
    char text[NETADDR_TEXT_BYTES];

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct netaddr a = config_address(texts[i]);

        ck_assert_str_eq(netaddr_text(&a, text), texts[i]);
    }
    ck_assert_int_eq(netaddr_parse("192.0.2", &kept), -EINVAL);
    ck_assert_int_eq(netaddr_parse("fe80::1%eth0", &kept), -EINVAL);
    ck_assert_int_eq(netaddr_parse("", &kept), -EINVAL);
    ck_assert(netaddr_equal(&kept, &same));
}
END_TEST

Suite *suite_config(void)
{
    Suite *suite = suite_create("config");
    TCase *file = tcase_create("config file");
    TCase *values = tcase_create("config values");

    tcase_add_checked_fixture(file, config_setup, config_teardown);
    tcase_add_loop_test(file, every_error_of_a_file_has_its_line, 0,
                        (int)(sizeof(bad_files) / sizeof(bad_files[0])));
    tcase_add_test(file, line_too_long_has_its_line);
    tcase_add_test(file, too_many_interfaces_have_their_line);
    tcase_add_test(file, unreadable_files_are_named);
    tcase_add_test(file, empty_file_is_loopback_alone);
    tcase_add_test(file, every_key_is_read);
    tcase_add_test(file, addresses_may_come_from_the_network);
    tcase_add_test(file, routes_are_read);
    tcase_add_test(file, routes_are_bounded);
    tcase_add_test(file, servers_and_hosts_are_read);
    tcase_add_test(file, hosts_are_bounded);
    tcase_add_test(file, link_local_address_may_stand_on_two_interfaces);
    tcase_add_test(file, shipped_example_is_good);
    suite_add_tcase(suite, file);

    tcase_add_test(values, networks_are_compared_by_their_prefix);
    tcase_add_test(values, addresses_go_to_text_and_back);
    suite_add_tcase(suite, values);

    config_add_open_cases(suite);
    config_add_wrap_case(suite);
    return suite;
}
