#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Watches a copy between two emulated drives from outside the guest.

Two witnesses that know nothing of each other, nor of the tool that copies:

  trace    every address that the drives are given for a transfer, as QEMU
           logs them: in the memory (CMB) of drive A, seen by A itself or by a
           peer, or in the guest's RAM
  memory   a search of all of the guest's RAM, with the guest stopped, for
           blocks of drive A, each of which carries an id made for this run

The guest calls out where the window begins and ends; within it, the search
also happens each time that another quarter has reached drive B, which takes no
more until then.

witness.py fill FILE MIB             makes drive A; prints the run id
witness.py watch OPTIONS             watches one window; writes its findings
witness.py judge P2P CONTROL         says whether they prove what they should
"""
import argparse
import json
import mmap
import re
import secrets
import selectors
import socket
import sys

BLOCK = 4096
MIB = 1 << 20


def fill(path, mib):
    """Every block of the drive repeats the run id and the block's number."""
    run_id = secrets.token_hex(16)
    with open(path, "wb") as f:
        for n in range(mib * MIB // BLOCK):
            line = f"{run_id} {n:08d}\n".encode()
            f.write((line * (BLOCK // len(line) + 1))[:BLOCK])
    return run_id


class Lines:
    """A connected Unix socket, read line by line."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.buffer = b""

    def readline(self):
        while b"\n" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError("the machine is gone")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def send(self, data):
        self.sock.sendall(data)


class Qmp(Lines):
    def __init__(self, path):
        super().__init__(path)
        self.readline()
        self.call("qmp_capabilities")

    def call(self, command, **arguments):
        self.send(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = json.loads(self.readline())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
            self.heard(answer)

    def heard(self, message):
        """An event."""


def devices(bus_list):
    """All PCI functions that QMP's query-pci knows, below bridges as well."""
    for bus in bus_list:
        for device in bus["devices"]:
            yield device
            if "pci_bridge" in device:
                yield from devices([{"devices": device["pci_bridge"].get("devices", [])}])


class Machine:
    def __init__(self, args):
        self.args = args
        self.qmp = Qmp(args.qmp)
        self.pattern = re.compile(args.run_id.encode() + rb" (\d{8})")

    def cmb(self):
        """Address range of the BAR that holds drive A's CMB (its largest prefetchable one)."""
        for device in devices(self.qmp.call("query-pci")):
            if device["qdev_id"] == self.args.drive_a:
                bar = max((r for r in device["regions"] if r["type"] == "memory"), key=lambda r: r["size"])
                return bar["address"], bar["size"]
        raise RuntimeError(f"no PCI function {self.args.drive_a}")

    def written(self):
        for stats in self.qmp.call("query-blockstats"):
            if stats.get("qdev", "").startswith(f"/machine/peripheral/{self.args.drive_b}") or \
                    stats.get("device") == f"drive-{self.args.drive_b}":
                return stats["stats"]["wr_bytes"]
        raise RuntimeError(f"no drive {self.args.drive_b}")

    def let_through(self, count):
        """Drive B takes so many bytes, and then waits for the next call; None: it takes all."""
        limit = {"bps_wr": 1, "bps_wr_max": count} if count else {"bps_wr": 0}
        self.qmp.call("block_set_io_throttle", id=self.args.drive_b, bps=0, bps_rd=0, iops=0, iops_rd=0, iops_wr=0,
                      **limit)

    def trace(self, enable):
        self.qmp.call("trace-event-set-state", name="pci_nvme_map_addr*", enable=enable)

    def search(self):
        """Numbers of the blocks of drive A that are in the guest's RAM, which stands still meanwhile."""
        self.qmp.call("stop")
        with open(self.args.memory, "rb") as f, mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as m:
            found = {int(hit.group(1)) for hit in self.pattern.finditer(m)}
        self.qmp.call("cont")
        return found


def read_trace(path, offset, bar, size):
    """Bytes by where they lay: own (the drive's own CMB), peer (that BAR, another drive), ram."""
    event = re.compile(rb"pci_nvme_map_addr(_cmb)? addr 0x([0-9a-f]+) len (\d+)")
    total = {"own": 0, "peer": 0, "ram": 0}
    pending = None

    def settle():
        if pending:
            inside = bar <= pending[0] < bar + size
            total["peer" if inside else "ram"] += pending[1]

    with open(path, "rb") as f:
        f.seek(offset)
        for line in f:
            hit = event.search(line)
            if not hit:
                continue
            address, length = int(hit.group(2), 16), int(hit.group(3))
            if hit.group(1):
                # Follows the event of the same address, and says that it is the drive's own.
                total["own"] += length
                pending = None
            else:
                settle()
                pending = (address, length)
    settle()
    return total


def watch(args):
    machine = Machine(args)
    sync = Lines(args.sync)
    while sync.readline() != b"begin":
        sync.send(b"ok\n")
    bar, size = machine.cmb()
    before = machine.search()
    start = machine.written()
    with open(args.log, "rb") as f:
        offset = f.seek(0, 2)
    machine.trace(True)
    searches = []
    marks = [start + args.mib * MIB * quarter // 4 for quarter in (1, 2, 3)]
    machine.let_through(marks[0] - start)
    sync.send(b"ok\n")

    with selectors.DefaultSelector() as selector:
        selector.register(sync.sock, selectors.EVENT_READ)
        # What QEMU wrote has to be asked for; the end of the window is an event.
        while not selector.select(0.05):
            if marks and machine.written() >= marks[0]:
                searches.append(machine.search())
                marks.pop(0)
                machine.let_through(max(1, marks[0] - machine.written()) if marks else None)
    assert sync.readline() == b"end"
    machine.trace(False)
    searches.append(machine.search())
    findings = {
        "cmb": {"address": bar, "size": size},
        "written": machine.written() - start,
        "trace": read_trace(args.log, offset, bar, size),
        "memory": {
            "before": len(before),
            "searches": [len(found - before) for found in searches],
        },
    }
    with open(args.findings, "w", encoding="ascii") as f:
        json.dump(findings, f, indent=2)
    sync.send(b"ok\n")


def show(name, f):
    t = f["trace"]
    print(f"  {name}: {f['written'] / MIB:.1f} MiB written to B")
    print(f"    trace   in the CMB of A: {t['own'] / MIB:.1f} MiB by A itself, {t['peer'] / MIB:.1f} MiB by its peer; "
          f"in guest RAM: {t['ram'] / MIB:.1f} MiB")
    print(f"    memory  blocks of A found in guest RAM, new since the start, at each of "
          f"{len(f['memory']['searches'])} searches: {', '.join(map(str, f['memory']['searches']))} "
          f"(before: {f['memory']['before']}, read when the drives were found)")


def judge(p2p_path, control_path, mib):
    """The findings must say P2P of the copy, and host memory, both of them, of the control."""
    with open(p2p_path, encoding="ascii") as f:
        p2p = json.load(f)
    with open(control_path, encoding="ascii") as f:
        control = json.load(f)
    show("copy", p2p)
    show("control", control)
    want = mib * MIB
    # The look for a file system on B before it is overwritten goes through RAM.
    slack = want // 64
    verdicts = {
        "all that A gave went into its own memory": p2p["trace"]["own"] == want,
        "all that B took came from there": p2p["trace"]["peer"] == want and p2p["written"] == want,
        "next to nothing lay in guest RAM": p2p["trace"]["ram"] <= slack,
        "guest RAM was searched all along": len(p2p["memory"]["searches"]) == 4,
        "no block of A was in guest RAM": not any(p2p["memory"]["searches"]),
        "the trace sees the control in guest RAM": control["trace"]["ram"] >= 2 * want
            and control["trace"]["own"] + control["trace"]["peer"] == 0,
        "the search finds the control's blocks": all(control["memory"]["searches"][:3])
            and len(control["memory"]["searches"]) == 4,
    }
    for what, true in verdicts.items():
        print(f"  {'yes' if true else 'NO '}  {what}")
    return all(verdicts.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    p = verbs.add_parser("fill")
    p.add_argument("file")
    p.add_argument("mib", type=int)
    p = verbs.add_parser("watch")
    for option in ("qmp", "sync", "memory", "log", "findings", "run-id"):
        p.add_argument("--" + option, required=True)
    p.add_argument("--drive-a", default="cmb0")
    p.add_argument("--drive-b", default="plain1")
    p.add_argument("--mib", type=int, required=True)
    p = verbs.add_parser("judge")
    p.add_argument("p2p")
    p.add_argument("control")
    p.add_argument("--mib", type=int, required=True)
    args = parser.parse_args()
    if args.verb == "fill":
        print(fill(args.file, args.mib))
    elif args.verb == "watch":
        watch(args)
    elif not judge(args.p2p, args.control, args.mib):
        sys.exit(1)


if __name__ == "__main__":
    main()
