"""What some views do beyond what all do, by which a workspace connects them without importing each kind."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class OrdersClusters(Protocol):
    """A view that shows clusters in the order of the list."""

    listed: Callable[[], Sequence[int]] | None


@runtime_checkable
class RequestsActions(Protocol):
    """A view whose buttons start actions."""

    action_requested: Any  # a Qt signal of the action's id


@runtime_checkable
class FollowsLinks(Protocol):
    """A view of the stacks that are linked to the time of the recording."""

    def follow_links(self, links: Any) -> None:
        """Show what is linked."""


@runtime_checkable
class FollowsSpace(Protocol):
    """A view of the probe in the space of an image."""

    def follow_space(self, space: Any) -> None:
        """Show where the probe is."""


@runtime_checkable
class FiltersTraces(Protocol):
    """A view that chooses the filter of the traces."""

    filter_changed: Any  # a Qt signal of the filter's name


@runtime_checkable
class RequestsDocks(Protocol):
    """A view that opens another dock, where what it shows can be made."""

    dock_requested: Any  # a Qt signal of the dock's name
