/* Must not compile: glibc's FIONBIO would replace Winsock's silently. */
#include <winsock2.h>
#include <sys/ioctl.h>
