/*
 * config_file.c - a configuration from an INI file, by libinih (ini.c).
 *
 * libinih tells its handler neither the line nor sections without keys, and cuts long lines and
 * titles silently. So it gets its lines from read_line() here, which counts them, begins sections
 * when their title passes by, and refuses what libinih would cut. Leading blanks are taken off
 * each line, so that no line continues the one before: a list goes on in a second line with the
 * same key.
 */
#include "host/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct reader {
    struct config *config;
    FILE *file;
    int status; /* 0, or -errno of the first error, whose text config has */
};

/* Reads the rest of a line that was too long for the buffer. */
static void skip_line(FILE *file)
{
    int c;

    do {
        c = getc(file);
    } while (c != '\n' && c != EOF);
}

/* Takes blanks, and on the first line the byte order mark of UTF-8, off the front. */
static void strip_front(char *text, unsigned line)
{
    size_t front = line == 1 && strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

    front += strspn(text + front, " \t");
    memmove(text, text + front, strlen(text + front) + 1);
}

/* Begins the section whose title line is text; libinih sees the line too and checks its end. */
static int begin_section(struct config *config, const char *text)
{
    char title[256];
    size_t length = strcspn(text + 1, "]");
    const char *tail = text + 1 + length;

    if (*tail != ']' || length >= sizeof(title)) {
        return 0;
    }
    tail += 1 + strspn(tail + 1, " \t\r\n");
    if (*tail != '\0' && *tail != ';' && *tail != '#') {
        return config_fail(config, config->line, -EINVAL, "text behind the section title");
    }
    memcpy(title, text + 1, length);
    title[length] = '\0';
    return config_section(config, title);
}

/*
 * libinih's reader: fgets() that keeps count. Ends the file early after an error, so that its
 * line is the last one counted.
 */
static char *read_line(char *text, int room, void *context)
{
    struct reader *reader = context;
    struct config *config = reader->config;

    if (reader->status != 0 || fgets(text, room, reader->file) == NULL) {
        return NULL;
    }
    config->line++;
    if (strchr(text, '\n') == NULL && strlen(text) + 1 == (size_t)room) {
        skip_line(reader->file);
        reader->status = config_fail(config, config->line, -EINVAL,
                                     "line is longer than %d characters", room - 2);
        return NULL;
    }
    strip_front(text, config->line);
    if (text[0] == '[') {
        reader->status = begin_section(config, text);
    }
    return reader->status == 0 ? text : NULL;
}

/* libinih's handler: one key. Returns non-zero when it is taken. The section is known already. */
static int take_key(void *context, const char *section, const char *key, const char *value)
{
    struct reader *reader = context;

    (void)section;
    if (reader->status == 0) {
        reader->status = config_set(reader->config, key, value);
    }
    return reader->status == 0;
}

int config_read_file(struct config *config)
{
    struct reader reader = {.config = config};
    int bad_line;

    reader.file = fopen(config->file, "re");
    if (reader.file == NULL) {
        return config_fail(config, 0, -errno, "can't be opened: %s", strerror(errno));
    }
    bad_line = winlwip_ini_parse(read_line, &reader, take_key, &reader);
    if (reader.status == 0 && ferror(reader.file)) {
        reader.status = config_fail(config, 0, -EIO, "can't be read");
    }
    fclose(reader.file);
    if (bad_line == WINLWIP_INI_MISSING) {
        return config_fail(config, 0, -ENOTSUP, "this program reads no configuration files");
    }
    if (reader.status == 0 && bad_line < 0) {
        return config_fail(config, 0, -ENOMEM, "out of memory");
    }
    if (bad_line > 0 && (reader.status == 0 || (unsigned)bad_line < config->line)) {
        config->error[0] = '\0'; /* libinih met a line that is no key in front of our first error */
        return config_fail(config, (unsigned)bad_line, -EINVAL,
                           "neither a [section] nor key = value");
    }
    return reader.status == 0 ? config_finish(config) : reader.status;
}
