#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What amounts to a container has no rights by its uid, not by that of root either."""

import ctypes
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))

from broker import BROKER, IS_ROOT, Client, Daemon, address
from tap import equal, main, test

MIB = 1 << 20
DRIVE = address("03:00.0")
CLONE_NEWUSER, CLONE_NEWPID = 0x10000000, 0x20000000
EVERYTHING = [{"name": "me", "who": {"user": os.getuid() or 1}, "regions": ["*"],
               "devices": ["*"]},
              {"name": "us", "who": {"group": os.getgid()}, "regions": ["*"], "devices": ["*"],
               "administer": True}]


def run_nested(function):
    """In a child with a PID namespace of its own, still with the same uid."""
    if os.waitstatus_to_exitcode(os.waitpid(fork(lambda: nest(function)), 0)[1]) != 0:
        raise AssertionError("the nested process failed, see above")


def fork(function):
    pid = os.fork()
    if pid == 0:
        try:
            function()
        except BaseException as e:
            print("#", repr(e), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return pid


def nest(function):
    libc = ctypes.CDLL(None, use_errno=True)
    flags = CLONE_NEWPID | (0 if IS_ROOT else CLONE_NEWUSER)
    if libc.unshare(flags) < 0:
        raise OSError(ctypes.get_errno(), "unshare")
    status = os.waitpid(fork(function), 0)[1]
    os._exit(os.waitstatus_to_exitcode(status))


def in_user_slice():
    with open("/proc/self/cgroup", encoding="utf-8") as f:
        return any(line.startswith("0::/user.slice/user-") for line in f)


def is_a_users():
    """Without root's rights, what is below one's own slice stays one's own."""
    with open("/proc/self/cgroup", encoding="utf-8") as f:
        return not IS_ROOT and any(line.startswith("0::/user.slice/user-") for line in f)


@test
def takes_nobody_nested_for_a_user():
    def ask():
        equal(os.getpid(), 1)
        with Client(daemon) as client:
            name, why = client.error(BROKER + "Allocate", {"size": MIB, "devices": [DRIVE]})
            equal(name, BROKER + "NotPermitted")
            assert "in a container" in why["reason"] and "cgroup" in why["remedy"], why
            equal(client.list("ListLeases", "lease"), [])
            equal(client.error(BROKER + "Revoke", {"lease": lease["id"]})[0],
                  BROKER + "NoSuchLease")
            equal(client.call(BROKER + "Revoke", {"all": True}), {"leases": 0})
            for method in ("Drain", "Undrain"):
                equal(client.error(BROKER + method, {"region": lease["provider"]})[0],
                      BROKER + "NotPermitted")
            equal(client.error(BROKER + "Reload")[0], BROKER + "NotPermitted")

    with Daemon(policy=EVERYTHING) as daemon, Client(daemon) as holder:
        lease, fd = holder.allocate(MIB, DRIVE)
        if not is_a_users():
            run_nested(ask)
        equal(len(holder.list("ListLeases", "lease")), 1)
        os.close(fd)


@test
def says_who_asked():
    with Daemon(policy=EVERYTHING) as daemon, Client(daemon) as client:
        lease, fd = client.allocate(MIB, DRIVE)
        equal(lease["borrower"]["uid"], os.getuid())
        os.close(fd)


main()
