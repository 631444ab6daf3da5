#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""explain, topology and what p2pmemctl finds out by itself.

The same made machine is asked about through the daemon on the mock driver, and
as a captured tree.
"""

import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "support"))
import broker as fake  # noqa: E402
import tap  # noqa: E402

# Both folders have a broker.py; this is the one that runs the real daemon.
sys.path.insert(0, os.path.join(here, "lib"))
del sys.modules["broker"]
import broker as real  # noqa: E402

CTL = os.environ["BUILD"] + "/p2pmemctl"


def run(*arguments, socket="/nobody", status=0):
    r = subprocess.run([CTL, *arguments], env=dict(os.environ, P2PMEM_SOCKET=socket),
                       capture_output=True, text=True, timeout=60)
    assert r.returncode == status, f"{arguments}: {r.returncode}\n{r.stdout}\n{r.stderr}"
    return r


def explanation(*arguments, status=0, **more):
    r = run(*arguments, "-o", "json", status=status, **more)
    data = json.loads(r.stdout)
    assert data["schema"] == 1
    return data["explanation"]


# A machine whose kernel lacks P2PDMA says so first; others, that no daemon answers.
ABSENT = subprocess.run([CTL, "leases"], capture_output=True,
                        env=dict(os.environ, P2PMEM_SOCKET="/nobody")).returncode


# ---- through the daemon --------------------------------------------------


@tap.test("explain: what works, hop by hop, by the kernel's word")
def _():
    with real.Daemon() as d:
        e = explanation("explain", "p2pmem0", "04:00.0", socket=d.path)
        text = run("explain", "p2pmem0", "0000:04:00.0", socket=d.path).stdout
    path, = e["paths"]
    assert e["verdict"] == "bus" and e["region"] == "p2pmem0" and e["layers"] == []
    assert path["source"] == "kernel" and path["distance"] == 4
    assert [h["address"] for h in path["hops"] if h["turn"]] == ["0000:01:00.0"]
    assert text.startswith("bus: memory of p2pmem0 (0000:03:00.0), device 0000:04:00.0\nreason: ")
    walk = re.findall(r"^(memory|device|turn|\|) +(\S+)", text, re.M)
    assert walk == [("memory", "0000:03:00.0"), ("|", "0000:02:00.0"), ("turn", "0000:01:00.0"),
                    ("|", "0000:02:01.0"), ("device", "0000:04:00.0")], text


@tap.test("explain: what does not work, with its status, the reason and the remedy")
def _():
    with real.Daemon() as d:
        r = run("explain", "cmb0", "nvme2n1", socket=d.path, status=4)
        e = explanation("explain", "03:00.0", "259:3", socket=d.path, status=4)
    assert r.stdout.startswith("unsupported: ") and "\nreason: " in r.stdout
    assert "\nremedy: " in r.stdout and r.stderr == ""
    assert e["device"] == "nvme2n1" and e["remedy"]


@tap.test("explain: every path of a multipath device, and the worst of them on top")
def _():
    with real.Daemon() as d:
        e = explanation("explain", "p2pmem0", "nvme3n1", socket=d.path, status=4)
    assert [(p["device"], p["verdict"]) for p in e["paths"]] == [
        ("0000:05:00.0", "bus"), ("0000:07:00.0", "unsupported")]
    assert e["verdict"] == "unsupported" and e["cause"] == e["paths"][1]["cause"]
    assert e["layers"][0]["kind"] == "nvme-multipath"


@tap.test("explain: a layer that is in the way is named")
def _():
    with real.Daemon() as d:
        e = explanation("explain", "p2pmem0", "253:0", socket=d.path, status=4)
        text = run("explain", "p2pmem0", "253:0", socket=d.path, status=4).stdout
    assert e["cause"] == "layer" and e["layers"][0]["passes"] is False
    assert re.search(r"^dm-0 +device-mapper +no ", text, re.M), text


@tap.test("explain: a bridge, a missing device, a missing region")
def _():
    with real.Daemon() as d:
        assert explanation("explain", "p2pmem0", "00:01.0", socket=d.path,
                           status=4)["cause"] == "no_client"
        assert "0f:00.0" in run("explain", "p2pmem0", "0f:00.0", socket=d.path, status=3).stderr
        assert "remedy:" in run("explain", "p2pmem9", "04:00.0", socket=d.path, status=3).stderr
        for wrong in ([], ["p2pmem0"], ["p2pmem0", "04:00.0", "more"]):
            assert "a region and a device" in run("explain", *wrong, socket=d.path, status=2).stderr


@tap.test("topology: what leads to regions and devices, and with --all everything")
def _():
    with real.Daemon() as d:
        some = run("topology", socket=d.path).stdout
        everything = run("topology", "--all", socket=d.path).stdout
        data = json.loads(run("topology", "-o", "json", socket=d.path).stdout)
    lines = some.splitlines()
    assert lines[1].startswith("pci0000:00  ") and "host bridge" in lines[1]
    assert any(l.startswith("        0000:03:00.0  endpoint") and "p2pmem0: 64M, 63.8M free" in l
               and "serial cmb0" in l for l in lines), some
    assert "0000:00:04.0" not in some and "  0000:00:04.0" in everything
    by_address = {f["address"]: f for f in data["functions"]}
    assert by_address["0000:03:00.0"]["parent"] == "0000:02:00.0"
    assert by_address["0000:03:00.0"]["region"] == "p2pmem0"
    assert [b["root"] for b in data["hostBridges"]] == ["pci0000:00", "pci0000:80"]


@tap.test("list: what others hold, and an estimate of the largest piece")
def _():
    with real.Daemon() as d:
        region = json.loads(run("list", "-o", "json", socket=d.path).stdout)["regions"][0]
    assert region["heldByOthers"] == 128 << 10
    assert region["largestEstimate"] == region["free"]


@tap.test("pairs: of one region, of one device")
def _():
    with real.Daemon() as d:
        of_one = json.loads(run("pairs", "--region", "cmb0", "-o", "json", socket=d.path).stdout)
        of_both = json.loads(run("pairs", "--region", "81:00.0", "--device", "259:4", "-o", "json",
                                 socket=d.path).stdout)
        run("pairs", "--region", "nobody", socket=d.path, status=3)
    assert {p["provider"] for p in of_one["pairs"]} == {"0000:03:00.0"}
    assert len(of_one["pairs"]) == 6
    assert [p["device"] for p in of_both["pairs"]] == ["0000:05:00.0", "0000:07:00.0"]


# ---- many ----------------------------------------------------------------


def many(switches, drives):
    """Each drive with memory, which those behind its own switch reach."""
    names = [(s, d, f"0000:{s * drives + d + 1:02x}:00.0") for s in range(switches)
             for d in range(drives)]
    regions = [dict(fake.REGION, name=f"p2pmem{i}", provider=n[2]) for i, n in enumerate(names)]
    pairs = []
    for i, (switch, _, provider) in enumerate(names):
        for other, _, device in names:
            pair = {"region": f"p2pmem{i}", "provider": provider, "device": device,
                    "verdict": "bus", "cause": "common_bridge", "reason": "below one switch"}
            if other != switch:
                pair.update(verdict="unsupported", cause="host_bridge_not_listed",
                            reason=f"{provider} {device}", remedy="move it")
            pairs.append(pair)

    def of_region(parameters):
        return fake.listing("pair", [p for p in pairs if p["provider"] == parameters["region"]])

    return fake.Broker(ListRegions=fake.listing("region", regions), ListPairs=of_region,
                       ListDevices=fake.listing("device", [fake.device(n[2], f"nvme{i}n1", i)
                                                           for i, n in enumerate(names)]))


@tap.test("pairs: 64 regions with 64 devices are four kinds of each, with one reason")
def _():
    with many(4, 16) as b:
        out = run("pairs", socket=b.path).stdout
        everything = run("pairs", "--all", socket=b.path).stdout
        assert len(b.called("ListPairs")) == 128, "a call for each region"
    matrix = out.split("\n\n")[0].splitlines()
    assert len(matrix) == 2 + 4 and matrix[0].count("(+15)") == 4, out
    assert all(row.count("bus") == 1 and row.count("unsupported [1]") == 3 for row in matrix[2:])
    assert out.count("[1] host_bridge_not_listed: for example") == 1 and "[2]" not in out
    assert re.search(r"^p2pmem16 \(\+15\): p2pmem17 .*p2pmem31$", out, re.M), out
    assert len(everything.split("\n\n")[0].splitlines()) == 2 + 64


# ---- by itself -----------------------------------------------------------


@tap.test("--sysfs: a captured machine, in all the verbs that know one")
def _():
    with real.Daemon() as d:
        tree = ["--sysfs", d.tree]
        regions = json.loads(run(*tree, "list", "-o", "json").stdout)["regions"]
        pairs = json.loads(run(*tree, "pairs", "-o", "json").stdout)["pairs"]
        live = json.loads(run("pairs", "-o", "json", socket=d.path).stdout)["pairs"]
        functions = json.loads(run(*tree, "topology", "-o", "json").stdout)["functions"]
        ours = json.loads(run("topology", "-o", "json", socket=d.path).stdout)["functions"]
        e = explanation(*tree, "explain", "cmb0", "nvme2n1", status=21)
        assert "this tree" in run(*tree, "explain", "cmb0", "/dev/null", status=3).stderr
        assert "this machine" in run(*tree, "leases", status=2).stderr
        assert run(*tree).stdout == run(*tree, "list").stdout
    assert regions[0]["name"] == "0000:03:00.0" and regions[0]["heldByOthers"] == 128 << 10
    assert {p["source"] for p in pairs} == {"computed"}
    assert [p["device"] for p in pairs] == [p["device"] for p in live]
    assert [f["address"] for f in functions] == [f["address"] for f in ours]
    assert e["verdict"] == "unknown" and e["paths"][0]["source"] == "computed"


@tap.test("--sysfs: names and counts of the driver's regions, as it shows them")
def _():
    with real.Daemon() as d:
        region = d.tree + "/bus/pci/devices/0000:03:00.0/p2pmem7"
        os.makedirs(os.path.realpath(d.tree + "/bus/pci/devices/0000:03:00.0") + "/p2pmem7")
        os.makedirs(d.tree + "/bus/p2pmem/devices")
        for name, value in (("allocated", 1 << 20), ("draining", 4096), ("buffers", 3)):
            with open(f"{region}/{name}", "w") as f:
                f.write(f"{value}\n")
        at = os.path.relpath(os.path.realpath(region), d.tree + "/bus/p2pmem/devices")
        os.symlink(at, d.tree + "/bus/p2pmem/devices/p2pmem7")
        os.symlink("../../../nowhere", d.tree + "/bus/p2pmem/devices/p2pmem8")
        found = json.loads(run("--sysfs", d.tree, "list", "-o", "json").stdout)["regions"][0]
        run("--sysfs", d.tree, "explain", "p2pmem7", "04:00.0", status=21)
    assert found["name"] == "p2pmem7" and found["buffers"] == 3
    assert found["allocated"] == 1 << 20 and found["draining"] == 4096
    assert found["heldByOthers"] == 0 and found["largestEstimate"] == found["free"] // 4 // 4096 * 4096


@tap.test("--sysfs: what is no tree is refused with the reason")
def _():
    assert "remedy:" in run("--sysfs", here, "list", status=1).stderr
    assert "/nobody" in run("--sysfs", "/nobody", "pairs", status=3).stderr
    run("--sysfs", status=2)


@tap.test("without the daemon: what /sys shows, and a line that says so")
def _():
    for verb in ("list", "pairs", "topology"):
        r = run(verb, status=15 if ABSENT == 15 else 0)
        assert "PCI_P2PDMA" in r.stderr if ABSENT == 15 else "judged by what /sys" in r.stderr
        assert ABSENT == 15 or len(r.stderr.splitlines()) == 1, r.stderr


# ---- a broker that misbehaves ----------------------------------------------

EVIL = "a\x1b[2J\x07\x7f\u009b31m\u202eb\nc"
HOP = {"kind": "endpoint", "address": EVIL, "vendor": 1, "device": 2, "side": "both", "turn": True,
       "acsKnown": True, "acs": {"capability": 1, "control": 4, "redirects": ["requests", EVIL]}}
PATH = {"device": "0000:03:00.0", "verdict": "bus", "computed": "unknown", "source": "kernel",
        "cause": EVIL, "reason": EVIL, "remedy": EVIL, "cost": EVIL, "hops": [HOP, HOP]}
EXPLANATION = {"region": EVIL, "provider": "0000:03:00.0", "device": EVIL, "verdict": "bus",
               "cause": "common_bridge", "reason": EVIL, "remedy": EVIL, "cost": EVIL,
               "layers": [{"name": EVIL, "kind": EVIL, "reason": EVIL}, {"name": "b", "kind": "c"}],
               "paths": [PATH, PATH]}
FUNCTION = {"address": "0000:03:00.0", "root": "pci0000:00", "kind": "endpoint", "class": 0x010802,
            "vendor": 1, "device": 2, "driver": EVIL, "serial": EVIL, "region": EVIL,
            "acsKnown": False, "client": True, "blockDevices": [EVIL]}
BRIDGE = {"root": "pci0000:00", "reason": EVIL}


def misbehaving(**answers):
    return fake.Broker(**dict({
        "Explain": [{"parameters": {"explanation": EXPLANATION}}],
        "ListFunctions": fake.listing("function", [FUNCTION]),
        "ListHostBridges": fake.listing("hostBridge", [BRIDGE])}, **answers))


@tap.test("control characters never reach the output")
def _():
    with misbehaving() as b:
        for arguments in (["explain", "p2pmem0", "nvme1n1"], ["topology"]):
            for output in ("table", "json"):
                out = run(*arguments, "-o", output, socket=b.path).stdout
                assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", out), out
        assert explanation("explain", "p2pmem0", "nvme1n1", socket=b.path) == EXPLANATION


@tap.test("replies that break the interface's word are refused")
def _():
    for broken in ({"paths": 1}, {"paths": [1]}, {"layers": None}, {"verdict": 7},
                   {"paths": [dict(PATH, hops=[dict(HOP, vendor=1 << 16)])]},
                   {"paths": [dict(PATH, hops=[dict(HOP, acs={"capability": 1})])]},
                   {"paths": [dict(PATH, distance=-2)]}):
        with misbehaving(Explain=[{"parameters": {"explanation": dict(EXPLANATION, **broken)}}]) as b:
            r = run("explain", "p2pmem0", "nvme1n1", socket=b.path, status=1)
            assert "not what its interface says" in r.stderr, (broken, r.stderr)
    with misbehaving(Explain=[{"parameters": {}}]) as b:
        run("explain", "p2pmem0", "nvme1n1", socket=b.path, status=1)


@tap.test("functions that hang below themselves, or nowhere, hang nowhere")
def _():
    def function(address, parent):
        return dict(FUNCTION, address=address, parent=parent)

    loop = [function("0000:01:00.0", "0000:02:00.0"), function("0000:02:00.0", "0000:01:00.0"),
            function("0000:03:00.0", "0000:03:00.0"), function("0000:04:00.0", "0000:ff:00.0"),
            function("0000:05:00.0", None)]
    with misbehaving(ListFunctions=fake.listing("function", loop)) as b:
        out = run("topology", "--all", socket=b.path).stdout
    assert "0000:05:00.0" in out and "0000:01:00.0" not in out and "0000:04:00.0" not in out


tap.main()
