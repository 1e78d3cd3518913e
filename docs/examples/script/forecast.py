"""Prints the mean temperature of each station."""

import argparse
import json
from pathlib import Path
from statistics import mean

import yaml
from rich.console import Console
from rich.table import Table

STATIONS = Path(__file__).parent / "stations.yaml"


def means() -> dict[str, float]:
    """The mean of each station, by its name."""
    stations = yaml.safe_load(STATIONS.read_text(encoding="utf-8"))
    return {station["name"]: round(mean(station["temperatures"]), 1) for station in stations}


def main() -> None:
    """Reads the arguments and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    if parser.parse_args().json:
        print(json.dumps(means()))
        return
    table = Table("station", "mean °C")
    for name, value in means().items():
        table.add_row(name, str(value))
    Console().print(table)


if __name__ == "__main__":
    main()
