/*
 * test_dns.c - the library asks a DNS server on the Linux kernel's side of a TAP, by name as a
 * program would: the kernel does the ARP, the neighbour discovery and the sockets.
 */
#include "tests/net/net.h"

#include <pthread.h>
#include <string.h>

#include "tests/support/dns.h"
#include "tests/support/kernel.h"
#include "tests/support/runner.h"
#include "tests/support/world.h"
#include "tests/support/world_internal.h"

static const char *const servers[] = {KERNEL_ADDRESS4, KERNEL_ADDRESS6};

static void start(const char *server)
{
    static const struct winlwip_option options[] = {{"device", KERNEL_TAP}};
    static const struct winlwip_interface interface = {
        .name = "tap", .driver = "tap", .mac = "02:00:5e:10:00:01",
        .addresses = "192.0.2.1/24 2001:db8::1/64", .options = options, .option_count = 1};
    const char *why = kernel_enter();

    if (why != NULL) {
        runner_skip(why);
    }
    world_begin();
    world_start_config(&(struct winlwip_config){
        .interfaces = &interface, .interface_count = 1, .dns = server});
}

static void tear_down(void)
{
    kernel_close_all();
    world_teardown();
}

/* The server: answers both questions of one name, and those that are asked again. */
static void *serve(void *context)
{
    static struct kernel_received seen;
    uint8_t message[DNS_MESSAGE_MAX];
    int fd = *(int *)context;
    unsigned types = 0;

    while (types != DNS_A + DNS_AAAA && kernel_receive(fd, &seen, WORLD_PATIENCE_MS) == 0) {
        unsigned type = dns_question_type(seen.data, seen.bytes);
        struct dns_reply reply = {.address = type == DNS_A ? "192.0.2.20" : "2001:db8::20",
                                  .alias = true, .ttl = 60};
        size_t bytes = dns_reply_write(seen.data, seen.bytes, &reply, message);

        types |= type;
        kernel_send(fd, seen.source, seen.port, message, bytes);
    }
    return NULL;
}

START_TEST(dns_server_of_the_kernel)
{
    ADDRINFOA *list = NULL;
    SOCKADDR_STORAGE name;
    pthread_t server;
    int length, fd;

    start(servers[_i]);
    fd = kernel_socket_at(servers[_i], DNS_PORT);
    ck_assert_int_eq(pthread_create(&server, NULL, serve, &fd), 0);
    ck_assert_int_eq(getaddrinfo("printer.example", "5000", NULL, &list), 0);
    ck_assert_int_eq(pthread_join(server, NULL), 0);
    length = world_name("2001:db8::20", 5000, &name);
    ck_assert_mem_eq(list->ai_addr, &name, (size_t)length);
    length = world_name("192.0.2.20", 5000, &name);
    ck_assert_mem_eq(list->ai_next->ai_addr, &name, (size_t)length);
    freeaddrinfo(list);
}
END_TEST

/* Nobody listens on the kernel's port: it says so by ICMP, and the call ends all the same. */
START_TEST(dns_no_server_at_the_kernel)
{
    ADDRINFOA *list = NULL;

    start(servers[0]);
    ck_assert_int_eq(getaddrinfo("printer.example", NULL, NULL, &list), WSATRY_AGAIN);
    ck_assert_ptr_null(list);
}
END_TEST

Suite *suite_net_dns(void)
{
    Suite *suite = suite_create("dns_net");
    TCase *tcase = tcase_create("dns_net");

    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, dns_server_of_the_kernel, 0, 2);
    tcase_add_test(tcase, dns_no_server_at_the_kernel);
    suite_add_tcase(suite, tcase);
    return suite;
}
