# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Results as TAP, for tests that are shell scripts in the lab's guests, and
# what they have in common.

tap_n=0 tap_bad=0
tap_out=$(mktemp)

by_id=/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl
# shellcheck disable=SC2034
A=${by_id}_cmb0 B=${by_id}_plain1 C=${by_id}_far2

# result NAME STATUS: what was printed since is in $tap_out
result() {
	tap_n=$((tap_n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $tap_n - $1"
	else
		sed 's/^/# /' "$tap_out"
		echo "not ok $tap_n - $1"
		tap_bad=$((tap_bad + 1))
	fi
}

# ok NAME CMD...: CMD must succeed
ok() {
	local name=$1 status=0
	shift
	"$@" > "$tap_out" 2>&1 < /dev/null || status=1
	result "$name" $status
}

# gives NAME STATUS PATTERN CMD...: CMD must exit with STATUS and print a line
# that matches PATTERN (extended; '' for any)
gives() {
	local name=$1 want=$2 pattern=$3 status=0 good=0
	shift 3
	"$@" > "$tap_out" 2>&1 < /dev/null || status=$?
	[ "$status" = "$want" ] || good=1
	[ -z "$pattern" ] || grep -q -E -e "$pattern" "$tap_out" || good=1
	echo "(exit status $status, wanted $want; wanted text: $pattern; command: $*)" >> "$tap_out"
	result "$name" $good
}

# soon CMD...: it succeeds, now or within five minutes
soon() {
	local limit=$((SECONDS + 300))
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $limit ] || return 1
		read -r -t 0.1 <> <(:) || true
	done
}

tap_end() {
	rm -f "$tap_out"
	echo "1..$tap_n"
	[ "$tap_bad" = 0 ]
	exit
}

alice() { runuser -u alice -- "$@"; }
bob() { runuser -u bob -- "$@"; }

kernel_name() { basename "$(realpath "$1")"; }

# Sectors that were ever read from a drive, or written to it, and are through.
sectors_read() { awk '{ print $3 }' "/sys/class/block/$(kernel_name "$1")/stat"; }
sectors_written() { awk '{ print $7 }' "/sys/class/block/$(kernel_name "$1")/stat"; }

# The PCI function with P2P memory, and what its pool has left.
provider() { basename "$(dirname "$(dirname "$(echo /sys/bus/pci/devices/*/p2pmem/size)")")"; }
available() { cat "/sys/bus/pci/devices/$(provider)/p2pmem/available"; }

# same_content DEV DEV BYTES, past the page cache
same_content() {
	cmp -n "$3" <(dd if="$1" iflag=direct bs=1M status=none) <(dd if="$2" iflag=direct bs=1M status=none)
}

# fill DEV MIB: random content
fill() { dd if=/dev/urandom of="$1" oflag=direct bs=1M count="$2" status=none; }
