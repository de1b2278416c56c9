"""What electrodes pick up besides the units: background noise, field potential, artefacts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.sample_data.recipe import SAMPLE_RATE

Singles = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

PINK_UV = 7.0  # RMS above 500 Hz
WHITE_UV = 6.0
FIELD_UV = 30.0


def _shaped(power: Floats, n_samples: int, rng: np.random.Generator) -> Singles:
    """Return Gaussian noise with that power at the frequencies of `_frequencies(n_samples)`."""
    amplitude = np.sqrt(power).astype(np.float32)
    parts = rng.standard_normal((2, len(power)), dtype=np.float32)
    spectrum = np.empty(len(power), dtype=np.complex64)
    spectrum.real = parts[0] * amplitude
    spectrum.imag = parts[1] * amplitude
    result: Singles = np.fft.irfft(spectrum, n_samples).astype(np.float32, copy=False)
    return result


def _frequencies(n_samples: int) -> Floats:
    return np.fft.rfftfreq(n_samples, 1.0 / SAMPLE_RATE).astype(np.float64, copy=False)


def _scaled(power: Floats, rms: float, n_samples: int, of: npt.NDArray[np.bool_]) -> Floats:
    """Scale a power so that the band `of` alone has that RMS after `irfft`."""
    # irfft divides by n; each of the two parts of a bin contributes 2 / n**2 of its power to the variance
    result: Floats = power * (rms**2 / (4.0 * power[of].sum() / n_samples**2))
    return result


def make_noise(positions: Floats, n_samples: int, rng: np.random.Generator) -> Singles:
    """Return (n_channels, n_samples) of background in µV, alike on near channels, and of white noise."""
    frequencies = _frequencies(n_samples)
    power = 1.0 / (1.0 + (frequencies / 400.0) ** 2) ** 0.6
    power[frequencies < 1.0] = 0.0
    power = _scaled(power, PINK_UV, n_samples, frequencies > 500.0)
    sources = np.stack([_shaped(power, n_samples, rng) for _ in positions])
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    mixing = np.exp(-distances / 25.0)
    mixing /= np.linalg.norm(mixing, axis=1, keepdims=True)
    # einsum, not BLAS: the sum must not depend on the number of threads
    noise: Singles = np.einsum("cs,st->ct", mixing.astype(np.float32), sources)
    for channel in noise:
        channel += np.float32(WHITE_UV) * rng.standard_normal(n_samples, dtype=np.float32)
    return noise


def make_field(positions: Floats, n_samples: int, rng: np.random.Generator) -> Singles:
    """Return (n_channels, n_samples) of slow field potential in µV: theta on a 1/f² slope, changing with depth."""
    frequencies = _frequencies(n_samples)
    band = (frequencies > 0.7) & (frequencies < 120.0)
    power = np.zeros_like(frequencies)
    power[band] = 1.0 / frequencies[band] ** 2 + 0.25 * np.exp(-0.5 * ((frequencies[band] - 8.0) / 0.8) ** 2)
    power = _scaled(power, FIELD_UV, n_samples, band)
    depth = positions[:, 1] / 300.0
    near, far = (_shaped(power, n_samples, rng) for _ in range(2))
    return (0.6 + 0.5 * depth).astype(np.float32)[:, None] * near + (0.45 - 0.4 * depth).astype(np.float32)[
        :, None
    ] * far


def make_artefacts(times: Floats, n_channels: int, rng: np.random.Generator) -> Floats:
    """Return (n_artefacts, n_samples, n_channels) of short ringing in µV, nearly the same on every channel."""
    n = len(times)
    samples = np.arange(100)[None, :] - 20
    frequency = rng.uniform(650.0, 1300.0, n)[:, None]
    decay = rng.uniform(0.35, 0.9, n)[:, None] * 1e-3
    height = rng.uniform(90.0, 280.0, n)[:, None] * np.where(rng.random(n) < 0.75, -1.0, 1.0)[:, None]
    since = np.maximum(samples, 0) / SAMPLE_RATE
    ringing = height * np.cos(2 * np.pi * frequency * since) * np.exp(-since / decay) * (samples >= 0)
    gains = 1.0 + 0.15 * rng.standard_normal(n_channels)
    result: Floats = ringing[:, :, None] * gains
    return result


def artefact_times(duration_s: float, rng: np.random.Generator) -> Floats:
    """Return ascending times in seconds: bouts of a few artefacts each."""
    bouts = rng.uniform(0.5, max(duration_s - 2.0, 0.6), max(int(duration_s / 5), 1))
    steps = rng.uniform(0.09, 0.18, (len(bouts), 8))
    kept = rng.random(steps.shape) < 0.8
    times = np.sort((bouts[:, None] + np.cumsum(steps, axis=1))[kept])
    return times[times < duration_s - 0.05]
