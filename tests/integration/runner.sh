#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# tests/run itself: what counts as a failure, and that it ends as it counts.
set -uo pipefail

here=$(dirname "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset TALLY
n=0 failed=0

# expect NAME STATUS LAST-LINE BODY: a test program with that body is run.
expect() {
	local out status
	printf '#!/bin/sh\n%s\n' "$4" > "$folder/program"
	chmod +x "$folder/program"
	out=$("$here/../run" "$folder/program" 2>&1)
	status=$?
	n=$((n + 1))
	if [ "$status" = "$2" ] && [ "${out##*$'\n'}" = "$3" ]; then
		echo "ok $n - $1"
	else
		printf '%s\n' "$out" | sed 's/^/# /'
		echo "not ok $n - $1 (status $status)"
		failed=1
	fi
}

echo 1..11
expect "all well" 0 "2 passed, 0 failed" 'echo 1..2; echo ok 1; echo ok 2 - b'
expect "one failed" 1 "1 passed, 1 failed" 'echo 1..2; echo ok 1; echo not ok 2; exit 1'
expect "failed, whatever its status says" 1 "0 passed, 1 failed" 'echo 1..1; echo not ok 1'
expect "a status without a failed result" 1 "1 passed, 1 failed" 'echo 1..1; echo ok 1; exit 3'
expect "killed" 1 "1 passed, 1 failed" 'echo 1..2; echo ok 1; kill -9 $$'
expect "no plan" 1 "1 passed, 1 failed" 'echo ok 1'
expect "nothing planned" 1 "0 passed, 1 failed" 'echo "1..0 # SKIP not here"'
expect "a result skipped" 1 "1 passed, 1 failed" 'echo 1..2; echo ok 1; echo ok 2 - b \# SKIP no'
expect "more results than planned" 1 "2 passed, 1 failed" 'echo 1..1; echo ok 1; echo ok 2'
expect "the emulator failed once" 0 "1 passed, 0 failed" \
	"test -e $folder/once || { : > $folder/once; echo 1..2; echo ok 1; exit 121; }; echo 1..1; echo ok 1"
expect "the emulator failed twice" 1 "1 passed, 1 failed" 'echo 1..2; echo ok 1; exit 121'
exit "$failed"
