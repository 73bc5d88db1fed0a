/*
 * api_kernel_message.c - FormatMessage for error codes. No state.
 *
 * The texts have no inserts and one line, so that FORMAT_MESSAGE_IGNORE_INSERTS, the arguments and
 * a width say nothing, save FORMAT_MESSAGE_MAX_WIDTH_MASK, which asks for no line end.
 */
#include <windows.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "winsock/messages.h"

#define SOURCES \
    (FORMAT_MESSAGE_FROM_STRING | FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_FROM_SYSTEM)

/* A text in two parts, both ASCII. */
struct formatted {
    const char *text;
    const char *end;
    size_t text_length;
    size_t length; /* of both, without a zero */
};

/*
 * Checks a call and finds its text. Returns 0, ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED,
 * ERROR_MR_MID_NOT_FOUND.
 */
static DWORD find(DWORD flags, DWORD id, const void *buffer, struct formatted *found)
{
    if (buffer == NULL || (flags & SOURCES) == 0) {
        return ERROR_INVALID_PARAMETER;
    }
    if ((flags & FORMAT_MESSAGE_FROM_STRING) != 0) {
        return ERROR_NOT_SUPPORTED;
    }
    /* Modules have no texts: they are asked first, and the system after them. */
    found->text = (flags & FORMAT_MESSAGE_FROM_SYSTEM) != 0 ? messages_text(id) : NULL;
    if (found->text == NULL) {
        return ERROR_MR_MID_NOT_FOUND;
    }
    /* As Windows does it: a line end counts as a blank where there are to be no lines. */
    found->end =
        (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK ? " " : "\r\n";
    found->text_length = strlen(found->text);
    found->length = found->text_length + strlen(found->end);
    return 0;
}

/*
 * Where to write: the caller's buffer, or with FORMAT_MESSAGE_ALLOCATE_BUFFER a new one, whose
 * address the caller's pointer gets. size: of the buffer, or the least to allocate, in characters.
 * Returns 0, ERROR_INSUFFICIENT_BUFFER, ERROR_NOT_ENOUGH_MEMORY.
 */
static DWORD find_room(DWORD flags, const struct formatted *found, DWORD size, size_t width,
                       void *buffer, void **room)
{
    size_t needed = found->length + 1;

    if ((flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) == 0) {
        *room = buffer;
        return needed <= size ? 0 : ERROR_INSUFFICIENT_BUFFER;
    }
    *room = LocalAlloc(LMEM_FIXED, (needed < size ? size : needed) * width);
    memcpy(buffer, room, sizeof(*room));
    return *room != NULL ? 0 : ERROR_NOT_ENOUGH_MEMORY;
}

static DWORD format(DWORD flags, DWORD id, DWORD size, size_t width, void *buffer,
                    struct formatted *found, void **room)
{
    static void *const nothing;
    DWORD error;

    if ((flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) != 0 && buffer != NULL) {
        memcpy(buffer, &nothing, sizeof(nothing));
    }
    error = find(flags, id, buffer, found);
    if (error == 0) {
        error = find_room(flags, found, size, width, buffer, room);
    }
    if (error != 0) {
        SetLastError(error);
    }
    return error;
}

/* The character at a place, the zero behind the last included. */
static char at(const struct formatted *found, size_t i)
{
    if (i < found->text_length) {
        return found->text[i];
    }
    return found->end[i - found->text_length];
}

DWORD FormatMessageA(DWORD flags, LPCVOID source, DWORD id, DWORD language, LPSTR buffer,
                     DWORD size, va_list *arguments)
{
    struct formatted found;
    void *room;

    UNREFERENCED_PARAMETER(source);
    UNREFERENCED_PARAMETER(language);
    UNREFERENCED_PARAMETER(arguments);
    if (format(flags, id, size, sizeof(CHAR), buffer, &found, &room) != 0) {
        return 0;
    }
    for (size_t i = 0; i <= found.length; i++) {
        ((CHAR *)room)[i] = at(&found, i);
    }
    return (DWORD)found.length;
}

DWORD FormatMessageW(DWORD flags, LPCVOID source, DWORD id, DWORD language, LPWSTR buffer,
                     DWORD size, va_list *arguments)
{
    struct formatted found;
    void *room;

    UNREFERENCED_PARAMETER(source);
    UNREFERENCED_PARAMETER(language);
    UNREFERENCED_PARAMETER(arguments);
    if (format(flags, id, size, sizeof(WCHAR), buffer, &found, &room) != 0) {
        return 0;
    }
    for (size_t i = 0; i <= found.length; i++) {
        ((WCHAR *)room)[i] = (WCHAR)(unsigned char)at(&found, i);
    }
    return (DWORD)found.length;
}
