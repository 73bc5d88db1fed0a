/*
 * messages.h - error codes in words, for FormatMessage and gai_strerror. Pure functions.
 */
#ifndef WINSOCK_MESSAGES_H
#define WINSOCK_MESSAGES_H

#include <winsock2.h>

/*
 * The text of a Win32 or Winsock code: ASCII, one sentence, no line end. Static; NULL when the code
 * is not known.
 */
const char *messages_text(DWORD code);

/* The same as 16-bit characters. */
const WCHAR *messages_wide_text(DWORD code);

#endif
