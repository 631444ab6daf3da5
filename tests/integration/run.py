#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""p2pmemctl run with the daemon, on the mock driver: what a program is given,
what becomes of signals and of its exit status, and of the lease."""

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402
import workplace  # noqa: E402
from machine import CTL, Machine  # noqa: E402

MIB = 1 << 20
DEVICE = ("--device", "0000:04:00.0")

work = workplace.make()
os.chdir(work.name)


def python(text, *arguments):
    return [sys.executable, "-c", text, *arguments]


def line(process):
    text = process.stdout.readline()
    assert text, process.communicate()
    return text.rstrip("\n")


def refused(m, *arguments, status):
    """Without the program having run."""
    r = m.run("run", *arguments, "--", "sh", "-c", "echo ran", status=status)
    assert "ran" not in r.stdout
    assert m.leases() == []
    return r.stderr


# ---- what the program is given -----------------------------------------

SHOW = """
import json, mmap, os, subprocess, sys
path, fd, size = (os.environ["P2PMEM_" + n] for n in ("PATH", "FD", "SIZE"))
with open(path, "r+b") as f:
    memory = mmap.mmap(f.fileno(), int(size))
memory[:5] = b"hello"
# Closes what it inherits, and reads by the path.
child = subprocess.run(["head", "-c", "5", path], capture_output=True, text=True).stdout
print(json.dumps({"argv": sys.argv[1:], "path": path, "fd": int(fd), "size": int(size),
                  "region": os.environ["P2PMEM_REGION"], "lease": os.environ["P2PMEM_LEASE"],
                  "byDescriptor": os.pread(int(fd), 5, 0).decode(), "byPath": child}))
"""


@tap.test("the program maps the buffer by path and by descriptor, and so does its child")
def _():
    with Machine(work.name) as m:
        before = m.free()
        out = m.run("run", "--size", "2M", *DEVICE, "--", *python(SHOW, "{}", "a={},b={}", "c"))
        said = json.loads(out.stdout)
        assert m.free() == before and m.leases() == []
    path = said["path"]
    assert said["argv"] == [path, f"a={path},b={path}", "c"], said
    assert said["byDescriptor"] == said["byPath"] == "hello", said
    assert said["size"] == 2 * MIB and said["fd"] >= 10, said
    assert said["region"].startswith("p2pmem") and said["lease"], said


@tap.test("another text stands for the path, or none")
def _():
    with Machine(work.name) as m:
        out = m.run("run", *DEVICE, "-I", "@", "echo", "{}", "x@").stdout.split()
        assert out[0] == "{}" and out[1].startswith("x/proc/"), out
        assert m.run("run", *DEVICE, "-I", "", "echo", "{}", "@").stdout == "{} @\n"


@tap.test("the lease is what was asked for: region, device, name, 1 MiB by default")
def _():
    with Machine(work.name) as m:
        p = m.popen("run", *DEVICE, "--region", "0000:03:00.0", "--name", "mine", "--require-p2p=bus",
                    "sh", "-c", "echo; read x", stdin=subprocess.PIPE)
        line(p)
        lease, = m.leases()
        p.communicate("\n")
        assert p.returncode == 0
    assert lease["provider"] == "0000:03:00.0" and lease["devices"] == ["0000:04:00.0"], lease
    assert lease["name"] == "mine" and lease["size"] == MIB, lease


@tap.test("nothing but the buffer and the standard descriptors is inherited")
def _():
    with Machine(work.name) as m:
        out = m.run("run", *DEVICE, "--", *python("import os; print(sorted("
                    "os.readlink('/proc/self/fd/' + n) for n in os.listdir('/proc/self/fd')"
                    " if int(n) > 2 and os.path.exists('/proc/self/fd/' + n)))"),
                    close_fds=True).stdout
    assert out.count("memfd:") == 1 and "socket" not in out and "signalfd" not in out, out


# ---- how it ends -------------------------------------------------------


@tap.test("the exit status is the program's, 128+N when it was killed, 126 and 127 if it is not run")
def _():
    with Machine(work.name) as m:
        m.run("run", *DEVICE, "--", "true")
        m.run("run", *DEVICE, "--", "sh", "-c", "exit 42", status=42)
        m.run("run", *DEVICE, "--", "sh", "-c", "kill -KILL $$", status=137)
        r = m.run("run", *DEVICE, "--", "./nosuch", status=127)
        assert "./nosuch cannot be run: No such file" in r.stderr
        r = m.run("run", *DEVICE, "--", "/", status=126)
        assert "/ cannot be run: Permission denied" in r.stderr
        assert m.leases() == []


@tap.test("signals are handed on, and the program decides")
def _():
    # Waited for: a handler that sets in just before a read() would run after that.
    text = ("import os, signal, sys\n"
            "them = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT)\n"
            "signal.pthread_sigmask(signal.SIG_BLOCK, them)\n"
            "os.write(1, b'ready\\n')\n"
            "for _ in them:\n"
            "    os.write(1, b'%d\\n' % signal.sigwait(them))\n"
            "sys.stdin.read()\n"
            "sys.exit(7)\n")
    with Machine(work.name) as m:
        p = m.popen("run", *DEVICE, "--", *python(text), stdin=subprocess.PIPE)
        assert line(p) == "ready"
        for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGQUIT):
            p.send_signal(n)
            assert line(p) == str(int(n))
        p.communicate("")
        assert p.returncode == 7
        p = m.popen("run", *DEVICE, "--", "sh", "-c", "echo; exec sleep 1000")
        line(p)
        p.terminate()
        p.communicate(timeout=60)
        assert p.returncode == 128 + signal.SIGTERM and m.leases() == []


@tap.test("started where SIGCHLD is ignored, it waits all the same")
def _():
    with Machine(work.name) as m:
        m.run("run", *DEVICE, "--", "sh", "-c", "exit 3", status=3,
              preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))


@tap.test("a signal of the kernel's that is for p2pmemctl alone, like an alarm, reaches the program")
def _():
    r, w = os.pipe()
    with Machine(work.name) as m:
        p = m.popen("run", *DEVICE, "--", "sh", "-c", "echo; exec sleep 1000")
        line(p)
        # An alarm that one need not wait for.
        fcntl.fcntl(r, fcntl.F_SETOWN, p.pid)
        fcntl.fcntl(r, fcntl.F_SETSIG, signal.SIGALRM)
        fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC)
        os.write(w, b"x")
        assert p.wait(60) == 128 + signal.SIGALRM
        p.communicate()
    os.close(r)
    os.close(w)


LEAVE = """
import os, sys
r, w = os.pipe()
if os.fork():
    os.close(w)
    os.read(r, 1)
    sys.exit(5)
fd = int(os.environ["P2PMEM_FD"])
os.close(r)
print(os.getpid(), flush=True)
os.close(1)
os.close(2)
os.close(w)
sys.stdin.read()
"""


@tap.test("what the program leaves behind loses the memory")
def _():
    with Machine(work.name) as m:
        p = m.popen("run", *DEVICE, "--", *python(LEAVE), stdin=subprocess.PIPE)
        line(p)
        assert p.wait(60) == 5
        leases = m.leases()
        p.communicate("")
    assert all(lease["state"] != "live" for lease in leases), leases


@tap.test("killed itself, it leaves the lease to the program, and no longer than that")
def _():
    with Machine(work.name) as m:
        before = m.free()
        p = m.popen("run", *DEVICE, "sh", "-c", "echo; read x; : < /proc/self/fd/$P2PMEM_FD && echo still",
                    stdin=subprocess.PIPE)
        line(p)
        p.kill()
        p.wait()
        lease, = m.leases()
        assert lease["state"] == "live"
        out, _ = p.communicate("\n")
        assert out == "still\n"
        while m.leases():
            pass
        assert m.free() == before


@tap.test("a daemon that is gone at the end: said, and the status is the program's")
def _():
    with Machine(work.name) as m:
        p = m.popen("run", *DEVICE, "--", "sh", "-c", "echo; read x; exit 9", stdin=subprocess.PIPE)
        line(p)
        m.stop()
        _, errors = p.communicate("\n")
        assert p.returncode == 9 and "could not be ended" in errors, errors
        m.start()


# ---- a terminal --------------------------------------------------------


class Shell:
    """bash with job control on a terminal of its own."""

    def __init__(self, m):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # What a script starts in the background has it ignored, and so would all below.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            environment = dict(m.environment, PS1="", PS2="", TERM="dumb", HISTFILE="/dev/null")
            os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"],
                      environment)
        self.heard = ""
        self.type("stty -echo\n")
        self.type("echo re''ady\n")
        self.hear("ready")

    def type(self, text):
        os.write(self.fd, text.encode())

    def hear(self, text):
        while text not in self.heard:
            assert select.select([self.fd], [], [], 60)[0], f"no '{text}' in: {self.heard}"
            self.heard += os.read(self.fd, 4096).decode()
        before, self.heard = self.heard.split(text, 1)
        return before

    def end(self):
        self.type("exit\n")
        try:
            while os.read(self.fd, 4096):
                pass
        except OSError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


RUN = f"{CTL} run --device 0000:04:00.0 -- "


@tap.test("on a terminal: the program reads it, Ctrl-Z stops and fg goes on, Ctrl-C reaches it once")
def _():
    text = ("import os, signal, threading\\n"
            "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])\\n"
            "def wait():\\n"
            "    while signal.sigwait([signal.SIGINT]): os.write(1, b\"interrupted\\\\n\")\\n"
            "threading.Thread(target=wait, daemon=True).start()\\n"
            "print(\"up\", flush=True)\\n"
            "while True: print(\"got\", input(), flush=True)\\n")
    with Machine(work.name) as m:
        shell = Shell(m)
        shell.type(f"{RUN} {sys.executable} -c $'{text}'\n")
        shell.hear("up")
        shell.type("one\n")
        shell.hear("got one")
        shell.type("\x1a")
        shell.hear("Stopped")
        shell.type("echo in the sh''ell\n")
        shell.hear("in the shell")
        shell.type("fg\n")
        shell.hear("p2pmemctl run")
        shell.type("two\n")
        shell.hear("got two")
        shell.type("\x03")
        shell.hear("interrupted")
        shell.type("three\n")
        assert "interrupted" not in shell.hear("got three")
        shell.type("\x1a")
        shell.hear("Stopped")
        shell.type("bg\n")
        # It reads, so the terminal stops it again.
        shell.type("until [[ $(jobs) == *Stopped* ]]; do :; done; echo hal''ted\n")
        shell.hear("halted")
        shell.type("kill -KILL $(pgrep -P $(jobs -p)); fg; echo stat''us $?\n")
        shell.hear("status 137")
        shell.end()
        assert m.leases() == []


@tap.test("on a terminal: a program that Ctrl-C ends, and one in a pipe")
def _():
    with Machine(work.name) as m:
        shell = Shell(m)
        shell.type(f"{RUN} sh -c 'echo up; exec sleep 1000'; echo stat''us $?\n")
        shell.hear("up")
        shell.type("\x03")
        shell.hear("status 130")
        shell.type(f"{RUN} sh -c 'echo abc' | tr a-z A-Z\n")
        shell.hear("ABC")
        shell.type(f"{RUN} bash --norc -c 'set -m; sleep 1000 & kill %1; wait %1; echo do''ne'\n")
        shell.hear("done")
        shell.end()
        assert m.leases() == []


# ---- what is refused ---------------------------------------------------


@tap.test("what cannot be lent is refused with the reason, and nothing runs")
def _():
    with Machine(work.name) as m:
        assert "no such" in refused(m, "--device", "/nosuch", status=3).lower()
        assert "unsupported" in refused(m, "--device", "0000:06:00.0", status=4)
        refused(m, *DEVICE, "--size", "1T", status=6)
        assert "at least one --device" in refused(m, status=2)
        assert "12Q" in refused(m, *DEVICE, "--size", "12Q", status=2)
        assert "nosuch" in refused(m, *DEVICE, "--region", "nosuch", status=3)
        assert "'bus' or 'bridge'" in refused(m, *DEVICE, "--require-p2p=x", status=2)
        assert "takes a program" in m.run("run", *DEVICE, status=2).stderr


tap.main()
