/*
 * io.h - the one function of Visual C's <io.h> that the programs call
 *
 * Files are no part of Winsock.
 */
#ifndef COAP_SHIM_IO_H
#define COAP_SHIM_IO_H

/* Whether the file at path may be used as mode says: 0, or -1 with errno. Of R_OK (4) and W_OK (2),
 * which are Visual C's numbers and this machine's. */
int _access(const char *path, int mode);

#endif
