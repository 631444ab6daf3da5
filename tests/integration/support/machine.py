# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon on the mock driver, on a made machine of its own."""

import json
import os
import shutil
import subprocess

BUILD = os.environ["BUILD"]
CTL = BUILD + "/p2pmemctl"
# What clients may have (tests/mock/main.c), and two minutes to read a reply: whoever is kept
# from that by a busy machine is not the one to hang up on.
ALLOWANCE = "0:0:0:0:120000"


class Machine:
    """`folder` holds its files; with `drive`, files there lie on that drive of the machine."""

    def __init__(self, folder, drive=None, group="root"):
        self.tree = folder + "/tree"
        self.socket = folder + "/socket"
        self.group = group
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("P2PMEM_")}
        self.environment["P2PMEM_SOCKET"] = self.socket
        if drive:
            self.start()
            self.stop()
            self._move(drive, os.stat(folder).st_dev)

    def _move(self, drive, device):
        """Gives a drive of the made machine the number of the device below the files."""
        number = f"{os.major(device)}:{os.minor(device)}"
        links = self.tree + "/dev/block/"
        folder = next(os.path.realpath(links + n) for n in os.listdir(links)
                      if os.path.realpath(links + n).endswith("/" + drive))
        with open(folder + "/dev") as f:
            os.unlink(links + f.read().strip())
        with open(folder + "/dev", "w") as f:
            f.write(number + "\n")
        if os.path.lexists(links + number):
            os.unlink(links + number)
        # Relative, as in sysfs: a look-up stays below the tree.
        os.symlink(os.path.relpath(folder, links), links + number)

    def start(self):
        self.process = subprocess.Popen([BUILD + "/p2pmemd-mock", self.tree, self.group, "0",
                                         "--socket", self.socket,
                                         "--state", self.socket + ".state"], stderr=subprocess.PIPE,
                                        env=dict(os.environ, P2PMEM_MOCK_ALLOWANCE=ALLOWANCE))
        # Its first answer is the event to wait for, to what it alone can answer.
        while subprocess.run([CTL, "leases"], capture_output=True, env=self.environment).returncode:
            assert self.process.poll() is None, self.process.stderr.read()

    def stop(self):
        self.process.terminate()
        self.process.communicate()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.tree)

    def popen(self, *arguments, **more):
        more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                "text": True, "env": self.environment, **more}
        return subprocess.Popen([CTL, *arguments], **more)

    def run(self, *arguments, status=0, **more):
        process = self.popen(*arguments, **more)
        process.stdout, process.stderr = process.communicate(timeout=60)
        assert process.returncode == status, \
            f"{arguments}: {process.returncode}\n{process.stdout}\n{process.stderr}"
        return process

    def free(self):
        regions = json.loads(self.run("list", "-o", "json").stdout)["regions"]
        return {r["name"]: r["free"] for r in regions}

    def leases(self):
        return json.loads(self.run("leases", "-o", "json").stdout)["leases"]
