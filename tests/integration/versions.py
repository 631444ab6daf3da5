#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Daemon and client of different versions, by what the first daemon was recorded to say.

tests/fixtures/interface/VERSION.json has calls and the replies of the daemon of that
version. Its replies are played to the client of today, and its calls made to the
daemon of today, whose replies have to have all that a client of then relies on.

versions.py --record FILE: writes such a file of the daemon in $BUILD, for a release.
"""

import errno
import glob
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "lib"))

from broker import BROKER, SERVICE, Client, Daemon, address, number  # noqa: E402
from tap import equal, main, test  # noqa: E402

FIXTURES = sorted(glob.glob(os.path.join(HERE, "../fixtures/interface/*.json")))
CTL = os.path.join(os.environ["BUILD"], "p2pmemctl")
PROVIDER, NEIGHBOUR = "0000:03:00.0", "0000:04:00.0"
MORE = {"ListRegions", "ListDevices", "ListPairs", "ListHostBridges", "ListFunctions", "ListLeases",
        "Monitor"}
LEASE = "LEASE"  # stands for the one that was lent last

CALLS = [
    (SERVICE + "GetInfo", None),
    (BROKER + "ListRegions", None),
    (BROKER + "ListDevices", None),
    (BROKER + "ListPairs", {"region": PROVIDER}),
    (BROKER + "ListHostBridges", None),
    (BROKER + "ListFunctions", None),
    (BROKER + "Explain", {"region": PROVIDER, "device": address(NEIGHBOUR)}),
    (BROKER + "Monitor", None),
    (BROKER + "Allocate", {"size": 65536, "minSize": 4096, "name": "recorded",
                           "devices": [address(PROVIDER), number(259, 0)]}),
    (BROKER + "ListLeases", None),
    (BROKER + "GetMetrics", None),
    (BROKER + "Revoke", {"lease": LEASE, "graceUSec": 3600000000}),
    (BROKER + "Drain", {"region": PROVIDER, "graceUSec": 0}),
    (BROKER + "Allocate", {"size": 65536, "devices": [address(PROVIDER)]}),
    (BROKER + "Undrain", {"region": PROVIDER}),
    (BROKER + "Allocate", {"size": 1 << 40, "devices": [address(PROVIDER)]}),
    (BROKER + "Allocate", {"size": 4096, "devices": [address("0000:7f:00.0")]}),
    (BROKER + "Allocate", {"size": 4096, "region": "nowhere", "devices": [address(PROVIDER)]}),
    (BROKER + "Allocate", {"size": -1, "devices": []}),
    (BROKER + "Revoke", {"lease": "0" * 32}),
    (BROKER + "NoSuchMethod", {}),
]
POLICY = [{"name": "all", "who": {"user": os.getuid()}, "regions": ["*"], "devices": ["*"],
           "administer": True}]


class Caller:
    """Makes calls of a list one after the other, as one client that is lent memory."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.lease = None
        self.clients = []

    def call(self, method, parameters):
        """All replies; of Monitor the first."""
        client = Client(self.daemon)
        self.clients.append(client)
        short = method.rsplit(".", 1)[1]
        if parameters and parameters.get("lease") == LEASE:
            parameters = dict(parameters, lease=self.lease)
        client.request(method, parameters, **({"more": True} if short in MORE else {}))
        replies = [client.receive()]
        while replies[-1].get("continues") and short != "Monitor":
            replies.append(client.receive())
        if short == "Allocate" and "error" not in replies[0]:
            self.lease = replies[0]["parameters"]["lease"]["id"]
        return replies, len(client.fds)

    def close(self):
        for client in self.clients:
            client.close()


def record(path):
    with Daemon(policy=POLICY) as daemon:
        caller = Caller(daemon)
        entries = []
        for method, parameters in CALLS:
            replies, fds = caller.call(method, parameters)
            entries.append({"method": method, "parameters": parameters, "replies": replies,
                            "descriptors": fds})
        caller.close()
    with open(path, "w", encoding="utf-8") as file:
        lines = ",\n".join(json.dumps(entry) for entry in entries)
        file.write(f"[\n{lines}\n]\n")


# ---- a client of then, a daemon of today


def common(entries):
    """What all entries of a list have, and all of theirs; else one of them."""
    values = [e for e in entries if e is not None]
    if values and all(isinstance(e, list) for e in values):
        return sum(values, [])
    if not values or not all(isinstance(e, dict) for e in values):
        return values[0] if values else None
    names = set.intersection(*(set(e) for e in values))
    return {n: common([e[n] for e in values]) for n in sorted(names)}


def is_like(old, new, path):
    """All that was there is there, as the same kind of thing."""
    if old is None:
        return
    assert isinstance(new, type(old)), f"{path}: was {old!r}, is {new!r}"
    if isinstance(old, dict):
        for name, value in old.items():
            assert name in new, f"{path}: there is no {name} any more"
            is_like(value, new[name], f"{path}.{name}")
    elif isinstance(old, list):
        for i, value in enumerate(new):
            is_like(common(old), value, f"{path}[{i}]")


def check_reply(entry, replies, fds):
    equal(fds, entry["descriptors"])
    equal(replies[0].get("error"), entry["replies"][0].get("error"))
    is_like([r.get("parameters", {}) for r in entry["replies"]],
            [r.get("parameters", {}) for r in replies], entry["method"])


@test
def calls_of_then_are_answered_as_then():
    assert FIXTURES
    for fixture in FIXTURES:
        with open(fixture, encoding="utf-8") as file:
            entries = json.load(file)
        with Daemon(policy=POLICY) as daemon:
            caller = Caller(daemon)
            for entry in entries:
                check_reply(entry, *caller.call(entry["method"], entry["parameters"]))
            caller.close()


@test
def a_driver_that_knows_less_is_told_of():
    for number_of in (errno.ENOTTY, errno.E2BIG):
        with Daemon(errno=number_of) as daemon, Client(daemon) as client:
            name, about = client.error(BROKER + "Allocate",
                                       {"size": 4096, "devices": [address(PROVIDER)]})
            equal(name, BROKER + "DriverUnavailable")
            assert "does not know what this daemon" in about["reason"], about
            assert "reload" in about["remedy"] and "reboot" in about["remedy"], about


@test
def what_is_missing_is_noticed():
    """The comparison itself."""
    is_like({"a": 1, "l": [{"b": 2}]}, {"a": 2, "n": None, "l": [{"b": 3, "c": 4}]}, "x")
    for new in ({"l": [{"b": 2}]}, {"a": "1", "l": [{"b": 2}]}, {"a": 1, "l": [{"b": 2}, {"c": 2}]}):
        try:
            is_like({"a": 1, "l": [{"b": 2}]}, new, "x")
        except AssertionError:
            continue
        raise AssertionError(f"not noticed: {new}")


# ---- a daemon of then, a client of today


class Recorded:
    """Plays the replies of a recording, by method: the first that was no error."""

    def __init__(self, fixture, folder):
        with open(fixture, encoding="utf-8") as file:
            self.entries = json.load(file)
        self.path = os.path.join(folder, "socket")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen()
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()

    def replies(self, method):
        for entry in self.entries:
            if entry["method"] == method and "error" not in entry["replies"][0]:
                return entry["replies"]
        return [{"error": SERVICE + "MethodNotFound", "parameters": {"method": method}}]

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection):
        pending = b""
        with connection:
            while data := connection.recv(65536):
                pending += data
                while b"\0" in pending:
                    call, pending = pending.split(b"\0", 1)
                    for reply in self.replies(json.loads(call)["method"]):
                        connection.sendall(json.dumps(reply).encode() + b"\0")


def ctl(path, *arguments):
    return subprocess.run([CTL, *arguments], env=dict(os.environ, P2PMEM_SOCKET=path),
                          capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def with_recorded(function):
    for fixture in FIXTURES:
        with tempfile.TemporaryDirectory() as folder:
            recorded = Recorded(fixture, folder)
            try:
                function(recorded)
            finally:
                recorded.close()


def members(recorded, method, kind):
    return [r["parameters"][kind] for r in recorded.replies(BROKER + method)]


@test
def lists_of_then_are_shown():
    def check(recorded):
        for verb, method, kind in (("list", "ListRegions", "region"), ("pairs", "ListPairs", "pair"),
                                   ("leases", "ListLeases", "lease")):
            run = ctl(recorded.path, verb, "-o", "json")
            equal((run.returncode, run.stderr), (0, ""))
            for entry in members(recorded, method, kind):
                for value in (entry.get("id"), entry["provider"], entry.get("device")):
                    assert value is None or str(value) in run.stdout, (verb, value, run.stdout)
            equal(ctl(recorded.path, verb).returncode, 0)

    with_recorded(check)


@test
def the_rest_of_then_is_understood():
    def check(recorded):
        for verb in (["explain", PROVIDER, NEIGHBOUR], ["topology"], ["metrics"]):
            run = ctl(recorded.path, *verb)
            equal((run.returncode, run.stderr), (0, ""))
            assert run.stdout, verb

    with_recorded(check)


@test
def a_daemon_that_lacks_a_method_is_told_of():
    def check(recorded):
        recorded.entries = [e for e in recorded.entries if "GetMetrics" not in e["method"]]
        run = ctl(recorded.path, "metrics")
        assert run.returncode == 1, run
        assert "older than this program" in run.stderr and "restart" in run.stderr, run.stderr

    with_recorded(check)


@test
def another_version_is_told_of():
    def check(recorded):
        recorded.replies(SERVICE + "GetInfo")[0]["parameters"]["version"] = "0.0.9"
        checks = json.loads(ctl(recorded.path, "doctor", "-o", "json").stdout)["checks"]
        found = [c for c in checks if c["id"] == "daemon.version"]
        assert "0.0.9" in found[0]["reason"] and found[0]["result"] in ("warning", "info"), found
        assert "0.0.9" in ctl(recorded.path).stdout

    with_recorded(check)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--record"]:
        record(sys.argv[2])
    else:
        main()
