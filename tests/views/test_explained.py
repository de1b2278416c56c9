"""Model and residual add up to the traces, the residual is the noise, and both follow edits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from stand_in_session import StandInSession
from support import ArrayModel

from napari_phy.core.errors import ClusteringError, TracesError
from napari_phy.views import explained
from napari_phy.views.explained import Explanation
from napari_phy.views.trace_source import TraceSource
from napari_phy.views.traces import (
    BAND_PASS,
    MODEL,
    RESIDUAL,
    TRACES,
    TraceReader,
    TraceRequest,
    detection_band,
    make_filters,
    request_for,
)

RATE, DURATION_S, N_CHANNELS, NOISE = 20_000.0, 20.0, 12, 10.0
N_SAMPLES = round(RATE * DURATION_S)
GROUPS = {1: "noise", 2: "mua", 3: "good"}


def spike_shape(time_ms):
    return -np.exp(-0.5 * (time_ms / 0.15) ** 2) + 0.4 * np.exp(-0.5 * ((time_ms - 0.45) / 0.3) ** 2)


class Generated:
    """A recording of known neurons in known noise, in raw units; clusters 1… are the neurons."""

    def __init__(self, n_units=6, rate_hz=10.0, seed=0):
        rng = np.random.default_rng(seed)
        self.noise = rng.normal(0, NOISE, (N_SAMPLES, N_CHANNELS))
        traces, samples, labels = self.noise.copy(), [], []
        rows = np.arange(-30, 70)
        for unit, channel in enumerate(rng.permutation(np.linspace(1, N_CHANNELS - 2, n_units))):
            times = np.sort(rng.uniform(200, N_SAMPLES - 200, rng.poisson(rate_hz * DURATION_S)))
            profile = rng.uniform(80, 250) * np.exp(-0.5 * ((np.arange(N_CHANNELS) - channel) / 1.3) ** 2)
            whole = np.floor(times).astype(int)
            shapes = spike_shape((rows - (times - whole)[:, None]) * 1000 / RATE) * rng.normal(1, 0.1, (len(times), 1))
            for start, shape in zip(whole - 30, shapes, strict=True):
                traces[start : start + 100] += shape[:, None] * profile
            samples.append(whole)
            labels.append(np.full(len(times), unit + 1, dtype=np.int32))
        order = np.argsort(np.concatenate(samples), kind="stable")
        self.traces = np.rint(traces).astype(np.int16)
        model = ArrayModel(
            np.concatenate(labels)[order],
            np.concatenate(samples)[order],
            traces=self.traces,
            n_channels=N_CHANNELS,
            microvolts_per_unit=None,
            cluster_groups=GROUPS,
        )
        self.session = StandInSession(model)
        self.source = TraceSource.of_model(model)

    def read(self, part, start=0, stop=N_SAMPLES, source=None, **others):
        """Return (n_samples, n_channels) of a part of the traces."""
        source = source or self.source
        reader = TraceReader(source, make_filters(RATE))
        explanation = Explanation.now(self.session, part)
        if others:
            explanation = Explanation(self.session, part=part, **others)
        return reader.read(TraceRequest(start, stop, 1, BAND_PASS, part=explanation)).low.T

    @property
    def all_clusters(self):
        return tuple(self.session.manager.cluster_ids.tolist())


@pytest.fixture(scope="module")
def generated():
    return Generated()


@pytest.fixture
def edited():
    """Return one that a test may edit."""
    return Generated(n_units=3, seed=3)


def test_the_residual_of_a_generated_recording_is_its_noise(generated):
    noise = detection_band(RATE, {}).apply(generated.noise)
    traces, residual = generated.read(TRACES), generated.read(RESIDUAL, clusters=generated.all_clusters)
    assert np.std(traces) > 1.3 * np.std(noise)
    assert np.std(residual) == pytest.approx(np.std(noise), rel=0.02)
    assert_allclose(residual.std(axis=0), noise.std(axis=0), rtol=0.02)  # of each channel


def test_model_and_residual_add_up_to_the_filtered_traces(generated):
    stretch = 40_000, 60_000
    traces, model, residual = (generated.read(part, *stretch) for part in (TRACES, MODEL, RESIDUAL))
    assert np.abs(model).max() > 50
    assert_allclose(model + residual, traces, rtol=0, atol=np.spacing(np.abs(traces).max()))
    untouched = (model == 0) & (residual != 0)
    assert untouched.any()
    assert_array_equal(residual[untouched], traces[untouched])


def test_noise_and_what_was_discarded_explain_nothing(edited):
    assert Explanation.now(edited.session, TRACES) is None
    assert Explanation.now(edited.session, MODEL).clusters == (2, 3)
    edited.session.manager.discard([3])
    assert Explanation.now(edited.session, MODEL).clusters == (2,)
    assert Explanation.now(edited.session, MODEL) == Explanation.now(edited.session, MODEL)
    assert Explanation.now(edited.session, MODEL) != Explanation.now(edited.session, RESIDUAL)


def test_a_cluster_explains_its_own_spikes(generated):
    alone = generated.read(MODEL, clusters=(4,))
    samples = generated.session.model.spike_samples[generated.session.manager.spikes(4)]
    around = np.zeros(N_SAMPLES, dtype=bool)
    around[samples[:, None] + np.arange(-20, 44)] = True
    assert_array_equal(alone.any(axis=1), around)


def test_a_merge_changes_the_model_and_undo_brings_it_back(edited):
    before, explanation = edited.read(RESIDUAL), Explanation.now(edited.session, RESIDUAL)
    edited.session.manager.merge([2, 3])
    merged = edited.read(RESIDUAL)
    assert np.std(merged) > 1.02 * np.std(before)  # one template does not fit two neurons
    with pytest.raises(ClusteringError, match="Cluster 2 does not exist any more"):
        explanation.of(edited.source, before, 0)
    edited.session.manager.undo()
    assert Explanation.now(edited.session, RESIDUAL) == explanation
    assert_array_equal(edited.read(RESIDUAL), before)


def test_a_stretch_is_explained_alike_alone_and_with_what_is_around_it(generated):
    whole, alone = generated.read(MODEL, 0, 60_000), generated.read(MODEL, 20_000, 25_000)
    assert_allclose(alone, whole[20_000:25_000], atol=0.1 * NOISE)


def test_channels_in_another_order_have_the_same_model(generated):
    order = np.random.default_rng(0).permutation(N_CHANNELS)
    model = generated.read(MODEL, 40_000, 44_000)
    assert_array_equal(generated.read(MODEL, 40_000, 44_000, generated.source.ordered(order)), model[:, order])


def test_templates_are_read_once_and_only_those_of_spikes_in_sight(edited, monkeypatch):
    read = []
    template_of = explained._read_template
    monkeypatch.setattr(explained, "_read_template", lambda *args: read.append(args[2]) or template_of(*args))
    spikes = edited.session.model.spike_samples[edited.session.manager.spikes(2)]
    start = int(spikes[0])
    labels = edited.session.manager.clusters_of(np.arange(edited.session.model.n_spikes))
    samples = edited.session.model.spike_samples
    stretch = np.zeros((100, N_CHANNELS), np.float32)
    in_sight = set(labels[(samples > start - 44) & (samples < start + 100 + 20)].tolist()) - {1}
    for _ in range(2):
        Explanation.now(edited.session, MODEL).of(edited.source, stretch, start)
    assert sorted(read) == sorted(in_sight)


def test_clusters_of_few_spikes_explain_nothing(edited):
    few = edited.session.manager.spikes(3)[: explained.LEAST_SPIKES - 1]
    [new] = edited.session.manager.split(few).added[:1]
    start = int(edited.session.model.spike_samples[few[0]]) - 100
    assert not edited.read(MODEL, start, start + 200, clusters=(new,)).any()


def test_parts_are_of_what_is_band_passed_and_of_stretches_that_filters_act_on(generated):
    explanation = Explanation.now(generated.session, MODEL)
    request = request_for(generated.source, 1.0, 1.5, 1000, "raw", explanation)
    assert (request.filter_name, request.part) == (BAND_PASS, explanation)
    wide = request_for(generated.source, 1.0, 12.0, 1000, "raw", explanation)
    assert (wide.filter_name, wide.part) == ("raw", None)


def test_without_a_band_of_spikes_there_is_a_sentence(generated):
    slow = TraceSource(generated.traces, 500.0, np.arange(N_CHANNELS), np.arange(N_CHANNELS), None)
    request = TraceRequest(0, 1000, 1, BAND_PASS, part=Explanation.now(generated.session, MODEL))
    with pytest.raises(TracesError, match="At 500 Hz there is no band of spikes: no model, no residual"):
        TraceReader(slow, make_filters(500.0)).read(request)
