/*
 * process.c - runs of the command-line program.
 */
#define _GNU_SOURCE /* pipe2 */
#include "tests/support/process.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 64

/* Cuts arguments into words, behind the program's name, and a NULL. */
static void cut(char *arguments, char **words)
{
    static char name[] = "winlwip";
    size_t count = 0;

    words[count++] = name;
    for (char *word = strtok(arguments, " "); word != NULL; word = strtok(NULL, " ")) {
        ck_assert_uint_lt(count, WORDS_MAX - 1);
        words[count++] = word;
    }
    words[count] = NULL;
}

static void program_path(char *path, size_t room)
{
    ssize_t bytes = readlink("/proc/self/exe", path, room - 1);
    char *slash;

    ck_assert_int_gt(bytes, 0);
    path[bytes] = '\0';
    slash = strrchr(path, '/');
    ck_assert_uint_lt((size_t)(slash - path) + sizeof("/winlwip"), room);
    strcpy(slash, "/winlwip");
    ck_assert_msg(access(path, X_OK) == 0, "%s is not built", path);
}

void process_start(struct process *process, const char *format, ...)
{
    char path[4096], arguments[2048];
    char *words[WORDS_MAX];
    va_list values;
    int ends[2];

    va_start(values, format);
    ck_assert_int_lt(vsnprintf(arguments, sizeof(arguments), format, values),
                     (int)sizeof(arguments));
    va_end(values);
    cut(arguments, words);
    program_path(path, sizeof(path));
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    process->errors = tmpfile();
    ck_assert_ptr_nonnull(process->errors);
    process->child = fork();
    ck_assert_int_ge(process->child, 0);
    if (process->child == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && dup2(ends[1], STDOUT_FILENO) >= 0 &&
            dup2(fileno(process->errors), STDERR_FILENO) >= 0)
            execv(path, words);
        _exit(127);
    }
    close(ends[1]);
    process->output = fdopen(ends[0], "r");
    ck_assert_ptr_nonnull(process->output);
}

void process_line(const struct process *process, char *line, size_t room)
{
    ck_assert_ptr_nonnull(fgets(line, (int)room, process->output));
    ck_assert_ptr_nonnull(strchr(line, '\n'));
}

/* The rest of a file, which is text, as a string. */
static char *read_rest(FILE *file)
{
    char *text = NULL;
    size_t room = 0;

    if (getdelim(&text, &room, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    ck_assert_ptr_nonnull(text);
    return text;
}

void process_finish(struct process *process, struct process_result *result)
{
    int status;

    result->output = read_rest(process->output);
    ck_assert_int_eq(waitpid(process->child, &status, 0), process->child);
    result->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    rewind(process->errors);
    result->errors = read_rest(process->errors);
    fclose(process->output);
    fclose(process->errors);
}

void process_result_free(struct process_result *result)
{
    free(result->output);
    free(result->errors);
}

/* Bytes of a line that are worth showing. */
static int line_bytes(const char *line)
{
    size_t bytes = strcspn(line, "\n");

    return bytes < 1000 ? (int)bytes : 1000;
}

void process_assert_same(const char *mode, const char *shown, const char *expected)
{
    size_t line = 0;

    if (strcmp(shown, expected) == 0)
        return;
    for (size_t i = 0; shown[i] == expected[i]; i++) {
        if (shown[i] == '\n')
            line = i + 1;
    }
    ck_abort_msg("%s shows\n%.*s\ninstead of\n%.*s", mode, line_bytes(shown + line), shown + line,
                 line_bytes(expected + line), expected + line);
}
