/* io.h: what libuv calls of it only files and consoles need; see desktop.h */
