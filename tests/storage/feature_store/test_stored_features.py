"""A data set gives the same features with a store as without, in every way they are read."""

import logging
import os
from contextlib import closing

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from phy_folder import write_folder
from soak.small_kwik import make_kwik

from napari_phy import open_session
from napari_phy.core.errors import FeatureStoreError
from napari_phy.core.memory import MemoryBudget
from napari_phy.core.progress import CancelledError
from napari_phy.files.side_folder import side_folder
from napari_phy.formats.opening import open_model
from napari_phy.formats.phy.raw_features import ComputedRows
from napari_phy.storage.feature_store import stored_features
from napari_phy.storage.feature_store.files import COLUMNS
from napari_phy.storage.feature_store.stored_features import StoredFeatures, StoredRows
from napari_phy.table.spike_rows import read_columns, reads_columns
from napari_phy.views.features import FeatureAxis, FeatureRequest, compute_features, spikes_in_lasso

NAMES = ["rows of a .kwx", "chunks of a .kwx", "a folder by column", "a folder without features"]


@pytest.fixture(autouse=True)
def all_are_large(monkeypatch):
    """Data sets of tests are taken for such that do not fit into memory, and columns for small ones."""
    monkeypatch.setattr(stored_features, "BUDGET", MemoryBudget(100))
    monkeypatch.setattr(stored_features, "_ROW_BYTES", 2**30)
    monkeypatch.setattr(stored_features, "CACHED_FROM", 1)


@pytest.fixture(params=NAMES)
def path(tmp_path, request):
    """A data set of each kind; some spikes have no features."""
    if request.param.startswith("a folder"):
        arrays = {"pc_features": None, "pc_feature_ind": None} if request.param.endswith("features") else {}
        write_folder(tmp_path / "folder", by_column=request.param.endswith("column"), **arrays)
        return tmp_path / "folder"
    path = make_kwik(tmp_path)
    with h5py.File(path.with_suffix(".kwx"), "r+") as kwx:
        name = "channel_groups/0/features_masks"
        values = kwx[name][:]
        values[[0, 7]] = np.nan
        values[:, ::2][values[:, ::2, 0] < 0.5] = 0
        kwx[name][...] = values
        if request.param.startswith("chunks"):
            del kwx[name]
            kwx.create_dataset(name, data=values, chunks=(50, *values.shape[1:]), compression="gzip")
    return path


def opened(path):
    """Return a model and what it reads features by."""
    model = open_model(path)
    return model, StoredFeatures.of(model)


def read_all(rows):
    """Return rows read in every way that there is."""
    n_spikes, n_columns = rows.shape
    ids = np.random.default_rng(0).integers(0, n_spikes, 40)
    masked = np.zeros(n_spikes, bool)
    masked[ids] = True
    return [
        *(rows[key] for key in (slice(None), slice(3, 90), slice(5, 60, 7), ids, -1, masked, [])),
        rows[ids, [n_columns - 1, 0]],
        read_columns(rows, ids, [1, 0, n_columns - 1]),
        read_columns(rows, np.arange(n_spikes), [0]),
        read_columns(rows, ids[:0], [0]),
    ]


def read_both(model):
    return [values for rows in (model.features, model.masks) for values in read_all(rows)]


def test_a_store_gives_the_same_as_the_file(path):
    with closing(open_model(path)) as direct:
        expected = read_both(direct)
    model, stored = opened(path)
    with closing(model):
        assert not stored.is_complete
        assert_all_equal(read_both(model), expected)
        stored.build()
        assert stored.is_complete
        assert stored.store.has_rows is not model.has_quick_rows
        assert reads_columns(model.features)
        assert_all_equal(read_both(model), expected)
        assert_array_equal(
            model.features.stored[:], open_model(path).features.stored[:] if path.suffix else expected[0]
        )
        assert StoredFeatures.of(model) is stored
    model, stored = opened(path)
    with closing(model):
        assert stored.is_complete, "it was not recognised"
        assert_all_equal(read_both(model), expected)


def assert_all_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        assert_array_equal(one, other)


def test_a_damaged_store_is_read_around_and_built_again(path, caplog):
    model, stored = opened(path)
    with closing(model):
        expected = read_both(model)
        stored.build()
    file = side_folder(model.path) / "features-0" / COLUMNS
    content = bytearray(file.read_bytes())
    content[::7] = bytes(255 - byte for byte in content[::7])
    file.write_bytes(content)
    model, stored = opened(path)
    with closing(model), caplog.at_level(logging.WARNING):
        assert stored.is_complete
        assert_all_equal(read_both(model), expected)
        assert not stored.is_complete
        (said,) = {record.getMessage() for record in caplog.records}
        assert "columns.bin is damaged" in said
        assert said.endswith("itself.")
        stored.build()
        assert_all_equal(read_both(model), expected)


def test_other_features_are_not_taken_for_those_of_before(path):
    model, stored = opened(path)
    with closing(model):
        stored.build()
    file = model.feature_file or model.folder / "templates.npy"
    os.utime(file, ns=(1, 1))
    model, stored = opened(path)
    with closing(model):
        assert not stored.is_complete
        stored.build()
        os.utime(file, ns=(2, 2))
        stored.store = None

        def change(share):
            os.utime(file, ns=(3, 3))

        with pytest.raises(FeatureStoreError, match="changed while their store was built"):
            stored.build(change)
        assert not stored.is_complete


def test_building_can_be_cancelled(path):
    def cancel(share):
        raise CancelledError

    model, stored = opened(path)
    with closing(model):
        with pytest.raises(CancelledError):
            stored.build(cancel)
        assert not stored.is_complete
        stored.build()
        assert stored.is_complete


def test_small_data_sets_need_no_store(path, monkeypatch):
    monkeypatch.setattr(stored_features, "BUDGET", MemoryBudget())
    monkeypatch.setattr(stored_features, "CACHED_FROM", 10**6)
    with closing(open_model(path)) as model:
        assert StoredFeatures.of(model) is None
        assert not isinstance(model.features, StoredRows)


def test_few_features_of_each_spike_in_rows_need_no_store(tmp_path):
    write_folder(tmp_path / "folder")
    with closing(open_model(tmp_path / "folder")) as model:
        assert StoredFeatures.of(model) is None
        assert reads_columns(model.features)
        assert reads_columns(model.masks)
        for rows in (model.features, model.masks):
            whole = rows[:]
            ids = np.random.default_rng(0).integers(0, len(whole), 40)
            columns = range(whole.shape[1])
            assert_array_equal(read_columns(rows, ids, columns), whole[ids])
            assert (whole != 0).sum(axis=1).max() <= rows.n_at_most < whole.shape[1]


def test_computed_features_are_not_computed_again(tmp_path, monkeypatch):
    write_folder(tmp_path / "folder", pc_features=None, pc_feature_ind=None)
    model, stored = opened(tmp_path / "folder")
    with closing(model):
        expected = read_both(model)
        stored.build()
    monkeypatch.setattr(ComputedRows, "values_of", None)
    model, stored = opened(tmp_path / "folder")
    with closing(model):
        assert_all_equal(read_both(model), expected)
    (tmp_path / "folder" / "whitening_mat_inv.npy").unlink()  # templates are large elsewhere
    model, stored = opened(tmp_path / "folder")
    with closing(model):
        assert not stored.is_complete


def test_views_see_no_difference(path):
    request = FeatureRequest((0, 1, 2), FeatureAxis(), FeatureAxis(channel_index=1), n_spikes_max=5, n_background=0)
    with open_session(path) as session:
        data = compute_features(session, request)
        corners = np.quantile([data.x, data.y], (0.1, 0.9), axis=1).T
        polygon = [(x, y) for x, y in zip(corners[0][[0, 1, 1, 0]], corners[1][[0, 0, 1, 1]], strict=True)]
    found = []
    for with_store in (False, True):
        with open_session(path) as session:
            stored = session.opened.stored_features
            if with_store:
                stored.build()
                read = stored.store.columns
                asked = []
                stored.store.columns = lambda *args, read=read, asked=asked: (asked.append(args), read(*args))[1]
            data = compute_features(session, request)
            found.append([data.x, data.y, data.spike_ids, spikes_in_lasso(session, request, polygon)])
            if with_store:
                assert len(asked) == 2
                assert set(found[-1][-1]) - set(data.spike_ids.tolist()), "only what is drawn"
    assert_all_equal(*found)
