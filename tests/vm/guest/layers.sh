# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What the broker answers about a block device or file, and what it explains to
# somebody who may have no memory, beside what a read from it into P2P memory does.

PATH=$PATH:/usr/lib/p2pmem-lab

both() {
	echo "broker: $(alice ask-broker "$1")"
	echo "explain: $(bob ask-explain p2pmem0 "$1")"
	echo "read: $(read-into /dev/p2pmem0 "$1")"
}

# lent NAME PATH ADDRESS...: a read works, and the broker lends for these functions
lent() { compare "$1: lent, and a read works" "$2" "broker: lent ${*:3}" "explain: bus" "read: works"; }

# refused NAME PATH KIND LAYER: a read fails, and the broker names the layer
refused() {
	compare "$1: refused, and a read fails" "$2" \
		"broker: NotPeerToPeer $3 $4" "explain: unsupported $3 $4" "read: EREMOTEIO"
}

# apart NAME PATH: all layers pass, and one of the drives does not reach the memory
apart() {
	compare "$1: out of reach, and a read fails" "$2" \
		"broker: NoCompatibleRegion" "explain: unsupported" "read: EINVAL"
}

# compare NAME PATH LINE...: what both say
compare() {
	local name=$1 path=$2 status=0
	shift 2
	diff <(printf '%s\n' "$@") <(both "$path" 2> "$tap_out.words") > "$tap_out" 2>&1 || status=1
	cat "$tap_out.words" >> "$tap_out"
	result "$name" $status
}

# function_of DEV: the address of a drive's function
function_of() { basename "$(realpath "/sys/class/block/$(kernel_name "$1")/device/device")"; }
