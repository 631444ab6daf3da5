#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What `make install` puts somewhere is all there, and `make uninstall` takes it
# away again, and nothing else.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

to=$(mktemp -d)
trap 'rm -rf "$to"' EXIT
n=0 bad=0

# holds NAME CMD...
holds() {
	local name=$1
	shift
	n=$((n + 1))
	if "$@" > "$to/out" 2>&1; then
		echo "ok $n - $name"
	else
		sed 's/^/# /' "$to/out"
		echo "not ok $n - $name"
		bad=$((bad + 1))
	fi
}

make_here() { env -u MAKEFLAGS -u MAKELEVEL make -s O="$BUILD" DESTDIR="$to/root" "$@"; }

holds "installed" make_here install
for f in usr/local/bin/p2pmemctl usr/local/libexec/p2pmemd usr/local/lib/libp2pmem.so.1 usr/local/include/p2pmem/libp2pmem.h \
	usr/lib/systemd/system/p2pmemd.socket usr/lib/udev/rules.d/60-p2pmem.rules usr/lib/p2pmem/policy.json etc/cdi/p2pmem.json \
	usr/local/share/doc/p2pmemctl/README.md usr/local/share/doc/p2pmemctl/administrator.md; do
	holds "/$f is there" test -s "$to/root/$f"
done
holds "the tool runs from there" "$to/root/usr/local/bin/p2pmemctl" --version
touch "$to/root/usr/local/bin/other"
holds "uninstalled" make_here uninstall

# For any kernel; what stands in for the module is newer than its sources.
touch "$to/p2pmem.ko"
driver() { make_here "$1" DRIVER_OUT="$to" KRELEASE=1.2.3; }
holds "the driver is installed" driver install-driver
holds "it is there" test -e "$to/root/lib/modules/1.2.3/updates/p2pmem.ko"
holds "the driver is uninstalled" driver uninstall-driver
holds "it is gone" test ! -e "$to/root/lib/modules/1.2.3/updates/p2pmem.ko"
holds "the Python module is installed" make_here install-python
holds "so it is there" test -n "$(find "$to/root" -name p2pmem.abi3.so)"
holds "the Python module is uninstalled" make_here uninstall-python
holds "what is another's stays, and nothing else" test "$(cd "$to/root" && find . ! -type d)" = ./usr/local/bin/other
holds "no folder of ours is left" test -z "$(find "$to/root" -name '*p2pmem*')"
echo "1..$n"
[ "$bad" = 0 ]
