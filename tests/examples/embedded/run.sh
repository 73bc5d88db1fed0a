#!/bin/sh
# run.sh - builds the programs of examples/embedded as a stranger would, against an installed static
# library, and runs them; and holds docs/embedding.md to quoting nothing but them.
#
# usage: run.sh CC CXX INCLUDEDIR
#
# Prints one line for each case, a program's words under one that failed, and the sums.
set -u
export LC_ALL=C
# What `make` around this test says about itself is not for the `make` inside it.
unset MAKEFLAGS MFLAGS MAKELEVEL

cc=$1
here=$(dirname "$0")
sources=examples/embedded
document=docs/embedding.md
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
prefix=$work/prefix
# shellcheck source=tests/support/check.sh
. "$(dirname "$0")/../../support/check.sh"

# build PROGRAM LIBRARIES SOURCE...: as the document says.
build()
{
    program=$work/$1
    libraries=$2
    shift 2
    # shellcheck disable=SC2046,SC2086 # lists of flags
    "$cc" -O2 -Wall -Wextra -Werror $(PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --cflags winlwip) \
        -o "$program" "$@" "$prefix/lib/libwinlwip.a" $libraries -pthread -Wl,--gc-sections
}

# What the program reads comes back over loopback, each line a datagram.
loop_answers()
{
    printf 'one\ntwo\nthree\n' | timeout 10 "$work/loop" >"$work/out" &&
        cat "$work/out" &&
        [ "$(sed 's/.* bytes: //' "$work/out" | tr '\n' ' ')" = "one two three " ] &&
        grep -q '^127\.0\.0\.1:[0-9]* 5 bytes: three$' "$work/out"
}

# A capture is replayed to its end, by turns alone.
loop_replays()
{
    timeout 10 "$work/loop" --capture examples/demo.pcapng 5000 </dev/null >"$work/out" &&
        cat "$work/out" &&
        grep -q '^192\.0\.2\.9:40000 18 bytes: directed broadcast$' "$work/out"
}

# Why a start failed is told.
loop_complains()
{
    ! timeout 10 "$work/loop" --capture "$work/nothing.pcap" </dev/null >"$work/out" 2>&1 &&
        cat "$work/out" && grep -q '^interface eth0: .*nothing\.pcap' "$work/out"
}

driver_works()
{
    timeout 10 "$work/own_driver" >"$work/out" && cat "$work/out" &&
        grep -q '^answer: anybody there?$' "$work/out"
}

# The environment is heard, and refused.
no_files()
{
    printf '[winlwip]\n' >"$work/empty.conf"
    build no_files "" "$here/no_files.c" || return 1
    ! WINLWIP_CONFIG=$work/empty.conf "$work/no_files" >"$work/out" 2>&1 && cat "$work/out" &&
        grep -q 'reads no configuration files' "$work/out"
}

# Each line of C in the document is one of the examples.
quotes_are_true()
{
    sed 's/^ *//' "$sources"/*.[ch] >"$work/lines"
    awk '/^```/ { inside = /^```c$/; next } inside' "$document" | sed 's/^ *//' |
        grep -vxF -f "$work/lines" >"$work/untrue"
    sed 's/^/not in the examples: /' "$work/untrue"
    [ ! -s "$work/untrue" ] && grep -q '^```c$' "$document"
}

check "make install" make install PREFIX="$prefix"
check "loop: builds" build loop -linih "$sources/loop.c"
check "loop: its own lines come back" loop_answers
check "loop: a capture" loop_replays
check "loop: a capture that is not there" loop_complains
check "own driver: builds without libinih" build own_driver "" "$sources/own_driver.c" "$sources/wire.c"
check "own driver: an answer over its wire" driver_works
check "own driver: no files" no_files
check "the document's quotes" quotes_are_true

results
