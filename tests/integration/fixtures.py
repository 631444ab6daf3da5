#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Verdicts on made machines are those that were derived by hand from the kernel's
source, and on captured ones those that the kernel itself gave."""

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
from made import golden, machine  # noqa: E402

BUILD = os.environ["BUILD"]


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def judged(folder, release):
    """The model's own answers, by the library: of pairs, and of block devices by name."""
    lines = output(BUILD + "/tests/fixtures/judge", folder + "/sys", release).splitlines()
    answers = [json.loads(line) for line in lines]
    return [a for a in answers if "device" in a], {a["block"]: a for a in answers if "block" in a}


def told(folder):
    """What p2pmemctl says of it, as of a report."""
    return json.loads(output(BUILD + "/p2pmemctl", "--sysfs", folder, "pairs", "-o", "json"))["pairs"]


def compare_model(lines, folder, release):
    pairs, blocks = judged(folder, release)
    return golden.differences(lines, pairs) + golden.block_differences(lines, blocks)


def compare_tool(lines, folder, _):
    return golden.differences(lines, told(folder))


def compare(path, how):
    with tempfile.TemporaryDirectory() as folder:
        release = machine.make(path, folder)
        wrong = how(golden.read(os.path.splitext(path)[0] + ".pairs"), folder, release)
    assert not wrong, "\n".join(wrong)


def add(path):
    name = os.path.relpath(os.path.splitext(path)[0], FIXTURES)
    tap.test(f"{name}: the model")(lambda: compare(path, compare_model))
    tap.test(f"{name}: p2pmemctl")(lambda: compare(path, compare_tool))


for found in sorted(glob.glob(os.path.join(FIXTURES, "trees", "*.tree"))) + \
        sorted(glob.glob(os.path.join(FIXTURES, "captured", "*.sysfs"))):
    add(found)


@tap.test("a capture of what was made of a capture is that capture")
def _():
    for path in glob.glob(os.path.join(FIXTURES, "captured", "*.sysfs")):
        with tempfile.TemporaryDirectory() as folder, open(path, encoding="utf-8") as f:
            release = machine.make(path, folder)
            again = output(os.path.join(FIXTURES, "capture-tree"), folder + "/sys", release)
            assert again == f.read().partition("\n")[2], path


def explained(name, region, device):
    """What p2pmemctl says of a device and its parts. Its exit status is the verdict's."""
    with tempfile.TemporaryDirectory() as folder:
        machine.make(os.path.join(FIXTURES, "trees", name + ".tree"), folder)
        out = subprocess.run([BUILD + "/p2pmemctl", "--sysfs", folder, "explain", region, device,
                              "-o", "json"], stdout=subprocess.PIPE, check=False).stdout
    return json.loads(out)["explanation"]


@tap.test("the reason for a stack names the member that it is about")
def _():
    e = explained("md-two-switches", "0000:03:00.0", "md0")
    assert e["verdict"] == "unsupported", e
    assert e["reason"].startswith("its member nvme2n1 (0000:07:00.0): "), e["reason"]
    assert [p["reason"] for p in e["paths"] if "member" in p["reason"]] == []
    e = explained("md-two-switches", "0000:03:00.0", "nvme2n1")
    assert "member" not in e["reason"], e["reason"]
    e = explained("multipath", "0000:03:00.0", "nvme1n1")
    assert e["reason"].startswith("its path by 0000:0"), e["reason"]


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
