#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""p2pmemctl doctor and report, on this machine and with brokers that are told what to say."""

import json
import os
import pty
import re
import socket
import stat
import subprocess
import sys

sys.dont_write_bytecode = True
# In place of this folder, as tarfile is to find Python's copy, not the test of that name.
sys.path[0] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "support")
import tarfile  # noqa: E402
import tempfile  # noqa: E402

import broker as fake  # noqa: E402
import tap  # noqa: E402
from broker import Broker, listing  # noqa: E402

CTL = os.environ["BUILD"] + "/p2pmemctl"
STATUS = {"ok": 0, "info": 0, "unknown": 20, "warning": 18, "failure": 19}
FOLDER = "p2pmem-report/"

work = tempfile.TemporaryDirectory()
os.chdir(work.name)
# What is unpacked for a while goes where nobody else's is.
os.environ["TMPDIR"] = work.name + "/unpacked"
os.mkdir("unpacked")


def environment(broker):
    return dict(os.environ, P2PMEM_SOCKET=broker.path if broker else work.name + "/nobody")


def run(*arguments, broker=None, status=0):
    r = subprocess.run([CTL, *arguments], env=environment(broker), capture_output=True, text=True,
                       timeout=120, stdin=subprocess.DEVNULL)
    if status is not None:
        assert r.returncode == status, f"{arguments}: {r.returncode}\n{r.stdout}\n{r.stderr}"
    return r


def doctor(broker=None):
    """The checks by their names, and the exit status."""
    r = run("doctor", "-o", "json", broker=broker, status=None)
    data = json.loads(r.stdout)
    assert list(data) == ["schema", "worst", "checks"] and data["schema"] == 1
    assert r.returncode == STATUS[data["worst"]], r
    checks = {c["id"]: c for c in data["checks"]}
    for c in data["checks"]:
        assert set(c) <= {"id", "result", "reason", "remedy"} and c["reason"], c
        assert c["result"] in STATUS, c
    return checks, data["worst"]


def report(name, *options, broker=None):
    """What the report holds: text by path."""
    run("report", "--yes", *options, name, broker=broker)
    assert stat.S_IMODE(os.stat(name).st_mode) == 0o600
    with tarfile.open(name) as tar:
        members = tar.getmembers()
        for m in members:
            assert m.name.startswith(FOLDER) and ".." not in m.name, m.name
            assert m.isreg() or m.issym() or m.isdir(), m.name
            assert m.uid == 0 and not m.uname and m.mtime == 0, m.name
        return {m.name[len(FOLDER):]: tar.extractfile(m).read() for m in members if m.isreg()}


@tap.test("doctor asks the broker, and believes what it has over what is written here")
def _():
    with Broker() as b:
        checks, _ = doctor(b)
    for name in ("kernel.p2pdma", "module.loaded", "daemon.socket", "daemon.answers",
                 "daemon.version", "daemon.driver", "hardware.region", "topology.pairs"):
        assert checks[name]["result"] == "ok", checks[name]


@tap.test("doctor as a table says the same, with the remedies")
def _():
    bad = [fake.pair("0000:06:00.0", "unsupported", reason=fake.REASON, remedy=fake.REMEDY)]
    with Broker(ListPairs=listing("pair", bad)) as b:
        checks, worst = doctor(b)
        out = run("doctor", broker=b, status=STATUS[worst]).stdout
    assert checks["topology.pairs"]["result"] == "warning"
    assert re.search(r"^topology\.pairs +warning +.*" + re.escape(fake.REASON), out, re.M)
    assert re.search(r"^ +remedy: " + re.escape(fake.REMEDY), out, re.M)
    assert f"Worst result: {worst}" in out
    for name in checks:
        assert re.search("^" + re.escape(name) + " ", out, re.M), name


@tap.test("doctor without a daemon says what it can")
def _():
    checks, worst = doctor()
    assert checks["daemon.socket"]["result"] in ("failure", "info")
    assert "daemon.answers" not in checks and "topology.pairs" not in checks
    assert checks["kernel.version"]["result"] in ("ok", "failure", "info")


@tap.test("doctor tells a broker that hangs up")
def _():
    with Broker(ListRegions=None) as b:
        checks, worst = doctor(b)
    assert checks["daemon.socket"]["result"] == "ok"
    assert checks["daemon.answers"]["result"] in ("failure", "info")


@tap.test("doctor prints no control characters of others")
def _():
    evil = "a\x1b[2J\x07\u202eb"
    bad = [fake.pair("0000:06:00.0", "unsupported", reason=evil, remedy=evil)]
    with Broker(ListPairs=listing("pair", bad)) as b:
        for options in ((), ("-o", "json")):
            out = run("doctor", *options, broker=b, status=None).stdout
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out), out


@tap.test("a report holds what doctor and the lists say, sysfs, and notes")
def _():
    with Broker() as b:
        files = report("one.tar.gz", broker=b)
    assert json.loads(files["report/doctor.json"])["checks"]
    assert json.loads(files["report/list.json"])["regions"][0]["serial"] == fake.REGION["serial"]
    assert json.loads(files["report/pairs.json"])["pairs"]
    assert json.loads(files["report/leases.json"])["leases"] == []
    # With the ACS that the daemon has from the driver, whoever asks.
    assert json.loads(files["report/topology.json"])["functions"]
    assert files["proc/sys/kernel/osrelease"].decode() == os.uname().release
    assert any(name.startswith("sys/") for name in files)
    assert b"p2pmemctl" in files["report/notes.txt"]


@tap.test("a report without a daemon says what is missing")
def _():
    files = report("two.tar.gz")
    assert "report/list.json" not in files
    assert b"p2pmemctl list: exit status" in files["report/notes.txt"]


@tap.test("nothing private is in a report")
def _():
    files = report("three.tar.gz")
    words = [socket.gethostname(), work.name, os.environ.get("USER", "")]
    with open("/proc/cmdline", encoding="utf-8") as f:
        words += [w for w in f.read().split() if not re.match("(pci|iommu|nvme|intel_iommu)", w)]
    for name, data in files.items():
        if name.startswith("report/"):
            continue
        for word in words:
            assert len(word) < 8 or word.encode() not in data, (name, word)


@tap.test("--no-serials numbers them, alike in all lists")
def _():
    device = {"address": "0000:03:00.0", "vendor": 1, "device": 2, "serial": fake.REGION["serial"],
              "blockDevices": []}
    other = dict(device, address="0000:04:00.0", serial="another-serial")
    with Broker(ListDevices=listing("device", [device, other])) as b:
        files = report("four.tar.gz", "--no-serials", broker=b)
    data = json.loads(files["report/list.json"])
    number = data["regions"][0]["serial"]
    assert re.fullmatch(r"serial-\d+", number)
    assert [d["serial"] for d in data["devices"]][0] == number
    assert data["devices"][1]["serial"] != number
    assert not any(b"another-serial" in data for data in files.values())


@tap.test("leases in a report are nobody's")
def _():
    private = fake.lease(4096, tenant="unit:private.service", rule="private", name="private",
                         borrower={"uid": 7, "unit": "private.service"})
    with Broker(ListLeases=listing("lease", [private, dict(private, id="decaf")])) as b:
        files = report("leases.tar.gz", broker=b)
    tenants = [lease["tenant"] for lease in json.loads(files["report/leases.json"])["leases"]]
    assert tenants == ["tenant-1", "tenant-1"], tenants
    assert not any(b"private" in data for data in files.values())


@tap.test("a report goes without a list that is too long, and says so")
def _():
    many = [fake.pair("0000:05:00.0", "unsupported", reason="x" * 8000)] * 2500
    with Broker(ListPairs=listing("pair", many)) as b:
        files = report("long.tar.gz", broker=b)
    assert "report/pairs.json" not in files and "report/list.json" in files
    assert b"p2pmemctl pairs: File too large" in files["report/notes.txt"]
    run("--sysfs", "long.tar.gz", "list")


@tap.test("a report overwrites nothing, follows no link, and leaves nothing half-written")
def _():
    with open("mine", "w", encoding="utf-8") as f:
        f.write("precious")
    os.symlink("not-there", "link")
    for name in ("mine", "link"):
        assert "there already" in run("report", "--yes", name, status=1).stderr
    with open("mine", encoding="utf-8") as f:
        assert f.read() == "precious"
    assert not os.path.exists("not-there")
    assert "could not be made" in run("report", "--yes", "no/such/folder", status=1).stderr


@tap.test("a report is shown first, and needs a yes")
def _():
    out = run("report", "five.tar.gz", status=2)
    assert "report/doctor.json" in out.stdout and "--no-serials" in out.stdout
    assert "--yes" in out.stderr and not os.path.exists("five.tar.gz")
    names = run("report", "--list").stdout
    assert "sys/" in names and "proc/sys/kernel/osrelease" in names
    assert not any(n.startswith("p2pmem-report") for n in os.listdir("."))
    run("report", "--yes")
    assert [n for n in os.listdir(".") if re.fullmatch(r"p2pmem-report-\d{8}-\d{6}\.tar\.gz", n)]


def on_terminal(answer, name):
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(CTL, [CTL, "report", name], environment(None))
    text = b""
    while b"(y/N)" not in text:
        text += os.read(fd, 65536)
    os.write(fd, answer)
    while True:
        try:
            if not os.read(fd, 65536):
                break
        except OSError:
            break
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@tap.test("on a terminal it asks, and no is the answer by default")
def _():
    for answer in (b"\n", b"n\n", b"\x04"):
        assert on_terminal(answer, "asked") == 0 and not os.path.exists("asked")
    assert on_terminal(b"y\n", "asked") == 0 and os.path.exists("asked")


@tap.test("a report is read like this machine, and no other archive is")
def _():
    run("report", "--yes", "back.tar.gz")
    r = run("--sysfs", "back.tar.gz", "doctor", "-o", "json", status=None)
    data = json.loads(r.stdout)
    assert r.returncode == STATUS[data["worst"]]
    checks = {c["id"]: c for c in data["checks"]}
    here, _ = doctor()
    for name in ("kernel.version", "hardware.cmb"):
        assert checks[name] == here[name], name
    assert not any(name.split(".")[0] in ("daemon", "user", "system") for name in checks)
    with tarfile.open("evil.tar.gz", "w:gz") as tar:
        tar.add("back.tar.gz", arcname="sys/bus/pci/x")
        link = tarfile.TarInfo("sys/out")
        link.type, link.linkname = tarfile.SYMTYPE, "../../etc"
        tar.addfile(link)
    r = run("--sysfs", "evil.tar.gz", "doctor", status=1)
    assert "leads out" in r.stderr and "remedy:" in r.stderr
    assert os.listdir("unpacked") == []
    assert "cannot be done with --sysfs" in run("--sysfs", "back.tar.gz", "report", status=2).stderr


@tap.test("wrong options are refused")
def _():
    assert "not 'b'" in run("report", "a", "b", status=2).stderr
    assert "--help" in run("report", "--nonsense", status=2).stderr
    assert "no argument" in run("doctor", "x", status=2).stderr


tap.main()
