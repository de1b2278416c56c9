"""Draw the traces of the sample at four zooms, for the docs.

usage: python tools/trace_pictures.py FOLDER
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from walk import fresh_sample, keep_settings_of_the_person

SIZE = (1280, 420)
ZOOMS = {"20ms": 0.02, "250ms": 0.25, "10s": 10.0, "whole": float("inf")}  # s
GAINS = {"10s": 0.6, "whole": 0.4}  # flatter where slow waves lie side by side


def main() -> int:
    """Open the sample, take Traces out of the window, draw; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where traces_20ms.png and its fellows go")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        keep_settings_of_the_person(Path(home))
        draw(options.folder, fresh_sample(Path(home)))
    return 0


def draw(folder: Path, kwik: Path) -> None:
    """Keep a picture of the Traces dock at each zoom."""
    import napari
    from journeys.person import Person

    viewer = napari.Viewer()
    viewer.theme = "dark"
    person = Person(viewer)
    person.resize(1920, 1080)
    person.open(kwik.resolve())
    clock, dock = person.session.time, person.workspace.docks["Traces"]
    panel = person.workspace.panels["Traces"]
    middle = busiest_moment(person.session, ZOOMS["20ms"])
    dock.setFloating(True)
    dock.resize(*SIZE)
    clock.move_to(middle)
    for name, length in ZOOMS.items():
        clock.show(middle - min(length, clock.duration_s) / 2, middle + min(length, clock.duration_s) / 2)
        panel.reset()
        panel.scale_by(GAINS.get(name, 1.0))
        person.rest(0.5)
        person.settle()
        path = folder / f"traces_{name}.png"
        dock.grab().save(str(path))
        print(path)
    viewer.layers.clear()
    viewer.close()


def busiest_moment(session: Any, length_s: float) -> float:
    """Return the middle of the stretch of time in which the fewest-seen selected cluster has the most spikes."""
    import numpy as np

    edges = np.arange(0.0, session.time.duration_s, length_s)
    samples = session.model.spike_samples
    counts = [
        np.histogram(samples[session.manager.spikes(cluster)] / session.model.sample_rate, edges)[0]
        for cluster in session.selection.clusters
    ]
    place = int(np.argmax(np.min(counts, axis=0) + np.sum(counts, axis=0) / 1000))
    return float(edges[place] + length_s / 2)


if __name__ == "__main__":
    sys.exit(main())
