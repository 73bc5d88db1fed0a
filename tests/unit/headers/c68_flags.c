/* C68: WSAMSG and its flags, which ws2def.h defines, come with winsock2.h. */
#include <winsock2.h>

ULONG known_flags(const WSAMSG *message)
{
    return message->dwFlags &
           (MSG_BCAST | MSG_MCAST | MSG_TRUNC | MSG_CTRUNC | MSG_PEEK | MSG_PARTIAL);
}
