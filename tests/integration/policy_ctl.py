#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""p2pmemctl policy: without a daemon, without privileges, on a made-up machine."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))

from broker import Daemon
from tap import equal, main, test

CTL = os.environ["BUILD"] + "/p2pmemctl"
UID = 54321
GRANT = {"regions": ["*"], "devices": ["*"]}

work = tempfile.mkdtemp(prefix="p2pmem-test-")
with Daemon() as daemon:
    shutil.copytree(daemon.tree, work + "/sys", symlinks=True)


def policy(rules):
    with open(work + "/policy.json", "w") as file:
        file.write(rules if isinstance(rules, str) else json.dumps({"rules": rules}, indent=1))
    return work + "/policy.json"


def run(*arguments, status=0, captured=False):
    environment = dict(os.environ, P2PMEM_SOCKET=work + "/nobody")
    tree = ["--sysfs", work + "/sys"] if captured else []
    r = subprocess.run([CTL, *tree, "policy", *arguments], env=environment, capture_output=True,
                       text=True, timeout=60)
    assert r.returncode == status, f"{arguments}: {r.returncode}\n{r.stdout}\n{r.stderr}"
    return r


def ask(rules, *arguments, status=0):
    return run("test", "--as", str(UID), *arguments, policy(rules), status=status,
               captured=True).stdout


@test
def lists_rules_that_are_right():
    out = run("check", policy([{"name": "a", "who": {"user": UID}, **GRANT},
                               {"name": "b", "who": {"unit": "x.service"}, "administer": True}])
              ).stdout.splitlines()
    equal([line.split()[0] for line in out], ["RULE", "a", "b"])
    assert f"uid:{UID}" in out[1] and "(administers only)" in out[2], out


@test
def says_all_that_is_wrong():
    r = run("check", policy('{"rules": [\n{"name": "a b",\n"who": {"user": 1}, "x": 1,\n'
                            '"regions": ["p2pmem0"], "devices": ["*"]}]}'), status=1)
    equal(r.stdout, "")
    for part in ("policy.json:2: rules[0].name:", "policy.json:3: rules[0].x: is not known",
                 "policy.json:4: rules[0].regions[0]: 'p2pmem0' is a number given out"):
        assert part in r.stderr, r.stderr
    equal(r.stderr.count("remedy:"), 3)


@test
def says_what_a_missing_file_is():
    assert "No such file" in run("check", work + "/none", status=1).stderr


@test
def says_which_rule_decides():
    out = ask([{"name": "other", "who": {"user": UID + 1}, **GRANT},
               {"name": "far", "who": {"user": UID}, "regions": ["0000:81:00.0"],
                "devices": ["*"]},
               {"name": "mine", "who": {"user": UID}, **GRANT,
                "limits": {"bytes": "50%", "perUid": {"bytes": "1M"}}},
               {"name": "late", "who": {"user": UID}, **GRANT}],
              "--region", "cmb0", "--device", "nvme1n1", "--size", "1M")
    for part in ("0000:03:00.0 (64M): granted", "rule           mine (", f"uid:{UID}",
                 "33554432 (32M); for each uid 1048576 (1M)", "1048576 (1M) is allowed",
                 f"other: it is for user {UID + 1}", "far: it does not cover this region",
                 "late: a rule before it decides"):
        assert part in out, out


@test
def fails_where_nothing_is_granted():
    rules = [{"name": "a", "who": {"group": UID}, "regions": ["cmb0"], "devices": ["plain1"]}]
    assert "no rule decides" in ask(rules, status=5)
    ask(rules, "--group", str(UID))
    assert "does not cover all the devices" in ask(
        rules, "--group", str(UID), "--device", "06:00.0", "--region", "03:00.0", status=5)
    limited = [dict(rules[0], limits={"largest": "1M"})]
    ask(limited, "--group", str(UID), "--size", "1M")
    assert "above the largest lease" in ask(limited, "--group", str(UID), "--size", "2M",
                                            status=5)


@test
def takes_cgroups_as_the_daemon_does():
    rules = [{"name": "a", "who": {"unit": "backup.service"}, **GRANT}]
    user = f"/user.slice/user-{UID}.slice/user@{UID}.service/app.slice/backup.service"
    ask(rules, "--cgroup", "/system.slice/backup.service/x")
    ask(rules, "--cgroup", user, status=5)
    out = ask([{"name": "a", "who": {"group": UID}, **GRANT}], "--group", str(UID), "--cgroup",
              "/user.slice/user-7.slice/x")
    assert f"charged to     group:{UID}, within it uid 7" in out, out


@test
def refuses_wrong_usage():
    assert "'p2pmemctl policy check'" in run("chek", status=2).stderr
    run(status=2)
    run("test", status=2)
    run("test", "--as", "no such user", status=2)
    run("test", "--as", "1", "--size", "much", policy([]), status=2)
    run("test", "--as", "1", "--cgroup", "../x", status=2)
    ask([{"name": "a", "who": {"user": UID}, **GRANT}], "--region", "p2pmem9", status=3)
    ask([{"name": "a", "who": {"user": UID}, **GRANT}], "--device", "0f:00.0", status=3)


@test
def no_rule_is_no_mistake():
    assert "nothing is lent but to root" in run("check", policy([])).stdout
    ask([], status=5)


@test
def root_needs_no_rule():
    assert "needs no rule" in run("test", "--as", "0", policy(
        [{"name": "a", "who": {"user": 1}, **GRANT}])).stdout


@test
def tells_programs_which_rule_decides():
    out = json.loads(ask([{"name": "other", "who": {"user": UID + 1}, **GRANT},
                          {"name": "mine", "who": {"user": UID}, **GRANT,
                           "limits": {"bytes": "50%", "buffers": 3, "largest": "1M"}},
                          {"name": "late", "who": {"user": UID}, **GRANT}],
                         "--region", "cmb0", "--size", "2M", "-o", "json", status=5))
    equal(out["schema"], 1)
    equal(out["policyTest"]["granted"], False)
    region, = out["policyTest"]["regions"]
    equal((region["provider"], region["granted"], region["rule"]["name"], region["tenant"]),
          ("0000:03:00.0", False, "mine", f"uid:{UID}"))
    equal(region["limits"], {"bytes": 32 << 20, "buffers": 3, "largest": 1 << 20, "reserved": 0})
    assert "largest lease" in region["tooLarge"], region
    equal([(r["name"], r["cause"]) for r in region["passedOver"]],
          [("other", "namesOthers"), ("late", "earlierRule")])


@test
def tells_programs_what_is_wrong():
    def run_json(rules, status):
        out = run("check", "-o", "json", policy(rules), status=status).stdout
        return json.loads(out)["policyCheck"]

    good = run_json([{"name": "a", "who": {"user": UID}, **GRANT}], 0)
    equal((good["valid"], good["mistakes"]), (True, []))
    equal([(r["name"], r["kind"], r["who"], r["tenant"]) for r in good["rules"]],
          [("a", "user", str(UID), f"uid:{UID}")])
    bad = run_json([{"name": "a b", "who": {"user": UID}, **GRANT}], 1)
    equal((bad["valid"], bad["rules"]), (False, []))
    equal([m["field"] for m in bad["mistakes"]], ["rules[0].name"])


try:
    main()
finally:
    shutil.rmtree(work)
