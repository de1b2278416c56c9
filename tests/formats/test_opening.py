"""Whatever file of a data set is opened, it is the same data set."""

from contextlib import closing
from pathlib import Path

import h5py
import pytest
from kwik_writers.klusta import write_klusta
from kwik_writers.open_ephys import make_recorded, write_open_ephys
from kwik_writers.truth import make_truth

from napari_phy.core.errors import KwikFormatError, NotInFileError
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.open_ephys.model import OpenEphysModel
from napari_phy.formats.opening import find_kwik, open_model


@pytest.mark.parametrize("name", ["set", "mouse_2", "a.b_1.2"])
@pytest.mark.parametrize("suffix", [".kwik", ".kwx", ".raw.kwd", ".high.kwd"])
def test_a_file_of_a_sorting_opens_the_sorting(tmp_path: Path, name: str, suffix: str) -> None:
    path = write_klusta(tmp_path, make_truth(), name, raw="kwd")
    path.with_name(f"{name}.high.kwd").write_bytes(path.with_name(f"{name}.raw.kwd").read_bytes())
    with closing(open_model(path.with_name(f"{name}{suffix}"), 1)) as model:
        assert isinstance(model, KwikModel)
        assert (model.path, model.channel_group, model.clustering) == (path, 1, "main")


def test_a_sorting_of_what_open_ephys_recorded_is_opened(tmp_path: Path) -> None:
    write_open_ephys(tmp_path, make_recorded())
    path = write_klusta(tmp_path / "..", make_truth(), "experiment1")
    kwik = path.resolve().rename(tmp_path / "experiment1.kwik")
    assert find_kwik(tmp_path / "experiment1_100.raw.kwd") == kwik
    assert find_kwik(tmp_path / "experiment1.kwe") == kwik


@pytest.mark.parametrize("events", ["kwe", "kwik"])
def test_any_file_of_a_recording_opens_it_with_one_place_for_edits(tmp_path: Path, events: str) -> None:
    spikes = write_open_ephys(tmp_path, make_recorded(), events=events)
    for name in ("experiment1.kwx", f"experiment1.{events}", "experiment1_100.raw.kwd", "experiment1_102.raw.kwd"):
        with closing(open_model(tmp_path / name, 1)) as model:
            assert isinstance(model, OpenEphysModel)
            assert (model.n_spikes, model.channel_group, model.edited_file) == (30, 1, spikes)


def test_what_cannot_be_opened_says_what_is_wrong(tmp_path: Path) -> None:
    path = write_klusta(tmp_path, make_truth())
    with pytest.raises(NotInFileError, match="has no channel group 7"):
        open_model(path.with_suffix(".kwx"), 7)
    path.write_bytes(path.read_bytes()[:1000])
    for name in ("set.kwik", "set.kwx"):
        with pytest.raises(KwikFormatError, match=r"set\.kwik"):
            open_model(tmp_path / name)
    path.unlink()
    with pytest.raises(KwikFormatError, match=r"set\.kwx .*no \.kwik, \.kwe or \.raw\.kwd beside it"):
        open_model(path.with_suffix(".kwx"))
    for name in ("gone.kwik", "gone.kwx", "gone.raw.kwd"):
        with pytest.raises(KwikFormatError, match=name):
            open_model(tmp_path / name)
    path.with_suffix(".kwx").unlink()
    with h5py.File(path, "w") as file:  # events alone, without a recording beside them
        file.create_group("event_types/TTL/events")
    with pytest.raises(KwikFormatError, match="without a sorting"):
        open_model(path)
