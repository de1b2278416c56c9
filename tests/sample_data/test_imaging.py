"""The sample with imaging is what its recipe says: clocks, faults, frames and rows of spikes, cells of units."""

import hashlib
import json

import numpy as np
import pytest
import tifffile

from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.video import open_film
from napari_phy.sample_data import imaging_truth_path, make_imaging_sample, read_imaging_truth, read_truth, truth_path
from napari_phy.sample_data.frame_marks import burn_number, read_number
from napari_phy.sample_data.imaging import film_path, movie_path
from napari_phy.sample_data.imaging_clocks import exposure_samples, frames_at, kept_frames, rows_at
from napari_phy.sample_data.imaging_film import draw_frames, wheel_angles, write_film
from napari_phy.sample_data.imaging_movie import compute_dff, make_movie, place_cells
from napari_phy.sample_data.imaging_recipe import (
    CELL_UNITS,
    DECAY_S,
    DRIFT,
    FILM_CAMERA,
    MICROSCOPE,
    MOVIE_SIZE,
    N_OTHER_CELLS,
    OUT_OF_VIEW,
    PEAK_DFF,
    RISE_S,
    ROW_S,
)
from napari_phy.sample_data.imaging_truth import write_imaging_truth
from napari_phy.sample_data.install import IMAGING_SUFFIXES

SAMPLE_RATE = 20_000.0


@pytest.fixture(scope="module")
def truth(imaging_kwik):
    return read_imaging_truth(imaging_truth_path(imaging_kwik))


@pytest.fixture(scope="module")
def spikes(imaging_kwik):
    return read_truth(truth_path(imaging_kwik))


@pytest.fixture(scope="module")
def movie(imaging_kwik):
    return tifffile.imread(movie_path(imaging_kwik))


def edges(kwik, line):
    """Return the samples at which a line rises and falls, as the model reads them."""
    model = KwikModel(kwik)
    events = model.events["TTL"]
    model.close()
    of_line = events.values["event_channels"] == line
    return tuple(events.samples[of_line & (events.values["eventID"] == state)] for state in (1, 0))


def hashes(folder):
    return {path.name: hashlib.blake2b(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_it_has_all_its_files_and_is_small(imaging_kwik):
    files = sorted(imaging_kwik.parent.iterdir())
    assert [path.name for path in files] == sorted(f"imaging{suffix}" for suffix in IMAGING_SUFFIXES)
    assert sum(path.stat().st_size for path in files) < 60e6
    setup = json.loads(imaging_kwik.with_suffix(".setup.json").read_text())
    assert (setup["movie"]["ttl_line"], setup["film"]["ttl_line"]) == (3, 5)
    assert all((imaging_kwik.parent / part["file"]).exists() for part in setup.values())


@pytest.mark.soak
def test_the_whole_is_the_same_each_time(imaging_kwik, tmp_path):
    make_imaging_sample(tmp_path)
    assert hashes(tmp_path) == hashes(imaging_kwik.parent)


def test_movie_and_film_are_the_same_each_time(tmp_path):
    times_s = np.arange(12)[:, None] / 15 + ROW_S * np.arange(MOVIE_SIZE[0])
    made = []
    for name in "ab":
        rng = np.random.default_rng(1)
        cells = place_cells(6, rng)
        made.append(make_movie(cells, [np.array([0.1, 0.4])] * 6, times_s, rng))
        write_film(tmp_path / f"{name}.mp4", np.arange(12), np.linspace(0, 3, 12))
    np.testing.assert_array_equal(*made)
    first, second = hashes(tmp_path).values()
    assert first == second


def test_the_pulses_of_the_microscope_are_its_frames_and_a_false_one(imaging_kwik, truth, movie):
    rising, falling = edges(imaging_kwik, 3)
    assert len(rising) == len(falling) == len(movie) + 1 == 451
    assert (rising < falling).all()
    assert (falling[:-1] < rising[1:]).all()
    false = np.setdiff1d(rising, np.floor(truth.movie_samples).astype(np.int64))
    np.testing.assert_array_equal(false, truth.movie_false_pulses)
    assert len(false) == 1
    place = np.flatnonzero(rising == false[0])[0]
    intervals = np.diff(rising)
    usual = np.median(intervals)
    irregular = np.flatnonzero(np.abs(intervals - usual) > 2)
    assert irregular.tolist() == [place - 1, place]
    assert intervals[irregular].sum() == pytest.approx(usual, abs=2)


def test_the_film_lacks_two_frames_whose_pulses_came(imaging_kwik, truth):
    rising, _ = edges(imaging_kwik, 5)
    film = open_film(film_path(imaging_kwik))
    assert len(rising) == len(film) + 2 == 930
    np.testing.assert_array_equal(rising[truth.film_numbers], np.floor(truth.film_samples).astype(np.int64))
    np.testing.assert_array_equal(truth.film_dropped, FILM_CAMERA.dropped)
    np.testing.assert_array_equal([read_number(frame) for frame in film], truth.film_numbers)
    np.testing.assert_allclose(film.times_s, truth.film_numbers / 30, atol=1e-4)
    late = np.flatnonzero(np.diff(film.times_s) > 1.5 / 30)
    np.testing.assert_array_equal(truth.film_numbers[late] + 1, truth.film_dropped)
    film.close()


@pytest.mark.parametrize(("line", "camera"), [(3, MICROSCOPE), (5, FILM_CAMERA)])
def test_both_clocks_drift_by_20_ppm(imaging_kwik, truth, line, camera):
    rising = np.setdiff1d(edges(imaging_kwik, line)[0], truth.movie_false_pulses)
    period_s = np.polyfit(np.arange(len(rising)), rising, 1)[0] / SAMPLE_RATE
    assert period_s * camera.rate_hz - 1 == pytest.approx(DRIFT, abs=5e-7)


def test_frame_and_row_of_every_spike_are_those_being_taken(truth, spikes):
    row_samples, length = ROW_S * SAMPLE_RATE, SAMPLE_RATE / MICROSCOPE.rate_hz * (1 + DRIFT)
    for event in range(0, len(spikes.event_samples), 7):
        sample = spikes.event_samples[event]
        began = [number for number, start in enumerate(truth.movie_samples) if start <= sample < start + length]
        assert truth.spike_frames[event] == (began[0] if began else -1)
        row = int((sample - truth.movie_samples[began[0]]) // row_samples) if began else -1
        assert truth.spike_rows[event] == (row if row < MOVIE_SIZE[0] else -1)
        if truth.spike_rows[event] >= 0:
            assert 0 <= sample - truth.spike_row_samples[event] < row_samples
        else:
            assert np.isnan(truth.spike_row_samples[event])
    np.testing.assert_allclose(truth.movie_row_s, ROW_S * np.arange(MOVIE_SIZE[0]))


def test_no_film_frame_was_taken_at_a_spike_while_one_was_dropped(truth, spikes):
    found = truth.spike_film_frames
    seen = found >= 0
    elapsed = spikes.event_samples[seen] - truth.film_samples[found[seen]]
    assert (0 <= elapsed).all()
    assert (elapsed < SAMPLE_RATE / 30 * (1 + DRIFT)).all()
    for start in exposure_samples(FILM_CAMERA, FILM_CAMERA.dropped):
        within = (spikes.event_samples >= start) & (spikes.event_samples < start + SAMPLE_RATE / 30)
        assert within.any()
        assert (found[within] == -1).all()


def test_frames_and_rows_at_their_edges():
    starts = exposure_samples(MICROSCOPE, kept_frames(MICROSCOPE))
    at = np.array([starts[0] - 1, starts[0], starts[5] - 1e-6, starts[5], starts[-1] + 1e9])
    frames = frames_at(at, starts, MICROSCOPE)
    assert frames.tolist() == [-1, 0, 4, 5, -1]
    assert rows_at(at, starts, frames, MOVIE_SIZE[0]).tolist() == [-1, 0, -1, 0, -1]
    rows = rows_at(starts[7] + ROW_S * SAMPLE_RATE * np.array([0.5, 1.5, 127.5, 128.5]), starts, np.full(4, 7), 128)
    assert rows.tolist() == [0, 1, 127, -1]


def test_the_indicator_rises_and_decays_after_every_spike():
    times_s = np.sort(np.random.default_rng(3).uniform(0, 4, 300))
    spikes_s = np.array([0.3, 0.31, 2.0])
    peak_s = np.log(DECAY_S / RISE_S) / (1 / RISE_S - 1 / DECAY_S)

    def bell(elapsed):
        return np.where(elapsed >= 0, np.exp(-elapsed / DECAY_S) - np.exp(-elapsed / RISE_S), 0)

    expected = PEAK_DFF * sum(bell(times_s - spike) for spike in spikes_s) / bell(peak_s)
    np.testing.assert_allclose(compute_dff(spikes_s, times_s), expected, atol=1e-3)
    assert compute_dff(np.array([1.0]), np.array([1.0 + peak_s]))[0] == pytest.approx(PEAK_DFF)


def correlations(movie, trace):
    """Return (n_rows, n_columns), of each pixel with one value a frame."""
    pixels = movie.reshape(len(movie), -1).astype(np.float64)
    pixels = (pixels - pixels.mean(axis=0)) / pixels.std(axis=0)
    return (((trace - trace.mean()) / trace.std()) @ pixels / len(movie)).reshape(movie.shape[1:])


def test_the_pixel_that_follows_a_unit_best_is_in_its_cell(movie, truth, spikes):
    frames_s = truth.movie_samples / SAMPLE_RATE
    for unit in CELL_UNITS:
        train_s = spikes.event_samples[spikes.event_units == unit] / SAMPLE_RATE
        found = correlations(movie, compute_dff(train_s, frames_s))
        assert truth.pixels_of(unit).flat[found.argmax()], unit
        assert found.max() > 0.4
    assert not any(truth.pixels_of(unit).any() for unit in OUT_OF_VIEW)


def test_light_comes_when_its_row_is_scanned(movie, truth, spikes):
    frames_s = truth.movie_samples / SAMPLE_RATE
    gains = []
    for unit in CELL_UNITS:
        train_s = spikes.event_samples[spikes.event_units == unit] / SAMPLE_RATE
        rows, columns = np.nonzero(truth.pixels_of(unit))
        if rows.mean() < MOVIE_SIZE[0] / 2:
            continue
        light = movie[:, rows, columns].mean(axis=1)
        at_rows = compute_dff(train_s, frames_s + ROW_S * rows.mean())
        at_frames = compute_dff(train_s, frames_s)
        gains.append(np.corrcoef(light, at_rows)[0, 1] - np.corrcoef(light, at_frames)[0, 1])
    assert len(gains) > 3
    assert np.mean(gains) > 0


def test_cells_lie_apart_and_half_of_them_follow_no_unit(truth, imaging_kwik):
    assert truth.cell_units.tolist() == [*CELL_UNITS, *[-1] * N_OTHER_CELLS]
    sizes = np.bincount(truth.cell_labels.ravel())[1:]
    assert len(sizes) == len(truth.cell_units)
    assert (sizes > 20).all()
    np.testing.assert_array_equal(tifffile.imread(imaging_kwik.with_suffix(".cells.tif")), truth.cell_labels)


def test_the_movie_tells_its_axes_and_its_rate(imaging_kwik, movie):
    with tifffile.TiffFile(movie_path(imaging_kwik)) as file:
        assert file.series[0].axes == "TYX"
        assert file.imagej_metadata["finterval"] == pytest.approx(1 / 15)
        assert file.series[0].shape == movie.shape == (450, *MOVIE_SIZE)
    assert movie.dtype == np.uint16
    np.testing.assert_array_equal(tifffile.memmap(movie_path(imaging_kwik), mode="r"), movie)


def test_the_truth_comes_back(truth, tmp_path):
    write_imaging_truth(tmp_path / "truth.npz", truth)
    again = read_imaging_truth(tmp_path / "truth.npz")
    for name in truth.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(again, name), getattr(truth, name))
        assert getattr(again, name).dtype.kind in "iuf"


@pytest.mark.parametrize("number", [0, 1, 9_753, 65_535])
@pytest.mark.parametrize("shape", [(64, 160), (64, 160, 3)])
def test_numbers_are_read_as_they_were_burnt_in(number, shape):
    picture = np.full(shape, 130, dtype=np.uint8)
    burn_number(picture, number)
    assert read_number(picture) == number


def test_the_wheel_turns_as_the_unit_fires():
    spikes_s = np.concatenate([np.arange(0, 5, 0.5), np.arange(5, 10, 0.05)])
    angles = wheel_angles(spikes_s, np.linspace(0, 10, 301))
    assert (np.diff(angles) >= 0).all()
    assert angles[280] - angles[200] > 5 * (angles[100] - angles[20])
    first, second = draw_frames(np.array([4, 5]), np.array([0.0, 0.3]))
    assert (read_number(first), read_number(second)) == (4, 5)
