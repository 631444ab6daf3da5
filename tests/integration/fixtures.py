#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Verdicts on made machines are those that were derived by hand from the kernel's source."""

import glob
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "..", "fixtures")
# In the place of this folder, whose copy.py is not Python's.
sys.path[:1] = [os.path.join(HERE, "support"), FIXTURES]
import tap  # noqa: E402
from made import golden, sysfs, text  # noqa: E402

JUDGE = os.path.join(os.environ["BUILD"], "tests", "fixtures", "judge")


def judged(folder, machine):
    """The model's own answer, by the library."""
    out = subprocess.run([JUDGE, folder + "/sys", machine.kernel], check=True,
                         stdout=subprocess.PIPE).stdout
    return [json.loads(line) for line in out.splitlines()]


def compare(description):
    machine = text.read(description)
    with tempfile.TemporaryDirectory() as folder:
        sysfs.write(machine, folder)
        pairs = judged(folder, machine)
    wrong = golden.differences(golden.read(description[:-len("tree")] + "pairs"), pairs)
    assert not wrong, "\n".join(wrong)


def add(description):
    name = os.path.basename(description)[:-len(".tree")]
    tap.test(f"{name}: the model")(lambda: compare(description))


for path in sorted(glob.glob(os.path.join(FIXTURES, "trees", "*.tree"))):
    add(path)


@tap.test("a wrong verdict would be noticed")
def _():
    path = os.path.join(FIXTURES, "trees", "switch-acs-off")
    lines = golden.read(path + ".pairs")
    pair = {"provider": "0000:03:00.0", "device": "0000:04:00.0", "verdict": "bus",
            "distance": 4, "cause": "common_bridge", "reason": "0000:01:00.0"}
    for change in ({}, {"verdict": "bridge"}, {"distance": 2}, {"cause": "own_memory"},
                   {"reason": ""}, {"device": "0000:ff:00.0"}):
        wrong = [w for w in golden.differences(lines, [dict(pair, **change)]) if "no pair" not in w]
        assert len(wrong) == (1 if change else 0), (change, wrong)


tap.main()
