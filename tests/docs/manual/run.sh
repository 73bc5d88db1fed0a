#!/bin/sh
# run.sh - the manual: its pages are well-formed, tell every option of the program and every key of
# the configuration and none that does not exist, have numbers that are true and examples that
# compile, and are found where `make install` puts them.
#
# usage: run.sh CC CXX INCLUDEDIR
#
# Prints one line for each case, a command's words under one that failed, and the sums. Environment:
# WINLWIP_MANUAL, a directory with other pages than man/.
set -u
export LC_ALL=C
# What `make` around this test says about itself is not for the `make` inside it.
unset MAKEFLAGS MFLAGS MAKELEVEL

cc=$1
include=$3
man=${WINLWIP_MANUAL:-man}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# shellcheck source=tests/support/check.sh
. "$(dirname "$0")/../../support/check.sh"

# check_with TOOL NAME COMMAND...: likewise, where the tool is installed.
check_with()
{
    if command -v "$1" >/dev/null; then
        shift
        check "$@"
    else
        skip "$2" "$1 is not installed"
    fi
}

# No warning, and text comes out.
formats()
{
    groff -ww -man -Tutf8 -K utf8 "$1" >"$work/text" 2>"$work/warnings"
    status=$?
    cat "$work/warnings"
    [ $status -eq 0 ] && [ ! -s "$work/warnings" ] && [ "$(wc -l <"$work/text")" -gt 40 ]
}

# A section of a page in which an option or key is the head of each paragraph.
# section PAGE EXPRESSION: the lines from the heading that matches to the next .SH.
section() { awk -v want="$2" '/^\.SH/ { on = $0 ~ want } on' "$man/$1"; }

# Heads of paragraphs: ".BI \-\-name " ARG"" and ".B \-\-name" as --help has them.
options_of_section()
{
    section winlwip.1 "$1" | awk 'last == ".TP"; { last = $0 }' | sed -e 's/\\-/-/g' |
        sed -n -e 's/^\.BI \(--[^ ]*\) " \(.*\)"$/\1 \2/p' -e 's/^\.B \(--[^ ]*\)$/\1/p'
}

options_told()
{
    build/release/winlwip "$1" --help | sed -n 's/^  \(--.*\)$/\1/p' | sed 's/   *.*//' |
        sort >"$work/help"
    { options_of_section "$2" && options_of_section 'INTERFACE OPTIONS'; } | sort >"$work/page"
    [ -s "$work/help" ] && diff "$work/help" "$work/page"
}

# A lab has no interface of its own.
lab_options_told()
{
    build/release/winlwip lab --help | sed -n 's/^  \(--.*\)$/\1/p' | sed 's/   *.*//' |
        grep -vx -- --help | sort >"$work/help"
    options_of_section '^.SH "LAB"' | sort >"$work/page"
    [ -s "$work/help" ] && diff "$work/help" "$work/page"
}

# Keys of a lab's sections, each at least once.
lab_keys_told()
{
    sed -n 's/^    {"\([a-z0-9]*\)", [sa][a-z0-9_]*, \(true\|false\)},$/\1/p' lab/keys.c |
        sort -u >"$work/keys"
    sed -n 's/^\.BR \([a-z0-9]*\) " = ".*/\1/p' "$man/winlwip-lab.5" | sort -u >"$work/page"
    [ "$(wc -l <"$work/keys")" -gt 15 ] && diff "$work/keys" "$work/page"
}

# Each lab of winlwip-lab(5) is one.
labs_are_read()
{
    awk -v base="$work/lab" '/^\.EX/ { on = ++n; next } /^\.EE/ { on = 0 }
        on { gsub(/\\-/, "-"); print >(base on) }' "$man/winlwip-lab.5"
    for file in "$work"/lab[0-9]*; do
        build/release/winlwip lab --check "$file" || return 1
    done
    [ -f "$work/lab2" ]
}

# Keys in the tables of the sources, one for each place in which it stands: a driver may have one that
# another has, too.
keys_in_sources()
{
    sed -n 's/^    {"\([a-z0-9-]*\)", [sa][a-z]*_[a-z0-9_]*, \(true\|false\)},$/\1/p' \
        host/config_keys.c
    for file in drivers/tap/tap.c drivers/pcap/options.c drivers/pcap/live_options.c \
        drivers/socket/stream.c drivers/socket/dgram.c drivers/vde/options.c \
        drivers/dump/dump.c drivers/fault/options.c; do
        sed -n '/^ *{"[a-z-]*", [a-z_]*}/p' $file | grep -o '{"[a-z-]*"' | tr -d '{"'
    done
}

keys_told()
{
    keys_in_sources | sort >"$work/keys"
    sed -e 's/\\-/-/g' "$man/winlwip.conf.5" | sed -n 's/^\.BR \([a-z0-9-]*\) " = ".*/\1/p' |
        sort >"$work/page"
    [ "$(wc -l <"$work/keys")" -gt 20 ] && diff "$work/keys" "$work/page"
}

# What the example configuration explains, the page does.
keys_of_the_example()
{
    sed -n 's/^;\{0,1\} *\([a-z0-9-]*\) = .*/\1/p' config/winlwip.conf.example |
        grep -vx 'peer' | sort -u >"$work/example"
    sort -u "$work/page" >"$work/told"
    [ -z "$(comm -23 "$work/example" "$work/told" | tee -a "$work/log")" ]
}

# Each "number ... (LIMIT_NAME)" of winlwip(7) is the one that is compiled in.
limits_are_true()
{
    awk '/^[0-9]+\t/ { number = $1 } match($0, /LIMIT_[A-Z0-9_]+/) {
        print substr($0, RSTART, RLENGTH), number }' "$man/winlwip.7" >"$work/limits"
    {
        echo '#include "config/limits.h"'
        sed 's/\(.*\) \(.*\)/_Static_assert(\1 == \2, "\1");/' "$work/limits"
    } >"$work/limits.c"
    [ "$(wc -l <"$work/limits")" -gt 10 ] && "$cc" -iquote . -fsyntax-only "$work/limits.c"
}

# Values of flags and sizes of structures, "MSG_TRUNC (0x0100)" and "IN_PKTINFO (8 bytes)", are those of
# the headers.
numbers_are_true()
{
    for page in "$man"/WSA*; do
        tr -s '\n",' ' ' <"$page" | grep -oE 'MSG_[A-Z]+ +\(0x[0-9]+\)|IN6?_PKTINFO(_EX)? +\([0-9]+ bytes'
    done | tr -d '()' | while read -r name value unit; do
        [ -z "$unit" ] || name="sizeof($name)"
        echo "_Static_assert($name == $value, \"$name\");"
    done >"$work/numbers"
    { printf '#include <winsock2.h>\n#include <ws2tcpip.h>\n'; cat "$work/numbers"; } >"$work/numbers.c"
    [ "$(wc -l <"$work/numbers")" -ge 8 ] &&
        "$cc" -D_WIN32 -D_WIN64 -I"$include" -fsyntax-only "$work/numbers.c"
}

# The .EX blocks with an #include are files of their own.
examples_compile()
{
    awk '/^\.EX/ { on = 1; next } /^\.EE/ { on = 0 } on' "$man/$1" |
        awk '/^#include/ { on = 1 } on' | sed 's/\\e/\\/g' >"$work/example.c"
    [ -s "$work/example.c" ] &&
        "$cc" -Wall -Wextra -Werror -D_WIN32 -D_WIN64 -I"$include" -fsyntax-only "$work/example.c"
}

# Each configuration of winlwip.conf(5) is taken: a send to loopback starts with it, or fails for the
# capture or interface that is not there, not for what a line says. In a network of its own, so that
# no device of the machine is touched.
configurations_are_read()
{
    [ "$(id -u)" = 0 ] && new='unshare -n' || new='unshare -rn'

    awk -v base="$work/conf" '/^\.EX/ { on = ++n; next } /^\.EE/ { on = 0 }
        on { print >(base on) }' "$man/winlwip.conf.5"
    for file in "$work"/conf*; do
        said=$($new timeout 20 build/release/winlwip send --config "$file" --to 127.0.0.1:9 2>&1)
        echo "$said"
        case $said in
        sent* | *"'requests.pcapng': No such file"* | *"no device 'eth0'"*) ;;
        *) return 1 ;;
        esac
    done
    [ -f "$work/conf3" ]
}

# Pages of ours that a page names are there.
references()
{
    for page in "$man"/*; do
        sed 's/\\-/-/g' "$page" | sed -n 's/^\.BR \(winlwip[a-z.-]*\|WSA[A-Za-z]*\) (\([0-9a-z]*\)).*/\1.\2/p'
    done | sort -u | while read -r name; do
        [ -f "$man/$name" ] || { echo "no page $name"; exit 1; }
    done
}

found_after_install()
{
    make install PREFIX="$work/prefix" >/dev/null || return 1
    for page in '1 winlwip' '5 winlwip.conf' '5 winlwip-lab' '7 winlwip' '3winlwip WSARecvMsg' \
        '3winlwip WSASendMsg' ' winlwip' ' WSARecvMsg'; do
        # shellcheck disable=SC2086 # section and name
        man -M "$work/prefix/share/man" -w $page || return 1
    done
    man -M "$work/prefix/share/man" winlwip | grep 'receive, send and ping'
}

# Their warnings are told; what only style asks for is not.
lint() { mandoc -Tlint -W warning "$1"; }

pages="winlwip.1 winlwip.conf.5 winlwip-lab.5 winlwip.7 WSARecvMsg.3winlwip WSASendMsg.3winlwip"
for page in $pages; do
    check_with groff "$page is well-formed" formats "$man/$page"
    # A second opinion, where it is to be had.
    command -v mandoc >/dev/null && check "mandoc likes $page" lint "$man/$page"
done
make --no-print-directory -s FLAVOUR=release build/release/winlwip >"$work/log" 2>&1
check "options of recv" options_told recv '^.SH "RECV"'
check "options of send" options_told send '^.SH "SEND"'
check "options of ping" options_told ping '^.SH "PING"'
check "options of lab" lab_options_told
check "keys of a lab" lab_keys_told
check "labs" labs_are_read
check "keys of the configuration" keys_told
check "keys of the example" keys_of_the_example
if unshare -n true 2>/dev/null || unshare -rn true 2>/dev/null; then
    check "configurations" configurations_are_read
else
    skip configurations 'no network namespace can be made here (unshare)'
fi
check "limits" limits_are_true
check "values and sizes" numbers_are_true
check "example of WSARecvMsg" examples_compile WSARecvMsg.3winlwip
check "example of WSASendMsg" examples_compile WSASendMsg.3winlwip
check "references" references
check_with man "found after make install" found_after_install

results
