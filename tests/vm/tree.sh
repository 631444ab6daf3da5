# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# How a Debian tree and the disk image of it are made; for recipes. They set
# `root`, where the tree is to be. P2PMEM_LAB_MIRROR and
# P2PMEM_LAB_SECURITY_MIRROR say where Debian is.

# Names the stages, keeps the rest for who needs it.
tree_progress() {
	local line
	while IFS= read -r line; do
		echo "$line" >> "$root.log"
		case $line in
		"I: running --"* | "I: chroot arch"* | "I: finding"* | "I: reading"* | "I: automatically"* | "I: /"*) ;;
		"I: "*) printf 'lab:  %4ss  %s\n' "$SECONDS" "${line#I: }" ;;
		esac
	done
}

# The kernel of trixie itself, where P2PDMA is off: its meta package cannot
# stand beside the one of backports, so the package behind it is named.
# shellcheck disable=SC2016
tree_nop2p_hook='set -e
echo "I: adding the kernel without P2PDMA"
image=$(chroot "$1" apt-cache depends linux-image-cloud-amd64=6.12\* |
	sed -n "s/^ *Depends: \(linux-image-6\.12[^ ]*\)/\1/p" | sort -V | tail -n 1)
test -n "$image"
chroot "$1" apt-get install -y --no-install-recommends "$image" "linux-headers-${image#linux-image-}"'

# A machine that has been booted before, for two users to work on.
# shellcheck disable=SC2016
tree_guest_hook='set -e
mkdir -p "$1/src" "$1/host" "$1/mnt/share" "$1/lab"
chroot "$1" useradd -m -u 1000 -s /bin/bash alice
chroot "$1" useradd -m -u 1001 -s /bin/bash bob
chroot "$1" passwd -d root
echo lab > "$1/etc/hostname"
: > "$1/etc/fstab"
rm -f "$1"/initrd.img* "$1"/vmlinuz*
# Units that have no place in a machine that lives for a minute.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
	e2scrub_reap.service fstrim.timer getty@tty1.service systemd-tmpfiles-clean.timer; do
	ln -sf /dev/null "$1/etc/systemd/system/$unit"
done
rm -f "$1/etc/machine-id"
echo 0123456789abcdef0123456789abcdef > "$1/etc/machine-id"
chroot "$1" journalctl --update-catalog
chroot "$1" systemd-hwdb update
touch "$1/etc/.updated" "$1/var/.updated"
# What is installed later is to be whole.
rm -f "$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap"'

# tree_make PACKAGES: the tree, with what the file PACKAGES lists
tree_make() {
	local include
	# Booted with an initramfs of the lab's own, so none is generated.
	export INITRD=No
	include=$(sed '/^#/d' "$1" | tr '\n' ',')
	mmdebstrap --mode=root --variant=apt --include="${include%,}" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--customize-hook="$tree_nop2p_hook" --customize-hook="$tree_guest_hook" \
		trixie "$root" - <<-SOURCES 2>&1 | tree_progress
		deb $P2PMEM_LAB_MIRROR trixie main
		deb $P2PMEM_LAB_MIRROR trixie-updates main
		deb $P2PMEM_LAB_SECURITY_MIRROR trixie-security main
		deb $P2PMEM_LAB_MIRROR trixie-backports main
		SOURCES
}

# What there is to boot: release names by kernel.
tree_record_kernels() {
	(
		cd "$root/lib/modules"
		ls -d 6.12* > "$root/lab/kernel-nop2p"
		find . -mindepth 1 -maxdepth 1 ! -name '6.12*' -printf '%f\n' | sort -V | tail -n 1 > "$root/lab/kernel-stock"
	)
	grep -q . "$root/lab/kernel-stock"
}

# tree_image MIB: a disk image of that size
tree_image() {
	printf 'lab:  %4ss  making the disk image\n' "$SECONDS"
	truncate -s "$1M" "$root.image"
	mke2fs -q -t ext4 -O ^has_journal -E lazy_itable_init=1,root_owner=0:0 -d "$root" "$root.image"
	mv "$root.image" "$root/image.ext4"
}
