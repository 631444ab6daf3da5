#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What container runtimes are told: the packaged specification, and p2pmemctl cdi."""

import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "support"))
import broker as fake  # noqa: E402
import cdi_rules  # noqa: E402
import tap  # noqa: E402
from broker import Broker, listing  # noqa: E402

CTL = os.environ["BUILD"] + "/p2pmemctl"
SOCKET = "/run/p2pmem/io.p2pmem.Broker"
SECOND = dict(fake.REGION, name="p2pmem12", provider="0001:00:1f.7", serial="two")

with open(os.path.join(HERE, "../../cdi/p2pmem.json"), encoding="utf-8") as f:
    PACKAGED = json.load(f)


def run(*arguments, regions=(fake.REGION, SECOND), status=0):
    with Broker(ListRegions=listing("region", list(regions))) as b:
        r = subprocess.run([CTL, "cdi", *arguments], capture_output=True, text=True, timeout=60,
                           env=dict(os.environ, P2PMEM_SOCKET=b.path), check=False)
    assert r.returncode == status, (r.returncode, r.stdout, r.stderr)
    assert status == 0 or r.stdout == "", "half a specification is none"
    return json.loads(r.stdout) if status == 0 else r.stderr


def is_sound(spec):
    mistakes, version = cdi_rules.check(spec)
    assert mistakes == [], mistakes
    assert version == spec["cdiVersion"], f"{spec['cdiVersion']}, and {version} would do"


@tap.test("the packaged specification follows the rules, in the lowest version")
def _():
    is_sound(PACKAGED)
    assert PACKAGED["kind"] == "p2pmem.io/broker"
    assert [d["name"] for d in PACKAGED["devices"]] == ["default"]


@tap.test("it gives no more than the socket's directory, read-only")
def _():
    edits = PACKAGED["devices"][0]["containerEdits"]
    assert set(edits) == {"env", "mounts"} and "containerEdits" not in PACKAGED
    assert edits["env"] == ["P2PMEM_SOCKET=" + SOCKET]
    mount, = edits["mounts"]
    assert mount["hostPath"] == mount["containerPath"] == os.path.dirname(SOCKET)
    assert {"bind", "ro", "nosuid", "nodev", "noexec"} == set(mount["options"])


@tap.test("cdi prints the nodes of all regions, in the lowest version")
def _():
    spec = run()
    is_sound(spec)
    assert spec["kind"] == "p2pmem.io/region"
    nodes = {d["name"]: d["containerEdits"] for d in spec["devices"]}
    assert nodes == {
        name: {"deviceNodes": [{"path": path, "type": "c", "permissions": "rw"}]}
        for name, path in (("pci-0000:03:00.0", "/dev/p2pmem0"),
                           ("pci-0001:00:1f.7", "/dev/p2pmem12"))}


@tap.test("cdi prints those that are named, each once")
def _():
    assert [d["name"] for d in run("two", "p2pmem12", "0001:00:1f.7")["devices"]] == \
        ["pci-0001:00:1f.7"]
    is_sound(run("p2pmem0"))
    assert "nosuch" in run("p2pmem0", "nosuch", status=3)


@tap.test("without a region there is nothing to print")
def _():
    assert "no region" in run(regions=(), status=16)


@tap.test("what is no node of the driver's gets into no specification")
def _():
    for evil in ({"name": "../sda"}, {"name": "p2pmem"}, {"name": "p2pmem0/../sda"},
                 {"name": "p2pmem1234567890"}, {"name": "p2pmem-control"}, {"name": "sda"},
                 {"provider": "x"}, {"provider": "0000:03:00.0\n"}):
        assert "remedy" in run(regions=(dict(fake.REGION, **evil),), status=1), evil


def broken(change):
    spec = json.loads(json.dumps(PACKAGED))
    change(spec, spec["devices"][0]["containerEdits"])
    return cdi_rules.check(spec)


@tap.test("the rules notice what they are for")
def _():
    for change in (lambda s, e: s.pop("kind"),
                   lambda s, e: s.update(kind="broker"),
                   lambda s, e: s.update(kind="p2pmem.io/-x"),
                   lambda s, e: s.update(devices=[]),
                   lambda s, e: s.update(more=1),
                   lambda s, e: s["devices"].append(s["devices"][0]),
                   lambda s, e: s["devices"][0].update(name="a b"),
                   lambda s, e: s["devices"][0].update(containerEdits={}),
                   lambda s, e: e.update(env=["x"]),
                   lambda s, e: e["mounts"][0].pop("containerPath"),
                   lambda s, e: e.update(hooks=[])):
        assert broken(change)[0]
    for version, change in (("0.4.0", lambda s, e: e["mounts"][0].update(type="none")),
                            ("0.5.0", lambda s, e: s["devices"][0].update(name="0")),
                            ("0.5.0", lambda s, e: e.update(deviceNodes=[
                                {"path": "/dev/a", "hostPath": "/dev/b"}])),
                            ("0.6.0", lambda s, e: s.update(annotations={})),
                            ("0.7.0", lambda s, e: e.update(additionalGids=[7]))):
        assert broken(change) == ([], version)


tap.main()
