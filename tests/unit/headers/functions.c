/* Refers to every function and variable that the headers declare; run.sh looks at the symbols. */
#include <iphlpapi.h>
#include <mmsystem.h>
#include <mstcpip.h>
#include <mswsock.h>
#include <process.h>
#include <ws2tcpip.h>

typedef void (*any_function)(void);

extern const any_function used[];
const any_function used[] = {
#define FUNCTION(name) (any_function)name,
#include "functions.def"
#undef FUNCTION
};

extern const IN6_ADDR *const variables[];
const IN6_ADDR *const variables[] = {&in6addr_any, &in6addr_loopback};
