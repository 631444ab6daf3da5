#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon and its policy: who gets how much, and what a new policy changes."""

import json
import os
import signal
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))

from broker import (BROKER, GROUP, IS_ROOT, TIMEOUT, USER, Client, Daemon, VarlinkError, address,
                    number, run_as)
from tap import equal, main, test

MIB = 1 << 20
ALICE, BOB = (USER, USER + 1) if IS_ROOT else (USER, USER)
# The region of 2 MiB, and a drive beside it.
SMALL, DRIVE = "0000:05:00.0", address("03:00.0")


def rule(name="r", who=None, **more):
    return {"name": name, "who": who or {"group": GROUP}, "regions": ["*"], "devices": ["*"],
            **more}


def ask(client, size, region=SMALL, least=None):
    more = {"minSize": least} if least else {}
    return client.allocate(size, DRIVE, region=region, **more)


def refused(client, size, region=SMALL, **more):
    return client.error(BROKER + "Allocate",
                        {"size": size, "devices": [DRIVE], "region": region, **more})


def as_user(daemon, uid, function):
    """Somebody whom rules bind; so is whoever runs the tests, unless it is root."""
    def work():
        with Client(daemon) as client:
            function(client)
    run_as(work, uid=uid)


class Holder:
    """A user that does as it is told, one function at a time, and keeps its connection."""

    def __init__(self, daemon, uid):
        self.results, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            self.results.close()
            run_as(lambda: self.obey(daemon, theirs), uid=uid)
            os._exit(0)
        theirs.close()

    def obey(self, daemon, orders):
        held = []
        with Client(daemon) as client:
            while order := orders.recv(65536):
                name, *arguments = json.loads(order)
                try:
                    if name == "take":
                        lease, fd = ask(client, *arguments)
                        held.append(fd)
                        result = lease
                    elif name == "refused":
                        result = refused(client, *arguments)
                    elif name == "leases":
                        result = client.list("ListLeases", "lease")
                    else:
                        result = os.close(held.pop(0))
                except VarlinkError as error:
                    result = str(error)
                orders.send(json.dumps(result).encode())

    def __call__(self, *order):
        self.results.send(json.dumps(order).encode())
        return json.loads(self.results.recv(65536))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.results.close()
        os.waitpid(self.pid, 0)


@test
def two_users_compete_for_a_region():
    limits = {"bytes": "50%", "perUid": {"bytes": "25%"}}
    tenant = f"group:{GROUP}"
    with Daemon(policy=[rule("half", limits=limits)]) as daemon, \
            Holder(daemon, ALICE) as alice, Holder(daemon, BOB) as bob, \
            Holder(daemon, BOB + 1 if IS_ROOT else BOB) as carol:
        lease = alice("take", MIB // 4)
        equal((lease["tenant"], lease["uid"], lease["rule"]), (tenant, ALICE, "half"))
        alice("take", MIB // 4)
        # A quarter of the region exactly; a page more is too much.
        name, parameters = alice("refused", 4096)
        equal((name, parameters["what"]), (BROKER + "QuotaExceeded", "uidBytes"))
        equal((parameters["limit"], parameters["used"], parameters["asked"]),
              (MIB // 2, MIB // 2, 4096))
        equal((parameters["tenant"], parameters["rule"], parameters["region"]),
              (tenant, "half", "p2pmem1"))
        assert parameters["remedy"], parameters
        if IS_ROOT:
            equal(bob("take", 16 * MIB, SMALL, 4096)["size"], MIB // 2)
            # The tenant is at its half, though nobody of that uid has anything.
            name, parameters = carol("refused", 4096)
            equal((name, parameters["what"]), (BROKER + "QuotaExceeded", "bytes"))
            equal((parameters["limit"], parameters["used"]), (MIB, MIB))
        alice("close")
        equal(alice("take", MIB, SMALL, 4096)["size"], MIB // 4)


@test
def counts_what_goes_out_to_whom():
    """Neither reopening nor mapping costs more, and neither gives anything back."""
    def alice(client):
        _, fd = ask(client, 8192)
        again = os.open(f"/proc/self/fd/{fd}", os.O_RDWR)
        os.close(fd)
        equal(refused(client, 4096)[0], BROKER + "QuotaExceeded")
        os.close(again)
        _, fd = ask(client, 8192)
        os.close(fd)

    with Daemon(policy=[rule(limits={"bytes": 8192})]) as daemon:
        as_user(daemon, ALICE, alice)


@test
def refuses_by_size_and_number():
    def alice(client):
        equal(refused(client, 8192)[1]["what"], "largest")
        held = [ask(client, 4096)[1] for _ in range(2)]
        equal(refused(client, 4096)[1]["what"], "buffers")
        for fd in held:
            os.close(fd)

    with Daemon(policy=[rule(limits={"largest": 4096, "buffers": 2})]) as daemon:
        as_user(daemon, ALICE, alice)


@test
def keeps_what_is_reserved():
    def alice(client):
        name, parameters = refused(client, MIB + 4096)
        equal((name, parameters["what"], parameters["limit"]),
              (BROKER + "QuotaExceeded", "unreserved", MIB))
        lease, fd = ask(client, 2 * MIB, least=4096)
        equal(lease["size"], MIB)
        os.close(fd)

    with Daemon(policy=[rule(), rule("db", {"unit": "db.service"},
                                      limits={"reserved": "50%"})]) as daemon:
        as_user(daemon, ALICE, alice)


@test
def says_why_a_region_is_out_of_question():
    def alice(client):
        name, parameters = refused(client, 4096)
        equal(name, BROKER + "NoCompatibleRegion")
        reasons = [r["reason"] for r in parameters["refusals"]]
        equal(len(reasons), 1)
        assert "covers this region" in reasons[0] and "device" not in reasons[0], reasons
        equal(refused(client, 4096, region="0000:03:00.0")[1]["refusals"][0]["reason"],
              "policy: no rule that names you covers this region for all the devices")

    with Daemon(policy=[rule(regions=["cmb0"], devices=["plain1"])]) as daemon:
        as_user(daemon, ALICE, alice)


@test
def grants_regions_and_devices_by_serial():
    def alice(client):
        lease, fd = client.allocate(4096, number(259, 2))
        equal(lease["provider"], "0000:03:00.0")
        os.close(fd)

    with Daemon(policy=[rule(regions=["cmb0"], devices=["plain1"])]) as daemon:
        as_user(daemon, ALICE, alice)


@test
def names_nobody_by_default():
    def alice(client):
        name, parameters = refused(client, 4096)
        equal(name, BROKER + "NotPermitted")
        if IS_ROOT:
            assert f"uid {ALICE}" in parameters["reason"], parameters
        assert "policy test" in parameters["remedy"], parameters

    with Daemon(policy=[rule(who={"user": ALICE + 7})]) as daemon:
        as_user(daemon, ALICE, alice)


@test
def a_new_policy_is_taken_and_ends_no_lease():
    with Daemon(policy=[rule("much")]) as daemon, Holder(daemon, ALICE) as alice:
        lease = alice("take", 8192)
        daemon.write_policy([rule("less", limits={"bytes": 4096})])
        daemon.reload()
        equal([l["id"] for l in alice("leases")], [lease["id"]])
        name, parameters = alice("refused", 4096)
        equal((name, parameters["rule"]), (BROKER + "QuotaExceeded", "less"))
        equal((parameters["limit"], parameters["used"]), (4096, 8192))
        alice("close")
        equal(alice("take", 4096)["rule"], "less")


@test
def a_bad_policy_changes_nothing():
    def alice(client):
        _, fd = ask(client, 4096)
        os.close(fd)

    with Daemon(policy=[rule()]) as daemon:
        daemon.write_policy('{"rules": [\n{"name": 5}]}')
        daemon.reload()
        assert "Going by the policy as it was" in daemon.status(), daemon.status()
        assert "policy.json:2: rules[0].name: has to be a string" in daemon.output()
        as_user(daemon, ALICE, alice)
        daemon.write_policy([rule()])
        daemon.reload()
        assert "regions of peer-to-peer memory" in daemon.status(), daemon.status()


@test
def a_bad_policy_at_the_start_grants_nothing():
    def alice(client):
        name, parameters = refused(client, 4096)
        equal(name, BROKER + "NotPermitted")
        assert "policy.json:1:" in parameters["reason"], parameters
        assert "policy check" in parameters["remedy"], parameters

    with Daemon(policy="{") as daemon:
        assert "Lending to root only" in daemon.status(), daemon.status()
        as_user(daemon, ALICE, alice)
        if IS_ROOT:
            with Client(daemon) as client:
                lease, fd = ask(client, 4096)
                equal((lease["tenant"], lease["rule"]), ("uid:0", "(root)"))
                os.close(fd)
        daemon.write_policy([rule()])
        daemon.reload()
        as_user(daemon, ALICE, lambda client: os.close(ask(client, 4096)[1]))


@test
def administrators_reload_and_see_all():
    def bob(client):
        name, parameters = client.error(BROKER + "Reload")
        equal(name, BROKER + "NotPermitted")
        assert "administer" in parameters["remedy"], parameters

    def alice(client):
        equal(client.call(BROKER + "Reload")["rules"], 2)
        equal(len(client.list("ListLeases", "lease")), 1)

    everybody = rule()
    admin = {"name": "admin", "who": {"user": ALICE}, "administer": True}
    with Daemon(policy=[everybody]) as daemon:
        if IS_ROOT:
            as_user(daemon, BOB, bob)
        daemon.write_policy([everybody, admin])
        daemon.reload()
        with Client(daemon) as client:
            _, fd = ask(client, 4096)
            as_user(daemon, ALICE, alice)
            os.close(fd)
        daemon.write_policy("[]")

        def told_of_mistakes(client):
            name, parameters = client.error(BROKER + "Reload")
            equal(name, BROKER + "PolicyInvalid")
            equal([(m["line"], m["warning"]) for m in parameters["mistakes"]], [(1, False)])
            assert parameters["mistakes"][0]["file"].endswith("policy.json")

        as_user(daemon, ALICE, told_of_mistakes)


@test
def does_not_know_who_is_gone():
    """A connection of a process that ended may be in anybody's hands."""
    def connect_and_hand_over():
        client = Client(daemon)
        socket.send_fds(theirs, [b"."], [client.socket.fileno()])

    with Daemon(policy=[rule()]) as daemon:
        ours, theirs = socket.socketpair()
        # It looks at the connection only after the process is gone.
        os.kill(daemon.pid, signal.SIGSTOP)
        run_as(connect_and_hand_over, uid=ALICE)
        _, fds, _, _ = socket.recv_fds(ours, 1, 1)
        os.kill(daemon.pid, signal.SIGCONT)
        with Client(daemon) as client:
            client.socket.close()
            client.socket = socket.socket(fileno=fds[0])
            client.socket.settimeout(TIMEOUT)
            name, parameters = refused(client, 4096)
            equal(name, BROKER + "NotPermitted")
            assert "was gone" in parameters["reason"], parameters
        ours.close()
        theirs.close()


main()
