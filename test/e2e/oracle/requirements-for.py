"""Which requirements apply to which environments, as pypa/packaging evaluates their markers.

Usage: requirements-for.py FILE, with JSON on standard input: a list of marker environments. FILE is what `uv export` printed. Prints
JSON: of each environment the sorted `name==version`; what has a URL is its name alone.
"""

import json
import sys

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    requirements = [Requirement(line) for line in lines if line and not line.startswith(("#", "-", "."))]
    answers = []
    for environment in json.load(sys.stdin):
        applying = {
            canonicalize_name(requirement.name) + ("" if requirement.url else str(requirement.specifier))
            for requirement in requirements
            if requirement.marker is None or requirement.marker.evaluate(environment)
        }
        answers.append(sorted(applying))
    json.dump(answers, sys.stdout)


main()
