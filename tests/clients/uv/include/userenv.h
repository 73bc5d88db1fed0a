/* userenv.h: nothing of it is needed; libuv's util.c includes it */
