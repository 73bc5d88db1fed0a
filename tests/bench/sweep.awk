# Makes the JSON of run --sweep out of records (tests/bench/run tells their format). Read behind
# median.awk.

{
    key = $1 " " $2
    if (!(key in known)) {
        known[key] = 1
        points[++point_count] = key
    }
    values[key " " $3, ++seen[key " " $3]] = $4 + 0
}

function figure(point, who) {
    who = point " " who
    return seen[who] ? sprintf("%.1f", median(values, who, seen[who])) : "null"
}

END {
    printf "{\"sweep\": ["
    for (i = 1; i <= point_count; i++) {
        split(points[i], part, " ")
        printf "%s\n  {\"by\": \"%s\", \"x\": %d, \"winlwip_ns\": %s, \"lwip_recvmsg_ns\": %s, " \
            "\"memcpy_ns\": %s}", (i > 1 ? "," : ""), part[1], part[2],
            figure(points[i], "winlwip"), figure(points[i], "lwip_recvmsg"),
            figure(points[i], "memcpy")
    }
    print "\n]}"
}
