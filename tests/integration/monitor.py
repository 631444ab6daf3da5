#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Monitor: who is told of what, in which order, and what becomes of who does not listen."""

import json
import os
import pty
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))

from broker import (BROKER, GROUP, IS_ROOT, LONG, SERVICE, USER, Client, Daemon, Driver,
                    VarlinkError, allowance, number, run_as)
from tap import equal, main, test

PAGE = 4096
DISK = number(259, 0)
PROVIDER = "0000:03:00.0"
CTL = os.path.join(os.environ["BUILD"], "p2pmemctl")
POLICY = [{"name": "r", "who": {"group": GROUP}, "regions": ["*"], "devices": ["*"]}]


class Monitor(Client):
    """A connection that monitors, from when it is ready."""

    def __init__(self, daemon):
        super().__init__(daemon)
        self.request(BROKER + "Monitor", more=True)
        equal(self.next(), {"kind": "ready"})

    def next(self):
        message = self.reply()
        assert message["continues"], message
        return message["parameters"]["event"]

    def wait_for(self, kind):
        """The next event of that kind; the ones before it are passed over."""
        while (event := self.next())["kind"] != kind:
            pass
        return event

    def lease(self):
        """The next event of a lease, in short."""
        while not (event := self.next())["kind"].startswith("lease"):
            pass
        return event["kind"], event["lease"]["id"], event.get("reason"), event["lease"]["state"]


@test
def tells_the_life_of_a_lease():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client, \
            Monitor(daemon) as monitor:
        lease, fd = client.allocate(PAGE, DISK)
        name = lease["id"]
        equal(monitor.lease(), ("leaseGranted", name, None, "live"))
        client.call(BROKER + "Revoke", {"lease": name, "graceUSec": 3600 * 10**6})
        equal(monitor.lease(), ("leaseState", name, "notice", "notice"))
        client.call(BROKER + "Revoke", {"lease": name})
        equal(monitor.lease(), ("leaseState", name, "asked", "revoked"))
        os.close(fd)
        equal(monitor.lease(), ("leaseEnded", name, None, "revoked"))


@test
def tells_everything_of_a_lease():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client, \
            Monitor(daemon) as monitor:
        lease, fd = client.allocate(PAGE, DISK, name="mine")
        told = monitor.wait_for("leaseGranted")["lease"]
        equal({**told, "ageUSec": 0}, {**lease, "ageUSec": 0})
        os.close(fd)


@test
def tells_of_regions():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client, \
            Monitor(daemon) as monitor:
        before = client.list("ListRegions", "region")[0]
        _, fd = client.allocate(PAGE, DISK)
        region = monitor.wait_for("regionChanged")["region"]
        equal((region["provider"], region["allocated"]), (PROVIDER, PAGE))
        equal(region["free"], before["free"] - PAGE)
        os.close(fd)
        equal(monitor.wait_for("regionChanged")["region"], before)
        client.call(BROKER + "Drain", {"region": PROVIDER})
        equal(monitor.wait_for("regionChanged")["region"], {**before, "drained": True})
        client.call(BROKER + "Undrain", {"region": PROVIDER})
        equal(monitor.wait_for("regionChanged")["region"], before)


@test
def tells_of_the_policy():
    with Daemon(policy=POLICY) as daemon, Monitor(daemon) as monitor:
        daemon.write_policy(POLICY + [{**POLICY[0], "name": "s"}])
        daemon.reload()
        equal(monitor.next(), {"kind": "policyRead", "rules": 2, "valid": True})
        daemon.write_policy("{")
        daemon.reload()
        equal(monitor.next(), {"kind": "policyRead", "rules": 2, "valid": False})


@test
def tells_of_nobody_elses_leases():
    """Whether they are one's own is looked at each time, as the policy is then."""
    def stranger():
        with Monitor(daemon) as monitor, Client(daemon) as mine:
            ready.write(b".")
            ready.flush()
            go.read(1)
            lease, fd = mine.allocate(PAGE, DISK)
            equal(monitor.lease()[:2], ("leaseGranted", lease["id"]))
            os.close(fd)
            equal(monitor.lease()[:2], ("leaseEnded", lease["id"]))
            ready.write(b".")
            ready.flush()
            equal(monitor.lease()[0], "leaseGranted")

    if not IS_ROOT:
        return  # all are one user's
    policy = POLICY + [{"name": "n", "who": {"user": USER}, "regions": ["*"], "devices": ["*"]}]
    administrator = {"name": "a", "who": {"user": USER}, "administer": True}
    with Driver() as driver, Daemon(policy=policy, driver=driver) as daemon, \
            Client(daemon) as client:
        out, into = os.pipe(), os.pipe()
        ready, go = os.fdopen(out[1], "wb"), os.fdopen(into[0], "rb")
        pid = os.fork()
        if pid == 0:
            try:
                run_as(stranger)
                os._exit(0)
            finally:
                os._exit(1)
        # Or its end would not be noticed.
        ready.close()
        go.close()
        equal(os.read(out[0], 1), b".")
        _, fd = client.allocate(PAGE, DISK)
        os.close(fd)
        os.write(into[1], b".")
        equal(os.read(out[0], 1), b".")
        daemon.write_policy(policy + [administrator])
        daemon.reload()
        _, fd = client.allocate(PAGE, DISK)
        equal(os.waitpid(pid, 0)[1], 0)
        os.close(fd)


@test
def says_what_was_left_out():
    """All events but those that it says it left out, and after them again all."""
    with Driver() as driver, Daemon(
            driver=driver, allowance=allowance(patience=LONG)) as daemon, Client(daemon) as client, \
            Monitor(daemon) as monitor:
        before = 1200
        for _ in range(before // 2):
            _, fd = client.allocate(PAGE, DISK)
            os.close(fd)
        # The last one that closed is known to have ended before this is answered.
        client.list("ListLeases", "lease")
        told, lost = [], 0
        while not lost:
            event = monitor.next()
            if event["kind"] == "overflow":
                lost = event["lost"]
            else:
                told.append(event["kind"])
        assert 10 < len(told) < before, len(told)
        equal(len([kind for kind in told if kind.startswith("lease")]) + lost >= before, True)
        lease, fd = client.allocate(PAGE, DISK)
        equal(monitor.lease()[:2], ("leaseGranted", lease["id"]))
        os.close(fd)


@test
def has_room_for_so_many():
    monitors = []

    def open_all(least):
        monitors.clear()
        try:
            while True:
                monitors.append(Monitor(daemon))
        except VarlinkError as error:
            equal((error.name, error.parameters), (BROKER + "TooManyMonitors", {"limit": least}))
        equal(len(monitors), least)

    def user():
        open_all(8)
        monitors.pop().close()
        # It has ended when somebody is told that there is one connection less.
        with Client(daemon) as client:
            client.call(SERVICE + "GetInfo")
        monitors.append(Monitor(daemon))

    with Daemon() as daemon:
        run_as(user)


@test
def lets_go_of_who_hangs_up():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client:
        for _ in range(3):
            with Monitor(daemon):
                pass
        _, fd = client.allocate(PAGE, DISK)
        os.close(fd)
        equal(client.list("ListLeases", "lease"), [])


@test
def goes_on_with_nothing_but_more():
    with Daemon() as daemon, Client(daemon) as client:
        equal(client.error(BROKER + "Monitor")[0], SERVICE + "ExpectedMore")
        client.request(BROKER + "Monitor", oneway=True)
        assert "vendor" in client.call(SERVICE + "GetInfo")
    with Daemon() as daemon, Monitor(daemon) as monitor:
        # What comes behind it waits.
        monitor.request(SERVICE + "GetInfo")
        daemon.reload()
        equal(monitor.next()["kind"], "policyRead")


class Tool:
    """p2pmemctl monitor, from when it is ready."""

    def __init__(self, daemon, *options):
        self.process = subprocess.Popen([CTL, "monitor", *options], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=dict(os.environ, P2PMEM_SOCKET=daemon.path))
        self.first = self.line()

    def line(self):
        return self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


@test
def prints_lines():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client, \
            Tool(daemon) as tool:
        assert tool.first.endswith(" watching\n"), tool.first
        lease, fd = client.allocate(PAGE, DISK)
        line = tool.line()
        assert f"lease {lease['id']} granted: 4K of p2pmem0" in line, line
        os.close(fd)
        tool.process.send_signal(signal.SIGINT)
        rest, said = tool.process.communicate()
        equal((tool.process.returncode, said), (0, ""))
        assert rest == "" or rest.endswith("\n"), rest


@test
def prints_objects():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client, \
            Tool(daemon, "-o", "json") as tool:
        equal(json.loads(tool.first), {"schema": 1, "event": {"kind": "ready"}})
        lease, fd = client.allocate(PAGE, DISK)
        event = json.loads(tool.line())["event"]
        equal((event["kind"], event["lease"]["id"]), ("leaseGranted", lease["id"]))
        os.close(fd)


class Screen(Tool):
    """The same on a terminal. What was drawn since is read up to a word."""

    def __init__(self, daemon, *options):
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen([CTL, "monitor", *options], stdout=theirs,
                                        stderr=subprocess.PIPE, text=True,
                                        env=dict(os.environ, P2PMEM_SOCKET=daemon.path,
                                                 TERM="xterm", NO_COLOR="1"))
        os.close(theirs)
        self.text = ""

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def until(self, word):
        """What is on it when the word is drawn."""
        while word not in self.text.split("\x1b[H\x1b[J")[-1]:
            self.text += os.read(self.ours, 65536).decode()
        return self.text.split("\x1b[H\x1b[J")[-1]

    def rest(self):
        try:
            while data := os.read(self.ours, 65536):
                self.text += data.decode()
        except OSError:  # nobody writes to it any more
            pass
        os.close(self.ours)
        return self.text


@test
def draws_on_a_terminal():
    with Driver() as driver, Daemon(driver=driver) as daemon, Client(daemon) as client, \
            Screen(daemon) as tool:
        screen = tool.until("watching")
        assert "No leases." in screen and re.search(r"p2pmem0 +0000:03:00.0", screen), screen
        lease, fd = client.allocate(PAGE, DISK)
        screen = tool.until("granted")
        assert screen.count(lease["id"]) == 2 and "watching" in screen, screen
        os.close(fd)
        assert "No leases." in tool.until("ended")
        tool.process.send_signal(signal.SIGINT)
        _, said = tool.process.communicate()
        equal((tool.process.returncode, said), (0, ""))
        text = tool.rest()
        assert text.startswith("\x1b[?1049h") and text.endswith("\x1b[?1049l"), text[-40:]


@test
def leaves_the_terminal_before_it_says_what_is_wrong():
    with Daemon() as daemon, Screen(daemon) as tool:
        tool.until("watching")
        daemon.stop()
        _, said = tool.process.communicate()
        assert tool.rest().endswith("\x1b[?1049l") and "remedy: start it again" in said, said


@test
def prints_lines_on_a_terminal_when_asked():
    with Daemon() as daemon, Screen(daemon, "--lines") as tool:
        assert "\x1b" not in tool.until("watching")


@test
def says_when_the_daemon_ends():
    with Daemon() as daemon:
        with Tool(daemon) as tool:
            daemon.stop()
            _, said = tool.process.communicate()
            equal(tool.process.returncode, 7)
            assert "closed the connection" in said and "remedy: start it again" in said, said


main()
