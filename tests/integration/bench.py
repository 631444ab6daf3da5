#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""p2pmemctl bench with the daemon, on the mock driver: what it does to a device,
and what it says. How fast it is, is no matter here."""

import json
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402
import workplace  # noqa: E402
from machine import Machine  # noqa: E402

MIB = 1 << 20

work = workplace.make()
os.chdir(work.name)
os.mkdir("folder")
with open("data", "wb") as file:
    file.write(os.urandom(3 * MIB))


def machine():
    return Machine(work.name, drive="nvme1n1")


def bench(m, *arguments):
    return json.loads(m.run("bench", "-t", "1", "-o", "json", *arguments).stdout)["bench"]


def check(sample, block):
    assert sample["bytes"] == sample["transfers"] * block > 0 and sample["usec"] > 0, sample
    latency = [sample["latencyNSec"][k] for k in ("p50", "p90", "p99", "p999", "max")]
    assert latency == sorted(latency) and latency[0] > 0, sample


@tap.test("a file is read, by both kinds of memory, and stays what it is")
def _():
    with open("data", "rb") as f:
        before = f.read()
    with machine() as m:
        room = m.free()
        found = bench(m, "p2pmem0", "./data")
        assert m.free() == room and m.leases() == []
    shapes = [(r["blockSize"], r["queueDepth"], r["operation"]) for r in found["runs"]]
    assert shapes == [(4096, 1, "read"), (MIB, 8, "read")], shapes
    for r in found["runs"]:
        check(r["peer"], r["blockSize"])
        check(r["host"], r["blockSize"])
        assert r["verdict"] == "bus" and r["path"] == "./data", r
    with open("data", "rb") as f:
        assert f.read() == before


@tap.test("a scratch file is read and written, and nothing is left of it")
def _():
    with machine() as m:
        found = bench(m, "p2pmem0", "./folder", "-b", "64K", "-q", "2", "--size", "1M")
        assert [r["operation"] for r in found["runs"]] == ["read", "write"], found
        found = bench(m, "p2pmem0", "./data", "--file", "folder/new", "-q", "2", "--size", "1M")
        assert [(r["blockSize"], r["queueDepth"]) for r in found["runs"]] == 2 * [(MIB, 2)], found
    assert os.listdir("folder") == []


@tap.test("a table with a line for each kind of memory and one for their ratio, of several devices")
def _():
    with machine() as m:
        out = m.run("bench", "-t", "1", "-b", "4K", "-q", "1", "p2pmem0", "./data", "./data").stdout
    lines = out.splitlines()
    assert lines[0].split() == ["DEVICE", "DO", "BLOCK", "DEPTH", "MEMORY", "MIB/S", "IOPS", "P50",
                                "P99", "MAX", "CPU-S/GIB"], out
    assert [line.split()[:5] for line in lines[1:7]] == 2 * [
        ["./data", "read", "4K", "1", memory] for memory in ("peer", "host", "ratio")], out
    assert re.match(r"peer: memory of p2pmem0 \(0000:", lines[7]), out


@tap.test("more in flight than the region has room for: as many as fit, which is said")
def _():
    with machine() as m:
        r = m.run("bench", "-t", "1", "-b", "1M", "-q", "1000", "-o", "json", "p2pmem0", "./data")
    depth = json.loads(r.stdout)["bench"]["runs"][0]["queueDepth"]
    assert 0 < depth < 1000 and f"room for {depth} transfers at a time, not 1000" in r.stderr, r.stderr


@tap.test("what cannot be measured is refused with the reason")
def _():
    with machine() as m:
        def refused(status, text, *arguments):
            r = m.run("bench", *arguments, status=status)
            assert re.search(text, r.stderr) and r.stdout == "", (arguments, r.stderr)

        refused(2, "one or more devices", "p2pmem0")
        refused(2, "for one device", "p2pmem0", "./data", "./data", "--file", "folder")
        refused(2, "excludes", "p2pmem0", "./data", "--destroy", "0+1M", "--size", "1M")
        refused(2, "for block devices", "p2pmem0", "./data", "--destroy", "0+1M")
        refused(2, "from 1 to 1024", "p2pmem0", "./data", "-q", "0")
        refused(2, "from 1 to 3600", "p2pmem0", "./data", "-t", "1s")
        refused(3, "nosuch", "p2pmem0", "nosuch")
        refused(12, "less to read than a block of 4 MiB", "p2pmem0", "./data", "-b", "4M")
    with Machine(work.name, drive="nvme2n1") as m:
        assert "unsupported" in m.run("bench", "p2pmem0", "./data", status=4).stderr


tap.main()
