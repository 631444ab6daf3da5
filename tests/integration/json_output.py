#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/json.md is what p2pmemctl prints with -o json, to the letter and in full."""

import json
import os
import re
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
from lib.broker import GROUP, Client, Daemon, Driver, number  # noqa: E402
from support import broker as fake  # noqa: E402
from support import idl, tap, workplace  # noqa: E402

CTL = os.environ["BUILD"] + "/p2pmemctl"
DOCS = here + "/../../docs/"
PAGE = 4096
POLICY = [{"name": "all", "who": {"group": GROUP}, "regions": ["*"], "devices": ["*"]}]

with open(DOCS + "json.md", encoding="utf-8") as file:
    page = file.read()
with open(DOCS + "io.p2pmem.Broker.varlink", encoding="utf-8") as file:
    interface = idl.types(file.read())
documented = idl.types("\n".join(re.findall(r"```varlink\n(.*?)```", page, re.S)))
known = {**interface, **documented}

# The verbs of the page, each with the type of the object that it prints.
outputs = {verb: re.search(r"type (\w+Output)", section)[1] for verb, section in
           re.findall(r"^## `([a-z ]+)`\n(.*?)(?=^## |\Z)", page, re.M | re.S)}
shown = set()  # those that a test here has held against what is printed

work = workplace.make()


def run(*arguments, broker=None, status=0):
    environment = dict(os.environ, P2PMEM_SOCKET=broker.path if broker else work.name + "/nobody")
    r = subprocess.run([CTL, *arguments], env=environment, capture_output=True, text=True,
                       timeout=60)
    assert status is None or r.returncode == status, (
        f"{arguments}: {r.returncode}\n{r.stdout}\n{r.stderr}")
    return r.stdout


def as_documented(verb, text):
    value = json.loads(text)
    assert list(value)[0] == "schema" and value["schema"] == 1, value
    idl.check(value, outputs[verb], known, verb)
    shown.add(verb)
    return value


def ask(verb, *arguments, **more):
    return as_documented(verb, run(*verb.split(), *arguments, "-o", "json", **more))


@tap.test("types are defined once, and all that are named are there")
def _():
    assert not interface.keys() & documented.keys(), interface.keys() & documented.keys()
    for name in documented:
        idl.example(name, known)


@tap.test("every verb that takes -o json is on the page, and no other")
def _():
    text = run("help")
    verbs = re.findall(r"^  ([a-z]+) ", text.split("Verbs:")[1].split("Options:")[0], re.M)
    takes = {verb for verb in verbs if re.search(r"-o, --output FORMAT.*'json'", run("help", verb))}
    assert takes == {verb.split()[0] for verb in outputs}, (takes, outputs)


# A broker whose objects have every member there is: none is lost on the way.


def full_broker():
    def one(member, kind):
        return fake.listing(member, [idl.example(kind, known)])

    event = {"parameters": {"event": idl.example("Event", known)}, "continues": True}
    return fake.Broker(
        ListRegions=one("region", "Region"), ListDevices=one("device", "Device"),
        ListPairs=one("pair", "Pair"), ListLeases=one("lease", "Lease"),
        ListHostBridges=one("hostBridge", "HostBridge"), ListFunctions=one("function", "Function"),
        GetMetrics=[{"parameters": {"metrics": idl.example("Metrics", known)}}],
        Monitor=[event, {"parameters": event["parameters"]}])


@tap.test("objects of the interface are passed on whole, member by member")
def _():
    with full_broker() as b:
        for verb in ("list", "pairs", "topology", "leases", "metrics", "monitor"):
            got = as_documented(verb, run(verb, "-o", "json", broker=b).splitlines()[0]
                                if verb == "monitor" else run(verb, "-o", "json", broker=b))
            assert got == {**idl.example(outputs[verb], known), "schema": 1}, (verb, got)


@tap.test("so is an explanation")
def _():
    whole = idl.example("Explanation", known)
    with fake.Broker(Explain=[{"parameters": {"explanation": whole}}]) as b:
        assert ask("explain", "p2pmem0", "0000:04:00.0", broker=b)["explanation"] == whole


@tap.test("what the daemon itself says is as documented")
def _():
    with Driver() as driver, Daemon(driver=driver, policy=POLICY) as d, Client(d) as client:
        for verb in ("list", "pairs", "topology", "metrics"):
            ask(verb, broker=d)
        _, fd = client.allocate(PAGE, number(259, 0), name="mine")
        assert len(ask("leases", broker=d)["leases"]) == 1
        ask("explain", "p2pmem0", "0000:03:00.0", broker=d)
        assert ask("revoke", "--all", "--yes", broker=d)["leases"] == 1
        os.close(fd)
        if os.getuid() == 0:
            assert ask("drain", "p2pmem0", broker=d)["safeToRemove"] is True


@tap.test("monitor prints an object on each line")
def _():
    with Driver() as driver, Daemon(driver=driver, policy=POLICY) as d, Client(d) as client:
        monitor = subprocess.Popen([CTL, "monitor", "-o", "json"], stdout=subprocess.PIPE,
                                   env=dict(os.environ, P2PMEM_SOCKET=d.path), text=True)
        kinds = [as_documented("monitor", monitor.stdout.readline())["event"]["kind"]]
        _, fd = client.allocate(PAGE, number(259, 0))
        os.close(fd)
        while kinds[-1] != "leaseEnded":
            kinds.append(as_documented("monitor", monitor.stdout.readline())["event"]["kind"])
        monitor.send_signal(signal.SIGTERM)
        assert monitor.wait(timeout=60) == 0
        assert kinds[0] == "ready" and "leaseGranted" in kinds, kinds


@tap.test("copy, through lent memory and through the host's")
def _():
    os.chdir(work.name)
    with open("source", "wb") as file:
        file.write(bytes(1 << 20))
    with fake.Broker() as b:
        lent = ask("copy", "--verify", "source", "lent", broker=b)["copy"]
    host = ask("copy", "--host-memory", "source", "host")["copy"]
    assert lent["peerToPeerBytes"] > 0 and lent["verified"] and "region" not in host, (lent, host)


@tap.test("verify, in a scratch file and reading alone")
def _():
    with fake.Broker() as b:
        wrote = ask("verify", "p2pmem0", work.name, broker=b)["verify"]
        read = ask("verify", "p2pmem0", "./source", broker=b)["verify"]
    assert wrote["writes"] and wrote["right"] and "writes" not in read, (wrote, read)


@tap.test("bench")
def _():
    with fake.Broker() as b:
        runs = ask("bench", "-t", "1", "p2pmem0", "./source", broker=b)["bench"]["runs"]
    assert len(runs) == 2, runs


@tap.test("doctor")
def _():
    found = ask("doctor", status=None)
    assert found["checks"] and all(c["reason"] for c in found["checks"])


@tap.test("policy check and policy test")
def _():
    with Daemon() as d:
        rules = work.name + "/policy.json"
        with open(rules, "w") as file:
            json.dump({"rules": [
                {"name": "first", "who": {"user": 7}, "administer": True},
                {"name": "mine", "who": {"group": 8}, "regions": ["*"], "devices": ["*"],
                 "limits": {"bytes": "1M", "buffers": 4, "largest": "1M",
                            "perUid": {"bytes": "1M", "buffers": 2}}}]}, file)
        assert len(ask("policy check", rules)["policyCheck"]["rules"]) == 2
        for more, status in ([], 0), (["--size", "2M"], 5):
            answer = as_documented("policy test", run(
                "--sysfs", d.tree, "policy", "test", "--as", "9", "--group", "8", "--cgroup",
                "/system.slice/a.service", "--region", "cmb0", *more, "-o", "json", rules, status=status))
            region, = answer["policyTest"]["regions"]
            assert region["limits"].keys() == documented["Limits"][1].keys(), region
            assert ("tooLarge" in region) == bool(more), region
    with open(rules, "w") as file:
        file.write('{"rules": [{}]}')
    assert ask("policy check", rules, status=1)["policyCheck"]["mistakes"]


@tap.test("all of the page was compared")
def _():
    assert shown == outputs.keys(), outputs.keys() - shown


tap.main()
