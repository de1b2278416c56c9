"""Finding again the clusters that neurons were cut into: pairs to merge, of all that can be, and time for 500 clusters.

Neurons of klusta's synthetic recording (the folder that NAPARI_PHY_DATA names) and of a sample of five minutes are cut
at random, by amplitude, time, depth and bursts (`cut_units`), with seeds that nothing was tried out with. Both sides
propose on the same cuts: ours by default; theirs by each preset of SpikeInterface, as it is and with as few spikes
needed as ours needs. Clusters of one proposed group are pairs. What is printed is 1 − F1 over all pairs, and what is
not right of those proposed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from cut_units import CUTS, CutUnits, Pair, cut_units, units_as_sorted, units_of_klustas, units_of_sample
from data_set import RESULTS
from harness import SEED, Limit, Row, Side, Size, Watch
from recorded_set import recorded_set

from napari_phy import open_session
from napari_phy.sample_data.make import write_sample
from napari_phy.session.session import Session
from napari_phy.table.pair_evidence import candidate_pairs, pair_evidence
from napari_phy.views.proposals import ProposalsSettings, propose_merges

SIZE = Size(n_spikes=1_000_000, n_clusters=500, n_repeats=10)  # of which `n_repeats` is the number of seeds
HAS_PEER, PEER_ONCE = True, True
FIRST_SEED = 100  # those below were for trying out
SAMPLE_S = 300.0
PRESETS = ("similarity_correlograms", "temporal_splits", "x_contaminations", "feature_neighbors", "slay")
SETTINGS = ProposalsSettings()
ROWS = (
    *(
        Row(f"pairs missed or wrong (1 − F1), cut {words}", f"error {cut}", Limit(1.0, "ours / theirs"), unit="%")
        for cut, words in zip(
            CUTS, ("at random", "by amplitude", "by time", "by depth (drift)", "by bursts"), strict=True
        )
    ),
    Row("the same, all cuts", "error", Limit(1.0, "ours / theirs"), unit="%"),
    Row("proposed pairs that are wrong (1 − precision), all cuts", "wrong", Limit(0.05), unit="%"),
    Row("merges of 500 clusters, 64 channels, 1 M spikes", "500 clusters", Limit(5.0)),
    Row("noise and splits of these, with the metrics that noise needs", "noise and splits"),
)


@dataclass(slots=True)
class Counts:
    """Pairs that were found, proposed wrongly, and missed."""

    found: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, proposed: set[Pair], cut: CutUnits) -> None:
        """Count the pairs that were proposed for one clustering."""
        self.found += len(proposed & cut.pairs)
        self.wrong += len(proposed - cut.pairs)
        self.missed += len(cut.pairs - proposed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.found / max(2 * self.found + self.wrong + self.missed, 1)

    @property
    def precision(self) -> float:
        """Share of the proposed pairs that are right; 1 of none."""
        return self.found / (self.found + self.wrong) if self.found + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Share of the pairs that were proposed."""
        return self.found / max(self.found + self.missed, 1)


@dataclass(slots=True)
class Tally:
    """Counts of one way to propose, by cut."""

    by_cut: dict[str, Counts] = field(default_factory=lambda: {cut: Counts() for cut in CUTS})

    @property
    def all(self) -> Counts:
        """The sum over all cuts."""
        every = self.by_cut.values()
        return Counts(*(sum(getattr(one, name) for one in every) for name in ("found", "wrong", "missed")))

    def words(self, name: str) -> str:
        """Return F1 by cut, and F1, precision and recall of all."""
        every = self.all
        each = [f"{cut} {counts.f1:.3f}" for cut, counts in self.by_cut.items()]
        sums = (f"all {every.f1:.3f}", f"precision {every.precision:.3f}", f"recall {every.recall:.3f}")
        return "  ".join((f"{name:<34}", *each, *sums))


def measure(side: Side, size: Size, watch: Watch) -> None:
    seeds = range(FIRST_SEED, FIRST_SEED + size.n_repeats)
    tallies: dict[str, Tally] = {}
    hashed = hashlib.blake2b(digest_size=8)
    sample_s = SAMPLE_S if size.n_spikes == SIZE.n_spikes else 30.0
    with _opened(sample_s) as opened:
        for session, units in opened:
            cuts = [(name, seed) for seed in seeds for name in CUTS]
            columns, model = session.columns.get(), session.model
            peer = None if side == "ours" else _Peer(session)
            for name, seed in cuts:
                cut = cut_units(units, model.spike_samples, columns, model.sample_rate, name, seed)
                hashed.update(cut.clusters)
                found = _by_us(session, cut, watch) if peer is None else peer.propose(cut)
                for way, proposed in found.items():
                    tallies.setdefault(way, Tally()).by_cut[name].add(proposed, cut)
    watch.digest = hashed.hexdigest()
    watch.notes += [tally.words(way) for way, tally in tallies.items()]
    for way, tally in tallies.items():
        watch.add(f"recall {way}", tally.all.recall)
        watch.add(f"precision {way}", tally.all.precision)
    best = max(tallies.values(), key=lambda tally: tally.all.f1)
    for name in CUTS:  # theirs is the best preset of each row
        watch.add(f"error {name}", min(1 - tally.by_cut[name].f1 for tally in tallies.values()))
    watch.add("error", 1 - best.all.f1)
    watch.add("wrong", 1 - best.all.precision)
    if side == "ours":
        _time_500(size, watch)


@contextmanager
def _opened(sample_s: float) -> Iterator[Iterator[tuple[Session, np.ndarray]]]:
    """Give sessions of copies, one after the other, with the neuron of each of their spikes."""
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=RESULTS) as folder:
        yield _sessions(Path(folder), sample_s)


def _sessions(folder: Path, sample_s: float) -> Iterator[tuple[Session, np.ndarray]]:
    source = Path(os.environ.get("NAPARI_PHY_DATA", "")) / "klusta_synth32"
    if source.exists():
        for name in ("synth32.kwik", "synth32.kwx", "synth32.prm", "synth32.prb", "ground_truth.npz"):
            shutil.copyfile(source / name, folder / name)
        (folder / "synth32.dat").symlink_to(source / "synth32.dat")
        path = folder / "synth32.kwik"
        with open_session(path) as session:
            units = units_of_klustas(path, session.model)
            yield session, units
            yield session, units_as_sorted(units, session.model.spike_clusters)
    path = folder / "sample.kwik"
    write_sample(path, sample_s, lambda share: None)
    for group in (0, 1):
        with open_session(path, channel_group=group) as session:
            yield session, units_of_sample(path, session.model)


# ---- ours


def _by_us(session: Session, cut: CutUnits, watch: Watch) -> dict[str, set[Pair]]:
    manager = session.manager
    manager.assign_all(cut.clusters)
    firsts = np.unique(cut.clusters, return_index=True)[1]
    cut_of = dict(zip(manager.spike_clusters[firsts].tolist(), range(len(firsts)), strict=True))
    large = [one for one in manager.cluster_ids.tolist() if manager.n_spikes(one) >= SETTINGS.least_spikes]
    groups = [one.clusters for one in propose_merges(session.opened, large, SETTINGS.least_score)]
    scores = {one.clusters: one.score for one in pair_evidence(session.opened, candidate_pairs(session.opened, large))}
    for pair in combinations(sorted(cut_of), 2):
        is_one = _pair(cut_of[pair[0]], cut_of[pair[1]]) in cut.pairs
        if is_one or pair in scores:
            watch.add("score of one neuron" if is_one else "score of two", scores.get(pair, 0.0))
    watch.add("pairs of two", len(cut_of) * (len(cut_of) - 1) // 2 - len(cut.pairs))
    manager.undo()
    return {"napari-phy": _pairs([[cut_of[one] for one in group] for group in groups])}


def _time_500(size: Size, watch: Watch) -> None:
    """Time proposals of as many clusters, every two of which are one neuron that was cut at random."""
    halves = replace(size, n_clusters=size.n_clusters // 2)
    with recorded_set(halves, n_channels=64, n_features=3) as path, open_session(path) as session:
        manager = session.manager
        part = np.random.default_rng(SEED).integers(0, 2, size.n_spikes)
        manager.assign_all(2 * manager.spike_clusters.astype(np.int64) + part)
        session.prepare()
        settings = session.views["proposals"]
        settings.update(noise=False, splits=False)
        found = watch.time("500 clusters", session.propose)
        watch.notes.append(f"Of {len(manager.cluster_ids)} clusters, all of them halves: {len(found)} merges.")
        settings.update(merges=False, noise=True, splits=True)
        watch.time("noise and splits", session.propose)


def _pair(one: int, other: int) -> Pair:
    return min(one, other), max(one, other)


def _pairs(groups: Iterable[Iterable[int]]) -> set[Pair]:
    return {_pair(int(one), int(other)) for group in groups for one, other in combinations(group, 2)}


# ---- theirs


class _Peer:
    """SpikeInterface on the band-passed traces of one channel group."""

    def __init__(self, session: Session) -> None:
        import spikeinterface.preprocessing as preprocessing
        from probeinterface import Probe
        from spikeinterface.core import read_binary, set_global_job_kwargs

        warnings.simplefilter("ignore")
        set_global_job_kwargs(n_jobs=1, progress_bar=False)
        model = session.model
        self._samples, self._rate = model.spike_samples, model.sample_rate
        traces = read_binary(
            str(model.path.with_suffix(".dat")), sampling_frequency=self._rate, dtype="int16", num_channels=32,
            gain_to_uV=model.microvolts_per_unit, offset_to_uV=0,
        )  # fmt: skip
        recording = traces.select_channels([traces.channel_ids[one] for one in model.probe.channel_ids.tolist()])
        probe = Probe(ndim=2)
        probe.set_contacts(positions=model.probe.positions, shapes="circle", shape_params={"radius": 5})
        probe.set_device_channel_indices(np.arange(model.n_channels))
        recording.set_probe(probe)
        self._recording = preprocessing.bandpass_filter(recording, 500, 6000).save(format="memory", verbose=False)

    def propose(self, cut: CutUnits) -> dict[str, set[Pair]]:
        """Return the pairs that each preset proposes."""
        from spikeinterface.core import NumpySorting, create_sorting_analyzer
        from spikeinterface.curation import compute_merge_unit_groups

        sorting = NumpySorting.from_samples_and_labels([self._samples], [cut.clusters], self._rate)
        analyzer = create_sorting_analyzer(sorting, self._recording, format="memory", sparse=True, verbose=False)
        found = {}
        for preset in PRESETS:
            few = {"num_spikes": {"min_spikes": SETTINGS.least_spikes}}
            for way, params in ((preset, None), (f"{preset}, {SETTINGS.least_spikes} spikes", few)):
                if preset == "slay" and params is not None:
                    continue  # which needs no number of spikes
                groups = compute_merge_unit_groups(analyzer, preset, steps_params=params, force_copy=False)
                found[way] = _pairs(groups)
        return found
