#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""report.py FOLDER FILE: one JSON file, and tables, of what the lab measured.

FOLDER has what bench-allocations and bench-guest printed: `instructions`,
`times` and `transfers`.
"""
import datetime
import json
import sys

KIB = 1024
TICKS = 2e-9  # seconds that --instructions takes for one


def size_of(n):
    return f"{n >> 20} MiB" if n >= KIB * KIB else f"{n >> 10} KiB"


def verdict(missed):
    return "MISSED" if missed else ""


def ratio_and_aim(r, at_most):
    if r["aim"] is None:
        return f"{r['ratio']:6.2f}"
    return f"{r['ratio']:6.2f}  {at_most} {r['aim']:<4g} {verdict(r['ratio'] > r['aim'])}"


def allocations(title, results, unit, width):
    print(f"\n{title}\n")
    print(f"{'memory':<8}{'size':>7}  {'way':<7}{'sysfs':>{width}}{'ours':>{width}}{'zeroing':>{width}}"
          "   ratio without zeroing")
    for r in results:
        figures = "".join(f"{r[k] / unit:{width},.0f}" for k in ("theirs", "ours", "zeroing"))
        print(f"{r['region']:<8}{size_of(r['size']):>7}  {r['way']:<7}{figures}  {ratio_and_aim(r, '<=')}".rstrip())


def profiles(results):
    """The functions that take the most; perf does not tell the module's from the kernel's own."""
    for r in (r for r in results if "profile" in r):
        print(f"\nWhere it goes, {r['region']}, {size_of(r['size'])}, {r['way']}, in per cent:")
        for row in r["profile"][:15]:
            print(f"  {row['percent']:6.2f}  {row['function']} ({row['of']})")


def brokered(results):
    """Where it takes too long, what takes the most, on the whole machine."""
    for r in (r for r in results if "to_ioctl" in r):
        print(f"\n{size_of(r['size'])} of the {r['region']} by the broker, to the bare ioctl, zeroing included: "
              f"{r['to_ioctl']:.2f}  <= {r['to_ioctl_aim']} {verdict(r['to_ioctl'] > r['to_ioctl_aim'])}".rstrip())
        for row in r.get("profile", [])[:10]:
            print(f"  {row['percent']:6.2f}  {row['program']} in {row['of']}")


def transfers(results):
    print("\nTransfers, ours to theirs. Rate: more is better. CPU, for each transfer or MiB: less is better.")
    print("As good as theirs is what is within 5 per cent.\n")
    print(f"{'memory':<8}{'rate':>6}{'CPU':>7}  what")
    for r in results:
        missed = r["aim"] and (r["rate"] < 0.95 or r["cpu"] > 1.05)
        print(f"{r['region']:<8}{r['rate']:6.2f}{r['cpu']:7.2f}  {r['name']}  {verdict(missed)}".rstrip())


def main():
    folder, path = sys.argv[1:]
    parts = {}
    for name in ("instructions", "times", "transfers"):
        with open(f"{folder}/{name}") as f:
            parts[name] = json.load(f)
    d = {"schema": 3, "date": datetime.date.today().isoformat(), "kernel": parts["times"]["kernel"]}
    d.update((name, part["results"]) for name, part in parts.items())
    with open(path, "w") as f:
        json.dump(d, f, indent=1)
        f.write("\n")
    print(f"\nKernel {d['kernel']}, {d['date']}, in emulation: ratios in one run, which predict no hardware.")
    allocations("Allocate, map, unmap and free: thousands of instructions", d["instructions"], 1000 * TICKS, 10)
    profiles(d["instructions"])
    allocations("The same in microseconds of this emulation", d["times"], 1e-6, 10)
    brokered(d["times"])
    transfers(d["transfers"])


main()
