#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""p2pmemctl copy with the daemon, on the mock driver.

The files that are copied are real ones. The made machine is changed so that
the block device below them is one of its drives.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402
import workplace  # noqa: E402

BUILD = os.environ["BUILD"]
CTL = BUILD + "/p2pmemctl"
MIB = 1 << 20

work = workplace.make()
os.chdir(work.name)
device = os.stat(".").st_dev
NUMBER = f"{os.major(device)}:{os.minor(device)}"
with open("source", "wb") as f:
    f.write(os.urandom(8 * MIB))
# Far more than is copied until a signal arrives, and next to nothing on the disk.
shutil.copy("source", "long")
os.truncate("long", 1 << 30)


class Daemon:
    """On a tree of its own; `drive` is what the files lie on."""

    def __init__(self, drive, group="root"):
        self.tree = work.name + "/tree"
        self.socket = work.name + "/socket"
        self.group = group
        self._start()
        self._stop()
        self._move(drive)

    def _move(self, drive):
        """Gives a drive of the made machine the number of the device below the files."""
        links = self.tree + "/dev/block/"
        folder = next(os.path.realpath(links + n) for n in os.listdir(links)
                      if os.path.realpath(links + n).endswith("/" + drive))
        with open(folder + "/dev") as f:
            os.unlink(links + f.read().strip())
        with open(folder + "/dev", "w") as f:
            f.write(NUMBER + "\n")
        if os.path.lexists(links + NUMBER):
            os.unlink(links + NUMBER)
        # Relative, as in sysfs: a look-up stays below the tree.
        os.symlink(os.path.relpath(folder, links), links + NUMBER)

    def _start(self):
        self.process = subprocess.Popen([BUILD + "/p2pmemd-mock", self.tree, self.group, "0",
                                         "--socket", self.socket,
                                         "--state", self.socket + ".state"], stderr=subprocess.PIPE)
        # Its first answer is the event to wait for, to what it alone can answer.
        while subprocess.run([CTL, "leases"], capture_output=True,
                             env=dict(os.environ, P2PMEM_SOCKET=self.socket)).returncode:
            assert self.process.poll() is None, self.process.stderr.read()

    def _stop(self):
        self.process.terminate()
        self.process.communicate()

    def __enter__(self):
        self._start()
        return self

    def __exit__(self, *_):
        self._stop()
        shutil.rmtree(self.tree)

    def run(self, *arguments, status=0):
        r = subprocess.run([CTL, *arguments], capture_output=True, text=True, timeout=60,
                           env=dict(os.environ, P2PMEM_SOCKET=self.socket))
        assert r.returncode == status, f"{arguments}: {r.returncode}\n{r.stdout}\n{r.stderr}"
        return r

    def start(self, *arguments):
        return subprocess.Popen([CTL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, env=dict(os.environ, P2PMEM_SOCKET=self.socket))

    def free(self):
        regions = json.loads(self.run("list", "-o", "json").stdout)["regions"]
        return {r["name"]: r["free"] for r in regions}

    def leases(self):
        return json.loads(self.run("leases", "-o", "json").stdout)["leases"]


def content(path):
    with open(path, "rb") as file:
        return file.read()


@tap.test("a copy through a lent buffer, which is given back")
def _():
    with Daemon("nvme1n1") as d:
        before = d.free()
        out = d.run("copy", "--verify", "source", "copy").stdout
        assert d.free() == before and d.leases() == []
    assert re.match(r"copied 8 MiB: 16 MiB submitted peer-to-peer \(region p2pmem\d, "
                    r"0000:0[35]:00\.0, verdict bus\), 0 through host memory; verified: ", out), out
    assert content("copy") == content("source")
    os.unlink("copy")


@tap.test("a region with less room lends what it has")
def _():
    with Daemon("nvme1n1") as d:
        data = json.loads(d.run("copy", "--block-size", "128M", "-o", "json", "source",
                                "copy").stdout)["copy"]
        assert data["blockSize"] <= 8 * MIB
    assert content("copy") == content("source")
    os.unlink("copy")


@tap.test("a drive out of reach: refused with reasons, nothing written")
def _():
    with Daemon("nvme2n1") as d:
        before = d.free()
        r = d.run("copy", "source", "copy", status=4)
        assert d.free() == before
    assert r.stdout == "" and not os.path.exists("copy")
    assert re.search(r"^  p2pmem0 \(0000:03:00\.0\) -> nvme2n1 \(0000:06:00\.0\): unsupported: \S",
                     r.stderr, re.M), r.stderr
    assert "remedy: " in r.stderr and "--host-memory" in r.stderr


@tap.test("the status without an option: the machine as the daemon sees it")
def _():
    with Daemon("nvme1n1") as d:
        out = d.run().stdout
    assert "p2pmem0" in out and "Leases:  0" in out


def in_mid_copy(number):
    """Sends a signal once something was written."""
    with Daemon("nvme1n1") as d:
        before = d.free()
        process = d.start("copy", "--block-size", "4K", "long", "copy")
        while not os.path.exists("copy") or os.stat("copy").st_size == 0:
            assert process.poll() is None, process.communicate()
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        assert d.free() == before and d.leases() == [], (d.free(), before)
    return process.returncode, errors


@tap.test("SIGINT in mid-copy: status 130, how far it got, nothing left allocated")
def _():
    status, errors = in_mid_copy(signal.SIGINT)
    assert status == 130, (status, errors)
    done = int(re.search(r"\((\d+) of 1073741824 bytes\)", errors)[1])
    assert 0 < done < 1 << 30 and os.stat("copy").st_size == done, errors
    with open("long", "rb") as file:
        assert content("copy") == file.read(done)
    os.unlink("copy")


@tap.test("SIGTERM in mid-copy: status 143")
def _():
    status, errors = in_mid_copy(signal.SIGTERM)
    assert status == 143 and "interrupted" in errors, (status, errors)
    os.unlink("copy")


@tap.test("killed in mid-copy: nothing left allocated")
def _():
    status, _ = in_mid_copy(signal.SIGKILL)
    assert status == -signal.SIGKILL
    os.unlink("copy")


tap.main()
