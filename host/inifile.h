/*
 * inifile.h - INI files line by line, for those who have to name the line of a mistake.
 */
#ifndef HOST_INIFILE_H
#define HOST_INIFILE_H

/*
 * Who reads a file. section() and key() return 0, or -errno after they have left a message; the
 * reading ends then. fail() leaves the message for a mistake that the reader itself has met, of
 * that line (0: of the whole file), and returns code.
 */
struct inifile_handler {
    int (*section)(void *context, unsigned line, const char *title);
    int (*key)(void *context, unsigned line, const char *key, const char *value);
    int (*fail)(void *context, unsigned line, int code, const char *text);
    /* Withdraws the message that was left: one of an earlier line is to take its place. */
    void (*forget)(void *context);
};

/*
 * Reads the file at path. Returns 0; what section() or key() returned; and after fail(): what
 * opening the file gave, -EIO, -EINVAL for its form, -ENOMEM, or -ENOTSUP where the program was
 * linked without a parser (WINLWIP_NO_FILES).
 */
int inifile_read(const char *path, const struct inifile_handler *handler, void *context);

#endif
