# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What an installation changes in a tree, packed as layer.cpio, which run puts
# over that tree's disk image at boot: so the cached image stays as it is. For
# use in the lab root, where /tmp/root is the tree with the layer over it.

# layer_begin TREE DIR: mounts TREE at /tmp/root; what changes there is kept in DIR.
layer_begin() {
	mkdir -p /tmp/root "$2/up" "$2/work"
	mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/up,workdir=$2/work" /tmp/root
}

# layer_packages DIR: installs the packages in DIR, as apt does it on a machine
# without a network: all but those for debugging, and for development, which
# would want others for development. What it mounts, and what dpkg leaves running, is gone after
# it, with its name spaces.
layer_packages() {
	# shellcheck disable=SC2016
	unshare --fork --pid --mount --propagation private bash -euc '
		cd /tmp/root
		mount -t proc proc proc
		mount --rbind /dev dev
		mount -t tmpfs run run
		mount --bind "$1" src
		export DEBIAN_FRONTEND=noninteractive
		exec chroot . bash -c "apt-get install -y \$(ls /src/*.deb | grep -v -e -dbgsym_ -e -dev_)"
	' bash "$(realpath "$1")"
}

# What the lab itself needs in a guest.
layer_lab() {
	local guest=/tmp/root/usr/lib/p2pmem-lab
	find tests/vm/guest -maxdepth 1 -type f ! -name "*.*" ! -name init -exec install -D -t "$guest" {} +
	install -D -m 0644 -t "$guest" tests/vm/guest/*.sh
	find build/lab/tests/vm -maxdepth 1 -type f -perm -u+x -exec install -D -t "$guest" {} +
	install -D -m 0644 -t /tmp/root/usr/lib/systemd/system tests/vm/guest/*.service
	install -D -m 0644 -t /tmp/root/usr/lib/udev/rules.d tests/vm/guest/*.rules
	install -D -m 0644 tests/vm/guest/lab-sysusers.conf /tmp/root/usr/lib/sysusers.d/zz-lab.conf
	chroot /tmp/root systemd-sysusers 2> /dev/null
	systemctl --root=/tmp/root -q enable lab-command.service lab-shell.service
}

# layer_end DIR FILE: packs what changed.
layer_end() {
	umount /tmp/root
	mkdir -p /tmp/l/layer
	mount --bind "$1/up" /tmp/l/layer
	(cd /tmp/l && find layer ! -type c | cpio -o -H newc --quiet) > "$2"
}

# first_stage TREE KERNEL FILE: busybox, init, and the modules for the disk.
# Without a kernel: of one of the lab's own, which has them built in.
first_stage() {
	local i m n=10
	i=$(mktemp -d)
	mkdir -p "$i/bin" "$i/modules" "$i/proc" "$i/sys" "$i/dev" "$i/root"
	cp /bin/busybox "$i/bin"
	cp /src/tests/vm/guest/init "$i/init"
	for m in ${2:+$(modprobe -d "$1" -S "$2" --show-depends virtio_blk | sed -n "s/^insmod //p")}; do
		busybox xz -dc "$m" > "$i/modules/$n-$(basename "$m" .xz)"
		n=$((n + 1))
	done
	(cd "$i" && find . | cpio -o -H newc --quiet) > "$3"
}
