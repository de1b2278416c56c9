"""Features of the detected spikes: projections on each channel's principal components."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Singles = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

N_FEATURES_PER_CHANNEL = 3


def principal_components(waveforms: Singles, masks: Singles) -> Floats:
    """Return (n_channels, n_features, n_samples): per channel, of the waveforms with mask > 0, not whitened.

    The largest entry of each component is negative, so a spike's trough projects positively.
    """
    n_spikes, n_samples, n_channels = waveforms.shape
    result = np.empty((n_channels, N_FEATURES_PER_CHANNEL, n_samples))
    for channel in range(n_channels):
        chosen = waveforms[masks[:, channel] > 0, :, channel].astype(np.float64)
        centred = chosen - chosen.mean(axis=0) if len(chosen) else chosen
        # einsum, not BLAS: the sums must not depend on the number of threads
        covariance = np.einsum("ni,nj->ij", centred, centred) / max(len(chosen) - 1, 1)
        covariance[np.diag_indices(n_samples)] += 1.0 / n_spikes
        _, vectors = np.linalg.eigh(covariance)
        components = vectors[:, ::-1][:, :N_FEATURES_PER_CHANNEL].T
        largest = np.abs(components).argmax(axis=1)
        signs = np.sign(components[np.arange(len(components)), largest])
        result[channel] = components * -signs[:, None]
    return result


def compute_features(waveforms: Singles, components: Floats) -> Singles:
    """Return (n_spikes, n_channels, n_features): the waveforms, not centred, projected on the components."""
    result: Singles = np.einsum("ntc,cft->ncf", waveforms.astype(np.float64), components).astype(np.float32)
    return result
