#!/bin/sh
# libuv's datagram tests, each in a process of its own: on a machine with loopback alone, and those
# that send to others at a host on a wire, too. Then two hosts, on a wire that loses, by a program of
# ours.
#
# All tests for datagrams that libuv has are run; udp_send_unix is none on Windows.
#
# Environment: WINLWIP_BUILD, where `make clients` built.
set -u
. "$(dirname "$0")/../hosts.sh"
hosts_enter "$@"

# Seconds that libuv's runner allows a test.
limit=5

# run HOST TEST: runs and counts it. A test that says by its status that it does not apply has failed:
# those that do not are left out below.
run()
{
    on "$1" timeout "$((limit * ${CK_TIMEOUT_MULTIPLIER:-1}))" "$programs/tests" "$2" \
        >"$work/log" 2>&1 </dev/null
    result $? "$2 ($1)"
}

hosts_start
for test in $("$programs/tests"); do
    case $test in
    udp_multicast_join6)
        echo "n/a  $test (loopback): it joins by an interface that is not the loopback one"
        run a "$test"
        ;;
    udp_multicast_* | udp_send_hang_loop)
        run loopback "$test"
        run a "$test"
        ;;
    *) run loopback "$test" ;;
    esac
done
hosts_stop

hosts_start 2
start b "$work/server" "$programs/echo" serve 7
wait_line "$work/server" ready
for address in 192.0.2.2 2001:db8::2; do
    on a timeout "$((30 * ${CK_TIMEOUT_MULTIPLIER:-1}))" "$programs/echo" ask $address 7 \
        >"$work/log" 2>&1 </dev/null
    result $? "echo from $address: $(tail -n 1 "$work/log")"
done
kill "$started"
hosts_stop

results
