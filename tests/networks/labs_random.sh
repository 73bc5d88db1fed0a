#!/bin/sh
# labs_random.sh - labs made at random, each ended in the middle, leave nothing behind: no process,
# namespace, interface, socket, mount or file.
#
# The suite is the first process of a PID namespace with directories of its own for temporary
# files, so that everything which is there belongs to it or is left over. labs/generate.awk writes
# the labs, from seeds that follow one another; a failure prints its seed and file. A lab gets
# SIGINT, SIGTERM or SIGKILL, itself, or as on a terminal its whole process group, or the process
# that it has inside of its namespaces, after up to three seconds, and sometimes once more while
# it takes everything down; now and then it ends by itself. It is run by root or by an ordinary
# user.
#
# Environment, beside that of lib.sh: LABS_SECONDS, how long to go on, unless 40; LABS_SEED, the
# first seed, unless a random one.
set -u

# What the suite needs lies in a directory without source tree, below the private /var/tmp.
stage=/var/tmp/stage

# The first time: new namespaces, where root is who we are. A CI job may be in a chroot without
# /proc of its own; there unshare mounts one.
if [ -z "${LABS_RANDOM_STAGE-}" ]; then
    [ "$(id -u)" -eq 0 ] && new=--net || new='--user --map-root-user --net'
    # shellcheck disable=SC2086 # separate arguments on purpose
    set -- $new --mount --pid --fork --kill-child --mount-proc
    if ! unshare "$@" true 2>/dev/null; then
        # A chroot whose / is no mount point has none, whoever asks: nothing that CI could repair.
        echo 'not tried: labs_random: no PID and mount namespace can be made here (unshare)'
        echo '0 passed, 0 failed, 0 skipped'
        exit
    fi
    LABS_RANDOM_STAGE=enter exec unshare "$@" "$0"
fi

# The second time: private directories, and in one of them all that follows.
if [ "$LABS_RANDOM_STAGE" = enter ]; then
    from=$PWD
    mount -t tmpfs -o mode=1777 stage /var/tmp && mkdir -p $stage/tests/support &&
        cp -R "$from/tests/networks" $stage/tests/ &&
        cp "$from/tests/support/check.sh" $stage/tests/support/ &&
        cp "$WINLWIP_BUILD/winlwip" "$WINLWIP_BUILD"/examples/echo_* $stage/ &&
        find "$WINLWIP_BUILD/examples/labs" -type f -exec cp {} $stage/ \; &&
        cp "$from/tests/networks/labs/misbehave" $stage/ &&
        chmod -R go+rX $stage && cd $stage || exit
    for directory in /tmp /run /dev/shm; do
        [ ! -d $directory ] || mount -t tmpfs -o mode=1777 private $directory || exit
    done
    LABS_RANDOM_STAGE=inside WINLWIP_NETWORKS_INSIDE=$stage/tests/networks/labs_random.sh \
        WINLWIP_BUILD=$stage exec $stage/tests/networks/labs_random.sh
fi

# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"
# shellcheck source=labs/user.sh source-path=SCRIPTDIR
. "$(dirname "$0")/labs/user.sh"
need setsid unshare

command -v vde_switch >/dev/null && vde=1 || vde=0
seconds=${LABS_SECONDS:-40}
seed=${LABS_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}

# --- What is there ---

# Processes of the namespace, but for us; no zombies, which are gone.
processes()
{
    for directory in /proc/[0-9]*; do
        state=$(sed 's/.*) \(.\) \([0-9]*\) .*/\1, parent \2/' "$directory/stat" 2>/dev/null) ||
            continue
        case ${directory#/proc/}:$state in
        1:* | *:Z* | *:X*) ;;
        *)
            command=$(tr '\0' ' ' <"$directory/cmdline" 2>/dev/null)
            echo "process ${directory#/proc/} ($state): $command"
            ;;
        esac
    done
}

# Writes everything that a lab could leave into the file $1. Interfaces are their names alone: their
# counters change. There must be no pipe round processes(): it would see the other side.
inventory()
{
    {
        processes
        ip -o link | sed 's/^\([0-9]*: [^:]*\):.*/interface \1/'
        awk 'NR > 1 { print "socket", $6, $7, $8 }' /proc/net/unix
        awk '{ print "mount", $3, $4, $5 }' /proc/self/mountinfo
        readlink /proc/[0-9]*/ns/* 2>/dev/null | sort -u | sed 's/^/namespace /'
        find /tmp /run /dev/shm /var/tmp -path "$work" -prune -o -print | sed 's/^/file /'
    } >"$1"
    sort -o "$1" "$1"
}

clean()
{
    inventory "$work/after"
    cmp -s "$work/before" "$work/after"
}

# --- One lab ---

# A number below $1; the script's own randomness, of the seed too.
below()
{
    random=$(((random * 16807) % 2147483647))
    echo $((random % $1)) >"$work/number"
    read -r number <"$work/number"
}

choose()
{
    below $#
    shift "$number"
    chosen=$1
}

send_signal()
{
    choose INT TERM KILL
    signal=$chosen
    # The lab, its process group, or the process inside, if it is there already.
    inside=
    read -r inside 2>/dev/null <"/proc/$lab/task/$lab/children"
    choose "$lab" "$lab" "-$lab" "${inside%% *}"
    chosen=${chosen:-$lab}
    told="$told$signal to $chosen of $lab after $1 ms; "
    kill -s "$signal" -- "$chosen" 2>/dev/null
}

sleep_ms()
{
    sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
}

# Starts the lab of a seed, ends it, and sees what is left. Its way of ending is in $told.
play()
{
    random=$((1 + $1))
    told=
    stuck=no
    below 2
    [ "$number" -eq 0 ] && [ -n "$user" ] && as=$user || as=
    rm -rf "$work/lab"
    mkdir -m 777 "$work/lab"
    awk -v seed="$1" -v programs=$stage -v captures="$work/lab" -v vde="$vde" \
        -f $stage/tests/networks/labs/generate.awk >"$work/lab/random.lab"
    inventory "$work/before"
    # What an interactive shell does: a process group, and no signal ignored.
    # shellcheck disable=SC2086 # the words of $as are separate arguments on purpose
    (cd "$work/lab" && exec setsid env --default-signal $as "$winlwip" lab random.lab >said 2>&1 \
        </dev/null) &
    lab=$!
    below 8
    if [ "$number" -gt 0 ]; then
        below 3000
        [ $((number % 3)) -gt 0 ] || number=$((number / 10))
        sleep_ms "$number"
        send_signal "$number"
        below 4
        if [ "$number" -eq 0 ]; then
            below 500
            sleep_ms "$number"
            send_signal "$number"
        fi
    fi
    # At most a lab's own time and grace, and a slow machine's.
    if ! wait_until 60 ended $lab; then
        told="${told}it does not end; "
        kill -KILL $lab
        stuck=yes
    fi
    wait $lab 2>/dev/null
    status=$?
    # A file that is refused would show nothing.
    if grep -q '^winlwip: .*random\.lab' "$work/lab/said"; then
        told="${told}the file is refused; "
        return 1
    fi
    wait_until 20 clean
}

tell()
{
    echo "LABS_SEED=$1, user: ${as:-$(id -un)}; ${told:-not ended from outside; }status $status"
    echo 'left (>) or gone (<):'
    diff "$work/before" "$work/after" | grep '^[<>]'
    echo 'what it said:'
    tail -n 20 "$work/lab/said"
    cat "$work/lab/random.lab"
}

# Labs for that time; ends with the first that leaves anything.
play_all()
{
    first=$seed
    end=$(($(date +%s) + seconds))
    while [ "$(date +%s)" -lt "$end" ]; do
        if ! play "$seed" || [ $stuck = yes ]; then
            tell "$seed"
            return 1
        fi
        seed=$((seed + 1))
    done
    echo "$((seed - first)) labs, seeds $first to $((seed - 1))" | tee "$work/summary"
}

check "random labs leave nothing, first seed $seed" play_all
[ ! -f "$work/summary" ] || sed 's/^/     /' "$work/summary"
results
