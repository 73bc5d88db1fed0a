# Makes the table of goals P1 to P12, or its JSON, out of records (tests/bench/run tells their
# format). Read behind median.awk.
#
# Variables: json 0 or 1, rounds, asked "P1 P2 ..." (the rows, in order).
#
# A row has one line for each comparison. Each line has a verdict of its own; the row's is the worst
# of them. A line without a goal for "reached" can't keep its row from it, one without a goal for
# "met" can't make it miss.

# --- The goals ---

# A line: row, what it says, key of the figure ("ID VARIANT WHO"), key of the yardstick ("" for
# none), goals as ratios, or in the figure's unit when there is no yardstick ("" for none). how:
# "ratio", or "extra" for (figure - base) / yardstick.
function line(id, what, figure, yardstick, met, reached, how, base) {
    lines++
    line_id[lines] = id
    line_what[lines] = what
    line_figure[lines] = figure
    line_yardstick[lines] = yardstick
    line_met[lines] = met
    line_reached[lines] = reached
    line_how[lines] = how == "" ? "ratio" : how
    line_base[lines] = base
}

function goals_in_memory() {
    line("P1", "memory to WSARecvMsg, 64 B", "P1 64 winlwip", "P1 64 lwip_recvmsg", 0.25, 0.13)
    line("P2", "the same, 1400 B", "P2 1400 winlwip", "P2 1400 lwip_recvmsg", 0.20, 0.12)
    line("P3", "10,000 sockets", "P3 10000 winlwip", "P3 1 winlwip", "", 1.25)
    line("P3", "  what they cost more", "P3 10000 winlwip", "P3 10000 random-access", 4, "",
        "extra", "P3 1 winlwip")
    line("P3", "  all of it", "P3 10000 winlwip", "P3 1 lwip_recvmsg", 0.5, "")
    line("P4", "closed loop, reader asleep", "P4 64 winlwip", "P4 64 lwip_recvmsg", 0.5, 0.25)
    line("P9", "completion port", "P9 64 winlwip", "P1 64 winlwip", 1.5, 1.3)
    line("P9", "  the same", "P9 64 winlwip", "P1 64 lwip_recvmsg", 0.35, "")
    line("P11", "capture file, 64 B", "P11 64 winlwip", "P11 64 pcap_next_ex", 2.2, 1.8)
    line("P11", "capture file, 1400 B", "P11 1400 winlwip", "P11 1400 pcap_next_ex", 1.6, 1.4)
    line("P12", "idle bound socket", "P12 socket winlwip", "", 600, 400)
    line("P12", "queued 64 B, beyond them", "P12 queued winlwip", "", 256, 128)
    line("P12", "idle process, one TAP", "P12 idle winlwip", "", 4 * 1048576, 2.5 * 1048576)
}

function goals_in_kernel() {
    line("P5", "TAP, 64 B", "P5 64 winlwip", "P5 64 bare-read", 1.35, 1.2)
    line("P5", "TAP, 1400 B", "P5 1400 winlwip", "P5 1400 bare-read", 1.45, 1.3)
    line("P5", "  CPU, 64 B", "P5-cpu 64 winlwip", "P5-cpu 64 kernel", "", 1)
    line("P6", "TAP, coalesced, 64 B", "P6 64 winlwip", "P6 64 bare-uso", 2.0, 1.5)
    line("P6", "TAP, coalesced, 1400 B", "P6 1400 winlwip", "P6 1400 bare-uso", 1.4, 1.2)
    line("P6", "  CPU, 64 B", "P6-cpu 64 winlwip", "P6-cpu 64 kernel-gro", "", 1)
    line("P6", "  CPU, 1400 B", "P6-cpu 1400 winlwip", "P6-cpu 1400 kernel-gro", "", 1)
    line("P7", "libpcap live, CPU, 64 B", "P7 64 winlwip", "P7 64 kernel", 0.35, 0.2)
    line("P8", "round trip on TAP, p50", "P8 p50 winlwip", "P8 p50 bare-echo", 1.4, 1.2)
    line("P8", "round trip on TAP, p99", "P8 p99 winlwip", "P8 p99 bare-echo", 2, "")
    line("P8", "  beside the kernel, p50", "P8 p50 winlwip", "P8 p50 kernel-veth", "", 1)
    line("P10", "WSASendMsg to TAP", "P10 single winlwip", "P10 single bare-write", 1.4, 1.25)
    line("P10", "the same, segmented", "P10 uso winlwip", "P10 uso bare-write", 1.8, 1.4)
}

# lwip_recvmsg / memcpy as it was when the yardstick was last looked at: on a 2-core virtual machine
# (AMD EPYC of family 26, Linux 6.18, gcc 12), 2026-11-23.
function recorded_yardstick() {
    recorded["P1 64"] = 22
    recorded["P2 1400"] = 7.2
}

# --- Records ---

$1 == "skipped" {
    reason = $0
    sub(/^[^ ]+ [^ ]+ /, "", reason)
    gsub(/["\\]/, "", reason)
    skipped[$2] = reason
    next
}

{
    key = $1 " " $2 " " $3
    if (!(key in seen)) {
        keys[++key_count] = key
    }
    values[key, ++seen[key]] = $4 + 0
}

function figure_of(key) {
    return median(values, key, seen[key])
}

# Value of a round, also of what is measured once for all of them.
function value_of(key, round) {
    return seen[key] > 1 ? values[key, round] : values[key, 1]
}

# The median of the ratios of a line's rounds.
function ratio_of(i,    n, count, over, under, ratios) {
    count = seen[line_figure[i]] < seen[line_yardstick[i]] ? seen[line_figure[i]] \
                                                           : seen[line_yardstick[i]]
    for (n = 1; n <= count; n++) {
        over = value_of(line_figure[i], n)
        if (line_how[i] == "extra") {
            over -= value_of(line_base[i], n)
        }
        ratios["", n] = over / value_of(line_yardstick[i], n)
    }
    return median(ratios, "", count)
}

# --- Verdicts: 3 reached, 2 met, 1 missed, 0 nothing was measured ---

function verdict_of(value, met, reached) {
    if (met != "" && value > met) {
        return 1
    }
    return reached == "" || value <= reached ? 3 : 2
}

function word_of(level, id) {
    if (level == 0) {
        return id in skipped ? "skipped" : "failed"
    }
    return level == 1 ? "missed" : level == 2 ? "met" : "reached"
}

# The same of a line by itself, which may have one goal only.
function line_word(i) {
    if (line_reached[i] == "" && line_level[i] == 3) {
        return "met"
    }
    return line_met[i] == "" && line_level[i] == 2 ? "-" : word_of(line_level[i], line_id[i])
}

# Fills in a line's results. A row nobody asked for has no line.
function judge(i) {
    line_level[i] = 0
    if (!(line_id[i] in is_asked) || !(line_figure[i] in seen) ||
        line_yardstick[i] != "" && !(line_yardstick[i] in seen)) {
        return
    }
    line_value[i] = line_yardstick[i] == "" ? figure_of(line_figure[i]) : ratio_of(i)
    line_level[i] = verdict_of(line_value[i], line_met[i], line_reached[i])
}

# The worst of the verdicts of a row's lines.
function row_level(id,    i, level) {
    level = 3
    for (i = 1; i <= lines; i++) {
        if (line_id[i] == id && line_level[i] < level) {
            level = line_level[i]
        }
    }
    return level
}

# --- Text ---

function amount(value, is_memory) {
    if (!is_memory) {
        return sprintf("%.1f ns", value)
    }
    return value < 65536 ? sprintf("%.0f B", value) : sprintf("%.2f MB", value / 1048576)
}

function ratio_text(ratio) {
    return sprintf(ratio < 1 ? "%.3f" : "%.2f", ratio)
}

function goal_text(goal, is_memory) {
    return goal == "" ? "-" : is_memory ? amount(goal, 1) : goal
}

# The name of the yardstick, and what a line of a row compares with in it.
function yardstick_name(i,    part) {
    if (line_yardstick[i] == "") {
        return ""
    }
    split(line_yardstick[i], part, " ")
    return part[3] != "winlwip" ? part[3] : part[1] == line_id[i] ? "one-socket" : part[1]
}

function print_line(i,    memory, yardstick) {
    memory = line_yardstick[i] == ""
    yardstick = memory ? "-" : yardstick_name(i) " " amount(figure_of(line_yardstick[i]), 0)
    printf "%-4s %-27s %12s  %-25s %6s  %8s %8s  %s\n", line_id[i], line_what[i],
        amount(figure_of(line_figure[i]) - \
            (line_how[i] == "extra" ? figure_of(line_base[i]) : 0), memory), yardstick,
        memory ? "-" : ratio_text(line_value[i]), goal_text(line_met[i], memory),
        goal_text(line_reached[i], memory), line_word(i)
}

function print_rows(    n, i, row) {
    printf "Rounds: %d. Figures are medians; ratio: of figure to yardstick; less is better.\n\n",
        rounds
    printf "%-4s %-27s %12s  %-25s %6s  %8s %8s  %s\n", "id", "what", "figure",
        "yardstick", "ratio", "met", "reached", "verdict"
    for (n = 1; n <= row_count; n++) {
        row = row_names[n]
        if (row in skipped) {
            printf "%-4s skipped: %s\n", row, skipped[row]
            continue
        }
        for (i = 1; i <= lines; i++) {
            if (line_id[i] == row && line_level[i] > 0) {
                print_line(i)
            } else if (line_id[i] == row) {
                printf "%-4s %-27s failed\n", row, line_what[i]
            }
        }
    }
}

# The rows by their verdicts, the worst first.
function print_summary(    level, n, names) {
    printf "\n"
    for (level = 0; level <= 3; level++) {
        names = ""
        for (n = 1; n <= row_count; n++) {
            if (row_level(row_names[n]) == level && !(row_names[n] in skipped)) {
                names = names " " row_names[n]
            }
        }
        if (names != "") {
            printf "%s:%s\n", word_of(level, ""), names
        }
    }
}

# What no stack can do without, for those rows where that is measured.
function print_floors() {
    if ("P1 64 memcpy" in seen) {
        printf "floor of P1: memcpy %s\n", amount(figure_of("P1 64 memcpy"), 0)
    }
    if ("P2 1400 memcpy" in seen) {
        printf "floor of P2: memcpy %s\n", amount(figure_of("P2 1400 memcpy"), 0)
    }
    if ("P4 64 bare-wake" in seen) {
        printf "floor of P4: eventfd and epoll_wait %s\n", amount(figure_of("P4 64 bare-wake"), 0)
    }
}

# What is measured besides: completions beside synchronous receives, threads at one port.
function print_besides(    n, count, sizes, way, key) {
    count = split("16 1000", sizes, " ")
    if (!("port 16 winlwip" in seen)) {
        return
    }
    printf "\nNanoseconds a datagram, 64 bytes, by number of sockets.\n\n%7s  %11s  %11s  %11s\n",
        "sockets", "synchronous", "port", "routine"
    for (n = 1; n <= count; n++) {
        printf "%7d", sizes[n]
        for (way = 1; way <= 3; way++) {
            key = (way == 1 ? "synchronous " : way == 2 ? "port " : "routine ") sizes[n] " winlwip"
            printf "  %11.1f", figure_of(key)
        }
        printf "\n"
    }
    printf "\nCompletions of one port, 1,000 sockets, posted, checked and collected by threads.\n\n"
    printf "%7s  %11s  %11s\n", "threads", "ns each", "a second"
    for (n = 1; n <= 4; n += 3) {
        key = "threads-" n " 1000 winlwip"
        printf "%7d  %11.1f  %11.0f\n", n, figure_of(key), 1e9 / figure_of(key)
    }
}

# --- JSON ---

function number(value) {
    return value == "" ? "null" : value
}

function print_json_line(i, first,    name) {
    name = yardstick_name(i)
    printf "%s\n  {\"id\": \"%s\", \"what\": \"%s\", \"figure\": %.2f, \"unit\": \"%s\", ",
        (first ? "" : ","), line_id[i], line_what[i], figure_of(line_figure[i]),
        line_yardstick[i] == "" ? "bytes" : "ns"
    if (name == "") {
        printf "\"yardstick\": null, \"ratio\": null, "
    } else {
        printf "\"yardstick\": {\"name\": \"%s\", \"value\": %.2f}, \"ratio\": %.4f, ", name,
            figure_of(line_yardstick[i]), line_value[i]
    }
    printf "\"goals\": {\"met\": %s, \"reached\": %s}, \"verdict\": \"%s\"}", number(line_met[i]),
        number(line_reached[i]), line_word(i)
}

function print_json(    i, n, first, row) {
    printf "{\"rounds\": %d, \"lines\": [", rounds
    first = 1
    for (i = 1; i <= lines; i++) {
        if (line_level[i] > 0) {
            sub(/^ +/, "", line_what[i])
            print_json_line(i, first)
            first = 0
        }
    }
    printf "\n], \"rows\": {"
    for (n = 1; n <= row_count; n++) {
        row = row_names[n]
        printf "%s\"%s\": \"%s\"", (n > 1 ? ", " : ""), row,
            word_of(row in skipped ? 0 : row_level(row), row)
    }
    printf "}, \"skipped\": {"
    first = 1
    for (row in skipped) {
        printf "%s\"%s\": \"%s\"", (first ? "" : ", "), row, skipped[row]
        first = 0
    }
    printf "}, \"records\": {"
    for (n = 1; n <= key_count; n++) {
        printf "%s\n  \"%s\": %.2f", (n > 1 ? "," : ""), keys[n], figure_of(keys[n])
    }
    print "\n}}"
}

# --- The yardstick ---

# Says on stderr when lwIP's sockets are not what they were, measured in copies of memory.
function warn_of_yardstick(    label, now) {
    for (label in recorded) {
        if (!((label " lwip_recvmsg") in seen) || !((label " memcpy") in seen)) {
            continue
        }
        now = figure_of(label " lwip_recvmsg") / figure_of(label " memcpy")
        if (now > 1.3 * recorded[label] || now < 0.7 * recorded[label]) {
            printf "warning: %s: lwip_recvmsg takes %.1f times as long as memcpy, recorded is " \
                "%.1f: the yardstick or the machine is not what it was\n", label, now,
                recorded[label] >"/dev/stderr"
        }
    }
}

END {
    row_count = split(asked, row_names, " ")
    for (i = 1; i <= row_count; i++) {
        is_asked[row_names[i]] = 1
    }
    goals_in_memory()
    goals_in_kernel()
    recorded_yardstick()
    for (i = 1; i <= lines; i++) {
        judge(i)
    }
    warn_of_yardstick()
    if (json) {
        print_json()
    } else {
        print_rows()
        print_summary()
        print_floors()
        print_besides()
    }
}
