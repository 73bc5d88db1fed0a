/*
 * inifile.c - INI files line by line, by libinih (ini.c).
 *
 * libinih tells its handler neither the line nor sections without keys, and cuts long lines and
 * titles silently. So it gets its lines from read_line() here, which counts them, begins sections
 * when their title passes by, and refuses what libinih would cut. Leading blanks are taken off
 * each line, so that no line continues the one before: a list goes on in a second line with the
 * same key.
 */
#include "host/inifile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "include/winlwip.h"

/* Longest message that is made here, and longest title of a section, bytes. */
#define TEXT_BYTES 256

struct reader {
    const struct inifile_handler *handler;
    void *context;
    FILE *file;
    unsigned line; /* that was read last, from 1 */
    int status;    /* 0, or -errno of the first error, whose text the handler has */
};

static int fail(struct reader *reader, unsigned line, int code, const char *text)
{
    return reader->handler->fail(reader->context, line, code, text);
}

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
static int begin_section(struct reader *reader, const char *text)
{
    char title[TEXT_BYTES];
    size_t length = strcspn(text + 1, "]");
    const char *tail = text + 1 + length;

    if (*tail != ']' || length >= sizeof(title)) {
        return 0;
    }
    tail += 1 + strspn(tail + 1, " \t\r\n");
    if (*tail != '\0' && *tail != ';' && *tail != '#') {
        return fail(reader, reader->line, -EINVAL, "text behind the section title");
    }
    memcpy(title, text + 1, length);
    title[length] = '\0';
    return reader->handler->section(reader->context, reader->line, title);
}

static int refuse_long_line(struct reader *reader, int room)
{
    char text[TEXT_BYTES];

    skip_line(reader->file);
    snprintf(text, sizeof(text), "line is longer than %d characters", room - 2);
    return fail(reader, reader->line, -EINVAL, text);
}

/*
 * libinih's reader: fgets() that keeps count. Ends the file early after an error, so that its
 * line is the last one counted.
 */
static char *read_line(char *text, int room, void *context)
{
    struct reader *reader = context;

    if (reader->status != 0 || fgets(text, room, reader->file) == NULL) {
        return NULL;
    }
    reader->line++;
    if (strchr(text, '\n') == NULL && strlen(text) + 1 == (size_t)room) {
        reader->status = refuse_long_line(reader, room);
        return NULL;
    }
    strip_front(text, reader->line);
    if (text[0] == '[') {
        reader->status = begin_section(reader, text);
    }
    return reader->status == 0 ? text : NULL;
}

/* libinih's handler: one key. Returns non-zero when it is taken. The section is known already. */
static int take_key(void *context, const char *section, const char *key, const char *value)
{
    struct reader *reader = context;

    (void)section;
    if (reader->status == 0) {
        reader->status = reader->handler->key(reader->context, reader->line, key, value);
    }
    return reader->status == 0;
}

static int refuse_to_open(struct reader *reader)
{
    int code = errno;
    char text[TEXT_BYTES];

    snprintf(text, sizeof(text), "can't be opened: %s", strerror(code));
    return fail(reader, 0, -code, text);
}

int inifile_read(const char *path, const struct inifile_handler *handler, void *context)
{
    struct reader reader = {.handler = handler, .context = context};
    int bad_line;

    reader.file = fopen(path, "re");
    if (reader.file == NULL) {
        return refuse_to_open(&reader);
    }
    bad_line = winlwip_ini_parse(read_line, &reader, take_key, &reader);
    if (reader.status == 0 && ferror(reader.file)) {
        reader.status = fail(&reader, 0, -EIO, "can't be read");
    }
    fclose(reader.file);
    if (bad_line == WINLWIP_INI_MISSING) {
        return fail(&reader, 0, -ENOTSUP, "this program reads no configuration files");
    }
    if (reader.status == 0 && bad_line < 0) {
        return fail(&reader, 0, -ENOMEM, "out of memory");
    }
    if (bad_line > 0 && (reader.status == 0 || (unsigned)bad_line < reader.line)) {
        /* libinih met a line that is no key in front of our first error. */
        handler->forget(context);
        return fail(&reader, (unsigned)bad_line, -EINVAL, "neither a [section] nor key = value");
    }
    return reader.status;
}
