"""The mark that tells which open data set a layer belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from napari_phy.session import Session

TAG = "napari-phy"
RESULT = "napari-phy result"  # in the metadata of layers that were computed of others
IN_IMAGE = "in an image"  # kind of layers in the space of somebody's picture, not on the time line


class SessionTag:
    """Held in `layer.metadata`; napari copies metadata, so a copy of the tag is the tag itself.

    `kind` tells apart layers of one type.
    """

    __slots__ = ("kind", "session")

    def __init__(self, session: Session, kind: str = "") -> None:
        self.session = session
        self.kind = kind

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __repr__(self) -> str:
        return f"<{self.session.name}>"


def session_of(layer: Any) -> Session | None:
    """Return the data set that a layer belongs to, or None."""
    tag = layer.metadata.get(TAG)
    return tag.session if isinstance(tag, SessionTag) else None


def kind_of(layer: Any) -> str:
    """Return which of our layers a layer is, "" for those of others."""
    tag = layer.metadata.get(TAG)
    return tag.kind if isinstance(tag, SessionTag) else ""


def find_session(layers: Iterable[Any]) -> Session | None:
    """Return the data set of the topmost layer that has one, or None."""
    found = [session for layer in layers if (session := session_of(layer)) is not None]
    return found[-1] if found else None
