/*
 * version.h - the version of the library, read by the compiler and by the Makefile
 */
#ifndef WINLWIP_CONFIG_VERSION_H
#define WINLWIP_CONFIG_VERSION_H

#define VERSION "0.1.0"

/* Changes when a program that was linked with the shared library has to be linked anew. */
#define VERSION_SO 0

#endif
