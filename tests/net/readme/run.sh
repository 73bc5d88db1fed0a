#!/bin/sh
# The README's example program: compiled as it is printed there, linked as it says, and run over a
# TAP device as it says, in a network namespace of its own.
#
#   run.sh CC CXX INCLUDEDIR
#
# Exit status 77: namespaces or TAP devices are not permitted here (with CI=true: a failure).
set -eu
cc=$1

skip()
{
    echo "skipped: $1"
    [ "${CI-}" = true ] && exit 1
    exit 77
}

# The same script again, inside the namespace.
if [ "${README_INSIDE-}" != yes ]; then
    [ "$(id -u)" = 0 ] && new='unshare -n' || new='unshare -rn'
    $new true 2>/dev/null || skip 'no network namespace can be made here (unshare)'
    [ -c /dev/net/tun ] || skip 'there is no /dev/net/tun'
    export README_INSIDE=yes
    exec $new "$0" "$@"
fi

work=$(mktemp -d)
example=
trap 'rm -rf "$work"; [ -z "$example" ] || kill "$example" 2>/dev/null || :' EXIT

# The code block, the configuration and the link line are taken from the README itself.
awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' README.md >"$work/example.c"
sed -n 's/^    \(\[interface tap0\]\)/\1/p; s/^    \(driver  =.*\)/\1/p; s/^    \(device  =.*\)/\1/p;
        s/^    \(address =.*\)/\1/p' README.md >"$work/tap.conf"
line=$(sed -n "s|^    gcc \(.*example\.c.*libwinlwip\.a.*\)|\1|p" README.md)
setup=$(sed -n 's/^    \(ip tuntap add .*\)/\1/p' README.md)
for found in "$(cat "$work/example.c")" "$(cat "$work/tap.conf")" "$line" "$setup"; do
    [ -n "$found" ] || { echo 'README.md has no example, configuration, link line or set-up'; exit 1; }
done

make --no-print-directory -s FLAVOUR=release build/release/libwinlwip.a
line=$(echo "$line" | sed "s|-o example example.c|-o $work/example $work/example.c|")
# shellcheck disable=SC2086 # words of a command line
$cc -Wall -Wextra -Werror $line

sh -c "$setup" || skip 'no TAP device can be made here'
WINLWIP_CONFIG=$work/tap.conf "$work/example" >"$work/out" 2>"$work/err" &
example=$!

# Until it hears: the program needs a moment to start. 20 seconds at most.
for attempt in $(seq 100); do
    bash -c 'echo -n hello > /dev/udp/192.0.2.1/5000' 2>/dev/null || :
    kill -0 "$example" 2>/dev/null || break
    sleep 0.2
done
status=0
wait "$example" || status=$?
example=
cat "$work/err"
expected='^hello from 192\.0\.2\.2 to 192\.0\.2\.1 on interface 2$'
if [ "$status" -ne 0 ] || ! grep -Eq "$expected" "$work/out"; then
    echo "status $status after $attempt attempts, output: $(cat "$work/out")"
    exit 1
fi
echo "ok   $(cat "$work/out")"
