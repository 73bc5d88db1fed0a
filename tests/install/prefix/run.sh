#!/bin/sh
# run.sh - installs the library into a directory of its own and uses it from there as a stranger
# would: plain compiler, pkg-config, CMake; C and C++; shared and static; moved to another place;
# and takes it away again.
#
# usage: run.sh CC CXX INCLUDEDIR
#
# Prints one line for each case, a command's words under one that failed, and the sums.
set -u
export LC_ALL=C
# What `make` around this test says about itself is not for the `make` inside it.
unset MAKEFLAGS MFLAGS MAKELEVEL

cc=$1
cxx=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
prefix=$work/prefix
strict="-Wall -Wextra -Werror"
# shellcheck source=tests/support/check.sh
. "$(dirname "$0")/../../support/check.sh"

# says_hello PROGRAM: it does its work, with the shared library of the prefix if it wants one.
says_hello()
{
    LD_LIBRARY_PATH=$prefix/lib "$1" | tee -a "$work/log" | grep -q '^hello from winlwip [0-9]'
}

# build COMPILER LANGUAGE OUTPUT FLAG...: compiles hello.c as that language, runs it.
build()
{
    compiler=$1
    language=$2
    output=$work/$3
    shift 3
    # shellcheck disable=SC2086 # a list of flags
    "$compiler" $strict -x "$language" "$here/hello.c" -x none -o "$output" "$@" &&
        says_hello "$output"
}

# Words of pkg-config as arguments.
pkg() { PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config "$@"; }

# build_by_pkg_config COMPILER LANGUAGE PACKAGE [FLAG...]
build_by_pkg_config()
{
    compiler=$1
    language=$2
    package=$3
    shift 3
    # shellcheck disable=SC2046 # a list of flags
    build "$compiler" "$language" hello $(pkg --cflags --libs "$package") "$@"
}

# What a static library needs beside itself; the library itself by name, as the shared one is there.
static_by_pkg_config()
{
    # shellcheck disable=SC2046 # a list of flags
    build "$1" "$2" hello-static $(pkg --cflags winlwip) "$prefix/lib/libwinlwip.a" \
        $(pkg --libs-only-l --static winlwip | sed 's/-lwinlwip//') -pthread
}

by_cmake()
{
    cmake -S "$here" -B "$work/cmake" -DSOURCE="$here/hello.c" -DCMAKE_PREFIX_PATH="$prefix" \
        -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" &&
        cmake --build "$work/cmake" &&
        for program in hello-c hello-cpp hello-c-static hello-cpp-static hello-wide; do
            says_hello "$work/cmake/$program" || return 1
        done
}

# Names that the shared library gives to others: ours, none of the C library's.
only_our_names()
{
    nm --dynamic --defined-only "$prefix/lib/libwinlwip.so" | awk '
        { count++ }
        $NF !~ /^winlwip_/ { print "foreign name:", $NF; bad = 1 }
        END { exit bad || count < 100 }'
}

soname()
{
    readelf --dynamic "$prefix/lib/libwinlwip.so" | tee -a "$work/log" |
        grep -q 'SONAME.*\[libwinlwip\.so\.[0-9]*\]'
}

# A tree that is moved as a whole: CMake's files find it, and a program its library.
moved()
{
    mv "$prefix" "$work/elsewhere" && prefix=$work/elsewhere && rm -rf "$work/cmake" && by_cmake
    status=$?
    prefix=$work/prefix
    mv "$work/elsewhere" "$prefix"
    return $status
}

# Installed with DESTDIR: no file knows of that directory.
staged()
{
    make install DESTDIR="$work/stage" PREFIX=/opt/winlwip >/dev/null &&
        [ -x "$work/stage/opt/winlwip/bin/winlwip" ] &&
        ! grep -rIl "$work/stage" "$work/stage/opt/winlwip/lib/pkgconfig" \
            "$work/stage/opt/winlwip/lib/cmake" &&
        make uninstall DESTDIR="$work/stage" PREFIX=/opt/winlwip &&
        nothing_left "$work/stage"
}

nothing_left()
{
    left=$(find "$1" ! -type d)
    [ -z "$left" ] || { echo "left behind: $left"; return 1; }
}

relative_refused()
{
    ! make install PREFIX=relative >"$work/refused" 2>&1 && cat "$work/refused" &&
        grep -q 'not an absolute path' "$work/refused"
}

check "make install" make install PREFIX="$prefix"
include=$prefix/include/winlwip
plain="-I$include -D_WIN32 -D_WIN64"
# shellcheck disable=SC2086 # lists of flags
{
    check "plain C, shared" build "$cc" c hello $plain -L"$prefix/lib" -lwinlwip
    check "plain C++, shared" build "$cxx" c++ hello $plain -L"$prefix/lib" -lwinlwip
    check "plain C, static" build "$cc" c hello $plain "$prefix/lib/libwinlwip.a" -linih -pthread
    check "plain C++, static" build "$cxx" c++ hello $plain "$prefix/lib/libwinlwip.a" -linih -pthread
}
check "pkg-config, C" build_by_pkg_config "$cc" c winlwip
check "pkg-config, C++" build_by_pkg_config "$cxx" c++ winlwip
check "pkg-config, C, wide" build_by_pkg_config "$cc" c winlwip-wide -DWIDE
check "pkg-config, C, static" static_by_pkg_config "$cc" c
check "pkg-config, C++, static" static_by_pkg_config "$cxx" c++
check "pkg-config, version" pkg --atleast-version=0.1 winlwip
check "CMake" by_cmake
check "CMake, moved" moved
check "names of the shared library" only_our_names
check "SONAME" soname
check "the program" "$prefix/bin/winlwip" --version
check "DESTDIR, and away again" staged
check "a relative PREFIX" relative_refused
check "make uninstall" make uninstall PREFIX="$prefix"
check "nothing is left" nothing_left "$prefix"

results
