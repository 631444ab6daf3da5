#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What can be said of the sources without running them. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0 bad=0

# check NAME CMD...: one result; its output is shown when it fails.
check() {
	local name=$1
	shift
	n=$((n + 1))
	if "$@" > "$work/out" 2>&1; then
		echo "ok $n - $name"
	else
		sed 's/^/# /' "$work/out"
		echo "not ok $n - $name"
		bad=$((bad + 1))
	fi
}

# sources PATTERN...: files of ours by path, as find's -path takes it.
sources() {
	local tests=() p
	for p in "$@"; do tests+=(-o -path "./$p"); done
	find . \( -path ./build -o -path ./.git \) -prune -o -type f \( "${tests[@]:1}" \) -print | sed 's|^\./||' | sort
}

formatted() { sources '*.c' '*.h' | xargs clang-format --dry-run -Werror; }

# Every text of ours says its licence in its first lines.
licensed() {
	local f missing=0
	while IFS= read -r f; do
		[ -s "$f" ] || continue
		head -n 3 "$f" | grep -q 'SPDX-License-Identifier:' || { echo "$f"; missing=1; }
	done < <(sources '*.c' '*.h' '*.py' '*.sh' '*.mk' '*.md' '*.bash' 'docs/man/*' Makefile '*Kbuild' 'systemd/*')
	return $missing
}

# Headers that are installed compile alone, as C and as C++.
public_header() {
	echo "#include \"$1\"" > "$work/h.c"
	gcc -std=c99 -Wall -Wextra -Werror -pedantic -Iinclude -Iinclude/uapi -fsyntax-only "$work/h.c" &&
		g++ -std=c++11 -Wall -Wextra -Werror -Iinclude -Iinclude/uapi -fsyntax-only -x c++ "$work/h.c"
}

private_headers() {
	local h status=0
	while IFS= read -r h; do
		echo "#include \"$h\"" > "$work/h.c"
		# shellcheck disable=SC2046
		gcc -std=gnu11 -D_GNU_SOURCE -DP2PMEM_VERSION='"0"' -Wall -Wextra -Werror -I. -Iinclude -Iinclude/uapi \
			$(pkg-config --cflags json-c liburing libsystemd libudev blkid libarchive) -fsyntax-only "$work/h.c" || status=1
	done < <(sources 'common/*.h' 'topology/*.h' 'policy/*.h' 'daemon/*.h' 'client/*.h')
	return $status
}

abi() { gcc "$1" -std=gnu11 -Wall -Werror -Iinclude/uapi -fsyntax-only tests/abi/uapi.c; }

warnings() {
	rm -rf "$work/strict"
	make -j"$(nproc)" -s O="$work/strict" CFLAGS='-O2 -Werror' programs python examples
}

analysed() {
	# shellcheck disable=SC2046
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr --std=c11 -j "$(nproc)" \
		--suppress=memleak --suppress=normalCheckLevelMaxBranches -DP2PMEM_VERSION='"0"' -I. -Iinclude -Iinclude/uapi \
		$(sources 'common/*.c' 'topology/*.c' 'policy/*.c' 'daemon/*.c' 'client/*.c')
}

# Against every header set there is; sparse and W=1 have nothing to say. Sparse
# is called past the kernel's check of its version, which some header packages
# cannot do, and told of a keyword that is newer than it; it then stumbles over
# what MODULE_*() and module_param() make of strings, and over nothing else.
driver() {
	local log
	log=$(make -s O="$work/driver" driver KRELEASE="$1" KDIR="/usr/src/linux-headers-$1" \
		KBUILD_OPTIONS='W=1 KBUILD_CHECKSRC=2 CF=-D__typeof_unqual__=__typeof__' 2>&1) || { echo "$log"; return 1; }
	! grep -E 'warning|error' <<< "$log" | grep -v '^[a-z]*\.c:[0-9]*:1: error: bad constant expression'
}

# A mistake that sparse alone sees is seen: it did run.
sparse_runs() {
	local copy=$work/sparse release
	mkdir -p "$copy"
	cp -r Makefile docs common topology policy daemon client driver include systemd tests "$copy"
	echo 'int p2pmem_not_static;' >> "$copy/driver/ioctl.c"
	for release in /usr/src/linux-headers-*-amd64; do
		(cd "$copy" && ! driver "${release#/usr/src/linux-headers-}") || { echo "not noticed: $release"; return 1; }
	done
}

scripts() {
	# shellcheck disable=SC2046
	shellcheck -S warning -x -P tests/vm -e SC2054,SC1091 client/p2pmemctl.bash \
		$(sources 'tests/*' '.ci/*' | xargs grep -l -m1 -E '^#!/(usr/bin/env )?(/bin/)?(ba)?sh')
}

man_pages() {
	local page status=0
	make -s O="$work/pages" man || return 1
	for page in $(sources 'docs/man/*.[0-9]') "$work"/pages/docs/man/*.3; do
		mandoc -T lint -W warning "$page" || status=1
	done
	return $status
}

# Every entry of the journal has a text, every text an entry, and each is used.
messages() {
	diff <(grep -oE '"[0-9a-f]{32}"' daemon/messages.h | tr -d '"' | sort) \
		<(sed -n 's/^-- //p' systemd/p2pmem.catalog | sort) || return 1
	local name status=0
	for name in $(grep -oE '\bMESSAGE_[A-Z_]+' daemon/messages.h | grep -v '^MESSAGE_ID$'); do
		grep -q -w "$name" daemon/*.c || { echo "$name is never sent"; status=1; }
	done
	return $status
}

# journalctl -x fills in what stands between "@", of letters and "_" alone: anything
# else would be shown as it is.
catalog_fields() {
	! grep -nE '@[A-Za-z0-9_]+@' systemd/p2pmem.catalog | grep -vE '@[A-Z_]+@'
}

# The shipped rules, and those that they show as an example.
udev_rules() {
	sed -n 's/^#ACTION/ACTION/p' systemd/60-p2pmem.rules > "$work/61-example.rules"
	[ -s "$work/61-example.rules" ] && udevadm verify --resolve-names=never systemd/60-p2pmem.rules "$work/61-example.rules"
}

check "sources are formatted" formatted
check "files say their licence" licensed
check "linux/p2pmem.h compiles alone, as C and C++" public_header linux/p2pmem.h
check "p2pmem/libp2pmem.h compiles alone, as C and C++" public_header p2pmem/libp2pmem.h
check "p2pmem/io.h compiles alone, as C and C++" public_header p2pmem/io.h
check "headers of our own compile alone" private_headers
check "the kernel interface is as released, 64 bits" abi -m64
check "the kernel interface is as released, 32 bits" abi -m32
check "no warnings" warnings
check "cppcheck finds nothing" analysed
for k in /usr/src/linux-headers-*-amd64; do
	release=${k#/usr/src/linux-headers-}
	check "driver: no word from W=1 or sparse, $release" driver "$release"
done
check "driver: sparse does run" sparse_runs
check "shellcheck finds nothing" scripts
check "man pages are well-formed" man_pages
check "messages and their catalog agree" messages
check "fields in the catalog can be filled in" catalog_fields
check "udev rules are well-formed" udev_rules
check "the interface description is valid" varlinkctl validate-idl docs/io.p2pmem.Broker.varlink
echo "1..$n"
[ "$bad" = 0 ]
