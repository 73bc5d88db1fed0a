/*
 * words.c - values of a lab's keys: words of a command, times. Pure functions.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/values.h"
#include "lab/lab.h"

/* The longest time that can be said: a day. */
#define TIME_MAX_MS 86400000u

/* Takes a quoted piece that begins at text into *to. Returns what is behind it, or NULL. */
static const char *take_quoted(const char *text, char **to)
{
    char quote = *text++;

    while (*text != quote) {
        if (*text == '\\' && quote == '"' && (text[1] == '"' || text[1] == '\\')) {
            text++;
        }
        if (*text == '\0') {
            return NULL;
        }
        *(*to)++ = *text++;
    }
    return text + 1;
}

/* Takes one word into to, which has room for all of text. Returns what is behind it, or NULL. */
static const char *take_word(const char *text, char *to)
{
    while (text != NULL && *text != '\0' && *text != ' ' && *text != '\t') {
        if (*text == '\'' || *text == '"') {
            text = take_quoted(text, &to);
            continue;
        }
        if (*text == '\\' && *++text == '\0') {
            return NULL;
        }
        *to++ = *text++;
    }
    *to = '\0';
    return text;
}

static int append(const char *word, char ***words, size_t *count)
{
    char **grown = reallocarray(*words, *count + 2, sizeof(*grown));
    char *copy;

    if (grown == NULL) {
        return -ENOMEM;
    }
    *words = grown;
    copy = strdup(word);
    if (copy == NULL) {
        return -ENOMEM;
    }
    grown[(*count)++] = copy;
    grown[*count] = NULL;
    return 0;
}

int lab_words(const char *text, char ***words, size_t *count)
{
    char *word = malloc(strlen(text) + 1);
    int status = word == NULL ? -ENOMEM : 0;

    while (status == 0 && *(text += strspn(text, " \t")) != '\0') {
        text = take_word(text, word);
        if (text == NULL) {
            status = -EINVAL;
            break;
        }
        status = append(word, words, count);
    }
    free(word);
    return status;
}

int lab_time(const char *text, unsigned *out)
{
    static const struct {
        const char *name;
        unsigned ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}};
    size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits + strspn(text + digits, " ");
    char number[16];
    unsigned value;

    if (strcmp(text, "0") == 0) {
        *out = 0;
        return 0;
    }
    if (digits >= sizeof(number)) {
        return -EINVAL;
    }
    memcpy(number, text, digits);
    number[digits] = '\0';
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(unit, units[i].name) == 0) {
            int status = value_number(number, 0, TIME_MAX_MS / units[i].ms, &value);

            *out = status == 0 ? value * units[i].ms : *out;
            return status;
        }
    }
    return -EINVAL;
}
