#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon over its socket: lists, buffers, leases, who may."""

import mmap
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))

from broker import (BROKER, GROUP, IS_ROOT, OTHER_GROUP, SERVICE, USER, Client, Daemon, address,
                    number, run_as)
from tap import equal, main, test

MIB = 1 << 20


@test
def lists_regions_devices_and_pairs():
    with Daemon() as daemon, Client(daemon) as client:
        regions = client.list("ListRegions", "region")
        equal([r["name"] for r in regions], ["p2pmem0", "p2pmem1", "p2pmem2"])
        equal(len(client.list("ListDevices", "device")), 6)
        pairs = client.list("ListPairs", "pair")
        equal(len(pairs), 18)
        equal({p["verdict"] for p in pairs}, {"bus", "unsupported"})
        equal(client.list("ListLeases", "lease"), [])


@test
def lends_a_buffer_that_can_be_used():
    def client_side():
        with Client(daemon) as client:
            lease, fd = client.allocate(MIB, number(259, 0), address("04:00.0"), name="job")
            equal((lease["region"], lease["size"], lease["name"], lease["uid"]),
                  ("p2pmem0", MIB, "job", USER))
            equal(os.fstat(fd).st_size, MIB)
            with mmap.mmap(fd, MIB) as memory:
                memory[MIB - 4:] = b"p2p!"
            equal(os.pread(fd, 4, MIB - 4), b"p2p!")
            os.close(fd)

    with Daemon() as daemon:
        run_as(client_side)


@test
def shows_a_lease_until_its_last_holder_is_gone():
    with Daemon() as daemon, Client(daemon) as client:
        def free():
            return client.list("ListRegions", "region")[0]["free"]

        before = free()
        lease, fd = client.allocate(2 * MIB, number(259, 0))
        equal([l["id"] for l in client.list("ListLeases", "lease")], [lease["id"]])
        equal(free(), before - 2 * MIB)
        memory = mmap.mmap(fd, 4096)
        again = os.open(f"/proc/self/fd/{fd}", os.O_RDWR)
        os.close(fd)
        equal(len(client.list("ListLeases", "lease")), 1)
        memory.close()
        equal(len(client.list("ListLeases", "lease")), 1)
        os.close(again)
        equal(client.list("ListLeases", "lease"), [])
        equal(free(), before)


@test
def keeps_no_descriptor_of_what_it_lent():
    with Daemon() as daemon, Client(daemon) as client:
        client.list("ListLeases", "lease")
        before = daemon.open_files()
        buffers = [client.allocate(4096, number(259, 0))[1] for _ in range(20)]
        # What goes out with a reply is closed before the next call is looked at.
        client.call(SERVICE + "GetInfo")
        equal(daemon.open_files(), before)
        for fd in buffers:
            os.close(fd)


@test
def gives_back_what_a_killed_client_held():
    with Daemon() as daemon, Client(daemon) as observer:
        ready, tell = os.pipe()
        pid = os.fork()
        if pid == 0:
            client = Client(daemon)
            held = client.allocate(MIB, number(259, 0))
            os.write(tell, held[0]["id"].encode())
            signal.pause()
        lease = os.read(ready, 64).decode()
        # Whoever asks here is the same user, so that it sees the lease.
        equal([l["id"] for l in observer.list("ListLeases", "lease")], [lease])
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        equal(observer.list("ListLeases", "lease"), [])
        os.close(ready)
        os.close(tell)


@test
def costs_holders_nothing_when_it_ends():
    with Daemon() as daemon, Client(daemon) as client:
        _, fd = client.allocate(MIB, number(259, 0))
        equal(daemon.stop(), 0)
        assert client.receive() is None
        with mmap.mmap(fd, MIB) as memory:
            memory[:4] = b"mine"
        os.close(fd)
        daemon.wait_for("STOPPING=1")


@test
def refuses_who_is_not_in_the_group():
    def stranger():
        with Client(daemon) as client:
            name, parameters = client.error(BROKER + "Allocate",
                                            {"size": 4096, "devices": [number(259, 0)]})
            equal(name, BROKER + "NotPermitted")
            assert parameters["reason"] and parameters["remedy"]
            # and anyone may look
            equal(len(client.list("ListRegions", "region")), 3)

    with Daemon(group=OTHER_GROUP) as daemon:
        run_as(stranger)


@test
def tells_users_apart():
    def other():
        with Client(daemon) as client:
            equal(client.list("ListLeases", "lease"), [] if IS_ROOT else [lease])

    def owner():
        nonlocal lease
        with Client(daemon) as client:
            lease, fd = client.allocate(4096, number(259, 0))
            lease["ageUSec"] = 0
            seen = client.list("ListLeases", "lease")
            equal([l["uid"] for l in seen], [USER])
            os.close(fd)

    lease = None
    with Daemon() as daemon:
        run_as(owner)
        if not IS_ROOT:
            return
        with Client(daemon) as client:
            mine, fd = client.allocate(4096, number(259, 0))
            equal(mine["uid"], 0)
            run_as(other, uid=USER + 1)
            os.close(fd)


@test
def reads_supplementary_groups():
    def member():
        with Client(daemon) as client:
            _, fd = client.allocate(4096, number(259, 0))
            os.close(fd)

    groups = os.getgroups()
    if IS_ROOT:
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.setgroups([GROUP + 1, GROUP + 2])
                os.setgid(GROUP)
                os.setuid(USER)
                with Daemon(group=GROUP + 2) as daemon:
                    member()
                status = 0
            finally:
                os._exit(status)
        equal(os.waitpid(pid, 0)[1], 0)
    else:
        with Daemon(group=groups[-1] if groups else GROUP) as daemon:
            member()


@test
def tells_of_a_missing_driver():
    with Daemon(errno=2) as daemon, Client(daemon) as client:
        equal([r["name"] for r in client.list("ListRegions", "region")],
              ["0000:03:00.0", "0000:05:00.0", "0000:81:00.0"])
        equal({p["verdict"] for p in client.list("ListPairs", "pair")}, {"unknown"})
        equal(client.list("ListLeases", "lease"), [])
        name, parameters = client.error(BROKER + "Allocate",
                                        {"size": 4096, "devices": [number(259, 0)]})
        equal(name, BROKER + "DriverUnavailable")
        assert "p2pmem" in parameters["reason"] or "P2PDMA" in parameters["reason"], parameters
        daemon.wait_for("READY=1")
        assert any(line.startswith("STATUS=Cannot lend") for line in daemon.told), daemon.told


@test
def sees_devices_come_and_go():
    with Daemon() as daemon, Client(daemon) as client:
        path = os.path.join(daemon.tree, "bus/pci/devices/0000:05:00.0")
        target = os.readlink(path)
        devices = len(client.list("ListDevices", "device"))
        os.unlink(path)
        equal([r["name"] for r in client.list("ListRegions", "region")], ["p2pmem0", "p2pmem2"])
        equal(len(client.list("ListDevices", "device")), devices - 1)
        os.symlink(target, path)
        equal([r["provider"] for r in client.list("ListRegions", "region")],
              ["0000:03:00.0", "0000:05:00.0", "0000:81:00.0"])


@test
def takes_over_a_socket():
    with Daemon(activated=True) as daemon, Client(daemon) as client:
        equal(client.call(SERVICE + "GetInfo")["product"], "p2pmemd")


main()
