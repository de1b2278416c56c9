"""Measure napari-phy against its peers, in turn and in fresh processes, and print what came out.

`make bench` runs it in an environment of its own; README.md tells what the rows are.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import table
from harness import TINY, Sample, Side, Size

HERE = Path(__file__).parent
SUBJECTS = {
    "construct": "10 M spikes, 500 clusters",
    "merge": "10 M spikes: one merge",
    "session": "10 M spikes: one edit of a session",
    "split": "10 M spikes: one split",
    "series": "10 M spikes: a series of edits",
    "large": "100 M spikes, 500 clusters",
    "journal": "the journal (theirs: a bare fdatasync of the same bytes)",
    "opening": "10 M spikes: opening",
    "waveforms": "10 k waveforms of 82 samples and 32 channels",
    "correlograms": "correlograms of 1 800 s at 20 kHz, lags up to 25 ms",
    "similarity": "500 clusters, 96 features: how alike all pairs are",
    "proposals": "neurons cut into clusters: which are found again",
    "metrics": "500 clusters, 64 channels: all columns of quality",
    "sorting": "60 s, 32 channels, 20 neurons: sorted with one thread",
    "readback": "reading back what was saved",
    "readback_phy": "a folder edited by one program and read by another",
    "traces": "30 s of 384 channels: pages, frames, the summary",
    "feature_store": "10 M spikes × 10 000 features, 20 of them not 0 (theirs: writing as many bytes)",
    "spikes": "10 M spikes, 500 clusters: pictures of all of them",
    "clicks": "1 M spikes, 32 channels: from an event to the last paint",
    "linked": "1 M spikes, 200 clusters, 64 channels, eight docks",
    "linked_phy": "the same folder, 1 M spikes, 200 clusters, 64 channels, eight docks",
    "linked_large": "10 M spikes, 200 clusters, 32 channels, eight docks",
    "large_phy": "a folder of 10 M spikes, 800 clusters, 384 channels",
    "video": "films of 300 frames",
    "start": "a program on a display of its own",
    "cold_import": "starting",
}


def main(arguments: list[str] | None = None) -> None:
    """Run what the command line asks for, and print what came out."""
    options = _options(arguments)
    everything = {}
    n_missed = 0
    for name in options.only:
        subject = importlib.import_module(f"subjects.{name}")
        sides = {side: Results() for side in ("ours", "theirs")}
        for side, size in _turns(name, subject, options):
            sides[side].add(_measured(name, side, size, on_display=getattr(subject, "ON_DISPLAY", False)))
        lines = [
            table.line(row, sides["ours"].samples, sides["theirs"].samples, cpu=options.cpu) for row in subject.ROWS
        ]
        print(table.text(SUBJECTS[name], lines))
        for note in dict.fromkeys(sides["ours"].notes + sides["theirs"].notes):
            print(note)
        _say_whether_same(sides["ours"], sides["theirs"])
        print(flush=True)
        n_missed += sum(line.met is False for line in lines)
        everything[name] = {side: results.plain() for side, results in sides.items()}
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(everything, indent=1))
    print(f"Targets missed: {n_missed}.")


class Results:
    """What the processes of one side measured."""

    def __init__(self) -> None:
        self.samples: dict[str, list[Sample]] = {}
        self.digests: set[str] = set()
        self.notes: list[str] = []

    def add(self, result: dict) -> None:
        """Keep the result of one process."""
        for key, samples in result["samples"].items():
            self.samples.setdefault(key, []).extend(Sample(**sample) for sample in samples)
        if result["digest"]:
            self.digests.add(result["digest"])
        self.notes += result["notes"]

    def plain(self) -> dict[str, list[dict[str, float]]]:
        """Return all samples for JSON."""
        return {key: [asdict(sample) for sample in samples] for key, samples in self.samples.items()}


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="*", metavar="subject", help=f"one or more of {', '.join(SUBJECTS)}; all if none")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each side (default 3)")
    parser.add_argument("--cpu", action="store_true", help="tell processor time; a busy machine disturbs it less")
    parser.add_argument("--no-peers", action="store_true", help="measure ours alone")
    parser.add_argument("--tiny", action="store_true", help="a few spikes only, to see that it runs")
    parser.add_argument("--json", type=Path, help="write every sample to this file")
    options = parser.parse_args(arguments)
    unknown = set(options.only) - set(SUBJECTS)
    if unknown:
        parser.error(f"there is no subject {', '.join(sorted(unknown))}")
    options.only = options.only or list(SUBJECTS)
    return options


def _turns(name: str, subject: ModuleType, options: argparse.Namespace) -> Iterable[tuple[Side, Size]]:
    size = TINY if options.tiny else subject.SIZE
    has_peer = subject.HAS_PEER and not options.no_peers
    if has_peer and not options.tiny and _free_bytes() < getattr(subject, "PEER_BYTES", 0):
        print(f"{name}: the peer needs {table.amount(subject.PEER_BYTES, 'B')} of free memory; ours runs alone.")
        has_peer = False
    for turn in range(options.rounds if subject.HAS_PEER else 1):
        yield "ours", size
        if has_peer and (turn == 0 or not getattr(subject, "PEER_ONCE", False)):
            yield "theirs", size


def _measured(name: str, side: Side, size: Size, *, on_display: bool) -> dict:
    command = [sys.executable, str(HERE / "worker.py"), name, side, json.dumps(asdict(size))]
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # installing compiles modules once; so does their first import
    if on_display:  # of its own, drawn in software, so that all machines do the same
        environment |= {"QT_API": "pyqt6", "QT_QPA_PLATFORM": "xcb"}
        environment.pop("WAYLAND_DISPLAY", None)
        command = ["xvfb-run", "-a", "-s", "-screen 0 1920x1080x24", *command]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{name}, {side}: the process ended with {done.returncode}.")
    return json.loads(done.stdout.splitlines()[-1])


def _say_whether_same(ours: Results, theirs: Results) -> None:
    if len(ours.digests | theirs.digests) > 1:
        raise SystemExit("The two sides did not come to the same result; the times say nothing.")
    if ours.digests and theirs.digests:
        print("Both sides came to the same result.")


def _free_bytes() -> float:
    account = Path("/proc/meminfo")
    if not account.exists():
        return math.inf
    return next(
        int(line.split()[1]) * 1024 for line in account.read_text().splitlines() if line.startswith("MemAvailable:")
    )


if __name__ == "__main__":
    main()
