#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""p2pmemctl against a broker that is told what to say."""

import glob
import json
import os
import pty
import queue
import re
import resource
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import broker as fake  # noqa: E402
import tap  # noqa: E402
import workplace  # noqa: E402
from broker import Broker, error, lease, listing  # noqa: E402

CTL = os.environ["BUILD"] + "/p2pmemctl"
MIB = 1 << 20

work = workplace.make()
os.chdir(work.name)
with open("source", "wb") as f:
    f.write(os.urandom(3 * MIB + 5000))


def run(*arguments, broker=None, status=0, **more):
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "P2PMEM_SOCKET")}
    environment["P2PMEM_SOCKET"] = broker.path if broker else work.name + "/nobody"
    r = subprocess.run([CTL, *arguments], env=environment, capture_output=True, text=True,
                       timeout=60, **more)
    assert r.returncode == status, f"{arguments}: {r.returncode}\n{r.stdout}\n{r.stderr}"
    return r


# A machine whose kernel lacks P2PDMA says so first; others, that no daemon answers.
STATUS_ABSENT = subprocess.run([CTL, "leases"], capture_output=True,
                               env=dict(os.environ, P2PMEM_SOCKET="/nobody")).returncode
assert STATUS_ABSENT in (7, 15)


def has_nvme():
    return any(content(path).startswith(b"0x0108")
               for path in glob.glob("/sys/bus/pci/devices/*/class"))


def on_empty():
    """What an empty list comes with, where such a kernel may be the reason for it."""
    return 15 if STATUS_ABSENT == 15 and has_nvme() else 0


def on_kernel(status):
    """What is said of a broker without driver or region, where that is not the kernel's fault."""
    return 15 if STATUS_ABSENT == 15 else status


def content(path):
    with open(path, "rb") as file:
        return file.read()


def is_gone(path):
    return not os.path.exists(path)


# ---- lists -------------------------------------------------------------


@tap.test("list shows regions and devices in aligned columns")
def _():
    with Broker() as b:
        lines = run("list", broker=b).stdout.splitlines()
    assert lines[0].split()[:4] == ["REGION", "PROVIDER", "SIZE", "FREE"]
    assert lines[1].split()[:4] == ["p2pmem0", "0000:03:00.0", "64M", "63.8M"]
    column = lines[0].index("SIZE") + len("SIZE")
    assert lines[1][:column].endswith("64M")
    assert any(line.startswith("0000:05:00.0  nvme2n1") and "unknown" in line for line in lines)


@tap.test("list -o json has a schema, plain bytes, and no member that is not known")
def _():
    with Broker() as b:
        data = json.loads(run("list", "-o", "json", broker=b).stdout)
    assert data["schema"] == 1 and list(data)[0] == "schema"
    assert data["regions"] == [fake.REGION]
    assert data["devices"][1]["blockDevices"][0]["peerToPeer"] is True
    assert "peerToPeer" not in data["devices"][2]["blockDevices"][0]


@tap.test("pairs is a matrix, with each reason once below it")
def _():
    far = [fake.pair("0000:06:00.0", "unsupported", reason=fake.REASON, remedy=fake.REMEDY)]
    with Broker(ListPairs=listing("pair", fake.PAIRS + far)) as b:
        out = run("pairs", broker=b).stdout
    assert re.search(r"^nvme1n1 +0000:04:00\.0 +bus$", out, re.M)
    assert re.search(r"^nvme2n1 +0000:05:00\.0 +unsupported \[1\]$", out, re.M)
    assert re.search(r"^- +0000:06:00\.0 +unsupported \[1\]$", out, re.M)
    assert out.count(fake.REASON) == 1 and out.count(fake.REMEDY) == 1


@tap.test("pairs -o json")
def _():
    with Broker() as b:
        data = json.loads(run("pairs", "-o", "json", broker=b).stdout)
    assert data == {"schema": 1, "pairs": fake.PAIRS}


@tap.test("leases, as a table and as JSON")
def _():
    one = lease(2 * MIB, name="mine")
    with Broker(ListLeases=listing("lease", [one])) as b:
        assert re.search(r"^c0ffee +uid:1000 +- +p2pmem0 +2M +live +bus +1m01s +- +- +mine +0000:03",
                         run("leases", broker=b).stdout, re.M)
        data = json.loads(run("leases", "-o", "json", broker=b).stdout)
    assert data == {"schema": 1, "leases": [one]}


@tap.test("leases say where who asked for them was, and whose word that is")
def _():
    container = {"id": "0123456789abcdef" * 4, "runtime": "podman"}
    places = [({"uid": 61184, "unit": "backup.service"}, r"61184 +backup\.service +-"),
              ({"uid": 0, "unit": "x.scope", "container": container}, r"0 +podman:0123456789ab +-"),
              ({"uid": 100999, "container": dict(container, claimedBy="user:1000")},
               r"100999 +podman:0123456789ab \(says user:1000\) +-"),
              ({"uid": 1000}, r"1000 +- +-")]
    leases = [lease(4096, id="%x" % i, borrower=who) for i, (who, _) in enumerate(places)]
    with Broker(ListLeases=listing("lease", leases)) as b:
        table = run("leases", broker=b).stdout
        data = json.loads(run("leases", "-o", "json", broker=b).stdout)["leases"]
    for i, (_, shown) in enumerate(places):
        assert re.search(rf"^{i:x} .*1m01s +{shown}", table, re.M), (shown, table)
    assert [one["borrower"] for one in data] == [who for who, _ in places]


@tap.test("empty lists are said in words, and are empty arrays in JSON")
def _():
    none = {"ListRegions": listing("region", []), "ListDevices": listing("device", []),
            "ListPairs": listing("pair", [])}
    with Broker(**none) as b:
        assert "No regions" in run("list", broker=b, status=on_empty()).stdout
        assert "No pairs" in run("pairs", broker=b, status=on_empty()).stdout
        assert "No leases" in run("leases", broker=b).stdout
        assert json.loads(run("pairs", "-o", "json", broker=b).stdout)["pairs"] == []


@tap.test("control characters of devices never reach the output")
def _():
    evil = "a\x1b[2J\x07\x7f\u009b31m\u202eb\nc"
    region = dict(fake.REGION, name=evil, model=evil)
    pairs = [dict(fake.PAIRS[2], reason=evil, remedy=evil, device=evil)]
    with Broker(ListRegions=listing("region", [region]), ListPairs=listing("pair", pairs)) as b:
        for verb in ("list", "pairs", "list -o json", "pairs -o json"):
            out = run(*verb.split(), broker=b).stdout
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", out), (verb, out)
        assert json.loads(run("list", "-o", "json", broker=b).stdout)["regions"][0]["name"] == evil


@tap.test("the summary says if the daemon does without the driver")
def _():
    region = dict(fake.REGION, name=fake.REGION["provider"])
    with Broker(ListRegions=listing("region", [region])) as b:
        assert "remedy:" in run(broker=b, status=8).stderr


@tap.test("the summary shows daemon, regions, devices and leases")
def _():
    with Broker(ListLeases=listing("lease", [lease(MIB)])) as b:
        out = run(broker=b).stdout
    assert "p2pmemd 0.1.0" in out and "p2pmem0" in out and "c0ffee" in out
    assert "Devices: 3" in out and "Leases:  1" in out


# ---- a broker that misbehaves ------------------------------------------


@tap.test("replies that break the interface's word are refused")
def _():
    for reply in (
        [{"parameters": {"region": {}}}],
        [{"parameters": {"region": dict(fake.REGION, size=-1)}}],
        [{"parameters": {"region": dict(fake.REGION, size="1")}}],
        [{"parameters": {"region": dict(fake.REGION, vendor=1 << 32)}}],
        [{"parameters": {"region": []}}],
        [{"parameters": []}],
        [{"parameters": {}, "more": True}],
        [b"[]\0"],
        [b"{\xff}\0"],
        [b'{"parameters":{"region":' + b"[" * 1000 + b"]" * 1000 + b"}}\0"],
    ):
        with Broker(ListRegions=reply) as b:
            r = run("list", broker=b, status=1)
            assert "not what its interface says" in r.stderr, (reply, r.stderr)


@tap.test("a broker that hangs up is told from one that is not there")
def _():
    with Broker(ListRegions=None) as b:
        assert "closed the connection" in run("list", broker=b, status=7).stderr
    assert "remedy:" in run("leases", status=STATUS_ABSENT).stderr


@tap.test("a lease without its descriptor, or with one that is too small, is refused")
def _():
    def without(_):
        return [{"parameters": {"lease": lease(MIB), "bufferFileDescriptor": 0}}]

    def short(_):
        return b.lend(MIB, real_size=4096)

    def less(_):
        return b.lend(0, real_size=MIB)

    for answer in (without, short, less):
        with Broker(Allocate=answer) as b:
            r = run("copy", "source", "copy", broker=b, status=1)
            assert "not what its interface says" in r.stderr and is_gone("copy")


# ---- copy --------------------------------------------------------------

# What the last line ends with.
COST = r"; \d+\.\d\d s \([\d.]+[KMGT]?/s\), \d+\.\d\d s of CPU$"


@tap.test("copy goes through the lent buffer, and counts what was submitted")
def _():
    size = os.path.getsize("source")
    with Broker() as b:
        r = run("copy", "source", "copy", broker=b)
        request, = b.called("Allocate")
        lent = os.pread(b.buffer, MIB, 0)
    assert content("copy") == content("source")
    assert lent[:4096] in content("source")
    last = r.stdout.splitlines()[-1]
    found = re.match(rf"copied {size} bytes: (\d+) bytes submitted peer-to-peer "
                     r"\(region p2pmem0, 0000:03:00\.0, verdict bus\), 0 through host memory" + COST, last)
    assert found and 2 * size <= int(found[1]) < 2 * size + 4096, last
    assert request["size"] == 4 * MIB, "as many blocks as the copy has"
    assert request["minSize"] <= 4096 and len(request["devices"]) == 2
    assert request["devices"][0] == {"major": os.major(os.stat("source").st_dev),
                                     "minor": os.minor(os.stat("source").st_dev)}
    assert r.stderr == "", "no progress bar without a terminal"
    os.unlink("copy")


@tap.test("copy makes do with a smaller buffer")
def _():
    with Broker(Allocate=lambda _: b.lend(64 << 10)) as b:
        r = run("copy", "--verify", "source", "copy", broker=b)
    assert "64 KiB" in r.stderr and content("copy") == content("source")
    os.unlink("copy")


@tap.test("copy --size 2M says whole units")
def _():
    with Broker() as b:
        out = run("copy", "--size", "2M", "--verify", "source", "copy", broker=b).stdout
    assert out.startswith("copied 2 MiB: 4 MiB submitted peer-to-peer (")
    assert re.search(", 0 through host memory; verified: 4 MiB read back through host memory, equal" + COST, out), out
    assert content("copy") == content("source")[:2 * MIB]
    os.unlink("copy")


@tap.test("copy --host-memory asks no broker")
def _():
    out = run("copy", "--host-memory", "--size", "2M", "source", "copy").stdout
    assert re.match("copied 2 MiB: 0 submitted peer-to-peer, 4 MiB through host memory" + COST, out), out
    os.unlink("copy")


@tap.test("copy -o json, copy -q")
def _():
    with Broker() as b:
        data = json.loads(run("copy", "-o", "json", "--size", "2M", "source", "copy", broker=b).stdout)
        assert run("copy", "-q", "--force", "source", "copy", broker=b).stdout == ""
    copied = data["copy"]
    assert data["schema"] == 1 and copied["peerToPeerBytes"] == 4 * MIB
    assert copied["hostMemoryBytes"] == 0 and copied["region"] == "p2pmem0"
    os.unlink("copy")


@tap.test("--require-p2p=bus asks for that verdict, the default for none")
def _():
    with Broker() as b:
        run("copy", "--require-p2p=bus", "source", "copy", broker=b)
        run("copy", "--force", "--require-p2p", "source", "copy", broker=b)
        first, second = b.called("Allocate")
    assert first["minVerdict"] == "bus" and "minVerdict" not in second
    os.unlink("copy")


@tap.test("each refusal of the broker has its status, its reasons, and writes nothing")
def _():
    refusals = [{"region": "p2pmem0", "provider": "0000:03:00.0", "device": "0000:05:00.0",
                 "verdict": "unsupported", "reason": fake.REASON, "remedy": fake.REMEDY}] * 2
    line = f"p2pmem0 (0000:03:00.0) -> nvme2n1 (0000:05:00.0): unsupported: {fake.REASON}"
    for reply, status, words in (
        (error("NoCompatibleRegion", refusals=refusals), 4, [line, f"remedy: {fake.REMEDY}"]),
        (error("NoCompatibleRegion", refusals=[]), on_kernel(16), []),
        (error("NotPermitted", reason="no rule", remedy="join group p2pmem"), 5,
         ["no rule", "remedy: join group p2pmem"]),
        (error("NoSpace", region="p2pmem0", free=4096, asked=MIB), 6, ["p2pmem0", "4096"]),
        (error("NoSuchDevice", device="254:0"), 3, ["254:0"]),
        (error("NotPeerToPeer", device="dm-0", layer="device-mapper", reason="passes none"), 4,
         ["dm-0", "device-mapper", "passes none"]),
        (error("DriverUnavailable", reason="not loaded"), on_kernel(8), []),
        (error("Whatever"), 1, ["io.p2pmem.Broker.Whatever"]),
        (error("org.varlink.service.InvalidParameter", parameter="size"), 1, ["size"]),
    ):
        with Broker(Allocate=reply) as b:
            r = run("copy", "source", "copy", broker=b, status=status)
        words += ["PCI_P2PDMA"] if status == 15 else []
        for word in words + ["--host-memory"]:
            assert word in r.stderr, (word, r.stderr)
        assert r.stderr.count(fake.REMEDY) <= 1, "a remedy is said once"
        assert r.stdout == "" and is_gone("copy")


@tap.test("what cannot be copied is refused with its own status")
def _():
    os.makedirs("folder", exist_ok=True)
    if is_gone("pipe"):
        os.mkfifo("pipe")
    if is_gone("link"):
        os.link("source", "link")
    open("empty", "wb").close()
    for status, arguments in (
        (2, "source"), (2, "source a b"), (2, "--size 0 source a"), (2, "--size 1x source a"),
        (2, "--size -1 source a"), (2, "--size 99999999999999999999 source a"),
        (2, "--size 1G source a"), (2, "--block-size 1000 source a"),
        (2, "--queue-depth 0 source a"), (2, "-d 1025 source a"), (2, "-d x source a"), (2, "--bogus source a"),
        (2, "--host-memory --require-p2p source a"), (2, "--require-p2p=sideways source a"),
        (2, "empty a"), (3, "missing a"), (3, "folder a"), (3, "pipe a"), (3, "source folder"),
        (3, "source pipe"), (3, "/dev/null a"), (3, "source /dev/null"),
        (3, "source missing/a"), (3, "source /dev/nobody"),
        (3, "source /dev/../dev/./nobody"), (11, "source source"), (11, "source link"),
        (17, "/proc/version a"),
    ):
        with Broker() as b:
            r = run("copy", *arguments.split(), broker=b, status=status)
            assert b.calls == [] and is_gone("a") and is_gone("/dev/nobody"), arguments
        assert r.stderr.startswith("p2pmemctl: ") and r.stdout == "", arguments


@tap.test("a file that holds data is overwritten with --force only, and then cut")
def _():
    with open("old", "wb") as file:
        file.write(b"x" * 5 * MIB)
    r = run("copy", "--host-memory", "source", "old", status=10)
    assert "--force" in r.stderr and content("old") == b"x" * 5 * MIB
    run("copy", "--host-memory", "--force", "source", "old")
    assert content("old") == content("source")


def changing(path, data):
    """A broker during whose Allocate the file gets other content."""
    def change(parameters):
        with open(path, "wb") as file:
            file.write(data)
        return b.allocate(parameters)

    b = Broker(Allocate=change)
    return b


@tap.test("what another wrote to the destination meanwhile stays")
def _():
    for exists in (True, False):
        if exists:
            open("new", "wb").close()
        with changing("new", b"theirs") as b:
            r = run("copy", "source", "new", broker=b, status=10)
        assert "--force" in r.stderr and content("new") == b"theirs", r.stderr
        os.unlink("new")


@tap.test("a copy that fails gives back the room that it reserved")
def _():
    with open("short", "wb") as file:
        file.write(bytes(3 * MIB))
    open("kept", "wb").close()
    with changing("short", b"") as b:
        run("copy", "short", "kept", broker=b, status=14)
    assert os.stat("kept").st_blocks == 0 and os.stat("kept").st_size == 0
    os.unlink("kept")


@tap.test("a limit for files is an error, not the end")
def _():
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB))

    r = run("copy", "--host-memory", "source", "a", status=14, preexec_fn=limit)
    assert "File too large" in r.stderr and "first 1 MiB" in r.stderr, r.stderr
    assert content("a") == content("source")[:MIB]
    os.unlink("a")


@tap.test("SIGINT before the transfer: its status, and nothing is left")
def _():
    started = queue.SimpleQueue()

    def interrupt(_):
        os.kill(started.get(), signal.SIGINT)
        return []

    with Broker(Allocate=interrupt) as b:
        process = subprocess.Popen([CTL, "copy", "source", "copy"], stderr=subprocess.PIPE,
                                   env=dict(os.environ, P2PMEM_SOCKET=b.path))
        # It may have called before we know its number.
        started.put(process.pid)
        process.communicate(timeout=60)
    assert process.returncode == 130 and is_gone("copy")


# ---- for people --------------------------------------------------------


def read_terminal(fd):
    """All that was written to the other side, up to the word "end"."""
    text = ""
    while not text.endswith("end"):
        text += os.read(fd, 65536).decode()
    os.close(fd)
    return text


@tap.test("output that cannot be written is a failure")
def _():
    for arguments in (["list"], ["pairs", "-o", "json"], ["--help"]):
        with Broker() as b, open("/dev/full", "w") as full:
            r = subprocess.run([CTL, *arguments], stdout=full, stderr=subprocess.PIPE, text=True,
                               timeout=60, env=dict(os.environ, P2PMEM_SOCKET=b.path))
        assert r.returncode == 1 and "No space left" in r.stderr, (arguments, r)


@tap.test("colour on a terminal only, and not against NO_COLOR")
def _():
    def on_terminal(**environment):
        ours, theirs = pty.openpty()
        with Broker() as b:
            subprocess.run([CTL, "pairs"], stdout=theirs, timeout=60, check=True,
                           env=dict(os.environ, P2PMEM_SOCKET=b.path, TERM="xterm", **environment))
        os.write(theirs, b"end")
        os.close(theirs)
        return read_terminal(ours)

    assert "\x1b[32mbus\x1b[0m" in on_terminal(NO_COLOR="")
    assert "\x1b" not in on_terminal(NO_COLOR="1")
    with Broker() as b:
        assert "\x1b" not in run("pairs", broker=b).stdout


@tap.test("a progress bar on a terminal, which is gone at the end; none with -q")
def _():
    def on_terminal(*options):
        ours, theirs = pty.openpty()
        # One after the other, so that there is a first block, and the bar says so.
        subprocess.run([CTL, "copy", "--host-memory", "--force", "--block-size", "1M",
                        "--queue-depth", "1", *options, "source", "bar"],
                       stdout=subprocess.DEVNULL, stderr=theirs, timeout=60, check=True)
        os.write(theirs, b"end")
        os.close(theirs)
        return read_terminal(ours)

    text = on_terminal()
    assert re.search(r"\rcopying \[#+\.+\]  +33%  1M of 3M", text) and text.endswith("\r\x1b[Kend"), text
    assert on_terminal("-q") == "end"


@tap.test("help: for all, for a verb, and for a mistyped one")
def _():
    text = run("--help").stdout
    for word in ("list", "pairs", "topology", "explain", "leases", "copy", "--sysfs", "Exit status", "P2PMEM_SOCKET"):
        assert word in text
    assert run("help").stdout == text
    assert run("copy", "--help").stdout == run("help", "copy").stdout
    assert "--require-p2p" in run("copy", "-h").stdout
    assert "'p2pmemctl pairs'" in run("pair", status=2).stderr
    assert "--help" in run("wherever", status=2).stderr
    assert re.fullmatch(r"p2pmemctl \d+\.\d+\.\d+\n", run("--version").stdout)


def verbs_of(text):
    return re.findall(r"^  ([a-z]+) ", text.split("Verbs:")[1].split("Options:")[0], re.M)


@tap.test("help and man page name the same verbs, and those that --sysfs goes with")
def _():
    page = content(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../../docs/man/p2pmemctl.1")).decode().replace("\\", "")
    synopsis = re.sub(r"\s+", " ", re.sub(r"^\.[A-Z]+ ", "", page.split(".SH")[2], flags=re.M))
    lines = synopsis.replace('"', "").split(" .br ")
    for verb in verbs_of(run("--help").stdout):
        mine = [line for line in lines if re.search(rf"p2pmemctl(?: \[ --sysfs PATH \])? {verb}\b", line)]
        assert mine, verb
        said = subprocess.run([CTL, "--sysfs", "nowhere", verb, "test", "--as", "root"],
                              capture_output=True, text=True).stderr
        takes = "cannot be done with --sysfs" not in said
        assert takes == any("--sysfs" in line for line in mine), (verb, said)
        words = [verb, "test"] if verb == "policy" else [verb]
        said = run(*words, "--sysfs", "nowhere", status=2).stderr
        assert ("before the verb" in said) == takes, (verb, said)


@tap.test("a captured machine that is not there is named, with what to give")
def _():
    for name in ("", "nowhere"):
        said = run("--sysfs", name, "pairs", status=3).stderr
        assert f"'{name}' could not be opened" in said and "remedy: give" in said


tap.main()
