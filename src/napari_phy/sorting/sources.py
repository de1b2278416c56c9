"""What a user names to be sorted, with the parameters that come along and the file that is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import MissingDataError, SaveError, SortingError
from napari_phy.core.sentences import listed
from napari_phy.core.settings import Switch
from napari_phy.files.install import check_folder, check_free, install
from napari_phy.files.platform_files import is_folder
from napari_phy.formats.kwik.traces import JoinedTraces
from napari_phy.formats.parameter_files.prm import read_prm
from napari_phy.sorting.algorithms import Estimator, algorithm
from napari_phy.sorting.detection import DetectedSpikes, Detection
from napari_phy.sorting.job import Reporter
from napari_phy.sorting.kwik_files import suffixes_of, write_detected
from napari_phy.sorting.spool import Spool
from napari_phy.sorting.traces import RawTraces, find_probe, open_raw_files, traces_of
from napari_phy.sorting.unfinished import Unfinished

Model = BaseModel | RawTraces | str | Path
Finish = Callable[[Mapping[int, DetectedSpikes], Path | None, Reporter], Mapping[int, DetectedSpikes]]

_KLUSTA = {"extract_s_before": 10, "extract_s_after": 10}  # of a parameter file that does not say
_UNDERSTOOD = (*_KLUSTA, "filter_high")  # whether or not an algorithm has them
_USUAL_TYPE = np.dtype(np.int16)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Traces, and what comes along with them.

    Attributes
    ----------
    traces : RawTraces
        The traces.
    target : Path or None
        The `.kwik` to write; None for none.
    parameters : mapping of str to object, optional
        Those of detection.
    is_strict : bool, default False
        Whether a parameter that cannot be is an error; else it is passed over.
    clustering_parameters : mapping of str to object, optional
        Those of clustering.
    is_own : bool, default False
        Whether the files of the traces are to be closed in the end.
    """

    traces: RawTraces
    target: Path | None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    is_strict: bool = False
    clustering_parameters: Mapping[str, Any] = field(default_factory=dict)
    is_own: bool = False

    def close(self) -> None:
        """Release the files that were opened for this."""
        if self.is_own and isinstance(self.traces.traces, JoinedTraces):
            self.traces.traces.close()

    def detector(self, key: str, parameters: Mapping[str, Any]) -> Any:
        """Return an algorithm that detects, with its parameters.

        Raises
        ------
        SortingError
            There is no such algorithm.
        SettingsError
            There is no such parameter, or it is out of bounds.
        SaveError
            The files to write are there already.
        """
        kind = algorithm(key, "detect")
        made = kind(**{**self._known(kind), **parameters})
        if self.target is not None:
            check_free(self.target.parent, self.target.stem, suffixes_of(self.traces))
        return made

    def detect(
        self,
        detector: Any,
        executor: Executor | None,
        reporter: Reporter,
        finish: Finish | None = None,
        further: Sequence[Estimator] = (),
    ) -> Detection:
        """Detect spikes, let `finish` do more with them by `further` algorithms, and write them where that is asked.

        Nothing is there under the name of the target before all is. What is done is kept in a hidden folder beside it,
        where this goes on if it did not come to the end.
        """
        share = 1.0 if finish is None else 0.5
        kept: dict[int, DetectedSpikes] = {}

        self._tell_of_unused(detector, reporter)

        def work(folder: Path | None) -> None:
            detector.fit(self.traces, reporter.within(share), executor, folder)
            kept.update(detector.groups_ if finish is None else finish(detector.groups_, folder, reporter))
            if not any(found.n_spikes for found in kept.values()):
                doubt = (
                    "Correct what is said of the raw data above" if self.traces.notes else "Lower the strong threshold"
                )
                reporter.say(f"No spike was found. {doubt}.")

        if self.target is None:
            work(None)
        else:
            self._write(work, kept, [detector, *further], reporter)
        n_spikes = {number: found.n_spikes for number, found in kept.items()}
        n_clusters = {number: found.n_clusters for number, found in kept.items()}
        given = detector.get_params()
        return Detection(n_spikes, n_clusters, self.target, {} if self.target else kept, given)

    def _write(
        self,
        work: Callable[[Path], None],
        kept: Mapping[int, DetectedSpikes],
        estimators: Sequence[Any],
        reporter: Reporter,
    ) -> None:
        target = self.target
        assert target is not None

        def write(folder: Path) -> None:
            work(folder)
            reporter.stage("Writing", 1.0)
            path, given = folder / target.name, estimators[0].get_params()
            for suffix in suffixes_of(self.traces):
                path.with_suffix(suffix).unlink(missing_ok=True)  # half written by an earlier run
            write_detected(path, target.parent, self.traces, kept, given, self.clustering_parameters)
            reporter.check()
            for rows in (rows for found in kept.values() for rows in (found.masks, found.features)):
                if isinstance(rows, Spool):
                    rows.close()  # some systems remove no file that is open

        try:
            with Unfinished(target, self.traces, estimators, reporter) as folder:
                install(target.parent, target.stem, write, suffixes_of(self.traces), folder)
        except OSError as error:
            if isinstance(error, ConnectionError) or error.errno is None:  # of workers, and not of files
                raise SortingError(f"The workers were lost: {str(error).rstrip('.')}; start them again.") from error
            raise SaveError(f"{target.name} could not be written: {error.strerror or error}.") from error
        reporter.say(f"Wrote {target.name}.")

    def _tell_of_unused(self, detector: Any, reporter: Reporter) -> None:
        """Say what in a parameter file says nothing to an algorithm, or something else."""
        if not self.is_strict:
            return
        given = detector.get_params()
        own = [f"{name}={given[name]}" for name in self.parameters if name in detector.not_from_files & given.keys()]
        unused = [name for name in self.parameters if name not in {*given, *_UNDERSTOOD}]
        if unused:
            reporter.say(f"Not used by {detector.title}: {listed(unused)}.")
        if own:
            reporter.say(f"{detector.title} takes {listed(own)}: in the parameter file that means something else.")

    def _known(self, kind: type[Estimator]) -> dict[str, Any]:
        found = {}
        described = kind.parameters_type.described()
        for name, setting in described.items():
            if name in kind.not_from_files:
                continue
            value = self.parameters.get(name)
            value = value.item() if isinstance(value, np.generic) else value
            if value is None or value == "":
                continue
            if isinstance(setting, Switch) and value in (0, 1):
                value = bool(value)
            if self.is_strict or value in setting:
                found[name] = value
        high_hz = self.parameters.get("filter_high")  # of older files
        is_new = "filter_high_factor" in described and "filter_high_factor" not in found
        if is_new and isinstance(high_hz, int | float) and high_hz > 0:
            found["filter_high_factor"] = high_hz / self.traces.sample_rate
        return found


def open_source(model: Model, path: str | Path | None) -> Source:
    """Return the source that a model, traces or a parameter file are.

    Parameters
    ----------
    model : model, RawTraces, str or Path
        What is sorted.
    path : str, Path or None
        The `.kwik` to write; None: beside a `.prm`, and nowhere for what is not one.

    Raises
    ------
    SaveError
        The path is not that of a `.kwik`, or its folder is not there.
    SortingError, MissingDataError, KwikFormatError
        What is given cannot be sorted, or is not there.
    """
    target = None if path is None else Path(path).absolute()
    if target is not None and is_folder(target):
        raise SaveError(f"{target} is a folder; name the .kwik file to write in it.")
    if target is not None and target.suffix != ".kwik":
        raise SaveError(f"{target.name} does not end in .kwik; choose another name.")
    if target is not None:
        check_folder(target)
    if isinstance(model, RawTraces):
        return Source(model, target)
    if isinstance(model, BaseModel):
        return Source(traces_of(model), target, model.metadata)
    if not isinstance(model, str | Path):
        raise SortingError(
            f"Spikes are detected in a .prm, in RawTraces or in an open data set, not in a {type(model).__name__}."
        )
    prm = read_prm(Path(model))
    if prm.sample_rate is None or prm.prb_file is None:
        name = "sample_rate" if prm.sample_rate is None else "prb_file"
        raise MissingDataError(f"{prm.path.name} sets no {name}; add it.")
    traces = open_raw_files(
        prm.raw_data_files,
        find_probe(prm.prb_file, prm.path.parent),
        sample_rate=prm.sample_rate,
        n_channels=prm.n_channels,
        dtype=prm.dtype or _USUAL_TYPE,
        microvolts_per_unit=prm.voltage_gain,
    )
    beside = prm.path.absolute().with_name(f"{Path(prm.experiment_name).name.removesuffix('.kwik')}.kwik")
    plain = {name: value for name, value in prm.klustakwik2.items() if isinstance(value, bool | int | float | str)}
    return Source(traces, target or beside, _KLUSTA | dict(prm.spikedetekt), True, plain, True)
