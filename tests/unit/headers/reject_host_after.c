/* Must not compile: Winsock, then the C library's socket header. */
#include <winsock2.h>
#include <sys/socket.h>
