#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What p2pmemctl takes, its help, its man page and its completion are the same."""

import glob
import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
from support import broker as fake  # noqa: E402
from support import tap  # noqa: E402

CTL = os.environ["BUILD"] + "/p2pmemctl"
SOURCES = os.path.join(here, "../..")
COMPLETION = SOURCES + "/client/p2pmemctl.bash"

# Readline's part, as completion sees it: words are cut at spaces, and at : and =.
COMPLETE = r"""
source "$0"
compopt() { COMPREPLY+=("<$*>"); }
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:' COMP_LINE=$2 COMP_POINT=${#2}
_p2pmemctl "$1"
[ ${#COMPREPLY[@]} = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
"""
FILES = ["<-o default>"]


def read(path):
    with open(os.path.join(SOURCES, path), encoding="utf-8") as file:
        return file.read()


def run(*command, broker=None, status=0):
    r = subprocess.run(command, capture_output=True, text=True, timeout=60, env=dict(
        os.environ, P2PMEM_SOCKET=broker.path if broker else "/nobody"))
    assert r.returncode == status and r.stderr == "", (command, r)
    return r.stdout


def complete(typed, broker=None, command=CTL):
    """What is offered behind "p2pmemctl" and these words, of which the last is not complete."""
    return run("bash", "--norc", "-c", COMPLETE, COMPLETION, command, f"p2pmemctl {typed}",
               broker=broker).splitlines()


def man_page():
    return read("docs/man/p2pmemctl.1").replace("\\", "")


helped = {"": run(CTL, "help")}
verbs = re.findall(r"^  ([a-z]+) ", helped[""].split("Verbs:")[1].split("Options:")[0], re.M)
for verb in verbs:
    helped[verb] = run(CTL, "help", verb)


def options(verb):
    """Of its help: short, long, and what is behind."""
    return re.findall(r"^ {2,6}(?:(-[A-Za-z]), )?(--[a-z0-9-]+)(?:\[?[= ]([A-Z]+)\]?)?(?=\s|$)",
                      helped[verb], re.M)


def spellings(verb):
    return {word for short, long, _ in options(verb) for word in (short, long) if word}


@tap.test("completion offers the verbs of the help")
def _():
    assert len(verbs) > 10, verbs
    assert complete("") == verbs and complete("help ") == verbs, complete("")
    assert complete("p") == [v for v in verbs if v.startswith("p")]


@tap.test("and of each verb the options of its help")
def _():
    for verb in ["", *verbs]:
        offered = complete(f"{verb} -".lstrip())
        assert set(offered) == spellings(verb) and len(offered) == len(set(offered)), (verb, offered)
        assert "--help" in offered or verb == "help", (verb, offered)


@tap.test("and knows what goes behind each option and verb")
def _():
    known = "source \"$0\"; compopt() { :; }; _p2pmemctl_command=(false); _p2pmemctl_value \"$1\" x"
    for verb in ["", *verbs]:
        usage = helped[verb].splitlines()[0].split("[OPTION...]")[-1] if verb else ""
        arguments = re.findall(r"[A-Z]+|[a-z]+(?:\|[a-z]+)+", usage)
        for what in {behind for _, _, behind in options(verb) if behind} | set(arguments):
            run("bash", "--norc", "-c", known, COMPLETION, what)


@tap.test("words to choose from are those of the help")
def _():
    assert complete("list -o ") == complete("pairs --output ") == ["table", "json"]
    assert complete("metrics -o j") == ["json"] and "prometheus" in complete("metrics -o ")
    assert complete("copy --require-p2p=") == ["bridge", "bus"]
    assert complete("copy --require-p2p=bu") == ["bus"]
    assert complete("policy ") == ["check", "test"]


@tap.test("files where files go")
def _():
    for typed in ("copy ", "copy --force /dev/a ", "copy --size 1M -q a b", "report ", "--sysfs ",
                  "policy check ", "policy check a ", "metrics --file ", "explain p2pmem0 /dev/"):
        assert complete(typed) == FILES, (typed, complete(typed))
    assert complete("copy --size ") == [] and complete("drain a b") == FILES
    assert complete("nosuchverb ") == FILES


@tap.test("regions, devices and leases as there are")
def _():
    leases = fake.listing("lease", [fake.lease(4096), fake.lease(4096, id="beef", tenant="unit:a")])
    with fake.Broker(ListLeases=leases) as b:
        regions = {"p2pmem0", "0000:03:00.0", "cmb0"}
        assert set(complete("drain ", b)) == set(complete("explain -o json ", b)) == regions
        assert complete("pairs --region p2", b) == ["p2pmem0"]
        devices = complete("explain p2pmem0 ", b)
        assert {"nvme1n1", "0000:04:00.0"} <= set(devices) and "p2pmem0" not in devices, devices
        assert complete("pairs --device nvme2", b) == ["nvme2n1"]
        assert complete("pairs --device 0000:04", b) == ["04:00.0"], "behind the colon"
        assert complete("revoke --lease ", b) == ["beef", "c0ffee"]
        assert complete("revoke --tenant u", b) == ["uid:1000", "unit:a"]
    assert complete("drain p2") == [] and complete("drain ", command="/nobody") == FILES


@tap.test("those of a captured machine with --sysfs, if that is what was typed")
def _():
    with fake.Broker() as b:
        assert complete("--sysfs /nowhere pairs --region ", b) == []


@tap.test("names that could be taken for more than words are not offered, and not evaluated")
def _():
    marker = os.path.join(os.environ["BUILD"], "evaluated")
    evil = [f"$(touch {marker})", f"`touch {marker}`", "a b", "*", "a;b", "-o", 'x"y', "~root", "a\nb"]
    regions = [dict(fake.REGION, name=name, serial=name, provider=name) for name in evil]
    with fake.Broker(ListRegions=fake.listing("region", regions)) as b:
        assert complete("drain ", b) == []
        assert complete(f"drain $(touch {marker}) ", b) == FILES
    assert not os.path.exists(marker)


@tap.test("bash takes it as a completion, and installs it for the name of the tool")
def _():
    text = run("bash", "--norc", "-c", 'source "$0"; complete -p p2pmemctl', COMPLETION)
    assert text == "complete -F _p2pmemctl p2pmemctl\n", text


@tap.test("each option that the program takes is in some verb's help")
def _():
    taken = set()
    for path in glob.glob(SOURCES + "/client/*.c"):
        taken |= set(re.findall(r'\{ "([a-z0-9-]+)", (?:no|required|optional)_argument', read(path)))
    said = {long for verb in helped for _, long, _ in options(verb)}
    assert {f"--{name}" for name in taken} == said, {f"--{name}" for name in taken} ^ said


@tap.test("each verb and option of the help is in the man page")
def _():
    page = man_page()
    synopsis = page.split(".SH SYNOPSIS")[1].split(".SH")[0]
    for verb in verbs:
        assert re.search(rf"\b{verb}\b", synopsis), verb
        for word in spellings(verb):
            assert re.search(rf"(?<![\w-]){word}(?![\w-])", page), (verb, word)


@tap.test("what is told of a verb in the synopsis is all that it takes")
def _():
    synopsis = man_page().split(".SH SYNOPSIS")[1].split(".SH")[0]
    lines = re.sub(r"\s+", " ", re.sub(r"^\.[A-Z]+ ", "", synopsis.replace("\n.br", "@"), flags=re.M))
    for line in lines.replace('"', "").split("@"):
        verb = next((v for v in verbs if re.search(rf"p2pmemctl (\[ ?--sysfs PATH ?\] )?{v}\b", line)), "")
        if not verb or "OPTION..." in line or verb == "policy":
            continue
        said = set(re.findall(r"--?[a-z]+(?:-[a-z]+)*", line.split(verb, 1)[1]))
        takes = {"-o" if long == "--output" else long for _, long, _ in options(verb)} - {"--help"}
        assert said == takes, (line, said, takes)


@tap.test("each option of the man page is one of the help, with the same word behind it")
def _():
    page = man_page().split(".SH OPTIONS")[1]
    behind = {}
    for verb in helped:
        for _, long, what in options(verb):
            behind.setdefault(long, set()).add(what)
    items = re.findall(r"^\.TP(?: n\(\w+)?\n(\..*--[a-z].*)$", page, re.M)
    assert len(items) > 20, items
    for item in items:
        words = re.sub(r'^\.[A-Z]+ |"|f[IP]|[][]|\\', "", item).replace(" , ", " ").split()
        long = next(w for w in words if w.startswith("--")).split("=")[0]
        assert long in behind, item
        what = re.search(r"([A-Z]+)$", words[-1])
        assert (what[1] if what else "") in behind[long], (item, behind[long])


@tap.test("no verb colours what is no terminal")
def _():
    with fake.Broker(ListLeases=fake.listing("lease", [fake.lease(4096)])) as b:
        for verb in ("list", "pairs", "topology", "leases", "doctor", ""):
            r = subprocess.run([CTL, *verb.split()], capture_output=True, text=True, timeout=60,
                               env=dict(os.environ, P2PMEM_SOCKET=b.path, TERM="xterm"))
            assert r.stdout and "\x1b" not in r.stdout + r.stderr, (verb, r)


@tap.test("exit statuses are the same in the source, the help and the man page")
def _():
    in_help = re.findall(r"^ +(\d+)  (.+)$", helped[""], re.M)
    in_page = re.findall(r"^\.TP n\(st\n(\d+)\n(.+)$", man_page(), re.M)
    assert in_help == in_page, set(in_help) ^ set(in_page)
    named = re.findall(r"\bSTATUS_(\w+)", read("client/status.h").split("STATUS_MAX")[0])
    assert len(in_help) == len(named), (in_help, named)


# ---- documents -----------------------------------------------------------


def commands(text):
    """Calls of p2pmemctl in code: in lines that are set in, in fences, and between backticks."""
    text = re.sub(r"\\\n\s*", " ", text)
    code = re.findall(r"^(?:    |\t)(.*)$", text, re.M) + re.findall(r"`([^`\n]+)`", text)
    for block in re.findall(r"```\w*\n(.*?)```", text, re.S):
        code += block.splitlines()
    for line in code:
        for call in re.findall(r"(?:^|[\s(|])p2pmemctl((?: +[^|;&)#\s`]+)*)", line):
            yield call.split()


def known_call(words):
    verb, options_of = "", spellings("")
    for word in words:
        if word == "--":
            break
        if word.startswith("-"):
            assert word.split("=")[0] in options_of, word
        elif not verb and word in verbs:
            verb = word
            options_of = options_of | spellings(verb)
            if verb == "run":
                break  # what follows may be the program's


def documents():
    return ["README.md", *sorted(os.path.relpath(p, SOURCES) for p in
                                 glob.glob(SOURCES + "/docs/*.md"))]


@tap.test("documents call the tool by verbs and options that there are")
def _():
    calls = 0
    for path in documents():
        for words in commands(read(path)):
            if words[:1] == ["/"]:
                continue  # a drawing
            calls += 1
            first = next((w for w in words if re.fullmatch(r"[a-z]+", w)), None)
            try:
                known_call(words)
                assert first is None or first in verbs or "--sysfs" in words, first
            except AssertionError as error:
                raise AssertionError(f"{path}: p2pmemctl {' '.join(words)}: {error}") from None
    assert calls > 50, calls


def policies(text):
    """Policy files in a document: set in, with where they go as a comment in front."""
    for block in re.findall(r"^    # /etc/p2pmem/policy\.d/\S+\.json\n((?:    .*\n|\n(?=    ))+)", text, re.M):
        yield block.split("\n\n")[0]


@tap.test("policies in documents are right")
def _():
    found = [p for path in documents() for p in policies(read(path))]
    example = read("docs/man/p2pmem.policy.5").split(".RS 4\n")[1].split(".RE")[0]
    assert len(found) >= 3, found
    for text in [*found, example]:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(text)
            file.flush()
            out = run(CTL, "policy", "check", "-o", "json", file.name)
        checked = json.loads(out)["policyCheck"]
        assert checked["valid"] and all(m["warning"] for m in checked["mistakes"]), (text, out)


@tap.test("links in documents lead somewhere")
def _():
    for path in documents():
        text = re.sub(r"```.*?```", "", read(path), flags=re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"\]\n\s*\(", "](", text)):
            if "://" in target:
                continue
            file, _, anchor = target.partition("#")
            there = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
            assert os.path.exists(os.path.join(SOURCES, there)), (path, target)
            if anchor:
                titles = {re.sub(r"[^a-z0-9 _-]", "", t.lower()).replace(" ", "-")
                          for t in re.findall(r"^#+ (.*)$", read(there), re.M)}
                assert anchor in titles, (path, target, titles)


# ---- the library ---------------------------------------------------------


def declarations(header):
    """What a public header declares, without its comments."""
    text = re.sub(r"/\*.*?\*/", "", read(header), flags=re.S)
    functions = set(re.findall(r"^[a-z][\w \*]*?\b(p2pmem_\w+)\(", text, re.M))
    return functions, set(re.findall(r"^(?:struct|enum) (p2pmem_\w+)(?: \{|;)", text, re.M))


def page_of(header):
    name = re.sub(r"^libp2pmem-libp2pmem$", "libp2pmem",
                  "libp2pmem-" + os.path.basename(header)[:-2])
    return read(os.path.join(os.environ["BUILD"], f"docs/man/{name}.3")).replace("\\-", "-")


headers = [os.path.relpath(path, SOURCES) for path in glob.glob(SOURCES + "/include/p2pmem/*.h")]


@tap.test("every function and structure of the library is in its man page")
def _():
    assert "include/p2pmem/libp2pmem.h" in headers
    for header in headers:
        functions, types = declarations(header)
        page = page_of(header)
        names = set(re.findall(r"\bp2pmem_\w+", page.split(".SH NAME")[1].split(".SH")[0]))
        assert functions and functions == names, (header, functions ^ names)
        for name in functions:
            text = page.split(f".SS {name}\n")[1].split("\n.SS ")[0]
            assert name + "(" in text and "Since 0." in text, text
        for name in types:
            assert re.search(rf"^(struct|enum) {name}\b", page, re.M), name


@tap.test("and what a function takes is explained")
def _():
    for header in headers:
        for comment, name, arguments in re.findall(
                r"/\*\*((?:(?!\*/).)*)\*/\n[a-z][\w \*]*?\b(p2pmem_\w+)\(([^;]*)\);", read(header),
                re.S):
            arguments = re.sub(r"\(\*(\w+)\)\([^)]*\)", r"\1", arguments)
            taken = [re.search(r"(\w+)$", a.strip())[1] for a in arguments.split(",")]
            said = re.findall(r"^ \* @(\w+):", comment, re.M)
            assert said == [a for a in taken if a != "void"], (name, said, taken)


tap.main()
