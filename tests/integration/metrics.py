#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""GetMetrics, and what p2pmemctl makes of it."""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "support"))
import exposition
sys.path.insert(0, os.path.join(HERE, "lib"))

from broker import BROKER, GROUP, IS_ROOT, USER, Client, Daemon, Driver, number, run_as
from tap import equal, main, test

PAGE = 4096
DISK = number(259, 0)
PROVIDER = "0000:03:00.0"
CTL = os.path.join(os.environ["BUILD"], "p2pmemctl")


def ctl(daemon, *arguments, status=0):
    r = subprocess.run([CTL, *arguments], capture_output=True, text=True, timeout=60, check=False,
                       env=dict(os.environ, P2PMEM_SOCKET=daemon.path))
    equal((r.returncode, r.stderr if r.returncode != status else None), (status, None))
    return r.stdout if status == 0 else r.stderr


def read(daemon):
    return exposition.parse(ctl(daemon, "metrics"))


def metrics(client):
    return client.call(BROKER + "GetMetrics")["metrics"]


def count(counts, name):
    return {c["name"]: c["count"] for c in counts}[name]


@test
def is_in_the_format():
    """And all families have samples, or would have some, from the beginning."""
    with Daemon() as daemon:
        families = read(daemon)
        assert all(name.startswith("p2pmem_") for name in families)
        empty = {name for name, f in families.items() if not f.samples}
        equal(empty - {"p2pmem_tenant_leases", "p2pmem_tenant_bytes"},
              {"p2pmem_disconnections_total"})
        equal(families["p2pmem_requests_total"].value(method="Allocate"), 0)
        equal(families["p2pmem_refusals_total"].value(error="QuotaExceeded"), 0)
        equal(families["p2pmem_policy_valid"].value(), 1)


@test
def says_the_same_in_the_same_order():
    with Daemon() as daemon:
        names = list(read(daemon))
        equal(list(read(daemon)), names)


@test
def counts_bytes_by_region_and_state():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        lease, fd = client.allocate(3 * PAGE, DISK)
        label = {"region": lease["region"], "provider": lease["provider"]}
        families = read(daemon)
        size = families["p2pmem_region_size_bytes"].value(**label)
        by = {state: families["p2pmem_region_bytes"].value(state=state, **label)
              for state in ("free", "allocated", "draining", "others")}
        equal(by["allocated"], 3 * PAGE)
        equal(sum(by.values()), size)
        assert families["p2pmem_region_largest_free_bytes"].value(**label) <= by["free"]
        equal(families["p2pmem_region_not_lent_bytes"].value(**label), 0)
        equal(families["p2pmem_leases"].value(state="live"), 1)
        equal(families["p2pmem_granted_bytes_total"].value(), 3 * PAGE)
        os.close(fd)
        families = read(daemon)
        equal(families["p2pmem_region_bytes"].value(state="allocated", **label), 0)
        equal(families["p2pmem_leases"].value(state="live"), 0)
        equal(families["p2pmem_leases_granted_total"].value(), 1)
        equal(families["p2pmem_leases_ended_total"].value(), 1)


@test
def tells_administrators_of_tenants():
    def stranger():
        with Client(daemon) as client:
            told = metrics(client)
            assert "tenants" not in told, told
            equal(count(told["leases"], "live"), 1)
        assert "p2pmem_tenant_bytes" not in read(daemon)

    def administrator():
        with Client(daemon) as client:
            equal(metrics(client)["tenants"],
                  [{"tenant": tenant, "provider": PROVIDER, "leases": 1, "bytes": PAGE}])
        equal(read(daemon)["p2pmem_tenant_bytes"].value(tenant=tenant, provider=PROVIDER), PAGE)

    policy = [{"name": "r", "who": {"group": GROUP}, "regions": ["*"], "devices": ["*"]}]
    admin = {"name": "admin", "who": {"group": GROUP}, "administer": True}
    with Driver() as driver, Daemon(policy=policy, driver=driver) as daemon, \
            Client(daemon) as client:
        lease, fd = client.allocate(PAGE, DISK)
        tenant = lease["tenant"]
        run_as(stranger, uid=USER + 1 if IS_ROOT else USER)
        daemon.write_policy(policy + [admin])
        daemon.reload()
        run_as(administrator)
        os.close(fd)


@test
def counts_requests_and_refusals():
    with Daemon() as daemon, Client(daemon) as client:
        client.error(BROKER + "Allocate", {"size": PAGE, "devices": [number(1, 1)]})
        client.error(BROKER + "Whatever")
        client.error("org.example.Whatever.Whatever")
        client.error(BROKER + "Revoke", {"lease": "0" * 32})
        client.error(BROKER + "Allocate", {"size": -1, "devices": []})
        told = metrics(client)
        for name, n in (("Allocate", 2), ("unknown", 2), ("Revoke", 1), ("Drain", 0)):
            equal((name, count(told["requests"], name)), (name, n))
        for name, n in (("NoSuchDevice", 1), ("NoSuchLease", 1), ("InvalidParameter", 1),
                        ("MethodNotFound", 1), ("InterfaceNotFound", 1), ("NoSpace", 0)):
            equal((name, count(told["refusals"], name)), (name, n))
        # What is made up gets no name of its own.
        assert "Whatever" not in json.dumps(told), told
        equal(told["latency"][-1]["count"], 5)


@test
def counts_what_is_taken_back():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        lease, fd = client.allocate(PAGE, DISK)
        client.call(BROKER + "Revoke", {"lease": lease["id"], "graceUSec": 3600 * 10**6})
        told = metrics(client)["revocations"]
        equal((count(told, "notice"), count(told, "asked")), (1, 0))
        equal(count(metrics(client)["leases"], "notice"), 1)
        client.call(BROKER + "Revoke", {"lease": lease["id"]})
        told = metrics(client)["revocations"]
        equal((count(told, "notice"), count(told, "asked")), (1, 1))
        os.close(fd)


@test
def counts_connections():
    with Daemon() as daemon, Client(daemon) as client:
        with Client(daemon) as other:
            metrics(other)
        with Client(daemon) as other:
            other.send(b"no message\0")
            equal(other.receive(), None)
        told = metrics(client)
        equal(told["connectionsAccepted"], 3)
        equal(sum(c["count"] for c in told["disconnections"]), 2)


@test
def replaces_a_file():
    with Daemon() as daemon:
        file = os.path.join(daemon.folder, "p2pmem.prom")
        with open(file, "w", encoding="utf-8") as old:
            old.write("old\n")
        with open(file, encoding="utf-8") as reader:
            equal(ctl(daemon, "metrics", "--file", file), "")
            # Who had it open reads on in the old one.
            equal(reader.read(), "old\n")
        with open(file, encoding="utf-8") as new:
            assert "p2pmem_info" in exposition.parse(new.read())
        equal(os.stat(file).st_mode & 0o777, 0o644)
        equal([name for name in os.listdir(daemon.folder) if name.startswith("p2pmem.prom")],
              ["p2pmem.prom"])


@test
def says_what_is_wrong_with_a_file():
    with Daemon() as daemon:
        said = ctl(daemon, "metrics", "--file", os.path.join(daemon.folder, "no/where"), status=1)
        assert "could not be written: No such file" in said and "remedy:" in said, said
        # A folder in its place: what was written on the way does not stay.
        ctl(daemon, "metrics", "--file", daemon.state, status=1)
        assert not [n for n in os.listdir(daemon.folder) if n.startswith("state.")]


@test
def prints_json():
    with Daemon() as daemon:
        told = json.loads(ctl(daemon, "metrics", "-o", "json"))
        equal(told["schema"], 1)
        equal(len(told["metrics"]["regions"]), 3)
        ctl(daemon, "metrics", "-o", "table", status=2)


main()
