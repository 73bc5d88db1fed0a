/*
 * winlwip/linkname.h - gives a Winsock function a link name of its own
 *
 * The C library has functions called socket, bind, send, shutdown as well, and a process needs both
 * sets at once. A macro would also rename the members and locals that programs call `send` or
 * `bind`; an asm label changes the symbol in the object file and nothing else.
 */
#ifndef WINLWIP_LINKNAME_H
#define WINLWIP_LINKNAME_H

/* Follows a declaration: int bind(...) WINLWIP_LINK("bind"); refers to the symbol winlwip_bind. */
#define WINLWIP_LINK(name) __asm__("winlwip_" name)

#endif
