#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clients that mean harm, or are merely broken. Others have to be served all the while."""

import array
import json
import os
import resource
import select
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))

from broker import (BROKER, IS_ROOT, LONG, SERVICE, TIMEOUT, USER, Client, Daemon, allowance,
                    number, run_as)
from tap import equal, main, test

GET_INFO = json.dumps({"method": SERVICE + "GetInfo"}).encode() + b"\0"

# For a thousand connections, here and in the daemon.
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))

# What the interface's description promises.
MESSAGE_MAX = 64 << 10


def is_served(daemon):
    with Client(daemon) as client:
        equal(client.call(SERVICE + "GetInfo")["product"], "p2pmemd")


@test
def hangs_up_on_what_is_no_message():
    bad = {
        "nothing": b"\0",
        "no JSON": b"GET / HTTP/1.1\r\n\r\n\0",
        "no object": b"[]\0",
        "a number": b"1\0",
        "two objects": b"{}{}\0",
        "trailing comma": b'{"method":"a.B",}\0',
        "comment": b'{"method":"a.B"/* */}\0',
        "single quotes": b"{'method':'a.B'}\0",
        "bad UTF-8": b'{"method":"a.B\xff"}\0',
        "long UTF-8": b'{"method":"a.B\xc0\xaf"}\0',
        "surrogate": b'{"method":"a.B\xed\xa0\x80"}\0',
        "NUL in a string": b'{"method":"a.B\\u0000"}\0',
        "NUL in a name": b'{"method\\u0000":"a.B"}\0',
        "a member twice": b'{"method":"a.B","method":"a.C"}\0',
        "large number": b'{"method":"a.B","parameters":{"x":9223372036854775808}}\0',
        "infinity": b'{"method":"a.B","parameters":{"x":1e999}}\0',
        "nesting": b'{"method":"a.B","parameters":{"x":' + b"[" * 100 + b"]" * 100 + b"}}\0",
        "many values": b'{"method":"a.B","parameters":{"x":[' + b"{}," * 2000 + b"{}]}}\0",
        "deep nesting": b"{" + b'"a":{' * 10000 + b"\0",
    }
    with Daemon() as daemon:
        for name, data in bad.items():
            with Client(daemon) as client:
                client.send(data)
                assert client.receive() is None, name
        is_served(daemon)


@test
def tells_who_sends_no_call_and_hangs_up():
    bad = [{}, {"method": 1}, {"method": "NoInterface"}, {"method": "a.B", "parameters": []},
           {"method": "a.B", "more": "yes"}, {"method": "a.B", "more": True, "oneway": True},
           {"method": "a.B", "extra": 1}, {"error": "a.B"}]
    with Daemon() as daemon:
        for message in bad:
            with Client(daemon) as client:
                client.send(json.dumps(message).encode() + b"\0" + GET_INFO)
                equal(client.receive(), {"error": SERVICE + "InvalidParameter",
                                         "parameters": {"parameter": "method"}})
                assert client.receive() is None, message
        is_served(daemon)


@test
def answers_wrong_calls_and_goes_on():
    wrong = [
        (BROKER + "Nothing", {}, SERVICE + "MethodNotFound"),
        ("a.b.C", {}, SERVICE + "InterfaceNotFound"),
        (BROKER + "ListRegions", {}, SERVICE + "ExpectedMore"),
        (BROKER + "Allocate", {}, SERVICE + "InvalidParameter"),
        (BROKER + "Allocate", {"size": 4096, "devices": []}, SERVICE + "InvalidParameter"),
        (BROKER + "Allocate", {"size": 0, "devices": [number(259, 0)]}, SERVICE + "InvalidParameter"),
        (BROKER + "Allocate", {"size": 1.5, "devices": [number(259, 0)]}, SERVICE + "InvalidParameter"),
        (BROKER + "Allocate", {"size": 4096, "devices": [{**number(259, 0), "address": "03:00.0"}]},
         SERVICE + "InvalidParameter"),
        (BROKER + "Allocate", {"size": 4096, "devices": [number(8, 0)]}, BROKER + "NoSuchDevice"),
    ]
    with Daemon() as daemon, Client(daemon) as client:
        for method, parameters, error in wrong:
            equal(client.error(method, parameters)[0], error)
        equal(client.call(SERVICE + "GetInfo")["product"], "p2pmemd")


@test
def limits_the_length_of_a_message():
    with Daemon() as daemon:
        with Client(daemon) as client:
            client.send(GET_INFO[:-1] + b" " * (MESSAGE_MAX - len(GET_INFO) + 1) + b"\0")
            equal(client.reply()["parameters"]["product"], "p2pmemd")
        for too_long in (GET_INFO[:-1] + b" " * (MESSAGE_MAX - len(GET_INFO) + 2) + b"\0",
                         b" " * (2 << 20)):
            with Client(daemon) as client:
                try:
                    client.send(too_long)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                assert client.receive() is None
        is_served(daemon)


@test
def takes_messages_in_pieces_and_in_heaps():
    with Daemon() as daemon, Client(daemon) as client:
        for byte in GET_INFO:
            client.send(bytes([byte]))
        equal(client.reply()["parameters"]["product"], "p2pmemd")
        heap = b""
        for n in range(2000):
            heap += json.dumps({"method": f"a.b.C{n}"}).encode() + b"\0"
        client.send(heap)
        for n in range(2000):
            equal(client.receive()["error"], SERVICE + "InterfaceNotFound")
        for n in range(100):
            client.request(BROKER + f"M{n}")
        for n in range(100):
            equal(client.receive()["parameters"], {"method": BROKER + f"M{n}"})


@test
def answers_no_oneway_calls():
    with Daemon() as daemon, Client(daemon) as client:
        client.request(BROKER + "ListRegions", oneway=True)
        client.request(BROKER + "Allocate", {"size": 4096, "devices": [number(259, 0)]}, oneway=True)
        client.request(SERVICE + "GetInfo")
        equal(client.reply()["parameters"]["product"], "p2pmemd")
        equal(client.fds, [])
        equal(client.list("ListLeases", "lease"), [])


@test
def answers_who_will_say_no_more():
    with Daemon() as daemon, Client(daemon) as client:
        client.send(GET_INFO * 3)
        client.socket.shutdown(socket.SHUT_WR)
        for _ in range(3):
            equal(client.reply()["parameters"]["product"], "p2pmemd")
        assert client.receive() is None


@test
def takes_no_descriptors():
    with Daemon() as daemon, Client(daemon) as client:
        client.call(SERVICE + "GetInfo")
        before = daemon.open_files()
        readers = []
        for _ in range(5):
            pipes = [os.pipe() for _ in range(50)]
            fds = array.array("i", [write for _, write in pipes])
            client.socket.sendmsg([GET_INFO], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
            client.reply()
            for read, write in pipes:
                os.close(write)
                readers.append(read)
        equal(daemon.open_files(), before)
        for read in readers:
            equal(os.read(read, 1), b"")
            os.close(read)


@test
def serves_others_while_one_does_not_read():
    # More than the daemon would keep for anyone: it stops taking calls instead.
    calls = 8000
    call = json.dumps({"method": SERVICE + "GetInterfaceDescription",
                       "parameters": {"interface": "io.p2pmem.Broker"}}).encode() + b"\0"
    with Daemon(allowance=allowance(patience=LONG)) as daemon, Client(daemon) as slow:
        sender = threading.Thread(target=slow.send, args=(call * calls,))
        sender.start()
        for _ in range(20):
            is_served(daemon)
        for _ in range(calls):
            assert len(slow.reply()["parameters"]["description"]) > 3000
        sender.join()
        is_served(daemon)


ALLOCATE = json.dumps({"method": BROKER + "Allocate", "parameters": {
    "size": 4096, "devices": [number(259, 0)]}}).encode() + b"\0"

SHORT = 200  # milliseconds; what takes longer than it should is cut off just the same


def is_cut_off(client):
    """Waits for the end of the connection without reading anything."""
    poll = select.poll()
    poll.register(client.socket, select.POLLRDHUP)
    return bool(poll.poll(TIMEOUT * 1000))


def leases(daemon):
    with Client(daemon) as client:
        return len(client.list("ListLeases", "lease"))


@test
def sends_the_next_buffer_once_the_last_was_taken():
    with Daemon(allowance=allowance(patience=LONG)) as daemon, Client(daemon) as client:
        client.send(ALLOCATE * 100 + GET_INFO)
        # One is under way and no more, however many were asked for.
        first = client.receive()["parameters"]["lease"]["id"]
        ids = [first] + [client.receive()["parameters"]["lease"]["id"] for _ in range(99)]
        equal(client.reply()["parameters"]["product"], "p2pmemd")
        equal((len(set(ids)), len(client.fds)), (100, 100))
        # Who reads its replies may have as many as there is room for.
        equal(leases(daemon), 100)


@test
def cuts_off_who_leaves_a_buffer_unread():
    with Daemon(allowance=allowance(patience=SHORT)) as daemon:
        with Client(daemon) as hoarder:
            hoarder.send(ALLOCATE * 100)
            assert is_cut_off(hoarder), "never cut off"
            # What it was sent is in its socket, and stays its own.
            equal(leases(daemon), 1)
            replies = 0
            while hoarder.receive() is not None:
                replies += 1
            equal((replies, len(hoarder.fds)), (1, 1))
        equal(leases(daemon), 0)


@test
def counts_buffers_that_a_user_leaves_unread():
    """Also those in sockets of connections that were ended for it: the kernel counts them too."""
    with Daemon(allowance=allowance(unread_of_user=4, patience=SHORT)) as daemon:
        with Client(daemon) as client:
            os.close(client.allocate(4096, number(259, 0))[1])
        equal(leases(daemon), 0)
        watcher = Client(daemon)
        for _ in range(3):
            watcher.call(SERVICE + "GetInfo")
        before = daemon.open_sockets()
        hoarders = [Client(daemon) for _ in range(4)]
        for hoarder in hoarders:
            hoarder.send(ALLOCATE)
            assert is_cut_off(hoarder), "never cut off"
        equal(leases(daemon), 4)
        with Client(daemon) as client:
            equal(client.call(SERVICE + "GetInfo")["product"], "p2pmemd")
            name, parameters = client.error(BROKER + "Allocate", {
                "size": 4096, "devices": [number(259, 0)]})
            equal(name, BROKER + "NotPermitted")
            assert "do not read" in parameters["reason"], parameters
            # One that is read, and one that never will be.
            hoarders[0].receive()
            hoarders[1].close()
            os.close(client.allocate(4096, number(259, 0))[1])
        for hoarder in hoarders:
            hoarder.close()
        equal(leases(daemon), 0)
        # The end of a connection is seen in one round of the loop, and acted upon in the next.
        for _ in range(3):
            watcher.call(SERVICE + "GetInfo")
        equal(daemon.open_sockets(), before)
        watcher.close()


@test
def lends_as_soon_as_others_read_theirs():
    # Several times in its patience the daemon looks, here for the first time once TIMEOUT is over.
    with Daemon(allowance=allowance(unread_of_user=1, patience=8 * LONG)) as daemon:
        with Client(daemon) as slow, Client(daemon) as waiting:
            slow.send(ALLOCATE)
            poll = select.poll()
            poll.register(slow.socket, select.POLLIN)
            assert poll.poll(TIMEOUT * 1000)
            waiting.send(ALLOCATE)
            is_served(daemon)
            equal(leases(daemon), 1)
            slow.receive()
            waiting.receive()
            equal((len(slow.fds), len(waiting.fds)), (1, 1))


@test
def cuts_off_who_does_not_read():
    call = json.dumps({"method": SERVICE + "GetInterfaceDescription",
                       "parameters": {"interface": "io.p2pmem.Broker"}}).encode() + b"\0"
    with Daemon(allowance=allowance(patience=SHORT)) as daemon:
        with Client(daemon) as slow:
            try:
                slow.send(call * 8000)
            except (BrokenPipeError, ConnectionResetError):
                pass
            assert is_cut_off(slow), "never cut off"
            is_served(daemon)


@test
def cuts_off_who_does_not_end_a_message():
    for beginning in (b"{", GET_INFO + b"{", GET_INFO[:-1]):
        with Daemon(allowance=allowance(patience=SHORT)) as daemon, Client(daemon) as client:
            client.send(beginning)
            assert is_cut_off(client), beginning
            is_served(daemon)


@test
def cuts_off_who_sends_a_message_by_the_byte():
    """Each byte is no news: what counts is the whole message."""
    with Daemon(allowance=allowance(patience=SHORT)) as daemon, Client(daemon) as client:
        poll = select.poll()
        poll.register(client.socket, select.POLLRDHUP)
        sent = 0
        try:
            while sent < MESSAGE_MAX and not poll.poll(SHORT / 10):
                client.send(b" ")
                sent += 1
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert sent < MESSAGE_MAX, "never cut off"
        is_served(daemon)


@test
def keeps_who_is_quiet():
    """Silence between messages is no fault."""
    with Daemon(allowance=allowance(patience=SHORT)) as daemon:
        with Client(daemon) as quiet, Client(daemon) as other:
            quiet.call(SERVICE + "GetInfo")
            other.send(b"{")
            assert is_cut_off(other)
            other.close()
            quiet.call(SERVICE + "GetInfo")


@test
def limits_connections_of_a_user():
    def crowd():
        clients = [Client(daemon) for _ in range(32)]
        for client in clients:
            client.call(SERVICE + "GetInfo")
        with Client(daemon) as one_more:
            try:
                one_more.send(GET_INFO)
            except BrokenPipeError:
                pass
            assert one_more.receive() is None
        clients.pop().close()
        # The daemon sees the end of a connection before it takes one that came later.
        clients[0].call(SERVICE + "GetInfo")
        with Client(daemon) as next_one:
            next_one.call(SERVICE + "GetInfo")
        for client in clients:
            client.close()

    with Daemon(allowance=allowance(of_user=32)) as daemon:
        run_as(crowd)
        is_served(daemon)


def connect_as(daemon, uid):
    os.seteuid(uid)
    try:
        return Client(daemon)
    finally:
        os.seteuid(0)


@test
def shares_connections_out_among_users():
    if not IS_ROOT:
        return
    with Daemon(allowance=allowance(sessions=44, of_root=4, patience=LONG)) as daemon:
        # Two take all there is, and keep the daemon busy with the first of theirs.
        crowd = [[connect_as(daemon, USER + n) for _ in range(20)] for n in range(2)]
        for clients in crowd:
            clients[0].send(GET_INFO + b"{")
            clients[0].reply()
            for client in clients[1:]:
                client.call(SERVICE + "GetInfo")
        # Others have their share, as many as there are.
        others = [connect_as(daemon, USER + 2 + n) for n in range(8)]
        for client in others:
            client.call(SERVICE + "GetInfo")
        # Busy ones stay, and of the idle ones those who called last.
        for clients in crowd:
            clients[0].send(GET_INFO[1:])
            equal(clients[0].reply()["parameters"]["product"], "p2pmemd")
            assert all(client.receive() is None for client in clients[1:5])
            for client in clients[5:]:
                client.call(SERVICE + "GetInfo")
        # Who has a share gets no larger one than others by it.
        with connect_as(daemon, USER) as one_more:
            assert one_more.receive() is None
        is_served(daemon)
        for client in others + crowd[0] + crowd[1]:
            client.close()


@test
def keeps_room_for_root():
    if not IS_ROOT:
        return
    with Daemon(allowance=allowance(sessions=48, of_root=8)) as daemon:
        crowd = [connect_as(daemon, USER + n) for n in range(40)]
        for client in crowd:
            client.call(SERVICE + "GetInfo")
        # All have one, so nobody has one too many.
        with connect_as(daemon, USER + 40) as one_more:
            assert one_more.receive() is None
        is_served(daemon)
        for client in crowd:
            client.close()


@test
def serves_a_thousand():
    with Daemon() as daemon:
        clients = []
        for _ in range(1000):
            clients.append(Client(daemon))
            clients[-1].call(SERVICE + "GetInfo")
        for client in clients:
            client.call(SERVICE + "GetInfo")
            client.close()


@test
def survives_clients_that_vanish():
    with Daemon() as daemon:
        for n in range(200):
            client = Client(daemon)
            client.request(BROKER + "ListPairs", more=True)
            if n % 3 == 0:
                client.send(b'{"method":')
            if n % 3 == 1:
                client.request(BROKER + "Allocate", {"size": 4096, "devices": [number(259, 0)]})
            client.close()
        with Client(daemon) as client:
            equal(client.list("ListLeases", "lease"), [])


main()
