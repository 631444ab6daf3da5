#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""systemd's own Varlink tool against the daemon, and against our description."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))

from broker import BROKER, Daemon
from tap import equal, main, test

IDL = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                   "../../docs/io.p2pmem.Broker.varlink")


def varlinkctl(*arguments):
    return subprocess.run(["varlinkctl", "--no-pager", *arguments], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def call(*arguments):
    """One object for each reply; those of a stream begin with a record separator."""
    text = varlinkctl("-j", "call", *arguments).replace("\x1e", "")
    return [json.loads(line) for line in text.splitlines()]


@test
def accepts_the_description():
    varlinkctl("validate-idl", IDL)


@test
def lists_what_is_served():
    with Daemon() as daemon:
        equal(set(varlinkctl("list-interfaces", daemon.path).split()),
              {"io.p2pmem.Broker", "org.varlink.service"})
        assert "p2pmemd" in varlinkctl("info", daemon.path)


@test
def reads_the_descriptions():
    with Daemon() as daemon:
        with open(IDL, encoding="utf-8") as source:
            methods = {line.split()[1].split("(")[0] for line in source
                       if line.startswith("method ")}
        shown = varlinkctl("introspect", daemon.path, "io.p2pmem.Broker")
        equal({line.split()[1].split("(")[0] for line in shown.splitlines()
               if line.startswith("method ")}, methods)
        assert "GetInfo" in varlinkctl("introspect", daemon.path, "org.varlink.service")


@test
def calls():
    with Daemon() as daemon:
        regions = call("--more", daemon.path, BROKER + "ListRegions", "{}")
        equal([r["region"]["name"] for r in regions], ["p2pmem0", "p2pmem1", "p2pmem2"])
        equal(call("--more", daemon.path, BROKER + "ListLeases", "{}"), [{}])
        lent = call(daemon.path, BROKER + "Allocate",
                    '{"size":4096,"devices":[{"major":259,"minor":0}]}')
        equal(lent[0]["lease"]["size"], 4096)


@test
def is_answered_for_every_method():
    """Each method of the description is one that the daemon knows."""
    with Daemon() as daemon, open(IDL, encoding="utf-8") as source:
        for line in source:
            if not line.startswith("method "):
                continue
            method = BROKER + line.split()[1].split("(")[0]
            if method == BROKER + "Monitor":
                continue  # is answered without end; see below
            result = subprocess.run(["varlinkctl", "call", "--more", daemon.path, method, "{}"],
                                    text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    check=False)
            assert "NotFound" not in result.stderr, (method, result.stderr)


@test
def monitors():
    with Daemon() as daemon:
        command = ["varlinkctl", "-j", "call", "--more", daemon.path, BROKER + "Monitor", "{}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as monitor:
            first = monitor.stdout.readline().decode().lstrip("\x1e")
            equal(json.loads(first), {"event": {"kind": "ready"}})
            monitor.terminate()


main()
