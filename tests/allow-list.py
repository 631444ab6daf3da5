#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares topology/allow_list.c with the list in a kernel's sources.

usage: tests/allow-list.py KERNEL_SOURCE [VERSION]

VERSION, like 7.3, is read from the tree's Makefile where that is there. For a
kernel newer than the one the list was taken from, a difference says that the
list has to be brought up to date, with its versions. Prints TAP.
"""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ANY = -1
SAME, RECENT = "ALLOW_LIST_SAME_BRIDGE", "ALLOW_LIST_RECENT"


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def defines(text):
    return {name: value for name, value in re.findall(r"#define\s+(\w+)\s+([^\s/]+)", text)}


def number(word, names):
    if word in ("PCI_ANY_ID", "ALLOW_LIST_ANY_DEVICE"):
        return ANY
    return int(names.get(word, word), 0)


def rows(text, start):
    """What stands in the braces of the table that begins at `start`."""
    table = text[text.index(start):]
    table = table[table.index("= {"):table.index("};")]
    return [[w.strip() for w in row.split(",")] for row in re.findall(r"\{([^{}]+,[^{}]+)\}", table)]


def kernels(tree):
    text = read(tree, "drivers/pci/p2pdma.c")
    names = defines(text) | defines(read(tree, "include/linux/pci_ids.h"))
    return [(number(v, names), number(d, names), "REQ_SAME_HOST_BRIDGE" in flags)
            for v, d, flags in rows(text, "pci_p2pdma_whitelist[]")]


def ours(with_recent):
    text = read(HERE, "../topology/allow_list.c")
    names = defines(text)
    return [(number(v, names), number(d, names), SAME in flags)
            for v, d, flags in rows(text, "allow_list_entry entries[]")
            if with_recent or RECENT not in flags]


def bounds():
    text = read(HERE, "../topology/allow_list.c")
    return [tuple(int(n) for n in re.search(rf"#define {name} ALLOW_LIST_KERNEL\((\d+), (\d+)\)", text).groups())
            for name in ("WITHOUT_RECENT", "WITH_RECENT")]


def version_of(tree):
    found = re.findall(r"^(?:VERSION|PATCHLEVEL) = (\d+)$", read(tree, "Makefile"), re.MULTILINE)
    return tuple(int(n) for n in found[:2])


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    tree = sys.argv[1]
    version = tuple(int(n) for n in sys.argv[2].split(".")[:2]) if len(sys.argv) == 3 else version_of(tree)
    without, with_recent = bounds()
    theirs, short, full = kernels(tree), ours(False), ours(True)
    if version <= without:
        expected = [short]
    elif version >= with_recent:
        expected = [full]
    else:
        expected = [short, full]
    good = bool(theirs) and theirs in expected
    print("1..1")
    print(f"{'ok' if good else 'not ok'} 1 - the list of {version[0]}.{version[1]} is ours, "
          f"of {len(theirs)} host bridges")
    for entry in sorted(set(theirs) ^ set(expected[-1])) if not good else ():
        print(f"# {'the kernel' if entry in theirs else 'we'} alone: {entry[0]:04x}:{entry[1] & 0xffff:04x} {entry[2]}")
    sys.exit(0 if good else 1)


main()
