/* Must not compile: the C library's socket header, then Winsock. */
#include <sys/socket.h>
#include <winsock2.h>
