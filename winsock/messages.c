/*
 * messages.c - the table of messages.def, in both widths.
 */
#include "winsock/messages.h"

#include <stddef.h>

struct message {
    DWORD code;
    const char *text;
    const WCHAR *wide;
};

static const struct message messages[] = {
#define MESSAGE(code, text) {code, text, u"" text},
#include "winsock/messages.def"
#undef MESSAGE
};

static const struct message *find(DWORD code)
{
    for (size_t i = 0; i < ARRAYSIZE(messages); i++) {
        if (messages[i].code == code) {
            return &messages[i];
        }
    }
    return NULL;
}

const char *messages_text(DWORD code)
{
    const struct message *message = find(code);

    return message != NULL ? message->text : NULL;
}

const WCHAR *messages_wide_text(DWORD code)
{
    const struct message *message = find(code);

    return message != NULL ? message->wide : NULL;
}
