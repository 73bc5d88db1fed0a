/*
 * wsa.h - names of Winsock errors.
 */
#ifndef TOOLS_WSA_H
#define TOOLS_WSA_H

/* "WSAEMSGSIZE", or "error 12345" for one that has no name here (static storage, one thread). */
const char *wsa_name(int error);

#endif
