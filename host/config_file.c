/*
 * config_file.c - a configuration from an INI file (inifile.c).
 */
#include "host/config.h"

#include "host/inifile.h"

static int take_section(void *context, unsigned line, const char *title)
{
    struct config *config = context;

    config->line = line;
    return config_section(config, title);
}

static int take_key(void *context, unsigned line, const char *key, const char *value)
{
    struct config *config = context;

    config->line = line;
    return config_set(config, key, value);
}

static int fail(void *context, unsigned line, int code, const char *text)
{
    return config_fail(context, line, code, "%s", text);
}

static void forget(void *context)
{
    ((struct config *)context)->error[0] = '\0';
}

int config_read_file(struct config *config)
{
    static const struct inifile_handler handler = {take_section, take_key, fail, forget};
    int status = inifile_read(config->file, &handler, config);

    return status == 0 ? config_finish(config) : status;
}
