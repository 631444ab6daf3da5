# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What the lab's scripts share: where things are, and how to enter the lab
# root: a Debian trixie tree that is compiler, test image and QEMU in one.

lab_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
lab_here=$lab_top/tests/vm
lab_cache=${P2PMEM_LAB_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/p2pmem-lab}
[[ $lab_cache = /* ]] || lab_cache=$PWD/$lab_cache
lab_out=$lab_top/build/lab

lab_say() { printf 'lab: %s\n' "$*" >&2; }
lab_die() {
	lab_say "$*"
	exit 125
}

# There are two trees: the lab root, and the clean one, which packages are
# installed into. They are what these made; change one, and another tree is made.
lab_made_by() {
	case $1 in
	root) echo recipe packages ;;
	clean) echo recipe-clean packages-clean tree.sh ;;
	esac
}
# shellcheck disable=SC2046
lab_key() { (cd "$lab_here" && cat $(lab_made_by "$1")) | sha256sum | cut -c1-16; }
lab_tree() { echo "$lab_cache/$1-$(lab_key "$1")"; }
lab_root() { lab_tree root; }
lab_clean() { lab_tree clean; }

lab_need_root() {
	[ "$(id -u)" = 0 ] || lab_die "the lab needs root (to make a Debian tree and enter it). Type: sudo $1"
}

# lab_enter DIR CMD...: runs CMD in the lab root, read-only, with this checkout
# at /src (the working directory), and the machine's own tree at /host. Mounts
# live in a name space of their own and are gone with it. While it runs, the
# root is locked, so that a set-up with another recipe does not remove it.
lab_enter() {
	local root=$1
	shift
	flock --shared --no-fork "$root/lab/complete" unshare --mount --propagation private bash -euc '
		root=$1 top=$2
		shift 2
		mount --bind "$root" "$root"
		mount -o remount,bind,ro "$root"
		mount --bind "$top" "$root/src"
		mount --rbind / "$root/host"
		mount -t proc proc "$root/proc"
		mount --rbind /sys "$root/sys"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs -o mode=1777 tmp "$root/tmp"
		mount -t tmpfs -o mode=755 run "$root/run"
		exec chroot "$root" /usr/bin/env -i HOME=/root TERM="${TERM:-dumb}" LC_ALL=C.UTF-8 \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin ${CI:+CI="$CI"} ${TALLY:+TALLY="/host$TALLY"} \
			bash -c "cd /src && exec \"\$@\"" bash "$@"
	' bash "$root" "$lab_top" "$@"
}
