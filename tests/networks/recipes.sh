#!/bin/sh
# recipes.sh - follows docs/networks.md to the letter: each recipe of it, line by line, in a directory
# and a network namespace of its own.
#
# A recipe is a section (###) with blocks of code. A block of the kind ini whose first line is a comment
# with a name is that file. One of the kind sh is typed into the recipe's shell; a line that ends with
# & stays in the background until the recipe's end, as does a daemon of which there is a NAME.pid. One
# of the kind text is what the terminal then shows, lines in any order among others; three dots stand
# for anything, blanks for any number of blanks. A host needs a moment until it hears, so a reader
# repeats a command until it is answered: the last line before a text is repeated until the text is
# there, at most for a minute.
#
# Environment, beside that of lib.sh: RECIPES_PAGE, another page; RECIPES, a pattern (grep) for the
# titles of those that are followed, unless all; RECIPES_SECONDS instead of the minute.
set -u
# shellcheck source=lib.sh source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
networks_enter "$@"

page=${RECIPES_PAGE:-$tree/docs/networks.md}
patience=$((${RECIPES_SECONDS:-60} * ${CK_TIMEOUT_MULTIPLIER:-1}))
own_root passt
export PATH="$WINLWIP_BUILD:$PATH:/usr/sbin:/sbin:$examples"

# Writes the recipe number N as $work/N/: its blocks as MM.KIND in the order of the page, title, and
# the files that it has.
unfold()
{
    awk -v base="$work/" '
        /^```[a-z]/ && title != "" {
            if (!blocks++) {
                directory = base sprintf("%02d", ++recipes) "/"
                system("mkdir -p " directory "home")
                print title >(directory "title")
            }
            kind = substr($0, 4)
            file = directory sprintf("%02d", blocks) "." kind
            on = 1
            fresh = 1
            next
        }
        /^```/ { on = 0; next }
        on && fresh && kind == "ini" { fresh = 0; file = directory "home/" $2 }
        on { print >file; next }
        /^##* / { title = ""; blocks = 0 }
        /^### / { title = substr($0, 5) }' "$page"
}

# programs DIRECTORY: the first words of its commands.
programs()
{
    sed -e :again -e '/\\$/{N;s/\\\n *//;b again' -e '}' "$1"/*.sh |
        sed -e 's/^\([A-Z_]*=[^ ]* \)*//' -e 's/ .*//' | sort -u
}

# follow DIRECTORY: the recipe's shell, in a namespace of its own, which looks like a machine with a
# network (passt wants one). passt lets go of root's rights; it may use the directory all the same.
follow()
{
    home=$1/home
    cp "$tree/examples/demo.pcapng" "$home" && chmod 755 "$work" "$1" && chmod 777 "$home" || return
    (cd "$home" && HOME=$home timeout --kill-after=10 $((patience * 3)) unshare --net sh -c '
        ip link set lo up && ip link add ethernet0 type veth peer name ethernet1 &&
            ip addr add 203.0.113.2/24 dev ethernet0 && ip link set ethernet0 up &&
            ip link set ethernet1 up && ip route add default via 203.0.113.1 && exec "$@"' \
        sh "$tree/tests/networks/recipes/shell" "$1" "$patience")
}

check 'the recipes' unfold
for recipe in "$work"/[0-9][0-9]; do
    title=$(cat "$recipe/title")
    grep -q "${RECIPES-}" "$recipe/title" || continue
    missing=
    for program in $(programs "$recipe"); do
        command -v "$program" >/dev/null || missing=$program
    done
    if [ -n "$missing" ]; then
        skip "$title" "$missing is not installed"
    else
        check "$title" follow "$recipe"
    fi
done

results
