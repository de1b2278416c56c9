"""The command napari-phy."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="napari-phy",
        description="Look at and hand-sort large extracellular recordings in napari.",
        epilog="example: napari-phy open recording.kwik",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    opening = commands.add_parser(
        "open", help="open a .kwik file in napari", description="Open a .kwik file in napari."
    )
    opening.add_argument("kwik", type=Path, help="the file")
    opening.set_defaults(run=lambda options: show(options.kwik))
    demo = commands.add_parser(
        "demo",
        help="open a fresh copy of the sample",
        description="Open a fresh copy of the sample recording in napari.",
    )
    demo.set_defaults(run=lambda options: show(fresh_sample()))
    options = parser.parse_args(arguments)
    return int(options.run(options))


def fresh_sample() -> Path:
    """Return the .kwik of a fresh copy of the sample in a folder of its own, and say where it is."""
    from napari_phy.sample_data import fresh_copy

    path = fresh_copy(Path(tempfile.mkdtemp(prefix="napari-phy-demo-")))
    print(f"A fresh copy of the sample is in {path.parent}")
    return path


def show(path: Path) -> int:
    """Open a data set in napari and stay until the window is closed; return the exit status."""
    if not path.is_file():
        print(f"There is no file {path}.", file=sys.stderr)
        return 1
    import napari

    viewer = napari.Viewer()
    viewer.open(str(path), plugin="napari-phy")
    napari.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
