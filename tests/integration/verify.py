#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""p2pmemctl verify with the daemon, on the mock driver: what it uses of a
device, what it leaves there, and what it says."""

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


def verify(m, *arguments, **more):
    return json.loads(m.run("verify", "-o", "json", *arguments, **more).stdout)["verify"]


@tap.test("a folder: reads and writes, in a file that leaves nothing behind")
def _():
    with machine() as m:
        before = m.free()
        found = verify(m, "p2pmem0", work.name + "/folder")
        assert m.free() == before and m.leases() == []
    assert found["scratch"] == "file" and found["right"] is True, found
    assert found["size"] == 8 * MIB and found["offset"] == 0, found
    assert found["reads"] == found["writes"] == {"bytes": 16 * MIB, "wrongBytes": 0}, found
    assert os.listdir("folder") == []


@tap.test("a file: what is there is read and compared, and not written")
def _():
    with open("data", "rb") as f:
        before = f.read()
    with machine() as m:
        found = verify(m, "p2pmem0", "data", "--size", "1G")
        said = m.run("verify", "p2pmem0", "./data")
    assert found["scratch"] == "none" and "writes" not in found, found
    assert found["reads"] == {"bytes": 6 * MIB, "wrongBytes": 0} and found["changedBytes"] == 0
    assert re.search(r"^verified p2pmem0 \(0000:\S+, verdict bus\): 6 MiB read from \./data peer to peer",
                     said.stdout), said.stdout
    assert "nothing was written" in said.stderr
    with open("data", "rb") as f:
        assert f.read() == before


@tap.test("--file: a folder, or a name that is not taken, on that device")
def _():
    with machine() as m:
        assert verify(m, "p2pmem0", "./data", "--file", "folder", "--size", "64K",
                      "-b", "4K")["reads"]["bytes"] == 128 << 10
        assert verify(m, "p2pmem0", "./data", "--file", "folder/new")["scratch"] == "file"
        assert os.listdir("folder") == []
        assert "not touched" in m.run("verify", "p2pmem0", "./data", "--file", "data", status=10).stderr
        m.run("verify", "p2pmem0", "./data", "--file", "nowhere/new", status=3)
        m.run("verify", "p2pmem0", "./data", "--file", "/dev/shm", status=2)
        assert m.leases() == []


@tap.test("a block smaller than the region has in one piece, and sizes that are no multiple")
def _():
    with machine() as m:
        for arguments in (["--size", "1000001"], ["--size", "5M", "-b", "4M"], ["--size", "512", "-b", "64K"]):
            found = verify(m, "p2pmem0", work.name + "/folder", *arguments)
            assert found["right"] and found["reads"] == found["writes"], found


@tap.test("what cannot be checked is refused with the reason")
def _():
    with machine() as m:
        def refused(status, text, *arguments):
            r = m.run("verify", *arguments, status=status)
            assert re.search(text, r.stderr) and r.stdout == "", (arguments, r.stderr)

        refused(2, "a region and a device", "p2pmem0")
        refused(2, "excludes", "p2pmem0", "./data", "--destroy", "0+1M", "--file", "folder")
        refused(2, "where and how much", "p2pmem0", "./data", "--destroy", "1M")
        refused(2, "for block devices", "p2pmem0", "./data", "--destroy", "0+1M")
        refused(2, "the file is made there", "p2pmem0", "folder", "--file", "folder")
        refused(2, "multiple of 4096", "p2pmem0", "./data", "-b", "1000")
        refused(3, "nosuch", "nosuch", "./data")
        refused(3, "nosuch", "p2pmem0", "./nosuch")
        open("empty", "w").close()
        refused(12, "less than a block", "p2pmem0", "./empty")


@tap.test("a device out of reach")
def _():
    with Machine(work.name, drive="nvme2n1") as m:
        r = m.run("verify", "p2pmem0", "./data", status=4)
        assert "unsupported" in r.stderr


tap.main()
