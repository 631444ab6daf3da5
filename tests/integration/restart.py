#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Leases outlive the daemon, at whatever instant it is killed.

The driver is a process of its own here, so that buffers live on. The kills
under load are P2PMEM_KILLS many (default 20).
"""

import errno
import json
import mmap
import os
import random
import select
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))

from broker import (BROKER, GROUP, IS_ROOT, USER, Client, Daemon, Driver, number)
from tap import equal, main, test

KILLS = int(os.environ.get("P2PMEM_KILLS", 20))
CLIENTS = 20
HELD_MIN = 2
HELD_MAX = 8
PAGE = 4096
MIB = 1 << 20
REGION = "0000:03:00.0"
DISK = number(259, 0)


def leases(daemon):
    with Client(daemon) as client:
        return client.list("ListLeases", "lease")


def region(daemon, provider=REGION):
    with Client(daemon) as client:
        return next(r for r in client.list("ListRegions", "region") if r["provider"] == provider)


def is_consistent(daemon):
    """Leases, records and what the driver has are one and the same."""
    now = leases(daemon)
    equal(daemon.records(), sorted(l["id"] for l in now))
    r = region(daemon)
    equal((r["allocated"], r["buffers"], r["notLent"]), (sum(l["size"] for l in now), len(now), 0))
    return now


def without_age(lease):
    return {k: v for k, v in lease.items() if k != "ageUSec"}


# ---- one lease ----------------------------------------------------------


@test
def keeps_a_lease_over_a_kill():
    with Driver() as driver, Daemon(driver=driver) as daemon:
        with Client(daemon) as client:
            lease, fd = client.allocate(2 * MIB, DISK, name="job")
        with mmap.mmap(fd, 2 * MIB) as memory:
            memory[:4] = b"mine"
            daemon.kill()
            memory[MIB:MIB + 4] = b"more"
            daemon.start()
            now = is_consistent(daemon)
            equal([without_age(l) for l in now], [without_age(lease)])
            assert now[0]["ageUSec"] >= lease["ageUSec"]
            equal((memory[:4], memory[MIB:MIB + 4]), (b"mine", b"more"))
        os.close(fd)
        equal(is_consistent(daemon), [])


@test
def keeps_a_lease_over_a_stop():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        lease, fd = client.allocate(PAGE, DISK)
        equal(daemon.stop(), 0)
        daemon.start()
        equal([l["id"] for l in is_consistent(daemon)], [lease["id"]])
        os.close(fd)
        equal(is_consistent(daemon), [])


@test
def drops_what_was_closed_meanwhile():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        _, fd = client.allocate(PAGE, DISK)
        daemon.kill()
        os.close(fd)
        equal(len(daemon.records()), 1)
        daemon.start()
        equal(is_consistent(daemon), [])


@test
def revokes_what_has_no_record():
    with Driver("busy") as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        lease, fd = client.allocate(PAGE, DISK)
        daemon.kill()
        os.unlink(os.path.join(daemon.state, "leases", lease["id"]))
        daemon.start()
        equal(leases(daemon), [])
        equal(region(daemon)["notLent"], PAGE)
        assert "no record of whom it was lent to: it was revoked" in daemon.output()
        os.close(fd)
        equal(is_consistent(daemon), [])


@test
def puts_aside_what_is_no_record():
    bad = {"0" * 32: "{", "1" * 32: '{"version":2}', "notes": "hello", "2" * 32: "",
           "3" * 32: "\0" * 100000, "\x1b[31m": "{}"}
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        lease, fd = client.allocate(PAGE, DISK)
        daemon.kill()
        folder = os.path.join(daemon.state, "leases")
        for name, content in bad.items():
            with open(os.path.join(folder, name), "w") as file:
                file.write(content)
        os.mkdir(os.path.join(folder, "4" * 32))
        os.symlink("/etc/passwd", os.path.join(folder, "5" * 32))
        os.mkfifo(os.path.join(folder, "6" * 32))
        with open(os.path.join(daemon.state, "unfinished"), "w") as file:
            file.write('{"ver')
        daemon.start()
        equal([l["id"] for l in is_consistent(daemon)], [lease["id"]])
        equal(sorted(os.listdir(os.path.join(daemon.state, "aside"))),
              sorted([*bad, "4" * 32, "5" * 32, "6" * 32]))
        assert not os.path.exists(os.path.join(daemon.state, "unfinished"))
        assert "\x1b" not in daemon.output()
        os.close(fd)


@test
def frees_what_was_not_delivered():
    with Driver() as driver, Daemon(driver=driver) as daemon:
        client = Client(daemon)
        client.request(BROKER + "Allocate", {"size": PAGE, "devices": [DISK]})
        client.request("org.varlink.service.GetInfo")
        equal(len(leases(daemon)), 1)
        client.close()
        equal(is_consistent(daemon), [])


# ---- the instants -------------------------------------------------------

# Where it is killed during an Allocate and the close of its buffer, and whether
# the client has the lease then.
INSTANTS = [
    ("before:renameat:1", False), ("after:renameat:1", False),
    ("before:alloc:1", False), ("after:alloc:1", False),
    ("before:sendmsg:1", False), ("after:sendmsg:1", True),
    ("after:events:1", True), ("before:unlinkat:1", True), ("after:unlinkat:1", True),
]


def use_and_die(daemon):
    """Allocates and closes, and one of both kills the daemon. The lease, if there was one."""
    lease = None
    client = Client(daemon)
    client.request(BROKER + "Allocate", {"size": PAGE, "devices": [DISK]})
    message = client.receive()
    if message:
        lease = message["parameters"]["lease"]["id"]
    client.close()
    return lease


def dies_at(point, delivered):
    def run():
        with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
            kept, fd = client.allocate(PAGE, DISK)
            daemon.kill()
            # The start removes `unfinished`, or tries to.
            times = int(point.rsplit(":", 1)[1]) + ("unlinkat" in point)
            daemon.start(kill_at=point.rsplit(":", 1)[0] + f":{times}")
            equal(use_and_die(daemon) is not None, delivered)
            daemon.wait_killed()
            daemon.start()
            equal([l["id"] for l in is_consistent(daemon)], [kept["id"]])
            os.close(fd)
            equal(is_consistent(daemon), [])

    run.__name__ = "survives_a_kill_" + point.replace(":", "_")
    test(run)


for instant in INSTANTS:
    dies_at(*instant)


# ---- who may run, and where ---------------------------------------------


@test
def refuses_a_second_daemon():
    with Driver() as driver, Daemon(driver=driver) as daemon:
        r = subprocess.run([*daemon.command, "--socket", daemon.path + "2"], capture_output=True,
                           text=True, env=daemon.environment, timeout=60)
        equal(r.returncode, 1)
        assert f"{daemon.state}: another p2pmemd uses it" in r.stderr, r.stderr
        assert not os.path.exists(daemon.path + "2")
        equal(leases(daemon), [])


@test
def refuses_a_directory_that_others_can_write_to():
    with Driver() as driver, Daemon(driver=driver) as daemon:
        os.mkdir(daemon.folder + "/open")
        os.chmod(daemon.folder + "/open", 0o777)
        r = subprocess.run([*daemon.command[:4], "--state", daemon.folder + "/open", "--socket",
                            daemon.path + "2"], capture_output=True, text=True, timeout=60,
                           env=daemon.environment)
        equal(r.returncode, 1)
        assert "p2pmemd's own" in r.stderr, r.stderr


@test
def takes_the_place_of_a_stale_socket():
    with Driver() as driver, Daemon(driver=driver) as daemon:
        daemon.stop()
        path = daemon.path + "2"
        environment = dict(daemon.environment)
        environment.pop("LISTEN_FDS", None)
        for _ in range(2):
            daemon.told = []
            process = subprocess.Popen([*daemon.command, "--socket", path], env=environment,
                                       stderr=daemon.log)
            daemon.wait_for("READY=1")
            process.kill()
            process.wait()
            assert os.path.exists(path)
        daemon.start()


@test
def leaves_who_comes_after_the_driver_to_one_that_may_open_it():
    with Daemon(errno=0, activated=True) as daemon:
        daemon.fail(errno.ENOENT)
        daemon.reload()
        daemon.fail(errno.EPERM)
        with Client(daemon) as client:
            daemon.wait_for("STOPPING=1")
            equal(daemon.wait_ended(), 0)
            daemon.fail(0)
            daemon.start()
            _, fd = client.allocate(PAGE, DISK)
            os.close(fd)
        assert "The driver appeared" in daemon.output()


@test
def stays_where_a_new_start_has_not_helped():
    with Daemon(errno=errno.EPERM, activated=True) as daemon:
        for _ in range(2):
            daemon.reload()
            with Client(daemon) as client:
                name, _ = client.error(BROKER + "Allocate", {"size": PAGE, "devices": [DISK]})
                equal(name, BROKER + "DriverUnavailable")


@test
def refuses_to_lend_what_cannot_be_recorded():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        kept, fd = client.allocate(PAGE, DISK)
        with open(daemon.full, "w"):
            pass
        name, parameters = client.error(BROKER + "Allocate", {"size": PAGE, "devices": [DISK]})
        equal(name, BROKER + "StateUnavailable")
        equal(parameters["directory"], daemon.state)
        assert "No space left" in parameters["reason"], parameters
        assert daemon.state in parameters["remedy"], parameters
        equal([l["id"] for l in is_consistent(daemon)], [kept["id"]])
        assert not os.path.exists(os.path.join(daemon.state, "unfinished"))
        name, _ = client.error(BROKER + "Revoke", {"lease": kept["id"], "graceUSec": 60000000})
        equal(name, BROKER + "StateUnavailable")
        equal(leases(daemon)[0]["state"], "live")
        os.unlink(daemon.full)
        os.close(client.allocate(PAGE, DISK)[1])
        os.close(fd)
        equal(is_consistent(daemon), [])


# ---- revoking -----------------------------------------------------------


@test
def goes_by_a_deadline_of_before():
    with Driver("busy") as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        lease, fd = client.allocate(PAGE, DISK)
        equal(client.call(BROKER + "Revoke", {"lease": lease["id"], "graceUSec": 1}), {"leases": 1})
        daemon.kill()
        daemon.start()
        # Due since, so it happens before the first call is answered, or after the second.
        while leases(daemon)[0]["state"] != "revoked":
            pass
        os.close(fd)
        equal(is_consistent(daemon), [])


@test
def keeps_notice_over_a_kill():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        lease, fd = client.allocate(PAGE, DISK)
        call = {"all": True, "graceUSec": 3600 * 1000000}
        equal(client.call(BROKER + "Revoke", call), {"leases": 1})
        daemon.kill()
        daemon.start()
        equal(leases(daemon)[0]["state"], "notice")
        with Client(daemon) as other:
            equal(other.call(BROKER + "Revoke", {"lease": lease["id"]}), {"leases": 1})
        equal(is_consistent(daemon), [])
        os.close(fd)


@test
def keeps_a_region_drained_over_a_kill():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        equal(client.call(BROKER + "Drain", {"region": "p2pmem0"}),
              {"provider": REGION, "buffers": 0, "bytes": 0, "safeToRemove": True})
        daemon.kill()
        daemon.start()
        assert region(daemon)["drained"]
        with Client(daemon) as other:
            name, parameters = other.error(BROKER + "Allocate",
                                           {"size": PAGE, "devices": [DISK], "region": "p2pmem0"})
            equal(name, BROKER + "NoCompatibleRegion")
            assert "drained" in parameters["refusals"][0]["reason"], parameters
            equal(other.call(BROKER + "Undrain", {"region": REGION}), {})
            os.close(other.allocate(PAGE, DISK, region="p2pmem0")[1])
        assert not region(daemon)["drained"]


# ---- under load ---------------------------------------------------------


class Load:
    """A client in a process of its own, which uses memory through every kill."""

    def __init__(self, daemon, number_of, beat):
        self.daemon = daemon
        self.uid = USER + number_of if IS_ROOT else USER
        self.beat = beat
        self.random = random.Random(number_of)
        self.stop, tell = os.pipe()
        self.result, answer = os.pipe()
        self.leave, go = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os._exit(self._child(self.stop, answer, self.leave, (tell, go)))
        os.close(answer)
        os.close(self.stop)
        os.close(self.leave)
        self.tell, self.go = tell, go

    def _child(self, stop, answer, leave, not_ours):
        try:
            for fd in not_ours:
                os.close(fd)
            self.become()
            held = self._work(stop)
            os.write(answer, json.dumps({k: v[0] for k, v in held.items()}).encode())
            os.close(answer)
            os.read(leave, 1)
            return 0 if all(self._intact(*v) for v in held.values()) else 1
        except Exception as error:
            print(f"# a client failed: {type(error).__name__}: {error}", flush=True)
            return 1

    def become(self):
        if IS_ROOT:
            os.setgroups([])
            os.setgid(GROUP)
            os.setuid(self.uid)

    @staticmethod
    def _stamp(lease):
        return (lease * (PAGE // len(lease)))[:PAGE].encode()

    def _intact(self, size, memory, stamp):
        return all(memory[at:at + PAGE] == stamp for at in range(0, size, PAGE))

    def _tell_beat(self):
        try:
            os.write(self.beat, b".")
        except BlockingIOError:
            pass  # more are there than anybody waits for

    def _work(self, stop):
        held, client = {}, None
        # Whoever had no time so far holds something at the end all the same.
        while len(held) < HELD_MIN or not select.select([stop], [], [], 0)[0]:
            client = client or Client(self.daemon)
            try:
                self._one(client, held)
                self._tell_beat()
            except (AssertionError, ConnectionError, BrokenPipeError) as error:
                if "hung up" not in str(error) and not isinstance(error, OSError):
                    raise
                client.close()
                client = None
        return held

    def _one(self, client, held):
        if held and (len(held) == HELD_MAX or self.random.random() < 0.4):
            size, memory, stamp = held.pop(self.random.choice(sorted(held)))
            assert self._intact(size, memory, stamp), "content changed"
            memory.close()
            return
        size = PAGE * self.random.randint(1, 8)
        lease, fd = client.allocate(size, DISK)
        assert lease["id"] not in held and lease["size"] == size
        memory = mmap.mmap(fd, size)
        os.close(fd)
        assert not any(memory[:]), "not zeroed"
        stamp = self._stamp(lease["id"])
        memory[:] = stamp * (size // PAGE)
        held[lease["id"]] = (size, memory, stamp)

    def stop_work(self):
        os.write(self.tell, b".")
        os.close(self.tell)

    def settle(self):
        """When the work has ended: what is held, size by lease."""
        with os.fdopen(self.result) as pipe:
            return json.load(pipe)

    def end(self):
        os.write(self.go, b".")
        os.close(self.go)
        return os.waitpid(self.pid, 0)[1]


@test
def disturbs_nobody_however_often_it_is_killed():
    heard, beat = os.pipe()
    os.set_blocking(beat, False)
    moment = random.Random(1)
    with Driver() as driver, Daemon(driver=driver) as daemon:
        before = region(daemon)["free"]
        clients = [Load(daemon, i, beat) for i in range(CLIENTS)]
        for _ in range(KILLS):
            for _ in range(moment.randint(1, 200)):
                os.read(heard, 1)
            daemon.kill()
            daemon.start()
        held = {}
        for client in clients:
            client.stop_work()
        for client in clients:
            for lease, size in client.settle().items():
                held[lease] = (size, client.uid, f"group:{GROUP}")
        now = {l["id"]: (l["size"], l["uid"], l["tenant"]) for l in is_consistent(daemon)}
        equal(now, held)
        assert len(held) >= CLIENTS * HELD_MIN, held
        equal(region(daemon)["free"], before - sum(size for size, _, _ in held.values()))
        equal([client.end() for client in clients], [0] * CLIENTS)
        equal(is_consistent(daemon), [])
        equal(region(daemon)["free"], before)
    os.close(heard)
    os.close(beat)


main()
