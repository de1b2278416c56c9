"""The channel groups and clusterings of a Kwik file: what can be read of them, and which one is opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import h5py

from napari_phy.core.clustering_file import MAIN
from napari_phy.core.errors import KwikFormatError, NapariPhyError, NotInFileError
from napari_phy.core.sentences import on_one_line
from napari_phy.formats.hdf5.file import H5File
from napari_phy.formats.kwik import schema, spikes
from napari_phy.formats.kwik.clustering_nodes import list_clusterings
from napari_phy.formats.kwik.probe import read_channels
from napari_phy.formats.kwik.spike_clusters import check_clustering

MAX_GROUPS = 1024
_N_NAMED = 3


@dataclass(frozen=True, slots=True, eq=False)
class GroupScan:
    """What a look at one channel group tells.

    Attributes
    ----------
    n_spikes : int, default 0
        How many spikes it has.
    ranges : mapping of int to Span, optional
        {recording: its spikes}; empty where the group cannot be read.
    ascending : bool, default True
        The file has the spikes in the order of time.
    channels : tuple of int, default ()
        Numbers of its channels.
    clusterings : tuple of str, default ()
        Their names, in the alphabet.
    problems : mapping of str or None to str, optional
        {clustering, or None for the whole group: why it cannot be read}.
    """

    n_spikes: int = 0
    ranges: Mapping[int, spikes.Span] = field(default_factory=dict)
    ascending: bool = True
    channels: tuple[int, ...] = ()
    clusterings: tuple[str, ...] = ()
    problems: Mapping[str | None, str] = field(default_factory=dict)

    @property
    def can_be_opened(self) -> bool:
        """Whether it has spikes that can be read."""
        return self.n_spikes > 0 and None not in self.problems


def scan_groups(file: H5File, wanted: int | None) -> dict[int, GroupScan]:
    """Look at the channel groups, so that one that cannot be read costs that one only; hard links to one, once.

    Of very many only the first `MAX_GROUPS` are looked at, and that which is wanted.

    Parameters
    ----------
    wanted : int or None
        A channel group that there must be.

    Raises
    ------
    KwikFormatError
        The file has no channel groups.
    NotInFileError
        It has not the one that is wanted.
    """
    name = file.path.name
    numbers = [group for group in file.children(schema.GROUPS) if isinstance(group, int)]
    if not numbers:
        raise KwikFormatError(" ".join([f"{name} has no channel groups.", *_tell_misnamed(file)]))
    if wanted is not None and wanted not in numbers:
        raise NotInFileError(f"{name} has no channel group {wanted}; it has {', '.join(map(str, numbers))}.")
    recordings = set(schema.recording_nodes(file)) or {0}
    recordings |= set(range(len(recordings)))  # klusta numbers them by the text order of their names
    groups: dict[int, GroupScan] = {}
    scans: dict[h5py.Group | None, GroupScan] = {}  # hard links to one group are equal
    for number in sorted({*numbers[:MAX_GROUPS], *([] if wanted is None else [wanted])}):
        node = None
        try:
            node = file.find_group(schema.group_path(number))
            if node is None:
                raise KwikFormatError(f"{name}: channel group {number} is no group; use another copy of the file.")
            scan = scans.get(node) or _scan(file, number, recordings)
        except NapariPhyError as error:
            scan = GroupScan(problems={None: str(error)})
        if node is not None:
            scans[node] = scan
        groups[number] = scan
    return groups


def tell_left_out(file: H5File) -> tuple[str, ...]:
    """Return sentences on channel groups that are not looked at: of no number, or more than `MAX_GROUPS`."""
    sentences = _tell_misnamed(file)
    n_groups = sum(isinstance(group, int) for group in file.children(schema.GROUPS))
    if n_groups > MAX_GROUPS:
        sentences += (f"{file.path.name} has {n_groups} channel groups; only the first {MAX_GROUPS} are read.",)
    return sentences


def _tell_misnamed(file: H5File) -> tuple[str, ...]:
    names = [name for name in file.children(schema.GROUPS) if isinstance(name, str)]
    if not names:
        return ()
    shown = ", ".join(repr(on_one_line(name)) for name in names[:_N_NAMED])
    more = f" and {len(names) - _N_NAMED} more" if len(names) > _N_NAMED else ""
    are, them = ("Channel group {} is", "it") if len(names) == 1 else ("Channel groups {} are", "them")
    what = are.format(f"{shown}{more}")
    return (f"{file.path.name}: {what} left out, because the name is no whole number from 0 on; rename {them}.",)


def _scan(file: H5File, number: int, recordings: set[int]) -> GroupScan:
    where = f"{file.path.name}: channel group {number}"
    found = list_clusterings(file, number)
    per_spike = [schema.spikes_path(number, "recording"), *(schema.clustering_path(number, name) for name in found)]
    if not file.is_dataset(schema.spikes_path(number, "time_samples")) and (
        any(file.is_dataset(path) and file.dataset(path).size for path in per_spike) or _has_clusters(file, number)
    ):
        raise KwikFormatError(f"{where} has clusters but no times of their spikes; use another copy of the file.")
    samples = spikes.read_samples(file, number)
    scan = spikes.scan_spikes(file, number, samples)
    strange = sorted(set(scan.ranges) - recordings)
    if strange:
        known = ", ".join(map(str, sorted(recordings)))
        raise KwikFormatError(f"{where} has a spike of recording {strange[0]}, but the recordings are {known}.")
    channels = read_channels(file, number)
    if len(samples) and not len(channels):
        raise KwikFormatError(f"{where} has spikes but no channels; write its channels into channel_order.")
    problems = clustering_problems(file, number, found, len(samples))
    if found and len(problems) == len(found):
        problems = {None: problems[preferred(found)[0]], **problems}
    return GroupScan(len(samples), scan.ranges, scan.ascending, tuple(channels.tolist()), found, problems)


def _has_clusters(file: H5File, number: int) -> bool:
    path = f"{schema.group_path(number)}/clusters"
    return any(file.children(f"{path}/{name}") for name in file.children(path))


def clustering_problems(
    file: H5File, channel_group: int, clusterings: tuple[str, ...], n_spikes: int
) -> dict[str | None, str]:
    """Return {clustering: why it cannot be read}, as far as its shape and type tell."""
    problems: dict[str | None, str] = {}
    for name in clusterings:
        with noting(problems, name):
            check_clustering(file, channel_group, name, n_spikes)
    return problems


@contextmanager
def noting(problems: dict[str | None, str], clustering: str) -> Iterator[None]:
    """Note why a clustering cannot be read."""
    try:
        yield
    except NapariPhyError as error:
        problems[clustering] = str(error)


def preferred(clusterings: tuple[str, ...]) -> tuple[str, ...]:
    """Return clusterings in the order in which they are tried: main, then by the alphabet; main where there is none."""
    others = tuple(name for name in clusterings if name != MAIN)
    return (MAIN, *others) if len(others) < len(clusterings) or not others else others


def openable(groups: Mapping[int, GroupScan], wanted: int | None) -> Iterator[int]:
    """Give the channel groups in the order in which they are tried: that which is wanted, else those with spikes."""
    if wanted is not None:
        yield wanted
        return
    sound = [number for number, group in groups.items() if group.can_be_opened]
    yield from sound or [next((number for number, group in groups.items() if group.problems), min(groups))]


def tell_unreadable(
    name: str, unreadable: Mapping[tuple[int, str | None], str], instead: tuple[int, str] | None
) -> str:
    """Return what the user should know of parts that cannot be read, "" if all can.

    Parameters
    ----------
    name : str
        Name of the file.
    unreadable : mapping of tuple of int and str or None to str
        {(channel group, clustering or None): why}.
    instead : tuple of int and str or None
        The channel group and clustering that are opened in the place of the first ones.
    """
    reasons = list(dict.fromkeys(why.removeprefix(f"{name}: ") for why in unreadable.values()))
    sentences = [f"{reason[:1].upper()}{reason[1:]}" for reason in reasons[:_N_NAMED]]
    if len(reasons) > _N_NAMED:
        sentences.append(f"{len(reasons) - _N_NAMED} more of its channel groups or clusterings cannot be read.")
    if instead is not None:
        sentences.append(f"Channel group {instead[0]}, clustering {instead[1]}, is opened instead.")
    return f"{name}: {' '.join(sentences)}" if sentences else ""
