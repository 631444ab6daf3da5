#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Python module, on the real daemon with the mock driver."""

import ctypes
import errno
import gc
import mmap
import os
import socket
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
sys.path.insert(0, os.path.join(os.environ["BUILD"], "python"))
# In the place of the one that is installed, if any.
ctypes.CDLL(os.path.join(os.environ["BUILD"], "lib/libp2pmem.so.1"))

import p2pmem  # noqa: E402
from broker import Daemon, run_as  # noqa: E402
from tap import equal, main, test  # noqa: E402

PROVIDER, NEIGHBOUR = "0000:03:00.0", "0000:04:00.0"
NOBODY = "/nonexistent/socket"


def raises(kind, function, *arguments, **named):
    """The exception that a call ends with."""
    try:
        got = function(*arguments, **named)
    except kind as error:
        return error
    raise AssertionError(f"returned {got!r}")


def lent(client):
    return sum(r["allocated"] + r["draining"] for r in client.regions())


@test
def lists_are_dictionaries():
    with Daemon() as daemon, p2pmem.Client(daemon.path) as client:
        region = {r["provider"]: r for r in client.regions()}[PROVIDER]
        assert region["size"] > 0 and region["name"].startswith("p2pmem"), region
        assert PROVIDER in [d["address"] for d in client.devices()]
        pairs = {(p["provider"], p["device"]): p for p in client.pairs()}
        equal(pairs[PROVIDER, NEIGHBOUR]["verdict"], "bus")
        assert any(p["verdict"] == "unsupported" and p["reason"] for p in pairs.values())
        equal(client.leases(), [])
        with client.allocate(65536, [NEIGHBOUR], name="mine") as buffer:
            equal([lease["id"] for lease in client.leases()], [buffer.lease["id"]])
            equal(buffer.lease["name"], "mine")
            equal(buffer.lease["devices"], [NEIGHBOUR])


@test
def memory_is_for_whoever_takes_bytes():
    with Daemon() as daemon, p2pmem.Client(daemon.path) as client, \
            tempfile.TemporaryFile() as file:
        file.write(b"p2p!" * 16384)
        file.flush()
        with client.allocate(65536, [NEIGHBOUR]) as buffer:
            equal((len(buffer), buffer.kind, buffer.fallback_reason), (65536, "peer-to-peer", None))
            equal(bytes(buffer), bytes(65536))
            equal(os.preadv(file.fileno(), [buffer], 0), 65536)
            with memoryview(buffer) as view:
                assert not view.readonly and view.nbytes == 65536
                equal(view[4:8], b"p2p!")
                view[:4] = b"mine"
            with mmap.mmap(buffer.fileno(), len(buffer)) as plain:
                equal(plain[:8], b"minep2p!")


@test
def memory_with_views_stays():
    with Daemon() as daemon, p2pmem.Client(daemon.path) as client:
        buffer = client.allocate(4096, [NEIGHBOUR])
        view = memoryview(buffer)
        part = view[16:32]
        view.release()
        raises(BufferError, buffer.close)
        part[:] = b"still here, sir!"
        equal(bytes(part), b"still here, sir!")
        part.release()
        buffer.close()
        buffer.close()
        assert buffer.closed
        for use in (memoryview, len, lambda b: b.fileno(), lambda b: b.kind, lambda b: b.wait(),
                    lambda b: b.detach()):
            raises(ValueError, use, buffer)
        equal(lent(client), 0)


@test
def memory_goes_back_with_the_last_reference():
    with Daemon() as daemon, p2pmem.Client(daemon.path) as client:
        view = memoryview(client.allocate(4096, [NEIGHBOUR]))
        gc.collect()
        equal(lent(client), 4096)
        del view
        gc.collect()
        equal(lent(client), 0)


@test
def nothing_is_left_open():
    with Daemon() as daemon:
        def use():
            with p2pmem.Client(daemon.path) as client:
                client.allocate(4096, [NEIGHBOUR]).close()
                raises(p2pmem.Error, client.allocate, 4096, ["0000:7f:00.0"])

        use()
        before = os.listdir("/proc/self/fd")
        for _ in range(50):
            use()
        equal(len(os.listdir("/proc/self/fd")), len(before))


@test
def errors_say_what_and_why():
    with Daemon() as daemon, p2pmem.Client(daemon.path) as client:
        error = raises(p2pmem.Error, client.allocate, 4096, ["0000:7f:00.0"])
        assert isinstance(error, OSError)
        equal((error.errno, error.name, error.refusals),
              (errno.ENODEV, "io.p2pmem.Broker.NoSuchDevice", []))
        assert "0000:7f:00.0" in error.strerror, error
        bad = next(p["device"] for p in client.pairs() if p["verdict"] == "unsupported")
        error = raises(p2pmem.Error, client.allocate, 4096, [bad], region=PROVIDER)
        equal((error.errno, error.name), (errno.EREMOTEIO, "io.p2pmem.Broker.NoCompatibleRegion"))
        assert error.refusals and error.refusals[0]["reason"], error.refusals
        error = raises(p2pmem.Error, client.allocate, 1 << 40, [NEIGHBOUR])
        assert error.errno in (errno.ENOSPC, errno.EDQUOT), error
        error = raises(p2pmem.Error, client.allocate, 4096, ["/nonexistent"])
        equal((error.errno, error.name), (errno.ENOENT, None))
        # The connection has taken no harm.
        client.regions()


@test
def files_stay_open_as_long_as_they_are_needed():
    with p2pmem.Client(NOBODY, required=False) as client, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file")
        open(path, "wb").close()
        # Nobody but the call has these; a closed one would be EBADF.
        error = raises(p2pmem.Error, client.allocate, 4096, (open(p, "rb") for p in [path]))
        assert error.errno != errno.EBADF and path in error.strerror, error


@test
def words_that_are_no_text_are_told_as_well():
    name = b"/nonexistent/\xff"
    client = p2pmem.Client(name, required=False)
    for error in (raises(p2pmem.Error, p2pmem.Client, name),
                  raises(p2pmem.Error, client.allocate, 4096, [name])):
        equal(error.errno, errno.ENOENT)
        assert os.fsdecode(name) in error.strerror, error
    with client.allocate(4096, fallback="host") as buffer:
        assert os.fsdecode(name) in buffer.fallback_reason, buffer.fallback_reason


@test
def whom_nothing_is_lent_is_told_what_would_help():
    with Daemon() as daemon:
        def ask():
            error = raises(p2pmem.Error, p2pmem.Client(daemon.path).allocate, 4096, [NEIGHBOUR])
            equal((error.errno, error.name), (errno.EACCES, "io.p2pmem.Broker.NotPermitted"))
            assert error.remedy, error

        run_as(ask, gid=34567)


@test
def arguments_are_checked():
    with Daemon() as daemon, p2pmem.Client(daemon.path) as client:
        raises(TypeError, client.allocate, 4096, NEIGHBOUR)
        raises(TypeError, client.allocate, 4096, [1.5])
        raises(TypeError, client.allocate, "4096", [NEIGHBOUR])
        raises(OverflowError, client.allocate, -1, [NEIGHBOUR])
        raises(ValueError, client.allocate, 4096, [-1])
        raises(ValueError, client.allocate, 4096, ["a\0b"])
        raises(ValueError, client.allocate, 4096, [NEIGHBOUR], fallback="disk")
        raises(ValueError, p2pmem.Client, daemon.path, timeout=0)
        equal(raises(p2pmem.Error, client.allocate, 0, [NEIGHBOUR]).errno, errno.EINVAL)
        raises(TypeError, p2pmem.Buffer)
        client.close()
        raises(ValueError, client.regions)


@test
def host_memory_is_taken_only_where_it_is_asked_for():
    error = raises(p2pmem.Error, p2pmem.Client, NOBODY)
    equal(error.errno, errno.ENOENT)
    client = p2pmem.Client(NOBODY, required=False)
    error = raises(p2pmem.Error, client.allocate, 4096)
    assert error.errno == errno.ENOTCONN and NOBODY in error.strerror, error
    for fallback in ("host", "huge"):
        with client.allocate(5000, fallback=fallback) as buffer:
            assert buffer.kind.startswith("host") and buffer.fallback_reason, buffer.kind
            equal((len(buffer) >= 5000, buffer.lease), (True, None))
            equal(bytes(buffer)[:4096], bytes(4096))
            equal(buffer.info()["kind"], buffer.kind)
            equal(buffer.wait(timeout=0), "live")


@test
def descriptors_can_be_handed_over():
    with Daemon() as daemon, p2pmem.Client(daemon.path) as client:
        raises(p2pmem.Error, p2pmem.Buffer.from_fd, os.open("/dev/null", os.O_RDWR))
        with client.allocate(4096, fallback="host", devices=["0000:7f:00.0"]) as buffer:
            with memoryview(buffer) as view:
                view[:5] = b"hello"
            with p2pmem.Buffer.from_fd(os.dup(buffer.fileno())) as other:
                equal(bytes(other)[:5], b"hello")


@test
def detached_memory_keeps_its_place():
    with Daemon() as daemon, p2pmem.Client(daemon.path) as client:
        with client.allocate(4096, [NEIGHBOUR]) as buffer:
            view = memoryview(buffer)
            view[:3] = b"abc"
            buffer.detach()
            equal(bytes(view), bytes(4096))
            view[:3] = b"def"
            equal((bytes(view[:3]), buffer.kind), (b"def", "host"))
            assert buffer.fallback_reason
            equal(client.leases(), [])
            view.release()


@test
def close_ends_a_wait():
    with Daemon() as daemon, p2pmem.Client(daemon.path) as client:
        buffer = client.allocate(4096, [NEIGHBOUR])
        equal(buffer.wait(timeout=0.01), "live")
        raised = []
        thread = threading.Thread(
            target=lambda: raised.append(raises((p2pmem.Error, ValueError), buffer.wait)))
        thread.start()
        buffer.close()
        thread.join()
        # Too early to have begun to wait, or not.
        assert isinstance(raised[0], ValueError) or raised[0].errno == errno.ECANCELED, raised
        equal(client.leases(), [])


@test
def cancel_ends_a_call():
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(folder + "/socket")
        deaf.listen()
        client = p2pmem.Client(folder + "/socket", timeout=None)
        raised = []
        thread = threading.Thread(
            target=lambda: raised.append(raises(p2pmem.Error, client.regions)))
        thread.start()
        connection, _ = deaf.accept()
        connection.recv(1)
        client.cancel()
        thread.join()
        equal(raised[0].errno, errno.ECANCELED)
        connection.close()


@test
def threads_take_turns():
    with Daemon() as daemon, p2pmem.Client(daemon.path) as client:
        failed = []

        def work():
            try:
                for _ in range(20):
                    equal(client.allocate(4096, [NEIGHBOUR]).lease["size"], 4096)
                    assert client.regions()
            except Exception as error:  # told of below
                failed.append(error)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(failed, [])


if __name__ == "__main__":
    main()
