"""Following only wizard and proposals brings a clustering nearer to the truth, and never farther away."""

import importlib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
FEW, MANY = 2, 10  # seeds


@pytest.fixture
def reviews(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("scripted_review")


@pytest.fixture
def sample(sample_kwik, kwik_copy, reviews):
    with reviews.open_session(kwik_copy) as session:
        yield session, reviews.units_of_sample(sample_kwik, session.model)


def check(reviews, session, units, way, seeds):
    """Review clusterings of some seeds; each must come out better, or as good, and all of them together better."""
    gained = 0.0
    for seed in seeds:
        found = reviews.review(session, units, reviews.spoiled(session, units, seed), way)
        assert found.after.accuracy >= found.before.accuracy, f"seed {seed}: {found}"
        assert found.after.n_recovered >= found.before.n_recovered, f"seed {seed}: {found}"
        assert found.n_keys < reviews.MOST_KEYS
        gained += found.after.accuracy - found.before.accuracy
    assert gained > 0.05 * len(seeds)


@pytest.mark.usefixtures("quick_disk")
@pytest.mark.parametrize("way", ["wizard", "proposals"])
def test_what_is_proposed_brings_a_sample_nearer_to_the_truth(sample, reviews, way):
    check(reviews, *sample, way, range(FEW))


@pytest.mark.usefixtures("quick_disk")
def test_a_clustering_without_a_fault_loses_nothing(sample, reviews):
    session, units = sample
    for way in ("wizard", "proposals"):
        found = reviews.review(session, units, units - units.min(), way)
        assert found.before.accuracy == 1
        assert found.after.accuracy > 0.97, f"{way}: {found}"


@pytest.mark.soak
@pytest.mark.parametrize("way", ["wizard", "proposals", "both"])
def test_of_many_starts_none_comes_out_worse(tmp_path, reviews, way, data_folder, monkeypatch):
    monkeypatch.setenv("NAPARI_PHY_DATA", str(data_folder))
    names = []
    for name, session, units in reviews.recordings(tmp_path):
        check(reviews, session, units, way, range(MANY))
        names.append(name)
    assert names == ["klusta_synth32", "sample"]
