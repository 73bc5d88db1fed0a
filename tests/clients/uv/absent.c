/*
 * absent.c - libuv's names for the kinds of handles that are not built: streams, consoles, files,
 * processes, signals, uv_poll_t
 *
 * The loop hands each handle and each completion to the code of its kind, so the linker asks for
 * all of them. The tests make none of these handles: whoever comes here has found a bug. What is
 * called whenever libuv starts and ends has nothing to do instead.
 */
#include <stdlib.h>

#define ABSENT(name) \
    void name(void); \
    void name(void)  \
    {                \
        abort();     \
    }

#define IDLE(name)   \
    void name(void); \
    void name(void)  \
    {                \
    }

#define STREAM(kind)                          \
    ABSENT(uv__##kind##_close)                \
    ABSENT(uv__##kind##_endgame)              \
    ABSENT(uv__process_##kind##_accept_req)   \
    ABSENT(uv__process_##kind##_connect_req)  \
    ABSENT(uv__process_##kind##_read_req)     \
    ABSENT(uv__process_##kind##_shutdown_req) \
    ABSENT(uv__process_##kind##_write_req)

STREAM(pipe)
STREAM(tcp)
STREAM(tty)

ABSENT(uv__fs_event_close)
ABSENT(uv__fs_event_endgame)
ABSENT(uv__process_fs_event_req)
ABSENT(uv__fs_poll_close)
ABSENT(uv__fs_poll_endgame)
ABSENT(uv__poll_close)
ABSENT(uv__poll_endgame)
ABSENT(uv__process_poll_req)
ABSENT(uv__process_close)
ABSENT(uv__process_endgame)
ABSENT(uv__process_proc_exit)
ABSENT(uv__signal_close)
ABSENT(uv__signal_endgame)
ABSENT(uv__process_signal_req)

IDLE(uv__console_init)
IDLE(uv__fs_init)
IDLE(uv__signals_init)
IDLE(uv__signal_cleanup)
