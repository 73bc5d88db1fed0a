# Makes the table of drivers, in Markdown, out of records. Read behind median.awk.
#
# Lines: "# ID TEXT" names a row, in the order of the table; "ID SIZE winlwip NS" and "ID SIZE bare NS"
# are figures, one of each for a round; "skipped ID REASON".

BEGIN {
    sizes[1] = 64
    sizes[2] = 1400
}

$1 == "#" {
    id = $2
    if (!(id in text)) {
        order[++rows] = id
    }
    sub(/^# [^ ]+ /, "")
    text[id] = $0
    next
}

$1 == "skipped" {
    id = $2
    sub(/^skipped [^ ]+ /, "")
    skipped[id] = $0
    next
}

# CPU time is another table's.
$1 == "P6-cpu" {
    next
}

{
    who = $3 == "winlwip" ? "winlwip" : "bare"
    key = $1 " " $2 " " who
    values[key, ++count[key]] = $4
    ratio = $1 " " $2 " ratio"
    if (who == "winlwip") {
        ours[$1 " " $2] = $4
    } else {
        bare[$1 " " $2] = $4
    }
    if (count[$1 " " $2 " winlwip"] == count[$1 " " $2 " bare"]) {
        values[ratio, ++count[ratio]] = ours[$1 " " $2] / bare[$1 " " $2]
    }
}

function cell(id, size, what, format) {
    key = id " " size " " what
    return count[key] > 0 ? sprintf(format, median(values, key, count[key])) : "-"
}

function row(id,    i, line) {
    line = "| " text[id] " |"
    for (i = 1; i <= 2; i++) {
        line = line " " cell(id, sizes[i], "winlwip", "%.0f") " | " \
            cell(id, sizes[i], "bare", "%.0f") " | " cell(id, sizes[i], "ratio", "%.2f") " |"
    }
    print line
}

END {
    text["P6"] = "`tap`, superframes of 64 and of 45 datagrams, a datagram"
    order[++rows] = "P6"
    print "| driver | received, 64 B | bare loop | ratio | received, 1400 B | bare loop | ratio |"
    print "|---|---|---|---|---|---|---|"
    for (i = 1; i <= rows; i++) {
        if (count[order[i] " 64 winlwip"] > 0) {
            row(order[i])
        }
    }
    for (i = 1; i <= rows; i++) {
        if (order[i] in skipped) {
            printf "\nNot measured: %s: %s.\n", text[order[i]], skipped[order[i]]
        }
    }
}
