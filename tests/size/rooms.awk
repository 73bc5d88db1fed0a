# Adds up what each room brought into a program, from the map that the linker wrote of it.
#
#   awk -f rooms.awk -v text=N -v data=N -v bss=N MAP
#
# text, data and bss: the whole, as size(1) says; what no room accounts for (the C library's part,
# tables of the dynamic linker, alignment) is "other". Prints a line a room: NAME TEXT DATA BSS.
#
# A line of the map is " SECTION ADDRESS SIZE FILE"; a long name has a line for itself. Outputs of the
# linker begin in the first column and say which kind it is, as size(1) counts it: what is not
# writable is text.

function room_of(file) {
    if (file !~ /\.o$/) {
        return ""
    }
    if (file ~ /\/lwip\/[a-z]/) {
        return "lwip"
    }
    return match(file, /\/(stack|winsock|host|drivers)\//) ? \
        substr(file, RSTART + 1, RLENGTH - 2) : ""
}

# 0x1a as a number; POSIX awk reads no such thing.
function hex(digits,    value, i) {
    value = 0
    digits = tolower(substr(digits, 3))
    for (i = 1; i <= length(digits); i++) {
        value = 16 * value + index("0123456789abcdef", substr(digits, i, 1)) - 1
    }
    return value
}

function kind_of(section) {
    if (section ~ /^\.(bss|tbss)$/) {
        return "bss"
    }
    if (section ~ /^\.(data|tdata|data\.rel\.ro|init_array|fini_array|got|got\.plt|dynamic)$/) {
        return "data"
    }
    return section ~ /^\.(text|rodata|eh_frame|eh_frame_hdr|init|fini|plt)$/ ? "text" : ""
}

/^Linker script and memory map/ { inside = 1 }
!inside { next }
/^\.[a-z]/ { kind = kind_of($1) }
/^ [.*]/ && NF == 1 { pending = 1; next }
/^ (\.|COMMON)/ || pending {
    size = pending ? $2 : $3
    file = pending ? $3 : $4
    pending = 0
    room = room_of(file)
    if (kind != "" && room != "" && size ~ /^0x/) {
        sum[room, kind] += hex(size)
        total[kind] += hex(size)
    }
    next
}
{ pending = 0 }
END {
    count = split("stack winsock host drivers lwip", rooms, " ")
    for (i = 1; i <= count; i++) {
        printf "%s %d %d %d\n", rooms[i], sum[rooms[i], "text"], sum[rooms[i], "data"],
            sum[rooms[i], "bss"]
    }
    printf "other %d %d %d\n", text - total["text"], data - total["data"], bss - total["bss"]
}
