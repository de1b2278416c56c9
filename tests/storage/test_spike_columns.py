"""The columns of all spikes: computed once, kept in the side folder, never those of other features."""

import threading
from contextlib import closing

import numpy as np
import pytest
from patience import PATIENCE_S
from soak.small_kwik import make_kwik
from support import ArrayModel, random_model

from napari_phy.core.errors import MissingDataError
from napari_phy.core.progress import CancelledError
from napari_phy.core.spike_columns import spike_columns
from napari_phy.files.side_folder import side_folder
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.storage import spike_columns as module
from napari_phy.storage.spike_columns import SpikeColumnStore, identity_of

NAME = "spike-columns-0.bin"


@pytest.fixture(autouse=True)
def keep_all(monkeypatch):
    monkeypatch.setattr(module, "CACHED_FROM", 0)


@pytest.fixture
def path(tmp_path):
    return make_kwik(tmp_path)


def columns_of(path, on_progress=lambda _: None):
    with closing(KwikModel(path)) as model:
        return SpikeColumnStore(model).get(on_progress)


def expected_of(path):
    with closing(KwikModel(path)) as model:
        return spike_columns(model.features[:], model.masks[:], model.probe.positions[:, 1])


def assert_equal(columns, expected):
    np.testing.assert_array_equal(columns.channels, expected.channels)
    np.testing.assert_allclose(columns.depths, expected.depths, rtol=1e-6)
    np.testing.assert_array_equal(columns.amplitudes, expected.amplitudes)


def must_not_compute(_share):
    raise AssertionError("computed again")


def test_they_are_computed_block_by_block_and_kept(path, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_BYTES", 1000)
    shares = []
    assert_equal(columns_of(path, shares.append), expected_of(path))
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert (side_folder(path) / NAME).is_file()
    assert_equal(columns_of(path, must_not_compute), expected_of(path))


def test_what_is_handed_out_cannot_be_written_to(path):
    for columns in (columns_of(path), columns_of(path)):  # computed, read
        with pytest.raises(ValueError, match="read-only"):
            columns.depths[0] = 0


def test_another_kwx_has_columns_of_its_own(path):
    columns_of(path)
    kwx = path.with_suffix(".kwx")
    with closing(KwikModel(path)) as model:
        features = model.features[:]
    data = kwx.read_bytes()
    assert features[0, 0] != 0
    kwx.write_bytes(data.replace(features[0, 0].astype("<f4").tobytes(), np.float32(1e5).tobytes()))
    changed = columns_of(path)
    assert_equal(changed, expected_of(path))
    assert changed.amplitudes.max() >= 1e4


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"", lambda data: b"{" + data, lambda data: data + b"0"]
)
def test_a_damaged_file_is_made_anew(path, damage):
    columns_of(path)
    file = side_folder(path) / NAME
    file.write_bytes(damage(file.read_bytes()))
    assert_equal(columns_of(path), expected_of(path))


def test_channels_that_do_not_exist_are_not_read(path):
    columns_of(path)
    file = side_folder(path) / NAME
    head, _, data = file.read_bytes().partition(b"\n")
    file.write_bytes(head + b"\n" + b"\xf0\x00" + data[2:])
    assert_equal(columns_of(path), expected_of(path))


def test_what_was_cancelled_goes_on_where_it_ended(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_BYTES", 4 * 32 * 100)
    model = random_model(1000)
    store = SpikeColumnStore(model)

    def stop_at_half(share):
        if share >= 0.5:
            raise CancelledError

    with pytest.raises(CancelledError):
        store.get(stop_at_half)
    assert store.known is None
    assert model.features.n_rows_read == 500
    columns = store.get()
    assert model.features.n_rows_read == 1000
    assert store.known is columns is store.get()
    assert_equal(columns, spike_columns(model.features[:], model.masks[:], model.probe.positions[:, 1]))


def test_two_who_ask_at_once_read_once_and_the_one_who_waits_can_be_cancelled():
    model = random_model(1000)
    store = SpikeColumnStore(model)
    waits, go_on = threading.Event(), threading.Event()

    def slow(_share):
        waits.set()
        assert go_on.wait(PATIENCE_S)

    first = threading.Thread(target=store.get, args=(slow,))
    first.start()
    assert waits.wait(PATIENCE_S)

    def nobody_waits(_share):
        raise CancelledError

    with pytest.raises(CancelledError):
        store.get(nobody_waits)
    go_on.set()
    assert len(store.get()) == 1000
    first.join()
    assert model.features.n_rows_read == 1000


def test_without_features_there_is_the_sentence_that_says_so():
    with pytest.raises(MissingDataError, match=r"memory\.kwx is missing"):
        SpikeColumnStore(ArrayModel(np.zeros(10, int), n_channels=4)).get()


def test_where_nothing_can_be_kept_they_are_computed_all_the_same(path, monkeypatch, caplog):
    def no_room(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_file", no_room)
    assert_equal(columns_of(path), expected_of(path))
    assert "not kept: No space left on device" in caplog.text


def test_few_spikes_are_not_kept(path, monkeypatch):
    with closing(KwikModel(path)) as model:
        n_spikes = model.n_spikes
    monkeypatch.setattr(module, "CACHED_FROM", n_spikes + 1)
    columns_of(path)
    assert not (side_folder(path) / NAME).exists()
    monkeypatch.setattr(module, "CACHED_FROM", n_spikes)
    columns_of(path)
    assert (side_folder(path) / NAME).stat().st_size > 10 * n_spikes


def test_the_last_channel_and_an_unknown_one_are_read_and_a_later_one_is_not(path):
    columns_of(path)
    file = side_folder(path) / NAME
    head, _, data = file.read_bytes().partition(b"\n")
    with closing(KwikModel(path)) as model:
        n_channels = model.n_channels
    for channel, is_read in ((n_channels - 1, True), (2**16 - 1, True), (n_channels, False)):
        file.write_bytes(head + b"\n" + channel.to_bytes(2, "little") + data[2:])
        found = columns_of(path, lambda _: None)
        assert (int(found.channels[0]) == channel) is is_read


def test_progress_begins_at_nothing_and_blocks_are_as_large_as_memory_allows(monkeypatch):
    model, shares = random_model(1000), []
    monkeypatch.setattr(module, "_BLOCK_BYTES", 4 * 32 * 250)
    SpikeColumnStore(model).get(shares.append)
    assert shares == [0, 0.25, 0.5, 0.75]
    monkeypatch.setattr(module, "_BLOCK_BYTES", 1)
    shares.clear()
    SpikeColumnStore(random_model(5, 2)).get(shares.append)
    assert len(shares) == 5  # one at least


def test_features_whose_file_is_gone_have_no_identity(path):
    with closing(KwikModel(path)) as model:
        assert identity_of(model) is not None
        model.feature_file.rename(path.with_name("moved.kwx"))
        assert identity_of(model) is None
