# SPDX-License-Identifier: LGPL-2.1-or-later
"""A broker that says what a test tells it to, right or wrong.

Speaks Varlink on a socket of its own, in a thread. A reply is a list of
messages (dictionaries, or bytes to be sent as they are); a message with the
key FD has that descriptor sent beside it.
"""

import array
import json
import os
import socket
import tempfile
import threading

FD = "\0fd"

REGION = {
    "name": "p2pmem0", "provider": "0000:03:00.0", "driver": "nvme", "vendor": 0x1B36,
    "device": 0x10, "serial": "cmb0", "model": "QEMU NVMe Ctrl", "size": 64 << 20,
    "free": (64 << 20) - (128 << 10), "allocated": 0, "draining": 0, "buffers": 0,
}


def device(address, block, minor, p2p=True):
    return {
        "address": address, "driver": "nvme", "vendor": 0x1B36, "device": 0x10,
        "serial": block, "model": "QEMU NVMe Ctrl", "numaNode": None,
        "blockDevices": [{"name": block, "major": 259, "minor": minor, "size": 1 << 30,
                          "logicalBlockSize": 512, "peerToPeer": p2p}],
    }


DEVICES = [device("0000:03:00.0", "nvme0n1", 0), device("0000:04:00.0", "nvme1n1", 1),
           device("0000:05:00.0", "nvme2n1", 2, None)]

REASON = "the paths meet in a host bridge that is not on the kernel's list"
REMEDY = "put both behind one switch"


def pair(address, verdict, **more):
    return dict({"region": "p2pmem0", "provider": "0000:03:00.0", "device": address,
                 "verdict": verdict, "source": "kernel"}, **more)


PAIRS = [pair("0000:03:00.0", "bus", distance=0), pair("0000:04:00.0", "bus", distance=4),
         pair("0000:05:00.0", "unsupported", reason=REASON, remedy=REMEDY)]


def lease(size, **more):
    return dict({"id": "c0ffee", "tenant": "uid:1000", "uid": 1000, "region": "p2pmem0",
                 "provider": "0000:03:00.0", "size": size, "state": "live", "verdict": "bus",
                 "devices": ["0000:03:00.0", "0000:04:00.0"], "ageUSec": 61000000}, **more)


def listing(member, entries):
    if not entries:
        return [{"parameters": {}}]
    replies = [{"parameters": {member: e}, "continues": True} for e in entries]
    del replies[-1]["continues"]
    return replies


def error(name, **parameters):
    if "." not in name:
        name = "io.p2pmem.Broker." + name
    return [{"error": name, "parameters": parameters}]


HOST_BRIDGE = {"root": "pci0000:00", "address": "0000:00:00.0", "vendor": 0x8086, "device": 0x29C0,
               "passes": False, "reason": "it is not on the kernel's list"}


def function(address, **more):
    return dict({"address": address, "root": "pci0000:00", "kind": "endpoint", "class": 0x10802,
                 "vendor": 0x1B36, "device": 0x10, "acsKnown": True, "client": True,
                 "blockDevices": []}, **more)


FUNCTIONS = [function(d["address"], blockDevices=[b["name"] for b in d["blockDevices"]])
             for d in DEVICES]


class Broker:
    """`calls` has what came in; `answers` maps a method's last part to its replies."""

    def __init__(self, **answers):
        self.calls = []
        self.buffer = -1
        self.answers = {
            "GetInfo": [{"parameters": {"vendor": "p2pmem", "product": "p2pmemd",
                                        "version": "0.1.0", "url": "", "interfaces": []}}],
            "ListRegions": listing("region", [REGION]),
            "ListDevices": listing("device", DEVICES),
            "ListHostBridges": listing("hostBridge", [HOST_BRIDGE]),
            "ListFunctions": listing("function", FUNCTIONS),
            "ListPairs": listing("pair", PAIRS),
            "ListLeases": listing("lease", []),
            "Allocate": self.allocate,
        }
        self.answers.update(answers)
        self.folder = tempfile.TemporaryDirectory()
        self.path = self.folder.name + "/broker"
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen()

    def __enter__(self):
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()
        if self.buffer >= 0:
            os.close(self.buffer)
        self.folder.cleanup()

    def allocate(self, parameters):
        """Lends what is asked for, from host memory."""
        return self.lend(parameters["size"])

    def lend(self, size, real_size=None, **more):
        if self.buffer >= 0:
            os.close(self.buffer)
        self.buffer = os.memfd_create("buffer")
        os.ftruncate(self.buffer, size if real_size is None else real_size)
        return [{"parameters": {"lease": lease(size, **more), "bufferFileDescriptor": 0},
                 FD: self.buffer}]

    def called(self, method):
        return [c.get("parameters") for c in self.calls if c["method"].endswith("." + method)]

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection):
        with connection:
            self._hear(connection)

    def _hear(self, connection):
        pending = b""
        while True:
            try:
                data = connection.recv(65536)
            except OSError:
                return
            if not data:
                return
            pending += data
            while b"\0" in pending:
                message, pending = pending.split(b"\0", 1)
                if not self._reply(connection, json.loads(message)):
                    return

    def _reply(self, connection, call):
        self.calls.append(call)
        answer = self.answers[call["method"].rsplit(".", 1)[1]]
        if callable(answer):
            answer = answer(call.get("parameters"))
        if answer is None:
            return False
        for message in answer:
            self._send(connection, message)
        return True

    @staticmethod
    def _send(connection, message):
        if isinstance(message, bytes):
            connection.sendall(message)
            return
        fd = message.get(FD, -1)
        data = json.dumps({k: v for k, v in message.items() if k != FD}).encode() + b"\0"
        beside = []
        if fd >= 0:
            beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        connection.sendmsg([data], beside)
