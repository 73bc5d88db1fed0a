# shellcheck shell=sh disable=SC2034,SC2154 # variables for those who source this, and theirs
# user.sh - how tests of labs run a program as an ordinary user. Sourced after lib.sh's
# networks_enter.
#
#   $user       the words in front of a command; empty where it can't be done, and then
#   $user_not   says why
#   user_skip NAME REASON
#               skips a test that needs a user namespace. Where not even root can make one, as in a
#               chroot (user_namespaces(7)), or an ordinary user runs the suite anyway, there is
#               nothing more to be tested: that is said, but is no test skipped
#
# Where /dev/net/tun cannot be opened the suite is skipped.
#
# On Debian every user may open /dev/net/tun; in containers often only root. There, the mount
# namespace gets another node of the same device: the calling script has to have a mount namespace
# of its own.

user='setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all'
user_not=
user_alone=

user_skip()
{
    if [ -n "$user_alone" ] || ! unshare --user true 2>/dev/null; then
        echo "     not tried: $1: $2"
    else
        skip "$1" "$2"
    fi
}

# A node that everybody may open takes the place of the machine's.
open_tun()
{
    [ "$(stat -c %a /dev/net/tun)" != 666 ] || return 0
    mkdir -p "$work/dev" && mount -t tmpfs -o mode=755 dev "$work/dev" &&
        mknod -m 666 "$work/dev/tun" c 10 200 && mount --bind "$work/dev/tun" /dev/net/tun &&
        umount -l "$work/dev"
}

(exec 3<>/dev/net/tun) 2>/dev/null || networks_skip '/dev/net/tun can not be opened'
if [ "$(id -u)" -ne 0 ] || ! $user true 2>/dev/null; then
    user_not='there is no other user to be here'
    user_alone=yes
elif ! $user unshare --user --map-root-user --net true 2>/dev/null; then
    user_not='an ordinary user may not make user namespaces here'
elif ! open_tun >/dev/null 2>&1 || ! $user test -w /dev/net/tun; then
    user_not='an ordinary user may not open /dev/net/tun here'
fi
[ -z "$user_not" ] || user=
