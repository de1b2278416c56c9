"""Which recordings the numbers of spikes mean, where a file can be read in two ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Order = Literal["number", "text"]
"""What the number of a spike means: the recording of that number, or that at this place in the order of text."""

OTHER: Mapping[Order, Order] = MappingProxyType({"number": "text", "text": "number"})


@dataclass(frozen=True, slots=True)
class RecordingOrder:
    """Which order was taken, and why.

    Attributes
    ----------
    order : "number" or "text".
    reason : why; it follows what is taken.
    is_certain : whether it was proved, or chosen by the user.
    example : the first recordings in the order of text.
    has_other : whether the file can be read in the other order at all.
    refuted : what shows that the other order holds, where raw data were located after opening; else "".
    """

    order: Order
    reason: str
    is_certain: bool
    example: str
    has_other: bool = True
    refuted: str = ""

    def sentence(self, name: str) -> str:
        """Return all of it in a sentence; `name` is that of the file."""
        if self.refuted:
            return f"{name} is open with its recordings {self.words}, but that is wrong; {self.refuted}."
        if self.is_certain:
            return f"{name} numbers its recordings {self.words}; {self.reason}."
        return (
            f"{name} does not say how it numbers its recordings; they are taken {self.words}, since {self.reason}, "
            "but that is not certain: compare spikes with the raw data, or choose the other order."
        )

    @property
    def words(self) -> str:
        """The order in words."""
        return "by number" if self.order == "number" else f"in the order of text ({self.example})"
