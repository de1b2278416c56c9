"""What a Kwik file claims to hold is checked before memory is taken; the sentence names file, place and remedy."""

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from kwik_writers.klusta import write_klusta
from kwik_writers.truth import make_truth

from napari_phy.core.errors import KwikFormatError
from napari_phy.formats.kwik.model import KwikModel

SPIKES = "channel_groups/0/spikes"


def replaced(name: str, *args: object, **kwargs: object) -> Callable[[h5py.File], None]:
    """Return a function that puts another dataset in the place of one."""

    def replace(file: h5py.File) -> None:
        del file[name]
        file.create_dataset(name, *args, **kwargs)

    return replace


def linked(name: str, link: object) -> Callable[[h5py.File], None]:
    """Return a function that puts a link in the place of a node."""

    def replace(file: h5py.File) -> None:
        del file[name]
        file[name] = link

    return replace


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            replaced(f"{SPIKES}/time_samples", (2**60,), np.uint64, chunks=(2**16,)),
            "/channel_groups/0/spikes/time_samples needs 9e+18 bytes of memory; this computer has less.",
        ),
        (
            replaced(f"{SPIKES}/time_samples", (2**25,), np.uint64, chunks=(2**16,)),
            (
                "/channel_groups/0/spikes/time_samples should have 268 MB but only 0 bytes were written; the file is "
                "damaged or was not finished, use another copy of it."
            ),
        ),
        (
            replaced(f"{SPIKES}/time_samples", (2**28,), np.uint64, chunks=(2**27,), compression=1),
            (
                "/channel_groups/0/spikes/time_samples is compressed in pieces of 1.07 GB; pieces of up to 268 MB can "
                "be read, repack the file."
            ),
        ),
        (
            replaced(f"{SPIKES}/clusters/main", (2**60,), np.int32, chunks=(2**16,)),
            "channel group 0 has 80 spikes, but the clustering main has shape (1152921504606846976,) and type int32. ",
        ),
        (
            replaced(f"{SPIKES}/recording", (2**60,), np.int32, chunks=(2**16,)),
            "channel group 0 has 80 spike times but 1152921504606846976 recording numbers.",
        ),
        (
            replaced(f"{SPIKES}/time_samples", data=np.full(80, 2**64 - 1, dtype=np.uint64)),
            "channel group 0 has spikes at samples 18446744073709551615 to 18446744073709551615, which cannot be; ",
        ),
        (
            replaced(f"{SPIKES}/time_samples", data=np.zeros((80, 2))),
            "/channel_groups/0/spikes/time_samples should be a row of integers and has shape (80, 2) of float64.",
        ),
        (
            replaced(f"{SPIKES}/time_samples", data=np.full(80, 0.5)),
            "/channel_groups/0/spikes/time_samples has 0.5 where a whole number belongs; ",
        ),
        (
            linked("channel_groups", h5py.SoftLink("/channel_groups")),
            "/channel_groups is a link that leads to itself; the file is damaged, use another copy of it.",
        ),
        (
            linked(f"{SPIKES}/clusters/main", h5py.ExternalLink("/etc/passwd", "/")),
            (
                "/channel_groups/0/spikes/clusters/main is a link to '/etc/passwd', which is not a file in the same "
                "folder and is not followed; put that file beside it."
            ),
        ),
        (
            lambda f: f["channel_groups/0"].attrs.__setitem__("channel_order", np.array([0, 2**40])),
            "channel group 0 has channels 0 to 1099511627776; they must lie between 0 and ",
        ),
        (
            lambda f: f["channel_groups/0"].attrs.__setitem__("channel_order", np.array([1, 0, 1, 1])),
            "channel group 0 names channel 1 twice in channel_order; name each channel once.",
        ),
    ],
)
def test_claims_that_cannot_be_are_refused(tmp_path: Path, change: Callable, sentence: str) -> None:
    path = write_klusta(tmp_path, make_truth())
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(KwikFormatError, match=f"^set.kwik: {re.escape(sentence)}"):
        KwikModel(path, 0, "main")


@pytest.mark.parametrize(
    ("name", "value"),
    [("extract_s_before", 2**40), ("extract_s_after", 2**62), ("filter_low", 1e-9), ("filter_butter_order", 10**6)],
)
def test_parameters_that_nobody_means_give_way_to_the_usual_ones(tmp_path: Path, name: str, value: float) -> None:
    path = write_klusta(tmp_path, make_truth())
    with h5py.File(path, "r+") as file:
        file["application_data/spikedetekt"].attrs[name] = value
    with closing(KwikModel(path)) as model:
        assert model.waveforms.shape == (80, 32, 3)
        assert np.isfinite(model.waveforms[:5]).all()


@pytest.mark.parametrize("rate", [0.0, -1.0, 1e-300, 1e300, np.nan, np.inf])
def test_a_rate_that_cannot_be_is_looked_for_elsewhere(tmp_path: Path, rate: float) -> None:
    path = write_klusta(tmp_path, make_truth())
    with h5py.File(path, "r+") as file:
        file["application_data/spikedetekt"].attrs["sample_rate"] = rate
    with closing(KwikModel(path)) as model:
        assert model.sample_rate == 20000
    with h5py.File(path, "r+") as file:
        del file["recordings"]
        for group in (0, 1):
            file[f"channel_groups/{group}/spikes/recording"][...] = 0
    with pytest.raises(KwikFormatError, match=r"^set\.kwik gives no sample rate"):
        KwikModel(path)


def test_features_that_claim_too_much_are_left_out(tmp_path: Path) -> None:
    path = write_klusta(tmp_path, make_truth())
    for shape, sentence in (
        ((2**50, 9, 2), "the .kwx belongs to another sorting."),
        ((80, 2**40, 2), "has 3 channels but set.kwx has features of"),
    ):
        with h5py.File(path.with_suffix(".kwx"), "r+") as file:
            del file["channel_groups/0/features_masks"]
            file.create_dataset("channel_groups/0/features_masks", shape, np.float32, chunks=(80, 9, 2))
        with closing(KwikModel(path)) as model:
            if model.features is not None:
                assert model.features.shape == (80, 9)
                continue
            assert sentence in model.missing[0]


def test_raw_data_that_claim_more_than_there_is_read_as_zeros(tmp_path: Path) -> None:
    path = write_klusta(tmp_path, make_truth(), raw="kwd")
    with h5py.File(tmp_path / "set.raw.kwd", "r+") as file:
        del file["recordings/1/data"]
        file.create_dataset("recordings/1/data", (2**40, 6), np.int16, chunks=(1000, 6))
    with closing(KwikModel(path)) as model:
        assert model.recordings[1].n_samples == 2**40
        assert not model.traces[6000:7000].any()
        assert not model.traces[2**39 : 2**39 + 10].any()
