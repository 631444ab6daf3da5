#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""libp2pmem, as programs link it, against the real daemon on the mock driver."""

import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))

from broker import TIMEOUT, Daemon  # noqa: E402

BUILD = os.environ["BUILD"]

with Daemon(group=os.getgid()) as daemon:
    result = subprocess.run(
        [os.path.join(BUILD, "tests/vm/lib-test"), "--mock", daemon.path,
         "0000:04:00.0", "0000:06:00.0"],
        env=dict(os.environ, LD_LIBRARY_PATH=os.path.join(BUILD, "lib")), timeout=TIMEOUT,
        check=False)
sys.exit(result.returncode)
