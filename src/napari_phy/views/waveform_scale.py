"""How far waveforms and the probe they lie on are stretched and moved."""

from dataclasses import dataclass, replace

_LIMITS = 0.05, 50.0


@dataclass(frozen=True, slots=True)
class Scale:
    """How waveforms and probe are stretched, by factors of what fits the canvas.

    Attributes
    ----------
    voltage : float, default 1.0
        Height of waveforms.
    width : float, default 1.0
        Width of a box.
    across, along : float, default 1.0
        Distances of boxes.
    moved : tuple of float, default (0.0, 0.0)
        How far everything was dragged, in px.
    """

    voltage: float = 1.0
    width: float = 1.0
    across: float = 1.0
    along: float = 1.0
    moved: tuple[float, float] = (0.0, 0.0)

    def stretched(self, voltage: float = 1.0, width: float = 1.0) -> "Scale":
        """Return one of taller (above 1) or flatter waveforms, in wider or narrower boxes."""
        return replace(self, voltage=_limited(self.voltage * voltage), width=_limited(self.width * width))

    def spread(self, across: float, along: float, about: tuple[float, float] = (0.0, 0.0)) -> "Scale":
        """Return one of boxes farther apart; what is `about` that many px from the middle of the canvas stays there."""
        wider, higher = _limited(self.across * across), _limited(self.along * along)
        x, y = (
            place - (place - moved) * new / old
            for place, moved, new, old in zip(
                about, self.moved, (wider, higher), (self.across, self.along), strict=True
            )
        )
        return replace(self, across=wider, along=higher, moved=(x, y))

    def dragged(self, dx_px: float, dy_px: float) -> "Scale":
        """Return one that was moved by some px."""
        return replace(self, moved=(self.moved[0] + dx_px, self.moved[1] + dy_px))


def _limited(factor: float) -> float:
    return min(max(factor, _LIMITS[0]), _LIMITS[1])
