"""Raw samples that cannot have been measured, or are of another type than the file says."""

import h5py
import numpy as np
import pytest
from soak.small_kwik import make_kwik

from napari_phy import open_session
from napari_phy.core.arrays import zero_unmeasured
from napari_phy.formats.checks import check_data_set
from napari_phy.table.cluster_table import compute_values
from napari_phy.table.waveform_samples import waveform_samples
from napari_phy.views.amplitudes import AmplitudeRequest, compute_amplitude_view
from napari_phy.views.templates import TemplatesRequest, compute_templates
from napari_phy.views.trace_source import TraceSource
from napari_phy.views.traces import FILTERS, TraceReader, request_for
from napari_phy.views.waveform_density import waveform_density
from napari_phy.views.waveforms import WaveformRequest, compute_waveforms

SHAPE = (200_000, 4)
HOSTILE = np.array([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, -1e-40, 1e13], np.float32)


def make(folder, samples, dtype):
    """Return a data set whose samples are said to be of a type."""
    path = make_kwik(folder)
    samples.tofile(folder / "small.dat")
    with h5py.File(path, "r+") as file:
        file["/application_data/spikedetekt"].attrs["dtype"] = np.array([dtype.encode()])
    return path


def noise(dtype, seed=0):
    return (np.random.default_rng(seed).standard_normal(SHAPE, np.float32) * 40).astype(dtype)


def look_at_everything(session):
    """Compute what views of raw data show; warnings are errors."""
    clusters = tuple(session.manager.cluster_ids.tolist())
    source = TraceSource.of_model(session.model)
    reader = TraceReader(source)
    for name in FILTERS:
        for stop_s in (0.05, 1.0, source.duration_s):
            data = reader.read(request_for(source, 0, stop_s, 300, name))
            assert np.isfinite([data.low, data.high]).all()
    assert np.isfinite([reader.noise, reader.waves]).all()
    shown = compute_waveforms(session, WaveformRequest(clusters))
    assert np.isfinite(shown.waveforms).all()
    samples = list(waveform_samples(session, clusters).values())
    assert all(np.isfinite(sample.mean).all() and np.isfinite(sample.std).all() for sample in samples)
    assert waveform_density(samples, np.arange(4)).counts.shape[0] == len(clusters)
    compute_templates(session, TemplatesRequest(clusters, "depth", 0, len(clusters)))
    assert np.isfinite(list(compute_values(session, "amplitude", clusters).values())).all()
    sizes = compute_amplitude_view(session, AmplitudeRequest(clusters))
    assert sizes.histogram.min() >= 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sample_that_nobody_measured_is_0_and_costs_no_other(tmp_path, dtype):
    samples = noise(dtype)
    rows = np.random.default_rng(1).integers(0, len(samples), 400)
    samples[rows, rows % 4] = np.resize(HOSTILE, len(rows))
    with open_session(make(tmp_path, samples, dtype)) as session:
        expected = np.where(np.isfinite(samples) & (np.abs(samples) < 1e12) & (np.abs(samples) > 1e-20), samples, 0)
        np.testing.assert_array_equal(session.model.traces[:], expected)
        np.testing.assert_array_equal(session.model.traces[rows[:9]], expected[rows[:9]])
        np.testing.assert_array_equal(session.model.traces.stored[:1000], samples[:1000])
        look_at_everything(session)


@pytest.mark.parametrize(
    ("stored", "said", "told"),
    [
        ("int16", "float32", "100 % of its samples cannot be float32 and are shown as 0; int16 would fit"),
        ("int16", "float64", "cannot be float64"),
        ("float32", "int16", "int16 is not the type of its samples; float32 would fit"),
        ("float32", "int32", "int32 is not the type of its samples; float32 would fit"),
        ("float32", "uint16", "uint16 is not the type of its samples; float32 would fit"),
        ("float32", ">f4", "cannot be >f4"),
        ("int16", ">i2", ">i2 is not the type of its samples; int16 would fit"),
        (">i2", "int16", "int16 is not the type of its samples; >i2 would fit"),
        ("int16", "uint16", "uint16 is not the type of its samples; int16 would fit"),
        ("int16", "int32", "int32 is not the type of its samples; int16 would fit"),
    ],
)
def test_another_type_is_told_by_opening_and_by_check(tmp_path, stored, said, told):
    path = make(tmp_path, noise(stored), said)
    with open_session(path) as session:
        (sentence,) = [sentence for sentence in session.messages if "its samples" in sentence]
        assert told in sentence
        assert sentence.startswith("small.dat: ")
        look_at_everything(session)
    problems = [finding.sentence for finding in check_data_set(path) if finding.level == "problem"]
    assert any(told in problem for problem in problems)


@pytest.mark.parametrize("dtype", ["int16", "uint16", "int32", "float32", "float64", ">i2", ">f4"])
@pytest.mark.parametrize("offset", [0, 15_000])
def test_samples_of_the_type_that_is_said_are_told_nothing_of(tmp_path, dtype, offset):
    samples = noise("float32") + offset if dtype != "uint16" else np.abs(noise("float32")) + offset
    samples[:1000] = 0
    with open_session(make(tmp_path, samples.astype(dtype), dtype)) as session:
        assert session.messages == ()


@pytest.mark.real_data
def test_integers_that_are_called_floats_are_told(data_folder, tmp_path):
    for file in (data_folder / "cases" / "dtype-float32-claimed").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with open_session(tmp_path / "day.kwik") as session:
        assert any("100 % of its samples cannot be float32" in sentence for sentence in session.messages)
        look_at_everything(session)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4"])
def test_floats_of_any_width_lose_only_what_cannot_be(dtype):
    values = np.array([1, -2.5, 1e-3, np.nan, np.inf, -np.inf, 0], dtype)
    assert zero_unmeasured(values).tolist() == np.array([1, -2.5, 1e-3, 0, 0, 0, 0], dtype).tolist()
