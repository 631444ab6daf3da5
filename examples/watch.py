#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""watch.py DEVICE: has memory lent, says so, and gives it back when it is asked for, or
goes on with host memory when it is taken away."""

import sys

import p2pmem

with p2pmem.Client(required=False) as client:
    buffer = client.allocate(64 << 10, sys.argv[1:2], fallback="host")
print(buffer.kind, buffer.fallback_reason or buffer.lease["id"], flush=True)
with buffer, memoryview(buffer) as view:
    while buffer.kind == "peer-to-peer":
        print("the memory is", "asked back" if buffer.wait() == "notice" else "taken away")
        # Whoever looked at it once it is taken away would be ended by SIGBUS.
        buffer.detach()
    view[:5] = b"still"
    print(bytes(view[:5]).decode(), "here, with", buffer.kind, "memory")
