"""An odd node costs that node: the rest opens, can be edited and saved, or one sentence says why not.

Some of them in every run, all of them with `make soak`. To see one: `check_oddity(original, folder, oddity)`.
"""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from core.edits import state
from soak.damaged import complaint, digests, edit_and_save, look_at, run_limited
from soak.odd_nodes import ATTRIBUTES, NAMES, NODES, Oddity, every_oddity
from soak.small_kwik import make_kwik

from napari_phy import open_session
from napari_phy.core.errors import SaveError

N_PARTS = 8
CLUSTERINGS = "/channel_groups/0/clusters"
GROUPS = "/channel_groups/0/cluster_groups"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small data set that has one of everything."""
    folder = tmp_path_factory.mktemp("odd")
    np.zeros((1000, 4), dtype=np.int16).tofile(folder / "small.dat")
    path = make_kwik(folder, spike_clusters=np.arange(60) % 2)
    with open_session(path) as session:
        session.label([0], "quality", 0.5)
        session.label([1], "note", "fine")
        session.move([0], "axons")
        session.save()
    for left in (".kwik.bak", ".napari-phy"):
        shutil.rmtree(folder / f"small{left}", ignore_errors=True)
    (folder / "small.kwik.bak").unlink(missing_ok=True)
    return path


def check_oddity(original: Path, folder: Path, oddity: Oddity) -> str:
    """Return what is wrong with how a data set with one odd node is opened, edited and saved; "" if nothing is."""
    inner = folder / "data"
    inner.mkdir(parents=True)
    with h5py.File(folder / "outside.h5", "w") as outside:
        outside["secret"] = np.arange(10)
    for suffix in (".kwik", ".kwx", ".dat"):
        shutil.copyfile(original.with_suffix(suffix), inner / f"small{suffix}")
    path = inner / "small.kwik"
    oddity.make(path)
    before = digests(inner)
    message, problem = run_limited(lambda: look_at(path), inner)
    if not problem and digests(inner) != before:
        problem = "the files were changed"
    if not problem and not message:
        message, problem = run_limited(lambda: edit_and_save(path), inner)
    shutil.rmtree(folder)
    return problem or complaint(message, path)


def check(original: Path, folder: Path, oddities: list[Oddity]) -> None:
    wrong = [
        f"{oddity}: {problem}"
        for number, oddity in enumerate(oddities)
        if (problem := check_oddity(original, folder / f"{number}", oddity))
    ]
    assert not wrong, f"{len(wrong)} of {len(oddities)}\n" + "\n".join(wrong[:20])


@pytest.mark.parametrize(
    "node",
    [
        CLUSTERINGS,
        f"{CLUSTERINGS}/main",
        f"{CLUSTERINGS}/main/1",
        f"{CLUSTERINGS}/main/1/application_data",
        GROUPS,
        f"{GROUPS}/main",
        f"{GROUPS}/main/4",
    ],
)
@pytest.mark.parametrize("kind", ["dangling link", "dataset", "null dataset"])
def test_what_is_written_makes_room_for_itself(original: Path, tmp_path: Path, node: str, kind: str) -> None:
    """Nothing is in the way of a save: a link or dataset in the place of a group stays under another name."""
    path = tmp_path / "small.kwik"
    for suffix in (".kwik", ".kwx"):
        shutil.copyfile(original.with_suffix(suffix), path.with_suffix(suffix))
    Oddity(".kwik", node, kind).make(path)
    with open_session(path) as session:
        session.label([0, 1], "seen", "yes")
        session.recolor([0, 1], "#102030")
        session.move([0], "mua")
        session.move([1], "dendrites")
        session.save()
        kept = state(session.manager)
    with open_session(path) as session:
        assert state(session.manager) == kept
    with h5py.File(path) as file:
        assert isinstance(file[node], h5py.Group)
        parent, _, name = node.rpartition("/")
        assert file[parent].get(f"{name}.not_a_group", getlink=True) is not None


def test_what_lies_in_another_file_is_read_and_never_written(original: Path, tmp_path: Path) -> None:
    path, node = tmp_path / "small.kwik", f"{CLUSTERINGS}/main/1"
    shutil.copyfile(original.with_suffix(".kwx"), path.with_suffix(".kwx"))
    shutil.copyfile(original, path)
    with h5py.File(path, "r+") as file, h5py.File(tmp_path / "other.h5", "w") as other:
        file.copy(node, other, "cluster")
        del file[node]
        file[node] = h5py.ExternalLink("other.h5", "cluster")
    before = digests(tmp_path)
    with open_session(path) as session:
        assert session.manager.cluster_labels["note"] == {1: "fine"}
        session.label([1], "note", "changed")
        with pytest.raises(SaveError, match=r"is a link to 'other\.h5', and other files are never written; put what"):
            session.save()
        assert session.n_unsaved == 1
    assert {name: digests(tmp_path)[name] for name in before} == before


@pytest.mark.parametrize("kind", [kind for kind in ATTRIBUTES if kind not in ("infinite", "control characters")])
def test_odd_labels_stay_in_the_file(original: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "small.kwik"
    for suffix in (".kwik", ".kwx"):
        shutil.copyfile(original.with_suffix(suffix), path.with_suffix(suffix))
    node = f"{CLUSTERINGS}/main/1/application_data/napari_phy"
    Oddity(".kwik", node, kind, "label.odd").make(path)
    with open_session(path) as session:
        session.label([0], "seen", "yes")
        session.save()
    with h5py.File(path) as file:
        assert "label.odd" in file[node].attrs


@pytest.mark.parametrize(
    "oddity",
    [
        Oddity(".kwik", "/channel_groups/0/spikes/clusters/main", "dangling link"),
        Oddity(".kwik", "/channel_groups/0/spikes/recording", "region references"),
        Oddity(".kwx", "/channel_groups/0/features_masks", "null dataset"),
        Oddity(".kwik", "/", "control characters", "kwik_version"),
        Oddity(".kwik", "/application_data/spikedetekt", "vlen not UTF-8", "dtype"),
        Oddity(".kwik", "/channel_groups/0/clusters/main/1/application_data/napari_phy", "attribute not in UTF-8"),
        Oddity(".kwik", "/channel_groups/0", "table", "channel_order"),
        Oddity(".kwik", "/channel_groups/0/spikes/clusters/main", "enum"),
    ],
    ids=str,
)
def test_what_was_once_found(original: Path, tmp_path: Path, oddity: Oddity) -> None:
    assert check_oddity(original, tmp_path / "odd", oddity) == ""


def test_some_odd_nodes(original: Path, tmp_path: Path) -> None:
    everything = list(every_oddity(original))
    assert {oddity.kind for oddity in everything} == {*NODES, *ATTRIBUTES, *NAMES}
    check(original, tmp_path, everything[:: len(everything) // 16])


@pytest.mark.soak
@pytest.mark.parametrize("part", range(N_PARTS))
def test_all_odd_nodes(original: Path, tmp_path: Path, part: int) -> None:
    check(original, tmp_path, list(every_oddity(original))[part::N_PARTS])
