/*
 * output.c - what hosts print.
 *
 * Theory of operation
 *
 * Each host has a pipe, read without waiting, and a line under way, at most LINE_BYTES long: a
 * longer one is cut into several. A line goes to the host's log, if there are logs, and to standard
 * output behind the name of the host, in a colour on a terminal. The text that says that a host is
 * ready is looked for in each line. On a terminal control characters of hosts are not passed on,
 * save tabs.
 *
 * An error of standard output (a pipe that nobody reads) ends the showing, not the lab.
 */
#define _GNU_SOURCE
#include "lab/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_BYTES 4096
#define READ_BYTES 16384

/* Of a terminal (ECMA-48): foregrounds that are read on dark and on light. */
static const char *const colours[] = {"\033[36m", "\033[33m", "\033[32m", "\033[35m",
                                      "\033[34m", "\033[31m"};
#define NO_COLOUR "\033[0m"

struct stream {
    FILE *log;
    unsigned long lines;
    size_t used; /* of the line under way */
    char line[LINE_BYTES];
};

struct output {
    const struct lab *lab;
    struct stream *streams; /* one for each host */
    int width;              /* of the longest name */
    bool show;
    bool terminal;
    bool colour;
};

static int open_logs(struct output *output)
{
    const struct lab *lab = output->lab;
    char path[PATH_MAX];

    if (mkdir(lab->logs, 0777) != 0 && errno != EEXIST) {
        return inside_fail(-errno, "%s: %s", lab->logs, strerror(errno));
    }
    for (size_t i = 0; i < lab->host_count; i++) {
        if (lab->hosts[i].role == LAB_ROUTER) {
            continue;
        }
        snprintf(path, sizeof(path), "%s/%s.log", lab->logs, lab->hosts[i].name);
        output->streams[i].log = fopen(path, "we");
        if (output->streams[i].log == NULL) {
            return inside_fail(-errno, "%s: %s", path, strerror(errno));
        }
    }
    return 0;
}

struct output *output_new(const struct inside *inside)
{
    const struct lab *lab = inside->lab;
    struct output *output = calloc(1, sizeof(*output));

    if (output != NULL) {
        output->streams = calloc(lab->host_count, sizeof(*output->streams));
    }
    if (output == NULL || output->streams == NULL) {
        free(output);
        inside_fail(0, "out of memory");
        return NULL;
    }
    output->lab = lab;
    output->show = !inside->options->quiet;
    output->terminal = isatty(STDOUT_FILENO) == 1;
    output->colour = output->terminal && getenv("NO_COLOR") == NULL;
    for (size_t i = 0; i < lab->host_count; i++) {
        int length = (int)strlen(lab->hosts[i].name);

        output->width = length > output->width ? length : output->width;
    }
    if (lab->logs != NULL && open_logs(output) != 0) {
        output_free(output);
        return NULL;
    }
    return output;
}

void output_free(struct output *output)
{
    for (size_t i = 0; i < output->lab->host_count; i++) {
        if (output->streams[i].log != NULL) {
            fclose(output->streams[i].log);
        }
    }
    free(output->streams);
    free(output);
}

static void print_name(const struct output *output, size_t host, const char *mark)
{
    size_t count = sizeof(colours) / sizeof(colours[0]);

    printf("%s%-*s%s %s ", output->colour ? colours[host % count] : "", output->width,
           output->lab->hosts[host].name, output->colour ? NO_COLOUR : "", mark);
}

/* Shows the line under way. */
static void show_line(struct output *output, size_t host)
{
    struct stream *stream = &output->streams[host];

    for (size_t i = 0; output->terminal && i < stream->used; i++) {
        unsigned char c = (unsigned char)stream->line[i];

        stream->line[i] = (char)((c < ' ' && c != '\t') || c == 127 ? '?' : c);
    }
    print_name(output, host, "|");
    fwrite(stream->line, 1, stream->used, stdout);
    putchar('\n');
}

/* Has all lines be seen, and be in the log. */
static void flush(struct output *output, size_t host)
{
    if (output->streams[host].log != NULL) {
        fflush(output->streams[host].log);
    }
    if (output->show) {
        output->show = fflush(stdout) == 0;
    }
}

static void end_line(struct output *output, struct inside *inside, size_t host)
{
    struct stream *stream = &output->streams[host];
    const char *ready = output->lab->hosts[host].ready;

    stream->lines++;
    if (stream->log != NULL) {
        fwrite(stream->line, 1, stream->used, stream->log);
        putc('\n', stream->log);
    }
    if (ready != NULL && memmem(stream->line, stream->used, ready, strlen(ready)) != NULL) {
        hosts_ready(inside, host);
    }
    if (output->show) {
        show_line(output, host);
    }
    stream->used = 0;
}

bool output_read(struct output *output, struct inside *inside, size_t host)
{
    struct stream *stream = &output->streams[host];
    char text[READ_BYTES];
    ssize_t bytes = read(inside->hosts[host].pipe[0], text, sizeof(text));

    if (bytes <= 0) {
        return bytes < 0 && errno == EINTR;
    }
    for (ssize_t i = 0; i < bytes; i++) {
        if (text[i] == '\n') {
            end_line(output, inside, host);
            continue;
        }
        if (stream->used == sizeof(stream->line)) {
            end_line(output, inside, host);
        }
        stream->line[stream->used++] = text[i];
    }
    flush(output, host);
    return true;
}

void output_finish(struct output *output, struct inside *inside, size_t host)
{
    if (output->streams[host].used > 0) {
        end_line(output, inside, host);
        flush(output, host);
    }
}

void output_event(struct output *output, size_t host, const char *format, ...)
{
    va_list arguments;

    if (!output->show || !output->terminal) {
        return;
    }
    print_name(output, host, "=");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    output->show = fflush(stdout) == 0;
}

unsigned long output_lines(const struct output *output, size_t host)
{
    return output->streams[host].lines;
}
