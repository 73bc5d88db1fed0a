/*
 * ini.c - the one call of libinih, in an object of its own.
 *
 * In the static library this file is a member apart from all others: the linker takes it only when
 * nobody else has defined its function, so a program with WINLWIP_NO_FILES (include/winlwip.h) is
 * linked without libinih.
 */
#include <ini.h>

#include "include/winlwip.h"

int winlwip_ini_parse(winlwip_ini_reader reader, void *stream, winlwip_ini_handler handler,
                      void *user)
{
    return ini_parse_stream(reader, stream, handler, user);
}
