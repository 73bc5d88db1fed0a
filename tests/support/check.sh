# shellcheck shell=sh disable=SC2034,SC2154 # variables for those who source this
# check.sh - what suites that are scripts share: results, counted and printed as tests/run-suites
# reads them. Sourced after $work, a directory of the suite's own, exists.
#
#   check NAME COMMAND...  a test: a command that has to succeed
#   result STATUS NAME     a test that was made already; what it printed is in $work/log
#   skip NAME REASON       a test that this machine can't make
#   results                the sums, and the exit status
passed=0
failed=0
skipped=0

result()
{
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok   $2"
    else
        failed=$((failed + 1))
        echo "FAIL $2"
        [ ! -f "$work/log" ] || sed 's/^/     /' "$work/log"
    fi
}

check()
{
    name=$1
    shift
    "$@" >"$work/log" 2>&1
    result $? "$name"
}

skip()
{
    skipped=$((skipped + 1))
    echo "skipped: $1: $2"
}

results()
{
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}
