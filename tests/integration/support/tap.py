# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs functions as TAP results.

    @tap.test("what is so if it passes")
    def _(): assert ...

    tap.main()
"""

import sys
import traceback

_tests = []


def test(name):
    def add(function):
        _tests.append((name, function))
        return function

    return add


def _comment(text):
    for line in text.rstrip().splitlines():
        print("# " + line)


def main():
    failed = 0
    print(f"1..{len(_tests)}", flush=True)
    for number, (name, function) in enumerate(_tests, 1):
        try:
            function()
            print(f"ok {number} - {name}", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {number} - {name}")
            _comment(traceback.format_exc())
            sys.stdout.flush()
    sys.exit(1 if failed else 0)
