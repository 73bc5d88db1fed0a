/*
 * library.c - finds libvdeplug's functions.
 *
 * State: the table of functions, written once. The library stays until the process ends; its
 * modules, one for each kind of URL, it loads and unloads itself.
 */
#include "drivers/vde/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "stack/link.h"

#define FUNCTION(name_) {"vde_" #name_, offsetof(struct libvdeplug, name_)},

static const struct {
    const char *name;
    size_t offset;
} functions[] = {LIBVDEPLUG_FUNCTIONS(FUNCTION)};

struct libvdeplug libvdeplug;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;
static char reason[160];

static void load(void)
{
    void *library = dlopen("libvdeplug.so.2", RTLD_NOW | RTLD_LOCAL);

    if (library == NULL) {
        snprintf(reason, sizeof(reason), "vde: libvdeplug is not installed: %.120s", dlerror());
        return;
    }
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        void *function = dlsym(library, functions[i].name);
        if (function == NULL) {
            snprintf(reason, sizeof(reason), "vde: libvdeplug is too old: it has no %s()",
                     functions[i].name);
            return;
        }
        memcpy((char *)&libvdeplug + functions[i].offset, &function, sizeof(function));
    }
    loaded = true;
}

int libvdeplug_load(char *error)
{
    pthread_once(&once, load);
    if (!loaded) {
        snprintf(error, LINK_ERROR_BYTES, "%s", reason);
    }
    return loaded ? 0 : -ELIBACC;
}
