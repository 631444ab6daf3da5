#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the daemon tells the service manager, and a log that is no journal."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))

from broker import BROKER, IS_ROOT, USER, Client, Daemon, address, run_as
from tap import equal, main, test

REGION = "0000:03:00.0"
DEVICE = "0000:04:00.0"


@test
def announces_a_reload_and_ends_it():
    with Daemon() as daemon:
        for policy in ("{ \"rules\": [] }", "{ \"rules\": 1 }"):
            daemon.write_policy(policy)
            daemon.reload()
            words = [line.split("=")[0] for line in daemon.told]
            equal(words, ["RELOADING", "MONOTONIC_USEC", "STATUS", "READY"])
            assert int(daemon.told[1].split("=")[1]) > 0, daemon.told


@test
def the_status_counts_leases_and_drains():
    def wait_status(text):
        while not any(line.startswith("STATUS=") and text in line for line in daemon.told):
            daemon.hear()
        daemon.told = []

    with Daemon() as daemon, Client(daemon) as client:
        wait_status(" 0 leases, ")
        _, fd = client.allocate(4096, address(DEVICE))
        wait_status(" 1 lease, ")
        os.close(fd)
        wait_status(" 0 leases, ")
        if IS_ROOT:
            client.call(BROKER + "Drain", {"region": REGION})
            wait_status("(1 drained)")
            client.call(BROKER + "Undrain", {"region": REGION})
            wait_status(" 0 leases, ")


@test
def what_a_client_says_makes_one_line_of_the_log():
    with Daemon() as daemon:
        def be_lent():
            with Client(daemon) as client:
                name, _ = client.error(BROKER + "Allocate", {
                    "size": 4096, "devices": [address(DEVICE)], "region": "x\n<0>forged\x1b[2J"})
                equal(name, BROKER + "NoSuchRegion")

        run_as(be_lent)
        lines = [line for line in daemon.output().splitlines() if "forged" in line]
        assert len(lines) == 1 and "Refused Allocate" in lines[0], lines
        assert "\x1b" not in lines[0], lines


@test
def refusals_without_end_become_a_number():
    with Daemon() as daemon:
        def ask():
            with Client(daemon) as client:
                for _ in range(300):
                    client.error(BROKER + "Allocate", {"size": 4096, "region": "nosuch",
                                                       "devices": [address(DEVICE)]})

        run_as(ask)
        told = daemon.output().count("Refused Allocate")
        assert 0 < told < 50, told
        daemon.stop()
        daemon.pid = None
        # Once, unless asking took longer than what is told together.
        rest = re.findall(r"And (\d+) more refusals of uid (\d+)", daemon.output())
        equal(told + sum(int(n) for n, _ in rest), 300)
        equal({int(uid) for _, uid in rest}, {USER})


@test
def a_drain_is_told_of_lease_by_lease():
    with Daemon() as daemon, Client(daemon) as client, Client(daemon) as root:
        lease, fd = client.allocate(4096, address(DEVICE), region="p2pmem0")
        root.request(BROKER + "Drain", {"region": "p2pmem0", "graceUSec": 3600 * 1000000})
        while client.list("ListLeases", "lease")[0]["state"] != "notice":
            pass
        lines = [line for line in daemon.output().splitlines() if "Gave notice" in line]
        assert len(lines) == 1 and lease["id"] in lines[0], daemon.output()
        os.close(fd)
        root.reply()
        assert "can be taken out" in daemon.output(), daemon.output()


main()
