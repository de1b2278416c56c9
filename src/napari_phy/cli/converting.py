"""`napari-phy convert`: any data set to the layout of klusta 3, or to a folder of phy."""

from __future__ import annotations

import sys
from pathlib import Path

from napari_phy.cli.answers import Answer, count
from napari_phy.core.errors import CommandError
from napari_phy.core.sentences import visible
from napari_phy.formats.conversion.convert import convert_data_set
from napari_phy.formats.conversion.to_folder import convert_to_folder


def convert(source: Path, target: Path, channel_group: int | None, *, quiet: bool) -> Answer:
    """Write a data set anew; show how far it is where somebody looks on.

    Parameters
    ----------
    source, target : Path
        A data set, and the `.kwik` or the folder to make.
    channel_group : int or None
        That which a folder gets; a `.kwik` gets all.
    quiet : bool
        Show no progress.

    Raises
    ------
    CommandError
        A channel group was named for a `.kwik`.
    """
    if target.suffix == ".kwik" and channel_group is not None:
        raise CommandError("A .kwik gets all channel groups; leave out --group.")
    shows = not quiet and sys.stderr.isatty()

    def on_progress(part: float) -> None:
        if shows:
            end = "\n" if part >= 1 else ""
            print(f"\rConverting {visible(source.name)}: {part:4.0%}", end=end, file=sys.stderr, flush=True)

    if target.suffix == ".kwik":
        done = convert_data_set(source, target, on_progress)
    else:
        done = convert_to_folder(source, target, on_progress, channel_group=channel_group)
    facts = {
        "path": str(done.path),
        "n_spikes": {str(group): n for group, n in done.n_spikes.items()},
        "raw_files": list(done.raw_files),
        "left_out": list(done.left_out),
        "taken_as": list(done.taken_as),
    }
    spikes = count(sum(done.n_spikes.values()), "spike")
    groups = count(len(done.n_spikes), "channel group")
    lines = [f"Wrote {done.path.name}: {groups}, {spikes}.", *done.left_out, *done.taken_as]
    return Answer(facts, lines)
