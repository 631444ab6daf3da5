#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Revoke, Drain and Undrain: who may, what ends, and who waits for it."""

import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))

from broker import (BROKER, GROUP, IS_ROOT, SERVICE, USER, Client, Daemon, Driver, number, run_as)
from tap import equal, main, test

PAGE = 4096
REGION = "0000:03:00.0"
DISK = number(259, 0)
CTL = os.path.join(os.environ["BUILD"], "p2pmemctl")


def ctl(daemon, *arguments, status=0):
    r = subprocess.run([CTL, *arguments], capture_output=True, text=True, timeout=60,
                       env=dict(os.environ, P2PMEM_SOCKET=daemon.path))
    equal((r.returncode, r.stderr if r.returncode != status else None), (status, None))
    return r.stdout + r.stderr


def leases(client):
    return client.list("ListLeases", "lease")


def wait_drained(client):
    """Until the Drain of another connection has been heard."""
    while not client.list("ListRegions", "region")[0]["drained"]:
        pass


@test
def ends_a_lease_of_its_own():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        one, fd = client.allocate(PAGE, DISK)
        two, fd2 = client.allocate(PAGE, DISK)
        equal(client.call(BROKER + "Revoke", {"lease": one["id"]}), {"leases": 1})
        equal([l["id"] for l in leases(client)], [two["id"]])
        equal(client.error(BROKER + "Revoke", {"lease": one["id"]})[0], BROKER + "NoSuchLease")
        os.close(fd)
        os.close(fd2)


@test
def does_not_know_anothers_lease():
    def other():
        with Client(daemon) as client:
            missing = client.error(BROKER + "Revoke", {"lease": "0" * 32})
            theirs = client.error(BROKER + "Revoke", {"lease": lease["id"]})
            equal((missing[0], theirs[0]), (BROKER + "NoSuchLease", BROKER + "NoSuchLease"))
            equal(set(missing[1]), set(theirs[1]))
            for which in {"all": True}, {"region": "p2pmem0"}, {"tenant": lease["tenant"]}:
                equal(client.call(BROKER + "Revoke", which), {"leases": 0})
            equal(client.error(BROKER + "Drain", {"region": "p2pmem0"})[0], BROKER + "NotPermitted")
            equal(client.error(BROKER + "Undrain", {"region": "p2pmem0"})[0],
                  BROKER + "NotPermitted")

    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        lease, fd = client.allocate(PAGE, DISK)
        if IS_ROOT:
            run_as(other, uid=USER + 1, gid=GROUP)
        equal(leases(client)[0]["state"], "live")
        os.close(fd)


@test
def refuses_what_is_not_clear():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        for bad, parameter in (({}, "lease"), ({"all": False}, "lease"),
                               ({"all": True, "lease": "0"}, "lease"),
                               ({"all": True, "graceUSec": -1}, "graceUSec"),
                               ({"all": True, "graceUSec": 1 << 62}, "graceUSec"),
                               ({"all": 1}, "all"), ({"everything": True}, "everything")):
            equal(client.error(BROKER + "Revoke", bad),
                  (SERVICE + "InvalidParameter", {"parameter": parameter}))
        for lease in "", "../../x", "0" * 33, "é":
            equal(client.error(BROKER + "Revoke", {"lease": lease})[0], BROKER + "NoSuchLease")
        equal(client.error(BROKER + "Revoke", {"region": "nosuch"})[0], BROKER + "NoSuchRegion")


@test
def gives_notice_first():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        _, fd = client.allocate(PAGE, DISK)
        grace = 3600 * 1000000
        equal(client.call(BROKER + "Revoke", {"all": True, "graceUSec": grace}), {"leases": 1})
        equal(leases(client)[0]["state"], "notice")
        # The nearer deadline stays, so a farther one is news to nobody.
        for later, news in (grace * 2, 0), (grace // 2, 1):
            equal(client.call(BROKER + "Revoke", {"all": True, "graceUSec": later}),
                  {"leases": news})
        equal(client.call(BROKER + "Revoke", {"all": True}), {"leases": 1})
        equal(leases(client), [])
        os.close(fd)


@test
def waits_until_a_region_is_empty():
    with Driver("busy") as driver, Daemon(driver=driver) as daemon, Client(daemon) as holder:
        _, fd = holder.allocate(PAGE, DISK, region="p2pmem0")
        _, fd2 = holder.allocate(PAGE, DISK, region="p2pmem0")
        with Client(daemon) as waiting, Client(daemon) as impatient:
            waiting.request(BROKER + "Drain", {"region": "p2pmem0"}, more=True)
            # What comes behind it on the same connection is answered after it.
            waiting.request(SERVICE + "GetInfo")
            impatient.request(BROKER + "Drain", {"region": REGION})
            # Others are served meanwhile.
            wait_drained(holder)
            equal([l["state"] for l in leases(holder)], ["revoked", "revoked"])
            impatient.close()
            os.close(fd)
            equal(len(leases(holder)), 1)
            os.close(fd2)
            last = waiting.reply()
            while last.get("continues"):
                assert last["parameters"]["buffers"] in (1, 2), last
                last = waiting.reply()
            equal(last["parameters"],
                  {"provider": REGION, "buffers": 0, "bytes": 0, "safeToRemove": True})
            equal(waiting.reply()["parameters"]["product"], "p2pmemd")


@test
def ends_a_wait_when_it_is_lent_from_again():
    with Driver("busy") as driver, Daemon(driver=driver) as daemon, Client(daemon) as holder:
        _, fd = holder.allocate(PAGE, DISK, region="p2pmem0")
        with Client(daemon) as waiting:
            waiting.request(BROKER + "Drain", {"region": "p2pmem0"})
            wait_drained(holder)
            equal(holder.call(BROKER + "Undrain", {"region": "p2pmem0"}), {})
            equal(waiting.receive()["error"], BROKER + "Undrained")
        os.close(fd)


@test
def is_told_by_the_tool():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        one, fd = client.allocate(PAGE, DISK)
        headings, row = ctl(daemon, "leases").splitlines()[:2]
        at = headings.split().index("RULE")
        assert row.split()[at] == one["rule"], (headings, row)
        assert "no lease" in ctl(daemon, "revoke", "--lease", "xyz", status=3)
        assert "one of" in ctl(daemon, "revoke", status=2)
        assert "week" in ctl(daemon, "revoke", "--all", "--grace", "200h", status=2)
        assert "Gave notice of the end of 1 lease" in ctl(daemon, "revoke", "--all", "--grace", "1h")
        assert "Revoked 1 lease." in ctl(daemon, "revoke", "--lease", one["id"][:12])
        equal(json.loads(ctl(daemon, "revoke", "--all", "-o", "json")), {"schema": 1, "leases": 0})
        assert "drained" not in ctl(daemon, "list")
        assert "safe to remove" in ctl(daemon, "drain", "p2pmem0")
        assert f"p2pmem0 is drained: nothing is lent from it until p2pmemctl undrain {REGION}" \
            in ctl(daemon, "list")
        equal([r["drained"] for r in json.loads(ctl(daemon, "list", "-o", "json"))["regions"]],
              [True, False, False])
        equal(json.loads(ctl(daemon, "drain", "p2pmem0", "-o", "json"))["safeToRemove"], True)
        assert "lent from again" in ctl(daemon, "undrain", "p2pmem0")
        assert "nosuch" in ctl(daemon, "undrain", "nosuch", status=3)
        os.close(fd)


main()
