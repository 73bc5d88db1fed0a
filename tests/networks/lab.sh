#!/bin/sh
# lab.sh - winlwip lab runs what its file says: segments, a router, captures, faults, the order of
# starts, exit codes, logs; it says what is wrong; and it ends in good order.
#
# The suite has a PID and a mount namespace of its own, in which every process that is left over is
# seen.
set -u
if [ -z "${LAB_INSIDE-}" ]; then
    [ "$(id -u)" -eq 0 ] && new=--net || new='--user --map-root-user --net'
    # shellcheck disable=SC2086 # separate arguments on purpose
    set -- $new --mount --pid --fork --kill-child --mount-proc
    if ! unshare "$@" true 2>/dev/null; then
        # A chroot whose / is no mount point has none, whoever asks: nothing that CI could repair.
        echo 'not tried: lab: no PID and mount namespace can be made here (unshare)'
        echo '0 passed, 0 failed, 0 skipped'
        exit
    fi
    LAB_INSIDE=yes exec unshare "$@" "$0"
fi
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"
# shellcheck source=labs/user.sh source-path=SCRIPTDIR
. "$(dirname "$0")/labs/user.sh"
need ip tcpdump

cd "$work" || exit 2
mkdir -m 777 tmp
TMPDIR=$work/tmp
export TMPDIR

# lab STATUS [OPTION...]: runs the lab of standard input, which has to return STATUS, and leave no file
# and no process. What it prints is in out.
lab()
{
    expected=$1
    shift
    cat >file.lab
    # shellcheck disable=SC2086 # the words of $as are separate arguments on purpose
    timeout 120 ${as-} "$winlwip" lab "$@" file.lab >out 2>&1
    status=$?
    cat out
    [ $status -eq "$expected" ] && nothing_left
}

nothing_left()
{
    [ -z "$(ls -A tmp)" ] && ! others
}

# Processes that are neither ours nor the first one.
others()
{
    for directory in /proc/[0-9]*; do
        case $(sed 's/.*) \(.\).*/\1/' "$directory/stat" 2>/dev/null) in
        '' | Z | X) continue ;;
        esac
        case $(tr '\0' ' ' <"$directory/cmdline") in
        *winlwip* | sleep* | *vde_switch*) echo "$directory" && return 0 ;;
        esac
    done
    return 1
}

says() { grep -q -- "$1" out; }

# --- Hosts on a segment ---

# Two hosts, of which one says hello to the other; $1: further lines of [lab].
hello_lab()
{
    cat <<END
[lab]
timeout = 60s
$1
[segment lan]
[host a]
segment = lan
address = 192.0.2.1/24
program = winlwip recv --bind 5000 --count 1
ready = source
[host b]
segment = lan
address = 192.0.2.2/24
start = after a
program = winlwip send --to 192.0.2.1:5000 --text hello
END
}

datagram()
{
    hello_lab '' | lab 0 && says 'b | sent 5 bytes' && says 'a |.*192.0.2.2:.*hello' &&
        says 'a .* exit 0 '
}
check "a datagram from host to host" datagram
if [ -n "$user_not" ]; then
    user_skip "the same as an ordinary user" "$user_not"
else
    as=$user
    chmod 755 "$work"
    chmod 777 "$work/tmp"
    check "the same as an ordinary user" datagram
    as=
fi

# --- A router; captures and logs ---

routed()
{
    lab 0 <<'END' || return
[lab]
timeout = 60s
captures = captures
logs = logs
[segment left]
[segment right]
mtu = 1400
[router r1]
segment = left
address = 192.0.2.254/24, 2001:db8:1::ff/64
segment = right
address = 203.0.113.1/24, 2001:db8:2::1/64
route = 198.51.100.0/24 via 203.0.113.2
gateway6 = 2001:db8:2::2
[segment far]
[router r2]
segment = right
address = 203.0.113.2/24, 2001:db8:2::2/64
route = 192.0.2.0/24 via 203.0.113.1
gateway6 = 2001:db8:2::1
segment = far
address = 198.51.100.254/24, 2001:db8:3::ff/64
[host client]
segment = left
address = 192.0.2.1/24 2001:db8:1::1/64
gateway = 192.0.2.254
gateway6 = 2001:db8:1::ff
start = after server
program = winlwip ping --count 2 --interval 100 --timeout 5000 198.51.100.1
program = winlwip ping --count 2 --interval 100 --timeout 5000 2001:db8:3::1
[host server]
daemon = yes
segment = far
address = 198.51.100.1/24 2001:db8:3::1/64
gateway = 198.51.100.254
gateway6 = 2001:db8:3::ff
program = winlwip recv --bind 5000
ready = source
END
    says 'client | 2 sent, 2 received' && says 'server .* stopped .* as expected' &&
        says 'from 198.51.100.1: seq=1 ttl=126' && says 'from 2001:db8:3::1: seq=1 ttl=253'
}

captured()
{
    tcpdump -n -v -r captures/right.pcap icmp >text 2>&1
    cat text
    [ "$(grep -c 'echo request' text)" -eq 2 ] && [ "$(grep -c 'echo reply' text)" -eq 2 ] &&
        ! grep -qi 'bad cksum\|malformed\|truncated' text && [ -s captures/left.pcap ]
}

logged() { grep -q '2 sent, 2 received' logs/client.log && [ ! -e logs/r1.log ]; }

check "two routers, IPv4 and IPv6" routed
check "captures of segments" captured
check "logs of hosts" logged

# --- Faults ---

# Half of what a host receives is lost, or nearly.
lossy()
{
    lab 0 <<'END' || return
[lab]
timeout = 60s
[segment lan]
fault-loss = 50%
fault-direction = in
fault-seed = 7
[host a]
daemon = yes
segment = lan
address = 192.0.2.1/24
program = winlwip recv --bind 5000,join=239.1.2.3
ready = source
[host b]
daemon = yes
segment = lan
address = 192.0.2.2/24
program = winlwip recv --bind 5000,join=239.1.2.3
ready = source
[host c]
segment = lan
address = 192.0.2.3/24
start = after a
start = after b
program = winlwip send --to 239.1.2.3:5000 --text hello --count 200
END
    for host in a b; do
        count=$(grep -c "^$host | .*hello" out)
        [ "$count" -gt 50 ] && [ "$count" -lt 150 ] || return
    done
}

# Each interface has a seed of its own, the same in each run; the lab's own words are kept beside.
seeds()
{
    for run in 1 2; do
        "$winlwip" lab --keep --quiet file.lab >out 2>&1 || return
        kept=$(sed -n 's/^Kept: //p' out)
        grep -h fault-seed "$kept"/[abc].conf >seeds.$run
        grep -q 'type bridge' "$kept/segments.ip" || return
        rm -r "$kept"
    done
    cat seeds.1
    cmp seeds.1 seeds.2 && [ "$(sort -u seeds.1 | wc -l)" -eq 3 ]
}

check "a segment that loses" lossy
check "seeds, and what --keep keeps" seeds

# --- Order, codes, words ---

ordered()
{
    lab 0 <<'END' || return
[host first]
program = sh -c 'echo one; sleep 0.3; echo up; sleep 0.3; exit 3'
ready = up
expect = 3
[host second]
start = after first
program = echo second
[host third]
start = end first
start = end second
program = sh -c 'echo "third $WINLWIP_HOST $NAME"'
env = NAME=a b
END
    awk '/ \| / { print $1, $3 }' out | tr '\n' ' ' | grep -x 'first one first up second second third third ' &&
        says 'third  *| third third a b'
}
check "starts in order" ordered

unexpected()
{
    lab 1 <<'END' || return
[host bad]
program = sh -c 'exit 2'
program = echo not run
ready = never
[host good]
program = true
[host crash]
program = sh -c 'kill -SEGV $$'
[host none]
program = ./none
[host late]
start = after bad
program = true
END
    says '^bad .* exit 2, not 0 .* NOT as expected' && says '^good .* exit 0 .* as expected' &&
        says '^crash .* signal 11' && says "^none *| winlwip: ./none can't be run" &&
        says '^late .* never started'
}
check "what was not expected" unexpected

mains()
{
    lab 0 <<'END' && says 'other .* stopped .* as expected' && says 'main .* exit 0'
[host main]
main = yes
program = true
[host other]
program = sleep 1000
END
}
check "main hosts end the lab" mains

limited()
{
    lab 1 <<'END' && says 'a .* cut short' && says 'b .* killed' && says 'ended early: its time was over'
[lab]
timeout = 300ms
grace = 200ms
[host a]
program = sleep 1000
[host b]
program = sh -c 'trap "" TERM; while :; do sleep 1000; done'
END
}
check "a time limit, SIGTERM and SIGKILL" limited

failing()
{
    lab 1 <<'END' && says 'ended early: a host did not end as expected'
[lab]
failure = stop
[host a]
program = sleep 1000
[host b]
program = false
END
}
check "a failure that ends the lab" failing

# --- Mistakes ---

wrong()
{
    lab 1 --check <<'END' && says '^winlwip: file.lab:3: there is no \[segment lam\]$' && [ "$(wc -l <out)" -eq 1 ]
[segment lan]
[host a]
segment = lam
program = true
END
}
check "a mistake has its line" wrong

checked()
{
    lab 0 --check <<'END' && says '1 hosts, 0 routers, 0 segments'
[host a]
program = ./none
END
}
check "a check runs nothing" checked

missing()
{
    cat >file.lab <<'END'
[lab]
backend = vde
[segment lan]
[host a]
program = true
segment = lan
END
    mkdir -p bin && ln -sf "$(command -v true)" bin/
    PATH=$work/bin "$winlwip" lab file.lab >out 2>&1
    status=$?
    cat out
    # Where the lab's own addition to PATH has it, nothing is missing.
    [ -x /usr/sbin/vde_switch ] || { [ $status -eq 1 ] && says 'vde_switch is missing: install vde2'; }
}
check "a missing switch" missing

# --- Switches of vde ---

if ! command -v vde_switch >/dev/null; then
    skip "hosts on a vde_switch" "vde_switch is not installed"
elif nm "$winlwip" 2>/dev/null | grep -q '__[at]san_init'; then
    skip "hosts on a vde_switch" "libvdeplug's modules do not go with sanitizers"
elif ! "$winlwip" recv --help | grep -q '^  vde'; then
    skip "hosts on a vde_switch" "this build has no driver vde"
else
    switched()
    {
        hello_lab 'backend = vde' | lab 0 && says 'a |.*192.0.2.2:.*hello'
    }
    check "hosts on a vde_switch" switched
fi

# --- No namespaces ---

# without_namespaces COMMAND...: where the system allows no further ones.
without_namespaces()
{
    # shellcheck disable=SC2016 # $1 and $@ are the inner shell's
    unshare --user --map-root-user sh -c '
        for kind in user pid net mnt; do
            echo 0 >/proc/sys/user/max_${kind}_namespaces || exit 99
        done
        exec "$@"' sh "$@"
}

refused()
{
    without_namespaces timeout 60 "$winlwip" lab file.lab >out 2>&1
    status=$?
    cat out
    [ $status -eq 1 ] && says 'no more namespaces can be made: raise sysctl' && nothing_left
}

# A process that has left its host's session is ended, too.
unconfined()
{
    cat >file.lab <<'END'
[lab]
backend = vde
[segment lan]
[host a]
segment = lan
program = sh -c 'setsid sleep 1000 & exec sleep 0.2'
END
    without_namespaces timeout 60 "$winlwip" lab file.lab >out 2>&1
    status=$?
    cat out
    [ $status -eq 0 ] && nothing_left
}

printf '[segment lan]\n[host a]\nsegment = lan\nprogram = true\n' >file.lab
if ! without_namespaces true 2>/dev/null; then
    user_skip "namespaces are refused" "no user namespace can be made here"
else
    check "namespaces are refused" refused
    ! command -v vde_switch >/dev/null || check "vde without namespaces" unconfined
fi

# --- Signals ---

# interrupted SIGNAL [SIGNAL]: a lab that would go on for ever is ended by that.
interrupted()
{
    printf '[segment lan]\n[host a]\nsegment = lan\nprogram = sh -c "echo up; exec sleep 1000"\n' >file.lab
    env --default-signal "$winlwip" lab file.lab >out 2>&1 &
    lab=$!
    wait_line out 'a | up' || return
    for signal; do
        kill -s "$signal" $lab
    done
    wait $lab
    status=$?
    cat out
    wait_until 20 nothing_left && [ $status -ne 0 ]
}

in_order() { interrupted "$1" && says 'a .* cut short' && says 'it was interrupted'; }

check "SIGINT ends it in good order" in_order INT
check "SIGTERM ends it in good order" in_order TERM
check "a second signal ends it at once" interrupted INT INT
check "SIGKILL leaves nothing" interrupted KILL

# Nobody reads what the lab prints, and it waits in the middle of that. Where the kernel does not tell
# in what a process waits, it may not have come so far.
unread()
{
    printf '[host a]\nprogram = sh -c "echo up >mark; exec yes"\n' >file.lab
    mkfifo pipe
    # shellcheck disable=SC2217 # it holds the pipe open and does not read
    sleep 1000 <pipe &
    reader=$!
    env --default-signal "$winlwip" lab file.lab >pipe 2>out &
    lab=$!
    wait_until 20 test -s mark &&
        wait_until 5 grep -q pipe "/proc/$(inside $lab)/wchan"
    kill -KILL $lab
    wait $lab
    wait_until 20 empty
    status=$?
    kill $reader
    wait $reader
    cat out
    [ $status -eq 0 ] && wait_until 20 nothing_left
}

inside() { tr -d " " <"/proc/$1/task/$1/children"; }
empty() { [ -z "$(ls -A tmp)" ]; }

check "SIGKILL while nobody reads" unread

results
