"""Measure one side of one subject in this process; the last line printed is the result, as JSON."""

from __future__ import annotations

import argparse
import importlib
import json
import logging
from dataclasses import asdict

from harness import Size, Watch


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("subject")
    parser.add_argument("side", choices=["ours", "theirs"])
    parser.add_argument("size", help="a Size as JSON")
    arguments = parser.parse_args()
    subject = importlib.import_module(f"subjects.{arguments.subject}")
    logging.getLogger("napari_phy").setLevel(logging.ERROR)  # what it tells a user at opening
    watch = Watch()
    subject.measure(arguments.side, Size(**json.loads(arguments.size)), watch)
    print(json.dumps(asdict(watch)))


if __name__ == "__main__":
    main()
