# generate.awk - a random lab file.
#
# usage: awk -v seed=NUMBER -v programs=DIRECTORY -v captures=DIRECTORY -v vde=1 -f generate.awk
#
# The same seed gives the same file, whatever awk: rand() is not used. 1 to 4 segments, 2 to 20
# hosts, sometimes a router; faults, dumps, and programs of all kinds, good and bad (misbehave).
# programs is the directory of winlwip, the examples and misbehave. vde: there may be labs with
# backend = vde, which have neither routers nor captures of segments.

# 0..limit-1. Park and Miller's generator: all products are exact in a double.
function below(limit)
{
    state = (state * 16807) % 2147483647
    return int(state / 2147483647 * limit)
}

function one_in(n)
{
    return below(n) == 0
}

function pick(list,    words, count)
{
    count = split(list, words, "|")
    return words[1 + below(count)]
}

# A program for host number i. Addresses of host j in segment s: 10.s.0.j and 2001:db8:s::j.
function program(i,    kind)
{
    kind = below(12)
    if (kind == 0) {
        return "discovery h" i " " below(4)
    }
    if (kind == 1) {
        return "retransmit 10." below(segments) ".0." 1 + below(hosts) " 5000 20"
    }
    if (kind <= 3) {
        return "echo_" pick("sync|event|routine|port") " 5000"
    }
    if (kind == 4) {
        return "distance h" 1 + below(hosts) " 7800"
    }
    if (kind == 5) {
        return "winlwip recv --bind 5000 --json"
    }
    if (kind == 6) {
        return "distance_server 7800"
    }
    return "misbehave " pick("exit 0|exit 3|crash|wait|wait|deaf|fork|escape|stop|noise|mute")
}

function faults()
{
    if (one_in(3)) {
        print "fault-loss = " below(30)
        print "fault-seed = " below(1000)
    }
    if (one_in(6)) {
        print "fault-delay = " below(50) "ms"
    }
    if (one_in(6)) {
        print "fault-duplicate = " below(20)
    }
}

function interface(i, segment)
{
    print "segment = s" segment
    print "address = 10." segment ".0." i "/16, 2001:db8:" segment "::" sprintf("%x", i) "/64"
}

function host(i,    segment)
{
    print "\n[host h" i "]"
    print "program = " programs "/" program(i)
    segment = below(segments)
    interface(i, segment)
    faults()
    if (one_in(4)) {
        print "dump = " captures "/h" i ".pcap"
    }
    if (segments > 1 && one_in(4)) {
        interface(i, (segment + 1) % segments)
    }
    if (one_in(3)) {
        print pick("daemon|daemon|main") " = yes"
    }
    if (i > 1 && one_in(4)) {
        print "start = after h" 1 + below(i - 1)
    }
    if (one_in(4)) {
        print "expect = " pick("0|1|3")
    }
    if (one_in(6)) {
        print "delay = " below(1000) "ms"
    }
    if (one_in(6)) {
        print "ready = " pick("ready|no interest|never said")
    }
    if (one_in(6)) {
        print "program = " programs "/" program(i)
    }
}

function whole()
{
    print "[lab]"
    print "timeout = " 1 + below(8) "s"
    print "grace = " 100 + below(900) "ms"
    if (one_in(3)) {
        print "failure = stop"
    }
    if (one_in(3)) {
        print "logs = " captures "/logs"
    }
    if (!switches && one_in(3)) {
        print "captures = " captures "/captures"
    }
    if (switches) {
        print "backend = vde"
    }
}

BEGIN {
    state = 1 + seed % 2147483646
    for (i = 0; i < 8; i++) {
        below(2) # small seeds begin alike
    }
    switches = vde && one_in(4)
    segments = 1 + below(4)
    hosts = 2 + below(one_in(3) ? 19 : 5)
    print "# random lab, seed " seed
    whole()
    for (i = 0; i < segments; i++) {
        print "\n[segment s" i "]"
    }
    if (segments > 1 && !switches && one_in(2)) {
        print "\n[router gate]"
        for (i = 0; i < segments; i++) {
            print "segment = s" i
            print "address = 10." i ".0.254/16, 2001:db8:" i "::fe/64"
        }
    }
    for (i = 1; i <= hosts; i++) {
        host(i)
    }
}
