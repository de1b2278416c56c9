"""The fields of Detect and sort: raw data and probe, algorithms with their parameters, and where the result goes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from magicgui.types import FileDialogMode
from magicgui.widgets import ComboBox, FileEdit
from magicgui.widgets.bases import Widget

from napari_phy.core.errors import NapariPhyError
from napari_phy.sorting import cluster
from napari_phy.sorting.algorithms import Estimator, algorithms
from napari_phy.sorting.matched.detector import MatchedSpikeDetekt
from napari_phy.sorting.spikedetekt.detector import SpikeDetekt
from napari_phy.sorting.templates.refinement import TemplateSubtraction
from napari_phy.views.detection_preview import RawChoice, free_target
from napari_phy.widgets.docks.algorithm_fields import AlgorithmFields, more_box, spin

FILE, OPEN = "file", "open"
SOURCES = (("A file", FILE), ("The data set that is open", OPEN))
TYPES = ("int16", "uint16", "int32", "float32", "float64")
SHOWN_S = (0.05, 0.2, 0.5, 1.0, 3.0)
RAW_FILES = "*.prm *.dat *.bin *.raw *.kwd"
PROBE_FILES = "*.prb *.json"
DETECT_ONLY, NO_REFINING = "Nothing: detect only", "Nothing: clusters stay"


class SortingForm:
    """Holds what was chosen.

    Parameters
    ----------
    changed : callable
        Called after something else was chosen that changes the result.
    shown : callable
        Called after other fields belong to what is chosen.
    """

    def __init__(self, changed: Callable[[], None], shown: Callable[[], None]) -> None:
        self._changed, self._shown = changed, shown
        self._open_path: Path | None = None  # of the data set that is open, where it has raw data
        self._proposed: Path | None = None  # the name of the result that was filled in
        self.source = ComboBox(label="Sort", choices=list(SOURCES), value=FILE, tooltip="Which raw data are sorted")
        self.file = FileEdit(
            mode=FileDialogMode.EXISTING_FILES, label="Raw data", filter=RAW_FILES, nullable=True,
            tooltip="A .prm of klusta, a .kwd, or flat files such as .dat: several are recordings in this order",
        )  # fmt: skip
        self.probe = FileEdit(
            label="Probe", filter=PROBE_FILES, nullable=True,
            tooltip="A .prb, a .json of probeinterface, or a name in its library: neuronexus/A1x32-Poly3-10mm-50-177",
        )  # fmt: skip
        self.rate_hz = spin("Sample rate (Hz)", "Samples of a channel in a second", 1e6, none="choose", decimals=3)
        self.n_channels = spin("Channels", "Columns of the file", 1e5, none="as the probe")
        self.dtype = ComboBox(label="Type", choices=list(TYPES), tooltip="Of a sample")
        self.gain = spin("Unit (µV)", "Microvolts of a unit of the raw data", 1e6, none="not known", decimals=6)
        self.detect = AlgorithmFields("Detect by", algorithms("detect"), MatchedSpikeDetekt.key, self._on_chosen)
        self.cluster = AlgorithmFields(
            "Cluster by", algorithms("cluster"), cluster.DEFAULT, self._on_chosen, DETECT_ONLY
        )
        self.refine = AlgorithmFields(
            "Refine by", algorithms("refine"), TemplateSubtraction.key, self._on_chosen, NO_REFINING, 0
        )
        self.refine.algorithm.changed.connect(lambda *_: self._show_refined_settings())
        self._show_refined_settings()
        self.more = more_box()
        self.target = FileEdit(
            mode=FileDialogMode.OPTIONAL_FILE, label="Save as", filter="*.kwik", nullable=True,
            tooltip="The .kwik that is written; nothing is overwritten",
        )  # fmt: skip
        self.start_s = spin("Preview from (s)", "Where the preview begins", 1e7, decimals=2)
        self.shown_s = ComboBox(
            label="Preview", choices=[(f"{one:g} s", one) for one in SHOWN_S], value=0.2, tooltip="How much is shown"
        )
        self.source.changed.connect(lambda *_: self._on_data())
        self.file.changed.connect(lambda *_: self._on_data())
        self.more.changed.connect(lambda *_: shown())
        for field in (self.probe, self.rate_hz, self.n_channels, self.dtype, self.gain, self.start_s, self.shown_s):
            field.changed.connect(lambda *_: changed())

    @property
    def fields(self) -> tuple[Widget, ...]:
        """All of them, from top to bottom."""
        data = (self.source, self.file, self.probe, self.rate_hz, self.n_channels, self.dtype, self.gain)
        parts = (self.detect, self.cluster, self.refine)
        few = [field for part in parts for field in (part.algorithm, *part.few)]
        others = [field for part in parts for field in part.others]
        return *data, *few, self.more, *others, self.target, self.start_s, self.shown_s

    @property
    def shown_rows(self) -> dict[Widget, bool]:
        """Which fields are in sight."""
        choice = self.choice
        rows: dict[Widget, bool] = {self.source: self._open_path is not None, self.file: self.source.value == FILE}
        rows |= dict.fromkeys((self.probe, self.rate_hz, self.gain), choice.asks_probe)
        rows |= dict.fromkeys((self.n_channels, self.dtype), choice.asks_layout)
        rows[self.refine.algorithm] = self.can_refine
        for part in (self.detect, self.cluster, self.refine):
            is_used = self.can_refine or part is not self.refine
            for field in (*part.few, *part.others):
                rows[field] = is_used and part.is_shown(field, more=self.more.value)
        return rows

    @property
    def choice(self) -> RawChoice:
        """The raw data that are chosen."""
        if self.source.value == OPEN:
            return RawChoice(None)
        paths = _paths(self.file)
        return RawChoice(
            paths[0] if paths else None,
            _text(self.probe),
            float(self.rate_hz.value),
            int(self.n_channels.value),
            self.dtype.value,
            float(self.gain.value),
            tuple(paths[1:]),
        )

    @property
    def detect_is_ours(self) -> bool:
        """Whether the algorithm that detects has thresholds to look at."""
        kind: type = algorithms("detect")[self.detect.key]
        return issubclass(kind, SpikeDetekt)

    @property
    def can_refine(self) -> bool:
        """Whether there are clusters to refine, of spikes that can be measured anew."""
        return bool(self.cluster.key) and self.detect_is_ours

    @property
    def target_path(self) -> Path | None:
        """The file to write; None where none is named."""
        path = _path(self.target)
        if path is None or path.name in ("", ".."):
            return None
        return path if path.suffix else path.with_suffix(".kwik")

    def offer_open(self, path: Path | None) -> None:
        """Offer the raw data of the data set that is open; without one, or where it has none, a file."""
        self._open_path = path
        with self.source.changed.blocked():
            self.source.value = OPEN if path is not None and not _paths(self.file) else FILE
        self.propose_target()
        self._shown()

    def propose_target(self) -> None:
        """Fill in a name of the result that is free, unless somebody chose one."""
        beside = self._open_path if self.source.value == OPEN else self.choice.path
        now = _path(self.target)
        is_there = self.source.value == OPEN or (beside is not None and _is_file(beside))
        if beside is None or not is_there or (now is not None and now != self._proposed):
            return
        self._proposed = free_target(beside.absolute())
        with self.target.changed.blocked():
            self.target.value = self._proposed

    def _on_data(self) -> None:
        """Fill in what is known of a file."""
        choice = self.choice
        if choice.asks_probe and choice.path is not None and not choice.probe:
            beside = sorted(choice.path.parent.glob("*.prb")) if _is_file(choice.path) else []
            if len(beside) == 1:
                with self.probe.changed.blocked():
                    self.probe.value = beside[0]
        if choice.is_prm and choice.path is not None and _is_file(choice.path):
            self._show_parameters(choice)
        self.propose_target()
        self._shown()
        self._changed()

    def _show_parameters(self, choice: RawChoice) -> None:
        """Show the parameters that a parameter file sets."""
        try:
            source = choice.open()
        except NapariPhyError:  # which the preview says
            return
        try:
            for key in self.detect.fields:
                self.detect.show(source.detector(key, {}).parameters, key)
            for key, kind in algorithms("cluster").items():
                known, _ = cluster.known_settings(kind, source.clustering_parameters)
                self.cluster.show(kind(**{**self._refined_settings(kind), **known}).parameters, key)
        except NapariPhyError:
            return
        finally:
            source.close()

    def _show_refined_settings(self) -> None:
        """Show the parameters of clustering that suit the refinement that is chosen, or none."""
        names = {name for kind in algorithms("refine").values() for name in getattr(kind, "clustering", {})}
        for key, kind in algorithms("cluster").items():
            mine = names & self.cluster.fields[key].keys()
            self.cluster.show(kind(**self._refined_settings(kind)).parameters, key, mine)

    def _refined_settings(self, kind: type[Estimator]) -> dict[str, Any]:
        return cluster.refined_settings(kind, algorithms("refine").get(self.refine.key))

    def _on_chosen(self) -> None:
        self._shown()
        self._changed()


def _path(field: FileEdit) -> Path | None:
    text = _text(field)
    return _typed(text) if text else None


def _paths(field: FileEdit) -> list[Path]:
    """Return several files; a name that has a comma in it is one if there is such a file."""
    text = _text(field)
    is_one = bool(text) and _is_file(_typed(text))
    return [_typed(one.strip()) for one in ([text] if is_one else text.split(", ")) if one.strip()]


def _typed(text: str) -> Path:
    """Return the path that is typed; `~name` stays where there is nobody of that name."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def _is_file(path: Path) -> bool:
    """Return whether there is such a file; what no file can be called is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _text(field: FileEdit) -> str:
    """Return what is typed: a name that is no path stays as it is."""
    return str(field.line_edit.value).strip()
