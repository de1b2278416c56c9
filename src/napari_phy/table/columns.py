"""The columns of clusters: each is declared once, here or by `metric`; lists, filters, colours and views read it."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ClusteringError
from napari_phy.core.progress import OnProgress
from napari_phy.core.signals import signal
from napari_phy.core.time_cursor import spans_of
from napari_phy.plugins import METRICS, load_entry_points
from napari_phy.stats.refractory import refractory_fraction
from napari_phy.table.cluster_channels import channels_by
from napari_phy.table.numbers import UNKNOWN, format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.table.stretches import first_spikes
from napari_phy.table.value_range import ValueRange
from napari_phy.table.waveform_samples import waveform_samples

Float64 = npt.NDArray[np.float64]
Need = Literal["features", "positions", "waveforms", "traces"]
Compute = Callable[[SessionLike, Sequence[int], OnProgress], npt.ArrayLike]

NEEDS: tuple[Need, ...] = ("features", "positions", "waveforms", "traces")
OWN_UNIT = "µV"  # stands for the unit of the data set's waveforms, which is "a.u." where the gain is unknown


@dataclass(frozen=True, slots=True, repr=False)
class Column:
    """One number that is known of each cluster.

    Attributes
    ----------
    key : str
        Its one name, in settings and scripts.
    title : str
        The word in the header of a list. Without a full stop at its end it is the word in filters, in the command
        `s` and in tables (`word`).
    compute : callable
        `compute(session, cluster_ids, on_progress)` returns (n,) numbers, nan where one is not known.
    tip : str
        The first line names it, with its unit; more of them explain it.
    name : str
        What menus and captions call it.
    axis : str
        The words along an axis, without the unit; "" where they are the name.
    unit : str
        "" for none; "µV" stands for the unit of the data set's waveforms.
    decimals : int
        How many are shown.
    kind : {"plain", "additive", "lazy"}
        Known at once; made of sums that follow edits; or computed cluster by cluster, once for each.
    needs : tuple of str
        What a data set must have: "features", "positions", "waveforms", "traces".
    in_background : bool
        Whether lists compute it in the background.
    follows_time : bool
        Whether it is that of the spikes of the stretch of time that is looked at, not of whole clusters.
    is_quantity : bool
        Whether it can stand for size and colour; ids and channels cannot.
    is_whole : bool
        Whether its numbers are whole.
    is_log : bool
        Whether it may have a logarithmic axis.
    aliases : tuple of str
        Other names that filters, commands and settings understand.
    width, small_width : int
        In the large and in the small form of a list, in px.
    keep : int
        In a narrow list the column with the smallest number goes behind the others first.
    in_small, in_similar : bool
        Whether the small form and the list of similar clusters have it.
    warns_from : float
        From which value on it is in the colour of warnings.
    is_of_package : bool
        Whether `metric` declared it.
    """

    key: str
    title: str
    compute: Compute
    tip: str
    name: str
    unit: str = ""
    decimals: int = 0
    kind: Literal["plain", "additive", "lazy"] = "plain"
    needs: tuple[Need, ...] = ()
    in_background: bool = False
    follows_time: bool = False
    is_quantity: bool = True
    is_whole: bool = False
    is_log: bool = False
    aliases: tuple[str, ...] = ()
    width: int = 60
    small_width: int = 54
    keep: int = 10
    axis: str = ""
    in_small: bool = True
    in_similar: bool = True
    warns_from: float = math.inf
    is_of_package: bool = False

    def __repr__(self) -> str:
        summary = self.tip.partition("\n")[0]
        return f"<Column {self.key}: {summary[:1].lower() if summary[1:2].islower() else summary[:1]}{summary[1:]}>"

    @property
    def word(self) -> str:
        """How filters and commands name it."""
        word = self.title.removesuffix(".")
        return word if word.isidentifier() else self.key

    @property
    def names(self) -> tuple[str, ...]:
        """All names that are understood."""
        return tuple(dict.fromkeys((self.key, self.word, *self.aliases, self.title)))

    def text(self, value: float) -> str:
        """Return a value as a list shows it: "7 444", "–"."""
        if self.is_quantity:
            return format_number(value, self.decimals)
        return str(int(value)) if math.isfinite(value) else UNKNOWN

    def plain(self, value: float) -> float:
        """Return a value as a table has it: whole numbers as `int`."""
        return int(value) if self.is_whole and math.isfinite(value) else value

    def unit_in(self, own_unit: str) -> str:
        """Return the unit in a data set whose waveforms have `own_unit`."""
        return own_unit if self.unit == OWN_UNIT else self.unit

    def axis_title(self, own_unit: str) -> str:
        """Return the title of an axis: "rate (Hz)"."""
        title, unit = self.axis or self.name, self.unit_in(own_unit)
        return f"{title} ({unit})" if unit else title

    def value_words(self, value: float, own_unit: str) -> str:
        """Return "rate 4.3 Hz"."""
        return " ".join(filter(None, (self.name, format_number(value, self.decimals), self.unit_in(own_unit))))

    def range_labels(self, ends: ValueRange, own_unit: str) -> tuple[str, str]:
        """Return what the two ends of a ramp of colours stand for: "0.8" and "≥ 8.1 Hz"."""
        return ends.labels(self.unit_in(own_unit), self.decimals)

    def is_in(self, session: SessionLike) -> bool:
        """Return whether a data set has what it needs."""
        model = session.model
        has = {
            "features": session.sums is not None,
            "positions": model.probe.knows_positions,
            "waveforms": model.waveforms is not None,
            "traces": model.traces is not None,
        }
        return all(has[need] for need in self.needs)


# --- the columns of our own ---


def _ids(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    return clusters


def _n_spikes(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    return list(map(session.manager.n_spikes, clusters))


def _rates(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    return mean_rates(session, np.array(list(map(session.manager.n_spikes, clusters)), dtype=np.int64))


def mean_rates(session: SessionLike, n_spikes: npt.NDArray[np.int64]) -> Float64:
    """Return the mean rates in Hz of clusters with so many spikes in `session`.

    This is the only place where spikes are divided by a duration: that of the time whose spikes the session has.
    """
    used_s = sum(stop_s - start_s for start_s, stop_s in spans_of(session.range_s))
    rates: Float64 = n_spikes / max(used_s, 1 / session.model.sample_rate)
    return rates


def _channels(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    """Return the id of the first of each cluster's channels."""
    if session.sums is None:
        return np.full(len(clusters), np.nan)
    ids, found = session.model.probe.channel_ids, session.sums.get(clusters, on_progress)
    channels = [channels_by(found[cluster]) for cluster in clusters]
    return [ids[own[0]] if len(own) else np.nan for own in channels]


def _depths(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    """Return the centre of mass of |feature| × mask over y."""
    probe = session.model.probe
    if session.sums is None or not probe.knows_positions or not clusters:
        return np.full(len(clusters), np.nan)
    found = session.sums.get(clusters, on_progress)
    weights = np.stack([found[cluster].abs_sum for cluster in clusters])
    totals = weights.sum(axis=1)
    depths = np.full(len(totals), np.nan)
    np.divide(weights @ probe.positions[:, 1], totals, out=depths, where=totals > 0)
    return depths


def _refractory(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    return [100 * refractory_share(session, session.manager.spikes(cluster)) for cluster in clusters]


def refractory_share(session: SessionLike, spikes: npt.NDArray[np.int64]) -> float:
    """Return the share (0…1) of the intervals between ascending spikes that are below the refractory time."""
    samples, rate = session.model.spike_samples[spikes], session.model.sample_rate
    return refractory_fraction(samples, sample_rate=rate, firsts=first_spikes(session.manager, spikes))


def _amplitudes(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
    """Return max − min of mean waveform × mean mask on the largest channel, over up to 100 evenly spaced waveforms."""
    samples = waveform_samples(session, clusters, on_progress=on_progress)
    return [samples[cluster].amplitudes.max() for cluster in clusters]


BUILT_IN: tuple[Column, ...] = (
    Column(
        "id", "id", _ids, "Cluster id", "cluster id", is_quantity=False, is_whole=True,
        aliases=("cluster", "cluster_id"), width=58, small_width=44,
    ),
    Column(
        "channel", "ch", _channels, "Channel where the cluster is largest", "channel", kind="additive",
        needs=("features",), is_quantity=False, is_whole=True, width=32, small_width=30, keep=7,
    ),
    Column(
        "depth", "depth", _depths, "Depth (µm)", "depth", "µm", kind="additive",
        needs=("features", "positions"), width=48, small_width=46, keep=2, in_small=False, in_similar=False,
    ),
    Column(
        "spikes", "spikes", _n_spikes, "Number of spikes", "spikes", follows_time=True, is_whole=True,
        is_log=True, aliases=("n_spikes", "size"), width=60, small_width=58, keep=8,
    ),
    Column(
        "rate", "rate", _rates, "Mean firing rate (Hz)", "rate", "Hz", 1, follows_time=True, is_log=True,
        aliases=("fr",), width=44, small_width=42, keep=5, in_similar=False,
    ),
    Column(
        "amplitude", "amp", _amplitudes,
        "Amplitude (µV)\nPeak to peak of the mean waveform × mask on the best channel; single spikes differ",
        "amplitude", OWN_UNIT, kind="lazy", needs=("waveforms",), in_background=True, is_log=True,
        width=44, small_width=40, keep=3,
    ),
    Column(
        "refractory", "refr.", _refractory, "Intervals within 2 ms (%)", "refractory", "%", 1, kind="lazy",
        axis="intervals within 2 ms", follows_time=True, width=46, small_width=44, keep=9, in_small=False,
        warns_from=1.0,
    ),
)  # fmt: skip


# --- the registry ---


class Registry:
    """The columns of our own, and those that packages and scripts declare."""

    changed = signal()

    def __init__(self) -> None:
        self._added: dict[str, Column] = {}
        self._has_loaded = False

    @property
    def columns(self) -> tuple[Column, ...]:
        """All of them; what packages offer is imported when this is first asked for."""
        if not self._has_loaded:
            self._has_loaded = True
            load_entry_points(METRICS, "metric")  # `metric` adds them
        return (*BUILT_IN, *self._added.values())

    def add(self, column: Column) -> None:
        """Take a column, in the place of one of the same key that was added before.

        Raises
        ------
        ValueError
            Another column has one of its names.
        """
        others = (*BUILT_IN, *(one for key, one in self._added.items() if key != column.key))
        taken = {name for one in others for name in one.names} | {"group", "similar"}
        for name in column.names:
            if name in taken:
                raise ValueError(f"There is a column {name} already: call the metric otherwise.")
        self._added[column.key] = column
        self.changed.emit()

    def clear(self) -> None:
        """Drop all that was added; what packages offer is imported anew."""
        self._added.clear()
        self._has_loaded = False
        self.changed.emit()


registry = Registry()


def all_columns() -> tuple[Column, ...]:
    """Return every column, those of our own first, in the order of the lists."""
    return registry.columns


def quantities() -> tuple[Column, ...]:
    """Return the columns that can stand for size and colour."""
    return tuple(column for column in all_columns() if column.is_quantity)


def measures() -> tuple[Column, ...]:
    """Return the columns that can be along an axis: quantities, then names such as channels and ids."""
    return (*quantities(), *(column for column in all_columns()[::-1] if not column.is_quantity))


def known_keys(session: SessionLike, *, reads_features: bool = True) -> set[str]:
    """Return the keys of the columns that can be known of a data set."""
    return {
        column.key
        for column in all_columns()
        if column.is_in(session) and (reads_features or "features" not in column.needs)
    }


def column_named(name: str) -> Column | None:
    """Return the column that has a name, or None."""
    return next((column for column in all_columns() if name in column.names), None)


def column_key(name: str) -> str:
    """Return the key of the column that has a name; what is no name of a column as it is."""
    column = column_named(name)
    return name if column is None else column.key


def find_column(name: str) -> Column:
    """Return the column that has a name.

    Raises
    ------
    ClusteringError
        There is none; the sentence names the nearest.
    """
    column = column_named(name)
    if column is not None:
        return column
    names = [name for one in all_columns() for name in one.names]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(one.word for one in all_columns())}."
    raise ClusteringError(f"There is no column {name}; {hint}")
