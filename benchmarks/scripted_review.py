"""A review that follows only what the program proposes: how much nearer to the truth it comes, and by how many keys.

Neurons whose spikes are known are cut into clusters, and clusters of different neurons joined. Then the script presses
the keys that the wizard and the list of proposals suggest, and decides by what they say: `G` where the wizard calls a
pair likely and nothing speaks against it, `K` for a cut, `Space` otherwise; `A` for each proposal.

    python benchmarks/scripted_review.py                    klusta's recording and two samples, five seeds
    python benchmarks/scripted_review.py --seeds 3 --way wizard
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from cut_units import CUTS, cut_units, units_as_sorted, units_of_klustas, units_of_sample

from napari_phy import open_session
from napari_phy.sample_data.make import write_sample
from napari_phy.session.session import Session
from napari_phy.views.wizard_reasons import compute_reasons

Int64 = npt.NDArray[np.int64]
RECOVERED = 0.8  # accuracy from which on a neuron is recovered
FEWEST = 30  # spikes of a neuron that counts
SHARE_JOINED = 0.25  # of clusters that are joined with one near them
MOST_KEYS = 5_000
WAYS = ("wizard", "proposals", "both")
SAMPLE_S = 120.0


@dataclass(frozen=True, slots=True)
class Score:
    """How near a clustering is to the truth.

    Attributes
    ----------
    accuracy : float
        Mean over neurons of spikes that a cluster shares with it ÷ spikes of either, each matched with one cluster.
    n_recovered, n_units : int
        Neurons whose accuracy is 0.8 or more, and all of them.
    """

    accuracy: float
    n_recovered: int
    n_units: int


@dataclass(frozen=True, slots=True)
class Review:
    """What came of one review: scores before and after, and what it took."""

    before: Score
    after: Score
    n_merges: int
    n_splits: int
    n_decisions: int
    n_keys: int


def score(units: Int64, clusters: npt.ArrayLike) -> Score:
    """Compare a clustering with the neuron of each spike; those below 0 are none."""
    from scipy.optimize import linear_sum_assignment

    names, of_unit, counts = np.unique(units, return_inverse=True, return_counts=True)
    _, of_cluster, sizes = np.unique(np.asarray(clusters), return_inverse=True, return_counts=True)
    shared = np.zeros((len(names), len(sizes)))
    np.add.at(shared, (of_unit, of_cluster), 1)
    accuracy = shared / (counts[:, None] + sizes - shared)
    accuracy = accuracy[(names >= 0) & (counts >= FEWEST)]
    rows, columns = linear_sum_assignment(-accuracy)
    found = np.zeros(len(accuracy))
    found[rows] = accuracy[rows, columns]
    return Score(float(found.mean()), int((found >= RECOVERED).sum()), len(found))


def spoiled(session: Session, units: Int64, seed: int) -> Int64:
    """Return clusters of which some are a part of a neuron, and some hold two that are near each other."""
    model, rng = session.model, np.random.default_rng(seed)
    cut = cut_units(units, model.spike_samples, session.columns.get(), model.sample_rate, CUTS[seed % len(CUTS)], seed)
    clusters = cut.clusters.copy()
    depths = session.columns.get().depths
    ids = np.unique(clusters)
    middles = np.array([np.nanmedian(depths[clusters == one]) for one in ids.tolist()])
    for one in rng.permutation(len(ids))[: int(SHARE_JOINED * len(ids))].tolist():
        away = np.abs(middles - middles[one])
        away[one] = np.inf
        clusters[clusters == ids[one]] = ids[int(np.nanargmin(away))]
    return clusters


class Keys:
    """Presses keys on a session as a person would who believes what is proposed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.n_keys = self.n_merges = self.n_splits = self.n_decisions = 0

    def by_wizard(self) -> None:
        """Follow the wizard until everything is decided or was skipped."""
        session, wizard = self._session, self._session.wizard
        session.prepare()
        session.start_wizard()
        self.n_keys += 1  # W
        while not wizard.is_finished and self.n_keys < MOST_KEYS:
            self.n_keys += 1
            if wizard.cut is not None:
                self.n_splits += 1
                self.n_decisions += 1
                session.split(wizard.cut.spikes)
                session.start_wizard()
            elif wizard.best is not None and wizard.candidate is not None:
                self.n_decisions += 1
                reasons = compute_reasons(session.opened, wizard.best, wizard.candidate, reads_features=True)
                if reasons.strength == "Likely":
                    self.n_merges += 1
                    session.merge([wizard.best, wizard.candidate])
                else:
                    wizard.next()
                    session.select_proposed()
            else:
                wizard.next()
                session.select_proposed()

    def by_proposals(self) -> None:
        """Accept all proposals, and those that follow from them."""
        session = self._session
        while self.n_keys < MOST_KEYS:
            self.n_keys += 1  # P
            session.propose()
            n_before = self.n_decisions
            while found := tuple(session.proposals):
                self.n_keys += 1  # A
                self.n_decisions += 1
                self.n_merges += found[0].kind == "merge"
                self.n_splits += found[0].kind == "split"
                session.proposals.accept(found[0])
            if self.n_decisions == n_before:
                return


def review(session: Session, units: Int64, clusters: Int64, way: str = "wizard") -> Review:
    """Review a clustering of the spikes of a session, and take all of it back.

    Parameters
    ----------
    session : Session
        The data set.
    units : ndarray of int64, shape (n_spikes,)
        The neuron of each spike, below 0 for none.
    clusters : ndarray of int64, shape (n_spikes,)
        What it begins with.
    way : {"wizard", "proposals", "both"}
        What is followed; of both, the proposals first.
    """
    manager, keys = session.manager, Keys(session)
    n_done = manager.n_done
    if len(np.unique(np.stack([manager.spike_clusters, clusters]), axis=1).T) > len(np.unique(clusters)):
        manager.assign_all(clusters)  # else nothing would change
    decided = [one for one in manager.cluster_ids.tolist() if manager.group(one) != "unsorted"]
    if decided:
        manager.move(decided, "unsorted")
    session.reset_wizard()
    before = score(units, manager.spike_clusters)
    if way in ("proposals", "both"):
        keys.by_proposals()
    if way in ("wizard", "both"):
        keys.by_wizard()
    after = score(units, manager.spike_clusters)
    while manager.n_done > n_done:
        session.undo()
    session.wizard.reset()
    session.pause_wizard()
    return Review(before, after, keys.n_merges, keys.n_splits, keys.n_decisions, keys.n_keys)


Opened = tuple[str, Session, Int64]


def recordings(folder: Path, sample_s: float = SAMPLE_S) -> Iterator[Opened]:
    """Give the name, a session and the neuron of each spike of klusta's recording, where it is there, and of a sample.

    Both are copied into a folder.
    """
    source = Path(os.environ.get("NAPARI_PHY_DATA", "")) / "klusta_synth32"
    if source.exists():
        for file in source.iterdir():
            if file.is_file():
                shutil.copyfile(file, folder / file.name)
        path = folder / "synth32.kwik"
        with open_session(path) as session:
            units = units_of_klustas(path, session.model)
            yield "klusta_synth32", session, units_as_sorted(units, session.model.spike_clusters)
    path = folder / "sample.kwik"
    write_sample(path, sample_s, lambda share: None)
    with open_session(path) as session:
        yield "sample", session, units_of_sample(path, session.model)


def _row(name: str, way: str, found: list[Review]) -> str:
    def mean(value: Callable[[Review], float]) -> float:
        return sum(map(value, found)) / len(found)

    n_lower = sum(one.after.accuracy < one.before.accuracy - 1e-12 for one in found)
    cells = (
        name,
        way,
        f"{mean(lambda one: one.before.accuracy):.3f} → {mean(lambda one: one.after.accuracy):.3f}",
        (
            f"{mean(lambda one: one.before.n_recovered):.1f} → {mean(lambda one: one.after.n_recovered):.1f}"
            f" of {found[0].before.n_units}"
        ),
        f"{mean(lambda one: one.n_merges):.1f}",
        f"{mean(lambda one: one.n_splits):.1f}",
        f"{mean(lambda one: one.n_decisions):.0f}",
        f"{mean(lambda one: one.n_keys):.0f}",
        f"{n_lower} of {len(found)}",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print a table of what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--way", choices=WAYS, action="append")
    parser.add_argument("--measure", default="", help="the similarity to go by")
    options = parser.parse_args()
    print("| recording | follows | accuracy | neurons recovered | merges | splits | decisions | keys | lower |")
    print("|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, session, units in recordings(Path(folder)):
            if options.measure:
                session.views["similarity"].measure = options.measure
            starts = [spoiled(session, units, seed) for seed in range(options.seeds)]
            for way in options.way or WAYS:
                print(_row(name, way, [review(session, units, start, way) for start in starts]), flush=True)


if __name__ == "__main__":
    main()
