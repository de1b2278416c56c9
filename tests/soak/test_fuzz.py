"""A damaged data set opens or is refused in one sentence; it never runs code, hangs, crashes, fills memory or changes.

50 mutations in every run, more than 3 000 new ones with `make soak`, where what opens is edited and saved, too. To see
one of them: `check_one(original, folder, seed)`.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from soak.damaged import Outcome, complaint, look_at, outcomes, run_limited
from soak.small_kwik import make_kwik

N_EVERY_TIME = 25
N_SOAK, N_SOAK_REAL = 1500, 500  # of each data set
FIRST_SEED = 10**6 * int(os.environ.get("NAPARI_PHY_SOAK_SEED", "0"))
REAL = "klusta_4ch/test4"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data set written by us, with two channel groups and raw data."""
    folder = tmp_path_factory.mktemp("written")
    np.zeros((1000, 4), dtype=np.int16).tofile(folder / "small.dat")
    return make_kwik(folder, groups=(0, 3))


@pytest.fixture(scope="module")
def chunked(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same data set in compressed chunks, as other programs write it."""
    folder = tmp_path_factory.mktemp("chunked")
    shutil.copy(written.with_suffix(".dat"), folder)
    for suffix in (".kwik", ".kwx"):
        with h5py.File(written.with_suffix(suffix)) as old, h5py.File(folder / f"small{suffix}", "w") as new:
            _copy_in_chunks(old, new)
    return folder / "small.kwik"


def _copy_in_chunks(old: h5py.Group, new: h5py.Group) -> None:
    for name, value in old.attrs.items():
        new.attrs[name] = value
    for name, node in old.items():
        if isinstance(node, h5py.Group):
            _copy_in_chunks(node, new.create_group(name))
        else:
            new.create_dataset(
                name, data=node[()], chunks=(64, *node.shape[1:]), compression="gzip", maxshape=node.shape
            )


def check(found: list[Outcome]) -> None:
    wrong = [f"seed {item.seed}, {item.damage}: {item.problem}" for item in found if item.problem]
    assert not wrong, f"{len(wrong)} of {len(found)}\n" + "\n".join(wrong[:20])
    fates = Counter("refused" if item.message else "opened" for item in found)
    assert min(fates["refused"], fates["opened"]) > len(found) // 20, "the damage is too great or too little to tell"


def test_damaged_files(written: Path) -> None:
    check(list(outcomes(written, range(N_EVERY_TIME))))


@pytest.mark.soak
def test_damaged_files_in_chunks(chunked: Path) -> None:
    check(list(outcomes(chunked, range(10_000, 10_000 + N_EVERY_TIME // 2))))


@pytest.mark.real_data
def test_damaged_real_files(data_folder: Path) -> None:
    check(list(outcomes(data_folder / f"{REAL}.kwik", range(20_000, 20_000 + N_EVERY_TIME // 2))))


@pytest.mark.soak
@pytest.mark.parametrize("part", range(4))
def test_many_damaged_files(written: Path, part: int) -> None:
    check(list(outcomes(written, range(FIRST_SEED + 100_000 + part, FIRST_SEED + 100_000 + N_SOAK, 4), edits=True)))


@pytest.mark.soak
@pytest.mark.parametrize("part", range(4))
def test_many_damaged_files_in_chunks(chunked: Path, part: int) -> None:
    check(list(outcomes(chunked, range(FIRST_SEED + 200_000 + part, FIRST_SEED + 200_000 + N_SOAK, 4), edits=True)))


@pytest.mark.soak
@pytest.mark.real_data
@pytest.mark.parametrize("name", [REAL, "hybrid_10sec/hybrid_10sec"])
@pytest.mark.parametrize("part", range(4))
def test_many_damaged_real_files(data_folder: Path, name: str, part: int) -> None:
    seeds = range(FIRST_SEED + 300_000 + part, FIRST_SEED + 300_000 + N_SOAK_REAL, 4)
    check(list(outcomes(data_folder / f"{name}.kwik", seeds, edits=True)))


def _set(path: str, name: str, value: object) -> Callable[[Path], None]:
    def damage(kwik: Path) -> None:
        with h5py.File(kwik, "r+") as file:
            file[path].attrs[name] = value

    return damage


def _huge_features(kwik: Path) -> None:
    with h5py.File(kwik.with_suffix(".kwx"), "r+") as file:
        del file["/channel_groups/0/features_masks"]
        file["/channel_groups/0/features_masks"] = np.full((300, 12, 2), 1e300)


def _pickled_channels(kwik: Path) -> None:
    uneven = np.bytes_(b"(lp0\nVa.dat\np1\na(lp2\na.")
    with h5py.File(kwik, "r+") as file:
        file["/channel_groups/0"].attrs["adjacency_graph"] = uneven
        file["/channel_groups/3"].attrs["channel_order"] = uneven
        del file["/application_data/spikedetekt"].attrs["n_channels"]


FOUND_BEFORE = {
    "a list as name of a group": _set("/channel_groups/0/cluster_groups/main/3", "name", [1, 2, 3]),
    "an array as raw file": _set("/recordings/0/raw", "dat_path", np.zeros(3, dtype=[("a", "i4"), ("b", "f8")])),
    "a recording that starts at the end of time": _set("/recordings/0", "start_time", 1e308),
    "features beyond float32": _huge_features,
    "channels pickled in lists of unequal length": _pickled_channels,
}


@pytest.mark.parametrize("name", FOUND_BEFORE)
def test_what_was_once_found(written: Path, tmp_path: Path, name: str) -> None:
    for file in written.parent.iterdir():
        shutil.copy(file, tmp_path)
    FOUND_BEFORE[name](tmp_path / written.name)
    assert not complaint(look_at(tmp_path / written.name), written)


def _hang() -> str:
    while True:
        pass


def _run_code() -> str:
    Path("canary").touch()
    return ""


def _crash() -> str:
    os.abort()


def _fill_memory() -> str:
    return str(np.ones(2**28).sum())


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (_hang, "longer than 1 s"),
        (_run_code, "code of the file was run"),
        (_crash, "it crashed (SIGABRT)"),
        (_fill_memory, "MemoryError"),
        (lambda: str(1 / 0), "ZeroDivisionError"),
    ],
)
def test_whatever_goes_wrong_would_be_seen(tmp_path: Path, action, says: str) -> None:
    assert says in run_limited(action, tmp_path, seconds=1)[1]


def test_what_goes_well_is_told_from_what_goes_wrong(tmp_path: Path) -> None:
    assert run_limited(lambda: "fine", tmp_path) == ("fine", "")
