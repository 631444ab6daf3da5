# SPDX-License-Identifier: LGPL-2.1-or-later
"""Types in Varlink's notation, and values held against them to the letter.

A type is a name, ("?", type), ("[]", type), ("{}", {member: type}) or
("words", [word]).
"""

import re

TOKEN = re.compile(r"\s+|#[^\n]*|(->|\[\]|[?():,]|[A-Za-z_][A-Za-z0-9_.]*)")
BASIC = {"string": str, "int": int, "bool": bool, "float": (int, float)}


class Mismatch(Exception):
    pass


def _tokens(text):
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        assert match, f"not of the notation: {text[at:at + 30]!r}"
        at = match.end()
        if match[1]:
            yield match[1]


class _Reader:
    def __init__(self, text):
        self.tokens = list(_tokens(text))

    def next(self, expected=None):
        token = self.tokens.pop(0)
        assert expected in (None, token), f"{token!r} instead of {expected!r}"
        return token

    def type(self):
        token = self.next()
        if token in ("?", "[]"):
            return (token, self.type())
        return self.inside() if token == "(" else token

    def inside(self):
        """Behind an opening parenthesis: members, or words."""
        members = {}
        while self.tokens[0] != ")":
            name = self.next()
            has_type = self.tokens[0] == ":"
            if has_type:
                self.next()
            assert name not in members, f"{name} twice"
            members[name] = self.type() if has_type else None
            if self.tokens[0] == ",":
                self.next()
        self.next(")")
        words = [name for name, kind in members.items() if kind is None]
        assert not words or len(words) == len(members), members
        return ("words", words) if words else ("{}", members)


def types(text):
    """The types that are defined in a description, by name; methods are passed over."""
    reader, found = _Reader(text), {}
    while reader.tokens:
        if reader.next() != "type":
            continue
        name = reader.next()
        assert name not in found, f"{name} is defined twice"
        reader.next("(")
        found[name] = reader.inside()
    return found


def check(value, kind, known, where=""):
    """Raises Mismatch unless the value has this type, and no member beyond it."""
    if isinstance(kind, str) and kind in BASIC:
        good = isinstance(value, BASIC[kind]) and (kind == "bool") == isinstance(value, bool)
        if not good:
            raise Mismatch(f"{where}: {value!r} is no {kind}")
    elif isinstance(kind, str):
        check(value, known[kind], known, where)
    elif kind[0] == "words":
        if value not in kind[1]:
            raise Mismatch(f"{where}: {value!r} is none of {kind[1]}")
    elif kind[0] == "[]":
        if not isinstance(value, list):
            raise Mismatch(f"{where}: no array")
        for i, item in enumerate(value):
            check(item, kind[1], known, f"{where}[{i}]")
    else:
        _check_members(value, kind[1], known, where)


def _check_members(value, members, known, where):
    if not isinstance(value, dict):
        raise Mismatch(f"{where}: no object")
    for name in value.keys() - members.keys():
        raise Mismatch(f"{where}.{name} is not documented")
    for name, kind in members.items():
        if isinstance(kind, tuple) and kind[0] == "?":
            if name not in value:
                continue
            kind = kind[1]
        elif name not in value:
            raise Mismatch(f"{where}.{name} is missing")
        check(value[name], kind, known, f"{where}.{name}")


def example(kind, known):
    """A value that has each member there may be."""
    if isinstance(kind, str) and kind in BASIC:
        return {"string": "text", "int": 1, "bool": True, "float": 0.5}[kind]
    if isinstance(kind, str):
        return example(known[kind], known)
    if kind[0] == "?":
        return example(kind[1], known)
    if kind[0] == "[]":
        return [example(kind[1], known)]
    if kind[0] == "words":
        return kind[1][-1]
    return {name: example(member, known) for name, member in kind[1].items()}
