#!/bin/sh
# dump.sh - what winlwip dumps is what tcpdump captures on the other side of the TAP, and neither
# tcpdump nor tshark finds anything wrong with it; a killed host leaves a file that both can read. What
# the impairments do is seen by ping, and is the same in each run with one seed.
set -u
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"
need ping tcpdump tshark

kernel4=192.0.2.9
kernel6=2001:db8::9
host4=192.0.2.1
host6=2001:db8::1
host_mac=02:00:5e:10:00:01

# host OPTION...: a host on tap0, ready.
host()
{
    start "$work/host.log" "$winlwip" recv --tap tap0 --mac $host_mac --address $host4/24 \
        --address $host6/64 --bind '[::]:9,join=ff02::1234' --bind 0.0.0.0:9,join=239.1.2.3 \
        --stats "$@"
    host=$started
    wait_until 20 ping -c 1 -W 1 $host4 && wait_until 20 ping -c 1 -W 1 $host6
}

# host_stop: ends it as Ctrl-C does; a shell has its background programs ignore that, not SIGTERM.
host_stop()
{
    stop "$host"
    cat "$work/host.log"
}

# --- A dump of a varied run ---

dumping_host()
{
    tap tap0 $kernel4/24 $kernel6/64 && ip route add 224.0.0.0/4 dev tap0 || return
    start "$work/tcpdump.log" tcpdump -B 65536 -i tap0 -U --immediate-mode -w "$work/kernel.pcap"
    watcher=$started
    wait_line "$work/tcpdump.log" 'listening on' && host --dump "$work/host.pcap"
}

udp_to()
{
    # shellcheck disable=SC2016 # for the other shell
    bash -c 'exec 3<>"/dev/udp/$0/$1" && head -c "$2" /dev/zero >&3' "$@"
}

varied_run()
{
    for size in 0 1 56 1472 1473 4000 65507; do
        ping -c 3 -i 0.05 -W 5 -s $size $host4 || return
    done
    for size in 0 1452 1453 4000 65487; do
        ping -c 3 -i 0.05 -W 5 -s $size $host6 || return
    done
    for size in 1 18 1472 1473 9000; do
        udp_to $host4 9 $size && udp_to $host6 9 $size || return
        udp_to 239.1.2.3 9 $size && udp_to ff02::1234%tap0 9 $size || return
    done
    udp_to $host4 10 5 # Port Unreachable
    udp_to $host6 10 5
    ping -c 2 -i 0.2 -W 1 -R $host4
    # The last frame of the run has come back through everything.
    ping -c 1 -W 5 $host4
}

# Of the requests of the run all answers have been captured.
captured()
{
    [ "$(answers "$work/kernel.pcap")" -eq "$(answers "$work/host.pcap")" ]
}

answers()
{
    tcpdump -n -r "$1" ether src $host_mac 2>/dev/null | wc -l
}

both_end()
{
    host_stop
    wait_until 20 captured
    stop "$watcher"
    tail -3 "$work/tcpdump.log"
    grep 'dump.*frames written, 0 not' "$work/host.log"
}

# frames FILE FILTER...: a line of hexadecimal for each frame, sorted.
frames()
{
    file=$1
    shift
    tcpdump -n -t -xx -r "$file" "$@" 2>/dev/null | awk '
        /^\t0x/ { sub(/^[^:]*: */, ""); gsub(/ /, ""); line = line $0; next }
        { if (line != "") print line; line = "" }
        END { if (line != "") print line }' | sort
}

# Every frame of the dump is in the kernel's capture, just as often; of what both must have seen the
# other way round, too. (The kernel may speak before the host listens.)
same_frames()
{
    frames "$work/host.pcap" >"$work/ours"
    frames "$work/kernel.pcap" >"$work/theirs"
    comm -23 "$work/ours" "$work/theirs" >"$work/made-up"
    echo "$(wc -l <"$work/ours") frames dumped, $(wc -l <"$work/theirs") captured"
    [ "$(wc -l <"$work/ours")" -gt 300 ] && [ ! -s "$work/made-up" ] || return
    frames "$work/host.pcap" ether src $host_mac >"$work/ours"
    frames "$work/kernel.pcap" ether src $host_mac >"$work/theirs"
    cmp "$work/ours" "$work/theirs"
}

# Times of the two agree within a second: the first frame that the host sent.
first_time()
{
    tcpdump -n -tt -c 1 -r "$1" ether src $host_mac 2>/dev/null | sed 's/\..*//'
}

same_time()
{
    ours=$(first_time "$work/host.pcap")
    theirs=$(first_time "$work/kernel.pcap")
    [ $((ours - theirs)) -ge -1 ] && [ $((ours - theirs)) -le 1 ]
}

tcpdump_is_content()
{
    tcpdump -n -vv -r "$1" >"$work/words" 2>"$work/errors" || { cat "$work/errors"; return 1; }
    sed -i 's/0x[0-9a-f]*/0x/g' "$work/words" # "bad" is a number, too
    ! grep -i 'bad\|wrong\|incorrect\|invalid\|malformed\|truncated\|\[|' "$work/words" "$work/errors"
}

# tshark: no malformed frame, no error of any dissector, checksums right.
tshark_finds()
{
    tshark -n -r "$1" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
        -Y '_ws.malformed || _ws.expert.severity == error || ip.checksum.status == Bad || udp.checksum.status == Bad' \
        2>"$work/errors"
}

tshark_is_content()
{
    found=$(tshark_finds "$1")
    status=$?
    echo "$found"
    grep -v 'Running as user' "$work/errors"
    [ $status -eq 0 ] && [ -z "$found" ] && [ "$(tshark -n -r "$1" 2>/dev/null | wc -l)" -gt 0 ]
}

# The judge is no yes-man: a dump with its last datagram changed.
control()
{
    tcpdump -w "$work/udp.pcap" -r "$work/host.pcap" udp and not 'ip[6:2] & 0x3fff != 0' || return
    printf '\125' | dd of="$work/udp.pcap" bs=1 conv=notrunc \
        seek=$(($(stat -c %s "$work/udp.pcap") - 1)) && [ -n "$(tshark_finds "$work/udp.pcap")" ]
}

# --- A host that is killed ---

killed()
{
    host --dump "$work/killed.pcap" || return
    start "$work/pinged" ping -i 0.002 $host4
    pinging=$started
    wait_until 20 larger_than "$work/killed.pcap" 8192
    kill -KILL "$host"
    stop "$pinging"
    # A record that was cut off in the middle is for tcpdump to complain of, at its end.
    tcpdump -n -r "$work/killed.pcap" icmp >"$work/words" 2>"$work/errors"
    echo "$(wc -l <"$work/words") frames"
    [ "$(wc -l <"$work/words")" -gt 50 ] && ! grep -i 'bogus\|bad dump' "$work/errors"
}

larger_than()
{
    [ "$(stat -c %s "$1")" -gt "$2" ]
}

# --- Impairments ---

# impaired KEYS: a host with these faults. It may answer late, or never.
impaired()
{
    start "$work/host.log" "$winlwip" recv --tap tap0 --mac $host_mac --address $host4/24 --bind 9 \
        --stats --fault "$1"
    host=$started
    wait_until 20 carrier
}

carrier()
{
    ip link show tap0 | grep -q LOWER_UP
}

delay_is_seen()
{
    impaired delay=150,direction=in && wait_until 20 ping -c 1 -W 5 $host4 || return
    ping -c 2 -W 10 $host4 >"$work/pinged"
    status=$?
    host_stop
    cat "$work/pinged"
    [ $status -eq 0 ] && awk -F/ '/^rtt/ { split($4, m, "= "); exit !(m[2] >= 150) }' "$work/pinged"
}

duplicates_are_seen()
{
    impaired duplicate=100,direction=out && wait_until 20 ping -c 1 -W 5 $host4 || return
    ping -c 3 -i 0.2 -W 10 $host4 >"$work/pinged"
    host_stop
    cat "$work/pinged"
    grep -q 'DUP!' "$work/pinged" && grep -q '^tap0: fault, seed [0-9]*, out: ' "$work/host.log"
}

loss_is_seen()
{
    impaired loss=100,seed=77 || return
    ping -c 2 -i 0.2 -W 1 $host4 >"$work/pinged"
    status=$?
    host_stop
    cat "$work/pinged"
    [ $status -ne 0 ] && grep -q 'tap0: fault, seed 77, in: [1-9][0-9]* frames, [1-9][0-9]* lost' \
        "$work/host.log"
}

# replay SEED: a capture with every impairment: the datagrams, and what became of frames. (Which
# datagrams found somebody waiting, and a few others of the counters, are a matter of time.)
replay()
{
    counted_replay "$1" >"$work/replay" || return
    sed '$d' "$work/replay"
    sed -n '$p' "$work/replay" | grep -o '"fates":{[^}]*}\|"fault, [^"]* in: [^"]*"'
}

counted_replay()
{
    "$winlwip" recv --pcap examples/demo.pcapng --mac $host_mac --address $host4/24 \
        --address $host6/64 --bind 5000,join=239.1.2.3 --bind '[::]:5000,join=ff15::1234' \
        --fault loss=10,duplicate=20,reorder=20,corrupt=5,delay=50 \
        --fault "jitter=20ms,rate=1M,seed=$1" --json --stats
}

replays_repeat()
{
    for run in 1 2 3; do
        replay 7 >"$work/run$run" || return
    done
    replay 8 >"$work/other" || return
    tail -2 "$work/run1"
    cmp "$work/run1" "$work/run2" && cmp "$work/run1" "$work/run3" && grep -q 'seed 7,' "$work/run1" &&
        ! cmp -s "$work/run1" "$work/other"
}

check 'a host that dumps' dumping_host
check 'a varied run' varied_run
check 'it ends' both_end
check 'the dump has the frames of the TAP' same_frames
check 'and their times' same_time
check 'tcpdump finds nothing wrong' tcpdump_is_content "$work/host.pcap"
check 'tshark finds nothing wrong' tshark_is_content "$work/host.pcap"
check 'tshark finds a wrong one wrong' control
check 'a killed host leaves a dump that can be read' killed
check 'ping sees delay' delay_is_seen
check 'ping sees duplicates' duplicates_are_seen
check 'ping sees loss' loss_is_seen
check 'a replay repeats its faults' replays_repeat

results
