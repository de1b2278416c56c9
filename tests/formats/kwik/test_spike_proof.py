"""Spikes of real and synthetic data stand out from the raw data, and any other times do not."""

from contextlib import closing

import numpy as np
import pytest
from kwik_writers.klusta import write_klusta
from kwik_writers.truth import make_truth

from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.kwik.spike_proof import prove_spikes


def proofs(model, samples, n_spikes=200):
    ids = model.probe.channel_ids
    return prove_spikes(model.traces, np.sort(samples), ids, model.metadata, model.sample_rate, n_spikes)


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["klusta_4ch/test4", "klusta_synth32/synth32", "klusta_12rec/part"])
def test_spikes_of_klusta_stand_out_and_other_times_do_not(data_folder, name):
    with closing(KwikModel(data_folder / f"{name}.kwik")) as model:
        true = proofs(model, model.spike_samples)
        assert len(true) == len(model.recordings)
        assert all(proof.share > 0.9 and not proof.fails for proof in true.values())
        others = np.random.default_rng(1).integers(0, model.traces.shape[0], model.n_spikes)
        for proof in proofs(model, others).values():
            assert abs(proof.share - 0.5) < 4 * 0.29 / np.sqrt(proof.n_spikes)


def test_slow_waves_and_an_offset_hide_no_spikes(tmp_path):
    truth = make_truth((30_000, 20_000), n_spikes=300)
    waves = 8000 * np.sin(np.arange(30_000) / 20_000 * 2 * np.pi * 3)
    truth.raw = [(raw + waves[: len(raw), None] + 9000).clip(-32_000, 32_000).astype(np.int16) for raw in truth.raw]
    with closing(KwikModel(write_klusta(tmp_path, truth))) as model:
        assert all(proof.share > 0.85 for proof in proofs(model, model.spike_samples).values())


def test_few_spikes_and_recordings_too_short_prove_nothing(tmp_path):
    truth = make_truth((6000, 150), n_spikes=300)
    with closing(KwikModel(write_klusta(tmp_path, truth))) as model:
        found = proofs(model, model.spike_samples[::50] + 40)
        assert [*found] == [0]
        assert not found[0].fails
        assert proofs(model, model.spike_samples[:0]) == {}
