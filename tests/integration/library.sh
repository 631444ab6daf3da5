#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libp2pmem as others get it: what it shows, what it needs, and that programs in
# C and C++ build against what `make install-lib` puts in place. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
lib=$BUILD/lib
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

# same WHAT A B: two lists, of which each line is in the other as well.
same() { diff "$2" "$3" || { echo "$1"; return 1; }; }

in_map() { sed -n 's/^[[:space:]]*\(p2pmem_[a-z0-9_]*\);$/\1/p' client/libp2pmem.sym | sort; }

# Functions that the headers declare: names before a parenthesis, outside comments.
in_headers() { gcc -fpreprocessed -dD -E -P include/p2pmem/*.h | grep -oE '\bp2pmem_[a-z0-9_]+\(' | tr -d '(' | sort -u; }

map_is_complete() { same "of the headers (<) and the map (>)" <(in_headers) <(in_map); }

shared_shows_the_map() {
	same "of the map (<) and libp2pmem.so (>)" <(in_map) \
		<(nm -D --defined-only "$lib/libp2pmem.so" | awk '$2 == "T" { print $3 }' | sed 's/@.*//' | sort) &&
		! nm -D --defined-only "$lib/libp2pmem.so" | grep -vE ' (T p2pmem_[a-z0-9_]+@@|A )LIBP2PMEM_[0-9.]+$'
}

static_shows_the_map() {
	same "of the map (<) and libp2pmem.a (>)" <(in_map) \
		<(nm -g --defined-only "$lib/libp2pmem.a" | awk 'NF == 3 { print $3 }' | sort)
}

needs_little() {
	! readelf -d "$lib/libp2pmem.so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
		grep -vE '^(libjson-c|liburing|libc)\.so\.|^ld-linux'
}

soname() { readelf -d "$lib/libp2pmem.so" | grep -q 'SONAME.*\[libp2pmem\.so\.1\]'; }

# What could be written to belongs to the compiler's start-up code.
no_state() {
	! objdump -t "$lib/libp2pmem.so" | awk '$0 ~ / \.(data|bss|tdata|tbss)\t/ { print $NF }' |
		grep -vE '^(\.data|\.bss|__dso_handle|__TMC_END__|completed\.0|_edata|_end|__bss_start)$'
}

no_thread_no_signal_no_output() {
	! nm -D --undefined-only "$lib/libp2pmem.so" | awk '{ print $2 }' | sed 's/@.*//' |
		grep -E '^(pthread_create|thrd_create|sigaction|signal|printf|puts|perror|warn|err|syslog|exit|abort|stderr|stdout)$'
}

installed() {
	make -s O="$BUILD" DESTDIR="$work/root" PREFIX=/opt/p2pmem install-lib &&
		[ -f "$work/root/opt/p2pmem/lib/libp2pmem.so.1.0.0" ] &&
		[ "$(readlink "$work/root/opt/p2pmem/lib/libp2pmem.so.1")" = libp2pmem.so.1.0.0 ]
}

config() {
	PKG_CONFIG_PATH=$work/root/opt/p2pmem/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/root pkg-config "$@" libp2pmem
}

falls_back() { LD_LIBRARY_PATH=$work/root/opt/p2pmem/lib "$1" | tee /dev/stderr | grep -q '^host: .*cannot connect to /nobody/listens/here: No such file'; }

# shellcheck disable=SC2046
builds_c() {
	gcc -std=c99 -pedantic -Wall -Wextra -Wshadow -Werror $(config --cflags) -o "$work/c" tests/abi/program.c $(config --libs) &&
		readelf -d "$work/c" | grep -q 'NEEDED.*libp2pmem\.so\.1' && falls_back "$work/c"
}

# shellcheck disable=SC2046
builds_cpp() {
	g++ -std=c++11 -pedantic -Wall -Wextra -Wshadow -Werror $(config --cflags) -x c++ -o "$work/cpp" tests/abi/program.c \
		-x none $(config --libs) && falls_back "$work/cpp"
}

# shellcheck disable=SC2046
builds_static() {
	gcc -std=c99 -Wall -Wextra -Werror $(config --cflags) -o "$work/static" tests/abi/program.c \
		-Wl,-Bstatic $(config --libs) -Wl,-Bdynamic $(pkg-config --libs json-c liburing) &&
		! readelf -d "$work/static" | grep -q 'NEEDED.*libp2pmem' && falls_back "$work/static"
}

# As the manual says, in no dialect and with no macro of ours.
# shellcheck disable=SC2046
builds_examples() {
	local example
	for example in examples/*.c; do
		gcc -Wall -Werror -o "$work/example" "$example" $(config --cflags --libs) || return
	done
}

# What is set in at the top of a header, as its page of the manual shows it.
# shellcheck disable=SC2046
builds_synopses() {
	local header
	for header in include/p2pmem/*.h; do
		{
			printf '#include <%s>\n' err.h inttypes.h stdio.h unistd.h "p2pmem/${header##*/}"
			echo 'void example(int, ssize_t, int, int, struct p2pmem_buffer *);'
			echo 'void example(int r, ssize_t n, int src_fd, int dst_fd, struct p2pmem_buffer *lent) {'
			[ "${header##*/}" != libp2pmem.h ] && echo 'struct p2pmem_buffer *buffer = lent;' ||
				echo 'int src = src_fd, dst = dst_fd;'
			sed -n '/^#ifndef/q; s/^ \*\t//p' "$header"
			echo '}'
		} > "$work/synopsis.c"
		gcc -Wall -Werror -c -o "$work/synopsis.o" "$work/synopsis.c" $(config --cflags) || return
	done
}

versions_agree() {
	[ "$(config --modversion)" = "$(sed -n 's/^VERSION := //p' Makefile)" ]
}

layouts() { gcc -std=gnu11 -Wall -Werror -Iinclude -Iinclude/uapi -fsyntax-only tests/abi/libp2pmem.c; }

# Members and numbers of the headers: TYPE.MEMBER, and names in capitals.
members() {
	gcc -fpreprocessed -dD -E -P include/p2pmem/*.h | tr '\n' ' ' | grep -oE '(struct|enum) p2pmem_[a-z_0-9]+ \{[^}]*\}' |
		while read -r kind type body; do
			if [ "$kind" = enum ]; then
				grep -oE '\bP2PMEM_[A-Z0-9_]+' <<< "$body"
			else
				sed -E 's/\(\*([a-z_0-9]+)\)\([^)]*\)/\1/g' <<< "$body" | grep -oE '[a-z_0-9]+(\[[0-9]+\])?;' |
					sed -E "s/^([a-z_0-9]+).*/$type.\1/"
			fi
		done | sort -u
}

recorded() { sed -nE 's/^AT\((.*), (.*), .*/\1.\2/p; s/^IS\((.*), .*/\1/p' tests/abi/libp2pmem.c | sort -u; }

all_recorded() { same "of the headers (<) and tests/abi/libp2pmem.c (>)" <(members) <(recorded); }

check "the map has what the headers declare" map_is_complete
check "the shared library shows the map and no more" shared_shows_the_map
check "the static library shows the map and no more" static_shows_the_map
check "it needs json-c, liburing and the C library" needs_little
check "its soname is that of the first version" soname
check "it has no state of its own" no_state
check "it starts no thread, takes no signal, prints nothing" no_thread_no_signal_no_output
check "structures are as released" layouts
check "and all of them are on record" all_recorded
check "it is installed where it was to be" installed
check "its pkg-config file says its version" versions_agree
check "a program in C builds against it and runs" builds_c
check "a program in C++ builds against it and runs" builds_cpp
check "a program builds with it inside and runs" builds_static
check "the examples build as the manual says" builds_examples
check "and what is at the top of the headers builds" builds_synopses
echo "1..$n"
[ "$bad" = 0 ]
