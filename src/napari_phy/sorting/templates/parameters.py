"""The parameters of template subtraction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from napari_phy.core.settings import Number, Settings


@dataclass(frozen=True, slots=True)
class TemplateParameters(Settings):
    """Parameters of template subtraction, each with its unit and bounds.

    Raises
    ------
    SettingsError
        A value is out of bounds.
    """

    n_rounds: Annotated[
        int, Number(title="Rounds", low=1, high=20, is_whole=True, tip="templates are measured again after each")
    ] = 2
    before_ms: Annotated[float, Number(title="Template before", low=0.2, high=5, unit="ms")] = 2.0
    after_ms: Annotated[float, Number(title="Template after", low=0.2, high=10, unit="ms")] = 3.0
    threshold: Annotated[
        float, Number(title="Threshold", low=1, high=100, unit="× noise", tip="behind the matched filter")
    ] = 3.0
    amplitude_low: Annotated[float, Number(title="Least amplitude", low=0.1, high=1, unit="× template")] = 0.55
    amplitude_high: Annotated[float, Number(title="Largest amplitude", low=1, high=10, unit="× template")] = 1.7
    amplitude_std: Annotated[float, Number(title="Amplitudes vary by", low=0.01, high=1, unit="× template")] = 0.2
    least_gain: Annotated[
        float, Number(title="Least gain", low=0, high=1000, tip="of the log likelihood, for which there is a spike")
    ] = 6.0
    least_spikes: Annotated[int, Number(title="Least spikes", low=1, high=100_000, is_whole=True)] = 30
    least_norm: Annotated[
        float, Number(title="Least template", low=1, high=1000, unit="× noise", tip="root of the sum of its squares")
    ] = 5.5
    most_alike: Annotated[
        float, Number(title="Most alike", low=0.5, high=1, tip="correlation beyond which two templates are one")
    ] = 0.9

    @classmethod
    def owner(cls) -> str:
        """Return the name of the algorithm."""
        return "Templates"
