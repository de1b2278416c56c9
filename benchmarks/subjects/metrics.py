"""All columns of quality of 500 clusters: by times, by waveforms, by features; and those of one cluster after a merge.

Theirs are SpikeInterface's quality and template metrics of the same spikes and traces, in one process. Both read
waveforms anew; features, amplitudes and depths of single spikes were read before, as principal components, amplitudes
and locations were on their side.
"""

from __future__ import annotations

import warnings

from harness import Limit, Row, Side, Size, Watch
from recorded_set import recorded_set

SIZE = Size(n_spikes=250_000, n_clusters=500, n_repeats=5)
HAS_PEER = True
_N_CHANNELS, _N_FEATURES = 64, 3
TIMES = ("presence_ratio", "isi_violations_count", "isi_violations_ratio", "rp_contamination", "sliding_rp_violation")
FEATURES = (
    *("amplitude_cutoff", "isolation_distance", "l_ratio", "d_prime", "silhouette", "nn_hit_rate", "nn_miss_rate"),
    *("drift_ptp", "drift_std", "drift_mad"),
)
ROWS = (
    Row("presence, violations, contamination, sliding test", "times", Limit(1.0, "ours / theirs")),
    Row("SNR, median amplitude, shape, spread, decay", "waveforms", Limit(1.0, "ours / theirs")),
    Row("isolation, d′, silhouette, neighbours, drift, cutoff", "features", Limit(1.0, "ours / theirs")),
    Row("noise overlap", "overlap"),
    Row("all of the cluster that a merge made", "merge"),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    with recorded_set(size, n_channels=_N_CHANNELS, n_features=_N_FEATURES) as path:
        if side == "ours":
            _by_us(path, size, watch)
        else:
            _by_spikeinterface(path, watch)


def _by_us(path, size: Size, watch: Watch) -> None:
    from napari_phy import open_session
    from napari_phy.table.cluster_table import compute_values
    from napari_phy.table.quality import QUALITY

    keys = [column.key for column in QUALITY]
    overlap = "nn_noise_overlap"
    waveforms = [key for key in keys if key not in (*TIMES, *FEATURES, overlap)]
    with open_session(path) as session:
        session.prepare()
        session.columns.get()
        ids = session.manager.cluster_ids.tolist()
        opened = session.opened

        def compute(names, clusters) -> None:
            for name in names:
                compute_values(opened, name, clusters)

        for name, some in (("times", TIMES), ("waveforms", waveforms), ("features", FEATURES), ("overlap", [overlap])):
            watch.time(name, compute, some, ids)
        for turn in range(size.n_repeats):
            merged = session.merge(ids[2 * turn : 2 * turn + 2]).added
            watch.time("merge", compute, keys, merged)
        watch.notes.append(f"{len(keys)} columns of {len(ids)} clusters.")


def _by_spikeinterface(path, watch: Watch) -> None:
    import spikeinterface.preprocessing as preprocessing
    from probeinterface import Probe
    from spikeinterface.core import NumpySorting, create_sorting_analyzer, read_binary, set_global_job_kwargs

    from napari_phy import open_session

    warnings.simplefilter("ignore")
    set_global_job_kwargs(n_jobs=1, progress_bar=False)
    with open_session(path, read_only=True) as session:
        model = session.model
        samples, clusters, rate = model.spike_samples, session.manager.spike_clusters, model.sample_rate
        places, gain = model.probe.positions, model.microvolts_per_unit
    recording = read_binary(
        str(path.with_suffix(".dat")), sampling_frequency=rate, dtype="int16", num_channels=_N_CHANNELS,
        gain_to_uV=gain, offset_to_uV=0,
    )  # fmt: skip
    probe = Probe(ndim=2)
    probe.set_contacts(positions=places, shapes="circle", shape_params={"radius": 5})
    probe.set_device_channel_indices(range(_N_CHANNELS))
    recording.set_probe(probe)
    recording = preprocessing.bandpass_filter(recording, 500, 6000)
    sorting = NumpySorting.from_samples_and_labels([samples], [clusters], rate)
    analyzer = create_sorting_analyzer(sorting, recording, format="memory", sparse=True, verbose=False)
    names = {"times": ["presence_ratio", "isi_violation", "rp_violation", "sliding_rp_violation"]}

    def quality(some) -> None:
        analyzer.compute("quality_metrics", metric_names=some, delete_existing_metrics=True)

    def shapes() -> None:
        analyzer.compute(["random_spikes", "waveforms", "templates", "noise_levels"], extension_params=few)
        analyzer.compute("template_metrics", include_multi_channel_metrics=True)

    few = {"random_spikes": {"max_spikes_per_unit": 100}}
    watch.time("times", quality, names["times"])
    watch.time("waveforms", shapes)
    analyzer.compute(["spike_amplitudes", "spike_locations"])
    watch.time("waveforms of snr", quality, ["snr", "amplitude_median"])
    some = ["amplitude_cutoff", "drift"]
    try:
        analyzer.compute("principal_components", n_components=3)
        some += ["mahalanobis", "d_prime", "nearest_neighbor", "silhouette"]
    except ImportError:
        watch.notes.append("Without scikit-learn, theirs has no metrics of principal components.")
    watch.time("features", quality, some)
