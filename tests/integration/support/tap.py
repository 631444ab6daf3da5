# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs functions as tests and prints TAP.

    @tap.test
    def what_is_so_if_it_passes(): ...

    @tap.test("what is so if it passes")
    def _(): ...

    tap.main()
"""

import signal
import sys
import traceback

LIMIT = 300  # seconds; only ends a test that hangs

_tests = []


def test(what):
    if callable(what):
        _tests.append((what.__name__, what))
        return what

    def add(function):
        _tests.append((what, function))
        return function

    return add


def equal(got, expected):
    assert got == expected, f"got {got!r}, expected {expected!r}"


def _hangs(*_):
    raise TimeoutError(f"not done after {LIMIT} seconds")


def _passes(function):
    signal.alarm(LIMIT)
    try:
        function()
    except Exception:  # whatever it was, the next test runs
        for line in traceback.format_exc().splitlines():
            print("# " + line)
        return False
    finally:
        signal.alarm(0)
    return True


def main():
    failed = 0
    signal.signal(signal.SIGALRM, _hangs)
    print(f"1..{len(_tests)}", flush=True)
    for number, (name, function) in enumerate(_tests, 1):
        passes = _passes(function)
        failed += not passes
        print(f"{'ok' if passes else 'not ok'} {number} - {name}", flush=True)
    sys.exit(1 if failed else 0)
