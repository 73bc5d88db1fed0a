/*
 * test_tap_errors.c - what the TAP driver refuses, and in which words.
 *
 * Rights and device nodes that this machine has are taken away in a child process: a root directory
 * of its own whose dev/net/tun is what the test wants, another user, no capabilities.
 */
#define _GNU_SOURCE
#include "tests/unit/tap_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "winlwip0"

static int open_descriptors(void)
{
    DIR *entries = opendir("/proc/self/fd");
    int count = 0;

    ck_assert_ptr_nonnull(entries);
    while (readdir(entries) != NULL) {
        count++;
    }
    closedir(entries);
    return count;
}

/* A text of one line that begins with "tap: " and holds both words. */
static void check_text(const char *error, const char *word, const char *advice)
{
    ck_assert_ptr_nonnull(memchr(error, '\0', LINK_ERROR_BYTES));
    ck_assert_msg(strncmp(error, "tap: ", 5) == 0 && strchr(error, '\n') == NULL, "%s", error);
    ck_assert_msg(strstr(error, word) != NULL, "no '%s' in: %s", word, error);
    ck_assert_msg(strstr(error, advice) != NULL, "no '%s' in: %s", advice, error);
}

static void check_refused(const struct link_option *options, size_t count, int code,
                          const char *word, const char *advice)
{
    char error[LINK_ERROR_BYTES];
    struct link *link = NULL;
    int descriptors = open_descriptors();
    int result;

    memset(error, '#', sizeof(error));
    result = winlwip_tap_driver.open(options, count, &link, error);
    ck_assert_msg(result == -code, "for \"%s\" open returned %d instead of %d: %.200s",
                  word, result, -code, error);
    check_text(error, word, advice);
    ck_assert_ptr_null(link);
    ck_assert_int_eq(open_descriptors(), descriptors);
}

static void check_device_refused(const char *name, int code, const char *word, const char *advice)
{
    const struct link_option option = {"device", name};

    check_refused(&option, 1, code, word, advice);
}

static void check_fd_refused(int fd, int code, const char *word)
{
    char number[16];
    const struct link_option option = {"fd", number};
    int flags = fcntl(fd, F_GETFL);

    snprintf(number, sizeof(number), "%d", fd);
    check_refused(&option, 1, code, word, number);
    ck_assert_int_eq(fcntl(fd, F_GETFL), flags); /* still open, and as it was */
}

/* --- Options --- */

static const struct {
    struct link_option options[2];
    size_t count;
    int code;
    const char *word, *advice;
} bad_options[] = {
    {{{NULL, NULL}}, 0, EINVAL, "either option 'device'", "'fd'"},
    {{{"device", "tap0"}, {"fd", "3"}}, 2, EINVAL, "either option 'device'", "'fd'"},
    {{{"name", "tap0"}}, 1, EINVAL, "unknown option 'name'", "device, fd, offload"},
    {{{"device", "tap0"}, {"device", "tap1"}}, 2, EINVAL, "'device'", "twice"},
    {{{"fd", "3"}, {"fd", "3"}}, 2, EINVAL, "'fd'", "twice"},
    {{{"offload", "off"}}, 1, EINVAL, "either option 'device'", "'fd'"},
    {{{"offload", "off"}, {"offload", "off"}}, 2, EINVAL, "'offload'", "twice"},
    {{{"offload", "on"}}, 1, EINVAL, "'offload' is 'on'", "auto or off"},
    {{{"offload", ""}}, 1, EINVAL, "'offload' is ''", "auto or off"},
    {{{"fd", ""}}, 1, EINVAL, "'fd' is ''", "number of a descriptor"},
    {{{"fd", "-1"}}, 1, EINVAL, "'fd' is '-1'", "number of a descriptor"},
    {{{"fd", "3 "}}, 1, EINVAL, "'fd' is '3 '", "number of a descriptor"},
    {{{"fd", "4294967299"}}, 1, EINVAL, "'fd' is '4294967299'", "number of a descriptor"},
    {{{"device", ""}}, 1, EINVAL, "'device' is empty", "interface name"},
    {{{"device", "sixteen-letters-"}}, 1, ENAMETOOLONG, "'sixteen-letters-'", "at most 15"},
    {{{"device", "a/b"}}, 1, EINVAL, "'a/b'", "no blanks"},
    {{{"device", "a\nb"}}, 1, EINVAL, "'a?b'", "no blanks"},
    {{{"device", "tap%d"}}, 1, EINVAL, "'tap%d'", "no blanks"},
    {{{"device", ".."}}, 1, EINVAL, "'..'", "is not an interface name"},
};

START_TEST(options_refused)
{
    check_refused(bad_options[_i].options, bad_options[_i].count, bad_options[_i].code,
                  bad_options[_i].word, bad_options[_i].advice);
}
END_TEST

START_TEST(help_names_the_keys)
{
    ck_assert_int_eq(strncmp(winlwip_tap_driver.help, "device ", 7), 0);
    ck_assert_ptr_nonnull(strstr(winlwip_tap_driver.help, "\nfd "));
    ck_assert_ptr_nonnull(strstr(winlwip_tap_driver.help, "\noffload "));
}
END_TEST

/* --- Devices --- */

START_TEST(device_in_use)
{
    struct link *link;

    if (!tapfix_enter()) {
        return;
    }
    link = tapfix_open(NAME);
    check_device_refused(NAME, EBUSY, "'" NAME "' is in use", "another process");
    link->ops->close(link);
    link = tapfix_open(NAME);
    link->ops->close(link);
}
END_TEST

START_TEST(other_kinds_of_device)
{
    if (!tapfix_enter()) {
        return;
    }
    tapfix_device("tun7", IFF_TUN | IFF_NO_PI);
    check_device_refused("tun7", EINVAL, "'tun7' is a TUN:", "name a TAP");
    tapfix_device("tap7", IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE);
    check_device_refused("tap7", EINVAL, "'tap7' is a TAP with several queues:", "name a TAP");
    check_device_refused("lo", EINVAL, "'lo' is another kind of interface:", "name a TAP");
}
END_TEST

START_TEST(wrong_descriptors)
{
    int ends[2];

    if (!tapfix_enter()) {
        return;
    }
    ck_assert_int_eq(pipe(ends), 0);
    check_fd_refused(ends[0], EINVAL, "is not a descriptor of /dev/net/tun");
    close(ends[0]);
    close(ends[1]);
    check_fd_refused(ends[0], EBADF, "Bad file descriptor");
    check_fd_refused(tapfix_device(NAME, 0), EBADFD, "is not attached to a device");
    check_fd_refused(tapfix_device("tun7", IFF_TUN | IFF_NO_PI), EINVAL, "is a TUN, not a TAP");
    check_fd_refused(tapfix_device("tap7", IFF_TAP), EINVAL, "has packet information");
}
END_TEST

/* --- Missing rights and device nodes, in a child --- */

struct answer {
    int result;
    char error[LINK_ERROR_BYTES];
};

/* What open() says in a child process that has called prepare(). */
static struct answer open_in_child(bool (*prepare)(void))
{
    const struct link_option option = {"device", NAME};
    struct answer answer = {.result = 1};
    struct link *link;
    int ends[2], status;
    pid_t child;

    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (prepare()) {
            answer.result = winlwip_tap_driver.open(&option, 1, &link, answer.error);
        }
        _exit(write(ends[1], &answer, sizeof(answer)) != sizeof(answer));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(read(ends[0], &answer, sizeof(answer)), sizeof(answer));
    close(ends[0]);
    close(ends[1]);
    return answer;
}

static void check_child(bool (*prepare)(void), int code, const char *word, const char *advice)
{
    struct answer answer = open_in_child(prepare);

    ck_assert_msg(answer.result != 1, "the child could not be prepared");
    ck_assert_msg(answer.result == -code, "open returned %d: %s", answer.result, answer.error);
    check_text(answer.error, word, advice);
}

/* A root directory for the child with nothing but dev/net. The parent removes it. */
static char root[] = "/tmp/winlwip-tap-XXXXXX";

static bool enter_root(void)
{
    return chroot(root) == 0 && chdir("/") == 0;
}

static bool without_module(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/net/tun"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    /* Opening a bound socket by name fails as a node without a driver does: ENXIO. */
    return enter_root() && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

static bool without_right_to_open(void)
{
    int fd;

    if (!enter_root() || unlink("/dev/net/tun") != 0) {
        return false;
    }
    fd = open("/dev/net/tun", O_WRONLY | O_CREAT, 0000);
    if (fd < 0) {
        return false;
    }
    return geteuid() != 0 || (setegid(65534) == 0 && seteuid(65534) == 0);
}

static bool without_memory_of_descriptors(void)
{
    while (open("/dev/null", O_RDONLY) >= 0) {
        /* until there are no numbers left */
    }
    return errno == EMFILE;
}

static bool without_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};

    return syscall(SYS_capset, &header, none) == 0;
}

static void make_root(void)
{
    char path[64];

    ck_assert_ptr_nonnull(mkdtemp(root));
    ck_assert_int_eq(chmod(root, 0755), 0);
    snprintf(path, sizeof(path), "%s/dev", root);
    ck_assert_int_eq(mkdir(path, 0755), 0);
    snprintf(path, sizeof(path), "%s/dev/net", root);
    ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void remove_root(void)
{
    static const char *const parts[] = {"/dev/net/tun", "/dev/net", "/dev", ""};
    char path[64];

    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s%s", root, parts[i]);
        remove(path);
    }
    strcpy(root + sizeof(root) - 7, "XXXXXX");
}

START_TEST(missing_device_node)
{
    if (!tapfix_enter()) {
        return;
    }
    check_child(enter_root, ENOENT, "there is no /dev/net/tun", "modprobe tun");
    check_child(without_module, ENXIO, "no driver behind it", "modprobe tun");
    check_child(without_right_to_open, EACCES, "no right to open /dev/net/tun", "chmod 0666");
}
END_TEST

START_TEST(missing_rights)
{
    if (!tapfix_enter()) {
        return;
    }
    check_child(without_capabilities, EPERM, "no right to use device '" NAME "'",
                "ip tuntap add dev " NAME " mode tap user USER");
    check_child(without_memory_of_descriptors, EMFILE, "cannot open /dev/net/tun", "Too many");
}
END_TEST

TCase *tap_errors_case(void)
{
    TCase *errors = tcase_create("tap-errors");

    tcase_add_unchecked_fixture(errors, make_root, remove_root);
    tcase_add_checked_fixture(errors, NULL, tapfix_leave);
    tcase_add_loop_test(errors, options_refused, 0, sizeof(bad_options) / sizeof(bad_options[0]));
    tcase_add_test(errors, help_names_the_keys);
    tcase_add_test(errors, device_in_use);
    tcase_add_test(errors, other_kinds_of_device);
    tcase_add_test(errors, wrong_descriptors);
    tcase_add_test(errors, missing_device_node);
    tcase_add_test(errors, missing_rights);
    return errors;
}
