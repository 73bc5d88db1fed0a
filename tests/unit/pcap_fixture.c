/*
 * pcap_fixture.c - what the tests of the pcap driver share.
 */
#include "tests/unit/pcap_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct capture_file pcapfix_file;

static char directory[256];

void pcapfix_make_directory(void)
{
    const char *parent = getenv("TMPDIR");

    snprintf(directory, sizeof(directory), "%s/winlwip-pcap-XXXXXX",
             parent != NULL ? parent : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

void pcapfix_remove_directory(void)
{
    DIR *entries = opendir(directory);
    struct dirent *entry;

    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        remove(pcapfix_path(entry->d_name));
    }
    if (entries != NULL) {
        closedir(entries);
    }
    rmdir(directory);
}

const char *pcapfix_path(const char *name)
{
    static char paths[8][1024];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
    return path;
}

struct link *pcapfix_open(const struct link_option *options, size_t count)
{
    char error[LINK_ERROR_BYTES] = "";
    struct link *link = NULL;
    int result = winlwip_pcap_driver.open(options, count, &link, error);

    ck_assert_msg(result == 0, "open returned %d: %s", result, error);
    return link;
}

struct link *pcapfix_open_saved(const char *key, const char *value)
{
    const struct link_option options[] = {{"file", pcapfix_path("capture")}, {key, value}};

    capture_file_save(&pcapfix_file, options[0].value);
    return pcapfix_open(options, key != NULL ? 2 : 1);
}

void pcapfix_refused(const struct link_option *options, size_t count, int code, const char *word,
                     const char *advice)
{
    char error[LINK_ERROR_BYTES + 1];
    struct link *link = NULL;
    int descriptors = pcapfix_open_descriptors();
    int result;

    memset(error, '#', sizeof(error));
    result = winlwip_pcap_driver.open(options, count, &link, error);
    ck_assert_msg(result == -code, "open returned %d instead of %d: %s", result, -code, error);
    ck_assert_ptr_nonnull(memchr(error, '\0', LINK_ERROR_BYTES));
    ck_assert_int_eq(error[LINK_ERROR_BYTES], '#');
    ck_assert_msg(strncmp(error, "pcap: ", 6) == 0 && strchr(error, '\n') == NULL, "%s", error);
    ck_assert_msg(strstr(error, word) != NULL, "no '%s' in: %s", word, error);
    ck_assert_msg(strstr(error, advice) != NULL, "no '%s' in: %s", advice, error);
    ck_assert_ptr_null(link);
    ck_assert_int_eq(pcapfix_open_descriptors(), descriptors);
}

int pcapfix_receive(struct link *link, struct link_frame *frame)
{
    return link->ops->receive(link, frame, 1);
}

void pcapfix_fill(uint8_t *data, size_t bytes, unsigned seed)
{
    for (size_t i = 0; i < bytes; i++) {
        data[i] = (uint8_t)(seed * 151 + i * 7 + i / 256);
    }
}

void pcapfix_check(const struct link_frame *frame, const uint8_t *data, size_t bytes)
{
    ck_assert_uint_eq(frame->bytes, bytes);
    ck_assert_mem_eq(frame->data, data, bytes);
}

int pcapfix_open_descriptors(void)
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
