"""What the colours of clusters that are not selected may stand for."""

from __future__ import annotations

from napari_phy.table.columns import quantities

GREY, CLUSTER, GROUP = "grey", "cluster", "group"


def schemes() -> tuple[tuple[str, str], ...]:
    """Return (text, scheme) of all: nothing, clusters, groups, and every column that is a quantity."""
    columns = ((column.name, column.key) for column in quantities())
    named = ((CLUSTER, CLUSTER), (GROUP, GROUP), *columns)
    return (("Others grey", GREY), *((f"Others by {name}", scheme) for name, scheme in named))


def scheme_words(scheme: str) -> str:
    """Return "others by rate" for captions, "" where they are grey."""
    return "" if scheme == GREY else next(title for title, name in schemes() if name == scheme).lower()
