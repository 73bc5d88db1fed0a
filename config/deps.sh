#!/bin/sh
# Gets what the build needs from outside the tree.
#
#   deps.sh packages [TABLE]
#                           installs the packages of config/packages, or of TABLE, that are missing
#   deps.sh source PIN DIRECTORY
#                           leaves the source that the file PIN names in DIRECTORY; config/lwip.pin
#                           is one, and says what stands in such a file
#   deps.sh foreign ARCH TABLE DIRECTORY
#                           leaves the packages of TABLE, and all that they depend on, unpacked in
#                           DIRECTORY for Debian's architecture ARCH: a root for a cross compiler and
#                           an emulator. DIRECTORY/packages is a copy of TABLE
#
# All look first and touch neither apt nor the network when nothing is missing. All can be
# interrupted at any point and run again: a directory appears under its final name only when it is
# complete.
#
# Sources come from a suite that may be newer than the machine, and foreign packages from lists that
# it does not have, so they are fetched with a package list and a state directory of their own beside
# DIRECTORY; the machine's own package lists and architectures are not changed, and no right is
# needed.
set -eu

export LC_ALL=C
here=$(dirname "$0")
table=$here/packages

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# Prints the packages of the table, one a line.
table_packages()
{
    sed -e '/^#/d' -e '/^[[:space:]]*$/d' -e 's/[[:space:]].*//' "$table"
}

# Prints the packages of the table that are not installed, on one line.
missing_packages()
{
    table_packages | while read -r name; do
        # A virtual package (pkg-config is one in newer releases) counts when something installed
        # provides it. In g++ the signs stand for themselves.
        # shellcheck disable=SC2016 # dpkg-query's own variables
        dpkg-query --show --showformat '${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null |
            grep -Eq "^installed (.* )?$(echo "$name" | sed 's/[.+]/\\&/g')([, (]|\$)" ||
            printf '%s ' "$name"
    done
}

# Prints the words that run a command as root: nothing for root, sudo otherwise. Fails when neither
# is possible.
root_prefix()
{
    if [ "$(id -u)" -eq 0 ]; then
        return 0
    fi
    command -v sudo >/dev/null || return 1
    if sudo -n true 2>/dev/null; then
        echo sudo -n
    elif [ -t 0 ]; then
        echo sudo
    else
        return 1
    fi
}

install_packages()
{
    if ! command -v dpkg-query >/dev/null; then
        say "note: this is not a Debian system; the packages of config/packages are not checked"
        return 0
    fi
    missing=$(missing_packages)
    missing=${missing% }
    [ -n "$missing" ] || return 0

    command="apt-get install $missing"
    prefix=$(root_prefix) ||
        die "missing packages: $missing
       neither root nor sudo is at hand; run as root: $command"
    say "installing: $missing"
    # The words of $prefix and $missing are separate arguments on purpose.
    # shellcheck disable=SC2086
    if [ -z "$(apt-get indextargets 'Created-By: Packages')" ]; then
        $prefix apt-get -qq update || die "missing packages: $missing
       'apt-get update' failed, see above; afterwards run as root: $command"
    fi
    # Lists that are older than the mirror name files that are gone: once more with fresh lists
    # before giving up.
    # shellcheck disable=SC2086
    apt_install $missing || { $prefix apt-get -qq update && apt_install $missing; } ||
        die "missing packages: $missing
       apt could not install them, see above; run as root: $command"
}

apt_install()
{
    # shellcheck disable=SC2086
    $prefix env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes \
        apt-get install -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >/dev/null
}

# Prints the name of the machine's release, for example bookworm.
release_codename() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release | tr -d '"'; }

# Prints the base addresses of Debian mirrors in the machine's apt configuration, one a line, best
# first.
#
# indextargets knows only lists that were downloaded; --print-uris also works before the first
# 'apt-get update'. There the archive's own suites are told from -security and third parties by the
# release's code name.
mirrors()
{
    codename=$(release_codename)
    {
        apt-get indextargets --format "\$(ORIGIN) \$(COMPONENT) \$(CODENAME) \$(SITE)" \
            'Created-By: Packages' |
            sed -n -e '/-security /d' -e 's/^Debian main [^ ]* //p'
        apt-get -o Dir::State::lists="$work/none" update --print-uris 2>/dev/null |
            sed -n "s,^'\\(.*\\)/dists/$codename/InRelease'.*,\\1,p"
    } | sed 's,/*$,,' | awk '!seen[$0]++'
}

# apt-get with lists, cache and sources of our own. Signatures are checked as ever; only the user of
# the download processes differs, because apt's own user cannot enter a private build directory and
# would warn of that.
private_apt()
{
    apt-get -qq \
        -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- \
        -o Dir::State::lists="$work/lists" -o Dir::State::status="$work/status" \
        -o Dir::Cache="$work/cache" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=2 \
        -o APT::Update::Error-Mode=any "$@"
}

tarball_ok()
{
    printf '%s  %s\n' "$sha256" "$work/$tarball" | sha256sum --check --status 2>/dev/null
}

# Makes an empty state of apt beside the directory $1, for $2: $work.
make_work()
{
    mkdir -p "$(dirname "$1")"
    # A directory for each package: several may be fetched at once.
    work=$(cd "$(dirname "$1")" && pwd)/apt/$2
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/none/partial"
    : >"$work/status" # nothing is installed; apt's locks lie beside it
}

# Some 25 MB of package lists, of no more use.
drop_lists()
{
    rm -rf "$work/lists" "$work/cache" "$work/none" "$work"/status "$work"/lock*
}

# Downloads $tarball from the mirror $1 into $work.
source_from()
{
    echo "deb-src [signed-by=$keyring] $1 $suite main" >"$work/sources.list"
    private_apt update || return
    (cd "$work" && private_apt source --download-only --tar-only --only-source "$package")
}

# Downloads the packages $missing of $arch, and what they depend on, from the mirror $1 into $work. To
# apt this is a machine of that architecture on which nothing is installed. The release is the
# machine's own, as its cross compiler is.
packages_from()
{
    echo "deb [arch=$arch signed-by=$keyring] $1 $codename main" >"$work/sources.list"
    set -- -o "APT::Architecture=$arch" -o "APT::Architectures=$arch"
    private_apt "$@" update || return
    # An interrupted run may have left versions that are no longer the newest.
    private_apt "$@" autoclean || return
    # The words of $missing are separate arguments on purpose.
    # shellcheck disable=SC2086
    private_apt "$@" --no-install-recommends --download-only install $missing
}

# Has the function $1 fetch $package, described by $2, from the first mirror that gives it.
download()
{
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -r "$keyring" ] || die "$package: $keyring is missing (package debian-archive-keyring)"
    sites=$(mirrors)
    [ -n "$sites" ] || die "$package: no Debian mirror in this machine's apt configuration;
       add one${hint:+, or $hint}"
    for site in $sites; do
        say "fetching $package $2 by apt"
        if "$1" "$site"; then
            return 0
        fi
    done
    die "$package: the download failed, see above (is the network reachable?);
       run make again${hint:+, or $hint}"
}

get_source()
{
    pin=$1
    target=$2
    hint=
    # shellcheck source=lwip.pin source-path=SCRIPTDIR
    . "$(realpath "$pin")"
    [ ! -e "$target/$mark" ] || return 0
    make_work "$target" "$package"

    tarball_ok || download source_from "$version ($suite)"
    [ -e "$work/$tarball" ] ||
        die "$package: $suite has no $tarball any more; $pin needs a look"
    if ! tarball_ok; then
        mv "$work/$tarball" "$work/$tarball.bad"
        die "$package: the checksum of $tarball is not the one in $pin;
       the file is kept as $work/$tarball.bad"
    fi
    rm -rf "$target.new"
    mkdir "$target.new"
    tar -xf "$work/$tarball" -C "$target.new" --strip-components=1 ||
        die "$package: $tarball cannot be unpacked"
    rm -rf "$target"
    mv "$target.new" "$target"
    drop_lists
}

# Unpacks all packages of the state directory $work into the directory $1.
unpack_packages()
{
    for file in "$work"/cache/archives/*.deb; do
        dpkg --extract "$file" "$1" || return
    done
    # What points to the root of a machine has to point to this one.
    find "$1" -type l -lname '/*' -exec sh -c '
        root=$1
        shift
        for link; do
            ln -sfr "$root$(readlink "$link")" "$link" || exit
        done' - "$1" {} +
}

get_foreign()
{
    arch=$1
    table=$2
    target=$3
    ! cmp -s "$table" "$target/packages" || return 0
    command -v dpkg >/dev/null || die "packages for $arch come from Debian: this is another system"
    codename=$(release_codename)
    package=$arch
    hint=
    missing=$(table_packages | tr '\n' ' ')
    make_work "$target" "$arch"
    download packages_from "packages ($codename): ${missing% }"
    rm -rf "$target.new"
    mkdir "$target.new"
    unpack_packages "$target.new" || die "$arch: the packages cannot be unpacked"
    cp "$table" "$target.new/packages"
    rm -rf "$target"
    mv "$target.new" "$target"
    drop_lists
}

case "${1-}:$#" in
packages:1) install_packages ;;
packages:2)
    table=$2
    install_packages
    ;;
source:3) get_source "$2" "$3" ;;
foreign:4) get_foreign "$2" "$3" "$4" ;;
*)
    die "usage: deps.sh packages [TABLE] | deps.sh source PIN DIRECTORY |
       deps.sh foreign ARCH TABLE DIRECTORY"
    ;;
esac
