#!/bin/sh
# labs.sh - the labs of examples/labs/ do what their comments say, run by root and by an ordinary
# user.
set -u
# A mount namespace too: user.sh may have to put a device node into its place.
if [ -z "${LABS_INSIDE-}" ] && [ "$(id -u)" -eq 0 ] && unshare --mount true 2>/dev/null; then
    LABS_INSIDE=yes exec unshare --mount "$0"
fi
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"
# shellcheck source=labs/user.sh source-path=SCRIPTDIR
. "$(dirname "$0")/labs/user.sh"
need ip

# Where another user can read: programs, and labs where `../echo_sync` is what it says.
chmod 755 "$work"
mkdir -p "$work/examples/labs"
cp "$winlwip" "$work/winlwip"
winlwip=$work/winlwip
cp "$examples"/echo_sync "$work/examples/"
find "$examples/labs" -type f -exec cp {} "$work/examples/labs/" \;
cp "$tree"/examples/labs/*.lab "$work/examples/labs/"

# start_lab RUN LAB: starts LAB.lab as whom $as says. All run at once, which they must not notice.
start_lab()
{
    # shellcheck disable=SC2086 # the words of $as are separate arguments on purpose
    (cd "$work/examples/labs" && timeout 150 $as "$winlwip" lab "$2.lab" >"$work/$1.said" 2>&1
        echo $? >"$work/$1.status") &
}

# lab RUN: it has ended well. What its programs say is in $work/RUN.lines, without the names of
# hosts in front, in any order of the hosts.
lab()
{
    cat "$work/$1.said"
    sed -n 's/^[a-z]* *| //p' "$work/$1.said" >"$work/$1.lines"
    [ "$(cat "$work/$1.status")" -eq 0 ]
}

# Each of the five has found each of the others, over both families.
discovery()
{
    lab "$1" || return
    for host in alpha beta gamma delta epsilon; do
        grep -qx "$host found 4 of 4" "$work/$1.lines" || return
        for other in alpha beta gamma delta epsilon; do
            [ $host = $other ] ||
                grep -qx "$host found $other at 192\.0\.2\.[1-5] and fe80:[0-9a-f:]*" \
                    "$work/$1.lines" || return
        done
    done
    [ "$(wc -l <"$work/$1.lines")" -eq 25 ]
}

# Something is lost, not much more than 5 % each way; all is answered in the end.
lossy()
{
    lab "$1" || return
    first=$(sed -n 's/^round 1: 200 sent, \([0-9]*\) lost$/\1/p' "$work/$1.lines")
    [ "${first:-0}" -gt 5 ] && [ "$first" -lt 50 ] &&
        grep -q '^200 datagrams, [0-9]* lost and sent again, 0 never answered$' "$work/$1.lines"
}

lossy_like()
{
    lossy "$1" && lab "$2" >"$work/other" && diff "$work/$1.lines" "$work/$2.lines"
}

lossy_unlike()
{
    lossy "$1" && lab "$2" >"$work/other" && ! diff "$work/$1.lines" "$work/$2.lines"
}

# Both ways say the same of each family: one router, 1400 bytes instead of 1500.
routed()
{
    lab "$1" || return
    for server in 198.51.100.1 2001:db8:2::1; do
        printf "$server: %s\n" 'sent with 64 hops, arrived with 63, so 1 on the way' \
            'a packet of 1500 bytes does not fit' 'the path MTU is 1400, and such a packet fits'
    done | sort >"$work/expected"
    grep -v '^ready ' "$work/$1.lines" | sort | diff "$work/expected" -
}

sed 's/^fault-seed = .*/fault-seed = 4/' "$work/examples/labs/lossy.lab" \
    >"$work/examples/labs/seed4.lab"
as=
start_lab discovery discovery
start_lab lossy lossy
start_lab again lossy
start_lab seed4 seed4
start_lab routed routed
if [ -n "$user" ]; then
    as=$user
    start_lab user-discovery discovery
    start_lab user-lossy lossy
    start_lab user-routed routed
fi
wait

me="as $(id -un)"
check "discovery.lab, $me" discovery discovery
check "lossy.lab, $me" lossy lossy
check "lossy.lab, the same again" lossy_like again lossy
check "lossy.lab, another seed" lossy_unlike seed4 lossy
check "routed.lab, $me" routed routed
if [ -n "$user" ]; then
    check 'discovery.lab, as an ordinary user' discovery user-discovery
    check 'lossy.lab, as an ordinary user' lossy_like user-lossy lossy
    check 'routed.lab, as an ordinary user' routed user-routed
else
    user_skip 'as an ordinary user' "$user_not"
fi
results
