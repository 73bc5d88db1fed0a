#!/bin/sh
# run.sh - docs/differences.md: every test that it names is there, and every row names one.
#
# usage: run.sh CC CXX INCLUDEDIR
#
# The last cell of a row is "PATH: NAME, NAME; PATH: NAME", paths of files or directories below tests/,
# a name that of a test there; the path of a file alone stands for all of it. Environment: WINLWIP_DIFFERENCES, another file.
set -u
export LC_ALL=C
page=${WINLWIP_DIFFERENCES:-docs/differences.md}

# Prints "line path name" for each test of each row, "line" alone for a row without any.
named_tests()
{
    awk '/^\| / && !/^\| difference / {
        cells = split($0, cell, "|")
        words = split(cell[cells - 1], word, /[ ,;]+/)
        path = ""
        told = 0
        for (i = 1; i <= words; i++) {
            if (word[i] ~ /\.(c|sh)$|:$/) {
                path = word[i]
                if (!sub(/:$/, "", path)) { print NR, path; told++ }
            } else if (word[i] != "") { print NR, path, word[i]; told++ }
        }
        if (told == 0) { print NR }
    }' "$page"
}

named_tests | {
    bad=0
    count=0
    while read -r line path name; do
        count=$((count + 1))
        if [ -z "$path" ] || [ ! -e "tests/$path" ]; then
            echo "$page:$line: there is no tests/$path"
            bad=1
        elif [ -n "$name" ] && ! grep -qrw -- "$name" "tests/$path"; then
            echo "$page:$line: there is no test $name in tests/$path"
            bad=1
        fi
    done
    echo "$count tests are named"
    [ "$count" -gt 100 ] && [ $bad -eq 0 ]
}
