"""Which recordings the numbers of spikes mean, where a file can be read in two ways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Order = Literal["number", "text", "place"]
"""What the number of a spike means: the recording of that number, that at this place in the order of text, or that at
this place in the order of number."""


@dataclass(frozen=True, slots=True)
class RecordingOrder:
    """Which order was taken, and why.

    Attributes
    ----------
    order : Order
        "number", "text" or "place".
    reason : str
        Why; it follows what is taken.
    is_certain : bool
        Whether it was proved, or chosen by the user.
    example : str
        The first recordings in that order.
    others : tuple of Order
        The orders in which the file can be read as well.
    is_chosen : bool
        Whether the user has chosen it, by hand or in the settings.
    refuted : str
        What shows that another order holds, where raw data were located after opening; else "".
    """

    order: Order
    reason: str
    is_certain: bool
    example: str
    others: tuple[Order, ...] = ()
    is_chosen: bool = False
    refuted: str = ""

    def sentence(self, name: str) -> str:
        """Return all of it in a sentence; `name` is that of the file."""
        if self.refuted:
            return f"{name} is open with its recordings {self.words}, but that is wrong; {self.refuted}."
        if self.is_certain:
            return f"{name} numbers its recordings {self.words}; {self.reason}."
        another = "the other order" if len(self.others) == 1 else "another order"
        return (
            f"{name} does not say how it numbers its recordings; they are taken {self.words}, since {self.reason}, "
            f"but that is not certain: compare spikes with the raw data, or choose {another}."
        )

    @property
    def words(self) -> str:
        """How messages name the order, with an example of it."""
        if self.order == "number":
            return "by number"
        return f"in the order of text ({self.example})" if self.order == "text" else f"by place ({self.example})"
