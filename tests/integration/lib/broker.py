# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real daemon on the mock driver, and clients for it.

Nothing here waits for time to pass: the daemon says when it is ready, replies
are waited for, and a buffer is free when the close() that ended it returned.
TIMEOUT only ends a test that hangs.
"""

import array
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

TIMEOUT = 60
BROKER = "io.p2pmem.Broker."
SERVICE = "org.varlink.service."

# Whom a test runs its clients as: somebody without privileges.
IS_ROOT = os.getuid() == 0
USER = 12345 if IS_ROOT else os.getuid()
GROUP = 23456 if IS_ROOT else os.getgid()
OTHER_GROUP = 34567

LONG = 2 * TIMEOUT * 1000  # patience in milliseconds, of a daemon that is not to lose it


def allowance(sessions=0, of_root=0, of_user=0, unread_of_user=0, patience=LONG):
    """What clients may have; 0: what is usual. Patience is in milliseconds."""
    return f"{sessions}:{of_root}:{of_user}:{unread_of_user}:{patience}"


class VarlinkError(Exception):
    def __init__(self, name, parameters):
        super().__init__(name, parameters)
        self.name = name
        self.parameters = parameters


class Driver:
    """The mock driver in a process of its own, which buffers of a daemon that ended live on in."""

    def __init__(self, *options):
        self.folder = tempfile.mkdtemp(prefix="p2pmem-test-")
        os.chmod(self.folder, 0o755)
        self.tree = os.path.join(self.folder, "sys")
        self.path = os.path.join(self.folder, "driver")
        self.process = subprocess.Popen(
            [os.path.join(os.environ["BUILD"], "p2pmem-mock-driver"), self.tree, self.path,
             *options], stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()
        shutil.rmtree(self.folder)


class Daemon:
    """A daemon that lends to the members of `group`, or by the text that is its policy.

    `allowance` is what clients may have (tests/mock/main.c); time limits are
    longer than any test takes, unless it says otherwise: usually a client that
    is held up in the middle of something would be cut off.
    With a `driver` it can be killed and started again, with the socket kept by
    the test, as the service manager does.
    """

    def __init__(self, group=GROUP, errno=0, activated=False, policy=None, driver=None,
                 allowance=allowance()):
        self.folder = tempfile.mkdtemp(prefix="p2pmem-test-")
        os.chmod(self.folder, 0o755)
        self.tree = driver.tree if driver else os.path.join(self.folder, "sys")
        self.path = os.path.join(self.folder, "socket")
        self.policy = self.tree + ".policy"
        if policy is not None:
            os.mkdir(self.policy)
            self.write_policy(policy)
        self.state = os.path.join(self.folder, "state")
        self.listener = None
        self.log = open(os.path.join(self.folder, "log"), "w+")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(os.path.join(self.folder, "notify"))
        self.told = []
        self.heard = queue.Queue()
        self.listening = threading.Thread(target=self._listen, daemon=True)
        self.listening.start()
        self.command = [os.path.join(os.environ["BUILD"], "p2pmemd-mock"), self.tree,
                        str(group), str(errno), "--state", self.state]
        self.full = os.path.join(self.folder, "full")  # while it is there, no record can be written
        self.environment = dict(os.environ, NOTIFY_SOCKET=self.notify.getsockname(),
                                P2PMEM_MOCK_ALLOWANCE=allowance, P2PMEM_MOCK_FULL=self.full,
                                P2PMEM_MOCK_FAIL=os.path.join(self.folder, "fail"))
        if driver:
            self.environment["P2PMEM_MOCK_DRIVER"] = driver.path
        self.pid = self._start_activated() if activated or driver else self._start()
        self.wait_for("READY=1")

    def _start(self):
        process = subprocess.Popen(self.command + ["--socket", self.path], stderr=self.log,
                                   env=self.environment)
        process.returncode = 0  # waited for in stop()
        return process.pid

    def _start_activated(self):
        if not self.listener:
            self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.listener.bind(self.path)
            os.chmod(self.path, 0o666)
            self.listener.listen(128)
        pid = os.fork()
        if pid == 0:
            os.dup2(self.log.fileno(), 2)
            os.dup2(self.listener.fileno(), 3)
            self.environment.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
            os.execve(self.command[0], self.command, self.environment)
        return pid

    def start(self, kill_at=None):
        """Starts it again; `kill_at` is where it kills itself (tests/mock/wrap.h)."""
        self.told = []
        self.environment.pop("P2PMEM_MOCK_KILL", None)
        if kill_at:
            self.environment["P2PMEM_MOCK_KILL"] = kill_at
        self.pid = self._start_activated()
        self.wait_for("READY=1")

    def wait_killed(self):
        _, status = os.waitpid(self.pid, 0)
        self.pid = None
        assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, status

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.wait_killed()

    def records(self):
        return sorted(os.listdir(os.path.join(self.state, "leases")))

    def _listen(self):
        """Reads all along, as the service manager does: few datagrams fit, and telling waits."""
        while text := self.notify.recv(65536):
            self.heard.put(text.decode())

    def hear(self):
        """What it told next is in `told`."""
        self.told += self.heard.get(timeout=TIMEOUT).splitlines()

    def wait_for(self, word):
        while not any(line == word for line in self.told):
            self.hear()

    def write_policy(self, policy, name="policy.json"):
        text = policy if isinstance(policy, str) else json.dumps({"rules": policy})
        with open(os.path.join(self.policy, name), "w") as file:
            file.write(text)

    def reload(self):
        """Asks as the service manager does, and waits until it is done."""
        self.told = []
        os.kill(self.pid, signal.SIGHUP)
        self.wait_for("READY=1")

    def status(self):
        return [line for line in self.told if line.startswith("STATUS=")][-1]

    def fail(self, error):
        """From here on the driver fails with `error`, and no more if that is 0."""
        path = self.environment["P2PMEM_MOCK_FAIL"]
        if error == 0:
            os.unlink(path)
            return
        with open(path + ".new", "w") as file:
            print(error, file=file)
        os.rename(path + ".new", path)

    def wait_ended(self):
        """The status with which it ends by itself."""
        _, status = os.waitpid(self.pid, 0)
        self.pid = None
        return status

    def stop(self, with_signal=signal.SIGTERM):
        os.kill(self.pid, with_signal)
        return self.wait_ended()

    def output(self):
        self.log.seek(0)
        return self.log.read()

    def _open(self):
        folder = f"/proc/{self.pid}/fd/"
        for fd in os.listdir(folder):
            try:
                yield os.readlink(folder + fd)
            except FileNotFoundError:
                pass  # closed since

    def open_files(self):
        """But for the folders of the machine that it keeps open, and the driver's events, which
        it follows until it has been idle for a moment."""
        return sum(not file.startswith((self.tree + "/", "anon_inode:[eventpoll]"))
                   for file in self._open())

    def open_sockets(self):
        return sum(file.startswith("socket:") for file in self._open())

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            print("# the daemon's log:\n# " + self.output().replace("\n", "\n# "))
        status = self.stop() if self.pid else 0
        if self.listener:
            self.listener.close()
        self.log.close()
        self.notify.shutdown(socket.SHUT_RDWR)
        self.listening.join()
        self.notify.close()
        shutil.rmtree(self.folder)
        assert kind or status == 0, f"the daemon ended with status {status}"


class Client:
    """One connection."""

    def __init__(self, daemon):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(daemon.path)
        self.buffer = b""
        self.fds = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for fd in self.fds:
            os.close(fd)
        self.fds = []
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def request(self, method, parameters=None, **flags):
        call = {"method": method, **flags}
        if parameters is not None:
            call["parameters"] = parameters
        self.send(json.dumps(call).encode() + b"\0")

    def receive(self):
        """The next message, or None at the end of the connection."""
        while b"\0" not in self.buffer:
            try:
                data, control, _, _ = self.socket.recvmsg(
                    65536, socket.CMSG_SPACE(4 * 16), socket.MSG_CMSG_CLOEXEC)
            except ConnectionResetError:
                return None
            for level, kind, value in control:
                assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
                self.fds += array.array("i", value)
            if not data:
                return None
            self.buffer += data
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def reply(self):
        message = self.receive()
        assert message is not None, "the daemon hung up"
        if "error" in message:
            raise VarlinkError(message["error"], message.get("parameters", {}))
        return message

    def call(self, method, parameters=None):
        self.request(method, parameters)
        message = self.reply()
        assert "continues" not in message, message
        return message.get("parameters", {})

    def list(self, method, kind):
        """What a streaming method returns, without the object of an empty list."""
        self.request(BROKER + method, more=True)
        items = []
        while True:
            message = self.reply()
            items.append(message.get("parameters", {}).get(kind))
            if not message.get("continues"):
                break
        return [] if items == [None] else items

    def allocate(self, size, *devices, **more):
        """The lease and the descriptor of its buffer, which the caller closes."""
        answer = self.call(BROKER + "Allocate", {"size": size, "devices": list(devices), **more})
        assert answer["bufferFileDescriptor"] == 0 and len(self.fds) == 1, answer
        return answer["lease"], self.fds.pop()

    def error(self, method, parameters=None):
        """The error that a call ends with, and its parameters."""
        try:
            got = self.call(method, parameters)
        except VarlinkError as error:
            return error.name, error.parameters
        raise AssertionError(f"{method} returned {got}")


def number(major, minor):
    return {"major": major, "minor": minor}


def address(text):
    return {"address": text}


def run_as(function, uid=USER, gid=GROUP):
    """Runs the function in a child that is that user, where we may, and fails as it fails."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            if IS_ROOT:
                os.setgroups([])
                os.setgid(gid)
                os.setuid(uid)
            function()
            status = 0
        except Exception as error:  # has to end here, whatever it is
            print(f"# as uid {uid}: {type(error).__name__}: {error}", flush=True)
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    assert status == 0, f"failed as uid {uid}"
