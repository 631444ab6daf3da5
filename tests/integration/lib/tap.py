# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs functions as tests and prints TAP."""

import sys
import traceback

_tests = []


def test(function):
    """Marks a test. Its name, and what it says of itself, is what is printed."""
    _tests.append(function)
    return function


def equal(got, expected):
    assert got == expected, f"got {got!r}, expected {expected!r}"


def main():
    print(f"1..{len(_tests)}")
    failed = 0
    for number, function in enumerate(_tests, 1):
        try:
            function()
            print(f"ok {number} - {function.__name__}", flush=True)
        except Exception:  # whatever it was, the next test runs
            failed += 1
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            print(f"not ok {number} - {function.__name__}", flush=True)
    sys.exit(1 if failed else 0)
