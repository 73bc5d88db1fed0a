#!/bin/sh
# run.sh - compiles the installed headers in every way that programs use them
#
# usage: run.sh CC CXX INCLUDEDIR
#
# CC and CXX: gcc and g++, or clang and clang++, with which -fms-extensions is tried as well.
#
# Prints one line for each case, the compiler's words under a case that failed, and a last line with
# the sums; exits with 1 if any case failed. Nothing is run but behaviour.c, which needs no library.
# Lists of flags and of words are meant to be split.
# shellcheck disable=SC2086
set -u

if [ $# -ne 3 ]; then
    echo "usage: $0 CC CXX INCLUDEDIR" >&2
    exit 2
fi
cc=$1
cxx=$2
include=$(cd "$3" && pwd) || exit 2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

warnings="-Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wwrite-strings"
# shellcheck source=tests/support/check.sh
. "$here/../../support/check.sh"

# What programs of Windows are compiled as.
languages="c11 c17 gnu11 c++17"
extensions=
if "$cc" --version | grep -q clang; then
    extensions=-fms-extensions
fi

# compile LANGUAGE FILE [FLAG...]: LANGUAGE is one of $languages.
compile() {
    language=$1
    file=$2
    shift 2
    case $language in
    c++*) $cxx -x c++ "-std=$language" $warnings -I"$include" "$@" "$file" ;;
    *) $cc "-std=$language" $warnings -Wstrict-prototypes -I"$include" "$@" "$file" ;;
    esac >"$work/log" 2>&1
}

# accept NAME LANGUAGE FILE [FLAG...]: the file must compile.
accept() {
    name=$1
    shift
    compile "$@" -fsyntax-only
    result $? "$(echo "$name $*" | sed "s, $work/, ,g; s, $here/, ,g")"
}

# reject FILE MESSAGE: the file must not compile, and for that reason.
reject() {
    if compile gnu11 "$here/$1.c" -fsyntax-only; then
        echo "compiled, and must not" >"$work/log"
        result 1 "$1"
    else
        grep -q "$2" "$work/log"
        result $? "$1"
    fi
}

# Each header alone, and with the C library's headers on either side.
host="#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <stdint.h>
#include <pthread.h>
#include <unistd.h>
#include <sys/types.h>
#include <sys/time.h>
#include <errno.h>
#include <time.h>"
cd "$work" || exit 2
for path in "$include"/*.h "$include"/*.H; do
    header=$(basename "$path")
    [ "$header" = unistd.h ] && continue
    grep -q '^/\* Another spelling' "$path" && continue
    echo "#include <$header>" >alone.c
    printf '%s\n#include <%s>\n' "$host" "$header" >after_host.c
    printf '#include <%s>\n%s\n' "$header" "$host" >before_host.c
    for language in $languages; do
        for file in alone after_host before_host; do
            accept "$header" $language $file.c
        done
        if [ -n "$extensions" ]; then
            accept "$header" $language after_host.c $extensions
        fi
    done
done

# Other spellings: those of the list, no other, and each leads to its header.
sed -n 's/^\([^#:]*\): *\(.*\)/\1 \2/p' "$here/spellings.list" | while read -r header others; do
    for other in $others; do
        printf '%s\n' "$other"
        printf '/* Another spelling of %s. */\n#include <%s>\n' "$header" "$header" |
            cmp -s - "$include/$other" || echo "$other is no spelling of $header" >&2
    done
done >listed 2>log
(cd "$include" && grep -l '^/\* Another spelling' -- *.h *.H) >found
LC_ALL=C sort -o listed listed
LC_ALL=C sort found | diff listed - >>log
[ ! -s log ]
result $? "spellings.list"

# The table of layouts and values, for 64 bits and for 32. The C library's headers for 32 bits may be
# missing one file, which holds nothing that matters here.
cat "$here"/../../../winsock/layout_*.def >table64
awk '{ key = $0; sub(/, *[^,]*$/, "", key) }
     FNR == NR { if (/^[A-Z]+\(/) row[key] = $0; next }
     key in row { print row[key]; next }
     { print }' "$here/layout_win32.def" table64 >table32
mkdir gnu && : >gnu/stubs-32.h
host_headers=/usr/include/$(uname -m)-linux-gnu
flags32="-m32 -idirafter $work -idirafter $host_headers"
for directory in "$host_headers"/c++/*; do
    flags32="$flags32 -idirafter $directory"
done
for language in $languages; do
    accept "layout" $language "$here/layout.c" "-DTABLE=\"$work/table64\""
    if [ "$(uname -m)" = x86_64 ]; then
        accept "layout -m32" $language "$here/layout.c" "-DTABLE=\"$work/table32\"" $flags32
    fi
done
for arch in aarch64; do
    command -v $arch-linux-gnu-gcc >/dev/null || continue
    $arch-linux-gnu-gcc -std=gnu11 -fsyntax-only -I"$include" "-DTABLE=\"$work/table64\"" \
        "$here/layout.c" >log 2>&1
    result $? "layout $arch"
done

cd "$here" || exit 2
for language in $languages; do
    for file in c68_guid c68_ws2ipdef c68_flags declspec undeclared spellings own_integers; do
        accept $file $language $file.c
    done
    accept names $language names.c -Wno-shadow
    accept widths $language widths.c
    accept widths $language widths.c -DHOST_FIRST
    accept widths $language widths.c -DHOST_FIRST -DUNICODE -D_GNU_SOURCE -O2 -D_FORTIFY_SOURCE=2
done
accept host_sockets gnu11 host_sockets.c

reject reject_host_first "cannot use Winsock"
reject reject_host_after "redefin"
reject reject_ioctl_after "cannot use Winsock"

for language in gnu11 c++17; do
    compile $language behaviour.c -o "$work/behaviour" && "$work/behaviour" >"$work/log" 2>&1
    result $? "behaviour $language"
done

# An object file refers to winlwip_<name> for each function and to nothing else.
sed -n 's/^FUNCTION(\(.*\))$/winlwip_\1/p' functions.def >"$work/unsorted"
printf 'winlwip_in6addr_any\nwinlwip_in6addr_loopback\n' >>"$work/unsorted"
LC_ALL=C sort "$work/unsorted" >"$work/want"
for language in c11 gnu11 c++17; do
    compile $language functions.c -Wno-cast-function-type -c -o "$work/functions.o" &&
        nm -u "$work/functions.o" | awk '{ print $2 }' | LC_ALL=C sort >"$work/got" &&
        diff "$work/want" "$work/got" >"$work/log"
    result $? "link names $language"
done

# Programs as they are written for Windows, each as C and as C++. What their own style draws in C++
# is theirs. They refer to nothing of ours that functions.def does not have.
cd programs || exit 2
printf 'winlwip_setsockopt11\nwinlwip_getsockopt11\n' >>"$work/want"
# The flags of pkg-config come first.
style="-D_WIN32 -D_WIN64 -include winlwip/compiler.h -Wno-unknown-pragmas -Wno-missing-field-initializers -Wno-missing-braces"
for file in *.c; do
    own="$style $(sed -n 's/.*FLAGS: \(.*\) \*\/.*/\1/p' "$file")"
    for language in $languages; do
        # In C, main() is mostly without void.
        case $language in
        c++*) flags=$own ;;
        *) flags="$own -Wno-strict-prototypes" ;;
        esac
        accept program $language "$file" $flags
        if [ -n "$extensions" ]; then
            accept program $language "$file" $flags $extensions
        fi
    done
    compile gnu11 "$file" $own -Wno-strict-prototypes -c -o "$work/program.o" &&
        nm -u "$work/program.o" | awk '$2 ~ /^winlwip_/ { print $2 }' |
            grep -vxF -f "$work/want" >"$work/log"
    [ ! -s "$work/log" ]
    result $? "program $file: link names"
done

echo "headers: $cc, $cxx"
results
