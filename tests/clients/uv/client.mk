# libuv's loop over a completion port and its UDP, the datagram tests of its source, and a program
# of ours that lets two hosts talk by it.
#
# Everything of src/win that concerns datagrams, the loop, timers and threads is libuv's own. Other
# kinds of handles (streams, files, processes) are not built: absent.c has their names. winapi.c is
# ours, see there. What of util.c and the tests concerns files, consoles and streams, the linker
# drops: its functions need not exist.

uv_SRC := $(addprefix src/,uv-common.c inet.c timer.c threadpool.c strscpy.c) \
    $(addprefix src/win/,async.c core.c detect-wakeup.c error.c handle.c loop-watcher.c thread.c \
    udp.c util.c winsock.c)
uv_SHIM := absent.c desktop.c winapi.c

# WIN32_LEAN_AND_MEAN and _WIN32_WINNT as libuv's own build has them. Its headers are the system's
# to our compiler, which warns of ours alone.
uv_FLAGS := -DWIN32_LEAN_AND_MEAN -D_WIN32_WINNT=0x0602 -ffunction-sections -fdata-sections \
    -include tests/clients/uv/desktop.h -Itests/clients/uv/include \
    $(addprefix -isystem $(uv_TREE)/,include src test)
uv_LIBS := -Wl,--gc-sections

uv_TESTS := alloc-cb-fail bind connect connect6 create-socket-early dgram-too-big ipv6 mmsg \
    multicast-interface multicast-interface6 multicast-join multicast-join6 multicast-ttl open \
    options send-and-recv send-hang-loop send-immediate send-unreachable sendmmsg-error try-send

uv_PROGRAMS := tests echo
uv_tests_SRC := tests/clients/uv/main.c test/test-getsockname.c test/test-ref.c \
    $(uv_TESTS:%=test/test-udp-%.c)
uv_echo_SRC := tests/clients/uv/echo.c

# Ours include headers of the tree.
$(addprefix $(O)/clients/shim/uv/,$(uv_SHIM:.c=.o) main.o echo.o): | $(uv_TREE)/unpacked
