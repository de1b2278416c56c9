"""Folders of suite2p and files of CaImAn give cells; a broken part costs that part."""

import h5py
import numpy as np
import pytest

from napari_phy.core.errors import ImagingError
from napari_phy.formats.imaging import read_cells

SHAPE = (20, 30)


def squares():
    """Return (y, x) of the pixels of three cells."""
    return [np.mgrid[y : y + 3, x : x + 4].reshape(2, -1) for y, x in ((1, 2), (8, 20), (9, 22))]


@pytest.fixture
def suite2p(tmp_path):
    folder = tmp_path / "suite2p" / "plane0"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in ("F", "Fneu", "spks"):
        np.save(folder / f"{name}.npy", rng.normal(size=(3, 50)).astype(np.float32))
    np.save(folder / "iscell.npy", [[1, 0.9], [0, 0.2], [1, 0.7]])
    stat = np.empty(3, dtype=object)
    stat[:] = [{"ypix": y, "xpix": x.astype(np.int32), "med": [1, 2]} for y, x in squares()]
    np.save(folder / "stat.npy", stat, allow_pickle=True)
    np.save(folder / "ops.npy", {"fs": 15.0, "Ly": 20, "Lx": 30, "save": "here"}, allow_pickle=True)
    return folder


def test_a_folder_of_suite2p_is_read_whole(suite2p):
    cells = read_cells(suite2p)
    assert (cells.name, len(cells), cells.n_frames, cells.rate_hz) == ("suite2p", 3, 50, 15.0)
    for values, name in ((cells.traces, "F"), (cells.neuropil, "Fneu"), (cells.events, "spks")):
        assert np.array_equal(values, np.load(suite2p / f"{name}.npy"))
    assert cells.is_cell.tolist() == [True, False, True]
    for pixels, place in zip(cells.pixels, squares(), strict=True):
        assert np.array_equal(np.unravel_index(pixels, SHAPE), place)
    assert cells.labels[1:4, 2:6].tolist() == [[1] * 4] * 3
    assert set(np.unique(cells.labels)) == {0, 1, 3}
    assert cells.problems == ()


@pytest.mark.parametrize("place", [".", "F.npy", "..", "../.."])
def test_a_plane_is_found_from_the_folders_above_it_and_from_its_files(suite2p, place):
    assert len(read_cells((suite2p / place).resolve())) == 3


def test_of_several_planes_one_is_to_be_chosen(suite2p):
    other = suite2p.parent / "plane1"
    other.mkdir()
    np.save(other / "F.npy", np.ones((2, 9)))
    with pytest.raises(ImagingError, match="cells of 2 planes; choose the folder of one: plane0, plane1"):
        read_cells(suite2p.parent)
    assert len(read_cells(other)) == 2


def test_a_broken_part_costs_that_part(suite2p):
    (suite2p / "stat.npy").write_bytes(b"no")
    np.save(suite2p / "spks.npy", np.ones((2, 50)))
    np.save(suite2p / "iscell.npy", np.array(["yes"], dtype=object), allow_pickle=True)
    cells = read_cells(suite2p)
    assert cells.events is None
    assert cells.pixels is cells.labels is cells.frame_shape is None
    assert cells.is_cell.all()
    assert len(cells.problems) == 3
    (suite2p / "stat.npy").unlink()
    assert "stat.npy, which tells where the cells are, is not in plane0." in read_cells(suite2p).problems
    (suite2p / "ops.npy").write_bytes(b"no")
    assert read_cells(suite2p).rate_hz is None
    for name in ("ops", "spks", "iscell", "Fneu"):
        (suite2p / f"{name}.npy").unlink()
    size, places = read_cells(suite2p).problems
    assert size == "ops.npy, which tells the size of the frames, is not in plane0."
    assert places == "stat.npy, which tells where the cells are, is not in plane0."


def test_pixels_outside_of_the_frame_are_said(suite2p):
    np.save(suite2p / "ops.npy", {"Ly": 5, "Lx": 30}, allow_pickle=True)
    cells = read_cells(suite2p)
    assert cells.pixels is None
    assert "a cell outside of the 5 × 30 pixels" in cells.problems[0]


def test_folders_without_traces_and_traces_of_another_shape_are_said(tmp_path):
    with pytest.raises(ImagingError, match=r"no folder of suite2p with F\.npy"):
        read_cells(tmp_path)
    np.save(tmp_path / "F.npy", np.ones(5))
    with pytest.raises(ImagingError, match=r"this one has the shape \(5,\)"):
        read_cells(tmp_path)


@pytest.fixture
def caiman(tmp_path):
    path = tmp_path / "cnm.hdf5"
    rng = np.random.default_rng(1)
    matrix = np.zeros((*SHAPE, 3))
    for cell, (y, x) in enumerate(squares()):
        matrix[y, x, cell] = 1.0
        matrix[y[0], x[0] - 1, cell] = 0.1
    flat = matrix.transpose(1, 0, 2).reshape(-1, 3)  # column by column
    with h5py.File(path, "w") as file:
        estimates = file.create_group("estimates")
        estimates["C"], estimates["YrA"], estimates["S"] = rng.normal(size=(3, 3, 40))
        estimates["dims"], estimates["idx_components"] = SHAPE, [0, 2]
        rows = [np.flatnonzero(column) for column in flat.T]
        estimates["A/data"] = np.concatenate([column[row] for column, row in zip(flat.T, rows, strict=True)])
        estimates["A/indices"] = np.concatenate(rows)
        estimates["A/indptr"] = np.cumsum([0, *map(len, rows)])
        estimates["A/shape"] = flat.shape
        file["params/data/fr"] = 30
    return path


def test_a_file_of_caiman_is_read_whole(caiman):
    cells = read_cells(caiman)
    with h5py.File(caiman) as file:
        assert np.array_equal(cells.traces, file["estimates/C"][()] + file["estimates/YrA"][()])
        assert np.array_equal(cells.events, file["estimates/S"])
    assert (cells.name, len(cells), cells.rate_hz, cells.frame_shape) == ("CaImAn", 3, 30.0, SHAPE)
    assert cells.is_cell.tolist() == [True, False, True]
    for pixels, place in zip(cells.pixels, squares(), strict=True):
        assert sorted(pixels) == sorted(np.ravel_multi_index(tuple(place), SHAPE))


def test_what_caiman_did_not_make_is_left_out(caiman):
    with h5py.File(caiman, "r+") as file:
        for name in ("YrA", "S", "idx_components"):
            del file[f"estimates/{name}"]
            file[f"estimates/{name}"] = "NoneType"
        file["estimates/A/indices"][0] = 10**6
    cells = read_cells(caiman)
    assert cells.events is cells.pixels is None
    assert cells.is_cell.all()
    assert cells.problems == ("cnm.hdf5 does not tell where the cells are.",)


def test_other_files_are_said(caiman, tmp_path):
    with h5py.File(caiman, "r+") as file:
        del file["estimates"]
    with pytest.raises(ImagingError, match=r"cnm\.hdf5 is no file of CaImAn: it has no traces"):
        read_cells(caiman)
    (tmp_path / "x.h5").write_bytes(b"no")
    with pytest.raises(ImagingError, match="it is not an HDF5 file"):
        read_cells(tmp_path / "x.h5")
