#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pulls and plugs drives of the lab from outside, when the guest says so.

plug.py --qmp SOCKET --sync SOCKET [--device ID --bus BUS --cmb MIB]

The guest's `lab-sync unplug` returns when the provider is gone from the machine,
`lab-sync unplug ID` when another device is, and `lab-sync plug` when another
provider of the same kind is in the same slot. Ends with the machine.
"""
import argparse
import json
import time

from witness import Lines, Qmp

MIB = 1 << 20
LIMIT_S = 180


class Monitor(Qmp):
    """QMP, with the events that arrive while something is asked, and while nothing is."""

    def __init__(self, path):
        self.events = []
        super().__init__(path)

    def heard(self, message):
        self.events.append(message)

    def await_event(self, name, device):
        self.sock.settimeout(LIMIT_S)
        try:
            while True:
                message = self.events.pop(0) if self.events else json.loads(self.readline())
                if message.get("event") == name and message["data"].get("device") == device:
                    return
        except TimeoutError as error:
            raise RuntimeError(f"no {name} of {device} after {LIMIT_S} s") from error
        finally:
            self.sock.settimeout(None)


def ask_to_let_go(monitor, device):
    """Until the guest is done with what was plugged in there before, QEMU refuses,
    and has no event for the end of that."""
    end = time.monotonic() + LIMIT_S
    while True:
        try:
            return monitor.call("device_del", id=device)
        except RuntimeError as error:
            if "guest is busy" not in str(error) or time.monotonic() > end:
                raise
        time.sleep(0.1)


def unplug(monitor, device):
    # The guest is asked to let go; the event says that it has. It comes ahead of
    # the answer where the slot has no power.
    monitor.events.clear()
    ask_to_let_go(monitor, device)
    monitor.await_event("DEVICE_DELETED", device)


def plug(monitor, args, count):
    # The drive's content went with it.
    node = f"again{count}"
    monitor.call("blockdev-add", **{"driver": "null-co", "node-name": node, "size": 1024 * MIB, "read-zeroes": True})
    monitor.call("device_add", driver="nvme", id=args.device, serial=args.device, drive=node, bus=args.bus,
                 cmb_size_mb=args.cmb)


def serve(args):
    monitor = Monitor(args.qmp)
    sync = Lines(args.sync)
    count = 0
    while True:
        try:
            word, *device = sync.readline().decode().split()
        except EOFError:
            return
        try:
            if word == "unplug":
                unplug(monitor, *device or [args.device])
            elif word == "plug":
                count += 1
                plug(monitor, args, count)
            sync.send(b"ok\n")
        except RuntimeError as error:
            sync.send(f"{error}\n".encode())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qmp", required=True)
    parser.add_argument("--sync", required=True)
    parser.add_argument("--device", default="cmb0")
    parser.add_argument("--bus", default="dn0")
    parser.add_argument("--cmb", type=int, default=64)
    serve(parser.parse_args())


if __name__ == "__main__":
    main()
