#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The examples where there is no broker: they make do with host memory, and say
# so, or say what is missing. With memory of devices they run in the lab. Prints
# TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

# Not in memory, as that cannot be read past the page cache.
work=$(mktemp -d "$BUILD/examples.XXXXXX")
trap 'rm -rf "$work"' EXIT
export LD_LIBRARY_PATH=$BUILD/lib PYTHONPATH=$BUILD/python PYTHONDONTWRITEBYTECODE=1
n=0 bad=0
echo "1..5"

# gives NAME STATUS PATTERN CMD...: CMD exits with STATUS and prints a line that matches
gives() {
	local name=$1 want=$2 pattern=$3 status=0
	shift 3
	n=$((n + 1))
	"$@" < /dev/null > "$work/out" 2>&1 || status=$?
	if [ "$status" = "$want" ] && grep -q -E -e "$pattern" "$work/out"; then
		echo "ok $n - $name"
	else
		sed 's/^/# /' "$work/out"
		echo "not ok $n - $name (status $status)"
		bad=$((bad + 1))
	fi
}

head -c 1048576 /dev/urandom > "$work/file"
gives "read: through host memory" 0 'read 1048576 bytes into host memory' "$BUILD/examples/read" "$work/file" "$work/file"
gives "read: says why" 0 'through host memory: .*/run/p2pmem' "$BUILD/examples/read" "$work/file" "$work/file"
gives "survive: with host memory to its end" 0 'ends with host memory' "$BUILD/examples/survive" "$work/file"
gives "plain_mmap.py: says what is missing" 1 'plain_mmap.py: .*/run/p2pmem' python3 examples/plain_mmap.py "$work/file" "$work/file"
gives "watch.py: with host memory" 0 'still here, with host memory' python3 examples/watch.py "$work/file"
[ "$bad" = 0 ]
