# SPDX-License-Identifier: LGPL-2.1-or-later
"""The published rules of the Container Device Interface, for what we use of it.

`check` says what is wrong with a specification, and in which version it first
could have been written: runtimes refuse fields of a later version than the
specification says that it has.
"""

import re

VERSIONS = ["0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0"]
CHARACTER_DEVICE = ("b", "c", "u", "p")

# Member: (type, required, version).
SPEC = {"cdiVersion": (str, True, "0.3.0"), "kind": (str, True, "0.3.0"),
        "devices": (list, True, "0.3.0"), "containerEdits": (dict, False, "0.3.0"),
        "annotations": (dict, False, "0.6.0")}
DEVICE = {"name": (str, True, "0.3.0"), "containerEdits": (dict, True, "0.3.0"),
          "annotations": (dict, False, "0.6.0")}
EDITS = {"env": (list, False, "0.3.0"), "deviceNodes": (list, False, "0.3.0"),
         "mounts": (list, False, "0.3.0"), "hooks": (list, False, "0.3.0"),
         "intelRdt": (dict, False, "0.7.0"), "additionalGids": (list, False, "0.7.0")}
NODE = {"path": (str, True, "0.3.0"), "hostPath": (str, False, "0.5.0"),
        "type": (str, False, "0.3.0"), "major": (int, False, "0.3.0"),
        "minor": (int, False, "0.3.0"), "fileMode": (int, False, "0.3.0"),
        "permissions": (str, False, "0.3.0"), "uid": (int, False, "0.3.0"),
        "gid": (int, False, "0.3.0")}
MOUNT = {"hostPath": (str, True, "0.3.0"), "containerPath": (str, True, "0.3.0"),
         "type": (str, False, "0.4.0"), "options": (list, False, "0.3.0")}


class Checker:
    def __init__(self):
        self.mistakes = []
        self.version = VERSIONS[0]

    def expect(self, good, mistake):
        if not good:
            self.mistakes.append(mistake)
        return good

    def needs(self, version):
        self.version = max(self.version, version, key=VERSIONS.index)

    def members(self, what, where, known):
        if not self.expect(isinstance(what, dict), f"{where} is no object"):
            return False
        for name, (kind, required, version) in known.items():
            if name in what:
                self.needs(version)
                if not self.expect(type(what[name]) is kind, f"{where}.{name} is no {kind}"):
                    return False
            elif not self.expect(not required, f"{where} has no {name}"):
                return False
        return self.expect(not set(what) - set(known),
                           f"{where} has {sorted(set(what) - set(known))}, which is not known")

    def kind(self, kind):
        vendor, slash, group = kind.partition("/")
        self.expect(slash, f"kind {kind} has no vendor")
        self.expect(re.fullmatch(r"[A-Za-z]([\w.-]*[A-Za-z0-9])?", vendor, re.A), f"vendor {vendor}")
        self.expect(re.fullmatch(r"[A-Za-z]([\w.-]*[A-Za-z0-9])?", group, re.A), f"class {group}")
        if "." in group:
            self.needs("0.6.0")

    def device(self, device):
        if not self.members(device, "device", DEVICE):
            return
        name = device["name"]
        self.expect(re.fullmatch(r"[A-Za-z0-9]([\w.:-]*[A-Za-z0-9])?", name, re.A),
                    f"device name {name}")
        if name[:1].isdigit():
            self.needs("0.5.0")
        self.expect(device["containerEdits"], f"device {name} changes nothing")
        self.edits(device["containerEdits"])

    def edits(self, edits):
        if not self.members(edits, "containerEdits", EDITS):
            return
        for variable in edits.get("env", []):
            self.expect(isinstance(variable, str) and "=" in variable[1:], f"env {variable}")
        for node in edits.get("deviceNodes", []):
            self.node(node)
        for mount in edits.get("mounts", []):
            if self.members(mount, "mount", MOUNT):
                self.expect(mount["hostPath"] and mount["containerPath"], "mount of nothing")
        self.expect("hooks" not in edits, "a hook is a program that is run as root")

    def node(self, node):
        if not self.members(node, "deviceNode", NODE):
            return
        self.expect(node["path"], "a node without a path")
        self.expect(node.get("type", "c") in CHARACTER_DEVICE, f"type {node.get('type')}")
        self.expect(set(node.get("permissions", "")) <= set("rwm"), "permissions")


def check(spec):
    """The mistakes, and the lowest version that has all of it."""
    c = Checker()
    if c.members(spec, "specification", SPEC):
        c.kind(spec["kind"])
        c.expect(spec["devices"], "there is no device")
        for device in spec["devices"]:
            c.device(device)
        names = [d.get("name") for d in spec["devices"] if isinstance(d, dict)]
        c.expect(len(names) == len(set(names)), "a name is there twice")
        c.edits(spec.get("containerEdits", {}))
    return c.mistakes, c.version
