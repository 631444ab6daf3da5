#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clients that mean harm, or are merely broken. Others have to be served all the while."""

import array
import json
import os
import select
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))

from broker import BROKER, IS_ROOT, SERVICE, TIMEOUT, USER, Client, Daemon, number, run_as
from tap import equal, main, test

GET_INFO = json.dumps({"method": SERVICE + "GetInfo"}).encode() + b"\0"

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
    with Daemon() as daemon, Client(daemon) as slow:
        sender = threading.Thread(target=slow.send, args=(call * calls,))
        sender.start()
        for _ in range(20):
            is_served(daemon)
        for _ in range(calls):
            assert len(slow.reply()["parameters"]["description"]) > 3000
        sender.join()
        is_served(daemon)


@test
def cuts_off_who_hoards_buffers():
    with Daemon() as daemon:
        with Client(daemon) as hoarder:
            call = json.dumps({"method": BROKER + "Allocate", "parameters": {
                "size": 4096, "devices": [number(259, 0)]}}).encode() + b"\0"
            hoarder.send(call * 100)
            # Only once it is cut off does it read what it got before.
            poll = select.poll()
            poll.register(hoarder.socket, 0)
            assert poll.poll(TIMEOUT * 1000), "never cut off"
            replies = 0
            while hoarder.receive() is not None:
                replies += 1
            equal((replies, len(hoarder.fds)), (16, 16))
        with Client(daemon) as client:
            equal(client.list("ListLeases", "lease"), [])
            # who reads its replies may have as many as there is room for
            held = [client.allocate(4096, number(259, 0))[1] for _ in range(100)]
            for fd in held:
                os.close(fd)


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

    with Daemon() as daemon:
        run_as(crowd)
        is_served(daemon)


@test
def keeps_room_for_root():
    if not IS_ROOT:
        return
    with Daemon() as daemon:
        crowd = []
        try:
            for uid in range(USER, USER + 8):
                os.seteuid(uid)
                crowd += [Client(daemon) for _ in range(30)]
                os.seteuid(0)
            for client in crowd:
                client.call(SERVICE + "GetInfo")
            os.seteuid(USER + 8)
            with Client(daemon) as one_more:
                assert one_more.receive() is None
        finally:
            os.seteuid(0)
        is_served(daemon)
        for client in crowd:
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
