#!/bin/sh
# The table of `make bench`: records in, verdicts out.
#
# Each case gives records to table.awk and names a line that must be in what it prints, blanks
# squeezed. Exit status: 0; 1: a line is missing.
set -u
export LC_ALL=C

here=$(dirname "$0")/..
bad=0

# table ROWS RECORDS: the table, with what it says on stderr.
table()
{
    printf '%b' "$2" | awk -v json="${json:-0}" -v rounds=1 -v asked="$1" \
        -f "$here/median.awk" -f "$here/table.awk" 2>&1 | tr -s ' '
}

# expect LINE ROWS RECORDS: the line, a pattern from its first to its last character, is printed.
expect()
{
    if ! table "$2" "$3" | grep -qx -- "$1"; then
        echo "missing: $1" >&2
        table "$2" "$3" >&2
        bad=1
    fi
}

p1='P1 64 lwip_recvmsg 400\nP1 64 memcpy 20\nP1 64 winlwip'
what='memory to WSARecvMsg, 64 B'
expect "P1 $what 52.0 ns lwip_recvmsg 400.0 ns 0.130 0.25 0.13 reached" P1 "$p1 52\n"
expect "P1 $what 53.0 ns lwip_recvmsg 400.0 ns 0.133 0.25 0.13 met" P1 "$p1 53\n"
expect "P1 $what 100.0 ns lwip_recvmsg 400.0 ns 0.250 0.25 0.13 met" P1 "$p1 100\n"
expect "P1 $what 101.0 ns lwip_recvmsg 400.0 ns 0.253 0.25 0.13 missed" P1 "$p1 101\n"
expect "P1 $what failed" P1 'P1 64 winlwip 50\n'
expect 'failed: P1' P1 'P1 64 winlwip 50\n'
expect 'P5 skipped: it needs root' P5 'skipped P5 it needs root\n'

# The ratio is the median of the rounds' ratios, not the ratio of the medians.
expect "P1 $what 30.0 ns lwip_recvmsg 200.0 ns 0.200 0.25 0.13 met" P1 \
    'P1 64 winlwip 20\nP1 64 winlwip 30\nP1 64 winlwip 60
P1 64 lwip_recvmsg 100\nP1 64 lwip_recvmsg 300\nP1 64 lwip_recvmsg 200\n'

# A row is as good as the worst of its lines; what has one goal only can't spoil the other.
p3='P3 1 winlwip 100\nP3 1 lwip_recvmsg 400\nP3 10000 random-access 20\nP3 10000 winlwip'
expect 'reached: P3' P3 "$p3 125\n"
expect 'met: P3' P3 "$p3 126\n"
expect 'P3 what they cost more 80.0 ns random-access 20.0 ns 4.00 4 - met' P3 "$p3 180\n"
expect 'missed: P3' P3 "$p3 181\n"
expect 'P3 10,000 sockets 181.0 ns one-socket 100.0 ns 1.81 - 1.25 -' P3 "$p3 181\n"

# Memory is compared with nothing but the goal.
p12='P12 queued winlwip 100\nP12 idle winlwip 2621440\nP12 socket winlwip'
expect 'P12 idle bound socket 600 B - - 600 B 400 B met' P12 "$p12 600\n"
expect 'P12 idle process, one TAP 2.50 MB - - 4.00 MB 2.50 MB reached' P12 "$p12 600\n"
expect 'met: P12' P12 "$p12 600\n"
expect 'missed: P12' P12 "$p12 601\n"

# The yardstick in copies of memory.
recorded=$(sed -n 's/.*recorded\["P1 64"\] = //p' "$here/table.awk")
expect 'warning: P1 64: lwip_recvmsg takes .* times as long as memcpy, .*' P1 \
    "P1 64 winlwip 1\nP1 64 lwip_recvmsg ${recorded}00\nP1 64 memcpy 150\n"
expect 'warning: P1 64: .*' P1 \
    "P1 64 winlwip 1\nP1 64 lwip_recvmsg ${recorded}00\nP1 64 memcpy 75\n"
if table P1 "P1 64 winlwip 1\nP1 64 lwip_recvmsg ${recorded}00\nP1 64 memcpy 100\n" |
    grep -q warning; then
    echo 'a warning without a reason' >&2
    bad=1
fi

json=1
expect '], "rows": {"P1": "met"}, "skipped": {}, "records": {' P1 "$p1 60\n"
exit $bad
