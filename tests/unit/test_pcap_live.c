/*
 * test_pcap_live.c - the pcap driver on an interface, as far as that needs neither a right nor a
 * network: options, and checksums that were left to hardware. The rest is in tests/net.
 */
#include "tests/unit/pcap_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/pcap/live.h"
#include "tests/support/frames.h"

/* --- Options --- */

#define DEVICE {"device", "nosuch0"}

static const struct {
    struct link_option options[3];
    size_t count;
    int code;
    const char *word, *advice;
} bad_options[] = {
    {{{"device", ""}}, 1, EINVAL, "'device' is empty", "interface name"},
    {{{"device", "sixteen-letters-"}}, 1, ENODEV, "'sixteen-letters-'", "at most 15"},
    {{{"device", "a\nb"}}, 1, ENODEV, "no device 'a?b'", "'ip link'"},
    {{DEVICE}, 1, ENODEV, "no device 'nosuch0'", "'ip link'"},
    {{DEVICE, DEVICE}, 2, EINVAL, "'device'", "twice"},
    {{DEVICE, {"file", "x"}}, 2, EINVAL, "unknown option 'file'",
     "the keys of a device are device, promiscuous, immediate, filter, buffer"},
    {{{"output", "x"}, DEVICE}, 2, EINVAL, "unknown option 'output'", "filter"},
    {{DEVICE, {"immediate", "yes"}}, 2, EINVAL, "'immediate' is 'yes'", "'off' or 'on'"},
    {{DEVICE, {"promiscuous", ""}}, 2, EINVAL, "'promiscuous' is ''", "'off' or 'on'"},
    {{DEVICE, {"filter", ""}}, 2, EINVAL, "'filter' is empty", "expression"},
    {{DEVICE, {"buffer", "524287"}}, 2, EINVAL, "'buffer' is '524287'", "524288 to 1073741824"},
    {{DEVICE, {"buffer", "1073741825"}}, 2, EINVAL, "'1073741825'", "524288 to 1073741824"},
    {{DEVICE, {"buffer", "4M"}}, 2, EINVAL, "'buffer' is '4M'", "whole number"},
    {{DEVICE, {"buffer", "-1"}}, 2, EINVAL, "'buffer' is '-1'", "whole number"},
    {{DEVICE, {"buffer", "99999999999999999999"}}, 2, EINVAL, "'buffer'", "whole number"},
};

START_TEST(options_refused)
{
    pcapfix_refused(bad_options[_i].options, bad_options[_i].count, bad_options[_i].code,
                    bad_options[_i].word, bad_options[_i].advice);
}
END_TEST

/* --- Pending checksums --- */

static struct frame frame;

static void build(bool v6, const char *text, struct frame_spec spec)
{
    spec.src = v6 ? "2001:db8::9" : "192.0.2.9";
    spec.dst = v6 ? "2001:db8::1" : "192.0.2.1";
    spec.dst_port = 5000;
    spec.text = text;
    frame_build(&spec, &frame);
}

/*
 * Puts the sum of the pseudo header where the UDP checksum was, as a sender with hardware does: of
 * length bytes of UDP.
 */
static void leave_pending(bool v6, size_t udp_at, size_t length)
{
    uint8_t pseudo[40] = {0};
    size_t bytes = v6 ? 32 : 8;

    memcpy(pseudo, frame.data + (v6 ? 22 : 26), bytes);
    pseudo[bytes + 1] = FRAME_UDP;
    pseudo[bytes + 2] = (uint8_t)(length >> 8);
    pseudo[bytes + 3] = (uint8_t)length;
    uint16_t sum = (uint16_t)~frame_checksum(pseudo, bytes + 4, 0);
    frame.data[udp_at + 6] = (uint8_t)(sum >> 8);
    frame.data[udp_at + 7] = (uint8_t)sum;
}

static bool is_pending(void)
{
    return live_sum_is_pending(frame.data, (uint32_t)frame.bytes);
}

START_TEST(pending_is_seen)
{
    static const char *const texts[] = {"", "x", "A sum is left to hardware that never comes."};
    bool v6 = _i == 1;
    size_t udp_at = v6 ? 54 : 34;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        build(v6, texts[i], (struct frame_spec){.ttl = 3});
        ck_assert(!is_pending());
        leave_pending(v6, udp_at, 8 + strlen(texts[i]));
        ck_assert(is_pending());
        frame.data[udp_at + 7] ^= 1;
        ck_assert(!is_pending());
    }
}
END_TEST

START_TEST(pending_behind_options)
{
    build(false, "x", (struct frame_spec){.options = "\x94\x04\0\0", .options_bytes = 4});
    leave_pending(false, 38, 9);
    ck_assert(is_pending());
}
END_TEST

/* What no sender leaves to hardware, or is no UDP. */
START_TEST(pending_is_not_seen_elsewhere)
{
    bool v6 = _i == 1;
    size_t udp_at = v6 ? 54 : 34;

    build(v6, "x", (struct frame_spec){.protocol = FRAME_NO_NEXT});
    leave_pending(v6, udp_at, 9);
    ck_assert(!is_pending());
    build(v6, "12345678", (struct frame_spec){.fragment = true, .more = true});
    leave_pending(v6, v6 ? 62 : udp_at, 16);
    ck_assert(!is_pending());
    build(v6, "x", (struct frame_spec){.vlan = 7});
    leave_pending(v6, udp_at + 4, 9);
    ck_assert(!is_pending());
}
END_TEST

/* Frames that end anywhere are read up to there: the copy is as long as the frame. */
START_TEST(pending_of_short_frames)
{
    bool v6 = _i == 1;

    build(v6, "", (struct frame_spec){.ttl = 3});
    leave_pending(v6, v6 ? 54 : 34, 8);
    for (size_t bytes = 0; bytes <= frame.bytes; bytes++) {
        uint8_t *copy = malloc(bytes != 0 ? bytes : 1);

        memcpy(copy, frame.data, bytes);
        ck_assert_int_eq(live_sum_is_pending(copy, (uint32_t)bytes), bytes == frame.bytes);
        free(copy);
    }
}
END_TEST

TCase *pcap_live_case(void)
{
    TCase *live = tcase_create("pcap-live");

    tcase_add_loop_test(live, options_refused, 0, sizeof(bad_options) / sizeof(bad_options[0]));
    tcase_add_loop_test(live, pending_is_seen, 0, 2);
    tcase_add_test(live, pending_behind_options);
    tcase_add_loop_test(live, pending_is_not_seen_elsewhere, 0, 2);
    tcase_add_loop_test(live, pending_of_short_frames, 0, 2);
    return live;
}
