/*
 * library.c - finds libpcap's functions.
 *
 * State: the table of functions, written once. The library stays until the process ends.
 */
#include "drivers/pcap/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "stack/link.h"

/* Debian's name for it, then everybody else's. */
static const char *const names[] = {"libpcap.so.0.8", "libpcap.so.1"};

#define FUNCTION(name_) {"pcap_" #name_, offsetof(struct libpcap, name_)},

static const struct {
    const char *name;
    size_t offset;
} functions[] = {LIBPCAP_FUNCTIONS(FUNCTION)};

struct libpcap libpcap;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;
static char reason[128];

static void *open_library(void)
{
    void *library = NULL;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && library == NULL; i++) {
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    }
    if (library == NULL) {
        snprintf(reason, sizeof(reason), "libpcap is not installed: %.90s", dlerror());
    }
    return library;
}

static void load(void)
{
    void *library = open_library();

    if (library == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        void *function = dlsym(library, functions[i].name);
        if (function == NULL) {
            snprintf(reason, sizeof(reason), "libpcap is too old: it has no %s()",
                     functions[i].name);
            return;
        }
        memcpy((char *)&libpcap + functions[i].offset, &function, sizeof(function));
    }
    loaded = true;
}

int libpcap_load(char *error)
{
    pthread_once(&once, load);
    if (!loaded) {
        snprintf(error, LINK_ERROR_BYTES, "%s", reason);
    }
    return loaded ? 0 : -ELIBACC;
}
