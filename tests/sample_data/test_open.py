"""File > Open Sample opens the working copy, with a progress bar only while it is made."""

import errno
import sys

import pytest
from napari.utils import notifications
from napari.utils.progress import progress

from napari_phy.readers import sample as module
from napari_phy.sample_data import places
from napari_phy.sample_data.install import SUFFIXES


@pytest.fixture
def sample(monkeypatch, tmp_path):
    """`readers.sample` beside a reader that only returns the path it is given, and a sample made in no time."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def make(folder, name="sample", report=None):
        for share in (0.3, 1.0):
            report(share)
            bars.append([round(bar.n) for bar in progress._all_instances])
        for suffix in SUFFIXES:
            (folder / f"{name}{suffix}").touch()

    bars = []
    monkeypatch.setattr(places, "make_sample", make)
    monkeypatch.setattr(module, "read_kwik", lambda path: [path])
    monkeypatch.setattr(module, "bars", bars, raising=False)
    return module


def test_it_reads_the_working_copy(sample):
    assert sample.open_sample() == [str(places.working_copy())]


def test_the_bar_is_there_only_while_it_is_made(sample):
    sample.open_sample()
    assert sample.bars == [[30], [100]]
    assert not progress._all_instances
    sample.open_sample()
    assert len(sample.bars) == 2


def test_what_fails_is_said_and_the_bar_is_gone(sample, monkeypatch):
    def fail(folder, name="sample", report=None):
        report(0.3)
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))

    said = []
    monkeypatch.setattr(notifications, "show_error", said.append)
    monkeypatch.setattr(places, "make_sample", fail)
    assert sample.open_sample() == [(None,)]
    assert said == [
        f"Could not make the sample in {places.cache_folder()}: No space left on device. Nothing was opened."
    ]
    assert not progress._all_instances


def test_without_pyav_the_sample_with_imaging_says_how_to_get_it(sample, monkeypatch):
    said = []
    monkeypatch.setattr(module, "complain", said.append)
    monkeypatch.setitem(sys.modules, "av", None)
    assert sample.open_imaging_sample() == [(None,)]
    assert said == ['Films need the package PyAV. Install it by pip install "napari-phy[video]".']
