# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the text exposition format 0.0.4 of Prometheus, and takes nothing else.

Stricter than the format where laxness hides mistakes: every family has HELP and
TYPE, in that order, right before its samples, which stand together; no sample
comes twice; there are no time stamps.
"""

import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")
VALUE = re.compile(r"[+-]?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Inf|NaN)")
ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def unescape(text):
    return re.sub(r"\\.", lambda match: ESCAPES[match.group()], text)


def number(text):
    assert VALUE.fullmatch(text), f"no value: {text!r}"
    return float(text)


class Family:
    def __init__(self, name, help_text):
        self.name = name
        self.help = help_text
        self.type = None
        self.samples = {}  # by name and labels

    def names(self):
        if self.type == "histogram":
            return {self.name + end for end in ("_bucket", "_sum", "_count")}
        return {self.name}

    def value(self, **labels):
        return self.samples[self.name, frozenset(labels.items())]

    def add(self, line):
        match = SAMPLE.fullmatch(line)
        assert match, f"no sample: {line!r}"
        assert self.type and match[1] in self.names(), f"{line!r} below {self.name}"
        pairs = re.findall(LABEL, match[2] or "")
        labels = frozenset((name, unescape(value)) for name, value in pairs)
        assert len({name for name, _ in pairs}) == len(pairs), f"a label twice: {line!r}"
        assert (match[1], labels) not in self.samples, f"twice: {line!r}"
        self.samples[match[1], labels] = number(match[match.lastindex])

    def buckets(self):
        pairs = [(number(dict(labels)["le"].replace("+Inf", "Inf")), value)
                 for (name, labels), value in self.samples.items() if name.endswith("_bucket")]
        return pairs

    def check(self):
        assert self.type, f"{self.name} has no type"
        if self.type == "counter":
            assert self.name.endswith("_total"), self.name
            assert all(value >= 0 for value in self.samples.values()), self.name
        if self.type == "histogram":
            self.check_histogram()

    def check_histogram(self):
        pairs = self.buckets()
        assert pairs == sorted(pairs) and len(set(p[0] for p in pairs)) == len(pairs), pairs
        assert [v for _, v in pairs] == sorted(v for _, v in pairs), pairs
        assert math.isinf(pairs[-1][0]), pairs
        assert self.samples[self.name + "_count", frozenset()] == pairs[-1][1], pairs
        assert (self.name + "_sum", frozenset()) in self.samples


def parse(text):
    """The families by name, in their order."""
    assert text.endswith("\n"), "the last line is cut"
    families, family = {}, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, help_text = re.fullmatch(rf"# HELP ({NAME}) (.+)", line).groups()
            assert name not in families, f"{name} in two places"
            family = families[name] = Family(name, help_text)
        elif line.startswith("# TYPE "):
            name, kind = re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram)", line).groups()
            assert family and family.name == name and not family.type, line
            family.type = kind
        else:
            assert family, f"outside: {line!r}"
            family.add(line)
    for family in families.values():
        family.check()
    return families
