"""Which wheel of several each of some Pythons takes, by the tags that pypa/packaging gives it on this host's C library.

Usage: wheels-for.py, with JSON on standard input: a list of [Python, machine, wheels], where the Python is `cp314t`, say, or `pp311`.
Prints JSON: of each the name of the wheel, or null.
"""

import json
import re
import sys

from packaging import tags
from packaging._manylinux import platform_tags
from packaging.utils import parse_wheel_filename


def tags_of(python, machine):
    name, minor, flags = re.fullmatch(r"([a-z]+)3(\d+)(\w*)", python).groups()
    version = (3, int(minor))
    platforms = [*platform_tags([machine]), f"linux_{machine}"]
    if name == "cp":
        yield from tags.cpython_tags(version, [f"cp3{minor}{flags}"], platforms)
        yield from tags.compatible_tags(version, f"cp3{minor}", platforms)
    else:
        yield from tags.generic_tags(f"pp3{minor}", [f"pypy3{minor}_pp73"], platforms)
        yield from tags.compatible_tags(version, "pp3", platforms)


def main():
    answers = []
    for python, machine, wheels in json.load(sys.stdin):
        ranks = {tag: rank for rank, tag in reversed(list(enumerate(tags_of(python, machine))))}
        fitting = {
            wheel: min((ranks[tag] for tag in parse_wheel_filename(wheel)[3] if tag in ranks), default=None) for wheel in wheels
        }
        known = [wheel for wheel, rank in fitting.items() if rank is not None]
        answers.append(min(known, key=fitting.get, default=None))
    json.dump(answers, sys.stdout)


main()
