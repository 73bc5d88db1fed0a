#!/bin/sh
# run.sh - follows docs/porting.md to the letter: its files are written, its commands run, what it
# says there is and is not compiled, and its compiler's messages provoked.
#
# usage: run.sh CC CXX INCLUDEDIR
#
# A block of the kinds cpp, make and ini whose first line is a comment with a name is that file; blocks
# of the kind sh are the commands, in their order; those of the kind text have to be in what the
# command before them prints. Prints one line for each case, a command's words under one that failed,
# and the sums. Environment: WINLWIP_PORTING, another file than docs/porting.md.
set -u
export LC_ALL=C
# What `make` around this test says about itself is not for the `make` inside it.
unset MAKEFLAGS MFLAGS MAKELEVEL

export CC="$1" CXX="$2"
include=$(cd "$3" && pwd) || exit 2
tree=$PWD
page=${WINLWIP_PORTING:-$tree/docs/porting.md}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# shellcheck source=tests/support/check.sh
. "$(dirname "$0")/../../support/check.sh"

# Writes blocks as $work/blocks/NUMBER.KIND.
blocks()
{
    mkdir -p "$work/blocks" "$work/home" "$work/project"
    awk -v base="$work/blocks/" '
        /^```[a-z]/ { on = 1; file = base sprintf("%02d", ++n) "." substr($0, 4); next }
        /^```/ { on = 0 }
        on { print >file }' "$page"
    ls "$work"/blocks/*.sh "$work"/blocks/*.cpp "$work"/blocks/*.make "$work"/blocks/*.ini
}

# The files of the project, and the capture that it is tried on.
project()
{
    for block in "$work"/blocks/*.cpp "$work"/blocks/*.make "$work"/blocks/*.ini; do
        file=$(sed -n '1s,^[/#]* \([a-zA-Z.]*\)$,\1,p' "$block")
        [ -n "$file" ] || return 1
        cp "$block" "$work/project/$file"
    done
    cp "$tree/examples/demo.pcapng" "$work/project/"
}

# step BLOCK DIRECTORY: runs its commands there, up to the first that fails. What they export is kept
# for the next one, as in the reader's shell.
step()
{
    {
        cat "$work/environment" "$1"
        echo "export -p | grep PATH= >'$work/environment'"
    } >"$work/step"
    (cd "$2" && HOME=$work/home sh -e "$work/step") >"$work/said" 2>&1
    status=$?
    cat "$work/said"
    return $status
}

# The first step is in winlwip's tree, the others are in the project.
steps()
{
    : >"$work/environment"
    directory=$tree
    for block in "$work"/blocks/*.sh "$work"/blocks/*.text; do echo "$block"; done | sort |
        while read -r block; do
            case $block in
            *.sh) step "$block" "$directory" || exit 1 ;;
            *) while read -r line; do grep -Fx -- "$line" "$work/said" || exit 1; done <"$block" ;;
            esac
            directory=$work/project
        done
}

# There was something to compare, and the program's end was the capture's.
replayed()
{
    cat "$work/project/expected.txt"
    [ "$(wc -l <"$work/project/expected.txt")" -gt 10 ] &&
        grep -qx '17 bytes from 192\.0\.2\.9, broadcast' "$work/project/expected.txt" &&
        [ "$(tail -n 1 "$work/project/expected.txt")" = 'ended: 10050' ] &&
        grep -q 'delivered' "$work/project/trace.txt"
}

compile()
{
    compiler=$1
    shift
    "$compiler" -I"$include" -D_WIN32 -D_WIN64 "$@"
}

# Prints the names in backquotes.
# shellcheck disable=SC2016 # backquotes of the page
quoted_names() { tr -c 'A-Za-z_0-9`' '\n' | sed -n 's,^`\(.*\)`$,\1,p'; }

# Names in backquotes of the text in front of the table.
there()
{
    {
        printf '#include <winsock2.h>\n#include <windows.h>\n#include <process.h>\n'
        printf '#include <iphlpapi.h>\nvoid *all[] = {\n'
        awk '/^## What there is/ { on = 1 } /^\|/ { on = 0 } on' "$page" | quoted_names |
            sort -u | sed 's/.*/    (void *)&,/'
        echo '};'
    } >"$work/there.c"
    [ "$(wc -l <"$work/there.c")" -gt 25 ] && compile "$CC" -fsyntax-only "$work/there.c"
}

# Names in the table's first column: each is unknown, or a function could be named in vain.
not_there()
{
    awk '/^\| not there/ { on = 1 } /^$/ { on = 0 } on' "$page" | cut -d '|' -f 2 |
        quoted_names >"$work/names"
    [ "$(wc -l <"$work/names")" -gt 10 ] || return 1
    while read -r absent; do
        {
            printf '#include <winsock2.h>\n#include <mswsock.h>\n#include <windows.h>\n'
            printf 'void *f(void) { return (void *)%s; }\n' "$absent"
        } >"$work/name.c"
        if compile "$CC" -fsyntax-only "$work/name.c" 2>"$work/words"; then
            echo "$absent is there"
            return 1
        fi
        grep -q "undeclared\|expected expression" "$work/words" || return 1
    done <"$work/names"
}

# says MESSAGE COMPILER CODE FLAG...: both the page and the compiler say it.
says()
{
    message=$1
    compiler=$2
    printf '%s\n' "$3" >"$work/wrong.c"
    shift 3
    compile "$compiler" "$@" -o "$work/wrong" "$work/wrong.c" >"$work/words" 2>&1
    # Spaces and quotes differ from one compiler's version to the next.
    tr '`' "'" <"$work/words" | tr -d ' ' | tee -a "$work/log" |
        grep -Fq -- "$(printf '%s' "$message" | tr -d ' ')" && grep -Fq -- "$message" "$page"
}

messages()
{
    says "a file cannot use Winsock and the C library's socket headers at once" "$CC" \
        '#include <sys/socket.h>
#include <winsock2.h>' -c &&
        says "redefinition of 'struct sockaddr'" "$CC" '#include <winsock2.h>
#include <netinet/in.h>' -c &&
        says "a file cannot use Winsock and the C library's ioctl codes at once" "$CC" \
            '#include <winsock2.h>
#include <sys/ioctl.h>' -c &&
        wide='#include <winsock2.h>
#include <ws2tcpip.h>
int f(IN_ADDR *a) { return InetPtonW(AF_INET, L"127.0.0.1", a); }' &&
        says "cannot convert 'const wchar_t*' to 'PCWSTR'" "$CXX" "$wide" -c -x c++ &&
        says 'from incompatible pointer type' "$CC" "$wide" -c &&
        says 'No such file or directory' "$CC" '#include <conio.h>' -c &&
        says "format '%lu' expects argument of type 'long unsigned int'" "$CC" \
            '#include <windows.h>
#include <stdio.h>
void f(DWORD n) { printf("%lu\n", n); }' -c -Wall &&
        says "ignoring '#pragma comment'" "$CC" '#pragma comment(lib, "ws2_32.lib")' -c -Wall &&
        says 'invalid suffix "UI64" on integer constant' "$CC" 'unsigned long long x = 1UI64;' -c &&
        says "'__try' undeclared" "$CC" '#include <windows.h>
void f(void) { __try { } __except (1) { } }' -c &&
        says "undefined reference to 'winlwip_socket'" "$CC" '#include <winsock2.h>
int main(void) { return socket(AF_INET, SOCK_DGRAM, 0) == INVALID_SOCKET; }' &&
        says "'gettimeofday' from incompatible pointer type" "$CC" '#include <winsock2.h>
#include <sys/time.h>
int f(struct timeval *t) { return gettimeofday(t, 0); }' -c -Wall
}

# The cures of the last section that are flags.
cures()
{
    says 'from incompatible pointer type' "$CC" "$wide" -c -fshort-wchar && return 1
    printf '#pragma comment(lib, "ws2_32.lib")\n' >"$work/wrong.c"
    compile "$CC" -c -Wall -Werror -Wno-unknown-pragmas -o "$work/wrong" "$work/wrong.c"
}

check "its blocks" blocks
check "the project's files" project
check "its commands" steps
check "a replay" replayed
check "what there is" there
check "what there is not" not_there
check "messages" messages
check "cures" cures

results
