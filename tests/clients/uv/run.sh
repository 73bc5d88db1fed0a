#!/bin/sh
# libuv's datagram tests, each in a process of its own: on a machine with loopback alone, and at a
# host on a wire.
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
for host in loopback a; do
    for test in $("$programs/tests"); do
        case $test:$host in
        udp_multicast_join6:loopback)
            echo "n/a  $test ($host): it joins by an interface that is not the loopback one"
            ;;
        *) run $host "$test" ;;
        esac
    done
done
hosts_stop

results
