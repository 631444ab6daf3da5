#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""plain_mmap.py SOURCE TARGET: copies the first MiB from drive to drive, through memory that
both of them reach. The buffer is a descriptor like any other, so Python's own mmap is
enough once it was lent; p2pmem.Buffer would do by itself as well."""

import mmap
import os
import sys

import p2pmem

SIZE = 1 << 20

source, target = (os.open(path, os.O_RDWR | os.O_DIRECT) for path in sys.argv[1:3])
try:
    with p2pmem.Client() as client:
        with client.allocate(SIZE, [source, target], name="plain_mmap.py") as buffer:
            memory = mmap.mmap(buffer.fileno(), SIZE)
except p2pmem.Error as error:
    sys.exit(f"plain_mmap.py: {error.strerror}" + (f"; {error.remedy}" if error.remedy else ""))
# The descriptor is closed, and the memory stays lent as long as it is mapped.
with memory:
    n = os.preadv(source, [memory], 0)
    n = os.pwritev(target, [memoryview(memory)[:n]], 0)
    os.fsync(target)
print(f"copied {n} bytes")
