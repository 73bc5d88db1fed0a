/*
 * world.c - starts and stops the host under test.
 *
 * State: the one world of this process, and the sockets that world_track() was told of, which the
 * teardown closes. Only the test's main thread changes it.
 */
#include "tests/support/world.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stack/loop.h"
#include "tests/support/world_internal.h"

#define TRACKED_MAX 2048

struct world world;

static SOCKET tracked[TRACKED_MAX];
static unsigned tracked_count;

const struct world_family world_families[WORLD_FAMILIES] = {
    {
        .af = AF_INET, .level = IPPROTO_IP, .us = "192.0.2.1", .us_second = "198.51.100.1",
        .peer = "192.0.2.9", .other_peer = "192.0.2.10", .group = "239.1.2.3", .any = "0.0.0.0",
        .loopback = "127.0.0.1", .name_bytes = 16, .pktinfo_bytes = 8, .overhead = 28,
        .largest = 65507, .pktinfo = IP_PKTINFO, .recvttl = IP_RECVTTL, .ttl_type = IP_TTL,
        .recvtos = IP_RECVTOS, .tos_type = IP_TOS, .recvecn = IP_RECVECN, .ecn_type = IP_ECN,
    },
    {
        .af = AF_INET6, .level = IPPROTO_IPV6, .us = "2001:db8::1", .us_second = "2001:db8:2::1",
        .peer = "2001:db8::9", .other_peer = "2001:db8::a", .group = "ff05::1:3", .any = "::",
        .loopback = "::1", .name_bytes = 28, .pktinfo_bytes = 20, .overhead = 48,
        .largest = 65487, .pktinfo = IPV6_PKTINFO, .recvttl = IPV6_HOPLIMIT,
        .ttl_type = IPV6_HOPLIMIT, .recvtos = IPV6_RECVTCLASS, .tos_type = IPV6_TCLASS,
        .recvecn = IPV6_RECVECN, .ecn_type = IPV6_ECN,
    },
};

int64_t world_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

unsigned world_patience_ms(void)
{
    const char *text = getenv("CK_TIMEOUT_MULTIPLIER");
    double multiplier = text != NULL ? strtod(text, NULL) : 1;

    return (unsigned)(5000 * (multiplier > 1 ? multiplier : 1));
}

void world_pause(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

/* Open file descriptors of this process. */
static unsigned count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned count = 0;

    ck_assert_ptr_nonnull(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

void world_track(SOCKET s)
{
    ck_assert_uint_lt(tracked_count, TRACKED_MAX);
    tracked[tracked_count++] = s;
}

/* Is the early path off, whatever the test says? */
static bool without_early(void)
{
    return getenv("WORLD_NO_EARLY") != NULL;
}

static void *extension(SOCKET s, GUID guid)
{
    void *function = NULL;
    DWORD bytes = 0;

    ck_assert_int_eq(WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &guid, sizeof(guid), &function,
                              sizeof(function), &bytes, NULL, NULL),
                     0);
    ck_assert_uint_eq(bytes, sizeof(function));
    return function;
}

static void take_extensions(void)
{
    static const GUID recvmsg_id = WSAID_WSARECVMSG, sendmsg_id = WSAID_WSASENDMSG;
    SOCKET s = WSASocketA(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_OVERLAPPED);

    ck_assert_uint_ne(s, INVALID_SOCKET);
    world.recvmsg = (LPFN_WSARECVMSG)extension(s, recvmsg_id);
    world.sendmsg = (LPFN_WSASENDMSG)extension(s, sendmsg_id);
    ck_assert_int_eq(closesocket(s), 0);
}

void world_configure(const struct world_options *options)
{
    static const char *const macs[2] = {"02:00:5e:10:00:01", "02:00:5e:10:00:02"};
    static const char *const addresses[2] = {"192.0.2.1/24 2001:db8::1/64",
                                             "198.51.100.1/24 2001:db8:2::1/64"};
    static const char *const names[2] = {"mem0", "mem1"};
    static struct winlwip_interface interfaces[2];
    struct winlwip_config config = {.interfaces = interfaces,
                                    .interface_count = options->links,
                                    .probe = options->probe,
                                    .max_pending = options->max_pending,
                                    .wait_ms = options->wait_ms,
                                    .dns = options->dns,
                                    .hosts = options->hosts,
                                    .host_count = options->host_count,
                                    .no_background = options->no_background,
                                    .no_early = options->no_early || without_early()};

    for (unsigned i = 0; i < options->links; i++) {
        struct memlink_options link = options->link[i];
        bool wrapped = i == 0 && options->key_count > 0;
        if (getenv("WORLD_OFFLOAD") != NULL && !wrapped)
            link.offload |= LINK_OFFLOAD_SUM | LINK_OFFLOAD_SEGMENT;
        world.link[i] = memlink_new(&link);
        interfaces[i] = (struct winlwip_interface){
            .name = names[i],
            .mac = options->link[i].ip_only ? NULL : macs[i],
            .addresses = options->addresses[i] != NULL ? options->addresses[i] : addresses[i],
            .gateway4 = i == 0 ? options->gateway4 : options->second_gateway4,
            .gateway6 = i == 0 ? options->gateway6 : NULL,
            .routes = options->routes[i],
            .down = options->down[i],
            .link = memlink_link(world.link[i]),
            .options = wrapped ? options->keys : NULL,
            .option_count = wrapped ? options->key_count : 0,
        };
    }
    world.links = options->links;
    ck_assert_int_eq(winlwip_configure(&config), 0);
}

void world_begin(void)
{
    world.descriptors = count_descriptors();
}

void world_start_configured(void)
{
    WSADATA data;
    int error;

    error = WSAStartup(MAKEWORD(2, 2), &data);
    ck_assert_msg(error == 0, "WSAStartup: %d %s", error, winlwip_startup_error());
    world.started = true;
    take_extensions();
}

void world_start(const struct world_options *options)
{
    world_begin();
    world_configure(options);
    world_start_configured();
}

void world_start_config(const struct winlwip_config *config)
{
    world.links = 0;
    ck_assert_int_eq(winlwip_configure(config), 0);
    world_start_configured();
}

void world_start_drivers(const struct winlwip_interface *interfaces, size_t count)
{
    world_start_config(
        &(struct winlwip_config){.interfaces = interfaces, .interface_count = count});
}

void world_start_driver(const struct winlwip_interface *interface)
{
    world_start_drivers(interface, 1);
}

void world_setup_one(void)
{
    world_start(&(struct world_options){.links = 1});
}

void world_setup_two(void)
{
    world_start(&(struct world_options){.links = 2});
}

void world_setup_loopback(void)
{
    world_start(&(struct world_options){.links = 0});
}

static uint64_t sum_of_fates(const struct winlwip_stats *stats)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < WINLWIP_FATE_COUNT; i++)
        sum += stats->fate[i];
    return sum;
}

void world_assert_balance(const struct winlwip_stats *stats)
{
    ck_assert_uint_eq(stats->frames_received + stats->frames_looped,
                      sum_of_fates(stats) + stats->frames_held);
    ck_assert_uint_eq(stats->copies_queued + stats->copies_direct + stats->copies_dropped,
                      stats->copies);
    ck_assert_uint_le(stats->frames_early, without_early() ? 0 : stats->frames_received);
}

static bool drained(void)
{
    for (unsigned i = 0; i < world.links; i++) {
        if (!memlink_drained(world.link[i]))
            return false;
    }
    return true;
}

void world_settle(struct winlwip_stats *stats)
{
    int64_t end = world_now_ms() + WORLD_PATIENCE_MS;
    uint64_t pushed = 0;

    for (unsigned i = 0; i < world.links; i++)
        pushed += memlink_pushed(world.link[i]);
    do {
        loop_poll();
        ck_assert_int_eq(winlwip_stats(stats), 0);
        if (stats->frames_received >= pushed && (pushed == 0 || drained())) {
            ck_assert_uint_eq(stats->frames_received, pushed);
            world_assert_balance(stats);
            return;
        }
        world_pause();
    } while (world_now_ms() < end);
    ck_abort_msg("the stack took %u of %u frames", (unsigned)stats->frames_received,
                 (unsigned)pushed);
}

static void close_sockets(void)
{
    while (tracked_count > 0)
        closesocket(tracked[--tracked_count]);
}

void world_stop(void)
{
    struct winlwip_stats stats;

    close_sockets();
    ck_assert_int_eq(winlwip_stats(&stats), 0);
    world_assert_balance(&stats);
    ck_assert_int_eq(WSACleanup(), 0);
    world_assert_clean();
    world_fails(WSACleanup(), WSANOTINITIALISED);
    for (unsigned i = 0; i < world.links; i++) {
        ck_assert(memlink_closed(world.link[i]));
        memlink_free(world.link[i]);
        world.link[i] = NULL;
    }
    world.started = false;
    world_forget_sent();
    ck_assert_uint_eq(count_descriptors(), world.descriptors);
}

void world_teardown(void)
{
    if (world.started)
        world_stop();
}

void world_inject_on(unsigned link, const struct frame_spec *spec)
{
    struct frame *frame = malloc(sizeof(*frame));

    ck_assert_ptr_nonnull(frame);
    frame_build(spec, frame);
    memlink_push(world.link[link], frame);
    free(frame);
}

void world_inject(const struct frame_spec *spec)
{
    world_inject_on(0, spec);
}

static void inject_superframe(const struct frame_spec *spec, size_t segment_bytes, uint8_t flags,
                              size_t stands_for)
{
    struct frame *frame = malloc(sizeof(*frame));

    ck_assert_ptr_nonnull(frame);
    frame_build(spec, frame);
    struct link_frame described = {.data = frame->data,
                                   .bytes = (uint32_t)frame->bytes,
                                   .original_bytes = (uint32_t)frame->bytes,
                                   .segment_bytes = (uint16_t)segment_bytes,
                                   .encapsulation = spec->ip_only ? LINK_IP : LINK_ETHERNET,
                                   .flags = flags};
    memlink_push_superframe(world.link[0], &described, stands_for);
    free(frame);
}

void world_inject_superframe(const struct frame_spec *spec, size_t segment_bytes, uint8_t flags)
{
    inject_superframe(spec, segment_bytes, flags,
                      (spec->payload_bytes + segment_bytes - 1) / segment_bytes);
}

void world_inject_bad_superframe(const struct frame_spec *spec, size_t segment_bytes,
                                 uint8_t flags)
{
    inject_superframe(spec, segment_bytes, flags, 1);
}
