/*
 * io.h - files by number, under the names of Microsoft's C library
 */
#ifndef USRSCTP_IO_H
#define USRSCTP_IO_H

#include <stdio.h>
#include <unistd.h>

#define _fileno fileno
#define _write write

#endif
